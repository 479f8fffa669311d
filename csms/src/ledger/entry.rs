//! An entry before it is in the ledger.

use super::Account;
use chrono::{DateTime, Utc};
use payments::Amount;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tariffs::Currency;

/// Postings of one entry at most.
const LINES_MAX: usize = 64;
/// Characters of a kind, and of a key, at most.
const KIND_CHARS_MAX: usize = 40;
const KEY_CHARS_MAX: usize = 200;
/// Bytes of the body at most.
const BODY_BYTES_MAX: usize = 16 * 1024;

/// Whether an entry counts, or waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// It counts.
    Posted,
    /// It is held until a post or a void ends it.
    Pending,
    /// So much of the pending entry with this key counts, the rest is void.
    Post { pending: String, amount: Amount },
    /// Nothing of the pending entry with this key counts.
    Void { pending: String },
}

impl Phase {
    /// As stored.
    pub fn name(&self) -> &'static str {
        match self {
            Phase::Posted => "posted",
            Phase::Pending => "pending",
            Phase::Post { .. } => "post",
            Phase::Void { .. } => "void",
        }
    }
}

/// A journal entry: its lines add up to nothing in every currency.
///
/// ```
/// # use csms::ledger::{Account, Entry};
/// # use payments::Amount;
/// # let at = chrono::DateTime::UNIX_EPOCH;
/// let amount = Amount::new(5_000, "EUR".parse().unwrap());
/// let held = Entry::pending("held", "held:12", at)
///     .of_order(7)
///     .debit(Account::Provider("st-main".into()), amount)
///     .credit(Account::Deposits, amount);
/// assert!(held.check().is_ok());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it is about: `held`, `taken`, `billed`, `returned`, `fee`, `payout` …
    pub kind: String,
    pub phase: Phase,
    pub order_id: Option<i64>,
    /// The effect: the same one is entered once.
    pub key: String,
    /// What it refers to.
    pub body: Value,
    pub at: DateTime<Utc>,
    /// Debit positive, credit negative.
    pub lines: Vec<(Account, Amount)>,
}

/// An entry that cannot be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryFault {
    #[error("its lines add up to {sum} minor units of {currency}, not to nothing")]
    Unbalanced { currency: Currency, sum: i128 },
    #[error("it has {0} lines; an entry has 2 to {LINES_MAX}, one that ends another has none of its own")]
    Lines(usize),
    #[error("a pending entry stands between two accounts: one debit and one credit")]
    PendingLines,
    #[error("a line of nothing says nothing")]
    Zero,
    #[error("the amount that counts must be more than nothing; void the pending entry instead")]
    PostNothing,
    #[error("{0:?} is no account of the ledger")]
    Account(String),
    #[error(
        "the kind has 1 to {KIND_CHARS_MAX} characters, the key 1 to {KEY_CHARS_MAX}, none of them a control"
    )]
    Names,
    #[error("the body has more than {BODY_BYTES_MAX} bytes")]
    Body,
}

impl Entry {
    fn new(kind: &str, key: impl Into<String>, at: DateTime<Utc>, phase: Phase) -> Entry {
        Entry {
            kind: kind.to_owned(),
            phase,
            order_id: None,
            key: key.into(),
            body: json!({}),
            // Whole microseconds: what both databases keep.
            at: DateTime::from_timestamp_micros(at.timestamp_micros()).unwrap_or(at),
            lines: Vec::new(),
        }
    }

    /// An entry that counts at once.
    pub fn posted(kind: &str, key: impl Into<String>, at: DateTime<Utc>) -> Entry {
        Entry::new(kind, key, at, Phase::Posted)
    }

    /// One that is held: it needs one debit and one credit line.
    pub fn pending(kind: &str, key: impl Into<String>, at: DateTime<Utc>) -> Entry {
        Entry::new(kind, key, at, Phase::Pending)
    }

    /// Lets so much of the pending entry (named by its key) count, and ends it. The lines follow from it.
    pub fn post(
        kind: &str,
        key: impl Into<String>,
        at: DateTime<Utc>,
        pending: impl Into<String>,
        amount: Amount,
    ) -> Entry {
        Entry::new(kind, key, at, Phase::Post { pending: pending.into(), amount })
    }

    /// Ends the pending entry (named by its key); nothing of it counts.
    pub fn void(kind: &str, key: impl Into<String>, at: DateTime<Utc>, pending: impl Into<String>) -> Entry {
        Entry::new(kind, key, at, Phase::Void { pending: pending.into() })
    }

    /// It belongs to this order.
    pub fn of_order(mut self, order: i64) -> Entry {
        self.order_id = Some(order);
        self
    }

    /// What it refers to, as JSON.
    pub fn with(mut self, body: Value) -> Entry {
        self.body = body;
        self
    }

    /// Adds a debit. An amount of nothing is left out; a negative one is a credit.
    pub fn debit(mut self, account: Account, amount: Amount) -> Entry {
        if !amount.is_zero() {
            self.lines.push((account, amount));
        }
        self
    }

    /// Adds a credit. An amount of nothing is left out; a negative one is a debit.
    pub fn credit(self, account: Account, amount: Amount) -> Entry {
        // The one value that cannot be negated is refused by `check`, for nothing balances it.
        self.debit(account, Amount { minor: amount.minor.saturating_neg(), ..amount })
    }

