//! Events: what has happened, in order.

use super::clean;
use super::db::Tx;
use super::error::StoreError;
use super::query::{Select, one, run, starting, value};
use super::row::EventRow;

/// Which events to list. Everything empty = all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub station: Option<String>,
    pub session: Option<i64>,
    /// A kind (`station.booted`) or the area before the dot (`station`).
    pub kind: Option<String>,
}

impl Filter {
    fn select(&self) -> Select {
        let select = Select::new("SELECT * FROM event")
            .and_if("station_id = ?", self.station.as_deref())
            .and_if("session_id = ?", self.session);
        match self.kind.as_deref() {
            Some(area) if !area.contains('.') => {
                select.and("kind LIKE ? ESCAPE '!'", [starting(&format!("{area}."))])
            }
            Some(kind) => select.and("kind = ?", [kind.into()]),
            // There are many, and they say what the session itself says.
            None => select.and("kind <> 'session.progress'", []),
        }
    }
}

/// Records an event in the same transaction as what it tells of.
pub async fn add(tx: &mut Tx, event: &EventRow) -> Result<(), StoreError> {
    debug_assert!(crate::event::list::is_known(&event.kind), "{} is on no list of events", event.kind);
    run!(
        tx,
        "INSERT INTO event (id, at, station_id, session_id, kind, body) VALUES ($1, $2, $3, $4, $5, $6)",
        event.id,
        event.at,
        event.station_id.as_deref().map(clean),
        event.session_id,
        &*event.kind,
        clean(&event.body),
    )?;
    Ok(())
}

/// A page of events, newest first, those before `before`.
pub async fn list(
    tx: &mut Tx,
    filter: &Filter,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<EventRow>, StoreError> {
    filter.select().and_if("id < ?", before).page(tx, "id DESC", limit).await
}

/// A page of events, oldest first, those after `after`, by the ids of rows. For who reads what is done; who follows what is
/// going on reads by [`numbered`].
pub async fn since(
    tx: &mut Tx,
    filter: &Filter,
    after: i64,
    limit: i64,
) -> Result<Vec<EventRow>, StoreError> {
    filter.select().and("id > ?", [after.into()]).page(tx, "id", limit).await
}

/// An event that has its place in the sequence.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct NumberedRow {
    pub seq: i64,
    #[sqlx(flatten)]
    pub event: EventRow,
}

/// The counter of the sequence; its row is the lock of whoever numbers.
const COUNTER: &str = "event.seq";

/// Is there an event without a number?
pub async fn unnumbered(tx: &mut Tx) -> Result<bool, StoreError> {
    let found: Option<i64> = value!(tx, "SELECT id FROM event WHERE seq IS NULL LIMIT 1")?;
    Ok(found.is_some())
}

/// Numbers some of the events that have none, in the order of their ids; says how many.
pub async fn number(tx: &mut Tx, at_most: i64) -> Result<u64, StoreError> {
    // The lock comes first: whatever is seen after it is numbered here or by nobody else.
    let sql = "UPDATE counter SET next = next WHERE name = $1 RETURNING next";
    let next: Option<i64> = value!(tx, sql, COUNTER)?;
    let next = next.ok_or(sqlx::Error::RowNotFound)?;
    let numbered = run!(
        tx,
        "UPDATE event SET seq = $1 - 1 + fresh.n
         FROM (SELECT id, ROW_NUMBER() OVER (ORDER BY id) AS n FROM event WHERE seq IS NULL ORDER BY id LIMIT $2)
            AS fresh WHERE fresh.id = event.id",
        next,
        at_most,
    )?;
    run!(
        tx,
        "UPDATE counter SET next = $2 WHERE name = $1",
        COUNTER,
        next.saturating_add(i64::try_from(numbered).unwrap_or(i64::MAX)),
    )?;
    Ok(numbered)
}

/// The number that was given last; 0 = none was.
pub async fn newest(tx: &mut Tx) -> Result<i64, StoreError> {
    let next: Option<i64> = value!(tx, "SELECT next FROM counter WHERE name = $1", COUNTER)?;
    Ok(next.unwrap_or(1) - 1)
}

/// The lowest number that is still there.
pub async fn oldest(tx: &mut Tx) -> Result<Option<i64>, StoreError> {
    value!(tx, "SELECT seq FROM event WHERE seq IS NOT NULL ORDER BY seq LIMIT 1")
}

/// A page of numbered events in their order: those after `after`, up to `last`.
pub async fn numbered(
    tx: &mut Tx,
    after: i64,
    last: i64,
    limit: i64,
) -> Result<Vec<NumberedRow>, StoreError> {
    Select::new("SELECT * FROM event")
        .and("seq > ?", [after.into()])
        .and("seq <= ?", [last.into()])
        .page(tx, "seq", limit)
        .await
}

/// A page of numbered events of a station or session, or of all: those after `after` in their order, or those before
/// `before`, the newest first.
pub async fn told(
    tx: &mut Tx,
    (station, session): (Option<&str>, Option<i64>),
    side: Side,
    limit: i64,
) -> Result<Vec<NumberedRow>, StoreError> {
    let select = Select::new("SELECT * FROM event")
        .and_if("station_id = ?", station)
        .and_if("session_id = ?", session);
    match side {
        Side::After(after) => select.and("seq > ?", [after.into()]).page(tx, "seq", limit).await,
        Side::Before(before) => select.and("seq < ?", [before.into()]).page(tx, "seq DESC", limit).await,
    }
}

/// Where a page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    After(i64),
    Before(i64),
}

/// The event with this number.
pub async fn by_number(tx: &mut Tx, seq: i64) -> Result<Option<NumberedRow>, StoreError> {
    one!(tx, "SELECT * FROM event WHERE seq = $1", seq)
}
