//! What does not agree.

use super::super::clean;
use super::super::db::Tx;
use super::super::error::StoreError;
use super::super::query::{Select, all, one, run};
use chrono::{DateTime, Utc};

type At = DateTime<Utc>;

/// A row of `clearing_case`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct CaseRow {
    pub id: i64,
    pub key: String,
    pub account: String,
    pub day: String,
    pub reason: String,
    pub kind: String,
    pub number: String,
    pub reference: String,
    pub currency: String,
    pub ours_minor: Option<i64>,
    pub theirs_minor: Option<i64>,
    pub gain_minor: i64,
    pub order_id: Option<i64>,
    pub ref_id: Option<i64>,
    pub line_id: Option<i64>,
    pub suggestion: String,
    pub state: String,
    pub resolution: String,
    pub note: String,
    pub asked_by: String,
    pub resolved_by: String,
    pub found_at: At,
    pub resolved_at: Option<At>,
}

/// Adds a case. One that is there stays as it is, unless it was thought to be settled by asking the provider, and is not:
/// then it is open again. True if it is open now and was not.
pub async fn add(tx: &mut Tx, case: &CaseRow) -> Result<bool, StoreError> {
    let added = run!(
        tx,
        "INSERT INTO clearing_case (id, key, account, day, reason, kind, number, reference, currency, ours_minor,
            theirs_minor, gain_minor, order_id, ref_id, line_id, suggestion, state, found_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 'open', $17)
         ON CONFLICT (key) DO UPDATE SET state = 'open', resolved_at = NULL
            WHERE clearing_case.state = 'resolved' AND clearing_case.resolution IN ('query', 'by_itself')",
        case.id,
        &*case.key,
        &*case.account,
        &*case.day,
        &*case.reason,
        &*case.kind,
        clean(&case.number),
        clean(&case.reference),
        &*case.currency,
        case.ours_minor,
        case.theirs_minor,
        case.gain_minor,
        case.order_id,
        case.ref_id,
        case.line_id,
        &*case.suggestion,
        case.found_at,
    )?;
    Ok(added > 0)
}

/// The case, if there is one.
pub async fn find(tx: &mut Tx, id: i64) -> Result<Option<CaseRow>, StoreError> {
    one!(tx, "SELECT * FROM clearing_case WHERE id = $1", id)
}

/// The reason of a case about a statement that should be there and is not.
pub const LATE: &str = "statement";

/// Which cases to list. Everything empty = all.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter<'a> {
    pub account: Option<&'a str>,
    pub reason: Option<&'a str>,
    /// Of the matter: `payment`, `refund`, `payout`, …; of a late statement `trades` or `funds`.
    pub kind: Option<&'a str>,
    pub state: Option<&'a str>,
    /// Only those that are not settled.
    pub unsettled: bool,
    pub currency: Option<&'a str>,
    /// The difference is at most this, whoever has more.
    pub at_most_minor: Option<i64>,
    pub from_day: Option<&'a str>,
    pub to_day: Option<&'a str>,
}

/// A page of cases, the newest first, those before `before`.
pub async fn list(
    tx: &mut Tx,
    filter: &Filter<'_>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<CaseRow>, StoreError> {
    Select::new("SELECT * FROM clearing_case")
        .and_if("account = ?", filter.account)
        .and_if("reason = ?", filter.reason)
        .and_if("kind = ?", filter.kind)
        .and_if("state = ?", filter.state)
        .and_if("state <> ?", filter.unsettled.then_some("resolved"))
        .and_if("currency = ?", filter.currency)
        .and_if("ABS(gain_minor) <= ?", filter.at_most_minor)
        .and_if("day >= ?", filter.from_day)
        .and_if("day <= ?", filter.to_day)
        .and_if("id < ?", before)
        .page(tx, "id DESC", limit)
        .await
}

/// Two people must agree, and the first has. False if it is not open any more.
pub async fn ask(tx: &mut Tx, id: i64, resolution: &str, note: &str, by: &str) -> Result<bool, StoreError> {
    let sql = "UPDATE clearing_case SET state = 'asked', resolution = $2, note = $3, asked_by = $4
         WHERE id = $1 AND state = 'open'";
    Ok(run!(tx, sql, id, resolution, clean(note), by)? > 0)
}

/// It is settled. False if it was before.
pub async fn resolve(
    tx: &mut Tx,
    id: i64,
    resolution: &str,
    note: &str,
    by: &str,
    now: At,
) -> Result<bool, StoreError> {
    let sql = "UPDATE clearing_case SET state = 'resolved', resolution = $2, note = $3, resolved_by = $4,
            resolved_at = $5 WHERE id = $1 AND state <> 'resolved'";
    Ok(run!(tx, sql, id, resolution, clean(note), by, now)? > 0)
}

