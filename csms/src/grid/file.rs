//! A site's plan as its operator writes it, in TOML or JSON.

use super::amps::{Amps, PhaseAmps};
use energy::{
    control::Policy,
    grid::{
        Current, Evse, EvseId, Method, Node, NodeId, Site, SiteProblem, StationId, Unmanaged, Voltage, Wiring,
    },
    profile::model::Unit,
    safe,
    units::{Milliamps, PerPhase, Phase},
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

use super::plan::{Names, Plan};

/// The least that a vehicle charges with on AC (IEC 61851-1), A.
const LEAST: Milliamps = Milliamps::from_amps(6);
/// Our profiles have numbers from here on, two for each EVSE of a station.
const PROFILES: i32 = 9_000;

/// A plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanFile {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voltage: Option<Voltage>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<PolicyFile>,
    #[serde(default)]
    pub node: Vec<NodeFile>,
    #[serde(default)]
    pub evse: Vec<EvseFile>,
}

/// How carefully and how often things change; see [`Policy`]. What is left out is as usual.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PolicyFile {
    pub hold_limit_s: u32,
    pub clock_skew_s: u32,
    pub answer_within_s: u32,
    pub lead_s: u32,
    pub keep_place_s: u32,
    pub worth: Amps,
    pub settle_s: u32,
    pub draw_max_age_s: u32,
    pub headroom: Amps,
    pub spare_s: u32,
    pub learn_phases: bool,
}

/// A fuse and what hangs directly on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeFile {
    pub name: String,
    /// The node that feeds it; none for the site's connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    pub fuse: PhaseAmps,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub others: Option<OthersFile>,
    /// The most that vehicles below give back through it; left out: nothing.
    #[serde(default = "nothing", skip_serializing_if = "is_nothing")]
    pub export: PhaseAmps,
}

/// Other loads at a node; see [`Unmanaged`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OthersFile {
    pub reserve: PhaseAmps,
    #[serde(default = "nothing")]
    pub margin: PhaseAmps,
    #[serde(default)]
    pub max_age_s: u32,
}

/// An EVSE; see [`Evse`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvseFile {
    pub station: String,
    pub evse: u16,
    pub node: String,
    /// The site's phases that its L1, L2 and L3 hang on.
    #[serde(default = "all_phases")]
    pub phases: Vec<Phase>,
    pub rated: Amps,
    #[serde(default = "least")]
    pub least: Amps,
    #[serde(default = "step")]
    pub step: Amps,
    /// Left out: as many as fit get their least, the others 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Amps>,
    #[serde(default = "amps")]
    pub unit: Unit,
    #[serde(default = "tx")]
    pub method: Method,
    /// Of DC: how much of what goes in comes out, in thousandths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dc_efficiency_permille: Option<u16>,
    #[serde(default = "yes")]
    pub takes_zero: bool,
    #[serde(default)]
    pub forgets: bool,
    /// Number of its default's profile; that of limits is the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile_id: Option<i32>,
    /// The most it gives back on a phase; left out: it cannot.
    #[serde(default = "no_current", skip_serializing_if = "is_no_current")]
    pub back: Amps,
}

fn nothing() -> PhaseAmps {
    PhaseAmps(PerPhase::ZERO)
}
fn is_nothing(each: &PhaseAmps) -> bool {
    *each == nothing()
}
fn no_current() -> Amps {
    Amps(Milliamps::ZERO)
}
fn is_no_current(current: &Amps) -> bool {
    *current == no_current()
}
fn all_phases() -> Vec<Phase> {
    Phase::ALL.to_vec()
}
fn least() -> Amps {
    Amps(LEAST)
}
fn step() -> Amps {
    Amps(Milliamps::from_amps(1))
}
fn amps() -> Unit {
    Unit::Amps
}
fn tx() -> Method {
    Method::Tx
}
fn yes() -> bool {
    true
}

impl Default for PolicyFile {
    fn default() -> PolicyFile {
        PolicyFile::of(&Policy::default())
    }
}

impl PolicyFile {
    fn of(policy: &Policy) -> PolicyFile {
        PolicyFile {
            hold_limit_s: policy.hold_limit_s,
            clock_skew_s: policy.clock_skew_s,
            answer_within_s: policy.answer_within_s,
            lead_s: policy.lead_s,
            keep_place_s: policy.keep_place_s,
            worth: Amps(policy.worth),
            settle_s: policy.settle_s,
            draw_max_age_s: policy.draw_max_age_s,
            headroom: Amps(policy.headroom),
            spare_s: policy.spare_s,
            learn_phases: policy.learn_phases,
        }
    }

