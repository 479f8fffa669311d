//! What stations get wrong and still mean.

use ocpp::lenient::{DEVIATIONS_MAX, Deviation, SAMPLE_MAX, accept};
use ocpp::schema::{Book, Kind, check};
use ocpp::{ErrorCode, Version};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::codec::recode;
use crate::make::{Dice, Fill, messages, payload};

/// Accepts a request that the strict check refuses: what became of it, and the rules with their paths.
fn repaired(version: Version, action: &str, given: Value) -> (Value, Vec<String>) {
    assert!(check(version, action, Kind::Request, &given).is_err(), "strictly fine: {given}");
    let mut payload = given;
    let found = accept(version, action, Kind::Request, &mut payload).unwrap();
    recode(version, action, Kind::Request, &payload).unwrap();
    (payload, found.iter().map(|d| format!("{} {}", d.rule, d.path)).collect())
}

fn meter_values(meter_value: Value) -> Value {
    json!({ "connectorId": 1, "transactionId": 7, "meterValue": meter_value })
}

#[test]
fn numbers_and_strings_in_each_others_place() {
    let given = json!({
        "connectorId": "1", "transactionId": 7.0,
        "meterValue": { "timestamp": "2026-01-31 12:00:00", "sampledValue": [
            { "value": 1234.5, "unit": "wh", "measurand": "energy.active.import.register" },
            { "value": "230,1", "unit": "Volt" },
            { "unit": "A" },
        ] },
    });
    let (payload, rules) = repaired(Version::V16, "MeterValues", given);
    assert_eq!(
        payload,
        meter_values(json!([{ "timestamp": "2026-01-31 12:00:00", "sampledValue": [
            { "value": "1234.5", "unit": "Wh", "measurand": "Energy.Active.Import.Register" },
            { "value": "230,1", "unit": "Volt" },
        ] }]))
    );
    assert_eq!(
        rules,
        [
            "string-for-number /connectorId",
            "single-for-list /meterValue",
            "odd-time /meterValue/0/timestamp",
            "number-for-string /meterValue/0/sampledValue/0/value",
            "word-case /meterValue/0/sampledValue/0/measurand",
            "word-case /meterValue/0/sampledValue/0/unit",
            "unknown-word /meterValue/0/sampledValue/1/unit",
            "unreadable /meterValue/0/sampledValue/2",
            "fraction /transactionId",
        ]
    );
}

#[test]
fn a_transaction_event_keeps_its_energy() {
    let given = json!({
        "eventType": "ended", "timestamp": "2026-01-31T12:00:00+02", "triggerReason": "Whatever", "seqNo": "4",
        "offline": "TRUE", "evse": {}, "reservationId": "none", "numberOfPhasesUsed": 7, "vendor": { "x": 1 },
        "transactionInfo": { "transactionId": 12345, "stoppedReason": "" },
        "meterValue": [
            { "timestamp": "2026-01-31T12:00:00Z", "sampledValue": [] },
            { "sampledValue": [{ "value": "12,75", "unitOfMeasure": null }, { "value": "NaN" }, { "value": -1 }] },
        ],
    });
    let (payload, rules) = repaired(Version::V201, "TransactionEvent", given);
    assert_eq!(
        payload,
        json!({
            "eventType": "Ended", "timestamp": "2026-01-31T12:00:00+02", "triggerReason": "Whatever", "seqNo": 4,
            "offline": true, "numberOfPhasesUsed": 7, "vendor": { "x": 1 },
            "transactionInfo": { "transactionId": "12345" },
            "meterValue": [{ "timestamp": "", "sampledValue": [{ "value": 12.75 }, { "value": -1 }] }],
        })
    );
    insta::assert_json_snapshot!("rules_of_a_transaction_event", rules);
}

#[test]
fn nothing_that_is_too_much_is_cut() {
    let long = "M".repeat(70);
    let (payload, rules) = repaired(
        Version::V16,
        "BootNotification",
        json!({ "chargePointVendor": "V", "chargePointModel": long, "extra": 1, "iccid": null, "Imsi": "1" }),
    );
    assert_eq!(
        payload,
        json!({ "chargePointVendor": "V", "chargePointModel": long, "extra": 1, "imsi": "1" })
    );
    assert_eq!(
        rules,
        ["field-case /imsi", "unknown-field /extra", "too-long /chargePointModel", "null /iccid"]
    );
}

#[test]
fn what_is_missing_and_obvious_is_added() {
    let (payload, rules) = repaired(
        Version::V16,
        "StatusNotification",
        json!({ "connectorId": 1, "status": "charging", "timestamp": "" }),
    );
    assert_eq!(payload, json!({ "connectorId": 1, "status": "Charging", "errorCode": "NoError" }));
    assert_eq!(rules, ["missing /errorCode", "word-case /status", "empty /timestamp"]);
}

#[test]
fn what_the_message_needs_is_demanded() {
    for (version, action, given, path, keyword, code) in [
        (
            Version::V16,
            "StopTransaction",
            json!({ "transactionId": 1, "timestamp": "2026-01-31T12:00:00Z" }),
            "/meterStop",
            "required",
            ErrorCode::OccurrenceConstraintViolation,
        ),
        (
            Version::V16,
            "StartTransaction",
            json!({ "connectorId": 1, "idTag": "a", "meterStart": "n/a", "timestamp": "2026-01-31T12:00:00Z" }),
            "/meterStart",
            "type",
            ErrorCode::TypeConstraintViolation,
        ),
        (
            Version::V201,
            "TransactionEvent",
            json!({
                "eventType": "Started", "timestamp": "2026-01-31T12:00:00Z", "triggerReason": "Authorized",
                "seqNo": 0, "transactionInfo": {},
            }),
            "/transactionInfo/transactionId",
            "required",
            ErrorCode::OccurrenceConstraintViolation,
        ),
        (Version::V21, "Heartbeat", json!("now"), "", "type", ErrorCode::TypeConstraintViolation),
        (Version::V16, "Rabbit", json!({}), "", "action", ErrorCode::NotImplemented),
    ] {
        let violation = accept(version, action, Kind::Request, &mut given.clone()).unwrap_err();
        assert_eq!(
            (violation.path.as_str(), violation.keyword.as_str(), violation.code),
            (path, keyword, code),
            "{action}"
        );
    }
}

