//! Messages on displays in 2.0.1 and 2.1.

use super::{Given, Unfit, Wire, invalid, object, some, unsupported};
use crate::command::{ListDisplays, SetDisplay};
use ocpp::{Version, stamp};
use serde_json::json;

/// Numbers that we give messages are below this; above are those of texts and payment codes.
const OURS: i32 = 700_000_000;
/// Other languages of a message (2.1).
const OTHERS_MAX: usize = 4;

pub(super) fn set(version: Version, set: &SetDisplay, given: &Given) -> Result<Wire, Unfit> {
    if set.text.trim().is_empty() {
        return invalid("say what the display shall show");
    }
    if let (Some(from), Some(to)) = (set.from, set.to)
        && from >= to
    {
        return invalid("it ends before it begins: `to` is not after `from`");
    }
    if version == Version::V201 && !set.others.is_empty() {
        return unsupported("2.0.1 has one language in a message; 2.1 has more");
    }
    if set.others.len() > OTHERS_MAX {
        return invalid(format!("a message has {OTHERS_MAX} other languages at most"));
    }
    if !set.others.is_empty() && set.language.is_none() {
        return invalid("a message in several languages says which one each is in: `language`");
    }
    let at = |instant| json!(stamp::write(instant, version));
    let words = |text: &str, language: Option<&str>| {
        object([
            ("format", Some(json!(set.format))),
            ("language", some(language)),
            ("content", Some(json!(text))),
        ])
    };
    let others: Vec<_> = set.others.iter().map(|other| words(&other.text, Some(&other.language))).collect();
    let display = set.evse.map(|evse| json!({"name": "Display", "evse": {"id": evse}}));
    let message = object([
        ("id", Some(json!(set.id.unwrap_or_else(|| given.reference.rem_euclid(OURS).into())))),
        ("priority", Some(json!(set.priority))),
        ("state", some(set.state.as_deref())),
        ("startDateTime", set.from.map(at)),
        ("endDateTime", set.to.map(at)),
        ("transactionId", some(set.transaction.as_deref())),
        ("message", Some(words(&set.text, set.language.as_deref()))),
        ("display", display),
        ("messageExtra", (!others.is_empty()).then(|| json!(others))),
    ]);
    Ok(Wire::new("SetDisplayMessage", json!({"message": message})))
}

pub(super) fn list(list: &ListDisplays, given: &Given) -> Wire {
    Wire::new(
        "GetDisplayMessages",
        object([
            ("requestId", Some(given.reference.into())),
            ("id", (!list.ids.is_empty()).then(|| json!(list.ids))),
            ("priority", some(list.priority.as_deref())),
            ("state", some(list.state.as_deref())),
        ]),
    )
}
