//! Reading JSON field by field, so that everything wrong with it is told at once, each with its path.

use std::fmt;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::{Map, Number, Value};

use crate::check::{Invalid, Problem};
use crate::exact;

/// More are not told: whoever sends so many has other worries.
const MAX_FINDINGS: usize = 200;
/// What a list may hold unless OCPP says less.
pub(super) const MAX_LIST: usize = 1_000;
/// A JSON text may have so many bytes.
const MAX_BYTES: usize = 1 << 20;
/// Of a field that is not known so much is told.
const MAX_NAME: usize = 60;
/// The digits that every JSON number keeps.
const SAFE_DIGITS: usize = 15;

/// What was found on the way.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub problems: Vec<Problem>,
    pub notes: Vec<Problem>,
}

impl Findings {
    pub fn refuse(&mut self, path: impl Into<String>, message: &dyn fmt::Display) {
        push(&mut self.problems, path.into(), message);
    }

    pub fn note(&mut self, path: impl Into<String>, message: &dyn fmt::Display) {
        push(&mut self.notes, path.into(), message);
    }

    /// The notes, if nothing was refused.
    pub fn end(self) -> Result<Vec<Problem>, Invalid> {
        if self.problems.is_empty() { Ok(self.notes) } else { Err(Invalid { problems: self.problems }) }
    }
}

/// Once each: one field of a tariff may be several of OCPP, and the taxes of a list are those of all its prices.
fn push(list: &mut Vec<Problem>, path: String, message: &dyn fmt::Display) {
    let found = match list.len() {
        length if length < MAX_FINDINGS => Problem::new(path, message),
        MAX_FINDINGS => Problem::new(String::new(), &"and more of the like"),
        _ => return,
    };
    if !list.contains(&found) {
        list.push(found);
    }
}

/// Parses a JSON text of reasonable size.
pub(super) fn parse(json: &str) -> Result<Value, Invalid> {
    if json.len() > MAX_BYTES {
        return Err(Problem::new(String::new(), &"has more than 1 MiB").into());
    }
    serde_json::from_str(json).map_err(|error| Problem::new(String::new(), &error).into())
}

/// A JSON object whose fields are asked for one by one.
pub(super) struct Object<'a> {
    map: &'a Map<String, Value>,
    path: String,
    known: Vec<&'static str>,
}

