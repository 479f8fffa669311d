//! Deletes what is older than it need be, a little at a time, so that nobody waits for long.
//! Sessions, readings, bills, orders, their money, documents and the ledger are never deleted. Nor is what makes things
//! happen once: effects, numbers and keys of orders outlive the notifications that brought them.

use super::db::{Db, Tx};
use super::error::StoreError;
use super::query::{run, value};
use crate::config::Retention;
use crate::id::Ids;
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::BoxFuture;

/// Rows deleted in one transaction.
const CHUNK: i64 = 1_000;
/// A provider sends a notification again within 30 days at most, by hand; by then it must be known that it came.
const NOTICE_LEAST: u32 = 35;

/// An answer is given again for so long.
pub const REQUESTS: TimeDelta = TimeDelta::hours(24);

/// How many rows were deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Removed {
    pub journal: u64,
    pub meter_values: u64,
    /// Of streams.
    pub stream_values: u64,
    pub events: u64,
    /// Commands that are over, with what was answered.
    pub commands: u64,
    /// Parts of what stations have told of customers.
    pub customers: u64,
    /// What monitors of stations have told.
    pub monitor_events: u64,
    /// Deliveries to webhooks that are over.
    pub deliveries: u64,
    pub attempts: u64,
    pub logins: u64,
    /// Answers to requests of the API.
    pub requests: u64,
    pub notices: u64,
    pub tasks: u64,
    pub stories: u64,
    pub decisions: u64,
    pub messages: u64,
    /// Orders that say nothing any more of who paid, and drivers who are nobody any more.
    pub contacts: u64,
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
        events: chunks(db, EVENT, oldest(keep.event_days)).await?
            + chunks(db, PROGRESS, oldest(keep.progress_days)).await?,
        commands: chunks(db, COMMAND, oldest(keep.command_days)).await?,
        customers: chunks(db, CUSTOMER, oldest(keep.customer_days)).await?,
        monitor_events: chunks(db, MONITOR_EVENT, oldest(keep.event_days)).await?,
        deliveries: chunks(db, DELIVERY, oldest(keep.delivery_days)).await?,
        stream_values: stream_values(db, before(keep.stream_value_days)).await?,
        attempts: attempts_before(db, attempts_floor).await?,
        logins: logins(db, now).await?,
        requests: requests(db, now - REQUESTS).await?,
        notices: chunks(db, NOTICE, oldest(keep.notice_days.max(NOTICE_LEAST))).await?,
        tasks: chunks(db, TASK, oldest(keep.task_days)).await?,
        stories: chunks(db, STORY, oldest(keep.story_days)).await?,
        decisions: chunks(db, CASE, oldest(keep.decision_days)).await?
            + chunks(db, DECISION, oldest(keep.decision_days)).await?,
        messages: chunks(db, MESSAGE, oldest(keep.contact_days)).await?,
        contacts: chunks(db, CONTACT, oldest(keep.contact_days)).await?
            + chunks(db, DRIVER, oldest(keep.contact_days)).await?,
    })
}

const JOURNAL: &str =
    "DELETE FROM journal WHERE id IN (SELECT id FROM journal WHERE id < $1 ORDER BY id LIMIT $2)";
const METER_VALUE: &str =
    "DELETE FROM meter_value WHERE id IN (SELECT id FROM meter_value WHERE id < $1 ORDER BY id LIMIT $2)";
const EVENT: &str = "DELETE FROM event WHERE id IN (SELECT id FROM event WHERE id < $1 ORDER BY id LIMIT $2)";
const PROGRESS: &str = "DELETE FROM event WHERE id IN
    (SELECT id FROM event WHERE kind = 'session.progress' AND id < $1 ORDER BY id LIMIT $2)";
const COMMAND: &str = "DELETE FROM command WHERE id IN
    (SELECT id FROM command WHERE id < $1 AND state NOT IN ('queued', 'sent') AND outcome <> 'pending' ORDER BY id LIMIT $2)";
/// Of commands that are long over: a part has the number of its command.
const CUSTOMER: &str = "DELETE FROM command_part WHERE command_id IN
    (SELECT id FROM command WHERE watch = 'customer' AND id < $1
        AND EXISTS (SELECT 1 FROM command_part p WHERE p.command_id = command.id) ORDER BY id LIMIT $2)";
const MONITOR_EVENT: &str = "DELETE FROM monitor_event WHERE id IN
    (SELECT id FROM monitor_event WHERE id < $1 ORDER BY id LIMIT $2)";
