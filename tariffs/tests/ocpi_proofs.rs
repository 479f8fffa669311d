//! For random tariffs and sessions: a tariff costs the same after the way through OCPI, and a CDR that we write, read as
//! a partner would, costs what the bill says.

#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use common::*;
use proptest::prelude::*;
use proptest::sample::select;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use tariffs::ocpi::{self, Publisher, Version, read_tariff, write_tariff};
use tariffs::{Activity, Energy, Plan, Policy, Power, Pricer, Reading, Reserved, Tariff};

const TZ: Tz = Tz::Europe__Amsterdam;

fn publisher() -> Publisher {
    Publisher { country_code: "NL".into(), party_id: "WAT".into(), last_updated: at("10:00") }
}

/// A session: seconds, mWh a second, what the vehicle does, and does the station tell the power?
#[derive(Debug, Clone)]
struct Session {
    start: DateTime<Utc>,
    stretches: Vec<(i64, i64, Activity, bool)>,
}

/// Rates of which four decimals of kWh and kW keep every second's standing, and of which they do not.
const SMOOTH: [i64; 5] = [0, 1_000, 2_000, 3_500, 40_000];
const ROUGH: [i64; 5] = [0, 277, 1_234, 6_111, 41_667];

fn session(rates: [i64; 5]) -> impl Strategy<Value = Session> {
    // Ten minutes before clocks go back, the same before they go forward, and the night before a season begins.
    let starts = select(vec!["2026-10-25T00:50:00Z", "2026-03-29T00:50:00Z", "2026-06-30T21:00:00Z"]);
    let activity = select(vec![Activity::Charging, Activity::Charging, Activity::Parking]);
    let stretch = (1_i64..6_000, select(rates.to_vec()), activity, any::<bool>());
    let stretch = stretch.prop_map(|(seconds, rate, activity, told)| {
        let rate = if activity == Activity::Parking { 0 } else { rate };
        (seconds, rate, activity, told)
    });
    (starts, prop::collection::vec(stretch, 1..7))
        .prop_map(|(start, stretches)| Session { start: at(start), stretches })
}

impl Session {
    fn end(&self) -> DateTime<Utc> {
        self.start + TimeDelta::seconds(self.stretches.iter().map(|stretch| stretch.0).sum())
    }

    fn readings(&self) -> Vec<Reading> {
        let (mut at, mut energy) = (self.start, 1_000);
        let mut readings = Vec::new();
        for (order, (seconds, rate, activity, told)) in (0..).zip(&self.stretches) {
            let power = told.then(|| Power::from_mw(rate * 3_600));
            let reading = Reading::at(at).register(Energy::from_mwh(energy)).activity(*activity);
            readings.push(Reading { order, power, ..reading });
            at += TimeDelta::seconds(*seconds);
            energy += rate * seconds;
        }
        readings.push(Reading { order: i64::MAX, ..Reading::at(at).register(Energy::from_mwh(energy)) });
        readings
    }

    fn priced(&self, tariff: &Tariff, reserved: Option<Reserved>) -> Pricer {
        let mut pricer = begin(tariff, TZ, &self.start.to_rfc3339()).recording();
        reserved.into_iter().for_each(|reserved| pricer.reserve(reserved));
        self.readings().into_iter().for_each(|reading| pricer.push(reading).unwrap());
        pricer
    }
}

/// Restrictions that sessions like these run into.
fn restrictions() -> impl Strategy<Value = Value> {
    select(vec![
        json!({}),
        json!({}),
        json!({ "start_time": "02:15", "end_time": "02:45" }),
        json!({ "start_time": "23:00", "end_time": "03:10" }),
        json!({ "day_of_week": ["sunday", "wednesday"], "max_kwh": "3.3333" }),
        json!({ "end_date": "2026-10-26", "min_kwh": "1.0001" }),
        json!({ "min_kwh": 2, "max_kwh": 9 }),
        json!({ "min_power": 11 }),
        json!({ "max_power": "7.4", "min_duration": 777 }),
        json!({ "min_power": 3, "max_power": 13 }),
        json!({ "max_duration": 5_555 }),
        json!({ "min_duration": 3_600, "end_time": "00:00" }),
    ])
}

