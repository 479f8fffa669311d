//! The pricer against a plain reckoning of its own: every second of a session by itself, money in whole fractions.

#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc, Weekday};
use chrono_tz::Tz;
use common::*;
use proptest::prelude::*;
use proptest::sample::select;
use rust_decimal::Decimal;
use tariffs::{Activity, Component, Day, Dimension, Element, Energy, Price, Reading, Restrictions, Tariff};

/// A stretch of whole minutes in which the vehicle takes so many mWh a second, or parks (`None`).
type Stretch = (u32, Option<i64>);

fn restrictions() -> impl Strategy<Value = Restrictions> {
    let time = || {
        let minute = |minute: u32| format!("{:02}:{:02}", minute / 60, minute % 60).parse().unwrap();
        proptest::option::of((0_u32..96).prop_map(move |quarter| minute(quarter * 15)))
    };
    let kwh = || proptest::option::weighted(0.2, (1_i64..8).prop_map(|half| Decimal::new(half * 5, 1)));
    let kw = || proptest::option::weighted(0.2, select(vec![Decimal::new(36, 1), Decimal::new(54, 1)]));
    let seconds = || proptest::option::weighted(0.2, (1_u32..7_200).prop_map(|second| second));
    let days = prop_oneof![
        3 => Just(vec![]),
        1 => Just(vec![Day::Saturday, Day::Sunday]),
        1 => Just(vec![Day::Sunday])
    ];
    let activity = (seconds(), seconds(), seconds(), seconds());
    (time(), time(), kwh(), kwh(), kw(), kw(), (seconds(), seconds()), activity, days).prop_map(
        |(start_time, end_time, min_kwh, max_kwh, min_power, max_power, duration, activity, days)| {
            let (min_duration, max_duration) = duration;
            let (min_charging_time, max_charging_time, min_idle_time, max_idle_time) = activity;
            Restrictions {
                start_time,
                end_time,
                min_kwh,
                max_kwh,
                min_power,
                max_power,
                min_duration,
                max_duration,
                min_charging_time,
                max_charging_time,
                min_idle_time,
                max_idle_time,
                day_of_week: days,
                ..Restrictions::default()
            }
        },
    )
}

fn component(dimension: Dimension) -> impl Strategy<Value = Component> {
    let vat = select(vec![None, Some(Decimal::ZERO), Some(Decimal::new(21, 0)), Some(Decimal::new(55, 1))]);
    (0_i64..2_000, vat, select(vec![0_u32, 0, 1, 60, 900, 1_000])).prop_map(move |(price, vat, step_size)| {
        Component { dimension, price: Price(Decimal::new(price, 3)), vat, taxes: vec![], step_size }
    })
}

fn element() -> impl Strategy<Value = Element> {
    let dimensions = proptest::sample::subsequence(Dimension::ALL.to_vec(), 1..=3);
    let components =
        dimensions.prop_flat_map(|dimensions| dimensions.into_iter().map(component).collect::<Vec<_>>());
    (components, restrictions()).prop_map(|(components, restrictions)| Element {
        name: String::new(),
        components,
        restrictions,
    })
}

fn any_tariff() -> impl Strategy<Value = Tariff> {
    let json = r#"{"id":"t","currency":"EUR","elements":[]}"#;
    let empty: Tariff = serde_json::from_str(json).unwrap();
    proptest::collection::vec(element(), 1..6)
        .prop_map(move |elements| Tariff { elements, ..empty.clone() })
        .prop_filter("must be sound", |tariff| tariff.check().is_empty())
}

/// Rates at which half kWh are reached on whole seconds.
fn any_session() -> impl Strategy<Value = Vec<Stretch>> {
    let rate = prop_oneof![
        1 => Just(None),
        4 => select(vec![0_i64, 1_000, 2_000, 2_500]).prop_map(Some)
    ];
    proptest::collection::vec((1_u32..40, rate), 1..5)
}

