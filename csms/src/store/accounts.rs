//! Accounts of the console and their logins.

use super::db::Tx;
use super::error::StoreError;
use super::query::{Select, all, one, run};
use chrono::{DateTime, Utc};

/// A row of `account`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct AccountRow {
    pub id: i64,
    pub name: String,
    /// argon2id.
    pub password: String,
    /// `admin`, `operator` or `viewer`.
    pub role: String,
    pub language: String,
    pub created_at: DateTime<Utc>,
    pub last_login_at: Option<DateTime<Utc>>,
}

/// A row of `login`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct LoginRow {
    /// SHA-256 of the cookie.
    pub key_hash: String,
    pub account_id: i64,
    pub csrf: String,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// Adds an account.
///
/// # Errors
/// [`StoreError::is_duplicate`] if the name is taken.
pub async fn create(tx: &mut Tx, account: &AccountRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO account (id, name, password, role, language, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        account.id,
        &*account.name,
        &*account.password,
        &*account.role,
        &*account.language,
        account.created_at,
    )?;
    Ok(())
}

/// The account, if there is one.
pub async fn find(tx: &mut Tx, id: i64) -> Result<Option<AccountRow>, StoreError> {
    one!(tx, "SELECT * FROM account WHERE id = $1", id)
}

/// The account of this name, if there is one.
pub async fn by_name(tx: &mut Tx, name: &str) -> Result<Option<AccountRow>, StoreError> {
    one!(tx, "SELECT * FROM account WHERE name = $1", name)
}

/// All accounts in the order of their names (a thousand at most).
pub async fn list(tx: &mut Tx) -> Result<Vec<AccountRow>, StoreError> {
    all!(tx, "SELECT * FROM account ORDER BY name LIMIT 1000")
}

/// How many accounts have this role.
pub async fn count_role(tx: &mut Tx, role: &str) -> Result<i64, StoreError> {
    let rows: Vec<(i64,)> = all!(tx, "SELECT COUNT(*) FROM account WHERE role = $1", role)?;
    Ok(rows.first().map_or(0, |row| row.0))
}

/// A page of accounts in the order they were made, those after `after`.
pub async fn page(tx: &mut Tx, after: Option<i64>, limit: i64) -> Result<Vec<AccountRow>, StoreError> {
    Select::new("SELECT * FROM account").and_if("id > ?", after).page(tx, "id", limit).await
}

/// How many accounts have this role; until the transaction ends nobody else changes that.
pub async fn lock_role(tx: &mut Tx, role: &str) -> Result<i64, StoreError> {
    run!(tx, "UPDATE account SET role = role WHERE role = $1", role)?;
    count_role(tx, role).await
}

/// Ends all logins of an account; says how many.
pub async fn end_logins(tx: &mut Tx, id: i64) -> Result<u64, StoreError> {
    run!(tx, "DELETE FROM login WHERE account_id = $1", id)
}

/// Changes the password and ends all logins of the account. False if there is no such account.
pub async fn set_password(tx: &mut Tx, id: i64, password: &str) -> Result<bool, StoreError> {
    // The account first: a login that is being made either comes before this, and ends with the others, or is refused.
    let changed = run!(tx, "UPDATE account SET password = $2 WHERE id = $1", id, password)? > 0;
    end_logins(tx, id).await?;
    Ok(changed)
}

/// Changes role and language. False if there is no such account.
pub async fn update(tx: &mut Tx, id: i64, role: &str, language: &str) -> Result<bool, StoreError> {
    Ok(run!(tx, "UPDATE account SET role = $2, language = $3 WHERE id = $1", id, role, language)? > 0)
}

/// Removes an account and its logins. False if there is none.
pub async fn delete(tx: &mut Tx, id: i64) -> Result<bool, StoreError> {
    Ok(run!(tx, "DELETE FROM account WHERE id = $1", id)? > 0)
}

/// Records a login with this sealed password, and when the account was used last. False if the account has another password by
/// now, or is gone.
pub async fn log_in(tx: &mut Tx, login: &LoginRow, password: &str) -> Result<bool, StoreError> {
    let sql = "UPDATE account SET last_login_at = $2 WHERE id = $1 AND password = $3";
    if run!(tx, sql, login.account_id, login.created_at, password)? == 0 {
        return Ok(false);
    }
    run!(
        tx,
        "INSERT INTO login (key_hash, account_id, csrf, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
        &*login.key_hash,
        login.account_id,
        &*login.csrf,
        login.created_at,
        login.expires_at,
    )?;
    Ok(true)
}

/// The login with this key and its account, unless it has expired.
pub async fn logged_in(
    tx: &mut Tx,
    key_hash: &str,
    now: DateTime<Utc>,
) -> Result<Option<(LoginRow, AccountRow)>, StoreError> {
    let login: Option<LoginRow> =
        one!(tx, "SELECT * FROM login WHERE key_hash = $1 AND expires_at > $2", key_hash, now)?;
    let Some(login) = login else { return Ok(None) };
    Ok(find(tx, login.account_id).await?.map(|account| (login, account)))
}

/// Ends a login. False if there is none.
pub async fn log_out(tx: &mut Tx, key_hash: &str) -> Result<bool, StoreError> {
    Ok(run!(tx, "DELETE FROM login WHERE key_hash = $1", key_hash)? > 0)
}

/// Removes the logins that have expired; says how many.
pub async fn prune_logins(tx: &mut Tx, now: DateTime<Utc>) -> Result<u64, StoreError> {
    run!(tx, "DELETE FROM login WHERE expires_at <= $1", now)
}
