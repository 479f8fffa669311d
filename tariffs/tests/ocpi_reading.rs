//! What partners write: what is understood, with which notes, and what is refused, where.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use proptest::prelude::*;
use rust_decimal::Decimal;
use rust_decimal_macros::dec;
use serde_json::{Value, json};
use tariffs::ocpi::{self, Imported, Version, read_tariff, read_tariff_value};
use tariffs::{EqualTimes, Plan, Policy, Problem};

const V221: Version = Version::V2_2_1;
const V230: Version = Version::V2_3_0;

/// A sound object with these fields in place of its own.
fn with(fields: Value) -> Value {
    let mut object = json!({
        "country_code": "NL", "party_id": "TNM", "id": "1", "currency": "EUR",
        "elements": [{ "price_components": [{ "type": "ENERGY", "price": 0.25, "vat": 21, "step_size": 1 }] }],
        "last_updated": "2026-01-01T00:00:00Z",
    });
    for (name, value) in fields.as_object().unwrap() {
        object[name] = value.clone();
    }
    object
}

/// One element with these components and restrictions.
fn element(components: Value, restrictions: Value) -> Value {
    json!({ "elements": [{ "price_components": components, "restrictions": restrictions }] })
}

fn restricted(restrictions: Value) -> Value {
    with(element(json!([{ "type": "ENERGY", "price": 0.25, "vat": 21, "step_size": 1 }]), restrictions))
}

fn read(object: &Value, version: Version) -> Imported {
    read_tariff(&object.to_string(), version).unwrap()
}

fn lines(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
}

fn refused(object: &Value, version: Version) -> Vec<String> {
    lines(&read_tariff(&object.to_string(), version).unwrap_err().problems)
}

#[test]
fn sloppy_partners_are_understood_with_notes() {
    let object = with(json!({
        "id": "a-tariff-id-that-is-longer-than-the-36-characters",
        "currency": "eur",
        "type": "regular",
        "tariff_alt_text": [{ "language": "nl-NL", "text": "Nachttarief" }],
        "tariff_alt_url": null,
        "min_price": { "excl_vat": "0.50", "incl_vat": 0.605, "currency": "EUR" },
        "start_date_time": "2026-01-01T01:00:00+01:00",
        "end_date_time": "2027-01-01T00:00:00",
        "tax_included": "NO",
        "preauthorize_amount": 50,
        "custom": { "a": 1 },
        "elements": [
            {
                "price_components": [
                    { "type": "Energy", "price": "0.2500", "vat": "21.0", "step_size": "1" },
                    { "type": "ENERGY", "price": 9, "step_size": 1 },
                    { "type": "FLAT", "price": 1, "vat": 21 },
                ],
                "restrictions": {
                    "start_time": "8:00:00",
                    "end_time": "20:00:00",
                    "start_date": "2026-1-31",
                    "min_duration": 3600.0,
                    "day_of_week": ["MONDAY", "monday"],
                    "evse_kind": "DC",
                    "max_kwh": null,
                },
            },
        ],
    }));
    let imported = read(&object, V221);
    insta::assert_snapshot!("notes", lines(&imported.notes).join("\n"));
    insta::assert_snapshot!("understood", serde_json::to_string_pretty(&imported.tariff).unwrap());
    assert_eq!(imported.tariff.check(), []);
}

