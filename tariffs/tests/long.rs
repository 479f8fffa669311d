//! Sessions that go on and on, and sessions without any length; clocks that skip, repeat and jump.

#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::sync::Arc;

use chrono::TimeDelta;
use chrono_tz::America::New_York;
use chrono_tz::{Tz, UTC};
use common::*;
use rust_decimal::Decimal;
use rust_decimal_macros::dec;
use serde_json::json;
use tariffs::ocpi::{self, Version};
use tariffs::{Activity, AnomalyKind, Bill, Energy, Plan, Policy, Pricer, Reading, Tariff};

/// From local midnight to local midnight in New York, 30 days of which one has 25 hours, and one 23.
const AUTUMN: (&str, &str) = ("2026-10-10T04:00:00Z", "2026-11-09T05:00:00Z");
const SPRING: (&str, &str) = ("2027-03-01T05:00:00Z", "2027-03-31T04:00:00Z");

/// Thirty days of one activity at one power, told every six hours; the bill by live pushes and by replay is the same.
fn month(tariff: &Tariff, (start, end): (&str, &str), activity: Activity, kw: i64) -> Bill {
    let (from, to) = (at(start), at(end));
    let mut readings = Vec::new();
    let mut now = from;
    while now < to {
        let register = wh((now - from).num_hours() * kw * 1_000);
        readings.push(Reading::at(now).register(register).activity(activity));
        now += TimeDelta::hours(6);
    }
    readings.push(Reading::at(to).register(wh((to - from).num_hours() * kw * 1_000)));
    let mut live = begin(tariff, New_York, start);
    for reading in &readings {
        live.push(*reading).unwrap();
    }
    let bill = live.bill(to);
    assert_eq!(bill, replay(tariff, New_York, start, &readings, end));
    assert_adds_up(&bill);
    bill
}

#[test]
fn a_month_by_time_of_use_has_every_hour_as_often_as_it_happens() {
    let by_hour = |from: &str, to: &str| {
        tariff(&format!(
            r#"{{"components":[{{"dimension":"energy","price":1}}],
                "restrictions":{{"start_time":"{from}","end_time":"{to}"}}}},
            {{"components":[{{"dimension":"energy","price":"0.1"}}]}}"#
        ))
    };
    // 721 hours, the one from 1 to 2 on 31 of 30 days.
    let autumn = month(&by_hour("01:00", "02:00"), AUTUMN, Activity::Charging, 1);
    assert_eq!((autumn.energy, autumn.total_excl), (wh(721_000), dec!(31) + dec!(69.0)));
    // 719 hours, the one from 2 to 3 on 29 of 30 days.
    let spring = month(&by_hour("02:00", "03:00"), SPRING, Activity::Charging, 1);
    assert_eq!((spring.energy, spring.total_excl), (wh(719_000), dec!(29) + dec!(69.0)));
}

#[test]
fn a_month_of_idling_is_capped_day_by_local_day() {
    let idle = full(
        r#"{"id":"idle","currency":"USD","elements":[{"components":[{"dimension":"parking_time","price":"0.40"}]}],
            "caps":[{"dimensions":["parking_time"],"per":"day","amount":"9.80"}]}"#,
    );
    // A day costs 9.60; that of 25 hours would cost 10.00, that of 23 costs 9.20.
    let autumn = month(&idle, AUTUMN, Activity::Parking, 0);
    assert_eq!(autumn.total_excl, dec!(9.60) * dec!(29) + dec!(9.80));
    let spring = month(&idle, SPRING, Activity::Parking, 0);
    assert_eq!(spring.total_excl, dec!(9.60) * dec!(29) + dec!(9.20));
    // Every day beyond the cap.
    let dear = full(&serde_json::to_string(&idle).unwrap().replace("0.4", "0.5"));
    assert_eq!(month(&dear, AUTUMN, Activity::Parking, 0).total_excl, dec!(9.80) * dec!(30));
    assert_eq!(month(&dear, SPRING, Activity::Parking, 0).total_excl, dec!(9.80) * dec!(30));
}

#[test]
fn ten_thousand_readings_make_a_bill_that_can_be_read() {
    let day_and_night = tariff(
        r#"{"components":[{"dimension":"energy","price":"0.20"},{"dimension":"time","price":1}],
            "restrictions":{"start_time":"22:00","end_time":"06:00"}},
        {"components":[{"dimension":"energy","price":"0.40"},{"dimension":"parking_time","price":2}]}"#,
    );
    let mut readings = Vec::new();
    for index in 0..10_000 {
        // A quarter of an hour each, charging and not.
        let activity = if index % 2 == 0 { Activity::Charging } else { Activity::Parking };
        let register = wh((index + 1) / 2 * 1_000);
        let now = at("10:00") + TimeDelta::minutes(15 * index);
        readings.push(Reading::at(now).register(register).activity(activity));
    }
    let end = at("10:00") + TimeDelta::minutes(15 * 9_999);
    let plan = Arc::new(Plan::new(Arc::new(day_and_night)).unwrap());
    let mut live = Pricer::with_plan(plan.clone(), UTC, at("10:00"));
    for reading in &readings {
        live.push(*reading).unwrap();
    }
    let bill = live.bill(end);
    assert_eq!(bill, Pricer::replay(plan, UTC, at("10:00"), readings.into_iter().rev()).bill(end));
    assert_adds_up(&bill);
    assert_eq!(bill.energy, wh(5_000_000));
    assert!(bill.lines.len() <= 500, "{} lines", bill.lines.len());
}

