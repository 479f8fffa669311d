//! How single values are written: decimals, timestamps and words out of a list.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserializer, Error, Visitor};
use serde::{Deserialize, Serialize};

/// A date and time as written by its sender. Read it with [`crate::stamp::read`]: real stations write many things.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub String);

impl Timestamp {
    /// The text on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Timestamp {
    fn from(text: String) -> Timestamp {
        Timestamp(text)
    }
}

impl From<&str> for Timestamp {
    fn from(text: &str) -> Timestamp {
        Timestamp(text.to_owned())
    }
}

/// JSON numbers as decimals, exact to what was written within 15 digits.
pub(crate) mod decimal {
    use std::str::FromStr;

    use rust_decimal::Decimal;
    use rust_decimal::prelude::ToPrimitive;
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::{Error as _, Serializer};
    use serde_json::Number;

    /// A whole number is written without a fraction, so that it also fits a field that wants an integer.
    pub fn serialize<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
        match value.is_integer().then(|| value.to_i64()).flatten() {
            Some(whole) => serializer.serialize_i64(whole),
            // Through the text: the nearest double, whose shortest text is again what was meant.
            None => match value.to_string().parse::<f64>() {
                Ok(number) => serializer.serialize_f64(number),
                Err(_) => Err(S::Error::custom("a decimal beyond a JSON number")),
            },
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
        let number = Number::deserialize(deserializer)?;
        if let Some(whole) = number.as_i64() {
            return Ok(Decimal::from(whole));
        }
        // Without an exponent, so that what is too fine for a decimal is rounded.
        let text = match number.as_f64() {
            Some(float) if number.is_f64() => float.to_string(),
            _ => number.to_string(),
        };
        Decimal::from_str(&text).map_err(|_| D::Error::custom("a number beyond what a decimal holds"))
    }
}

/// [`decimal`] for a field that may be absent.
pub(crate) mod decimal_option {
    use rust_decimal::Decimal;
    use serde::de::{Deserialize, Deserializer};
    use serde::ser::Serializer;

    #[derive(serde::Deserialize)]
    struct Wrapped(#[serde(with = "super::decimal")] Decimal);

    pub fn serialize<S: Serializer>(value: &Option<Decimal>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => super::decimal::serialize(value, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
        Ok(Option::<Wrapped>::deserialize(deserializer)?.map(|wrapped| wrapped.0))
    }
}

/// Reads a word without a copy where it is one of the list.
pub(crate) fn word<'de, D: Deserializer<'de>, T: for<'a> From<&'a str>>(
    deserializer: D,
) -> Result<T, D::Error> {
    struct Word<T>(PhantomData<T>);
    impl<T: for<'a> From<&'a str>> Visitor<'_> for Word<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a word")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
            Ok(T::from(text))
        }
    }
    deserializer.deserialize_str(Word(PhantomData))
}

/// Enums of words. `Other` keeps a word outside the list as it came, and is also where a list of the standard that
/// has the word `Other` itself puts it.
macro_rules! words {
    ($($name:ident { $($variant:ident = $wire:literal)* })*) => {$(
        #[doc = concat!("The words of ", stringify!($name), ".")]
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum $name {
            $(#[doc = concat!("`", $wire, "`")] $variant,)*
            /// Any other word, as it came.
            Other(String),
        }

        impl $name {
            /// The word on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $($name::$variant => $wire,)*
                    $name::Other(word) => word,
                }
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> $name {
                match word {
                    $($wire => $name::$variant,)*
                    other => $name::Other(other.to_owned()),
                }
            }
        }

        /// No word at all: a blank that the schema refuses.
        impl Default for $name {
            fn default() -> $name {
                $name::Other(String::new())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                $crate::wire::word(deserializer)
            }
        }
    )*};
}
pub(crate) use words;

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize)]
    struct Number(#[serde(with = "super::decimal")] Decimal);

    fn again(text: &str) -> String {
        serde_json::to_string(&serde_json::from_str::<Number>(text).unwrap()).unwrap()
    }

    #[test]
    fn decimals_are_what_was_written() {
        for text in ["0", "-7", "0.1", "0.30000000000000004", "12345.678901234", "9007199254740993", "-0.005"]
        {
            assert_eq!(again(text), text);
        }
        for (text, kept) in
            [("1.0", "1"), ("1e3", "1000"), ("1.50", "1.5"), ("2.5e-3", "0.0025"), ("1e-40", "0")]
        {
            assert_eq!(again(text), kept);
        }
        for text in ["1e300", "\"1\"", "null", "true"] {
            assert!(serde_json::from_str::<Number>(text).is_err(), "{text}");
        }
    }
}