    /// What is wrong with it, before the database is asked.
    ///
    /// # Errors
    /// [`EntryFault`].
    pub fn check(&self) -> Result<(), EntryFault> {
        let named = |text: &str, max| {
            !text.is_empty() && text.chars().count() <= max && !text.chars().any(char::is_control)
        };
        if !named(&self.kind, KIND_CHARS_MAX) || !named(&self.key, KEY_CHARS_MAX) {
            return Err(EntryFault::Names);
        }
        if self.body.to_string().len() > BODY_BYTES_MAX {
            return Err(EntryFault::Body);
        }
        for (account, amount) in &self.lines {
            let text = account.to_string();
            if text.parse::<Account>().as_ref() != Ok(account) {
                return Err(EntryFault::Account(text));
            }
            if amount.is_zero() {
                return Err(EntryFault::Zero);
            }
        }
        match &self.phase {
            Phase::Posted if !(2..=LINES_MAX).contains(&self.lines.len()) => {
                return Err(EntryFault::Lines(self.lines.len()));
            }
            Phase::Pending if self.lines.len() != 2 => return Err(EntryFault::PendingLines),
            Phase::Post { .. } | Phase::Void { .. } if !self.lines.is_empty() => {
                return Err(EntryFault::Lines(self.lines.len()));
            }
            Phase::Post { amount, .. } if !amount.is_positive() => return Err(EntryFault::PostNothing),
            _ => {}
        }
        let mut sums: BTreeMap<&str, (Currency, i128)> = BTreeMap::new();
        for (_, amount) in &self.lines {
            sums.entry(amount.currency.code()).or_insert((amount.currency, 0)).1 += i128::from(amount.minor);
        }
        match sums.into_values().find(|(_, sum)| *sum != 0) {
            Some((currency, sum)) => Err(EntryFault::Unbalanced { currency, sum }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(minor: i64, currency: &str) -> Amount {
        Amount::new(minor, currency.parse().unwrap())
    }

    fn entry() -> Entry {
        Entry::posted("taken", "taken:1", DateTime::UNIX_EPOCH)
    }

    #[test]
    fn lines_must_add_up_to_nothing_in_every_currency() {
        let bank = || Account::Bank("icbc".into());
        let good = entry()
            .debit(bank(), amount(10, "EUR"))
            .credit(Account::Deposits, amount(10, "EUR"))
            .debit(bank(), amount(7, "CNY"))
            .credit(Account::Deposits, amount(7, "CNY"));
        assert_eq!(good.check(), Ok(()));
        // The sum over both currencies is nothing, that of each is not.
        let mixed = entry().debit(bank(), amount(10, "EUR")).credit(Account::Deposits, amount(10, "CNY"));
        assert!(matches!(mixed.check(), Err(EntryFault::Unbalanced { sum: -10, .. })));
        // So large that an i64 would wrap to nothing.
        let wrapping = (0..4).fold(entry(), |entry, _| entry.debit(bank(), amount(1 << 62, "EUR")));
        assert!(matches!(wrapping.check(), Err(EntryFault::Unbalanced { .. })));
        let least = entry().debit(bank(), amount(i64::MIN, "EUR")).credit(bank(), amount(i64::MIN, "EUR"));
        assert!(matches!(least.check(), Err(EntryFault::Unbalanced { sum: -1, .. })));
    }

    #[test]
    fn every_phase_has_the_lines_it_needs() {
        let (at, ten) = (DateTime::UNIX_EPOCH, amount(10, "EUR"));
        assert_eq!(entry().check(), Err(EntryFault::Lines(0)));
        let held =
            Entry::pending("held", "held:1", at).debit(Account::Suspense, ten).credit(Account::Deposits, ten);
        assert_eq!(held.check(), Ok(()));
        let both = held.clone().debit(Account::Suspense, ten).credit(Account::Deposits, ten);
        assert_eq!(both.check(), Err(EntryFault::PendingLines));
        let post = Entry::post("captured", "captured:1", at, "held:1", ten);
        assert_eq!(post.check(), Ok(()));
        assert_eq!(post.debit(Account::Deposits, ten).check(), Err(EntryFault::Lines(1)));
        let nothing = Entry::post("captured", "captured:1", at, "held:1", amount(0, "EUR"));
        assert_eq!(nothing.check(), Err(EntryFault::PostNothing));
        assert_eq!(Entry::void("released", "released:1", at, "held:1").check(), Ok(()));
    }

    #[test]
    fn names_are_such_that_they_can_be_read() {
        let ten = amount(10, "EUR");
        let odd = entry().debit(Account::Provider("a b".into()), ten).credit(Account::Deposits, ten);
        assert_eq!(odd.check(), Err(EntryFault::Account("provider:a b".into())));
        assert_eq!(Entry::void("", "k", DateTime::UNIX_EPOCH, "p").check(), Err(EntryFault::Names));
        assert_eq!(Entry::void("k", "a\0", DateTime::UNIX_EPOCH, "p").check(), Err(EntryFault::Names));
        let long = entry().with(Value::String("x".repeat(20_000)));
        assert_eq!(long.check(), Err(EntryFault::Body));
    }
}
