//! Journal entries, their postings, and what they add up to.

use crate::store::clean;
use crate::store::db::{Tx, on, text};
use crate::store::error::StoreError;
use crate::store::query::{Select, all, one, run, value};
use chrono::{DateTime, Utc};
use std::fmt::Write;

/// A row of `ledger_entry`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct EntryRow {
    pub id: i64,
    pub kind: String,
    /// `posted`, `pending`, `post` or `void`.
    pub phase: String,
    /// The pending entry that this one ends.
    pub pending: Option<i64>,
    pub order_id: Option<i64>,
    /// The effect: the same one is entered once.
    pub key: String,
    /// JSON.
    pub body: String,
    pub at: DateTime<Utc>,
}

/// What an entry has moved at one account.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct AccountRow {
    pub id: i64,
    pub kind: String,
    pub phase: String,
    pub order_id: Option<i64>,
    pub at: DateTime<Utc>,
    pub currency: String,
    pub amount_minor: i64,
}

/// The movements of an account, newest first, those before entry `before`.
pub async fn of_account(
    tx: &mut Tx,
    account: &str,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<AccountRow>, StoreError> {
    all!(
        tx,
        "SELECT e.id, e.kind, e.phase, e.order_id, e.at, p.currency, p.amount_minor
         FROM ledger_posting p JOIN ledger_entry e ON e.id = p.entry_id
         WHERE p.account = $1 AND p.entry_id < $2 ORDER BY p.entry_id DESC, p.line LIMIT $3",
        account,
        before.unwrap_or(i64::MAX),
        limit.clamp(1, 200),
    )
}

/// A row of `ledger_posting`.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct PostingRow {
    pub entry_id: i64,
    pub line: i64,
    pub account: String,
    pub currency: String,
    /// Debit positive, credit negative.
    pub amount_minor: i64,
}

/// What an account stands at in a currency.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct BalanceRow {
    pub account: String,
    pub currency: String,
    pub posted_minor: i64,
    /// Of pending entries that have not ended.
    pub pending_minor: i64,
}

/// Adds the entry. False if there is one with its key, or its pending entry has been ended: nothing was added.
pub async fn add(tx: &mut Tx, row: &EntryRow) -> Result<bool, StoreError> {
    let added = run!(
        tx,
        "INSERT INTO ledger_entry (id, kind, phase, pending, order_id, key, body, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
        row.id,
        &*row.kind,
        &*row.phase,
        row.pending,
        row.order_id,
        &*row.key,
        &*row.body,
        row.at,
    )?;
    Ok(added > 0)
}

/// Adds the postings of a new entry.
pub async fn add_postings(tx: &mut Tx, rows: &[PostingRow]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut sql =
        String::from("INSERT INTO ledger_posting (entry_id, line, account, currency, amount_minor) VALUES ");
    for n in 0..rows.len() {
        let from = n * 5;
        let comma = if n == 0 { "" } else { ", " };
        let _ =
            write!(sql, "{comma}(${}, ${}, ${}, ${}, ${})", from + 1, from + 2, from + 3, from + 4, from + 5);
    }
    let sql = text(sql);
    macro_rules! insert {
        ($c:expr) => {{
            let mut query = sqlx::query(sql);
            for row in rows {
                query = query
                    .bind(row.entry_id)
                    .bind(row.line)
                    .bind(&*row.account)
                    .bind(&*row.currency)
                    .bind(row.amount_minor);
            }
            query.execute($c).await.map(|_| ())
        }};
    }
    on!(tx, c => insert!(c))?;
    Ok(())
}

/// The entry of this effect.
pub async fn by_key(tx: &mut Tx, key: &str) -> Result<Option<EntryRow>, StoreError> {
    one!(tx, "SELECT * FROM ledger_entry WHERE key = $1", clean(key))
}

/// The entry.
pub async fn find(tx: &mut Tx, id: i64) -> Result<Option<EntryRow>, StoreError> {
    one!(tx, "SELECT * FROM ledger_entry WHERE id = $1", id)
}

/// Its postings, in order.
pub async fn postings(tx: &mut Tx, entry: i64) -> Result<Vec<PostingRow>, StoreError> {
    all!(tx, "SELECT * FROM ledger_posting WHERE entry_id = $1 ORDER BY line LIMIT 200", entry)
}

/// The postings of a page of entries, by entry and line.
pub async fn postings_of(tx: &mut Tx, entries: &[i64]) -> Result<Vec<PostingRow>, StoreError> {
    let mut found = Vec::new();
    for ids in entries.chunks(100) {
        let list = ids.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
        let sql = format!(
            "SELECT * FROM ledger_posting WHERE entry_id IN ({list}) ORDER BY entry_id, line LIMIT 20000"
        );
        let rows: Vec<PostingRow> = all!(tx, text(sql))?;
        found.extend(rows);
    }
    Ok(found)
}

/// The entry that has ended a pending one.
pub async fn ended_by(tx: &mut Tx, pending: i64) -> Result<Option<EntryRow>, StoreError> {
    one!(tx, "SELECT * FROM ledger_entry WHERE pending = $1", pending)
}

