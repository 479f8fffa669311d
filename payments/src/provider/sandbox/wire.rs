//! The protocol between an account and a sandbox: JSON over HTTP, every message signed with HMAC-SHA256 over what it is,
//! when it was made, which one it is, and its bytes. Both sides use this file.

use super::super::{Capture, Instrument, Method, Refusal};
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// A signature is believed for so long before and after its time.
pub const WINDOW: TimeDelta = TimeDelta::seconds(300);
/// Headers of every message.
pub const MERCHANT: &str = "sandbox-merchant";
pub const TIMESTAMP: &str = "sandbox-timestamp";
pub const ID: &str = "sandbox-id";
pub const SIGNATURE: &str = "sandbox-signature";

/// What is signed beside the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind<'a> {
    /// To the sandbox: verb, and the path with its query below the sandbox's address.
    Request { verb: &'a str, path: &'a str },
    /// From the sandbox, with its HTTP status. Its id is that of the request.
    Answer { status: u16 },
    /// From the sandbox, by itself.
    Notice,
}

/// What a signature is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signed<'a> {
    pub kind: Kind<'a>,
    pub merchant: &'a str,
    /// Seconds since 1970.
    pub timestamp: i64,
    pub id: &'a str,
    pub body: &'a [u8],
}

impl Signed<'_> {
    /// In lower-case hexadecimal.
    pub fn sign(&self, key: &str) -> String {
        self.mac(key).map(|mac| hex::encode(mac.finalize().into_bytes())).unwrap_or_default()
    }

    /// Compared in constant time.
    pub fn verify(&self, key: &str, signature: &str) -> bool {
        let Ok(signature) = hex::decode(signature) else { return false };
        self.mac(key).is_some_and(|mac| mac.verify_slice(&signature).is_ok())
    }

    /// Was it made within [`WINDOW`] of this instant?
    pub fn is_fresh(&self, now: DateTime<Utc>) -> bool {
        now.timestamp().abs_diff(self.timestamp) <= WINDOW.num_seconds().unsigned_abs()
    }

    fn mac(&self, key: &str) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).ok()?;
        let kind = match self.kind {
            Kind::Request { verb, path } => format!("request\n{verb}\n{path}"),
            Kind::Answer { status } => format!("answer\n{status}"),
            Kind::Notice => "notice".to_owned(),
        };
        let Signed { merchant, timestamp, id, .. } = self;
        mac.update(format!("sandbox-1\n{kind}\n{merchant}\n{timestamp}\n{id}\n").as_bytes());
        mac.update(self.body);
        Some(mac)
    }
}

/// `POST /v1/orders`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewOrder {
    pub number: String,
    pub currency: String,
    /// In the smallest unit, as all amounts.
    pub amount: i64,
    pub capture: Capture,
    pub method: Method,
    pub description: String,
    /// The payer's instrument is kept for later debits.
    pub keep: bool,
    pub expires_at: DateTime<Utc>,
    pub notify_url: String,
    pub return_url: String,
}

/// `POST /v1/orders/{number}/raise` (the new total) and `…/capture`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sum {
    pub amount: i64,
    /// The same key is the same wish.
    pub key: String,
}

/// `POST /v1/orders/{number}/refunds`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewRefund {
    pub number: String,
    pub amount: i64,
    pub reason: String,
}

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    Waiting,
    Held,
    Taken,
    Released,
    Closed,
    Failed,
}

impl OrderState {
    /// Reads what [`OrderState::word`] has written.
    pub fn of(word: &str) -> Option<OrderState> {
        use OrderState::{Closed, Failed, Held, Released, Taken, Waiting};
        [Waiting, Held, Taken, Released, Closed, Failed].into_iter().find(|state| state.word() == word)
    }

    /// As on the wire and in the database.
    pub fn word(self) -> &'static str {
        match self {
            OrderState::Waiting => "waiting",
            OrderState::Held => "held",
            OrderState::Taken => "taken",
            OrderState::Released => "released",
            OrderState::Closed => "closed",
            OrderState::Failed => "failed",
        }
    }
}

