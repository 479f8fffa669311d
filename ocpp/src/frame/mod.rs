//! Frames of OCPP-J: a JSON array whose first entry tells the kind (1.6-J §4.2; 2.x Part 4 §4.2).

mod error;
mod parts;
mod repair;

pub use error::{Flaw, FrameError};

use crate::Version;
use crate::fault::Fault;
use parts::{Parts, judge};
use serde_json::{Number, Value};
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
mod tests;
