//! Files of statements, as they came.

use super::super::clean;
use super::super::db::Tx;
use super::super::error::StoreError;
use super::super::query::{all, one, run, value};
use chrono::{DateTime, Utc};

/// A row of `clearing_statement`, without its bytes.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct StatementRow {
    pub id: i64,
    pub account: String,
    pub file: String,
    pub day: String,
    pub format: String,
    pub name: String,
    pub sha256: String,
    pub bytes: i64,
    pub lines: i64,
    pub paid_minor: i64,
    pub returned_minor: i64,
    pub fee_minor: i64,
    pub whole: bool,
    pub by_whom: String,
    pub created_at: DateTime<Utc>,
}

const COLUMNS: &str = "id, account, file, day, format, name, sha256, bytes, lines, paid_minor, returned_minor, \
    fee_minor, whole, by_whom, created_at";

/// Keeps a file. False if the same one is there.
pub async fn add(tx: &mut Tx, row: &StatementRow, raw: Vec<u8>) -> Result<bool, StoreError> {
    let added = run!(
        tx,
        "INSERT INTO clearing_statement (id, account, file, day, format, name, sha256, bytes, raw, lines, paid_minor,
            returned_minor, fee_minor, whole, by_whom, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, FALSE, $14, $15)
         ON CONFLICT (account, file, day, sha256) DO NOTHING",
        row.id,
        &*row.account,
        &*row.file,
        &*row.day,
        &*row.format,
        clean(&row.name),
        &*row.sha256,
        row.bytes,
        &*raw,
        row.lines,
        row.paid_minor,
        row.returned_minor,
        row.fee_minor,
        &*row.by_whom,
        row.created_at,
    )?;
    Ok(added > 0)
}

/// The file with these bytes, if it is there.
pub async fn same(
    tx: &mut Tx,
    account: &str,
    file: &str,
    day: &str,
    sha256: &str,
) -> Result<Option<StatementRow>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM clearing_statement WHERE account = $1 AND file = $2 AND day = $3 AND sha256 = $4"
    );
    one!(tx, super::super::db::text(sql.clone()), account, file, day, sha256)
}

/// All lines of it are there.
pub async fn whole(tx: &mut Tx, id: i64) -> Result<(), StoreError> {
    run!(tx, "UPDATE clearing_statement SET whole = TRUE WHERE id = $1", id)?;
    Ok(())
}

/// The bytes of a file, gzip.
pub async fn raw(tx: &mut Tx, id: i64) -> Result<Option<Vec<u8>>, StoreError> {
    value!(tx, "SELECT raw FROM clearing_statement WHERE id = $1", id)
}

/// The days of an account's files of a kind, the newest first.
pub async fn days(tx: &mut Tx, account: &str, file: &str, limit: i64) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> = all!(
        tx,
        "SELECT DISTINCT day FROM clearing_statement WHERE account = $1 AND file = $2 AND whole
         ORDER BY day DESC LIMIT $3",
        account,
        file,
        limit,
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// A page of files, newest first, those before `before`.
pub async fn page(
    tx: &mut Tx,
    account: Option<&str>,
    day: Option<&str>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<StatementRow>, StoreError> {
    super::super::query::Select::new(&format!("SELECT {COLUMNS} FROM clearing_statement"))
        .and_if("account = ?", account)
        .and_if("day = ?", day)
        .and_if("id < ?", before)
        .page(tx, "id DESC", limit)
        .await
}

/// The file, if there is one.
pub async fn find(tx: &mut Tx, id: i64) -> Result<Option<StatementRow>, StoreError> {
    one!(tx, super::super::db::text(format!("SELECT {COLUMNS} FROM clearing_statement WHERE id = $1")), id)
}

/// The newest files, of all accounts or of one.
pub async fn list(tx: &mut Tx, account: Option<&str>, limit: i64) -> Result<Vec<StatementRow>, StoreError> {
    super::super::query::Select::new(&format!("SELECT {COLUMNS} FROM clearing_statement"))
        .and_if("account = ?", account)
        .page(tx, "id DESC", limit)
        .await
}

/// What an account's provider has kept since a day: (paid, fees).
pub async fn kept_since(tx: &mut Tx, account: &str, day: &str) -> Result<(i64, i64), StoreError> {
    let row: Option<(i64, i64)> = one!(
        tx,
        "SELECT CAST(COALESCE(SUM(paid_minor - returned_minor), 0) AS BIGINT),
            CAST(COALESCE(SUM(fee_minor), 0) AS BIGINT)
         FROM clearing_statement WHERE account = $1 AND file = 'trades' AND day >= $2 AND whole",
        account,
        day,
    )?;
    Ok(row.unwrap_or_default())
}
