//! The plan of a site: what is wired how, and the names of its parts.

use crate::store::{
    StoreError, Tx,
    grid::{self, EvseRow, GridRow, NodeRow},
    needs, stations,
};
use chrono::{DateTime, Utc};
use energy::{
    control::Policy,
    grid::{Evse, EvseId, Node, NodeId, Site, SiteProblem, StationId},
};
use std::collections::BTreeMap;

/// A plan that can be stepped with.
#[derive(Debug, Clone)]
pub struct Plan {
    pub site: Site,
    pub policy: Policy,
    pub names: Names,
}

/// What people call the parts of a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    pub nodes: BTreeMap<NodeId, String>,
    /// Station and number there.
    pub evses: BTreeMap<EvseId, (String, u16)>,
    pub stations: BTreeMap<StationId, String>,
    /// The highest number that an EVSE has had, also one that has left: what is remembered of that one is of no other.
    pub last_evse: u64,
}

impl Names {
    /// A problem, with names for numbers.
    pub(super) fn problem(&self, problem: &SiteProblem) -> String {
        let number = |kind: &str| problem.part.strip_prefix(kind)?.trim().parse::<u64>().ok();
        let part = if let Some(name) = number("node").and_then(|id| self.nodes.get(&NodeId(id))) {
            format!("node {name}")
        } else if let Some((station, evse)) = number("evse").and_then(|id| self.evses.get(&EvseId(id))) {
            format!("EVSE {evse} of {station}")
        } else {
            problem.part.clone()
        };
        format!("{part}: {}", problem.message)
    }

    /// The number of a node by its name.
    pub fn node(&self, name: &str) -> Option<NodeId> {
        self.nodes.iter().find(|(_, known)| *known == name).map(|(id, _)| *id)
    }

    /// The number of a station.
    pub fn station(&self, id: &str) -> Option<StationId> {
        self.stations.iter().find(|(_, known)| *known == id).map(|(number, _)| *number)
    }

    /// The number of an EVSE.
    pub fn evse(&self, station: &str, number: i64) -> Option<EvseId> {
        let found = self.evses.iter().find(|(_, (at, of))| at == station && i64::from(*of) == number);
        found.map(|(id, _)| *id)
    }
}

/// A plan in the database that cannot be stepped with, because another version of the program wrote it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the plan of site {site} cannot be read ({why}): import it again (csms grid import)")]
pub struct Unreadable {
    pub site: i64,
    pub why: String,
}

/// Why there is no plan to step with.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

/// The plan of a site with its row, if it has one.
pub async fn load(tx: &mut Tx, site: i64) -> Result<Option<(GridRow, Plan)>, PlanError> {
    let Some(row) = grid::find(tx, site).await? else { return Ok(None) };
    let (nodes, evses) = (grid::nodes(tx, site).await?, grid::evses(tx, site).await?);
    let mut plan = read(&row, &nodes, &evses)?;
    plan.names.last_evse = u64::try_from(grid::last_evse(tx, site).await?).unwrap_or_default();
    Ok(Some((row, plan)))
}

/// The same for steps: an EVSE that was found not to keep its default counts as one that forgets it, and so does one whose vehicle
/// still has a plan of its own, which holds instead.
pub(super) async fn load_for_steps(tx: &mut Tx, site: i64) -> Result<Option<(GridRow, Plan)>, PlanError> {
    let Some(row) = grid::find(tx, site).await? else { return Ok(None) };
    let (nodes, mut evses) = (grid::nodes(tx, site).await?, grid::evses(tx, site).await?);
    let beside = needs::planned_beside(tx, site).await?;
    let is_free = |row: &EvseRow| {
        row.checked == "differs" || beside.iter().any(|(at, evse)| *at == row.station_id && *evse == row.evse)
    };
    for row in evses.iter_mut().filter(|row| is_free(row)) {
        let mut evse: Evse =
            serde_json::from_str(&row.body).map_err(|error| Unreadable { site, why: error.to_string() })?;
        evse.forgets = true;
        row.body = serde_json::to_string(&evse).unwrap_or_default();
    }
    Ok(Some((row.clone(), read(&row, &nodes, &evses)?)))
}

