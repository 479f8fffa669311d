//! Local lists: whom stations shall know themselves, and which contents their versions have.

use super::clean;
use super::counter;
use super::db::Tx;
use super::error::StoreError;
use super::query::{Select, all, one, run, value};
use super::row::TokenRow;
use chrono::{DateTime, Utc};

type At = DateTime<Utc>;

/// A row of `list_rule`; see the migration for the meaning of the columns.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct RuleRow {
    pub scope: String,
    pub subject: String,
    pub rule: String,
    pub changed_by: String,
    pub changed_at: At,
}

/// A row of `list_version`.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct VersionRow {
    pub station_id: String,
    pub version: i64,
    pub hash: String,
    pub listed: i64,
    pub left_out: i64,
    pub made_at: At,
}

/// What a station says of its own limits.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct LimitRow {
    pub station_id: String,
    pub name: String,
    pub value: Option<String>,
    pub characteristics: String,
}

/// All rules.
pub async fn rules(tx: &mut Tx) -> Result<Vec<RuleRow>, StoreError> {
    all!(tx, "SELECT * FROM list_rule ORDER BY scope, subject LIMIT 100000")
}

/// Is a list wished of any station?
pub async fn wished(tx: &mut Tx) -> Result<bool, StoreError> {
    // The kind is written out: there is an index for it.
    let found: Option<i64> = value!(tx, "SELECT revision FROM desired WHERE kind = 'list' LIMIT 1")?;
    Ok(found.is_some())
}

/// A rule, if there is one.
pub async fn rule(tx: &mut Tx, scope: &str, subject: &str) -> Result<Option<RuleRow>, StoreError> {
    one!(tx, "SELECT * FROM list_rule WHERE scope = $1 AND subject = $2", scope, clean(subject))
}

/// A page of rules by scope and subject, those after `after`.
pub async fn rules_after(
    tx: &mut Tx,
    after: Option<(&str, &str)>,
    limit: i64,
) -> Result<Vec<RuleRow>, StoreError> {
    let mut select = Select::new("SELECT * FROM list_rule");
    if let Some((scope, subject)) = after {
        select = select.and("(scope, subject) > (?, ?)", [scope.into(), subject.into()]);
    }
    select.page(tx, "scope, subject", limit).await
}

/// From here on nobody else changes rules, until the transaction ends.
pub async fn lock(tx: &mut Tx) -> Result<(), StoreError> {
    counter::take(tx, "list_rule", 1).await?;
    Ok(())
}

/// Makes a rule, or changes it.
pub async fn set_rule(tx: &mut Tx, row: &RuleRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO list_rule (scope, subject, rule, changed_by, changed_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (scope, subject) DO UPDATE SET rule = excluded.rule, changed_by = excluded.changed_by,
            changed_at = excluded.changed_at",
        &*row.scope,
        clean(&row.subject),
        &*row.rule,
        clean(&row.changed_by),
        row.changed_at,
    )?;
    Ok(())
}

/// Drops a rule. False: there was none.
pub async fn drop_rule(tx: &mut Tx, scope: &str, subject: &str) -> Result<bool, StoreError> {
    let sql = "DELETE FROM list_rule WHERE scope = $1 AND subject = $2";
    Ok(run!(tx, sql, scope, clean(subject))? > 0)
}

/// Marks an identifier for lists, or no longer.
///
/// # Errors
/// [`StoreError::is_reference`] if there is no such identifier.
pub async fn mark(tx: &mut Tx, token: i64, marked: bool) -> Result<(), StoreError> {
    match marked {
        true => run!(
            tx,
            "INSERT INTO list_token (token_id) VALUES ($1) ON CONFLICT (token_id) DO NOTHING",
            token
        )?,
        false => run!(tx, "DELETE FROM list_token WHERE token_id = $1", token)?,
    };
    Ok(())
}

/// Is the identifier marked?
pub async fn is_marked(tx: &mut Tx, token: i64) -> Result<bool, StoreError> {
    let found: Option<i64> = value!(tx, "SELECT token_id FROM list_token WHERE token_id = $1", token)?;
    Ok(found.is_some())
}

/// A page of the identifiers that are marked, in the order they were made, those after `after`.
pub async fn marked(tx: &mut Tx, after: Option<i64>, limit: i64) -> Result<Vec<TokenRow>, StoreError> {
    Select::new("SELECT * FROM token")
        .and("id IN (SELECT token_id FROM list_token)", [])
        .and_if("id > ?", after)
        .page(tx, "id", limit)
        .await
}

/// Kinds that readers read; others are never listed.
const KINDS: [&str; 7] = ["ISO14443", "ISO15693", "eMAID", "MacAddress", "VIN", "EVCCID", "NEMA"];

