//! The books of the sandbox: its orders, refunds, movements and notifications.

use super::clean;
use super::db::Tx;
use super::error::StoreError;
use super::query::{Select, all, one, run, value};
use chrono::{DateTime, Utc};

type At = DateTime<Utc>;

/// A row of `sandbox_order`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct OrderRow {
    pub reference: String,
    pub merchant: String,
    pub number: String,
    pub version: i64,
    pub state: String,
    pub currency: String,
    pub amount_minor: i64,
    pub held_minor: i64,
    pub taken_minor: i64,
    pub returned_minor: i64,
    pub asked: String,
    pub method: String,
    pub payer: String,
    pub instrument: String,
    pub refusal: String,
    pub dispute: String,
    pub last_key: String,
    pub answers: String,
    pub notices: String,
    pub refunds: String,
    pub pays_at: Option<At>,
    pub moved_at: Option<At>,
    pub holds_until: Option<At>,
    pub expires_at: At,
    pub created_at: At,
}

/// A row of `sandbox_refund`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct RefundRow {
    pub reference: String,
    pub order_reference: String,
    pub number: String,
    pub state: String,
    pub amount_minor: i64,
    pub reason: String,
    pub fails: bool,
    pub ends_at: At,
}

/// A row of `sandbox_move`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct MoveRow {
    pub id: i64,
    pub merchant: String,
    pub kind: String,
    pub number: String,
    pub reference: String,
    pub refund: String,
    pub method: String,
    pub currency: String,
    pub amount_minor: i64,
    pub fee_minor: i64,
    pub at: At,
}

/// A row of `sandbox_notice`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct NoticeRow {
    pub id: i64,
    pub merchant: String,
    pub order_reference: String,
    pub event: String,
    pub kind: String,
    pub url: String,
    pub body: String,
    pub forged: bool,
    pub state: String,
    pub tries: i64,
    pub trouble: String,
    pub due_at: At,
}

/// What a merchant has in one currency.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct SumRow {
    pub currency: String,
    pub taken_minor: i64,
    pub returned_minor: i64,
    pub fee_minor: i64,
    pub moves: i64,
}

/// How the account's calls are answered; `None` = as usual.
pub async fn answers(tx: &mut Tx, merchant: &str) -> Result<Option<String>, StoreError> {
    value!(tx, "SELECT answers FROM sandbox_account WHERE merchant = $1", merchant)
}

/// From now on the account's calls are answered like this.
pub async fn set_answers(tx: &mut Tx, merchant: &str, answers: &str) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO sandbox_account (merchant, answers) VALUES ($1, $2)
         ON CONFLICT (merchant) DO UPDATE SET answers = excluded.answers",
        merchant,
        answers,
    )?;
    Ok(())
}

/// Adds an order. False if the merchant has used the number already.
pub async fn add_order(tx: &mut Tx, row: &OrderRow) -> Result<bool, StoreError> {
    let added = run!(
        tx,
        "INSERT INTO sandbox_order (reference, merchant, number, version, state, currency, amount_minor, held_minor,
            taken_minor, returned_minor, asked, method, payer, instrument, refusal, dispute, last_key, answers,
            notices, refunds, pays_at, moved_at, holds_until, expires_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
            $23, $24, $25)
         ON CONFLICT (merchant, number) DO NOTHING",
        &*row.reference,
        &*row.merchant,
        clean(&row.number),
        row.version,
        &*row.state,
        &*row.currency,
        row.amount_minor,
        row.held_minor,
        row.taken_minor,
        row.returned_minor,
        clean(&row.asked),
        &*row.method,
        clean(&row.payer),
        clean(&row.instrument),
        clean(&row.refusal),
        &*row.dispute,
        clean(&row.last_key),
        &*row.answers,
        &*row.notices,
        &*row.refunds,
        row.pays_at,
        row.moved_at,
        row.holds_until,
        row.expires_at,
        row.created_at,
    )?;
    Ok(added > 0)
}

