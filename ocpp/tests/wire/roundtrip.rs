//! Valid payloads of every message go through their types unchanged.

use ocpp::schema::{Book, check};
use proptest::prelude::*;
use serde_json::Value;

use crate::codec::recode;
use crate::make::{Dice, Fill, messages, payload};

fn unchanged(fill: Fill, seed: u64) {
    let mut dice = Dice(seed);
    for (version, action, kind, object) in messages() {
        let given = payload(Book::of(version), object, fill, &mut dice);
        let place = format!("{version:?} {action} {kind:?}");
        assert_eq!(check(version, action, kind, &given), Ok(()), "{place} {given:#}");
        let again =
            recode(version, action, kind, &given).unwrap_or_else(|e| panic!("{place}: {e} {given:#}"));
        assert!(same(&given, &again), "{place}\ngiven {given:#}\nagain {again:#}");
    }
}

/// Equal, with numbers compared as numbers within 15 digits.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            a == b || ((a - b) / a).abs() < 1e-15
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

#[test]
fn the_least_and_the_fullest_payload() {
    unchanged(Fill::None, 1);
    unchanged(Fill::All, 2);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_payload(seed: u64) {
        unchanged(Fill::Some, seed);
    }
}
