//! Bad profiles are refused before they are sent, each with its rule.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use chrono::{DateTime, TimeDelta, Utc};
use energy::profile::check::{Abilities, Problem, Sending, check};
use energy::profile::conflict::replaces;
use energy::profile::model::{
    Amount, Installed, Kind, Mode, Period, Place, Profile, Purpose, Rules, Schedule, Unit,
};

fn noon() -> DateTime<Utc> {
    "2026-03-28T12:00:00Z".parse().unwrap()
}

/// A station of the last edition that can do everything.
fn able() -> Abilities {
    Abilities {
        max_stack_level: 9,
        max_periods: 24,
        max_profiles: 10,
        phase_switching: true,
        ..Abilities::modest(Rules::Ocpp21)
    }
}

fn good() -> Profile {
    Profile {
        id: 7,
        purpose: Purpose::Tx,
        stack_level: 1,
        kind: Kind::Absolute,
        valid_from: None,
        valid_to: None,
        transaction: Some(String::from("t")),
        schedules: vec![Schedule {
            start: Some(noon()),
            duration_s: Some(3600),
            unit: Unit::Amps,
            min_rate: None,
            periods: vec![Period::limit(0, Amount::whole(16)), Period::limit(60, Amount::whole(10))],
        }],
    }
}

fn default() -> Profile {
    Profile { purpose: Purpose::TxDefault, transaction: None, ..good() }
}

/// The rules and paths that `change` breaks.
fn broken(profile: Profile, change: impl Fn(&mut Profile)) -> Vec<(&'static str, String)> {
    broken_at(profile, Place::Evse(1), &able(), change)
}

fn broken_at(
    mut profile: Profile,
    place: Place,
    abilities: &Abilities,
    change: impl Fn(&mut Profile),
) -> Vec<(&'static str, String)> {
    change(&mut profile);
    let problems = check(&profile, place, Sending::Alone, abilities);
    problems.into_iter().map(|Problem { rule, path, .. }| (rule, path)).collect()
}

fn one(rule: &'static str, path: &str) -> Vec<(&'static str, String)> {
    vec![(rule, path.to_owned())]
}

#[test]
fn a_good_one_may_be_sent() {
    assert_eq!(broken(good(), |_| ()), []);
    assert_eq!(broken(default(), |_| ()), []);
}

#[test]
fn purposes_have_their_places() {
    let max = || Profile { purpose: Purpose::StationMax, ..default() };
    assert_eq!(broken(max(), |_| ()), one("K01", "purpose"));
    assert_eq!(broken_at(max(), Place::Station, &able(), |_| ()), []);
    assert_eq!(broken_at(good(), Place::Station, &able(), |_| ()), one("K01", "purpose"));
    assert_eq!(broken(default(), |p| p.purpose = Purpose::External), one("K01.FR.22", "purpose"));
    assert_eq!(broken_at(default(), Place::Evse(0), &able(), |_| ()), one("house", "place"));
    let old = Abilities { rules: Rules::Ocpp201, ..able() };
    let priority = broken_at(default(), Place::Evse(1), &old, |p| {
        p.purpose = Purpose::Priority;
        p.schedules[0].duration_s = None;
    });
    assert_eq!(priority, one("house", "purpose"));
}

#[test]
fn a_transaction_is_named_where_there_is_one() {
    assert_eq!(broken(good(), |p| p.transaction = None), one("K01", "transaction"));
    assert_eq!(broken(default(), |p| p.transaction = Some(String::from("t"))), one("house", "transaction"));
    let with_start = |profile: &Profile| check(profile, Place::Evse(1), Sending::WithStart, &able());
    assert_eq!(with_start(&good())[0].rule, "F01");
    assert_eq!(with_start(&Profile { transaction: None, ..good() }), []);
    assert_eq!(with_start(&default())[0].path, "purpose");
}

