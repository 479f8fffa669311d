//! Stripe: its own page for cards and wallets (Checkout), cards at terminals, and debits of what a driver has left there.
//!
//! Holds are PaymentIntents that are captured by hand. The number of an attempt is the idempotency key of its order and
//! stands in the metadata of everything that is made for it; the number of a refund is the refund's key.

mod answer;
mod errors;
mod facts;
mod form;
mod money;
mod object;
mod refunds;
mod report;
mod request;
mod settings;
#[cfg(test)]
mod tests;
mod webhook;

pub use settings::{Settings, build};

use super::{Abilities, Answer, Call, Notice, NoticeFault, Provider, Refusal, Response, Step};
use chrono::{DateTime, Utc};
use std::fmt;

/// One account at Stripe.
pub struct Stripe {
    key: String,
    /// The key moves real money.
    live: bool,
    /// Of the webhook endpoint; all are valid.
    secrets: Vec<String>,
    /// The connected account; empty = the key's own.
    account: String,
    base: String,
    files: String,
    raises: bool,
    abilities: Abilities,
}

impl fmt::Debug for Stripe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stripe").field("base", &self.base).field("live", &self.live).finish_non_exhaustive()
    }
}

impl Provider for Stripe {
    fn abilities(&self) -> &Abilities {
        &self.abilities
    }

    fn request(&self, call: &Call<'_>, now: DateTime<Utc>) -> Result<Step, Refusal> {
        self.of_call(call, now).map(Step::Send)
    }

    fn answer(&self, call: &Call<'_>, response: &Response, _now: DateTime<Utc>) -> Answer {
        self.of_answer(call, response)
    }

    fn notice(&self, call: &Response, now: DateTime<Utc>) -> Result<Vec<Notice>, NoticeFault> {
        webhook::read(self, call, now)
    }

    /// Stripe looks at the status alone.
    fn acknowledgement(&self, took: bool) -> Response {
        if took {
            Response::text(200, "text/plain", "ok")
        } else {
            Response::text(500, "text/plain", "again")
        }
    }
}