    fn policy(&self) -> Policy {
        Policy {
            hold_limit_s: self.hold_limit_s,
            clock_skew_s: self.clock_skew_s,
            answer_within_s: self.answer_within_s,
            lead_s: self.lead_s,
            keep_place_s: self.keep_place_s,
            worth: self.worth.0,
            settle_s: self.settle_s,
            draw_max_age_s: self.draw_max_age_s,
            headroom: self.headroom.0,
            spare_s: self.spare_s,
            learn_phases: self.learn_phases,
        }
    }
}

/// Gives numbers: those that are known, and new ones above all that were ever given.
struct Numbers<K> {
    known: BTreeMap<K, u64>,
    next: u64,
}

impl<K: Ord + Clone> Numbers<K> {
    fn new(known: BTreeMap<K, u64>, last: u64) -> Numbers<K> {
        let last = known.values().copied().fold(last, Ord::max);
        Numbers { known, next: last + 1 }
    }

    fn of(&mut self, key: &K) -> u64 {
        if let Some(number) = self.known.get(key) {
            return *number;
        }
        self.known.insert(key.clone(), self.next);
        self.next += 1;
        self.next - 1
    }
}

impl PlanFile {
    /// The plan. Numbers of what `before` had already stay.
    ///
    /// # Errors
    /// All that is wrong with it, each with the part that it is about and what to do.
    pub fn plan(&self, before: Option<&Plan>) -> Result<Plan, Vec<String>> {
        let mut problems = self.names();
        let policy = self.policy.as_ref().map_or_else(Policy::default, PolicyFile::policy);
        problems.extend(policy.problems().into_iter().map(|problem| format!("policy: {problem}")));
        if !problems.is_empty() {
            return Err(problems);
        }
        let old = before.map(|plan| plan.names.clone()).unwrap_or_default();
        let mut nodes = Numbers::new(flip(&old.nodes, |node: NodeId| node.0), 0);
        let mut stations = Numbers::new(flip(&old.stations, |station: StationId| station.0), 0);
        let mut evses = Numbers::new(flip(&old.evses, |evse: EvseId| evse.0), old.last_evse);
        let mut names = Names::default();
        let mut site_nodes = Vec::new();
        for node in &self.node {
            let id = NodeId(nodes.of(&node.name));
            names.nodes.insert(id, node.name.clone());
            let others = node.others.as_ref();
            site_nodes.push(Node {
                id,
                parent: node.parent.as_ref().map(|parent| NodeId(nodes.of(parent))),
                fuse: node.fuse.0,
                unmanaged: others.map_or_else(Unmanaged::default, |others| Unmanaged {
                    reserve: others.reserve.0,
                    margin: others.margin.0,
                    max_age_s: others.max_age_s,
                }),
                export: node.export.0,
            });
        }
        let mut site_evses = Vec::new();
        for evse in &self.evse {
            let id = EvseId(evses.of(&(evse.station.clone(), evse.evse)));
            let station = StationId(stations.of(&evse.station));
            names.evses.insert(id, (evse.station.clone(), evse.evse));
            names.stations.insert(station, evse.station.clone());
            site_evses.push(evse.evse(id, station, NodeId(nodes.of(&evse.node))).map_err(|why| vec![why])?);
        }
        names.last_evse = evses.next - 1;
        let voltage = self.voltage.unwrap_or(Voltage::EUROPE);
        let named = |problems: Vec<SiteProblem>| {
            problems.iter().map(|problem| names.problem(problem)).collect::<Vec<_>>()
        };
        if self.evse.iter().any(|evse| evse.default.is_none()) {
            let site = Site::new(site_nodes.clone(), site_evses.clone(), voltage).map_err(named)?;
            let fitting = safe::defaults(&site, LEAST);
            for ((evse, said), fits) in site_evses.iter_mut().zip(&self.evse).zip(fitting) {
                if said.default.is_none() {
                    evse.default = fits;
                }
            }
        }
        let site = Site::new(site_nodes, site_evses, voltage).map_err(named)?;
        let overloads = safe::overloads(&site);
        if !overloads.is_empty() {
            let told = overloads.iter().map(|over| {
                let node = names.nodes.get(&NodeId(over.node)).cloned().unwrap_or_default();
                format!(
                    "node {node}: with all stations offline its fuse of {} on {:?} carries {}: lower the defaults of EVSEs below it \
                     or its reserve; stations that forget their profiles count with what they are rated for",
                    over.fuse, over.phase, over.load
                )
            });
            return Err(told.collect());
        }
        Ok(Plan { site, policy, names })
    }

