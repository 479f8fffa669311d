//! What others say of a site: measurements of other loads, limits from outside, needs of vehicles.

use super::super::db::Tx;
use super::super::error::StoreError;
use super::super::query::{all, one, run, value};
use chrono::{DateTime, Utc};

/// Limits that one station has told: two full schedules, or many short ones.
const OF_STATION_MAX: i64 = 200;

/// A row of `grid_load`; currents in mA.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct LoadRow {
    pub site_id: i64,
    pub node_id: i64,
    pub l1: i64,
    pub l2: i64,
    pub l3: i64,
    pub at: DateTime<Utc>,
}

/// A row of `grid_limit`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct LimitRow {
    pub id: i64,
    pub site_id: i64,
    pub node_id: Option<i64>,
    pub station_id: String,
    pub evse: i64,
    pub source: String,
    pub most: String,
    pub from_at: DateTime<Utc>,
    pub until_at: Option<DateTime<Utc>>,
    pub told_by: String,
    pub event_id: i64,
}

/// A row of `grid_need`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct NeedRow {
    pub session_id: i64,
    pub site_id: i64,
    pub class: Option<i64>,
    pub target_mwh: Option<i64>,
    pub deadline: Option<DateTime<Utc>>,
    pub most_ma: Option<i64>,
    pub phases: Option<i64>,
    pub told_by: String,
    pub event_id: i64,
    /// The most that the vehicle gives back on a phase, as it has said.
    pub back_ma: Option<i64>,
    /// What it shall give back on each phase, and until when.
    pub give_ma: Option<i64>,
    pub give_until: Option<DateTime<Utc>>,
}

/// An open session at an EVSE of a plan, with its latest reading.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct SessionAt {
    pub id: i64,
    pub station_id: String,
    pub evse: i64,
    #[sqlx(rename = "ref")]
    pub reference: String,
    pub protocol: String,
    pub started_at: DateTime<Utc>,
    pub energy_mwh: i64,
    pub charging_state: String,
    pub flags: String,
    pub read_at: Option<DateTime<Utc>>,
    pub read_received_at: Option<DateTime<Utc>>,
    pub read_power_w: Option<i64>,
    pub read_body: Option<String>,
}

/// A message of a station that load management heeds.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct SaidRow {
    pub id: i64,
    pub at: DateTime<Utc>,
    pub station_id: String,
    /// The session that it is about.
    pub session_id: Option<i64>,
    pub kind: String,
    pub body: String,
}

/// Keeps a measurement, unless a later one is known.
pub async fn set_load(tx: &mut Tx, load: &LoadRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO grid_load (site_id, node_id, l1, l2, l3, at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (site_id, node_id) DO UPDATE SET l1 = excluded.l1, l2 = excluded.l2, l3 = excluded.l3,
            at = excluded.at WHERE grid_load.at <= excluded.at",
        load.site_id,
        load.node_id,
        load.l1,
        load.l2,
        load.l3,
        load.at,
    )?;
    Ok(())
}

/// The measurements of a site.
pub async fn loads(tx: &mut Tx, site: i64) -> Result<Vec<LoadRow>, StoreError> {
    all!(tx, "SELECT * FROM grid_load WHERE site_id = $1 ORDER BY node_id LIMIT 2000", site)
}

/// Keeps a limit.
pub async fn add_limit(tx: &mut Tx, limit: &LimitRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO grid_limit (id, site_id, node_id, station_id, evse, source, most, from_at, until_at, told_by, event_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        limit.id,
        limit.site_id,
        limit.node_id,
        &*limit.station_id,
        limit.evse,
        &*limit.source,
        &*limit.most,
        limit.from_at,
        limit.until_at,
        &*limit.told_by,
        limit.event_id,
    )?;
    Ok(())
}

