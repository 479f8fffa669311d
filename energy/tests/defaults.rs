//! Defaults with which all stations may be offline at once, and sites that make no sense.

use energy::grid::{
    Current, Evse, EvseId, Method, Node, NodeId, Site, StationId, Unmanaged, Voltage, Wiring,
};
use energy::profile::model::Unit;
use energy::safe::{defaults, overloads};
use energy::units::{Milliamps, PerPhase, Phase};

fn amps(amps: i64) -> Milliamps {
    Milliamps::from_amps(amps)
}

fn node(id: u64, parent: Option<u64>, fuse: i64, reserve: i64) -> Node {
    let unmanaged = Unmanaged { reserve: PerPhase::amps(reserve), margin: PerPhase::ZERO, max_age_s: 0 };
    Node {
        id: NodeId(id),
        parent: parent.map(NodeId),
        fuse: PerPhase::amps(fuse),
        unmanaged,
        export: PerPhase::ZERO,
    }
}

fn evse(id: u64) -> Evse {
    Evse {
        id: EvseId(id),
        station: StationId(id),
        number: 1,
        node: NodeId(1),
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

fn site(fuse: i64, reserve: i64, evses: Vec<Evse>) -> Site {
    Site::new(vec![node(1, None, fuse, reserve)], evses, Voltage::EUROPE).expect("a site")
}

fn given(site: &Site, wish: i64) -> Vec<i64> {
    defaults(site, amps(wish)).into_iter().map(|default| default.0 / 1000).collect()
}

#[test]
fn all_get_the_least_if_that_fits_and_the_first_ones_if_not() {
    assert_eq!(given(&site(32, 10, vec![evse(1), evse(2), evse(3)]), 6), [6, 6, 6]);
    assert_eq!(given(&site(32, 20, vec![evse(1), evse(2), evse(3)]), 6), [6, 6, 0]);
    assert_eq!(given(&site(60, 0, vec![evse(1), evse(2), evse(3)]), 16), [16, 16, 16]);
    assert_eq!(given(&site(60, 0, vec![evse(1), evse(2), evse(3)]), 32), [20, 20, 20]);
}

#[test]
fn phases_are_looked_at_one_by_one() {
    let single = |id: u64, phase| Evse { wiring: Wiring::single(phase), ..evse(id) };
    let all = vec![single(1, Phase::L1), single(2, Phase::L2), single(3, Phase::L3)];
    assert_eq!(given(&site(16, 0, all), 16), [16, 16, 16]);
}

#[test]
fn those_that_forget_are_counted_at_all_they_can() {
    let forgets = Evse { forgets: true, rated: amps(20), ..evse(1) };
    assert_eq!(given(&site(32, 0, vec![forgets.clone(), evse(2), evse(3)]), 6)[1..], [6, 6]);
    assert_eq!(given(&site(26, 0, vec![forgets, evse(2), evse(3)]), 6)[1..], [6, 0]);
}

#[test]
fn an_unsafe_site_is_told_by_fuse_and_phase() {
    let wild = Evse { default: amps(32), ..evse(1) };
    let unsafe_one =
        site(40, 10, vec![wild, Evse { wiring: Wiring::single(Phase::L2), default: amps(6), ..evse(2) }]);
    let told: Vec<String> = overloads(&unsafe_one).iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 3);
    assert_eq!(told[1], "the fuse of node 1 carries 40 A on L2, and defaults with other loads come to 48 A");
    assert!(overloads(&site(42, 10, vec![Evse { default: amps(32), ..evse(1) }])).is_empty());
}

#[test]
fn a_site_that_makes_no_sense_is_refused_with_all_its_problems() {
    let problems = |nodes: Vec<Node>, evses: Vec<Evse>| -> Vec<String> {
        let refused = Site::new(nodes, evses, Voltage::EUROPE).err().unwrap_or_default();
        refused.iter().map(ToString::to_string).collect()
    };
    assert_eq!(
        problems(vec![], vec![]),
        ["site: has 0 nodes without a parent; one is the site's connection"]
    );
    let circle = vec![node(1, None, 32, 0), node(2, Some(3), 32, 0), node(3, Some(2), 32, 0)];
    let found = problems(circle, vec![]);
    assert_eq!(found.len(), 2);
    assert_eq!(found[0], "node 2: is its own ancestor, or hangs below more than 8 others");
    assert_eq!(
        problems(vec![node(1, None, 32, 0), node(2, Some(7), 32, 0)], vec![]),
        ["node 2: its parent 7 does not exist"]
    );
    assert_eq!(
        problems(vec![node(1, None, 32, 40)], vec![]),
        ["node 1: reserves more for other loads than its fuse carries"]
    );
    let bad = |change: fn(&mut Evse)| {
        let mut evse = evse(4);
        change(&mut evse);
        problems(vec![node(1, None, 32, 0)], vec![evse])
    };
    type Case = (fn(&mut Evse), &'static str);
    let cases: [Case; 8] = [
        (|e| e.node = NodeId(9), "its node does not exist"),
        (|e| e.least = amps(40), "needs 0 < least <= rated <= 100 kA"),
        (|e| e.default = amps(3), "a default between 0 and the least a vehicle charges with charges nothing"),
        (|e| e.takes_zero = false, "cannot be told 0, so its default is at least its least"),
        (|e| e.default = amps(33), "has a default above what it is rated for"),
        (|e| e.step = amps(4), "its least current must be a multiple of its step"),
        (|e| e.step = Milliamps(50), "in A a step is a multiple of 0.1 A; profiles have one decimal"),
        (|e| e.current = Current::Dc { efficiency_permille: 900 }, "DC is told in W and uses three phases"),
    ];
    for (change, message) in cases {
        assert_eq!(bad(change), [format!("evse 4: {message}")]);
    }
    let twice = problems(vec![node(1, None, 32, 0)], vec![evse(4), evse(4)]);
    assert_eq!(
        twice,
        [
            "evse 4: its profiles' ids are those of another EVSE of its station",
            "evse 4: two EVSEs have this id"
        ]
    );
    let neighbour = |id: u64, profile_id: i32| Evse { station: StationId(1), profile_id, ..evse(id) };
    let clash =
        problems(vec![node(1, None, 32, 0)], vec![neighbour(1, 10), neighbour(2, 11), neighbour(3, 13)]);
    assert_eq!(clash, ["evse 2: its profiles' ids are those of another EVSE of its station"]);
    let max = |id: u64| Evse { method: Method::StationMax, station: StationId(1), ..evse(id) };
    let pair = problems(vec![node(1, None, 32, 0)], vec![max(1), max(2)]);
    assert_eq!(pair[0], "evse 1: is told by a station maximum, so it must be its station's only EVSE");
}
