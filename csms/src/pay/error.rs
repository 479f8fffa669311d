//! Why something was not done, in words for whoever asked.

use super::number::NoRandom;
use crate::store::StoreError;
use payments::{
    AmountError,
    order::{Illegal, State},
    provider::{Refusal, RefusalKind},
};

/// What was asked for was not done. Pages tell it in their reader's language, by [`PayError::word`].
#[derive(Debug, Clone, thiserror::Error)]
pub enum PayError {
    #[error("there is no such code")]
    NoCode,
    /// A dynamic code whose time is over, or one that was revoked.
    #[error("the code has expired: look at the screen for a new one")]
    CodeExpired,
    #[error("there is no such order")]
    NoOrder,
    #[error("there is no such driver")]
    NoDriver,
    /// An identifier's sessions are paid by one driver.
    #[error("the sessions of that identifier are paid by another driver")]
    TakenToken,
    #[error("pay.accounts has no account {0:?}")]
    NoAccount(String),
    /// Somebody has changed the order since the page was made: show it anew.
    #[error("the order has changed since this page was made")]
    Changed,
    #[error("that cannot be done: the order is {}", .0.word())]
    NotNow(State),
    /// The driver's time to pay is over.
    #[error("the offer has expired: ask for a new one")]
    Expired,
    /// Another attempt is being closed at its provider, or is being paid on another phone.
    #[error("somebody is paying this order, or an earlier attempt is being closed: try again in a moment")]
    Busy,
    #[error("nobody can charge there now: {0}")]
    NotReady(&'static str),
    #[error("there is no price for charging there")]
    NoPrice,
    #[error("it cannot be paid like that here")]
    NoWay,
    #[error("too many attempts: ask for a new offer")]
    TooMany,
    /// Every account that could take it said no.
    #[error("the payment could not be begun: {}", .0.text)]
    Refused(Refusal),
    /// No answer in time: the page asks again, nothing is lost.
    #[error("the provider has not answered yet")]
    Waiting,
    /// The rules say no; why, in the driver's language.
    #[error("the payment is not taken: {0}")]
    Denied(String),
    #[error("that amount cannot be given back: {0}")]
    Amount(String),
    /// What an offline wallet has signed is not accepted.
    #[error(transparent)]
    Voucher(#[from] super::voucher::VoucherFault),
    #[error(transparent)]
    Random(#[from] NoRandom),
    #[error("it was not stored: {0}")]
    Store(#[from] StoreError),
    /// The ledger did not take it: nothing was done.
    #[error("the ledger refused: {0}")]
    Ledger(String),
    /// A row says what this version does not know.
    #[error("order {order} cannot be read: {why}")]
    Unreadable { order: i64, why: String },
}

impl PayError {
    /// Every word of [`PayError::word`].
    pub const WORDS: [&'static str; 31] = [
        "no-code",
        "code-expired",
        "no-order",
        "no-driver",
        "taken-token",
        "no-account",
        "changed",
        "not-now",
        "expired",
        "busy",
        "occupied",
        "reserved",
        "faulted",
        "offline",
        "unavailable",
        "no-price",
        "no-way",
        "too-many",
        "declined",
        "provider-trouble",
        "provider-refused",
        "waiting",
        "denied",
        "amount",
        "voucher-operator",
        "voucher-malformed",
        "voucher-time",
        "voucher-floor",
        "voucher-replayed",
        "voucher-amount",
        "broken",
    ];

    /// Of the texts' family `refusal`.
    pub fn word(&self) -> &'static str {
        match self {
            PayError::NoCode => "no-code",
            PayError::CodeExpired => "code-expired",
            PayError::NoOrder => "no-order",
            PayError::NoDriver => "no-driver",
            PayError::TakenToken => "taken-token",
            PayError::NoAccount(_) => "no-account",
            PayError::Changed => "changed",
            PayError::NotNow(_) => "not-now",
            PayError::Expired => "expired",
            PayError::Busy => "busy",
            PayError::NotReady(readiness) => match *readiness {
                "busy" => "occupied",
                "reserved" => "reserved",
                "faulted" => "faulted",
                "offline" => "offline",
                _ => "unavailable",
            },
            PayError::NoPrice => "no-price",
            PayError::NoWay => "no-way",
            PayError::TooMany => "too-many",
            PayError::Refused(refusal) => match refusal.kind {
                RefusalKind::Payer => "declined",
                RefusalKind::Trouble => "provider-trouble",
                RefusalKind::Setup
                | RefusalKind::Access
                | RefusalKind::Absent
                | RefusalKind::Paid
                | RefusalKind::Closed
                | RefusalKind::Unsupported => "provider-refused",
            },
            PayError::Waiting => "waiting",
            PayError::Denied(_) => "denied",
            PayError::Amount(_) => "amount",
            PayError::Voucher(fault) => fault.refusal(),
            PayError::Random(_) | PayError::Store(_) | PayError::Ledger(_) | PayError::Unreadable { .. } => {
                "broken"
            }
        }
    }

    /// What others have said about it, in their own words: of the provider, or of the amount. For whoever works here.
    pub fn detail(&self) -> &str {
        match self {
            PayError::Refused(refusal) => &refusal.text,
            PayError::Amount(why) => why,
            _ => "",
        }
    }
}

impl From<AmountError> for PayError {
    fn from(error: AmountError) -> PayError {
        PayError::Amount(error.to_string())
    }
}

impl From<Illegal> for PayError {
    fn from(illegal: Illegal) -> PayError {
        PayError::NotNow(illegal.state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pay::voucher::VoucherFault;

    #[test]
    fn every_refusal_has_a_word_that_is_listed_once() {
        let refused = |kind| PayError::Refused(Refusal::new(kind, "", ""));
        let all = [
            PayError::NoCode,
            PayError::CodeExpired,
            PayError::NoOrder,
            PayError::NoDriver,
            PayError::TakenToken,
            PayError::NoAccount(String::new()),
            PayError::Changed,
            PayError::NotNow(State::Failed),
            PayError::Expired,
            PayError::Busy,
            PayError::NotReady("busy"),
            PayError::NotReady("reserved"),
            PayError::NotReady("faulted"),
            PayError::NotReady("offline"),
            PayError::NotReady("unavailable"),
            PayError::NoPrice,
            PayError::NoWay,
            PayError::TooMany,
            refused(RefusalKind::Payer),
            refused(RefusalKind::Trouble),
            refused(RefusalKind::Setup),
            PayError::Waiting,
            PayError::Denied(String::new()),
            PayError::Amount(String::new()),
            VoucherFault::Operator.into(),
            VoucherFault::Malformed.into(),
            VoucherFault::Time.into(),
            VoucherFault::Floor.into(),
            VoucherFault::Replayed.into(),
            VoucherFault::Amount.into(),
            PayError::Ledger(String::new()),
        ];
        assert_eq!(all.each_ref().map(PayError::word), PayError::WORDS);
    }
}
