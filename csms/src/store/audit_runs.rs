//! Runs of the audit that somebody has asked for.

use super::clean;
use super::counter;
use super::db::Tx;
use super::error::StoreError;
use super::query::{Select, one, run};
use chrono::{DateTime, Utc};

type At = DateTime<Utc>;

/// A row of `audit_run`.
#[derive(Debug, Clone, Default, PartialEq, sqlx::FromRow)]
pub struct RunRow {
    /// Given by [`begin`].
    pub id: i64,
    pub asked_by: String,
    /// Only this one.
    pub session_id: Option<i64>,
    pub from_at: Option<At>,
    pub to_at: Option<At>,
    /// `running`, `done`, `stopped` or `failed`.
    pub state: String,
    pub reason: String,
    pub audited: i64,
    pub differ: i64,
    pub reached_id: Option<i64>,
    pub begun_at: At,
    pub touched_at: At,
    pub ended_at: Option<At>,
}

/// What became of a wish for a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Begun {
    New(RunRow),
    /// This one is under way; it has been heard of since `alive`.
    Busy(RunRow),
}

/// Begins a run, unless one is under way. One whose process is gone is ended.
pub async fn begin(tx: &mut Tx, new: &RunRow, alive: At) -> Result<Begun, StoreError> {
    // Whoever else begins one waits here for our end.
    let id = counter::take(tx, "audit_run", 1).await?;
    let sql = "SELECT * FROM audit_run WHERE state = 'running' AND touched_at > $1 ORDER BY id LIMIT 1";
    let busy: Option<RunRow> = one!(tx, sql, alive)?;
    if let Some(busy) = busy {
        return Ok(Begun::Busy(busy));
    }
    run!(
        tx,
        "UPDATE audit_run SET state = 'failed', reason = 'its process has ended', ended_at = $1 WHERE state = 'running'",
        new.begun_at,
    )?;
    let row = RunRow { id, ..new.clone() };
    run!(
        tx,
        "INSERT INTO audit_run (id, asked_by, session_id, from_at, to_at, state, reason, audited, differ, reached_id,
            begun_at, touched_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        row.id,
        clean(&row.asked_by),
        row.session_id,
        row.from_at,
        row.to_at,
        &*row.state,
        clean(&row.reason),
        row.audited,
        row.differ,
        row.reached_id,
        row.begun_at,
        row.touched_at,
    )?;
    Ok(Begun::New(row))
}

/// A run, if there is one.
pub async fn find(tx: &mut Tx, id: i64) -> Result<Option<RunRow>, StoreError> {
    one!(tx, "SELECT * FROM audit_run WHERE id = $1", id)
}

/// A page of runs, newest first, those before `before`.
pub async fn list(tx: &mut Tx, before: Option<i64>, limit: i64) -> Result<Vec<RunRow>, StoreError> {
    Select::new("SELECT * FROM audit_run").and_if("id < ?", before).page(tx, "id DESC", limit).await
}

/// How far a run is. False: it is over, somebody has ended it.
pub async fn reached(tx: &mut Tx, row: &RunRow, now: At) -> Result<bool, StoreError> {
    let sql = "UPDATE audit_run SET audited = $2, differ = $3, reached_id = $4, touched_at = $5
               WHERE id = $1 AND state = 'running'";
    Ok(run!(tx, sql, row.id, row.audited, row.differ, row.reached_id, now)? > 0)
}

/// Ends a run. False: it is over.
pub async fn end(tx: &mut Tx, id: i64, state: &str, reason: &str, now: At) -> Result<bool, StoreError> {
    let sql =
        "UPDATE audit_run SET state = $2, reason = $3, ended_at = $4 WHERE id = $1 AND state = 'running'";
    Ok(run!(tx, sql, id, state, clean(reason), now)? > 0)
}
