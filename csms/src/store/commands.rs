//! Commands: what was asked of stations, and what became of it. Outcomes are written by the group writer, with the reports that
//! tell them.

use super::clean;
use super::db::Tx;
use super::error::StoreError;
use super::query::{Select, all, one, run, value};
use chrono::{DateTime, Utc};

/// A command; see the migration for the meaning of the columns.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct CommandRow {
    pub id: i64,
    pub station_id: String,
    pub kind: String,
    pub body: String,
    pub asked_by: String,
    pub key: String,
    pub rank: i64,
    pub reference: i64,
    pub state: String,
    pub created_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    pub sent_at: Option<DateTime<Utc>>,
    pub answered_at: Option<DateTime<Utc>>,
    pub calls: String,
    pub verdict: String,
    pub reason: String,
    pub watch: String,
    pub watch_ref: String,
    pub watch_until: Option<DateTime<Utc>>,
    pub outcome: String,
    pub outcome_word: String,
    pub outcome_at: Option<DateTime<Utc>>,
    pub session_id: Option<i64>,
    /// The process that it is with.
    pub node: i64,
}

impl CommandRow {
    /// Has the station been asked, or is it certain that it will not be?
    pub fn is_answered(&self) -> bool {
        !matches!(self.state.as_str(), "queued" | "sent")
    }

    /// Is nothing more to come?
    pub fn is_over(&self) -> bool {
        self.is_answered() && self.outcome != "pending"
    }
}

/// The end of a command on the wire. Written by the group writer, with what was learnt of it.
#[derive(Debug, Clone, PartialEq)]
pub struct AnsweredRow {
    pub id: i64,
    pub at: DateTime<Utc>,
    /// `answered` or `unknown`.
    pub state: &'static str,
    /// The command once more, without secrets.
    pub body: String,
    pub calls: String,
    pub verdict: &'static str,
    pub reason: String,
    /// Is an outcome still to come, if one was waited for?
    pub goes_on: bool,
}

/// What a report says about a command that is waited for. Written by the group writer, with that report.
#[derive(Debug, Clone, PartialEq)]
pub struct ObservedRow {
    pub id: i64,
    pub outcome: &'static str,
    pub word: String,
    pub at: DateTime<Utc>,
    pub session_id: Option<i64>,
}

/// Keeps a new command. If the asker has used the key before, nothing is kept: see [`by_key`].
pub async fn create(tx: &mut Tx, row: &CommandRow) -> Result<bool, StoreError> {
    let kept = run!(
        tx,
        "INSERT INTO command (id, station_id, kind, body, asked_by, key, rank, reference, state, created_at,
            expires_at, reason, node)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         ON CONFLICT (asked_by, key) WHERE key <> '' DO NOTHING",
        row.id,
        &*row.station_id,
        &*row.kind,
        &*row.body,
        &*row.asked_by,
        &*row.key,
        row.rank,
        row.reference,
        &*row.state,
        row.created_at,
        row.expires_at,
        &*row.reason,
        row.node,
    )?;
    Ok(kept > 0)
}

/// The command that an asker has given this key.
pub async fn by_key(tx: &mut Tx, asked_by: &str, key: &str) -> Result<Option<CommandRow>, StoreError> {
    one!(tx, "SELECT * FROM command WHERE asked_by = $1 AND key = $2 AND key <> ''", asked_by, key)
}

/// The newest command to a station that was given this number of ours.
pub async fn by_reference(
    tx: &mut Tx,
    station: &str,
    reference: i64,
) -> Result<Option<CommandRow>, StoreError> {
    let sql = "SELECT * FROM command WHERE station_id = $1 AND reference = $2 ORDER BY id DESC LIMIT 1";
    one!(tx, sql, clean(station), reference)
}

