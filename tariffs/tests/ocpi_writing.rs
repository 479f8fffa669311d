//! What of the model OCPI can say, in which words, and what is refused, where.

#![expect(clippy::unwrap_used, reason = "tests")]

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tariffs::Tariff;
use tariffs::ocpi::{Exported, Publisher, Version, write_tariff};

const V221: Version = Version::V2_2_1;
const V230: Version = Version::V2_3_0;

fn publisher() -> Publisher {
    let last_updated: DateTime<Utc> = "2026-03-01T12:00:00.123456Z".parse().unwrap();
    Publisher { country_code: "CN".into(), party_id: "WTL".into(), last_updated }
}

fn tariff(fields: Value) -> Tariff {
    let mut json = json!({ "id": "t", "currency": "EUR" });
    for (name, value) in fields.as_object().unwrap() {
        json[name] = value.clone();
    }
    Tariff::from_json(&json.to_string()).unwrap()
}

fn write(fields: Value, version: Version) -> Exported {
    write_tariff(&tariff(fields), &publisher(), version).unwrap()
}

fn refused(fields: Value, version: Version) -> Vec<String> {
    let invalid = write_tariff(&tariff(fields), &publisher(), version).unwrap_err();
    invalid.problems.iter().map(ToString::to_string).collect()
}

fn notes(exported: &Exported) -> Vec<String> {
    exported.notes.iter().map(ToString::to_string).collect()
}

/// The components of each element in short: type, price, vat.
fn prices(exported: &Exported) -> Vec<String> {
    let elements = exported.json["elements"].as_array().unwrap().iter();
    let show = |element: &Value| {
        let components = element["price_components"].as_array().unwrap().iter();
        let components: Vec<String> = components
            .map(|c| format!("{} {} {}", c["type"].as_str().unwrap(), c["price"], c["vat"]))
            .collect();
        let restrictions = element.get("restrictions").map(ToString::to_string).unwrap_or_default();
        format!("{} {restrictions}", components.join(", ")).trim_end().to_owned()
    };
    elements.map(show).collect()
}

fn c(dimension: &str, price: &str, vat: &str) -> Value {
    json!({ "dimension": dimension, "price": price, "vat": vat })
}

#[test]
fn a_whole_tariff_in_both_versions() {
    let whole = json!({
        "id": "harbour-2026", "name": "Harbour", "kind": "ad_hoc_payment", "tax_included": "yes",
        "description": [{ "language": "en", "text": "Day and night" }], "url": "https://example.org/t",
        "min_price": { "excl": "0.5", "incl": "0.605" }, "max_price": { "excl": "60" },
        "valid_from": "2026-01-01T00:00:00Z", "valid_to": "2027-01-01T00:00:00.5Z",
        "energy_mix": {
            "green": true, "supplier": "Wind & Co", "product": "Breeze",
            "sources": [{ "source": "wind", "percent": "99.5" }],
            "impacts": [{ "category": "carbon_dioxide", "amount": "0" }],
        },
        "elements": [
            {
                "name": "day",
                "components": [
                    { "dimension": "energy", "price": "0.605", "vat": "21", "step_size": 1 },
                    { "dimension": "parking_time", "price": "1.21", "vat": "21", "step_size": 60 },
                ],
                "restrictions": {
                    "start_time": "07:00", "end_time": "00:00", "start_date": "2026-02-01",
                    "end_date": "2026-03-01", "min_kwh": "1.5", "max_kwh": "20", "min_current": "6",
                    "max_current": "32", "min_power": "1", "max_power": "22.5", "min_duration": 60,
                    "max_duration": 7200, "day_of_week": ["saturday", "sunday"],
                },
            },
            {
                "components": [{ "dimension": "time", "price": "2.42", "vat": "21" }],
                "restrictions": { "reservation": "reservation_expires" },
            },
            { "components": [{ "dimension": "flat", "price": "0", "vat": "21" }] },
        ],
    });
    let old = write(whole.clone(), V221);
    assert_eq!(
        notes(&old),
        [
            "tax_included: is not in OCPI 2.2.1; the VAT was taken out of the prices, and prices without vat are as \
          they were"
        ]
    );
    insta::assert_json_snapshot!("whole_2_2_1", old.json);
    let new = write(whole, V230);
    assert_eq!(notes(&new), Vec::<String>::new());
    insta::assert_json_snapshot!("whole_2_3_0", new.json);
}

