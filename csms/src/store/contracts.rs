//! Drivers whose sessions are found by their identifier and paid afterwards, or from a balance.

use super::clean;
use super::db::{Tx, text};
use super::error::StoreError;
use super::query::{Select, all, containing, one, run, value};
use super::row::SessionRow;
use chrono::{DateTime, Utc};

type At = DateTime<Utc>;

/// A row of `driver`, with what the last decision about credit says.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct ContractRow {
    pub id: i64,
    pub email: String,
    pub phone: String,
    pub language: String,
    pub token_uid: String,
    /// `""`, `owing`, `blocked`.
    pub standing: String,
    /// `later`, `balance`; `""`: no sessions are the driver's by an identifier.
    pub pays_by: String,
    pub contract_at: Option<At>,
    pub created_at: At,
    /// Of the newest decision; none yet: `""`.
    pub band: String,
    pub decided_at: Option<At>,
    /// The method on file can be debited.
    pub has_mandate: bool,
    /// The identifier is one that is typed at a pad: a secret.
    pub typed: bool,
}

impl ContractRow {
    /// Where messages go; empty = nowhere.
    pub fn contact(&self) -> &str {
        if self.email.is_empty() { &self.phone } else { &self.email }
    }
}

/// What `ContractRow` is read from.
const CONTRACT: &str = "SELECT d.id, d.email, d.phone, d.language, d.token_uid, d.standing, d.pays_by,
    d.contract_at, d.created_at,
    COALESCE((SELECT c.band FROM credit_decision c WHERE c.driver_id = d.id ORDER BY c.id DESC LIMIT 1), '') AS band,
    (SELECT c.at FROM credit_decision c WHERE c.driver_id = d.id ORDER BY c.id DESC LIMIT 1) AS decided_at,
    EXISTS (SELECT 1 FROM mandate m WHERE m.driver_id = d.id AND m.state = 'active') AS has_mandate,
    EXISTS (SELECT 1 FROM token t WHERE t.uid = d.token_uid AND t.kind = 'KeyCode') AS typed
    FROM driver d";

/// The driver, if there is one.
pub async fn find(tx: &mut Tx, id: i64) -> Result<Option<ContractRow>, StoreError> {
    one!(tx, text(format!("{CONTRACT} WHERE d.id = $1")), id)
}

/// The driver who pays the sessions of this identifier (as of [`crate::model::Presented::key`]).
pub async fn by_token(tx: &mut Tx, key: &str) -> Result<Option<ContractRow>, StoreError> {
    one!(tx, text(format!("{CONTRACT} WHERE d.token_uid = $1 AND d.pays_by <> ''")), clean(key))
}

/// A page of drivers with a contract, those after `after`.
pub async fn list(tx: &mut Tx, after: i64, limit: i64) -> Result<Vec<ContractRow>, StoreError> {
    let sql = format!("{CONTRACT} WHERE d.pays_by <> '' AND d.id > $1 ORDER BY d.id LIMIT $2");
    all!(tx, text(sql), after, limit)
}

/// Which drivers to list. Everything empty = all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Anywhere in e-mail address or phone number.
    pub text: String,
    /// The identifier, whole (as of [`crate::model::Presented::key`]).
    pub token: Option<String>,
    /// `owing`, `blocked`; `good`: nothing is held against the driver.
    pub standing: Option<String>,
    /// `later`, `balance`; `none`: no contract.
    pub pays_by: Option<String>,
}

/// A page of drivers, with a contract or without, those after `after`.
pub async fn page(
    tx: &mut Tx,
    filter: &Filter,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<ContractRow>, StoreError> {
    let word = |given: &Option<String>, nothing: &str| {
        given.as_deref().map(|word| if word == nothing { String::new() } else { word.to_owned() })
    };
    let mut select = Select::new(CONTRACT)
        .and_if("d.standing = ?", word(&filter.standing, "good").as_deref())
        .and_if("d.pays_by = ?", word(&filter.pays_by, "none").as_deref())
        .and_if("d.token_uid = ?", filter.token.as_deref())
        .and_if("d.id > ?", after);
    if !filter.text.trim().is_empty() {
        let text = || containing(&filter.text);
        select =
            select.and("(LOWER(d.email) LIKE ? ESCAPE '!' OR d.phone LIKE ? ESCAPE '!')", [text(), text()]);
    }
    select.page(tx, "d.id", limit).await
}

/// Notes that so much of a balance was given back under this name. False: it was before; nothing was noted.
pub async fn note_return(tx: &mut Tx, row: &ReturnRow) -> Result<bool, StoreError> {
    let added = run!(
        tx,
        "INSERT INTO balance_return (driver_id, reference, currency, amount_minor, by_whom, at)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (driver_id, reference) DO NOTHING",
        row.driver_id,
        clean(&row.reference),
        &*row.currency,
        row.amount_minor,
        clean(&row.by_whom),
        row.at,
    )?;
    Ok(added > 0)
}

/// What was given back under this name.
pub async fn returned(tx: &mut Tx, driver: i64, reference: &str) -> Result<Option<ReturnRow>, StoreError> {
    let sql = "SELECT * FROM balance_return WHERE driver_id = $1 AND reference = $2";
    one!(tx, sql, driver, clean(reference))
}

/// A row of `balance_return`.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ReturnRow {
    pub driver_id: i64,
    pub reference: String,
    pub currency: String,
    pub amount_minor: i64,
    pub by_whom: String,
    pub at: At,
}

