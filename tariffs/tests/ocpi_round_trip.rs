//! For every tariff: what OCPI can say is read back as it was written, and what is written in other words costs the
//! same at every moment.

#![expect(clippy::unwrap_used, reason = "tests")]

use chrono::{Datelike, NaiveDate, TimeDelta};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use tariffs::ocpi::{Publisher, Version, read_tariff, write_tariff};
use tariffs::{Day, Dimension, Restrictions, Tariff};

fn publisher() -> Publisher {
    let last_updated = "2026-03-01T12:00:00.250Z".parse().unwrap();
    Publisher { country_code: "nl".into(), party_id: "W7L".into(), last_updated }
}

fn tariff(json: &Value) -> Tariff {
    Tariff::from_json(&json.to_string()).unwrap()
}

/// A decimal with up to four decimals.
fn decimal(most: i64) -> impl Strategy<Value = String> {
    (0..=most * 10_000).prop_map(|value| Decimal::new(value, 4).to_string())
}

/// `min` and `max` of one thing, apart.
fn range(most: u32) -> impl Strategy<Value = (Option<u32>, Option<u32>)> {
    (of(0..most), of(1..most)).prop_map(|(min, max)| (min, max.map(|max| min.unwrap_or(0) + max)))
}

fn time() -> impl Strategy<Value = Option<String>> {
    of((0..24_u32, select(vec![0, 15, 30, 59])).prop_map(|(hour, minute)| format!("{hour:02}:{minute:02}")))
}

const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

fn restrictions() -> impl Strategy<Value = Value> {
    let times = (time(), time()).prop_filter("never", |(start, end)| {
        start.is_none() || start != end || start.as_deref() == Some("00:00")
    });
    let dates =
        select(vec![(None, None), (Some("2026-05-01"), None), (Some("2026-02-03"), Some("2026-06-01"))]);
    let days = prop_oneof![Just(vec![]), subsequence(DAYS.to_vec(), 1..5)];
    let none = || Just((None, None));
    let rare = prop_oneof![4 => none(), 1 => range(40)];
    let power = prop_oneof![4 => none(), 1 => range(40)];
    (times, dates, days, range(30), rare, power, range(9_000)).prop_map(
        |(times, dates, days, kwh, current, power, duration)| {
            json!({
                "start_time": times.0, "end_time": times.1, "start_date": dates.0, "end_date": dates.1,
                "day_of_week": days, "min_kwh": kwh.0, "max_kwh": kwh.1, "min_current": current.0,
                "max_current": current.1, "min_power": power.0, "max_power": power.1,
                "min_duration": duration.0, "max_duration": duration.1,
            })
        },
    )
}

fn component(dimension: &'static str) -> impl Strategy<Value = Value> {
    let vat = of(decimal(100));
    (decimal(20), vat, select(vec![0, 1, 300])).prop_map(move |(price, vat, step)| {
        json!({ "dimension": dimension, "price": price, "vat": vat, "step_size": step })
    })
}

/// An element with what OCPI has.
fn element() -> impl Strategy<Value = Value> {
    let charging = (
        (component("energy"), component("time"), component("parking_time"), component("flat")),
        1..16_u8,
        restrictions(),
    )
        .prop_map(|((energy, time, parking, flat), which, restrictions)| {
            let all = [energy, time, parking, flat].into_iter().enumerate();
            let some: Vec<Value> = all.filter(|(bit, _)| which & (1 << bit) != 0).map(|(_, c)| c).collect();
            json!({ "components": some, "restrictions": restrictions })
        });
    let kind = select(vec!["reservation", "reservation_expires"]);
    let reserving = (component("time"), kind).prop_map(
        |(component, kind)| json!({ "components": [component], "restrictions": { "reservation": kind } }),
    );
    prop_oneof![5 => charging, 1 => reserving]
}

