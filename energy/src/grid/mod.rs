//! What is wired how: a site's fuses as a tree of nodes (site, panels, circuits), EVSEs at its leaves with their phases,
//! loads that nobody manages, and limits from outside.

mod budget;
mod check;
mod evse;
mod limit;

pub use budget::Budget;
pub use check::{MAX_DEPTH, MAX_EVSES, MAX_NODES, SiteProblem};
pub use evse::{Current, Evse, EvseId, Method, StationId, Wiring};
pub use limit::{Limit, LimitSource, Load, Most};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::units::PerPhase;

/// A node, as the caller calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NodeId(pub u64);

/// Loads at a node that are not EVSEs: the building, lights, a heat pump.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unmanaged {
    /// The most they ever take. Counted while nothing newer is known.
    pub reserve: PerPhase,
    /// By how much they may rise before EVSEs have given way; added to what is measured.
    pub margin: PerPhase,
    /// A measurement older than this is no longer believed; 0: none is, the reserve always counts.
    pub max_age_s: u32,
}

/// A fuse and what hangs directly on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Its id.
    pub id: NodeId,
    /// The node that feeds it; none for the site's connection.
    pub parent: Option<NodeId>,
    /// What its fuse carries for as long as it takes.
    pub fuse: PerPhase,
    /// Other loads that hang here, not those of nodes below.
    pub unmanaged: Unmanaged,
    /// The most that vehicles below may give back through it together; zero: they may not.
    #[serde(default)]
    pub export: PerPhase,
}

/// Voltages between a phase and neutral.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Voltage {
    /// What it usually is; energy is estimated with it.
    pub usual: u32,
    /// The lowest to be expected. A limit in W becomes the largest current here.
    pub low: u32,
    /// The highest to be expected. A limit on power is kept with it.
    pub high: u32,
}

impl Voltage {
    /// 230 V, and 10 % to both sides (EN 50160).
    pub const EUROPE: Voltage = Voltage { usual: 230, low: 207, high: 253 };
}

/// A checked site: a tree whose every EVSE knows the fuses above it.
#[derive(Debug, Clone)]
pub struct Site {
    nodes: Vec<Node>,
    evses: Vec<Evse>,
    voltage: Voltage,
    /// For each node, its parent's place.
    parents: Vec<Option<usize>>,
    /// For each EVSE, the places of the nodes from its own up to the site's connection.
    paths: Vec<Vec<usize>>,
    by_evse: BTreeMap<EvseId, usize>,
    by_node: BTreeMap<NodeId, usize>,
    by_station: BTreeMap<StationId, Vec<usize>>,
}

impl Site {
    /// Checks the parts and puts them together; all problems at once.
    pub fn new(nodes: Vec<Node>, evses: Vec<Evse>, voltage: Voltage) -> Result<Site, Vec<SiteProblem>> {
        let by_node = nodes.iter().enumerate().map(|(at, node)| (node.id, at)).collect::<BTreeMap<_, _>>();
        let by_evse = evses.iter().enumerate().map(|(at, evse)| (evse.id, at)).collect::<BTreeMap<_, _>>();
        let problems = check::problems(&nodes, &evses, voltage, &by_node);
        if !problems.is_empty() {
            return Err(problems);
        }
        let parents: Vec<Option<usize>> =
            nodes.iter().map(|node| node.parent.and_then(|parent| by_node.get(&parent).copied())).collect();
        let above = |evse: &Evse| {
            std::iter::successors(by_node.get(&evse.node).copied(), |at| parents[*at]).collect()
        };
        let paths = evses.iter().map(above).collect();
        let mut by_station = BTreeMap::<StationId, Vec<usize>>::new();
        for (at, evse) in evses.iter().enumerate() {
            by_station.entry(evse.station).or_default().push(at);
        }
        Ok(Site { nodes, evses, voltage, parents, paths, by_evse, by_node, by_station })
    }

    /// Its nodes, in the order given.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Its EVSEs, in the order given.
    pub fn evses(&self) -> &[Evse] {
        &self.evses
    }

    /// Its voltages.
    pub fn voltage(&self) -> Voltage {
        self.voltage
    }

    /// The EVSE of that id.
    pub fn evse(&self, id: EvseId) -> Option<&Evse> {
        self.by_evse.get(&id).map(|at| &self.evses[*at])
    }

    /// The EVSEs of a station.
    pub fn station(&self, id: StationId) -> impl Iterator<Item = &Evse> {
        self.by_station.get(&id).into_iter().flatten().map(|at| &self.evses[*at])
    }

    /// Where the EVSE of that id stands among [`Site::evses`].
    pub fn place(&self, id: EvseId) -> Option<usize> {
        self.by_evse.get(&id).copied()
    }

    /// Places of the nodes from that of the EVSE at place `evse` up to the site's connection.
    pub fn path(&self, evse: usize) -> &[usize] {
        self.paths.get(evse).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn node_place(&self, id: NodeId) -> Option<usize> {
        self.by_node.get(&id).copied()
    }

    /// Adds to each node what hangs on the nodes below it.
    pub(crate) fn sum_upwards(&self, own: &mut [PerPhase]) {
        // Parents may stand anywhere in the list, so every node walks up by itself; depth is bounded.
        let alone = own.to_vec();
        for (at, load) in alone.iter().enumerate() {
            for above in std::iter::successors(self.parents[at], |at| self.parents[*at]) {
                own[above] += *load;
            }
        }
    }
}
