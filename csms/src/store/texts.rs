//! Texts for displays, and which of them stations were told.

use super::clean;
use super::counter;
use super::db::Tx;
use super::error::StoreError;
use super::query::{all, one, run};
use chrono::{DateTime, Utc};

/// A row of `display_text`.
#[derive(Debug, Clone, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct TextRow {
    pub name: String,
    /// The message's id on the wire; given when it is made.
    pub number: i64,
    /// `idle`, `charging`, `faulted` or `unavailable`.
    pub state: String,
    /// RFC 5646.
    pub language: String,
    pub body: String,
    /// `NormalCycle`, `InFront` or `AlwaysFront`.
    pub priority: String,
    /// Only there.
    pub station_id: Option<String>,
    /// Only there.
    pub site_id: Option<i64>,
    pub changed_at: DateTime<Utc>,
}

/// A row of `station_text`.
#[derive(Debug, Clone, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct StationTextRow {
    pub station_id: String,
    pub number: i64,
    pub name: String,
    /// MessageInfo as it was sent; empty: to be taken away.
    pub told: String,
    /// `Accepted`, or why not.
    pub answer: String,
    pub at: DateTime<Utc>,
    /// Calls in a row that came to nothing.
    pub tries: i64,
}

/// A row of `display_check`.
#[derive(Debug, Clone, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct CheckRow {
    pub station_id: String,
    pub at: DateTime<Utc>,
    /// `Accepted`, or why it does not say.
    pub answer: String,
    /// Texts that were not there, and were told anew.
    pub missing: i64,
}

/// Texts at most.
pub const TEXTS_MAX: i64 = 500;
/// Their numbers on the wire begin after this: above those of payment codes.
const NUMBERS: i64 = 800_000_000;
/// … and end before this: nobody makes so many.
const NUMBERS_END: i64 = 900_000_000;

/// Is the message of this number one of the texts, or was it?
pub fn owns(number: i64) -> bool {
    (NUMBERS + 1..NUMBERS_END).contains(&number)
}

/// All texts, by name.
pub async fn list(tx: &mut Tx) -> Result<Vec<TextRow>, StoreError> {
    all!(tx, "SELECT * FROM display_text ORDER BY name LIMIT $1", TEXTS_MAX)
}

/// A text.
pub async fn find(tx: &mut Tx, name: &str) -> Result<Option<TextRow>, StoreError> {
    one!(tx, "SELECT * FROM display_text WHERE name = $1", clean(name))
}

/// From here on nobody else changes texts, until the transaction ends.
pub async fn lock(tx: &mut Tx) -> Result<(), StoreError> {
    counter::take(tx, "display_text.change", 1).await?;
    Ok(())
}

/// Keeps a text in the place of the one with its name, whose number stays. False: there are too many.
pub async fn put(tx: &mut Tx, row: &TextRow) -> Result<bool, StoreError> {
    let number = match find(tx, &row.name).await? {
        Some(known) => known.number,
        None if list(tx).await?.len() as i64 >= TEXTS_MAX => return Ok(false),
        None => NUMBERS + counter::take(tx, "display_text", 1).await?,
    };
    run!(
        tx,
        "INSERT INTO display_text (name, number, state, language, body, priority, station_id, site_id, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (name) DO UPDATE SET state = excluded.state, language = excluded.language, body = excluded.body,
            priority = excluded.priority, station_id = excluded.station_id, site_id = excluded.site_id,
            changed_at = excluded.changed_at",
        clean(&row.name),
        number,
        &*row.state,
        clean(&row.language),
        clean(&row.body),
        &*row.priority,
        row.station_id.as_deref(),
        row.site_id,
        row.changed_at,
    )?;
    Ok(true)
}

/// Removes a text; stations that have it are told in a moment. False: there is none.
pub async fn remove(tx: &mut Tx, name: &str) -> Result<bool, StoreError> {
    Ok(run!(tx, "DELETE FROM display_text WHERE name = $1", clean(name))? > 0)
}

/// What a station was told.
pub async fn told(tx: &mut Tx, station: &str) -> Result<Vec<StationTextRow>, StoreError> {
    all!(tx, "SELECT * FROM station_text WHERE station_id = $1 ORDER BY number LIMIT 1000", clean(station))
}

/// Stations that were told something.
pub async fn stations(tx: &mut Tx) -> Result<Vec<(String,)>, StoreError> {
    all!(tx, "SELECT DISTINCT station_id FROM station_text ORDER BY station_id LIMIT 100000")
}

/// Keeps what a station was told.
pub async fn keep(tx: &mut Tx, row: &StationTextRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO station_text (station_id, number, name, told, answer, at, tries)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (station_id, number) DO UPDATE SET name = excluded.name, told = excluded.told,
            answer = excluded.answer, at = excluded.at, tries = excluded.tries",
        clean(&row.station_id),
        row.number,
        clean(&row.name),
        clean(&row.told),
        clean(&row.answer),
        row.at,
        row.tries,
    )?;
    Ok(())
}

/// It is not there any more.
pub async fn gone(tx: &mut Tx, station: &str, number: i64) -> Result<(), StoreError> {
    run!(tx, "DELETE FROM station_text WHERE station_id = $1 AND number = $2", clean(station), number)?;
    Ok(())
}

/// When a station was last asked which messages its display has.
pub async fn checked(tx: &mut Tx, station: &str) -> Result<Option<CheckRow>, StoreError> {
    one!(tx, "SELECT * FROM display_check WHERE station_id = $1", clean(station))
}

/// Keeps how that went.
pub async fn keep_check(tx: &mut Tx, row: &CheckRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO display_check (station_id, at, answer, missing) VALUES ($1, $2, $3, $4)
         ON CONFLICT (station_id) DO UPDATE SET at = excluded.at, answer = excluded.answer,
            missing = excluded.missing",
        clean(&row.station_id),
        row.at,
        clean(&row.answer),
        row.missing,
    )?;
    Ok(())
}
