//! Drivers' payments, for the model: orders that were paid, with what is known of their sessions.

use crate::store::StoreError;
use crate::store::db::Tx;
use crate::store::query::{Select, one};
use chrono::{DateTime, Utc};

type At = DateTime<Utc>;

/// An order that was paid.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct PaidRow {
    pub id: i64,
    pub driver_id: i64,
    pub created_at: At,
    /// `session`, or `bill`: its order was made when the session was found.
    pub purpose: String,
    pub station_id: String,
    /// Of its site, if it had one.
    pub site: Option<String>,
    pub time_zone: Option<String>,
    pub currency: String,
    pub amount_minor: i64,
    /// Of its session; `None` where there was none.
    pub energy_mwh: Option<i64>,
    pub started_at: Option<At>,
    pub ended_at: Option<At>,
}

/// Orders that were paid, that nobody found fraudulent, and that were for charging: paid before, from a balance, or
/// afterwards, when the bill was known. Money that came and was refused, e.g. that of a blocked card, has paid nothing.
const PAID: &str = "SELECT o.id, o.driver_id, o.created_at, o.purpose, o.station_id, z.name AS site, z.time_zone, o.currency,
        CASE WHEN o.purpose = 'bill' THEN o.due_minor ELSE o.amount_minor END AS amount_minor,
        s.energy_mwh, s.started_at, s.ended_at
     FROM pay_order o LEFT JOIN session s ON s.id = o.session_id
     LEFT JOIN site z ON z.id = o.site_id";
const COUNTS: &str = "o.driver_id IS NOT NULL
        AND (o.purpose = 'session' OR (o.purpose = 'bill' AND o.session_id IS NOT NULL AND o.due_minor IS NOT NULL))
        AND (o.taken_minor > 0 OR o.held_minor > 0) AND o.state NOT IN ('failed', 'expired', 'cancelled')
        AND NOT EXISTS (SELECT 1 FROM risk_case c WHERE c.order_id = o.id AND c.verdict = 'fraud')";

/// The newest payments of a driver, without those of this order; newest first.
pub async fn of_driver(
    tx: &mut Tx,
    driver: i64,
    without: i64,
    limit: i64,
) -> Result<Vec<PaidRow>, StoreError> {
    Select::new(PAID)
        .and("o.driver_id = ?", [driver.into()])
        .and("o.id <> ?", [without.into()])
        .and(COUNTS, [])
        .page(tx, "o.id DESC", limit)
        .await
}

/// A page of all payments before an instant, driver by driver, oldest first, those after `after` (driver, order).
pub async fn page(
    tx: &mut Tx,
    from: At,
    after: Option<(i64, i64)>,
    limit: i64,
) -> Result<Vec<PaidRow>, StoreError> {
    let select = Select::new(PAID).and(COUNTS, []).and("o.created_at >= ?", [from.into()]);
    let select = match after {
        Some((driver, order)) => select.and("(o.driver_id, o.id) > (?, ?)", [driver.into(), order.into()]),
        None => select,
    };
    select.page(tx, "o.driver_id, o.id", limit).await
}

/// Has this driver paid from this device before?
pub async fn knows_device(tx: &mut Tx, driver: i64, device: &str, without: i64) -> Result<bool, StoreError> {
    let row: Option<(i64,)> = one!(
        tx,
        "SELECT id FROM pay_order WHERE driver_id = $1 AND device = $2 AND id <> $3
            AND (taken_minor > 0 OR held_minor > 0) AND state NOT IN ('failed', 'expired', 'cancelled') LIMIT 1",
        driver,
        device,
        without,
    )?;
    Ok(row.is_some())
}
