//! OCPP 2.0.1 and 2.1: the messages on a station's display (use cases O01 to O05).

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::duties::Duty;
use crate::state::State;

/// What the display can show; a station without this variable has no display.
pub(crate) const FORMATS: &str = "DisplayMessageCtrlr.SupportedFormats";
pub(crate) const PRIORITIES: &str = "DisplayMessageCtrlr.SupportedPriorities";
/// Since 2.1; a station that does not tell takes any.
pub(crate) const STATES: &str = "DisplayMessageCtrlr.SupportedStates";
/// Messages that are held at one time.
const MESSAGES_MAX: usize = 64;
/// Messages in one part of a list.
const PART: usize = 2;

/// The answer to SetDisplayMessage; `None`: there is no display.
pub(crate) fn set(state: &mut State, payload: &Value) -> Option<Value> {
    let lists = |key: &str, word: &Value| {
        let list = state.config.get(key)?;
        let word = word.as_str().unwrap_or_default();
        Some(list.split(',').any(|known| known.trim() == word))
    };
    let message = &payload["message"];
    let takes_format = lists(FORMATS, &message["message"]["format"])?;
    let status = if !takes_format {
        "NotSupportedMessageFormat"
    } else if lists(PRIORITIES, &message["priority"]) == Some(false) {
        "NotSupportedPriority"
    } else if message.get("state").is_some_and(|wanted| lists(STATES, wanted) == Some(false)) {
        "NotSupportedState"
    } else if message
        .get("transactionId")
        .is_some_and(|id| state.evse_of(id.as_str().unwrap_or("")).is_none())
    {
        "UnknownTransaction"
    } else if state.messages.len() >= MESSAGES_MAX && !state.messages.contains_key(&number(message)) {
        "Rejected"
    } else {
        state.messages.insert(number(message), message.clone());
        "Accepted"
    };
    Some(json!({ "status": status }))
}

/// The answer to ClearDisplayMessage.
pub(crate) fn clear(state: &mut State, id: i64) -> Value {
    let had = state.messages.remove(&id).is_some();
    json!({ "status": if had { "Accepted" } else { "Unknown" } })
}

/// The answer to GetDisplayMessages, and its parts.
pub(crate) fn list(state: &State, payload: &Value) -> (&'static str, Vec<Duty>) {
    let fits = |message: &&Value| {
        payload["id"].as_array().is_none_or(|ids| ids.contains(&message["id"]))
            && ["priority", "state"]
                .iter()
                .all(|field| payload.get(field).is_none_or(|wanted| *wanted == message[*field]))
    };
    let found: Vec<&Value> = state.messages.values().filter(fits).collect();
    if found.is_empty() {
        return ("Unknown", Vec::new());
    }
    let count = found.len().div_ceil(PART);
    let part = |(n, messages): (usize, &[&Value])| Duty::Send {
        action: "NotifyDisplayMessages".to_owned(),
        payload: json!({ "requestId": payload["requestId"], "messageInfo": messages, "tbc": n + 1 < count }),
    };
    ("Accepted", found.chunks(PART).enumerate().map(part).collect())
}

/// The messages whose time it is.
pub(crate) fn standing(state: &State, now: DateTime<Utc>) -> Vec<Value> {
    let at = |message: &Value, key: &str| {
        message[key].as_str().and_then(|text| text.parse::<DateTime<Utc>>().ok())
    };
    let stands = |message: &&Value| {
        at(message, "startDateTime").is_none_or(|from| from <= now)
            && at(message, "endDateTime").is_none_or(|until| until > now)
    };
    state.messages.values().filter(stands).cloned().collect()
}

fn number(message: &Value) -> i64 {
    message["id"].as_i64().unwrap_or_default()
}
