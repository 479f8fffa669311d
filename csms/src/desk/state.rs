//! What a desk holds of its station.

use crate::{
    app::App,
    catalog::Snapshot,
    error::Error,
    model::{Place, Registration, StationId},
    session::Live,
    store::{row::SessionRow, sessions, tariffs},
};
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;

/// How long the state of an idle station is trusted.
const FRESH: TimeDelta = TimeDelta::minutes(1);

/// The state of a station: loaded at its first report, kept while its link lives.
pub(super) struct State {
    pub loaded_at: DateTime<Utc>,
    /// The operator's word.
    pub registration: Registration,
    /// What the last BootNotification was answered.
    pub told: Option<Registration>,
    pub firmware: String,
    pub site_id: Option<i64>,
    /// Newest start of a session ever: a start that is newer cannot be a retry of a closed one.
    pub last_session_at: Option<DateTime<Utc>>,
    pub connectors: Vec<Connector>,
    pub open: Vec<Live>,
}

/// The last known state of a connector.
pub(super) struct Connector {
    pub place: Place,
    pub status: Box<str>,
    pub at: DateTime<Utc>,
}

impl State {
    /// Loads it; open sessions are made again from their readings.
    pub async fn load(app: &App, station: &StationId) -> Result<State, Error> {
        let Some(row) = app.loads.station(station).await? else {
            return Err(Error::UnknownStation(station.to_string()));
        };
        let connectors = app.loads.connectors(station).await?;
        let mut open = Vec::new();
        for row in app.loads.open_sessions(station).await? {
            open.push(revive(app, row, None).await?);
        }
        Ok(State {
            loaded_at: app.clock.now(),
            registration: registration(&row.registration).unwrap_or(Registration::Accepted),
            told: registration(&row.boot_answer),
            firmware: row.firmware,
            site_id: row.site_id,
            last_session_at: row.last_session_at,
            connectors: connectors
                .into_iter()
                .map(|c| Connector {
                    place: Place {
                        evse: i32::try_from(c.evse).unwrap_or(0),
                        connector: i32::try_from(c.connector).unwrap_or(0),
                    },
                    status: c.status.into(),
                    at: c.status_at,
                })
                .collect(),
            open,
        })
    }

    /// Should it be loaded again? An operator, or another process, may have changed the station's row. While a session
    /// runs the state is kept: loading would have to make the session again.
    pub fn is_stale(&self, now: DateTime<Utc>) -> bool {
        self.open.is_empty() && now - self.loaded_at > FRESH
    }

    /// The status of a connector, as the station last told it.
    pub fn status(&self, place: Place) -> Option<&str> {
        self.connectors.iter().find(|c| c.place == place).map(|c| &*c.status)
    }
}

/// A session made again from its stored readings (and `more`, one that is not stored yet).
pub(super) async fn revive(
    app: &App,
    row: SessionRow,
    more: Option<crate::store::row::ReadingRow>,
) -> Result<Live, Error> {
    let mut tx = app.db.read().await?;
    let mut readings = sessions::readings(&mut tx, row.id).await?;
    let tariff = match &row.tariff_hash {
        Some(hash) => snapshot(app, &mut tx, hash).await?,
        None => None,
    };
    readings.extend(more);
    Ok(Live::replay(row, tariff.as_ref(), &readings))
}

/// A tariff that is or was in use.
pub(super) async fn snapshot(
    app: &App,
    tx: &mut crate::store::Tx,
    hash: &str,
) -> Result<Option<Arc<Snapshot>>, Error> {
    if let Some(snapshot) = app.catalog.by_hash(hash) {
        return Ok(Some(snapshot));
    }
    let Some(body) = tariffs::snapshot(tx, hash).await? else { return Ok(None) };
    match Snapshot::read(body) {
        Ok(snapshot) => Ok(Some(Arc::new(snapshot))),
        Err(error) => {
            tracing::error!(hash, %error, "a kept tariff cannot be read; the session has no price");
            Ok(None)
        }
    }
}

fn registration(word: &str) -> Option<Registration> {
    match word {
        "accepted" => Some(Registration::Accepted),
        "pending" => Some(Registration::Pending),
        "rejected" => Some(Registration::Rejected),
        _ => None,
    }
}
