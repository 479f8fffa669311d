//! Methods that drivers have left with a provider, to be debited without them.

use super::clean;
use super::db::Tx;
use super::error::StoreError;
use super::query::{all, one, run};
use chrono::{DateTime, Utc};

type At = DateTime<Utc>;

/// A row of `mandate`.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct MandateRow {
    pub id: i64,
    pub driver_id: i64,
    /// Of the settings.
    pub account: String,
    pub customer: String,
    pub instrument: String,
    pub brand: String,
    pub last4: String,
    /// `active`, `revoked`.
    pub state: String,
    /// `driver`, or an account's name.
    pub made_by: String,
    pub order_id: Option<i64>,
    pub created_at: At,
    pub revoked_at: Option<At>,
}

/// Keeps a mandate in place of the one that the driver had. False: it is the one that he had. The driver's row must be
/// locked.
pub async fn put(tx: &mut Tx, row: &MandateRow) -> Result<bool, StoreError> {
    if let Some(known) = active(tx, row.driver_id).await? {
        let same = (&known.account, &known.customer, &known.instrument)
            == (&row.account, &row.customer, &row.instrument);
        if same {
            return Ok(false);
        }
        revoke(tx, row.driver_id, row.created_at).await?;
    }
    run!(
        tx,
        "INSERT INTO mandate (id, driver_id, account, customer, instrument, brand, last4, state, made_by, order_id,
            created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'active', $8, $9, $10)",
        row.id,
        row.driver_id,
        &*row.account,
        clean(&row.customer),
        clean(&row.instrument),
        clean(&row.brand),
        clean(&row.last4),
        clean(&row.made_by),
        row.order_id,
        row.created_at,
    )?;
    Ok(true)
}

/// The one that can be debited.
pub async fn active(tx: &mut Tx, driver: i64) -> Result<Option<MandateRow>, StoreError> {
    one!(tx, "SELECT * FROM mandate WHERE driver_id = $1 AND state = 'active'", driver)
}

/// It is not debited any more. False: there was none.
pub async fn revoke(tx: &mut Tx, driver: i64, at: At) -> Result<bool, StoreError> {
    let sql =
        "UPDATE mandate SET state = 'revoked', revoked_at = $2 WHERE driver_id = $1 AND state = 'active'";
    Ok(run!(tx, sql, driver, at)? > 0)
}

/// All that the driver has had, newest first.
pub async fn of_driver(tx: &mut Tx, driver: i64) -> Result<Vec<MandateRow>, StoreError> {
    all!(tx, "SELECT * FROM mandate WHERE driver_id = $1 ORDER BY id DESC LIMIT 50", driver)
}
