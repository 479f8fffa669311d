//! What a provider is told of a payment.

use crate::Amount;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One order at one account of one provider. Its number is never used for anything else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Ours: 6–32 of `[0-9A-Za-z_-]`, not guessable.
    pub number: String,
    /// To be held or paid.
    pub amount: Amount,
    /// Taken at once, or held until the bill is known.
    pub capture: Capture,
    pub method: Method,
    /// What the payer reads, at most 127 characters.
    pub description: String,
    pub payer: Payer,
    pub created_at: DateTime<Utc>,
    /// Nobody may pay after this.
    pub expires_at: DateTime<Utc>,
    /// Where the provider sends notifications of this account.
    pub notify_url: String,
    /// Where the payer's browser comes back to; tells nothing about the payment.
    pub return_url: String,
    /// The provider's own number of its order, once known.
    pub reference: Option<String>,
    /// The provider's number of the money, where that is another one (Stripe: PaymentIntent; Alipay: auth_no).
    pub charge: Option<String>,
}

impl Attempt {
    /// A station's own terminal has made it at the provider, and told the provider's number of it, which stands in for
    /// ours: it is asked after, captured and released like any other.
    pub fn is_adopted(&self) -> bool {
        self.reference.as_ref() == Some(&self.number)
    }
}

/// When the money is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Capture {
    /// When the payer confirms.
    Now,
    /// Held when the payer confirms, taken when the bill is known.
    Later,
}

/// How the payer pays.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Method {
    /// On our page inside the wallet's own browser (WeChat JSAPI, Alipay's in-app page).
    InWallet,
    /// From a phone's browser into the wallet (WeChat H5, Alipay wap).
    PhoneBrowser,
    /// A code on a screen that the wallet scans (WeChat native, Alipay precreate).
    Code,
    /// The wallet holds an amount on the payer's credit score (WeChat pay score, Alipay Zhima freeze).
    Score,
    /// The provider's own page for cards and wallets (Stripe Checkout).
    Hosted,
    /// A card at a terminal: its id at the provider.
    Terminal { reader: String },
    /// A method that the driver has left with the provider: debited without the driver.
    OnFile { customer: String, instrument: String },
}

impl Method {
    /// The word in databases, pages and metrics.
    pub fn word(&self) -> &'static str {
        match self {
            Method::InWallet => "in_wallet",
            Method::PhoneBrowser => "phone_browser",
            Method::Code => "code",
            Method::Score => "score",
            Method::Hosted => "hosted",
            Method::Terminal { .. } => "terminal",
            Method::OnFile { .. } => "on_file",
        }
    }

    /// Alike but for who or what it is for.
    pub fn same_kind(&self, other: &Method) -> bool {
        self.word() == other.word()
    }
}

/// Who pays, as far as the provider wants to know.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Payer {
    /// The wallet's own id of the payer (openid, buyer id); empty = not known.
    pub id: String,
    /// Source address of the browser.
    pub address: String,
    /// BCP 47.
    pub language: String,
    /// Where the provider shall send its own receipt; empty = nowhere.
    pub email: String,
    /// The payer agrees that the instrument is kept for later debits.
    pub keep: bool,
}

/// A refund to be made or asked after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundAsk {
    /// Ours, of the refund's row: the same number is the same refund.
    pub number: String,
    pub amount: Amount,
    /// What was taken by the attempt in all.
    pub of: Amount,
    /// What the payer reads, at most 80 characters.
    pub reason: String,
    /// The provider's number of it, once known.
    pub reference: Option<String>,
    /// So many of its keys are known to bring nothing ([`super::Answer::Kept`]): it is asked for by the next.
    pub spent: u32,
}
