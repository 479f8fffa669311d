//! Frames of OCPP-J: a JSON array whose first entry tells the kind (1.6-J §4.2; 2.x Part 4 §4.2).

use crate::fault::{ErrorCode, Fault, cut};
use crate::{Version, repair};
use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::borrow::Cow;
use std::fmt::{self, Write};

/// The longest message id that the standard allows, in characters.
pub const ID_MAX: usize = 36;
/// The longest message id that is still read from a lenient station.
pub const ID_MAX_LENIENT: usize = 255;

/// A message id, kept as the peer wrote it: it is echoed as the same JSON type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum MessageId {
    /// As the standard says.
    Text(String),
    /// As some stations do.
    Number(Number),
}

impl MessageId {
    /// The id as text, for look-ups and logs.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            MessageId::Text(text) => Cow::Borrowed(text),
            MessageId::Number(number) => Cow::Owned(number.to_string()),
        }
    }

    /// The id for answers to messages whose own id cannot be read (2.x only).
    pub fn unreadable() -> MessageId {
        MessageId::Text("-1".to_owned())
    }

    fn read(value: Value) -> Option<MessageId> {
        match value {
            Value::String(text) => Some(MessageId::Text(text)),
            Value::Number(number) => Some(MessageId::Number(number)),
            _ => None,
        }
    }
}

