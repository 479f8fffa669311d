//! Where, to whom and when a tariff applies. Rows that have counted are kept, ended, so that it stays known what was
//! offered to whom: a session that is told late is priced as of its start.

use super::counter;
use super::db::Tx;
use super::error::StoreError;
use super::query::{Select, all, one, run};
use super::tariffs::{Change, shown};
use chrono::{DateTime, Utc};
use serde_json::json;

type At = DateTime<Utc>;

/// A row of `assignment`. Nothing said means everywhere, to anyone, always.
#[derive(Debug, Clone, PartialEq, Default, sqlx::FromRow)]
pub struct AssignmentRow {
    /// Given by [`assign`].
    pub id: i64,
    pub tariff_id: String,
    /// Not together with a station.
    pub site_id: Option<i64>,
    pub station_id: Option<String>,
    /// Of the station; `None` = all.
    pub evse: Option<i64>,
    /// As compared: upper case. Not together with an identifier.
    pub group_uid: Option<String>,
    pub token_uid: Option<String>,
    /// What `token_uid` is, e.g. `ISO14443`.
    pub token_kind: String,
    /// The highest counts before anything else.
    pub priority: i64,
    /// For sessions that start at or after this …
    pub valid_from: Option<At>,
    /// … and before this.
    pub valid_to: Option<At>,
    pub created_at: At,
}

impl AssignmentRow {
    fn told(&self) -> serde_json::Value {
        json!({
            "assignment": self.id, "tariff": self.tariff_id, "site": self.site_id, "station": self.station_id,
            "evse": self.evse, "group": self.group_uid,
            "token": shown(self.token_uid.as_deref(), &self.token_kind),
            "priority": self.priority, "valid_from": self.valid_from, "valid_to": self.valid_to,
        })
    }
}

/// What became of an assignment.
#[derive(Debug, Clone, PartialEq)]
pub enum Assigned {
    Done {
        id: i64,
        /// Those that it ends, by their numbers.
        ended: Vec<i64>,
    },
    /// Refused: nothing tells the two apart, and there are instants at which both would count.
    Ties(Box<AssignmentRow>),
}

/// Adds an assignment. With `replace` one that began before, would tie, and ends no later, ends where this begins.
///
/// # Errors
/// [`StoreError::is_reference`] if there is no such tariff, site or station.
pub async fn assign(
    tx: &mut Tx,
    new: &AssignmentRow,
    replace: bool,
    change: &Change<'_>,
) -> Result<Assigned, StoreError> {
    // Whoever else assigns waits here for our end, so that neither misses the other.
    let new = AssignmentRow { id: counter::take(tx, "assignment", 1).await?, ..new.clone() };
    let rivals = rivals(tx, &new).await?;
    let gives_way = |rival: &AssignmentRow| {
        let begins = rival.valid_from.is_none_or(|begun| new.valid_from.is_some_and(|from| begun <= from));
        // One that goes on after the new one's end is not replaced: nothing would count then.
        let ends = new.valid_to.is_none_or(|to| rival.valid_to.is_some_and(|end| end <= to));
        replace && new.valid_from.is_some() && begins && ends
    };
    if let Some(other) = rivals.iter().find(|rival| !gives_way(rival)) {
        return Ok(Assigned::Ties(Box::new(other.clone())));
    }
    let mut ended = Vec::with_capacity(rivals.len());
    for (rival, from) in rivals.iter().filter_map(|rival| Some((rival, new.valid_from?))) {
        stop(tx, rival, from).await?;
        ended.push(rival.id);
    }
    insert(tx, &new).await?;
    let mut told = new.told();
    told["ended"] = ended.clone().into();
    change.record(tx, "tariff.assigned", told).await?;
    Ok(Assigned::Done { id: new.id, ended })
}

/// Ends an assignment at this instant, at the earliest now; one that would not have begun by then is removed. `None`
/// if there is none, or it has ended by then.
pub async fn unassign(
    tx: &mut Tx,
    id: i64,
    at: At,
    change: &Change<'_>,
) -> Result<Option<AssignmentRow>, StoreError> {
    let at = at.max(change.at);
    let Some(row) = find(tx, id).await?.filter(|row| row.valid_to.is_none_or(|to| to > at)) else {
        return Ok(None);
    };
    stop(tx, &row, at).await?;
    let row = AssignmentRow { valid_to: Some(at), ..row };
    change.record(tx, "tariff.unassigned", row.told()).await?;
    Ok(Some(row))
}