#[test]
fn everything_wrong_is_told_at_once_with_its_path() {
    let object = with(json!({
        "country_code": "NLD",
        "party_id": "T-M",
        "id": null,
        "currency": "XXX",
        "type": "CHEAP",
        "tariff_alt_text": [{ "language": "en" }, "text"],
        "tariff_alt_url": 7,
        "min_price": { "excl_vat": 5, "incl_vat": 4 },
        "max_price": { "before_taxes": 3 },
        "energy_mix": {
            "is_green_energy": "yes",
            "energy_sources": [{ "source": "SUN", "percentage": 100 }, { "source": "WIND", "percentage": "a lot" }],
            "environ_impact": {},
        },
        "start_date_time": "2026-01-01",
        "last_updated": 1_767_225_600,
        "elements": [
            {
                "price_components": [
                    { "type": "ENERGY", "price": -0.25, "vat": 101, "step_size": 1 },
                    { "type": "SERVICE", "price": 0.1, "step_size": 1 },
                    { "type": "TIME", "price": 0.12345678901234567, "step_size": -1 },
                    { "type": "PARKING_TIME", "price": 0.1234567, "step_size": 0.5 },
                    { "type": "FLAT", "price": true },
                ],
            },
            { "price_components": [] },
            { "price_components": {} },
            null,
            {
                "price_components": [{ "type": "ENERGY", "price": 1 }],
                "restrictions": {
                    "start_time": "8 am",
                    "end_time": "24:00",
                    "start_date": "2026-02-30",
                    "end_date": "2026-02-01T00:00:00Z",
                    "min_kwh": 5,
                    "max_kwh": 5,
                    "max_current": "16 A",
                    "min_power": {},
                    "min_duration": 1.5,
                    "max_duration": 5_000_000_000_u64,
                    "day_of_week": "MONDAY",
                    "reservation": true,
                    "booking": "BOOKING",
                },
            },
            {
                "price_components": [{ "type": "ENERGY", "price": 1, "step_size": 1 }],
                "restrictions": { "reservation": "RESERVATION", "start_date": "2026-02-01", "end_date": "2026-02-01" },
            },
        ],
    }));
    insta::assert_snapshot!(refused(&object, V221).join("\n"));
}

/// It is legal in OCPI, and there is only one way to price by it; but nobody should publish it.
#[test]
fn elements_that_never_hold_are_read_with_a_note_and_never_hold() {
    let no_limit = "the element never holds. Leave it out where no limit is meant";
    for (restrictions, note) in [
        (json!({ "max_kwh": 0 }), format!("max_kwh: leaves nothing between it and min_kwh: {no_limit}")),
        (
            json!({ "min_kwh": 9, "max_kwh": 5 }),
            format!("max_kwh: leaves nothing between it and min_kwh: {no_limit}"),
        ),
        (
            json!({ "max_power": 0 }),
            format!("max_power: leaves nothing between it and min_power: {no_limit}"),
        ),
        (
            json!({ "min_current": 16, "max_current": 16 }),
            format!("max_current: leaves nothing between it and min_current: {no_limit}"),
        ),
        (
            json!({ "max_duration": 0 }),
            format!("max_duration: leaves nothing between it and min_duration: {no_limit}"),
        ),
        (
            json!({ "start_date": "2026-12-25", "end_date": "2026-12-25" }),
            "end_date: is not after start_date: the element never holds".to_owned(),
        ),
        (
            json!({ "start_date": "2026-12-25", "end_date": "2025-12-25" }),
            "end_date: is not after start_date: the element never holds".to_owned(),
        ),
    ] {
        let imported = read(&restricted(restrictions), V221);
        assert_eq!(lines(&imported.notes), [format!("elements[0].restrictions.{note}")]);
        assert_eq!(imported.tariff.check().len(), 1, "not ours to publish");
        assert_eq!(priced(imported), Decimal::ZERO, "{note}");
    }
}

/// What an hour with 10 kWh at 10 kW and 16 A costs.
fn priced(imported: Imported) -> Decimal {
    let cdr = json!({
        "start_date_time": "2026-12-25T10:00:00Z", "end_date_time": "2026-12-25T11:00:00Z",
        "charging_periods": [{
            "start_date_time": "2026-12-25T10:00:00Z",
            "dimensions": [
                { "type": "ENERGY", "volume": 10 },
                { "type": "MIN_POWER", "volume": 10 },
                { "type": "MAX_POWER", "volume": 10 },
                { "type": "MIN_CURRENT", "volume": 16 },
                { "type": "MAX_CURRENT", "volume": 16 },
            ],
        }],
    });
    let cdr = ocpi::read_cdr(&cdr.to_string(), V221).unwrap();
    let plan = Plan::with_policy(Arc::new(imported.tariff), Policy::default()).unwrap();
    ocpi::price(&cdr, &Arc::new(plan), chrono_tz::UTC).unwrap().totals().total_cost.excl
}