#[test]
fn kinds_have_their_starts() {
    assert_eq!(broken(good(), |p| p.schedules[0].start = None), one("K01.FR.40", "schedules[0].start"));
    assert_eq!(broken(good(), |p| p.kind = Kind::Relative), one("K01.FR.41", "schedules[0].start"));
    let relative = broken_at(default(), Place::Station, &able(), |p| {
        p.purpose = Purpose::StationMax;
        p.kind = Kind::Relative;
        p.schedules[0].start = None;
    });
    assert_eq!(relative, one("K01.FR.38", "kind"));
}

#[test]
fn periods_are_in_order_and_hold_sometime() {
    let start = |index: usize| format!("schedules[0].periods[{index}].start_s");
    assert_eq!(broken(good(), |p| p.schedules[0].periods[0].start_s = 1), one("K01.FR.31", &start(0)));
    assert_eq!(broken(good(), |p| p.schedules[0].periods[1].start_s = 0), one("K01.FR.35", &start(1)));
    assert_eq!(broken(good(), |p| p.schedules[0].periods[1].start_s = 3600), one("house", &start(1)));
    assert_eq!(broken(good(), |p| p.schedules[0].periods.clear()), one("K01.FR.31", "schedules[0].periods"));
    assert_eq!(
        broken(good(), |p| p.schedules[0].duration_s = Some(0))[0],
        ("house", "schedules[0].duration_s".into())
    );
    let daily = broken(default(), |p| {
        p.kind = Kind::Daily;
        p.schedules[0].duration_s = Some(86_401);
    });
    assert_eq!(daily, one("house", "schedules[0].duration_s"));
    let never = broken(good(), |p| {
        p.valid_from = Some(noon());
        p.valid_to = Some(noon());
    });
    assert_eq!(never, one("K01.FR.36", "valid_to"));
}

#[test]
fn one_schedule_unless_a_vehicle_chooses() {
    let twice = |p: &mut Profile| p.schedules.push(p.schedules[0].clone());
    assert_eq!(broken(good(), twice), one("K01.FR.34", "schedules"));
    let choosing = Abilities { iso15118: true, ..able() };
    assert_eq!(broken_at(good(), Place::Evse(1), &choosing, twice), []);
    assert_eq!(broken(good(), |p| p.schedules.clear()), one("K01.FR.34", "schedules"));
}

#[test]
fn what_the_station_can_do_is_respected() {
    let at = |abilities: Abilities| broken_at(good(), Place::Evse(1), &abilities, |_| ());
    assert_eq!(at(Abilities { max_stack_level: 0, ..able() }), one("K01", "stack_level"));
    assert_eq!(at(Abilities { max_periods: 1, ..able() }), one("K01", "schedules[0].periods"));
    assert_eq!(at(Abilities { amps: false, ..able() }), one("K01", "schedules[0].unit"));
    assert_eq!(at(Abilities { max_external_id: Some(7), ..able() }), one("K01.FR.80", "id"));
    let paused = |p: &mut Profile| p.schedules[0].periods[0].limit = Some(Amount(0));
    assert_eq!(broken(good(), paused), []);
    let stubborn = Abilities { takes_zero: false, ..able() };
    assert_eq!(
        broken_at(good(), Place::Evse(1), &stubborn, paused),
        one("quirk", "schedules[0].periods[0].limit")
    );
}

#[test]
fn a_phase_is_chosen_only_by_those_who_can() {
    let path = "schedules[0].periods[0].phase_to_use";
    let choose = |p: &mut Profile| {
        p.schedules[0].periods[0].phases = Some(1);
        p.schedules[0].periods[0].phase_to_use = Some(2);
    };
    assert_eq!(broken(good(), choose), []);
    assert_eq!(broken(good(), |p| p.schedules[0].periods[0].phase_to_use = Some(2)), one("K01.FR.19", path));
    let fixed = Abilities { phase_switching: false, ..able() };
    assert_eq!(broken_at(good(), Place::Evse(1), &fixed, choose), one("K01.FR.20", path));
    let none = broken(good(), |p| p.schedules[0].periods[0].phases = Some(4));
    assert_eq!(none, one("K01.FR.49", "schedules[0].periods[0].phases"));
}