/// Drivers who pay later and whose credit was not decided since then.
pub async fn undecided(tx: &mut Tx, since: At, limit: i64) -> Result<Vec<ContractRow>, StoreError> {
    let sql = format!(
        "{CONTRACT} WHERE d.pays_by = 'later' AND NOT EXISTS
            (SELECT 1 FROM credit_decision c WHERE c.driver_id = d.id AND c.at >= $1) ORDER BY d.id LIMIT $2"
    );
    all!(tx, text(sql), since, limit)
}

/// Drivers of whose bills one was paid, or was not, since then and since their last decision.
pub async fn judged_by_events(tx: &mut Tx, since: At, limit: i64) -> Result<Vec<i64>, StoreError> {
    let rows: Vec<(i64,)> = all!(
        tx,
        "SELECT DISTINCT o.driver_id FROM pay_order o
         WHERE o.settled_at IS NOT NULL AND o.changed_at >= $1 AND o.mode = 'later' AND o.driver_id IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM credit_decision c WHERE c.driver_id = o.driver_id AND c.at > o.settled_at)
         ORDER BY o.driver_id LIMIT $2",
        since,
        limit,
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// The driver, and nobody else changes what is his until this transaction ends. Whoever holds an order as well has taken
/// that first.
pub async fn lock(tx: &mut Tx, id: i64) -> Result<bool, StoreError> {
    Ok(run!(tx, "UPDATE driver SET standing = standing WHERE id = $1", id)? > 0)
}

/// The sessions of this identifier are the driver's from now on, paid so.
///
/// # Errors
/// [`StoreError::is_duplicate`] if they are another driver's.
pub async fn agree(tx: &mut Tx, id: i64, key: &str, pays_by: &str, at: At) -> Result<(), StoreError> {
    let sql = "UPDATE driver SET token_uid = $2, pays_by = $3, contract_at = $4 WHERE id = $1";
    run!(tx, sql, id, clean(key), pays_by, at)?;
    Ok(())
}

/// How the driver stands; false: as before, or there is none.
pub async fn set_standing(tx: &mut Tx, id: i64, from: &str, to: &str) -> Result<bool, StoreError> {
    let sql = "UPDATE driver SET standing = $3 WHERE id = $1 AND standing = $2";
    Ok(run!(tx, sql, id, from, to)? > 0)
}

/// Nothing is owed any more: a driver who did is free again. False: he owes for another order, or did not.
pub async fn clear_owing(tx: &mut Tx, id: i64, but: i64) -> Result<bool, StoreError> {
    let sql = "UPDATE driver SET standing = '' WHERE id = $1 AND standing = 'owing' AND NOT EXISTS
               (SELECT 1 FROM pay_order o WHERE o.driver_id = $1 AND o.id <> $2
                   AND o.mode IN ('later', 'balance') AND o.state = 'owing')";
    Ok(run!(tx, sql, id, but)? > 0)
}

/// What has been charged and not been paid: how many orders, and what is missing of their bills by currency. What was written
/// off is not missing, what was given back of a bill that was higher is; and of money that came twice nothing is paid.
pub async fn unpaid(tx: &mut Tx, id: i64) -> Result<Vec<(String, i64, i64)>, StoreError> {
    all!(
        tx,
        "SELECT currency, COUNT(*), CAST(SUM(CASE WHEN missing > 0 THEN missing ELSE 0 END) AS BIGINT) FROM (
            SELECT o.currency, COALESCE(o.due_minor, 0) - o.written_off_minor
                - COALESCE((SELECT SUM(a.taken_minor) FROM pay_attempt a WHERE a.order_id = o.id AND NOT a.extra), 0)
                + COALESCE((SELECT SUM(r.amount_minor) FROM pay_refund r JOIN pay_attempt a ON a.id = r.attempt_id
                    WHERE r.order_id = o.id AND NOT a.extra AND r.state <> 'failed' AND r.kind <> 'goodwill'), 0) AS missing
            FROM pay_order o
            WHERE o.driver_id = $1 AND o.mode IN ('later', 'balance') AND o.state IN ('owing', 'settling')
         ) AS bills GROUP BY currency LIMIT 20",
        id,
    )
}

