//! Webhooks, and what was delivered to them.

use super::clean;
use super::db::Tx;
use super::error::StoreError;
use super::query::{Select, all, one, run, value};
use chrono::{DateTime, Utc};

type At = DateTime<Utc>;

/// A webhook; see the migration for the meaning of the columns.
#[derive(Clone, PartialEq, sqlx::FromRow)]
pub struct WebhookRow {
    pub id: i64,
    pub name: String,
    pub url: String,
    pub kinds: String,
    pub station_id: Option<String>,
    pub money: i64,
    pub secret: String,
    pub old_secret: String,
    pub old_until: Option<At>,
    pub state: String,
    pub reason: String,
    pub position: i64,
    pub replay_next: i64,
    pub replay_last: i64,
    pub failures: i64,
    pub failing_since: Option<At>,
    pub created_by: String,
    pub created_at: At,
    pub changed_at: At,
}

impl std::fmt::Debug for WebhookRow {
    /// Without its secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebhookRow").field("id", &self.id).field("url", &self.url).finish_non_exhaustive()
    }
}

/// A delivery; see the migration for the meaning of the columns.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct DeliveryRow {
    pub id: i64,
    pub webhook_id: i64,
    pub seq: i64,
    pub kind: String,
    pub state: String,
    pub tries: i64,
    pub due_at: At,
    pub node: i64,
    pub status: i64,
    pub answer: String,
    pub trouble: String,
    pub took_ms: i64,
    pub again: i64,
    pub created_at: At,
    pub tried_at: Option<At>,
}

/// Keeps a new webhook.
pub async fn create(tx: &mut Tx, row: &WebhookRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO webhook (id, name, url, kinds, station_id, money, secret, state, position, created_by, created_at,
            changed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)",
        row.id,
        clean(&row.name),
        clean(&row.url),
        &*row.kinds,
        row.station_id.as_deref().map(clean),
        row.money,
        &*row.secret,
        &*row.state,
        row.position,
        clean(&row.created_by),
        row.created_at,
    )?;
    Ok(())
}

/// Keeps what people change of it.
pub async fn update(tx: &mut Tx, row: &WebhookRow) -> Result<(), StoreError> {
    run!(
        tx,
        "UPDATE webhook SET name = $2, url = $3, kinds = $4, station_id = $5, money = $6, secret = $7, old_secret = $8,
            old_until = $9, state = $10, reason = $11, failures = $12, failing_since = $13, changed_at = $14
         WHERE id = $1",
        row.id,
        clean(&row.name),
        clean(&row.url),
        &*row.kinds,
        row.station_id.as_deref().map(clean),
        row.money,
        &*row.secret,
        &*row.old_secret,
        row.old_until,
        &*row.state,
        clean(&row.reason),
        row.failures,
        row.failing_since,
        row.changed_at,
    )?;
    Ok(())
}

/// A webhook.
pub async fn find(tx: &mut Tx, id: i64) -> Result<Option<WebhookRow>, StoreError> {
    one!(tx, "SELECT * FROM webhook WHERE id = $1", id)
}

/// A page of webhooks, the newest first, those before `before`.
pub async fn list(tx: &mut Tx, before: Option<i64>, limit: i64) -> Result<Vec<WebhookRow>, StoreError> {
    Select::new("SELECT * FROM webhook").and_if("id < ?", before).page(tx, "id DESC", limit).await
}

/// A page of those that are on, in the order of their ids.
pub async fn active(tx: &mut Tx, after: i64) -> Result<Vec<WebhookRow>, StoreError> {
    all!(tx, "SELECT * FROM webhook WHERE state = 'on' AND id > $1 ORDER BY id LIMIT 200", after)
}

/// How many there are.
pub async fn count(tx: &mut Tx) -> Result<i64, StoreError> {
    value!(tx, "SELECT COUNT(*) FROM webhook").map(|count: Option<i64>| count.unwrap_or(0))
}

/// Removes it, with its deliveries. False: there is none.
pub async fn delete(tx: &mut Tx, id: i64) -> Result<bool, StoreError> {
    run!(tx, "DELETE FROM webhook_delivery WHERE webhook_id = $1", id)?;
    Ok(run!(tx, "DELETE FROM webhook WHERE id = $1", id)? > 0)
}

/// Deliveries were made of all events up to a number. False: somebody else has made them.
pub async fn advance(tx: &mut Tx, id: i64, from: i64, to: i64) -> Result<bool, StoreError> {
    let sql = "UPDATE webhook SET position = $3 WHERE id = $1 AND position = $2";
    Ok(run!(tx, sql, id, from, to)? > 0)
}

/// Events of these numbers are told again.
pub async fn replay(tx: &mut Tx, id: i64, next: i64, last: i64) -> Result<(), StoreError> {
    run!(tx, "UPDATE webhook SET replay_next = $2, replay_last = $3 WHERE id = $1", id, next, last)?;
    Ok(())
}

