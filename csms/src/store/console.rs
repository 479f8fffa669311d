//! What only the console asks: lists by state of the moment, sums, and readings thin enough for a page.

use super::db::Tx;
use super::error::StoreError;
use super::query::{Select, all, containing, run};
use super::row::{DeviationRow, ReadingRow, SessionRow, StationRow};
use chrono::{DateTime, Utc};

/// Points of a curve at most; a longer session shows its beginning.
const CURVE_MAX: i64 = 20_000;

/// The fleet in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Summary {
    pub stations: i64,
    /// Open sessions.
    pub sessions: i64,
    /// Power of all open sessions together.
    pub power_w: i64,
}

/// Which stations to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Only {
    All,
    /// With an open session.
    Charging,
    /// With a fault, of the station or of a connector.
    Faulted,
    /// Kept out at this instant.
    Quarantined(DateTime<Utc>),
}

/// One instant of a session's curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct CurvePoint {
    pub at: DateTime<Utc>,
    pub register_mwh: Option<i64>,
    pub power_w: Option<i64>,
    pub soc_percent: Option<i64>,
}

/// The fleet in numbers.
pub async fn summary(tx: &mut Tx) -> Result<Summary, StoreError> {
    let rows: Vec<Summary> = all!(
        tx,
        "SELECT (SELECT COUNT(*) FROM station) AS stations, COUNT(*) AS sessions,
            CAST(COALESCE(SUM(power_w), 0) AS BIGINT) AS power_w FROM session WHERE state = 'open'"
    )?;
    Ok(rows.first().copied().unwrap_or_default())
}

/// A page of stations in the order of their identities, those after `after`; `text` anywhere in identity, name,
/// vendor, model or serial number, whatever the case.
pub async fn stations(
    tx: &mut Tx,
    text: &str,
    only: Only,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<StationRow>, StoreError> {
    let mut select = Select::new("SELECT * FROM station").and_if("id > ?", after);
    if !text.trim().is_empty() {
        let pattern = || containing(text);
        select = select.and(
            "(LOWER(id) LIKE ? ESCAPE '!' OR LOWER(name) LIKE ? ESCAPE '!' OR LOWER(vendor) LIKE ? ESCAPE '!'
              OR LOWER(model) LIKE ? ESCAPE '!' OR LOWER(serial) LIKE ? ESCAPE '!')",
            [pattern(), pattern(), pattern(), pattern(), pattern()],
        );
    }
    select = match only {
        Only::All => select,
        Only::Charging => select.and(
            "EXISTS (SELECT 1 FROM session s WHERE s.station_id = station.id AND s.state = 'open')",
            [],
        ),
        Only::Faulted => select.and(
            "(status = 'Faulted'
              OR EXISTS (SELECT 1 FROM connector c WHERE c.station_id = station.id AND c.status = 'Faulted'))",
            [],
        ),
        Only::Quarantined(now) => select.and("quarantined_until > ?", [now.into()]),
    };
    select.page(tx, "id", limit).await
}

/// A page of sessions, newest first, those before `before`; `text` is a station's identity or a token, whole;
/// `state` is `open`, `ended`, or `None` for both.
pub async fn sessions(
    tx: &mut Tx,
    text: &str,
    state: Option<&str>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<SessionRow>, StoreError> {
    let mut select = Select::new("SELECT * FROM session").and_if("state = ?", state).and_if("id < ?", before);
    let text = text.trim();
    if !text.is_empty() {
        let token = text.to_uppercase();
        select = select.and("(station_id = ? OR token_uid = ?)", [text.into(), token.as_str().into()]);
    }
    select.page(tx, "id DESC", limit).await
}

/// The curve of a session, in the order of time.
pub async fn curve(tx: &mut Tx, session: i64) -> Result<Vec<CurvePoint>, StoreError> {
    all!(
        tx,
        "SELECT at, register_mwh, power_w, soc_percent FROM reading WHERE session_id = $1 ORDER BY at LIMIT $2",
        session,
        CURVE_MAX,
    )
}

/// How many readings a session has.
pub async fn count_readings(tx: &mut Tx, session: i64) -> Result<i64, StoreError> {
    let rows: Vec<(i64,)> = all!(tx, "SELECT COUNT(*) FROM reading WHERE session_id = $1", session)?;
    Ok(rows.first().map_or(0, |row| row.0))
}

/// The first readings of a session, in the order of time.
pub async fn first_readings(tx: &mut Tx, session: i64, limit: i64) -> Result<Vec<ReadingRow>, StoreError> {
    Select::new("SELECT * FROM reading")
        .and("session_id = ?", [session.into()])
        .page(tx, "at, digest", limit)
        .await
}

/// The last readings of a session, newest first.
pub async fn last_readings(tx: &mut Tx, session: i64, limit: i64) -> Result<Vec<ReadingRow>, StoreError> {
    Select::new("SELECT * FROM reading")
        .and("session_id = ?", [session.into()])
        .page(tx, "at DESC, digest DESC", limit)
        .await
}

/// How a kind of station departs from the standard, newest first.
pub async fn deviations(
    tx: &mut Tx,
    vendor: &str,
    model: &str,
    limit: i64,
) -> Result<Vec<DeviationRow>, StoreError> {
    Select::new("SELECT * FROM deviation")
        .and("vendor = ?", [vendor.into()])
        .and("model = ?", [model.into()])
        .page(tx, "last_at DESC", limit)
        .await
}

/// Changes the password of an account from the one to the other, both sealed, and ends all its logins but one. False if it has
/// another one by now, or is gone.
pub async fn set_account_password(
    tx: &mut Tx,
    account: i64,
    (from, to): (&str, &str),
    keep_login: &str,
) -> Result<bool, StoreError> {
    let sql = "UPDATE account SET password = $2 WHERE id = $1 AND password = $3";
    if run!(tx, sql, account, to, from)? == 0 {
        return Ok(false);
    }
    run!(tx, "DELETE FROM login WHERE account_id = $1 AND key_hash <> $2", account, keep_login)?;
    Ok(true)
}
