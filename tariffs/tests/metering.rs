//! Registers and clocks that misbehave, and sessions with little to go by.

mod common;

use chrono_tz::UTC;
use common::*;
use rust_decimal_macros::dec;
use tariffs::{Activity, AnomalyKind, Bill, Late, Reading};

const BOTH: &str = r#"{"components":[{"dimension":"energy","price":1},{"dimension":"time","price":6}]}"#;

fn kinds(bill: &Bill) -> Vec<(AnomalyKind, u64)> {
    bill.anomalies.iter().map(|anomaly| (anomaly.kind, anomaly.count)).collect()
}

fn bill(readings: &[Reading], end: &str) -> Bill {
    let bill = replay(&tariff(BOTH), UTC, "10:00", readings, end);
    assert_adds_up(&bill);
    bill
}

#[test]
fn a_session_without_readings_costs_its_time() {
    let bill = bill(&[], "11:00");
    assert_eq!((bill.total_excl, bill.energy), (dec!(6.00), wh(0)));
    assert_eq!(kinds(&bill), [(AnomalyKind::NotMetered, 1)]);
}

#[test]
fn a_session_that_ends_at_once_costs_nothing() {
    let bill = bill(&[read("10:00", 5)], "10:00");
    assert_eq!((bill.total_excl, bill.lines.len(), bill.anomalies.len()), (dec!(0.00), 0, 0));
}

#[test]
fn energy_may_come_without_time() {
    let bill = bill(&[read("10:00", 0), read("10:00", 4_000)], "10:00");
    assert_eq!((bill.total_excl, bill.energy), (dec!(4.00), wh(4_000)));
}

#[test]
fn energy_without_time_still_fills_tiers_in_order() {
    let tiers = r#"{"components":[{"dimension":"energy","price":1}],"restrictions":{"max_kwh":3}},
        {"components":[{"dimension":"energy","price":10}]}"#;
    let readings = [read("10:00", 0), read("10:00", 4_000)];
    let bill = replay(&tariff(tiers), UTC, "10:00", &readings, "10:00");
    assert_eq!(bill.total_excl, dec!(13.00));
}

#[test]
fn a_register_that_shrinks_is_not_billed_and_is_told() {
    let readings = [read("10:00", 1_000), read("10:20", 3_000), read("10:40", 10), read("11:00", 510)];
    let bill = bill(&readings, "11:00");
    assert_eq!(bill.energy, wh(2_500));
    let anomaly = &bill.anomalies[0];
    assert_eq!(
        (anomaly.kind, anomaly.count, anomaly.first_at),
        (AnomalyKind::RegisterShrank, 1, at("10:40"))
    );
    assert_eq!((anomaly.before, anomaly.after), (Some(wh(3_000)), Some(wh(10))));
}

#[test]
fn a_register_that_jumps_absurdly_is_not_billed_and_is_told() {
    let readings = [read("10:00", 0), read("10:20", 900_000_000_000), read("11:00", 5_000)];
    let bill = bill(&readings, "11:00");
    assert_eq!((bill.energy, kinds(&bill)), (wh(5_000), vec![(AnomalyKind::RegisterJumped, 1)]));
}

/// The energy of a time without a usable register is shared over that whole time, glitch or not.
#[test]
fn a_glitch_does_not_move_energy_in_time() {
    let two = r#"{"components":[{"dimension":"energy","price":1}],"restrictions":{"end_time":"10:30"}},
        {"components":[{"dimension":"energy","price":2}]}"#;
    let readings = [read("10:00", 100), read("10:40", 0), read("11:00", 6_100)];
    let bill = replay(&tariff(two), UTC, "10:00", &readings, "11:00");
    assert_eq!(bill.total_excl, dec!(9.00));
    // After a reset, energy is known from the odd standing on: 10:40–11:00.
    let readings = [read("10:00", 90_000), read("10:40", 0), read("11:00", 6_000)];
    let bill = replay(&tariff(two), UTC, "10:00", &readings, "11:00");
    assert_eq!((bill.total_excl, bill.lines[0].from), (dec!(12.00), at("10:40")));
}

#[test]
fn a_session_that_never_charged_bills_energy_by_its_parking() {
    let parking = [read("10:00", 0).activity(Activity::Parking), read("11:00", 200)];
    let bill = bill(&parking, "11:00");
    // Parking has no price; the 0.2 kWh have.
    assert_eq!((bill.total_excl, bill.energy), (dec!(0.20), wh(200)));
}

#[test]
fn energy_flows_while_the_vehicle_charges() {
    let two = r#"{"components":[{"dimension":"energy","price":1}],"restrictions":{"end_time":"10:30"}},
        {"components":[{"dimension":"energy","price":2}]}"#;
    // Charging 10:15–10:45 only: half before the change of price, half after.
    let readings = [
        read("10:00", 0).activity(Activity::Parking),
        charges("10:15"),
        parks("10:45"),
        read("11:00", 6_000),
    ];
    let bill = replay(&tariff(two), UTC, "10:00", &readings, "11:00");
    assert_eq!(
        (bill.total_excl, bill.lines[0].from, bill.lines[1].to),
        (dec!(9.00), at("10:15"), at("10:45"))
    );
}

