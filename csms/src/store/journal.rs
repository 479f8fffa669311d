//! The journal of frames. Written by the group writer; kept for a while.

use super::db::Tx;
use super::error::StoreError;
use super::query::Select;
use super::row::JournalRow;
use chrono::{DateTime, Utc};

/// Which part of a station's journal.
#[derive(Debug, Clone, Copy, Default)]
pub struct Span {
    /// Rows with a frame at this instant or later.
    pub from: Option<DateTime<Utc>>,
    /// Rows with a frame before this instant.
    pub to: Option<DateTime<Utc>>,
}

/// A page of a station's journal, newest first, the rows before `before`. A row holds many frames.
pub async fn of_station(
    tx: &mut Tx,
    station: &str,
    span: Span,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<JournalRow>, StoreError> {
    Select::new("SELECT * FROM journal")
        .and("station_id = ?", [station.into()])
        .and_if("to_at >= ?", span.from)
        .and_if("from_at < ?", span.to)
        .and_if("id < ?", before)
        .page(tx, "id DESC", limit)
        .await
}
