//! How a site stands, for people: the page of the console and the command line.

use super::{gather, plan};
use crate::store::{
    StoreError, Tx,
    grid::{self, EvseRow, IntentRow, LimitRow, StateRow},
};
use chrono::{DateTime, Utc};
use energy::{
    control::{Inputs, Intent, Session, Standing, State, exportable, headroom},
    grid::{Budget, Evse, NodeId},
    units::{Milliamps, PerPhase},
};
use plan::{Plan, PlanError};
use serde::Serialize;
use std::collections::BTreeMap;

/// A site.
#[derive(Debug, Clone, Serialize)]
pub struct Look {
    /// `on`, `off` or `clear`.
    pub mode: String,
    pub changed_at: DateTime<Utc>,
    /// When something was decided last.
    pub stepped_at: Option<DateTime<Utc>>,
    /// From the connection down, each below the one that feeds it.
    pub nodes: Vec<NodeLook>,
    pub evses: Vec<EvseLook>,
    pub limits: Vec<LimitLook>,
}

/// A node.
#[derive(Debug, Clone, Serialize)]
pub struct NodeLook {
    pub name: String,
    /// Fuses above it.
    pub depth: usize,
    pub fuse: PerPhase,
    /// What it may carry now by limits from outside, other loads included; only where that is less than its fuse.
    pub limit: Option<PerPhase>,
    /// Other loads here and below: as measured, or their reserve.
    pub others: PerPhase,
    /// Are those measured, with nothing missing?
    pub measured: bool,
    /// What vehicles are measured to take.
    pub used: PerPhase,
    /// What EVSEs may take at the worst.
    pub promised: PerPhase,
    /// What its fuse could carry beside all that; below zero: it may carry too much.
    pub headroom: PerPhase,
    /// What may be given back through it; zero: nothing.
    pub export: PerPhase,
    /// What could be given back beside all that EVSEs may at the worst.
    pub export_left: PerPhase,
}

/// An EVSE.
#[derive(Debug, Clone, Serialize)]
pub struct EvseLook {
    pub station: String,
    pub evse: u16,
    pub node: String,
    pub rated: Milliamps,
    pub default: Milliamps,
    pub standing: Standing,
    /// The limit that it has acknowledged, negative where it gives back, and until when it holds.
    pub limit: Option<Milliamps>,
    pub until: Option<DateTime<Utc>>,
    /// What it is to have; negative: to give back.
    pub target: Milliamps,
    /// What it counts with, on the phase where that is most.
    pub counted: Milliamps,
    /// What it was measured to take, on the phase where that is most.
    pub drawn: Option<Milliamps>,
    pub charges: bool,
    pub deadline: Option<DateTime<Utc>>,
    /// What it was told last, in the words of [`energy::control::Why`].
    pub told: String,
    pub told_at: Option<DateTime<Utc>>,
    /// `acked`, `refused`, `unanswered`, or empty while it is waited for.
    pub outcome: String,
    pub words: String,
    /// Was its default read back? `holds`, `differs`, `unknown`, or empty.
    pub checked: String,
    pub checked_words: String,
}

/// A limit from outside.
#[derive(Debug, Clone, Serialize)]
pub struct LimitLook {
    pub id: i64,
    /// A node, or an EVSE as `2 of HALL-7`.
    pub place: String,
    pub source: String,
    pub most: String,
    pub from: DateTime<Utc>,
    pub until: Option<DateTime<Utc>>,
    pub told_by: String,
    pub holds: bool,
}

/// How a site stands. `None`: it has no plan.
pub async fn look(tx: &mut Tx, site: i64, now: DateTime<Utc>) -> Result<Option<Look>, PlanError> {
    let Some((row, plan)) = plan::load_for_steps(tx, site).await? else { return Ok(None) };
    let kept = grid::state(tx, site).await?;
    let stepped_at = kept.as_ref().map(|row| row.at);
    let state = state_of(kept);
    let limits = grid::limits(tx, site, now).await?;
    let inputs = inputs(tx, site, &plan, &limits, now).await?;
    let told: BTreeMap<i64, IntentRow> =
        grid::last_of_each(tx, site).await?.into_iter().map(|row| (row.evse_id, row)).collect();
    let rows: BTreeMap<i64, EvseRow> =
        grid::evses(tx, site).await?.into_iter().map(|row| (row.id, row)).collect();
    let evses = plan.site.evses().iter().map(|evse| {
        let id = i64::try_from(evse.id.0).unwrap_or(i64::MAX);
        let session = inputs.sessions.iter().find(|session| session.evse == evse.id);
        evse_look(&plan, &state, evse, session, told.get(&id), rows.get(&id))
    });
    Ok(Some(Look {
        mode: row.mode,
        changed_at: row.changed_at,
        stepped_at,
        nodes: nodes(&plan, &state, &inputs, now),
        evses: evses.collect(),
        limits: limits.iter().map(|limit| limit_look(&plan, limit, now)).collect(),
    }))
}

/// What the fuses of another plan of the site would carry now. Sessions count at EVSEs that the plan of now has too.
pub(super) async fn outlook(
    tx: &mut Tx,
    site: i64,
    plan: &Plan,
    now: DateTime<Utc>,
) -> Result<Vec<NodeLook>, StoreError> {
    let state = state_of(grid::state(tx, site).await?);
    let limits = grid::limits(tx, site, now).await?;
    let inputs = inputs(tx, site, plan, &limits, now).await?;
    Ok(nodes(plan, &state, &inputs, now))
}

fn state_of(kept: Option<StateRow>) -> State {
    kept.and_then(|row| serde_json::from_str::<State>(&row.body).ok()).unwrap_or_default()
}

