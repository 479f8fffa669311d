//! One order with its whole story.

use super::{
    super::{BillView, Page},
    MessageLine, RefundLine, Trouble,
    ledger::EntryLine,
};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// An order.
#[derive(Debug, Clone, Serialize)]
pub struct OrderDesk {
    pub id: i64,
    pub number: String,
    /// The page that its driver sees.
    pub driver_href: String,
    pub state: String,
    pub tone: &'static str,
    /// Words of the texts' families `desk.end`, `desk.mode` and `desk.purpose`.
    pub why: String,
    pub mode: String,
    pub purpose: String,
    pub station: String,
    pub station_href: String,
    pub evse: i64,
    pub site: String,
    /// IANA name; the order's instants are shown in it.
    pub zone: String,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub start_by: Option<DateTime<Utc>>,
    pub settled_at: Option<DateTime<Utc>>,
    pub asked: String,
    pub held: String,
    pub taken: String,
    pub returned: String,
    /// Empty: not known yet.
    pub due: String,
    pub contact: String,
    pub agent: String,
    pub address: String,
    pub language: String,
    pub session: Option<i64>,
    /// Of the session that has ended.
    pub bill: Option<BillView>,
    pub attempts: Vec<AttemptView>,
    pub refunds: Vec<RefundLine>,
    pub notices: Vec<NoticeLine>,
    pub tasks: Vec<TaskLine>,
    pub entries: Vec<EntryLine>,
    pub papers: Vec<PaperLine>,
    pub messages: Vec<MessageLine>,
    pub risk: Vec<RiskView>,
    pub story: Vec<StoryLine>,
    /// What may be done now, by people who may do it.
    pub doing: Doing,
    pub trouble: Trouble,
}

/// What can be done to the order as it is.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Doing {
    pub cancel: bool,
    pub stop: bool,
    pub query: bool,
    /// Tasks that were given up and can be tried again.
    pub retry: usize,
    /// Attempts that money can be given back of: id, number, and how much, without the currency.
    pub refund: Vec<[String; 3]>,
    /// What could not be given back, and may have been elsewhere: the refund's number, how much.
    pub elsewhere: Vec<[String; 2]>,
    /// What is owed and can be written off; empty = nothing.
    pub write_off: String,
    pub currency: String,
    /// The step of an amount, e.g. `0.01`.
    pub step: String,
    /// The form's own: sent twice, it gives back once.
    pub key: String,
}

/// A try at an account.
#[derive(Debug, Clone, Serialize)]
pub struct AttemptView {
    pub id: i64,
    pub number: String,
    pub account: String,
    pub wallet: String,
    pub method: String,
    pub state: String,
    pub tone: &'static str,
    /// Paid although the order had been paid: given back.
    pub extra: bool,
    pub amount: String,
    pub held: String,
    pub taken: String,
    pub returned: String,
    /// The provider's own numbers.
    pub reference: String,
    pub charge: String,
    /// Brand, last digits, country of issue.
    pub instrument: String,
    /// Asked of the provider and not confirmed: word of the texts' family `desk.asked_for`.
    pub asked: String,
    pub holds_until: Option<DateTime<Utc>>,
    pub refusal: String,
    pub created_at: DateTime<Utc>,
    pub route: Option<RouteView>,
}

/// Why an account was chosen.
#[derive(Debug, Clone, Serialize)]
pub struct RouteView {
    /// Word of the texts' family `desk.how`.
    pub how: String,
    pub rule_version: i64,
    pub considered: Vec<ConsideredLine>,
}

/// An account that was considered.
#[derive(Debug, Clone, Serialize)]
pub struct ConsideredLine {
    pub account: String,
    /// Word of the texts' family `desk.verdict`.
    pub verdict: String,
    pub chosen: bool,
    pub fee: String,
    pub learnt: bool,
    pub success: String,
    pub tried: u64,
    pub succeeded: u64,
}

/// What a provider told by itself.
#[derive(Debug, Clone, Serialize)]
pub struct NoticeLine {
    pub at: DateTime<Utc>,
    pub account: String,
    pub key: String,
    /// Word of the texts' family `desk.taken`, or `review` and why.
    pub verdict: String,
    pub why: String,
    pub tone: &'static str,
    pub times: i64,
}