#[test]
fn a_thousand_readings_of_one_instant_count_in_their_order() {
    let tiers = tariff(
        r#"{"components":[{"dimension":"energy","price":1}],"restrictions":{"max_kwh":300}},
        {"components":[{"dimension":"energy","price":2}]}"#,
    );
    let readings: Vec<Reading> = (0..=1_000)
        .map(|order| Reading { order, ..read("10:30", order * 500) })
        .chain([read("11:00", 500_000)])
        .collect();
    let bill = replay(&tiers, UTC, "10:00", &readings, "11:00");
    assert_eq!((bill.energy, bill.total_excl), (wh(500_000), dec!(300) + dec!(400)));
    assert_eq!(bill.anomalies, []);
    let mut reversed = readings.clone();
    reversed.reverse();
    assert_eq!(replay(&tiers, UTC, "10:00", &reversed, "11:00"), bill);
}

/// The session, told as a CDR and priced by it.
fn by_cdr(tariff: &Tariff, readings: &[Reading], start: &str, end: &str) -> (Bill, Decimal) {
    let mut pricer = begin(tariff, UTC, start).recording();
    for reading in readings {
        pricer.push(*reading).unwrap();
    }
    let bill = pricer.bill(at(end));
    let part = ocpi::cdr::priced_part(&bill, &pricer.periods(at(end)), None, Version::V2_2_1);
    let cdr = ocpi::read_cdr(&json!(part).to_string(), Version::V2_2_1).unwrap();
    let plan = Arc::new(Plan::with_policy(Arc::new(tariff.clone()), Policy::default()).unwrap());
    let told = ocpi::price(&cdr, &plan, UTC).unwrap().totals().total_cost.excl;
    (bill, told.round_dp(2))
}

#[test]
fn energy_that_comes_at_once_has_the_price_of_its_instant() {
    let by_hour = tariff(
        r#"{"components":[{"dimension":"energy","price":3}],"restrictions":{"end_time":"10:00"}},
        {"components":[{"dimension":"energy","price":1},{"dimension":"time","price":60},{"dimension":"flat","price":2}]}"#,
    );
    let readings = [read("10:00", 0), Reading { order: 1, ..read("10:00", 7_000) }];
    let (bill, told) = by_cdr(&by_hour, &readings, "10:00", "10:00");
    assert_eq!((bill.energy, bill.total_excl, told), (wh(7_000), dec!(9.00), dec!(9.00)));
}

#[test]
fn a_session_without_energy_costs_its_fee_and_its_time() {
    let all = tariff(
        r#"{"components":[{"dimension":"energy","price":1,"step_size":1000},{"dimension":"time","price":6},
            {"dimension":"flat","price":2}]}"#,
    );
    let (bill, told) = by_cdr(&all, &[read("10:00", 5_000), read("10:30", 5_000)], "10:00", "10:30");
    assert_eq!((bill.energy, bill.total_excl, told), (Energy::ZERO, dec!(5.00), dec!(5.00)));
    let (bill, told) = by_cdr(&all, &[], "10:00", "10:00");
    assert_eq!((bill.energy, bill.total_excl, told), (Energy::ZERO, dec!(2.00), dec!(2.00)));
}

#[test]
fn a_leap_second_is_the_instant_after_it() {
    let elements = json!([{ "price_components": [{ "type": "TIME", "price": 3600, "step_size": 1 }] }]);
    let tariff = json!({ "id": "t", "currency": "EUR", "elements": elements });
    let cost = |start: &str, end: &str| {
        let cdr = json!({
            "start_date_time": start, "end_date_time": end, "tariffs": [tariff],
            "charging_periods": [{ "start_date_time": start, "dimensions": [{ "type": "TIME", "volume": 0.0006 }] }],
        });
        let read = ocpi::read_cdr(&cdr.to_string(), Version::V2_2_1).unwrap();
        assert!(!read.notes.iter().any(|note| note.path.contains("date_time")), "{:?}", read.notes);
        let totals = ocpi::price_by_own(&read, Tz::UTC, Policy::default()).unwrap().totals();
        (read.start, totals.total_time * dec!(3600), totals.total_cost.excl.normalize())
    };
    let midnight = at("2017-01-01T00:00:00Z");
    for (start, end) in [
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:02Z"),
        ("2016-12-31T23:59:60", "2017-01-01T00:00:02"),
        ("2017-01-01T00:00:00Z", "2017-01-01T00:00:02Z"),
    ] {
        let (from, seconds, cost) = cost(start, end);
        assert_eq!((from, seconds.round_dp(6).normalize(), cost), (midnight, dec!(2), dec!(2)));
    }
    let (_, seconds, _) = cost("2016-12-31T23:59:58Z", "2016-12-31T23:59:60.5Z");
    assert_eq!(seconds.round_dp(6).normalize(), dec!(2.5));
}

/// A clock that is set back on the way: what it tells then belongs before what was taken in.
#[test]
fn a_clock_that_is_set_back_costs_neither_twice_nor_more() {
    let both = tariff(r#"{"components":[{"dimension":"energy","price":1},{"dimension":"time","price":6}]}"#);
    let told = [read("10:00", 0), read("11:00", 10_000), read("10:30", 12_000), read("11:30", 20_000)];
    let mut live = begin(&both, UTC, "10:00");
    live.push(told[0]).unwrap();
    live.push(told[1]).unwrap();
    assert_eq!(live.push(told[2]).unwrap_err().at, at("10:30"));
    let bill = replay(&both, UTC, "10:00", &told, "11:30");
    assert_adds_up(&bill);
    assert_eq!((bill.energy, bill.total_excl), (wh(20_000), dec!(20) + dec!(9)));
    let kinds: Vec<AnomalyKind> = bill.anomalies.iter().map(|anomaly| anomaly.kind).collect();
    assert_eq!(kinds, [AnomalyKind::RegisterShrank]);
}
