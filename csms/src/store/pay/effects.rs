//! What has happened to an order exactly once.

use super::super::db::Tx;
use super::super::error::StoreError;
use super::super::query::{run, value};
use chrono::{DateTime, Utc};

/// Notes an effect. False if it has happened before: then nothing may come of it again.
pub async fn note(tx: &mut Tx, order: i64, effect: &str, at: DateTime<Utc>) -> Result<bool, StoreError> {
    let sql = "INSERT INTO pay_effect (order_id, effect, at) VALUES ($1, $2, $3)
               ON CONFLICT (order_id, effect) DO NOTHING";
    Ok(run!(tx, sql, order, effect, at)? > 0)
}

/// What says that a refund is done. One that came back after it was done can be done once more, which is another effect.
pub async fn returned(tx: &mut Tx, order: i64, refund: i64) -> Result<String, StoreError> {
    let before: Option<i64> = value!(
        tx,
        "SELECT COUNT(*) FROM pay_effect WHERE order_id = $1 AND effect LIKE $2",
        order,
        format!("came_back:{refund}:%"),
    )?;
    Ok(match before.unwrap_or(0) {
        0 => format!("returned:{refund}"),
        times => format!("returned:{refund}:{times}"),
    })
}

/// What says that a refund came back after it was done.
pub fn came_back(refund: i64, version: i64) -> String {
    format!("came_back:{refund}:{version}")
}
