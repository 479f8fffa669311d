//! Documents that were issued, and messages to drivers.

use super::{super::Page, super::Pager, Choice, PaperLine};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// Receipts, invoices and correction notes, newest first.
#[derive(Debug, Clone, Serialize)]
pub struct DocumentsPage {
    pub kinds: Vec<Choice>,
    /// A number that was looked for and is none.
    pub query: String,
    pub narrowed: bool,
    pub rows: Vec<PaperLine>,
    pub pager: Pager,
    /// Nobody is named as the seller in the settings.
    pub no_seller: bool,
}

/// Messages to drivers, newest first.
#[derive(Debug, Clone, Serialize)]
pub struct MessagesPage {
    pub rows: Vec<MessageLine>,
    pub pager: Pager,
    /// The settings name nothing that brings messages.
    pub no_sender: bool,
}

/// A message. What it says is not shown where it is a secret.
#[derive(Debug, Clone, Serialize)]
pub struct MessageLine {
    pub id: i64,
    /// Word of the texts' family `desk.message`.
    pub kind: String,
    pub recipient: String,
    pub subject: String,
    /// Word of the texts' family `desk.step`.
    pub state: String,
    pub tone: &'static str,
    pub tries: i64,
    pub trouble: String,
    pub order: Option<i64>,
    pub created_at: DateTime<Utc>,
    pub sent_at: Option<DateTime<Utc>>,
    /// Empty: a secret, or nothing is kept of it.
    pub text: String,
    pub secret: bool,
}

#[cfg(test)]
pub(super) fn sample_message(kind: &str, state: &str) -> MessageLine {
    use super::super::shell::sample_ago;
    MessageLine {
        id: 31,
        kind: kind.into(),
        recipient: "ada@example.org".into(),
        subject: "Your receipt <1>".into(),
        state: state.into(),
        tone: super::step_tone(state),
        tries: 2,
        trouble: if state == "given_up" { "550 no such user".into() } else { String::new() },
        order: Some(7),
        created_at: sample_ago(500),
        sent_at: (state == "sent").then(|| sample_ago(400)),
        text: if kind == "code" { String::new() } else { "Thank you.\nYour receipt is ready.".into() },
        secret: kind == "code",
    }
}

impl Page for DocumentsPage {
    const TEMPLATE: &'static str = "desk_documents.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let paper = PaperLine {
            number: "I2026-000001".into(),
            kind: "invoice".into(),
            href: "/orders/7/documents/I2026-000001.pdf".into(),
            order: 7,
            issued_at: super::super::shell::sample_ago(900),
            corrected: false,
        };
        let full = DocumentsPage {
            kinds: super::orders::choices(&[("receipt", true), ("invoice", false)]),
            query: String::new(),
            narrowed: true,
            rows: vec![paper],
            pager: Pager { first: None, next: Some("/documents?before=3".into()) },
            no_seller: false,
        };
        let nothing = DocumentsPage { rows: Vec::new(), query: "I9".into(), ..full.clone() };
        let empty =
            DocumentsPage { no_seller: true, narrowed: false, query: String::new(), ..nothing.clone() };
        vec![full, nothing, empty]
    }
}

impl Page for MessagesPage {
    const TEMPLATE: &'static str = "desk_messages.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let full = MessagesPage {
            rows: vec![
                sample_message("code", "sent"),
                MessageLine { order: None, ..sample_message("refund", "given_up") },
                sample_message("receipt", "waiting"),
            ],
            pager: Pager { first: Some("/driver-messages".into()), next: None },
            no_sender: false,
        };
        let empty = MessagesPage { rows: Vec::new(), pager: Pager::default(), no_sender: true };
        vec![full, empty]
    }
}