#[test]
fn a_tariff_that_is_never_valid_still_prices_what_it_is_given_for() {
    let never = json!({ "start_date_time": "2026-01-02T00:00:00Z", "end_date_time": "2026-01-01T00:00:00Z" });
    let imported = read(&with(never), V221);
    assert_eq!(
        lines(&imported.notes),
        ["end_date_time: is not after start_date_time: no session ever starts within"]
    );
    assert_eq!(priced(imported), dec!(2.5));
}

#[test]
fn what_is_left_empty_is_not_there() {
    let vat = |vat: Value| json!([{ "type": "ENERGY", "price": 0.25, "vat": vat, "step_size": 1 }]);
    let plain = read(&with(element(vat(json!(21)), Value::Null)), V221);
    for restrictions in [json!({}), json!({ "max_kwh": null, "day_of_week": [], "reservation": null })] {
        assert_eq!(read(&with(element(vat(json!(21)), restrictions)), V221), plain);
    }
    let untaxed = read(&with(element(vat(Value::Null), json!({}))), V221);
    assert_eq!((untaxed.tariff.elements[0].components[0].vat, untaxed.notes), (None, vec![]));
    let mut object = with(json!({}));
    object["elements"].as_array_mut().unwrap().splice(0..0, [Value::Null, json!({ "price_components": [] })]);
    let imported = read(&object, V221);
    assert_eq!(
        lines(&imported.notes),
        [
            "elements[0].price_components: needs at least one component: this one prices nothing",
            "elements[1].price_components: needs at least one component: this one prices nothing",
        ]
    );
    assert_eq!(priced(imported), dec!(2.5));
}

/// The way of OCPI 2.1.1 to write an amount. In 2.3.0 it would be open whether it is with taxes.
#[test]
fn a_limit_that_is_a_number_is_without_tax() {
    let imported = read(&with(json!({ "max_price": 75 })), V221);
    assert_eq!(lines(&imported.notes), ["max_price: is a number and is read as its excl_vat"]);
    assert_eq!(imported.tariff.max_price.unwrap().excl, dec!(75));
    let object = with(json!({ "max_price": 75, "tax_included": "NO" }));
    assert_eq!(refused(&object, V230), ["max_price: is not an object"]);
}

/// A dimension that OCPI does not have has a price that would be lost.
#[test]
fn a_price_of_an_unknown_dimension_is_refused() {
    let components = json!([{ "type": "SESSION_TIME", "price": 4.8, "step_size": 60 }]);
    assert_eq!(
        refused(&with(element(components, Value::Null)), V221),
        ["elements[0].price_components[0].type: is not one of ENERGY, FLAT, PARKING_TIME, TIME"]
    );
}

#[test]
fn whose_a_tariff_is_matters_only_to_those_who_exchange_it() {
    let mut object = with(json!({ "country_code": "NLD", "party_id": null }));
    object.as_object_mut().unwrap().remove("last_updated");
    let told =
        ["country_code: is not a code of 2 letters", "party_id: is missing", "last_updated: is missing"];
    assert_eq!(refused(&object, V221), told);
    let imported = ocpi::read_tariff_to_price(&object.to_string(), V221).unwrap();
    assert_eq!(imported.publisher, None);
    assert_eq!(lines(&imported.notes), told.map(|told| format!("{told}; no price depends on it")));
    let complete = ocpi::read_tariff_to_price(&with(json!({})).to_string(), V221).unwrap();
    assert_eq!(complete, read(&with(json!({})), V221));
    assert_eq!(complete.publisher.unwrap().party_id, "TNM");
}

