//! Refunds: money on its way back to the payer.

use super::super::clean;
use super::super::db::Tx;
use super::super::error::StoreError;
use super::super::query::{Select, all, one, run};
use chrono::{DateTime, Utc};

type At = DateTime<Utc>;

/// A row of `pay_refund`; see the migration for the meaning of the columns.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct RefundRow {
    pub id: i64,
    pub order_id: i64,
    pub attempt_id: i64,
    pub number: String,
    pub kind: String,
    pub currency: String,
    pub amount_minor: i64,
    pub reason: String,
    pub state: String,
    pub reference: String,
    pub refusal: String,
    pub asked_by: String,
    pub due_at: At,
    pub done_at: Option<At>,
    pub created_at: At,
    pub changed_at: At,
}

/// Which refunds to list. Everything empty = all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub state: Option<String>,
    pub kind: Option<String>,
    /// Promised to be done before this instant.
    pub due_before: Option<At>,
    /// Not ended yet.
    pub open: bool,
}

/// Adds a refund.
pub async fn create(tx: &mut Tx, refund: &RefundRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO pay_refund (id, order_id, attempt_id, number, kind, currency, amount_minor, reason, state,
            asked_by, due_at, created_at, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        refund.id,
        refund.order_id,
        refund.attempt_id,
        &*refund.number,
        &*refund.kind,
        &*refund.currency,
        refund.amount_minor,
        clean(&refund.reason),
        &*refund.state,
        clean(&refund.asked_by),
        refund.due_at,
        refund.created_at,
        refund.changed_at,
    )?;
    Ok(())
}

/// Keeps what has changed. The order's row must be locked.
pub async fn update(tx: &mut Tx, refund: &RefundRow) -> Result<(), StoreError> {
    run!(
        tx,
        "UPDATE pay_refund SET state = $2, reference = $3, refusal = $4, done_at = $5, changed_at = $6 WHERE id = $1",
        refund.id,
        &*refund.state,
        clean(&refund.reference),
        clean(&refund.refusal),
        refund.done_at,
        refund.changed_at,
    )?;
    Ok(())
}

/// What the payer reads.
pub async fn set_reason(tx: &mut Tx, id: i64, reason: &str) -> Result<(), StoreError> {
    run!(tx, "UPDATE pay_refund SET reason = $2 WHERE id = $1", id, clean(reason))?;
    Ok(())
}

/// The refund, if there is one.
pub async fn find(tx: &mut Tx, id: i64) -> Result<Option<RefundRow>, StoreError> {
    one!(tx, "SELECT * FROM pay_refund WHERE id = $1", id)
}

/// The refund with our number.
pub async fn by_number(tx: &mut Tx, number: &str) -> Result<Option<RefundRow>, StoreError> {
    one!(tx, "SELECT * FROM pay_refund WHERE number = $1", clean(number))
}

/// The refund of an attempt that the provider calls so.
pub async fn by_reference(
    tx: &mut Tx,
    attempt: i64,
    reference: &str,
) -> Result<Option<RefundRow>, StoreError> {
    let sql = "SELECT * FROM pay_refund WHERE attempt_id = $1 AND reference = $2 AND reference <> '' LIMIT 1";
    one!(tx, sql, attempt, clean(reference))
}

/// The refunds of an order, oldest first.
pub async fn of_order(tx: &mut Tx, order: i64) -> Result<Vec<RefundRow>, StoreError> {
    all!(tx, "SELECT * FROM pay_refund WHERE order_id = $1 ORDER BY id LIMIT 200", order)
}

/// A page of refunds, newest first, those before `before`.
pub async fn list(
    tx: &mut Tx,
    filter: &Filter,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<RefundRow>, StoreError> {
    let mut select = Select::new("SELECT * FROM pay_refund")
        .and_if("state = ?", filter.state.as_deref())
        .and_if("kind = ?", filter.kind.as_deref())
        .and_if("due_at < ?", filter.due_before)
        .and_if("id < ?", before);
    if filter.open {
        select = select.and("state NOT IN ('done', 'failed')", []);
    }
    select.page(tx, "id DESC", limit).await
}
