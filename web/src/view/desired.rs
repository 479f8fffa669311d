//! What stations shall be like, and templates of that.

use super::Page;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One thing that a station shall be, on its page.
#[derive(Debug, Clone, Serialize)]
pub struct DesiredLine {
    pub kind: String,
    pub key: String,
    pub value: String,
    pub acknowledged: Option<String>,
    pub reported: Option<String>,
    pub reported_at: Option<DateTime<Utc>>,
    /// Word of the texts' family `desired.state`.
    pub state: &'static str,
    pub tone: &'static str,
    pub trouble: String,
    pub again_at: Option<DateTime<Utc>>,
    pub drifts: i64,
    /// The template that wants it; empty: it is the station's own.
    pub template: String,
    /// Who wants it; of what load management keeps its site.
    pub by: String,
    /// Load management keeps it: nobody wishes it.
    pub led: bool,
}

/// What the forms for wishes hold: one for settings and places, one for profiles, one for certificates.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct WishForm {
    pub kind: String,
    pub key: String,
    pub purpose: String,
    /// Empty: the station.
    pub evse: String,
    pub level: String,
    pub limit: String,
    /// `A` or `W`.
    pub unit: String,
    /// Of each day, UTC; both or neither.
    pub from: String,
    pub to: String,
    /// The profile in JSON, instead of limit and window.
    pub raw: String,
    /// What a certificate is for, and its name here.
    pub used: String,
    pub name: String,
    pub pem: String,
    /// Not empty: it shall not be there.
    pub absent: String,
}

/// A wish that could not be kept: the form once more.
#[derive(Debug, Clone, Serialize)]
pub struct WishPage {
    pub station: String,
    pub href: String,
    /// `profile`, `certificate`; empty: anything else.
    pub shape: &'static str,
    pub wish: WishForm,
    pub why: String,
}

/// All templates.
#[derive(Debug, Clone, Serialize)]
pub struct TemplatesPage {
    pub rows: Vec<TemplateLine>,
}

/// A template in a list.
#[derive(Debug, Clone, Serialize)]
pub struct TemplateLine {
    pub id: String,
    pub href: String,
    pub priority: i64,
    /// Which stations, in words of the template; empty: all.
    pub group: Vec<String>,
    pub settings: usize,
    pub by: String,
    pub at: DateTime<Utc>,
}

/// One template, to be changed; or a new one.
#[derive(Debug, Clone, Default, Serialize)]
pub struct TemplatePage {
    /// Empty: it is new.
    pub id: String,
    pub is_new: bool,
    pub form: TemplateForm,
    /// `[number, name]`.
    pub sites: Vec<[String; 2]>,
    /// Why it cannot be kept.
    pub why: Option<String>,
    pub preview: Option<PreviewView>,
}

/// What a template's form holds.
#[derive(Debug, Clone, Default, Serialize)]
pub struct TemplateForm {
    pub id: String,
    pub priority: String,
    pub site: String,
    pub vendor: String,
    pub model: String,
    pub firmware: String,
    pub protocol: String,
    /// Separated by commas.
    pub stations: String,
    /// A line each: KEY=VALUE.
    pub settings: String,
    /// As it was read; empty: it is new.
    pub revision: String,
}

/// What would change.
#[derive(Debug, Clone, Serialize)]
pub struct PreviewView {
    pub changes: usize,
    pub stations: usize,
    pub rows: Vec<PreviewLine>,
}

/// One change.
#[derive(Debug, Clone, Serialize)]
pub struct PreviewLine {
    pub station: String,
    pub href: String,
    pub key: String,
    pub from: Option<String>,
    pub to: Option<String>,
}