fn any_tariff() -> impl Strategy<Value = Value> {
    let limits = select(vec![
        (Value::Null, Value::Null),
        (json!({ "excl": "0.5", "incl": "0.55" }), Value::Null),
        (json!({ "excl": 0, "incl": 0 }), json!({ "excl": "99999.99", "incl": "123456.7891" })),
    ]);
    let mix = of((any::<bool>(), decimal(100), decimal(900), select(vec!["", "Wind & Co"])).prop_map(
        |(green, percent, amount, supplier)| {
            json!({
                "green": green, "sources": [{ "source": "solar", "percent": percent }],
                "impacts": [{ "category": "nuclear_waste", "amount": amount }], "supplier": supplier,
            })
        },
    ));
    let kind =
        of(select(vec!["ad_hoc_payment", "profile_cheap", "profile_fast", "profile_green", "regular"]));
    let texts = select(vec![json!([]), json!([{ "language": "zh", "text": "电费\n与服务费" }])]);
    let validity = select(vec![None, Some("2026-01-01T00:00:00.125Z")]);
    let elements = prop::collection::vec(element(), 1..6);
    (elements, limits, mix, kind, texts, validity, select(vec!["EUR", "JPY", "KWD"])).prop_map(
        |(elements, limits, mix, kind, texts, from, currency)| {
            json!({
                "id": "Any tariff/1", "currency": currency, "elements": elements, "min_price": limits.0,
                "max_price": limits.1, "energy_mix": mix, "kind": kind, "description": texts,
                "url": "https://example.org/é?a=1", "valid_from": from, "valid_to": "2030-01-01T00:00:00Z",
            })
        },
    )
}

/// A moment of a session.
#[derive(Debug, Clone)]
struct Moment {
    minute: u16,
    date: NaiveDate,
    kwh: Decimal,
    amps: Decimal,
    kw: Decimal,
    seconds: u32,
}

fn moment() -> impl Strategy<Value = Moment> {
    let day = 0..800_i64;
    (0..1_440_u16, day, 0..45_i64, 0..60_i64, 0..60_i64, 0..12_000_u32).prop_map(
        |(minute, day, kwh, amps, kw, seconds)| Moment {
            minute,
            date: NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + TimeDelta::days(day),
            kwh: kwh.into(),
            amps: amps.into(),
            kw: kw.into(),
            seconds,
        },
    )
}

/// The rules of the standard, written down a second time.
fn holds(given: &Restrictions, now: &Moment) -> bool {
    fn within<T: PartialOrd>(min: Option<T>, value: T, max: Option<T>) -> bool {
        min.is_none_or(|min| min <= value) && max.is_none_or(|max| value < max)
    }
    let from = given.start_time.map_or(0, |time| time.minutes());
    let to = given.end_time.map_or(1_440, |time| if time.minutes() == 0 { 1_440 } else { time.minutes() });
    let in_time =
        if from < to { (from..to).contains(&now.minute) } else { now.minute >= from || now.minute < to };
    let day =
        [Day::Monday, Day::Tuesday, Day::Wednesday, Day::Thursday, Day::Friday, Day::Saturday, Day::Sunday]
            [now.date.weekday().num_days_from_monday() as usize];
    let today = (now.date.month(), now.date.day());
    let in_season = match (given.start_day, given.end_day) {
        (Some(start), Some(end)) => {
            let (start, end) = ((start.month(), start.day()), (end.month(), end.day()));
            let (start, end) = (start.map_u32(), end.map_u32());
            if start < end { start <= today && today < end } else { start <= today || today < end }
        }
        _ => true,
    };
    in_time
        && in_season
        && (given.day_of_week.is_empty() || given.day_of_week.contains(&day))
        && within(given.start_date, now.date, given.end_date)
        && within(given.min_kwh, now.kwh, given.max_kwh)
        && within(given.min_current, now.amps, given.max_current)
        && within(given.min_power, now.kw, given.max_power)
        && within(given.min_duration, now.seconds, given.max_duration)
}

trait MapU32 {
    fn map_u32(self) -> (u32, u32);
}

