//! One line of a statement, whoever wrote it.

use crate::Amount;
use chrono::{DateTime, NaiveDate, Utc};

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    // In the order of their words, so that kinds sort as their words do in a database.
    /// The provider keeps something that belongs to no single payment.
    Fee,
    /// Anything else: kept, and not held against anything.
    Other,
    /// A payer has paid.
    Payment,
    /// The provider pays out to a bank; in a bank's statement, a credit.
    Payout,
    /// Something was given back to a payer.
    Refund,
}

impl Kind {
    /// The word in databases and files.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Fee => "fee",
            Kind::Other => "other",
            Kind::Payment => "payment",
            Kind::Payout => "payout",
            Kind::Refund => "refund",
        }
    }

    /// The kind of a word.
    pub fn of(word: &str) -> Option<Kind> {
        [Kind::Fee, Kind::Other, Kind::Payment, Kind::Payout, Kind::Refund]
            .into_iter()
            .find(|kind| kind.word() == word)
    }
}

/// Has it happened?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    Done,
    /// On its way.
    Open,
    /// It did not happen, or was undone.
    Failed,
}

impl Standing {
    /// The word in databases and files.
    pub fn word(self) -> &'static str {
        match self {
            Standing::Done => "done",
            Standing::Open => "open",
            Standing::Failed => "failed",
        }
    }

    /// The standing of a word.
    pub fn of(word: &str) -> Option<Standing> {
        [Standing::Done, Standing::Open, Standing::Failed]
            .into_iter()
            .find(|standing| standing.word() == word)
    }
}

/// A line of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub kind: Kind,
    /// Ours: of the attempt or the refund. Empty where the statement does not have it.
    pub number: String,
    /// The provider's, or the bank's.
    pub reference: String,
    /// Payments, refunds, payouts and fees: positive. Others: positive where we gain.
    pub amount: Amount,
    /// What the provider keeps of it; negative where it gives a fee back. `None` = the statement does not say.
    pub fee: Option<Amount>,
    pub at: Option<DateTime<Utc>>,
    /// In the source's own time zone.
    pub day: NaiveDate,
    pub standing: Standing,
    /// What a bank's customer reads, at most `TEXT_MAX` characters.
    pub text: String,
    /// Where it stands in the file, counted from 1.
    pub row: u64,
}

/// Characters of a bank line's text that are kept.
pub const TEXT_MAX: usize = 400;

impl Line {
    /// What makes it the same line when a file comes again.
    pub fn content(&self) -> String {
        let fee = self.fee.map(|fee| fee.minor.to_string()).unwrap_or_default();
        let at = self.at.map_or_else(|| self.day.to_string(), |at| at.to_rfc3339());
        format!(
            "{}|{}|{}|{}|{}|{fee}|{}|{at}|{}",
            self.kind.word(),
            self.number,
            self.reference,
            self.amount.minor,
            self.amount.currency,
            self.standing.word(),
            self.text
        )
    }
}
