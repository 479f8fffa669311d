//! Tokens: the identifiers that may charge.

use super::clean;
use super::db::Tx;
use super::error::StoreError;
use super::query::{Select, all, containing, one, run};
pub use super::row::TokenRow;
use rust_decimal::Decimal;

/// Limits are below this: numbers that every station reads.
const LIMIT_MAX: i64 = 1_000_000_000;

/// Can a session be limited to this cost: a decimal text above 0, with four decimals at most?
pub fn is_cost(text: &str) -> bool {
    text.parse::<Decimal>()
        .is_ok_and(|cost| cost > Decimal::ZERO && cost.scale() <= 4 && cost < Decimal::from(LIMIT_MAX))
}

/// Can a session be limited to so many watt-hours, or seconds?
pub fn is_limit(number: i64) -> bool {
    (1..=LIMIT_MAX).contains(&number)
}

/// Which tokens to list. Everything empty = all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Anywhere in identifier or holder, whatever the case.
    pub text: String,
    /// Members of this group.
    pub group: Option<String>,
    /// Only those that are marked for local lists.
    pub marked: bool,
}

/// Adds a token.
///
/// # Errors
/// [`StoreError::is_duplicate`] if the identifier exists with this kind.
pub async fn create(tx: &mut Tx, token: &TokenRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO token (id, uid, kind, group_uid, holder, language, blocked, expires_at, concurrent, created_at,
            max_cost, max_energy_wh, max_time_s)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
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
        &*token.max_cost,
        token.max_energy_wh,
        token.max_time_s,
    )?;
    Ok(())
}

/// Changes a token; identifier, kind and `created_at` stay. False if there is none.
pub async fn update(tx: &mut Tx, token: &TokenRow) -> Result<bool, StoreError> {
    let changed = run!(
        tx,
        "UPDATE token SET group_uid = $2, holder = $3, language = $4, blocked = $5, expires_at = $6,
            concurrent = $7, max_cost = $8, max_energy_wh = $9, max_time_s = $10 WHERE id = $1",
        token.id,
        token.group_uid.as_deref(),
        &*token.holder,
        &*token.language,
        token.blocked,
        token.expires_at,
        token.concurrent,
        &*token.max_cost,
        token.max_energy_wh,
        token.max_time_s,
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
        // What is typed at a pad is a secret: it is not found by pieces of it.
        let condition =
            "((LOWER(uid) LIKE ? ESCAPE '!' AND kind <> 'KeyCode') OR LOWER(holder) LIKE ? ESCAPE '!')";
        select = select.and(condition, [containing(&filter.text), containing(&filter.text)]);
    }
    if filter.marked {
        select = select.and("id IN (SELECT token_id FROM list_token)", []);
    }
    select.page(tx, "id", limit).await
}

/// Removes a token. False if there is none.
pub async fn delete(tx: &mut Tx, id: i64) -> Result<bool, StoreError> {
    Ok(run!(tx, "DELETE FROM token WHERE id = $1", id)? > 0)
}

/// Forgets an identifier that was made for one session.
pub async fn forget(tx: &mut Tx, uid: &str, kind: &str) -> Result<(), StoreError> {
    run!(tx, "DELETE FROM token WHERE uid = $1 AND kind = $2", clean(uid), kind)?;
    Ok(())
}