impl MapU32 for (u8, u8) {
    fn map_u32(self) -> (u32, u32) {
        (self.0.into(), self.1.into())
    }
}

fn price(tariff: &Tariff, dimension: Dimension, now: &Moment) -> Option<Decimal> {
    let holding = tariff.elements.iter().filter(|element| holds(&element.restrictions, now));
    holding
        .flat_map(|element| &element.components)
        .find(|component| component.dimension == dimension)
        .map(|component| component.price.0)
}

/// An element of service fee, energy or both, maybe seasonal, without taxes and steps.
fn per_kwh() -> impl Strategy<Value = Value> {
    let season = select(vec![
        None,
        None,
        Some(("07-01", "09-01")),
        Some(("11-15", "02-29")),
        Some(("02-29", "04-01")),
    ]);
    let which =
        select(vec![vec!["energy"], vec!["service"], vec!["energy", "service"], vec!["time", "energy"]]);
    (restrictions(), season, which, 0..50_i64, any::<bool>()).prop_map(
        |(mut restrictions, season, which, price, always)| {
            if always {
                restrictions = json!({});
            }
            if let Some((start, end)) = season {
                restrictions["start_day"] = json!(start);
                restrictions["end_day"] = json!(end);
            }
            let components: Vec<Value> = (price..)
                .zip(which)
                .map(|(price, dimension)| json!({ "dimension": dimension, "price": Decimal::new(price, 1) }))
                .collect();
            json!({ "components": components, "restrictions": restrictions })
        },
    )
}

proptest! {
    #[test]
    fn what_ocpi_can_say_returns_as_it_was_written(json in any_tariff(), included in select(vec!["no", "yes", "not_applicable"])) {
        for version in [Version::V2_2_1, Version::V2_3_0] {
            let mut json = json.clone();
            if version == Version::V2_3_0 {
                json["tax_included"] = json!(included);
            }
            let tariff = tariff(&json);
            let written = write_tariff(&tariff, &publisher(), version).unwrap();
            prop_assert_eq!(&written.notes, &[]);
            let read = read_tariff(&written.json.to_string(), version).unwrap();
            prop_assert_eq!(&read.notes, &[]);
            prop_assert_eq!(read.tariff, tariff);
            prop_assert_eq!(read.publisher, Some(publisher()));
        }
    }

    #[test]
    fn service_seasons_and_discounts_cost_the_same_in_ocpi(
        elements in prop::collection::vec(per_kwh(), 1..6),
        percent in select(vec![0, 10, 25, 100]),
        moments in prop::collection::vec(moment(), 60),
    ) {
        let tariff = tariff(&json!({
            "id": "t", "currency": "CNY", "elements": elements,
            "discounts": [{ "name": "gold", "percent": percent, "dimensions": ["energy"] }],
            "valid_from": "2026-01-01T00:00:00Z", "valid_to": "2028-04-01T00:00:00Z",
        }));
        let written = match write_tariff(&tariff, &publisher(), Version::V2_2_1) {
            Ok(written) => written,
            Err(invalid) => {
                // Only seasons that never meet their element's dates, or too many pairs.
                prop_assert!(invalid.problems.iter().all(|problem| problem.path == "elements"), "{}", invalid);
                return Ok(());
            }
        };
        let read = read_tariff(&written.json.to_string(), Version::V2_2_1).unwrap().tariff;
        let left = Decimal::new(100 - percent, 2);
        for now in &moments {
            let energy = price(&tariff, Dimension::Energy, now).map(|price| price * left);
            let service = price(&tariff, Dimension::Service, now);
            let sum = match (energy, service) {
                (None, None) => None,
                (energy, service) => Some(energy.unwrap_or_default() + service.unwrap_or_default()),
            };
            prop_assert_eq!(price(&read, Dimension::Energy, now), sum, "{:?}", now);
            prop_assert_eq!(price(&read, Dimension::Time, now), price(&tariff, Dimension::Time, now));
            prop_assert_eq!(price(&read, Dimension::Service, now), None);
        }
    }
}
