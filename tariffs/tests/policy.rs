//! One switch per corner of the standard: what it does, and what the default is.

#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::sync::Arc;

use chrono_tz::UTC;
use common::*;
use rust_decimal::Decimal;
use rust_decimal_macros::dec;
use serde_json::{Value, json};
use tariffs::ocpi::{self, Cost, Totals, Version};
use tariffs::{
    CreditCdr, EndMidnight, EqualTimes, LimitSide, Plan, Policy, PowerRange, ReservationElements, StepBasis,
    TimeVolume, UnknownPower, ZeroVolume,
};

fn tariff_of(elements: Value, more: Value) -> Value {
    let mut tariff = json!({ "country_code": "DE", "party_id": "ALL", "id": "t", "currency": "EUR",
        "elements": elements, "last_updated": "2026-01-01T00:00:00Z" });
    for (key, value) in more.as_object().into_iter().flatten() {
        tariff[key] = value.clone();
    }
    tariff
}

/// Periods are a start and dimensions with volumes.
fn cdr(end: &str, periods: &[(&str, Value)]) -> Value {
    let period = |(start, dimensions): &(&str, Value)| {
        let dimensions: Vec<Value> = dimensions
            .as_object()
            .unwrap()
            .iter()
            .map(|(kind, volume)| json!({ "type": kind, "volume": volume }))
            .collect();
        json!({ "start_date_time": at(start), "dimensions": dimensions })
    };
    json!({ "currency": "EUR", "start_date_time": at(periods[0].0), "end_date_time": at(end),
        "charging_periods": periods.iter().map(period).collect::<Vec<_>>() })
}

fn priced(tariff: &Value, cdr: &Value, policy: Policy) -> Totals {
    let tariff = ocpi::read_tariff(&tariff.to_string(), Version::V2_2_1).unwrap().tariff;
    let plan = Arc::new(Plan::with_policy(Arc::new(tariff), policy).unwrap());
    let cdr = ocpi::read_cdr(&cdr.to_string(), Version::V2_2_1).unwrap();
    ocpi::price(&cdr, &plan, UTC).unwrap().totals()
}

/// What it costs by default, and with one corner decided otherwise.
fn pair(tariff: &Value, cdr: &Value, other: Policy) -> (Decimal, Decimal) {
    let excl = |policy| priced(tariff, cdr, policy).total_cost.excl;
    (excl(Policy::default()), excl(other))
}

fn energy(price: f64) -> Value {
    json!([{ "type": "ENERGY", "price": price, "step_size": 1 }])
}

/// The standard's own example: of 20 minutes of parking 8 have a price, and those are rounded up to 15.
#[test]
fn step_basis() {
    let tariff = tariff_of(
        json!([{ "price_components": [{ "type": "PARKING_TIME", "price": 1, "step_size": 900 }],
            "restrictions": { "end_time": "20:00" } }]),
        Value::Null,
    );
    let cdr = cdr(
        "20:12",
        &[("19:52", json!({ "PARKING_TIME": 0.1333 })), ("20:00", json!({ "PARKING_TIME": 0.2 }))],
    );
    let used = Policy { step_basis: StepBasis::Used, ..Policy::default() };
    // All of the 20 minutes would be 30: 8 + 10 minutes at the price.
    assert_eq!(pair(&tariff, &cdr, used), (dec!(0.25), dec!(0.3)));
}

/// 40 minutes are 0.6667 hours in four decimals, which are 2400.12 seconds: without the rule a step too many.
#[test]
fn time_volume() {
    let tariff = tariff_of(
        json!([{ "price_components": [{ "type": "TIME", "price": 3, "step_size": 600 }] }]),
        Value::Null,
    );
    let cdr = cdr("10:40", &[("10:00", json!({ "TIME": 0.6667 }))]);
    let as_given = Policy { time_volume: TimeVolume::AsGiven, ..Policy::default() };
    assert_eq!(pair(&tariff, &cdr, as_given), (dec!(2), dec!(2.5)));
}

#[test]
fn limit_side() {
    let elements =
        json!([{ "price_components": [{ "type": "ENERGY", "price": 0.5, "vat": 20, "step_size": 1 }] }]);
    let tariff = tariff_of(elements, json!({ "max_price": { "excl_vat": 4 } }));
    let cdr = cdr("11:00", &[("10:00", json!({ "ENERGY": 10 }))]);
    let given = Policy { limit_side: LimitSide::GivenOnly, ..Policy::default() };
    assert_eq!(priced(&tariff, &cdr, Policy::default()).total_cost, Cost { excl: dec!(4), incl: dec!(4.8) });
    assert_eq!(priced(&tariff, &cdr, given).total_cost, Cost { excl: dec!(4), incl: dec!(6) });
}

/// With several rates the session's own average holds.
#[test]
fn limit_side_of_several_rates() {
    let elements = json!([{ "price_components": [
        { "type": "ENERGY", "price": 0.5, "vat": 20, "step_size": 1 }, { "type": "FLAT", "price": 5, "vat": 10, "step_size": 1 }] }]);
    let tariff = tariff_of(elements, json!({ "max_price": { "excl_vat": 4 } }));
    let cdr = cdr("11:00", &[("10:00", json!({ "ENERGY": 10 }))]);
    assert_eq!(priced(&tariff, &cdr, Policy::default()).total_cost, Cost { excl: dec!(4), incl: dec!(4.6) });
}