#[cfg(test)]
pub(super) fn sample_wishes() -> Vec<DesiredLine> {
    use super::shell::sample_ago;
    let line = DesiredLine {
        kind: "configuration".into(),
        key: "OCPPCommCtrlr.HeartbeatInterval".into(),
        value: "60".into(),
        acknowledged: Some("60".into()),
        reported: Some("60".into()),
        reported_at: Some(sample_ago(30)),
        state: "in-step",
        tone: "ok",
        trouble: String::new(),
        again_at: None,
        drifts: 1,
        template: "harbour".into(),
        by: "template harbour".into(),
        led: false,
    };
    vec![
        DesiredLine {
            kind: "profile".into(),
            key: "TxDefaultProfile/0@1".into(),
            value: "6 A".into(),
            reported: Some("it says 6 A".into()),
            by: "Harbour <1>".into(),
            template: String::new(),
            led: true,
            ..line.clone()
        },
        DesiredLine {
            kind: "availability".into(),
            key: "1".into(),
            value: "inoperative".into(),
            acknowledged: None,
            reported: None,
            reported_at: None,
            state: "waits",
            tone: "off",
            drifts: 0,
            template: String::new(),
            by: "ada".into(),
            ..line.clone()
        },
        DesiredLine {
            key: "Vendor<Light>".into(),
            reported: Some("300".into()),
            state: "refused",
            tone: "bad",
            trouble: "Rejected ReadOnly".into(),
            again_at: Some(sample_ago(-60)),
            ..line.clone()
        },
        line,
    ]
}

impl Page for WishPage {
    const TEMPLATE: &'static str = "desired.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let form = WishForm { kind: "availability".into(), key: "A@x.B".into(), ..WishForm::default() };
        let setting = WishPage {
            station: "HARBOUR-001".into(),
            href: "/stations/HARBOUR-001".into(),
            shape: "",
            wish: form,
            why: "\"A@x.B\" is no name of a setting".into(),
        };
        let profile = WishForm {
            purpose: "TxDefaultProfile".into(),
            evse: "1".into(),
            level: "2".into(),
            limit: "16".into(),
            unit: "W".into(),
            from: "22:00".into(),
            to: "06:00".into(),
            raw: "{\"<b>\": 1}".into(),
            ..WishForm::default()
        };
        let certificate = WishForm {
            used: "V2GRootCertificate".into(),
            name: "pool <2026>".into(),
            pem: "-----BEGIN".into(),
            ..WishForm::default()
        };
        vec![
            WishPage { shape: "profile", wish: profile, ..setting.clone() },
            WishPage { shape: "certificate", wish: certificate, ..setting.clone() },
            setting,
        ]
    }
}

impl Page for TemplatesPage {
    const TEMPLATE: &'static str = "templates.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let line = TemplateLine {
            id: "harbour".into(),
            href: "/templates/harbour".into(),
            priority: 5,
            group: vec!["Harbour".into(), "ocpp2.1".into()],
            settings: 4,
            by: "ada".into(),
            at: super::shell::sample_ago(400),
        };
        let all = TemplateLine { id: "all".into(), group: Vec::new(), ..line.clone() };
        vec![TemplatesPage { rows: vec![line, all] }, TemplatesPage { rows: Vec::new() }]
    }
}

impl Page for TemplatePage {
    const TEMPLATE: &'static str = "template.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let form = TemplateForm {
            id: "harbour".into(),
            priority: "5".into(),
            site: "7".into(),
            vendor: "Alfen <BV>".into(),
            protocol: "ocpp2.1".into(),
            stations: "A, B".into(),
            settings: "OCPPCommCtrlr.HeartbeatInterval=60".into(),
            revision: "3".into(),
            ..TemplateForm::default()
        };
        let row = PreviewLine {
            station: "A".into(),
            href: "/stations/A".into(),
            key: "OCPPCommCtrlr.HeartbeatInterval".into(),
            from: Some("300".into()),
            to: Some("60".into()),
        };
        let gone = PreviewLine { from: None, to: None, ..row.clone() };
        let preview = Some(PreviewView { changes: 900, stations: 450, rows: vec![row, gone] });
        let sites = vec![["7".to_owned(), "Harbour".to_owned()]];
        let kept = TemplatePage { id: "harbour".into(), form, sites, preview, ..TemplatePage::default() };
        let none = Some(PreviewView { changes: 0, stations: 0, rows: Vec::new() });
        vec![
            TemplatePage { is_new: true, ..TemplatePage::default() },
            TemplatePage {
                why: Some("a template has 1 to 200 settings".into()),
                preview: None,
                ..kept.clone()
            },
            TemplatePage { preview: none, ..kept.clone() },
            kept,
        ]
    }
}
