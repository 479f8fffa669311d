//! Local lists: that of a station, and who is on those of all.

use super::{Page, Pager};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// How it stands with it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ListBox {
    /// Word of the texts' family `list_rule`; empty = nobody says.
    pub rule: &'static str,
    /// `fleet`, `site` or `station`.
    pub rule_of: String,
    /// The station's own rule; empty = none.
    pub own: String,
    /// That it shall have; empty = not known yet.
    pub version: String,
    pub entries: i64,
    pub left_out: i64,
    /// Word of the texts' family `desired.state`.
    pub state: &'static str,
    /// In the station's words.
    pub trouble: String,
}

/// Who is on the lists.
#[derive(Debug, Clone, Default, Serialize)]
pub struct LocalListsPage {
    pub rules: Vec<ListRuleLine>,
    /// Rules that are not shown.
    pub more: usize,
    /// The rule for all stations; empty: none.
    pub fleet: String,
    /// Number and name.
    pub sites: Vec<[String; 2]>,
    /// Anywhere in identifier or holder.
    pub query: String,
    /// Only those that are marked.
    pub marked: bool,
    pub rows: Vec<ListTokenLine>,
    pub pager: Pager,
    pub error: Option<String>,
}

/// A rule.
#[derive(Debug, Clone, Serialize)]
pub struct ListRuleLine {
    /// Word of the texts' family `list_scope`.
    pub scope: String,
    pub subject: String,
    /// Of the site or the station; empty: for all.
    pub name: String,
    /// Of a station.
    pub href: String,
    /// Word of the texts' family `list_rule`.
    pub rule: String,
    pub by: String,
    pub at: DateTime<Utc>,
}

/// An identifier.
#[derive(Debug, Clone, Serialize)]
pub struct ListTokenLine {
    pub id: String,
    pub uid: String,
    pub kind: String,
    pub holder: String,
    pub blocked: bool,
    pub marked: bool,
    /// On no list, whatever the rule.
    pub never: bool,
}

impl Page for LocalListsPage {
    const TEMPLATE: &'static str = "local_lists.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let rule = |scope: &str, name: &str, href: &str| ListRuleLine {
            scope: scope.into(),
            subject: if name.is_empty() { String::new() } else { "7".into() },
            name: name.into(),
            href: href.into(),
            rule: "marked".into(),
            by: "ada".into(),
            at: super::shell::sample_ago(900),
        };
        let token = |marked: bool, never: bool| ListTokenLine {
            id: "77".into(),
            uid: "04A1B2C3 <1>".into(),
            kind: if never { "KeyCode".into() } else { "ISO14443".into() },
            holder: "Ada <b>".into(),
            blocked: never,
            marked,
            never,
        };
        let full = LocalListsPage {
            rules: vec![
                rule("fleet", "", ""),
                rule("site", "Harbour <1>", ""),
                rule("station", "CS <1>", "/stations/CS%20%3C1%3E"),
            ],
            more: 3,
            fleet: "marked".into(),
            sites: vec![["7".into(), "Harbour <1>".into()]],
            query: "<04>".into(),
            marked: true,
            rows: vec![token(true, false), token(false, false), token(false, true)],
            pager: Pager { first: None, next: Some("/local-lists?after=77".into()) },
            error: Some("there is no identifier \"<05>\"; add it first".into()),
        };
        let sought =
            LocalListsPage { rows: Vec::new(), error: None, pager: Pager::default(), ..full.clone() };
        vec![full, sought, LocalListsPage::default()]
    }
}

#[cfg(test)]
pub(super) fn sample(state: &'static str) -> ListBox {
    ListBox {
        rule: "marked",
        rule_of: "site".into(),
        own: "marked".into(),
        version: "12".into(),
        entries: 40,
        left_out: 2,
        state,
        trouble: "Failed <1>".into(),
    }
}
