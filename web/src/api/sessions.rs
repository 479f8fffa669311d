//! `GET /api/sessions`, `GET /api/sessions/{id}`.

use super::{Listing, Paging, Problem};
use crate::{WebState, login::Caller};
use axum::{
    Json,
    extract::{Path, Query, State, rejection::QueryRejection},
};
use chrono::{DateTime, Utc};
use csms::store::{
    bills, console,
    row::{ReadingRow, SessionRow},
    sessions,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A session as programs see it.
#[derive(Debug, Serialize)]
pub struct Session {
    id: String,
    station_id: String,
    /// 0 = not told.
    evse: i64,
    connector: i64,
    /// Transaction id on the wire.
    transaction: String,
    protocol: String,
    /// `open` or `ended`.
    state: String,
    token: String,
    token_kind: String,
    /// What the station was told about the token.
    verdict: String,
    started_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
    last_at: DateTime<Utc>,
    time_zone: String,
    energy_mwh: i64,
    start_mwh: Option<i64>,
    stop_mwh: Option<i64>,
    power_w: Option<i64>,
    soc_percent: Option<i64>,
    charging_state: String,
    stop_reason: String,
    /// Including tax, so far; absent without a tariff.
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    /// What is odd.
    flags: Vec<String>,
}

/// A session with its readings and the bill that counts.
#[derive(Debug, Serialize)]
pub struct Whole {
    #[serde(flatten)]
    session: Session,
    /// In the order of time.
    readings: Vec<Reading>,
    /// `tariffs::Bill`; absent while the session runs or without a tariff.
    #[serde(skip_serializing_if = "Option::is_none")]
    bill: Option<Value>,
}

/// What one message told about the session.
#[derive(Debug, Serialize)]
pub struct Reading {
    at: DateTime<Utc>,
    received_at: DateTime<Utc>,
    /// `start`, `update` or `end`.
    phase: String,
    seq: Option<i64>,
    register_mwh: Option<i64>,
    power_w: Option<i64>,
    soc_percent: Option<i64>,
    /// All samples of the message.
    body: Value,
}

#[derive(Debug, Default, Deserialize)]
pub struct Wanted {
    /// A station's identity or a token, whole.
    #[serde(default)]
    q: String,
    /// `open` or `ended`.
    state: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// Sessions, newest first.
pub async fn list(
    State(state): State<WebState>,
    _caller: Caller,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<Listing<Session>>, Problem> {
    let Query(wanted) = wanted.map_err(|error| Problem::invalid(error.body_text()))?;
    if wanted.state.as_deref().is_some_and(|state| !matches!(state, "open" | "ended")) {
        return Err(Problem::invalid("state is open or ended"));
    }
    let paging = Paging { limit: wanted.limit, cursor: wanted.cursor };
    let before = match paging.cursor.as_deref().map(str::parse) {
        Some(Ok(before)) => Some(before),
        Some(Err(_)) => return Err(Problem::invalid("cursor is not one of ours")),
        None => None,
    };
    let mut tx = state.app.db.read().await?;
    let found =
        console::sessions(&mut tx, &wanted.q, wanted.state.as_deref(), before, paging.limit() + 1).await?;
    Ok(Json(Listing::new(found, paging.limit(), |row| row.id.to_string(), session)))
}

/// One session with all its readings.
pub async fn show(
    State(state): State<WebState>,
    _caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Whole>, Problem> {
    let missing = || Problem::not_found().detail(format!("There is no session {id:?}"));
    let number = id.parse().map_err(|_| missing())?;
    let mut tx = state.app.db.read().await?;
    let row = sessions::find(&mut tx, number).await?.ok_or_else(missing)?;
    let readings = sessions::readings(&mut tx, number).await?;
    let bill = bills::latest(&mut tx, number).await?;
    drop(tx);
    Ok(Json(Whole {
        session: session(row),
        readings: readings.into_iter().map(reading).collect(),
        bill: bill.and_then(|row| serde_json::from_str(&row.body).ok()),
    }))
}

fn session(row: SessionRow) -> Session {
    let some = |text: String| Some(text).filter(|text| !text.is_empty());
    Session {
        id: row.id.to_string(),
        station_id: row.station_id,
        evse: row.evse,
        connector: row.connector,
        transaction: row.reference,
        protocol: row.protocol,
        state: row.state,
        token: row.token_uid,
        token_kind: row.token_kind,
        verdict: row.verdict,
        started_at: row.started_at,
        ended_at: row.ended_at,
        last_at: row.last_at,
        time_zone: row.time_zone,
        energy_mwh: row.energy_mwh,
        start_mwh: row.start_mwh,
        stop_mwh: row.stop_mwh,
        power_w: row.power_w,
        soc_percent: row.soc_percent,
        charging_state: row.charging_state,
        stop_reason: row.stop_reason,
        cost: some(row.cost),
        currency: some(row.currency),
        flags: row.flags.split(',').filter(|flag| !flag.is_empty()).map(str::to_owned).collect(),
    }
}

fn reading(row: ReadingRow) -> Reading {
    Reading {
        at: row.at,
        received_at: row.received_at,
        phase: row.phase,
        seq: row.seq,
        register_mwh: row.register_mwh,
        power_w: row.power_w,
        soc_percent: row.soc_percent,
        body: serde_json::from_str(&row.body).unwrap_or(Value::Null),
    }
}
