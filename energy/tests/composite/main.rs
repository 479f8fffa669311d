//! The composite schedule against one that is made second by second, and its rules one by one.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod naive;

use chrono::{DateTime, TimeDelta, Utc};
use energy::composite::{Cap, CapPeriod, Question, Supply, at, over};
use energy::profile::model::{
    Amount, Installed, Kind, Mode, Period, Place, Profile, Purpose, Rules, Schedule, Unit, Values,
};
use proptest::prelude::*;

fn noon() -> DateTime<Utc> {
    "2026-03-28T12:00:00Z".parse().unwrap()
}

fn s(seconds: i64) -> TimeDelta {
    TimeDelta::seconds(seconds)
}

fn question(rules: Rules) -> Question<'static> {
    Question {
        rules,
        evse: 1,
        transaction: Some("t"),
        begins: noon(),
        priority: false,
        supply: Supply { volts: 230, phases: 3 },
        unit: Unit::Amps,
    }
}

/// An absolute profile from noon on, in A: `(start, limit)`.
fn profile(
    id: i32,
    purpose: Purpose,
    stack_level: u32,
    duration_s: Option<u32>,
    periods: &[(u32, i64)],
) -> Profile {
    let periods = periods.iter().map(|(start, limit)| Period::limit(*start, Amount::whole(*limit))).collect();
    Profile {
        id,
        purpose,
        stack_level,
        kind: Kind::Absolute,
        valid_from: None,
        valid_to: None,
        transaction: None,
        schedules: vec![Schedule {
            start: Some(noon()),
            duration_s,
            unit: Unit::Amps,
            min_rate: None,
            periods,
        }],
    }
}

fn here(profile: Profile) -> Installed {
    Installed { place: Place::Evse(1), profile }
}

fn everywhere(profile: Profile) -> Installed {
    Installed { place: Place::Station, profile }
}

fn limits(installed: &[Installed], question: &Question<'_>, seconds: u32) -> Vec<(u32, Option<i64>)> {
    let periods = over(installed, question, noon(), seconds);
    periods.iter().map(|period| (period.start_s, period.cap.limit.map(|limit| limit.0 / 1000))).collect()
}

#[test]
fn a_schedule_that_is_over_gives_way_to_the_next_level() {
    let installed = [
        here(profile(1, Purpose::Tx, 2, Some(60), &[(0, 16), (30, 10)])),
        here(profile(2, Purpose::Tx, 1, None, &[(0, 8)])),
        here(profile(3, Purpose::TxDefault, 5, None, &[(0, 6)])),
    ];
    let told = limits(&installed, &question(Rules::Ocpp201), 100);
    assert_eq!(told, [(0, Some(16)), (30, Some(10)), (60, Some(8))]);
}

#[test]
fn a_profile_of_the_transaction_counts_instead_of_the_default_also_where_it_is_higher() {
    let installed = [
        here(profile(1, Purpose::Tx, 0, Some(60), &[(0, 32)])),
        everywhere(profile(2, Purpose::TxDefault, 0, None, &[(0, 6)])),
    ];
    assert_eq!(limits(&installed, &question(Rules::Ocpp16), 100), [(0, Some(32)), (60, Some(6))]);
    let idle = Question { transaction: None, ..question(Rules::Ocpp16) };
    assert_eq!(limits(&installed, &idle, 100), [(0, Some(6))]);
    let other = Profile { transaction: Some(String::from("u")), ..installed[0].profile.clone() };
    let installed = [here(other), installed[1].clone()];
    assert_eq!(limits(&installed, &question(Rules::Ocpp16), 100), [(0, Some(6))], "of another transaction");
}

#[test]
fn an_evses_default_stands_before_the_stations_in_the_first_edition_and_in_its_stack_later() {
    let installed = [
        here(profile(1, Purpose::TxDefault, 1, None, &[(0, 20)])),
        everywhere(profile(2, Purpose::TxDefault, 2, None, &[(0, 10)])),
    ];
    assert_eq!(limits(&installed, &question(Rules::Ocpp16), 10), [(0, Some(20))]);
    assert_eq!(limits(&installed, &question(Rules::Ocpp21), 10), [(0, Some(10))]);
}