/// The entries of an order, oldest first; at most a thousand.
pub async fn of_order(tx: &mut Tx, order: i64) -> Result<Vec<EntryRow>, StoreError> {
    all!(tx, "SELECT * FROM ledger_entry WHERE order_id = $1 ORDER BY id LIMIT 1000", order)
}

/// The pending entries of an order that have not ended, oldest first.
pub async fn pending_of_order(tx: &mut Tx, order: i64) -> Result<Vec<EntryRow>, StoreError> {
    all!(
        tx,
        "SELECT * FROM ledger_entry WHERE order_id = $1 AND phase = 'pending'
            AND NOT EXISTS (SELECT 1 FROM ledger_entry ending WHERE ending.pending = ledger_entry.id)
         ORDER BY id LIMIT 1000",
        order,
    )
}

/// The id of the order with this number.
pub async fn order_by_number(tx: &mut Tx, number: &str) -> Result<Option<i64>, StoreError> {
    value!(tx, "SELECT id FROM pay_order WHERE number = $1", clean(number))
}

/// Which entries to list. Everything empty = all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub order: Option<i64>,
    pub kind: Option<String>,
    /// Only those with a posting at this account.
    pub account: Option<String>,
}

/// A page of entries, newest first, those before `before`.
pub async fn list(
    tx: &mut Tx,
    filter: &Filter,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<EntryRow>, StoreError> {
    Select::new("SELECT * FROM ledger_entry")
        .and_if("order_id = ?", filter.order)
        .and_if("kind = ?", filter.kind.as_deref())
        .and_if("id IN (SELECT entry_id FROM ledger_posting WHERE account = ?)", filter.account.as_deref())
        .and_if("id < ?", before)
        .page(tx, "id DESC", limit)
        .await
}

/// What is sealed (summed up already) and what is not yet, by account and currency.
const STANDINGS: &str = "SELECT * FROM (
    SELECT account, currency, CAST(SUM(posted) AS BIGINT) AS posted_minor, CAST(SUM(pending) AS BIGINT) AS pending_minor
    FROM (
        SELECT account, currency, posted_minor AS posted, pending_minor AS pending FROM ledger_total
        UNION ALL
        SELECT p.account, p.currency, CASE WHEN e.phase IN ('posted', 'post') THEN p.amount_minor ELSE 0 END,
            CASE WHEN e.phase = 'pending' THEN p.amount_minor ELSE 0 END
        FROM ledger_unsealed u JOIN ledger_entry e ON e.id = u.ref_id JOIN ledger_posting p ON p.entry_id = e.id
        WHERE u.kind = 'entry'
        UNION ALL
        SELECT p.account, p.currency, 0, -p.amount_minor
        FROM ledger_unsealed u JOIN ledger_entry e ON e.id = u.ref_id JOIN ledger_posting p ON p.entry_id = e.pending
        WHERE u.kind = 'entry'
    ) standing GROUP BY account, currency) standings";

/// A page of balances in the order of their accounts, those after `after`; `prefix` of the account, e.g. `provider:`.
pub async fn balances(
    tx: &mut Tx,
    prefix: &str,
    after: Option<(&str, &str)>,
    limit: i64,
) -> Result<Vec<BalanceRow>, StoreError> {
    let select = Select::new(STANDINGS).and_if(
        "account LIKE ? ESCAPE '!'",
        (!prefix.is_empty()).then(|| crate::store::query::starting(prefix)),
    );
    let select = match after {
        Some((account, currency)) => {
            select.and("(account, currency) > (?, ?)", [account.into(), currency.into()])
        }
        None => select,
    };
    select.page(tx, "account, currency", limit).await
}

/// What one account stands at, by currency.
pub async fn balance(tx: &mut Tx, account: &str) -> Result<Vec<BalanceRow>, StoreError> {
    Select::new(STANDINGS).and("account = ?", [account.into()]).page(tx, "currency", 200).await
}

/// What all accounts together stand at, by currency: nothing, if the books are right.
pub async fn trial(tx: &mut Tx) -> Result<Vec<BalanceRow>, StoreError> {
    let sql = format!(
        "SELECT '' AS account, currency, CAST(SUM(posted_minor) AS BIGINT) AS posted_minor,
            CAST(SUM(pending_minor) AS BIGINT) AS pending_minor
         FROM ({STANDINGS}) balances GROUP BY currency ORDER BY currency LIMIT 500"
    );
    all!(tx, text(sql))
}

/// The entries that wait for being sealed, from one id to another, with their postings; in order.
pub async fn unsealed(
    tx: &mut Tx,
    from: i64,
    to: i64,
) -> Result<(Vec<EntryRow>, Vec<PostingRow>), StoreError> {
    let entries = all!(
        tx,
        "SELECT e.* FROM ledger_unsealed u JOIN ledger_entry e ON e.id = u.ref_id
         WHERE u.kind = 'entry' AND u.ref_id >= $1 AND u.ref_id <= $2 ORDER BY e.id",
        from,
        to
    )?;
    let postings = all!(
        tx,
        "SELECT p.* FROM ledger_unsealed u JOIN ledger_posting p ON p.entry_id = u.ref_id
         WHERE u.kind = 'entry' AND u.ref_id >= $1 AND u.ref_id <= $2 ORDER BY p.entry_id, p.line",
        from,
        to
    )?;
    Ok((entries, postings))
}

