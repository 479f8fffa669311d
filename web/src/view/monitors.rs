//! What a station watches by itself, and what it has told of it.

use super::{Page, Pager};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// The monitors of a station, and a form for another one.
#[derive(Debug, Clone, Default, Serialize)]
pub struct MonitorsPage {
    pub station: String,
    pub href: String,
    pub online: bool,
    /// It speaks 1.6, which has no monitors.
    pub has_none: bool,
    pub rows: Vec<MonitorLine>,
    /// When a list was told last; `None`: never.
    pub told: Option<DateTime<Utc>>,
    pub events: Vec<MonitorEventLine>,
    pub pager: Pager,
    /// Only what this monitor has told.
    pub only: Option<i64>,
    /// Variables that the station says can be watched.
    pub variables: Vec<String>,
    /// Words of the texts' family `monitor_kind` that can be chosen.
    pub kinds: Vec<(&'static str, &'static str)>,
    pub form: MonitorForm,
    /// Why the station does not do it.
    pub error: Option<String>,
}

/// The form as it was sent.
#[derive(Debug, Clone, Default, Serialize)]
pub struct MonitorForm {
    pub variable: String,
    /// As commands name it: `upper-threshold`.
    pub kind: String,
    pub value: String,
    pub severity: String,
    pub session: bool,
}

/// A monitor.
#[derive(Debug, Clone, Default, Serialize)]
pub struct MonitorLine {
    pub id: i64,
    /// Component, EVSE and connector.
    pub place: String,
    pub variable: String,
    /// Word of the texts' family `monitor_kind`.
    pub kind: String,
    pub value: String,
    /// From 0 to 9: word of the texts' family `severity`.
    pub severity: String,
    pub tone: &'static str,
    /// Word of the texts' family `monitor_origin`; empty: not told.
    pub origin: String,
    pub session: bool,
    pub raised: bool,
    pub last_value: String,
    pub last_at: Option<DateTime<Utc>>,
    /// It can be taken away.
    pub can_clear: bool,
}

/// Something that a monitor has told.
#[derive(Debug, Clone, Default, Serialize)]
pub struct MonitorEventLine {
    pub at: DateTime<Utc>,
    pub monitor: Option<i64>,
    pub place: String,
    pub variable: String,
    pub value: String,
    /// Word of the texts' family `monitor_event`.
    pub word: String,
    /// `None`: not known.
    pub severity: Option<String>,
    pub tone: &'static str,
    pub detail: String,
}

impl Page for MonitorsPage {
    const TEMPLATE: &'static str = "monitors.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use super::shell::sample_ago;
        let empty = MonitorsPage {
            station: "CS <1>".into(),
            href: "/stations/CS%20%3C1%3E".into(),
            kinds: vec![("upper-threshold", "UpperThreshold")],
            ..MonitorsPage::default()
        };
        let kinds = [
            "UpperThreshold",
            "LowerThreshold",
            "Delta",
            "Periodic",
            "PeriodicClockAligned",
            "TargetDelta",
            "TargetDeltaRelative",
            "VendorKind",
        ];
        let origins = ["custom", "preconfigured", "hard-wired", ""];
        let rows = kinds.into_iter().zip(0..).map(|(kind, n)| MonitorLine {
            id: n,
            place: "EVSE@1".into(),
            variable: "Power".into(),
            kind: kind.into(),
            value: "11000".into(),
            severity: n.to_string(),
            tone: "bad",
            origin: origins[usize::try_from(n).unwrap_or(0) % 4].into(),
            session: n == 1,
            raised: n == 0,
            last_value: if n < 2 { "<12000>".into() } else { String::new() },
            last_at: (n < 2).then(|| sample_ago(60)),
            can_clear: n != 2,
        });
        let event = |word: &str, severity: Option<i64>| MonitorEventLine {
            at: sample_ago(60),
            monitor: severity,
            place: "EVSE@1".into(),
            variable: "Power".into(),
            value: "<12000>".into(),
            word: word.into(),
            severity: severity.map(|severity| severity.to_string()),
            tone: "wait",
            detail: "E7: too <hot>".into(),
        };
        let full = MonitorsPage {
            online: true,
            rows: rows.collect(),
            told: Some(sample_ago(300)),
            events: vec![
                event("raised", Some(8)),
                event("cleared", Some(9)),
                event("changed", None),
                event("periodic", Some(3)),
            ],
            pager: Pager { first: None, next: Some("/stations/1/monitors?before=17".into()) },
            only: Some(3),
            variables: vec!["EVSE@1.Power".into()],
            form: MonitorForm {
                variable: "EVSE@1.<Power>".into(),
                kind: "upper-threshold".into(),
                value: "1".into(),
                severity: "4".into(),
                session: true,
            },
            error: Some("EVSE.Power UpperThreshold Rejected".into()),
            ..empty.clone()
        };
        vec![MonitorsPage { has_none: true, ..empty.clone() }, empty, full]
    }
}