/// Something to be done outside that is not done.
#[derive(Debug, Clone, Serialize)]
pub struct TaskLine {
    /// Word of the texts' family `desk.task`.
    pub kind: String,
    pub state: String,
    pub tone: &'static str,
    pub tries: i64,
    pub due_at: DateTime<Utc>,
    pub trouble: String,
}

/// A document.
#[derive(Debug, Clone, Serialize)]
pub struct PaperLine {
    pub number: String,
    /// Word of the texts' family `desk.paper`.
    pub kind: String,
    pub href: String,
    pub order: i64,
    pub issued_at: DateTime<Utc>,
    /// It was taken back by a correction.
    pub corrected: bool,
}

/// What was decided about the risk of a click.
#[derive(Debug, Clone, Serialize)]
pub struct RiskView {
    pub at: DateTime<Utc>,
    /// Word of the texts' family `desk.outcome`.
    pub outcome: String,
    pub tone: &'static str,
    /// In sentences.
    pub words: Vec<String>,
}

/// A line of the story.
#[derive(Debug, Clone, Serialize)]
pub struct StoryLine {
    pub at: DateTime<Utc>,
    /// Word of the texts' family `desk.story`.
    pub kind: String,
    pub tone: &'static str,
    /// Empty: the system.
    pub by: String,
    pub details: Vec<[String; 2]>,
}

#[cfg(test)]
fn sample_attempt() -> AttemptView {
    use super::super::shell::sample_ago;
    let considered = |account: &str, verdict: &str, fee: &str| ConsideredLine {
        account: account.into(),
        verdict: verdict.into(),
        chosen: verdict == "chosen",
        fee: fee.into(),
        learnt: verdict == "chosen",
        success: "99.61".into(),
        tried: 812,
        succeeded: 809,
    };
    AttemptView {
        id: 71,
        number: "20260528A0001".into(),
        account: "st-eu".into(),
        wallet: "stripe".into(),
        method: "hosted".into(),
        state: "taken".into(),
        tone: "ok",
        extra: false,
        amount: "50.00\u{a0}EUR".into(),
        held: String::new(),
        taken: "18.93\u{a0}EUR".into(),
        returned: "2.00\u{a0}EUR".into(),
        reference: "pi_3Q<1>".into(),
        charge: "ch_3Q1".into(),
        instrument: "visa ···· 4242 DE".into(),
        asked: "capture".into(),
        holds_until: Some(sample_ago(-500_000)),
        refusal: String::new(),
        created_at: sample_ago(5_400),
        route: Some(RouteView {
            how: "by_rule".into(),
            rule_version: 3,
            considered: vec![
                considered("st-eu", "chosen", "0.5"),
                considered("st-us", "too_expensive", "2.9"),
                considered("st-old", "disabled", "0.4"),
            ],
        }),
    }
}

