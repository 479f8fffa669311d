//! Who gets which part of a site's revenue, and what that came to.

use super::super::clean;
use super::super::db::Tx;
use super::super::error::StoreError;
use super::super::query::{all, one, run};
use chrono::{DateTime, Utc};

/// A row of `share_rule`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct RuleRow {
    pub id: i64,
    pub site_id: i64,
    pub host: String,
    pub rate_millionths: i64,
    pub revenue: String,
    pub from_day: String,
    pub to_day: Option<String>,
    pub created_at: DateTime<Utc>,
}

/// Adds a rule.
pub async fn add(tx: &mut Tx, rule: &RuleRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO share_rule (id, site_id, host, rate_millionths, revenue, from_day, to_day, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        rule.id,
        rule.site_id,
        clean(&rule.host),
        rule.rate_millionths,
        &*rule.revenue,
        &*rule.from_day,
        rule.to_day.as_deref(),
        rule.created_at,
    )?;
    Ok(())
}

/// The rule's last day. False if there is no such rule.
pub async fn end(tx: &mut Tx, id: i64, to_day: &str) -> Result<bool, StoreError> {
    Ok(run!(tx, "UPDATE share_rule SET to_day = $2 WHERE id = $1", id, to_day)? > 0)
}

/// The rule, if there is one.
pub async fn find(tx: &mut Tx, id: i64) -> Result<Option<RuleRow>, StoreError> {
    one!(tx, "SELECT * FROM share_rule WHERE id = $1", id)
}

/// A page of rules, those after `after`.
pub async fn page(
    tx: &mut Tx,
    site: Option<i64>,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<RuleRow>, StoreError> {
    super::super::query::Select::new("SELECT * FROM share_rule")
        .and_if("site_id = ?", site)
        .and_if("id > ?", after)
        .page(tx, "id", limit)
        .await
}

/// The rules of all sites, or of one.
pub async fn list(tx: &mut Tx, site: Option<i64>) -> Result<Vec<RuleRow>, StoreError> {
    super::super::query::Select::new("SELECT * FROM share_rule")
        .and_if("site_id = ?", site)
        .page(tx, "id", 200)
        .await
}

/// The rules that hold on a day at sites of a zone.
pub async fn on_day(tx: &mut Tx, zone: &str, day: &str) -> Result<Vec<RuleRow>, StoreError> {
    all!(
        tx,
        "SELECT share_rule.* FROM share_rule JOIN site ON site.id = share_rule.site_id
         WHERE site.time_zone = $1 AND from_day <= $2 AND (to_day IS NULL OR to_day >= $2)
         ORDER BY share_rule.id LIMIT 10000",
        zone,
        day,
    )
}

/// What a site earned, by what for.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct Revenue {
    /// `revenue:energy`
    pub account: String,
    pub currency: String,
    pub minor: i64,
}

/// What a site earned between two instants, by the ledger.
pub async fn revenue(
    tx: &mut Tx,
    site: i64,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<Revenue>, StoreError> {
    all!(
        tx,
        "SELECT p.account, p.currency, CAST(SUM(-p.amount_minor) AS BIGINT) AS minor
         FROM ledger_entry e JOIN pay_order o ON o.id = e.order_id JOIN ledger_posting p ON p.entry_id = e.id
         WHERE e.at >= $2 AND e.at < $3 AND o.site_id = $1 AND p.account LIKE 'revenue:%'
            AND e.phase IN ('posted', 'post')
         GROUP BY p.account, p.currency ORDER BY p.account, p.currency",
        site,
        from,
        to,
    )
}

/// A row of `clearing_share`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct ShareRow {
    pub rule_id: i64,
    pub day: String,
    pub currency: String,
    pub generation: i64,
    pub base_minor: i64,
    pub share_minor: i64,
}

/// What a rule came to on a day, as it counts.
pub async fn newest(
    tx: &mut Tx,
    rule: i64,
    day: &str,
    currency: &str,
) -> Result<Option<ShareRow>, StoreError> {
    one!(
        tx,
        "SELECT * FROM clearing_share WHERE rule_id = $1 AND day = $2 AND currency = $3
         ORDER BY generation DESC LIMIT 1",
        rule,
        day,
        currency,
    )
}

/// Adds what a rule came to.
pub async fn put(tx: &mut Tx, row: &ShareRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO clearing_share (rule_id, day, currency, generation, base_minor, share_minor)
         VALUES ($1, $2, $3, $4, $5, $6)",
        row.rule_id,
        &*row.day,
        &*row.currency,
        row.generation,
        row.base_minor,
        row.share_minor,
    )?;
    Ok(())
}

/// What rules came to on some days, as it counts.
pub async fn of_days(tx: &mut Tx, from_day: &str, to_day: &str) -> Result<Vec<ShareRow>, StoreError> {
    all!(
        tx,
        "SELECT s.* FROM clearing_share s WHERE s.day >= $1 AND s.day <= $2 AND NOT EXISTS (
            SELECT 1 FROM clearing_share t WHERE t.rule_id = s.rule_id AND t.day = s.day
                AND t.currency = s.currency AND t.generation > s.generation)
         ORDER BY s.day, s.rule_id, s.currency LIMIT 10000",
        from_day,
        to_day,
    )
}
