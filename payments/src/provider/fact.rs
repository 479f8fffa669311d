//! What a provider says, in one vocabulary. Nothing is inferred: what is not an explicit word of the provider is
//! [`Answer::Unknown`] or [`PaymentState::Waiting`].

use super::http::Request;
use crate::{Amount, order::Ruling};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The answer to a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// An explicit word.
    Told(Told),
    /// An explicit no: nothing was done.
    Refused(Refusal),
    /// It is not known whether something was done: time-out, 5xx, a signature that does not verify. Only a query tells.
    Unknown(String),
    /// The same; and the provider has kept this for the call's key, and will say nothing else to it.
    Kept(String),
    /// One more request belongs to the call (a file's address was told); its response goes to `answer` again.
    Then(Request),
}

/// An explicit word of a provider.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// Who the payer is, in the wallet's own words.
    Payer(String),
    /// The order is made; this is how the payer gets to it.
    Opened {
        reference: Option<String>,
        charge: Option<String>,
        next: Next,
    },
    Payment(PaymentFact),
    Refund(RefundFact),
    /// A statement's bytes as they came.
    File(Vec<u8>),
    /// The file is made later: ask again.
    FileLater,
    /// There was nothing on that day.
    FileEmpty,
}

/// How the payer gets to the provider's order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Next {
    /// The browser goes there.
    Redirect { url: String },
    /// The wallet scans this.
    ShowCode { text: String },
    /// Parameters of `WeixinJSBridge.invoke("getBrandWCPayRequest", …)`; of `invoke("openBusinessView", …)` where they
    /// have a `businessType` (pay score).
    WechatBridge { parameters: serde_json::Value },
    /// The order's number for `AlipayJSBridge.call("tradePay", {tradeNO})`.
    AlipayBridge { trade: String },
    /// Nothing to do for the payer here (terminal, debit).
    Wait,
}

/// A payment as it stands at the provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PaymentFact {
    /// Our number of the attempt.
    pub number: String,
    pub reference: Option<String>,
    pub charge: Option<String>,
    pub state: PaymentState,
    /// What was to be paid or held; `None` where the provider does not say (an order nobody has opened yet).
    pub amount: Option<Amount>,
    /// What is held, for a hold that stands.
    pub held: Option<Amount>,
    /// What was taken.
    pub taken: Option<Amount>,
    /// The wallet's id of who paid.
    pub payer: Option<String>,
    pub instrument: Option<Instrument>,
    pub at: Option<DateTime<Utc>>,
    /// A hold ends by itself then.
    pub holds_until: Option<DateTime<Utc>>,
}

/// Where a payment stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum PaymentState {
    /// Nothing has happened yet, or it goes on: not an end.
    Waiting,
    /// The order is not known to the provider (yet).
    Absent,
    /// `held` stands.
    Held,
    /// `taken` was taken.
    Taken,
    /// The hold was released: nothing is held and nothing was taken.
    Released,
    /// Nobody can pay it any more, and nobody has.
    Closed,
    /// It was tried and will not succeed.
    Failed { refusal: Refusal },
}

/// What was paid with; never a whole card number.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Instrument {
    /// `visa`, `wechat`, `alipay`, …
    pub brand: String,
    /// Of a card.
    pub last4: String,
    /// Two letters, of the card's issuer.
    pub country: String,
    /// The provider's fingerprint of the card, the same for the same card.
    pub fingerprint: String,
    /// Kept at the provider for later debits: customer and instrument.
    pub on_file: Option<(String, String)>,
}

/// A refund as it stands at the provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RefundFact {
    /// Ours; empty in a notification that names only the provider's.
    pub number: String,
    pub reference: Option<String>,
    /// Our number of the attempt.
    pub attempt: String,
    pub state: RefundState,
    pub amount: Option<Amount>,
    pub at: Option<DateTime<Utc>>,
    /// What it waits for, where that is something that people can do.
    #[serde(default)]
    pub waits_for: Option<Refusal>,
}

