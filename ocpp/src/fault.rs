//! Error codes of the RPC layer, and [`Fault`]: a refusal of a message with its code.

use crate::Version;
use serde_json::Value;

/// The longest description that a CALLERROR may carry, in characters (OCPP-J, all versions).
pub const DESCRIPTION_MAX: usize = 255;

/// An error code of a CALLERROR. One list serves all versions; [`ErrorCode::spelling`] knows each version's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// The action is not known at all.
    NotImplemented,
    /// The action is known, but this receiver does not serve it.
    NotSupported,
    /// The receiver failed, the message was fine.
    InternalError,
    /// The call is out of place, or its frame is incomplete.
    ProtocolError,
    /// A security rule forbids the message.
    SecurityError,
    /// The payload is not well formed for the action, e.g. it has unknown fields.
    FormatViolation,
    /// A field has a value that is out of range or not in the list of allowed values.
    PropertyConstraintViolation,
    /// A required field is missing, or a list has too few or too many entries.
    OccurrenceConstraintViolation,
    /// A field has the wrong data type.
    TypeConstraintViolation,
    /// None of the others.
    GenericError,
    /// The message is no valid RPC frame (2.x only).
    RpcFrameworkError,
    /// The message type number is unknown (2.x only).
    MessageTypeNotSupported,
}

impl ErrorCode {
    /// Every code, for tests and tables.
    pub const ALL: [ErrorCode; 12] = [
        ErrorCode::NotImplemented,
        ErrorCode::NotSupported,
        ErrorCode::InternalError,
        ErrorCode::ProtocolError,
        ErrorCode::SecurityError,
        ErrorCode::FormatViolation,
        ErrorCode::PropertyConstraintViolation,
        ErrorCode::OccurrenceConstraintViolation,
        ErrorCode::TypeConstraintViolation,
        ErrorCode::GenericError,
        ErrorCode::RpcFrameworkError,
        ErrorCode::MessageTypeNotSupported,
    ];

    /// The word of the given version. 1.6 misspells two codes and lacks two, which become their nearest relatives.
    pub const fn spelling(self, version: Version) -> &'static str {
        match (self, version) {
            (ErrorCode::FormatViolation, Version::V16) => "FormationViolation",
            (ErrorCode::OccurrenceConstraintViolation, Version::V16) => "OccurenceConstraintViolation",
            (ErrorCode::RpcFrameworkError, Version::V16) => "GenericError",
            (ErrorCode::MessageTypeNotSupported, Version::V16) => "ProtocolError",
            (ErrorCode::NotImplemented, _) => "NotImplemented",
            (ErrorCode::NotSupported, _) => "NotSupported",
            (ErrorCode::InternalError, _) => "InternalError",
            (ErrorCode::ProtocolError, _) => "ProtocolError",
            (ErrorCode::SecurityError, _) => "SecurityError",
            (ErrorCode::FormatViolation, _) => "FormatViolation",
            (ErrorCode::PropertyConstraintViolation, _) => "PropertyConstraintViolation",
            (ErrorCode::OccurrenceConstraintViolation, _) => "OccurrenceConstraintViolation",
            (ErrorCode::TypeConstraintViolation, _) => "TypeConstraintViolation",
            (ErrorCode::GenericError, _) => "GenericError",
            (ErrorCode::RpcFrameworkError, _) => "RpcFrameworkError",
            (ErrorCode::MessageTypeNotSupported, _) => "MessageTypeNotSupported",
        }
    }

    /// Reads the spelling of any version; `None` for a word that is in none of them.
    pub fn known(word: &str) -> Option<ErrorCode> {
        Some(match word {
            "NotImplemented" => ErrorCode::NotImplemented,
            "NotSupported" => ErrorCode::NotSupported,
            "InternalError" => ErrorCode::InternalError,
            "ProtocolError" => ErrorCode::ProtocolError,
            "SecurityError" => ErrorCode::SecurityError,
            "FormatViolation" | "FormationViolation" => ErrorCode::FormatViolation,
            "PropertyConstraintViolation" => ErrorCode::PropertyConstraintViolation,
            "OccurrenceConstraintViolation" | "OccurenceConstraintViolation" => {
                ErrorCode::OccurrenceConstraintViolation
            }
            "TypeConstraintViolation" => ErrorCode::TypeConstraintViolation,
            "GenericError" => ErrorCode::GenericError,
            "RpcFrameworkError" => ErrorCode::RpcFrameworkError,
            "MessageTypeNotSupported" => ErrorCode::MessageTypeNotSupported,
            _ => return None,
        })
    }

    /// Reads the spelling of any version; a word of nobody's becomes [`ErrorCode::GenericError`].
    pub fn parse(word: &str) -> ErrorCode {
        ErrorCode::known(word).unwrap_or(ErrorCode::GenericError)
    }
}

/// Why a message is refused: what a CALLERROR says.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{code:?}: {description}")]
pub struct Fault {
    /// What kind of refusal.
    pub code: ErrorCode,
    /// In plain words, at most [`DESCRIPTION_MAX`] characters.
    pub description: String,
    /// An object; empty where there is nothing to add.
    pub details: Value,
}

impl Fault {
    /// A fault without details; a long description is cut at [`DESCRIPTION_MAX`] characters.
    pub fn new(code: ErrorCode, description: impl Into<String>) -> Fault {
        Fault {
            code,
            description: cut(description.into(), DESCRIPTION_MAX),
            details: Value::Object(Default::default()),
        }
    }
}

/// The text, cut to at most `max` characters (not bytes).
pub(crate) fn cut(mut text: String, max: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(max) {
        text.truncate(end);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_read_back_as_itself_or_its_nearest_relative() {
        for version in Version::ALL {
            for code in ErrorCode::ALL {
                let read = ErrorCode::parse(code.spelling(version));
                let lacking = version == Version::V16
                    && matches!(code, ErrorCode::RpcFrameworkError | ErrorCode::MessageTypeNotSupported);
                assert_eq!(read == code, !lacking, "{code:?} in {version:?}");
            }
        }
        assert_eq!(ErrorCode::FormatViolation.spelling(Version::V16), "FormationViolation");
        assert_eq!(
            ErrorCode::OccurrenceConstraintViolation.spelling(Version::V16),
            "OccurenceConstraintViolation"
        );
        assert_eq!(ErrorCode::parse("VendorTrouble"), ErrorCode::GenericError);
    }

    #[test]
    fn a_description_is_cut_by_characters() {
        let fault = Fault::new(ErrorCode::GenericError, "ü".repeat(300));
        assert_eq!(fault.description.chars().count(), DESCRIPTION_MAX);
        assert_eq!(Fault::new(ErrorCode::GenericError, "short").description, "short");
    }
}
