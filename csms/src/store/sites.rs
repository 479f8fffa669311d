//! Sites: where stations stand.

use super::db::Tx;
use super::error::StoreError;
use super::query::{Select, containing, one, run};
use chrono::{DateTime, Utc};

/// A row of `site`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct SiteRow {
    pub id: i64,
    pub name: String,
    pub address: String,
    pub city: String,
    /// ISO 3166-1 alpha-3.
    pub country: String,
    /// Decimal degrees as text.
    pub latitude: Option<String>,
    pub longitude: Option<String>,
    /// IANA name, e.g. `Europe/Berlin`.
    pub time_zone: String,
    pub created_at: DateTime<Utc>,
}

/// Adds a site.
pub async fn create(tx: &mut Tx, site: &SiteRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO site (id, name, address, city, country, latitude, longitude, time_zone, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        site.id,
        &*site.name,
        &*site.address,
        &*site.city,
        &*site.country,
        site.latitude.as_deref(),
        site.longitude.as_deref(),
        &*site.time_zone,
        site.created_at,
    )?;
    Ok(())
}

/// Changes a site; `created_at` stays. False if there is none.
pub async fn update(tx: &mut Tx, site: &SiteRow) -> Result<bool, StoreError> {
    let changed = run!(
        tx,
        "UPDATE site SET name = $2, address = $3, city = $4, country = $5, latitude = $6, longitude = $7,
            time_zone = $8 WHERE id = $1",
        site.id,
        &*site.name,
        &*site.address,
        &*site.city,
        &*site.country,
        site.latitude.as_deref(),
        site.longitude.as_deref(),
        &*site.time_zone,
    )?;
    Ok(changed > 0)
}

/// The site, if there is one.
pub async fn find(tx: &mut Tx, id: i64) -> Result<Option<SiteRow>, StoreError> {
    one!(tx, "SELECT * FROM site WHERE id = $1", id)
}

/// The site of a station, if it has one.
pub async fn of_station(tx: &mut Tx, station: &str) -> Result<Option<SiteRow>, StoreError> {
    one!(
        tx,
        "SELECT site.* FROM site JOIN station ON station.site_id = site.id WHERE station.id = $1",
        station
    )
}

/// Up to two sites of this very name.
pub async fn named(tx: &mut Tx, name: &str) -> Result<Vec<SiteRow>, StoreError> {
    Select::new("SELECT * FROM site").and("name = ?", [name.into()]).page(tx, "id", 2).await
}

/// A page of sites in the order they were made, those after `after`; `text` anywhere in name or city.
pub async fn list(
    tx: &mut Tx,
    text: &str,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<SiteRow>, StoreError> {
    let mut select = Select::new("SELECT * FROM site").and_if("id > ?", after);
    if !text.trim().is_empty() {
        let condition = "(LOWER(name) LIKE ? ESCAPE '!' OR LOWER(city) LIKE ? ESCAPE '!')";
        select = select.and(condition, [containing(text), containing(text)]);
    }
    select.page(tx, "id", limit).await
}

/// Removes a site. False if there is none.
///
/// # Errors
/// [`StoreError::is_reference`] if stations stand there.
pub async fn delete(tx: &mut Tx, id: i64) -> Result<bool, StoreError> {
    Ok(run!(tx, "DELETE FROM site WHERE id = $1", id)? > 0)
}
