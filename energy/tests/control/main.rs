//! One step after the other: who is told what, and when.

mod defying;
mod giving;
mod power;

use chrono::{DateTime, TimeDelta, Utc};
use energy::control::{Drawn, Event, Inputs, Intent, Policy, Session, Standing, State, Why, headroom, step};
use energy::grid::{
    Current, Evse, EvseId, Load, Method, Node, NodeId, Site, StationId, Unmanaged, Voltage, Wiring,
};
use energy::profile::model::{Amount, Place, Profile, Purpose, Unit};
use energy::units::{Milliamps, PerPhase, Phase};
use proptest::prelude::*;

fn amps(amps: i64) -> Milliamps {
    Milliamps::from_amps(amps)
}

fn evse(id: u64) -> Evse {
    Evse {
        id: EvseId(id),
        station: StationId(id),
        number: 1,
        node: NodeId(0),
        wiring: Wiring::three(Phase::L1),
        current: Current::Ac,
        rated: amps(32),
        least: amps(6),
        step: amps(1),
        default: Milliamps::ZERO,
        unit: Unit::Amps,
        method: Method::Tx,
        takes_zero: true,
        forgets: false,
        profile_id: 10,
        back: Milliamps::ZERO,
    }
}

fn site(fuse: i64, evses: Vec<Evse>) -> Site {
    let unmanaged = Unmanaged { reserve: PerPhase::amps(0), margin: PerPhase::ZERO, max_age_s: 60 };
    let node =
        Node { id: NodeId(0), parent: None, fuse: PerPhase::amps(fuse), unmanaged, export: PerPhase::ZERO };
    Site::new(vec![node], evses, Voltage::EUROPE).expect("a site")
}

/// A site whose stations do what they are told, at once or when the test says.
struct Room {
    site: Site,
    state: State,
    now: DateTime<Utc>,
    inputs: Inputs,
    policy: Policy,
}

impl Room {
    fn new(site: Site) -> Room {
        let mut state = State::default();
        for evse in site.evses() {
            state.commission(evse.id, evse.default);
        }
        let events = site.evses().iter().map(|evse| Event::Online(evse.station)).collect();
        let inputs = Inputs { events, ..Inputs::default() };
        Room {
            site,
            state,
            now: DateTime::UNIX_EPOCH + TimeDelta::days(20_000),
            inputs,
            policy: Policy::default(),
        }
    }

    fn step(&mut self) -> Vec<Intent> {
        let (state, intents) = step(&self.site, &self.policy, self.now, &self.state, &self.inputs);
        self.state = state;
        self.inputs.events.clear();
        intents
    }

    /// A step every ten seconds, all answered before the next; what was told, with the second.
    fn run(&mut self, seconds: i64) -> Vec<(i64, Intent)> {
        let mut told = Vec::new();
        for at in (0..seconds).step_by(10) {
            let intents = self.step();
            self.inputs.events.extend(intents.iter().map(|intent| Event::Acked(intent.evse, intent.seq)));
            told.extend(intents.into_iter().map(|intent| (at, intent)));
            self.now += TimeDelta::seconds(10);
        }
        told
    }

    fn plug(&mut self, id: u64) -> &mut Session {
        self.inputs.sessions.push(Session::new(EvseId(id), &format!("t{id}")));
        self.inputs.sessions.last_mut().expect("just plugged")
    }

    fn held(&self, id: u64) -> Option<Milliamps> {
        self.state.track(EvseId(id))?.promise().held().map(|grant| grant.limit)
    }
}

#[test]
fn more_waits_until_less_is_acknowledged() {
    let mut room = Room::new(site(32, vec![evse(1), evse(2)]));
    room.plug(1);
    room.run(60);
    assert_eq!(room.held(1), Some(amps(32)));
    room.plug(2);
    let told = room.step();
    assert_eq!(
        told.iter().map(|intent| (intent.evse.0, intent.limit, intent.why)).collect::<Vec<_>>(),
        [(1, amps(16), Why::Lower)]
    );
    assert_eq!(room.step(), [], "nothing more before the answer");
    room.inputs.events.push(Event::Acked(EvseId(1), told[0].seq));
    let told = room.step();
    assert_eq!(
        told.iter().map(|intent| (intent.evse.0, intent.limit, intent.why)).collect::<Vec<_>>(),
        [(2, amps(16), Why::Raise)]
    );
}

