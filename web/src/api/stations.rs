//! `GET /api/stations`, `GET /api/stations/{id}`.

use super::{Listing, Paging, Problem};
use crate::{WebState, login::Caller};
use axum::{
    Json,
    extract::{Path, Query, State, rejection::QueryRejection},
};
use chrono::{DateTime, Utc};
use csms::store::{
    Tx,
    console::{self, Only},
    row::{ConnectorState, StationRow},
    sessions, stations,
};
use serde::{Deserialize, Serialize};

/// A station as programs see it. Passwords are not part of it in any form.
#[derive(Debug, Serialize)]
pub struct Station {
    id: String,
    name: String,
    site_id: Option<String>,
    /// Of a session that starts now with an identifier that has no tariff of its own; absent where none is assigned.
    tariff_id: Option<String>,
    online: bool,
    /// Negotiated last, e.g. `ocpp2.0.1`; empty = never connected.
    protocol: String,
    vendor: String,
    model: String,
    serial: String,
    firmware: String,
    /// Of the station itself; empty = not told.
    status: String,
    error_code: String,
    connectors: Vec<Connector>,
    /// Ids of the sessions that run.
    open_sessions: Vec<String>,
    booted_at: Option<DateTime<Utc>>,
    seen_at: Option<DateTime<Utc>>,
    quarantined_until: Option<DateTime<Utc>>,
    quarantine_reason: String,
    created_at: DateTime<Utc>,
}

/// A connector's state as reported.
#[derive(Debug, Serialize)]
pub struct Connector {
    evse: i64,
    connector: i64,
    status: String,
    error_code: String,
    info: String,
    status_at: DateTime<Utc>,
}

#[derive(Debug, Default, Deserialize)]
pub struct Wanted {
    #[serde(default)]
    q: String,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// Stations in the order of their identities; `q` is looked for in identity, name, vendor, model and serial number.
pub async fn list(
    State(state): State<WebState>,
    _caller: Caller,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<Listing<Station>>, Problem> {
    let Query(wanted) = wanted.map_err(|error| Problem::invalid(error.body_text()))?;
    let paging = Paging { limit: wanted.limit, cursor: wanted.cursor };
    let mut tx = state.app.db.read().await?;
    let found =
        console::stations(&mut tx, &wanted.q, Only::All, paging.cursor.as_deref(), paging.limit() + 1)
            .await?;
    let (connectors, open) = match (found.first(), found.last()) {
        (Some(first), Some(last)) => (
            stations::connectors_between(&mut tx, &first.id, &last.id).await?,
            sessions::open_between(&mut tx, &first.id, &last.id).await?,
        ),
        _ => Default::default(),
    };
    Ok(Json(Listing::new(
        found,
        paging.limit(),
        |row| row.id.clone(),
        |row| {
            let own = connectors.iter().filter(|c| c.station_id == row.id).cloned().collect();
            let open = open.iter().filter(|s| s.station_id == row.id).map(|s| s.id).collect();
            station(&state, row, own, open)
        },
    )))
}

/// One station.
pub async fn show(
    State(state): State<WebState>,
    _caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Station>, Problem> {
    let mut tx = state.app.db.read().await?;
    let row = find(&mut tx, &id).await?;
    let connectors = stations::connectors(&mut tx, &id).await?;
    let open = sessions::open(&mut tx, &id).await?;
    Ok(Json(station(&state, row, connectors, open.into_iter().map(|row| row.id).collect())))
}

/// The station, or the problem that there is none.
pub async fn find(tx: &mut Tx, id: &str) -> Result<StationRow, Problem> {
    let missing = || Problem::not_found().detail(format!("No station {id:?} is registered"));
    stations::find(tx, id).await?.ok_or_else(missing)
}

fn station(state: &WebState, row: StationRow, connectors: Vec<ConnectorState>, open: Vec<i64>) -> Station {
    let usual = state.app.catalog.usual_tariff(&row.id, row.site_id, state.app.clock.now());
    Station {
        online: state.app.hub.online(&row.id.as_str().into()),
        site_id: row.site_id.map(|id| id.to_string()),
        connectors: connectors
            .into_iter()
            .map(|c| Connector {
                evse: c.evse,
                connector: c.connector,
                status: c.status,
                error_code: c.error_code,
                info: c.info,
                status_at: c.status_at,
            })
            .collect(),
        open_sessions: open.into_iter().map(|id| id.to_string()).collect(),
        id: row.id,
        name: row.name,
        tariff_id: usual.map(|id| id.to_string()),
        protocol: row.protocol,
        vendor: row.vendor,
        model: row.model,
        serial: row.serial,
        firmware: row.firmware,
        status: row.status,
        error_code: row.error_code,
        booted_at: row.booted_at,
        seen_at: row.seen_at,
        quarantined_until: row.quarantined_until,
        quarantine_reason: row.quarantine_reason,
        created_at: row.created_at,
    }
}
