//! Alipay by its gateway: its page on phones and desktops, its code, its bridge inside the wallet, and holds on credit.
//!
//! Everything is signed by RSA2, both ways. The number of an attempt is `out_trade_no` (of a hold: `out_order_no`, and
//! of its taking again `out_trade_no`); the number of a refund is `out_request_no`.

mod answer;
mod codes;
mod envelope;
mod facts;
mod keys;
mod notice;
mod request;
mod settings;
#[cfg(test)]
mod tests;

pub use settings::{Deposit, Settings, build};

use super::{Abilities, Answer, Call, Notice, NoticeFault, Provider, Refusal, Response, Step};
use chrono::{DateTime, Utc};
use keys::{Signer, Trusted};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::fmt;

/// One app at Alipay.
pub struct Alipay {
    app_id: String,
    /// The merchant; empty = not compared.
    seller_id: String,
    signer: Signer,
    /// Alipay's keys; all are valid.
    trusted: Vec<Trusted>,
    /// Of the app's certificate and the root's, in certificate mode.
    names: Option<(String, String)>,
    token: Option<String>,
    gateway: String,
    login: String,
    bridge: bool,
    deposit: Deposit,
    abilities: Abilities,
}

impl fmt::Debug for Alipay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Alipay")
            .field("app_id", &self.app_id)
            .field("gateway", &self.gateway)
            .finish_non_exhaustive()
    }
}

impl Provider for Alipay {
    fn abilities(&self) -> &Abilities {
        &self.abilities
    }

    fn request(&self, call: &Call<'_>, now: DateTime<Utc>) -> Result<Step, Refusal> {
        self.of_call(call, now)
    }

    fn answer(&self, call: &Call<'_>, response: &Response, now: DateTime<Utc>) -> Answer {
        self.of_answer(call, response, now)
    }

    fn identify_at(&self, return_to: &str, state: &str) -> Option<String> {
        let escaped = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        self.bridge.then(|| {
            let (login, app, to) = (&self.login, escaped(&self.app_id), escaped(return_to));
            format!("{login}?app_id={app}&scope=auth_base&redirect_uri={to}&state={}", escaped(state))
        })
    }

    fn notice(&self, call: &Response, now: DateTime<Utc>) -> Result<Vec<Notice>, NoticeFault> {
        self.of_notice(call, now)
    }

    /// These seven letters and no more; anything else is told again.
    fn acknowledgement(&self, took: bool) -> Response {
        Response::text(200, "text/plain", if took { "success" } else { "fail" })
    }
}
