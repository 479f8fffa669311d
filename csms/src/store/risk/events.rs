//! What happened to payments, by everything that they belong to.

use crate::store::db::Tx;
use crate::store::query::{Select, all, one, run};
use crate::store::{StoreError, clean};
use chrono::{DateTime, Utc};
use payments::risk::rules::{SEEN_MAX, Subject};

type At = DateTime<Utc>;

/// A row of `risk_event`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct EventRow {
    pub id: i64,
    pub key: String,
    pub order_id: i64,
    pub at: At,
    pub what: String,
    pub currency: String,
    pub amount_minor: i64,
    pub segment: String,
    pub driver: String,
    pub device: String,
    pub card: String,
    pub address: String,
    pub station: String,
    pub phone: String,
    pub wallet: String,
}

/// Adds an event, unless there is one of the same key. False if there is.
pub async fn add(tx: &mut Tx, row: &EventRow) -> Result<bool, StoreError> {
    let added = run!(
        tx,
        "INSERT INTO risk_event (id, key, order_id, at, what, currency, amount_minor, segment, driver, device, card,
            address, station, phone, wallet)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
         ON CONFLICT (key) DO NOTHING",
        row.id,
        &*row.key,
        row.order_id,
        row.at,
        &*row.what,
        &*row.currency,
        row.amount_minor,
        &*row.segment,
        &*row.driver,
        &*row.device,
        &*row.card,
        &*row.address,
        &*row.station,
        &*row.phone,
        &*row.wallet,
    )?;
    Ok(added > 0)
}

/// The events of a subject after an instant, newest first, at most [`SEEN_MAX`].
pub async fn of(tx: &mut Tx, subject: Subject, key: &str, after: At) -> Result<Vec<EventRow>, StoreError> {
    let limit = SEEN_MAX as i64;
    // One text for each, so that each has its own plan and its own index.
    macro_rules! by {
        ($column:literal) => {
            all!(
                tx,
                concat!(
                    "SELECT * FROM risk_event WHERE ",
                    $column,
                    " = $1 AND ",
                    $column,
                    " <> '' AND at > $2 ",
                    "ORDER BY at DESC, id DESC LIMIT $3"
                ),
                key,
                after,
                limit,
            )
        };
    }
    match subject {
        Subject::Payment => Ok(Vec::new()),
        Subject::Driver => by!("driver"),
        Subject::Device => by!("device"),
        Subject::Card => by!("card"),
        Subject::Address => by!("address"),
        Subject::Station => by!("station"),
        Subject::Phone => by!("phone"),
        Subject::Wallet => by!("wallet"),
    }
}

/// The newest event of an order.
pub async fn newest_of(tx: &mut Tx, order: i64) -> Result<Option<EventRow>, StoreError> {
    one!(tx, "SELECT * FROM risk_event WHERE order_id = $1 ORDER BY id DESC LIMIT 1", order)
}

/// The newest click of an order.
pub async fn click_of(tx: &mut Tx, order: i64) -> Result<Option<EventRow>, StoreError> {
    let sql = "SELECT * FROM risk_event WHERE order_id = $1 AND what = 'attempt' ORDER BY id DESC LIMIT 1";
    one!(tx, sql, order)
}

/// The card of an event is known by now.
pub async fn set_card(tx: &mut Tx, id: i64, card: &str) -> Result<(), StoreError> {
    run!(tx, "UPDATE risk_event SET card = $2 WHERE id = $1", id, card)?;
    Ok(())
}

/// A page of all events from an instant on, in their order, those after `after` (an instant and an id).
pub async fn page(
    tx: &mut Tx,
    from: At,
    after: Option<(At, i64)>,
    limit: i64,
) -> Result<Vec<EventRow>, StoreError> {
    let select = Select::new("SELECT * FROM risk_event").and("at >= ?", [from.into()]);
    let select = match after {
        Some((at, id)) => select.and("(at, id) > (?, ?)", [at.into(), id.into()]),
        None => select,
    };
    select.page(tx, "at, id", limit).await
}

/// Locks a subject until the end of the transaction. True if somebody has blocked it. Lock several in one order.
pub async fn lock(tx: &mut Tx, subject: Subject, key: &str, now: At) -> Result<bool, StoreError> {
    let row: Option<(Option<At>,)> = one!(
        tx,
        "INSERT INTO risk_subject (kind, key, first_at, last_at) VALUES ($1, $2, $3, $3)
         ON CONFLICT (kind, key) DO UPDATE SET last_at = excluded.last_at RETURNING blocked_until",
        subject.word(),
        key,
        now,
    )?;
    Ok(row.and_then(|row| row.0).is_some_and(|until| until > now))
}

/// Blocks a subject until an instant; `None` ends it.
pub async fn block(
    tx: &mut Tx,
    subject: Subject,
    key: &str,
    until: Option<At>,
    now: At,
) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO risk_subject (kind, key, first_at, last_at, blocked_until) VALUES ($1, $2, $3, $3, $4)
         ON CONFLICT (kind, key) DO UPDATE SET blocked_until = excluded.blocked_until",
        subject.word(),
        key,
        now,
        until,
    )?;
    Ok(())
}

/// Removes events before one instant, and subjects that were last seen before it and are not blocked; at most so many of
/// each. Gives how many went.
pub async fn prune(tx: &mut Tx, before: At, limit: i64) -> Result<u64, StoreError> {
    let events = run!(
        tx,
        "DELETE FROM risk_event WHERE id IN (SELECT id FROM risk_event WHERE id < $1 ORDER BY id LIMIT $2)",
        crate::id::Ids::floor(before),
        limit,
    )?;
    let subjects = run!(
        tx,
        "DELETE FROM risk_subject WHERE (kind, key) IN (SELECT kind, key FROM risk_subject
            WHERE last_at < $1 AND (blocked_until IS NULL OR blocked_until < $1) ORDER BY last_at LIMIT $2)",
        before,
        limit,
    )?;
    Ok(events.max(subjects))
}

/// A row of `risk_subject`.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct SubjectRow {
    /// The word of a [`Subject`].
    pub kind: String,
    /// A keyed hash: it says nothing of who it is.
    pub key: String,
    pub first_at: At,
    pub last_at: At,
    pub blocked_until: Option<At>,
}

/// The subject, if a payment was ever of it.
pub async fn subject(tx: &mut Tx, kind: &str, key: &str) -> Result<Option<SubjectRow>, StoreError> {
    one!(tx, "SELECT * FROM risk_subject WHERE kind = $1 AND key = $2", clean(kind), clean(key))
}

/// A page of subjects that are blocked now, by kind and key, those after `after`.
pub async fn blocked(
    tx: &mut Tx,
    kind: Option<&str>,
    now: At,
    after: Option<(&str, &str)>,
    limit: i64,
) -> Result<Vec<SubjectRow>, StoreError> {
    let select = Select::new("SELECT * FROM risk_subject")
        .and("blocked_until > ?", [now.into()])
        .and_if("kind = ?", kind);
    let select = match after {
        Some((kind, key)) => select.and("(kind, key) > (?, ?)", [kind.into(), key.into()]),
        None => select,
    };
    select.page(tx, "kind, key", limit).await
}
