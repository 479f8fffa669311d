//! Charging periods are cut so that whoever prices them by what holds at their starts gets the bill.
#![allow(clippy::unwrap_used)] // helpers of tests fail like tests

mod common;

use std::sync::Arc;

use chrono_tz::Tz;
use common::{at, charges, parks, read, tariff};
use rust_decimal::Decimal;
use rust_decimal_macros::dec;
use serde_json::Value;
use tariffs::ocpi::{Version, cdr::priced_part, price, read_cdr};
use tariffs::{ChargingPeriod, Plan, Power, Pricer, Reading, Tariff};

/// The session's periods; its CDR costs what its bill says.
fn periods(tariff: &Tariff, readings: &[Reading], end: &str) -> Vec<ChargingPeriod> {
    let plan = Arc::new(Plan::new(Arc::new(tariff.clone())).unwrap());
    let mut pricer = Pricer::with_plan(plan.clone(), Tz::UTC, at("08:00")).recording();
    for reading in readings {
        pricer.push(*reading).unwrap();
    }
    let (bill, periods) = (pricer.bill(at(end)), pricer.periods(at(end)));
    let written = Value::Object(priced_part(&bill, &periods, None, Version::V2_2_1)).to_string();
    let again = price(&read_cdr(&written, Version::V2_2_1).unwrap(), &plan, Tz::UTC).unwrap().bill();
    assert_eq!((again.total_excl, again.total_incl), (bill.total_excl, bill.total_incl), "{periods:#?}");
    periods
}

fn starts(periods: &[ChargingPeriod]) -> Vec<String> {
    periods.iter().map(|period| period.from.format("%H:%M").to_string()).collect()
}

fn energies(periods: &[ChargingPeriod]) -> Vec<Decimal> {
    periods.iter().map(|period| period.energy.kwh()).collect()
}

#[test]
fn a_period_begins_where_a_flat_fee_becomes_due() {
    let tariff = tariff(
        r#"{"restrictions":{"start_time":"08:40"},"components":[{"dimension":"flat","price":"1"}]},
           {"components":[{"dimension":"energy","price":"0.50"}]}"#,
    );
    let found = periods(&tariff, &[read("08:00", 0), read("09:00", 9_000)], "09:00");
    assert_eq!(
        (starts(&found), energies(&found)),
        (vec!["08:00".into(), "08:40".into()], vec![dec!(6), dec!(3)])
    );
}

#[test]
fn waiting_at_one_price_and_charging_at_another_are_two_periods() {
    let tariff = tariff(
        r#"{"restrictions":{"start_time":"08:30"},"components":[{"dimension":"energy","price":"0.90"}]},
           {"components":[{"dimension":"energy","price":"0.50"}]}"#,
    );
    // The vehicle waits over the change of prices, and takes energy without ever saying that it charges.
    let readings = [parks("08:00"), read("08:00", 0), read("08:45", 0), read("09:00", 3_000)];
    let found = periods(&tariff, &readings, "09:00");
    assert_eq!(energies(&found), [dec!(0), dec!(3)]);
    assert!(found[1].from >= at("08:30"), "{found:#?}");
}

#[test]
fn a_pause_does_not_hide_the_power_of_what_flowed() {
    let tariff = tariff(
        r#"{"restrictions":{"min_power":"7"},"components":[{"dimension":"energy","price":"0.90"}]},
           {"components":[{"dimension":"energy","price":"0.50"}]}"#,
    );
    let readings = [charges("08:00"), read("08:00", 0), read("08:30", 5_000), read("09:00", 5_000)];
    let found = periods(&tariff, &readings, "09:00");
    // Another price would hold for energy in the pause, so it is a period of its own.
    assert_eq!(energies(&found), [dec!(5), dec!(0)]);
    let power = Power::from_kw(dec!(10)).unwrap();
    assert_eq!(found[0].power, Some((power, power)));
}
