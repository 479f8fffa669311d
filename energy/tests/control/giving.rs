//! Vehicles that give back.

use super::{Room, amps, evse};
use chrono::TimeDelta;
use energy::control::{Drawn, Event, Standing, Why, exportable};
use energy::grid::{Evse, EvseId, Method, Node, NodeId, Site, StationId, Unmanaged, Voltage};
use energy::profile::model::{Amount, Mode};
use energy::units::{Milliamps, PerPhase};

fn both_ways(id: u64) -> Evse {
    Evse { back: amps(16), ..evse(id) }
}

fn site(fuse: i64, export: i64, evses: Vec<Evse>) -> Site {
    let node = Node {
        id: NodeId(0),
        parent: None,
        fuse: PerPhase::amps(fuse),
        unmanaged: Unmanaged::default(),
        export: PerPhase::amps(export),
    };
    Site::new(vec![node], evses, Voltage::EUROPE).expect("a site")
}

impl Room {
    fn gives(&mut self, id: u64, current: i64) {
        let session = self.inputs.sessions.iter_mut().find(|session| session.evse == EvseId(id));
        session.expect("plugged").gives = amps(current);
    }

    fn given(&self, id: u64) -> Milliamps {
        let held = self.state.track(EvseId(id)).and_then(|track| track.promise().held());
        held.map_or(Milliamps::ZERO, |grant| grant.back)
    }
}

#[test]
fn they_share_what_may_be_exported_and_nobody_charges_from_it() {
    let hungry = Evse { rated: amps(63), ..evse(3) };
    let mut room = Room::new(site(32, 20, vec![both_ways(1), both_ways(2), hungry]));
    for id in 1..=3 {
        room.plug(id);
    }
    room.gives(1, 16);
    room.gives(2, 16);
    let told = room.run(120);
    assert_eq!((room.given(1), room.given(2)), (amps(10), amps(10)));
    assert_eq!(room.held(3), Some(amps(32)), "20 A come back, and the fuse still carries 32 A at the most");
    let (_, back) = told.iter().find(|(_, intent)| intent.evse == EvseId(1)).expect("told");
    let period = &back.profile.schedules[0].periods[0];
    assert_eq!(
        (period.mode, period.limit, period.setpoint),
        (Mode::CentralSetpoint, None, Some(Amount::whole(-10)))
    );
    assert_eq!(back.limit, amps(-10));
    assert_eq!(exportable(&room.site, &room.state), [PerPhase::ZERO]);

    // The plan has one charge: it gives back nothing first, then it charges what is left.
    room.gives(1, 0);
    let told = room.run(120);
    let first = told.iter().find(|(_, intent)| intent.evse == EvseId(1)).expect("told");
    assert_eq!((first.1.why, first.1.limit), (Why::Lower, Milliamps::ZERO));
    assert_eq!((room.given(1), room.given(2)), (Milliamps::ZERO, amps(16)), "the other one gives all it can");
    assert_eq!((room.held(1), room.held(3)), (Some(amps(16)), Some(amps(16))));
}

#[test]
fn where_nothing_may_be_exported_nothing_is_given_back() {
    let mut room = Room::new(site(32, 0, vec![both_ways(1)]));
    room.plug(1);
    room.gives(1, 16);
    room.run(60);
    assert_eq!((room.given(1), room.held(1)), (Milliamps::ZERO, Some(amps(32))), "it charges as ever");
}

#[test]
fn who_is_cut_off_is_counted_at_what_it_was_told_until_that_ends() {
    let mut room = Room::new(site(32, 16, vec![both_ways(1), both_ways(2)]));
    room.plug(1);
    room.gives(1, 16);
    room.run(60);
    room.inputs.events.push(Event::Offline(StationId(1)));
    room.plug(2);
    room.gives(2, 16);
    room.run(300);
    assert_eq!(room.given(2), Milliamps::ZERO, "the other one may still give back all there is");
    room.run(420);
    assert_eq!(room.given(2), amps(16), "its limit has ended by itself");
}

#[test]
fn who_gives_back_unasked_is_counted_at_that() {
    let mut room = Room::new(site(32, 16, vec![both_ways(1), both_ways(2)]));
    room.plug(1);
    room.plug(2);
    room.gives(2, 16);
    room.run(120);
    assert_eq!(room.given(2), amps(16));
    room.inputs.sessions[0].drawn = Some(Drawn { current: PerPhase::amps(-10), each: true, at: room.now });
    room.run(60);
    assert_eq!(room.given(2), amps(6));
    assert_eq!(room.standing(1), Standing::Disobeys);
    room.now += TimeDelta::seconds(600);
    room.run(60);
    assert_eq!(room.given(2), amps(6), "that nothing is heard of it is no sign that it stopped");
    room.inputs.sessions[0].drawn = Some(Drawn { current: PerPhase::ZERO, each: true, at: room.now });
    room.run(60);
    assert_eq!(room.given(2), amps(16));
}

#[test]
fn only_an_evse_that_can_be_told_may_give_back() {
    let nodes = |export: i64| Node {
        id: NodeId(0),
        parent: None,
        fuse: PerPhase::amps(32),
        unmanaged: Unmanaged::default(),
        export: PerPhase::amps(export),
    };
    let told = |node: Node, evse: Evse| {
        let problems = Site::new(vec![node], vec![evse], Voltage::EUROPE).expect_err("it makes no sense");
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    };
    assert!(told(nodes(33), evse(1)).contains("more than its fuse carries"));
    let stacked = Evse { method: Method::Stacked, ..both_ways(1) };
    assert!(told(nodes(0), stacked).contains("profiles of the transaction"));
    let much = Evse { back: amps(33), ..evse(1) };
    assert!(told(nodes(0), much).contains("more than it is rated for"));
}
