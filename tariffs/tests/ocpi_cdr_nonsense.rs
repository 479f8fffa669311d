//! CDRs of any shape: they are refused or priced, and nothing panics.

use chrono_tz::Tz;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use tariffs::Policy;
use tariffs::ocpi::{self, Version};

/// A session under two tariffs, after a reservation.
fn sound() -> Value {
    let tariff = |id: &str, price: u32| {
        json!({
            "id": id, "currency": "EUR", "max_price": { "excl_vat": 100 },
            "elements": [{
                "price_components": [
                    { "type": "ENERGY", "price": price, "vat": 10, "step_size": 1 },
                    { "type": "TIME", "price": price, "step_size": 60 },
                    { "type": "PARKING_TIME", "price": price, "step_size": 60 },
                ],
                "restrictions": { "min_kwh": 0, "max_duration": 90_000, "start_time": "08:00", "end_time": "07:00" },
            }],
        })
    };
    json!({
        "id": "c", "currency": "EUR", "credit": false,
        "start_date_time": "2026-03-02T10:00:00Z", "end_date_time": "2026-03-02T12:00:00Z",
        "tariffs": [tariff("a", 1), tariff("b", 2)],
        "charging_periods": [
            { "start_date_time": "2026-03-02T10:00:00Z", "tariff_id": "a",
              "dimensions": [{ "type": "RESERVATION_TIME", "volume": 0.5 }] },
            { "start_date_time": "2026-03-02T10:30:00Z", "tariff_id": "a",
              "dimensions": [{ "type": "ENERGY", "volume": 5 }, { "type": "TIME", "volume": 0.5 }] },
            { "start_date_time": "2026-03-02T11:00:00Z", "tariff_id": "b",
              "dimensions": [{ "type": "PARKING_TIME", "volume": 1 }, { "type": "MAX_POWER", "volume": 7 }] },
        ],
        "total_cost": { "excl_vat": 8 }, "total_energy": 5, "total_time": 1.5,
    })
}

const PLACES: [&str; 20] = [
    "/currency",
    "/credit",
    "/start_date_time",
    "/end_date_time",
    "/tariffs",
    "/tariffs/0",
    "/tariffs/0/id",
    "/tariffs/1/currency",
    "/tariffs/1/elements",
    "/tariffs/1/elements/0/restrictions",
    "/charging_periods",
    "/charging_periods/0",
    "/charging_periods/1/start_date_time",
    "/charging_periods/1/tariff_id",
    "/charging_periods/2/dimensions",
    "/charging_periods/1/dimensions/0",
    "/charging_periods/1/dimensions/0/type",
    "/charging_periods/1/dimensions/1/volume",
    "/total_cost",
    "/tariffs/0/max_price",
];

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        select(vec![
            "0000-01-01T00:00:00Z",
            "9999-12-31T23:59:60Z",
            "2026-03-02T11:30:00",
            "a",
            "B",
            "c",
            "JPY",
            "ENERGY",
            "TIME",
            "10000000",
            "-3",
            "MIN_CURRENT",
            "",
        ])
        .prop_map(Value::from),
    ];
    let names = select(vec![
        "id",
        "type",
        "volume",
        "dimensions",
        "start_date_time",
        "excl_vat",
        "elements",
        "max_kwh",
    ]);
    leaf.prop_recursive(3, 16, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((names.clone(), inner), 0..4).prop_map(|fields| {
                Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
            }),
        ]
    })
}

/// Prices and bills it if it can be.
fn priced(cdr: &Value) -> bool {
    let Ok(read) = ocpi::read_cdr(&cdr.to_string(), Version::V2_2_1) else { return false };
    let Ok(priced) = ocpi::price_by_own(&read, Tz::Europe__Amsterdam, Policy::default()) else {
        return false;
    };
    let totals = priced.totals();
    let _ = (priced.bill(), read.differences(&totals, &ocpi::cdr::Tolerance::default()));
    true
}

#[test]
fn the_sound_one_is_priced() {
    assert!(priced(&sound()));
}

#[test]
fn absurd_times_without_end_do_not_overflow() {
    let mut cdr = sound();
    let absurd = json!({
        "start_date_time": "2026-03-02T11:00:00Z", "tariff_id": "a",
        "dimensions": [{ "type": "TIME", "volume": 10_000_000 }, { "type": "PARKING_TIME", "volume": 10_000_000 },
            { "type": "ENERGY", "volume": 10_000_000 }],
    });
    cdr["charging_periods"].as_array_mut().unwrap().extend(vec![absurd; 1_000]);
    assert!(priced(&cdr));
}

proptest! {
    #[test]
    fn two_broken_fields_are_refused_or_priced(
        (one, other) in (anything(), anything()), (here, there) in (select(PLACES.to_vec()), select(PLACES.to_vec())),
    ) {
        let mut cdr = sound();
        for (place, value) in [(here, one), (there, other)] {
            if let Some(field) = cdr.pointer_mut(place) {
                *field = value;
            }
        }
        priced(&cdr);
    }
}