/// Stores an order that was read with `row.version`. False if it has changed since: read it again.
pub async fn save_order(tx: &mut Tx, row: &OrderRow) -> Result<bool, StoreError> {
    let saved = run!(
        tx,
        "UPDATE sandbox_order SET version = version + 1, state = $3, amount_minor = $4, held_minor = $5, taken_minor = $6,
            returned_minor = $7, payer = $8, instrument = $9, refusal = $10, dispute = $11, last_key = $12, answers = $13,
            notices = $14, refunds = $15, pays_at = $16, moved_at = $17, holds_until = $18
         WHERE reference = $1 AND version = $2",
        &*row.reference,
        row.version,
        &*row.state,
        row.amount_minor,
        row.held_minor,
        row.taken_minor,
        row.returned_minor,
        clean(&row.payer),
        clean(&row.instrument),
        clean(&row.refusal),
        &*row.dispute,
        clean(&row.last_key),
        &*row.answers,
        &*row.notices,
        &*row.refunds,
        row.pays_at,
        row.moved_at,
        row.holds_until,
    )?;
    Ok(saved > 0)
}

/// The order with this reference.
pub async fn order(tx: &mut Tx, reference: &str) -> Result<Option<OrderRow>, StoreError> {
    one!(tx, "SELECT * FROM sandbox_order WHERE reference = $1", clean(reference))
}

/// The order with the merchant's own number.
pub async fn order_of(tx: &mut Tx, merchant: &str, number: &str) -> Result<Option<OrderRow>, StoreError> {
    one!(tx, "SELECT * FROM sandbox_order WHERE merchant = $1 AND number = $2", merchant, clean(number))
}

/// A page of orders, newest first, those before `before`.
pub async fn orders(
    tx: &mut Tx,
    before: Option<(At, &str)>,
    limit: i64,
) -> Result<Vec<OrderRow>, StoreError> {
    let mut select = Select::new("SELECT * FROM sandbox_order");
    if let Some((at, reference)) = before {
        select = select.and("(created_at, reference) < (?, ?)", [at.into(), reference.into()]);
    }
    select.page(tx, "created_at DESC, reference DESC", limit).await
}

/// Orders to which something happens by itself: a payment that comes late, a hold that ends.
pub async fn due_orders(tx: &mut Tx, now: At, limit: i64) -> Result<Vec<OrderRow>, StoreError> {
    all!(
        tx,
        "SELECT * FROM sandbox_order WHERE pays_at <= $1 OR (state = 'held' AND holds_until <= $1) LIMIT $2",
        now,
        limit,
    )
}

/// Adds a refund. False if the order has one with this number.
pub async fn add_refund(tx: &mut Tx, row: &RefundRow) -> Result<bool, StoreError> {
    let added = run!(
        tx,
        "INSERT INTO sandbox_refund (reference, order_reference, number, state, amount_minor, reason, fails, ends_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (order_reference, number) DO NOTHING",
        &*row.reference,
        &*row.order_reference,
        clean(&row.number),
        &*row.state,
        row.amount_minor,
        clean(&row.reason),
        row.fails,
        row.ends_at,
    )?;
    Ok(added > 0)
}

/// Ends a refund that waits. False if it has ended.
pub async fn end_refund(tx: &mut Tx, reference: &str, state: &str) -> Result<bool, StoreError> {
    let sql = "UPDATE sandbox_refund SET state = $2 WHERE reference = $1 AND state = 'waiting'";
    Ok(run!(tx, sql, reference, state)? > 0)
}

/// The refunds of an order, in the order of their ends.
pub async fn refunds(tx: &mut Tx, order: &str) -> Result<Vec<RefundRow>, StoreError> {
    all!(
        tx,
        "SELECT * FROM sandbox_refund WHERE order_reference = $1 ORDER BY ends_at, reference LIMIT 200",
        order
    )
}

/// Refunds whose time has come.
pub async fn due_refunds(tx: &mut Tx, now: At, limit: i64) -> Result<Vec<RefundRow>, StoreError> {
    all!(tx, "SELECT * FROM sandbox_refund WHERE state = 'waiting' AND ends_at <= $1 LIMIT $2", now, limit)
}

/// Adds a movement.
pub async fn add_move(tx: &mut Tx, row: &MoveRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO sandbox_move (id, merchant, kind, number, reference, refund, method, currency, amount_minor,
            fee_minor, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        row.id,
        &*row.merchant,
        &*row.kind,
        &*row.number,
        &*row.reference,
        &*row.refund,
        &*row.method,
        &*row.currency,
        row.amount_minor,
        row.fee_minor,
        row.at,
    )?;
    Ok(())
}