/// The assignment, if there is one.
pub async fn find(tx: &mut Tx, id: i64) -> Result<Option<AssignmentRow>, StoreError> {
    one!(tx, "SELECT * FROM assignment WHERE id = $1", id)
}

/// Which assignments to list. Everything empty = all.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter<'a> {
    pub tariff: Option<&'a str>,
    /// Without those that have ended by then.
    pub until: Option<At>,
}

/// A page of assignments in the order they were made, those after `after`.
pub async fn list(
    tx: &mut Tx,
    filter: &Filter<'_>,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<AssignmentRow>, StoreError> {
    Select::new("SELECT * FROM assignment")
        .and_if("tariff_id = ?", filter.tariff)
        .and_if("(valid_to IS NULL OR valid_to > ?)", filter.until)
        .and_if("id > ?", after)
        .page(tx, "id", limit)
        .await
}

/// What holds for anyone at a place (all of it empty: everywhere) with no priority, at this instant.
pub async fn plain_at(
    tx: &mut Tx,
    site: Option<i64>,
    station: Option<&str>,
    at: At,
) -> Result<Vec<AssignmentRow>, StoreError> {
    all!(
        tx,
        "SELECT * FROM assignment WHERE site_id IS NOT DISTINCT FROM $1 AND station_id IS NOT DISTINCT FROM $2
            AND evse IS NULL AND group_uid IS NULL AND token_uid IS NULL AND priority = 0
            AND (valid_from IS NULL OR valid_from <= $3) AND (valid_to IS NULL OR valid_to > $3)
         ORDER BY id LIMIT 100",
        site,
        station,
        at,
    )
}

/// Those from which nothing would tell `new` apart, at some instant of its time; oldest first.
async fn rivals(tx: &mut Tx, new: &AssignmentRow) -> Result<Vec<AssignmentRow>, StoreError> {
    all!(
        tx,
        "SELECT assignment.* FROM assignment JOIN tariff ON tariff.id = assignment.tariff_id
         WHERE site_id IS NOT DISTINCT FROM $1 AND station_id IS NOT DISTINCT FROM $2
            AND evse IS NOT DISTINCT FROM $3 AND group_uid IS NOT DISTINCT FROM $4
            AND token_uid IS NOT DISTINCT FROM $5 AND token_kind = $6 AND priority = $7
            AND tariff.kind = (SELECT kind FROM tariff WHERE id = $8)
            AND (valid_from IS NULL OR $10 IS NULL OR valid_from < $10)
            AND (valid_to IS NULL OR $9 IS NULL OR valid_to > $9)
         ORDER BY assignment.id LIMIT 1000",
        new.site_id,
        new.station_id.as_deref(),
        new.evse,
        new.group_uid.as_deref(),
        new.token_uid.as_deref(),
        &*new.token_kind,
        new.priority,
        &*new.tariff_id,
        new.valid_from,
        new.valid_to,
    )
}

/// Lets it end there; what would never have counted goes.
async fn stop(tx: &mut Tx, row: &AssignmentRow, at: At) -> Result<(), StoreError> {
    if row.valid_from.is_some_and(|from| from >= at) {
        run!(tx, "DELETE FROM assignment WHERE id = $1", row.id)?;
    } else {
        run!(tx, "UPDATE assignment SET valid_to = $2 WHERE id = $1", row.id, at)?;
    }
    Ok(())
}

async fn insert(tx: &mut Tx, row: &AssignmentRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO assignment (id, tariff_id, site_id, station_id, evse, group_uid, token_uid, token_kind,
            priority, valid_from, valid_to, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        row.id,
        &*row.tariff_id,
        row.site_id,
        row.station_id.as_deref(),
        row.evse,
        row.group_uid.as_deref(),
        row.token_uid.as_deref(),
        &*row.token_kind,
        row.priority,
        row.valid_from,
        row.valid_to,
        row.created_at,
    )?;
    Ok(())
}
