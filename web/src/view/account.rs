//! Login, account and error pages.

use super::Page;
use chrono::{DateTime, Utc};
use serde::Serialize;

/// The way in.
#[derive(Debug, Clone, Default, Serialize)]
pub struct LoginPage {
    pub name: String,
    /// Where to go afterwards: a path of ours.
    pub next: String,
    /// Key of what was wrong with the last try, in the texts' family `notice`.
    pub error: Option<String>,
    /// There is no account at all yet.
    pub no_accounts: bool,
}

/// The account of the person who is logged in.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AccountPage {
    pub created_at: Option<DateTime<Utc>>,
    pub last_login_at: Option<DateTime<Utc>>,
    /// Shortest password.
    pub length_min: usize,
    pub error: Option<String>,
}

/// Something is not there, not allowed, or broken.
#[derive(Debug, Clone, Serialize)]
pub struct ErrorPage {
    pub status: u16,
    /// A word of the texts' family `notice`.
    pub word: &'static str,
}

impl Page for LoginPage {
    const TEMPLATE: &'static str = "login.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        vec![
            LoginPage::default(),
            LoginPage {
                name: "ada".into(),
                next: "/sessions".into(),
                error: Some("login-wrong".into()),
                no_accounts: true,
            },
        ]
    }
}

impl Page for AccountPage {
    const TEMPLATE: &'static str = "account.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use super::shell::sample_ago;
        vec![
            AccountPage { length_min: 12, ..AccountPage::default() },
            AccountPage {
                created_at: Some(sample_ago(9_000_000)),
                last_login_at: Some(sample_ago(600)),
                length_min: 12,
                error: Some("password-wrong".into()),
            },
        ]
    }
}

impl Page for ErrorPage {
    const TEMPLATE: &'static str = "error.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        vec![ErrorPage { status: 404, word: "not-found" }, ErrorPage { status: 503, word: "broken" }]
    }
}
