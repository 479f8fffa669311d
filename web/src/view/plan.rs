//! The plan of a site, as it is changed in the console.

use super::Page;
use serde::Serialize;

/// The plan.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PlanPage {
    pub site: String,
    /// How the site stands; `None`: it has no plan yet.
    pub grid: Option<String>,
    pub href: String,
    /// Of what the form was made.
    pub revision: String,
    /// Why the plan cannot be read.
    pub broken: Option<String>,
    pub nodes: Vec<PlanNodeLine>,
    pub evses: Vec<PlanEvseLine>,
    /// All of it, in TOML.
    pub text: String,
    /// It is not changed as text here.
    pub too_large: bool,
    pub preview: Option<PlanPreview>,
    /// Why it is not kept: each problem.
    pub why: Vec<String>,
}

/// A fuse in the list.
#[derive(Debug, Clone, Serialize)]
pub struct PlanNodeLine {
    pub name: String,
    pub href: String,
    /// Fuses above it, up to 8.
    pub depth: usize,
    pub fuse: String,
    /// The most that other loads take here; `None`: there are none.
    pub reserve: Option<String>,
    /// So long a measurement of them counts; 0: never.
    pub max_age_s: u32,
}

/// An EVSE in the list.
#[derive(Debug, Clone, Serialize)]
pub struct PlanEvseLine {
    pub station: String,
    pub station_href: String,
    pub evse: u16,
    pub href: String,
    pub node: String,
    /// The site's phases that its own hang on: `L2 L3 L1`.
    pub phases: String,
    pub rated: String,
    pub default: String,
    /// Word of the texts' family `plan.method`.
    pub method: String,
}

/// What the fuses would carry now.
#[derive(Debug, Clone, Serialize)]
pub struct PlanPreview {
    pub nodes: Vec<PlanPreviewNode>,
    /// EVSEs that do not charge while they are offline, the first of them.
    pub idle: Vec<String>,
    pub idle_more: usize,
}

/// A fuse of it.
#[derive(Debug, Clone, Serialize)]
pub struct PlanPreviewNode {
    pub name: String,
    pub depth: usize,
    pub phases: Vec<PlanPhase>,
}

/// What is left on a phase.
#[derive(Debug, Clone, Serialize)]
pub struct PlanPhase {
    pub label: &'static str,
    pub fuse: String,
    /// With the plan of now; `None`: it has no such node.
    pub before: Option<String>,
    pub after: String,
    /// It may carry too much.
    pub over: bool,
}

/// A fuse, to be changed.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PlanNodePage {
    pub site: String,
    pub href: String,
    /// Names of what may feed it.
    pub parents: Vec<String>,
    pub form: PlanNodeForm,
    pub preview: Option<PlanPreview>,
    pub why: Vec<String>,
}

/// Its form, as it was sent.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PlanNodeForm {
    pub revision: String,
    /// Its name before; empty: it is new.
    pub was: String,
    pub name: String,
    pub parent: String,
    pub fuse: [String; 3],
    /// The most that vehicles below may give back through it.
    pub export: [String; 3],
    pub reserve: [String; 3],
    pub margin: [String; 3],
    pub max_age_s: String,
}

/// An EVSE, to be changed.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PlanEvsePage {
    pub site: String,
    pub href: String,
    /// Of the site.
    pub stations: Vec<String>,
    pub nodes: Vec<String>,
    pub form: PlanEvseForm,
    pub preview: Option<PlanPreview>,
    pub why: Vec<String>,
}

/// Its form, as it was sent.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PlanEvseForm {
    pub revision: String,
    /// Its station and number before; empty: it is new.
    pub was: String,
    pub was_evse: String,
    pub station: String,
    pub evse: String,
    pub node: String,
    /// The site's phases that its own hang on: `l2`; empty: it does not have that one.
    pub phases: [String; 3],
    pub rated: String,
    pub least: String,
    pub step: String,
    /// The most that it gives back.
    pub back: String,
    pub default: String,
    /// The defaults of all EVSEs are made anew.
    pub spread: bool,
    pub unit: String,
    pub method: String,
    pub efficiency: String,
    pub takes_zero: bool,
    pub forgets: bool,
    pub profile_id: String,
}

#[cfg(test)]
fn sample_preview(over: bool) -> PlanPreview {
    let phase = |label| PlanPhase {
        label,
        fuse: "63 A".into(),
        before: (!over).then(|| "12 A".into()),
        after: if over { "-3.500 A".into() } else { "22 A".into() },
        over,
    };
    let node = |name: &str, depth| PlanPreviewNode {
        name: name.into(),
        depth,
        phases: ["L1", "L2", "L3"].map(phase).to_vec(),
    };
    PlanPreview {
        nodes: vec![node("connection", 0), node("hall <1>", 1)],
        idle: if over { vec!["HALL-7 / 1".into(), "HALL-8 / 2".into()] } else { Vec::new() },
        idle_more: usize::from(over),
    }
}

