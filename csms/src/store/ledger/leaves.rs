//! What is sealed, and what waits for it.

use crate::store::clean;
use crate::store::db::{Tx, on, text};
use crate::store::error::StoreError;
use crate::store::migrations::Engine;
use crate::store::query::{all, one, run, value};
use chrono::{DateTime, Utc};
use std::fmt::Write;

type At = DateTime<Utc>;

/// A row of `ledger_leaf`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct LeafRow {
    pub idx: i64,
    /// `entry`, or a kind of `ledger_record`.
    pub kind: String,
    pub ref_id: i64,
    pub hash: String,
    pub at: At,
}

/// A row of `ledger_record`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct RecordRow {
    pub kind: String,
    pub id: i64,
    pub subject: String,
    pub digest: String,
    pub at: At,
}

/// What a record is made of: a row of another table as it came.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct SourceRow {
    pub kind: String,
    pub id: i64,
    pub subject: String,
    /// Whose it is: a merchant account, an order, a station.
    pub owner: String,
    pub body: String,
    pub at: At,
}

/// A row of `ledger_unsealed`.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct UnsealedRow {
    pub kind: String,
    pub ref_id: i64,
}

/// Everything that this transaction reads is of one moment. Call it first.
pub async fn one_moment(tx: &mut Tx) -> Result<(), StoreError> {
    if tx.engine() == Engine::Postgres {
        run!(tx, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")?;
    }
    Ok(())
}

/// Takes or keeps a lease until then. False if another holds it.
pub async fn lease(tx: &mut Tx, name: &str, holder: i64, now: At, until: At) -> Result<bool, StoreError> {
    let taken = run!(
        tx,
        "INSERT INTO ledger_lease (name, holder, until) VALUES ($1, $2, $3)
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
         WHERE ledger_lease.holder = excluded.holder OR ledger_lease.until < $4",
        name,
        holder,
        until,
        now,
    )?;
    Ok(taken > 0)
}

/// What is to be sealed next, in the order of ids.
pub async fn unsealed(tx: &mut Tx, limit: i64) -> Result<Vec<UnsealedRow>, StoreError> {
    all!(tx, "SELECT kind, ref_id FROM ledger_unsealed ORDER BY ref_id, kind LIMIT $1", limit)
}

/// How much is not sealed, and the oldest id of it.
pub async fn tail(tx: &mut Tx) -> Result<(i64, Option<i64>), StoreError> {
    let found: Option<(i64, Option<i64>)> = one!(tx, "SELECT COUNT(*), MIN(ref_id) FROM ledger_unsealed")?;
    Ok(found.unwrap_or_default())
}

/// How many leaves there are: one more than the last index.
pub async fn size(tx: &mut Tx) -> Result<i64, StoreError> {
    let last: Option<Option<i64>> = value!(tx, "SELECT MAX(idx) FROM ledger_leaf")?;
    Ok(last.flatten().map_or(0, |last| last + 1))
}

/// The leaf of an entry or record.
pub async fn of(tx: &mut Tx, kind: &str, ref_id: i64) -> Result<Option<LeafRow>, StoreError> {
    one!(tx, "SELECT * FROM ledger_leaf WHERE kind = $1 AND ref_id = $2", kind, ref_id)
}

/// The leaves from one index until before another, in order.
pub async fn range(tx: &mut Tx, from: i64, to: i64) -> Result<Vec<LeafRow>, StoreError> {
    all!(tx, "SELECT * FROM ledger_leaf WHERE idx >= $1 AND idx < $2 ORDER BY idx", from, to)
}

/// The hashes of leaves (level 0) or of kept subtrees, in order.
pub async fn hashes(tx: &mut Tx, level: i64, from: i64, to: i64) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> = if level == 0 {
        all!(tx, "SELECT hash FROM ledger_leaf WHERE idx >= $1 AND idx < $2 ORDER BY idx", from, to)?
    } else {
        let sql = "SELECT hash FROM ledger_node WHERE level = $1 AND idx >= $2 AND idx < $3 ORDER BY idx";
        all!(tx, sql, level, from, to)?
    };
    Ok(rows.into_iter().map(|(hash,)| hash).collect())
}

/// Keeps the hash of a whole subtree.
pub async fn add_node(tx: &mut Tx, level: i64, index: i64, hash: &str) -> Result<(), StoreError> {
    run!(tx, "INSERT INTO ledger_node (level, idx, hash) VALUES ($1, $2, $3)", level, index, hash)?;
    Ok(())
}

/// `($1, $2), ($3, $4)` …
fn places(rows: usize, columns: usize) -> String {
    let mut text = String::new();
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 1..=columns {
            let comma = if column == 1 { "" } else { ", " };
            let _ = write!(text, "{comma}${}", row * columns + column);
        }
        text.push(')');
    }
    text
}

