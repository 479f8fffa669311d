//! What drivers have limited at the station beside the money.

use super::super::clean;
use super::super::db::Tx;
use super::super::error::StoreError;
use super::super::query::{one, run};

/// A row of `pay_limit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct LimitRow {
    pub order_id: i64,
    pub energy_wh: Option<i64>,
    pub time_s: Option<i64>,
}

/// Keeps the limits of an order.
pub async fn create(tx: &mut Tx, row: &LimitRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO pay_limit (order_id, energy_wh, time_s) VALUES ($1, $2, $3)",
        row.order_id,
        row.energy_wh,
        row.time_s,
    )?;
    Ok(())
}

/// The limits of an order, if it has any.
pub async fn of_order(tx: &mut Tx, order: i64) -> Result<Option<LimitRow>, StoreError> {
    one!(tx, "SELECT * FROM pay_limit WHERE order_id = $1", order)
}

/// The limits of the order whose session begins with this identifier.
pub async fn of_token(tx: &mut Tx, token_uid: &str) -> Result<Option<LimitRow>, StoreError> {
    one!(
        tx,
        "SELECT l.* FROM pay_limit l JOIN pay_order o ON o.id = l.order_id
         WHERE o.token_uid = $1 AND o.token_uid <> '' ORDER BY l.order_id DESC LIMIT 1",
        clean(token_uid),
    )
}
