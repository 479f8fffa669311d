//! Load management: the plan of a site (what is wired how), what others say of it, and what its stations are to be told.

mod lease;
mod leftover;
mod said;
mod state;

pub use lease::{LeaseRow, hold, lease, lease_of, leases, release};
pub use leftover::{
    LeftoverRow, add_leftover, leftover_key, leftovers, remove_leftover, renew_leftover, unasked_leftovers,
};
pub use said::{
    LimitRow, LoadRow, NeedRow, SaidRow, SessionAt, add_limit, boots, fill_need, limits, loads, need, needs,
    node_limits, remove_limit, replace_said, said, set_load, set_need, stations_sessions,
};
pub use state::{
    IntentRow, StateRow, add_intent, claim, end_intent, forget, forget_old, intents, last_of_each,
    open_intents, save, state,
};

use super::counter;
use super::db::Tx;
use super::error::StoreError;
use super::query::{Select, all, one, run, value};
use chrono::{DateTime, Utc};

/// A row of `grid`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct GridRow {
    pub site_id: i64,
    /// `on`, `off` or `clear`.
    pub mode: String,
    pub voltage: String,
    pub policy: String,
    pub revision: i64,
    pub changed_at: DateTime<Utc>,
}

/// A row of `grid_node`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct NodeRow {
    pub site_id: i64,
    pub id: i64,
    pub name: String,
    pub body: String,
}

/// A row of `grid_evse`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct EvseRow {
    pub site_id: i64,
    pub id: i64,
    pub station_id: String,
    pub evse: i64,
    pub body: String,
    pub checked_at: Option<DateTime<Utc>>,
    /// `holds`, `differs`, `unknown`, or empty where nobody has asked.
    pub checked: String,
    pub words: String,
}

/// The plan of a site, if it has one.
pub async fn find(tx: &mut Tx, site: i64) -> Result<Option<GridRow>, StoreError> {
    one!(tx, "SELECT * FROM grid WHERE site_id = $1", site)
}

/// The plans of all sites, in the order of their numbers.
pub async fn list(tx: &mut Tx) -> Result<Vec<GridRow>, StoreError> {
    all!(tx, "SELECT * FROM grid ORDER BY site_id LIMIT 10000")
}

/// The nodes of a site, in the order of their numbers.
pub async fn nodes(tx: &mut Tx, site: i64) -> Result<Vec<NodeRow>, StoreError> {
    all!(tx, "SELECT * FROM grid_node WHERE site_id = $1 ORDER BY id LIMIT 2000", site)
}

/// The EVSEs of a site, in the order of their numbers.
pub async fn evses(tx: &mut Tx, site: i64) -> Result<Vec<EvseRow>, StoreError> {
    all!(tx, "SELECT * FROM grid_evse WHERE site_id = $1 ORDER BY id LIMIT 10000", site)
}

/// The highest number that an EVSE of a site's plan has had.
pub async fn last_evse(tx: &mut Tx, site: i64) -> Result<i64, StoreError> {
    Ok(value!(tx, "SELECT last_evse FROM grid WHERE site_id = $1", site)?.unwrap_or(0))
}

/// The EVSEs of one station that a plan has whose stations are told, in the order of their numbers.
pub async fn led(tx: &mut Tx, station: &str) -> Result<Vec<EvseRow>, StoreError> {
    all!(
        tx,
        "SELECT e.* FROM grid_evse e JOIN grid g ON g.site_id = e.site_id
         WHERE e.station_id = $1 AND g.mode = 'on' ORDER BY e.evse LIMIT 1000",
        station,
    )
}

/// The site whose plan has an EVSE, if any has.
pub async fn site_of(tx: &mut Tx, station: &str, evse: i64) -> Result<Option<i64>, StoreError> {
    value!(tx, "SELECT site_id FROM grid_evse WHERE station_id = $1 AND evse = $2", station, evse)
}

