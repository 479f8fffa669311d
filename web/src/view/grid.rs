//! Load management: sites with a plan, and how one stands.

use super::Page;
use chrono::{DateTime, Utc};
use serde::Serialize;

/// All sites with a plan.
#[derive(Debug, Clone, Serialize)]
pub struct GridsPage {
    pub rows: Vec<GridLine>,
    /// Sites without one: number and name.
    pub sites: Vec<[String; 2]>,
}

/// A site with a plan.
#[derive(Debug, Clone, Serialize)]
pub struct GridLine {
    pub href: String,
    pub name: String,
    /// Word of the texts' family `grid.mode`.
    pub mode: String,
    pub nodes: usize,
    pub evses: usize,
    /// EVSEs that charge.
    pub charging: usize,
    /// EVSEs that are not as they should be.
    pub troubled: usize,
    /// Some fuse may carry too much.
    pub over: bool,
}

/// How a site stands.
#[derive(Debug, Clone, Serialize)]
pub struct GridPage {
    pub site: String,
    pub mode: String,
    /// When it was stepped last; `None`: nobody does.
    pub stepped_at: Option<DateTime<Utc>>,
    /// Why the plan cannot be read.
    pub broken: Option<String>,
    pub nodes: Vec<GridNode>,
    pub evses: Vec<GridEvse>,
    pub limits: Vec<GridLimit>,
    pub href: String,
    /// The form for a limit, as it was sent.
    pub form: GridLimitForm,
    /// Why that is not kept.
    pub error: Option<String>,
    /// Why it is not turned on.
    pub not_switched: Option<String>,
}

/// A limit as somebody wishes it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct GridLimitForm {
    pub node: String,
    pub amps: String,
    pub watts: String,
    pub from: String,
    pub until: String,
    pub source: String,
    pub note: String,
}

/// A node of the tree.
#[derive(Debug, Clone, Serialize)]
pub struct GridNode {
    pub name: String,
    /// Fuses above it, up to 8.
    pub depth: usize,
    /// Other loads are measured, or there are none.
    pub measured: bool,
    pub phases: Vec<GridPhase>,
    /// What may be given back through it, where anything may, and what is left of that.
    pub export: Option<(String, String)>,
}

/// One phase of a node. Currents as text; the bar in thousandths of the fuse.
#[derive(Debug, Clone, Serialize)]
pub struct GridPhase {
    pub label: &'static str,
    pub fuse: String,
    pub limit: Option<String>,
    pub others: String,
    pub used: String,
    pub promised: String,
    pub headroom: String,
    /// It may carry too much.
    pub over: bool,
    pub bar: GridBar,
}

/// Widths of a bar of 1000.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct GridBar {
    pub others: i64,
    pub used: i64,
    pub promised: i64,
    pub limit: Option<i64>,
}

/// An EVSE.
#[derive(Debug, Clone, Serialize)]
pub struct GridEvse {
    pub station: String,
    pub href: String,
    pub evse: u16,
    pub node: String,
    /// Word of the texts' family `grid.standing`.
    pub standing: String,
    pub tone: &'static str,
    pub limit: Option<String>,
    pub until: Option<DateTime<Utc>>,
    pub default: String,
    pub counted: String,
    pub drawn: Option<String>,
    pub charges: bool,
    pub deadline: Option<DateTime<Utc>>,
    /// Word of the texts' family `grid.why`; empty: nothing was told yet.
    pub why: String,
    pub told_at: Option<DateTime<Utc>>,
    /// Word of the texts' family `grid.outcome`.
    pub outcome: String,
    pub words: String,
    /// What the station says it allows, where that is not its default.
    pub differs: Option<String>,
}

/// A limit from outside.
#[derive(Debug, Clone, Serialize)]
pub struct GridLimit {
    /// `None`: a station has told it, and takes it back.
    pub id: Option<String>,
    pub place: String,
    pub most: String,
    /// Word of the texts' family `grid.source`.
    pub source: String,
    pub told_by: String,
    pub from: DateTime<Utc>,
    pub until: Option<DateTime<Utc>>,
    pub holds: bool,
}