#[test]
fn the_smallest_of_all_purposes_counts_and_generation_adds_to_the_stations() {
    let mut installed = vec![
        here(profile(1, Purpose::Tx, 0, None, &[(0, 32)])),
        everywhere(profile(2, Purpose::StationMax, 0, None, &[(0, 10)])),
        everywhere(profile(3, Purpose::LocalGeneration, 0, Some(50), &[(0, 12)])),
    ];
    let question = question(Rules::Ocpp21);
    assert_eq!(limits(&installed, &question, 100), [(0, Some(22)), (50, Some(10))]);
    installed.push(everywhere(profile(4, Purpose::External, 0, Some(20), &[(0, 7)])));
    assert_eq!(limits(&installed, &question, 100), [(0, Some(7)), (20, Some(22)), (50, Some(10))]);
    let station = Question { evse: 0, transaction: None, ..question };
    assert_eq!(limits(&installed[1..3], &station, 40), [(0, Some(22))]);
    assert_eq!(limits(&[installed[2].clone()], &station, 40), [(0, None)], "nothing to add to");
}

#[test]
fn priority_counts_while_it_is_asked_for() {
    let installed = [
        here(profile(1, Purpose::Tx, 3, None, &[(0, 8)])),
        everywhere(profile(2, Purpose::Priority, 0, None, &[(0, 32)])),
    ];
    let calm = question(Rules::Ocpp21);
    assert_eq!(limits(&installed, &calm, 10), [(0, Some(8))]);
    assert_eq!(limits(&installed, &Question { priority: true, ..calm }, 10), [(0, Some(32))]);
}

#[test]
fn validity_is_open_at_its_end() {
    let mut one = profile(1, Purpose::Tx, 0, None, &[(0, 16)]);
    one.valid_from = Some(noon() + s(10));
    one.valid_to = Some(noon() + s(20));
    let told = limits(&[here(one)], &question(Rules::Ocpp201), 30);
    assert_eq!(told, [(0, None), (10, Some(16)), (20, None)]);
}

#[test]
fn days_have_the_same_length_also_when_clocks_change() {
    // In Europe clocks go forward in the night after this noon.
    let mut one = profile(1, Purpose::TxDefault, 0, Some(3600), &[(0, 16)]);
    one.kind = Kind::Daily;
    let told = limits(&[here(one)], &question(Rules::Ocpp201), 2 * 86_400);
    assert_eq!(told, [(0, Some(16)), (3600, None), (86_400, Some(16)), (90_000, None)]);
}

#[test]
fn relative_ones_start_with_the_transaction() {
    let mut one = profile(1, Purpose::Tx, 0, None, &[(0, 10), (60, 16)]);
    one.kind = Kind::Relative;
    one.schedules[0].start = None;
    let begun = Question { begins: noon() - s(40), ..question(Rules::Ocpp16) };
    assert_eq!(limits(&[here(one)], &begun, 60), [(0, Some(10)), (20, Some(16))]);
}

#[test]
fn units_are_turned_with_the_phases_in_use_and_never_upwards() {
    let mut watts = profile(1, Purpose::Tx, 0, None, &[(0, 11_000)]);
    watts.schedules[0].unit = Unit::Watts;
    let question = question(Rules::Ocpp201);
    let cap = at(&[here(watts.clone())], &question, noon());
    assert_eq!(cap.limit, Some(Amount(15_942)), "11000 W over three phases of 230 V");
    let single = Question { supply: Supply { volts: 230, phases: 1 }, ..question };
    assert_eq!(at(&[here(watts.clone())], &single, noon()).limit, Some(Amount(47_826)));
    let both = [here(watts), everywhere(profile(2, Purpose::StationMax, 0, None, &[(0, 15)]))];
    assert_eq!(
        at(&both, &Question { unit: Unit::Watts, ..question }, noon()).limit,
        Some(Amount::whole(10_350))
    );
}

