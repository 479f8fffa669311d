//! Displays of stations: what an operator wants of them, what is known of them, and what stands on them.

use super::clean;
use super::db::Tx;
use super::error::StoreError;
use super::query::{all, one, run};
use chrono::{DateTime, Utc};

type At = DateTime<Utc>;

/// A row of `station_display`.
#[derive(Debug, Clone, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct DisplayRow {
    pub station_id: String,
    /// `on`, `off`, or empty: as the settings say.
    pub wanted: String,
    /// `shows`, `refused`, `unsupported`, `no_way`, `own_codes`, or empty: nothing was sent yet.
    pub state: String,
    /// Why, for people.
    pub detail: String,
    /// Version, firmware and way that `ability` was learnt of.
    pub make: String,
    /// JSON.
    pub ability: String,
    /// A station that lacks the function is asked again then.
    pub next_at: Option<At>,
    pub changed_at: At,
}

/// A row of `display_message`.
#[derive(Debug, Clone, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct MessageRow {
    pub station_id: String,
    pub evse: i64,
    /// `code`, `receipt`, or empty: nothing.
    pub stands: String,
    /// Where it leads.
    pub url: String,
    pub until: Option<At>,
    pub renew_at: Option<At>,
    /// The last call: `code`, `receipt` or `clear`.
    pub asked: String,
    /// What the station said; `Accepted`: what stands is known.
    pub answer: String,
    pub asked_at: At,
    /// Calls in a row that came to nothing.
    pub tries: i64,
    /// The same is asked again then.
    pub next_at: Option<At>,
}

/// What is known of the display of a station.
pub async fn find(tx: &mut Tx, station: &str) -> Result<Option<DisplayRow>, StoreError> {
    one!(tx, "SELECT * FROM station_display WHERE station_id = $1", clean(station))
}

/// A page of what operators want, in the order of the stations: those after `after`; `[station, wanted]`.
pub async fn chosen(tx: &mut Tx, after: &str, limit: i64) -> Result<Vec<(String, String)>, StoreError> {
    all!(
        tx,
        "SELECT station_id, wanted FROM station_display WHERE wanted <> '' AND station_id > $1
         ORDER BY station_id LIMIT $2",
        clean(after),
        limit,
    )
}

/// Keeps what an operator wants; a station that lacked the function may be asked again.
///
/// # Errors
/// [`StoreError::is_reference`] if there is no such station.
pub async fn choose(tx: &mut Tx, station: &str, wanted: &str, now: At) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO station_display (station_id, wanted, changed_at) VALUES ($1, $2, $3)
         ON CONFLICT (station_id) DO UPDATE SET wanted = excluded.wanted, next_at = NULL,
            changed_at = excluded.changed_at",
        clean(station),
        wanted,
        now,
    )?;
    Ok(())
}

/// Keeps what was learnt; what the operator wants stays.
pub async fn learn(tx: &mut Tx, row: &DisplayRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO station_display (station_id, state, detail, make, ability, next_at, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (station_id) DO UPDATE SET state = excluded.state, detail = excluded.detail,
            make = excluded.make, ability = excluded.ability, next_at = excluded.next_at,
            changed_at = excluded.changed_at",
        clean(&row.station_id),
        &*row.state,
        clean(&row.detail),
        clean(&row.make),
        clean(&row.ability),
        row.next_at,
        row.changed_at,
    )?;
    Ok(())
}

/// What stands on the displays of a station, by EVSE.
pub async fn messages(tx: &mut Tx, station: &str) -> Result<Vec<MessageRow>, StoreError> {
    let sql = "SELECT * FROM display_message WHERE station_id = $1 ORDER BY evse LIMIT 1000";
    all!(tx, sql, clean(station))
}

/// Keeps what stands on the display of an EVSE.
pub async fn keep(tx: &mut Tx, row: &MessageRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO display_message (station_id, evse, stands, url, until, renew_at, asked, answer, asked_at,
            tries, next_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         ON CONFLICT (station_id, evse) DO UPDATE SET stands = excluded.stands, url = excluded.url,
            until = excluded.until, renew_at = excluded.renew_at, asked = excluded.asked,
            answer = excluded.answer, asked_at = excluded.asked_at, tries = excluded.tries,
            next_at = excluded.next_at",
        clean(&row.station_id),
        row.evse,
        &*row.stands,
        clean(&row.url),
        row.until,
        row.renew_at,
        &*row.asked,
        clean(&row.answer),
        row.asked_at,
        row.tries,
        row.next_at,
    )?;
    Ok(())
}
