//! Whatever drops out, no fuse is exceeded: stations of any kind, driven by any sequence of events.

mod action;
mod defying;
mod world;

use action::Action;
use energy::control::Policy;
use energy::grid::{
    Current, Evse, EvseId, Limit, LimitSource, Method, Most, Node, NodeId, Site, StationId, Unmanaged,
    Voltage, Wiring,
};
use energy::profile::model::Unit;
use energy::safe::{defaults, overloads};
use energy::units::{Milliamps, PerPhase, Phase};
use proptest::prelude::*;
use world::World;

fn amps(amps: i64) -> Milliamps {
    Milliamps::from_amps(amps)
}

fn evse() -> impl Strategy<Value = Evse> {
    let wiring = prop_oneof![
        (0..3_usize).prop_map(|first| Wiring::three(Phase::ALL[first])),
        (0..3_usize).prop_map(|phase| Wiring::single(Phase::ALL[phase])),
    ];
    let method = prop_oneof![
        3 => Just(Method::Tx),
        1 => Just(Method::Stacked),
        1 => Just(Method::Single),
        1 => Just(Method::StationMax)
    ];
    let kind = prop_oneof![3 => Just(0), 2 => Just(1), 1 => Just(2)];
    (
        prop_oneof![2 => Just(0_u64), 3 => Just(1), 1 => Just(2), 1 => Just(3)],
        wiring,
        method,
        kind,
        16..63_i64,
        0..10_u8,
    )
        .prop_map(|(node, wiring, method, kind, rated, odd)| {
            let direct = kind == 2;
            Evse {
                id: EvseId(0),
                station: StationId(0),
                number: 1,
                node: NodeId(node),
                wiring: if direct { Wiring::three(Phase::L1) } else { wiring },
                current: if direct { Current::Dc { efficiency_permille: 940 } } else { Current::Ac },
                rated: amps(rated),
                least: amps(6),
                step: if odd % 2 == 0 { amps(1) } else { Milliamps(100) },
                default: Milliamps::ZERO,
                unit: if kind == 0 { Unit::Amps } else { Unit::Watts },
                method,
                takes_zero: odd != 9,
                forgets: odd == 8,
                profile_id: 100,
                // Most of those that can be told to give back can.
                back: if method == Method::Tx && odd < 8 { amps(rated / 2) } else { Milliamps::ZERO },
            }
        })
}

fn site() -> impl Strategy<Value = Site> {
    let fuses = (40..120_i64, 25..90_i64, 25..90_i64, 20..50_i64);
    let load = proptest::collection::vec((0..12_i64, 0..5_i64), 4);
    let exports = proptest::collection::vec(0..25_i64, 4);
    (fuses, exports, load, proptest::collection::vec(evse(), 2..7)).prop_filter_map(
        "a safe site",
        |(fuses, exports, load, mut evses)| {
            let node = |id: u64, parent: Option<u64>, fuse: i64| Node {
                id: NodeId(id),
                parent: parent.map(NodeId),
                fuse: PerPhase::amps(fuse),
                export: PerPhase([0, 1, 2].map(|phase| amps(exports[id as usize] + phase).min(amps(fuse)))),
                unmanaged: Unmanaged {
                    reserve: PerPhase::amps(load[id as usize].0),
                    margin: PerPhase::amps(load[id as usize].1),
                    max_age_s: 60,
                },
            };
            let nodes = vec![
                node(0, None, fuses.0),
                node(1, Some(0), fuses.1),
                node(2, Some(0), fuses.2),
                node(3, Some(2), fuses.3),
            ];
            for (at, evse) in evses.iter_mut().enumerate() {
                let id = at as u64;
                // Two EVSEs to a station, unless it is told by its maximum.
                let shared = evse.method != Method::StationMax && at % 2 == 1;
                (evse.id, evse.station) = (EvseId(id), StationId(id * 2));
                (evse.number, evse.profile_id) = (1, 100 + 10 * at as i32);
                if shared {
                    (evse.station, evse.number) = (StationId(id * 2 - 2), 2);
                }
                evse.default = evse.lowest(Voltage::EUROPE);
            }
            for at in 1..evses.len() {
                if evses[at].number == 2 && evses[at - 1].method == Method::StationMax {
                    (evses[at].station, evses[at].number) = (StationId(at as u64 * 2), 1);
                }
            }
            let draft = Site::new(nodes.clone(), evses.clone(), Voltage::EUROPE).expect("a site");
            for (evse, default) in evses.iter_mut().zip(defaults(&draft, amps(6))) {
                evse.default = default;
            }
            let site = Site::new(nodes, evses, Voltage::EUROPE).expect("a site");
            overloads(&site).is_empty().then_some(site)
        },
    )
}

fn action() -> impl Strategy<Value = Action> {
    let who = || 0..7_usize;
    prop_oneof![
        8 => (1..20_i64).prop_map(Action::Wait),
        1 => (20..700_i64).prop_map(Action::Wait),
        6 => who().prop_map(Action::Deliver),
        4 => who().prop_map(Action::DeliverWithoutAnswer),
        6 => who().prop_map(Action::Answer),
        1 => who().prop_map(Action::Refuse),
        3 => Just(Action::DeliverAll),
        2 => (who(), any::<bool>()).prop_map(|(who, told)| Action::Cut(who, told)),
        2 => who().prop_map(Action::Connect),
        1 => who().prop_map(Action::Restart),
        3 => (who(), proptest::option::of(1..=3_u8), 1..=3_u8).prop_map(|(who, said, has)| Action::Plug(who, said, has)),
        1 => who().prop_map(Action::Unplug),
        1 => who().prop_map(Action::Swap),
        6 => (who(), 0..32_i64).prop_map(|(who, amps)| Action::Give(who, amps)),
        2 => (who(), 0..=100_i64).prop_map(|(who, percent)| Action::Draw(who, percent)),
        2 => (0..4_u64, any::<bool>()).prop_map(|(node, fresh)| Action::Measure(node, fresh)),
        1 => (0..4_u64, 0..80_i64, 0..300_i64).prop_map(|(node, amps, after)| Action::Limit(node, amps, after)),
    ]
}