/// The latest command by which a station was asked to begin the session that it says has this number of ours.
pub async fn of_start(tx: &mut Tx, station: &str, number: i64) -> Result<Option<CommandRow>, StoreError> {
    one!(
        tx,
        "SELECT * FROM command WHERE station_id = $1 AND watch = 'start' AND watch_ref = $2 ORDER BY id DESC LIMIT 1",
        station,
        number.to_string(),
    )
}

/// A command.
pub async fn find(tx: &mut Tx, id: i64) -> Result<Option<CommandRow>, StoreError> {
    one!(tx, "SELECT * FROM command WHERE id = $1", id)
}

/// Which commands to list. Everything empty = all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub station: Option<String>,
    pub kind: Option<String>,
    pub state: Option<String>,
    pub outcome: Option<String>,
}

/// A page of commands, the newest first, those before `before`.
pub async fn list(
    tx: &mut Tx,
    filter: &Filter,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<CommandRow>, StoreError> {
    Select::new("SELECT * FROM command")
        .and_if("station_id = ?", filter.station.as_deref())
        .and_if("kind = ?", filter.kind.as_deref())
        .and_if("state = ?", filter.state.as_deref())
        .and_if("outcome = ?", filter.outcome.as_deref())
        .and_if("id < ?", before)
        .page(tx, "id DESC", limit)
        .await
}

/// The next command to be sent to a station.
pub async fn next(tx: &mut Tx, station: &str) -> Result<Option<CommandRow>, StoreError> {
    let sql =
        "SELECT * FROM command WHERE station_id = $1 AND state = 'queued' ORDER BY rank DESC, id LIMIT 1";
    one!(tx, sql, station)
}

/// How many commands wait for a station, up to a bound.
pub async fn queued(tx: &mut Tx, station: &str) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) FROM command WHERE station_id = $1 AND state = 'queued'";
    Ok(value!(tx, sql, station)?.unwrap_or(0))
}

/// Before the first frame leaves, from process `node`. False if it is not queued any more.
pub async fn sent(
    tx: &mut Tx,
    id: i64,
    node: i64,
    calls: &str,
    watch: (&str, &str, Option<DateTime<Utc>>),
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let (kind, reference, until) = watch;
    let changed = run!(
        tx,
        "UPDATE command SET state = 'sent', sent_at = $2, calls = $3, watch = $4, watch_ref = $5, watch_until = $6,
            node = $7, outcome = CASE WHEN $4 = '' THEN '' ELSE 'pending' END
         WHERE id = $1 AND state = 'queued'",
        id,
        now,
        calls,
        kind,
        reference,
        until,
        node,
    )?;
    Ok(changed > 0)
}

/// Nothing was sent after all: it waits again.
pub async fn unsent(tx: &mut Tx, id: i64) -> Result<(), StoreError> {
    let sql =
        "UPDATE command SET state = 'queued', sent_at = NULL, outcome = '' WHERE id = $1 AND state = 'sent'";
    run!(tx, sql, id)?;
    Ok(())
}

/// A command that ends without an answer. `from` is the state that it must be in.
pub async fn close(
    tx: &mut Tx,
    id: i64,
    from: &str,
    state: &str,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let changed = run!(
        tx,
        "UPDATE command SET state = $3, reason = $4, answered_at = $5, outcome = CASE WHEN $3 = 'unknown'
            THEN outcome ELSE '' END WHERE id = $1 AND state = $2",
        id,
        from,
        state,
        reason,
        now,
    )?;
    Ok(changed > 0)
}

/// Puts another text in the place of a command's body: the same without secrets.
pub async fn set_body(tx: &mut Tx, id: i64, body: &str) -> Result<(), StoreError> {
    run!(tx, "UPDATE command SET body = $2 WHERE id = $1", id, body)?;
    Ok(())
}

