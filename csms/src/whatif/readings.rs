//! Meter readings out of files: a table with a line of names, or JSON objects.

use super::{WhatIfError, files::refused};
use chrono::DateTime;
use serde_json::{Map, Value};
use tariffs::{Activity, Energy, Power, Reading};

/// Rows of readings in one file.
pub const ROWS_MAX: usize = 10_000_000;
/// The columns of readings; the last two may be left out.
const COLUMNS: [&str; 5] = ["session", "at", "register_kwh", "activity", "power_kw"];
/// The columns that must be there.
const NEEDED: usize = 3;

/// A reading and its session.
pub type Row = (String, Reading);

/// One reading, its values by the order of [`COLUMNS`].
fn reading(place: &str, order: usize, values: [&str; COLUMNS.len()]) -> Result<Row, WhatIfError> {
    let [session, at, register, activity, power] = values;
    let wrong =
        |column: usize, why: &dyn std::fmt::Display| refused(format!("{place}{}", COLUMNS[column]), why);
    if session.is_empty() {
        return Err(wrong(0, &"is empty"));
    }
    let at = DateTime::parse_from_rfc3339(at)
        .map_err(|_| wrong(1, &"is not an instant like 2026-10-31T18:00:00Z"))?;
    let mut reading = Reading::at(at.to_utc());
    reading.order = i64::try_from(order).unwrap_or(i64::MAX);
    let decimal = |column: usize, text: &str| tariffs::parse_decimal(text).map_err(|why| wrong(column, &why));
    if !register.is_empty() {
        let kwh = Energy::from_kwh(decimal(2, register)?).map_err(|why| wrong(2, &why))?;
        reading = reading.register(kwh);
    }
    match activity {
        "" => {}
        "charging" => reading = reading.activity(Activity::Charging),
        "parking" => reading = reading.activity(Activity::Parking),
        _ => return Err(wrong(3, &"is neither charging nor parking")),
    }
    if !power.is_empty() {
        let kw = Power::from_kw(decimal(4, power)?).map_err(|why| wrong(4, &why))?;
        reading = reading.power(kw);
    }
    Ok((session.to_owned(), reading))
}

/// Readings of a table: a line of names, then a line for each, with commas between.
pub fn csv(text: &str) -> Result<Vec<Row>, WhatIfError> {
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let Some((_, head)) = lines.next() else {
        return Err(refused("the file", "is empty"));
    };
    let names: Vec<&str> = head.split(',').map(|name| name.trim().trim_matches('"')).collect();
    if let Some(strange) = names.iter().find(|name| !COLUMNS.contains(name)) {
        let why = format!("has a column {strange:?}; readings have {}", COLUMNS.join(","));
        return Err(refused("line 1", why));
    }
    let places = COLUMNS.map(|column| names.iter().position(|name| *name == column));
    if let Some(missing) = (0..NEEDED).find(|index| places[*index].is_none()) {
        return Err(refused("line 1", format!("has no column {}", COLUMNS[missing])));
    }
    let mut rows = Vec::new();
    for (index, line) in lines {
        if rows.len() == ROWS_MAX {
            return Err(refused("the file", format!("has more than {ROWS_MAX} readings")));
        }
        let cells: Vec<&str> = line.split(',').map(|cell| cell.trim().trim_matches('"')).collect();
        let number = index + 1;
        if cells.len() != names.len() {
            let why = format!("has {} columns, the first line has {}", cells.len(), names.len());
            return Err(refused(format!("line {number}"), why));
        }
        let values =
            places.map(|place| place.and_then(|place| cells.get(place)).copied().unwrap_or_default());
        rows.push(reading(&format!("line {number}: "), index, values)?);
    }
    Ok(rows)
}

/// The reading of a JSON object.
pub fn row(object: &Map<String, Value>, index: usize) -> Result<Row, WhatIfError> {
    if let Some(strange) = object.keys().find(|name| !COLUMNS.contains(&name.as_str())) {
        let why = format!("is unknown: a reading has {}, and a CDR has charging_periods", COLUMNS.join(", "));
        return Err(refused(format!("[{index}].{strange}"), why));
    }
    let text = |name: &str| match object.get(name) {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(Value::Number(number)) => Ok(number.to_string()),
        Some(_) => Err(refused(format!("[{index}].{name}"), "is neither a text nor a number")),
    };
    let mut values = [const { String::new() }; COLUMNS.len()];
    for (value, name) in values.iter_mut().zip(COLUMNS) {
        *value = text(name)?;
    }
    reading(&format!("[{index}]."), index, values.each_ref().map(String::as_str))
}
