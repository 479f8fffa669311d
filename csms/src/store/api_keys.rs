//! Keys of programs.

use super::db::Tx;
use super::error::StoreError;
use super::query::{Select, one, run};
use chrono::{DateTime, Utc};

/// A key; see the migration for the meaning of the columns.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct ApiKeyRow {
    pub id: i64,
    pub name: String,
    pub secret: String,
    pub scopes: String,
    pub created_by: String,
    pub created_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    pub last_used_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
}

impl ApiKeyRow {
    /// May it still be used?
    pub fn is_valid(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|until| now < until)
    }
}

/// Keeps a new key.
pub async fn create(tx: &mut Tx, key: &ApiKeyRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO api_key (id, name, secret, scopes, created_by, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        key.id,
        &*key.name,
        &*key.secret,
        &*key.scopes,
        &*key.created_by,
        key.created_at,
        key.expires_at,
    )?;
    Ok(())
}

/// A key, whether it is valid or not.
pub async fn find(tx: &mut Tx, id: i64) -> Result<Option<ApiKeyRow>, StoreError> {
    one!(tx, "SELECT * FROM api_key WHERE id = $1", id)
}

/// A page of keys, the newest first, those before `before`.
pub async fn list(tx: &mut Tx, before: Option<i64>, limit: i64) -> Result<Vec<ApiKeyRow>, StoreError> {
    Select::new("SELECT * FROM api_key").and_if("id < ?", before).page(tx, "id DESC", limit).await
}

/// Makes a key worthless. False if there is none, or it was revoked before.
pub async fn revoke(tx: &mut Tx, id: i64, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let sql = "UPDATE api_key SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
    Ok(run!(tx, sql, id, now)? > 0)
}

/// The key was used.
pub async fn used(tx: &mut Tx, id: i64, now: DateTime<Utc>) -> Result<(), StoreError> {
    run!(tx, "UPDATE api_key SET last_used_at = $2 WHERE id = $1", id, now)?;
    Ok(())
}