#[test]
fn what_is_refused_or_lost_is_not_given_to_others_and_is_tried_again_later() {
    let mut room = Room::new(site(32, vec![evse(1), evse(2)]));
    room.plug(1);
    room.run(60);
    room.plug(2);
    let told = room.step();
    room.inputs.events.push(Event::Refused(EvseId(1), told[0].seq));
    assert_eq!(room.step(), [], "the first keeps what it has");
    assert_eq!(room.standing(1), Standing::Refuses);
    room.now += TimeDelta::seconds(15);
    let told = room.step();
    assert_eq!(told.len(), 1, "asked again: {told:?}");
    // No answer at all this time.
    room.now += TimeDelta::seconds(31);
    assert_eq!(room.step(), []);
    room.now += TimeDelta::seconds(600);
    let told = room.step();
    assert!(told.iter().any(|intent| intent.evse.0 == 2), "its limit has ended by itself: {told:?}");
}

#[test]
fn a_lost_stations_limit_counts_until_it_ends() {
    let mut room = Room::new(site(32, vec![evse(1), evse(2)]));
    room.plug(1);
    room.run(60);
    room.inputs.events.push(Event::Offline(StationId(1)));
    room.plug(2);
    let told = room.run(1200);
    let first = told.iter().find(|(_, intent)| intent.evse.0 == 2).map(|(at, _)| *at);
    assert!(first.is_some_and(|at| (500..=640).contains(&at)), "{first:?}");
}

#[test]
fn those_who_cannot_charge_together_take_turns() {
    let mut room = Room::new(site(13, vec![evse(1), evse(2), evse(3)]));
    (1..=3).for_each(|id| {
        room.plug(id);
    });
    let told = room.run(4 * 3600);
    for id in 1..=3 {
        let changes: Vec<i64> = told
            .iter()
            .filter(|(_, intent)| intent.evse.0 == id && intent.why != Why::Renew)
            .map(|(at, _)| *at)
            .collect();
        assert!(changes.len() >= 8, "everybody gets a turn: {changes:?}");
        // In and out, and once adjusted when the other one came.
        assert!(changes.len() <= 4 * 3600 / 900 * 2, "but nobody is switched all the time: {changes:?}");
    }
    let charged: Vec<bool> = (1..=3).map(|id| room.held(id).is_some_and(|held| held >= amps(6))).collect();
    assert_eq!(charged.iter().filter(|charges| **charges).count(), 2);
}

#[test]
fn vehicles_of_one_phase_leave_the_other_phases_to_others() {
    let turned = Evse { wiring: Wiring::three(Phase::L2), ..evse(2) };
    let mut room =
        Room::new(site(32, vec![evse(1), turned, Evse { wiring: Wiring::single(Phase::L3), ..evse(3) }]));
    room.plug(1).phases = Some(1);
    room.plug(2).phases = Some(1);
    room.plug(3);
    let told = room.run(120);
    assert_eq!([room.held(1), room.held(2), room.held(3)], [Some(amps(32)); 3]);
    let profile: &Profile = &told[0].1.profile;
    assert_eq!(profile.schedules[0].periods[0].phases, Some(1), "the station is told so");
}

#[test]
fn a_limit_that_outlives_its_transaction_counts_on_all_phases() {
    for (method, phases) in [(Method::Tx, Some(1)), (Method::Stacked, None), (Method::Single, None)] {
        let mut room = Room::new(site(32, vec![Evse { method, ..evse(1) }]));
        room.plug(1).phases = Some(1);
        assert_eq!(room.step()[0].profile.schedules[0].periods[0].phases, phases, "{method:?}");
    }
}

#[test]
fn a_vehicle_on_more_phases_than_was_said_is_believed_at_once() {
    let mut room = Room::new(site(32, vec![evse(1), Evse { wiring: Wiring::single(Phase::L2), ..evse(2) }]));
    room.plug(1).phases = Some(1);
    room.plug(2);
    room.run(120);
    assert_eq!((room.held(1), room.held(2)), (Some(amps(32)), Some(amps(32))));
    room.inputs.sessions[0].drawn = Some(Drawn { current: PerPhase::amps(30), each: true, at: room.now });
    let told = room.step();
    assert_eq!(room.standing(1), Standing::Disobeys);
    assert!(told.iter().any(|intent| intent.evse.0 == 2 && intent.limit < amps(32)), "{told:?}");
    room.inputs.events.extend(told.iter().map(|intent| Event::Acked(intent.evse, intent.seq)));
    for _ in 0..12 {
        let takes = room.held(1).unwrap_or_default();
        room.inputs.sessions[0].drawn =
            Some(Drawn { current: PerPhase::all(takes), each: true, at: room.now });
        room.run(10);
    }
    assert_eq!((room.held(1), room.held(2)), (Some(amps(16)), Some(amps(16))));
}

