//! What happened, newest first.

use super::{Page, Pager};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// Events of all stations or of one.
#[derive(Debug, Clone, Serialize)]
pub struct EventsPage {
    pub station: String,
    pub kind: String,
    pub rows: Vec<EventLine>,
    pub pager: Pager,
}

/// One event.
#[derive(Debug, Clone, Serialize)]
pub struct EventLine {
    pub at: DateTime<Utc>,
    /// Dotted; shown by the texts' family `event` where there is a text.
    pub kind: String,
    /// `ok`, `bad`, `busy` or `off`: the colour of the mark.
    pub tone: &'static str,
    pub station: String,
    pub station_href: String,
    pub session: Option<i64>,
    /// `[name, value]` of the body.
    pub details: Vec<[String; 2]>,
}

impl EventLine {
    /// The colour of a kind of event.
    pub fn tone(kind: &str) -> &'static str {
        match kind.rsplit('.').next().unwrap_or_default() {
            "failed" | "rejected" | "quarantined" | "faulted" | "security" | "refused" => "bad",
            "booted" | "connected" | "started" | "accepted" | "released" | "adopted" => "ok",
            "ended" | "billed" | "status" => "run",
            _ => "off",
        }
    }

    /// The fields of a JSON body, flat, at most twelve, each cut to what a line can hold.
    pub fn details(body: &str) -> Vec<[String; 2]> {
        let Ok(serde_json::Value::Object(fields)) = serde_json::from_str(body) else { return Vec::new() };
        let text = |value: serde_json::Value| match value {
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        };
        fields
            .into_iter()
            .filter(|(_, value)| !value.is_null() && value.as_str() != Some(""))
            .take(12)
            .map(|(name, value)| [name, text(value).chars().take(160).collect()])
            .collect()
    }
}

#[cfg(test)]
pub(super) fn sample_events() -> Vec<EventLine> {
    use super::shell::sample_ago;
    let event = |seconds, kind: &str, body: &str| EventLine {
        at: sample_ago(seconds),
        kind: kind.into(),
        tone: EventLine::tone(kind),
        station: "HARBOUR-001".into(),
        station_href: "/stations/HARBOUR-001".into(),
        session: kind.starts_with("session").then_some(42),
        details: EventLine::details(body),
    };
    vec![
        event(20, "session.started", r#"{"token":"04A1B2C3","evse":1}"#),
        event(300, "station.security", r#"{"type":"SettingSystemTime","techInfo":null}"#),
        event(900, "station.booted", r#"{"reason":"PowerUp","answer":"accepted"}"#),
        event(100_000, "something.new", "not json"),
    ]
}

impl Page for EventsPage {
    const TEMPLATE: &'static str = "events.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let full = EventsPage {
            station: "HARBOUR-001".into(),
            kind: "session".into(),
            rows: sample_events(),
            pager: Pager { first: Some("/events".into()), next: None },
        };
        let empty = EventsPage {
            station: String::new(),
            kind: String::new(),
            rows: Vec::new(),
            pager: Pager::default(),
        };
        vec![full, empty]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_are_bounded_and_leave_out_what_says_nothing() {
        let long = format!(r#"{{"a":null,"b":"","c":{{"d":1}},"e":"{}"}}"#, "x".repeat(5_000));
        let details = EventLine::details(&long);
        assert_eq!(details[0], ["c".to_owned(), r#"{"d":1}"#.to_owned()]);
        assert_eq!(details[1][1].len(), 160);
        assert!(EventLine::details("[1,2]").is_empty());
    }
}