#[test]
fn everything_that_ocpi_cannot_say_is_named_at_once() {
    let bad = json!({
        "id": "an-id-that-is-longer-than-the-thirty-six-characters",
        "description": [{ "language": "zh-CN", "text": "电费" }],
        "valid_from": "2026-01-01T00:00:00.000001Z",
        "min_price": { "excl": "0.00001", "incl": "0.00001" },
        "energy_mix": { "green": false, "supplier": "x".repeat(65) },
        "caps": [{ "dimensions": ["parking_time"], "per": "day", "amount": "20" }],
        "discounts": [
            { "name": "voucher", "amount": "5" },
            { "name": "first", "free_kwh": "5" },
            { "name": "gold", "percent": "10" },
        ],
        "elements": [
            { "components": [c("energy", "0.3333", "13")], "restrictions": {
                "start_day": "07-01", "end_day": "09-01", "min_charging_time": 60, "max_charging_time": 600,
            } },
            { "components": [c("service", "0.5", "6")] },
            { "components": [c("parking_time", "1.5", "13")], "restrictions": {
                "min_idle_time": 600, "max_idle_time": 6000, "evse_kind": "dc",
            } },
            { "components": [{ "dimension": "flat", "price": "1", "taxes": [
                { "name": "GST", "percent": "5" }, { "name": "QST", "percent": "9.975", "stack": 1 },
            ] }], "restrictions": { "payment_brand": "VISA", "payment_recognition": "CC" } },
            { "components": [c("energy", "1", "6")] },
        ],
    });
    let mut publisher = publisher();
    publisher.country_code = "CHN".into();
    publisher.party_id = "??".into();
    let invalid = write_tariff(&tariff(bad), &publisher, V221).unwrap_err();
    let problems: Vec<String> = invalid.problems.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(problems.join("\n"));
}

#[test]
fn several_taxes_are_one_rate_where_that_is_exact() {
    let taxed = |taxes: Value| json!({ "elements": [{ "components": [{ "dimension": "energy", "price": "0.4", "taxes": taxes }] }] });
    let both = json!([{ "name": "GST", "percent": "5" }, { "name": "QST", "percent": "9.975" }]);
    let exported = write(taxed(both), V230);
    assert_eq!(prices(&exported), ["ENERGY 0.4 14.975"]);
    assert_eq!(notes(&exported), ["elements[0].components[0].taxes: are written as one vat of 14.975 %"]);
    let exported = write(taxed(json!([{ "name": "GST", "percent": "5" }])), V221);
    assert_eq!(
        notes(&exported),
        ["elements[0].components[0].taxes: is written as vat, without the name GST"]
    );
    assert_eq!(notes(&write(taxed(json!([{ "name": "VAT", "percent": "5" }])), V221)), Vec::<String>::new());
}

#[test]
fn prices_with_tax_go_into_2_2_1_where_that_is_exact() {
    let gross = |price: &str, included: &str| json!({ "tax_included": included, "elements": [{ "components": [c("energy", price, "19")] }] });
    assert_eq!(prices(&write(gross("0.595", "yes"), V221)), ["ENERGY 0.5 19"]);
    assert_eq!(
        refused(gross("0.59", "yes"), V221),
        [
            "elements[0].components[0].price: contains 19 % VAT and without it has more than 4 decimals, but prices of \
          OCPI 2.2.1 are without; change the price or use 2.3.0"
        ]
    );
    assert_eq!(prices(&write(gross("0.59", "yes"), V230)), ["ENERGY 0.59 19"]);
    let none = write(gross("0.59", "not_applicable"), V221);
    assert_eq!(prices(&none), ["ENERGY 0.59 null"]);
    assert_eq!(
        notes(&none),
        [
            "tax_included: is not in OCPI 2.2.1; prices without vat say the same",
            "elements[0].components[0].vat: does not apply and is not written",
        ]
    );
}