#[test]
fn end_midnight() {
    let tariff = tariff_of(
        json!([{ "price_components": energy(1.0), "restrictions": { "end_time": "00:00" } },
            { "price_components": energy(2.0) }]),
        Value::Null,
    );
    let cdr = cdr("11:00", &[("10:00", json!({ "ENERGY": 1 }))]);
    let never = Policy { end_midnight: EndMidnight::Never, ..Policy::default() };
    assert_eq!(pair(&tariff, &cdr, never), (dec!(1), dec!(2)));
}

#[test]
fn equal_times() {
    let tariff = tariff_of(
        json!([{ "price_components": energy(1.0), "restrictions": { "start_time": "09:00", "end_time": "09:00" } },
            { "price_components": energy(2.0) }]),
        Value::Null,
    );
    let cdr = cdr("11:00", &[("10:00", json!({ "ENERGY": 1 }))]);
    let cost =
        |equal_times| priced(&tariff, &cdr, Policy { equal_times, ..Policy::default() }).total_cost.excl;
    assert_eq!((cost(EqualTimes::Always), cost(EqualTimes::Never)), (dec!(1), dec!(2)));
    let read = ocpi::read_tariff(&tariff.to_string(), Version::V2_2_1).unwrap().tariff;
    let refused = Plan::with_policy(Arc::new(read), Policy::default()).unwrap_err();
    assert_eq!(refused.problems[0].path, "elements[0].restrictions.end_time");
}

#[test]
fn unknown_power() {
    let tariff = tariff_of(
        json!([{ "price_components": energy(1.0), "restrictions": { "min_power": 16 } },
            { "price_components": energy(2.0) }]),
        Value::Null,
    );
    let cdr = cdr("11:00", &[("10:00", json!({ "ENERGY": 1 }))]);
    let met = Policy { unknown_power: UnknownPower::Met, ..Policy::default() };
    assert_eq!(pair(&tariff, &cdr, met), (dec!(2), dec!(1)));
}

#[test]
fn power_range() {
    let tariff = tariff_of(
        json!([{ "price_components": energy(1.0), "restrictions": { "min_power": 16 } },
            { "price_components": energy(2.0) }]),
        Value::Null,
    );
    let cdr = cdr("11:00", &[("10:00", json!({ "ENERGY": 1, "MIN_POWER": 5, "MAX_POWER": 40 }))]);
    let touches = Policy { power_range: PowerRange::Touches, ..Policy::default() };
    assert_eq!(pair(&tariff, &cdr, touches), (dec!(2), dec!(1)));
}

/// The idle tail of a session has an energy of zero under a step of its own.
#[test]
fn zero_volume() {
    let tariff = tariff_of(
        json!([{ "price_components": [{ "type": "ENERGY", "price": 0.5, "step_size": 1 }],
            "restrictions": { "end_time": "11:00" } },
            { "price_components": [{ "type": "ENERGY", "price": 0.5, "step_size": 1000 }] }]),
        Value::Null,
    );
    let cdr = cdr("12:00", &[("10:00", json!({ "ENERGY": 1.2 })), ("11:00", json!({ "ENERGY": 0 }))]);
    let counts = Policy { zero_volume: ZeroVolume::Counts, ..Policy::default() };
    assert_eq!(pair(&tariff, &cdr, counts), (dec!(0.6), dec!(1)));
}

#[test]
fn credit() {
    let tariff = tariff_of(json!([{ "price_components": energy(0.5) }]), Value::Null);
    let mut cdr = cdr("11:00", &[("10:00", json!({ "ENERGY": 10 }))]);
    cdr["credit"] = json!(true);
    let positive = Policy { credit: CreditCdr::Positive, ..Policy::default() };
    assert_eq!(pair(&tariff, &cdr, positive), (dec!(-5), dec!(5)));
    // Only the total has another sign.
    assert_eq!(priced(&tariff, &cdr, Policy::default()).total_energy_cost.excl, dec!(5));
}

#[test]
fn reservation() {
    let tariff = tariff_of(
        json!([{ "price_components": [{ "type": "TIME", "price": 4, "step_size": 1 }],
            "restrictions": { "reservation": "RESERVATION" } }, { "price_components": energy(0.5) }]),
        Value::Null,
    );
    let periods = [("09:30", json!({ "RESERVATION_TIME": 0.5 })), ("10:00", json!({ "ENERGY": 10 }))];
    let skipped = Policy { reservation: ReservationElements::Skipped, ..Policy::default() };
    assert_eq!(pair(&tariff, &cdr("11:00", &periods), skipped), (dec!(7), dec!(5)));
}

/// OCPI's ENERGY is negative where more was fed back than taken; the price follows, and steps do not matter.
#[test]
fn energy_that_is_fed_back_is_paid_for() {
    let tariff = tariff_of(
        json!([{ "price_components": [{ "type": "ENERGY", "price": 0.25, "vat": 21, "step_size": 1000 }] }]),
        Value::Null,
    );
    let cdr = cdr("11:00", &[("10:00", json!({ "ENERGY": -10.5 }))]);
    let total = priced(&tariff, &cdr, Policy::default());
    assert_eq!(total.total_cost, Cost { excl: dec!(-2.625), incl: dec!(-3.17625) });
    assert_eq!(total.total_energy, dec!(-10.5));
}

/// Whoever takes a credit back from a limit does not get more than was paid: limits come first, then the sign.
#[test]
fn a_credit_is_limited_as_its_original_was() {
    let tariff = tariff_of(
        json!([{ "price_components": energy(0.5) }]),
        json!({ "max_price": { "excl_vat": 3, "incl_vat": 3 } }),
    );
    let mut cdr = cdr("11:00", &[("10:00", json!({ "ENERGY": 10 }))]);
    cdr["credit"] = json!(true);
    assert_eq!(priced(&tariff, &cdr, Policy::default()).total_cost.excl, dec!(-3));
}