#[test]
fn nothing_is_given_back_beyond_what_all_allow() {
    let mut tx = profile(1, Purpose::Tx, 0, None, &[(0, 16)]);
    tx.schedules[0].periods[0].discharge = Some(Amount::whole(-10));
    tx.schedules[0].periods[0].mode = Mode::ExternalLimits;
    let mut max = profile(2, Purpose::StationMax, 0, None, &[(0, 20)]);
    max.schedules[0].periods[0].discharge = Some(Amount::whole(-4));
    let cap = at(&[here(tx), everywhere(max)], &question(Rules::Ocpp21), noon());
    assert_eq!(cap.discharge, Some(Amount::whole(-4)));
}

#[test]
fn who_only_charges_gives_nothing_back_and_a_setpoint_stays_within_what_others_allow() {
    let mut max = profile(2, Purpose::StationMax, 0, None, &[(0, 20)]);
    max.schedules[0].periods[0].discharge = Some(Amount::whole(-4));
    let only = here(profile(1, Purpose::Tx, 0, None, &[(0, 16)]));
    let both = [only, everywhere(max)];
    let cap = at(&both, &question(Rules::Ocpp21), noon());
    assert_eq!((cap.discharge, cap.mode), (None, Some(Mode::ChargingOnly)));
    let nobody = Question { transaction: None, ..question(Rules::Ocpp21) };
    assert_eq!(at(&both, &nobody, noon()).discharge, None, "no profile says that it may be given back");
    let set = |setpoint: i64| {
        let mut tx = both[0].clone();
        let period = &mut tx.profile.schedules[0].periods[0];
        (period.limit, period.setpoint) = (None, Some(Amount::whole(setpoint)));
        period.mode = Mode::CentralSetpoint;
        at(&[tx, both[1].clone()], &question(Rules::Ocpp21), noon()).setpoint
    };
    assert_eq!(
        [set(-10), set(-3), set(30)],
        [Some(Amount::whole(-4)), Some(Amount::whole(-3)), Some(Amount::whole(20))]
    );
}

#[test]
fn where_phases_differ_each_keeps_what_all_profiles_allow_there() {
    let values = |limit: i64, back: i64| Values {
        limit: Some(Amount::whole(limit)),
        discharge: Some(Amount::whole(back)),
        setpoint: None,
    };
    let mut tx = profile(1, Purpose::Tx, 0, None, &[(0, 16)]);
    let period = &mut tx.schedules[0].periods[0];
    period.discharge = Some(Amount::whole(-10));
    period.mode = Mode::ExternalLimits;
    period.others = [values(10, -2), values(8, -8)];
    let mut max = profile(2, Purpose::StationMax, 0, None, &[(0, 12)]);
    max.schedules[0].periods[0].discharge = Some(Amount::whole(-6));
    let both = [here(tx), everywhere(max)];
    let cap = at(&both, &question(Rules::Ocpp21), noon());
    assert_eq!(cap.each, Some([values(12, -6), values(10, -2), values(8, -6)]));
    assert_eq!((cap.limit, cap.discharge), (Some(Amount::whole(12)), Some(Amount::whole(-6))));
    let watts = Question { unit: Unit::Watts, ..question(Rules::Ocpp21) };
    let cap = at(&both, &watts, noon());
    let told = |amps: i64| Some(Amount::whole(amps * 230));
    assert_eq!(cap.limit, told(16 + 10 + 8), "12 A on three phases are more");
    assert_eq!(cap.discharge, told(-18), "and 6 A on three phases are less than 20 A");
    assert_eq!(cap.each.map(|each| each[1].discharge), Some(told(-2)));
}