#[test]
fn a_percentage_is_taken_off_the_prices() {
    let discounted = |percent: &str, dimensions: Value| {
        json!({
            "discounts": [
                { "name": "spring", "percent": "10" },
                { "name": "gold", "percent": percent, "dimensions": dimensions },
            ],
            "elements": [{ "components": [c("energy", "0.5", "21"), c("flat", "1", "21")] }],
        })
    };
    let exported = write(discounted("50", json!(["energy"])), V221);
    assert_eq!(prices(&exported), ["ENERGY 0.225 21, FLAT 0.9 21"]);
    assert_eq!(
        notes(&exported),
        [
            "discounts[0]: is taken off the prices that are written",
            "discounts[1]: is taken off the prices that are written",
        ]
    );
    assert_eq!(
        refused(discounted("33.3333", json!([])), V221),
        [
            "elements[0].components[0].price: would be 0.30000015, but numbers of OCPI have at most 4 decimals",
            "elements[0].components[1].price: would be 0.6000003, but numbers of OCPI have at most 4 decimals",
        ]
    );
}

/// China: the electricity fee follows the time of day, the service fee has hours of its own.
#[test]
fn service_fees_are_a_part_of_the_price_of_energy() {
    let window = |from: &str, to: &str| json!({ "start_time": from, "end_time": to });
    let apart = json!({
        "currency": "CNY",
        "elements": [
            { "components": [c("energy", "1.2", "13")], "restrictions": window("18:00", "22:00") },
            { "components": [c("energy", "0.3", "13")], "restrictions": window("22:00", "06:00") },
            { "components": [c("energy", "0.7", "13"), c("flat", "1", "13")] },
            { "components": [c("service", "0.8", "13")], "restrictions": window("20:00", "08:00") },
            { "components": [c("service", "0.4", "13")] },
        ],
    });
    let exported = write(apart, V221);
    assert_eq!(
        prices(&exported),
        [
            "FLAT 1 13",
            r#"ENERGY 2 13 {"end_time":"22:00","start_time":"20:00"}"#,
            r#"ENERGY 1.1 13 {"end_time":"06:00","start_time":"22:00"}"#,
            r#"ENERGY 1.5 13 {"end_time":"08:00","start_time":"20:00"}"#,
            r#"ENERGY 1.6 13 {"end_time":"22:00","start_time":"18:00"}"#,
            "ENERGY 1.1 13",
        ]
    );
    assert_eq!(
        notes(&exported),
        ["elements[3].components[0]: is written as a part of the price of energy, like all service fees"]
    );
    let beside = json!({ "elements": [
        { "components": [c("energy", "1.2", "13"), c("service", "0.8", "13")], "restrictions": window("18:00", "22:00") },
        { "components": [c("service", "0.8", "13"), c("energy", "0.7", "13"), c("flat", "1", "6")] },
    ] });
    assert_eq!(
        prices(&write(beside, V230)),
        [r#"ENERGY 2 13 {"end_time":"22:00","start_time":"18:00"}"#, "ENERGY 1.5 13, FLAT 1 6"]
    );
    let hidden = json!({ "elements": [
        { "components": [c("energy", "1.2", "13")] },
        { "components": [c("energy", "0.7", "13")], "restrictions": window("22:00", "06:00") },
        { "components": [c("service", "0.8", "13")] },
    ] });
    assert_eq!(prices(&write(hidden, V230)), ["ENERGY 2 13"]);
    let alone = json!({ "elements": [{ "components": [c("service", "0.8", "6")] }] });
    assert_eq!(prices(&write(alone, V221)), ["ENERGY 0.8 6"]);
}

#[test]
fn service_fees_that_round_or_are_taxed_by_themselves_are_refused() {
    let stepped = |first: u32, second: u32, restrictions: Value| {
        json!({ "elements": [
            { "components": [{ "dimension": "service", "price": "0.8", "step_size": first }],
              "restrictions": restrictions },
            { "components": [{ "dimension": "energy", "price": "0.3", "step_size": second }] },
        ] })
    };
    assert_eq!(
        refused(stepped(1, 1, json!({ "max_kwh": 5 })), V221),
        [
            "elements[0].components[0].step_size: rounds service and energy by themselves where one of them is free; \
          put both into the same elements"
        ]
    );
    assert_eq!(
        refused(stepped(1, 100, json!({})), V221),
        [
            "elements[0].components[0].step_size: is another than that of elements[1].components[0], and OCPI has one \
          price per kWh for both"
        ]
    );
    assert_eq!(prices(&write(stepped(100, 100, json!({})), V221)), ["ENERGY 1.1 null"]);
    let taxed = json!({ "elements": [{ "components": [c("energy", "1", "13"), c("service", "1", "6")] }] });
    assert_eq!(
        refused(taxed, V221),
        [
            "elements[0].components[1]: has other taxes than elements[0].components[0], and OCPI has one price per kWh \
          for both"
        ]
    );
    let hours = |dimension: &str, restriction: &str| {
        (0..23)
            .map(|hour| {
                json!({ "components": [c(dimension, &format!("0.{}", hour + 1), "13")],
                    "restrictions": { restriction: hour + 1 } })
            })
            .collect::<Vec<Value>>()
    };
    let all = [hours("energy", "min_kwh"), hours("service", "min_duration")].concat();
    let many = json!({ "elements": all });
    assert_eq!(
        refused(many, V221),
        [
            "elements: would be more than 200 in OCPI, which has one price per kWh: let service and energy have the same \
          restrictions"
        ]
    );
}

#[test]
fn seasons_are_dates_as_long_as_the_tariff_ends() {
    let seasonal = |to: &str| {
        json!({
            "valid_from": "2026-01-01T00:00:00Z", "valid_to": to,
            "elements": [
                { "components": [c("energy", "1.2", "13")], "restrictions": { "start_day": "07-01", "end_day": "09-01" } },
                { "components": [c("energy", "1.1", "13")], "restrictions": {
                    "start_day": "12-01", "end_day": "02-01", "end_date": "2027-01-15",
                } },
                { "components": [c("energy", "0.7", "13")] },
            ],
        })
    };
    let exported = write(seasonal("2027-01-01T00:00:00Z"), V221);
    assert_eq!(
        prices(&exported),
        [
            r#"ENERGY 1.2 13 {"end_date":"2026-09-01","start_date":"2026-07-01"}"#,
            r#"ENERGY 1.2 13 {"end_date":"2027-09-01","start_date":"2027-07-01"}"#,
            r#"ENERGY 1.1 13 {"end_date":"2026-02-01","start_date":"2025-12-01"}"#,
            r#"ENERGY 1.1 13 {"end_date":"2027-01-15","start_date":"2026-12-01"}"#,
            "ENERGY 0.7 13",
        ]
    );
    assert_eq!(
        notes(&exported),
        [
            "elements[0].restrictions.start_day: is written as dates, one element for each year",
            "elements[1].restrictions.start_day: is written as dates, one element for each year",
        ]
    );
    assert_eq!(
        refused(seasonal("2036-01-01T00:00:00Z"), V221)[0],
        "elements[0].restrictions.start_day: cannot be said in OCPI unless the tariff has valid_from and valid_to, at \
         most 5 years apart"
    );
}
