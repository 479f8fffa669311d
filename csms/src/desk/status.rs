//! Connector, EVSE and station status.

use super::{AtDesk, state::Connector};
use crate::{
    error::Error,
    event::list::{ConnectorStatus, StationStatus},
    flags::Flag,
    model::{Phase, Place, Reply, Status},
    session::{
        Taken,
        fact::{Body, Fact, plausible},
    },
    store::row::{ConnectorRow, Write},
};

/// Connectors of one station at most: a station that invents numbers must not fill memory and tables.
const CONNECTORS_MAX: usize = 256;

impl AtDesk<'_> {
    pub(super) fn status(&mut self, status: Status) -> Result<Reply, Error> {
        // A clock that runs ahead must not make all that follows look old once it is put right.
        let at = status.at.map_or(self.now(), |told| plausible(told.at, self.now()).0.min(self.now()));
        if status.place.evse == 0 {
            let told = StationStatus { status: status.status.clone(), error: status.error_code.clone() };
            self.tell(self.now(), None, &told);
            self.write(Write::StationStatus {
                station: self.station.clone(),
                status: status.status,
                error_code: status.error_code,
            });
            return Ok(Reply::Noted);
        }
        let full = self.state.connectors.len() >= CONNECTORS_MAX;
        let known = self.state.connectors.iter_mut().find(|c| c.place == status.place);
        let changed = match known {
            // Offline changes may arrive after newer ones.
            Some(connector) if at < connector.at => return Ok(Reply::Noted),
            Some(connector) => {
                connector.at = at;
                let changed = *connector.status != *status.status;
                if changed {
                    connector.status = status.status.as_str().into();
                }
                changed
            }
            None if full => {
                tracing::warn!(station = %self.station, place = ?status.place, "too many connectors; status not kept");
                return Ok(Reply::Noted);
            }
            None => {
                let connector = Connector { place: status.place, status: status.status.as_str().into(), at };
                self.state.connectors.push(connector);
                true
            }
        };
        if changed {
            let told = ConnectorStatus {
                evse: status.place.evse,
                connector: status.place.connector,
                status: status.status.clone(),
                error: status.error_code.clone(),
                info: status.info.clone(),
            };
            self.tell(at, None, &told);
            self.session_hears(status.place, &status.status, at);
            self.await_stops(status.place.evse.into());
        }
        self.write(Write::Connector(ConnectorRow {
            station: self.station.clone(),
            evse: status.place.evse.into(),
            connector: status.place.connector.into(),
            status: status.status,
            error_code: status.error_code,
            info: status.info,
            status_at: at,
        }));
        Ok(Reply::Noted)
    }

    /// In 1.6 only the connector's status tells whether energy flows, and that the car has left.
    fn session_hears(&mut self, place: Place, status: &str, at: chrono::DateTime<chrono::Utc>) {
        let (session, ids) = (
            self.state
                .open
                .iter_mut()
                .find(|s| s.row.protocol == "ocpp1.6" && s.row.evse == i64::from(place.evse)),
            &self.app.ids,
        );
        let Some(session) = session else { return };
        if at < session.row.started_at {
            return;
        }
        let free = matches!(status, "Available" | "Reserved" | "Preparing");
        let body = Body {
            charging: charging_16(status).or(free.then_some(false)),
            charging_state: status.to_owned(),
            trigger: "StatusNotification".to_owned(),
            ..Body::default()
        };
        // A status has no digest of its own: it is taken once, when it changes.
        let fact = Fact::new(ids.next(), at, self.inbound.received_at, Phase::Update, None, body);
        if free {
            session.flags.set(Flag::StopAwaited);
        }
        if session.take(&fact) == Taken::Yes {
            self.writes.push(Write::Reading(fact.row(session.row.id)));
        }
        let progress = session.progress();
        self.writes.push(progress);
    }
}

/// Does the car charge in this 1.6 status? `None`: it does not tell. A station that holds back power keeps the car
/// waiting: that is not parking.
pub(super) fn charging_16(status: &str) -> Option<bool> {
    match status {
        "Charging" | "SuspendedEVSE" => Some(true),
        "SuspendedEV" | "Finishing" => Some(false),
        _ => None,
    }
}
