//! Values as a schema has them, which machines follow: what is otherwise is refused.

use std::fmt;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::Value;

use super::object::{Object, Path};
use super::report::Report;
use crate::model::exact;

/// What a list may hold unless its schema says less.
pub(crate) const MAX_LIST: usize = 1_000;
/// A word that is read into something has at most so many characters.
const MAX_WORD: usize = 60;

/// A text of at most `most` characters.
pub(crate) fn text<'a>(most: usize) -> impl FnOnce(&'a Value, &Path<'_>, &mut Report) -> Option<&'a str> {
    move |value, path, report| {
        let Some(text) = value.as_str() else {
            report.refuse(path, "is not a text");
            return None;
        };
        if text.chars().count() > most {
            report.refuse(path, format_args!("has more than {most} characters"));
            return None;
        }
        Some(text)
    }
}

/// A text that is read into something; refused with the words of its error.
pub(crate) fn parsed<T: std::str::FromStr<Err: fmt::Display>>(
    value: &Value,
    path: &Path<'_>,
    report: &mut Report,
) -> Option<T> {
    let text = text(MAX_WORD)(value, path, report)?;
    text.parse().map_err(|error| report.refuse(path, error)).ok()
}

/// An instant.
pub(crate) fn instant(value: &Value, path: &Path<'_>, report: &mut Report) -> Option<DateTime<Utc>> {
    let instant = text(MAX_WORD)(value, path, report)?.parse().ok();
    if instant.is_none() {
        report.refuse(path, "is not a time like 2026-12-24T18:00:00Z");
    }
    instant
}

/// A number, exactly as it was written.
pub(crate) fn decimal(value: &Value, path: &Path<'_>, report: &mut Report) -> Option<Decimal> {
    if !value.is_number() {
        report.refuse(path, "is not a number");
        return None;
    }
    let read = exact::deserialize(value);
    if read.is_err() {
        report.refuse(path, "has more than the 15 digits that a JSON number keeps");
    }
    read.ok()
}

/// A whole number that is not negative.
pub(crate) fn whole(value: &Value, path: &Path<'_>, report: &mut Report) -> Option<u32> {
    let whole = value.as_u64().and_then(|whole| u32::try_from(whole).ok());
    if whole.is_none() {
        report.refuse(path, "is not a whole number from 0 to 4294967295");
    }
    whole
}

/// The members of a list with their paths; nothing if there is no list. An empty list is refused.
pub(crate) fn members<'a>(
    object: &mut Object<'a>,
    name: &'static str,
    most: usize,
    report: &mut Report,
) -> Vec<(String, &'a Value)> {
    let members = object.may(name, report, |value, path, report| {
        let Value::Array(members) = value else {
            report.refuse(path, "is not a list");
            return None;
        };
        if members.is_empty() {
            report.refuse(path, "is empty; leave it out");
        }
        if members.len() > most {
            report.refuse(path, format_args!("has more than {most} members"));
        }
        let members = members.iter().take(most).enumerate();
        Some(members.map(|(at, member)| (path.index(at).to_string(), member)).collect())
    });
    members.unwrap_or_default()
}