fn period() -> impl Strategy<Value = Period> {
    let amount = || proptest::option::of((0..40_i64).prop_map(|a| Amount(a * 500)));
    let setpoint = proptest::option::of((-40..40_i64).prop_map(|a| Amount(a * 500)));
    let mode =
        prop_oneof![Just(Mode::ChargingOnly), Just(Mode::ExternalLimits), Just(Mode::ExternalSetpoint)];
    (0..200_u32, amount(), amount(), setpoint, mode, proptest::option::of(1..=3_u8)).prop_map(
        |(start_s, limit, back, setpoint, mode, phases)| {
            let discharge = back.map(|amount| Amount(-amount.0));
            Period { limit, discharge, setpoint, mode, phases, ..Period::limit(start_s, Amount(0)) }
        },
    )
}

fn schedule() -> impl Strategy<Value = Schedule> {
    let start = proptest::option::weighted(0.8, -300_000..300_i64);
    let duration = proptest::option::of(prop_oneof![1..300_u32, 80_000..90_000_u32]);
    let unit = prop_oneof![Just(Unit::Amps), Just(Unit::Watts)];
    (start, duration, unit, proptest::collection::vec(period(), 1..4)).prop_map(
        |(start, duration_s, unit, mut periods)| {
            periods.sort_by_key(|period| period.start_s);
            periods.dedup_by_key(|period| period.start_s);
            periods[0].start_s = 0;
            // Half seconds, as stations send them.
            let start = start.map(|start| noon() + TimeDelta::milliseconds(start * 500));
            Schedule { start, duration_s, unit, min_rate: None, periods }
        },
    )
}

fn installed() -> impl Strategy<Value = Installed> {
    let purpose = prop_oneof![
        Just(Purpose::StationMax),
        Just(Purpose::TxDefault),
        Just(Purpose::Tx),
        Just(Purpose::External),
        Just(Purpose::Priority),
        Just(Purpose::LocalGeneration)
    ];
    let kind = prop_oneof![
        Just(Kind::Absolute),
        Just(Kind::Daily),
        Just(Kind::Weekly),
        Just(Kind::Relative),
        Just(Kind::Dynamic)
    ];
    let instant = || {
        proptest::option::weighted(
            0.3,
            (-400..800_i64).prop_map(|half| noon() + TimeDelta::milliseconds(half * 500)),
        )
    };
    let place = prop_oneof![Just(Place::Station), Just(Place::Evse(1)), Just(Place::Evse(2))];
    let transaction = proptest::option::of(prop_oneof![Just(String::from("t")), Just(String::from("u"))]);
    (place, purpose, kind, 0..4_u32, (instant(), instant()), transaction, schedule()).prop_map(
        |(place, purpose, kind, stack_level, (valid_from, valid_to), transaction, schedule)| Installed {
            place,
            profile: Profile {
                id: 1,
                purpose,
                stack_level,
                kind,
                valid_from,
                valid_to,
                transaction,
                schedules: vec![schedule],
            },
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn it_is_what_a_walk_through_the_seconds_finds(
        installed in proptest::collection::vec(installed(), 0..8),
        first in any::<bool>(),
        evse in 0..3_u16,
        running in any::<bool>(),
        priority in any::<bool>(),
        begins in -100..50_i64,
        phases in 1..=3_u8,
        watts in any::<bool>(),
    ) {
        let question = Question {
            rules: if first { Rules::Ocpp16 } else { Rules::Ocpp21 },
            evse,
            transaction: (running && evse > 0).then_some("t"),
            begins: noon() + s(begins),
            priority,
            supply: Supply { volts: 230, phases },
            unit: if watts { Unit::Watts } else { Unit::Amps },
        };
        let seconds = 300;
        let expected: Vec<Cap> =
            (0..seconds).map(|second| naive::at(&installed, &question, noon() + s(i64::from(second)))).collect();
        let told = over(&installed, &question, noon(), seconds);
        prop_assert_eq!(told.first().map(|period| period.start_s), Some(0));
        prop_assert!(told.windows(2).all(|two| two[0].start_s < two[1].start_s && two[0].cap != two[1].cap));
        let mut walked = Vec::new();
        for second in 0..seconds {
            let holds: &CapPeriod = told.iter().rev().find(|period| period.start_s <= second).unwrap();
            walked.push(holds.cap);
        }
        prop_assert_eq!(walked, expected);
    }
}
