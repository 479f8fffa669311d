//! Money on its way back.

use super::{super::Page, super::Pager};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// Refunds: those that failed first, then those that are open, or all.
#[derive(Debug, Clone, Serialize)]
pub struct RefundsPage {
    /// `open` or `all`.
    pub filter: String,
    pub filters: [&'static str; 2],
    pub failed: Vec<RefundLine>,
    /// There are more that failed than are listed.
    pub more_failed: bool,
    pub rows: Vec<RefundLine>,
    pub pager: Pager,
}

impl RefundsPage {
    /// The words of the filter.
    pub const FILTERS: [&'static str; 2] = ["open", "all"];
}

/// A refund.
#[derive(Debug, Clone, Serialize)]
pub struct RefundLine {
    pub id: i64,
    pub order: i64,
    /// The key that the provider knows it by, and the provider's own name for it.
    pub number: String,
    pub reference: String,
    /// Word of the texts' family `desk.refund`.
    pub kind: String,
    pub state: String,
    pub tone: &'static str,
    pub amount: String,
    pub reason: String,
    /// What the provider has said against it.
    pub refusal: String,
    pub asked_by: String,
    /// Promised to the driver by then.
    pub due_at: DateTime<Utc>,
    /// It is open, and that time is over.
    pub overdue: bool,
    pub done_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

#[cfg(test)]
pub(super) fn sample_refund(state: &str) -> RefundLine {
    use super::super::shell::sample_ago;
    RefundLine {
        id: 81,
        order: 7,
        number: "20260528RF01".into(),
        reference: "503000".into(),
        kind: "rest".into(),
        state: state.into(),
        tone: super::step_tone(state),
        amount: "2.00\u{a0}EUR".into(),
        reason: "<too> much".into(),
        refusal: if state == "failed" { "NOTENOUGH: balance too low".into() } else { String::new() },
        asked_by: "ada".into(),
        due_at: sample_ago(if state == "failed" { 5_000 } else { -400_000 }),
        overdue: state == "unknown",
        done_at: (state == "done").then(|| sample_ago(60)),
        created_at: sample_ago(90_000),
    }
}

impl Page for RefundsPage {
    const TEMPLATE: &'static str = "desk_refunds.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let full = RefundsPage {
            filter: "open".into(),
            filters: Self::FILTERS,
            failed: vec![sample_refund("failed")],
            more_failed: true,
            rows: vec![sample_refund("unknown"), sample_refund("waiting")],
            pager: Pager { first: None, next: Some("/refunds?before=4".into()) },
        };
        let all = RefundsPage {
            filter: "all".into(),
            failed: Vec::new(),
            more_failed: false,
            rows: vec![sample_refund("done")],
            ..full.clone()
        };
        let empty =
            RefundsPage { filter: "open".into(), rows: Vec::new(), pager: Pager::default(), ..all.clone() };
        vec![full, all, empty]
    }
}
