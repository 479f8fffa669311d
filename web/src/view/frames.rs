//! The journal of a station as messages: frames with the action that they belong to.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use std::collections::HashMap;

/// Longer payloads are cut in the list.
const TEXT_MAX: usize = 4_000;

/// One OCPP message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Message {
    pub at: DateTime<Utc>,
    /// From the station to us.
    pub inbound: bool,
    /// `call`, `result`, `error`, `send` or `other`.
    pub kind: &'static str,
    /// Also known for an answer whose call is in the journal's window; else empty.
    pub action: String,
    pub id: String,
    /// The payload, or code and description of an error, as JSON.
    pub text: String,
}

/// Reads journal bodies (oldest first; lines `[instant, direction, frame]`) into messages, newest first. Keeps those
/// whose action contains `action` (without case), at most `most`.
pub fn read_frames<'a>(bodies: impl Iterator<Item = &'a str>, action: &str, most: usize) -> Vec<Message> {
    let mut actions: HashMap<(bool, String), String> = HashMap::new();
    let mut messages = Vec::new();
    for line in bodies.flat_map(str::lines) {
        let Some(mut message) = read_line(line) else { continue };
        match message.kind {
            "call" => {
                actions.insert((message.inbound, message.id.clone()), message.action.clone());
            }
            "result" | "error" => {
                // The call went the other way. A message id may come again later, so the pair is closed here.
                message.action = actions.remove(&(!message.inbound, message.id.clone())).unwrap_or_default();
            }
            _ => {}
        }
        messages.push(message);
    }
    let wanted = action.trim().to_lowercase();
    let mut messages: Vec<_> = messages
        .into_iter()
        .filter(|m| wanted.is_empty() || m.action.to_lowercase().contains(&wanted))
        .collect();
    messages.reverse();
    messages.truncate(most);
    messages
}

fn read_line(line: &str) -> Option<Message> {
    let (at, direction, frame): (DateTime<Utc>, String, Value) = serde_json::from_str(line).ok()?;
    let inbound = direction == "in";
    // A frame that was no JSON is kept as the text that it was.
    let Value::Array(parts) = frame else {
        let text = frame.as_str().map_or_else(|| frame.to_string(), str::to_owned);
        return Some(Message {
            at,
            inbound,
            kind: "other",
            action: String::new(),
            id: String::new(),
            text: cut(text),
        });
    };
    let part = |n: usize| parts.get(n).and_then(Value::as_str).unwrap_or_default().to_owned();
    let json = |n: usize| parts.get(n).map(Value::to_string).unwrap_or_default();
    let (kind, action, text) = match parts.first().and_then(Value::as_i64) {
        Some(2) => ("call", part(2), json(3)),
        Some(3) => ("result", String::new(), json(2)),
        Some(4 | 5) => ("error", String::new(), format!("{} {} {}", part(2), json(3), json(4))),
        Some(6) => ("send", part(2), json(3)),
        _ => ("other", String::new(), Value::Array(parts.clone()).to_string()),
    };
    Some(Message { at, inbound, kind, action, id: part(1), text: cut(text) })
}

fn cut(text: String) -> String {
    match text.char_indices().nth(TEXT_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = r#"["2026-05-28T20:26:40Z","in",[2,"1","BootNotification",{"chargePointModel":"X"}]]
["2026-05-28T20:26:41Z","out",[3,"1",{"status":"Accepted"}]]
["2026-05-28T20:26:42Z","out",[2,"1","Reset",{"type":"Soft"}]]
["2026-05-28T20:26:43Z","in",[4,"1","NotSupported","no",{}]]
["2026-05-28T20:26:44Z","in","not json {"]
rubbish"#;

    #[test]
    fn answers_carry_the_action_of_their_call_in_the_other_direction() {
        let messages = read_frames([BODY].into_iter(), "", 100);
        let brief: Vec<_> = messages.iter().map(|m| (m.kind, m.action.as_str(), m.inbound)).collect();
        assert_eq!(
            brief,
            [
                ("other", "", true),
                ("error", "Reset", true),
                ("call", "Reset", false),
                ("result", "BootNotification", false),
                ("call", "BootNotification", true),
            ]
        );
        assert_eq!(messages[1].text, r#"NotSupported "no" {}"#);
    }

    #[test]
    fn the_filter_keeps_calls_and_answers_of_an_action_and_the_newest() {
        let messages = read_frames([BODY].into_iter(), "boot", 100);
        assert_eq!(messages.len(), 2);
        assert_eq!(read_frames([BODY].into_iter(), "boot", 1)[0].kind, "result");
    }
}
