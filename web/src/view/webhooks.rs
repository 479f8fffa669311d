//! Webhooks.

use super::{Page, Pager};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// The webhooks there are, and a form for another.
#[derive(Debug, Clone, Default, Serialize)]
pub struct WebhooksPage {
    pub rows: Vec<WebhookLine>,
    /// What was sent with the form.
    pub name: String,
    pub url: String,
    pub kinds: String,
    pub station: String,
    pub money: bool,
    /// Why it was not taken.
    pub error: String,
}

/// A webhook.
#[derive(Debug, Clone, Serialize)]
pub struct WebhookLine {
    pub id: String,
    pub name: String,
    pub url: String,
    /// Empty = all.
    pub kinds: String,
    pub station: String,
    pub money: bool,
    /// `on`, `failing` or `off`.
    pub state: &'static str,
    pub tone: &'static str,
    pub reason: String,
    pub failing_since: Option<DateTime<Utc>>,
    pub created_by: String,
    pub created_at: DateTime<Utc>,
}

/// A webhook with its log.
#[derive(Debug, Clone, Serialize)]
pub struct WebhookPage {
    pub hook: WebhookLine,
    /// A secret that was made just now, shown once.
    pub secret: Option<String>,
    /// Until then the one before it signs too.
    pub old_until: Option<DateTime<Utc>>,
    pub rows: Vec<DeliveryLine>,
    pub pager: Pager,
}

/// A line of the log.
#[derive(Debug, Clone, Serialize)]
pub struct DeliveryLine {
    pub id: String,
    /// Empty: a ping.
    pub event: String,
    pub kind: String,
    /// `waiting`, `done` or `given_up`.
    pub state: String,
    pub tone: &'static str,
    pub tries: i64,
    pub at: DateTime<Utc>,
    pub due_at: Option<DateTime<Utc>>,
    /// 0 = no answer.
    pub status: i64,
    pub took_ms: i64,
    pub answer: String,
    pub trouble: String,
    pub again: bool,
}

#[cfg(test)]
fn sample(state: &'static str, tone: &'static str) -> WebhookLine {
    use super::shell::sample_ago;
    WebhookLine {
        id: "4611686018427387904".into(),
        name: "Fleet <b>office</b>".into(),
        url: "https://hooks.example/wattline?team=fleet".into(),
        kinds: "session,station.booted".into(),
        station: String::new(),
        money: true,
        state,
        tone,
        reason: if state == "off" {
            "nothing was taken since 2026-03-02 08:00 UTC".into()
        } else {
            String::new()
        },
        failing_since: (state == "failing").then(|| sample_ago(7_200)),
        created_by: "ada".into(),
        created_at: sample_ago(900_000),
    }
}

impl Page for WebhooksPage {
    const TEMPLATE: &'static str = "webhooks.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        vec![
            WebhooksPage::default(),
            WebhooksPage {
                rows: vec![sample("on", "ok"), sample("failing", "bad"), sample("off", "off")],
                name: "Fleet".into(),
                url: "http://x".into(),
                error: "url: https:// only".into(),
                ..WebhooksPage::default()
            },
        ]
    }
}

impl Page for WebhookPage {
    const TEMPLATE: &'static str = "webhook.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use super::shell::sample_ago;
        let line = |state: &str, tone, status, trouble: &str| DeliveryLine {
            id: "4611686018427387905".into(),
            event: "1207".into(),
            kind: "session.ended".into(),
            state: state.into(),
            tone,
            tries: 3,
            at: sample_ago(60),
            due_at: (state == "waiting").then(|| sample_ago(-600)),
            status,
            took_ms: 84,
            answer: "<html>no".into(),
            trouble: trouble.into(),
            again: state == "done",
        };
        let rows = vec![
            line("waiting", "run", 503, "answered 503 Service Unavailable"),
            line("done", "ok", 204, ""),
            line("given_up", "bad", 0, "error sending request: connection refused"),
        ];
        let page = WebhookPage {
            hook: sample("failing", "bad"),
            secret: None,
            old_until: Some(sample_ago(-80_000)),
            rows,
            pager: Pager { first: None, next: Some("/webhooks/1?before=2".into()) },
        };
        let made = WebhookPage {
            hook: sample("on", "ok"),
            secret: Some("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into()),
            rows: Vec::new(),
            old_until: None,
            pager: Pager { first: None, next: None },
        };
        vec![page, made]
    }
}
