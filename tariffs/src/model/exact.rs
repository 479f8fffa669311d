//! Decimals in JSON without loss: written as strings, read from strings or numbers.
//!
//! JSON numbers arrive as binary floats. Their shortest decimal text is what the author wrote, as long as it has at
//! most 15 significant digits; a number with more is refused, it must be written as a string.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserializer, Serializer, de};

/// The digits up to which every decimal survives the way through a binary float (IEEE 754 binary64).
const SAFE_DIGITS: usize = 15;

/// Reads plain decimal notation: digits, one point, a leading minus. No exponent, no separators, no `+`.
pub fn parse(text: &str) -> Result<Decimal, String> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(whole) || !plain(fraction) {
        return Err(format!("\"{text}\" is not a decimal number"));
    }
    Decimal::from_str_exact(text).map_err(|_| format!("\"{text}\" has too many digits"))
}

pub(crate) fn serialize<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&value.normalize())
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    deserializer.deserialize_any(Reader)
}

/// The same for a field that may be absent or `null`.
pub(crate) mod option {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(
        value: &Option<Decimal>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => super::serialize(value, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Decimal>, D::Error> {
        struct Optional;

        impl<'de> de::Visitor<'de> for Optional {
            type Value = Option<Decimal>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a decimal as string or number, or null")
            }

            fn visit_none<E: de::Error>(self) -> Result<Self::Value, E> {
                Ok(None)
            }

            fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
                Ok(None)
            }

            fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
                super::deserialize(deserializer).map(Some)
            }
        }

        deserializer.deserialize_option(Optional)
    }
}

struct Reader;

impl de::Visitor<'_> for Reader {
    type Value = Decimal;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a decimal as string or number")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Decimal, E> {
        parse(text).map_err(E::custom)
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Decimal, E> {
        Ok(Decimal::from(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Decimal, E> {
        Ok(Decimal::from(value))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Decimal, E> {
        // Display gives the shortest text that reads back as the same float, never with an exponent.
        let text = value.to_string();
        let digits = text.trim_start_matches(['-', '0', '.']).bytes().filter(u8::is_ascii_digit).count();
        if digits > SAFE_DIGITS {
            return Err(E::custom(format!(
                "{text} has too many digits for a JSON number; write it as a string"
            )));
        }
        parse(&text).map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal_macros::dec;

    fn read(json: &str) -> Result<Decimal, String> {
        let mut reader = serde_json::Deserializer::from_str(json);
        deserialize(&mut reader).map_err(|error| error.to_string())
    }

    #[test]
    fn strings_and_numbers_are_read_exactly() {
        for json in ["0.1", "\"0.1\"", "0.10", "1e-1"] {
            assert_eq!(read(json), Ok(dec!(0.1)), "{json}");
        }
        assert_eq!(read("0.45250001"), Ok(dec!(0.45250001)));
        assert_eq!(read("12345678.9012345"), Ok(dec!(12345678.9012345)));
        assert_eq!(read("-7"), Ok(dec!(-7)));
        assert_eq!(read("9007199254740993"), Ok(dec!(9007199254740993)));
        assert_eq!(read("\"0.1234567890123456789012345678\""), Ok(dec!(0.1234567890123456789012345678)));
    }

    #[test]
    fn what_is_no_decimal_is_refused() {
        for json in
            ["\"\"", "\"1,5\"", "\"1e3\"", "\"+1\"", "\"1_000\"", "\".5\"", "\"5.\"", "\"-\"", "true", "[]"]
        {
            assert!(read(json).is_err(), "{json}");
        }
    }

    #[test]
    fn numbers_beyond_the_reach_of_a_float_are_refused() {
        assert!(read("0.12345678901234567").unwrap_err().contains("write it as a string"));
        assert!(read("1e300").is_err());
        assert!(read("\"0.12345678901234567890123456789\"").unwrap_err().contains("too many digits"));
    }
}
