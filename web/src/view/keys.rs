//! Keys of programs.

use super::Page;
use chrono::{DateTime, Utc};
use serde::Serialize;

/// The keys there are, and a form for another.
#[derive(Debug, Clone, Default, Serialize)]
pub struct KeysPage {
    pub rows: Vec<KeyLine>,
    /// All scopes there are.
    pub scopes: [&'static str; 5],
    /// The text of a key that was made just now, shown once.
    pub made: Option<String>,
    /// As it was sent.
    pub name: String,
    /// A word of the texts' family `notice`.
    pub error: Option<String>,
}

/// A key.
#[derive(Debug, Clone, Serialize)]
pub struct KeyLine {
    pub id: String,
    pub name: String,
    pub scopes: Vec<String>,
    /// `valid`, `expired` or `revoked`.
    pub state: &'static str,
    pub created_by: String,
    pub created_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    pub last_used_at: Option<DateTime<Utc>>,
}

impl Page for KeysPage {
    const TEMPLATE: &'static str = "keys.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use super::shell::sample_ago;
        let key = |state, name: &str, used| KeyLine {
            id: "4611686018427387904".into(),
            name: name.into(),
            scopes: vec!["read".into(), "command".into()],
            state,
            created_by: "ada".into(),
            created_at: sample_ago(9_000_000),
            expires_at: Some(sample_ago(-9_000_000)),
            last_used_at: used,
        };
        let scopes = ["read", "command", "config", "money", "admin"];
        vec![
            KeysPage { scopes, ..KeysPage::default() },
            KeysPage {
                rows: vec![
                    key("valid", "Fleet dashboard", Some(sample_ago(60))),
                    key("revoked", "<b>old</b>", None),
                ],
                scopes,
                made: Some(format!("wl_4611686018427387904_{}", "0123456789".repeat(4))),
                name: "Fleet".into(),
                error: Some("key-scopes".into()),
            },
        ]
    }
}