#[test]
fn a_meter_that_does_not_tell_each_phase_says_nothing_of_how_many_are_used() {
    let mut room = Room::new(site(40, vec![evse(1), Evse { wiring: Wiring::single(Phase::L3), ..evse(2) }]));
    room.plug(1);
    room.plug(2);
    room.run(60);
    assert_eq!((room.held(1), room.held(2)), (Some(amps(20)), Some(amps(20))));
    let drawn = Drawn { current: PerPhase::amps(32), each: false, at: room.now };
    room.inputs.sessions[0].drawn = Some(drawn);
    room.run(30);
    assert_eq!((room.held(1), room.held(2)), (Some(amps(20)), Some(amps(8))), "it takes so much on each");
    // Of one that is said to use one phase it is what it takes on that.
    room.inputs.sessions[0] = Session { phases: Some(1), ..Session::new(EvseId(1), "another") };
    room.run(60);
    room.inputs.sessions[0].drawn = Some(Drawn { at: room.now, ..drawn });
    room.run(30);
    assert_eq!((room.held(1), room.held(2)), (Some(amps(32)), Some(amps(32))));
    assert_eq!(room.standing(1), Standing::Limited);
}

#[test]
fn what_a_vehicle_does_not_take_is_given_to_others_and_back() {
    let mut room = Room::new(site(40, vec![evse(1), evse(2)]));
    room.plug(1);
    room.plug(2);
    room.run(60);
    assert_eq!((room.held(1), room.held(2)), (Some(amps(20)), Some(amps(20))));
    let drawn =
        |room: &Room, amps: i64| Some(Drawn { current: PerPhase::amps(amps), each: true, at: room.now });
    for _ in 0..20 {
        room.inputs.sessions[0].drawn = drawn(&room, 10);
        room.run(10);
    }
    assert_eq!((room.held(1), room.held(2)), (Some(amps(12)), Some(amps(28))));
    for _ in 0..40 {
        // Now it takes all it may.
        let held = room.held(1).map_or(0, |held| held.0 / 1000);
        room.inputs.sessions[0].drawn = drawn(&room, held);
        room.run(10);
    }
    assert_eq!((room.held(1), room.held(2)), (Some(amps(20)), Some(amps(20))));
}

#[test]
fn a_vehicle_that_does_not_begin_is_offered_its_share_before_it_is_left_with_the_least() {
    let mut room = Room::new(site(40, vec![evse(1), evse(2)]));
    room.plug(1);
    room.plug(2);
    let mut held = Vec::new();
    for _ in 0..120 {
        room.inputs.sessions[0].drawn = Some(Drawn { current: PerPhase::ZERO, each: true, at: room.now });
        room.run(10);
        held.push((room.held(1), room.held(2)));
    }
    assert_eq!(held[60], (Some(amps(20)), Some(amps(20))));
    assert_eq!(held[119], (Some(amps(6)), Some(amps(32))));
    // It begins at last.
    for _ in 0..10 {
        let takes = room.held(1).map_or(Milliamps::ZERO, |held| held);
        room.inputs.sessions[0].drawn =
            Some(Drawn { current: PerPhase::all(takes), each: true, at: room.now });
        room.run(10);
    }
    assert_eq!(room.held(1), Some(amps(20)));
}

#[test]
fn the_least_in_watts_is_enough_at_any_voltage() {
    let watts = Evse { unit: Unit::Watts, ..evse(1) };
    let mut room = Room::new(site(9, vec![watts.clone()]));
    room.plug(1).phases = Some(3);
    let told = room.step();
    assert_eq!(told[0].limit, amps(9));
    let Some(Amount(milliwatts)) = told[0].profile.schedules[0].periods[0].limit else { panic!("a limit") };
    assert!(milliwatts >= 3 * 253 * 6_000, "6 A at 253 V: {milliwatts}");
    assert!(milliwatts <= 3 * 207 * 9_000, "9 A at 207 V: {milliwatts}");
    let mut room = Room::new(site(7, vec![watts]));
    room.plug(1).phases = Some(3);
    assert_eq!(room.step(), [], "7 A at 207 V would be less than 6 A at 253 V");
}

