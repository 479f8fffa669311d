//! A station's costs beside our bill of the same session.

#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use chrono_tz::Europe::Amsterdam;
use common::*;
use rust_decimal_macros::dec;
use serde_json::{Value, json};
use tariffs::ocpp::cost_details::{CostKind, Finding, Tolerance, compare, from_json, read};
use tariffs::{Bill, Language};

/// One hour, 10 kWh at 0.50, half an hour of it parked at 2.00 per hour, 1.00 to begin with; 20 % VAT on all.
fn bill(limits: &str) -> Bill {
    let tariff = full(&format!(
        r#"{{"id":"t","currency":"EUR",{limits}"elements":[{{"components":[
            {{"dimension":"energy","price":"0.5","vat":"20"}},{{"dimension":"parking_time","price":"2","vat":"20"}},
            {{"dimension":"flat","price":"1","vat":"20"}},{{"dimension":"time","price":"0","vat":"20"}}]}}]}}"#
    ));
    replay(
        &tariff,
        Amsterdam,
        "08:00",
        &[read_at("08:00", 0), parks("08:30"), read_at("08:30", 10_000)],
        "09:00",
    )
}

fn read_at(at: &str, wh: i64) -> tariffs::Reading {
    common::read(at, wh)
}

/// What an honest station says of that session.
fn details() -> Value {
    json!({
        "totalCost": {"currency":"EUR","typeOfCost":"NormalCost","total":{"exclTax":7,"inclTax":8.4},
            "fixed":{"exclTax":1,"inclTax":1.2,"taxRates":[{"type":"VAT","tax":20}]},
            "energy":{"exclTax":5,"inclTax":6},"idleTime":{"exclTax":1,"inclTax":1.2},"chargingTime":{"exclTax":0}},
        "totalUsage": {"energy":10000,"chargingTime":3600,"idleTime":1800},
        "chargingPeriods": [{"startPeriod":"2026-11-23T08:00:00Z","tariffId":"t",
                             "dimensions":[{"type":"Energy","volume":10000},{"type":"IdleTIme","volume":0}]}]
    })
}

/// The differences in short: path, the station's value, ours.
fn differences(
    change: impl Fn(&mut Value),
    tolerance: Tolerance,
    limits: &str,
) -> Vec<(String, Finding, String, String)> {
    let mut json = details();
    change(&mut json);
    let found = compare(&read(&json).unwrap(), &bill(limits), &tolerance);
    found.into_iter().map(|found| (found.path, found.finding, found.theirs, found.ours)).collect()
}

fn one(path: &str, finding: Finding, theirs: &str, ours: &str) -> Vec<(String, Finding, String, String)> {
    vec![(path.into(), finding, theirs.into(), ours.into())]
}

fn fair() -> Tolerance {
    Tolerance::fair("EUR".parse().unwrap())
}

#[test]
fn equal_costs_have_no_differences() {
    assert_eq!(differences(|_| {}, Tolerance::none(), ""), []);
    // Without tax, and not rounded: as exact as stations like to be.
    let unrounded = |json: &mut Value| json["totalCost"]["total"] = json!({"exclTax": 6.9976});
    assert_eq!(differences(unrounded, Tolerance::none(), ""), []);
}

#[test]
fn a_cent_is_a_difference_or_tolerated() {
    let cent = |json: &mut Value| json["totalCost"]["energy"]["inclTax"] = json!(6.01);
    assert_eq!(
        differences(cent, Tolerance::none(), ""),
        one("totalCost.energy.inclTax", Finding::Value, "6.01", "6.00")
    );
    assert_eq!(differences(cent, fair(), ""), []);
    let two = |json: &mut Value| json["totalCost"]["total"]["inclTax"] = json!(8.38);
    assert_eq!(differences(two, fair(), ""), one("totalCost.total.inclTax", Finding::Value, "8.38", "8.40"));
}

#[test]
fn a_missing_total_is_a_difference() {
    let empty = |json: &mut Value| json["totalCost"]["total"] = json!({});
    assert_eq!(differences(empty, fair(), ""), one("totalCost.total", Finding::Missing, "", "8.40"));
}

#[test]
fn a_part_is_missed_only_where_parts_are_given() {
    let part = |json: &mut Value| {
        json["totalCost"].as_object_mut().unwrap().remove("idleTime");
    };
    assert_eq!(differences(part, fair(), ""), one("totalCost.idleTime", Finding::Missing, "", "1.20"));
    let all = |json: &mut Value| {
        json["totalCost"] = json!({"currency":"EUR","typeOfCost":"NormalCost","total":{"inclTax":8.4}});
    };
    assert_eq!(differences(all, fair(), ""), []);
}

#[test]
fn a_part_that_we_do_not_bill_is_a_difference() {
    let reserved = |json: &mut Value| json["totalCost"]["reservationFixed"] = json!({"inclTax":2});
    assert_eq!(
        differences(reserved, fair(), ""),
        one("totalCost.reservationFixed.inclTax", Finding::Value, "2", "0")
    );
}

#[test]
fn amounts_of_another_currency_are_not_compared() {
    let dollars = |json: &mut Value| {
        json["totalCost"]["currency"] = json!("USD");
        json["totalCost"]["total"]["inclTax"] = json!(99);
    };
    assert_eq!(differences(dollars, fair(), ""), one("totalCost.currency", Finding::Currency, "USD", "EUR"));
}