/// A page of a merchant's movements of a span of time, those after the id `after`.
pub async fn moves(
    tx: &mut Tx,
    merchant: &str,
    span: (At, At),
    after: i64,
    limit: i64,
) -> Result<Vec<MoveRow>, StoreError> {
    all!(
        tx,
        "SELECT * FROM sandbox_move WHERE merchant = $1 AND at >= $2 AND at < $3 AND id > $4 ORDER BY id LIMIT $5",
        merchant,
        span.0,
        span.1,
        after,
        limit,
    )
}

/// What a merchant took and gave back in a span of time, by currency.
pub async fn sums(tx: &mut Tx, merchant: &str, span: (At, At)) -> Result<Vec<SumRow>, StoreError> {
    all!(
        tx,
        "SELECT currency,
            CAST(SUM(CASE WHEN amount_minor > 0 THEN amount_minor ELSE 0 END) AS BIGINT) AS taken_minor,
            CAST(SUM(CASE WHEN amount_minor < 0 THEN -amount_minor ELSE 0 END) AS BIGINT) AS returned_minor,
            CAST(SUM(fee_minor) AS BIGINT) AS fee_minor, COUNT(*) AS moves
         FROM sandbox_move WHERE merchant = $1 AND at >= $2 AND at < $3 GROUP BY currency ORDER BY currency LIMIT 200",
        merchant,
        span.0,
        span.1,
    )
}

/// Adds a notification.
pub async fn add_notice(tx: &mut Tx, row: &NoticeRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO sandbox_notice (id, merchant, order_reference, event, kind, url, body, forged, state, tries,
            trouble, due_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        row.id,
        &*row.merchant,
        &*row.order_reference,
        &*row.event,
        &*row.kind,
        clean(&row.url),
        clean(&row.body),
        row.forged,
        &*row.state,
        row.tries,
        clean(&row.trouble),
        row.due_at,
    )?;
    Ok(())
}

/// The notifications of an order, oldest first.
pub async fn notices(tx: &mut Tx, order: &str) -> Result<Vec<NoticeRow>, StoreError> {
    all!(tx, "SELECT * FROM sandbox_notice WHERE order_reference = $1 ORDER BY id LIMIT 500", order)
}

/// How many notifications wait, up to `limit`.
pub async fn waiting_notices(tx: &mut Tx, limit: i64) -> Result<i64, StoreError> {
    let sql =
        "SELECT COUNT(*) FROM (SELECT id FROM sandbox_notice WHERE state = 'waiting' LIMIT $1) AS waiting";
    Ok(value!(tx, sql, limit)?.unwrap_or(0))
}

/// Notifications whose time has come, the longest due first.
pub async fn due_notices(tx: &mut Tx, now: At, limit: i64) -> Result<Vec<NoticeRow>, StoreError> {
    all!(
        tx,
        "SELECT * FROM sandbox_notice WHERE state = 'waiting' AND due_at <= $1 ORDER BY due_at, id LIMIT $2",
        now,
        limit,
    )
}

/// Takes a notification for sending: until `until` nobody else does. False if somebody has.
pub async fn claim_notice(tx: &mut Tx, row: &NoticeRow, until: At) -> Result<bool, StoreError> {
    let sql = "UPDATE sandbox_notice SET tries = tries + 1, due_at = $3
               WHERE id = $1 AND tries = $2 AND state = 'waiting'";
    Ok(run!(tx, sql, row.id, row.tries, until)? > 0)
}

/// What came of sending it: `done`, `given_up`, or `waiting` until it is due again.
pub async fn sent_notice(
    tx: &mut Tx,
    id: i64,
    state: &str,
    trouble: &str,
    due_at: At,
) -> Result<(), StoreError> {
    let sql = "UPDATE sandbox_notice SET state = $2, trouble = $3, due_at = $4 WHERE id = $1";
    run!(tx, sql, id, state, clean(trouble), due_at)?;
    Ok(())
}

/// Removes up to `limit` orders (with their refunds and notifications) and movements from before this instant; how
/// many rows went.
pub async fn remove_before(tx: &mut Tx, at: At, limit: i64) -> Result<u64, StoreError> {
    let orders = run!(
        tx,
        "DELETE FROM sandbox_order WHERE reference IN
            (SELECT reference FROM sandbox_order WHERE created_at < $1 ORDER BY created_at LIMIT $2)",
        at,
        limit,
    )?;
    let moves = run!(
        tx,
        "DELETE FROM sandbox_move WHERE id IN (SELECT id FROM sandbox_move WHERE id < $1 ORDER BY id LIMIT $2)",
        crate::id::Ids::floor(at),
        limit,
    )?;
    Ok(orders + moves)
}
