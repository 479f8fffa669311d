//! Stripe's objects, as far as they are read. Every field may be missing: versions differ.

use serde::Deserialize;
use std::collections::BTreeMap;

/// What an answer is, before it is read whole.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Kind {
    pub object: String,
}

/// An object, or its id where it was not expanded.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Link<T> {
    Id(String),
    Whole(Box<T>),
}

impl<T> Link<T> {
    pub(super) fn whole(&self) -> Option<&T> {
        match self {
            Link::Id(_) => None,
            Link::Whole(object) => Some(object),
        }
    }
}

/// What only its id is needed of.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Named {
    pub id: String,
}

/// The id behind a link.
pub(super) fn id_of(link: Option<&Link<Named>>) -> Option<String> {
    link.map(|link| match link {
        Link::Id(id) => id.clone(),
        Link::Whole(object) => object.id.clone(),
    })
}

pub(super) type Metadata = BTreeMap<String, String>;

/// A Checkout Session.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Session {
    pub id: String,
    pub status: Option<String>,
    pub payment_status: Option<String>,
    pub url: Option<String>,
    pub amount_total: Option<i64>,
    pub currency: Option<String>,
    pub client_reference_id: Option<String>,
    pub metadata: Option<Metadata>,
    pub livemode: Option<bool>,
    pub payment_intent: Option<Link<Intent>>,
}

/// A PaymentIntent.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Intent {
    pub id: String,
    pub status: String,
    pub amount: i64,
    pub amount_capturable: Option<i64>,
    pub amount_received: Option<i64>,
    pub currency: String,
    pub created: Option<i64>,
    pub livemode: Option<bool>,
    pub metadata: Option<Metadata>,
    pub latest_charge: Option<Link<Charge>>,
    pub last_payment_error: Option<Problem>,
    pub customer: Option<Link<Named>>,
    pub payment_method: Option<Link<Named>>,
    pub setup_future_usage: Option<String>,
}

/// A Charge: one try of a PaymentIntent.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Charge {
    pub id: String,
    pub created: Option<i64>,
    pub status: Option<String>,
    pub payment_method_details: Option<Details>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Details {
    #[serde(rename = "type")]
    pub kind: String,
    pub card: Option<Card>,
    pub card_present: Option<Card>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Card {
    pub brand: Option<String>,
    pub last4: Option<String>,
    pub country: Option<String>,
    pub fingerprint: Option<String>,
    pub capture_before: Option<i64>,
}

/// A Refund.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Refund {
    pub id: String,
    pub status: Option<String>,
    pub amount: i64,
    pub currency: String,
    pub created: Option<i64>,
    pub payment_intent: Option<Link<Named>>,
    pub metadata: Option<Metadata>,
    pub failure_reason: Option<String>,
    pub pending_reason: Option<String>,
}

/// A Dispute.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Disputed {
    pub id: String,
    pub amount: i64,
    pub currency: String,
    pub status: String,
    pub reason: String,
    pub payment_intent: Option<Link<Named>>,
    /// None, one or two: what was withdrawn, and what came back.
    pub balance_transactions: Vec<Movement>,
}

/// What a dispute has moved on our balance.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Movement {
    /// Less than nothing: taken from us.
    pub amount: i64,
    /// Of the account, which may not be that of the payment.
    pub currency: String,
    pub fee: i64,
}

/// A page of a list, or of what was found.
#[derive(Debug, Deserialize)]
pub(super) struct Page<T> {
    pub data: Vec<T>,
    #[serde(default)]
    pub has_more: bool,
}

/// An answer that is an error.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Failure {
    pub error: Problem,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Problem {
    #[serde(rename = "type")]
    pub kind: String,
    pub code: Option<String>,
    pub decline_code: Option<String>,
    pub message: Option<String>,
    pub message_code: Option<String>,
    pub param: Option<String>,
    pub payment_intent: Option<Box<Intent>>,
}

/// A terminal, with what it is doing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Reader {
    pub livemode: Option<bool>,
    pub action: Option<Action>,
}

impl Reader {
    /// What it does, or did last, for this payment.
    pub(super) fn at(&self, intent: &str) -> Option<&Action> {
        self.action.as_ref().filter(|action| action.intent().as_deref() == Some(intent))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Action {
    /// `in_progress`, `succeeded`, `failed`.
    pub status: String,
    pub failure_code: Option<String>,
    pub failure_message: Option<String>,
    pub process_payment_intent: Option<Processed>,
}

impl Action {
    /// Stripe's number of the payment that it is about.
    pub(super) fn intent(&self) -> Option<String> {
        id_of(self.process_payment_intent.as_ref()?.payment_intent.as_ref())
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Processed {
    pub payment_intent: Option<Link<Named>>,
}

/// An event: what happened to an object, and the object as it is now.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Event {
    pub id: String,
    pub object: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub livemode: Option<bool>,
    pub account: Option<String>,
    pub created: Option<i64>,
    pub data: EventData,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct EventData {
    pub object: serde_json::Value,
}

/// One run of a report.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Run {
    pub id: String,
    pub status: String,
    pub report_type: String,
    pub parameters: Parameters,
    pub result: Option<File>,
    pub error: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Parameters {
    pub interval_start: Option<i64>,
    pub interval_end: Option<i64>,
    pub columns: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct File {
    pub id: String,
}