fn any_start() -> impl Strategy<Value = (Tz, DateTime<Utc>)> {
    use chrono_tz::{America, Asia, Australia, Europe};
    // Ordinary days, and the nights around a change of clocks.
    let place = select(vec![
        (Europe::Amsterdam, "2026-03-28T23:30:00Z"),
        (Europe::Amsterdam, "2026-10-24T23:30:00Z"),
        (America::New_York, "2026-03-08T05:30:00Z"),
        (America::New_York, "2026-11-01T04:30:00Z"),
        (America::St_Johns, "2026-11-01T02:30:00Z"),
        (Australia::Lord_Howe, "2026-04-04T13:30:00Z"),
        (Australia::Lord_Howe, "2026-10-03T14:00:00Z"),
        (Asia::Shanghai, "2026-11-27T14:00:00Z"),
        (Asia::Kathmandu, "2026-11-27T17:00:00Z"),
    ]);
    (place, 0_i64..7_200).prop_map(|((tz, around), seconds)| (tz, at(around) + TimeDelta::seconds(seconds)))
}

/// One second of a session.
#[derive(Clone, Copy)]
struct Moment {
    at: DateTime<Utc>,
    elapsed: i64,
    /// Seconds of charging before it, and of idleness just before it.
    charged: i64,
    idle: i64,
    /// mWh before it.
    energy: i64,
    /// mWh in it.
    rate: i64,
    parking: bool,
}

fn holds(given: &Restrictions, now: Moment, tz: Tz) -> bool {
    let local = now.at.with_timezone(&tz);
    let minute = local.hour() * 60 + local.minute();
    let start = given.start_time.map_or(0, |time| u32::from(time.minutes()));
    let end = match given.end_time.map_or(0, |time| u32::from(time.minutes())) {
        0 => 1_440,
        end => end,
    };
    let in_time = if start < end { (start..end).contains(&minute) } else { minute >= start || minute < end };
    let today = match local.weekday() {
        Weekday::Sat => Day::Saturday,
        Weekday::Sun => Day::Sunday,
        _ => Day::Monday,
    };
    let on_day = given.day_of_week.is_empty() || given.day_of_week.contains(&today);
    let within = |min: Option<Decimal>, max: Option<Decimal>, value: Decimal| {
        min.is_none_or(|min| min <= value) && max.is_none_or(|max| value < max)
    };
    let seconds = |value: Option<u32>| value.map(Decimal::from);
    in_time
        && on_day
        && within(given.min_kwh, given.max_kwh, Decimal::new(now.energy, 6))
        && within(given.min_power, given.max_power, Decimal::new(now.rate * 3_600, 6))
        && within(seconds(given.min_duration), seconds(given.max_duration), Decimal::from(now.elapsed))
        && within(
            seconds(given.min_charging_time),
            seconds(given.max_charging_time),
            Decimal::from(now.charged),
        )
        && within(seconds(given.min_idle_time), seconds(given.max_idle_time), Decimal::from(now.idle))
}

/// Used by dimension: (component, how much) in the order of use, mWh or seconds.
type Used = [Vec<(Component, i64)>; 5];

fn count(tariff: &Tariff, tz: Tz, start: DateTime<Utc>, session: &[Stretch]) -> Used {
    let find = |dimension: Dimension, now: Moment| {
        let holding = tariff.elements.iter().filter(|element| holds(&element.restrictions, now, tz));
        holding.flat_map(|element| &element.components).find(|found| found.dimension == dimension).cloned()
    };
    let mut used = Used::default();
    let mut now = Moment { at: start, elapsed: 0, charged: 0, idle: 0, energy: 0, rate: 0, parking: false };
    let flat = |used: &mut Used, now: Moment| {
        if used[Dimension::Flat as usize].is_empty() {
            used[Dimension::Flat as usize].extend(find(Dimension::Flat, now).map(|component| (component, 1)));
        }
    };
    for (minutes, rate) in session {
        (now.rate, now.parking) = (rate.unwrap_or(0), rate.is_none());
        if !now.parking {
            now.idle = 0;
        }
        for _ in 0..minutes * 60 {
            flat(&mut used, now);
            let time = if now.parking { Dimension::ParkingTime } else { Dimension::Time };
            for (dimension, quantity) in
                [(Dimension::Energy, now.rate), (Dimension::Service, now.rate), (time, 1)]
            {
                if let Some(component) = find(dimension, now).filter(|_| quantity > 0) {
                    used[dimension as usize].push((component, quantity));
                }
            }
            now.at += TimeDelta::seconds(1);
            now.elapsed += 1;
            *(if now.parking { &mut now.idle } else { &mut now.charged }) += 1;
            now.energy += now.rate;
        }
    }
    used
}