    fn names(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut nodes = BTreeSet::new();
        for node in &self.node {
            if node.name.trim().is_empty() || node.name.chars().count() > 60 {
                problems.push(format!("node {:?}: a name has 1 to 60 characters", node.name));
            }
            if !nodes.insert(node.name.as_str()) {
                problems.push(format!("node {}: two nodes have this name", node.name));
            }
        }
        for node in &self.node {
            if let Some(parent) = node.parent.as_deref().filter(|parent| !nodes.contains(parent)) {
                problems.push(format!("node {}: there is no node {parent} to feed it", node.name));
            }
        }
        let mut evses = BTreeSet::new();
        for evse in &self.evse {
            let name = format!("EVSE {} of {}", evse.evse, evse.station);
            if !nodes.contains(evse.node.as_str()) {
                problems.push(format!("{name}: there is no node {} for it to hang on", evse.node));
            }
            if !evses.insert((evse.station.as_str(), evse.evse)) {
                problems.push(format!("{name}: is here twice"));
            }
        }
        problems
    }

    /// The file that a plan comes from, with all that was left out.
    pub fn of(plan: &Plan) -> PlanFile {
        let name = |node: NodeId| plan.names.nodes.get(&node).cloned().unwrap_or_default();
        let node = |node: &Node| {
            let others = node.unmanaged;
            NodeFile {
                name: name(node.id),
                parent: node.parent.map(name),
                fuse: PhaseAmps(node.fuse),
                others: (others != Unmanaged::default()).then_some(OthersFile {
                    reserve: PhaseAmps(others.reserve),
                    margin: PhaseAmps(others.margin),
                    max_age_s: others.max_age_s,
                }),
                export: PhaseAmps(node.export),
            }
        };
        let evse = |evse: &Evse| {
            let (station, _) = plan.names.evses.get(&evse.id).cloned().unwrap_or_default();
            EvseFile {
                station,
                evse: evse.number,
                node: name(evse.node),
                phases: evse.wiring.used(3).collect(),
                rated: Amps(evse.rated),
                least: Amps(evse.least),
                step: Amps(evse.step),
                default: Some(Amps(evse.default)),
                unit: evse.unit,
                method: evse.method,
                dc_efficiency_permille: match evse.current {
                    Current::Ac => None,
                    Current::Dc { efficiency_permille } => Some(efficiency_permille),
                },
                takes_zero: evse.takes_zero,
                forgets: evse.forgets,
                profile_id: Some(evse.profile_id),
                back: Amps(evse.back),
            }
        };
        PlanFile {
            voltage: Some(plan.site.voltage()),
            policy: Some(PolicyFile::of(&plan.policy)),
            node: plan.site.nodes().iter().map(node).collect(),
            evse: plan.site.evses().iter().map(evse).collect(),
        }
    }
}

impl EvseFile {
    fn evse(&self, id: EvseId, station: StationId, node: NodeId) -> Result<Evse, String> {
        let phase = |at: usize| self.phases.get(at).copied();
        let wiring = serde_json::json!([phase(0), phase(1), phase(2)]);
        let wiring = serde_json::from_value::<Wiring>(wiring).map_err(|error| error.to_string())?;
        if self.phases.len() > 3 {
            return Err(format!("EVSE {} of {}: has more than three phases", self.evse, self.station));
        }
        let number = i32::from(self.evse);
        // Without one it is what cannot be paused that has to be offered; the rest is decided together.
        let default = self.default.map_or(Milliamps::ZERO, |amps| amps.0);
        let mut evse = Evse {
            id,
            station,
            number: self.evse,
            node,
            wiring,
            current: self
                .dc_efficiency_permille
                .map_or(Current::Ac, |efficiency_permille| Current::Dc { efficiency_permille }),
            rated: self.rated.0,
            least: self.least.0,
            step: self.step.0,
            default,
            unit: self.unit,
            method: self.method,
            takes_zero: self.takes_zero,
            forgets: self.forgets,
            profile_id: self.profile_id.unwrap_or_else(|| PROFILES.saturating_add(number.saturating_mul(2))),
            back: self.back.0,
        };
        if self.default.is_none() && !self.takes_zero {
            evse.default = evse.rated;
        }
        Ok(evse)
    }
}

fn flip<I: Copy + Ord, K: Clone + Ord>(
    names: &BTreeMap<I, K>,
    number: impl Fn(I) -> u64,
) -> BTreeMap<K, u64> {
    names.iter().map(|(id, name)| (name.clone(), number(*id))).collect()
}
