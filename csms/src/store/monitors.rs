//! Monitors of stations, and what they have told.

use super::clean;
use super::db::Tx;
use super::error::StoreError;
use super::query::{Select, all, one};
use chrono::{DateTime, Utc};

type At = DateTime<Utc>;

/// A row of `monitor`; see the migration for the meaning of the columns.
#[derive(Debug, Clone, Default, PartialEq, sqlx::FromRow)]
pub struct MonitorRow {
    pub station_id: String,
    pub monitor_id: i64,
    pub component: String,
    pub component_instance: String,
    pub evse: i64,
    pub connector: i64,
    pub name: String,
    pub instance: String,
    pub kind: String,
    pub value: String,
    pub severity: i64,
    pub in_session: bool,
    pub origin: String,
    pub listing: i64,
    pub told_at: At,
    pub raised: bool,
    pub last_value: String,
    pub last_at: Option<At>,
}

/// A row of `monitor_event`.
#[derive(Debug, Clone, Default, PartialEq, sqlx::FromRow)]
pub struct MonitorEventRow {
    pub id: i64,
    pub station_id: String,
    pub monitor_id: Option<i64>,
    pub at: At,
    pub number: i64,
    pub cause: Option<i64>,
    pub word: String,
    pub severity: Option<i64>,
    pub component: String,
    pub evse: i64,
    pub connector: i64,
    pub name: String,
    pub value: String,
    pub cleared: bool,
    pub detail: String,
    pub transaction_ref: String,
}

/// Monitors of one station that are known at one time.
pub const MONITORS_MAX: i64 = 2_000;

/// A monitor of a station.
pub async fn find(tx: &mut Tx, station: &str, monitor: i64) -> Result<Option<MonitorRow>, StoreError> {
    let sql = "SELECT * FROM monitor WHERE station_id = $1 AND monitor_id = $2";
    one!(tx, sql, clean(station), monitor)
}

/// The monitors of a station, those that have something to say first, then the gravest.
pub async fn list(tx: &mut Tx, station: &str) -> Result<Vec<MonitorRow>, StoreError> {
    all!(
        tx,
        "SELECT * FROM monitor WHERE station_id = $1
         ORDER BY CASE WHEN raised THEN 0 ELSE 1 END, severity, monitor_id LIMIT $2",
        clean(station),
        MONITORS_MAX,
    )
}

/// A page of what the monitors of a station, or one of them, have told: the newest first, those before `before`.
pub async fn events(
    tx: &mut Tx,
    station: &str,
    monitor: Option<i64>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<MonitorEventRow>, StoreError> {
    Select::new("SELECT * FROM monitor_event")
        .and("station_id = ?", [clean(station).as_ref().into()])
        .and_if("monitor_id = ?", monitor)
        .and_if("id < ?", before)
        .page(tx, "id DESC", limit)
        .await
}
