//! The list of orders, with the day in figures above it.

use super::{super::Page, super::Pager, Choice};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// Orders, newest first.
#[derive(Debug, Clone, Serialize)]
pub struct OrdersPage {
    pub figures: FiguresView,
    pub query: String,
    pub states: Vec<Choice>,
    pub sites: Vec<Choice>,
    pub accounts: Vec<Choice>,
    /// Something is searched or filtered for.
    pub narrowed: bool,
    pub rows: Vec<OrderLine>,
    pub pager: Pager,
    /// There is no account in the settings.
    pub no_account: bool,
}

/// The day so far, in the reader's zone.
#[derive(Debug, Clone, Default, Serialize)]
pub struct FiguresView {
    pub orders: i64,
    /// By currency.
    pub taken: Vec<String>,
    pub returned: Vec<String>,
    /// All of them together.
    pub problems: i64,
    pub lines: Vec<ProblemLine>,
}

/// Something that somebody has to look at.
#[derive(Debug, Clone, Serialize)]
pub struct ProblemLine {
    /// Word of the texts' family `desk.problem`.
    pub word: &'static str,
    pub count: i64,
    /// Where it is looked at.
    pub href: &'static str,
}

/// An order in a list.
#[derive(Debug, Clone, Serialize)]
pub struct OrderLine {
    pub id: i64,
    pub number: String,
    pub state: String,
    pub tone: &'static str,
    /// Word of the texts' family `desk.end`; empty: it does not end before it has begun.
    pub why: String,
    pub station: String,
    pub station_href: String,
    pub evse: i64,
    pub site: String,
    pub created_at: DateTime<Utc>,
    /// What was asked for at first.
    pub asked: String,
    /// Empty: nothing.
    pub held: String,
    pub taken: String,
    pub returned: String,
    pub due: String,
    pub contact: String,
}

#[cfg(test)]
pub(super) fn choices(names: &[(&str, bool)]) -> Vec<Choice> {
    names
        .iter()
        .map(|(name, chosen)| Choice { value: (*name).into(), name: (*name).into(), chosen: *chosen })
        .collect()
}

#[cfg(test)]
pub(super) fn sample_line() -> OrderLine {
    OrderLine {
        id: 7,
        number: "k3v9w1q8x2m4".into(),
        state: "charging".into(),
        tone: "run",
        why: String::new(),
        station: "HARBOUR-001".into(),
        station_href: "/stations/HARBOUR-001".into(),
        evse: 1,
        site: "Harbour <West>".into(),
        created_at: super::super::shell::sample_ago(900),
        asked: "50.00\u{a0}EUR".into(),
        held: "50.00\u{a0}EUR".into(),
        taken: String::new(),
        returned: String::new(),
        due: String::new(),
        contact: "ada@example.org".into(),
    }
}

impl Page for OrdersPage {
    const TEMPLATE: &'static str = "desk_orders.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let done = OrderLine {
            id: 6,
            state: "partly_refunded".into(),
            tone: "held",
            held: String::new(),
            taken: "18.93\u{a0}EUR".into(),
            returned: "2.00\u{a0}EUR".into(),
            due: "16.93\u{a0}EUR".into(),
            contact: String::new(),
            ..sample_line()
        };
        let ended = OrderLine {
            id: 5,
            state: "failed".into(),
            tone: "bad",
            why: "no_start".into(),
            station: String::new(),
            site: String::new(),
            held: String::new(),
            contact: String::new(),
            ..sample_line()
        };
        let full = OrdersPage {
            figures: FiguresView {
                orders: 128,
                taken: vec!["1,204.50\u{a0}EUR".into(), "86.00\u{a0}CNY".into()],
                returned: vec!["31.20\u{a0}EUR".into()],
                problems: 3,
                lines: vec![
                    ProblemLine { word: "refunds", count: 1, href: "/refunds" },
                    ProblemLine { word: "owing", count: 2, href: "/orders?state=owing" },
                ],
            },
            query: "ada".into(),
            states: choices(&[("charging", true), ("owing", false)]),
            sites: choices(&[("1", false)]),
            accounts: choices(&[("wx-main", false), ("st-eu", false)]),
            narrowed: true,
            rows: vec![sample_line(), done, ended],
            pager: Pager { first: Some("/orders".into()), next: Some("/orders?before=5".into()) },
            no_account: false,
        };
        let nothing = OrdersPage { rows: Vec::new(), pager: Pager::default(), ..full.clone() };
        let empty = OrdersPage {
            narrowed: false,
            query: String::new(),
            figures: FiguresView::default(),
            ..nothing.clone()
        };
        let none = OrdersPage { no_account: true, accounts: Vec::new(), ..empty.clone() };
        vec![full, nothing, empty, none]
    }
}
