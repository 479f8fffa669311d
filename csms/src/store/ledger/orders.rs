//! Settled orders beside what the ledger says of them.

use crate::store::db::Tx;
use crate::store::error::StoreError;
use crate::store::query::{Select, all};
use chrono::{DateTime, Utc};

/// An order that has been settled, in sums.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct SettledRow {
    pub id: i64,
    pub number: String,
    pub state: String,
    /// What a top-up has taken is not billed.
    pub purpose: String,
    pub currency: String,
    pub due_minor: i64,
    /// Of that, what nobody will pay.
    pub written_off_minor: i64,
    pub taken_minor: i64,
    pub returned_minor: i64,
    /// Given back without the bill having been lowered.
    pub goodwill_minor: i64,
    /// Refunds that are on their way.
    pub open_refunds: i64,
    /// Disputes that nobody has decided.
    pub open_disputes: i64,
    /// What payers' banks have taken for good.
    pub lost_minor: i64,
    pub changed_at: DateTime<Utc>,
}

const SETTLED: &str = "SELECT * FROM (SELECT o.id, o.number, o.state, o.purpose, o.currency, COALESCE(o.due_minor, 0) AS due_minor,
    o.written_off_minor, o.taken_minor, o.returned_minor, o.changed_at,
    CAST(COALESCE((SELECT SUM(r.amount_minor) FROM pay_refund r
        WHERE r.order_id = o.id AND r.kind = 'goodwill' AND r.state = 'done'), 0) AS BIGINT) AS goodwill_minor,
    (SELECT COUNT(*) FROM pay_refund r WHERE r.order_id = o.id AND r.state NOT IN ('done', 'failed')) AS open_refunds,
    (SELECT COUNT(*) FROM pay_dispute d WHERE d.order_id = o.id AND d.ruling = 'open') AS open_disputes,
    CAST(COALESCE((SELECT SUM(d.withdrawn_minor - d.reinstated_minor) FROM pay_dispute d
        WHERE d.order_id = o.id AND d.ruling = 'lost'), 0) AS BIGINT) AS lost_minor
    FROM pay_order o WHERE o.settled_at IS NOT NULL) settled";

/// A page of settled orders in the order they were changed, those after `after` and before an instant.
pub async fn settled(
    tx: &mut Tx,
    after: Option<(DateTime<Utc>, i64)>,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<SettledRow>, StoreError> {
    let select = Select::new(SETTLED).and("changed_at < ?", [before.into()]);
    let select = match after {
        Some((at, id)) => select.and("(changed_at, id) > (?, ?)", [at.into(), id.into()]),
        None => select,
    };
    select.page(tx, "changed_at, id", limit).await
}

/// The settled order with this number.
pub async fn settled_by_number(tx: &mut Tx, number: &str) -> Result<Option<SettledRow>, StoreError> {
    Ok(Select::new(SETTLED).and("number = ?", [number.into()]).page(tx, "id", 1).await?.pop())
}

/// What moved at a merchant account for one order.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct MovedRow {
    pub account: String,
    pub minor: i64,
}

/// By the attempts: taken less returned and less what payers' banks have, by merchant account. What came from a balance
/// has none.
pub async fn by_attempts(tx: &mut Tx, order: i64) -> Result<Vec<MovedRow>, StoreError> {
    all!(
        tx,
        "SELECT account, CAST(SUM(minor) AS BIGINT) AS minor FROM (
            SELECT account, taken_minor - returned_minor AS minor FROM pay_attempt
                WHERE order_id = $1 AND account <> 'balance'
            UNION ALL SELECT account, reinstated_minor - withdrawn_minor AS minor FROM pay_dispute WHERE order_id = $1) moved
         GROUP BY account ORDER BY account LIMIT 100",
        order
    )
}

/// By the ledger: what the order's entries have moved at each account, without fees and pay-outs, which are of the
/// provider and not of the order, and without what was written off because its statements say otherwise.
pub async fn by_ledger(tx: &mut Tx, order: i64) -> Result<Vec<MovedRow>, StoreError> {
    all!(
        tx,
        "SELECT p.account, CAST(SUM(p.amount_minor) AS BIGINT) AS minor
         FROM ledger_entry e JOIN ledger_posting p ON p.entry_id = e.id
         WHERE e.order_id = $1 AND e.phase IN ('posted', 'post') AND e.kind NOT IN ('fee', 'payout', 'share', 'write_off')
         GROUP BY p.account ORDER BY p.account LIMIT 200",
        order
    )
}
