//! The tariffs of the standard's examples are read whole and written as they were.
//!
//! Each is named by its anchor in the chapter Tariffs (`mod_tariffs_`) or, where it has none of its own, by its file.

#![expect(clippy::unwrap_used, reason = "tests")]

use rust_decimal::Decimal;
use serde_json::{Value, json};
use tariffs::ocpi::{Version, read_tariff, write_tariff};

const VERSIONS: [Version; 2] = [Version::V2_2_1, Version::V2_3_0];

/// A price component; a `vat` below zero: none.
fn c(dimension: &str, price: f64, vat: f64, step_size: u32) -> Value {
    let mut component = json!({ "type": dimension, "price": price, "step_size": step_size });
    if vat >= 0.0 {
        component["vat"] = json!(vat);
    }
    component
}

fn element(components: &[Value]) -> Value {
    json!({ "price_components": components })
}

fn only(components: &[Value], restrictions: Value) -> Value {
    json!({ "price_components": components, "restrictions": restrictions })
}

/// The whole object, in a version.
fn object(version: Version, id: &str, fields: &Value, elements: &[Value]) -> Value {
    let mut object = json!({
        "country_code": "DE", "party_id": "ALL", "id": id, "currency": "EUR", "elements": elements,
        "last_updated": "2018-12-17T17:15:01Z",
    });
    for (name, value) in fields.as_object().unwrap() {
        object[name] = value.clone();
    }
    if version == Version::V2_3_0 {
        if object.get("tax_included").is_none() {
            object["tax_included"] = json!("NO");
        }
        for limit in ["min_price", "max_price"] {
            if let Some(given) = object.get(limit).cloned() {
                object[limit] =
                    json!({ "before_taxes": given["excl_vat"], "after_taxes": given["incl_vat"] });
            }
        }
    }
    object
}

/// Numbers by their value: 2.50 is 2.5.
fn by_value(json: &Value) -> Value {
    match json {
        Value::Number(number) => {
            json!(number.to_string().parse::<Decimal>().unwrap().normalize().to_string())
        }
        Value::Array(list) => list.iter().map(by_value).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), by_value(value))).collect(),
        other => other.clone(),
    }
}

fn returns(version: Version, name: &str, object: &Value) {
    let read = read_tariff(&object.to_string(), version).map_err(|error| format!("{name}: {error}")).unwrap();
    assert_eq!(read.notes, [], "{name}");
    assert_eq!(read.tariff.check(), [], "{name}");
    let written = write_tariff(&read.tariff, read.publisher.as_ref().unwrap(), version).unwrap();
    assert_eq!(written.notes, [], "{name}");
    assert_eq!(by_value(&written.json), by_value(object), "{name} in {version}");
}

const WORKDAYS: [&str; 5] = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"];

