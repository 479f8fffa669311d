//! Which account takes a payment: the rule, the accounts as they are doing, and what operators want.

use super::super::Page;
use chrono::{DateTime, Utc};
use serde::Serialize;

/// Routing as it is now.
#[derive(Debug, Clone, Serialize)]
pub struct RoutingPage {
    pub rule: RuleView,
    pub accounts: Vec<AccountLine>,
    /// Words of methods that a wish may be about.
    pub methods: Vec<&'static str>,
}

/// The rule that counts.
#[derive(Debug, Clone, Serialize)]
pub struct RuleView {
    /// 0: the built-in one.
    pub version: i64,
    /// In percent; `None`: any.
    pub fee_below: Option<String>,
    pub success_above: String,
    pub window_hours: u32,
    pub prior_payments: u32,
    pub prior_success: String,
    /// Word of the texts' family `desk.fallback`.
    pub fallback: &'static str,
    pub note: String,
    pub by: String,
    pub at: Option<DateTime<Utc>>,
}

/// An account of the settings.
#[derive(Debug, Clone, Serialize)]
pub struct AccountLine {
    pub name: String,
    pub wallet: String,
    pub methods: Vec<String>,
    /// As agreed, or as learnt from statements, e.g. `0.6 % + 10`.
    pub fee: String,
    pub learnt: bool,
    pub tried: i64,
    pub succeeded: i64,
    /// With the rule's prior, in percent.
    pub success: String,
    /// It passes the rule's success rate.
    pub good: bool,
    /// Calls to it have failed in a row: it is left alone for a while.
    pub rests: bool,
    pub wishes: Vec<WishLine>,
}

/// What an operator wants of an account.
#[derive(Debug, Clone, Serialize)]
pub struct WishLine {
    /// `off` or `preferred`: word of the texts' family `desk.wish`.
    pub wish: String,
    /// Empty: all methods.
    pub method: String,
    pub note: String,
    pub until: Option<DateTime<Utc>>,
    pub by: String,
}

impl Page for RoutingPage {
    const TEMPLATE: &'static str = "desk_routing.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use super::super::shell::sample_ago;
        let account = AccountLine {
            name: "wx-main".into(),
            wallet: "wechat".into(),
            methods: vec!["code".into(), "in_wallet".into()],
            fee: "0.6 %".into(),
            learnt: true,
            tried: 812,
            succeeded: 809,
            success: "99.61".into(),
            good: true,
            rests: false,
            wishes: vec![WishLine {
                wish: "preferred".into(),
                method: "code".into(),
                note: "<new> contract".into(),
                until: Some(sample_ago(-9_000)),
                by: "ada".into(),
            }],
        };
        let resting = AccountLine {
            name: "st-eu".into(),
            wallet: "stripe".into(),
            good: false,
            rests: true,
            wishes: vec![WishLine {
                wish: "off".into(),
                method: String::new(),
                note: String::new(),
                until: None,
                by: "ada".into(),
            }],
            ..account.clone()
        };
        let rule = RuleView {
            version: 3,
            fee_below: Some("0.6".into()),
            success_above: "99".into(),
            window_hours: 24,
            prior_payments: 50,
            prior_success: "99.5".into(),
            fallback: "best_available",
            note: "<b>".into(),
            by: "ada".into(),
            at: Some(sample_ago(900_000)),
        };
        let builtin = RuleView {
            version: 0,
            fee_below: None,
            fallback: "refuse",
            note: String::new(),
            by: String::new(),
            at: None,
            ..rule.clone()
        };
        let full = RoutingPage { rule, accounts: vec![account, resting], methods: vec!["code", "in_wallet"] };
        let empty = RoutingPage { rule: builtin, accounts: Vec::new(), methods: Vec::new() };
        vec![full, empty]
    }
}