#[test]
fn single_phases_have_their_values_and_setpoints_keep_their_limits() {
    use energy::profile::model::Values;
    let abilities = Abilities { max_periods: 4, ..Abilities::modest(Rules::Ocpp21) };
    let wrong = |change: &dyn Fn(&mut Period)| {
        let mut period = Period::limit(0, Amount::whole(16));
        period.mode = Mode::ExternalLimits;
        change(&mut period);
        let profile = Profile {
            id: 1,
            purpose: Purpose::TxDefault,
            stack_level: 0,
            kind: Kind::Relative,
            valid_from: None,
            valid_to: None,
            transaction: None,
            schedules: vec![Schedule {
                start: None,
                duration_s: None,
                unit: Unit::Amps,
                min_rate: None,
                periods: vec![period],
            }],
        };
        let found = check(&profile, Place::Evse(1), Sending::Alone, &abilities);
        found.into_iter().map(|problem| problem.message).collect::<Vec<_>>().join("; ")
    };
    let of = |limit: i64| Values { limit: Some(Amount::whole(limit)), ..Values::NONE };
    assert_eq!(wrong(&|period| period.others = [of(10), of(8)]), "");
    assert_eq!(wrong(&|period| period.others[0] = of(-1)), "a limit is not negative");
    let back = Values { discharge: Some(Amount::whole(-1)), ..Values::NONE };
    assert_eq!(wrong(&|period| period.others[1] = back), "has a value of which L1 has none");
    let one = |period: &mut Period| (period.phases, period.others[0]) = (Some(1), of(10));
    assert_eq!(wrong(&one), "is of a phase that is not used");
    assert_eq!(wrong(&|period| period.setpoint = Some(Amount::whole(17))), "lies beyond its limits");
    let below = |period: &mut Period| {
        (period.discharge, period.setpoint) = (Some(Amount::whole(-5)), Some(Amount::whole(-6)));
    };
    assert_eq!(wrong(&below), "lies beyond its limits");
}

#[test]
fn values_are_sane_and_fit_their_edition() {
    let limit = "schedules[0].periods[0].limit";
    assert_eq!(broken(good(), |p| p.schedules[0].periods[0].limit = Some(Amount(-1))), one("house", limit));
    let huge = broken(good(), |p| p.schedules[0].periods[0].limit = Some(Amount::whole(10_000_001)));
    assert_eq!(huge, one("house", "schedules[0].periods[0]"));
    let old = Abilities { rules: Rules::Ocpp16, ..able() };
    let fine = |p: &mut Profile| p.schedules[0].periods[0].limit = Some(Amount(6_150));
    assert_eq!(broken_at(good(), Place::Evse(1), &old, fine), one("house", limit));
    assert_eq!(broken(good(), fine), []);
}

#[test]
fn modes_have_their_values() {
    let period = "schedules[0].periods[0]";
    let mode = |mode: Mode, limit: Option<i64>, setpoint: Option<i64>| {
        broken(good(), move |p| {
            let period = &mut p.schedules[0].periods[0];
            period.mode = mode;
            period.limit = limit.map(Amount::whole);
            period.setpoint = setpoint.map(Amount::whole);
        })
    };
    assert_eq!(mode(Mode::ChargingOnly, Some(6), Some(6)), one("Q02.FR.02", period));
    assert_eq!(mode(Mode::CentralSetpoint, None, Some(-6)), []);
    assert_eq!(mode(Mode::CentralSetpoint, Some(6), Some(6)), one("Q03.FR.02", period));
    assert_eq!(mode(Mode::CentralFrequency, None, None), one("Q03.FR.02", period));
    assert_eq!(mode(Mode::LocalFrequency, None, None), one("Q08", period), "in A");
    assert_eq!(mode(Mode::Idle, Some(6), None), one("Q01", period));
    let wrong_way = broken(good(), |p| {
        p.schedules[0].periods[0].mode = Mode::ExternalLimits;
        p.schedules[0].periods[0].discharge = Some(Amount::whole(5));
    });
    assert_eq!(wrong_way, one("Q01", "schedules[0].periods[0].discharge"));
    let old = Abilities { rules: Rules::Ocpp201, ..able() };
    let back = broken_at(good(), Place::Evse(1), &old, |p| {
        p.schedules[0].periods[0].mode = Mode::ExternalLimits;
        p.schedules[0].periods[0].discharge = Some(Amount::whole(-5));
    });
    assert_eq!(back, one("house", period));
}

