//! The week of a tariff, also where the clocks change.

#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use chrono::{NaiveDate, TimeDelta, Timelike};
use chrono_tz::Tz;
use common::*;
use rust_decimal_macros::dec;
use tariffs::{EvseKind, Language, Measure, Rate, Segment, Tariff, Week};

/// A week each in which the clocks go forward, go back, and stay; two of them at odd hours.
const WEEKS: [(Tz, &str); 9] = [
    (chrono_tz::Europe::Amsterdam, "2026-03-23"),
    (chrono_tz::Europe::Amsterdam, "2026-10-19"),
    (chrono_tz::Europe::Amsterdam, "2026-06-01"),
    (chrono_tz::Australia::Lord_Howe, "2026-03-30"),
    (chrono_tz::Australia::Lord_Howe, "2026-09-28"),
    (chrono_tz::America::St_Johns, "2026-03-02"),
    (chrono_tz::America::St_Johns, "2026-10-26"),
    // Clocks changed a minute after midnight: a date came back.
    (chrono_tz::America::St_Johns, "2010-11-01"),
    // Midnight itself was left out.
    (chrono_tz::Africa::Cairo, "2026-04-20"),
];

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn week(tariff: &Tariff, monday: &str, tz: Tz) -> Week {
    tariff.week(day(monday), tz, None, Language::English)
}

/// Minutes, price per kWh and level of a day.
fn shown(segments: &[Segment]) -> Vec<(u16, u16, String, u8)> {
    let rate = |rate: Rate| match rate {
        Rate::Price { gross, .. } => gross.to_string(),
        other => format!("{other:?}"),
    };
    segments.iter().map(|one| (one.from_minute, one.to_minute, rate(one.per_kwh), one.level)).collect()
}

fn line(from: u16, to: u16, rate: &str, level: u8) -> (u16, u16, String, u8) {
    (from, to, rate.to_owned(), level)
}

#[test]
fn every_local_minute_is_in_exactly_one_segment() {
    let tariff = full(include_str!("tariffs/everything.json"));
    for (tz, monday) in WEEKS {
        let week = week(&tariff, monday, tz);
        let mut segments: Vec<(NaiveDate, Segment)> = Vec::new();
        for day in &week.days {
            assert!(day.segments.is_sorted_by_key(|segment| segment.from), "{day:?}");
            segments.extend(day.segments.iter().map(|segment| (day.date, *segment)));
        }
        segments.sort_by_key(|(_, segment)| segment.from);
        for pair in segments.windows(2) {
            assert_eq!(pair[0].1.to, pair[1].1.from, "{tz} {monday}");
        }
        let local = |at: chrono::DateTime<chrono::Utc>| at.with_timezone(&tz);
        for (date, segment) in &segments {
            let mut at = segment.from;
            let mut minute = u32::from(segment.from_minute);
            while at < segment.to {
                assert_eq!(local(at).date_naive(), *date, "{tz} {segment:?}");
                assert_eq!(local(at).hour() * 60 + local(at).minute(), minute, "{tz} {segment:?}");
                at += TimeDelta::minutes(1);
                minute += 1;
            }
            assert_eq!((at, minute), (segment.to, u32::from(segment.to_minute)), "{tz} {segment:?}");
        }
        let ends = [segments[0].1.from - TimeDelta::minutes(1), segments[segments.len() - 1].1.to];
        for at in ends {
            let date = local(at).date_naive();
            assert!(!week.days.iter().any(|day| day.date == date), "{tz} {monday}: {date} goes on");
        }
    }
}