/// What only our own tariffs must not have does not keep a partner's bill from being checked.
#[test]
fn what_is_legal_in_ocpi_is_read_with_a_note() {
    let imported = read(&restricted(json!({ "start_time": "08:00", "end_time": "08:00" })), V221);
    assert_eq!(
        lines(&imported.notes),
        ["elements[0].restrictions.end_time: is the same as start_time; OCPI does not say what that means"]
    );
    let components = json!([
        { "type": "ENERGY", "price": 0.25, "vat": 10, "step_size": 1 },
        { "type": "FLAT", "price": 0.5, "vat": 20, "step_size": 1 },
    ]);
    let mut object = with(element(components, Value::Null));
    object["max_price"] = json!({ "before_taxes": 10 });
    object["tax_included"] = json!("NO");
    let imported = read(&object, V230);
    assert_eq!(
        lines(&imported.notes),
        [
            "max_price.after_taxes: is not given, and the components have different taxes: how it binds is open"
        ]
    );
    assert_eq!(imported.tariff.max_price.unwrap().excl, dec!(10));
}

/// What only tells of a tariff does not keep it from being read.
#[test]
fn texts_and_mixes_that_no_tariff_may_have_are_left_out_with_a_note() {
    let imported = read(
        &with(json!({
            "id": "naïve",
            "tariff_alt_url": "www.example.org",
            "tariff_alt_text": [
                { "language": "nl", "text": "goed" },
                { "language": "en", "text": "tab\there" },
                { "language": "", "text": "no language" },
                { "language": "de", "text": "gut" },
            ],
            "energy_mix": {
                "is_green_energy": true,
                "energy_sources": [{ "source": "WIND", "percentage": 99.9 }, { "source": "SOLAR", "percentage": 0.2 }],
            },
        })),
        V221,
    );
    assert_eq!(
        lines(&imported.notes),
        [
            "id: has characters that OCPI does not allow",
            "tariff_alt_text[1].text: is empty or has control characters, and was left out",
            "tariff_alt_text[2].language: is not a language code like \"en\", and was left out",
            "tariff_alt_url: does not begin with http:// or https://, and was left out",
            "energy_mix.energy_sources: are more than 100 % together, and was left out",
        ]
    );
    let texts: Vec<&str> = imported.tariff.description.iter().map(|text| text.text.as_str()).collect();
    assert_eq!(texts, ["goed", "gut"]);
    assert_eq!((imported.tariff.url.as_str(), &imported.tariff.energy_mix), ("", &None));
    assert_eq!(imported.tariff.check(), []);
    let many = vec![json!({ "language": "en", "text": "again" }); 60];
    let imported = read(&with(json!({ "tariff_alt_text": many })), V221);
    assert_eq!(lines(&imported.notes), ["tariff_alt_text: has more than 50 texts, and was left out"]);
    assert_eq!(imported.tariff.check(), []);
}

#[test]
fn the_versions_have_their_own_fields() {
    assert_eq!(
        refused(&with(json!({ "tax_included": "YES" })), V221),
        ["tax_included: is of OCPI 2.3.0; the prices of 2.2.1 are without VAT. Read it as 2.3.0"]
    );
    // The standard's own CDR example leaves it out.
    let imported = read(&with(json!({})), V230);
    assert_eq!(lines(&imported.notes), ["tax_included: is missing and is read as NO"]);
    assert_eq!(
        refused(&with(json!({ "tax_included": "MAYBE" })), V230),
        ["tax_included: is not one of YES, NO, N/A"]
    );
    assert_eq!(
        refused(&with(json!({ "tax_included": "NO", "min_price": { "excl_vat": 1 } })), V230),
        ["min_price.before_taxes: is missing"]
    );
    for (text, version) in [("2.2.1", V221), ("2.3.0", V230)] {
        assert_eq!(text.parse(), Ok(version));
        assert_eq!(version.to_string(), text);
    }
    assert!("2.1.1".parse::<Version>().is_err());
}

