//! The site of the simulation: a building with 40 EVSEs on three panels, and what else it needs.

use chrono::{DateTime, TimeDelta, Utc};
use energy::grid::{
    Current, Evse, EvseId, Limit, LimitSource, Method, Most, Node, NodeId, Site, StationId, Unmanaged,
    Voltage, Wiring,
};
use energy::profile::model::Unit;
use energy::safe::defaults;
use energy::units::{Milliamps, PerPhase, Phase};

use crate::chance::Chance;

pub const NODES: [&str; 4] = ["connection", "garage", "yard", "fast chargers"];

pub fn start() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
}

/// Connection of 400 A; panels of 160, 125 and 160 A. Every EVSE's default is at most `default`, as far as all fit at once.
pub fn site(default: Milliamps) -> Site {
    let node = |id: u64, fuse: i64, reserve: i64, margin: i64| Node {
        id: NodeId(id),
        parent: (id > 0).then_some(NodeId(0)),
        fuse: PerPhase::amps(fuse),
        export: PerPhase::ZERO,
        unmanaged: Unmanaged {
            reserve: PerPhase::amps(reserve),
            margin: PerPhase::amps(margin),
            max_age_s: 30,
        },
    };
    let nodes = vec![node(0, 400, 150, 25), node(1, 160, 15, 15), node(2, 125, 0, 0), node(3, 160, 0, 0)];
    let evse = |id: u64| {
        let (panel, direct, single) = match id {
            0..16 => (1, false, false),
            16..30 => (2, false, id.is_multiple_of(2)),
            _ => (3, id >= 38, false),
        };
        let first = Phase::ALL[(id % 3) as usize];
        Evse {
            id: EvseId(id),
            station: StationId(id),
            number: 1,
            node: NodeId(panel),
            wiring: if single { Wiring::single(first) } else { Wiring::three(first) },
            current: if direct { Current::Dc { efficiency_permille: 940 } } else { Current::Ac },
            rated: Milliamps::from_amps(if direct { 48 } else { 32 }),
            least: Milliamps::from_amps(6),
            step: Milliamps::from_amps(1),
            default: Milliamps::ZERO,
            unit: if direct { Unit::Watts } else { Unit::Amps },
            method: if id % 10 == 7 { Method::Single } else { Method::Tx },
            takes_zero: true,
            forgets: false,
            profile_id: 100,
            back: Milliamps::ZERO,
        }
    };
    let mut evses: Vec<Evse> = (0..40).map(evse).collect();
    let draft = Site::new(nodes.clone(), evses.clone(), Voltage::EUROPE).expect("a site");
    for (evse, fits) in evses.iter_mut().zip(defaults(&draft, default)) {
        evse.default = fits;
    }
    Site::new(nodes, evses, Voltage::EUROPE).expect("a site")
}

/// The grid operator allows 260 A from 18:00 to 19:30.
pub fn limits() -> Vec<Limit> {
    vec![Limit {
        node: NodeId(0),
        source: LimitSource::GridOperator,
        most: Most::Current(PerPhase::amps(260)),
        from: start() + TimeDelta::hours(18),
        until: Some(start() + TimeDelta::minutes(19 * 60 + 30)),
    }]
}

/// What the building takes: a curve over the day, a slow walk, and machines that start.
pub struct Building {
    walk: [i64; 3],
    machine: [i64; 3],
    machine_until: i64,
    light: i64,
}

impl Building {
    pub fn new() -> Building {
        Building { walk: [0; 3], machine: [0; 3], machine_until: 0, light: 2_000 }
    }

    /// The next ten seconds; in mA on each phase of the connection and of the garage.
    pub fn next(&mut self, second: i64, chance: &mut Chance) -> [PerPhase; 2] {
        const HOURS: [i64; 25] = [
            25, 22, 20, 20, 22, 28, 40, 60, 75, 80, 82, 85, 90, 85, 80, 78, 75, 80, 88, 85, 70, 55, 40, 30,
            25,
        ];
        let hour = (second / 3600) as usize;
        let into = second % 3600;
        let curve = HOURS[hour] * 1000 + (HOURS[hour + 1] - HOURS[hour]) * 1000 * into / 3600;
        if self.machine_until <= second {
            let starts = chance.happens(40) && self.machine == [0; 3];
            self.machine = if starts { [12_000, 12_000, chance.between(0, 12_000)] } else { [0; 3] };
            self.machine_until = second + if starts { chance.between(120, 900) } else { 60 };
        }
        if chance.happens(10) {
            self.light = chance.between(1_000, 12_000);
        }
        let mut load = PerPhase::ZERO;
        for phase in Phase::ALL {
            let at = phase.index();
            self.walk[at] = (self.walk[at] + chance.between(-1_500, 1_500)).clamp(-15_000, 15_000);
            load[phase] = Milliamps((curve + self.walk[at] + self.machine[at]).clamp(0, 149_000));
        }
        [load, PerPhase::all(Milliamps(self.light))]
    }
}