async fn inputs(
    tx: &mut Tx,
    site: i64,
    plan: &Plan,
    limits: &[LimitRow],
    now: DateTime<Utc>,
) -> Result<Inputs, StoreError> {
    let (sessions, needs) = (grid::stations_sessions(tx, site).await?, grid::needs(tx, site).await?);
    Ok(Inputs {
        sessions: gather::sessions(plan, &sessions, &needs, limits, now),
        loads: gather::loads(&grid::loads(tx, site).await?),
        limits: gather::limits(limits),
        events: Vec::new(),
    })
}

fn nodes(plan: &Plan, state: &State, inputs: &Inputs, now: DateTime<Utc>) -> Vec<NodeLook> {
    let site = &plan.site;
    let budget = Budget::new(site, now, chrono::TimeDelta::zero(), &inputs.loads, &inputs.limits);
    let left = headroom(site, now, state, inputs);
    let export = exportable(site, state);
    let mut used = vec![PerPhase::ZERO; site.nodes().len()];
    let mut promised = used.clone();
    for (at, evse) in site.evses().iter().enumerate() {
        let session = inputs.sessions.iter().find(|session| session.evse == evse.id);
        let drawn = session.and_then(|session| session.drawn).map_or(PerPhase::ZERO, |drawn| drawn.current);
        for node in site.path(at) {
            used[*node] += evse.wiring.turned(drawn);
            promised[*node] += may(state, evse);
        }
    }
    let fresh = |id: NodeId, max_age_s: u32| {
        inputs.loads.iter().any(|load| load.node == id && load.fresh(now, max_age_s))
    };
    let mut found = Vec::with_capacity(site.nodes().len());
    // From the connection down: children behind their parent, in the plan's order.
    let mut next: Vec<(usize, usize)> = site
        .nodes()
        .iter()
        .enumerate()
        .filter(|(_, node)| node.parent.is_none())
        .map(|(at, _)| (at, 0))
        .collect();
    while let Some((at, depth)) = next.pop() {
        let node = &site.nodes()[at];
        let limit = budget.limit[at] + (node.fuse - budget.fuse[at]);
        found.push(NodeLook {
            name: plan.names.nodes.get(&node.id).cloned().unwrap_or_default(),
            depth,
            fuse: node.fuse,
            limit: (limit != node.fuse).then_some(limit),
            others: node.fuse - budget.fuse[at],
            measured: node.unmanaged.reserve == PerPhase::ZERO || fresh(node.id, node.unmanaged.max_age_s),
            used: used[at],
            promised: promised[at],
            headroom: left[at],
            export: node.export,
            export_left: export[at],
        });
        let below = site.nodes().iter().enumerate().filter(|(_, below)| below.parent == Some(node.id));
        next.extend(below.map(|(at, _)| (at, depth + 1)).collect::<Vec<_>>().into_iter().rev());
    }
    found
}

fn may(state: &State, evse: &Evse) -> PerPhase {
    state.track(evse.id).map_or(evse.wiring.load(evse.rated, 3), |track| track.may(evse))
}

fn evse_look(
    plan: &Plan,
    state: &State,
    evse: &Evse,
    session: Option<&Session>,
    told: Option<&IntentRow>,
    row: Option<&EvseRow>,
) -> EvseLook {
    let track = state.track(evse.id);
    let held = track.and_then(|track| track.promise().held());
    let intent = told.and_then(|row| serde_json::from_str::<Intent>(&row.body).ok());
    let why = intent.and_then(|intent| serde_json::to_value(intent.why).ok());
    let (station, _) = plan.names.evses.get(&evse.id).cloned().unwrap_or_default();
    EvseLook {
        station,
        evse: evse.number,
        node: plan.names.nodes.get(&evse.node).cloned().unwrap_or_default(),
        rated: evse.rated,
        default: evse.default,
        standing: track.map_or(Standing::Uncommissioned, |track| track.standing(evse)),
        limit: held.map(|grant| grant.limit - grant.back),
        until: held.map(|grant| grant.until),
        target: track.map(|track| track.target() - track.back()).unwrap_or_default(),
        counted: may(state, evse).largest(),
        drawn: session.and_then(|session| session.drawn).map(|drawn| drawn.current.largest()),
        charges: session.is_some(),
        deadline: session.and_then(|session| session.deadline),
        told: why.as_ref().and_then(|why| why.as_str()).unwrap_or_default().to_owned(),
        told_at: told.map(|row| row.at),
        outcome: told.map(|row| row.outcome.clone()).unwrap_or_default(),
        words: told.map(|row| row.words.clone()).unwrap_or_default(),
        checked: row.map(|row| row.checked.clone()).unwrap_or_default(),
        checked_words: row.map(|row| row.words.clone()).unwrap_or_default(),
    }
}

fn limit_look(plan: &Plan, row: &LimitRow, now: DateTime<Utc>) -> LimitLook {
    let node = row.node_id.and_then(|id| plan.names.nodes.get(&NodeId(u64::try_from(id).ok()?)));
    let place = match (node, row.evse) {
        (Some(name), _) => name.clone(),
        (None, 0) => row.station_id.clone(),
        (None, evse) => format!("{evse} of {}", row.station_id),
    };
    LimitLook {
        id: row.id,
        place,
        source: row.source.clone(),
        most: super::amps::most(&row.most),
        from: row.from_at,
        until: row.until_at,
        told_by: row.told_by.clone(),
        holds: row.from_at <= now && row.until_at.is_none_or(|until| now < until),
    }
}
