//! What is agreed with providers about their fees.

use super::{super::Page, Trouble};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// What counts at each account, and all that was ever agreed.
#[derive(Debug, Clone, Serialize)]
pub struct FeesPage {
    pub accounts: Vec<AgreedLine>,
    pub history: Vec<FeeLine>,
    /// There is more than is listed.
    pub more: bool,
    /// The reader's tomorrow.
    pub tomorrow: String,
    pub trouble: Trouble,
}

/// What counts at an account today.
#[derive(Debug, Clone, Serialize)]
pub struct AgreedLine {
    pub account: String,
    /// Empty: fees are taken as they are.
    pub fee: String,
    /// What was really kept of late; empty: not known.
    pub kept: String,
    /// The first day; empty: ever since.
    pub since: String,
    pub returns: bool,
    pub tolerance: i64,
    /// What counts from a later day on, and from which; empty: nothing else is agreed.
    pub next: String,
    pub next_from: String,
    pub zone: String,
    pub fetch_at: String,
    pub bank: String,
}

/// Something that was agreed.
#[derive(Debug, Clone, Serialize)]
pub struct FeeLine {
    pub account: String,
    /// Empty: ever since.
    pub from: String,
    /// Empty: fees are taken as they are.
    pub fee: String,
    pub returns: bool,
    pub tolerance: i64,
    pub note: String,
    pub by: String,
    pub at: DateTime<Utc>,
    /// A later word about the same day counts.
    pub replaced: bool,
}

impl Page for FeesPage {
    const TEMPLATE: &'static str = "desk_fees.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use super::super::shell::sample_ago;
        let line = AgreedLine {
            account: "st-<eu>".into(),
            fee: "1.5% + 25".into(),
            kept: "1.6%".into(),
            since: "2026-01-01".into(),
            returns: true,
            tolerance: 1,
            next: "1.4%".into(),
            next_from: "2026-07-01".into(),
            zone: "UTC".into(),
            fetch_at: "10:30".into(),
            bank: "main".into(),
        };
        let bare = AgreedLine {
            account: "wx-main".into(),
            fee: String::new(),
            kept: String::new(),
            since: String::new(),
            next: String::new(),
            next_from: String::new(),
            bank: String::new(),
            ..line.clone()
        };
        let said = FeeLine {
            account: "st-<eu>".into(),
            from: "2026-07-01".into(),
            fee: "1.4%".into(),
            returns: false,
            tolerance: 1,
            note: "new <contract>".into(),
            by: "ada".into(),
            at: sample_ago(9_000),
            replaced: false,
        };
        let old = FeeLine {
            from: String::new(),
            fee: String::new(),
            by: String::new(),
            replaced: true,
            ..said.clone()
        };
        let full = FeesPage {
            accounts: vec![line, bare],
            history: vec![said, old],
            more: true,
            tomorrow: "2026-05-28".into(),
            trouble: Some("<x>".into()),
        };
        let empty = FeesPage {
            accounts: Vec::new(),
            history: Vec::new(),
            more: false,
            trouble: None,
            ..full.clone()
        };
        vec![full, empty]
    }
}