#[test]
fn both_sides_must_agree_that_a_bound_made_the_total() {
    let least = r#""min_price":{"excl":"10","incl":"12"},"#;
    let bounded = |json: &mut Value| {
        json["totalCost"]["typeOfCost"] = json!("MinCost");
        json["totalCost"]["total"] = json!({"exclTax":10,"inclTax":12});
    };
    assert_eq!(differences(bounded, Tolerance::none(), least), []);
    let found = differences(|_| {}, fair(), least);
    assert_eq!(found[0], one("totalCost.typeOfCost", Finding::KindOfCost, "NormalCost", "MinCost")[0]);
    assert_eq!(found[1].0, "totalCost.total.exclTax");
    let most = r#""max_price":{"excl":"5","incl":"6"},"#;
    let capped = |json: &mut Value| {
        json["totalCost"]["typeOfCost"] = json!("MaxCost");
        json["totalCost"]["total"] = json!({"inclTax":6});
    };
    assert_eq!(differences(capped, Tolerance::none(), most), []);
    assert_eq!(
        differences(capped, fair(), "")[0],
        one("totalCost.typeOfCost", Finding::KindOfCost, "MaxCost", "NormalCost")[0]
    );
}

#[test]
fn a_station_that_could_not_calculate_is_not_compared() {
    let failed = |json: &mut Value| {
        json["failureToCalculate"] = json!(true);
        json["failureReason"] = json!("clock lost");
        json["totalCost"]["total"]["inclTax"] = json!(0);
    };
    assert_eq!(
        differences(failed, fair(), ""),
        one("failureToCalculate", Finding::Failure, "clock lost", "8.40 EUR")
    );
}

#[test]
fn quantities_are_compared_too() {
    let energy = |json: &mut Value| json["totalUsage"]["energy"] = json!(10_010.5);
    assert_eq!(differences(energy, fair(), ""), one("totalUsage.energy", Finding::Value, "10010.5", "10000"));
    // The duration with or without the idle time: stations read the standard both ways.
    let without = |json: &mut Value| json["totalUsage"]["chargingTime"] = json!(1_800);
    assert_eq!(differences(without, Tolerance::none(), ""), []);
    let neither = |json: &mut Value| json["totalUsage"]["chargingTime"] = json!(2_700);
    assert_eq!(
        differences(neither, fair(), ""),
        one("totalUsage.chargingTime", Finding::Value, "2700", "3600")
    );
    let idle = |json: &mut Value| json["totalUsage"]["idleTime"] = json!(1_700);
    assert_eq!(differences(idle, fair(), ""), one("totalUsage.idleTime", Finding::Value, "1700", "1800"));
}

#[test]
fn differences_are_told_in_two_languages() {
    let say = |change: &dyn Fn(&mut Value), language| -> Vec<String> {
        let mut json = details();
        change(&mut json);
        let found = compare(&read(&json).unwrap(), &bill(""), &fair());
        found.iter().map(|found| found.say(language)).collect()
    };
    let dear = |json: &mut Value| json["totalCost"]["energy"]["exclTax"] = json!(5.5);
    assert_eq!(say(&dear, Language::English), ["energy before tax: the station says 5.5, we have 5.00"]);
    assert_eq!(say(&dear, Language::Chinese), ["电费（不含税）：充电桩为 5.5，我方为 5.00"]);
    let empty = |json: &mut Value| json["totalCost"]["total"] = json!({});
    assert_eq!(say(&empty, Language::English), ["total: the station gives nothing, we have 8.40"]);
    assert_eq!(say(&empty, Language::Chinese), ["总费用：充电桩未提供，我方为 8.40"]);
    let failed = |json: &mut Value| json["failureToCalculate"] = json!(true);
    assert_eq!(
        say(&failed, Language::English),
        ["the station could not calculate the cost; we bill 8.40 EUR"]
    );
    assert_eq!(say(&failed, Language::Chinese), ["充电桩未能计算费用；我方账单为 8.40 EUR"]);
}

#[test]
fn details_are_read_whole() {
    let read = from_json(&details().to_string()).unwrap();
    assert_eq!((read.kind, read.failed, read.usage.energy), (CostKind::Normal, false, dec!(10000)));
    assert_eq!(read.periods[0].tariff_id, "t");
    assert_eq!(read.periods[0].volumes[1], ("IdleTIme".to_owned(), dec!(0)));
}

#[test]
fn what_is_wrong_with_details_is_told_at_once() {
    let wrong = json!({"totalCost":{"currency":"EUR","typeOfCost":"Much","total":{"exclTax":"1"}},
        "totalUsage":{"energy":1,"chargingTime":-1},"failureToCalculate":"no",
        "chargingPeriods":[{"startPeriod":"now","dimensions":[{"type":"Energy"}]}]});
    let problems: Vec<String> = read(&wrong).unwrap_err().problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            "failureToCalculate: is neither true nor false",
            "totalUsage.chargingTime: is not a whole number from 0 to 4294967295",
            "totalUsage.idleTime: is missing",
            "chargingPeriods[0].startPeriod: is not a time like 2026-12-24T18:00:00Z",
            "chargingPeriods[0].dimensions[0].volume: is missing",
            "totalCost.typeOfCost: is none of NormalCost, MinCost and MaxCost",
            "totalCost.total.exclTax: is not a number",
        ]
    );
}