fn component(dimension: &'static str, steps: &'static [u32]) -> impl Strategy<Value = Value> {
    let vat = select(vec![Value::Null, json!("19"), json!("8.1")]);
    (0..9_999_i64, vat, select(steps)).prop_map(move |(price, vat, step)| {
        json!({ "dimension": dimension, "price": Decimal::new(price, 4), "vat": vat, "step_size": step })
    })
}

/// Tariffs that OCPI can say, with prices for reservations.
fn sayable(steps: &'static [u32]) -> impl Strategy<Value = Tariff> {
    let dimension = select(vec!["energy", "energy", "time", "parking_time", "flat"]);
    let element = (restrictions(), dimension.prop_flat_map(move |dimension| component(dimension, steps)))
        .prop_map(
            |(restrictions, component)| json!({ "components": [component], "restrictions": restrictions }),
        );
    let reserving =
        (select(vec!["time", "flat"]), select(vec!["reservation", "reservation_expires"]), any::<bool>());
    let reserving = reserving.prop_flat_map(move |(dimension, kind, short)| {
        component(dimension, steps).prop_map(move |component| {
            let mut restrictions = json!({ "reservation": kind });
            if short {
                restrictions["max_duration"] = json!(900);
            }
            json!({ "components": [component], "restrictions": restrictions })
        })
    });
    let limits = select(vec![
        (Value::Null, Value::Null),
        (json!({ "excl": "0.5", "incl": "0.6" }), Value::Null),
        (Value::Null, json!({ "excl": 2, "incl": "2.4" })),
    ]);
    let currency = select(vec!["EUR", "JPY", "KWD"]);
    let elements = (prop::collection::vec(element, 1..7), prop::collection::vec(reserving, 0..3));
    (elements, limits, currency).prop_map(|((charging, reserving), limits, currency)| {
        let elements: Vec<Value> = reserving.into_iter().chain(charging).collect();
        full(&json!({
            "id": "p", "currency": currency, "elements": elements, "min_price": limits.0, "max_price": limits.1,
        }).to_string())
    })
}

fn reserved(session: &Session, minutes: Option<i64>) -> Option<Reserved> {
    let from = session.start - TimeDelta::minutes(minutes?);
    Some(Reserved { from, until: session.start, expired: false })
}

/// What the CDR says of a session, priced anew, is what the bill says.
fn returns(
    tariff: &Tariff,
    session: &Session,
    minutes: Option<i64>,
    version: Version,
) -> Result<(), TestCaseError> {
    let pricer = session.priced(tariff, reserved(session, minutes));
    let (bill, periods) = (pricer.bill(session.end()), pricer.periods(session.end()));
    let written = write_tariff(tariff, &publisher(), version).unwrap().json;
    let cdr = Value::Object(ocpi::cdr::priced_part(&bill, &periods, Some(&written), version));
    let read = ocpi::read_cdr(&cdr.to_string(), version).unwrap();
    let totals = ocpi::price_by_own(&read, TZ, Policy::default()).unwrap().totals();
    let mut rates: Vec<Option<Decimal>> = tariff
        .elements
        .iter()
        .flat_map(|element| &element.components)
        .map(|component| component.vat)
        .collect();
    rates.sort();
    rates.dedup();
    let most = Decimal::new(1, bill.currency.digits()) * Decimal::from(rates.len());
    let near = |one: Decimal, other: Decimal| (one - other).abs() <= most;
    let context = || format!("{:?} {:?} {cdr} {totals:?} {}", bill.total_excl, bill.lines, tariff.to_json());
    prop_assert!(near(totals.total_cost.excl, bill.total_excl), "{}", context());
    prop_assert!(near(totals.total_cost.incl, bill.total_incl), "{}", context());
    let energies: Decimal = cdr["charging_periods"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|period| period["dimensions"].as_array().unwrap())
        .filter(|dimension| dimension["type"] == "ENERGY")
        .map(|dimension| dimension["volume"].to_string().parse::<Decimal>().unwrap())
        .sum();
    prop_assert_eq!(energies, cdr["total_energy"].to_string().parse::<Decimal>().unwrap());
    prop_assert_eq!(read.notes, vec![]);
    Ok(())
}

