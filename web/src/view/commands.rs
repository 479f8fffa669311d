//! Commands: what stations were asked, one of them, and the form to ask another.

use super::{Page, Pager};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// Commands, the newest first.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CommandsPage {
    pub station: String,
    pub kind: String,
    pub state: String,
    /// All states there are.
    pub states: [&'static str; 7],
    /// Where this station can be asked something.
    pub ask: Option<String>,
    pub rows: Vec<CommandLine>,
    pub pager: Pager,
}

/// A command.
#[derive(Debug, Clone, Serialize)]
pub struct CommandLine {
    pub href: String,
    /// Word of the texts' family `command.kind`.
    pub kind: String,
    pub station: String,
    pub station_href: String,
    /// Word of the texts' family `command.stands`.
    pub word: String,
    pub tone: &'static str,
    /// The station's word, or why.
    pub detail: String,
    pub by: String,
    pub at: DateTime<Utc>,
}

/// A command with all that is known of it.
#[derive(Debug, Clone, Serialize)]
pub struct CommandPage {
    pub id: String,
    pub line: CommandLine,
    /// As JSON.
    pub asked: String,
    /// It waits for the station until then.
    pub until: Option<DateTime<Utc>>,
    pub sent_at: Option<DateTime<Utc>>,
    pub answered_at: Option<DateTime<Utc>>,
    /// Word of the texts' family `command.stands`; empty: no answer yet.
    pub verdict: String,
    pub reason: String,
    pub outcome_at: Option<DateTime<Utc>>,
    pub outcome_word: String,
    pub session: Option<String>,
    /// What went over the wire, and its answers, as JSON.
    pub calls: Vec<String>,
    pub parts: Vec<CommandPart>,
    /// Parts that are not shown.
    pub more_parts: usize,
    /// Where it can be asked once more.
    pub again: String,
    pub can_cancel: bool,
}

/// A message of an answer that comes in several.
#[derive(Debug, Clone, Serialize)]
pub struct CommandPart {
    pub at: DateTime<Utc>,
    /// As JSON.
    pub body: String,
}

/// A form to ask a station something, or the choice of one.
#[derive(Debug, Clone, Serialize)]
pub struct AskPage {
    pub station: String,
    pub href: String,
    pub online: bool,
    /// All commands, words of the texts' family `command.kind`.
    pub words: Vec<&'static str>,
    /// The one that is asked for.
    pub word: Option<String>,
    pub fields: Vec<AskField>,
    /// Names this form: sent twice, the station is asked once.
    pub key: String,
    pub wait_hours: String,
    /// The time zone of instants.
    pub zone: String,
    /// What this station was asked before.
    pub history: String,
    /// What was wrong.
    pub error: Option<String>,
}

/// A field of the form.
#[derive(Debug, Clone, Serialize)]
pub struct AskField {
    pub name: String,
    /// Word of the texts' family `command.field`.
    pub label: String,
    /// The object that it is a part of, a word of the same family.
    pub group: Option<String>,
    /// `text`, `lines`, `number`, `choice`, `tick` or `instant`.
    pub kind: &'static str,
    pub json: bool,
    pub needed: bool,
    pub choices: Vec<String>,
    pub least: Option<i64>,
    pub value: String,
}

#[cfg(test)]
fn sample_line(kind: &str, word: &str, tone: &'static str) -> CommandLine {
    CommandLine {
        href: "/commands/42".into(),
        kind: kind.into(),
        station: "HARBOUR-001".into(),
        station_href: "/stations/HARBOUR-001".into(),
        word: word.into(),
        tone,
        detail: "<b>Downloading</b>".into(),
        by: "ada".into(),
        at: super::shell::sample_ago(90),
    }
}

impl Page for CommandsPage {
    const TEMPLATE: &'static str = "commands.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let states = ["queued", "sent", "answered", "offline", "expired", "cancelled", "unknown"];
        let empty = CommandsPage { states, ..CommandsPage::default() };
        let full = CommandsPage {
            station: "HARBOUR-001".into(),
            state: "answered".into(),
            ask: Some("/stations/HARBOUR-001/ask".into()),
            rows: vec![
                sample_line("reset", "accepted", "ok"),
                sample_line("update-firmware", "pending", "run"),
                sample_line("something-new", "offline", "bad"),
            ],
            pager: Pager { first: Some("/commands".into()), next: Some("/commands?before=1".into()) },
            ..empty.clone()
        };
        vec![CommandsPage { kind: "reset".into(), ..empty.clone() }, empty, full]
    }
}

impl Page for CommandPage {
    const TEMPLATE: &'static str = "command.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use super::shell::sample_ago;
        let full = CommandPage {
            id: "42".into(),
            line: sample_line("start", "done", "ok"),
            asked: r#"{"command": "start", "token": {"uid": "<04AB>"}}"#.into(),
            until: Some(sample_ago(-600)),
            sent_at: Some(sample_ago(80)),
            answered_at: Some(sample_ago(79)),
            verdict: "accepted".into(),
            reason: "Accepted".into(),
            outcome_at: Some(sample_ago(70)),
            outcome_word: "session".into(),
            session: Some("/sessions/7".into()),
            calls: vec!["{}".into()],
            parts: vec![CommandPart { at: sample_ago(60), body: "{}".into() }],
            more_parts: 3,
            again: "/stations/HARBOUR-001/ask/start".into(),
            can_cancel: false,
        };
        let waits = CommandPage {
            line: sample_line("reset", "queued", "wait"),
            sent_at: None,
            answered_at: None,
            verdict: String::new(),
            reason: String::new(),
            outcome_at: None,
            outcome_word: String::new(),
            session: None,
            calls: Vec::new(),
            parts: Vec::new(),
            more_parts: 0,
            can_cancel: true,
            ..full.clone()
        };
        vec![full, waits]
    }
}

impl Page for AskPage {
    const TEMPLATE: &'static str = "ask.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let field = |name: &str, kind| AskField {
            name: name.into(),
            label: name.rsplit('.').next().unwrap_or_default().into(),
            group: name.split_once('.').map(|(group, _)| group.to_owned()),
            kind,
            json: kind == "lines",
            needed: kind == "choice",
            choices: if kind == "choice" { vec!["idle".into(), "resume".into()] } else { Vec::new() },
            least: Some(0),
            value: String::new(),
        };
        let form = AskPage {
            station: "HARBOUR-001".into(),
            href: "/stations/HARBOUR-001".into(),
            online: false,
            words: vec!["reset", "unlock", "call"],
            word: Some("reset".into()),
            fields: vec![
                field("kind", "choice"),
                field("evse", "number"),
                field("token.uid", "text"),
                field("token.kind", "text"),
                field("payload", "lines"),
                field("operative", "tick"),
                field("expires_at", "instant"),
            ],
            key: "k".into(),
            wait_hours: "4".into(),
            zone: "Europe/Berlin".into(),
            history: "/commands?station=HARBOUR-001".into(),
            error: Some("evse: \"one\" is no whole number".into()),
        };
        let choice = AskPage { word: None, fields: Vec::new(), online: true, error: None, ..form.clone() };
        vec![form, choice]
    }
}