impl From<&str> for MessageId {
    fn from(text: &str) -> MessageId {
        MessageId::Text(text.to_owned())
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

/// One message of the RPC layer. Payloads are always JSON objects.
#[allow(missing_docs)] // the fields are the entries of the array, shown above each kind
#[derive(Debug, Clone, PartialEq)]
pub enum Frame {
    /// `[2,id,action,payload]`: a request that wants an answer.
    Call { id: MessageId, action: String, payload: Value },
    /// `[3,id,payload]`: the answer to a call.
    Result { id: MessageId, payload: Value },
    /// `[4,id,code,description,details]`: the refusal of a call.
    Error { id: MessageId, fault: Fault },
    /// `[5,id,code,description,details]`, 2.1 only: the peer cannot use the answer it got.
    ResultError { id: MessageId, fault: Fault },
    /// `[6,id,action,payload]`, 2.1 only: news that is never answered.
    Send { id: MessageId, action: String, payload: Value },
}

impl Frame {
    /// Reads one frame by the letter of the standard.
    pub fn parse(text: &str, version: Version) -> Result<Frame, FrameError> {
        let parts = Parts::read(text)?;
        judge(parts, version, &mut Vec::new(), false)
    }

    /// Reads what a station meant, for use after [`Frame::parse`] has failed: broken JSON is mended where there is
    /// only one way to mend it, and several frames in one message are taken apart.
    ///
    /// # Errors
    /// The [`FrameError`] of the first frame that cannot be understood; frames before it are then lost too, so the
    /// station is told of nothing that was not handled.
    pub fn parse_lenient(text: &str, version: Version) -> Result<Lenient, FrameError> {
        let mut oddities = Vec::new();
        let all = match Parts::read(text) {
            Ok(parts) => vec![parts],
            Err(error) => repair::frames(text, &mut oddities).ok_or(error)?,
        };
        let frames = all
            .into_iter()
            .map(|parts| judge(parts, version, &mut oddities, true))
            .collect::<Result<Vec<_>, _>>()?;
        oddities.sort_unstable();
        oddities.dedup();
        Ok(Lenient { frames, oddities })
    }

    /// The id of the message, of whatever kind.
    pub fn id(&self) -> &MessageId {
        match self {
            Frame::Call { id, .. }
            | Frame::Result { id, .. }
            | Frame::Error { id, .. }
            | Frame::ResultError { id, .. }
            | Frame::Send { id, .. } => id,
        }
    }

    /// Appends the frame as compact JSON, error codes spelt as `version` spells them.
    pub fn write(&self, version: Version, out: &mut String) {
        let (kind, id) = match self {
            Frame::Call { id, .. } => ('2', id),
            Frame::Result { id, .. } => ('3', id),
            Frame::Error { id, .. } => ('4', id),
            Frame::ResultError { id, .. } => ('5', id),
            Frame::Send { id, .. } => ('6', id),
        };
        out.push('[');
        out.push(kind);
        out.push(',');
        match id {
            MessageId::Text(text) => quote(text, out),
            MessageId::Number(number) => push(number, out),
        }
        out.push(',');
        match self {
            Frame::Call { action, payload, .. } | Frame::Send { action, payload, .. } => {
                quote(action, out);
                out.push(',');
                push(payload, out);
            }
            Frame::Result { payload, .. } => push(payload, out),
            Frame::Error { fault, .. } | Frame::ResultError { fault, .. } => {
                quote(fault.code.spelling(version), out);
                out.push(',');
                quote(&fault.description, out);
                out.push(',');
                push(&fault.details, out);
            }
        }
        out.push(']');
    }
}

/// What [`Frame::parse_lenient`] made of a message.
#[derive(Debug, Clone, PartialEq)]
pub struct Lenient {
    /// At least one, in the order of the message.
    pub frames: Vec<Frame>,
    /// Which rules the message broke, each once.
    pub oddities: Vec<Oddity>,
}

/// A rule of the RPC layer that a message broke harmlessly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Oddity {
    /// Bytes before the frame: a byte order mark, a comma, rubbish.
    Leading,
    /// Bytes after the frame: NULs, rubbish.
    Trailing,
    /// Several frames in one message.
    Glued,
    /// A comma too many within the JSON.
    StrayComma,
    /// A bare control character within a JSON text.
    ControlCharacter,
    /// The message type is a text such as `"2"`.
    TypeAsText,
    /// The message id is a number.
    NumericId,
    /// The message id is longer than [`ID_MAX`].
    LongId,
    /// No payload, or `null` or an empty list for an empty one.
    NoPayload,
    /// More entries than the kind of frame has.
    Surplus,
}

impl Oddity {
    /// The name of the broken rule, for records.
    pub const fn rule(self) -> &'static str {
        match self {
            Oddity::Leading => "frame.leading",
            Oddity::Trailing => "frame.trailing",
            Oddity::Glued => "frame.glued",
            Oddity::StrayComma => "frame.strayComma",
            Oddity::ControlCharacter => "frame.controlCharacter",
            Oddity::TypeAsText => "frame.typeAsText",
            Oddity::NumericId => "frame.numericId",
            Oddity::LongId => "frame.longId",
            Oddity::NoPayload => "frame.noPayload",
            Oddity::Surplus => "frame.surplus",
        }
    }
}

/// A message that is no frame.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{reason}")]
pub struct FrameError {
    /// What is wrong.
    pub flaw: Flaw,
    /// The message type number, where it could be read.
    pub kind: Option<u64>,
    /// The message id, where it could be read.
    pub id: Option<MessageId>,
    /// In plain words; holds nothing of the message itself.
    pub reason: String,
}

/// What is wrong with a message that is no frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// Not JSON, or nested deeper than 128 levels.
    Json,
    /// JSON, but not an array that begins with a message type and a message id.
    Shape,
    /// A message type that this version does not have.
    UnknownType,
    /// The message id is no text of at most [`ID_MAX`] characters.
    Id,
    /// Type and id are fine, what follows is not.
    Content,
}