/// Puts the plan of a site in the place of what it was; what EVSEs that stay have been checked for is kept. False, and nothing is
/// done: its revision is not `meant` any more (0: that it has no plan).
///
/// # Errors
/// [`StoreError::is_reference`] if there is no such site, [`StoreError::is_duplicate`] if an EVSE belongs to another one's plan.
pub async fn replace(
    tx: &mut Tx,
    grid: &GridRow,
    nodes: &[NodeRow],
    evses: &[EvseRow],
    meant: i64,
) -> Result<bool, StoreError> {
    let put = run!(
        tx,
        "INSERT INTO grid (site_id, mode, voltage, policy, revision, changed_at, last_evse)
         VALUES ($1, $2, $3, $4, $5, $6, $8)
         ON CONFLICT (site_id) DO UPDATE SET mode = excluded.mode, voltage = excluded.voltage, policy = excluded.policy,
            revision = grid.revision + 1, changed_at = excluded.changed_at,
            last_evse = CASE WHEN grid.last_evse > excluded.last_evse THEN grid.last_evse ELSE excluded.last_evse END
         WHERE grid.revision = $7",
        grid.site_id,
        &*grid.mode,
        &*grid.voltage,
        &*grid.policy,
        grid.revision,
        grid.changed_at,
        meant,
        evses.iter().map(|evse| evse.id).max().unwrap_or(0),
    )?;
    if put == 0 {
        return Ok(false);
    }
    run!(tx, "DELETE FROM grid_node WHERE site_id = $1", grid.site_id)?;
    for node in nodes {
        let sql = "INSERT INTO grid_node (site_id, id, name, body) VALUES ($1, $2, $3, $4)";
        run!(tx, sql, node.site_id, node.id, &*node.name, &*node.body)?;
    }
    let before = self::evses(tx, grid.site_id).await?;
    run!(tx, "DELETE FROM grid_evse WHERE site_id = $1", grid.site_id)?;
    for evse in evses {
        let old = before.iter().find(|old| old.id == evse.id && old.body == evse.body).unwrap_or(evse);
        run!(
            tx,
            "INSERT INTO grid_evse (site_id, id, station_id, evse, body, checked_at, checked, words)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            evse.site_id,
            evse.id,
            &*evse.station_id,
            evse.evse,
            &*evse.body,
            old.checked_at,
            &*old.checked,
            &*old.words,
        )?;
    }
    // What is said of a node that has gone means nothing any more.
    run!(
        tx,
        "DELETE FROM grid_load WHERE site_id = $1 AND node_id NOT IN (SELECT id FROM grid_node WHERE site_id = $1)",
        grid.site_id,
    )?;
    run!(
        tx,
        "DELETE FROM grid_limit WHERE site_id = $1 AND node_id IS NOT NULL
            AND node_id NOT IN (SELECT id FROM grid_node WHERE site_id = $1)",
        grid.site_id,
    )?;
    Ok(true)
}

/// From here on nobody else changes the plan of a site, until the transaction ends; also where there is none yet.
pub async fn lock(tx: &mut Tx) -> Result<(), StoreError> {
    counter::take(tx, "grid", 1).await?;
    Ok(())
}

/// Removes the plan of a site with all that is known by it.
pub async fn remove(tx: &mut Tx, site: i64) -> Result<(), StoreError> {
    run!(tx, "DELETE FROM grid WHERE site_id = $1", site)?;
    Ok(())
}

/// A page of plans in the order of their sites' numbers, those after `after`.
pub async fn page(tx: &mut Tx, after: Option<i64>, limit: i64) -> Result<Vec<GridRow>, StoreError> {
    Select::new("SELECT * FROM grid").and_if("site_id > ?", after).page(tx, "site_id", limit).await
}

/// Turns the load management of a site on or off. False if it has no plan.
pub async fn set_mode(tx: &mut Tx, site: i64, mode: &str, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let sql = "UPDATE grid SET mode = $2, revision = revision + 1, changed_at = $3 WHERE site_id = $1";
    Ok(run!(tx, sql, site, mode, now)? > 0)
}

/// What a station has said of an EVSE's default.
pub async fn checked(
    tx: &mut Tx,
    site: i64,
    evse: i64,
    word: &str,
    words: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let sql = "UPDATE grid_evse SET checked_at = $3, checked = $4, words = $5 WHERE site_id = $1 AND id = $2";
    run!(tx, sql, site, evse, now, word, words)?;
    Ok(())
}
