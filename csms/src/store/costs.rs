//! What sessions cost, as stations were told for their displays.

use super::clean;
use super::db::Tx;
use super::error::StoreError;
use super::query::{all, one, run};
use super::row::SessionRow;
use chrono::{DateTime, Utc};

/// A row of `cost_told`.
#[derive(Debug, Clone, Default, PartialEq, sqlx::FromRow)]
pub struct CostRow {
    pub session_id: i64,
    pub station_id: String,
    /// `running` or `final`.
    pub kind: String,
    /// The session's charging state then.
    pub state: String,
    pub cost: String,
    /// `Accepted`, or why not.
    pub answer: String,
    pub told_at: DateTime<Utc>,
    /// Calls in a row that came to nothing.
    pub tries: i64,
}

/// What a station was told of its sessions that run, and of those that have ended since.
pub async fn told(tx: &mut Tx, station: &str, since: DateTime<Utc>) -> Result<Vec<CostRow>, StoreError> {
    let sql = "SELECT c.* FROM cost_told c JOIN session s ON s.id = c.session_id
               WHERE c.station_id = $1 AND (s.state = 'open' OR s.ended_at >= $2) ORDER BY c.session_id LIMIT 1000";
    all!(tx, sql, clean(station), since)
}

/// What the station was told last of a session's cost, if anything.
pub async fn of_session(tx: &mut Tx, session: i64) -> Result<Option<CostRow>, StoreError> {
    one!(tx, "SELECT * FROM cost_told WHERE session_id = $1", session)
}

/// Sessions of a station that have ended since, with a price, and whose final cost its display was not told.
pub async fn ended(tx: &mut Tx, station: &str, since: DateTime<Utc>) -> Result<Vec<SessionRow>, StoreError> {
    let sql = "SELECT s.* FROM session s LEFT JOIN cost_told c ON c.session_id = s.id
               WHERE s.station_id = $1 AND s.state = 'ended' AND s.ended_at >= $2 AND s.received_at >= $2
                  AND s.cost <> '' AND COALESCE(c.kind, '') <> 'final' ORDER BY s.id LIMIT 100";
    all!(tx, sql, clean(station), since)
}

/// Stations with sessions that run.
pub async fn stations(tx: &mut Tx, after: &str, limit: i64) -> Result<Vec<(String,)>, StoreError> {
    let sql = "SELECT DISTINCT station_id FROM session WHERE state = 'open' AND station_id > $1
               ORDER BY station_id LIMIT $2";
    all!(tx, sql, after, limit)
}

/// Keeps what a station was told, in the place of what it was told before.
pub async fn keep(tx: &mut Tx, row: &CostRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO cost_told (session_id, station_id, kind, state, cost, answer, told_at, tries)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (session_id) DO UPDATE SET kind = excluded.kind, state = excluded.state, cost = excluded.cost,
            answer = excluded.answer, told_at = excluded.told_at, tries = excluded.tries",
        row.session_id,
        clean(&row.station_id),
        &*row.kind,
        clean(&row.state),
        &*row.cost,
        clean(&row.answer),
        row.told_at,
        row.tries,
    )?;
    Ok(())
}