const DELIVERY: &str = "DELETE FROM webhook_delivery WHERE id IN
    (SELECT id FROM webhook_delivery WHERE id < $1 AND state <> 'waiting' ORDER BY id LIMIT $2)";

const NOTICE: &str =
    "DELETE FROM pay_inbox WHERE id IN (SELECT id FROM pay_inbox WHERE id < $1 ORDER BY id LIMIT $2)";
/// What was given up waits for people.
const TASK: &str = "DELETE FROM pay_task WHERE id IN
    (SELECT id FROM pay_task WHERE id < $1 AND state = 'done' ORDER BY id LIMIT $2)";
const STORY: &str =
    "DELETE FROM pay_story WHERE id IN (SELECT id FROM pay_story WHERE id < $1 ORDER BY id LIMIT $2)";
/// What is open waits for people.
const CASE: &str = "DELETE FROM risk_case WHERE id IN
    (SELECT id FROM risk_case WHERE decision_id < $1 AND verdict <> '' ORDER BY id LIMIT $2)";
const DECISION: &str = "DELETE FROM risk_decision WHERE id IN (SELECT id FROM risk_decision WHERE id < $1
        AND NOT EXISTS (SELECT 1 FROM risk_case c WHERE c.decision_id = risk_decision.id) ORDER BY id LIMIT $2)";
const MESSAGE: &str = "DELETE FROM message WHERE id IN
    (SELECT id FROM message WHERE id < $1 AND state <> 'waiting' ORDER BY id LIMIT $2)";
/// Who owes is still to be reached.
const CONTACT: &str = "UPDATE pay_order SET contact = '', device = '', address = '' WHERE id IN
    (SELECT id FROM pay_order WHERE id < $1 AND (contact <> '' OR device <> '' OR address <> '')
        AND state IN ('captured', 'released', 'partly_refunded', 'refunded', 'failed', 'expired', 'cancelled')
     ORDER BY id LIMIT $2)";

/// Who has paid as a guest and has not come back. Whoever has a contract, a method on file or a balance is a customer.
const DRIVER: &str = "UPDATE driver SET email = '', phone = '' WHERE id IN
    (SELECT d.id FROM driver d WHERE d.id < $1 AND (d.email <> '' OR d.phone <> '') AND d.pays_by = ''
        AND NOT EXISTS (SELECT 1 FROM mandate m WHERE m.driver_id = d.id AND m.state = 'active')
        AND EXISTS (SELECT 1 FROM pay_order o WHERE o.driver_id = d.id)
        AND NOT EXISTS (SELECT 1 FROM pay_order o WHERE o.driver_id = d.id
            AND (o.id >= $1 OR o.contact <> '' OR o.purpose = 'top_up'))
     ORDER BY d.id LIMIT $2)";

/// Ids are ordered by time, so age is a range of the primary key.
async fn chunks(db: &Db, sql: &'static str, below: i64) -> Result<u64, StoreError> {
    in_chunks(db, |tx| Box::pin(async move { run!(tx, sql, below, CHUNK) })).await
}

/// So many rows in a transaction, until there are no more: nobody waits for long.
async fn in_chunks(
    db: &Db,
    remove: impl for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<u64, StoreError>>,
) -> Result<u64, StoreError> {
    let mut removed = 0;
    loop {
        let mut tx = db.write().await?;
        let some = remove(&mut tx).await?;
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
    let sql = "DELETE FROM attempt WHERE (identity, cause, address) IN
        (SELECT identity, cause, address FROM attempt WHERE last_at < $1 ORDER BY last_at LIMIT $2)";
    in_chunks(db, |tx| Box::pin(async move { run!(tx, sql, before, CHUNK) })).await
}

async fn stream_values(db: &Db, before: DateTime<Utc>) -> Result<u64, StoreError> {
    let sql = "DELETE FROM stream_value WHERE (station_id, stream_id, at) IN
        (SELECT station_id, stream_id, at FROM stream_value WHERE at < $1 ORDER BY at LIMIT $2)";
    in_chunks(db, |tx| Box::pin(async move { run!(tx, sql, before, CHUNK) })).await
}

async fn logins(db: &Db, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let mut tx = db.write().await?;
    let removed = super::accounts::prune_logins(&mut tx, now).await?;
    tx.commit().await?;
    Ok(removed)
}

async fn requests(db: &Db, before: DateTime<Utc>) -> Result<u64, StoreError> {
    in_chunks(db, |tx| Box::pin(super::api_requests::prune(tx, before, CHUNK))).await
}
