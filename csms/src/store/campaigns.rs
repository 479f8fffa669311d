//! Campaigns that bring firmware to many stations, and how far each station is.

use super::clean;
use super::db::Tx;
use super::error::StoreError;
use super::query::{Select, all, one, run};
use chrono::{DateTime, Utc};

type At = DateTime<Utc>;

/// A row of `campaign`.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct CampaignRow {
    pub id: i64,
    pub name: String,
    pub firmware_id: i64,
    pub version: String,
    pub chosen: String,
    pub canaries: i64,
    pub at_once: i64,
    pub halt_percent: i64,
    pub idle_only: i64,
    /// `running`, `paused`, `halted`, `done` or `cancelled`.
    pub state: String,
    pub reason: String,
    pub base_done: i64,
    pub base_failed: i64,
    pub created_by: String,
    pub created_at: At,
    pub ended_at: Option<At>,
}

/// A row of `campaign_station`.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct MemberRow {
    pub campaign_id: i64,
    pub seq: i64,
    pub station_id: String,
    /// `waiting`, `asked`, `done`, `failed` or `skipped`.
    pub state: String,
    pub canary: i64,
    pub tries: i64,
    pub command_id: Option<i64>,
    pub reason: String,
    pub changed_at: At,
}

/// Keeps a campaign.
pub async fn create(tx: &mut Tx, row: &CampaignRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO campaign (id, name, firmware_id, version, chosen, canaries, at_once, halt_percent, idle_only,
            state, created_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        row.id,
        clean(&row.name),
        row.firmware_id,
        clean(&row.version),
        clean(&row.chosen),
        row.canaries,
        row.at_once,
        row.halt_percent,
        row.idle_only,
        &*row.state,
        clean(&row.created_by),
        row.created_at,
    )?;
    Ok(())
}

/// Adds a station to a new campaign.
pub async fn add(tx: &mut Tx, campaign: i64, seq: i64, station: &str, now: At) -> Result<(), StoreError> {
    let sql = "INSERT INTO campaign_station (campaign_id, seq, station_id, state, changed_at)
               VALUES ($1, $2, $3, 'waiting', $4)";
    run!(tx, sql, campaign, seq, station, now)?;
    Ok(())
}

/// A campaign.
pub async fn find(tx: &mut Tx, id: i64) -> Result<Option<CampaignRow>, StoreError> {
    one!(tx, "SELECT * FROM campaign WHERE id = $1", id)
}

/// A page of campaigns, newest first, those before `before`.
pub async fn list(tx: &mut Tx, before: Option<i64>, limit: i64) -> Result<Vec<CampaignRow>, StoreError> {
    Select::new("SELECT * FROM campaign").and_if("id < ?", before).page(tx, "id DESC", limit).await
}

/// Campaigns that have not ended.
pub async fn open(tx: &mut Tx) -> Result<Vec<CampaignRow>, StoreError> {
    all!(tx, "SELECT * FROM campaign WHERE ended_at IS NULL ORDER BY id LIMIT 200")
}

/// Campaigns that have ended while stations were asked.
pub async fn left(tx: &mut Tx) -> Result<Vec<CampaignRow>, StoreError> {
    all!(
        tx,
        "SELECT * FROM campaign WHERE ended_at IS NOT NULL AND id IN
            (SELECT campaign_id FROM campaign_station WHERE state = 'asked') ORDER BY id LIMIT 200"
    )
}

/// How many stations are how far.
pub async fn counts(tx: &mut Tx, campaign: i64) -> Result<Vec<(String, i64, i64)>, StoreError> {
    all!(
        tx,
        "SELECT state, canary, COUNT(*) FROM campaign_station WHERE campaign_id = $1 GROUP BY state, canary LIMIT 20",
        campaign,
    )
}

/// A page of the stations of a campaign after `after`, of one state if that is wanted.
pub async fn members(
    tx: &mut Tx,
    campaign: i64,
    state: Option<&str>,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<MemberRow>, StoreError> {
    Select::new("SELECT * FROM campaign_station")
        .and("campaign_id = ?", [campaign.into()])
        .and_if("state = ?", state)
        .and_if("seq > ?", after)
        .page(tx, "seq", limit)
        .await
}

/// Is the station asked by another campaign now?
pub async fn is_asked(tx: &mut Tx, station: &str) -> Result<bool, StoreError> {
    let found: Option<(i64,)> = one!(
        tx,
        "SELECT m.seq FROM campaign_station m JOIN campaign c ON c.id = m.campaign_id
         WHERE c.ended_at IS NULL AND m.station_id = $1 AND m.state = 'asked' LIMIT 1",
        station,
    )?;
    Ok(found.is_some())
}

/// How far a station is. False: it is not where it was.
pub async fn advance(tx: &mut Tx, row: &MemberRow, from: &str) -> Result<bool, StoreError> {
    let changed = run!(
        tx,
        "UPDATE campaign_station SET state = $3, canary = $4, tries = $5, command_id = $6, reason = $7, changed_at = $8
         WHERE campaign_id = $1 AND seq = $2 AND state = $9",
        row.campaign_id,
        row.seq,
        &*row.state,
        row.canary,
        row.tries,
        row.command_id,
        clean(&row.reason),
        row.changed_at,
        from,
    )?;
    Ok(changed > 0)
}

/// Stations that were not asked yet never will be.
pub async fn skip_waiting(tx: &mut Tx, campaign: i64, why: &str, now: At) -> Result<(), StoreError> {
    let sql = "UPDATE campaign_station SET state = 'skipped', reason = $2, changed_at = $3
               WHERE campaign_id = $1 AND state = 'waiting'";
    run!(tx, sql, campaign, why, now)?;
    Ok(())
}

/// Changes the state of a campaign that has not ended. False: it is in none of these states (`from`, or `or`).
pub async fn set_state(
    tx: &mut Tx,
    id: i64,
    (from, or): (&str, &str),
    state: &str,
    reason: &str,
    ended_at: Option<At>,
) -> Result<bool, StoreError> {
    let sql = "UPDATE campaign SET state = $2, reason = $3, ended_at = $4
               WHERE id = $1 AND ended_at IS NULL AND (state = $5 OR state = $6)";
    Ok(run!(tx, sql, id, state, clean(reason), ended_at, from, or)? > 0)
}

/// What had ended so far is not counted again.
pub async fn set_base(tx: &mut Tx, id: i64, done: i64, failed: i64) -> Result<(), StoreError> {
    run!(tx, "UPDATE campaign SET base_done = $2, base_failed = $3 WHERE id = $1", id, done, failed)?;
    Ok(())
}