/// Elements of service fee, energy and more, some seasonal, without steps: what OCPI says in other words.
fn reworded() -> impl Strategy<Value = Tariff> {
    let season = select(vec![None, None, Some(("07-01", "10-26")), Some(("10-26", "03-30"))]);
    let which = select(vec![
        vec!["energy"],
        vec!["service"],
        vec!["energy", "service"],
        vec!["time", "energy"],
        vec!["parking_time", "flat", "service"],
    ]);
    let element = (restrictions(), season, which, 0..9_999_i64).prop_map(
        |(mut restrictions, season, which, price)| {
            if let Some((start, end)) = season {
                restrictions["start_day"] = json!(start);
                restrictions["end_day"] = json!(end);
            }
            let components: Vec<Value> = (price..)
                .zip(which)
                .map(|(price, dimension)| json!({ "dimension": dimension, "price": Decimal::new(price, 2), "vat": "6" }))
                .collect();
            json!({ "components": components, "restrictions": restrictions })
        },
    );
    let discounts = select(vec![
        json!([]),
        json!([{ "name": "gold", "percent": 10, "dimensions": ["energy", "time"] }]),
        json!([{ "name": "all", "percent": 25 }, { "name": "service", "percent": 50, "dimensions": ["service"] }]),
    ]);
    let limits = select(vec![Value::Null, json!({ "excl": 2, "incl": "2.12" })]);
    (prop::collection::vec(element, 1..6), discounts, limits).prop_map(|(elements, discounts, max)| {
        full(
            &json!({
                "id": "r", "currency": "CNY", "elements": elements, "discounts": discounts, "max_price": max,
                "valid_from": "2026-01-01T00:00:00Z", "valid_to": "2028-04-01T00:00:00Z",
            })
            .to_string(),
        )
    })
}

proptest! {
    #[test]
    fn a_cdr_costs_what_its_bill_says(
        tariff in sayable(&[0, 1, 300, 1_000]), session in session(SMOOTH), minutes in select(vec![None, Some(7), Some(31)]),
    ) {
        for version in [Version::V2_2_1, Version::V2_3_0] {
            returns(&tariff, &session, minutes, version)?;
        }
    }

    /// Volumes have four decimals only; so a step that is just reached may be just missed.
    #[test]
    fn a_cdr_of_rounded_volumes_costs_what_its_bill_says(
        tariff in sayable(&[0]), session in session(ROUGH), minutes in select(vec![None, Some(7), Some(31)]),
    ) {
        for version in [Version::V2_2_1, Version::V2_3_0] {
            returns(&tariff, &session, minutes, version)?;
        }
    }

    #[test]
    fn a_tariff_in_other_words_costs_the_same(tariff in reworded(), session in session(ROUGH)) {
        prop_assume!(tariff.check().is_empty());
        let Ok(written) = write_tariff(&tariff, &publisher(), Version::V2_2_1) else {
            // Prices with too many decimals, or pairs of elements without end; both are refused, never bent.
            return Ok(());
        };
        let read = read_tariff(&written.json.to_string(), Version::V2_2_1).unwrap();
        let plan = Arc::new(Plan::with_policy(Arc::new(read.tariff), Policy::default()).unwrap());
        let again = Pricer::replay(plan, TZ, session.start, session.readings()).total(session.end());
        let first = session.priced(&tariff, None).total(session.end());
        prop_assert_eq!(again.excl, first.excl, "{:#}", written.json);
        prop_assert_eq!(again.incl, first.incl, "{:#}", written.json);
    }
}

/// The charging periods of a CDR of a session under this tariff, as their starts and their types and volumes.
fn periods(tariff: &Tariff, session: &Session, reserved: Option<Reserved>) -> Vec<String> {
    let pricer = session.priced(tariff, reserved);
    let (bill, periods) = (pricer.bill(session.end()), pricer.periods(session.end()));
    let cdr = ocpi::cdr::priced_part(&bill, &periods, None, Version::V2_2_1);
    let list = cdr["charging_periods"].as_array().unwrap().iter().map(|period| {
        let volumes = period["dimensions"].as_array().unwrap().iter();
        let volumes =
            volumes.map(|volume| format!(" {} {}", volume["type"].as_str().unwrap(), volume["volume"]));
        let start = period["start_date_time"].as_str().unwrap();
        format!(
            "{}{}",
            &start[11..19],
            volumes.filter(|volume| !volume.contains("POWER")).collect::<String>()
        )
    });
    list.collect()
}

