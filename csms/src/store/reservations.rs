//! Reservations: outlets that are kept for somebody. That one was used, or let go by its station, is written by the group
//! writer with the report that tells it.

use super::clean;
use super::db::Tx;
use super::error::StoreError;
use super::query::{Select, all, one, run, value};
use chrono::{DateTime, Utc};

type At = DateTime<Utc>;

/// A row of `reservation`; see the migration for the meaning of the columns.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ReservationRow {
    pub id: i64,
    pub station_id: String,
    pub evse: i64,
    pub connector_type: String,
    pub token_uid: String,
    pub token_kind: String,
    pub group_uid: Option<String>,
    pub from_at: At,
    pub expires_at: At,
    pub asked_by: String,
    pub created_at: At,
    pub state: String,
    pub reason: String,
    pub tries: i64,
    pub command_id: Option<i64>,
    pub told_at: Option<At>,
    pub cancelled_by: String,
    pub cancel_tries: i64,
    pub cancel_id: Option<i64>,
    pub session_id: Option<i64>,
    pub ended_at: Option<At>,
    pub priced_at: Option<At>,
    pub tariff_hash: Option<String>,
    pub currency: String,
    pub total_excl: String,
    pub total_incl: String,
}

impl ReservationRow {
    /// Is the outlet still to be kept, or may the station keep it already?
    pub fn is_open(&self) -> bool {
        matches!(self.state.as_str(), "planned" | "asked" | "held")
    }

    /// Is the outlet kept at this instant, as far as we know?
    pub fn keeps(&self, at: At) -> bool {
        matches!(self.state.as_str(), "asked" | "held") && self.from_at <= at && at < self.expires_at
    }
}

/// A reservation is over: it was used, or the station has let it go. Written by the group writer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedRow {
    pub id: i64,
    /// `used`, `cancelled`, `no-show` or `removed`.
    pub state: &'static str,
    pub reason: String,
    pub session_id: Option<i64>,
    pub at: At,
}

/// What a tariff says of a reservation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Price {
    pub tariff_hash: Option<String>,
    pub currency: String,
    pub total_excl: String,
    pub total_incl: String,
}

/// Keeps a new reservation.
pub async fn create(tx: &mut Tx, row: &ReservationRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO reservation (id, station_id, evse, connector_type, token_uid, token_kind, group_uid, from_at,
            expires_at, asked_by, created_at, state)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        row.id,
        &*row.station_id,
        row.evse,
        clean(&row.connector_type),
        clean(&row.token_uid),
        &*row.token_kind,
        row.group_uid.as_deref().map(clean),
        row.from_at,
        row.expires_at,
        clean(&row.asked_by),
        row.created_at,
        &*row.state,
    )?;
    Ok(())
}

/// A reservation.
pub async fn find(tx: &mut Tx, id: i64) -> Result<Option<ReservationRow>, StoreError> {
    one!(tx, "SELECT * FROM reservation WHERE id = $1", id)
}

/// Which reservations to list. Everything empty = all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub station: Option<String>,
    pub state: Option<String>,
    /// As the station is told it, whatever the case.
    pub token: Option<String>,
    /// Only those that are not over.
    pub open: bool,
}

