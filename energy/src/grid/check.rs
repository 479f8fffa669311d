//! What is wrong with a site.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::grid::{Current, Evse, EvseId, Method, Node, NodeId, StationId, Voltage};
use crate::profile::model::Unit;
use crate::units::{Milliamps, PerPhase, Phase};

/// Fuses above each other.
pub const MAX_DEPTH: usize = 8;
/// Nodes of a site.
pub const MAX_NODES: usize = 2_000;
/// EVSEs of a site.
pub const MAX_EVSES: usize = 10_000;
/// 100 kA: beyond any fuse, and sums of 10,000 of it fit.
const MOST: Milliamps = Milliamps(100_000_000);

/// One thing wrong with a site, with the part it is about.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{part}: {message}")]
pub struct SiteProblem {
    /// The part, e.g. `node 3` or `evse 12`.
    pub part: String,
    /// What is wrong and what to do.
    pub message: String,
}

pub(super) fn problems(
    nodes: &[Node],
    evses: &[Evse],
    voltage: Voltage,
    by_node: &BTreeMap<NodeId, usize>,
) -> Vec<SiteProblem> {
    let mut found = Found(Vec::new());
    let site = || String::from("site");
    found.must(nodes.len() <= MAX_NODES, site, "has more than 2,000 nodes; split it");
    found.must(evses.len() <= MAX_EVSES, site, "has more than 10,000 EVSEs; split it");
    let ordered = 0 < voltage.low && voltage.low <= voltage.usual && voltage.usual <= voltage.high;
    let sane = ordered && voltage.high <= 1_000;
    found.must(sane, site, "needs voltages 0 < low <= usual <= high <= 1000 V");
    let roots = nodes.iter().filter(|node| node.parent.is_none()).count();
    found.must(
        roots == 1,
        site,
        &format!("has {roots} nodes without a parent; one is the site's connection"),
    );
    found.must(by_node.len() == nodes.len(), site, "two nodes have one id");
    if found.0.is_empty() {
        nodes.iter().for_each(|node| found.node(node, nodes, by_node));
        found.evses(evses, by_node, voltage);
    }
    found.0
}

struct Found(Vec<SiteProblem>);

impl Found {
    fn must(&mut self, good: bool, part: impl FnOnce() -> String, message: &str) {
        if !good {
            self.0.push(SiteProblem { part: part(), message: message.to_owned() });
        }
    }

    fn node(&mut self, node: &Node, nodes: &[Node], by_node: &BTreeMap<NodeId, usize>) {
        let part = || format!("node {}", node.id.0);
        let load = node.unmanaged;
        for current in [node.fuse, load.reserve, load.margin, node.export] {
            let sane = PerPhase::ZERO.within(current) && current.within(PerPhase::all(MOST));
            self.must(sane, part, "has a current below 0 or beyond 100 kA");
        }
        self.must(node.export.within(node.fuse), part, "lets vehicles give back more than its fuse carries");
        self.must(
            load.reserve.within(node.fuse),
            part,
            "reserves more for other loads than its fuse carries",
        );
        let mut at = node;
        for _ in 0..MAX_DEPTH {
            let Some(parent) = at.parent else { return };
            let Some(place) = by_node.get(&parent) else {
                self.must(false, part, &format!("its parent {} does not exist", parent.0));
                return;
            };
            at = &nodes[*place];
        }
        self.must(at.parent.is_none(), part, "is its own ancestor, or hangs below more than 8 others");
    }

    fn evses(&mut self, evses: &[Evse], by_node: &BTreeMap<NodeId, usize>, voltage: Voltage) {
        let (mut ids, mut per_station) = (BTreeSet::<EvseId>::new(), BTreeMap::<StationId, usize>::new());
        for evse in evses {
            *per_station.entry(evse.station).or_default() += 1;
        }
        let mut profiles = BTreeSet::<(StationId, i32)>::new();
        for evse in evses {
            let part = || format!("evse {}", evse.id.0);
            // The default's and the limits'.
            let apart =
                [0, 1].map(|next| profiles.insert((evse.station, evse.profile_id.saturating_add(next))));
            self.must(apart == [true; 2], part, "its profiles' ids are those of another EVSE of its station");
            self.must(ids.insert(evse.id), part, "two EVSEs have this id");
            self.must(by_node.contains_key(&evse.node), part, "its node does not exist");
            self.must(evse.number > 0, part, "EVSEs of a station are counted from 1");
            let phases: BTreeSet<Phase> = evse.wiring.used(3).collect();
            let apart = !phases.is_empty() && phases.len() == usize::from(evse.wiring.count());
            self.must(apart, part, "needs one to three phases of the site, each once");
            let sizes = Milliamps::ZERO < evse.least && evse.least <= evse.rated && evse.rated <= MOST;
            self.must(sizes, part, "needs 0 < least <= rated <= 100 kA");
            let reaches = !sizes || evse.smallest(voltage) <= evse.rated;
            self.must(
                reaches,
                part,
                "in W its least current at the highest voltage is above what it is rated for",
            );
            let default = evse.default == Milliamps::ZERO || evse.smallest(voltage) <= evse.default;
            self.must(
                default,
                part,
                "a default between 0 and the least a vehicle charges with charges nothing",
            );
            self.must(
                evse.default >= evse.lowest(voltage),
                part,
                "cannot be told 0, so its default is at least its least",
            );
            self.must(evse.default <= evse.rated, part, "has a default above what it is rated for");
            let step = evse.step > Milliamps::ZERO && evse.least.0 % evse.step.0.max(1) == 0;
            self.must(step, part, "its least current must be a multiple of its step");
            let fine = evse.unit == Unit::Watts || evse.step.0 % 100 == 0;
            self.must(fine, part, "in A a step is a multiple of 0.1 A; profiles have one decimal");
            let direct = matches!(evse.current, Current::Dc { .. });
            let watts = !direct || evse.unit == Unit::Watts && evse.wiring.count() == 3;
            self.must(watts, part, "DC is told in W and uses three phases");
            if let Current::Dc { efficiency_permille } = evse.current {
                self.must(
                    (500..=1000).contains(&efficiency_permille),
                    part,
                    "its efficiency is 500 to 1000 permille",
                );
            }
            let alone = evse.method != Method::StationMax || per_station.get(&evse.station) == Some(&1);
            self.must(alone, part, "is told by a station maximum, so it must be its station's only EVSE");
            self.must(evse.profile_id < i32::MAX, part, "needs two ids for its profiles");
            let back = Milliamps::ZERO <= evse.back && evse.back <= evse.rated;
            self.must(back, part, "gives back less than nothing, or more than it is rated for");
            let tells = evse.back == Milliamps::ZERO || evse.method == Method::Tx && evse.takes_zero;
            self.must(
                tells,
                part,
                "gives back, so it must be told by profiles of the transaction (tx) and take a limit of 0",
            );
        }
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
