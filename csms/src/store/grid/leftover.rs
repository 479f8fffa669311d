//! Profiles of EVSEs that have left their plan.

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

/// Profiles that are to be taken away, the oldest first; some at a time.
pub async fn leftovers(tx: &mut Tx) -> Result<Vec<LeftoverRow>, StoreError> {
    all!(tx, "SELECT * FROM grid_leftover ORDER BY since, station_id, profile_id LIMIT 1000")
}

/// It is in a plan again, or somebody is asked to take it away.
pub async fn remove_leftover(tx: &mut Tx, station: &str, profile: i64) -> Result<(), StoreError> {
    run!(tx, "DELETE FROM grid_leftover WHERE station_id = $1 AND profile_id = $2", station, profile)?;
    Ok(())
}