#[cfg(test)]
fn sample_why() -> Vec<String> {
    vec![
        "node hall: there is no node <street> to feed it".into(),
        "node connection: with all stations offline its fuse of 63 A on L1 carries 72 A".into(),
    ]
}

impl Page for PlanPage {
    const TEMPLATE: &'static str = "plan.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let node = |name: &str, depth, reserve: Option<&str>| PlanNodeLine {
            name: name.into(),
            href: "/grid/7/plan/node?name=hall".into(),
            depth,
            fuse: "63 / 63 / 62.5".into(),
            reserve: reserve.map(str::to_owned),
            max_age_s: u32::from(depth == 0) * 60,
        };
        let evse = PlanEvseLine {
            station: "HARBOUR <1>".into(),
            station_href: "/stations/HARBOUR%20%3C1%3E".into(),
            evse: 1,
            href: "/grid/7/plan/evse?station=HARBOUR%20%3C1%3E&evse=1".into(),
            node: "hall <1>".into(),
            phases: "L2 L3 L1".into(),
            rated: "32".into(),
            default: "6".into(),
            method: "tx".into(),
        };
        let methods = ["tx", "stacked", "single", "station_max"];
        let full = PlanPage {
            site: "Harbour".into(),
            grid: Some("/grid/7".into()),
            href: "/grid/7/plan".into(),
            revision: "4".into(),
            nodes: vec![
                node("connection", 0, Some("20 / 20 / 20")),
                node("hall <1>", 1, Some("4 / 4 / 4")),
                node("deep", 2, None),
            ],
            evses: methods.map(|method| PlanEvseLine { method: method.into(), ..evse.clone() }).to_vec(),
            text: "[[node]]\nname = \"connection\"\nfuse = 63\n</textarea>".into(),
            preview: Some(sample_preview(false)),
            ..PlanPage::default()
        };
        let none = PlanPage {
            site: "Yard".into(),
            href: "/grid/8/plan".into(),
            revision: "0".into(),
            ..PlanPage::default()
        };
        let refused = PlanPage {
            preview: None,
            why: sample_why(),
            broken: Some("the plan of site 7 cannot be read: import it again".into()),
            too_large: true,
            ..full.clone()
        };
        vec![full, none, refused]
    }
}

impl Page for PlanNodePage {
    const TEMPLATE: &'static str = "plan_node.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let each = |text: &str| [text; 3].map(str::to_owned);
        let full = PlanNodePage {
            site: "Harbour".into(),
            href: "/grid/7/plan".into(),
            parents: vec!["connection".into(), "hall <1>".into()],
            form: PlanNodeForm {
                revision: "4".into(),
                was: "deep".into(),
                name: "deep <2>".into(),
                parent: "hall <1>".into(),
                fuse: each("62.5"),
                export: each("0"),
                reserve: each("10"),
                margin: each("2"),
                max_age_s: "60".into(),
            },
            preview: Some(sample_preview(true)),
            why: Vec::new(),
        };
        let refused = PlanNodePage { preview: None, why: sample_why(), ..full.clone() };
        vec![full, refused, PlanNodePage { parents: Vec::new(), ..PlanNodePage::default() }]
    }
}

impl Page for PlanEvsePage {
    const TEMPLATE: &'static str = "plan_evse.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let full = PlanEvsePage {
            site: "Harbour".into(),
            href: "/grid/7/plan".into(),
            stations: vec!["HARBOUR <1>".into(), "HARBOUR-002".into()],
            nodes: vec!["connection".into(), "hall <1>".into()],
            form: PlanEvseForm {
                revision: "4".into(),
                was: "HARBOUR <1>".into(),
                was_evse: "1".into(),
                station: "HARBOUR <1>".into(),
                evse: "1".into(),
                node: "hall <1>".into(),
                phases: ["l2".into(), "l3".into(), "l1".into()],
                rated: "32".into(),
                least: "6".into(),
                step: "1".into(),
                back: "0".into(),
                default: "6".into(),
                spread: true,
                unit: "amps".into(),
                method: "stacked".into(),
                efficiency: String::new(),
                takes_zero: true,
                forgets: true,
                profile_id: "9002".into(),
            },
            preview: Some(sample_preview(false)),
            why: Vec::new(),
        };
        let refused = PlanEvsePage { preview: None, why: sample_why(), ..full.clone() };
        vec![full, refused, PlanEvsePage::default()]
    }
}