#[test]
fn dynamic_and_priority_are_of_the_last_edition_and_plain() {
    assert_eq!(broken(good(), |p| p.kind = Kind::Dynamic), one("K28", "schedules"));
    let dynamic = |p: &mut Profile| {
        p.kind = Kind::Dynamic;
        p.schedules[0].periods.truncate(1);
    };
    assert_eq!(broken(good(), dynamic), []);
    let old = Abilities { rules: Rules::Ocpp201, ..able() };
    assert_eq!(broken_at(good(), Place::Evse(1), &old, dynamic), one("K28", "kind"));
    assert_eq!(broken(default(), |p| p.purpose = Purpose::Priority), one("K21", "schedules[0].duration_s"));
}

#[test]
fn a_problem_says_where_what_and_by_which_rule() {
    let problems = check(&Profile { stack_level: 12, ..good() }, Place::Evse(1), Sending::Alone, &able());
    assert_eq!(problems[0].to_string(), "stack_level: the station's highest stack level is 9 (K01)");
}

#[test]
fn two_of_one_purpose_and_level_get_along_only_at_different_times() {
    let at = |place, profile: Profile| Installed { place, profile };
    let rules = |new: &Installed, old: &Installed, rules: Rules| {
        replaces(new, std::slice::from_ref(old), &Abilities { rules, ..able() })
            .map_err(|problems| problems.iter().map(|problem| problem.rule).collect::<Vec<_>>())
    };
    let (old, new) = (at(Place::Evse(1), default()), at(Place::Evse(1), Profile { id: 8, ..default() }));
    assert_eq!(rules(&new, &old, Rules::Ocpp16), Ok(vec![7]), "replaces without a word");
    assert_eq!(rules(&new, &old, Rules::Ocpp201), Err(vec!["K01.FR.06"]));
    assert_eq!(rules(&old, &old, Rules::Ocpp201), Ok(vec![7]), "the same id replaces");
    let later = Profile { id: 8, valid_from: Some(noon()), ..default() };
    let earlier = at(Place::Evse(1), Profile { valid_to: Some(noon()), ..default() });
    assert_eq!(rules(&at(Place::Evse(1), later.clone()), &earlier, Rules::Ocpp201), Ok(vec![]));
    let meets = at(Place::Evse(1), Profile { valid_to: Some(noon() + TimeDelta::seconds(1)), ..default() });
    assert_eq!(rules(&at(Place::Evse(1), later), &meets, Rules::Ocpp201), Err(vec!["K01.FR.06"]));
    let tx = at(Place::Evse(1), Profile { id: 8, ..good() });
    assert_eq!(rules(&tx, &at(Place::Evse(1), good()), Rules::Ocpp201), Err(vec!["K01.FR.39"]));
    let other = at(Place::Evse(1), Profile { id: 8, transaction: Some(String::from("u")), ..good() });
    assert_eq!(rules(&other, &at(Place::Evse(1), good()), Rules::Ocpp201), Ok(vec![]));
    let station = at(Place::Station, Profile { id: 8, ..default() });
    assert_eq!(rules(&station, &old, Rules::Ocpp201), Err(vec!["K01.FR.52"]));
    assert_eq!(rules(&old, &station, Rules::Ocpp21), Err(vec!["K01.FR.53"]));
    assert_eq!(rules(&station, &old, Rules::Ocpp16), Ok(vec![]));
    let full = replaces(&tx, &[old], &Abilities { max_profiles: 1, ..able() });
    assert_eq!(full.map_err(|problems| problems[0].rule), Err("K01"));
}
