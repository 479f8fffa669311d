//! A form that was sent becomes a command.

use super::{
    super::moment,
    fields::{Field, Kind},
};
use chrono::SecondsFormat;
use chrono_tz::Tz;
use csms::command::Command;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Letters of one field.
pub const FIELD_MAX: usize = 64 * 1024;

/// The command that a form means.
///
/// # Errors
/// What is wrong, in words for the person who has filled it in.
pub fn command(
    word: &str,
    fields: &[Field],
    sent: &BTreeMap<String, String>,
    zone: Tz,
) -> Result<Command, String> {
    let mut body = Map::new();
    body.insert("command".to_owned(), word.into());
    let text = |field: &Field| sent.get(&field.name).map(|text| text.trim()).unwrap_or_default();
    for field in fields {
        let text = text(field);
        let outer = field.name.split_once('.').map(|(outer, _)| format!("{outer}."));
        // An inner object of which nothing is filled in is left out.
        let absent = outer.is_some_and(|outer| {
            let mine = fields.iter().filter(|other| other.name.starts_with(&outer));
            mine.clone().all(|other| !other.needed)
                && mine.into_iter().all(|other| {
                    let text = sent.get(&other.name).map(|text| text.trim()).unwrap_or_default();
                    text.is_empty() || text == other.default
                })
        });
        if absent {
            continue;
        }
        if text.len() > FIELD_MAX {
            return Err(format!("{}: longer than {FIELD_MAX} bytes", field.name));
        }
        let value = match value(field, text, zone)? {
            Some(value) => value,
            None if field.needed => return Err(format!("{} is needed", field.name)),
            None => continue,
        };
        put(&mut body, &field.name, value);
    }
    serde_json::from_value(Value::Object(body)).map_err(|error| error.to_string())
}

fn value(field: &Field, text: &str, zone: Tz) -> Result<Option<Value>, String> {
    if field.kind == Kind::Tick {
        return Ok(Some((!text.is_empty()).into()));
    }
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = |what: &str| format!("{}: {text:?} is {what}", field.name);
    Ok(Some(match &field.kind {
        Kind::Number { .. } => text.parse::<i64>().map_err(|_| wrong("no whole number"))?.into(),
        Kind::Instant => {
            let at = moment::read(text, zone).map_err(|error| format!("{}: {error}", field.name))?;
            at.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true)).into()
        }
        Kind::Decimal => match serde_json::from_str::<Value>(text) {
            Ok(number @ Value::Number(_)) => number,
            _ => return Err(wrong("no number")),
        },
        Kind::Json => serde_json::from_str(text).map_err(|error| format!("{}: {error}", field.name))?,
        Kind::Text | Kind::Lines | Kind::Choice(_) | Kind::Tick => text.into(),
    }))
}

fn put(body: &mut Map<String, Value>, name: &str, value: Value) {
    match name.split_once('.') {
        None => {
            body.insert(name.to_owned(), value);
        }
        Some((outer, inner)) => {
            let part = body.entry(outer).or_insert_with(|| Value::Object(Map::new()));
            if let Some(part) = part.as_object_mut() {
                part.insert(inner.to_owned(), value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::ask::fields;
    use serde_json::json;

    fn read(word: &str, sent: &[(&str, &str)]) -> Result<Value, String> {
        let sent = sent.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        let command = command(word, fields::of(word).unwrap(), &sent, chrono_tz::Europe::Berlin)?;
        Ok(serde_json::to_value(command).unwrap())
    }

    #[test]
    fn what_is_filled_in_is_the_command() {
        assert_eq!(
            read(
                "start",
                &[
                    ("evse", "2"),
                    ("token.uid", "04AB"),
                    ("token.kind", "ISO14443"),
                    ("group.kind", "Central")
                ]
            ),
            Ok(json!({"command": "start", "evse": 2, "token": {"uid": "04AB", "kind": "ISO14443"}}))
        );
        assert_eq!(
            read("availability", &[("evse", "1")]),
            Ok(json!({"command": "availability", "operative": false, "evse": 1}))
        );
        assert_eq!(
            read("call", &[("action", "GetReport"), ("payload", r#"{"requestId": 1}"#)]),
            Ok(json!({"command": "call", "action": "GetReport", "payload": {"requestId": 1}}))
        );
        assert_eq!(
            read(
                "set-der-control",
                &[
                    ("id", "C1"),
                    ("default", "yes"),
                    ("kind", "LimitMaxDischarge"),
                    ("limit_max_discharge.priority", "1"),
                    ("limit_max_discharge.pct_max_discharge_power", "12.5"),
                ]
            ),
            Ok(
                json!({"command": "set-der-control", "id": "C1", "default": true, "kind": "LimitMaxDischarge",
                "limit_max_discharge": {"priority": 1, "pct_max_discharge_power": 12.5}})
            )
        );
        assert_eq!(
            read("reserve", &[("token.uid", "A"), ("expires_at", "2026-07-01T12:30")]).unwrap()["expires_at"],
            "2026-07-01T10:30:00Z"
        );
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (word, sent, said) in [
            ("stop", vec![], "transaction is needed"),
            ("unlock", vec![("evse", "one")], "evse: \"one\" is no whole number"),
            ("call", vec![("action", "A"), ("payload", "{")], "payload: EOF"),
            ("reset", vec![("kind", "soon")], "unknown variant `soon`"),
            ("update-schedule", vec![("profile", "7"), ("limit", "1,5")], "limit: \"1,5\" is no number"),
            (
                "reserve",
                vec![("token.uid", "A"), ("expires_at", "2026-03-29T02:30")],
                "no time of day in Europe/Berlin",
            ),
        ] {
            let error = read(word, &sent).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn every_command_can_be_asked_for_and_no_form_fails_but_with_words() {
        assert!(fields::words().count() >= 24);
        for word in fields::words() {
            for text in ["", "1", "{}", "[]", "2026-07-01T12:30"] {
                let sent: Vec<_> =
                    fields::of(word).unwrap().iter().map(|field| (field.name.as_str(), text)).collect();
                if let Ok(command) = read(word, &sent) {
                    assert_eq!(command["command"], word);
                }
            }
        }
    }
}
