//! OCPP-J frames, written and read by hand.
//!
//! On purpose this does not use the frames of crate `ocpp`: a station that shares code with the CSMS would share its
//! mistakes.

use serde_json::{Value, json};

/// A frame as received.
#[derive(Debug, Clone, PartialEq)]
pub enum Frame {
    /// `[2, id, action, payload]`; also `[6, …]`, which wants no answer.
    Call {
        /// The message id.
        id: String,
        /// The action.
        action: String,
        /// The payload.
        payload: Value,
        /// False for a SEND (OCPP 2.1).
        wants_answer: bool,
    },
    /// `[3, id, payload]`.
    Result {
        /// The id of the call.
        id: String,
        /// The payload.
        payload: Value,
    },
    /// `[4, id, code, description, details]`.
    Error {
        /// The id of the call.
        id: String,
        /// What went wrong.
        error: CallError,
    },
}

/// A CALLERROR.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{code}: {description}")]
pub struct CallError {
    /// The error code in the spelling that was received.
    pub code: String,
    /// At most 255 characters, may be empty.
    pub description: String,
    /// `{}` if there are none.
    pub details: Value,
}

impl Frame {
    /// Reads a frame; `None` if the text is none that a station knows.
    pub fn parse(text: &str) -> Option<Frame> {
        let Ok(Value::Array(mut parts)) = serde_json::from_str::<Value>(text) else { return None };
        let kind = parts.first()?.as_u64()?;
        let id = parts.get(1)?.as_str()?.to_owned();
        let mut take = |i: usize| parts.get_mut(i).map(Value::take);
        let text = |v: Option<Value>| v.as_ref().and_then(Value::as_str).map(str::to_owned);
        match kind {
            2 | 6 => {
                Some(Frame::Call { id, action: text(take(2))?, payload: take(3)?, wants_answer: kind == 2 })
            }
            3 => Some(Frame::Result { id, payload: take(2)? }),
            4 | 5 => Some(Frame::Error {
                id,
                error: CallError {
                    code: text(take(2))?,
                    description: text(take(3)).unwrap_or_default(),
                    details: take(4).unwrap_or_else(|| json!({})),
                },
            }),
            _ => None,
        }
    }
}

/// The text of a CALL.
pub fn call(id: &str, action: &str, payload: &Value) -> String {
    json!([2, id, action, payload]).to_string()
}

/// The text of a CALLRESULT.
pub fn result(id: &str, payload: &Value) -> String {
    json!([3, id, payload]).to_string()
}

/// The text of a CALLERROR.
pub fn error(id: &str, code: &str, description: &str) -> String {
    json!([4, id, code, description, {}]).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        let text = call("7", "Heartbeat", &json!({}));
        assert_eq!(text, r#"[2,"7","Heartbeat",{}]"#);
        let read = Frame::parse(&text);
        assert_eq!(
            read,
            Some(Frame::Call {
                id: "7".into(),
                action: "Heartbeat".into(),
                payload: json!({}),
                wants_answer: true
            })
        );
        assert_eq!(
            Frame::parse(&result("7", &json!({"a": 1}))),
            Some(Frame::Result { id: "7".into(), payload: json!({"a": 1}) })
        );
        let Some(Frame::Error { error, .. }) = Frame::parse(&error("7", "NotSupported", "no")) else {
            panic!()
        };
        assert_eq!((error.code.as_str(), error.description.as_str()), ("NotSupported", "no"));
    }

    #[test]
    fn rubbish_is_no_frame() {
        for text in ["", "{}", "[]", "[2]", r#"[2,"1"]"#, r#"[2,1,"A",{}]"#, r#"[9,"1",{}]"#, "[3,\"1\"]"] {
            assert_eq!(Frame::parse(text), None, "{text}");
        }
    }
}
