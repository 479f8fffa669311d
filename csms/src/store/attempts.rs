//! Refused connections, and how one becomes a station. Written by the group writer.

use super::clean;
use super::db::Tx;
use super::error::StoreError;
use super::query::{Select, all, containing, run};
use super::row::AttemptRow;
use chrono::{DateTime, Utc};

/// What came of adopting an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adopted {
    /// The station was registered.
    Created,
    /// The station was registered already.
    Known,
    /// Nobody with this identity was refused.
    NoAttempt,
}

/// A page of attempts, newest first, those before `before` (the last one of the page before); `text` anywhere in
/// identity or address, whatever the case.
pub async fn list(
    tx: &mut Tx,
    text: &str,
    before: Option<&AttemptRow>,
    limit: i64,
) -> Result<Vec<AttemptRow>, StoreError> {
    let mut select = Select::new("SELECT * FROM attempt");
    if !text.trim().is_empty() {
        let condition = "(LOWER(identity) LIKE ? ESCAPE '!' OR LOWER(address) LIKE ? ESCAPE '!')";
        select = select.and(condition, [containing(text), containing(text)]);
    }
    if let Some(row) = before {
        select = select.and(
            "(last_at, identity, cause, address) < (?, ?, ?, ?)",
            [row.last_at.into(), (&*row.identity).into(), (&*row.cause).into(), (&*row.address).into()],
        );
    }
    select.page(tx, "last_at DESC, identity DESC, cause DESC, address DESC", limit).await
}

/// The attempts of an identity, newest first.
pub async fn of_identity(tx: &mut Tx, identity: &str) -> Result<Vec<AttemptRow>, StoreError> {
    let sql = "SELECT * FROM attempt WHERE identity = $1 ORDER BY last_at DESC LIMIT 200";
    all!(tx, sql, clean(identity))
}

/// How many rows there are.
pub async fn count(tx: &mut Tx) -> Result<i64, StoreError> {
    let rows: Vec<(i64,)> = all!(tx, "SELECT COUNT(*) FROM attempt")?;
    Ok(rows.first().map_or(0, |row| row.0))
}

/// Registers the station that was refused, with the stored form of its password (empty = none), and forgets its
/// attempts.
pub async fn adopt(
    tx: &mut Tx,
    identity: &str,
    secret: &str,
    now: DateTime<Utc>,
) -> Result<Adopted, StoreError> {
    if !dismiss(tx, identity).await? {
        return Ok(Adopted::NoAttempt);
    }
    let sql = "INSERT INTO station (id, secret, created_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING";
    let created = run!(tx, sql, clean(identity), secret, now)?;
    Ok(if created > 0 { Adopted::Created } else { Adopted::Known })
}

/// Forgets the attempts of an identity. False if there are none.
pub async fn dismiss(tx: &mut Tx, identity: &str) -> Result<bool, StoreError> {
    Ok(run!(tx, "DELETE FROM attempt WHERE identity = $1", clean(identity))? > 0)
}
