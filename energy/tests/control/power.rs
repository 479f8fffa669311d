//! Limits in W are for all phases together: how many a vehicle uses says how much flows through each.

use energy::control::{Drawn, Why};
use energy::grid::{Evse, EvseId, Method, Wiring};
use energy::profile::model::{Amount, Unit};
use energy::units::{Milliamps, PerPhase, Phase};

use super::{Room, amps, evse, site};

fn watts(id: u64) -> Evse {
    Evse { unit: Unit::Watts, ..evse(id) }
}

fn may(room: &Room, id: u64) -> [i64; 3] {
    let evse = room.site.evse(EvseId(id)).expect("ours");
    room.state.track(EvseId(id)).expect("known").may(evse).0.map(|current| current.0 / 1000)
}

#[test]
fn a_vehicle_that_nobody_knows_may_take_all_of_it_on_one_phase() {
    let mut room = Room::new(site(63, vec![Evse { rated: amps(40), ..watts(1) }, evse(2)]));
    room.plug(1).most = Some(amps(10));
    room.plug(2);
    let told = room.run(60);
    let Some(Amount(milliwatts)) = told[0].1.profile.schedules[0].periods[0].limit else { panic!("a limit") };
    assert_eq!(milliwatts, 3 * 207 * 10_000);
    assert_eq!(may(&room, 1), [30, 15, 10]);
    assert_eq!(room.held(2), Some(amps(32)));
    room.inputs.sessions[0].most = None;
    room.run(1200);
    // From 13 A on it is the EVSE that limits it, so it may have all.
    assert_eq!((room.held(1), room.held(2), may(&room, 1)), (Some(amps(40)), Some(amps(23)), [40; 3]));
}

#[test]
fn once_it_was_seen_to_use_three_it_counts_on_each_and_others_get_the_rest() {
    let mut room = Room::new(site(40, vec![watts(1), evse(2)]));
    room.plug(1);
    room.plug(2);
    room.run(60);
    assert_eq!((room.held(1), room.held(2)), (Some(amps(10)), Some(amps(10))), "30 A on L1, and 10");
    let mut told = Vec::new();
    for _ in 0..30 {
        let takes = room.held(1).unwrap_or_default();
        room.inputs.sessions[0].drawn =
            Some(Drawn { current: PerPhase::all(takes), each: true, at: room.now });
        told.extend(room.run(10));
    }
    assert_eq!((room.held(1), room.held(2)), (Some(amps(20)), Some(amps(20))));
    assert_eq!(may(&room, 1), [20; 3]);
    // It goes down to one phase, and takes all of its power there.
    for _ in 0..30 {
        let takes = room.held(1).unwrap_or_default();
        let one = Milliamps(takes.0 * 3).min(amps(32));
        let current = PerPhase([one, Milliamps::ZERO, Milliamps::ZERO]);
        room.inputs.sessions[0].drawn = Some(Drawn { current, each: true, at: room.now });
        told.extend(room.run(10));
    }
    assert_eq!((room.held(1), room.held(2)), (Some(amps(10)), Some(amps(10))));
    assert_eq!(may(&room, 1), [30, 15, 10]);
    assert!(told.iter().filter(|(_, intent)| intent.why != Why::Renew).count() < 20, "and nothing swings");
}

#[test]
fn a_vehicle_that_is_said_to_use_one_phase_is_told_what_is_one_phases() {
    let mut room = Room::new(site(40, vec![watts(1), Evse { wiring: Wiring::single(Phase::L2), ..evse(2) }]));
    room.plug(1).phases = Some(1);
    room.plug(2);
    let told = room.run(60);
    let period = &told[0].1.profile.schedules[0].periods[0];
    assert_eq!((period.phases, period.limit), (Some(1), Some(Amount(207 * 32_000))));
    assert_eq!((may(&room, 1), room.held(2)), ([32, 0, 0], Some(amps(32))));
}

#[test]
fn defaults_and_what_outlives_a_vehicle_count_for_any_other() {
    for method in [Method::Tx, Method::Stacked, Method::Single] {
        let one = Evse { method, default: amps(8), rated: amps(20), ..watts(1) };
        let mut room = Room::new(site(40, vec![one, evse(2)]));
        assert_eq!(may(&room, 1), [20, 12, 8], "{method:?}");
        room.plug(1).phases = Some(3);
        room.inputs.sessions[0].most = Some(amps(10));
        room.run(60);
        let counted = if method == Method::Tx { [20, 12, 10] } else { [20, 15, 10] };
        assert_eq!(may(&room, 1), counted, "{method:?}");
    }
}
