//! Signed messages (2.x Part 4 §7): an action `X-Signed` carries the payload of `X` in a flattened JWS.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ocpp::{ErrorCode, Fault};
use serde_json::Value;

/// The action and payload within a signed message; an unsigned one stays as it is.
///
/// A CSMS must process what is inside and may leave the signature unverified; so do we, for the link itself is
/// authenticated. The signature stays in the journal.
///
/// # Errors
/// `FormatViolation` for an envelope that cannot be opened.
pub fn unwrap(action: &str, payload: Value) -> Result<(&str, Value), Fault> {
    let Some(inner) = action.strip_suffix("-Signed") else { return Ok((action, payload)) };
    let opened = payload
        .get("payload")
        .and_then(Value::as_str)
        .and_then(|text| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok())
        .and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    match opened {
        Some(opened @ Value::Object(_)) => Ok((inner, opened)),
        _ => Err(Fault::new(ErrorCode::FormatViolation, "The signed message has no readable payload")),
    }
}
