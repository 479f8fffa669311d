//! A station's variables, and how another station differs.

use super::Page;
use chrono::{DateTime, Utc};
use serde::Serialize;

/// What a station has reported, or what it has not alike with another one.
#[derive(Debug, Clone, Default, Serialize)]
pub struct VariablesPage {
    pub station: String,
    pub href: String,
    pub q: String,
    /// The other station.
    pub with: String,
    /// There is no such other station.
    pub unknown: bool,
    /// The newest report; `None`: there was none.
    pub reported: Option<DateTime<Utc>>,
    /// More was reported than is looked at.
    pub cut: bool,
    /// Where the station is asked for all of it.
    pub ask: String,
    pub export: String,
    pub rows: Vec<VariableLine>,
    pub differences: Option<Vec<DifferenceLine>>,
    /// Lines there are; no more than 500 are shown.
    pub found: usize,
}

/// An attribute of a variable.
#[derive(Debug, Clone, Serialize)]
pub struct VariableLine {
    /// Component, EVSE and connector; empty for a configuration key of 1.6.
    pub place: String,
    pub variable: String,
    /// `None`: it does not say.
    pub value: Option<String>,
    pub mutability: String,
    pub at: DateTime<Utc>,
}

/// An attribute that two stations do not have alike. `None`: that one has not reported it.
#[derive(Debug, Clone, Serialize)]
pub struct DifferenceLine {
    pub place: String,
    pub variable: String,
    pub here: Option<String>,
    pub there: Option<String>,
}

impl Page for VariablesPage {
    const TEMPLATE: &'static str = "variables.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use super::shell::sample_ago;
        let empty = VariablesPage {
            station: "HARBOUR-001".into(),
            href: "/stations/HARBOUR-001".into(),
            ask: "/stations/HARBOUR-001/ask/inventory".into(),
            export: "/api/v1/stations/HARBOUR-001/variables".into(),
            ..VariablesPage::default()
        };
        let line = |place: &str, variable: &str, value: Option<&str>| VariableLine {
            place: place.into(),
            variable: variable.into(),
            value: value.map(str::to_owned),
            mutability: "ReadWrite".into(),
            at: sample_ago(300),
        };
        let full = VariablesPage {
            reported: Some(sample_ago(300)),
            cut: true,
            rows: vec![
                line("EVSE@1", "Power (MaxSet)", Some("22000")),
                line("SecurityCtrlr", "BasicAuthPassword", None),
                line("", "HeartbeatInterval", Some("<b>300</b>")),
            ],
            found: 900,
            ..empty.clone()
        };
        let differs = VariablesPage {
            with: "HARBOUR-002".into(),
            differences: Some(vec![
                DifferenceLine {
                    place: "EVSE@1".into(),
                    variable: "Power".into(),
                    here: Some("11000".into()),
                    there: Some("22000".into()),
                },
                DifferenceLine {
                    place: String::new(),
                    variable: "ClockAlignedDataInterval".into(),
                    here: None,
                    there: Some("900".into()),
                },
            ]),
            found: 2,
            ..full.clone()
        };
        let alike = VariablesPage { differences: Some(Vec::new()), found: 0, ..differs.clone() };
        let unknown =
            VariablesPage { unknown: true, with: "NOWHERE".into(), q: "power".into(), ..full.clone() };
        vec![empty, full, differs, alike, unknown]
    }
}