/// The limits of a site that hold at `now` or will, by their start. However many its stations tell, none of those on nodes is left out.
pub async fn limits(tx: &mut Tx, site: i64, now: DateTime<Utc>) -> Result<Vec<LimitRow>, StoreError> {
    let nodes =
        "SELECT * FROM grid_limit WHERE site_id = $1 AND node_id IS NOT NULL AND (until_at IS NULL OR until_at > $2)
         ORDER BY from_at, id LIMIT 1000";
    let stations =
        "SELECT * FROM grid_limit WHERE site_id = $1 AND node_id IS NULL AND (until_at IS NULL OR until_at > $2)
         ORDER BY from_at, id LIMIT 5000";
    let mut found: Vec<LimitRow> = all!(tx, nodes, site, now)?;
    let told: Vec<LimitRow> = all!(tx, stations, site, now)?;
    found.extend(told);
    found.sort_by_key(|limit| (limit.from_at, limit.id));
    Ok(found)
}

/// How many limits on nodes of a site hold at `now` or will.
pub async fn node_limits(tx: &mut Tx, site: i64, now: DateTime<Utc>) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) FROM grid_limit WHERE site_id = $1 AND node_id IS NOT NULL
               AND (until_at IS NULL OR until_at > $2)";
    Ok(value!(tx, sql, site, now)?.unwrap_or(0))
}

/// Takes a limit back. False if the site has no such limit.
pub async fn remove_limit(tx: &mut Tx, site: i64, id: i64) -> Result<bool, StoreError> {
    Ok(run!(tx, "DELETE FROM grid_limit WHERE site_id = $1 AND id = $2", site, id)? > 0)
}

/// Puts what a station says of limits at an EVSE in the place of what it said earlier. A message that is older than what is
/// known, or is known, changes nothing. Of one station so many are kept at the most, what it told last first; returns how many are not.
pub async fn replace_said(
    tx: &mut Tx,
    (station, evse, source): (&str, i64, &str),
    event: i64,
    limits: &[LimitRow],
) -> Result<u64, StoreError> {
    let newer: Vec<(i64,)> = all!(
        tx,
        "SELECT event_id FROM grid_limit WHERE station_id = $1 AND evse = $2 AND told_by = $3 AND event_id >= $4 LIMIT 1",
        station,
        evse,
        source,
        event,
    )?;
    if !newer.is_empty() {
        return Ok(0);
    }
    let sql = "DELETE FROM grid_limit WHERE station_id = $1 AND evse = $2 AND told_by = $3";
    run!(tx, sql, station, evse, source)?;
    for limit in limits {
        add_limit(tx, limit).await?;
    }
    let sql = "DELETE FROM grid_limit WHERE station_id = $1 AND node_id IS NULL AND id NOT IN (SELECT id FROM grid_limit
               WHERE station_id = $1 AND node_id IS NULL ORDER BY event_id DESC, from_at, id LIMIT $2)";
    run!(tx, sql, station, OF_STATION_MAX)
}

/// Keeps what is known of a session's needs. False, and nothing is done: it is known already, or something later is (see [`fill_need`]).
pub async fn set_need(tx: &mut Tx, need: &NeedRow) -> Result<bool, StoreError> {
    let kept = run!(
        tx,
        "INSERT INTO grid_need (session_id, site_id, class, target_mwh, deadline, most_ma, phases, told_by, event_id,
            back_ma, give_ma, give_until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         ON CONFLICT (session_id) DO UPDATE SET class = COALESCE(excluded.class, grid_need.class),
            target_mwh = COALESCE(excluded.target_mwh, grid_need.target_mwh),
            deadline = COALESCE(excluded.deadline, grid_need.deadline),
            most_ma = COALESCE(excluded.most_ma, grid_need.most_ma),
            phases = COALESCE(excluded.phases, grid_need.phases),
            back_ma = COALESCE(excluded.back_ma, grid_need.back_ma),
            give_ma = COALESCE(excluded.give_ma, grid_need.give_ma),
            give_until = COALESCE(excluded.give_until, grid_need.give_until),
            told_by = excluded.told_by, event_id = excluded.event_id
         WHERE excluded.event_id > grid_need.event_id",
        need.session_id,
        need.site_id,
        need.class,
        need.target_mwh,
        need.deadline,
        need.most_ma,
        need.phases,
        &*need.told_by,
        need.event_id,
        need.back_ma,
        need.give_ma,
        need.give_until,
    )?;
    Ok(kept > 0)
}