/// Is the identifier on no list, whatever the rule, because somebody has to be asked about it each time? The same as [`tokens`] says.
pub fn is_never_listed(token: &TokenRow) -> bool {
    let is_limited =
        !token.max_cost.is_empty() || token.max_energy_wh.is_some() || token.max_time_s.is_some();
    is_limited || !KINDS.contains(&token.kind.as_str())
}

/// Identifiers that may be on a list, the newest first: cards and what else a reader reads, without those that must be asked
/// about each time. At most `limit`.
pub async fn tokens(tx: &mut Tx, marked: bool, now: At, limit: i64) -> Result<Vec<TokenRow>, StoreError> {
    all!(
        tx,
        "SELECT * FROM token WHERE kind IN ('ISO14443', 'ISO15693', 'eMAID', 'MacAddress', 'VIN', 'EVCCID', 'NEMA')
            AND max_cost = '' AND max_energy_wh IS NULL AND max_time_s IS NULL
            AND (expires_at IS NULL OR expires_at > $1)
            AND ($2 = 0 OR id IN (SELECT token_id FROM list_token))
         ORDER BY id DESC LIMIT $3",
        now,
        i64::from(marked),
        limit,
    )
}

/// The identifiers of the latest sessions, the latest first, some more than once.
pub async fn used(tx: &mut Tx) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> =
        all!(tx, "SELECT token_uid FROM session WHERE token_uid <> '' ORDER BY id DESC LIMIT 20000")?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// The limits of the stations from `first` to `last`, a page of them.
pub async fn limits(tx: &mut Tx, first: &str, last: &str) -> Result<Vec<LimitRow>, StoreError> {
    all!(
        tx,
        "SELECT station_id, name, value, characteristics FROM variable
         WHERE station_id >= $1 AND station_id <= $2 AND attribute = 'Actual'
            AND component IN ('', 'LocalAuthListCtrlr')
            AND ((component = '' AND name IN ('LocalAuthListMaxLength', 'SendLocalListMaxLength'))
                OR (component = 'LocalAuthListCtrlr' AND name IN ('Entries', 'ItemsPerMessage', 'BytesPerMessage')))
         ORDER BY station_id, name LIMIT 10000",
        first,
        last,
    )
}

/// The versions of the stations from `first` to `last`, a page of them.
pub async fn versions(tx: &mut Tx, first: &str, last: &str) -> Result<Vec<VersionRow>, StoreError> {
    all!(
        tx,
        "SELECT * FROM list_version WHERE station_id >= $1 AND station_id <= $2 ORDER BY station_id, version LIMIT 10000",
        first,
        last,
    )
}

/// What a version of a station's list has; `None`: nobody knows.
pub async fn content(tx: &mut Tx, station: &str, version: i64) -> Result<Option<String>, StoreError> {
    value!(
        tx,
        "SELECT entries FROM list_content c JOIN list_version v ON v.hash = c.hash
         WHERE v.station_id = $1 AND v.version = $2",
        station,
        version,
    )
}

/// One version of a station's list.
pub async fn version(tx: &mut Tx, station: &str, version: i64) -> Result<Option<VersionRow>, StoreError> {
    one!(tx, "SELECT * FROM list_version WHERE station_id = $1 AND version = $2", station, version)
}

/// A content by its hash.
pub async fn content_of(tx: &mut Tx, hash: &str) -> Result<Option<String>, StoreError> {
    value!(tx, "SELECT entries FROM list_content WHERE hash = $1", hash)
}

/// Keeps a version and its content; of the versions before, only `acknowledged` is still needed.
pub async fn keep(
    tx: &mut Tx,
    row: &VersionRow,
    entries: &str,
    acknowledged: Option<i64>,
) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO list_content (hash, entries) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING",
        &*row.hash,
        clean(entries),
    )?;
    run!(
        tx,
        "DELETE FROM list_version WHERE station_id = $1 AND version <> $2",
        &*row.station_id,
        acknowledged.unwrap_or(-1),
    )?;
    run!(
        tx,
        "INSERT INTO list_version (station_id, version, hash, listed, left_out, made_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (station_id, version) DO UPDATE SET hash = excluded.hash, listed = excluded.listed,
            left_out = excluded.left_out, made_at = excluded.made_at",
        &*row.station_id,
        row.version,
        &*row.hash,
        row.listed,
        row.left_out,
        row.made_at,
    )?;
    Ok(())
}

/// Nothing is known any more of what a station has.
pub async fn forget(tx: &mut Tx, station: &str) -> Result<(), StoreError> {
    run!(tx, "DELETE FROM list_version WHERE station_id = $1", station)?;
    Ok(())
}

/// Removes contents that no version has.
pub async fn sweep(tx: &mut Tx) -> Result<u64, StoreError> {
    run!(tx, "DELETE FROM list_content WHERE hash NOT IN (SELECT hash FROM list_version)")
}
