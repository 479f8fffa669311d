//! Stations, their EVSEs and connectors. What stations tell of themselves is written by the group writer.

use super::clean;
use super::db::Tx;
use super::error::StoreError;
use super::query::{Select, all, containing, one, run, value};
pub use super::row::{ConnectorState, StationRow};
use chrono::{DateTime, Utc};

/// What an operator decides about a station.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settings {
    pub name: String,
    pub site_id: Option<i64>,
    /// Allow-list, e.g. `ocpp1.6,ocpp2.0.1`; empty = all.
    pub protocols: String,
    /// `strict` or `lenient`.
    pub validation: String,
    /// `accepted`, `pending` or `rejected`.
    pub registration: String,
}

/// Which stations to list. Everything empty = all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Anywhere in identity, name, vendor, model or serial number, whatever the case.
    pub text: String,
    pub site: Option<i64>,
    /// Of the station or of one of its connectors, e.g. `Faulted`.
    pub status: Option<String>,
}

impl Filter {
    fn select(&self, head: &str) -> Select {
        let mut select = Select::new(head);
        if !self.text.trim().is_empty() {
            let pattern = || containing(&self.text);
            select = select.and(
                "(LOWER(id) LIKE ? ESCAPE '!' OR LOWER(name) LIKE ? ESCAPE '!' OR LOWER(vendor) LIKE ? ESCAPE '!'
                  OR LOWER(model) LIKE ? ESCAPE '!' OR LOWER(serial) LIKE ? ESCAPE '!')",
                [pattern(), pattern(), pattern(), pattern(), pattern()],
            );
        }
        if let Some(status) = self.status.as_deref() {
            select = select.and(
                "(status = ? OR EXISTS (SELECT 1 FROM connector c WHERE c.station_id = station.id AND c.status = ?))",
                [status.into(), status.into()],
            );
        }
        select.and_if("site_id = ?", self.site)
    }
}

/// Registers a station; only `id`, `secret`, `created_at` and what [`Settings`] has are taken from the row.
///
/// # Errors
/// [`StoreError::is_duplicate`] if it is registered already, [`StoreError::is_reference`] if there is no such site.
pub async fn create(tx: &mut Tx, station: &StationRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO station (id, name, site_id, protocols, validation, registration, secret, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &*station.id,
        &*station.name,
        station.site_id,
        &*station.protocols,
        or_default(&station.validation, "lenient"),
        or_default(&station.registration, "accepted"),
        &*station.secret,
        station.created_at,
    )?;
    Ok(())
}

/// Registers a station that has connected without being known (open registration). False if it is known.
pub async fn create_if_absent(tx: &mut Tx, id: &str, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let sql = "INSERT INTO station (id, created_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING";
    Ok(run!(tx, sql, id, now)? > 0)
}

/// The station, if it is registered.
pub async fn find(tx: &mut Tx, id: &str) -> Result<Option<StationRow>, StoreError> {
    one!(tx, "SELECT * FROM station WHERE id = $1", &*clean(id))
}

/// A page of stations in the order of their identities, those after `after`.
pub async fn list(
    tx: &mut Tx,
    filter: &Filter,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<StationRow>, StoreError> {
    filter.select("SELECT * FROM station").and_if("id > ?", after).page(tx, "id", limit).await
}

/// How many stations the filter lets through.
pub async fn count(tx: &mut Tx, filter: &Filter) -> Result<i64, StoreError> {
    let rows: Vec<(i64,)> = filter.select("SELECT COUNT(*) FROM station").page(tx, "1", 1).await?;
    Ok(rows.first().map_or(0, |row| row.0))
}

/// Changes what the operator decides. False if there is no such station.
pub async fn update(tx: &mut Tx, id: &str, settings: &Settings) -> Result<bool, StoreError> {
    let changed = run!(
        tx,
        "UPDATE station SET name = $2, site_id = $3, protocols = $4, validation = $5,
            registration = $6 WHERE id = $1",
        id,
        &*settings.name,
        settings.site_id,
        &*settings.protocols,
        or_default(&settings.validation, "lenient"),
        or_default(&settings.registration, "accepted"),
    )?;
    Ok(changed > 0)
}

/// Changes the stored form of the station's password; empty = none. Those that it was told meanwhile are forgotten. False if there is no such station.
pub async fn set_secret(tx: &mut Tx, id: &str, secret: &str) -> Result<bool, StoreError> {
    Ok(run!(tx, "UPDATE station SET secret = $2, next_secret = '' WHERE id = $1", id, secret)? > 0)
}

/// The station is about to be told a password: from now on it is right as well, beside those that it was told before.
pub async fn add_next_secret(tx: &mut Tx, id: &str, sealed: &str) -> Result<(), StoreError> {
    let sql = "UPDATE station SET next_secret = REPLACE(next_secret, $2, '') || $2 WHERE id = $1";
    run!(tx, sql, id, format!("{sealed} "))?;
    Ok(())
}

/// Quarantines until the instant, or releases. False if there is no such station.
pub async fn set_quarantine(
    tx: &mut Tx,
    id: &str,
    until: Option<DateTime<Utc>>,
    reason: &str,
) -> Result<bool, StoreError> {
    let sql = "UPDATE station SET quarantined_until = $2, quarantine_reason = $3 WHERE id = $1";
    Ok(run!(tx, sql, id, until, reason)? > 0)
}

/// What became of the wish to forget a station.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forgotten {
    Yes,
    /// There is none.
    Unknown,
    /// A session runs at it, or an order is at work there: nothing could end them when it is gone.
    InUse,
}

