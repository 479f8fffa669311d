//! Profiles that are in no plan any more.

use super::super::db::Tx;
use super::super::error::StoreError;
use super::super::query::{all, run};
use chrono::{DateTime, Utc};

/// A row of `grid_leftover`.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct LeftoverRow {
    pub station_id: String,
    pub profile_id: i64,
    pub since: DateTime<Utc>,
}

/// A profile is in no plan any more.
pub async fn add_leftover(tx: &mut Tx, row: &LeftoverRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO grid_leftover (station_id, profile_id, since) VALUES ($1, $2, $3)
         ON CONFLICT (station_id, profile_id) DO UPDATE SET since = excluded.since",
        &*row.station_id,
        row.profile_id,
        row.since,
    )?;
    Ok(())
}

/// Profiles that are to be taken away, the oldest first.
pub async fn leftovers(tx: &mut Tx) -> Result<Vec<LeftoverRow>, StoreError> {
    all!(tx, "SELECT * FROM grid_leftover ORDER BY since, station_id, profile_id LIMIT 100000")
}

/// How the keys begin of the commands that take it away.
pub fn leftover_key(row: &LeftoverRow) -> String {
    format!("left:{}:{}:", row.station_id, row.profile_id)
}

/// Profiles that no command that is under way takes away, the oldest first; some at a time. However many stations are away, they
/// keep none of the others waiting. Queued commands and sent ones have an index each; with OR all of a station would be read.
pub async fn unasked_leftovers(tx: &mut Tx) -> Result<Vec<LeftoverRow>, StoreError> {
    all!(
        tx,
        "SELECT l.* FROM grid_leftover l
         WHERE NOT EXISTS (SELECT 1 FROM command c WHERE c.station_id = l.station_id AND c.state = 'queued'
               AND c.asked_by = 'grid' AND c.key LIKE 'left:' || l.station_id || ':' || CAST(l.profile_id AS TEXT) || ':%')
            AND NOT EXISTS (SELECT 1 FROM command c WHERE c.station_id = l.station_id AND c.state = 'sent'
               AND c.asked_by = 'grid' AND c.key LIKE 'left:' || l.station_id || ':' || CAST(l.profile_id AS TEXT) || ':%')
         ORDER BY l.since, l.station_id, l.profile_id LIMIT 1000",
    )
}

/// It is to be asked for once more; unless it has gone meanwhile, or was left anew.
pub async fn renew_leftover(tx: &mut Tx, row: &LeftoverRow, now: DateTime<Utc>) -> Result<(), StoreError> {
    let sql = "UPDATE grid_leftover SET since = $4 WHERE station_id = $1 AND profile_id = $2 AND since = $3";
    run!(tx, sql, &*row.station_id, row.profile_id, row.since, now)?;
    Ok(())
}

/// It is in a plan again, or was taken away; unless it was left anew meanwhile.
pub async fn remove_leftover(tx: &mut Tx, row: &LeftoverRow) -> Result<(), StoreError> {
    let sql = "DELETE FROM grid_leftover WHERE station_id = $1 AND profile_id = $2 AND since = $3";
    run!(tx, sql, &*row.station_id, row.profile_id, row.since)?;
    Ok(())
}
