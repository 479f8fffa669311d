//! Disputes: money that payers' banks take back.

use super::super::clean;
use super::super::db::Tx;
use super::super::error::StoreError;
use super::super::query::{Select, all, run};
use chrono::{DateTime, Utc};

type At = DateTime<Utc>;

/// Disputes of one order at most: what is told beyond is looked at by people.
pub const PER_ORDER_MAX: usize = 50;

/// A row of `pay_dispute`; see the migration for the meaning of the columns.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct DisputeRow {
    pub id: i64,
    pub order_id: i64,
    pub attempt_id: i64,
    pub account: String,
    pub reference: String,
    pub ruling: String,
    pub reason: String,
    pub currency: String,
    pub amount_minor: i64,
    pub withdrawn_minor: i64,
    pub reinstated_minor: i64,
    pub fee_currency: String,
    pub fee_minor: i64,
    pub opened_at: At,
    pub changed_at: At,
    pub ended_at: Option<At>,
}

/// Adds a dispute, or keeps what has changed of it. The order's row must be locked.
pub async fn put(tx: &mut Tx, row: &DisputeRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO pay_dispute (id, order_id, attempt_id, account, reference, ruling, reason, currency, amount_minor,
            withdrawn_minor, reinstated_minor, fee_currency, fee_minor, opened_at, changed_at, ended_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
         ON CONFLICT (id) DO UPDATE SET ruling = excluded.ruling, reason = excluded.reason,
            amount_minor = excluded.amount_minor, withdrawn_minor = excluded.withdrawn_minor,
            reinstated_minor = excluded.reinstated_minor, fee_currency = excluded.fee_currency,
            fee_minor = excluded.fee_minor, changed_at = excluded.changed_at, ended_at = excluded.ended_at",
        row.id,
        row.order_id,
        row.attempt_id,
        &*row.account,
        clean(&row.reference),
        &*row.ruling,
        clean(&row.reason),
        &*row.currency,
        row.amount_minor,
        row.withdrawn_minor,
        row.reinstated_minor,
        &*row.fee_currency,
        row.fee_minor,
        row.opened_at,
        row.changed_at,
        row.ended_at,
    )?;
    Ok(())
}

/// The disputes of an order, oldest first.
pub async fn of_order(tx: &mut Tx, order: i64) -> Result<Vec<DisputeRow>, StoreError> {
    all!(tx, "SELECT * FROM pay_dispute WHERE order_id = $1 ORDER BY id LIMIT 200", order)
}

/// A page of disputes, newest first, those before `before`; `open`: only those that nobody has decided.
pub async fn list(
    tx: &mut Tx,
    open: bool,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<DisputeRow>, StoreError> {
    let select = Select::new("SELECT * FROM pay_dispute").and_if("id < ?", before);
    let select = if open { select.and("ruling = 'open'", []) } else { select };
    select.page(tx, "id DESC", limit).await
}
