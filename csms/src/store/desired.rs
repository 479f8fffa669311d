//! What stations shall be like. The wish of a station and a key is one row; what the station accepts and tells is kept beside it.

use super::clean;
use super::db::Tx;
use super::error::StoreError;
use super::query::{all, one, run, value};
use chrono::{DateTime, Utc};

type At = DateTime<Utc>;

/// Wishes of one station that are read at once; no station has more.
pub const OF_STATION_MAX: i64 = 1_000;

/// A row of `desired`; see the migration for the meaning of the columns.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct DesiredRow {
    pub station_id: String,
    pub kind: String,
    pub key: String,
    pub value: String,
    pub body: String,
    pub sealed: String,
    pub template: String,
    pub wanted_by: String,
    pub wanted_at: At,
    pub revision: i64,
    pub acknowledged: Option<String>,
    pub acknowledged_at: Option<At>,
    pub acknowledged_by: Option<i64>,
    pub reported: Option<String>,
    pub reported_at: Option<At>,
    pub asked: i64,
    pub asked_revision: i64,
    pub needs: String,
    pub tries: i64,
    pub due_at: Option<At>,
    pub trouble: String,
    pub drifts: i64,
}

/// A wish as it is made, or changed.
#[derive(Debug, Clone, Copy)]
pub struct NewRow<'a> {
    pub station_id: &'a str,
    pub kind: &'a str,
    pub key: &'a str,
    pub value: &'a str,
    pub body: &'a str,
    pub sealed: &'a str,
    pub template: &'a str,
    pub wanted_by: &'a str,
    pub wanted_at: At,
}

/// What a station has told of something that is wished of it. Written by the group writer, with its cause.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportedRow {
    pub station_id: String,
    pub kind: &'static str,
    pub key: String,
    pub value: String,
    pub at: At,
}

/// All that is wished of a station, in the order of kind and key.
pub async fn of_station(tx: &mut Tx, station: &str) -> Result<Vec<DesiredRow>, StoreError> {
    all!(
        tx,
        "SELECT * FROM desired WHERE station_id = $1 ORDER BY kind, key LIMIT $2",
        station,
        OF_STATION_MAX
    )
}

/// The lists that are wished of the stations from `first` to `last`, a page of them.
pub async fn lists_between(tx: &mut Tx, first: &str, last: &str) -> Result<Vec<DesiredRow>, StoreError> {
    all!(
        tx,
        // The kind is written out: there is an index for it.
        "SELECT * FROM desired WHERE station_id >= $1 AND station_id <= $2 AND kind = 'list'
         ORDER BY station_id, key LIMIT 200000",
        first,
        last,
    )
}

/// All that is wished of the stations from `first` to `last`, a page of them.
pub async fn between(tx: &mut Tx, first: &str, last: &str) -> Result<Vec<DesiredRow>, StoreError> {
    all!(
        tx,
        "SELECT * FROM desired WHERE station_id >= $1 AND station_id <= $2 ORDER BY station_id, kind, key LIMIT 200000",
        first,
        last,
    )
}

/// The profiles that are wished of a station, in the order of their keys.
pub async fn profiles(tx: &mut Tx, station: &str) -> Result<Vec<DesiredRow>, StoreError> {
    let sql = "SELECT * FROM desired WHERE station_id = $1 AND kind = 'profile' ORDER BY key LIMIT $2";
    all!(tx, sql, station, OF_STATION_MAX)
}

/// Somebody else tells a station about profiles: it is asked again for those that are wished, and what it was asked before tells
/// nothing any more. `mute`: it does not say what it has, so
/// what it has accepted counts no longer.
pub async fn touch_profiles(tx: &mut Tx, station: &str, mute: bool, now: At) -> Result<(), StoreError> {
    run!(
        tx,
        "UPDATE desired SET asked = 0, reported_at = NULL, needs = '', tries = 0, due_at = $2,
            acknowledged = CASE WHEN $3 THEN NULL ELSE acknowledged END
         WHERE station_id = $1 AND kind = 'profile'",
        station,
        now,
        mute,
    )?;
    Ok(())
}

/// One wish.
pub async fn find(
    tx: &mut Tx,
    station: &str,
    kind: &str,
    key: &str,
) -> Result<Option<DesiredRow>, StoreError> {
    one!(tx, "SELECT * FROM desired WHERE station_id = $1 AND kind = $2 AND key = $3", station, kind, key)
}

/// How many wishes there are of a station.
pub async fn count(tx: &mut Tx, station: &str) -> Result<i64, StoreError> {
    Ok(value!(tx, "SELECT COUNT(*) FROM desired WHERE station_id = $1", station)?.unwrap_or(0))
}

