//! CDRs as partners write them, and those of drivers whose profile changes on the way.

#![expect(clippy::unwrap_used, reason = "tests")]

use chrono_tz::Tz;
use rust_decimal::Decimal;
use rust_decimal_macros::dec;
use serde_json::{Value, json};
use tariffs::ocpi::{self, Priced, Version};
use tariffs::{Policy, ReservationElements, StepBasis};

const V221: Version = Version::V2_2_1;

fn at(time: &str) -> String {
    format!("2026-03-02T{time}:00Z")
}

fn number(value: Decimal) -> Value {
    serde_json::from_str(&value.to_string()).unwrap()
}

fn component(kind: &str, price: Decimal, step: u32) -> Value {
    json!({ "type": kind, "price": number(price), "step_size": step })
}

fn element(components: &[Value], restrictions: Value) -> Value {
    json!({ "price_components": components, "restrictions": restrictions })
}

fn tariff(id: &str, elements: &[Value], more: Value) -> Value {
    let mut tariff = json!({ "id": id, "currency": "EUR", "elements": elements });
    tariff.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    tariff
}

/// A period from a time, under a tariff, with volumes.
type Period<'a> = (&'a str, Option<&'a str>, &'a [(&'a str, Decimal)]);

fn cdr(end: &str, periods: &[Period<'_>], tariffs: &[Value]) -> Value {
    let list = periods.iter().map(|(from, tariff, volumes)| {
        let volumes = volumes.iter().map(|(kind, volume)| json!({ "type": kind, "volume": number(*volume) }));
        json!({ "start_date_time": at(from), "tariff_id": tariff, "dimensions": volumes.collect::<Value>() })
    });
    json!({
        "start_date_time": at(periods[0].0), "end_date_time": at(end), "currency": "EUR",
        "charging_periods": list.collect::<Value>(), "tariffs": tariffs,
    })
}

fn priced_by(cdr: &Value, policy: Policy) -> Priced {
    ocpi::price_by_own(&ocpi::read_cdr(&cdr.to_string(), V221).unwrap(), Tz::UTC, policy).unwrap()
}

fn priced(cdr: &Value) -> Priced {
    priced_by(cdr, Policy::default())
}

fn cost(cdr: &Value) -> Decimal {
    priced(cdr).totals().total_cost.excl.normalize()
}

fn refused(cdr: &Value) -> String {
    let cdr = ocpi::read_cdr(&cdr.to_string(), V221).unwrap();
    ocpi::price_by_own(&cdr, Tz::UTC, Policy::default()).unwrap_err().to_string()
}

/// 0.30 a kWh in steps of 1 kWh.
fn cheap() -> Value {
    tariff("cheap", &[element(&[component("ENERGY", dec!(0.30), 1000)], Value::Null)], json!({}))
}

/// 0.60 a kWh in steps of 500 Wh.
fn fast() -> Value {
    tariff("fast", &[element(&[component("ENERGY", dec!(0.60), 500)], Value::Null)], json!({}))
}

#[test]
fn each_period_has_the_prices_of_its_own_tariff_and_steps_wait_for_the_end() {
    let periods: [Period<'_>; 2] = [
        ("10:00", Some("cheap"), &[("ENERGY", dec!(2.3)), ("TIME", dec!(1))]),
        ("11:00", Some("FAST"), &[("ENERGY", dec!(4.1)), ("TIME", dec!(1))]),
    ];
    let session = cdr("12:00", &periods, &[cheap(), fast()]);
    let priced = priced(&session);
    // 2.3 × 0.30 + 4.1 × 0.60 = 3.15; the whole 6.4 kWh become 6.5 at the price and the step of the last.
    assert_eq!(priced.totals().total_cost.excl.normalize(), dec!(3.21));
    assert_eq!(priced.totals().total_energy, dec!(6.4));
    assert_eq!(priced.totals().total_time, dec!(2));
    let labels: Vec<String> = priced.bill().lines.iter().map(|line| line.label.clone()).collect();
    assert!(labels.iter().any(|label| label == "cheap") && labels.iter().any(|label| label == "fast"));
    // The other way round the cheap tariff's kWh is what is rounded to: 7 kWh, at 0.30.
    let periods: [Period<'_>; 2] = [
        ("10:00", Some("fast"), &[("ENERGY", dec!(4.1))]),
        ("11:00", Some("cheap"), &[("ENERGY", dec!(2.3))]),
    ];
    assert_eq!(cost(&cdr("12:00", &periods, &[cheap(), fast()])), dec!(3.15) + dec!(0.6) * dec!(0.30));
}

#[test]
fn a_driver_who_changes_there_and_back_is_rounded_once() {
    let periods: [Period<'_>; 3] = [
        ("10:00", Some("cheap"), &[("ENERGY", dec!(1.2))]),
        ("11:00", Some("fast"), &[("ENERGY", dec!(1.2))]),
        ("12:00", Some("cheap"), &[("ENERGY", dec!(1.2))]),
    ];
    // 3.6 kWh become 4 at the cheap price.
    let session = cdr("13:00", &periods, &[fast(), cheap()]);
    assert_eq!(cost(&session), dec!(2.4) * dec!(0.30) + dec!(1.2) * dec!(0.60) + dec!(0.4) * dec!(0.30));
    let used = Policy { step_basis: StepBasis::Used, ..Policy::default() };
    assert_eq!(priced_by(&session, used).totals().total_cost.excl.normalize(), dec!(1.56));
}

#[test]
fn the_flat_fee_is_due_once_whichever_tariff_has_it_first() {
    let with_fee = |id: &str, fee: Decimal| {
        let prices = [component("FLAT", fee, 1), component("ENERGY", dec!(0.50), 1)];
        tariff(id, &[element(&prices, Value::Null)], json!({}))
    };
    let periods: [Period<'_>; 3] = [
        ("10:00", Some("free"), &[("ENERGY", dec!(1))]),
        ("11:00", Some("b"), &[("ENERGY", dec!(1))]),
        ("12:00", Some("a"), &[("ENERGY", dec!(1))]),
    ];
    let free = tariff("free", &[element(&[component("TIME", dec!(0), 1)], Value::Null)], json!({}));
    let session = cdr("13:00", &periods, &[with_fee("a", dec!(9)), free, with_fee("b", dec!(2))]);
    let totals = priced(&session).totals();
    assert_eq!(totals.total_fixed_cost.excl.normalize(), dec!(2));
    assert_eq!(totals.total_cost.excl.normalize(), dec!(3));
}

#[test]
fn parking_under_one_tariff_keeps_time_under_another_from_being_rounded() {
    let by_time = |id: &str, kind: &str, step: u32| {
        tariff(id, &[element(&[component(kind, dec!(6), step)], Value::Null)], json!({}))
    };
    let periods: [Period<'_>; 2] = [
        ("10:00", Some("charge"), &[("TIME", dec!(0.25))]),
        ("10:15", Some("park"), &[("PARKING_TIME", dec!(0.25))]),
    ];
    let tariffs = [by_time("charge", "TIME", 3600), by_time("park", "PARKING_TIME", 1200)];
    // 15 minutes of charging stay 15; 15 of parking become 20.
    assert_eq!(cost(&cdr("10:30", &periods, &tariffs)), dec!(1.5) + dec!(2));
}

#[test]
fn restrictions_count_from_the_start_of_the_session() {
    let from_2 = element(&[component("ENERGY", dec!(1), 1)], json!({ "min_kwh": 2, "min_duration": 3600 }));
    let before = element(&[component("ENERGY", dec!(0.1), 1)], Value::Null);
    let periods: [Period<'_>; 3] = [
        ("10:00", Some("cheap"), &[("ENERGY", dec!(2))]),
        ("10:30", Some("late"), &[("ENERGY", dec!(1))]),
        ("11:00", Some("late"), &[("ENERGY", dec!(1))]),
    ];
    let session = cdr("12:00", &periods, &[cheap(), tariff("late", &[from_2, before], json!({}))]);
    assert_eq!(cost(&session), dec!(0.6) + dec!(0.1) + dec!(1));
}

#[test]
fn the_limits_of_the_last_tariff_hold_for_the_whole() {
    let limited = |id: &str, limit: Value| {
        tariff(id, &[element(&[component("ENERGY", dec!(1), 1)], Value::Null)], limit)
    };
    let tariffs = [
        limited("a", json!({ "max_price": { "excl_vat": 5 } })),
        limited("b", json!({ "min_price": { "excl_vat": 30 }, "max_price": { "excl_vat": 40 } })),
    ];
    let session = |first, last, kwh| {
        let periods: [Period<'_>; 2] =
            [("10:00", Some(first), &[("ENERGY", kwh)]), ("11:00", Some(last), &[("ENERGY", kwh)])];
        cost(&cdr("12:00", &periods, &tariffs))
    };
    assert_eq!(session("a", "b", dec!(10)), dec!(30));
    assert_eq!(session("a", "b", dec!(25)), dec!(40));
    assert_eq!(session("b", "a", dec!(10)), dec!(5));
}

#[test]
fn a_period_without_a_tariff_between_others_is_free_but_counts() {
    let from_2 = element(&[component("ENERGY", dec!(1), 1)], json!({ "min_kwh": 2 }));
    let periods: [Period<'_>; 3] = [
        ("10:00", Some("cheap"), &[("ENERGY", dec!(1))]),
        ("11:00", None, &[("ENERGY", dec!(1))]),
        ("12:00", Some("late"), &[("ENERGY", dec!(1))]),
    ];
    let session = cdr("13:00", &periods, &[cheap(), tariff("late", &[from_2], json!({}))]);
    let totals = priced(&session).totals();
    assert_eq!((totals.total_cost.excl.normalize(), totals.total_energy), (dec!(1.3), dec!(3)));
}

#[test]
fn a_reservation_has_the_prices_of_the_tariff_that_its_period_names() {
    let reserve = element(&[component("TIME", dec!(4), 1)], json!({ "reservation": "RESERVATION" }));
    let energy = element(&[component("ENERGY", dec!(1), 1)], Value::Null);
    let periods: [Period<'_>; 2] = [
        ("10:00", Some("reserved"), &[("RESERVATION_TIME", dec!(0.5))]),
        ("10:30", Some("cheap"), &[("ENERGY", dec!(1))]),
    ];
    let session = cdr("11:00", &periods, &[cheap(), tariff("reserved", &[reserve, energy], json!({}))]);
    let totals = priced(&session).totals();
    assert_eq!(totals.total_reservation_cost.excl.normalize(), dec!(2));
    assert_eq!(totals.total_cost.excl.normalize(), dec!(2.3));
    let skipped = Policy { reservation: ReservationElements::Skipped, ..Policy::default() };
    assert_eq!(priced_by(&session, skipped).totals().total_cost.excl.normalize(), dec!(0.3));
}

#[test]
fn tariffs_that_cannot_be_on_one_bill_are_refused() {
    let periods: [Period<'_>; 2] =
        [("10:00", Some("cheap"), &[("ENERGY", dec!(1))]), ("11:00", Some("other"), &[("ENERGY", dec!(1))])];
    let mut other = cheap();
    (other["id"], other["currency"]) = (json!("other"), json!("CHF"));
    assert_eq!(
        refused(&cdr("12:00", &periods, &[cheap(), other])),
        "tariffs[1].currency: is not that of the other tariffs that the periods name"
    );
    let many = |id: &str| {
        tariff(id, &vec![element(&[component("ENERGY", dec!(1), 1)], Value::Null); 600], json!({}))
    };
    let too_many = refused(&cdr("12:00", &periods, &[many("cheap"), many("other")]));
    assert_eq!(too_many, "tariffs: together: elements: has more than 1000 elements");
}

#[test]
fn a_tariff_that_the_cdr_does_not_carry_is_given_beside_it() {
    let periods: [Period<'_>; 1] = [("10:00", Some("elsewhere"), &[("ENERGY", dec!(2))])];
    let session = cdr("11:00", &periods, &[cheap()]);
    let read = ocpi::read_cdr(&session.to_string(), V221).unwrap();
    let notes: Vec<String> = read.notes.iter().map(ToString::to_string).collect();
    assert_eq!(
        notes,
        [
            "charging_periods[0].tariff_id: is not the id of a tariff of the CDR",
            "tariffs[0].country_code: is missing; no price depends on it",
            "tariffs[0].party_id: is missing; no price depends on it",
            "tariffs[0].last_updated: is missing; no price depends on it",
        ]
    );
    assert_eq!(
        refused(&session),
        "charging_periods[0].tariff_id: is not the id of a tariff of the CDR: give that tariff beside it"
    );
    let beside = ocpi::read_tariff_to_price(&fast().to_string(), V221).unwrap();
    let plan = tariffs::Plan::with_policy(beside.tariff.into(), Policy::default()).unwrap();
    let totals = ocpi::price(&read, &plan.into(), Tz::UTC).unwrap().totals();
    assert_eq!(totals.total_cost.excl.normalize(), dec!(1.2));
    assert_eq!(refused(&cdr("11:00", &periods, &[])), "tariffs: is empty: give a tariff beside the CDR");
    let none: [Period<'_>; 1] = [("10:00", None, &[("ENERGY", dec!(2))])];
    assert_eq!(
        refused(&cdr("11:00", &none, &[cheap(), fast()])),
        "charging_periods[0].tariff_id: is needed, as the CDR has several tariffs"
    );
}

#[test]
fn a_period_in_which_nothing_was_used_costs_nothing() {
    let periods: [Period<'_>; 2] = [("10:00", None, &[("ENERGY", dec!(1))]), ("11:00", None, &[])];
    let session = cdr("12:00", &periods, &[cheap()]);
    let read = ocpi::read_cdr(&session.to_string(), V221).unwrap();
    assert_eq!(
        read.notes[0].to_string(),
        "charging_periods[1].dimensions: is empty: nothing was used in the period"
    );
    assert_eq!(cost(&session), dec!(0.3));
}

#[test]
fn power_that_flows_back_is_negative_and_below_every_bound() {
    let up_to = element(&[component("ENERGY", dec!(0.10), 1)], json!({ "max_power": 0 }));
    let other = element(&[component("ENERGY", dec!(0.40), 1)], Value::Null);
    let back: &[(&str, Decimal)] =
        &[("ENERGY", dec!(-2)), ("MIN_POWER", dec!(-4)), ("MAX_POWER", dec!(-4)), ("MAX_CURRENT", dec!(-6))];
    let periods: [Period<'_>; 2] = [("10:00", None, &[("ENERGY", dec!(5))]), ("11:00", None, back)];
    let session = cdr("11:30", &periods, &[tariff("v2g", &[up_to, other], json!({}))]);
    assert_eq!(cost(&session), dec!(5) * dec!(0.40) - dec!(2) * dec!(0.10));
    let mut session = session;
    session["charging_periods"][1]["dimensions"][0] = json!({ "type": "TIME", "volume": -1 });
    let invalid = ocpi::read_cdr(&session.to_string(), V221).unwrap_err();
    assert_eq!(invalid.to_string(), "charging_periods[1].dimensions[0].volume: is negative");
}