fn an_hour_of_charging() -> Session {
    Session { start: at("10:00"), stretches: vec![(3_600, 1_000, Activity::Charging, false)] }
}

#[test]
fn a_reservation_is_told_price_by_price() {
    let tariff = tariff(
        r#"{"components":[{"dimension":"time","price":2}],"restrictions":{"reservation":"reservation","max_duration":900}},
        {"components":[{"dimension":"time","price":6,"step_size":600}],"restrictions":{"reservation":"reservation"}},
        {"components":[{"dimension":"energy","price":1}]}"#,
    );
    let session = an_hour_of_charging();
    assert_eq!(
        periods(&tariff, &session, reserved(&session, Some(21))),
        ["09:39:00 RESERVATION_TIME 0.25", "09:54:00 RESERVATION_TIME 0.1", "10:00:00 ENERGY 3.6 TIME 1"]
    );
    let fee = r#"{"components":[{"dimension":"flat","price":2}],"restrictions":{"reservation":"reservation"}},
        {"components":[{"dimension":"energy","price":1}]}"#;
    assert_eq!(
        periods(&common::tariff(fee), &session, reserved(&session, Some(30))),
        ["09:30:00 RESERVATION_TIME 0.5", "10:00:00 ENERGY 3.6 TIME 1"]
    );
}

#[test]
fn a_fee_that_becomes_due_on_the_way_begins_a_period() {
    let tariff = tariff(
        r#"{"components":[{"dimension":"energy","price":1}]},
        {"components":[{"dimension":"flat","price":2}],"restrictions":{"min_duration":1800}}"#,
    );
    assert_eq!(
        periods(&tariff, &an_hour_of_charging(), None),
        ["10:00:00 ENERGY 1.8 TIME 0.5", "10:30:00 ENERGY 1.8 TIME 0.5"]
    );
}

/// The energy has another price at once, and only there the power counts for it.
#[test]
fn a_pause_under_another_price_is_a_period_of_its_own() {
    let tariff = tariff(
        r#"{"components":[{"dimension":"energy","price":1}],"restrictions":{"min_power":3}},
        {"components":[{"dimension":"energy","price":5}]}"#,
    );
    let charging = (1_800, 1_000, Activity::Charging, true);
    let pause = (1_800, 0, Activity::Charging, true);
    let session = Session { start: at("10:00"), stretches: vec![charging, pause, charging] };
    assert_eq!(
        periods(&tariff, &session, None),
        ["10:00:00 ENERGY 1.8 TIME 0.5", "10:30:00 TIME 0.5", "11:00:00 ENERGY 1.8 TIME 0.5"]
    );
}

#[test]
fn a_reservation_that_expired_is_told_and_priced() {
    let tariff = tariff(
        r#"{"components":[{"dimension":"time","price":4}],"restrictions":{"reservation":"reservation"}},
        {"components":[{"dimension":"flat","price":3}],"restrictions":{"reservation":"reservation_expires"}},
        {"components":[{"dimension":"flat","price":9},{"dimension":"energy","price":1}]}"#,
    );
    let (from, until) = (at("10:00"), at("10:30"));
    let mut pricer = begin(&tariff, TZ, &until.to_rfc3339()).recording();
    pricer.reserve(Reserved { from, until, expired: true });
    let bill = pricer.bill(until);
    let written = write_tariff(&tariff, &publisher(), Version::V2_2_1).unwrap().json;
    let cdr = ocpi::cdr::priced_part(&bill, &pricer.periods(until), Some(&written), Version::V2_2_1);
    let read = ocpi::read_cdr(&Value::Object(cdr).to_string(), Version::V2_2_1).unwrap();
    let totals = ocpi::price_by_own(&read, TZ, Policy::default()).unwrap().totals();
    assert_eq!(bill.total_excl, Decimal::from(5));
    assert_eq!(totals.total_cost.excl.normalize(), Decimal::from(5));
}
