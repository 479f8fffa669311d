//! Codes at EVSEs that lead to their payment pages.

use super::super::clean;
use super::super::db::Tx;
use super::super::error::StoreError;
use super::super::query::{Select, all, one, run};
use chrono::{DateTime, Utc};

type At = DateTime<Utc>;

/// A row of `pay_code`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct CodeRow {
    pub code: String,
    pub station_id: String,
    pub evse: i64,
    pub kind: String,
    pub expires_at: Option<At>,
    pub revoked_at: Option<At>,
    pub created_at: At,
}

/// Adds a code.
///
/// # Errors
/// [`StoreError::is_reference`] if there is no such station.
pub async fn create(tx: &mut Tx, code: &CodeRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO pay_code (code, station_id, evse, kind, expires_at, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        &*code.code,
        &*code.station_id,
        code.evse,
        &*code.kind,
        code.expires_at,
        code.created_at,
    )?;
    Ok(())
}

/// The code, whether or not it holds still.
pub async fn find(tx: &mut Tx, code: &str) -> Result<Option<CodeRow>, StoreError> {
    one!(tx, "SELECT * FROM pay_code WHERE code = $1", clean(code))
}

/// The codes of a station that hold, by EVSE, newest first.
pub async fn of_station(tx: &mut Tx, station: &str, now: At) -> Result<Vec<CodeRow>, StoreError> {
    all!(
        tx,
        "SELECT * FROM pay_code WHERE station_id = $1 AND revoked_at IS NULL
            AND (expires_at IS NULL OR expires_at > $2) ORDER BY evse, created_at DESC LIMIT 500",
        clean(station),
        now,
    )
}

/// It does not hold any more. False if there is none that holds.
pub async fn revoke(tx: &mut Tx, code: &str, now: At) -> Result<bool, StoreError> {
    let sql = "UPDATE pay_code SET revoked_at = $2 WHERE code = $1 AND revoked_at IS NULL";
    Ok(run!(tx, sql, clean(code), now)? > 0)
}

/// Which codes to list. Everything empty = all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub station: Option<String>,
    /// Those that hold at this instant.
    pub good_at: Option<At>,
}

/// A page of codes, those after `after`.
pub async fn page(
    tx: &mut Tx,
    filter: &Filter,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<CodeRow>, StoreError> {
    let mut select = Select::new("SELECT * FROM pay_code")
        .and_if("station_id = ?", filter.station.as_deref())
        .and_if("code > ?", after);
    if let Some(at) = filter.good_at {
        select = select.and("revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)", [at.into()]);
    }
    select.page(tx, "code", limit).await
}