/// A page of reservations, the newest first, those before `before`.
pub async fn list(
    tx: &mut Tx,
    filter: &Filter,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<ReservationRow>, StoreError> {
    let token = filter.token.as_deref().map(str::to_uppercase);
    let select = Select::new("SELECT * FROM reservation")
        .and_if("station_id = ?", filter.station.as_deref())
        .and_if("state = ?", filter.state.as_deref())
        .and_if("id < ?", before);
    // What is typed at a pad is a secret: whoever could ask for it could guess it.
    let select = match token {
        Some(token) => select.and("UPPER(token_uid) = ? AND token_kind <> 'KeyCode'", [(&*token).into()]),
        None => select,
    };
    let select = if filter.open { select.and("state IN ('planned', 'asked', 'held')", []) } else { select };
    select.page(tx, "id DESC", limit).await
}

/// The reservations of a station that are not over, in the order of their ids.
pub async fn open_at(tx: &mut Tx, station: &str) -> Result<Vec<ReservationRow>, StoreError> {
    all!(
        tx,
        "SELECT * FROM reservation WHERE station_id = $1 AND state IN ('planned', 'asked', 'held')
         ORDER BY id LIMIT 500",
        station,
    )
}

/// The stations that have reservations which are not over.
pub async fn stations(tx: &mut Tx) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> = all!(
        tx,
        "SELECT DISTINCT station_id FROM reservation WHERE state IN ('planned', 'asked', 'held') LIMIT 100000",
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// A page of the reservations for which there is something to do: to be asked, to be answered, to be given up, past their
/// time, or to be asked again because their station has booted since.
pub async fn due(tx: &mut Tx, after: i64, now: At) -> Result<Vec<ReservationRow>, StoreError> {
    all!(
        tx,
        "SELECT r.* FROM reservation r JOIN station s ON s.id = r.station_id
         WHERE r.id > $1 AND r.state IN ('planned', 'asked', 'held')
            AND (r.state = 'asked' OR (r.state = 'planned' AND r.from_at <= $2) OR r.cancelled_by <> ''
                OR r.expires_at <= $2 OR s.booted_at > r.told_at)
         ORDER BY r.id LIMIT 200",
        after,
        now,
    )
}

/// The station was asked with this command. False if another was faster: `tries` is how often it had been before.
pub async fn asked(tx: &mut Tx, row: &ReservationRow, command: i64, now: At) -> Result<bool, StoreError> {
    let changed = run!(
        tx,
        "UPDATE reservation SET state = CASE WHEN state = 'planned' THEN 'asked' ELSE state END, tries = tries + 1,
            command_id = $3, told_at = $4
         WHERE id = $1 AND tries = $2 AND state IN ('planned', 'asked', 'held')",
        row.id,
        row.tries,
        command,
        now,
    )?;
    Ok(changed > 0)
}

/// From one state to another that is not an end. False if it is in another state meanwhile.
pub async fn set_state(tx: &mut Tx, id: i64, from: &str, to: &str, reason: &str) -> Result<bool, StoreError> {
    let sql = "UPDATE reservation SET state = $3, reason = $4 WHERE id = $1 AND state = $2";
    Ok(run!(tx, sql, id, from, to, clean(reason))? > 0)
}

/// It is over. False if it is in another state than `from` meanwhile.
pub async fn end(
    tx: &mut Tx,
    id: i64,
    from: &str,
    to: &str,
    reason: &str,
    now: At,
) -> Result<bool, StoreError> {
    let sql = "UPDATE reservation SET state = $3, reason = $4, ended_at = $5 WHERE id = $1 AND state = $2";
    Ok(run!(tx, sql, id, from, to, clean(reason), now)? > 0)
}

/// Somebody wants it given up. False if it is over.
pub async fn give_up(tx: &mut Tx, id: i64, by: &str) -> Result<bool, StoreError> {
    let sql =
        "UPDATE reservation SET cancelled_by = CASE WHEN cancelled_by = '' THEN $2 ELSE cancelled_by END
               WHERE id = $1 AND state IN ('planned', 'asked', 'held')";
    Ok(run!(tx, sql, id, clean(by))? > 0)
}

/// The station was asked with this command to give it up. False if another was faster.
pub async fn giving_up(tx: &mut Tx, row: &ReservationRow, command: i64) -> Result<bool, StoreError> {
    let changed = run!(
        tx,
        "UPDATE reservation SET cancel_tries = cancel_tries + 1, cancel_id = $3
         WHERE id = $1 AND cancel_tries = $2 AND state IN ('asked', 'held')",
        row.id,
        row.cancel_tries,
        command,
    )?;
    Ok(changed > 0)
}

/// A page of reservations that are over and whose price was not looked for yet.
pub async fn unpriced(tx: &mut Tx) -> Result<Vec<ReservationRow>, StoreError> {
    all!(
        tx,
        "SELECT * FROM reservation WHERE priced_at IS NULL AND state NOT IN ('planned', 'asked', 'held')
         ORDER BY id LIMIT 200",
    )
}

/// What it costs. False if it has another state than the price is of.
pub async fn price(tx: &mut Tx, row: &ReservationRow, price: &Price, now: At) -> Result<bool, StoreError> {
    let changed = run!(
        tx,
        "UPDATE reservation SET priced_at = $3, tariff_hash = $4, currency = $5, total_excl = $6, total_incl = $7
         WHERE id = $1 AND state = $2",
        row.id,
        &*row.state,
        now,
        price.tariff_hash.as_deref(),
        &*price.currency,
        &*price.total_excl,
        &*price.total_incl,
    )?;
    Ok(changed > 0)
}

/// How many reservations are not over.
pub async fn open_count(tx: &mut Tx) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) FROM reservation WHERE state IN ('planned', 'asked', 'held')";
    Ok(value!(tx, sql)?.unwrap_or(0))
}
