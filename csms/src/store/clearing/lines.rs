//! Lines of statements.

use super::super::clean;
use super::super::db::{Tx, on};
use super::super::error::StoreError;
use super::super::query::{Select, all, run};
use chrono::{DateTime, Utc};

/// A row of `clearing_line`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct LineRow {
    pub id: i64,
    pub statement_id: i64,
    pub account: String,
    pub digest: String,
    pub copy: i64,
    pub kind: String,
    pub number: String,
    pub reference: String,
    pub currency: String,
    pub amount_minor: i64,
    pub fee_minor: Option<i64>,
    pub at: Option<DateTime<Utc>>,
    pub day: String,
    pub since: String,
    pub standing: String,
    pub text: String,
    pub row: i64,
    pub state: String,
    /// Its fee is in the ledger.
    pub fee_entered: bool,
}

/// Lines of one INSERT: 18 values each, below the engines' limits.
const TOGETHER: usize = 250;

/// Adds lines; one that is known by what it says is passed over. Gives how many are new.
pub async fn add(tx: &mut Tx, rows: &[LineRow]) -> Result<u64, StoreError> {
    let mut added = 0;
    for rows in rows.chunks(TOGETHER) {
        added += on!(tx, c => {
            let mut insert = sqlx::QueryBuilder::new(
                "INSERT INTO clearing_line (id, statement_id, account, digest, copy, kind, number, reference, currency,
                    amount_minor, fee_minor, at, day, since, standing, text, row, state) ",
            );
            insert.push_values(rows, |mut line, row| {
                line.push_bind(row.id)
                    .push_bind(row.statement_id)
                    .push_bind(&*row.account)
                    .push_bind(&*row.digest)
                    .push_bind(row.copy)
                    .push_bind(&*row.kind)
                    .push_bind(clean(&row.number))
                    .push_bind(clean(&row.reference))
                    .push_bind(&*row.currency)
                    .push_bind(row.amount_minor)
                    .push_bind(row.fee_minor)
                    .push_bind(row.at)
                    .push_bind(&*row.day)
                    .push_bind(&*row.since)
                    .push_bind(&*row.standing)
                    .push_bind(clean(&row.text))
                    .push_bind(row.row)
                    .push_bind(&*row.state);
            });
            insert.push(" ON CONFLICT (account, digest, copy) DO NOTHING");
            insert.build().execute(c).await.map(|done| done.rows_affected())
        })?;
    }
    Ok(added)
}

/// Gives an account's lines their number where only the provider's is told: those that are open, and those that are cases
/// because nobody knew it.
pub async fn name(tx: &mut Tx, account: &str) -> Result<(), StoreError> {
    run!(
        tx,
        "UPDATE clearing_line SET number = COALESCE((SELECT MIN(a.number) FROM pay_attempt a
            WHERE a.account = clearing_line.account AND a.charge = clearing_line.reference AND a.charge <> ''),
            (SELECT MIN(a.number) FROM pay_attempt a
            WHERE a.account = clearing_line.account AND a.reference = clearing_line.reference AND a.reference <> ''), '')
         WHERE number = '' AND reference <> '' AND id IN
            (SELECT id FROM clearing_line WHERE account = $1 AND kind = 'payment' AND number = '' AND state = 'open'
             UNION ALL SELECT line_id FROM clearing_case WHERE account = $1 AND kind = 'payment' AND number = ''
                AND reason = 'missing_here' AND state <> 'resolved' AND line_id IS NOT NULL)",
        account,
    )?;
    run!(
        tx,
        "UPDATE clearing_line SET number = COALESCE((SELECT MIN(r.number) FROM pay_refund r
            JOIN pay_attempt a ON a.id = r.attempt_id
            WHERE r.reference = clearing_line.reference AND r.reference <> '' AND a.account = clearing_line.account), '')
         WHERE number = '' AND reference <> '' AND id IN
            (SELECT id FROM clearing_line WHERE account = $1 AND kind = 'refund' AND number = '' AND state = 'open'
             UNION ALL SELECT line_id FROM clearing_case WHERE account = $1 AND kind = 'refund' AND number = ''
                AND reason = 'missing_here' AND state <> 'resolved' AND line_id IS NOT NULL)",
        account,
    )?;
    Ok(())
}

