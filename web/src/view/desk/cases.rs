//! Cases of clearing: to be looked at one by one, or settled together.

use super::{super::Page, super::Pager, Choice, Trouble};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// Cases by a filter, and what is about to be done with all of them.
#[derive(Debug, Clone, Serialize)]
pub struct CasesPage {
    pub states: Vec<Choice>,
    pub reasons: Vec<Choice>,
    pub kinds: Vec<Choice>,
    pub accounts: Vec<Choice>,
    pub from: String,
    pub to: String,
    pub currency: String,
    pub at_most: String,
    pub cases: Vec<CaseLine>,
    pub pager: Pager,
    /// Cases that are not settled, whatever the filter.
    pub open: i64,
    /// How all that are chosen can be settled; empty where none can.
    pub ways: Vec<Choice>,
    pub preview: Option<PreviewBox>,
    pub results: Option<ResultsBox>,
    pub trouble: Trouble,
}

/// Something that does not agree.
#[derive(Debug, Clone, Serialize)]
pub struct CaseLine {
    pub id: i64,
    pub day: String,
    pub account: String,
    /// Words of the texts' families `desk.reason` and `desk.case`.
    pub reason: String,
    pub state: String,
    pub kind: String,
    pub number: String,
    pub reference: String,
    pub ours: String,
    pub theirs: String,
    pub gain: String,
    pub order: Option<i64>,
    /// Words of the texts' family `desk.resolution`: how it can be settled, the suggested way first.
    pub ways: Vec<&'static str>,
    pub resolution: String,
    pub note: String,
    pub asked_by: String,
    pub resolved_by: String,
    pub found_at: DateTime<Utc>,
    pub resolved_at: Option<DateTime<Utc>>,
}

/// What settling all that are chosen would do.
#[derive(Debug, Clone, Serialize)]
pub struct PreviewBox {
    /// Word of the texts' family `desk.resolution`.
    pub way: String,
    pub count: usize,
    /// The numbers of the cases, with spaces between them.
    pub ids: String,
    pub sums: Vec<SumLine>,
    pub unfit: u64,
    pub need_two: u64,
    /// There are more than are settled at once, which are so many.
    pub more: Option<usize>,
}

/// What is to be settled of one currency.
#[derive(Debug, Clone, Serialize)]
pub struct SumLine {
    pub cases: u64,
    pub long: String,
    pub short: String,
}

/// What became of cases that were settled together.
#[derive(Debug, Clone, Serialize)]
pub struct ResultsBox {
    pub settled: usize,
    /// Of which one of two has agreed now.
    pub asked: usize,
    /// That somebody had settled before.
    pub before: usize,
    pub failed: Vec<FailedLine>,
}

/// A case that was not settled.
#[derive(Debug, Clone, Serialize)]
pub struct FailedLine {
    pub case: i64,
    pub why: String,
}

impl Page for CasesPage {
    const TEMPLATE: &'static str = "desk_cases.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use super::super::shell::sample_ago;
        let eur = |text: &str| format!("{text}\u{a0}EUR");
        let case = CaseLine {
            id: 91,
            day: "2026-05-27".into(),
            account: "wx-main".into(),
            reason: "missing_here".into(),
            state: "open".into(),
            kind: "payment".into(),
            number: "20260527<1>".into(),
            reference: "4200001".into(),
            ours: String::new(),
            theirs: eur("12.00"),
            gain: eur("12.00"),
            order: None,
            ways: vec!["refund_orphan", "accept", "write_off"],
            resolution: String::new(),
            note: String::new(),
            asked_by: String::new(),
            resolved_by: String::new(),
            found_at: sample_ago(9_000),
            resolved_at: None,
        };
        let asked = CaseLine {
            id: 92,
            state: "asked".into(),
            reason: "amount".into(),
            asked_by: "ada".into(),
            resolution: "write_off".into(),
            note: "<agreed>".into(),
            order: Some(7),
            ours: eur("11.00"),
            ..case.clone()
        };
        let settled = CaseLine {
            id: 93,
            state: "resolved".into(),
            resolved_by: "ben".into(),
            resolved_at: Some(sample_ago(60)),
            ways: Vec::new(),
            ..asked.clone()
        };
        let full = CasesPage {
            states: super::orders::choices(&[("open", true), ("resolved", false)]),
            reasons: super::orders::choices(&[("amount", false)]),
            kinds: super::orders::choices(&[("payment", false), ("trades", true)]),
            accounts: super::orders::choices(&[("wx-<main>", true)]),
            from: "2026-05-21".into(),
            to: "2026-05-27".into(),
            currency: "EUR".into(),
            at_most: "12.00".into(),
            cases: vec![case, asked, settled],
            pager: Pager { first: None, next: Some("/clearing/cases?before=93".into()) },
            open: 2,
            ways: super::orders::choices(&[("accept", true)]),
            preview: Some(PreviewBox {
                way: "accept".into(),
                count: 2,
                ids: "92 91".into(),
                sums: vec![SumLine { cases: 2, long: eur("12.00"), short: String::new() }],
                unfit: 1,
                need_two: 1,
                more: Some(500),
            }),
            results: Some(ResultsBox {
                settled: 1,
                asked: 1,
                before: 1,
                failed: vec![FailedLine { case: 90, why: "<no> such case".into() }],
            }),
            trouble: Some("a note <please>".into()),
        };
        let empty = CasesPage {
            cases: Vec::new(),
            pager: Pager::default(),
            open: 0,
            ways: Vec::new(),
            preview: None,
            results: None,
            trouble: None,
            ..full.clone()
        };
        vec![full, empty]
    }
}