/// Where a refund stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum RefundState {
    /// Accepted, on its way.
    Waiting,
    /// The provider does not know it.
    Absent,
    Done,
    /// The money is still with the provider: somebody has to act.
    Failed {
        refusal: Refusal,
    },
}

/// The payer's bank takes the money back, or asks whether it should.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dispute {
    pub reference: String,
    /// Our number of the attempt, or the provider's of the money where it has not ours.
    pub attempt: String,
    /// What the payer wants back.
    pub amount: Amount,
    pub ruling: Ruling,
    pub reason: String,
    /// Taken from us in all until now.
    pub withdrawn: Amount,
    /// Given to us again in all until now.
    pub reinstated: Amount,
    /// What the provider keeps for its trouble, less what it has given back of that; perhaps in another currency.
    pub fee: Option<Amount>,
}

/// An explicit no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    pub kind: RefusalKind,
    /// The provider's own code.
    pub code: String,
    /// The provider's own words, at most 200 characters.
    pub text: String,
}

impl Refusal {
    /// Is it about us, and not about what was asked for? Then the same may be done later.
    pub fn is_ours(&self) -> bool {
        matches!(self.kind, RefusalKind::Access | RefusalKind::Trouble)
    }

    /// A refusal, its text cut to what is kept.
    pub fn new(kind: RefusalKind, code: impl Into<String>, text: &str) -> Refusal {
        Refusal { kind, code: code.into(), text: text.chars().take(200).collect() }
    }
}

/// Whose doing a refusal is, which decides what is done next and whether it counts against the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalKind {
    /// The payer: cancelled, no funds, card declined.
    Payer,
    /// What was asked for cannot be: parameters, or what the account's contract leaves out. Asked again it is refused again.
    Setup,
    /// We were not let in: keys, signatures, permissions. Once that is mended, the same is done.
    Access,
    /// The provider is out of order, or limits us: it may be asked again.
    Trouble,
    /// There is no such order or refund.
    Absent,
    /// It is paid already: query it.
    Paid,
    /// It is closed already.
    Closed,
    /// This provider cannot do it.
    Unsupported,
}

/// Which file of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// Payments and refunds, with fees.
    Trades,
    /// Movements of the account: payouts, fees.
    Funds,
}

/// What a notification tells, believed because its provider's check made it. Nothing outside `provider` makes one.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    key: String,
    fact: Fact,
}

impl Notice {
    /// For a provider's own check alone.
    pub(crate) fn checked(key: impl Into<String>, fact: Fact) -> Notice {
        Notice { key: key.into(), fact }
    }

    /// The provider's own id of the event: the same event sent again has the same.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What it says.
    pub fn fact(&self) -> &Fact {
        &self.fact
    }
}

/// What a notification is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "about")]
pub enum Fact {
    Payment(PaymentFact),
    Refund(RefundFact),
    Dispute(Dispute),
    /// Something happened to this payment, by the provider's number of the money; how it stands has to be asked.
    Moved {
        charge: String,
    },
    /// Something else, kept and acknowledged: its kind in the provider's words.
    Other {
        kind: String,
    },
}

/// Why a notification is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoticeFault {
    /// No signature, or one that does not verify.
    #[error("the signature does not verify: {0}")]
    Forged(String),
    /// The provider's own test of whether we check: refused without alarm.
    #[error("the provider tests whether we check signatures")]
    Probe,
    /// Signed too long ago, or in the future.
    #[error("it was signed at another time: {0}")]
    Stale(String),
    /// Signed for another account.
    #[error("it is for another account: {0}")]
    Foreign(String),
    /// Not what the provider's documents say.
    #[error("it cannot be read: {0}")]
    Malformed(String),
}

impl NoticeFault {
    /// The word in metrics and logs.
    pub fn word(&self) -> &'static str {
        match self {
            NoticeFault::Forged(_) => "forged",
            NoticeFault::Probe => "probe",
            NoticeFault::Stale(_) => "stale",
            NoticeFault::Foreign(_) => "foreign",
            NoticeFault::Malformed(_) => "malformed",
        }
    }
}
