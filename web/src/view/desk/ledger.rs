//! The ledger: what accounts stand at, how far it is sealed, and its entries.

use super::super::{Page, Pager};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// The ledger.
#[derive(Debug, Clone, Serialize)]
pub struct LedgerPage {
    /// Beginning of the accounts that balances are listed of.
    pub prefix: String,
    pub balances: Vec<BalanceLine>,
    pub balances_pager: Pager,
    pub trial: Vec<TrialLine>,
    pub seal: SealView,
    pub findings: Vec<FindingLine>,
    /// Filters of the entries.
    pub account: String,
    pub kind: String,
    pub order: String,
    pub narrowed: bool,
    pub entries: Vec<EntryLine>,
    pub entries_pager: Pager,
}

/// What an account stands at.
#[derive(Debug, Clone, Serialize)]
pub struct BalanceLine {
    pub account: String,
    pub href: String,
    pub posted: String,
    /// Empty: nothing waits.
    pub pending: String,
}

/// What all accounts together stand at in a currency.
#[derive(Debug, Clone, Serialize)]
pub struct TrialLine {
    pub currency: String,
    pub sum: String,
    pub right: bool,
}

/// How far the ledger is sealed.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SealView {
    pub leaves: i64,
    /// Not sealed yet.
    pub tail: i64,
    pub checkpoint: Option<i64>,
    pub root: String,
    pub at: Option<DateTime<Utc>>,
}

/// Something that the ledger's checks have found.
#[derive(Debug, Clone, Serialize)]
pub struct FindingLine {
    pub kind: String,
    pub subject: String,
    pub detail: String,
    pub first_at: DateTime<Utc>,
    pub last_at: DateTime<Utc>,
}

/// A journal entry.
#[derive(Debug, Clone, Serialize)]
pub struct EntryLine {
    pub id: i64,
    pub at: DateTime<Utc>,
    /// Word of the texts' family `desk.entry`.
    pub kind: String,
    /// Word of the texts' family `desk.phase`.
    pub phase: String,
    pub order: Option<i64>,
    pub postings: Vec<PostingLine>,
}

/// A line of an entry.
#[derive(Debug, Clone, Serialize)]
pub struct PostingLine {
    pub account: String,
    /// One of the two is empty.
    pub debit: String,
    pub credit: String,
}

#[cfg(test)]
pub(super) fn sample_entries() -> Vec<EntryLine> {
    let posting = |account: &str, debit: &str, credit: &str| PostingLine {
        account: account.into(),
        debit: debit.into(),
        credit: credit.into(),
    };
    let entry = |id, kind: &str, phase: &str| EntryLine {
        id,
        at: super::super::shell::sample_ago(600),
        kind: kind.into(),
        phase: phase.into(),
        order: (id != 3).then_some(7),
        postings: vec![
            posting("provider:st-eu", "18.93\u{a0}EUR", ""),
            posting("deposits", "", "18.93\u{a0}EUR"),
        ],
    };
    vec![entry(1, "held", "pending"), entry(2, "captured", "post"), entry(3, "payout", "posted")]
}

impl Page for LedgerPage {
    const TEMPLATE: &'static str = "desk_ledger.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use super::super::shell::sample_ago;
        let full = LedgerPage {
            prefix: "provider:".into(),
            balances: vec![BalanceLine {
                account: "provider:st-<eu>".into(),
                href: "/ledger?account=provider%3Ast-eu".into(),
                posted: "1,204.50\u{a0}EUR".into(),
                pending: "50.00\u{a0}EUR".into(),
            }],
            balances_pager: Pager { first: None, next: Some("/ledger?after=x".into()) },
            trial: vec![
                TrialLine { currency: "EUR".into(), sum: "0.00\u{a0}EUR".into(), right: true },
                TrialLine { currency: "CNY".into(), sum: "0.01\u{a0}CNY".into(), right: false },
            ],
            seal: SealView {
                leaves: 1204,
                tail: 3,
                checkpoint: Some(1200),
                root: "a".repeat(64),
                at: Some(sample_ago(30)),
            },
            findings: vec![FindingLine {
                kind: "trial".into(),
                subject: "CNY".into(),
                detail: "debits and credits differ by <0.01>".into(),
                first_at: sample_ago(900),
                last_at: sample_ago(30),
            }],
            account: "deposits".into(),
            kind: String::new(),
            order: String::new(),
            narrowed: true,
            entries: sample_entries(),
            entries_pager: Pager { first: Some("/ledger".into()), next: None },
        };
        let empty = LedgerPage {
            prefix: String::new(),
            balances: Vec::new(),
            balances_pager: Pager::default(),
            trial: Vec::new(),
            seal: SealView::default(),
            findings: Vec::new(),
            account: String::new(),
            narrowed: false,
            entries: Vec::new(),
            entries_pager: Pager::default(),
            ..full.clone()
        };
        vec![full, empty]
    }
}
