//! Decimals as OCPP's JSON numbers.

use rust_decimal::Decimal;
use serde_json::{Number, Value};

/// The digits that every JSON number keeps.
const SAFE_DIGITS: usize = 15;

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
