//! CDRs that cannot be priced: each refusal names the field.

mod common;

use proptest::prelude::*;
use serde_json::{Value, json};
use tariffs::ocpi::{self, Version};

fn sound() -> Value {
    json!({
        "id": "c", "currency": "EUR", "start_date_time": "2026-11-23T10:00:00Z",
        "end_date_time": "2026-11-23T11:00:00Z",
        "charging_periods": [
            { "start_date_time": "2026-11-23T10:00:00Z", "dimensions": [{ "type": "ENERGY", "volume": 1.5 }] }
        ],
        "total_cost": { "excl_vat": 1 }, "total_energy": 1.5, "total_time": 1
    })
}

fn problems(cdr: &Value) -> Vec<String> {
    let read = ocpi::read_cdr(&cdr.to_string(), Version::V2_2_1);
    read.err().map(|invalid| invalid.problems.iter().map(ToString::to_string).collect()).unwrap_or_default()
}

#[test]
fn a_sound_one_is_read() {
    assert_eq!(problems(&sound()), Vec::<String>::new());
}

#[test]
fn every_refusal_names_its_field() {
    let volume = "/charging_periods/0/dimensions/0/volume";
    let cases = [
        ("/start_date_time", Value::Null, "start_date_time: is missing"),
        ("/start_date_time", json!("yesterday"), "start_date_time: is not an instant like"),
        ("/end_date_time", json!("2026-11-23T09:00:00Z"), "end_date_time: is before start_date_time"),
        ("/end_date_time", json!("2036-11-23T09:00:00Z"), "end_date_time: is more than 400 days after"),
        ("/currency", json!("EURO"), "currency: \"EURO\" is not a currency"),
        ("/charging_periods", json!([]), "charging_periods: needs at least one period"),
        ("/charging_periods", json!({}), "charging_periods: is not a list"),
        ("/charging_periods/0", json!(7), "charging_periods[0]: is not an object"),
        (volume, json!(1e12), "charging_periods[0].dimensions[0].volume: is absurdly large"),
        (volume, json!("much"), "charging_periods[0].dimensions[0].volume: \"much\" is not a decimal number"),
        (volume, json!(0.12345678901234567), "charging_periods[0].dimensions[0].volume: "),
        (volume, Value::Null, "charging_periods[0].dimensions[0].volume: is missing"),
        (
            "/charging_periods/0/dimensions",
            json!([{ "type": "TIME", "volume": -0.1 }]),
            "charging_periods[0].dimensions[0].volume: is negative",
        ),
        (
            "/charging_periods/0/dimensions",
            json!([{ "type": "TIME", "volume": 1 }, { "type": "TIME", "volume": 1 }]),
            "charging_periods[0].dimensions[1].type: occurs twice in the period",
        ),
        ("/total_cost", json!({}), "total_cost.excl_vat: is missing"),
        ("/total_energy", json!(true), "total_energy: is not a number"),
    ];
    for (pointer, value, told) in cases {
        let mut cdr = sound();
        *cdr.pointer_mut(pointer).unwrap() = value;
        let found = problems(&cdr);
        assert!(found.iter().any(|problem| problem.starts_with(told)), "{pointer}: {found:?}");
    }
}

/// Whoever prices by a tariff of their own does not need the one in the CDR; whoever prices by that one hears why not.
#[test]
fn a_tariff_that_cannot_be_read_does_not_keep_a_cdr_from_being_priced() {
    let mut cdr = sound();
    cdr["tariffs"] = json!([{ "id": "x", "currency": "EUR", "elements": [] }]);
    let read = ocpi::read_cdr(&cdr.to_string(), Version::V2_2_1).unwrap();
    assert!(read.notes[0].to_string().starts_with("tariffs[0]: cannot be read and was left out: "));
    let json =
        r#"{"id":"t","currency":"EUR","elements":[{"components":[{"dimension":"energy","price":2}]}]}"#;
    let plan = std::sync::Arc::new(tariffs::Plan::new(std::sync::Arc::new(common::full(json))).unwrap());
    let priced = ocpi::price(&read, &plan, chrono_tz::UTC).unwrap();
    assert_eq!(priced.totals().total_cost.excl, rust_decimal_macros::dec!(3));
    let own = ocpi::price_by_own(&read, chrono_tz::UTC, tariffs::Policy::default()).unwrap_err();
    assert_eq!(own.problems[0].path, "tariffs[0].elements");
}

/// A total in the other version's words has only one meaning.
#[test]
fn totals_in_the_words_of_the_other_version_are_read() {
    let read = ocpi::read_cdr(&sound().to_string(), Version::V2_3_0).unwrap();
    assert_eq!(read.stated.total_cost.unwrap().excl, rust_decimal_macros::dec!(1));
    assert_eq!(read.notes[0].to_string(), "total_cost: is written as in OCPI 2.2.1");
}

#[test]
fn currencies_must_agree() {
    let json =
        r#"{"id":"t","currency":"CHF","elements":[{"components":[{"dimension":"energy","price":1}]}]}"#;
    let plan = std::sync::Arc::new(tariffs::Plan::new(std::sync::Arc::new(common::full(json))).unwrap());
    let cdr = ocpi::read_cdr(&sound().to_string(), Version::V2_2_1).unwrap();
    let refused = ocpi::price(&cdr, &plan, chrono_tz::UTC).unwrap_err();
    assert_eq!(refused.to_string(), "currency: the CDR is in EUR and the tariff in CHF");
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        Just(json!("2026-11-23T10:30:00Z")),
        Just(json!("ENERGY")),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        let key = prop_oneof![
            Just("type".to_owned()),
            Just("volume".to_owned()),
            Just("dimensions".to_owned()),
            Just("start_date_time".to_owned()),
            Just("excl_vat".to_owned()),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key, inner), 0..4).prop_map(|fields| fields.into_iter().collect()),
        ]
    })
}

proptest! {
    /// Whatever stands in a field: it is read or refused, and what is read can be priced.
    #[test]
    fn nothing_that_is_sent_breaks_the_reader(
        field in prop::sample::select(vec!["start_date_time", "charging_periods", "tariffs", "total_cost", "credit", "currency"]),
        value in any_json(),
        new in any::<bool>(),
    ) {
        let mut cdr = sound();
        cdr[field] = value;
        let version = if new { Version::V2_3_0 } else { Version::V2_2_1 };
        if let Ok(read) = ocpi::read_cdr(&cdr.to_string(), version) {
            let json = r#"{"id":"t","currency":"EUR","elements":[{"components":[{"dimension":"energy","price":1}]}]}"#;
            let plan = std::sync::Arc::new(tariffs::Plan::new(std::sync::Arc::new(common::full(json))).unwrap());
            if let Ok(priced) = ocpi::price(&read, &plan, chrono_tz::Asia::Kathmandu) {
                common::assert_adds_up(&priced.bill());
            }
        }
    }
}