#[test]
fn other_loads_come_first_and_unknown_ones_count_as_their_reserve() {
    let unmanaged = Unmanaged { reserve: PerPhase::amps(30), margin: PerPhase::amps(3), max_age_s: 60 };
    let node =
        Node { id: NodeId(0), parent: None, fuse: PerPhase::amps(50), unmanaged, export: PerPhase::ZERO };
    let mut room = Room::new(Site::new(vec![node], vec![evse(1)], Voltage::EUROPE).expect("a site"));
    room.plug(1);
    room.run(60);
    assert_eq!(room.held(1), Some(amps(20)));
    let load = |room: &Room, amps: i64| Load { node: NodeId(0), current: PerPhase::amps(amps), at: room.now };
    room.inputs.loads = vec![load(&room, 20)];
    room.run(30);
    assert_eq!(room.held(1), Some(amps(27)));
    let left = |room: &Room| headroom(&room.site, room.now, &room.state, &room.inputs);
    assert_eq!(left(&room), [PerPhase::ZERO]);
    room.inputs.loads[0].current = PerPhase::amps(25);
    assert_eq!(left(&room), [PerPhase::amps(-5)], "before anybody has given way");
    let unknown = headroom(&room.site, room.now, &State::default(), &Inputs::default());
    assert_eq!(unknown, [PerPhase::amps(-12)], "32 A and the reserve");
    room.inputs.loads = vec![load(&room, 40)];
    room.run(30);
    assert_eq!(room.held(1), Some(amps(20)), "the reserve is the most, by definition");
    room.inputs.loads = vec![load(&room, 20)];
    room.run(120);
    assert_eq!(room.held(1), Some(amps(20)), "too old to be believed");
}

#[test]
fn a_station_is_commissioned_before_it_is_told_anything_else() {
    let mut room = Room::new(site(40, vec![Evse { default: amps(6), ..evse(1) }, evse(2)]));
    room.state = State::default();
    room.plug(1);
    room.plug(2);
    let told = room.step();
    assert_eq!(told.iter().map(|intent| intent.why).collect::<Vec<_>>(), [Why::Default, Why::Default]);
    assert_eq!(told[0].profile.purpose, Purpose::TxDefault);
    assert_eq!(told[0].profile.schedules[0].periods[0].limit, Some(Amount::whole(6)));
    room.inputs.events.push(Event::Acked(EvseId(2), told[1].seq));
    let told = room.step();
    assert!(told.iter().all(|intent| intent.limit <= amps(8)), "the first may still draw 32 A: {told:?}");
}

#[test]
fn a_default_that_is_found_to_be_lost_is_told_once_more() {
    let mut room = Room::new(site(40, vec![Evse { default: amps(6), ..evse(1) }]));
    room.plug(1);
    let first = room.run(60);
    assert!(first.iter().all(|(_, intent)| intent.why != Why::Default), "it has its default: {first:?}");
    let forgets = Evse { forgets: true, default: amps(6), ..evse(1) };
    room.site = site(40, vec![forgets]);
    let told = room.run(600);
    let defaults = told.iter().filter(|(_, intent)| intent.why == Why::Default).count();
    assert_eq!((told[0].1.why, defaults), (Why::Default, 1));
}

#[test]
fn who_counts_with_more_than_before_is_not_given_that_until_others_have_given_way() {
    let mut room = Room::new(site(60, vec![evse(1), evse(2), evse(3)]));
    (1..=3).for_each(|id| {
        room.plug(id);
    });
    room.run(60);
    assert_eq!(room.held(1), Some(amps(20)));
    room.site = site(60, vec![Evse { forgets: true, ..evse(1) }, evse(2), evse(3)]);
    let told = room.step();
    assert!(told.iter().all(|intent| intent.evse != EvseId(1) || intent.why == Why::Default), "{told:?}");
    room.inputs.events.extend(told.iter().map(|intent| Event::Acked(intent.evse, intent.seq)));
    room.run(60);
    assert_eq!([room.held(1), room.held(2), room.held(3)], [Some(amps(32)), Some(amps(14)), Some(amps(14))]);
}

