//! The rules by which merchant accounts are chosen, what operators want of accounts, and how payments have gone.

use super::db::Tx;
use super::error::StoreError;
use super::query::{Select, all, one, run, value};
use chrono::{DateTime, Utc};

type At = DateTime<Utc>;

/// A row of `route_rule`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct RuleRow {
    pub version: i64,
    /// [`payments::routing::Rule`] as JSON.
    pub body: String,
    pub note: String,
    pub created_by: String,
    pub created_at: At,
}

/// A row of `route_override`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct OverrideRow {
    /// Of the settings.
    pub account: String,
    /// The word of a method; empty = all.
    pub method: String,
    /// `off` or `preferred`.
    pub wish: String,
    pub note: String,
    /// It ends then by itself.
    pub until: Option<At>,
    pub created_by: String,
    pub created_at: At,
}

/// How the payments of an account have gone.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct OutcomeRow {
    pub account: String,
    /// Held or taken.
    pub succeeded: i64,
    /// Failed through the account's settings or the provider, or nobody knows how they stand.
    pub failed: i64,
}

/// Adds a rule, which counts from now on; says its version.
pub async fn add_rule(tx: &mut Tx, body: &str, note: &str, by: &str, at: At) -> Result<RuleRow, StoreError> {
    let version = super::counter::take(tx, "route_rule", 1).await?;
    let row = RuleRow {
        version,
        body: body.to_owned(),
        note: super::clean(note).into_owned(),
        created_by: by.to_owned(),
        created_at: at,
    };
    run!(
        tx,
        "INSERT INTO route_rule (version, body, note, created_by, created_at) VALUES ($1, $2, $3, $4, $5)",
        row.version,
        &*row.body,
        &*row.note,
        &*row.created_by,
        row.created_at,
    )?;
    Ok(row)
}

/// Nobody else adds a rule until this transaction ends.
pub async fn lock(tx: &mut Tx) -> Result<(), StoreError> {
    super::counter::take(tx, "route_rule.lock", 1).await.map(drop)
}

/// The rule that counts, if one was ever added.
pub async fn rule(tx: &mut Tx) -> Result<Option<RuleRow>, StoreError> {
    one!(tx, "SELECT * FROM route_rule ORDER BY version DESC LIMIT 1")
}

/// A page of rules, newest first, those before `before`.
pub async fn rules(tx: &mut Tx, before: Option<i64>, limit: i64) -> Result<Vec<RuleRow>, StoreError> {
    Select::new("SELECT * FROM route_rule")
        .and_if("version < ?", before)
        .page(tx, "version DESC", limit)
        .await
}

/// Sets what is wanted of an account; it takes the place of what was wanted before.
pub async fn put_override(tx: &mut Tx, row: &OverrideRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO route_override (account, method, wish, note, until, created_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (account, method) DO UPDATE SET wish = excluded.wish, note = excluded.note,
            until = excluded.until, created_by = excluded.created_by, created_at = excluded.created_at",
        &*row.account,
        &*row.method,
        &*row.wish,
        super::clean(&row.note),
        row.until,
        &*row.created_by,
        row.created_at,
    )?;
    Ok(())
}

/// Takes back what was wanted. False if nothing was.
pub async fn remove_override(tx: &mut Tx, account: &str, method: &str) -> Result<bool, StoreError> {
    let sql = "DELETE FROM route_override WHERE account = $1 AND method = $2";
    Ok(run!(tx, sql, account, method)? > 0)
}

/// What is wanted now, of all accounts.
pub async fn overrides(tx: &mut Tx, now: At) -> Result<Vec<OverrideRow>, StoreError> {
    all!(
        tx,
        "SELECT * FROM route_override WHERE until IS NULL OR until > $1 ORDER BY account, method LIMIT 1000",
        now,
    )
}

/// How the attempts made since then have gone, by account. Those that the payer left or could not pay, and those that
/// still go on, say nothing about the account.
pub async fn outcomes(tx: &mut Tx, since: At) -> Result<Vec<OutcomeRow>, StoreError> {
    all!(
        tx,
        "SELECT account,
            CAST(SUM(CASE WHEN state IN ('held', 'taken', 'released') THEN 1 ELSE 0 END) AS BIGINT) AS succeeded,
            CAST(SUM(CASE WHEN state = 'unknown' OR (state = 'failed' AND
                (refusal LIKE '{\"kind\":\"trouble\"%' OR refusal LIKE '{\"kind\":\"setup\"%'))
                THEN 1 ELSE 0 END) AS BIGINT) AS failed
         FROM pay_attempt WHERE created_at >= $1 GROUP BY account ORDER BY account LIMIT 1000",
        since,
    )
}

/// Of an attempt, what a rule would have chosen from: account, order, amount and body, newest first.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct TriedRow {
    pub id: i64,
    pub account: String,
    pub body: String,
    pub route: String,
}

/// A page of attempts made since then, newest first, those before `before`.
pub async fn tried(
    tx: &mut Tx,
    since: At,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<TriedRow>, StoreError> {
    Select::new("SELECT id, account, body, route FROM pay_attempt")
        .and("created_at >= ?", [since.into()])
        .and_if("id < ?", before)
        .page(tx, "id DESC", limit)
        .await
}

/// How many attempts were made since then.
pub async fn tried_count(tx: &mut Tx, since: At) -> Result<i64, StoreError> {
    let count: Option<i64> = value!(tx, "SELECT COUNT(*) FROM pay_attempt WHERE created_at >= $1", since)?;
    Ok(count.unwrap_or(0))
}
