//! What a step costs on a large site: 1,000 EVSEs on 50 panels of 5 circuits each, all of them charging.

#![expect(clippy::expect_used, reason = "a benchmark, with a site of its own")]

use std::hint::black_box;

use chrono::{DateTime, TimeDelta, Utc};
use criterion::{Criterion, criterion_group, criterion_main};
use energy::control::{Drawn, Event, Inputs, Policy, Session, State, step};
use energy::grid::{
    Current, Evse, EvseId, Load, Method, Node, NodeId, Site, StationId, Unmanaged, Voltage, Wiring,
};
use energy::profile::model::Unit;
use energy::units::{Milliamps, PerPhase, Phase};

const EVSES: u64 = 1_000;
const PANELS: u64 = 50;
const CIRCUITS: u64 = 5;

fn site() -> Site {
    let node = |id: u64, parent: Option<u64>, amps: i64| Node {
        id: NodeId(id),
        parent: parent.map(NodeId),
        fuse: PerPhase::amps(amps),
        unmanaged: Unmanaged { reserve: PerPhase::amps(amps / 10), margin: PerPhase::amps(1), max_age_s: 60 },
        export: PerPhase::ZERO,
    };
    let mut nodes = vec![node(0, None, 9_000)];
    for panel in 1..=PANELS {
        nodes.push(node(panel, Some(0), 240));
        nodes.extend((0..CIRCUITS).map(|circuit| node(1_000 + panel * CIRCUITS + circuit, Some(panel), 63)));
    }
    let evse = |id: u64| Evse {
        id: EvseId(id),
        station: StationId(id / 2),
        number: 1 + (id % 2) as u16,
        node: NodeId(1_000 + CIRCUITS + id % (PANELS * CIRCUITS)),
        wiring: Wiring::three(Phase::ALL[(id % 3) as usize]),
        current: Current::Ac,
        rated: Milliamps::from_amps(32),
        least: Milliamps::from_amps(6),
        step: Milliamps::from_amps(1),
        default: Milliamps::from_amps(6),
        unit: Unit::Amps,
        method: Method::Tx,
        takes_zero: true,
        forgets: false,
        profile_id: 10 * (1 + (id % 2) as i32),
        back: Milliamps::ZERO,
    };
    Site::new(nodes, (0..EVSES).map(evse).collect(), Voltage::EUROPE).expect("a site")
}

/// Sessions of three classes, every one different in what it takes and needs.
fn inputs(now: DateTime<Utc>) -> Inputs {
    let sessions = (0..EVSES).map(|id| Session {
        class: (id % 3) as u8,
        phases: Some(if id % 4 == 0 { 1 } else { 3 }),
        most: Some(Milliamps(6_000 + (id * 7_919 % 26_000) as i64)),
        needs_wh: Some((id * 31 % 40_000) as i64),
        deadline: Some(now + TimeDelta::minutes(30 + (id % 600) as i64)),
        drawn: Some(Drawn { current: PerPhase::amps(5), each: true, at: now }),
        ..Session::new(EvseId(id), &format!("t{id}"))
    });
    let loads = (1..=PANELS).map(|panel| Load { node: NodeId(panel), current: PerPhase::amps(10), at: now });
    Inputs { sessions: sessions.collect(), loads: loads.collect(), ..Inputs::default() }
}

fn steps(c: &mut Criterion) {
    let (site, policy) = (site(), Policy::default());
    let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
    let mut fresh = State::default();
    site.evses().iter().for_each(|evse| fresh.commission(evse.id, evse.default));
    let mut first = inputs(now);
    first.events = site.evses().iter().map(|evse| Event::Online(evse.station)).collect();
    c.bench_function("first step of 1000 EVSEs", |b| {
        b.iter(|| step(&site, &policy, now, black_box(&fresh), black_box(&first)));
    });
    // Some rounds later everything is answered and little is left to tell.
    let (mut state, mut intents) = step(&site, &policy, now, &fresh, &first);
    let mut at = now;
    for _ in 0..20 {
        at += TimeDelta::seconds(10);
        let mut next = inputs(at);
        next.events = intents.iter().map(|intent| Event::Acked(intent.evse, intent.seq)).collect();
        (state, intents) = step(&site, &policy, at, &state, &next);
    }
    let next = inputs(at);
    c.bench_function("later step of 1000 EVSEs", |b| {
        b.iter(|| step(&site, &policy, at, black_box(&state), black_box(&next)));
    });
}

criterion_group!(benches, steps);
criterion_main!(benches);
