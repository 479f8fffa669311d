//! Messages that are no frames, and what to answer to them.

use super::{Frame, MessageId};
use crate::Version;
use crate::fault::{ErrorCode, Fault};

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
    /// The message id is no text of at most [`super::ID_MAX`] characters.
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