#[test]
fn a_day_has_as_many_hours_as_it_has() {
    let tariff = tariff(r#"{"components":[{"dimension":"energy","price":"0.4"}]}"#);
    let hours = |tz: Tz, monday: &str| {
        let week = week(&tariff, monday, tz);
        let minutes = |segment: &Segment| (segment.to - segment.from).num_minutes();
        week.days.iter().map(|day| day.segments.iter().map(minutes).sum::<i64>()).collect::<Vec<_>>()
    };
    let whole = 24 * 60;
    let with_sunday = |minutes: i64| [vec![whole; 6], vec![minutes]].concat();
    assert_eq!(hours(chrono_tz::Europe::Amsterdam, "2026-03-23"), with_sunday(23 * 60));
    assert_eq!(hours(chrono_tz::Europe::Amsterdam, "2026-10-19"), with_sunday(25 * 60));
    assert_eq!(hours(chrono_tz::Australia::Lord_Howe, "2026-03-30"), with_sunday(whole + 30));
    assert_eq!(hours(chrono_tz::America::St_Johns, "2026-03-02"), with_sunday(23 * 60));
}

#[test]
fn a_repeated_hour_has_two_segments() {
    let tariff = tariff(
        r#"{"components":[{"dimension":"energy","price":"0.2"}],"restrictions":{"start_time":"02:00","end_time":"03:00"}},
           {"components":[{"dimension":"energy","price":"0.4"}]}"#,
    );
    let week = week(&tariff, "2026-10-25", chrono_tz::Europe::Amsterdam);
    assert_eq!(week.monday, day("2026-10-19"));
    let expected = [
        line(0, 120, "0.4", 4),
        line(120, 180, "0.2", 0),
        line(120, 180, "0.2", 0),
        line(180, 1440, "0.4", 4),
    ];
    assert_eq!(shown(&week.days[6].segments), expected);
    assert_eq!(
        shown(&week.days[0].segments),
        [expected[0].clone(), expected[1].clone(), expected[3].clone()]
    );
}

#[test]
fn a_skipped_hour_has_none() {
    let tariff = tariff(
        r#"{"components":[{"dimension":"energy","price":"0.2"}],"restrictions":{"start_time":"02:00","end_time":"03:00"}},
           {"components":[{"dimension":"energy","price":"0.4"}]}"#,
    );
    let week = week(&tariff, "2026-03-23", chrono_tz::Europe::Amsterdam);
    assert_eq!(shown(&week.days[6].segments), [line(0, 120, "0.4", 4), line(180, 1440, "0.4", 4)]);
}

#[test]
fn days_seasons_and_dates_are_those_of_the_place() {
    let tariff = tariff(
        r#"{"components":[{"dimension":"energy","price":"0.1"}],"restrictions":{"day_of_week":["saturday","sunday"]}},
           {"components":[{"dimension":"energy","price":"0.2"}],"restrictions":{"start_day":"11-26","end_day":"11-27"}},
           {"components":[{"dimension":"energy","price":"0.3"}],"restrictions":{"end_date":"2026-11-25"}}"#,
    );
    let week = week(&tariff, "2026-11-23", chrono_tz::Asia::Shanghai);
    let prices: Vec<_> = week.days.iter().map(|day| shown(&day.segments).remove(0).2).collect();
    assert_eq!(prices, ["0.3", "0.3", "Free", "0.2", "Free", "0.1", "0.1"]);
    assert_eq!((week.least, week.most, week.measure), (dec!(0), dec!(0.3), Some(Measure::PerKwh)));
    assert_eq!(week.days[0].segments[0].from, at("2026-11-22T16:00:00Z"));
}

#[test]
fn free_is_not_the_same_as_not_priced() {
    let tariff = tariff(
        r#"{"components":[{"dimension":"time","price":"6","vat":"20"}],"restrictions":{"start_time":"12:00"}},
           {"components":[{"dimension":"parking_time","price":"0"}]}"#,
    );
    let week = week(&tariff, "2026-11-23", chrono_tz::UTC);
    let [morning, evening] = [0, 1].map(|at| week.days[0].segments[at]);
    assert_eq!(week.measure, Some(Measure::ChargingPerHour));
    assert_eq!(
        (morning.per_kwh, morning.charging_per_hour, morning.idle_per_hour),
        (Rate::NotPriced, Rate::Free, Rate::Free)
    );
    assert_eq!(evening.charging_per_hour, Rate::Price { net: dec!(6), gross: dec!(7.2) });
    let json = serde_json::to_string(&evening).unwrap();
    let expected =
        r#"{"from_minute":720,"to_minute":1440,"from":"2026-11-23T12:00:00Z","to":"2026-11-24T00:00:00Z","#;
    let rates = r#""per_kwh":"not_priced","charging_per_hour":{"price":{"net":"6","gross":"7.2"}},"idle_per_hour":"free","level":4}"#;
    assert_eq!(json, format!("{expected}{rates}"));
}

#[test]
fn what_the_calendar_does_not_decide_is_noted() {
    let tariff = tariff(
        r#"{"components":[{"dimension":"energy","price":"0.3"}],"restrictions":{"min_kwh":20}},
           {"components":[{"dimension":"energy","price":"0.6"}],"restrictions":{"evse_kind":"dc"}},
           {"components":[{"dimension":"energy","price":"0.4"},{"dimension":"service","price":"0.1"}]},
           {"components":[{"dimension":"parking_time","price":"6"}],"restrictions":{"min_idle_time":900}}"#,
    );
    let at = |kind| tariff.week(day("2026-11-23"), chrono_tz::UTC, kind, Language::English);
    let notes = [
        "Electricity fee: 0.30 EUR per kWh, once 20 kWh are taken",
        "Idle time after charging: 0.10 EUR per minute, after 15 minutes idle",
    ];
    for (kind, price) in [(None, "0.5"), (Some(EvseKind::Ac), "0.5"), (Some(EvseKind::Dc), "0.7")] {
        let week = at(kind);
        assert_eq!(shown(&week.days[3].segments), [line(0, 1440, price, 2)], "{kind:?}");
        assert_eq!(week.notes, notes);
        assert_eq!(week.days[0].segments[0].idle_per_hour, Rate::Free);
    }
}

/// Prices for AC and for DC leave nothing for a third one, unless nobody knows what the EVSE delivers.
#[test]
fn at_an_evse_of_unknown_kind_the_price_for_any_holds() {
    let tariff = tariff(
        r#"{"components":[{"dimension":"energy","price":"0.4"}],"restrictions":{"evse_kind":"ac"}},
           {"components":[{"dimension":"energy","price":"0.7"}],"restrictions":{"evse_kind":"dc"}},
           {"components":[{"dimension":"energy","price":"0.5"}]}"#,
    );
    let most =
        |evse| tariff.week("2026-11-23".parse().unwrap(), chrono_tz::UTC, evse, Language::English).most;
    assert_eq!(
        [most(None), most(Some(EvseKind::Ac)), most(Some(EvseKind::Dc))],
        [dec!(0.5), dec!(0.4), dec!(0.7)]
    );
}
