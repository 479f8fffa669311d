//! step_size, min_price and max_price, with the corner cases on which engines differ.

mod common;

use chrono_tz::UTC;
use common::*;
use rust_decimal::Decimal;
use rust_decimal_macros::dec;
use tariffs::{Bill, Language, Reading, Reason};

fn bill(elements: &str, readings: &[Reading], end: &str) -> Bill {
    let bill = replay(&tariff(elements), UTC, "10:00", readings, end);
    assert_adds_up(&bill);
    bill
}

/// The quantity that steps added, in kWh or seconds.
fn added(bill: &Bill) -> Decimal {
    let steps = bill.lines.iter().filter(|line| matches!(line.reason, Reason::Step { .. }));
    steps.map(|line| line.quantity).sum()
}

fn time(price: u32, step: u32) -> String {
    format!(r#"{{"components":[{{"dimension":"time","price":{price},"step_size":{step}}}]}}"#)
}

fn parking(price: u32, step: u32) -> String {
    time(price, step).replace("time", "parking_time")
}

#[test]
fn energy_is_rounded_up_once_per_session() {
    let step = r#"{"components":[{"dimension":"energy","price":"0.25","step_size":100}]}"#;
    let readings = [read("10:00", 0), read("10:30", 10_010), read("11:00", 20_450)];
    let rounded = bill(step, &readings, "11:00");
    // 20.5 kWh × 0.25 = 5.125
    assert_eq!((added(&rounded), rounded.total_excl), (dec!(0.05), dec!(5.13)));
    assert_eq!(
        rounded.explain(Language::English)[1],
        "rounded up to a step of 100 Wh, 0.050 kWh × 0.25 = 0.01 EUR"
    );
    // A multiple stays as it is.
    assert_eq!(added(&bill(step, &[read("10:00", 0), read("11:00", 20_500)], "11:00")), dec!(0));
}

#[test]
fn a_step_of_one_is_a_whole_unit_and_none_is_exact() {
    let one = r#"{"components":[{"dimension":"energy","price":1,"step_size":1}]}"#;
    let exact = r#"{"components":[{"dimension":"energy","price":1}]}"#;
    let finer = Reading::at(at("11:00")).register(tariffs::Energy::from_mwh(1_000_100));
    for (elements, expected) in [(one, dec!(0.0009)), (exact, dec!(0))] {
        assert_eq!(added(&bill(elements, &[read("10:00", 0), finer], "11:00")), expected);
    }
}

#[test]
fn the_last_price_decides_the_step_and_the_price_of_the_rest() {
    let two = r#"
        {"components":[{"dimension":"time","price":6,"step_size":60}],"restrictions":{"max_duration":1800}},
        {"components":[{"dimension":"time","price":12,"step_size":600}]}"#;
    // 35 min in all; steps of 10 min make 40: 5 min more at 12/h.
    let bill = bill(two, &[charges("10:00")], "10:35");
    assert_eq!((added(&bill), bill.total_excl), (dec!(300), dec!(5.00)));
}

#[test]
fn where_parking_is_priced_only_parking_is_rounded_up() {
    let both = format!("{},{}", time(6, 3600), parking(12, 600));
    // 31 min charging, 12 min parking → 20 min, whatever the order.
    for readings in [
        [charges("10:00"), parks("10:31"), parks("10:31")],
        [parks("10:00"), charges("10:12"), charges("10:12")],
        [charges("10:00"), parks("10:15"), charges("10:27")],
    ] {
        let bill = bill(&both, &readings, "10:43");
        assert_eq!((added(&bill), bill.total_excl), (dec!(480), dec!(7.10)));
    }
}

#[test]
fn parking_at_a_price_of_zero_is_priced() {
    let both = format!("{},{}", time(6, 3600), parking(0, 0));
    assert_eq!(bill(&both, &[charges("10:00"), parks("10:30")], "10:45").total_excl, dec!(3.00));
    // Without a price for parking, time is rounded up to the hour.
    assert_eq!(bill(&time(6, 3600), &[charges("10:00"), parks("10:30")], "10:45").total_excl, dec!(6.00));
}

#[test]
fn only_what_is_priced_counts_towards_a_step() {
    // The first 12 minutes of parking are free; 8 priced minutes become 15, not 20 → 30.
    let free_first = r#"{"components":[{"dimension":"parking_time","price":2,"step_size":900}],
        "restrictions":{"min_duration":720}}"#;
    let bill = bill(free_first, &[parks("10:00")], "10:20");
    assert_eq!((added(&bill), bill.total_excl), (dec!(420), dec!(0.50)));
}

#[test]
fn an_idle_tail_without_energy_does_not_decide_the_step() {
    let two = r#"
        {"components":[{"dimension":"energy","price":1,"step_size":1000}],"restrictions":{"end_time":"11:00"}},
        {"components":[{"dimension":"energy","price":9,"step_size":10000}]}"#;
    let readings = [read("10:00", 0), read("11:00", 2_500), read("12:00", 2_500)];
    assert_eq!(bill(two, &readings, "12:00").total_excl, dec!(3.00));
}

fn limited(limits: &str, vat: &str, wh: i64) -> Bill {
    let json = format!(
        r#"{{"id":"l","currency":"EUR",{limits},"elements":[{{"components":[
            {{"dimension":"energy","price":1{vat}}}]}}]}}"#
    );
    let bill = replay(&full(&json), UTC, "10:00", &[read("10:00", 0), read("11:00", wh)], "11:00");
    assert_adds_up(&bill);
    bill
}

#[test]
fn a_session_costs_at_least_the_least_price() {
    let min = r#""min_price":{"excl":"5.00"}"#;
    let bill = limited(min, r#","vat":20"#, 2_000);
    assert_eq!((bill.total_excl, bill.total_incl), (dec!(5.00), dec!(6.00)));
    assert_eq!(
        bill.explain(Language::English)[1],
        "least price of a session, 3.00 EUR, with 20 % VAT 0.60: 3.60 EUR"
    );
    // Even if nothing else is priced.
    assert_eq!(limited(min, "", 0).total_excl, dec!(5.00));
    assert_eq!(limited(min, "", 6_000).total_excl, dec!(6.00));
}

#[test]
fn a_session_costs_at_most_the_highest_price() {
    let bill = limited(r#""max_price":{"excl":"10","incl":"12"}"#, r#","vat":20"#, 20_000);
    assert_eq!((bill.total_excl, bill.total_incl), (dec!(10.00), dec!(12.00)));
    let last = bill.lines.last().unwrap();
    assert_eq!((last.reason, last.net, last.gross), (Reason::MaxPrice, dec!(-10.00), dec!(-12.00)));
}

#[test]
fn net_and_gross_are_held_each_for_itself() {
    // 11 net and 13.20 gross: only the net is above its limit.
    let bill = limited(r#""max_price":{"excl":"10","incl":"20"}"#, r#","vat":20"#, 11_000);
    assert_eq!((bill.total_excl, bill.total_incl), (dec!(10.00), dec!(13.20)));
}
