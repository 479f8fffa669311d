//! The list of sessions.

use super::{Page, Pager};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// Sessions, newest first.
#[derive(Debug, Clone, Serialize)]
pub struct SessionsPage {
    /// Station or token searched for.
    pub query: String,
    /// `all`, `open` or `ended`.
    pub filter: String,
    pub filters: [&'static str; 3],
    pub rows: Vec<SessionLine>,
    pub pager: Pager,
}

impl SessionsPage {
    /// The words of the filter.
    pub const FILTERS: [&'static str; 3] = ["all", "open", "ended"];
}

/// One session in a list.
#[derive(Debug, Clone, Serialize)]
pub struct SessionLine {
    pub id: i64,
    pub station: String,
    pub station_href: String,
    /// EVSE, or EVSE.connector; empty while not told.
    pub place: String,
    pub open: bool,
    pub token: String,
    pub started_at: DateTime<Utc>,
    pub seconds: i64,
    pub energy_mwh: i64,
    pub power_w: Option<i64>,
    pub soc_percent: Option<i64>,
    pub cost: String,
    pub currency: String,
    /// Keys of the texts' family `flag`.
    pub flags: Vec<String>,
}

#[cfg(test)]
pub(super) fn sample_lines() -> Vec<SessionLine> {
    use super::shell::sample_ago;
    let line = SessionLine {
        id: 42,
        station: "HARBOUR-001".into(),
        station_href: "/stations/HARBOUR-001".into(),
        place: "1".into(),
        open: true,
        token: "04A1B2C3D4E5".into(),
        started_at: sample_ago(2_460),
        seconds: 2_460,
        energy_mwh: 7_412_000,
        power_w: Some(10_980),
        soc_percent: Some(63),
        cost: "3.21".into(),
        currency: "EUR".into(),
        flags: Vec::new(),
    };
    vec![
        line.clone(),
        SessionLine {
            id: 41,
            open: false,
            power_w: None,
            soc_percent: None,
            energy_mwh: 38_120_500,
            started_at: sample_ago(190_000),
            seconds: 5_400,
            cost: "19.84".into(),
            flags: vec!["register-shrank".into(), "offline".into()],
            ..line.clone()
        },
        SessionLine {
            id: 40,
            open: false,
            token: String::new(),
            place: String::new(),
            cost: String::new(),
            currency: String::new(),
            energy_mwh: 0,
            started_at: sample_ago(300_000),
            seconds: 40,
            flags: vec!["no-tariff".into()],
            ..line
        },
    ]
}

impl Page for SessionsPage {
    const TEMPLATE: &'static str = "sessions.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let full = SessionsPage {
            query: "04A1".into(),
            filter: "all".into(),
            filters: Self::FILTERS,
            rows: sample_lines(),
            pager: Pager { first: None, next: Some("/sessions?before=40".into()) },
        };
        let found_nothing = SessionsPage { rows: Vec::new(), pager: Pager::default(), ..full.clone() };
        let empty = SessionsPage { query: String::new(), ..found_nothing.clone() };
        vec![full, found_nothing, empty]
    }
}