fn read(row: &GridRow, nodes: &[NodeRow], evses: &[EvseRow]) -> Result<Plan, Unreadable> {
    let site = row.site_id;
    let json = |error: serde_json::Error| Unreadable { site, why: error.to_string() };
    let mut names = Names::default();
    let mut site_nodes = Vec::with_capacity(nodes.len());
    for row in nodes {
        let node: Node = serde_json::from_str(&row.body).map_err(json)?;
        names.nodes.insert(node.id, row.name.clone());
        site_nodes.push(node);
    }
    let mut site_evses = Vec::with_capacity(evses.len());
    for row in evses {
        let evse: Evse = serde_json::from_str(&row.body).map_err(json)?;
        names.evses.insert(evse.id, (row.station_id.clone(), evse.number));
        names.stations.insert(evse.station, row.station_id.clone());
        site_evses.push(evse);
    }
    let policy = serde_json::from_str(&row.policy).map_err(json)?;
    let voltage = serde_json::from_str(&row.voltage).map_err(json)?;
    let made = Site::new(site_nodes, site_evses, voltage);
    let first = |problems: Vec<SiteProblem>| Unreadable {
        site,
        why: problems.first().map(|problem| names.problem(problem)).unwrap_or_default(),
    };
    let made = made.map_err(first)?;
    Ok(Plan { site: made, policy, names })
}

/// What the database has against a plan: EVSEs of stations that are not at the site, or that another site's plan has; profiles that
/// are wished where the plan would tell its own.
pub async fn strangers(tx: &mut Tx, site: i64, plan: &Plan) -> Result<Vec<String>, StoreError> {
    let mut found = Vec::new();
    for (station, evse) in plan.names.evses.values() {
        match stations::find(tx, station).await? {
            None => found.push(format!(
                "EVSE {evse} of {station}: there is no such station; csms station add {station} --site {site}"
            )),
            Some(row) if row.site_id != Some(site) => {
                found.push(format!("EVSE {evse} of {station}: the station does not stand at site {site}"));
            }
            Some(_) => {}
        }
        if let Some(other) = grid::site_of(tx, station, (*evse).into()).await?.filter(|other| *other != site)
        {
            found.push(format!("EVSE {evse} of {station}: is in the plan of site {other}"));
        }
    }
    found.extend(super::slots::against(tx, plan).await?);
    Ok(found)
}

/// Keeps a plan in the place of the one that the site has. False, and nothing is done: that is not revision `meant` any more (0: it
/// has none).
///
/// # Errors
/// As [`grid::replace`].
pub async fn keep(
    tx: &mut Tx,
    site: i64,
    plan: &Plan,
    mode: &str,
    meant: i64,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let text = |value: serde_json::Result<String>| value.unwrap_or_default();
    let row = GridRow {
        site_id: site,
        mode: mode.to_owned(),
        voltage: text(serde_json::to_string(&plan.site.voltage())),
        policy: text(serde_json::to_string(&plan.policy)),
        revision: 1,
        changed_at: now,
    };
    let small = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let node = |node: &Node| NodeRow {
        site_id: site,
        id: small(node.id.0),
        name: plan.names.nodes.get(&node.id).cloned().unwrap_or_default(),
        body: text(serde_json::to_string(node)),
    };
    let evse = |evse: &Evse| EvseRow {
        site_id: site,
        id: small(evse.id.0),
        station_id: plan.names.evses.get(&evse.id).map(|(station, _)| station.clone()).unwrap_or_default(),
        evse: evse.number.into(),
        body: text(serde_json::to_string(evse)),
        checked_at: None,
        checked: String::new(),
        words: String::new(),
    };
    let nodes: Vec<NodeRow> = plan.site.nodes().iter().map(node).collect();
    let evses: Vec<EvseRow> = plan.site.evses().iter().map(evse).collect();
    grid::replace(tx, &row, &nodes, &evses, meant).await
}
