//! How it stands with the codes that stations make themselves.

use super::db::Tx;
use super::error::StoreError;
use super::query::{one, run};
use chrono::{DateTime, Utc};

/// A row of `station_code`.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct StationCodeRow {
    pub station_id: String,
    /// `set`, `refused` or `unsupported`.
    pub state: String,
    /// Of what the station was told.
    pub digest: String,
    /// Why, for people.
    pub detail: String,
    pub changed_at: DateTime<Utc>,
}

/// How it stands with a station, if it was ever told.
pub async fn find(tx: &mut Tx, station: &str) -> Result<Option<StationCodeRow>, StoreError> {
    one!(tx, "SELECT * FROM station_code WHERE station_id = $1", station)
}

/// Keeps how it stands now.
pub async fn keep(tx: &mut Tx, row: &StationCodeRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO station_code (station_id, state, digest, detail, changed_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (station_id) DO UPDATE SET state = excluded.state, digest = excluded.digest,
            detail = excluded.detail, changed_at = excluded.changed_at",
        &*row.station_id,
        &*row.state,
        &*row.digest,
        super::clean(&row.detail),
        row.changed_at,
    )?;
    Ok(())
}
