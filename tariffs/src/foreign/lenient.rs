//! Values as partners write them: what has only one meaning is understood, and noted where it is sloppy.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::Value;

use super::object::Path;
use super::report::Report;
use crate::model::exact;
use crate::model::time_of_day::TimeOfDay;

/// Reads a list, if it is one. What is refused of it is left out.
pub(crate) fn list<'a, T>(
    value: &'a Value,
    path: &Path<'_>,
    report: &mut Report,
    mut read: impl FnMut(&'a Value, &Path<'_>, &mut Report) -> Option<T>,
) -> Option<Vec<T>> {
    let Some(items) = value.as_array() else {
        report.refuse(path, "is not a list");
        return None;
    };
    Some(
        items.iter().enumerate().filter_map(|(index, item)| read(item, &path.index(index), report)).collect(),
    )
}

/// A text, of at most so many characters in OCPI; a longer one is noted, for the tariff may hold it.
pub(crate) fn text<'a>(most: usize) -> impl FnOnce(&'a Value, &Path<'_>, &mut Report) -> Option<String> {
    move |value, path, report| {
        let Some(text) = value.as_str() else {
            report.refuse(path, "is not a string");
            return None;
        };
        if text.chars().count() > most {
            report.note(path, format_args!("has more than the {most} characters that OCPI allows"));
        }
        Some(text.to_owned())
    }
}

/// A decimal, exactly.
pub(crate) fn number(value: &Value, path: &Path<'_>, report: &mut Report) -> Option<Decimal> {
    let read = match value {
        Value::Number(_) => exact::deserialize(value).map_err(|error| error.to_string()),
        Value::String(text) => {
            report.note(path, "is a string and is read as a number");
            let short: String = text.chars().take(40).collect();
            exact::parse(&short)
        }
        _ => Err("is not a number".to_owned()),
    };
    read.map_err(|error| report.refuse(path, error)).ok()
}

/// A whole number from zero.
pub(crate) fn whole(value: &Value, path: &Path<'_>, report: &mut Report) -> Option<u32> {
    let number = number(value, path, report)?;
    let problem = if number < Decimal::ZERO {
        "is negative"
    } else if !number.fract().is_zero() {
        "is not a whole number"
    } else {
        if value.is_f64() {
            report.note(path, "is written with a fraction and is read as a whole number");
        }
        match number.to_u32() {
            Some(whole) => return Some(whole),
            None => "is absurdly large",
        }
    };
    report.refuse(path, problem);
    None
}

/// `true` or `false`.
pub(crate) fn boolean(value: &Value, path: &Path<'_>, report: &mut Report) -> Option<bool> {
    if value.as_bool().is_none() {
        report.refuse(path, "is neither true nor false");
    }
    value.as_bool()
}

/// A time of day.
pub(crate) fn time(value: &Value, path: &Path<'_>, report: &mut Report) -> Option<TimeOfDay> {
    let written = value.as_str().unwrap_or_default();
    if written == "24:00" {
        report.refuse(path, "is not a time of OCPI; the end of the day is 00:00");
        return None;
    }
    let minutes = written.strip_suffix(":00").filter(|_| written.matches(':').count() == 2);
    if minutes.is_some() {
        report.note(path, "has seconds, which OCPI's times have not");
    }
    let mut minutes = minutes.unwrap_or(written).to_owned();
    if minutes.len() == 4 && minutes.as_bytes()[1] == b':' {
        minutes.insert(0, '0');
        report.note(path, format_args!("is read as {minutes}"));
    }
    let read = minutes.parse();
    read.map_err(|_| report.refuse(path, "is not a time of day from \"00:00\" to \"23:59\"")).ok()
}

/// A local date.
pub(crate) fn date(value: &Value, path: &Path<'_>, report: &mut Report) -> Option<NaiveDate> {
    let plain = |text: &&str| text.len() <= 10 && text.starts_with(|first: char| first.is_ascii_digit());
    let date = value.as_str().filter(plain).and_then(|text| Some((text, text.parse::<NaiveDate>().ok()?)));
    match date {
        None => report.refuse(path, "is not a date like \"2026-01-31\""),
        Some((text, date)) if date.to_string() != text => {
            report.note(path, format_args!("is read as {date}"));
        }
        Some(_) => {}
    }
    date.map(|(_, date)| date)
}

/// An instant. Without a time zone it is in UTC; another time zone is not OCPI's, but has only one meaning.
pub(crate) fn instant(value: &Value, path: &Path<'_>, report: &mut Report) -> Option<DateTime<Utc>> {
    let text = value.as_str().filter(|text| text.len() <= 64).unwrap_or_default();
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        if !text.ends_with('Z') {
            report.note(path, "has an offset, which the instants of OCPI have not");
        }
        return Some(after_leap(instant.to_utc()));
    }
    match NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f") {
        Ok(utc) => Some(after_leap(utc.and_utc())),
        Err(_) => {
            report.refuse(path, "is not an instant like \"2026-01-31T12:00:00Z\"");
            None
        }
    }
}

/// A leap second has no place between two others: 23:59:60 is the instant after 23:59:59, which is 00:00:00.
fn after_leap(instant: DateTime<Utc>) -> DateTime<Utc> {
    let leap = instant.timestamp_subsec_nanos().checked_sub(1_000_000_000);
    let after = leap.and_then(|nanos| DateTime::from_timestamp(instant.timestamp() + 1, nanos));
    after.unwrap_or(instant)
}

/// A word of an enumeration.
pub(crate) fn word<'a, T: Copy>(
    table: &'static [(&'static str, T)],
) -> impl FnOnce(&'a Value, &Path<'_>, &mut Report) -> Option<T> {
    move |value, path, report| {
        let written = value.as_str().unwrap_or_default();
        let found = table.iter().find(|(word, _)| word.eq_ignore_ascii_case(written));
        match found {
            Some((word, _)) if *word != written => {
                report.note(path, format_args!("is read as {word}"));
            }
            Some(_) => {}
            None => {
                let words: Vec<&str> = table.iter().map(|(word, _)| *word).collect();
                report.refuse(path, format_args!("is not one of {}", words.join(", ")));
            }
        }
        found.map(|(_, value)| *value)
    }
}
