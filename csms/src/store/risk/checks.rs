//! Second verifications.

use crate::store::StoreError;
use crate::store::db::Tx;
use crate::store::query::{one, run};
use chrono::{DateTime, Utc};

type At = DateTime<Utc>;

/// A row of `risk_check`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct CheckRow {
    pub id: i64,
    pub order_id: i64,
    pub decision_id: i64,
    pub step: String,
    pub state: String,
    pub code: String,
    pub tries: i64,
    pub driver: String,
    pub device: String,
    pub currency: String,
    pub amount_minor: i64,
    pub expires_at: At,
    pub created_at: At,
    pub done_at: Option<At>,
}

/// Adds a verification; an open one of the same order ends.
pub async fn add(tx: &mut Tx, row: &CheckRow) -> Result<(), StoreError> {
    run!(
        tx,
        "UPDATE risk_check SET state = 'replaced', done_at = $2 WHERE order_id = $1 AND state = 'open'",
        row.order_id,
        row.created_at,
    )?;
    run!(
        tx,
        "INSERT INTO risk_check (id, order_id, decision_id, step, state, code, tries, driver, device, currency,
            amount_minor, expires_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        row.id,
        row.order_id,
        row.decision_id,
        &*row.step,
        &*row.state,
        &*row.code,
        row.tries,
        &*row.driver,
        &*row.device,
        &*row.currency,
        row.amount_minor,
        row.expires_at,
        row.created_at,
    )?;
    Ok(())
}

/// The newest verification of an order.
pub async fn newest(tx: &mut Tx, order: i64) -> Result<Option<CheckRow>, StoreError> {
    one!(tx, "SELECT * FROM risk_check WHERE order_id = $1 ORDER BY id DESC LIMIT 1", order)
}

/// How many were asked for since an instant.
pub async fn count_since(tx: &mut Tx, order: i64, since: At) -> Result<i64, StoreError> {
    let row: Option<(i64,)> =
        one!(tx, "SELECT COUNT(*) FROM risk_check WHERE order_id = $1 AND created_at > $2", order, since)?;
    Ok(row.map_or(0, |row| row.0))
}

/// Takes one of the tries that are left. False: none is, or it is over.
pub async fn take_try(tx: &mut Tx, id: i64, tries_max: i64, now: At) -> Result<bool, StoreError> {
    let taken = run!(
        tx,
        "UPDATE risk_check SET tries = tries + 1
         WHERE id = $1 AND state = 'open' AND tries < $2 AND expires_at > $3",
        id,
        tries_max,
        now,
    )?;
    Ok(taken > 0)
}

/// Ends a verification. False if it has ended already.
pub async fn end(tx: &mut Tx, id: i64, state: &str, now: At) -> Result<bool, StoreError> {
    let ended = run!(
        tx,
        "UPDATE risk_check SET state = $2, done_at = $3 WHERE id = $1 AND state = 'open'",
        id,
        state,
        now,
    )?;
    Ok(ended > 0)
}

/// One that was passed for this order by this device after an instant and answers for so much.
pub async fn passed_for(
    tx: &mut Tx,
    order: i64,
    device: &str,
    currency: &str,
    amount: i64,
    after: At,
) -> Result<bool, StoreError> {
    let row: Option<(i64,)> = one!(
        tx,
        "SELECT id FROM risk_check WHERE order_id = $1 AND device = $2 AND currency = $3 AND amount_minor >= $4
            AND state = 'passed' AND done_at > $5 LIMIT 1",
        order,
        device,
        currency,
        amount,
        after,
    )?;
    Ok(row.is_some())
}

/// Has this driver passed one on this device after an instant?
pub async fn passed_by(tx: &mut Tx, driver: &str, device: &str, after: At) -> Result<bool, StoreError> {
    let row: Option<(i64,)> = one!(
        tx,
        "SELECT id FROM risk_check WHERE driver = $1 AND device = $2 AND state = 'passed' AND done_at > $3 LIMIT 1",
        driver,
        device,
        after,
    )?;
    Ok(row.is_some())
}
