//! From the text of a message to its entries, and from the entries to a frame.

use super::{Flaw, Frame, FrameError, ID_MAX, ID_MAX_LENIENT, MessageId, Oddity};
use crate::Version;
use crate::fault::{ErrorCode, Fault, cut};
use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// The entries of the array as they came: kind, id and up to three more.
#[derive(Debug, Default)]
pub(super) struct Parts {
    entries: [Option<Value>; 5],
    surplus: bool,
}

impl Parts {
    pub(super) fn read(text: &str) -> Result<Parts, FrameError> {
        let mut parts = Parts::default();
        let mut json = serde_json::Deserializer::from_str(text);
        let read = json.deserialize_seq(Collect(&mut parts)).and_then(|()| json.end());
        match read {
            Ok(()) => Ok(parts),
            Err(error) if error.is_data() => {
                Err(parts.error(Flaw::Shape, "The message is no JSON array".to_owned()))
            }
            Err(error) => {
                let reason = format!("The message is no valid JSON (column {})", error.column());
                Err(parts.error(Flaw::Json, reason))
            }
        }
    }

    /// The message type, and whether it was written as a text.
    fn kind(&self) -> Option<(u64, bool)> {
        match self.entries[0].as_ref()? {
            Value::Number(number) => number.as_u64().map(|kind| (kind, false)),
            Value::String(text) => text.trim().parse().ok().map(|kind| (kind, true)),
            _ => None,
        }
    }

    /// Takes the message id out.
    fn id(&mut self) -> Result<MessageId, FrameError> {
        let id = self.entries[1].take().and_then(MessageId::read);
        id.ok_or_else(|| std::mem::take(self).error(Flaw::Id, "The message has no message id".to_owned()))
    }

    fn error(mut self, flaw: Flaw, reason: String) -> FrameError {
        let kind = self.kind().map(|(kind, _)| kind);
        let id = self.entries[1].take().and_then(MessageId::read);
        let id = id.filter(|id| id.text().chars().nth(ID_MAX_LENIENT).is_none());
        FrameError { flaw, kind, id, reason }
    }
}

impl<'de> Deserialize<'de> for Parts {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Parts, D::Error> {
        let mut parts = Parts::default();
        from.deserialize_seq(Collect(&mut parts))?;
        Ok(parts)
    }
}

/// Fills a [`Parts`] entry by entry, so that what was read before an error is not lost.
struct Collect<'a>(&'a mut Parts);

impl<'de> Visitor<'de> for Collect<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<(), A::Error> {
        for entry in &mut self.0.entries {
            *entry = from.next_element()?;
            if entry.is_none() {
                return Ok(());
            }
        }
        while from.next_element::<serde::de::IgnoredAny>()?.is_some() {
            self.0.surplus = true;
        }
        Ok(())
    }
}

/// Makes a frame of the entries; `lenient` forgives and notes what `oddities` can name.
pub(super) fn judge(
    mut parts: Parts,
    version: Version,
    oddities: &mut Vec<Oddity>,
    lenient: bool,
) -> Result<Frame, FrameError> {
    let Some((kind, as_text)) = parts.kind() else {
        return Err(
            parts.error(Flaw::Shape, "The message does not begin with a message type number".to_owned())
        );
    };
    if as_text {
        oddities.push(Oddity::TypeAsText);
    }
    let content = match kind {
        2 => 4,
        3 => 3,
        4 => 5,
        5 if version == Version::V21 => 5,
        6 if version == Version::V21 => 4,
        _ => return Err(parts.error(Flaw::UnknownType, format!("There is no message type {kind}"))),
    };
    let id_length = match &parts.entries[1] {
        Some(Value::String(text)) => text.chars().take(ID_MAX_LENIENT + 1).count(),
        Some(Value::Number(_)) => {
            oddities.push(Oddity::NumericId);
            0
        }
        _ => return Err(parts.error(Flaw::Id, "The message has no message id".to_owned())),
    };
    if id_length > ID_MAX {
        oddities.push(Oddity::LongId);
    }
    if parts.surplus || parts.entries[content..].iter().any(Option::is_some) {
        oddities.push(Oddity::Surplus);
    }
    if !lenient && !oddities.is_empty() {
        let flaw = if oddities.contains(&Oddity::Surplus) { Flaw::Content } else { Flaw::Id };
        let reason = "Message type, message id or number of entries is not as it must be";
        return Err(parts.error(flaw, reason.to_owned()));
    }
    if id_length > ID_MAX_LENIENT {
        return Err(parts.error(Flaw::Id, "The message id is too long".to_owned()));
    }
    if matches!(kind, 4 | 5) {
        let fault = fault(&mut parts);
        let id = parts.id()?;
        return Ok(if kind == 4 { Frame::Error { id, fault } } else { Frame::ResultError { id, fault } });
    }
    let Some(payload) = object(parts.entries[content - 1].take(), lenient, oddities) else {
        return Err(parts.error(Flaw::Content, "The payload is no JSON object".to_owned()));
    };
    if kind == 3 {
        return Ok(Frame::Result { id: parts.id()?, payload });
    }
    let Some(Value::String(action)) = parts.entries[2].take() else {
        return Err(parts.error(Flaw::Content, "The action is no text".to_owned()));
    };
    let id = parts.id()?;
    Ok(if kind == 2 { Frame::Call { id, action, payload } } else { Frame::Send { id, action, payload } })
}

/// The payload, which must be an object; a lenient reader takes nothing for an empty one.
fn object(entry: Option<Value>, lenient: bool, oddities: &mut Vec<Oddity>) -> Option<Value> {
    match entry {
        Some(Value::Object(fields)) => Some(Value::Object(fields)),
        None | Some(Value::Null) if lenient => {
            oddities.push(Oddity::NoPayload);
            Some(Value::Object(Map::new()))
        }
        Some(Value::Array(items)) if lenient && items.is_empty() => {
            oddities.push(Oddity::NoPayload);
            Some(Value::Object(Map::new()))
        }
        _ => None,
    }
}

/// A peer's refusal. Nothing can be answered to it, so whatever is missing is filled in.
fn fault(parts: &mut Parts) -> Fault {
    let mut text = |at: usize| match parts.entries[at].take() {
        Some(Value::String(text)) => text,
        _ => String::new(),
    };
    let (word, description) = (text(2), text(3));
    let description = match ErrorCode::known(&word) {
        Some(_) => description,
        None => format!("{}: {description}", cut(word.clone(), 64)),
    };
    let mut fault = Fault::new(ErrorCode::parse(&word), description);
    if let Some(details @ Value::Object(_)) = parts.entries[4].take() {
        fault.details = details;
    }
    fault
}