/// Makes a wish, or changes it: it is new, whatever became of the one before. What the station has accepted and told stays. A template
/// changes nothing of what the station has of its own, also if that was made this instant.
///
/// # Errors
/// [`StoreError::is_reference`] if there is no such station.
pub async fn put(tx: &mut Tx, row: &NewRow<'_>) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO desired (station_id, kind, key, value, sealed, template, wanted_by, wanted_at, revision, due_at,
            body)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $8, $9)
         ON CONFLICT (station_id, kind, key) DO UPDATE SET value = excluded.value, sealed = excluded.sealed,
            body = excluded.body,
            template = excluded.template, wanted_by = excluded.wanted_by, wanted_at = excluded.wanted_at,
            revision = desired.revision + 1, needs = '', tries = 0, due_at = excluded.due_at, trouble = ''
         WHERE excluded.template = '' OR desired.template <> ''",
        row.station_id,
        row.kind,
        clean(row.key),
        clean(row.value),
        row.sealed,
        row.template,
        clean(row.wanted_by),
        row.wanted_at,
        clean(row.body),
    )?;
    Ok(())
}

/// Drops a wish. False: there was none.
pub async fn remove(tx: &mut Tx, station: &str, kind: &str, key: &str) -> Result<bool, StoreError> {
    let sql = "DELETE FROM desired WHERE station_id = $1 AND kind = $2 AND key = $3";
    Ok(run!(tx, sql, station, kind, key)? > 0)
}

/// Drops what a template wants; what the station has of its own stays.
pub async fn remove_of_template(tx: &mut Tx, station: &str, kind: &str, key: &str) -> Result<(), StoreError> {
    let sql = "DELETE FROM desired WHERE station_id = $1 AND kind = $2 AND key = $3 AND template <> ''";
    run!(tx, sql, station, kind, key)?;
    Ok(())
}

/// A wish becomes part of the question `asked`. False: it is part of another, or not what it was.
pub async fn claim(tx: &mut Tx, row: &DesiredRow, asked: i64) -> Result<bool, StoreError> {
    let changed = run!(
        tx,
        "UPDATE desired SET asked = $5, asked_revision = revision
         WHERE station_id = $1 AND kind = $2 AND key = $3 AND revision = $4 AND asked = 0",
        &*row.station_id,
        &*row.kind,
        &*row.key,
        row.revision,
        asked,
    )?;
    Ok(changed > 0)
}

/// Keeps what has become of a wish that was read as `was`. False, and nothing is done: it has changed since, or its station has told
/// something, has booted, or is to be looked at; what has become of it has to be thought over.
pub async fn advance(tx: &mut Tx, row: &DesiredRow, was: &DesiredRow) -> Result<bool, StoreError> {
    let changed = run!(
        tx,
        "UPDATE desired SET value = $5, sealed = $6, acknowledged = $7, acknowledged_at = $8, acknowledged_by = $9,
            reported = $10, reported_at = $11, asked = $12, needs = $13, tries = $14, due_at = $15, trouble = $16,
            drifts = $17
         WHERE station_id = $1 AND kind = $2 AND key = $3 AND revision = $4 AND asked = $18
            AND reported IS NOT DISTINCT FROM $19 AND reported_at IS NOT DISTINCT FROM $20
            AND due_at IS NOT DISTINCT FROM $21",
        &*row.station_id,
        &*row.kind,
        &*row.key,
        row.revision,
        clean(&row.value),
        &*row.sealed,
        row.acknowledged.as_deref().map(clean),
        row.acknowledged_at,
        row.acknowledged_by,
        row.reported.as_deref().map(clean),
        row.reported_at,
        row.asked,
        &*row.needs,
        row.tries,
        row.due_at,
        clean(&row.trouble),
        row.drifts,
        was.asked,
        was.reported.as_deref(),
        was.reported_at,
        was.due_at,
    )?;
    Ok(changed > 0)
}

/// Has wishes of a station looked at now, whatever they wait for. Returns how many.
pub async fn hurry(
    tx: &mut Tx,
    station: &str,
    only: Option<(&str, &str)>,
    now: At,
) -> Result<u64, StoreError> {
    let (kind, key) = only.unwrap_or_default();
    run!(
        tx,
        "UPDATE desired SET needs = '', tries = 0, due_at = $2
         WHERE station_id = $1 AND ($3 = '' OR (kind = $3 AND key = $4))",
        station,
        now,
        kind,
        key,
    )
}

/// Stations of which something is due, in the order of their identities, those after `after`.
pub async fn due(tx: &mut Tx, now: At, after: &str, limit: i64) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> = all!(
        tx,
        "SELECT DISTINCT station_id FROM desired WHERE due_at <= $1 AND station_id > $2 ORDER BY station_id LIMIT $3",
        now,
        after,
        limit,
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Stations of which anything is wished, in the order of their identities, those after `after`.
pub async fn stations(tx: &mut Tx, after: &str, limit: i64) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> = all!(
        tx,
        "SELECT DISTINCT station_id FROM desired WHERE station_id > $1 ORDER BY station_id LIMIT $2",
        after,
        limit,
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// How many wishes there are, how many have still something to be done, and how many need a person.
pub async fn counts(tx: &mut Tx) -> Result<(i64, i64, i64), StoreError> {
    let counts: Option<(i64, i64, i64)> = one!(
        tx,
        "SELECT COUNT(*), COUNT(due_at), COALESCE(SUM(CASE WHEN needs = 'person' THEN 1 ELSE 0 END), 0) FROM desired",
    )?;
    Ok(counts.unwrap_or_default())
}