#[test]
fn a_tariff_inside_a_cdr_has_the_path_of_the_cdr() {
    let object = with(json!({ "elements": [] }));
    let invalid = read_tariff_value(&object, "tariffs[1]", V221).unwrap_err();
    assert_eq!(invalid.to_string(), "tariffs[1].elements: needs at least one element");
    let invalid = read_tariff_value(&json!("12"), "tariffs[1]", V221).unwrap_err();
    assert_eq!(invalid.to_string(), "tariffs[1]: is not an object");
}

#[test]
fn floods_are_bounded() {
    assert_eq!(
        read_tariff(&" ".repeat(1024 * 1024 + 1), V221).unwrap_err().to_string(),
        "is longer than 1 MiB"
    );
    assert!(read_tariff(&"[".repeat(100_000), V221).is_err());
    let element = json!({ "price_components": [{ "type": "FLAT", "price": 1, "step_size": 1 }] });
    let many = with(json!({ "elements": vec![element; 1_001] }));
    assert_eq!(refused(&many, V221), ["elements: has more than 1000 elements"]);
    let bad = json!({ "price_components": [{ "type": "FLAT", "price": "1e9", "step_size": 1, "x": 1 }] });
    let problems = refused(&with(json!({ "elements": vec![bad; 1_000] })), V221);
    assert_eq!(problems.len(), 201);
    assert_eq!(problems[200], "and more of the like");
}

/// JSON of any shape, with the names and words of OCPI more often than chance would have it.
fn any_json() -> impl Strategy<Value = Value> {
    let words = prop::sample::select(vec![
        "country_code",
        "id",
        "currency",
        "EUR",
        "type",
        "ENERGY",
        "elements",
        "price_components",
        "price",
        "vat",
        "step_size",
        "restrictions",
        "start_time",
        "08:00",
        "day_of_week",
        "MONDAY",
        "min_price",
        "excl_vat",
        "energy_mix",
        "energy_sources",
        "last_updated",
        "2026-01-01T00:00:00Z",
        "tax_included",
        "N/A",
        "é",
        "",
        "2026-01-31",
        "end_date",
        "0.25",
        "min_kwh",
        "max_duration",
        "reservation",
        "tariff_alt_text",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        words.clone().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((words.clone(), inner), 0..8).prop_map(|fields| {
                Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
            }),
        ]
    })
}

proptest! {
    #[test]
    fn no_json_makes_the_reader_panic(json in any_json()) {
        for version in [V221, V230] {
            let _ = read_tariff_value(&json, "x", version);
        }
    }

    /// A sound tariff with one thing replaced by anything: either it is refused, or what was read is sound.
    #[test]
    fn one_broken_field_is_refused_or_understood(
        json in any_json(),
        place in prop::sample::select(vec![
            "/id", "/currency", "/elements", "/elements/0", "/elements/0/price_components",
            "/elements/0/price_components/0/type", "/elements/0/price_components/0/price",
            "/elements/0/price_components/0/vat", "/elements/0/price_components/0/step_size",
            "/elements/0/restrictions", "/elements/0/restrictions/min_kwh",
            "/elements/0/restrictions/start_time", "/elements/0/restrictions/day_of_week",
            "/elements/0/restrictions/min_duration", "/last_updated", "/energy_mix",
        ]),
    ) {
        let mut object = restricted(json!({
            "min_kwh": 1, "start_time": "07:00", "day_of_week": ["SUNDAY"], "min_duration": 60,
        }));
        object["energy_mix"] = json!({ "is_green_energy": true });
        *object.pointer_mut(place).unwrap() = json;
        match read_tariff_value(&object, "", V221) {
            Ok(imported) => {
                let policy = Policy { equal_times: EqualTimes::Never, ..Policy::default() };
                prop_assert!(Plan::with_policy(Arc::new(imported.tariff), policy).is_ok());
            }
            Err(invalid) => prop_assert!(!invalid.problems.is_empty()),
        }
    }
}
