//! Deletes what is older than it need be, a little at a time, so that nobody waits for long.
//! Sessions, readings and bills are never deleted.

use super::db::Db;
use super::error::StoreError;
use super::query::{run, value};
use crate::config::Retention;
use crate::id::Ids;
use chrono::{DateTime, TimeDelta, Utc};

/// Rows deleted in one transaction.
const CHUNK: i64 = 1_000;

/// How many rows were deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Removed {
    pub journal: u64,
    pub meter_values: u64,
    pub events: u64,
    pub attempts: u64,
    pub logins: u64,
}

/// Deletes everything that is past its time at `now`. May be dropped at any moment: what is deleted stays deleted.
pub async fn run(db: &Db, keep: &Retention, now: DateTime<Utc>) -> Result<Removed, StoreError> {
    let before = |days: u32| now - TimeDelta::days(i64::from(days));
    let oldest = |days: u32| Ids::floor(before(days));
    let journal_floor = oldest(keep.journal_days).max(journal_over_cap(db, keep.journal_rows_max).await?);
    let attempts_floor = match attempts_over_cap(db, keep.attempt_rows_max).await? {
        Some(over) => before(keep.attempt_days).max(over),
        None => before(keep.attempt_days),
    };
    Ok(Removed {
        journal: chunks(db, JOURNAL, journal_floor).await?,
        meter_values: chunks(db, METER_VALUE, oldest(keep.meter_value_days)).await?,
        events: chunks(db, EVENT, oldest(keep.event_days)).await?,
        attempts: attempts_before(db, attempts_floor).await?,
        logins: logins(db, now).await?,
    })
}

const JOURNAL: &str =
    "DELETE FROM journal WHERE id IN (SELECT id FROM journal WHERE id < $1 ORDER BY id LIMIT $2)";
const METER_VALUE: &str =
    "DELETE FROM meter_value WHERE id IN (SELECT id FROM meter_value WHERE id < $1 ORDER BY id LIMIT $2)";
const EVENT: &str = "DELETE FROM event WHERE id IN (SELECT id FROM event WHERE id < $1 ORDER BY id LIMIT $2)";

/// Ids are ordered by time, so age is a range of the primary key.
async fn chunks(db: &Db, sql: &'static str, below: i64) -> Result<u64, StoreError> {
    let mut removed = 0;
    loop {
        let mut tx = db.write().await?;
        let some = run!(&mut tx, sql, below, CHUNK)?;
        tx.commit().await?;
        removed += some;
        if some < CHUNK as u64 {
            return Ok(removed);
        }
    }
}

/// The id below which journal rows are more than `rows_max`; 0 if there are fewer.
async fn journal_over_cap(db: &Db, rows_max: u64) -> Result<i64, StoreError> {
    let rows_max = i64::try_from(rows_max).unwrap_or(i64::MAX);
    let mut tx = db.read().await?;
    let newest_over: Option<i64> =
        value!(&mut tx, "SELECT id FROM journal ORDER BY id DESC LIMIT 1 OFFSET $1", rows_max)?;
    Ok(newest_over.map_or(0, |id| id + 1))
}

/// The instant before which attempts are more than `rows_max`.
async fn attempts_over_cap(db: &Db, rows_max: u64) -> Result<Option<DateTime<Utc>>, StoreError> {
    let rows_max = i64::try_from(rows_max).unwrap_or(i64::MAX);
    let mut tx = db.read().await?;
    let newest_over: Option<DateTime<Utc>> =
        value!(&mut tx, "SELECT last_at FROM attempt ORDER BY last_at DESC LIMIT 1 OFFSET $1", rows_max)?;
    Ok(newest_over.map(|at| at + TimeDelta::microseconds(1)))
}

async fn attempts_before(db: &Db, before: DateTime<Utc>) -> Result<u64, StoreError> {
    let mut removed = 0;
    loop {
        let mut tx = db.write().await?;
        let some = run!(
            &mut tx,
            "DELETE FROM attempt WHERE (identity, cause, address) IN
                (SELECT identity, cause, address FROM attempt WHERE last_at < $1 ORDER BY last_at LIMIT $2)",
            before,
            CHUNK,
        )?;
        tx.commit().await?;
        removed += some;
        if some < CHUNK as u64 {
            return Ok(removed);
        }
    }
}

async fn logins(db: &Db, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let mut tx = db.write().await?;
    let removed = super::accounts::prune_logins(&mut tx, now).await?;
    tx.commit().await?;
    Ok(removed)
}
