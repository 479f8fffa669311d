//! Work of a day: who is at it, and how it went. And what it makes, our own settlement.

use super::super::clean;
use super::super::db::Tx;
use super::super::error::StoreError;
use super::super::query::{Select, all, one, run};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

type At = DateTime<Utc>;

/// A row of `clearing_run`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct RunRow {
    pub kind: String,
    pub subject: String,
    pub day: String,
    pub state: String,
    pub generation: i64,
    pub tries: i64,
    pub leased_until: Option<At>,
    pub trouble: String,
    pub done_at: Option<At>,
}

/// Takes the work, if nobody is at it; done work may be done again.
pub async fn lease(
    tx: &mut Tx,
    kind: &str,
    subject: &str,
    day: &str,
    now: At,
    until: At,
) -> Result<Option<RunRow>, StoreError> {
    one!(
        tx,
        "INSERT INTO clearing_run (kind, subject, day, state, tries, leased_until) VALUES ($1, $2, $3, 'waiting', 1, $5)
         ON CONFLICT (kind, subject, day) DO UPDATE SET leased_until = $5, tries = clearing_run.tries + 1
            WHERE clearing_run.leased_until IS NULL OR clearing_run.leased_until <= $4
         RETURNING *",
        kind,
        subject,
        day,
        now,
        until,
    )
}

/// It is done; `changed` if anything is other than before.
pub async fn done(
    tx: &mut Tx,
    kind: &str,
    subject: &str,
    day: &str,
    changed: bool,
    now: At,
) -> Result<(), StoreError> {
    run!(
        tx,
        "UPDATE clearing_run SET state = 'done', leased_until = NULL, trouble = '', done_at = $5,
            generation = generation + $4 WHERE kind = $1 AND subject = $2 AND day = $3",
        kind,
        subject,
        day,
        i64::from(changed),
        now,
    )?;
    Ok(())
}

/// It did not work out; somebody may try again after `until`.
pub async fn failed(
    tx: &mut Tx,
    kind: &str,
    subject: &str,
    day: &str,
    trouble: &str,
    until: At,
) -> Result<(), StoreError> {
    run!(
        tx,
        "UPDATE clearing_run SET leased_until = $5, trouble = $4 WHERE kind = $1 AND subject = $2 AND day = $3",
        kind,
        subject,
        day,
        clean(trouble),
        until,
    )?;
    Ok(())
}

/// The days of done work, from one to another.
pub async fn done_days(
    tx: &mut Tx,
    kind: &str,
    subject: &str,
    (from_day, to_day): (&str, &str),
) -> Result<BTreeSet<String>, StoreError> {
    let rows: Vec<(String,)> = all!(
        tx,
        "SELECT day FROM clearing_run WHERE kind = $1 AND subject = $2 AND state = 'done' AND day >= $3 AND day <= $4",
        kind,
        subject,
        from_day,
        to_day,
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// A page of work, the newest days first, those after `after` (day, kind, subject). `kind`: `settle` or `fetch`.
pub async fn page(
    tx: &mut Tx,
    kind: Option<&str>,
    after: Option<(&str, &str, &str)>,
    limit: i64,
) -> Result<Vec<RunRow>, StoreError> {
    let select = Select::new("SELECT * FROM clearing_run").and_if("kind = ?", kind);
    let select = match after {
        Some((day, kind, subject)) => {
            select.and("(day, kind, subject) < (?, ?, ?)", [day.into(), kind.into(), subject.into()])
        }
        None => select,
    };
    select.page(tx, "day DESC, kind DESC, subject DESC", limit).await
}

/// The work, if it was ever begun.
pub async fn find(tx: &mut Tx, kind: &str, subject: &str, day: &str) -> Result<Option<RunRow>, StoreError> {
    one!(tx, "SELECT * FROM clearing_run WHERE kind = $1 AND subject = $2 AND day = $3", kind, subject, day)
}

/// A row of `clearing_settlement`.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct SettlementRow {
    pub zone: String,
    pub day: String,
    pub site_id: i64,
    pub account: String,
    pub currency: String,
    pub paid: i64,
    pub paid_minor: i64,
    pub returned: i64,
    pub returned_minor: i64,
    pub fee_minor: i64,
    pub learned_minor: Option<i64>,
    pub net_minor: i64,
}

/// The settlement of a zone's day.
pub async fn settlement(tx: &mut Tx, zone: &str, day: &str) -> Result<Vec<SettlementRow>, StoreError> {
    all!(
        tx,
        "SELECT * FROM clearing_settlement WHERE zone = $1 AND day = $2 ORDER BY site_id, account, currency LIMIT 100000",
        zone,
        day,
    )
}

/// Which settlements to list. Everything empty = all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub from_day: Option<String>,
    pub to_day: Option<String>,
    pub site: Option<i64>,
    pub account: Option<String>,
    pub currency: Option<String>,
}

/// Where a page of settlements goes on: day, zone, site, account, currency.
pub type After<'a> = (&'a str, &'a str, i64, &'a str, &'a str);

/// A page of settlements, the oldest first, those after `after`.
pub async fn settlement_page(
    tx: &mut Tx,
    filter: &Filter,
    after: Option<After<'_>>,
    limit: i64,
) -> Result<Vec<SettlementRow>, StoreError> {
    let select = Select::new("SELECT * FROM clearing_settlement")
        .and_if("day >= ?", filter.from_day.as_deref())
        .and_if("day <= ?", filter.to_day.as_deref())
        .and_if("site_id = ?", filter.site)
        .and_if("account = ?", filter.account.as_deref())
        .and_if("currency = ?", filter.currency.as_deref());
    let select = match after {
        Some((day, zone, site, account, currency)) => select.and(
            "(day, zone, site_id, account, currency) > (?, ?, ?, ?, ?)",
            [day.into(), zone.into(), site.into(), account.into(), currency.into()],
        ),
        None => select,
    };
    select.page(tx, "day, zone, site_id, account, currency", limit).await
}

/// The settlements of some days, of all zones.
pub async fn settlements(
    tx: &mut Tx,
    from_day: &str,
    to_day: &str,
) -> Result<Vec<SettlementRow>, StoreError> {
    all!(
        tx,
        "SELECT * FROM clearing_settlement WHERE day >= $1 AND day <= $2
         ORDER BY day, zone, site_id, account, currency LIMIT 10000",
        from_day,
        to_day,
    )
}

/// Puts this in the place of the settlement of a zone's day.
pub async fn replace(tx: &mut Tx, zone: &str, day: &str, rows: &[SettlementRow]) -> Result<(), StoreError> {
    run!(tx, "DELETE FROM clearing_settlement WHERE zone = $1 AND day = $2", zone, day)?;
    for row in rows {
        run!(
            tx,
            "INSERT INTO clearing_settlement (zone, day, site_id, account, currency, paid, paid_minor, returned,
                returned_minor, fee_minor, learned_minor, net_minor)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            zone,
            day,
            row.site_id,
            &*row.account,
            &*row.currency,
            row.paid,
            row.paid_minor,
            row.returned,
            row.returned_minor,
            row.fee_minor,
            row.learned_minor,
            row.net_minor,
        )?;
    }
    Ok(())
}
