//! A stable fingerprint of a message's content.

use serde_json::{Number, Value};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Sixty-four bits of content: equal for the same action and payload, whatever the order of keys and the blanks
/// between them. Stations repeat a message under a new message id, and use one id for two messages; what they say
/// is the only thing to go by.
///
/// The value is kept in databases, so it never changes between releases (a test holds it). XXH3 is fast and not
/// made against forgers: a station can only make its own messages collide.
pub fn digest(action: &str, payload: &Value) -> i64 {
    xxh3_64_with_seed(action.as_bytes(), hash(payload)).cast_signed()
}

/// Seeds that keep the kinds of JSON values apart.
const NULL: u64 = 1;
const BOOL: u64 = 2;
const NUMBER: u64 = 4;
const TEXT: u64 = 5;
const LIST: u64 = 6;
const OBJECT: u64 = 7;

fn hash(value: &Value) -> u64 {
    match value {
        Value::Null => join(NULL, 0),
        Value::Bool(told) => join(BOOL, u64::from(*told)),
        Value::Number(number) => join(NUMBER, bits(number)),
        Value::String(text) => xxh3_64_with_seed(text.as_bytes(), TEXT),
        Value::Array(items) => {
            items.iter().fold(join(LIST, items.len() as u64), |sum, item| join(sum, hash(item)))
        }
        // A sum does not mind the order of the keys.
        Value::Object(fields) => join(
            OBJECT,
            fields.iter().fold(0, |sum: u64, (name, field)| {
                sum.wrapping_add(xxh3_64_with_seed(name.as_bytes(), hash(field)))
            }),
        ),
    }
}

/// 21 and 21.0 are one number.
fn bits(number: &Number) -> u64 {
    if let Some(whole) = number.as_i64() {
        return whole.cast_unsigned();
    }
    match number.as_f64() {
        Some(float) if float.fract() == 0.0 && float.abs() < 9e15 => (float as i64).cast_unsigned(),
        Some(float) => float.to_bits(),
        None => 0,
    }
}

fn join(seed: u64, word: u64) -> u64 {
    xxh3_64_with_seed(&word.to_le_bytes(), seed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn stays_the_same_for_ever() {
        let start =
            json!({"connectorId": 1, "idTag": "04A2", "meterStart": 0, "timestamp": "2026-08-22T10:20:30Z"});
        let mixed = json!({"a": [null, true, false, 1.5, -7, "x", {"b": []}]});
        let got = [
            digest("Heartbeat", &json!({})),
            digest("StartTransaction", &start),
            digest("DataTransfer", &mixed),
        ];
        // These figures are in databases: if this test fails, the code is wrong, not the test.
        assert_eq!(got, [7_282_509_271_916_927_357, 7_565_193_738_763_404_284, -2_760_069_183_689_807_597]);
    }

    #[test]
    fn content_counts_and_nothing_else() {
        let one: Value = serde_json::from_str(r#"{"a":1,"b":[1,2]}"#).unwrap();
        let same: Value = serde_json::from_str(r#"{ "b": [1, 2.0], "a": 1 }"#).unwrap();
        assert_eq!(digest("X", &one), digest("X", &same));
        for other in [
            json!({"a":1,"b":[2,1]}),
            json!({"a":1,"b":[[1,2]]}),
            json!({"b":1,"a":[1,2]}),
            json!({"a":1}),
            json!({"a":"1","b":[1,2]}),
            json!({"a":1,"b":[1,2],"c":null}),
        ] {
            assert_ne!(digest("X", &one), digest("X", &other), "{other}");
        }
        assert_ne!(digest("X", &one), digest("Y", &one));
    }

    proptest! {
        #[test]
        fn a_changed_field_changes_the_digest(a in any::<i64>(), b in any::<i64>(), text in "\\PC{0,40}") {
            let make = |n: i64| json!({"n": n, "text": text, "list": [n, text]});
            prop_assert_eq!(digest("X", &make(a)) == digest("X", &make(b)), a == b);
        }
    }
}
