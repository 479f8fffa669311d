//! Payloads that serve twice: as the wish that an operator is told, and as the expectation of what the CSMS sends.
//!
//! A template is JSON. A text that begins with `?` says what may stand there:
//! ```text
//! "?absent"        the field must not be there
//! "?any X"         anything; X (JSON) is wished for
//! "?int 7"         any whole number from 0
//! "?num 6.0"       any number
//! "?text words"    any text that is not empty
//! "?time +3600"    any time; wished for is now and so many seconds
//! "?one A|B"       one of these words; the first is wished for
//! "?list X"        any list with something in it; X (JSON) is wished for
//! "?maybe X"       anything, or nothing; X (JSON) is wished for
//! ```
//! Objects may have fields beside those of the template; a list must have as many items as the template's, in any order.

use chrono::{DateTime, Duration, SecondsFormat, Utc};
use serde_json::{Map, Value};

/// The payload to wish for.
pub fn wish(template: &Value, now: DateTime<Utc>) -> Value {
    match template {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(_, value)| value.as_str() != Some("?absent"));
            Value::Object(kept.map(|(name, value)| (name.clone(), wish(value, now))).collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.iter().map(|item| wish(item, now)).collect()),
        Value::String(text) => match rule(text) {
            None => template.clone(),
            Some((kind, rest)) => example(kind, rest, now),
        },
        _ => template.clone(),
    }
}

/// Where the wish is an example only: JSON pointers to what may be something else of its kind.
pub fn free(template: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect("", template, &mut found);
    found
}

fn collect(place: &str, template: &Value, found: &mut Vec<String>) {
    match template {
        Value::Object(fields) => {
            for (name, value) in fields {
                collect(&format!("{place}/{}", name.replace('~', "~0").replace('/', "~1")), value, found);
            }
        }
        Value::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                collect(&format!("{place}/{number}"), item, found);
            }
        }
        Value::String(text) if rule(text).is_some() && text != "?absent" => found.push(place.to_owned()),
        _ => {}
    }
}

fn rule(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_prefix('?')?;
    Some(text.split_once(' ').unwrap_or((text, "")))
}

fn example(kind: &str, rest: &str, now: DateTime<Utc>) -> Value {
    match kind {
        "time" => {
            let seconds = rest.trim_start_matches('+').parse().unwrap_or(0);
            let at = now + Duration::seconds(seconds);
            Value::String(at.to_rfc3339_opts(SecondsFormat::Secs, true))
        }
        "one" => Value::String(rest.split('|').next().unwrap_or_default().to_owned()),
        "text" => Value::String(rest.to_owned()),
        _ => serde_json::from_str(rest).unwrap_or(Value::Null),
    }
}

/// Whether a payload is as the template says.
///
/// # Errors
/// The first thing that is not, with its place.
pub fn fits(template: &Value, got: &Value) -> Result<(), String> {
    at("", template, got)
}

fn at(place: &str, template: &Value, got: &Value) -> Result<(), String> {
    let here = if place.is_empty() { "the payload" } else { place };
    match template {
        Value::Object(fields) => {
            let Value::Object(found) = got else { return Err(format!("{here} is no object")) };
            for (name, wanted) in fields {
                let inner = format!("{place}/{name}");
                match (wanted.as_str(), found.get(name)) {
                    (Some("?absent"), None) => {}
                    (Some("?absent"), Some(value)) => {
                        return Err(format!("{inner} is {value}, but has to be left out"));
                    }
                    (Some(text), None) if text.starts_with("?maybe ") => {}
                    (_, None) => return Err(format!("{inner} is missing")),
                    (_, Some(value)) => at(&inner, wanted, value)?,
                }
            }
            Ok(())
        }
        Value::Array(wanted) => {
            let Value::Array(found) = got else { return Err(format!("{here} is no list")) };
            if wanted.len() != found.len() {
                return Err(format!("{here} has {} items instead of {}", found.len(), wanted.len()));
            }
            let mut left: Vec<&Value> = found.iter().collect();
            for (number, item) in wanted.iter().enumerate() {
                let inner = format!("{place}/{number}");
                let Some(place) = left.iter().position(|value| at(&inner, item, value).is_ok()) else {
                    // Told of the item in the same place, which is most likely the one that was meant.
                    return at(&inner, item, &found[number]).and(Err(format!("{inner} stands there twice")));
                };
                left.swap_remove(place);
            }
            Ok(())
        }
        Value::String(text) => match rule(text) {
            Some((kind, rest)) => by_rule(here, kind, rest, got),
            None => same(here, template, got),
        },
        _ => same(here, template, got),
    }
}

