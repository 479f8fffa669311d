//! How a payment provider is spoken to: one trait, no I/O.
//!
//! A provider turns a [`Call`] into an HTTP [`Request`] (signed, ready to send) and the [`Response`] into an [`Answer`].
//! Who sends the request, when, and what a time-out means is decided elsewhere, once for all providers: a call that
//! brought no answer is [`Answer::Unknown`], and so is every answer whose signature does not verify. A notification is
//! believed only as [`Notice`], which nothing but a provider's own check can make.
//!
//! To add a provider: a folder here, and its line in `setup.rs`.

#![allow(clippy::large_enum_variant)] // answers are few and live for a moment

pub mod alipay;
mod attempt;
mod fact;
mod http;
pub mod sandbox;
mod secret;
pub mod setup;
pub mod stripe;
pub mod terminal;
pub mod wechat;

pub use attempt::{Attempt, Capture, Method, Payer, RefundAsk};
pub use fact::{
    Answer, Dispute, Fact, FileKind, Instrument, Next, Notice, NoticeFault, PaymentFact, PaymentState,
    RefundFact, RefundState, Refusal, RefusalKind, Told,
};
pub use http::{Request, Response, Verb};
pub use secret::Secret;
pub use setup::{Read, Setup, SetupError};

use crate::Amount;
use chrono::{DateTime, NaiveDate, Utc};
use std::fmt;

/// What a provider is asked to do. Every call names its attempt, whose number makes it harmless to ask again.
#[derive(Debug, Clone, Copy)]
pub enum Call<'a> {
    /// Who is the payer, by the code that the wallet's login page gave (WeChat: openid).
    Identify { code: &'a str },
    /// Make the provider's order. Asked again with the same attempt it is the same order.
    Open(&'a Attempt),
    /// How does the payment stand? The only way out of "unknown".
    Query(&'a Attempt),
    /// Nobody may pay this attempt any more. Answers with the payment as it stands (closed, or paid after all).
    Close(&'a Attempt),
    /// Hold more: `to` is the new total.
    Raise { attempt: &'a Attempt, to: Amount, key: &'a str },
    /// Take so much of what is held and release the rest.
    Capture { attempt: &'a Attempt, amount: Amount, key: &'a str },
    /// Take nothing: release all that is held.
    Release { attempt: &'a Attempt, key: &'a str },
    /// Give back a part of what was taken.
    Refund { attempt: &'a Attempt, refund: &'a RefundAsk },
    /// How does the refund stand?
    QueryRefund { attempt: &'a Attempt, refund: &'a RefundAsk },
    /// The provider's file of a day, in its own time zone.
    Statement { day: NaiveDate, kind: FileKind },
}

impl Call<'_> {
    /// For logs and metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Call::Identify { .. } => "identify",
            Call::Open(_) => "open",
            Call::Query(_) => "query",
            Call::Close(_) => "close",
            Call::Raise { .. } => "raise",
            Call::Capture { .. } => "capture",
            Call::Release { .. } => "release",
            Call::Refund { .. } => "refund",
            Call::QueryRefund { .. } => "query_refund",
            Call::Statement { .. } => "statement",
        }
    }
}

/// What to do for a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Send this and have the response read by [`Provider::answer`].
    Send(Request),
    /// Nothing needs to be sent (Alipay's page is a signed link).
    Done(Answer),
}

/// What a provider's account can do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Abilities {
    /// How a driver can pay with it, best first.
    pub methods: Vec<Method>,
    /// Of those, the ones that can hold an amount and take a part of it later. The others are paid at once, and what
    /// is not used is refunded.
    pub holds: Vec<Method>,
    /// A hold can be raised without the payer.
    pub raises: bool,
    /// Its notifications do not say which card it was: a query does.
    pub cards_by_query: bool,
    /// Currencies it takes; empty = all.
    pub currencies: Vec<tariffs::Currency>,
    /// It offers files to reconcile with.
    pub statements: Vec<FileKind>,
}

impl Abilities {
    /// Can it hold an amount of this method?
    pub fn can_hold(&self, method: &Method) -> bool {
        self.holds.iter().any(|known| known.same_kind(method))
    }

    /// Does it take this method at all?
    pub fn takes(&self, method: &Method) -> bool {
        self.methods.iter().any(|known| known.same_kind(method))
    }
}

/// One account at one provider. Stateless: keys and addresses are given when it is built.
pub trait Provider: Send + Sync + fmt::Debug {
    /// What it can do.
    fn abilities(&self) -> &Abilities;

    /// The request for a call.
    ///
    /// # Errors
    /// What the provider does not offer, or cannot say (an amount it cannot express): nothing was sent.
    fn request(&self, call: &Call<'_>, now: DateTime<Utc>) -> Result<Step, Refusal>;

    /// What the response to [`Provider::request`] says.
    fn answer(&self, call: &Call<'_>, response: &Response, now: DateTime<Utc>) -> Answer;

    /// The same request for the provider's second address, for when the first one cannot be reached; `None` where
    /// there is none.
    fn elsewhere(&self, _request: &Request) -> Option<Request> {
        None
    }

    /// The client certificate and its private key (PEM, one after the other) for requests that ask for it.
    fn client_identity(&self) -> Option<&[u8]> {
        None
    }

    /// Where a payer's browser goes to say who it is, before [`Call::Identify`]; `None` where that is not needed.
    fn identify_at(&self, _return_to: &str, _state: &str) -> Option<String> {
        None
    }

    /// Reads a notification that came to this account's address: signature first, then age, then content.
    ///
    /// # Errors
    /// It is forged, too old or not readable. There is nothing in it to believe.
    fn notice(&self, call: &Response, now: DateTime<Utc>) -> Result<Vec<Notice>, NoticeFault>;

    /// What a notification is answered: `took` after it is stored, else so that it is sent again.
    fn acknowledgement(&self, took: bool) -> Response;
}
