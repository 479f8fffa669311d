//! Risk: cases to look at, rules and how often they hit, the model, decisions, and when traffic is shed.

use super::super::{Page, Pager};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// Risk as it is now.
#[derive(Debug, Clone, Serialize)]
pub struct RiskPage {
    /// `open` or `all`.
    pub filter: String,
    pub filters: [&'static str; 2],
    pub cases: Vec<RiskCaseLine>,
    pub cases_pager: Pager,
    /// 0: those of a new installation.
    pub rules_version: i64,
    /// Days that hits are counted of.
    pub days: i64,
    /// Decisions in these days.
    pub decided: i64,
    pub rules: Vec<RuleLine>,
    pub model: Option<ModelView>,
    pub decisions: Vec<DecisionLine>,
    pub decisions_pager: Pager,
    pub shedding: SheddingView,
}

impl RiskPage {
    /// The words of the filter.
    pub const FILTERS: [&'static str; 2] = ["open", "all"];
}

/// A payment that somebody has to look at.
#[derive(Debug, Clone, Serialize)]
pub struct RiskCaseLine {
    pub id: i64,
    pub order: i64,
    pub opened_at: DateTime<Utc>,
    pub amount: String,
    /// In sentences: what spoke against it.
    pub words: Vec<String>,
    /// Word of the texts' family `desk.found`; empty: open.
    pub verdict: String,
    pub note: String,
    pub by: String,
    pub resolved_at: Option<DateTime<Utc>>,
}

/// A rule, and how often it hit.
#[derive(Debug, Clone, Serialize)]
pub struct RuleLine {
    pub id: String,
    /// Who or what is counted, of what, in which time, above what.
    pub subject: &'static str,
    pub measure: &'static str,
    pub seconds: i64,
    pub limits: Vec<String>,
    /// Word of the texts' family `desk.outcome`.
    pub outcome: &'static str,
    /// Word of the texts' family `desk.rule_mode`: `live`, `dry_run`, `off`.
    pub mode: &'static str,
    pub hits: i64,
    pub orders: i64,
    pub passed: i64,
    pub fraud: i64,
}

/// The model that counts.
#[derive(Debug, Clone, Serialize)]
pub struct ModelView {
    pub id: String,
    pub revision: i64,
    pub drivers: i64,
    pub payments: i64,
    pub trained_at: DateTime<Utc>,
    /// Payments that it judged in these days, and those of them inside its region.
    pub judged: i64,
    pub inside: i64,
    /// In percent, one decimal; empty: it judged none.
    pub coverage: String,
}

/// What was decided at a click.
#[derive(Debug, Clone, Serialize)]
pub struct DecisionLine {
    pub id: i64,
    pub order: i64,
    pub at: DateTime<Utc>,
    pub outcome: String,
    pub tone: &'static str,
    pub words: Vec<String>,
}

/// Above which rate payment traffic is shed.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SheddingView {
    /// It is above that rate, as this process sees it.
    pub now: bool,
    /// Requests of the last second.
    pub per_s: u32,
    pub begin_per_s: u32,
    pub end_per_s: u32,
    pub standby: String,
}

impl Page for RiskPage {
    const TEMPLATE: &'static str = "desk_risk.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use super::super::shell::sample_ago;
        let case = RiskCaseLine {
            id: 51,
            order: 7,
            opened_at: sample_ago(4_000),
            amount: "1,200.00\u{a0}EUR".into(),
            words: vec!["this payment is 1200.00 EUR, more than 1000.00 EUR".into()],
            verdict: String::new(),
            note: String::new(),
            by: String::new(),
            resolved_at: None,
        };
        let looked = RiskCaseLine {
            id: 50,
            verdict: "fraud".into(),
            note: "<stolen>".into(),
            by: "ada".into(),
            resolved_at: Some(sample_ago(100)),
            ..case.clone()
        };
        let full = RiskPage {
            filter: "all".into(),
            filters: Self::FILTERS,
            cases: vec![case, looked],
            cases_pager: Pager { first: None, next: Some("/risk?before=50".into()) },
            rules_version: 2,
            days: 30,
            decided: 812,
            rules: vec![RuleLine {
                id: "driver-day".into(),
                subject: "driver",
                measure: "charges",
                seconds: 86_400,
                limits: vec!["5".into()],
                outcome: "step_up",
                mode: "dry_run",
                hits: 12,
                orders: 9,
                passed: 7,
                fraud: 1,
            }],
            model: Some(ModelView {
                id: "9f1c".into(),
                revision: 4,
                drivers: 312,
                payments: 8_120,
                trained_at: sample_ago(90_000),
                judged: 400,
                inside: 381,
                coverage: "95.3".into(),
            }),
            decisions: vec![DecisionLine {
                id: 5,
                order: 7,
                at: sample_ago(30),
                outcome: "deny".into(),
                tone: "bad",
                words: vec!["this card is blocked".into()],
            }],
            decisions_pager: Pager::default(),
            shedding: SheddingView {
                now: true,
                per_s: 612,
                begin_per_s: 500,
                end_per_s: 300,
                standby: "https://standby.example".into(),
            },
        };
        let empty = RiskPage {
            filter: "open".into(),
            cases: Vec::new(),
            cases_pager: Pager::default(),
            rules_version: 0,
            decided: 0,
            model: None,
            decisions: Vec::new(),
            shedding: SheddingView::default(),
            ..full.clone()
        };
        vec![full, empty]
    }
}
