//! What holds for every tariff and every session.

#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use common::*;
use proptest::prelude::*;
use proptest::sample::select;
use rust_decimal::Decimal;
use tariffs::{Activity, Bill, Energy, Plan, Power, Pricer, Reading, Tariff};

const TZ: chrono_tz::Tz = chrono_tz::Europe::Amsterdam;

/// Ten minutes before clocks go back in Amsterdam.
fn start() -> DateTime<Utc> {
    at("2026-10-25T00:50:00Z")
}

/// Tariffs with every kind of restriction, all ways of taxes, steps, limits, caps and discounts.
fn any_tariff() -> impl Strategy<Value = Tariff> {
    let restriction = select(vec![
        "",
        r#""start_time":"02:15","end_time":"02:45""#,
        r#""start_time":"23:00","end_time":"03:10""#,
        r#""day_of_week":["sunday"],"max_kwh":"3.333333""#,
        r#""end_date":"2026-10-26","min_kwh":"1.000001""#,
        r#""min_power":11"#,
        r#""max_power":"7.4","min_duration":777"#,
        r#""max_duration":5555"#,
        r#""min_duration":3600,"end_time":"00:00""#,
        r#""min_idle_time":600,"evse_kind":"dc""#,
        r#""min_idle_time":900"#,
        r#""max_charging_time":1234"#,
        r#""start_day":"12-01","end_day":"10-26""#,
    ]);
    let dimension = select(vec!["energy", "service", "time", "parking_time", "flat"]);
    let vat = select(vec![
        "",
        r#","vat":"19""#,
        r#","vat":"8.1""#,
        r#","taxes":[{"name":"a","percent":"5"},{"name":"b","percent":"9.975"},{"name":"c","percent":"2","stack":1}]"#,
    ]);
    let step = select(vec![0, 0, 1, 300, 1_000]);
    let element = (restriction, dimension, 0_i64..9_999, vat, step).prop_map(
        |(restrictions, dimension, price, vat, step)| {
            let price = Decimal::new(price, 4);
            format!(
                r#"{{"components":[{{"dimension":"{dimension}","price":"{price}","step_size":{step}{vat}}}],
                    "restrictions":{{{restrictions}}}}}"#
            )
        },
    );
    let limits = select(vec![
        "",
        r#""min_price":{"excl":"0.5","incl":"0.6"},"#,
        r#""max_price":{"excl":"2","incl":"2.4"},"#,
        r#""tax_included":"yes","#,
        r#""tax_included":"not_applicable","#,
        r#""discounts":[{"name":"m","percent":"12.5","dimensions":["energy","time"]},{"name":"n","percent":3}],"#,
        r#""discounts":[{"name":"v","amount":"0.75"},{"name":"k","free_kwh":"1.234"}],"tax_included":"yes","#,
        r#""discounts":[{"name":"s","free_seconds":1000},{"name":"w","amount":"1000"}],"#,
        r#""caps":[{"dimensions":["time"],"per":"day","amount":"0.33"},{"dimensions":["energy"],"per":"session","amount":"0.5"}],"#,
        r#""caps":[{"dimensions":["parking_time","service"],"per":"day","amount":"0.2"}],"discounts":[{"name":"m","percent":"50"}],"#,
    ]);
    let currency = select(vec!["EUR", "JPY", "KWD"]);
    (proptest::collection::vec(element, 1..8), limits, currency)
        .prop_map(|(elements, limits, currency)| {
            let elements = elements.join(",");
            serde_json::from_str(&format!(
                r#"{{"id":"p","currency":"{currency}",{limits}"elements":[{elements}]}}"#
            ))
            .unwrap()
        })
        .prop_filter("must be sound", |tariff: &Tariff| tariff.check().is_empty())
}

/// One stretch: whole seconds, mWh a second, what the vehicle does, power in kW if told.
type Stretch = (i64, i64, Activity, Option<i64>);

fn any_session() -> impl Strategy<Value = Vec<Stretch>> {
    let activity = select(vec![Activity::Charging, Activity::Charging, Activity::Parking]);
    let power = proptest::option::weighted(0.2, 1_i64..22);
    proptest::collection::vec((0_i64..4_000, 0_i64..6_000, activity, power), 0..8)
}

fn readings(session: &[Stretch]) -> Vec<Reading> {
    let (mut at, mut energy) = (start(), 123_456);
    let mut readings = vec![];
    let mut activity = Activity::Charging;
    for (order, (seconds, rate, next, power)) in (0_i64..).zip(session) {
        let power = power.map(|kw| Power::from_kw(kw.into()).unwrap());
        activity = *next;
        let register = Some(Energy::from_mwh(energy));
        readings.push(Reading { order, register, activity: Some(activity), power, ..Reading::at(at) });
        at += TimeDelta::seconds(*seconds);
        energy += rate * seconds;
    }
    let order = i64::try_from(session.len()).unwrap();
    let last = Reading::at(at).register(Energy::from_mwh(energy)).activity(activity);
    readings.push(Reading { order, ..last });
    readings
}

