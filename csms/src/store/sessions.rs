//! Sessions, their readings and their meter values outside. Written by the group writer.

use super::clean;
use super::db::Tx;
use super::error::StoreError;
use super::query::{Select, all, containing, one, value};
use super::row::{MeterValueRow, ReadingRow, SessionRow};
use crate::flags::Flag;
use chrono::{DateTime, Utc};

/// Readings of one session at most: one a second for two days and more.
pub const READINGS_MAX: i64 = 200_000;

/// Which sessions to list. Everything empty = all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub station: Option<String>,
    /// `open` or `ended`.
    pub state: Option<String>,
    /// Upper case.
    pub token: Option<String>,
    pub site: Option<i64>,
    /// Started at this instant or later.
    pub from: Option<DateTime<Utc>>,
    /// Started before this instant.
    pub to: Option<DateTime<Utc>>,
    /// With this oddity.
    pub flag: Option<Flag>,
}

impl Filter {
    fn select(&self, head: &str) -> Select {
        let select = Select::new(head)
            .and_if("station_id = ?", self.station.as_deref())
            .and_if("state = ?", self.state.as_deref())
            .and_if("site_id = ?", self.site)
            .and_if("started_at >= ?", self.from)
            .and_if("started_at < ?", self.to);
        // What was typed at a pad is a secret: whoever could ask for it could guess it.
        let select = match self.token.as_deref() {
            Some(token) => select.and("token_uid = ? AND token_kind <> 'KeyCode'", [token.into()]),
            None => select,
        };
        match self.flag {
            Some(flag) => {
                let among = containing(&format!(",{},", flag.key()));
                select.and("flags <> ''", []).and("',' || flags || ',' LIKE ? ESCAPE '!'", [among])
            }
            None => select,
        }
    }
}

/// The session, if there is one.
pub async fn find(tx: &mut Tx, id: i64) -> Result<Option<SessionRow>, StoreError> {
    one!(tx, "SELECT * FROM session WHERE id = $1", id)
}

/// A page of sessions, newest first, those before `before`.
pub async fn list(
    tx: &mut Tx,
    filter: &Filter,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<SessionRow>, StoreError> {
    filter.select("SELECT * FROM session").and_if("id < ?", before).page(tx, "id DESC", limit).await
}

/// How many sessions are open.
pub async fn count_open(tx: &mut Tx) -> Result<i64, StoreError> {
    let rows: Vec<(i64,)> = all!(tx, "SELECT COUNT(*) FROM session WHERE state = 'open'")?;
    Ok(rows.first().map_or(0, |row| row.0))
}

/// The open sessions of a station, oldest first.
pub async fn open(tx: &mut Tx, station: &str) -> Result<Vec<SessionRow>, StoreError> {
    let sql = "SELECT * FROM session WHERE station_id = $1 AND state = 'open' ORDER BY id LIMIT 1000";
    all!(tx, sql, clean(station))
}

/// The open sessions of the stations from `first` to `last` (a page of `stations::list`), in order.
pub async fn open_between(tx: &mut Tx, first: &str, last: &str) -> Result<Vec<SessionRow>, StoreError> {
    let sql = "SELECT * FROM session WHERE station_id >= $1 AND station_id <= $2 AND state = 'open'
               ORDER BY station_id, id LIMIT 10000";
    all!(tx, sql, first, last)
}

/// The sessions of a station with this transaction id, newest generation first.
pub async fn by_reference(
    tx: &mut Tx,
    station: &str,
    reference: &str,
) -> Result<Vec<SessionRow>, StoreError> {
    let sql = "SELECT * FROM session WHERE station_id = $1 AND ref = $2 ORDER BY generation DESC LIMIT 50";
    all!(tx, sql, clean(station), clean(reference))
}

/// The newest session of a station that was opened by a message with this digest.
pub async fn by_start(
    tx: &mut Tx,
    station: &str,
    start_digest: i64,
) -> Result<Option<SessionRow>, StoreError> {
    let sql = "SELECT * FROM session WHERE station_id = $1 AND start_digest = $2 ORDER BY id DESC LIMIT 1";
    one!(tx, sql, clean(station), start_digest)
}

/// The newest among the latest sessions of a station with which a message of this digest is stored.
pub async fn by_reading(tx: &mut Tx, station: &str, digest: i64) -> Result<Option<SessionRow>, StoreError> {
    let sql = "SELECT s.* FROM (SELECT * FROM session WHERE station_id = $1 ORDER BY id DESC LIMIT 50) AS s
               JOIN reading r ON r.session_id = s.id AND r.digest = $2 ORDER BY s.id DESC LIMIT 1";
    one!(tx, sql, clean(station), digest)
}

/// All readings of a session, in the order of their instants.
pub async fn readings(tx: &mut Tx, session: i64) -> Result<Vec<ReadingRow>, StoreError> {
    let sql = "SELECT * FROM reading WHERE session_id = $1 ORDER BY at, seq, digest LIMIT $2";
    all!(tx, sql, session, READINGS_MAX)
}

/// A page of the readings of a session in the order of their instants, those after one of them.
pub async fn readings_after(
    tx: &mut Tx,
    session: i64,
    after: Option<(DateTime<Utc>, i64)>,
    limit: i64,
) -> Result<Vec<ReadingRow>, StoreError> {
    let mut select = Select::new("SELECT * FROM reading").and("session_id = ?", [session.into()]);
    if let Some((at, digest)) = after {
        select = select.and("(at > ? OR (at = ? AND digest > ?))", [at.into(), at.into(), digest.into()]);
    }
    select.page(tx, "at, digest", limit).await
}

/// Is this very message stored with the session?
pub async fn has_reading(tx: &mut Tx, session: i64, digest: i64) -> Result<bool, StoreError> {
    let row: Option<i64> =
        value!(tx, "SELECT digest FROM reading WHERE session_id = $1 AND digest = $2", session, digest)?;
    Ok(row.is_some())
}

/// A page of the meter values of a station outside any session, newest first, those before `before`.
pub async fn meter_values(
    tx: &mut Tx,
    station: &str,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<MeterValueRow>, StoreError> {
    Select::new("SELECT * FROM meter_value")
        .and("station_id = ?", [station.into()])
        .and_if("id < ?", before)
        .page(tx, "id DESC", limit)
        .await
}