/// Anchor, id, fields beside those that all have, elements.
fn examples() -> Vec<(&'static str, &'static str, Value, Vec<Value>)> {
    let none = || json!({});
    let fee = || c("FLAT", 0.50, 20.0, 1);
    let energy = || c("ENERGY", 0.25, 10.0, 1);
    vec![
        ("simple_tariff_example_0_25_euro_per_kwh", "16", none(), vec![element(&[energy()])]),
        ("tariff_example_0_25_euro_per_kwh_start", "17", none(), vec![element(&[fee(), energy()])]),
        (
            "tariff_example_0_25_euro_per_kwh_min_price",
            "20",
            json!({ "min_price": { "excl_vat": 0.50, "incl_vat": 0.55 } }),
            vec![element(&[energy()])],
        ),
        (
            "tariff_example_0_25_euro_per_kwh_parking_start",
            "18",
            none(),
            vec![element(&[fee(), energy(), c("PARKING_TIME", 2.00, 20.0, 900)])],
        ),
        (
            "tariff_example_0_25_euro_per_kwh_start_max_price",
            "16",
            json!({
                "max_price": { "excl_vat": 10.00, "incl_vat": 11.00 },
                "end_date_time": "2019-06-30T23:59:59Z",
            }),
            vec![element(&[fee(), energy()])],
        ),
        ("simple_tariff_example_2_euro_per_hour", "12", none(), vec![element(&[c("TIME", 2.00, 10.0, 60)])]),
        (
            "simple_tariff_example_3_euro_per_hour_5_euro_parking",
            "21",
            none(),
            vec![element(&[c("TIME", 3.00, 10.0, 60), c("PARKING_TIME", 5.00, 20.0, 300)])],
        ),
        (
            "simple_tariff_example_with_alternative_multi_language_text",
            "12",
            json!({
                "type": "AD_HOC_PAYMENT",
                "tariff_alt_text": [
                    { "language": "en", "text": "2.00 an hour with VAT" },
                    { "language": "nl", "text": "2,00 per uur met btw" },
                ],
            }),
            vec![element(&[c("TIME", 1.90, 5.2, 300)])],
        ),
        (
            "simple_tariff_example_with_alternative_url",
            "13",
            json!({ "type": "PROFILE_CHEAP", "tariff_alt_url": "https://company.com/tariffs/13" }),
            vec![element(&[fee(), c("ENERGY", 0.25, 10.0, 100)])],
        ),
        (
            "complex_tariff_example",
            "14",
            json!({ "type": "REGULAR", "tariff_alt_url": "https://company.com/tariffs/14" }),
            vec![
                element(&[c("FLAT", 2.50, 15.0, 1)]),
                only(&[c("TIME", 1.00, 20.0, 900)], json!({ "max_current": 32.00 })),
                only(&[c("TIME", 2.00, 20.0, 600)], json!({ "min_current": 32.00, "day_of_week": WORKDAYS })),
                only(
                    &[c("TIME", 1.25, 20.0, 600)],
                    json!({ "min_current": 32.00, "day_of_week": ["SATURDAY", "SUNDAY"] }),
                ),
                only(
                    &[c("PARKING_TIME", 5.00, 10.0, 300)],
                    json!({ "start_time": "09:00", "end_time": "18:00", "day_of_week": WORKDAYS }),
                ),
                only(
                    &[c("PARKING_TIME", 6.00, 10.0, 300)],
                    json!({ "start_time": "10:00", "end_time": "17:00", "day_of_week": ["SATURDAY"] }),
                ),
            ],
        ),
        ("free_of_charge_tariff_example", "15", none(), vec![element(&[c("FLAT", 0.00, -1.0, 0)])]),
        (
            "tariff_example_15_reservation_5_euro_per_hour",
            "20",
            none(),
            vec![
                only(&[c("TIME", 5.00, 20.0, 60)], json!({ "reservation": "RESERVATION" })),
                element(&[fee(), energy()]),
            ],
        ),
        (
            "tariff_example_16_reservation_2_euro_fee_5_euro_per_hour",
            "20",
            none(),
            vec![
                only(
                    &[c("FLAT", 2.00, 20.0, 1), c("TIME", 5.00, 20.0, 300)],
                    json!({ "reservation": "RESERVATION" }),
                ),
                element(&[fee(), energy()]),
            ],
        ),
        (
            "tariff_example_18_reservation_with_expire_time",
            "20",
            none(),
            vec![
                only(&[c("TIME", 6.00, 20.0, 600)], json!({ "reservation": "RESERVATION_EXPIRES" })),
                only(&[c("TIME", 3.00, 20.0, 600)], json!({ "reservation": "RESERVATION" })),
                element(&[fee(), energy()]),
            ],
        ),
        (
            "adhoc_tariff_example_not_possible_with_ocpi",
            "19",
            json!({
                "type": "AD_HOC_PAYMENT",
                "tariff_alt_text": [{ "language": "en", "text": "0.50 to start, with a debit card 0.25" }],
            }),
            vec![element(&[c("FLAT", 0.40, 25.0, 1), c("TIME", 1.90, 5.2, 300)])],
        ),
        (
            "example_new_tariff_2_euro_per_hour",
            "12",
            json!({ "country_code": "NL", "party_id": "TNM" }),
            vec![element(&[c("TIME", 2.00, 10.0, 300)])],
        ),
        (
            "tariff_example_17_reservation_with_expire_fee",
            "20",
            none(),
            vec![
                only(&[c("FLAT", 4.00, 20.0, 1)], json!({ "reservation": "RESERVATION_EXPIRES" })),
                only(&[c("TIME", 2.00, 20.0, 600)], json!({ "reservation": "RESERVATION" })),
                element(&[fee(), energy()]),
            ],
        ),
        (
            "tariff_14_step_size.json",
            "22",
            none(),
            vec![
                only(
                    &[c("TIME", 1.20, -1.0, 1800), c("PARKING_TIME", 1.00, -1.0, 900)],
                    json!({ "start_time": "00:00", "end_time": "17:00" }),
                ),
                only(
                    &[c("TIME", 2.40, -1.0, 900), c("PARKING_TIME", 1.00, -1.0, 900)],
                    json!({ "start_time": "17:00", "end_time": "20:00" }),
                ),
                only(&[c("TIME", 2.40, -1.0, 900)], json!({ "start_time": "20:00", "end_time": "00:00" })),
            ],
        ),
        (
            "tariffrestriction_example_max_power.json",
            "1",
            none(),
            vec![
                only(&[c("ENERGY", 0.20, 20.0, 1)], json!({ "max_power": 16.00 })),
                only(&[c("ENERGY", 0.35, 20.0, 1)], json!({ "max_power": 32.00 })),
                element(&[c("ENERGY", 0.50, 20.0, 1)]),
            ],
        ),
        (
            "tariffrestriction_example_max_duration.json",
            "2",
            none(),
            vec![
                only(&[c("ENERGY", 0.00, 20.0, 1)], json!({ "max_duration": 1800 })),
                only(&[c("ENERGY", 0.25, 20.0, 1)], json!({ "max_duration": 3600 })),
                element(&[c("ENERGY", 0.40, 20.0, 1)]),
            ],
        ),
    ]
}