#[test]
fn every_way_of_telling_has_its_profiles() {
    let told = |method: Method| {
        let mut room = Room::new(site(32, vec![Evse { method, default: amps(6), ..evse(1) }]));
        room.plug(1);
        let told = room.step().remove(0);
        let schedule = &told.profile.schedules[0];
        let limits: Vec<(u32, i64)> =
            schedule.periods.iter().map(|p| (p.start_s, p.limit.unwrap_or_default().0 / 1000)).collect();
        (
            told.place,
            told.profile.purpose,
            told.profile.id,
            told.profile.stack_level,
            schedule.duration_s,
            limits,
        )
    };
    // Thirty seconds for clocks that are late, at both ends.
    let evse = Place::Evse(1);
    assert_eq!(told(Method::Tx), (evse, Purpose::Tx, 11, 0, Some(630), vec![(0, 32)]));
    assert_eq!(told(Method::Stacked), (evse, Purpose::TxDefault, 11, 1, Some(630), vec![(0, 32)]));
    assert_eq!(told(Method::Single), (evse, Purpose::TxDefault, 10, 0, None, vec![(0, 32), (630, 6)]));
    let max = (Place::Station, Purpose::StationMax, 10, 0, None, vec![(0, 32), (630, 6)]);
    assert_eq!(told(Method::StationMax), max);
}

#[test]
fn the_state_is_kept_as_text_and_read_again() {
    let mut room = Room::new(site(32, vec![evse(1), evse(2)]));
    room.plug(1);
    room.plug(2);
    room.run(60);
    let text = serde_json::to_string(&room.state).expect("text");
    assert_eq!(serde_json::from_str::<State>(&text).expect("a state"), room.state);
    // An earlier version has kept what follows from the rest.
    let older = text.replace(r#""taken":"#, r#""excess":[1000,0,0],"excess_back":[0,0,0],"taken":"#);
    assert_ne!(older, text);
    assert_eq!(serde_json::from_str::<State>(&older).expect("a state"), room.state);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 30, ..ProptestConfig::default() })]

    /// Under constant input it comes to rest: after some minutes only renewals are told, or, where not all fit, turns no
    /// more often than places are kept.
    #[test]
    fn nothing_swings_while_nothing_changes(
        fuse in 10..120_i64,
        kinds in proptest::collection::vec((0..3_usize, any::<bool>(), 0..3_u8, 6..33_i64, 1..40_i64), 1..8),
    ) {
        let evses = kinds.iter().zip(1..).map(|((phase, single, ..), id)| Evse {
            wiring: if *single { Wiring::single(Phase::ALL[*phase]) } else { Wiring::three(Phase::ALL[*phase]) },
            ..evse(id)
        });
        let mut room = Room::new(site(fuse, evses.collect()));
        let takes: Vec<i64> = kinds.iter().map(|(.., takes)| *takes).collect();
        for ((_, _, class, most, _), id) in kinds.iter().zip(1..) {
            let session = room.plug(id);
            (session.class, session.most, session.phases) = (*class, Some(amps(*most)), Some(if most % 2 == 0 { 1 } else { 3 }));
        }
        let mut changes = vec![Vec::new(); kinds.len()];
        for second in (0..3600).step_by(10) {
            for (at, takes) in takes.iter().enumerate() {
                // The vehicle takes what it may, up to what it can; constant as well.
                let held = room.held(at as u64 + 1).map_or(0, |held| held.0 / 1000);
                room.inputs.sessions[at].drawn =
                    Some(Drawn { current: PerPhase([amps(held.min(*takes)), Milliamps(0), Milliamps(0)]), each: true, at: room.now });
            }
            for (_, intent) in room.run(10) {
                if intent.why != Why::Renew && second > 1200 {
                    changes[intent.evse.0 as usize - 1].push((second, intent.limit.0 / 1000));
                }
            }
        }
        let all_charge = (1..=kinds.len() as u64).all(|id| room.held(id).is_some_and(|held| held >= amps(6)));
        for changes in &changes {
            prop_assert!(!all_charge || changes.is_empty(), "all charge, and still: {changes:?}");
            let switched = changes.windows(2).filter(|two| (two[0].1 < 6) != (two[1].1 < 6));
            let quick = switched.filter(|two| two[1].0 - two[0].0 < 600).count();
            prop_assert!(quick == 0, "in and out within minutes: {changes:?}");
        }
    }
}