impl FrameError {
    /// What the standard has us answer; `None` where the message must be ignored.
    ///
    /// A call whose id is readable is refused under its id. In 2.x anything else that may have been a call is refused
    /// under the id `-1`; 1.6 has no such id, so the message is dropped. A broken answer is told to the peer in 2.1
    /// only; a broken error and a SEND never.
    pub fn answer(&self, version: Version) -> Option<Frame> {
        let code = match self.flaw {
            Flaw::UnknownType => ErrorCode::MessageTypeNotSupported,
            Flaw::Shape | Flaw::Id => ErrorCode::RpcFrameworkError,
            Flaw::Json | Flaw::Content if self.id.is_none() => ErrorCode::RpcFrameworkError,
            Flaw::Json | Flaw::Content => ErrorCode::FormatViolation,
        };
        let fault = Fault::new(code, self.reason.clone());
        match (self.kind, &self.id, version) {
            (_, _, Version::V16) if self.flaw == Flaw::UnknownType => None,
            (Some(3), Some(id), Version::V21) => Some(Frame::ResultError { id: id.clone(), fault }),
            (Some(3 | 4), ..) => None,
            (Some(5 | 6), _, Version::V21) => None,
            (Some(2), Some(id), _) => Some(Frame::Error { id: id.clone(), fault }),
            (_, _, Version::V16) => None,
            (_, Some(id), _) if self.flaw == Flaw::UnknownType => {
                Some(Frame::Error { id: id.clone(), fault })
            }
            _ => Some(Frame::Error { id: MessageId::unreadable(), fault }),
        }
    }
}

/// The entries of the array as they came: kind, id and up to three more.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    entries: [Option<Value>; 5],
    surplus: bool,
}

impl Parts {
    fn read(text: &str) -> Result<Parts, FrameError> {
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
fn judge(
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
    let long = match &parts.entries[1] {
        Some(Value::String(text)) => text.chars().nth(ID_MAX).is_some(),
        Some(Value::Number(_)) => {
            oddities.push(Oddity::NumericId);
            false
        }
        _ => return Err(parts.error(Flaw::Id, "The message has no message id".to_owned())),
    };
    if long {
        oddities.push(Oddity::LongId);
    }
    if parts.surplus
        || parts.entries[content.min(4)..].iter().skip(usize::from(content == 5)).any(Option::is_some)
    {
        oddities.push(Oddity::Surplus);
    }
    if !lenient && !oddities.is_empty() {
        let flaw = if oddities.contains(&Oddity::Surplus) { Flaw::Content } else { Flaw::Id };
        return Err(parts
            .error(flaw, "Message type, message id or number of entries is not as it must be".to_owned()));
    }
    let id = match parts.entries[1].clone().and_then(MessageId::read) {
        Some(id) if id.text().chars().nth(ID_MAX_LENIENT).is_none() => id,
        _ => return Err(parts.error(Flaw::Id, "The message id is too long".to_owned())),
    };
    match kind {
        3 => match object(parts.entries[2].take(), lenient, oddities) {
            Some(payload) => Ok(Frame::Result { id, payload }),
            None => Err(parts.error(Flaw::Content, "The payload is no JSON object".to_owned())),
        },
        4 | 5 => {
            let fault = fault(&mut parts);
            Ok(if kind == 4 { Frame::Error { id, fault } } else { Frame::ResultError { id, fault } })
        }
        _ => {
            let Some(Value::String(action)) = parts.entries[2].take() else {
                return Err(parts.error(Flaw::Content, "The action is no text".to_owned()));
            };
            let Some(payload) = object(parts.entries[3].take(), lenient, oddities) else {
                return Err(parts.error(Flaw::Content, "The payload is no JSON object".to_owned()));
            };
            Ok(if kind == 2 {
                Frame::Call { id, action, payload }
            } else {
                Frame::Send { id, action, payload }
            })
        }
    }
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

/// Appends a JSON text. Ids and actions rarely need escapes, so they are looked at first.
fn quote(text: &str, out: &mut String) {
    if text.bytes().all(|b| b >= b' ' && b != b'"' && b != b'\\') {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        push(&Value::from(text), out);
    }
}

/// Appends compact JSON; writing to a `String` cannot fail.
fn push(json: &impl fmt::Display, out: &mut String) {
    let _ = write!(out, "{json}");
}

#[cfg(test)]
#[path = "frame_tests.rs"]
mod tests;
