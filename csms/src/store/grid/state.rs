//! What is remembered of a site between steps, and what its stations are to be told.

use super::super::db::Tx;
use super::super::error::StoreError;
use super::super::query::{all, one, run};
use chrono::{DateTime, Utc};

/// A row of `grid_state`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct StateRow {
    pub site_id: i64,
    pub version: i64,
    pub body: String,
    pub at: DateTime<Utc>,
}

/// A row of `grid_intent`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct IntentRow {
    pub site_id: i64,
    pub seq: i64,
    pub station_id: String,
    pub evse_id: i64,
    pub evse: i64,
    pub body: String,
    pub at: DateTime<Utc>,
    /// Empty while the state waits; `acked`, `refused` or `unanswered`.
    pub outcome: String,
    pub words: String,
    pub outcome_at: Option<DateTime<Utc>>,
}

/// What is remembered of a site.
pub async fn state(tx: &mut Tx, site: i64) -> Result<Option<StateRow>, StoreError> {
    one!(tx, "SELECT * FROM grid_state WHERE site_id = $1", site)
}

/// Has what is remembered of a site to itself until the transaction ends: whoever has read it before keeps nothing. False: nothing
/// is remembered.
pub async fn claim(tx: &mut Tx, site: i64) -> Result<bool, StoreError> {
    Ok(run!(tx, "UPDATE grid_state SET version = version + 1 WHERE site_id = $1", site)? > 0)
}

/// Keeps what is to be remembered; `version` is the one that was read, 0 for none. False if somebody else was faster: then
/// nothing is kept, and the step is to be done again.
pub async fn save(
    tx: &mut Tx,
    site: i64,
    version: i64,
    body: &str,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let changed = match version {
        0 => run!(
            tx,
            "INSERT INTO grid_state (site_id, version, body, at) VALUES ($1, 1, $2, $3) ON CONFLICT (site_id) DO NOTHING",
            site,
            body,
            now,
        )?,
        _ => run!(
            tx,
            "UPDATE grid_state SET version = version + 1, body = $3, at = $4 WHERE site_id = $1 AND version = $2",
            site,
            version,
            body,
            now,
        )?,
    };
    Ok(changed > 0)
}

/// Keeps something that is to be told.
pub async fn add_intent(tx: &mut Tx, row: &IntentRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO grid_intent (site_id, seq, station_id, evse_id, evse, body, at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        row.site_id,
        row.seq,
        &*row.station_id,
        row.evse_id,
        row.evse,
        &*row.body,
        row.at,
    )?;
    Ok(())
}

/// What the state still waits for, in its order.
pub async fn open_intents(tx: &mut Tx, site: i64) -> Result<Vec<IntentRow>, StoreError> {
    let sql = "SELECT * FROM grid_intent WHERE site_id = $1 AND outcome = '' ORDER BY seq LIMIT 20000";
    all!(tx, sql, site)
}

/// What has become of something that was to be told; the state knows it from now on.
pub async fn end_intent(
    tx: &mut Tx,
    site: i64,
    seq: i64,
    outcome: &str,
    words: &str,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let sql = "UPDATE grid_intent SET outcome = $3, words = $4, outcome_at = $5
               WHERE site_id = $1 AND seq = $2 AND outcome = ''";
    Ok(run!(tx, sql, site, seq, outcome, words, now)? > 0)
}

/// What was told at a site, the newest first.
pub async fn intents(tx: &mut Tx, site: i64, limit: i64) -> Result<Vec<IntentRow>, StoreError> {
    let sql = "SELECT * FROM grid_intent WHERE site_id = $1 ORDER BY seq DESC LIMIT $2";
    all!(tx, sql, site, limit.clamp(1, 1000))
}

/// The newest that each EVSE was told.
pub async fn last_of_each(tx: &mut Tx, site: i64) -> Result<Vec<IntentRow>, StoreError> {
    all!(
        tx,
        "SELECT i.* FROM grid_intent i WHERE i.site_id = $1 AND i.seq = (SELECT MAX(l.seq) FROM grid_intent l
            WHERE l.site_id = i.site_id AND l.evse_id = i.evse_id) ORDER BY i.evse_id LIMIT 10000",
        site,
    )
}

/// Forgets what was told before `before` and is over, with its commands, and limits that ended before; some at a time.
pub async fn forget_old(tx: &mut Tx, before: DateTime<Utc>) -> Result<u64, StoreError> {
    let told = run!(tx, "DELETE FROM grid_intent WHERE at < $1 AND outcome <> ''", before)?;
    run!(
        tx,
        "DELETE FROM command WHERE id IN (SELECT id FROM command WHERE asked_by = 'grid' AND created_at < $1
            AND state <> 'queued' AND state <> 'sent' ORDER BY id LIMIT 5000)",
        before,
    )?;
    run!(tx, "DELETE FROM grid_limit WHERE until_at IS NOT NULL AND until_at < $1", before)?;
    run!(
        tx,
        "DELETE FROM grid_need WHERE session_id NOT IN (SELECT id FROM session WHERE state = 'open')
            AND session_id IN (SELECT id FROM session WHERE last_at < $1)",
        before,
    )?;
    Ok(told)
}

/// Forgets what is remembered of a site: its stations count with what they are rated for until they are told again.
pub async fn forget(tx: &mut Tx, site: i64) -> Result<(), StoreError> {
    run!(tx, "DELETE FROM grid_state WHERE site_id = $1", site)?;
    // Numbers of intents begin anew with the state.
    run!(tx, "DELETE FROM grid_intent WHERE site_id = $1", site)?;
    Ok(())
}