/// Adds leaves.
pub async fn add(tx: &mut Tx, rows: &[LeafRow]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let head = "INSERT INTO ledger_leaf (idx, kind, ref_id, hash, at) VALUES ";
    let sql = text(head.to_owned() + &places(rows.len(), 5));
    macro_rules! insert {
        ($c:expr) => {{
            let mut query = sqlx::query(sql).persistent(false);
            for row in rows {
                query = query.bind(row.idx).bind(&*row.kind).bind(row.ref_id).bind(&*row.hash).bind(row.at);
            }
            query.execute($c).await.map(|_| ())
        }};
    }
    Ok(on!(tx, c => insert!(c))?)
}

/// Adds records.
pub async fn add_records(tx: &mut Tx, rows: &[RecordRow]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let head = "INSERT INTO ledger_record (kind, id, subject, digest, at) VALUES ";
    let sql = text(head.to_owned() + &places(rows.len(), 5));
    macro_rules! insert {
        ($c:expr) => {{
            let mut query = sqlx::query(sql).persistent(false);
            for row in rows {
                query = query.bind(&*row.kind).bind(row.id).bind(clean(&row.subject).into_owned());
                query = query.bind(&*row.digest).bind(row.at);
            }
            query.execute($c).await.map(|_| ())
        }};
    }
    Ok(on!(tx, c => insert!(c))?)
}

/// What has a leaf from this index on does not wait any more.
pub async fn settle(tx: &mut Tx, from: i64) -> Result<u64, StoreError> {
    run!(
        tx,
        "DELETE FROM ledger_unsealed
         WHERE (kind, ref_id) IN (SELECT kind, ref_id FROM ledger_leaf WHERE idx >= $1)",
        from
    )
}

/// Takes something out of the queue that is not there any more.
pub async fn forget(tx: &mut Tx, row: &UnsealedRow) -> Result<(), StoreError> {
    run!(tx, "DELETE FROM ledger_unsealed WHERE kind = $1 AND ref_id = $2", &*row.kind, row.ref_id)?;
    Ok(())
}

/// Adds what the leaves from this index on have moved to the sums.
pub async fn sum_up(tx: &mut Tx, from: i64) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO ledger_total (account, currency, posted_minor, pending_minor)
         SELECT account, currency, CAST(SUM(posted) AS BIGINT), CAST(SUM(pending) AS BIGINT) FROM (
            SELECT p.account, p.currency, CASE WHEN e.phase IN ('posted', 'post') THEN p.amount_minor ELSE 0 END AS posted,
                CASE WHEN e.phase = 'pending' THEN p.amount_minor ELSE 0 END AS pending
            FROM ledger_leaf l JOIN ledger_entry e ON e.id = l.ref_id JOIN ledger_posting p ON p.entry_id = e.id
            WHERE l.kind = 'entry' AND l.idx >= $1
            UNION ALL
            SELECT p.account, p.currency, 0, -p.amount_minor
            FROM ledger_leaf l JOIN ledger_entry e ON e.id = l.ref_id JOIN ledger_posting p ON p.entry_id = e.pending
            WHERE l.kind = 'entry' AND l.idx >= $1
         ) moved WHERE TRUE GROUP BY account, currency
         ON CONFLICT (account, currency) DO UPDATE SET
            posted_minor = ledger_total.posted_minor + excluded.posted_minor,
            pending_minor = ledger_total.pending_minor + excluded.pending_minor",
        from,
    )?;
    Ok(())
}

/// What records of a kind are made of, by the ids of their sources.
pub async fn sources(tx: &mut Tx, kind: &str, from: i64, to: i64) -> Result<Vec<SourceRow>, StoreError> {
    match kind {
        "notice" => all!(
            tx,
            "SELECT 'notice' AS kind, id, key AS subject, account AS owner, body, received_at AS at
             FROM pay_inbox WHERE id >= $1 AND id <= $2 ORDER BY id",
            from,
            to
        ),
        "story" => all!(
            tx,
            "SELECT 'story' AS kind, id, kind AS subject, CAST(order_id AS TEXT) || ' ' || by_whom AS owner, body, at
             FROM pay_story WHERE id >= $1 AND id <= $2 AND by_whom NOT IN ('', 'driver') ORDER BY id",
            from,
            to
        ),
        "event" => all!(
            tx,
            "SELECT 'event' AS kind, id, kind AS subject, COALESCE(station_id, '') AS owner, body, at
             FROM event WHERE id >= $1 AND id <= $2 AND kind NOT LIKE 'station.%' AND kind NOT LIKE 'session.%'
             ORDER BY id",
            from,
            to
        ),
        _ => Ok(Vec::new()),
    }
}

/// The records of the leaves from one index until before another.
pub async fn records(tx: &mut Tx, from: i64, to: i64) -> Result<Vec<RecordRow>, StoreError> {
    all!(
        tx,
        "SELECT r.* FROM ledger_leaf l JOIN ledger_record r ON r.kind = l.kind AND r.id = l.ref_id
         WHERE l.kind <> 'entry' AND l.idx >= $1 AND l.idx < $2",
        from,
        to
    )
}

/// The record.
pub async fn record(tx: &mut Tx, kind: &str, id: i64) -> Result<Option<RecordRow>, StoreError> {
    one!(tx, "SELECT * FROM ledger_record WHERE kind = $1 AND id = $2", kind, id)
}
