//! Tokens: the identifiers that may charge.

use super::clean;
use super::db::Tx;
use super::error::StoreError;
use super::query::{Select, all, containing, one, run};
pub use super::row::TokenRow;

/// Which tokens to list. Everything empty = all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Anywhere in identifier or holder, whatever the case.
    pub text: String,
    /// Members of this group.
    pub group: Option<String>,
}

/// Adds a token.
///
/// # Errors
/// [`StoreError::is_duplicate`] if the identifier exists with this kind.
pub async fn create(tx: &mut Tx, token: &TokenRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO token (id, uid, kind, group_uid, holder, language, blocked, expires_at, concurrent, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        token.id,
        clean(&token.uid),
        &*token.kind,
        token.group_uid.as_deref(),
        &*token.holder,
        &*token.language,
        token.blocked,
        token.expires_at,
        token.concurrent,
        token.created_at,
    )?;
    Ok(())
}

/// Changes a token; identifier, kind and `created_at` stay. False if there is none.
pub async fn update(tx: &mut Tx, token: &TokenRow) -> Result<bool, StoreError> {
    let changed = run!(
        tx,
        "UPDATE token SET group_uid = $2, holder = $3, language = $4, blocked = $5, expires_at = $6,
            concurrent = $7 WHERE id = $1",
        token.id,
        token.group_uid.as_deref(),
        &*token.holder,
        &*token.language,
        token.blocked,
        token.expires_at,
        token.concurrent,
    )?;
    Ok(changed > 0)
}

/// The token, if there is one.
pub async fn find(tx: &mut Tx, id: i64) -> Result<Option<TokenRow>, StoreError> {
    one!(tx, "SELECT * FROM token WHERE id = $1", id)
}

/// The tokens of all kinds with this identifier; `key` as of [`crate::model::Presented::key`].
pub async fn by_key(tx: &mut Tx, key: &str) -> Result<Vec<TokenRow>, StoreError> {
    all!(tx, "SELECT * FROM token WHERE uid = $1 ORDER BY kind LIMIT 50", clean(key))
}

/// A page of tokens in the order they were made, those after `after`.
pub async fn list(
    tx: &mut Tx,
    filter: &Filter,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<TokenRow>, StoreError> {
    let mut select = Select::new("SELECT * FROM token")
        .and_if("id > ?", after)
        .and_if("group_uid = ?", filter.group.as_deref());
    if !filter.text.trim().is_empty() {
        let condition = "(LOWER(uid) LIKE ? ESCAPE '!' OR LOWER(holder) LIKE ? ESCAPE '!')";
        select = select.and(condition, [containing(&filter.text), containing(&filter.text)]);
    }
    select.page(tx, "id", limit).await
}

/// Removes a token. False if there is none.
pub async fn delete(tx: &mut Tx, id: i64) -> Result<bool, StoreError> {
    Ok(run!(tx, "DELETE FROM token WHERE id = $1", id)? > 0)
}
