//! Which process looks after a site.

use super::super::db::Tx;
use super::super::error::StoreError;
use super::super::query::{all, one, run};
use chrono::{DateTime, Utc};

/// A row of `grid_lease`.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct LeaseRow {
    pub site_id: i64,
    /// The process (`database.node`).
    pub holder: i64,
    /// How many of the site's stations are connected there; without any it gives way to who has some.
    pub stations: i64,
    pub until_at: DateTime<Utc>,
}

/// All leases, also those that are over.
pub async fn leases(tx: &mut Tx) -> Result<Vec<LeaseRow>, StoreError> {
    all!(tx, "SELECT * FROM grid_lease ORDER BY site_id LIMIT 10000")
}

/// The lease of one site.
pub async fn lease_of(tx: &mut Tx, site: i64) -> Result<Option<LeaseRow>, StoreError> {
    one!(tx, "SELECT * FROM grid_lease WHERE site_id = $1", site)
}

/// Takes or keeps a lease. False: another has it.
pub async fn lease(tx: &mut Tx, row: &LeaseRow, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let taken = run!(
        tx,
        "INSERT INTO grid_lease (site_id, holder, stations, until_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (site_id) DO UPDATE SET holder = excluded.holder, stations = excluded.stations,
            until_at = excluded.until_at
         WHERE grid_lease.holder = excluded.holder OR grid_lease.until_at <= $5
            OR (grid_lease.stations = 0 AND excluded.stations > 0)",
        row.site_id,
        row.holder,
        row.stations,
        row.until_at,
        now,
    )?;
    Ok(taken > 0)
}

/// Keeps a lease in a transaction that counts on it: nobody takes it before that ends. False: another has it.
pub async fn hold(tx: &mut Tx, site: i64, holder: i64, until: DateTime<Utc>) -> Result<bool, StoreError> {
    let sql = "UPDATE grid_lease SET until_at = $3 WHERE site_id = $1 AND holder = $2";
    Ok(run!(tx, sql, site, holder, until)? > 0)
}

/// Gives up all that a process has.
pub async fn release(tx: &mut Tx, holder: i64) -> Result<(), StoreError> {
    run!(tx, "DELETE FROM grid_lease WHERE holder = $1", holder)?;
    Ok(())
}
