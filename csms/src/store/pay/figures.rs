//! Payments in a few numbers, for people who look at them.

use super::super::db::Tx;
use super::super::error::StoreError;
use super::super::query::{all, one, value};
use chrono::{DateTime, Utc};

type At = DateTime<Utc>;

/// What moved in a currency.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct MovedRow {
    pub currency: String,
    pub count: i64,
    pub minor: i64,
}

/// How many orders were made since the instant that this is the smallest id of.
pub async fn orders(tx: &mut Tx, floor: i64) -> Result<i64, StoreError> {
    let count: Option<i64> = value!(tx, "SELECT COUNT(*) FROM pay_order WHERE id >= $1", floor)?;
    Ok(count.unwrap_or(0))
}

/// What was taken since an instant, by currency.
pub async fn taken(tx: &mut Tx, since: At) -> Result<Vec<MovedRow>, StoreError> {
    all!(
        tx,
        "SELECT a.currency, COUNT(*) AS count, CAST(SUM(a.taken_minor) AS BIGINT) AS minor
         FROM pay_effect e JOIN pay_attempt a ON a.order_id = e.order_id AND e.effect = 'taken:' || a.id
         WHERE e.at >= $1 GROUP BY a.currency ORDER BY a.currency LIMIT 200",
        since,
    )
}

/// What was given back since an instant, by currency.
pub async fn returned(tx: &mut Tx, since: At) -> Result<Vec<MovedRow>, StoreError> {
    all!(
        tx,
        "SELECT r.currency, COUNT(*) AS count, CAST(SUM(r.amount_minor) AS BIGINT) AS minor
         FROM pay_effect e JOIN pay_refund r ON r.order_id = e.order_id AND e.effect = 'returned:' || r.id
         WHERE e.at >= $1 AND r.state = 'done' GROUP BY r.currency ORDER BY r.currency LIMIT 200",
        since,
    )
}

/// What somebody has to look at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Problems {
    /// Refunds that the provider has refused, and that were not asked for anew since.
    pub refunds: i64,
    /// Tasks of orders that were given up, and stops that have brought no end for too long.
    pub tasks: i64,
    /// Notifications that contradict the books, of late.
    pub notices: i64,
    /// Orders of which more is due than could be taken.
    pub owing: i64,
    /// Disputes that no payer's bank has decided yet.
    pub disputes: i64,
}

/// What somebody has to look at; notifications since an instant, stops that were asked for before `late`.
pub async fn problems(tx: &mut Tx, since: At, late: At) -> Result<Problems, StoreError> {
    let row: Option<(i64, i64, i64, i64, i64)> = one!(
        tx,
        "SELECT (SELECT COUNT(*) FROM pay_refund r WHERE r.state = 'failed'
                AND NOT EXISTS (SELECT 1 FROM pay_refund n WHERE n.attempt_id = r.attempt_id AND n.id > r.id
                    AND n.amount_minor >= r.amount_minor)),
            (SELECT COUNT(*) FROM pay_task WHERE state = 'given_up'
                OR (state = 'waiting' AND kind = 'stop' AND created_at <= $2)),
            (SELECT COUNT(*) FROM pay_inbox WHERE received_at >= $1 AND verdict LIKE 'review%'),
            (SELECT COUNT(*) FROM pay_order WHERE state = 'owing'),
            (SELECT COUNT(*) FROM pay_dispute WHERE ruling = 'open')",
        since,
        late,
    )?;
    let (refunds, tasks, notices, owing, disputes) = row.unwrap_or_default();
    Ok(Problems { refunds, tasks, notices, owing, disputes })
}