/// What a case was about has come, as the note says. False if there was no such case, or it was settled before.
pub async fn come(tx: &mut Tx, key: &str, note: &str, now: At) -> Result<bool, StoreError> {
    let sql =
        "UPDATE clearing_case SET state = 'resolved', resolution = 'by_itself', note = $2, resolved_at = $3
         WHERE key = $1 AND state <> 'resolved'";
    Ok(run!(tx, sql, key, note, now)? > 0)
}

/// Days before `before_day` of which an account's file is late, the newest first.
pub async fn late(
    tx: &mut Tx,
    account: &str,
    file: &str,
    before_day: &str,
    limit: i64,
) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> = all!(
        tx,
        "SELECT day FROM clearing_case WHERE account = $1 AND reason = $2 AND kind = $3 AND day < $4
            AND state <> 'resolved' ORDER BY day DESC LIMIT $5",
        account,
        LATE,
        file,
        before_day,
        limit,
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// How many statements are late.
pub async fn count_late(tx: &mut Tx) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) FROM clearing_case WHERE state <> 'resolved' AND reason = $1";
    let row: Option<(i64,)> = one!(tx, sql, LATE)?;
    Ok(row.map_or(0, |row| row.0))
}

/// Cases about what nobody seemed to know, whose line has its number by now.
pub async fn named(tx: &mut Tx, account: &str, limit: i64) -> Result<Vec<CaseRow>, StoreError> {
    all!(
        tx,
        "SELECT c.* FROM clearing_case c JOIN clearing_line l ON l.id = c.line_id
         WHERE c.account = $1 AND c.state <> 'resolved' AND c.reason = 'missing_here' AND c.number = ''
            AND l.number <> '' ORDER BY c.id LIMIT $2",
        account,
        limit,
    )
}

/// A case has the number of its line.
pub async fn name(tx: &mut Tx, id: i64) -> Result<(), StoreError> {
    let sql = "UPDATE clearing_case SET number = (SELECT l.number FROM clearing_line l WHERE l.id = clearing_case.line_id)
         WHERE id = $1 AND number = '' AND line_id IS NOT NULL";
    run!(tx, sql, id)?;
    Ok(())
}

/// Cases whose missing side has come: an item for a line, or a line for an item.
pub async fn come_right(tx: &mut Tx, account: &str, limit: i64) -> Result<Vec<CaseRow>, StoreError> {
    all!(
        tx,
        "SELECT c.* FROM clearing_case c WHERE c.account = $1 AND c.state <> 'resolved' AND (
            (c.reason IN ('missing_here', 'done_there_only') AND EXISTS (SELECT 1 FROM clearing_item i
                WHERE i.account = c.account AND i.kind = c.kind AND i.number = c.number AND i.state = 'open'))
            OR (c.reason = 'missing_there' AND EXISTS (SELECT 1 FROM clearing_line l
                WHERE l.account = c.account AND l.kind = c.kind AND l.number = c.number AND l.state = 'open')))
         ORDER BY c.id LIMIT $2",
        account,
        limit,
    )
}

/// What is long and short on a day: the sums of its cases.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct Sum {
    pub day: String,
    pub account: String,
    pub currency: String,
    pub reason: String,
    pub cases: i64,
    pub open: i64,
    /// By their books we have so much more …
    pub long_minor: i64,
    /// … and so much less.
    pub short_minor: i64,
}

/// The sums of the cases of some days.
pub async fn sums(tx: &mut Tx, from_day: &str, to_day: &str) -> Result<Vec<Sum>, StoreError> {
    all!(
        tx,
        "SELECT day, account, currency, reason, COUNT(*) AS cases,
            CAST(SUM(CASE WHEN state <> 'resolved' THEN 1 ELSE 0 END) AS BIGINT) AS open,
            CAST(SUM(CASE WHEN gain_minor > 0 THEN gain_minor ELSE 0 END) AS BIGINT) AS long_minor,
            CAST(SUM(CASE WHEN gain_minor < 0 THEN -gain_minor ELSE 0 END) AS BIGINT) AS short_minor
         FROM clearing_case WHERE day >= $1 AND day <= $2 GROUP BY day, account, currency, reason
         ORDER BY day, account, currency, reason LIMIT 10000",
        from_day,
        to_day,
    )
}

/// How many are open.
pub async fn count_open(tx: &mut Tx) -> Result<i64, StoreError> {
    let row: Option<(i64,)> = one!(tx, "SELECT COUNT(*) FROM clearing_case WHERE state <> 'resolved'")?;
    Ok(row.map_or(0, |row| row.0))
}