#[test]
fn a_message_without_readable_samples_is_still_a_message() {
    let given =
        json!({ "evseId": 1, "meterValue": [{ "timestamp": "2026-01-31T12:00:00Z", "sampledValue": [] }] });
    let (payload, rules) = repaired(Version::V201, "MeterValues", given);
    assert_eq!(payload, json!({ "evseId": 1, "meterValue": [] }));
    assert_eq!(rules, ["unreadable /meterValue/0", "empty-list /meterValue"]);
}

#[test]
fn secrets_are_not_sampled() {
    let secret = "0123456789".repeat(30);
    for (version, action, kind, given) in [
        (Version::V16, "Authorize", Kind::Request, json!({ "idTag": secret })),
        (
            Version::V16,
            "GetConfiguration",
            Kind::Response,
            json!({ "configurationKey": [
                { "key": "AuthorizationKey", "readonly": "no", "value": format!("{secret}{secret}") }] }),
        ),
        (
            Version::V201,
            "Authorize",
            Kind::Request,
            json!({ "idToken": { "idToken": secret, "type": "keycode" }, "password": secret }),
        ),
    ] {
        let found = accept(version, action, kind, &mut given.clone()).unwrap();
        assert!(!found.is_empty());
        assert!(!format!("{found:?}").contains("0123"), "{found:?}");
    }
}

#[test]
fn a_flood_of_deviations_is_bounded() {
    let samples: Vec<Value> = (0..500).map(|i| json!({ "value": i, "unit": "x".repeat(500) })).collect();
    let mut given = meter_values(json!([{ "timestamp": "2026-01-31T12:00:00Z", "sampledValue": samples }]));
    let found = accept(Version::V16, "MeterValues", Kind::Request, &mut given).unwrap();
    assert_eq!(found.len(), DEVIATIONS_MAX);
    assert!(found.iter().all(|d| d.sample.chars().count() <= SAMPLE_MAX));
    assert_eq!(given["meterValue"][0]["sampledValue"].as_array().map(Vec::len), Some(500));
    assert_eq!(given["meterValue"][0]["sampledValue"][499]["value"], "499");
}

/// Breaks a payload in some place: what stations and attackers come up with.
fn spoil(value: &mut Value, dice: &mut Dice) {
    match value {
        Value::Object(map) if !map.is_empty() && dice.roll(5) > 0 => {
            let key = map.keys().nth(dice.roll(map.len() as u64) as usize).unwrap().clone();
            match dice.roll(8) {
                0 => drop(map.remove(&key)),
                1 => drop(map.insert("sürprise/~".to_owned(), json!([1]))),
                2 => {
                    let taken = map.remove(&key).unwrap();
                    map.insert(key.to_uppercase(), taken);
                }
                _ => spoil(map.get_mut(&key).unwrap(), dice),
            }
        }
        Value::Array(items) if !items.is_empty() && dice.roll(5) > 0 => {
            let index = dice.roll(items.len() as u64) as usize;
            spoil(&mut items[index], dice);
        }
        _ => {
            let old = value.take();
            *value = match dice.roll(12) {
                0 => Value::Null,
                1 => json!(""),
                2 => json!([]),
                3 => json!({}),
                4 => json!([old]),
                5 => json!("NaN"),
                6 => json!(1e300),
                7 => json!(u64::MAX),
                8 => json!(-0.5),
                9 => json!("x".repeat(3000)),
                10 => json!(old.to_string()),
                _ => json!(old.as_str().map(str::to_lowercase)),
            };
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn valid_payloads_are_left_alone(seed: u64) {
        let mut dice = Dice(seed);
        for (version, action, kind, object) in messages() {
            let given = payload(Book::of(version), object, Fill::Some, &mut dice);
            let mut kept = given.clone();
            prop_assert_eq!(accept(version, action, kind, &mut kept), Ok(Vec::<Deviation>::new()));
            prop_assert_eq!(given, kept);
        }
    }

    #[test]
    fn spoilt_payloads_are_told_apart(seed: u64) {
        let mut dice = Dice(seed);
        for (version, action, kind, object) in messages() {
            let mut given = payload(Book::of(version), object, Fill::Some, &mut dice);
            for _ in 0..=dice.roll(4) {
                spoil(&mut given, &mut dice);
            }
            let place = format!("{version:?} {action} {kind:?} {given:#}");
            let strict = check(version, action, kind, &given);
            let mut first = given.clone();
            let Ok(found) = accept(version, action, kind, &mut first) else {
                prop_assert!(strict.is_err(), "refused, but strictly fine: {}", place);
                continue;
            };
            prop_assert_eq!(found.is_empty(), strict.is_ok(), "{:?} {:?} {}", found, strict, place);
            if strict.is_ok() {
                prop_assert_eq!(&first, &given);
            }
            prop_assert!(recode(version, action, kind, &first).is_ok(), "{} became {:#}", place, first);
            let mut second = first.clone();
            prop_assert!(accept(version, action, kind, &mut second).is_ok());
            prop_assert_eq!(first, second);
        }
    }
}
