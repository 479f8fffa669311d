//! What a station says it is, its connection, and its quarantine.

use super::{
    caller::Asker,
    etag::Tagged,
    input::At,
    op::Op,
    problem, record_at,
    stations::{TAG, find},
};
use crate::{WebState, api::Problem};
use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use csms::{api_key::Scope, link::line::Stop, store::stations as rows};
use schemars::JsonSchema;
use serde::Serialize;

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/stations/{id}/facts", "getStationFacts", Scope::Read, facts)
            .says(
                TAG,
                "What a station has said of itself at its last boot. Earlier firmware is told by the events `station.booted`",
            )
            .answers::<Facts>(StatusCode::OK, "As it was told last")
            .tagged(),
        Op::get("/stations/{id}/link", "getStationLink", Scope::Read, link)
            .says(TAG, "The connection of a station, as the process knows it that answers")
            .answers::<Link>(StatusCode::OK, "As it is now"),
        Op::delete("/stations/{id}/link", "closeStationLink", Scope::Command, close)
            .says(TAG, "End the connection of a station; it may come back at once")
            .done("It is being ended")
            .problem(StatusCode::CONFLICT, "The station is not connected"),
        Op::delete("/stations/{id}/quarantine", "liftQuarantine", Scope::Command, lift)
            .says(TAG, "Let a station in again that was kept out because it had connected too often")
            .done("It may connect"),
    ]
}

/// What a station has said of itself.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "StationFacts")]
struct Facts {
    station_id: String,
    vendor: String,
    model: String,
    serial: String,
    firmware: String,
    /// Of its SIM card.
    iccid: String,
    imsi: String,
    meter_serial: String,
    /// `accepted`, `pending` or `rejected`: what its last boot was answered; empty = it never booted.
    boot_answer: String,
    /// Its own word, e.g. `PowerUp`.
    boot_reason: String,
    booted_at: Option<DateTime<Utc>>,
    /// Where it connected from last.
    address: String,
    /// Negotiated last; empty = never connected.
    protocol: String,
    last_session_at: Option<DateTime<Utc>>,
}

/// The connection of a station.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "StationLink")]
struct Link {
    station_id: String,
    /// If not, the other fields are absent.
    connected: bool,
    address: Option<String>,
    since: Option<DateTime<Utc>>,
    /// The OCPP version.
    protocol: Option<String>,
    /// Counts connections of this process.
    connection: Option<String>,
    /// Messages received on it.
    received: Option<u64>,
    /// Messages sent on it.
    sent: Option<u64>,
}

async fn facts(State(state): State<WebState>, At(id): At<String>) -> Result<Tagged<Facts>, Problem> {
    let row = find(&mut state.app.db.read().await?, &id).await?;
    Ok(Tagged(Facts {
        station_id: row.id,
        vendor: row.vendor,
        model: row.model,
        serial: row.serial,
        firmware: row.firmware,
        iccid: row.iccid,
        imsi: row.imsi,
        meter_serial: row.meter_serial,
        boot_answer: row.boot_answer,
        boot_reason: row.boot_reason,
        booted_at: row.booted_at,
        address: row.address,
        protocol: row.protocol,
        last_session_at: row.last_session_at,
    }))
}

async fn link(State(state): State<WebState>, At(id): At<String>) -> Result<Json<Link>, Problem> {
    find(&mut state.app.db.read().await?, &id).await?;
    let info = state.app.hub.info(&id.as_str().into());
    let info = info.as_ref();
    Ok(Json(Link {
        station_id: id,
        connected: info.is_some(),
        address: info.map(|link| link.address.to_string()),
        since: info.map(|link| link.since),
        protocol: info.map(|link| link.protocol.subprotocol().to_owned()),
        connection: info.map(|link| link.connection.to_string()),
        received: info.map(|link| link.received),
        sent: info.map(|link| link.sent),
    }))
}

async fn close(
    State(state): State<WebState>,
    asker: Asker,
    At(id): At<String>,
) -> Result<StatusCode, Problem> {
    let mut tx = state.app.db.write().await?;
    find(&mut tx, &id).await?;
    if !state.app.hub.online(&id.as_str().into()) {
        return Err(problem::conflict("offline", "The station is not connected: there is nothing to end"));
    }
    record_at(&state, &mut tx, &id, "station.link.closed", &asker).await?;
    tx.commit().await?;
    state.app.hub.close(&id.as_str().into(), Stop::Operator);
    Ok(StatusCode::NO_CONTENT)
}

async fn lift(
    State(state): State<WebState>,
    asker: Asker,
    At(id): At<String>,
) -> Result<StatusCode, Problem> {
    let mut tx = state.app.db.write().await?;
    if !rows::set_quarantine(&mut tx, &id, None, "").await? {
        return Err(problem::missing("station", &id));
    }
    record_at(&state, &mut tx, &id, "station.released", &asker).await?;
    tx.commit().await?;
    // After the commit: a station that comes back at once must not be turned away by its old row.
    state.app.hub.quarantine().lift(&id.as_str().into());
    state.app.live.touch(&id.as_str().into());
    Ok(StatusCode::NO_CONTENT)
}