/// What was used, with the rest of the last step.
fn with_steps(mut used: Used) -> Used {
    let mut step = |dimension: Dimension, unit: i64| {
        let slot = dimension as usize;
        if let Some((component, _)) = used[slot].last().cloned() {
            let size = i64::from(component.step_size) * unit;
            let total: i64 = used[slot].iter().map(|(_, quantity)| quantity).sum();
            if size > 0 && total % size > 0 {
                used[slot].push((component, size - total % size));
            }
            return true;
        }
        false
    };
    step(Dimension::Energy, 1_000);
    step(Dimension::Service, 1_000);
    if !step(Dimension::ParkingTime, 1) {
        step(Dimension::Time, 1);
    }
    used
}

/// Net and gross in cents, each VAT rate rounded once: sums in 3.6 × 10^12ths of a thousandth, per thousand of VAT.
fn cents(used: &Used) -> (i128, i128) {
    let mut rates: Vec<(Option<Decimal>, i128)> = Vec::new();
    for (component, quantity) in used.iter().flatten() {
        let mut price = component.price.0;
        price.rescale(3);
        let price = price.mantissa();
        // Price in thousandths × quantity in kWh or hours, times 3.6 × 10^9.
        let amount = match component.dimension {
            Dimension::Energy | Dimension::Service => price * i128::from(*quantity) * 3_600,
            Dimension::Time | Dimension::ParkingTime => price * i128::from(*quantity) * 1_000_000,
            Dimension::Flat => price * 3_600_000_000,
        };
        match rates.iter_mut().find(|(vat, _)| *vat == component.vat) {
            Some((_, sum)) => *sum += amount,
            None => rates.push((component.vat, amount)),
        }
    }
    let half_up = |value: i128, unit: i128| (value * 2 + unit) / (unit * 2);
    // A cent is ten thousandths.
    let unit = 36_000_000_000;
    rates.iter().fold((0, 0), |(net, gross), (vat, sum)| {
        let per_mille =
            (vat.unwrap_or_default() * Decimal::TEN).normalize().to_string().parse::<i128>().unwrap();
        (net + half_up(*sum, unit), gross + half_up(*sum * (1_000 + per_mille), unit * 1_000))
    })
}

fn readings(start: DateTime<Utc>, session: &[Stretch]) -> (Vec<Reading>, DateTime<Utc>) {
    let (mut at, mut energy) = (start, 0);
    let mut readings = Vec::new();
    for (minutes, rate) in session {
        let activity = if rate.is_some() { Activity::Charging } else { Activity::Parking };
        readings.push(Reading::at(at).register(Energy::from_mwh(energy)).activity(activity));
        at += TimeDelta::minutes(i64::from(*minutes));
        energy += rate.unwrap_or(0) * i64::from(*minutes) * 60;
    }
    readings.push(Reading::at(at).register(Energy::from_mwh(energy)));
    (readings, at)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn every_second_by_itself_costs_the_same(
        tariff in any_tariff(),
        (tz, start) in any_start(),
        session in any_session(),
    ) {
        let (readings, end) = readings(start, &session);
        let bill = replay(&tariff, tz, &start.to_rfc3339(), &readings, &end.to_rfc3339());
        assert_adds_up(&bill);
        let (net, gross) = cents(&with_steps(count(&tariff, tz, start, &session)));
        prop_assert_eq!(bill.total_excl, Decimal::from_i128_with_scale(net, 2));
        prop_assert_eq!(bill.total_incl, Decimal::from_i128_with_scale(gross, 2));
    }
}
