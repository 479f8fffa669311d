//! Local time: nights on which the clocks change, midnight, days, dates, and long sessions.

mod common;

use chrono_tz::America::New_York;
use chrono_tz::Europe::Amsterdam;
use chrono_tz::Tz;
use common::*;
use rust_decimal_macros::dec;
use tariffs::{Bill, Language};

/// Energy at 2 from 02:00 to 03:00 and at 1 otherwise; 1 kWh an hour.
fn night(tz: Tz, start: &str, hours: i64) -> Bill {
    let elements = r#"
        {"name":"two","components":[{"dimension":"energy","price":2},{"dimension":"time","price":1}],
         "restrictions":{"start_time":"02:00","end_time":"03:00"}},
        {"name":"other","components":[{"dimension":"energy","price":1}]}"#;
    let end = (at(start) + chrono::TimeDelta::hours(hours)).to_rfc3339();
    let bill = replay(&tariff(elements), tz, start, &[read(start, 0), read(&end, hours * 1_000)], &end);
    assert_adds_up(&bill);
    bill
}

fn two_o_clock(bill: &Bill) -> String {
    let seconds = bill.lines.iter().filter(|line| line.label == "two" && line.unit == tariffs::Unit::Second);
    seconds.map(|line| line.quantity).sum::<rust_decimal::Decimal>().to_string()
}

#[test]
fn in_spring_the_hour_at_two_does_not_happen() {
    // Four hours from midnight; 02:00–03:00 is skipped.
    for (tz, start) in [(Amsterdam, "2026-03-28T23:00:00Z"), (New_York, "2026-03-08T05:00:00Z")] {
        let bill = night(tz, start, 4);
        assert_eq!((bill.total_excl, two_o_clock(&bill)), (dec!(4.00), "0".into()), "{tz}");
    }
}

#[test]
fn in_autumn_the_window_counts_as_often_as_it_happens() {
    // Amsterdam repeats 02:00–03:00: two hours at the window's price.
    let bill = night(Amsterdam, "2026-10-24T22:00:00Z", 5);
    assert_eq!((bill.total_excl, two_o_clock(&bill)), (dec!(9.00), "7200".into()));
    assert_eq!(
        bill.explain(Language::English)[2],
        "02:00 (UTC+02:00)–03:00 (UTC+01:00) two, 2.000 kWh × 2.00 = 4.00 EUR"
    );
    // New York repeats 01:00–02:00, before the window.
    let bill = night(New_York, "2026-11-01T04:00:00Z", 5);
    assert_eq!((bill.total_excl, two_o_clock(&bill)), (dec!(7.00), "3600".into()));
}

#[test]
fn a_window_across_midnight_belongs_to_the_local_day() {
    let friday = r#"
        {"name":"friday","components":[{"dimension":"time","price":60}],
         "restrictions":{"start_time":"22:00","end_time":"02:00","day_of_week":["friday"]}},
        {"name":"other","components":[{"dimension":"time","price":6}]}"#;
    // Friday 27 November 2026, 21:00 to 03:00 the next morning, in Amsterdam.
    let start = "2026-11-27T20:00:00Z";
    let bill = replay(&tariff(friday), Amsterdam, start, &[charges(start)], "2026-11-28T02:00:00Z");
    assert_eq!(
        bill.explain(Language::English),
        [
            "11-27 21:00–11-27 22:00 charging other, 1 h × 6.00/h = 6.00 EUR",
            "11-27 22:00–11-28 00:00 charging friday, 2 h × 60.00/h = 120.00 EUR",
            "11-28 00:00–11-28 03:00 charging other, 3 h × 6.00/h = 18.00 EUR"
        ]
    );
}

#[test]
fn midnight_as_an_end_is_the_end_of_the_day() {
    for restrictions in [r#""end_time":"00:00""#, r#""start_time":"00:00","end_time":"00:00""#, ""] {
        let all_day = format!(
            r#"{{"components":[{{"dimension":"time","price":6}}],"restrictions":{{{restrictions}}}}}"#
        );
        let start = "2026-11-27T20:00:00Z";
        let bill = replay(&tariff(&all_day), Amsterdam, start, &[charges(start)], "2026-11-28T02:00:00Z");
        assert_eq!(bill.total_excl, dec!(36.00), "{restrictions}");
    }
    let evening = r#"{"components":[{"dimension":"time","price":6}],
        "restrictions":{"start_time":"22:00","end_time":"00:00"}}"#;
    let start = "2026-11-27T20:00:00Z";
    let bill = replay(&tariff(evening), Amsterdam, start, &[charges(start)], "2026-11-28T02:00:00Z");
    assert_eq!(bill.total_excl, dec!(12.00));
}

#[test]
fn dates_are_local_and_end_before_their_last() {
    let dated = r#"{"components":[{"dimension":"time","price":1}],
        "restrictions":{"start_date":"2026-11-28","end_date":"2026-11-29"}}"#;
    let start = "2026-11-27T12:00:00Z";
    let bill = replay(&tariff(dated), New_York, start, &[charges(start)], "2026-11-30T12:00:00Z");
    let priced = bill.lines.iter().find(|line| line.net > dec!(0)).unwrap();
    assert_eq!((priced.from, priced.to), (at("2026-11-28T05:00:00Z"), at("2026-11-29T05:00:00Z")));
    assert_eq!(bill.total_excl, dec!(24.00));
}

#[test]
fn a_session_of_thirty_days_has_every_night() {
    let nights = r#"
        {"name":"night","components":[{"dimension":"time","price":1}],
         "restrictions":{"start_time":"23:00","end_time":"05:00"}},
        {"name":"day","components":[{"dimension":"time","price":2}]}"#;
    // Across the change of clocks of 25 October: 30 local days of 24 h and one hour more, which is at night.
    let start = "2026-10-09T22:00:00Z";
    let bill = replay(&tariff(nights), Amsterdam, start, &[charges(start)], "2026-11-08T23:00:00Z");
    assert_adds_up(&bill);
    assert_eq!(bill.total_excl, dec!(1261.00));
    assert_eq!(bill.lines.len(), 61);
}