/// Commands whose waiting is over, some at a time: (id, station, what they waited for).
pub async fn overdue(tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<(i64, String, String)>, StoreError> {
    all!(
        tx,
        "SELECT id, station_id, state FROM command WHERE state = 'queued' AND expires_at < $1
         UNION ALL
         SELECT id, station_id, 'pending' FROM command WHERE outcome = 'pending' AND watch_until < $1
         LIMIT 500",
        now,
    )
}

/// What is queued for a station at process `node`, and does not wait for it to connect (any more).
pub async fn impatient(
    tx: &mut Tx,
    station: &str,
    node: i64,
    now: DateTime<Utc>,
) -> Result<Vec<CommandRow>, StoreError> {
    all!(
        tx,
        "SELECT * FROM command WHERE station_id = $1 AND state = 'queued' AND node = $2
            AND (expires_at IS NULL OR expires_at <= $3) ORDER BY id LIMIT 500",
        station,
        node,
        now,
    )
}

/// What process `node` has on the wire, as far as the rows know, and what it has queued for connected stations only: (id, station,
/// state). Both kinds are few, and have an index each; with OR all of them would be read.
pub async fn of_node(tx: &mut Tx, node: i64) -> Result<Vec<(i64, String, String)>, StoreError> {
    all!(
        tx,
        "SELECT id, station_id, state FROM command WHERE node = $1
            AND id IN (SELECT id FROM command WHERE state = 'sent'
                UNION ALL SELECT id FROM command WHERE state = 'queued' AND expires_at IS NULL) ORDER BY id LIMIT 2000",
        node,
    )
}

/// What was on its way at processes other than `node` that have said nothing for too long, some at a time.
pub async fn abandoned(tx: &mut Tx, node: i64, now: DateTime<Utc>) -> Result<Vec<CommandRow>, StoreError> {
    all!(
        tx,
        "SELECT * FROM command WHERE node <> $1
            AND id IN (SELECT id FROM command WHERE state = 'sent'
                UNION ALL SELECT id FROM command WHERE state = 'queued' AND expires_at IS NULL)
            AND NOT EXISTS (SELECT 1 FROM setting WHERE name = 'process.' || CAST(node AS TEXT) AND value > $2)
         ORDER BY id LIMIT 500",
        node,
        super::settings::instant(now),
    )
}

/// The commands of a station that are waited for.
pub async fn awaited(tx: &mut Tx, station: &str) -> Result<Vec<CommandRow>, StoreError> {
    let sql = "SELECT * FROM command WHERE station_id = $1 AND outcome = 'pending' ORDER BY id LIMIT 500";
    all!(tx, sql, station)
}

/// What was waited for did not come.
pub async fn lost(tx: &mut Tx, id: i64, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let sql = "UPDATE command SET outcome = 'lost', outcome_at = $2 WHERE id = $1 AND outcome = 'pending'";
    Ok(run!(tx, sql, id, now)? > 0)
}

/// A page of the commands that are under way, in the order of their ids.
pub async fn under_way(tx: &mut Tx, after: i64) -> Result<Vec<CommandRow>, StoreError> {
    all!(
        tx,
        "SELECT * FROM command WHERE id > $1 AND (state = 'sent' OR state = 'queued' OR outcome = 'pending')
         ORDER BY id LIMIT 500",
        after,
    )
}

/// A part of an answer in several messages.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct PartRow {
    pub command_id: i64,
    pub seq: i64,
    pub at: DateTime<Utc>,
    pub body: String,
}

/// The parts of a command's answer, in their order.
pub async fn parts(tx: &mut Tx, command: i64) -> Result<Vec<PartRow>, StoreError> {
    all!(tx, "SELECT * FROM command_part WHERE command_id = $1 ORDER BY seq LIMIT 1000", command)
}

/// How many commands wait, and how many outcomes are waited for.
pub async fn open_counts(tx: &mut Tx) -> Result<(i64, i64), StoreError> {
    let queued: Option<i64> = value!(tx, "SELECT COUNT(*) FROM command WHERE state = 'queued'")?;
    let pending: Option<i64> = value!(tx, "SELECT COUNT(*) FROM command WHERE outcome = 'pending'")?;
    Ok((queued.unwrap_or(0), pending.unwrap_or(0)))
}