#[test]
fn readings_before_the_start_count_as_of_the_start() {
    let bill = bill(&[read("09:59", 0), read("11:00", 1_000)], "11:00");
    assert_eq!((bill.total_excl, kinds(&bill)), (dec!(7.00), vec![(AnomalyKind::BeforeStart, 1)]));
}

#[test]
fn a_broken_clock_costs_no_time() {
    let far = read("9999-12-31T23:59:59Z", 1_000);
    let bill = bill(&[read("10:00", 0), charges("10:30"), far], "9999-12-31T23:59:59Z");
    // Half an hour and the energy.
    assert_eq!((bill.total_excl, bill.to), (dec!(4.00), at("10:30")));
    assert_eq!(kinds(&bill), [(AnomalyKind::TooLate, 2)]);
}

#[test]
fn the_same_reading_again_changes_nothing_and_an_older_one_is_refused() {
    let mut session = begin(&tariff(BOTH), UTC, "10:00");
    for reading in [read("10:00", 0), read("10:30", 1_000), read("10:30", 1_000)] {
        session.push(reading).unwrap();
    }
    let before = session.bill(at("11:00"));
    assert_eq!(session.push(read("10:15", 500)), Err(Late { at: at("10:15") }));
    assert_eq!(session.bill(at("11:00")), before);
}

#[test]
fn order_decides_between_readings_of_one_instant() {
    let parking_first = [Reading { order: 1, ..parks("10:30") }, Reading { order: 2, ..charges("10:30") }];
    assert_eq!(bill(&parking_first, "11:00").total_excl, dec!(6.00));
    let charging_first = [Reading { order: 2, ..parks("10:30") }, Reading { order: 1, ..charges("10:30") }];
    assert_eq!(bill(&charging_first, "11:00").total_excl, dec!(3.00));
}

/// A live session with stamps of whole seconds: what comes second at one instant must not get lost.
#[test]
fn readings_of_one_instant_count_as_they_come() {
    let mut session = begin(&tariff(BOTH), UTC, "10:00");
    session.push(read("10:00", 0)).unwrap();
    session.push(read("10:30", 1_000).activity(Activity::Charging)).unwrap();
    session.push(parks("10:30")).unwrap();
    assert_eq!(session.total(at("11:00")).excl.amount, dec!(4.00));
    session.push(charges("10:30")).unwrap();
    assert_eq!(session.total(at("11:00")).excl.amount, dec!(7.00));
    let earlier = Reading { order: -1, ..parks("10:30") };
    assert_eq!(session.push(earlier), Err(Late { at: at("10:30") }));
}

#[test]
fn asking_for_the_bill_does_not_disturb_the_session() {
    let mut asked = begin(&tariff(BOTH), UTC, "10:00");
    let mut left_alone = asked.clone();
    for minute in 0..60 {
        let reading = read(&format!("10:{minute:02}"), minute * 100);
        asked.push(reading).unwrap();
        left_alone.push(reading).unwrap();
        assert_eq!(asked.total(at("10:59")), asked.bill(at("10:59")).total());
    }
    assert_eq!(asked.bill(at("11:00")), left_alone.bill(at("11:00")));
}

#[test]
fn ten_thousand_readings_cost_what_their_sum_costs() {
    let mut session = begin(&tariff(BOTH), UTC, "10:00");
    let start = at("10:00");
    for index in 0..=10_000 {
        let reading = Reading::at(start + chrono::TimeDelta::seconds(index)).register(wh(index * 3));
        session.push(reading).unwrap();
    }
    let end = start + chrono::TimeDelta::seconds(10_000);
    let bill = session.bill(end);
    // 30 kWh × 1, and 10 000 s × 6 / 3600 s.
    assert_eq!((bill.total_excl, bill.lines.len()), (dec!(46.67), 2));
    assert_adds_up(&bill);
}

/// However long a session switches without the register being read, memory stays bounded and time is billed in full.
#[test]
fn endless_switching_without_a_register_is_billed_in_full() {
    let mut session = begin(&tariff(BOTH), UTC, "10:00");
    let start = at("10:00");
    session.push(Reading::at(start).register(wh(0))).unwrap();
    for index in 1..20_000 {
        let at = start + chrono::TimeDelta::seconds(index);
        let activity = if index % 2 == 0 { Activity::Charging } else { Activity::Parking };
        session.push(Reading::at(at).activity(activity)).unwrap();
    }
    let end = start + chrono::TimeDelta::seconds(20_000);
    session.push(Reading::at(end).register(wh(1_000))).unwrap();
    let bill = session.bill(end);
    assert_adds_up(&bill);
    // Half of 20 000 s at 6/h, and 1 kWh.
    assert_eq!(bill.total_excl, dec!(17.67));
}
