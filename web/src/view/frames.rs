//! The messages of a station's journal, as a page lists them.

use chrono::{DateTime, Utc};
use csms::link::frames::{self, Frame};
use serde::Serialize;

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

/// Reads journal bodies (oldest first) into messages, newest first. Keeps those whose action contains `action` (without
/// case), at most `most`.
pub fn read_frames<'a>(bodies: impl Iterator<Item = &'a str>, action: &str, most: usize) -> Vec<Message> {
    let wanted = action.trim().to_lowercase();
    let mut messages: Vec<_> = frames::read(bodies)
        .into_iter()
        .map(|(_, frame)| frame)
        .filter(|frame| wanted.is_empty() || frame.action.to_lowercase().contains(&wanted))
        .collect();
    messages.reverse();
    messages.truncate(most);
    messages.into_iter().map(message).collect()
}

fn message(frame: Frame) -> Message {
    let text = cut(frame.text());
    let Frame { at, inbound, kind, action, id, .. } = frame;
    Message { at, inbound, kind, action, id, text }
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
