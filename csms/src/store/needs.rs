//! What vehicles need, and the plans that were made for them.

use super::db::Tx;
use super::error::StoreError;
use super::query::{all, one, run};
use super::row::SessionRow;
use super::{clean, commands::CommandRow};
use chrono::{DateTime, Utc};

type At = DateTime<Utc>;

/// A row of `charging_need`. The group writer keeps it, but for [`NeedRow::plans`], which is an operator's.
#[derive(Debug, Clone, Default, PartialEq, sqlx::FromRow)]
pub struct NeedRow {
    pub session_id: i64,
    pub station_id: String,
    pub evse: i64,
    /// One more with each thing that wants a new plan.
    pub round: i64,
    /// NotifyEVChargingNeeds; empty: none was told.
    pub body: String,
    pub told_at: At,
    /// What the session had taken then.
    pub energy_mwh: i64,
    /// `accepted`, `processing`, `rejected`, `no_plan` or empty.
    pub answer: String,
    /// For people.
    pub reason: String,
    /// NotifyEVChargingSchedule; empty: not told.
    pub schedule: String,
    pub schedule_at: Option<At>,
    /// `accepted`, `rejected` or empty.
    pub schedule_answer: String,
    /// `on`, `off` or empty: the last NotifyPriorityCharging.
    pub priority: String,
    /// `off`: an operator wants no plan for this session.
    pub plans: String,
}

/// A row of `charging_plan`.
#[derive(Debug, Clone, Default, PartialEq, sqlx::FromRow)]
pub struct PlanRow {
    pub session_id: i64,
    /// Of the need that it is for.
    pub round: i64,
    /// `sent`, `set`, `refused`, `lost` or `none`.
    pub state: String,
    /// ChargingProfile as it is on the wire.
    pub profile: String,
    /// W that the EVSE and the vehicle allowed when it was made.
    pub most: i64,
    /// Of what is needed, not before the departure.
    pub missing_wh: i64,
    /// For people.
    pub reason: String,
    pub command_id: Option<i64>,
    pub at: At,
    /// What the vehicle was to give back by plans since it told its needs, up to this one.
    pub lent_wh: i64,
}

/// What is known of a session's needs.
pub async fn find(tx: &mut Tx, session: i64) -> Result<Option<NeedRow>, StoreError> {
    one!(tx, "SELECT * FROM charging_need WHERE session_id = $1", session)
}

/// The plan of a session.
pub async fn plan(tx: &mut Tx, session: i64) -> Result<Option<PlanRow>, StoreError> {
    one!(tx, "SELECT * FROM charging_plan WHERE session_id = $1", session)
}

/// The needs of a station's open sessions, oldest first.
pub async fn open(tx: &mut Tx, station: &str) -> Result<Vec<NeedRow>, StoreError> {
    let sql = "SELECT n.* FROM charging_need n JOIN session s ON s.id = n.session_id
               WHERE n.station_id = $1 AND s.state = 'open' ORDER BY n.session_id LIMIT 1000";
    all!(tx, sql, clean(station))
}

/// Stations with open sessions whose vehicles have told what they need; a page of them, those after `after`.
pub async fn stations(tx: &mut Tx, after: &str, limit: i64) -> Result<Vec<(String,)>, StoreError> {
    let sql = "SELECT DISTINCT n.station_id FROM charging_need n JOIN session s ON s.id = n.session_id
               WHERE s.state = 'open' AND n.body <> '' AND n.station_id > $1 ORDER BY n.station_id LIMIT $2";
    all!(tx, sql, after, limit)
}

/// EVSEs in the plan of a site where a vehicle has a plan of its own: station and number.
pub async fn planned_beside(tx: &mut Tx, site: i64) -> Result<Vec<(String, i64)>, StoreError> {
    let sql = "SELECT DISTINCT s.station_id, s.evse FROM grid_evse e
               JOIN session s ON s.station_id = e.station_id AND s.evse = e.evse AND s.state = 'open'
               JOIN charging_plan p ON p.session_id = s.id
               WHERE e.site_id = $1 AND p.state <> 'none' ORDER BY s.station_id, s.evse LIMIT 10000";
    all!(tx, sql, site)
}

/// Keeps a plan in the place of the one before.
pub async fn set_plan(tx: &mut Tx, row: &PlanRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO charging_plan (session_id, round, state, profile, most, missing_wh, reason, command_id, at, lent_wh)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT (session_id) DO UPDATE SET round = excluded.round, state = excluded.state,
            profile = excluded.profile, most = excluded.most, missing_wh = excluded.missing_wh,
            reason = excluded.reason, command_id = excluded.command_id, at = excluded.at,
            lent_wh = excluded.lent_wh",
        row.session_id,
        row.round,
        &*row.state,
        clean(&row.profile),
        row.most,
        row.missing_wh,
        clean(&row.reason),
        row.command_id,
        row.at,
        row.lent_wh,
    )?;
    Ok(())
}

/// An operator wants a plan for this session, anew (`""`), or none (`off`).
pub async fn choose(tx: &mut Tx, session: &SessionRow, plans: &str, now: At) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO charging_need (session_id, station_id, evse, round, body, told_at, energy_mwh, answer, reason,
            schedule, schedule_answer, priority, plans) VALUES ($1, $2, $3, 1, '', $4, 0, '', '', '', '', '', $5)
         ON CONFLICT (session_id) DO UPDATE SET plans = excluded.plans, round = charging_need.round + 1",
        session.id,
        &*session.station_id,
        session.evse,
        now,
        plans,
    )?;
    Ok(())
}

/// The newest commands that were sent to a station and are about charging profiles, newest first; but those of load management and of
/// plans, which look after theirs.
pub async fn profiles_told(tx: &mut Tx, station: &str, limit: i64) -> Result<Vec<CommandRow>, StoreError> {
    let sql = "SELECT * FROM command WHERE station_id = $1 AND state IN ('sent', 'answered', 'unknown')
               AND kind IN ('set-profile', 'clear-profile', 'start', 'call') AND asked_by NOT IN ('grid', 'needs')
               AND calls LIKE '%hargingProfile%' ORDER BY id DESC LIMIT $2";
    all!(tx, sql, clean(station), limit)
}

/// The newest commands of a station about charging profiles that it has accepted or has been sent, newest first: a station
/// may act on one before its answer is kept, and on one whose answer was lost.
pub async fn profile_commands(tx: &mut Tx, station: &str, limit: i64) -> Result<Vec<CommandRow>, StoreError> {
    let sql = "SELECT * FROM command WHERE station_id = $1 AND (verdict = 'accepted' OR state IN ('sent', 'unknown'))
               AND kind IN ('set-profile', 'clear-profile', 'update-schedule', 'call') ORDER BY id DESC LIMIT $2";
    all!(tx, sql, clean(station), limit)
}