/// Forgets a station with its EVSEs, connectors and variables; its sessions, bills and events stay.
pub async fn delete(tx: &mut Tx, id: &str) -> Result<Forgotten, StoreError> {
    let sql = "DELETE FROM station WHERE id = $1
               AND NOT EXISTS (SELECT 1 FROM session WHERE station_id = $1 AND state = 'open')
               AND NOT EXISTS (SELECT 1 FROM pay_order WHERE station_id = $1
                   AND state IN ('pending', 'authorized', 'charging', 'settling'))";
    if run!(tx, sql, id)? > 0 {
        run!(tx, "DELETE FROM variable WHERE station_id = $1", id)?;
        return Ok(Forgotten::Yes);
    }
    Ok(match find(tx, id).await? {
        Some(_) => Forgotten::InUse,
        None => Forgotten::Unknown,
    })
}

/// The connectors of a station, in order.
pub async fn connectors(tx: &mut Tx, station: &str) -> Result<Vec<ConnectorState>, StoreError> {
    let sql = "SELECT * FROM connector WHERE station_id = $1 ORDER BY evse, connector LIMIT 1000";
    all!(tx, sql, station)
}

/// The connectors of the stations from `first` to `last` (a page of [`list`]), in order.
pub async fn connectors_between(
    tx: &mut Tx,
    first: &str,
    last: &str,
) -> Result<Vec<ConnectorState>, StoreError> {
    let sql = "SELECT * FROM connector WHERE station_id >= $1 AND station_id <= $2
               ORDER BY station_id, evse, connector LIMIT 10000";
    all!(tx, sql, first, last)
}

/// How many connectors have which status.
pub async fn connector_counts(tx: &mut Tx) -> Result<Vec<(String, i64)>, StoreError> {
    all!(tx, "SELECT status, COUNT(*) FROM connector GROUP BY status ORDER BY status LIMIT 100")
}

/// An EVSE with what an operator decides about it.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct EvseRow {
    pub station_id: String,
    pub evse: i64,
    pub max_power_w: Option<i64>,
    /// `ac`, `dc`, or empty where nobody has said.
    pub kind: String,
}

/// The EVSEs of a station that are known, in order.
pub async fn evses(tx: &mut Tx, station: &str) -> Result<Vec<EvseRow>, StoreError> {
    all!(tx, "SELECT * FROM evse WHERE station_id = $1 ORDER BY evse LIMIT 1000", station)
}

/// A page of what is decided about EVSEs, by station and number, those after `after`.
pub async fn all_evses(
    tx: &mut Tx,
    station: Option<&str>,
    after: Option<(String, i64)>,
    limit: i64,
) -> Result<Vec<EvseRow>, StoreError> {
    let mut select = Select::new("SELECT * FROM evse")
        .and("(kind <> '' OR max_power_w IS NOT NULL)", [])
        .and_if("station_id = ?", station);
    if let Some((station, evse)) = after {
        select = select.and("(station_id, evse) > (?, ?)", [station.as_str().into(), evse.into()]);
    }
    select.page(tx, "station_id, evse", limit).await
}

/// Makes an EVSE known, or changes what is decided about it.
///
/// # Errors
/// [`StoreError::is_reference`] if there is no such station.
pub async fn set_evse(tx: &mut Tx, evse: &EvseRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO evse (station_id, evse, max_power_w, kind) VALUES ($1, $2, $3, $4)
         ON CONFLICT (station_id, evse) DO UPDATE SET max_power_w = excluded.max_power_w, kind = excluded.kind",
        &*evse.station_id,
        evse.evse,
        evse.max_power_w,
        &*evse.kind,
    )?;
    Ok(())
}

/// Forgets what was decided about an EVSE; one of which its station tells nothing is not known any more. False if nothing
/// was decided.
pub async fn clear_evse(tx: &mut Tx, station: &str, evse: i64) -> Result<bool, StoreError> {
    let cleared = run!(
        tx,
        "UPDATE evse SET kind = '', max_power_w = NULL
         WHERE station_id = $1 AND evse = $2 AND (kind <> '' OR max_power_w IS NOT NULL)",
        station,
        evse,
    )?;
    run!(
        tx,
        "DELETE FROM evse WHERE station_id = $1 AND evse = $2
            AND NOT EXISTS (SELECT 1 FROM connector c WHERE c.station_id = $1 AND c.evse = $2)",
        station,
        evse,
    )?;
    Ok(cleared > 0)
}

/// Nobody else who does this goes on with the station until the transaction ends: for what is made of what was read of it. False if
/// there is no such station.
pub async fn lock(tx: &mut Tx, id: &str) -> Result<bool, StoreError> {
    Ok(run!(tx, "UPDATE station SET epoch = epoch WHERE id = $1", &*clean(id))? > 0)
}

/// With several nodes: takes the station's link over, and says with which number. `None` if there is no such station.
pub async fn take_epoch(tx: &mut Tx, id: &str) -> Result<Option<i64>, StoreError> {
    value!(tx, "UPDATE station SET epoch = epoch + 1 WHERE id = $1 RETURNING epoch", id)
}

fn or_default<'a>(value: &'a str, default: &'a str) -> &'a str {
    if value.is_empty() { default } else { value }
}
