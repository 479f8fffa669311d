//! Named values of the installation: keys, marks of what has been done.

use super::db::Tx;
use super::error::StoreError;
use super::query::{run, value};
use chrono::{DateTime, Utc};

/// The value, if it is set.
pub async fn get(tx: &mut Tx, name: &str) -> Result<Option<String>, StoreError> {
    value!(tx, "SELECT value FROM setting WHERE name = $1", name)
}

/// Sets the value.
pub async fn set(tx: &mut Tx, name: &str, value: &str) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        name,
        value,
    )?;
    Ok(())
}

/// Sets the value unless there is one, and says which one holds: two processes that start at once agree on it.
pub async fn set_if_absent(tx: &mut Tx, name: &str, value: &str) -> Result<String, StoreError> {
    run!(tx, "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING", name, value)?;
    Ok(get(tx, name).await?.unwrap_or_else(|| value.to_owned()))
}

/// Takes a lease until an instant, unless somebody holds it: one process of several does a job. It is not given back; it
/// ends. False: somebody holds it.
pub async fn lease(
    tx: &mut Tx,
    name: &str,
    until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let taken = run!(
        tx,
        "INSERT INTO setting (name, value) VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE setting.value <= $3",
        name,
        instant(until),
        instant(now),
    )?;
    Ok(taken > 0)
}

/// Process `node` is at work, and is so until an instant if it says nothing more.
pub async fn at_work(tx: &mut Tx, node: i64, until: DateTime<Utc>) -> Result<(), StoreError> {
    set(tx, &format!("process.{node}"), &instant(until)).await
}

/// Is a process at work beside `node`?
pub async fn others_at_work(tx: &mut Tx, node: i64, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let found: Option<String> = value!(
        tx,
        "SELECT name FROM setting WHERE name LIKE 'process.%' AND name <> $1 AND value > $2 LIMIT 1",
        format!("process.{node}"),
        instant(now),
    )?;
    Ok(found.is_some())
}

/// Of one length, so that texts compare like instants.
pub(super) fn instant(at: DateTime<Utc>) -> String {
    format!("{:020}", at.timestamp_micros())
}
