//! Tariffs, where they apply, and their snapshots.

use super::db::Tx;
use super::error::StoreError;
use super::query::{Select, one, run, value};
use chrono::{DateTime, Utc};

/// A row of `tariff`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct TariffRow {
    pub id: String,
    pub name: String,
    /// ISO 4217.
    pub currency: String,
    /// `tariffs::Tariff` as JSON.
    pub body: String,
    /// Applies where no other is assigned; at most one is.
    pub is_default: bool,
    pub created_at: DateTime<Utc>,
}

/// Adds a tariff, or changes the one with this id (`created_at` and [`TariffRow::is_default`] stay then; see
/// [`set_default`]).
pub async fn put(tx: &mut Tx, tariff: &TariffRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO tariff (id, name, currency, body, is_default, created_at) VALUES ($1, $2, $3, $4, FALSE, $5)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, currency = excluded.currency, body = excluded.body",
        &*tariff.id,
        &*tariff.name,
        &*tariff.currency,
        &*tariff.body,
        tariff.created_at,
    )?;
    if tariff.is_default {
        set_default(tx, Some(&tariff.id)).await?;
    }
    Ok(())
}

/// Makes this tariff the default, or none.
pub async fn set_default(tx: &mut Tx, id: Option<&str>) -> Result<(), StoreError> {
    run!(tx, "UPDATE tariff SET is_default = (id = $1) WHERE is_default OR id = $1", id.unwrap_or_default())?;
    Ok(())
}

/// The tariff, if there is one.
pub async fn find(tx: &mut Tx, id: &str) -> Result<Option<TariffRow>, StoreError> {
    one!(tx, "SELECT * FROM tariff WHERE id = $1", id)
}

/// A page of tariffs in the order of their ids, those after `after`.
pub async fn list(tx: &mut Tx, after: Option<&str>, limit: i64) -> Result<Vec<TariffRow>, StoreError> {
    Select::new("SELECT * FROM tariff").and_if("id > ?", after).page(tx, "id", limit).await
}

/// The tariff for a session at this EVSE: the EVSE's, else the station's, else the site's, else the default.
/// `evse` 0 asks for the station.
pub async fn assigned(tx: &mut Tx, station: &str, evse: i64) -> Result<Option<TariffRow>, StoreError> {
    one!(
        tx,
        "SELECT tariff.* FROM (
            SELECT tariff_id, 1 AS place FROM evse WHERE station_id = $1 AND evse = $2
            UNION ALL SELECT tariff_id, 2 FROM station WHERE id = $1
            UNION ALL SELECT site.tariff_id, 3 FROM station JOIN site ON site.id = station.site_id
                WHERE station.id = $1
            UNION ALL SELECT id, 4 FROM tariff WHERE is_default
         ) AS assigned JOIN tariff ON tariff.id = assigned.tariff_id ORDER BY assigned.place LIMIT 1",
        station,
        evse,
    )
}

/// Removes a tariff that is assigned nowhere and is not the default. False if it stays, or there is none.
pub async fn delete(tx: &mut Tx, id: &str) -> Result<bool, StoreError> {
    let changed = run!(
        tx,
        "DELETE FROM tariff WHERE id = $1 AND NOT is_default
            AND NOT EXISTS (SELECT 1 FROM evse WHERE tariff_id = $1)
            AND NOT EXISTS (SELECT 1 FROM station WHERE tariff_id = $1)
            AND NOT EXISTS (SELECT 1 FROM site WHERE tariff_id = $1)",
        id,
    )?;
    Ok(changed > 0)
}

/// A tariff as it was when a session started: the JSON kept under this hash.
pub async fn snapshot(tx: &mut Tx, hash: &str) -> Result<Option<String>, StoreError> {
    value!(tx, "SELECT body FROM tariff_snapshot WHERE hash = $1", hash)
}
