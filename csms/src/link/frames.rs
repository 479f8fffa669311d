//! The journal of a station as messages: frames with the action that they belong to. Secrets were masked when they were kept.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::collections::HashMap;

/// One OCPP message.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    pub at: DateTime<Utc>,
    /// From the station to us.
    pub inbound: bool,
    /// `call`, `result`, `error`, `send` or `other`.
    pub kind: &'static str,
    /// Also known for an answer whose call was read too; else empty.
    pub action: String,
    /// The message's id.
    pub id: String,
    /// The payload; of an error `code`, `description` and `details`; of anything else what came.
    pub said: Value,
}

impl Frame {
    /// What was said, as one line.
    pub fn text(&self) -> String {
        match (self.kind, &self.said) {
            ("error", said) => {
                let code = said["code"].as_str().unwrap_or_default();
                format!("{code} {} {}", said["description"], said["details"])
            }
            ("other", Value::String(text)) => text.clone(),
            (_, said) => said.to_string(),
        }
    }
}

/// Reads journal bodies, oldest first; lines are `[instant, direction, frame]`. Each message comes with the number of the body
/// that it was in.
pub fn read<'a>(bodies: impl Iterator<Item = &'a str>) -> Vec<(usize, Frame)> {
    let mut actions: HashMap<(bool, String), String> = HashMap::new();
    let mut frames = Vec::new();
    for (body, line) in bodies.enumerate().flat_map(|(at, body)| body.lines().map(move |line| (at, line))) {
        let Some(mut frame) = read_line(line) else { continue };
        match frame.kind {
            "call" => {
                actions.insert((frame.inbound, frame.id.clone()), frame.action.clone());
            }
            "result" | "error" => {
                // The call went the other way. A message id may come again later, so the pair is closed here.
                frame.action = actions.remove(&(!frame.inbound, frame.id.clone())).unwrap_or_default();
            }
            _ => {}
        }
        frames.push((body, frame));
    }
    frames
}

fn read_line(line: &str) -> Option<Frame> {
    let (at, direction, frame): (DateTime<Utc>, String, Value) = serde_json::from_str(line).ok()?;
    let inbound = direction == "in";
    // A frame that was no JSON is kept as the text that it was.
    let Value::Array(mut parts) = frame else {
        return Some(Frame {
            at,
            inbound,
            kind: "other",
            action: String::new(),
            id: String::new(),
            said: frame,
        });
    };
    let part = |n: usize| parts.get(n).and_then(Value::as_str).unwrap_or_default().to_owned();
    let id = part(1);
    let (kind, action, payload) = match parts.first().and_then(Value::as_i64) {
        Some(2) => ("call", part(2), 3),
        Some(3) => ("result", String::new(), 2),
        Some(4 | 5) => {
            let field = |n: usize| parts.get(n).cloned().unwrap_or_default();
            let said = json!({ "code": part(2), "description": field(3), "details": field(4) });
            return Some(Frame { at, inbound, kind: "error", action: String::new(), id, said });
        }
        Some(6) => ("send", part(2), 3),
        _ => {
            let said = Value::Array(parts);
            return Some(Frame { at, inbound, kind: "other", action: String::new(), id, said });
        }
    };
    let said = parts.get_mut(payload).map(Value::take).unwrap_or_default();
    Some(Frame { at, inbound, kind, action, id, said })
}