/// What the driver's past says, for a scorer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, sqlx::FromRow)]
pub struct PastRow {
    /// Bills that were paid; not those of which something was given up.
    pub paid: i64,
    /// Bills of which a debit was refused.
    pub failed_debits: i64,
    pub disputes: i64,
    pub owing: i64,
}

/// Counts it; debits and disputes since `since`.
pub async fn past(tx: &mut Tx, id: i64, since: At) -> Result<PastRow, StoreError> {
    let row = one!(
        tx,
        "SELECT
            (SELECT COUNT(*) FROM pay_order o WHERE o.driver_id = $1 AND o.purpose <> 'top_up' AND o.taken_minor > 0
                AND o.written_off_minor = 0 AND o.state IN ('captured', 'partly_refunded')) AS paid,
            (SELECT COUNT(DISTINCT o.id) FROM pay_attempt a JOIN pay_order o ON o.id = a.order_id
                WHERE o.driver_id = $1 AND a.method = 'on_file' AND a.state = 'failed' AND a.created_at >= $2) AS failed_debits,
            (SELECT COUNT(DISTINCT o.id) FROM pay_dispute d JOIN pay_order o ON o.id = d.order_id
                WHERE o.driver_id = $1 AND d.opened_at >= $2) AS disputes,
            (SELECT COUNT(*) FROM pay_order o WHERE o.driver_id = $1 AND o.mode IN ('later', 'balance')
                AND o.state = 'owing') AS owing",
        id,
        since,
    )?;
    Ok(row.unwrap_or_default())
}

/// A decision about credit; of what led to it the band and the reason are kept.
pub async fn decided(
    tx: &mut Tx,
    id: i64,
    driver: i64,
    scorer: &str,
    band: &str,
    reason: &str,
    at: At,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO credit_decision (id, driver_id, scorer, band, reason, at) VALUES ($1, $2, $3, $4, $5, $6)";
    run!(tx, sql, id, driver, scorer, band, clean(reason), at)?;
    Ok(())
}

/// A decision as it was kept.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct DecisionRow {
    pub id: i64,
    pub driver_id: i64,
    pub scorer: String,
    pub band: String,
    pub reason: String,
    pub at: At,
}

/// The newest decisions about a driver.
pub async fn decisions(tx: &mut Tx, driver: i64, limit: i64) -> Result<Vec<DecisionRow>, StoreError> {
    all!(tx, "SELECT * FROM credit_decision WHERE driver_id = $1 ORDER BY id DESC LIMIT $2", driver, limit)
}

/// Sessions (with ids from `floor` on) of identifiers with a contract that no order is for, oldest first, with their
/// drivers.
pub async fn without_order(tx: &mut Tx, floor: i64, limit: i64) -> Result<Vec<(i64, i64)>, StoreError> {
    all!(
        tx,
        "SELECT s.id, d.id FROM session s JOIN driver d ON d.token_uid = s.token_uid AND d.pays_by <> ''
         WHERE s.id >= $1 AND s.token_uid <> '' AND s.currency <> '' AND s.started_at >= d.contract_at
            AND NOT EXISTS (SELECT 1 FROM pay_order o WHERE o.session_id = s.id)
            AND NOT EXISTS (SELECT 1 FROM pay_order o WHERE o.token_uid = s.token_uid AND o.mode = 'balance'
                AND o.session_id IS NULL AND o.state = 'authorized' AND o.station_id = s.station_id)
         ORDER BY s.id LIMIT $2",
        floor,
        limit,
    )
}

/// The session, and the orders that are for it, as of now.
pub async fn session_without_order(tx: &mut Tx, session: i64) -> Result<Option<SessionRow>, StoreError> {
    let taken: Option<i64> = value!(tx, "SELECT id FROM pay_order WHERE session_id = $1 LIMIT 1", session)?;
    if taken.is_some() {
        return Ok(None);
    }
    super::sessions::find(tx, session).await
}