/// A page of an account's open payments and refunds, sorted by kind and number.
pub async fn open(
    tx: &mut Tx,
    account: &str,
    after: (&str, &str, i64),
    limit: i64,
) -> Result<Vec<LineRow>, StoreError> {
    all!(
        tx,
        "SELECT * FROM clearing_line WHERE account = $1 AND state = 'open' AND kind IN ('payment', 'refund')
            AND (kind, number, id) > ($2, $3, $4) ORDER BY kind, number, id LIMIT $5",
        account,
        after.0,
        after.1,
        after.2,
        limit,
    )
}

/// Open fees that belong to no payment, the oldest first.
pub async fn fees(tx: &mut Tx, account: &str, limit: i64) -> Result<Vec<LineRow>, StoreError> {
    all!(
        tx,
        "SELECT * FROM clearing_line WHERE account = $1 AND state = 'open' AND kind = 'fee' ORDER BY day, id LIMIT $2",
        account,
        limit,
    )
}

/// Payouts of an account, or credits of a bank, that wait for their other side, the oldest first: open ones, and those
/// whose case nobody has settled.
pub async fn payouts(tx: &mut Tx, account: &str, limit: i64) -> Result<Vec<LineRow>, StoreError> {
    all!(
        tx,
        "SELECT * FROM clearing_line WHERE account = $1 AND state = 'open' AND kind = 'payout'
         UNION ALL SELECT l.* FROM clearing_case c JOIN clearing_line l ON l.id = c.line_id
            WHERE c.state <> 'resolved' AND c.reason IN ('payout', 'credit') AND l.account = $1 AND l.state = 'case'
         ORDER BY day, id LIMIT $2",
        account,
        limit,
    )
}

/// The line, if there is one.
pub async fn find(tx: &mut Tx, id: i64) -> Result<Option<LineRow>, StoreError> {
    super::super::query::one!(tx, "SELECT * FROM clearing_line WHERE id = $1", id)
}

/// Puts lines into a state.
pub async fn put(tx: &mut Tx, state: &str, ids: &[i64]) -> Result<u64, StoreError> {
    super::for_ids(tx, "UPDATE clearing_line SET state = $1 WHERE id IN ({ids})", state, ids).await
}

/// Puts open lines into a state: one that somebody else has put into another is passed over.
pub async fn put_open(tx: &mut Tx, state: &str, ids: &[i64]) -> Result<u64, StoreError> {
    let sql = "UPDATE clearing_line SET state = $1 WHERE state = 'open' AND id IN ({ids})";
    super::for_ids(tx, sql, state, ids).await
}

/// Their fees are being entered: gives those whose were not before.
pub async fn enter_fees(tx: &mut Tx, ids: &[i64]) -> Result<Vec<i64>, StoreError> {
    let sql =
        "UPDATE clearing_line SET fee_entered = TRUE WHERE NOT fee_entered AND id IN ({ids}) RETURNING id";
    let sql = super::super::db::text(sql.replace("{ids}", &super::places(1)));
    let mut entered = Vec::new();
    for chunk in ids.chunks(super::IDS) {
        let (all, query) = (super::padded(chunk), sql.clone());
        let rows: Vec<(i64,)> = on!(tx, c => {
            let mut query = sqlx::query_as(query);
            for id in &all {
                query = query.bind(*id);
            }
            query.fetch_all(c).await
        })?;
        entered.extend(rows.into_iter().map(|row| row.0));
    }
    Ok(entered)
}

/// A line waits for its partner again, from this day on.
pub async fn reopen(tx: &mut Tx, id: i64, since: &str) -> Result<(), StoreError> {
    run!(tx, "UPDATE clearing_line SET state = 'open', since = $2 WHERE id = $1", id, since)?;
    Ok(())
}

/// A page of a statement's lines, in their order, those after `after`.
pub async fn of_statement(
    tx: &mut Tx,
    statement: i64,
    state: Option<&str>,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<LineRow>, StoreError> {
    Select::new("SELECT * FROM clearing_line")
        .and("statement_id = ?", [statement.into()])
        .and_if("state = ?", state)
        .and_if("id > ?", after)
        .page(tx, "id", limit)
        .await
}
