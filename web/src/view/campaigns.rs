//! Campaigns that bring firmware to stations.

use super::{Page, Pager};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// A campaign in a list.
#[derive(Debug, Clone, Serialize)]
pub struct CampaignLine {
    pub id: String,
    pub name: String,
    pub version: String,
    /// Word of the texts' family `files.campaign`.
    pub state: String,
    pub tone: &'static str,
    pub reason: String,
    pub waiting: i64,
    pub asked: i64,
    pub done: i64,
    pub failed: i64,
    pub skipped: i64,
    pub all: i64,
    pub created_by: String,
    pub created_at: DateTime<Utc>,
}

/// One campaign.
#[derive(Debug, Clone, Serialize)]
pub struct CampaignPage {
    pub campaign: CampaignLine,
    pub canaries: i64,
    pub at_once: i64,
    pub halt_percent: i64,
    pub idle_only: bool,
    pub rows: Vec<MemberLine>,
    pub pager: Pager,
    pub can_pause: bool,
    pub can_resume: bool,
    pub can_cancel: bool,
}

/// A station of a campaign.
#[derive(Debug, Clone, Serialize)]
pub struct MemberLine {
    pub station: String,
    pub href: String,
    /// Word of the texts' family `files.member`.
    pub state: String,
    pub tone: &'static str,
    pub canary: bool,
    /// Why, or the station's last word.
    pub reason: String,
    pub changed_at: DateTime<Utc>,
}

/// A form for another campaign.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NewCampaignPage {
    /// Number, name and version, and for which stations it is.
    pub images: Vec<[String; 3]>,
    /// Number and name.
    pub sites: Vec<[String; 2]>,
    pub form: CampaignForm,
    pub outlook: Option<OutlookView>,
    /// Why it is not begun.
    pub error: Option<String>,
}

/// The form as it was sent.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CampaignForm {
    pub firmware: String,
    pub name: String,
    pub site: String,
    pub vendor: String,
    pub model: String,
    pub from_version: String,
    pub canaries: String,
    pub at_once: String,
    pub halt_percent: String,
    pub idle_only: bool,
}

/// What it would be.
#[derive(Debug, Clone, Serialize)]
pub struct OutlookView {
    pub stations: usize,
    pub version: String,
    /// The first of them.
    pub rows: Vec<OutlookLine>,
}

/// A station that would be asked.
#[derive(Debug, Clone, Serialize)]
pub struct OutlookLine {
    pub station: String,
    pub href: String,
    /// It has now; empty: not told.
    pub firmware: String,
    pub online: bool,
    pub canary: bool,
}

#[cfg(test)]
pub(super) fn sample(state: &str) -> CampaignLine {
    CampaignLine {
        id: "12".into(),
        name: "Autumn <1>".into(),
        version: "5.0.0".into(),
        state: state.into(),
        tone: "ok",
        reason: if state == "halted" {
            "1 of the first 1 stations have failed".into()
        } else {
            String::new()
        },
        waiting: 7,
        asked: 1,
        done: 2,
        failed: 1,
        skipped: 1,
        all: 12,
        created_by: "ada".into(),
        created_at: super::shell::sample_ago(900),
    }
}

impl Page for CampaignPage {
    const TEMPLATE: &'static str = "campaign.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let row = |state: &str| MemberLine {
            station: "CS <1>".into(),
            href: "/stations/CS%20%3C1%3E".into(),
            state: state.into(),
            tone: "ok",
            canary: state == "done",
            reason: "Installed".into(),
            changed_at: super::shell::sample_ago(30),
        };
        let full = CampaignPage {
            campaign: sample("halted"),
            canaries: 1,
            at_once: 5,
            halt_percent: 10,
            idle_only: true,
            rows: ["waiting", "asked", "done", "failed", "skipped"].map(row).to_vec(),
            pager: Pager::default(),
            can_pause: true,
            can_resume: true,
            can_cancel: true,
        };
        let ended = CampaignPage {
            campaign: sample("done"),
            idle_only: false,
            rows: Vec::new(),
            can_pause: false,
            can_resume: false,
            can_cancel: false,
            ..full.clone()
        };
        vec![full, ended]
    }
}

impl Page for NewCampaignPage {
    const TEMPLATE: &'static str = "campaign_new.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let row = |canary: bool| OutlookLine {
            station: "CS <1>".into(),
            href: "/stations/CS%20%3C1%3E".into(),
            firmware: if canary { "4.2.1".into() } else { String::new() },
            online: canary,
            canary,
        };
        let full = NewCampaignPage {
            images: vec![["7".into(), "duo <22> 5.0.0".into(), "Hafenwerk Duo 22".into()]],
            sites: vec![["3".into(), "Harbour".into()]],
            form: CampaignForm {
                firmware: "7".into(),
                site: "3".into(),
                canaries: "1".into(),
                at_once: "10".into(),
                halt_percent: "10".into(),
                idle_only: true,
                ..CampaignForm::default()
            },
            outlook: Some(OutlookView {
                stations: 30,
                version: "5.0.0".into(),
                rows: vec![row(true), row(false)],
            }),
            error: None,
        };
        let refused = NewCampaignPage {
            outlook: None,
            error: Some("no station fits that does not have this firmware already".into()),
            ..full.clone()
        };
        vec![full, refused, NewCampaignPage::default()]
    }
}
