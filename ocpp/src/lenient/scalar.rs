//! Repairs of single values.

use serde_json::{Number, Value, json};

use super::Repair;
use crate::schema::{DECIMAL_MAX, Violation, is_instant, is_uri};

/// The only texts that are shown in a deviation: what names a product or a sample, never what names a person, a token
/// or a secret. (`value` is one of them in a sampledValue only: elsewhere it may be a password.)
const SHOWN: [&str; 14] = [
    "chargePointVendor",
    "chargePointModel",
    "chargePointSerialNumber",
    "chargeBoxSerialNumber",
    "firmwareVersion",
    "meterType",
    "meterSerialNumber",
    "vendorErrorCode",
    "info",
    "vendorName",
    "model",
    "serialNumber",
    "unit",
    "techCode",
];
/// Beyond this, a double no longer tells one integer from the next.
const INTEGER_MAX: f64 = 9_007_199_254_740_992.0;

impl Repair {
    pub(super) fn text(&mut self, name: &str, max: Option<u32>, value: &mut Value) -> Result<(), Violation> {
        let rule = match value {
            Value::String(_) => None,
            Value::Number(_) => Some("number-for-string"),
            Value::Bool(_) => Some("boolean-for-string"),
            // Only where any text is welcome, e.g. the data of a DataTransfer.
            Value::Array(_) | Value::Object(_) if max.is_none() => Some("json-for-string"),
            _ => return Err(self.broken("type", "is no string")),
        };
        if rule.is_some() {
            *value = Value::String(value.to_string());
        }
        let text = value.as_str().unwrap_or_default();
        let sampled = name == "value" && self.path.contains("/sampledValue/");
        let shown = (sampled || SHOWN.contains(&name)).then_some(text);
        if let Some(rule) = rule {
            self.note(rule, shown);
        }
        // Bytes first: few texts are long enough to be counted.
        if max.is_some_and(|max| text.len() > max as usize && text.chars().count() > max as usize) {
            self.note("too-long", shown);
        }
        Ok(())
    }

    pub(super) fn time(&mut self, value: &mut Value) -> Result<(), Violation> {
        if value.is_number() {
            *value = Value::String(value.to_string());
        }
        let Value::String(text) = value else { return Err(self.broken("type", "is no string")) };
        if !is_instant(text) {
            let readable = crate::stamp::read(text).is_some();
            self.note(if readable { "odd-time" } else { "unreadable-time" }, Some(text));
        }
        Ok(())
    }

    pub(super) fn uri(&mut self, value: &mut Value) -> Result<(), Violation> {
        let Value::String(text) = value else { return Err(self.broken("type", "is no string")) };
        if !is_uri(text) {
            // It may hold a user and a password.
            self.note("odd-uri", None);
        }
        Ok(())
    }

    pub(super) fn word(&mut self, words: &[&'static str], value: &mut Value) -> Result<(), Violation> {
        if value.is_number() {
            *value = Value::String(value.to_string());
        }
        let Value::String(text) = value else { return Err(self.broken("type", "is no string")) };
        if words.contains(&text.as_str()) {
            return Ok(());
        }
        let meant = words.iter().find(|word| word.eq_ignore_ascii_case(text.trim()));
        self.note(if meant.is_some() { "word-case" } else { "unknown-word" }, Some(text));
        if let Some(word) = meant {
            *text = (*word).to_owned();
        }
        Ok(())
    }

    pub(super) fn boolean(&mut self, value: &mut Value) -> Result<(), Violation> {
        let (rule, meant) = match value {
            Value::Bool(_) => return Ok(()),
            Value::String(text) => {
                let meant = match text.trim().to_ascii_lowercase().as_str() {
                    "true" | "1" | "yes" => Some(true),
                    "false" | "0" | "no" => Some(false),
                    _ => None,
                };
                ("string-for-boolean", meant)
            }
            Value::Number(number) => match number.as_i64() {
                Some(bit @ 0..=1) => ("number-for-boolean", Some(bit == 1)),
                _ => ("number-for-boolean", None),
            },
            _ => ("", None),
        };
        let Some(meant) = meant else { return Err(self.broken("type", "is no boolean")) };
        self.note(rule, Some(&value.to_string()));
        *value = Value::Bool(meant);
        Ok(())
    }

    pub(super) fn integer(
        &mut self,
        limits: (Option<i64>, Option<i64>),
        value: &mut Value,
    ) -> Result<(), Violation> {
        self.unquote(value);
        let whole = match value.as_i64() {
            Some(whole) => whole,
            None => {
                let float = value.as_f64().filter(|float| float.abs() < INTEGER_MAX);
                let Some(float) = float else { return Err(self.broken("type", "is no integer")) };
                let rule = if float.fract() == 0.0 { "fraction" } else { "rounded" };
                self.note(rule, Some(&value.to_string()));
                let whole = float.round() as i64;
                *value = json!(whole);
                whole
            }
        };
        if limits.0.is_some_and(|min| whole < min) || limits.1.is_some_and(|max| whole > max) {
            self.note("out-of-range", Some(&whole.to_string()));
        }
        Ok(())
    }

    pub(super) fn number(
        &mut self,
        limits: (Option<i64>, Option<i64>),
        step: Option<&str>,
        value: &mut Value,
    ) -> Result<(), Violation> {
        self.unquote(value);
        let number = value.as_f64().filter(|number| number.abs() <= DECIMAL_MAX);
        let Some(number) = number else { return Err(self.broken("type", "is no number")) };
        let below = limits.0.is_some_and(|min| number < min as f64);
        let above = limits.1.is_some_and(|max| number > max as f64);
        let between = step.and_then(|step| step.parse().ok()).is_some_and(|step| !is_multiple(value, step));
        if below || above || between {
            self.note("out-of-range", Some(&value.to_string()));
        }
        Ok(())
    }

    /// A number in a string, also with a comma for the point, becomes a number. Anything else stays.
    fn unquote(&mut self, value: &mut Value) {
        let Value::String(text) = value else { return };
        if let Some(number) = read_number(text) {
            self.note("string-for-number", Some(text));
            *value = Value::Number(number);
        }
    }
}

fn is_multiple(value: &Value, step: rust_decimal::Decimal) -> bool {
    let exact: Option<rust_decimal::Decimal> = value.to_string().parse().ok();
    exact.is_none_or(|number| (number % step).is_zero())
}

fn read_number(text: &str) -> Option<Number> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '"');
    let pointed = match (text.contains('.'), text.matches(',').count()) {
        (false, 1) => text.replace(',', "."),
        _ => text.to_owned(),
    };
    if let Ok(whole) = pointed.parse::<i64>() {
        return Some(Number::from(whole));
    }
    // "inf" and "nan" are numbers to Rust, but not to JSON.
    Number::from_f64(pointed.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_strings() {
        for (text, number) in [
            ("5", json!(5)),
            (" 12.10 ", json!(12.1)),
            ("12,5", json!(12.5)),
            ("+7", json!(7)),
            ("-1e3", json!(-1000.0)),
            ("\"5\"", json!(5)),
        ] {
            assert_eq!(read_number(text).map(Value::Number), Some(number), "{text}");
        }
        for text in ["", "NaN", "inf", "1.234,5", "1,234,5", "5 kWh", "0x10"] {
            assert_eq!(read_number(text), None, "{text}");
        }
    }
}