fn by_rule(here: &str, kind: &str, rest: &str, got: &Value) -> Result<(), String> {
    let fine = match kind {
        "any" | "maybe" => true,
        "int" => got.as_i64().is_some_and(|number| number >= 0),
        "num" => got.is_number(),
        "text" => got.as_str().is_some_and(|text| !text.is_empty()),
        "time" => got.as_str().is_some_and(|text| DateTime::parse_from_rfc3339(text).is_ok()),
        "one" => got.as_str().is_some_and(|text| rest.split('|').any(|word| word == text)),
        "list" => got.as_array().is_some_and(|items| !items.is_empty()),
        _ => false,
    };
    if fine {
        return Ok(());
    }
    let wanted = match kind {
        "int" => "a whole number from 0".to_owned(),
        "num" => "a number".to_owned(),
        "text" => "a text".to_owned(),
        "time" => "a time".to_owned(),
        "list" => "a list with something in it".to_owned(),
        "one" => format!("one of {}", rest.replace('|', ", ")),
        _ => "as the case says, but the case says nothing that can be understood".to_owned(),
    };
    Err(format!("{here} is {got}, but has to be {wanted}"))
}

/// Numbers by value (6 is 6.0), times by instant, all else as it stands.
fn same(here: &str, wanted: &Value, got: &Value) -> Result<(), String> {
    let numbers = || Some((wanted.as_f64()? - got.as_f64()?).abs() < 1e-9);
    let instants = || {
        let read = |value: &Value| DateTime::parse_from_rfc3339(value.as_str()?).ok();
        Some(read(wanted)?.timestamp() == read(got)?.timestamp())
    };
    if wanted == got || numbers() == Some(true) || instants() == Some(true) {
        return Ok(());
    }
    Err(format!("{here} is {got} instead of {wanted}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn now() -> DateTime<Utc> {
        "2026-01-02T03:04:05Z".parse().unwrap_or_default()
    }

    #[test]
    fn a_template_is_a_wish_and_fits_it() {
        let template = json!({ "id": "?int 7", "evse": "?absent", "limit": "?num 6.0", "from": "?time +60",
            "purpose": "?one A|B", "name": "?text me", "list": "?list [1]", "fix": [1, { "a": "b" }] });
        let wished = wish(&template, now());
        let expected = json!({ "id": 7, "limit": 6.0, "from": "2026-01-02T03:05:05Z", "purpose": "A",
            "name": "me", "list": [1], "fix": [1, { "a": "b" }] });
        assert_eq!(wished, expected);
        assert_eq!(fits(&template, &wished), Ok(()));
    }

    #[test]
    fn what_is_an_example_only_is_named() {
        let template = json!({ "id": "?int 7", "evse": "?absent", "fix": [1, { "a": "b", "c/d": "?text e" }],
            "list": "?list [{\"x\":1}]" });
        assert_eq!(free(&template), ["/fix/1/c~1d", "/id", "/list"]);
    }

    #[test]
    fn what_may_be_there_may_be_left_out() {
        let template = json!({ "list": "?maybe [1]" });
        assert_eq!(wish(&template, now()), json!({ "list": [1] }));
        assert_eq!((fits(&template, &json!({})), fits(&template, &json!({ "list": [2] }))), (Ok(()), Ok(())));
    }

    #[test]
    fn each_rule_refuses_what_breaks_it() {
        for (template, got, why) in [
            (json!({"a": "?absent"}), json!({"a": 1}), "/a is 1, but has to be left out"),
            (json!({"a": 1}), json!({}), "/a is missing"),
            (json!({"a": 1}), json!({"a": 2}), "/a is 2 instead of 1"),
            (json!("?int 1"), json!(-1), "a whole number"),
            (json!("?num 1"), json!("1"), "a number"),
            (json!("?text x"), json!(""), "a text"),
            (json!("?time +0"), json!("noon"), "a time"),
            (json!("?one A|B"), json!("C"), "one of A, B"),
            (json!("?list []"), json!([]), "a list"),
            (json!([1, 2]), json!([1]), "1 items instead of 2"),
            (json!([1, 1]), json!([2, 1]), "stands there twice"),
            (json!([1]), json!({}), "no list"),
            (json!({}), json!([]), "no object"),
            (json!("2026-01-02T00:00:00Z"), json!("2026-01-02T00:00:01Z"), "instead of"),
        ] {
            let told = fits(&template, &got).expect_err("does not fit");
            assert!(told.contains(why), "{told}");
        }
    }

    #[test]
    fn what_means_the_same_fits() {
        for (template, got) in [
            (json!(6), json!(6.0)),
            (json!("2026-01-02T00:00:00Z"), json!("2026-01-02T01:00:00+01:00")),
            (json!([1, 2]), json!([2, 1])),
            (json!({"a": 1}), json!({"a": 1, "b": 2})),
        ] {
            assert_eq!(fits(&template, &got), Ok(()));
        }
    }
}