fn bill(tariff: &Tariff, readings: &[Reading]) -> Bill {
    let end = readings.iter().map(|reading| reading.at).max().unwrap();
    replay(tariff, TZ, &start().to_rfc3339(), readings, &end.to_rfc3339())
}

/// The reading that a meter would have given in between, at a whole second, where energy is whole too.
fn between(readings: &[Reading], index: usize, part: i64) -> Reading {
    let (from, to) = (readings[index], readings[index + 1]);
    let seconds = (to.at - from.at).num_seconds();
    let (before, after) = (from.register.unwrap().mwh(), to.register.unwrap().mwh());
    let after_seconds = seconds * part / 100;
    let rate = if seconds == 0 { 0 } else { (after - before) / seconds };
    let register = Energy::from_mwh(before + rate * after_seconds);
    Reading {
        order: from.order,
        ..Reading::at(from.at + TimeDelta::seconds(after_seconds)).register(register)
    }
}

proptest! {
    #[test]
    fn lines_add_up(tariff in any_tariff(), session in any_session()) {
        assert_adds_up(&bill(&tariff, &readings(&session)));
    }

    #[test]
    fn a_cut_anywhere_changes_nothing(
        tariff in any_tariff(),
        session in any_session().prop_filter("something to cut", |session| !session.is_empty()),
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), 0_i64..100), 1..20),
    ) {
        let whole = readings(&session);
        let mut cut = whole.clone();
        for (index, part) in cuts {
            let index = index.index(whole.len() - 1);
            // At a whole second with the register it would have shown, and at any instant without one.
            cut.push(between(&whole, index, part));
            let span = (whole[index + 1].at - whole[index].at).num_microseconds().unwrap();
            let at = whole[index].at + TimeDelta::microseconds(span * part / 101);
            cut.push(Reading { order: whole[index].order, ..Reading::at(at) });
        }
        prop_assert_eq!(bill(&tariff, &cut), bill(&tariff, &whole));
    }

    #[test]
    fn neither_duplicates_nor_the_order_of_arrival_change_anything(
        tariff in any_tariff(),
        session in any_session(),
        (shuffled, doubled) in (any::<u64>(), any::<prop::sample::Index>()),
    ) {
        let whole = readings(&session);
        let mut mixed = whole.clone();
        mixed.push(whole[doubled.index(whole.len())]);
        let length = u64::try_from(mixed.len()).unwrap();
        for index in 0..mixed.len() {
            let other = shuffled.wrapping_mul(u64::try_from(index).unwrap() + 1) % length;
            mixed.swap(index, usize::try_from(other).unwrap());
        }
        prop_assert_eq!(bill(&tariff, &mixed), bill(&tariff, &whole));
    }

    #[test]
    fn reading_by_reading_ends_in_the_same_bill(tariff in any_tariff(), session in any_session()) {
        let whole = readings(&session);
        let mut live = begin(&tariff, TZ, &start().to_rfc3339());
        for reading in &whole {
            live.push(*reading).unwrap();
            prop_assert_eq!(live.total(reading.at), live.bill(reading.at).total());
        }
        let end = whole.last().unwrap().at;
        prop_assert_eq!(live.bill(end), bill(&tariff, &whole));
    }

    #[test]
    fn a_stored_tariff_and_a_stored_bill_are_the_same_again(tariff in any_tariff(), session in any_session()) {
        let again = Tariff::from_json(&tariff.to_json()).unwrap();
        prop_assert_eq!(again.hash(), tariff.hash());
        let billed = bill(&tariff, &readings(&session));
        prop_assert_eq!(&bill(&again, &readings(&session)), &billed);
        let stored = serde_json::to_string(&billed).unwrap();
        prop_assert_eq!(serde_json::from_str::<Bill>(&stored).unwrap(), billed);
    }

    /// Whatever is pushed, nothing panics, no energy is negative, and what is left still adds up.
    #[test]
    fn nonsense_is_survived(
        tariff in any_tariff(),
        nonsense in proptest::collection::vec(
            (any::<i32>(), any::<Option<i64>>(), any::<Option<bool>>(), any::<Option<i32>>()), 0..30),
    ) {
        let plan = Arc::new(Plan::new(Arc::new(tariff)).unwrap());
        let readings = nonsense.iter().map(|(seconds, register, charging, power)| Reading {
            register: register.map(Energy::from_mwh),
            activity: charging.map(|charging| if charging { Activity::Charging } else { Activity::Parking }),
            power: power.map(|w| Power::from_w(w.into()).unwrap()),
            ..Reading::at(start() + TimeDelta::seconds(i64::from(*seconds)))
        });
        let bill = Pricer::replay(plan, TZ, start(), readings).bill(start());
        assert_adds_up(&bill);
        prop_assert!(bill.energy >= Energy::ZERO);
        prop_assert!(bill.lines.iter().all(|line| line.quantity > Decimal::ZERO));
    }
}