impl<'a> Object<'a> {
    /// Refuses what is no object.
    pub fn new(value: &'a Value, path: &str, findings: &mut Findings) -> Option<Object<'a>> {
        let Value::Object(map) = value else {
            findings.refuse(path, &"is not an object");
            return None;
        };
        Some(Object { map, path: path.to_owned(), known: vec!["customData"] })
    }

    /// The path of a field.
    pub fn path(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// A field, if it is there. `null` is not.
    pub fn get(&mut self, name: &'static str) -> Option<&'a Value> {
        self.known.push(name);
        self.map.get(name).filter(|value| !value.is_null())
    }

    /// The same, refused if it is not there.
    pub fn need(&mut self, name: &'static str, findings: &mut Findings) -> Option<&'a Value> {
        let value = self.get(name);
        if value.is_none() {
            findings.refuse(self.path(name), &"is missing");
        }
        value
    }

    pub fn text(&mut self, name: &'static str, most: usize, findings: &mut Findings) -> Option<&'a str> {
        let value = self.get(name)?;
        text(value, &self.path(name), most, findings)
    }

    pub fn need_text(&mut self, name: &'static str, most: usize, findings: &mut Findings) -> Option<&'a str> {
        let value = self.need(name, findings)?;
        text(value, &self.path(name), most, findings)
    }

    /// A text that is read into something; refused with the words of its error.
    pub fn parsed<T: std::str::FromStr<Err: fmt::Display>>(
        &mut self,
        name: &'static str,
        findings: &mut Findings,
    ) -> Option<T> {
        let text = self.text(name, MAX_NAME, findings)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                findings.refuse(self.path(name), &error);
                None
            }
        }
    }

    /// An instant.
    pub fn instant(&mut self, name: &'static str, findings: &mut Findings) -> Option<DateTime<Utc>> {
        let instant = self.text(name, MAX_NAME, findings)?.parse().ok();
        if instant.is_none() {
            findings.refuse(self.path(name), &"is not a time like 2026-12-24T18:00:00Z");
        }
        instant
    }

    pub fn decimal(&mut self, name: &'static str, findings: &mut Findings) -> Option<Decimal> {
        let value = self.get(name)?;
        decimal(value, &self.path(name), findings)
    }

    pub fn need_decimal(&mut self, name: &'static str, findings: &mut Findings) -> Option<Decimal> {
        let value = self.need(name, findings)?;
        decimal(value, &self.path(name), findings)
    }

    /// A whole number that is not negative.
    pub fn whole(&mut self, name: &'static str, findings: &mut Findings) -> Option<u32> {
        let value = self.get(name)?;
        whole(value, &self.path(name), findings)
    }

    pub fn flag(&mut self, name: &'static str, findings: &mut Findings) -> Option<bool> {
        let value = self.get(name)?;
        if !value.is_boolean() {
            findings.refuse(self.path(name), &"is neither true nor false");
        }
        value.as_bool()
    }

    /// The members of a list with their paths; nothing if there is no list. An empty list is refused, as by OCPP.
    pub fn list(
        &mut self,
        name: &'static str,
        most: usize,
        findings: &mut Findings,
    ) -> Vec<(String, &'a Value)> {
        let Some(value) = self.get(name) else { return Vec::new() };
        let path = self.path(name);
        let Value::Array(members) = value else {
            findings.refuse(path, &"is not a list");
            return Vec::new();
        };
        if members.is_empty() {
            findings.refuse(&path, &"is empty; leave it out");
        }
        if members.len() > most {
            findings.refuse(&path, &format_args!("has more than {most} members"));
        }
        members.iter().take(most).enumerate().map(|(at, member)| (format!("{path}[{at}]"), member)).collect()
    }

    /// Notes the fields that nobody asked for.
    pub fn end(self, findings: &mut Findings) {
        for path in self.unknown() {
            findings.note(path, &"is not a field of OCPP 2.1 and is left out");
        }
    }

    /// Refuses them, where to leave one out would change the meaning of the others.
    pub fn end_strictly(self, findings: &mut Findings) {
        for path in self.unknown() {
            findings.refuse(path, &"is not a field that OCPP 2.1 has here");
        }
    }

    fn unknown(&self) -> impl Iterator<Item = String> {
        let names = self.map.keys().filter(|name| !self.known.contains(&name.as_str()));
        names.map(|name| {
            self.path(&name.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect::<String>())
        })
    }
}

/// A text of at most `most` characters.
pub(super) fn text<'a>(
    value: &'a Value,
    path: &str,
    most: usize,
    findings: &mut Findings,
) -> Option<&'a str> {
    let Some(text) = value.as_str() else {
        findings.refuse(path, &"is not a text");
        return None;
    };
    if text.chars().count() > most {
        findings.refuse(path, &format_args!("has more than {most} characters"));
        return None;
    }
    Some(text)
}

/// A number, exactly as it was written.
pub(super) fn decimal(value: &Value, path: &str, findings: &mut Findings) -> Option<Decimal> {
    if !value.is_number() {
        findings.refuse(path, &"is not a number");
        return None;
    }
    let read = exact::deserialize(value);
    if read.is_err() {
        findings.refuse(path, &"has more than the 15 digits that a JSON number keeps");
    }
    read.ok()
}

/// A whole number that is not negative.
pub(super) fn whole(value: &Value, path: &str, findings: &mut Findings) -> Option<u32> {
    let whole = value.as_u64().and_then(|whole| u32::try_from(whole).ok());
    if whole.is_none() {
        findings.refuse(path, &"is not a whole number from 0 to 4294967295");
    }
    whole
}

/// A decimal as a JSON number; `None` if a JSON number could not keep all its digits.
pub(super) fn number(value: Decimal) -> Option<Value> {
    let text = value.normalize().to_string();
    let digits = text.trim_start_matches(['-', '0', '.']).bytes().filter(u8::is_ascii_digit).count();
    if digits > SAFE_DIGITS {
        return None;
    }
    text.parse::<Number>().ok().map(Value::Number)
}

/// Does the number have at most so many decimals?
pub(super) fn fits(value: Decimal, decimals: u32) -> bool {
    value.normalize().scale() <= decimals
}