/// So far they are. False: somebody else goes on with it, or it begins anew.
pub async fn replayed(tx: &mut Tx, id: i64, from: i64, to: i64) -> Result<bool, StoreError> {
    let sql = "UPDATE webhook SET replay_next = $3 WHERE id = $1 AND replay_next = $2";
    Ok(run!(tx, sql, id, from, to)? > 0)
}

/// It has taken something.
pub async fn succeeded(tx: &mut Tx, id: i64) -> Result<(), StoreError> {
    run!(tx, "UPDATE webhook SET failures = 0, failing_since = NULL WHERE id = $1 AND failures > 0", id)?;
    Ok(())
}

/// It has not.
pub async fn failed(tx: &mut Tx, id: i64, now: At) -> Result<Option<WebhookRow>, StoreError> {
    one!(
        tx,
        "UPDATE webhook SET failures = failures + 1, failing_since = COALESCE(failing_since, $2) WHERE id = $1
         RETURNING *",
        id,
        now,
    )
}

/// How many deliveries wait for it.
pub async fn waiting(tx: &mut Tx, id: i64) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) FROM webhook_delivery WHERE webhook_id = $1 AND state = 'waiting'";
    value!(tx, sql, id).map(|count: Option<i64>| count.unwrap_or(0))
}

/// How many deliveries wait in all.
pub async fn waiting_in_all(tx: &mut Tx) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) FROM webhook_delivery WHERE state = 'waiting'";
    value!(tx, sql).map(|count: Option<i64>| count.unwrap_or(0))
}

/// Keeps a delivery to be made.
pub async fn add(tx: &mut Tx, row: &DeliveryRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO webhook_delivery (id, webhook_id, seq, kind, state, due_at, again, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        row.id,
        row.webhook_id,
        row.seq,
        &*row.kind,
        &*row.state,
        row.due_at,
        row.again,
        row.created_at,
    )?;
    Ok(())
}

/// A delivery.
pub async fn delivery(tx: &mut Tx, id: i64) -> Result<Option<DeliveryRow>, StoreError> {
    one!(tx, "SELECT * FROM webhook_delivery WHERE id = $1", id)
}

/// A page of the log of a webhook, the newest first, those before `before`.
pub async fn log(
    tx: &mut Tx,
    webhook: i64,
    state: Option<&str>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<DeliveryRow>, StoreError> {
    Select::new("SELECT * FROM webhook_delivery")
        .and("webhook_id = ?", [webhook.into()])
        .and_if("state = ?", state)
        .and_if("id < ?", before)
        .page(tx, "id DESC", limit)
        .await
}

/// Is a delivery to it due?
pub async fn is_due(tx: &mut Tx, webhook: i64, now: At) -> Result<bool, StoreError> {
    let sql = "SELECT id FROM webhook_delivery WHERE webhook_id = $1 AND state = 'waiting' AND due_at <= $2 LIMIT 1";
    value!(tx, sql, webhook, now).map(|found: Option<i64>| found.is_some())
}

/// Takes deliveries that are due, the oldest first; nobody else takes them before `until`.
pub async fn lease(
    tx: &mut Tx,
    webhook: i64,
    (now, until): (At, At),
    node: i64,
    limit: i64,
) -> Result<Vec<DeliveryRow>, StoreError> {
    all!(
        tx,
        "UPDATE webhook_delivery SET due_at = $3, node = $4, tries = tries + 1 WHERE id IN
            (SELECT id FROM webhook_delivery WHERE webhook_id = $1 AND state = 'waiting' AND due_at <= $2
             ORDER BY due_at, id LIMIT $5)
            AND state = 'waiting' AND due_at <= $2 RETURNING *",
        webhook,
        now,
        until,
        node,
        limit,
    )
}

/// What a process had taken when it ended is due again.
pub async fn release(tx: &mut Tx, node: i64, now: At) -> Result<u64, StoreError> {
    let sql = "UPDATE webhook_delivery SET due_at = $2, node = -1 WHERE node = $1 AND state = 'waiting'";
    run!(tx, sql, node, now)
}

/// Keeps how a try went: `state`, `due_at`, `status`, `answer`, `trouble`, `took_ms` and `tried_at` of the row.
pub async fn tried(tx: &mut Tx, row: &DeliveryRow) -> Result<(), StoreError> {
    run!(
        tx,
        "UPDATE webhook_delivery SET state = $2, due_at = $3, status = $4, answer = $5, trouble = $6, took_ms = $7,
            tried_at = $8, node = -1 WHERE id = $1",
        row.id,
        &*row.state,
        row.due_at,
        row.status,
        clean(&row.answer),
        clean(&row.trouble),
        row.took_ms,
        row.tried_at,
    )?;
    Ok(())
}
