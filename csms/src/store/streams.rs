//! Streams of monitored values that stations have opened (2.1), and what they have told.

use super::clean;
use super::db::Tx;
use super::error::StoreError;
use super::query::{Select, all, one};
use chrono::{DateTime, Utc};

type At = DateTime<Utc>;

/// A row of `event_stream`.
#[derive(Debug, Clone, Default, PartialEq, sqlx::FromRow)]
pub struct StreamRow {
    pub station_id: String,
    /// The station's own number.
    pub stream_id: i64,
    /// Of the monitor whose values it has.
    pub monitor_id: i64,
    /// Values are told so often at the latest, …
    pub interval_s: Option<i64>,
    /// … or when so many are there.
    pub values_max: Option<i64>,
    pub opened_at: At,
    pub closed_at: Option<At>,
    /// When the last values came.
    pub last_at: Option<At>,
    /// Values that waited at the station then.
    pub pending: i64,
}

/// A row of `stream_value`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct StreamValueRow {
    pub station_id: String,
    pub stream_id: i64,
    pub at: At,
    pub value: String,
}

/// A stream of a station.
pub async fn find(tx: &mut Tx, station: &str, stream: i64) -> Result<Option<StreamRow>, StoreError> {
    let sql = "SELECT * FROM event_stream WHERE station_id = $1 AND stream_id = $2";
    one!(tx, sql, clean(station), stream)
}

/// The streams of a station, those that are open first.
pub async fn list(tx: &mut Tx, station: &str) -> Result<Vec<StreamRow>, StoreError> {
    let sql = "SELECT * FROM event_stream WHERE station_id = $1
               ORDER BY CASE WHEN closed_at IS NULL THEN 0 ELSE 1 END, stream_id LIMIT 1000";
    all!(tx, sql, clean(station))
}

/// The newest values of a stream, newest first.
pub async fn values(
    tx: &mut Tx,
    station: &str,
    stream: i64,
    before: Option<DateTime<Utc>>,
    limit: i64,
) -> Result<Vec<StreamValueRow>, StoreError> {
    let select = Select::new("SELECT * FROM stream_value")
        .and("station_id = ?", [station.into()])
        .and("stream_id = ?", [stream.into()])
        .and_if("at < ?", before);
    select.page(tx, "at DESC", limit).await
}
