//! What has happened to an order exactly once.

use super::super::db::Tx;
use super::super::error::StoreError;
use super::super::query::run;
use chrono::{DateTime, Utc};

/// Notes an effect. False if it has happened before: then nothing may come of it again.
pub async fn note(tx: &mut Tx, order: i64, effect: &str, at: DateTime<Utc>) -> Result<bool, StoreError> {
    let sql = "INSERT INTO pay_effect (order_id, effect, at) VALUES ($1, $2, $3)
               ON CONFLICT (order_id, effect) DO NOTHING";
    Ok(run!(tx, sql, order, effect, at)? > 0)
}
