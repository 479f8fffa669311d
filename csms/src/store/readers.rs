//! Card terminals that are driven through their provider, and where they take money for.

use super::clean;
use super::db::Tx;
use super::error::StoreError;
use super::query::{Select, all, one, run};
use chrono::{DateTime, Utc};

/// A row of `terminal_reader`; see the migration for the meaning of the columns.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ReaderRow {
    pub id: i64,
    pub account: String,
    pub reader: String,
    pub name: String,
    pub code: String,
    pub station_id: Option<String>,
    pub evse: i64,
    pub site_id: Option<i64>,
    pub created_at: DateTime<Utc>,
}

/// Adds a reader.
///
/// # Errors
/// [`StoreError::is_duplicate`] if the account has this reader already.
pub async fn create(tx: &mut Tx, row: &ReaderRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO terminal_reader (id, account, reader, name, code, station_id, evse, site_id, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        row.id,
        &*row.account,
        clean(&row.reader),
        clean(&row.name),
        &*row.code,
        row.station_id.as_deref(),
        row.evse,
        row.site_id,
        row.created_at,
    )?;
    Ok(())
}

/// The reader whose page has this code.
pub async fn by_code(tx: &mut Tx, code: &str) -> Result<Option<ReaderRow>, StoreError> {
    one!(tx, "SELECT * FROM terminal_reader WHERE code = $1", clean(code))
}

/// A page of readers in the order they were added, those after `after`.
pub async fn list(tx: &mut Tx, after: i64, limit: i64) -> Result<Vec<ReaderRow>, StoreError> {
    all!(tx, "SELECT * FROM terminal_reader WHERE id > $1 ORDER BY id LIMIT $2", after, limit)
}

/// Takes no money any more. False: there is no such reader.
pub async fn delete(tx: &mut Tx, reader: &str) -> Result<bool, StoreError> {
    Ok(run!(tx, "DELETE FROM terminal_reader WHERE reader = $1", clean(reader))? > 0)
}

/// Which readers to list. Everything empty = all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub account: Option<String>,
    pub station: Option<String>,
    pub site: Option<i64>,
}

/// A page of readers in the order they were added, those after `after`.
pub async fn page(
    tx: &mut Tx,
    filter: &Filter,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<ReaderRow>, StoreError> {
    Select::new("SELECT * FROM terminal_reader")
        .and_if("account = ?", filter.account.as_deref())
        .and_if("station_id = ?", filter.station.as_deref())
        .and_if("site_id = ?", filter.site)
        .and_if("id > ?", after)
        .page(tx, "id", limit)
        .await
}

/// The reader, if there is one.
pub async fn find(tx: &mut Tx, id: i64) -> Result<Option<ReaderRow>, StoreError> {
    one!(tx, "SELECT * FROM terminal_reader WHERE id = $1", id)
}

/// This reader of this account takes no money any more. False: there is none.
pub async fn remove(tx: &mut Tx, id: i64) -> Result<bool, StoreError> {
    Ok(run!(tx, "DELETE FROM terminal_reader WHERE id = $1", id)? > 0)
}