fn play(
    site: &Site,
    commissioned: bool,
    skew: &[i64],
    loads: &[i64],
    actions: &[Action],
) -> Result<World, TestCaseError> {
    let mut world = World::new(site.clone(), commissioned, skew, loads);
    world.check().map_err(TestCaseError::fail)?;
    // At first everybody charges, or gives back; what is interesting comes after.
    for who in 0..site.evses().len() {
        world.act(Action::Connect(who));
        world.act(Action::Plug(who, (who % 3 == 0).then_some(1), 3));
        if who % 2 == 0 {
            world.act(Action::Give(who, 20));
        }
    }
    world.settle();
    for action in actions {
        world.act(*action);
        world.check().map_err(|broken| TestCaseError::fail(format!("{broken} after {action:?}")))?;
    }
    Ok(world)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, max_shrink_iters: 2000, ..ProptestConfig::default() })]

    /// Other loads are what they are, at most their reserve. Stations restart, refuse, lose answers, are cut off with and
    /// without a word, have wrong clocks, and vehicles come and go where nobody sees them.
    #[test]
    fn no_fuse_is_exceeded_on_any_phase_at_any_instant(
        site in site(),
        skew in proptest::collection::vec(-30..=30_i64, 7),
        loads in proptest::collection::vec(0..=100_i64, 4),
        actions in proptest::collection::vec(action(), 1..150),
    ) {
        play(&site, true, &skew, &loads, &actions)?;
    }

    /// Stations that nobody has ever told anything draw all they can. From there it never gets worse.
    #[test]
    fn stations_without_defaults_are_counted_at_all_they_can_draw(
        site in site(),
        skew in proptest::collection::vec(-30..=30_i64, 7),
        loads in proptest::collection::vec(0..=100_i64, 4),
        actions in proptest::collection::vec(action(), 1..150),
    ) {
        play(&site, false, &skew, &loads, &actions)?;
    }

    /// And this is not because nothing is ever given: left alone, everybody who is connected charges, or waits because
    /// others do.
    #[test]
    fn once_everything_is_answered_the_supply_is_used(
        site in site(),
        actions in proptest::collection::vec(action(), 1..60),
    ) {
        let mut world = play(&site, true, &[0; 7], &[100; 4], &actions)?;
        world.calm();
        world.check().map_err(TestCaseError::fail)?;
        world.check_use().map_err(TestCaseError::fail)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, ..ProptestConfig::default() })]

    /// Some never do what they are told; the fuses that they leave anything of are kept by the others.
    #[test]
    fn others_give_way_for_good_to_those_who_ignore_their_limits(
        site in site(),
        ignore in proptest::collection::vec(prop_oneof![2 => Just(false), 1 => Just(true)], 7),
        loads in proptest::collection::vec(0..=100_i64, 4),
    ) {
        World::new(site, true, &[0; 7], &loads).defy(&ignore).map_err(TestCaseError::fail)?;
    }
}

#[test]
fn limits_from_outside_reach_everybody_who_is_connected() {
    let node = Node {
        id: NodeId(0),
        parent: None,
        fuse: PerPhase::amps(63),
        unmanaged: Unmanaged::default(),
        export: PerPhase::ZERO,
    };
    let evse = |id: u64| Evse {
        id: EvseId(id),
        station: StationId(id),
        number: 1,
        node: NodeId(0),
        wiring: Wiring::three(Phase::L1),
        current: Current::Ac,
        rated: amps(32),
        least: amps(6),
        step: amps(1),
        default: amps(6),
        unit: Unit::Amps,
        method: Method::Tx,
        takes_zero: true,
        forgets: false,
        profile_id: 1,
        back: Milliamps::ZERO,
    };
    let site = Site::new(vec![node], vec![evse(1), evse(2)], Voltage::EUROPE).expect("a site");
    let mut world = World::new(site, true, &[0; 2], &[0]);
    for who in [0, 1] {
        world.act(Action::Connect(who));
        world.act(Action::Plug(who, Some(3), 3));
    }
    world.calm();
    assert_eq!(world.allowed(0) + world.allowed(1), amps(63));
    let limit = |most: Most, from: i64, until: i64| Limit {
        node: NodeId(0),
        source: LimitSource::GridOperator,
        most,
        from: world.now + chrono::TimeDelta::seconds(from),
        until: Some(world.now + chrono::TimeDelta::seconds(until)),
    };
    let (dip, off) =
        (limit(Most::Current(PerPhase::amps(20)), 120, 240), limit(Most::Current(PerPhase::ZERO), 240, 360));
    world.limits = vec![dip, off];
    let mut seen = Vec::new();
    for _ in 0..50 {
        world.act(Action::Wait(10));
        world.act(Action::DeliverAll);
        let allowed = world.allowed(0) + world.allowed(1);
        assert!(!dip.holds_within(world.now, world.now) || allowed <= amps(20), "{allowed}");
        assert!(!off.holds_within(world.now, world.now) || allowed == Milliamps::ZERO, "{allowed}");
        seen.push(allowed);
    }
    assert_eq!(seen.last(), Some(&amps(63)), "and afterwards it is as before");
    assert!(seen.contains(&amps(20)));
}