#[test]
fn every_example_of_the_standard_returns_as_it_came() {
    for (name, id, fields, elements) in examples() {
        for version in VERSIONS {
            returns(version, name, &object(version, id, &fields, &elements));
        }
    }
}

/// Files tariff_19_simple_north_american_exclusive.json and tariff_20_simple_north_american_inclusive.json.
#[test]
fn taxes_that_the_tariff_does_not_know_stay_unknown() {
    for (price, included) in [(2.00, "NO"), (2.10, "YES"), (2.10, "N/A")] {
        let fields =
            json!({ "country_code": "CA", "party_id": "FLO", "currency": "CAD", "tax_included": included });
        let elements = [element(&[c("TIME", price, -1.0, 1)])];
        returns(Version::V2_3_0, included, &object(Version::V2_3_0, "12", &fields, &elements));
    }
}

/// mod_locations_energymix_class, the complete example.
#[test]
fn an_energy_mix_returns_whole() {
    let mix = json!({
        "is_green_energy": false,
        "energy_sources": [
            { "source": "GENERAL_GREEN", "percentage": 35.9 },
            { "source": "GAS", "percentage": 6.3 },
            { "source": "COAL", "percentage": 33.2 },
            { "source": "GENERAL_FOSSIL", "percentage": 2.9 },
            { "source": "NUCLEAR", "percentage": 21.7 },
        ],
        "environ_impact": [
            { "category": "NUCLEAR_WASTE", "amount": 0.0006 },
            { "category": "CARBON_DIOXIDE", "amount": 372 },
        ],
        "supplier_name": "E.ON Energy Deutschland",
        "energy_product_name": "E.ON DirektStrom eco",
    });
    let fields = json!({ "energy_mix": mix, "start_date_time": "2026-01-01T00:00:00.250Z" });
    for version in VERSIONS {
        returns(
            version,
            "energy mix",
            &object(version, "1", &fields, &[element(&[c("ENERGY", 0.25, 10.0, 1)])]),
        );
    }
}
