//! Payments that offline wallets have signed, to be redeemed later.

use super::clean;
use super::db::Tx;
use super::error::StoreError;
use super::query::{Select, all, one, run, value};
use chrono::{DateTime, Utc};

type At = DateTime<Utc>;

/// A row of `voucher`.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct VoucherRow {
    pub id: i64,
    pub operator: String,
    pub proof_id: String,
    pub device: String,
    pub counter: i64,
    pub currency: String,
    pub amount_minor: i64,
    /// Base64.
    pub proof: String,
    pub order_id: i64,
    pub attempt_id: i64,
    pub taken_at: At,
    /// `accepted`, `cleared`, `rejected`, `duplicate`.
    pub state: String,
    pub reason: String,
    pub tries: i64,
    pub due_at: At,
    pub created_at: At,
    pub ended_at: Option<At>,
}

/// The device has counted so far. False: that was shown before. The device's row is locked by it.
pub async fn raise(tx: &mut Tx, operator: &str, device: &str, counter: i64) -> Result<bool, StoreError> {
    let sql = "INSERT INTO voucher_device (operator, device, counter) VALUES ($1, $2, $3)
               ON CONFLICT (operator, device) DO UPDATE SET counter = excluded.counter
               WHERE voucher_device.counter < excluded.counter";
    Ok(run!(tx, sql, clean(operator), clean(device), counter)? > 0)
}

/// Keeps a voucher.
///
/// # Errors
/// [`StoreError::is_duplicate`] if its proof was kept before.
pub async fn create(tx: &mut Tx, row: &VoucherRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO voucher (id, operator, proof_id, device, counter, currency, amount_minor, proof, order_id,
            attempt_id, taken_at, state, due_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'accepted', $12, $13)",
        row.id,
        clean(&row.operator),
        clean(&row.proof_id),
        clean(&row.device),
        row.counter,
        &*row.currency,
        row.amount_minor,
        &*row.proof,
        row.order_id,
        row.attempt_id,
        row.taken_at,
        row.due_at,
        row.created_at,
    )?;
    Ok(())
}

/// The voucher with this proof.
pub async fn by_proof(tx: &mut Tx, operator: &str, proof_id: &str) -> Result<Option<VoucherRow>, StoreError> {
    let sql = "SELECT * FROM voucher WHERE operator = $1 AND proof_id = $2";
    one!(tx, sql, clean(operator), clean(proof_id))
}

/// What of a device's payments nobody has redeemed yet.
pub async fn open_of(tx: &mut Tx, operator: &str, device: &str, currency: &str) -> Result<i64, StoreError> {
    let sum: Option<i64> = value!(
        tx,
        "SELECT CAST(COALESCE(SUM(amount_minor), 0) AS BIGINT) FROM voucher
         WHERE operator = $1 AND device = $2 AND currency = $3 AND state = 'accepted'",
        clean(operator),
        clean(device),
        currency,
    )?;
    Ok(sum.unwrap_or(0))
}

/// Takes those that are to be redeemed now, oldest first; nobody else takes them before `until`.
pub async fn lease(tx: &mut Tx, now: At, until: At, limit: i64) -> Result<Vec<VoucherRow>, StoreError> {
    all!(
        tx,
        "UPDATE voucher SET due_at = $2, tries = tries + 1 WHERE id IN
            (SELECT id FROM voucher WHERE state = 'accepted' AND due_at <= $1 ORDER BY due_at LIMIT $3)
            AND state = 'accepted' AND due_at <= $1 RETURNING *",
        now,
        until,
        limit,
    )
}

/// Its operator has said what becomes of it. False: that was known.
pub async fn end(tx: &mut Tx, id: i64, state: &str, reason: &str, at: At) -> Result<bool, StoreError> {
    let sql =
        "UPDATE voucher SET state = $2, reason = $3, ended_at = $4 WHERE id = $1 AND state = 'accepted'";
    Ok(run!(tx, sql, id, state, clean(reason), at)? > 0)
}

/// Its operator has not said anything: asked again then.
pub async fn again(tx: &mut Tx, id: i64, due: At, reason: &str) -> Result<(), StoreError> {
    let sql = "UPDATE voucher SET due_at = $2, reason = $3 WHERE id = $1 AND state = 'accepted'";
    run!(tx, sql, id, due, clean(reason))?;
    Ok(())
}

/// A page of vouchers, newest first, those before `before`.
pub async fn list(tx: &mut Tx, before: Option<i64>, limit: i64) -> Result<Vec<VoucherRow>, StoreError> {
    let sql = "SELECT * FROM voucher WHERE id < $1 ORDER BY id DESC LIMIT $2";
    all!(tx, sql, before.unwrap_or(i64::MAX), limit)
}

/// Which vouchers to list. Everything empty = all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub operator: Option<String>,
    pub device: Option<String>,
    /// `accepted`, `cleared`, `rejected` or `duplicate`.
    pub state: Option<String>,
    pub order: Option<i64>,
}

/// A page of vouchers, newest first, those before `before`.
pub async fn page(
    tx: &mut Tx,
    filter: &Filter,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<VoucherRow>, StoreError> {
    Select::new("SELECT * FROM voucher")
        .and_if("operator = ?", filter.operator.as_deref())
        .and_if("device = ?", filter.device.as_deref())
        .and_if("state = ?", filter.state.as_deref())
        .and_if("order_id = ?", filter.order)
        .and_if("id < ?", before)
        .page(tx, "id DESC", limit)
        .await
}

/// The voucher, if there is one.
pub async fn find(tx: &mut Tx, id: i64) -> Result<Option<VoucherRow>, StoreError> {
    one!(tx, "SELECT * FROM voucher WHERE id = $1", id)
}

/// A row of `voucher_device`.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct DeviceRow {
    pub operator: String,
    pub device: String,
    /// The highest that was shown.
    pub counter: i64,
}

/// A page of devices by operator and name, those after `after`.
pub async fn devices(
    tx: &mut Tx,
    operator: Option<&str>,
    after: Option<(&str, &str)>,
    limit: i64,
) -> Result<Vec<DeviceRow>, StoreError> {
    let select = Select::new("SELECT * FROM voucher_device").and_if("operator = ?", operator);
    let select = match after {
        Some((operator, device)) => {
            select.and("(operator, device) > (?, ?)", [operator.into(), device.into()])
        }
        None => select,
    };
    select.page(tx, "operator, device", limit).await
}
