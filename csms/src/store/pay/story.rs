//! The story of an order for people.

use super::super::clean;
use super::super::db::Tx;
use super::super::error::StoreError;
use super::super::query::{all, run};
use chrono::{DateTime, Utc};

/// A row of `pay_story`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct StoryRow {
    pub id: i64,
    pub order_id: i64,
    pub at: DateTime<Utc>,
    pub kind: String,
    pub by_whom: String,
    pub body: String,
}

/// Adds a line.
pub async fn add(tx: &mut Tx, line: &StoryRow) -> Result<(), StoreError> {
    debug_assert!(crate::pay::STORY_LINES.contains(&&*line.kind), "{} is on no list of lines", line.kind);
    run!(
        tx,
        "INSERT INTO pay_story (id, order_id, at, kind, by_whom, body) VALUES ($1, $2, $3, $4, $5, $6)",
        line.id,
        line.order_id,
        line.at,
        &*line.kind,
        clean(&line.by_whom),
        clean(&line.body),
    )?;
    Ok(())
}

/// The story of an order, from the beginning.
pub async fn of_order(tx: &mut Tx, order: i64) -> Result<Vec<StoryRow>, StoreError> {
    all!(tx, "SELECT * FROM pay_story WHERE order_id = $1 ORDER BY id LIMIT 500", order)
}