/// The entries, the postings, and the postings of the pending entries that they end (as `entry_id` the one that ends),
/// of the leaves from one index until before another.
pub async fn sealed(
    tx: &mut Tx,
    from: i64,
    to: i64,
) -> Result<(Vec<EntryRow>, Vec<PostingRow>, Vec<PostingRow>), StoreError> {
    let entries = all!(
        tx,
        "SELECT e.* FROM ledger_leaf l JOIN ledger_entry e ON e.id = l.ref_id
         WHERE l.kind = 'entry' AND l.idx >= $1 AND l.idx < $2",
        from,
        to
    )?;
    let postings = all!(
        tx,
        "SELECT p.* FROM ledger_leaf l JOIN ledger_posting p ON p.entry_id = l.ref_id
         WHERE l.kind = 'entry' AND l.idx >= $1 AND l.idx < $2 ORDER BY p.entry_id, p.line",
        from,
        to
    )?;
    let held = all!(
        tx,
        "SELECT e.id AS entry_id, p.line, p.account, p.currency, p.amount_minor
         FROM ledger_leaf l JOIN ledger_entry e ON e.id = l.ref_id JOIN ledger_posting p ON p.entry_id = e.pending
         JOIN ledger_entry held ON held.id = e.pending AND held.phase = 'pending'
         WHERE l.kind = 'entry' AND l.idx >= $1 AND l.idx < $2 ORDER BY e.id, p.line",
        from,
        to
    )?;
    Ok((entries, postings, held))
}

/// Entries that are neither sealed nor waiting for it: somebody has put them there past the triggers. At most a hundred.
pub async fn stray(tx: &mut Tx) -> Result<Vec<EntryRow>, StoreError> {
    all!(
        tx,
        "SELECT e.* FROM ledger_entry e
         WHERE NOT EXISTS (SELECT 1 FROM ledger_leaf l WHERE l.kind = 'entry' AND l.ref_id = e.id)
           AND NOT EXISTS (SELECT 1 FROM ledger_unsealed u WHERE u.kind = 'entry' AND u.ref_id = e.id)
         ORDER BY e.id LIMIT 100"
    )
}

/// Pending entries that have been ended more than once; at most a hundred.
pub async fn ended_twice(tx: &mut Tx) -> Result<Vec<i64>, StoreError> {
    let rows: Vec<(i64,)> = all!(
        tx,
        "SELECT pending FROM ledger_entry WHERE pending IS NOT NULL GROUP BY pending HAVING COUNT(*) > 1
         ORDER BY pending LIMIT 100"
    )?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// The sums of what is sealed, by account and currency: those that are kept, and those counted anew, where they differ.
/// At most a hundred.
pub async fn wrong_totals(tx: &mut Tx) -> Result<Vec<(BalanceRow, BalanceRow)>, StoreError> {
    let rows: Vec<(String, String, i64, i64, i64, i64)> = all!(
        tx,
        "SELECT account, currency, CAST(SUM(kept) AS BIGINT), CAST(SUM(kept_pending) AS BIGINT),
            CAST(SUM(posted) AS BIGINT), CAST(SUM(pending) AS BIGINT)
         FROM (
            SELECT account, currency, posted_minor AS kept, pending_minor AS kept_pending, 0 AS posted, 0 AS pending
            FROM ledger_total
            UNION ALL
            SELECT p.account, p.currency, 0, 0, CASE WHEN e.phase IN ('posted', 'post') THEN p.amount_minor ELSE 0 END,
                CASE WHEN e.phase = 'pending' THEN p.amount_minor ELSE 0 END
            FROM ledger_leaf l JOIN ledger_entry e ON e.id = l.ref_id JOIN ledger_posting p ON p.entry_id = e.id
            WHERE l.kind = 'entry'
            UNION ALL
            SELECT p.account, p.currency, 0, 0, 0, -p.amount_minor
            FROM ledger_leaf l JOIN ledger_entry e ON e.id = l.ref_id JOIN ledger_posting p ON p.entry_id = e.pending
            WHERE l.kind = 'entry'
         ) sums GROUP BY account, currency
         HAVING SUM(kept) <> SUM(posted) OR SUM(kept_pending) <> SUM(pending) ORDER BY account, currency LIMIT 100"
    )?;
    let pair =
        |(account, currency, kept, kept_pending, posted, pending): (String, String, i64, i64, i64, i64)| {
            let row = |posted_minor, pending_minor| BalanceRow {
                account: account.clone(),
                currency: currency.clone(),
                posted_minor,
                pending_minor,
            };
            (row(kept, kept_pending), row(posted, pending))
        };
    Ok(rows.into_iter().map(pair).collect())
}
