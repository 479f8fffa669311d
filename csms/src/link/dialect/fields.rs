//! Reads the fields of a payload, taking them out so that nothing is copied.
//!
//! What comes here fits its schema, or was let pass in lenient mode; so each reader takes the types that stations mix
//! up (numbers as texts, one object for a list of one) and gives "not told" for the rest.

use super::Validation;
use crate::model::Stamp;
use chrono::{DateTime, Utc};
use ocpp::lenient::{DEVIATIONS_MAX, Deviation, SAMPLE_MAX};
use ocpp::{ErrorCode, Fault, Version, stamp};
use rust_decimal::Decimal;
use serde_json::{Map, Value};

/// 2.x allows milliseconds; 1.6 sets no limit.
const FRACTION_DIGITS_MAX: u8 = 3;

/// What a translation knows beside the payload.
pub struct Context {
    version: Version,
    validation: Validation,
    /// When the message came.
    pub received_at: DateTime<Utc>,
    /// What was odd so far.
    pub deviations: Vec<Deviation>,
}

impl Context {
    pub fn new(version: Version, validation: Validation, received_at: DateTime<Utc>) -> Context {
        Context { version, validation, received_at, deviations: Vec::new() }
    }

    pub fn is_lenient(&self) -> bool {
        self.validation == Validation::Lenient
    }

    /// Notes a broken rule once per place and rule; strict stations are refused instead, or it does no harm.
    pub fn note(&mut self, path: &str, rule: &'static str, sample: &str) {
        let is_known = self.deviations.iter().any(|known| known.path == path && known.rule == rule);
        if self.is_lenient() && !is_known && self.deviations.len() < DEVIATIONS_MAX {
            self.deviations.push(Deviation {
                path: path.to_owned(),
                rule,
                sample: sample.chars().take(SAMPLE_MAX).collect(),
            });
        }
    }

    /// Reads an instant. `path` names the field with `*` for positions in lists, so that deviations of a kind are one.
    ///
    /// # Errors
    /// In strict mode, for a text that is no instant.
    pub fn instant(&mut self, text: Option<&str>, path: &str) -> Result<Stamp, Fault> {
        let at = match text.and_then(stamp::read) {
            Some(read) => {
                let is_too_fine = self.version != Version::V16 && read.fraction_digits > FRACTION_DIGITS_MAX;
                if read.odd || is_too_fine {
                    self.note(path, "odd-time", text.unwrap_or_default());
                }
                // Both databases keep microseconds.
                DateTime::from_timestamp_micros(read.at.timestamp_micros()).unwrap_or(read.at)
            }
            None if self.is_lenient() => {
                self.note(path, "unreadable-time", text.unwrap_or_default());
                self.received_at
            }
            None => {
                let text = format!("{path} is no date and time that exists");
                return Err(Fault::new(ErrorCode::PropertyConstraintViolation, text));
            }
        };
        Ok(Stamp { at })
    }

    /// Reads an instant that may be left out.
    ///
    /// # Errors
    /// As [`Context::instant`].
    pub fn some_instant(&mut self, text: Option<&str>, path: &str) -> Result<Option<Stamp>, Fault> {
        match text {
            None | Some("") => Ok(None),
            told => self.instant(told, path).map(Some),
        }
    }
}

/// A JSON object that is being read.
pub struct Fields(Map<String, Value>);

impl Fields {
    /// The fields of an object; none for anything else.
    pub fn of(value: Value) -> Fields {
        match value {
            Value::Object(fields) => Fields(fields),
            _ => Fields(Map::new()),
        }
    }

    /// What has not been taken yet.
    pub fn rest(self) -> Value {
        Value::Object(self.0)
    }

    /// Puts a field back, unless it is an object of which nothing is left.
    pub fn put(&mut self, name: &str, value: Value) {
        if value.as_object().is_none_or(|object| !object.is_empty()) {
            self.0.insert(name.to_owned(), value);
        }
    }

    /// What has not been taken, unless all has been.
    pub fn something(self) -> Option<Value> {
        (!self.0.is_empty()).then_some(Value::Object(self.0))
    }

    /// A field as it is.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name).filter(|value| !value.is_null())
    }

    /// A look at a text.
    pub fn peek(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// A look at a field.
    pub fn look(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// A text; `None` if it is absent or says nothing.
    pub fn some(&mut self, name: &str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) if text.is_empty() => None,
            Value::String(text) => Some(text),
            value @ (Value::Number(_) | Value::Bool(_)) => Some(value.to_string()),
            _ => None,
        }
    }

    /// A text, empty if it is absent.
    pub fn text(&mut self, name: &str) -> String {
        self.some(name).unwrap_or_default()
    }

    /// A whole number.
    pub fn int(&mut self, name: &str) -> Option<i64> {
        match self.take(name)? {
            Value::Number(number) => number.as_i64().or_else(|| {
                let float = number.as_f64()?;
                (float.fract() == 0.0 && float.abs() < 9e15).then_some(float as i64)
            }),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// A small whole number that is not negative, such as the number of a connector; 0 if absent or absurd.
    pub fn index(&mut self, name: &str) -> i32 {
        self.int(name).and_then(|n| i32::try_from(n).ok()).unwrap_or(0).max(0)
    }

    pub fn bool(&mut self, name: &str) -> bool {
        match self.take(name) {
            Some(Value::Bool(told)) => told,
            Some(Value::String(text)) => text.eq_ignore_ascii_case("true"),
            _ => false,
        }
    }

    /// A number, to its last digit.
    pub fn decimal(&mut self, name: &str) -> Option<Decimal> {
        decimal(&self.take(name)?)
    }

    /// An object; empty if it is absent.
    pub fn object(&mut self, name: &str) -> Fields {
        Fields::of(self.take(name).unwrap_or_default())
    }

    /// A list; what stands alone counts as a list of one.
    pub fn list(&mut self, name: &str) -> Vec<Value> {
        match self.take(name) {
            Some(Value::Array(items)) => items,
            Some(item @ Value::Object(_)) => vec![item],
            _ => Vec::new(),
        }
    }
}

/// A number or the text of one. A JSON number is printed with the digits that it was sent with (up to seventeen), so
/// nothing is lost on the way through binary.
pub fn decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::Number(number) => exact(&number.to_string()),
        Value::String(text) => exact(text.trim()),
        _ => None,
    }
}

/// A number as programs write it.
pub fn exact(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    if text.contains(['e', 'E']) {
        return Decimal::from_scientific(text.strip_prefix('+').unwrap_or(text)).ok();
    }
    let plain = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if plain { text.parse().ok() } else { None }
}
