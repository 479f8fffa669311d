//! What people and programs say of a site: measurements of other loads, needs of sessions (limits: [`super::limit`]). The command line
//! and the API both say it through this.

use super::{
    amps::{Amps, PhaseAmps},
    leftover,
    plan::{Plan, PlanError, load},
};
use crate::{
    id::Ids,
    store::{
        StoreError, Tx,
        grid::{self, GridRow, LoadRow, NeedRow},
        sessions,
    },
};
use chrono::{DateTime, Utc};
use energy::grid::NodeId;

/// It cannot be taken so.
#[derive(Debug, thiserror::Error)]
pub enum SaidError {
    #[error("the site has no plan")]
    NoPlan,
    #[error("the plan has no node {0}")]
    NoNode(String),
    #[error("the plan is on: turn it off first, or clear it, so that stations are told")]
    On,
    #[error(
        "what stations have is being taken away; the plan can be removed when its mode is off, in some seconds"
    )]
    Clearing,
    #[error("there is no session {0} that runs")]
    NoSession(i64),
    #[error("EVSE {evse} of {station} is in no plan")]
    NotPlanned { station: String, evse: i64 },
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a session needs; what is not named stays.
#[derive(Debug, Clone, Default)]
pub struct Need {
    /// What it still needs.
    pub wh: Option<i64>,
    pub by: Option<DateTime<Utc>>,
    /// Higher ones are served before; 0 is for those who may wait for all others, 1 is usual.
    pub class: Option<u8>,
    /// The most it takes on a phase.
    pub most: Option<Amps>,
    /// What it shall give back on each phase: no more than it has offered, and than its circuits let through.
    pub give: Option<Amps>,
    pub give_until: Option<DateTime<Utc>>,
}

async fn planned(tx: &mut Tx, site: i64) -> Result<(GridRow, Plan), SaidError> {
    load(tx, site).await?.ok_or(SaidError::NoPlan)
}

fn node(plan: &Plan, name: &str) -> Result<NodeId, SaidError> {
    plan.names.node(name).ok_or_else(|| SaidError::NoNode(name.to_owned()))
}

fn number(node: NodeId) -> i64 {
    i64::try_from(node.0).unwrap_or(i64::MAX)
}

/// Tells what the other loads directly at a node take; for how many seconds the plan believes that (0: not at all).
///
/// # Errors
/// See [`SaidError`].
pub async fn set_load(
    tx: &mut Tx,
    site: i64,
    name: &str,
    amps: PhaseAmps,
    at: DateTime<Utc>,
) -> Result<u32, SaidError> {
    let (_, plan) = planned(tx, site).await?;
    let node = node(&plan, name)?;
    let [l1, l2, l3] = amps.0.0.map(|current| current.0);
    let row = LoadRow { site_id: site, node_id: number(node), l1, l2, l3, at };
    grid::set_load(tx, &row).await?;
    let found = plan.site.nodes().iter().find(|one| one.id == node);
    Ok(found.map_or(0, |node| node.unmanaged.max_age_s))
}

/// Says what a session needs.
///
/// # Errors
/// See [`SaidError`].
pub async fn set_need(tx: &mut Tx, ids: &Ids, session: i64, need: &Need) -> Result<(), SaidError> {
    let row = sessions::find(tx, session).await?.filter(|session| session.state == "open");
    let row = row.ok_or(SaidError::NoSession(session))?;
    let site = grid::site_of(tx, &row.station_id, row.evse).await?;
    let site = site.ok_or(SaidError::NotPlanned { station: row.station_id, evse: row.evse })?;
    let need = NeedRow {
        session_id: session,
        site_id: site,
        class: need.class.map(i64::from),
        target_mwh: need.wh.and_then(|wh| wh.checked_mul(1000)?.checked_add(row.energy_mwh)),
        deadline: need.by,
        most_ma: need.most.map(|most| most.0.0),
        phases: None,
        told_by: "operator".to_owned(),
        event_id: ids.next(),
        back_ma: None,
        give_ma: need.give.map(|give| give.0.0),
        give_until: need.give_until,
    };
    grid::set_need(tx, &need).await?;
    Ok(())
}

/// Takes a plan away that is off. The defaults that its stations have kept are taken from them, whether they are connected or come back
/// within a week; of one that cannot be read any more they stay.
///
/// # Errors
/// See [`SaidError`].
pub async fn remove(tx: &mut Tx, site: i64, now: DateTime<Utc>) -> Result<(), SaidError> {
    let row = grid::find(tx, site).await?.ok_or(SaidError::NoPlan)?;
    match row.mode.as_str() {
        "on" => Err(SaidError::On),
        "clear" => Err(SaidError::Clearing),
        _ => {
            leftover::leave_all(tx, site, now).await?;
            Ok(grid::remove(tx, site).await?)
        }
    }
}