/// An order as the sandbox tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    pub number: String,
    /// The sandbox's own number.
    pub reference: String,
    pub state: OrderState,
    pub currency: String,
    pub amount: i64,
    pub held: i64,
    pub taken: i64,
    pub returned: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instrument: Option<Instrument>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
    /// Of the last change of money.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holds_until: Option<DateTime<Utc>>,
    /// Where the payer pays.
    pub pay_url: String,
}

/// Where a refund stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundStep {
    Waiting,
    Done,
    Failed,
}

impl RefundStep {
    /// Reads what [`RefundStep::word`] has written.
    pub fn of(word: &str) -> Option<RefundStep> {
        [RefundStep::Waiting, RefundStep::Done, RefundStep::Failed]
            .into_iter()
            .find(|step| step.word() == word)
    }

    /// As on the wire and in the database.
    pub fn word(self) -> &'static str {
        match self {
            RefundStep::Waiting => "waiting",
            RefundStep::Done => "done",
            RefundStep::Failed => "failed",
        }
    }
}

/// A refund as the sandbox tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    pub number: String,
    /// The sandbox's own number.
    pub reference: String,
    /// The order's number.
    pub order: String,
    pub state: RefundStep,
    pub currency: String,
    pub amount: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<DateTime<Utc>>,
}

/// The payer's bank wants money back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disputed {
    pub reference: String,
    pub order: String,
    pub currency: String,
    pub amount: i64,
    /// `open`, `won`, `lost`.
    pub state: String,
    pub reason: String,
    /// Taken from the merchant in all until now.
    #[serde(default)]
    pub withdrawn: i64,
    /// Given to the merchant again in all until now.
    #[serde(default)]
    pub reinstated: i64,
    /// What the merchant pays for it.
    #[serde(default)]
    pub fee: i64,
}

/// What the sandbox says by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The same event sent again has the same.
    pub id: String,
    pub merchant: String,
    #[serde(flatten)]
    pub about: About,
}

/// What an event is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum About {
    Payment { order: Order },
    Refund { refund: Refund },
    Dispute { dispute: Disputed },
}

/// An explicit no: the body of every answer that is not 2xx.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct No {
    pub code: Code,
    pub text: String,
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Code {
    NoSuchOrder,
    NoSuchRefund,
    /// The number was used for something else.
    Differs,
    /// Nobody can pay it any more.
    Closed,
    /// It is held or paid.
    Paid,
    /// Nothing is held.
    NotHeld,
    /// More than there is.
    TooMuch,
    /// Not offered to this account.
    NotOffered,
    /// The request cannot be read.
    Malformed,
    /// The signature does not verify, or is of another time.
    BadSignature,
    /// Come again later: nothing was done.
    Busy,
    /// The file of this day is made after its end.
    NotReady,
    /// Nothing happened on this day.
    NothingThen,
    /// The sandbox is out of order.
    Broken,
}

impl Code {
    /// The HTTP status it travels with.
    pub fn status(self) -> u16 {
        match self {
            Code::NoSuchOrder | Code::NoSuchRefund | Code::NothingThen => 404,
            Code::Differs | Code::Closed | Code::Paid | Code::NotHeld | Code::TooMuch | Code::NotReady => 409,
            Code::NotOffered => 422,
            Code::Malformed => 400,
            Code::BadSignature => 401,
            Code::Busy => 429,
            Code::Broken => 500,
        }
    }

    /// As on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Code::NoSuchOrder => "NO_SUCH_ORDER",
            Code::NoSuchRefund => "NO_SUCH_REFUND",
            Code::Differs => "DIFFERS",
            Code::Closed => "CLOSED",
            Code::Paid => "PAID",
            Code::NotHeld => "NOT_HELD",
            Code::TooMuch => "TOO_MUCH",
            Code::NotOffered => "NOT_OFFERED",
            Code::Malformed => "MALFORMED",
            Code::BadSignature => "BAD_SIGNATURE",
            Code::Busy => "BUSY",
            Code::NotReady => "NOT_READY",
            Code::NothingThen => "NOTHING_THEN",
            Code::Broken => "BROKEN",
        }
    }
}