impl Page for OrderDesk {
    const TEMPLATE: &'static str = "desk_order.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use super::super::{LineView, shell::sample_ago};
        use super::{ledger::sample_entries, papers::sample_message, refunds::sample_refund};
        let story = |seconds, kind: &str, by: &str, details: &[[&str; 2]]| StoryLine {
            at: sample_ago(seconds),
            kind: kind.into(),
            tone: "ok",
            by: by.into(),
            details: details.iter().map(|pair| pair.map(str::to_owned)).collect(),
        };
        let notice = |verdict: &str, why: &str, times| NoticeLine {
            at: sample_ago(300),
            account: "st-eu".into(),
            key: "evt_<1>".into(),
            verdict: verdict.into(),
            why: why.into(),
            tone: super::step_tone(verdict),
            times,
        };
        let full = OrderDesk {
            id: 7,
            number: "k3v9w1q8x2m4".into(),
            driver_href: "/o/k3v9w1q8x2m4".into(),
            state: "partly_refunded".into(),
            tone: "held",
            why: String::new(),
            mode: "hold".into(),
            purpose: "session".into(),
            station: "HARBOUR-001".into(),
            station_href: "/stations/HARBOUR-001".into(),
            evse: 1,
            site: "Harbour <West>".into(),
            zone: "Europe/Berlin".into(),
            created_at: sample_ago(5_500),
            expires_at: sample_ago(5_200),
            start_by: Some(sample_ago(5_000)),
            settled_at: Some(sample_ago(100)),
            asked: "50.00\u{a0}EUR".into(),
            held: String::new(),
            taken: "18.93\u{a0}EUR".into(),
            returned: "2.00\u{a0}EUR".into(),
            due: "16.93\u{a0}EUR".into(),
            contact: "ada@example.org".into(),
            agent: "browser".into(),
            address: "203.0.113.9".into(),
            language: "en".into(),
            session: Some(42),
            bill: Some(BillView {
                currency: "EUR".into(),
                gross: true,
                lines: vec![LineView {
                    kind: "energy".into(),
                    explanation: "12.408 kWh × 0.42 EUR/kWh".into(),
                    amount: "5.21".into(),
                }],
                total_excl: "14.23".into(),
                taxes: Vec::new(),
                total_incl: "16.93".into(),
                running: false,
            }),
            attempts: vec![
                AttemptView {
                    state: "failed".into(),
                    tone: "bad",
                    taken: String::new(),
                    returned: String::new(),
                    refusal: "card_declined: <no> funds".into(),
                    asked: String::new(),
                    instrument: String::new(),
                    holds_until: None,
                    route: None,
                    extra: true,
                    ..sample_attempt()
                },
                sample_attempt(),
            ],
            refunds: vec![sample_refund("failed"), sample_refund("done")],
            notices: vec![notice("applied", "", 2), notice("review", "amount", 1)],
            tasks: vec![
                TaskLine {
                    kind: "refund".into(),
                    state: "given_up".into(),
                    tone: "bad",
                    tries: 350,
                    due_at: sample_ago(900),
                    trouble: "timeout".into(),
                },
                TaskLine {
                    kind: "query".into(),
                    state: "waiting".into(),
                    tone: "wait",
                    tries: 3,
                    due_at: sample_ago(-60),
                    trouble: String::new(),
                },
            ],
            entries: sample_entries(),
            papers: vec![PaperLine {
                number: "R2026-000012".into(),
                kind: "receipt".into(),
                href: "/orders/7/documents/R2026-000012.pdf".into(),
                order: 7,
                issued_at: sample_ago(90),
                corrected: true,
            }],
            messages: vec![sample_message("receipt", "sent")],
            risk: vec![RiskView {
                at: sample_ago(5_450),
                outcome: "review".into(),
                tone: "wait",
                words: vec!["6 charges in 24 h by this driver, more than 5".into()],
            }],
            story: vec![
                story(5_500, "order.created", "driver", &[["amount", "50.00 EUR"]]),
                story(5_400, "attempt.taken", "st-eu", &[["account", "st-eu"]]),
                story(10, "something.new", "", &[]),
            ],
            doing: Doing {
                cancel: true,
                stop: true,
                query: true,
                retry: 1,
                refund: vec![["71".into(), "20260528A0001".into(), "16.93".into()]],
                elsewhere: vec![["20260528RF01".into(), "2.00\u{a0}EUR".into()]],
                write_off: "4.10 EUR".into(),
                currency: "EUR".into(),
                step: "0.01".into(),
                key: "7".into(),
            },
            trouble: Some("that amount cannot be given back".into()),
        };
        let bare = OrderDesk {
            state: "created".into(),
            why: "no_start".into(),
            station: String::new(),
            site: String::new(),
            session: None,
            due: String::new(),
            contact: String::new(),
            bill: None,
            attempts: Vec::new(),
            refunds: Vec::new(),
            notices: Vec::new(),
            tasks: Vec::new(),
            entries: Vec::new(),
            papers: Vec::new(),
            messages: Vec::new(),
            risk: Vec::new(),
            story: Vec::new(),
            start_by: None,
            settled_at: None,
            doing: Doing::default(),
            trouble: None,
            ..full.clone()
        };
        vec![full, bare]
    }
}