impl Page for GridsPage {
    const TEMPLATE: &'static str = "grids.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let line = GridLine {
            href: "/grid/7".into(),
            name: "Harbour".into(),
            mode: "on".into(),
            nodes: 3,
            evses: 40,
            charging: 12,
            troubled: 1,
            over: false,
        };
        let off = GridLine { name: "Yard".into(), mode: "off".into(), over: true, ..line.clone() };
        let sites = vec![["9".into(), "Depot <1>".into()]];
        vec![
            GridsPage { rows: vec![line, off], sites: sites.clone() },
            GridsPage { rows: Vec::new(), sites },
            GridsPage { rows: Vec::new(), sites: Vec::new() },
        ]
    }
}

impl Page for GridPage {
    const TEMPLATE: &'static str = "grid.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use super::shell::sample_ago;
        let phase = |label, limit: bool| GridPhase {
            label,
            fuse: "63 A".into(),
            limit: limit.then(|| "40 A".into()),
            others: "12 A".into(),
            used: "20 A".into(),
            promised: "26 A".into(),
            headroom: if limit { "-3 A".into() } else { "25 A".into() },
            over: limit,
            bar: GridBar { others: 190, used: 317, promised: 413, limit: limit.then_some(635) },
        };
        let node = |name: &str, depth, limit: bool| GridNode {
            name: name.into(),
            depth,
            measured: !limit,
            phases: ["L1", "L2", "L3"].map(|label| phase(label, limit)).to_vec(),
            export: limit.then(|| ("16/16/16 A".into(), "4/4/4 A".into())),
        };
        let evse = |standing: &str, tone, outcome: &str| GridEvse {
            station: "HARBOUR-001".into(),
            href: "/stations/HARBOUR-001".into(),
            evse: 1,
            node: "hall".into(),
            standing: standing.into(),
            tone,
            limit: (outcome == "acked").then(|| "13 A".into()),
            until: Some(sample_ago(-300)),
            default: "6 A".into(),
            counted: "13 A".into(),
            drawn: Some("12.8 A".into()),
            charges: true,
            deadline: Some(sample_ago(-3600)),
            why: if outcome.is_empty() { String::new() } else { "raise".into() },
            told_at: Some(sample_ago(12)),
            outcome: outcome.into(),
            words: if outcome == "refused" { "Rejected".into() } else { String::new() },
            differs: (outcome == "refused").then(|| "it says 32 A, and was told 6 A".into()),
        };
        let limit = GridLimit {
            id: Some("77".into()),
            place: "connection".into(),
            most: "40 A".into(),
            source: "grid_operator".into(),
            told_by: "evening <peak>".into(),
            from: sample_ago(60),
            until: Some(sample_ago(-600)),
            holds: true,
        };
        let full = GridPage {
            site: "Harbour".into(),
            mode: "on".into(),
            stepped_at: Some(sample_ago(3)),
            broken: None,
            nodes: vec![node("connection", 0, true), node("hall", 1, false)],
            evses: vec![
                evse("limited", "ok", "acked"),
                evse("refuses", "bad", "refused"),
                evse("offline", "off", "unanswered"),
                evse("telling", "wait", ""),
            ],
            limits: vec![limit.clone(), GridLimit { id: None, holds: false, until: None, ..limit }],
            href: "/grid/7".into(),
            form: GridLimitForm { amps: "<32>".into(), source: "signal".into(), ..GridLimitForm::default() },
            error: Some("the limit would end before it starts".into()),
            not_switched: None,
        };
        let off = GridPage {
            mode: "off".into(),
            stepped_at: None,
            limits: Vec::new(),
            form: GridLimitForm::default(),
            error: None,
            not_switched: Some(
                "EVSE 1 of <HALL-7>: the profile TxDefaultProfile/5@1 is wished by ada".into(),
            ),
            ..full.clone()
        };
        let broken = GridPage {
            broken: Some("node hall: is its own ancestor".into()),
            nodes: Vec::new(),
            evses: Vec::new(),
            ..off.clone()
        };
        let unwatched = GridPage { stepped_at: None, ..full.clone() };
        vec![full, off, broken, unwatched]
    }
}