/// What was said before the latest that is known of a session's needs counts where that leaves something open.
pub async fn fill_need(tx: &mut Tx, need: &NeedRow) -> Result<(), StoreError> {
    run!(
        tx,
        "UPDATE grid_need SET class = COALESCE(class, $3), target_mwh = COALESCE(target_mwh, $4),
            deadline = COALESCE(deadline, $5), most_ma = COALESCE(most_ma, $6), phases = COALESCE(phases, $7),
            back_ma = COALESCE(back_ma, $8), give_ma = COALESCE(give_ma, $9), give_until = COALESCE(give_until, $10)
         WHERE session_id = $1 AND event_id > $2",
        need.session_id,
        need.event_id,
        need.class,
        need.target_mwh,
        need.deadline,
        need.most_ma,
        need.phases,
        need.back_ma,
        need.give_ma,
        need.give_until,
    )?;
    Ok(())
}

/// What is known of the needs of open sessions.
pub async fn needs(tx: &mut Tx, site: i64) -> Result<Vec<NeedRow>, StoreError> {
    let sql = "SELECT n.* FROM grid_need n JOIN session s ON s.id = n.session_id
               WHERE n.site_id = $1 AND s.state = 'open' ORDER BY n.session_id LIMIT 10000";
    all!(tx, sql, site)
}

/// What is known of one session, if anything.
pub async fn need(tx: &mut Tx, session: i64) -> Result<Option<NeedRow>, StoreError> {
    one!(tx, "SELECT * FROM grid_need WHERE session_id = $1", session)
}

/// The open sessions at the EVSEs of a site's plan, by when they began: an old one may come late, and wait there for its stop.
pub async fn stations_sessions(tx: &mut Tx, site: i64) -> Result<Vec<SessionAt>, StoreError> {
    all!(
        tx,
        "SELECT s.id, s.station_id, s.evse, s.ref, s.protocol, s.started_at, s.energy_mwh, s.charging_state, s.flags,
            r.at AS read_at, r.received_at AS read_received_at, r.power_w AS read_power_w, r.body AS read_body
         FROM grid_evse e
         JOIN session s ON s.station_id = e.station_id AND s.evse = e.evse AND s.state = 'open'
         LEFT JOIN reading r ON r.session_id = s.id AND r.digest = (SELECT l.digest FROM reading l
            WHERE l.session_id = s.id ORDER BY l.at DESC, l.seq DESC, l.digest LIMIT 1)
         WHERE e.site_id = $1 ORDER BY s.started_at, s.id LIMIT 10000",
        site,
    )
}

/// What the stations of a site's plan have said of limits and needs since `since`, in its order: of so much the newest, since a limit
/// that was told early may be cleared by now.
pub async fn said(tx: &mut Tx, site: i64, since: DateTime<Utc>) -> Result<Vec<SaidRow>, StoreError> {
    all!(
        tx,
        "SELECT * FROM (SELECT id, at, station_id, session_id, kind, body FROM event
            WHERE station_id IN (SELECT station_id FROM grid_evse WHERE site_id = $1) AND at >= $2
               AND kind IN ('station.limit', 'station.limit.cleared', 'station.charging.needs')
            ORDER BY id DESC LIMIT 5000) AS newest ORDER BY id",
        site,
        since,
    )
}

/// When the stations of a site's plan have booted last.
pub async fn boots(tx: &mut Tx, site: i64) -> Result<Vec<(String, Option<DateTime<Utc>>)>, StoreError> {
    all!(
        tx,
        "SELECT id, booted_at FROM station WHERE id IN (SELECT station_id FROM grid_evse WHERE site_id = $1)
         ORDER BY id LIMIT 10000",
        site,
    )
}
