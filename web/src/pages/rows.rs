//! From rows of the store to lines of a page.

use super::station_href;
use crate::{
    WebState,
    view::{Chip, EventLine, LiveSession, SessionLine},
};
use chrono::{DateTime, Utc};
use csms::store::{
    row::{ConnectorState, EventRow, SessionRow, StationRow},
    tariffs::masked,
};

/// `1`, or `1.2` for a further connector of an EVSE; empty while the station has not said which.
pub fn place_of(evse: i64, connector: i64) -> String {
    match (evse, connector) {
        (0, _) => String::new(),
        (evse, 0 | 1) => evse.to_string(),
        (evse, connector) => format!("{evse}.{connector}"),
    }
}

/// Keys of flags as stored.
pub fn flags_of(stored: &str) -> Vec<String> {
    stored.split(',').filter(|flag| !flag.is_empty()).map(str::to_owned).collect()
}

/// From start to end, or until now.
pub fn seconds_of(row: &SessionRow, now: DateTime<Utc>) -> i64 {
    (row.ended_at.unwrap_or(now) - row.started_at).num_seconds().max(0)
}

/// A line of a list of sessions.
pub fn session_line(row: SessionRow, now: DateTime<Utc>) -> SessionLine {
    let open = row.state == "open";
    SessionLine {
        id: row.id,
        station_href: station_href(&row.station_id),
        place: place_of(row.evse, row.connector),
        open,
        started_at: row.started_at,
        seconds: seconds_of(&row, now),
        energy_mwh: row.energy_mwh,
        power_w: row.power_w.filter(|_| open),
        soc_percent: row.soc_percent,
        flags: flags_of(&row.flags),
        station: row.station_id,
        token: masked(row.token_uid, &row.token_kind),
        cost: row.cost,
        currency: row.currency,
    }
}

/// A session that runs, beside its station.
pub fn live_session(row: SessionRow, now: DateTime<Utc>) -> LiveSession {
    LiveSession {
        id: row.id,
        place: place_of(row.evse, row.connector),
        power_w: row.power_w,
        energy_mwh: row.energy_mwh,
        soc_percent: row.soc_percent,
        started_at: row.started_at,
        seconds: seconds_of(&row, now),
        cost: row.cost,
        currency: row.currency,
    }
}

/// The chips of a station's connectors.
pub fn chips(connectors: &[&ConnectorState]) -> Vec<Chip> {
    let several = |evse| connectors.iter().filter(|c| c.evse == evse).count() > 1;
    connectors
        .iter()
        .map(|c| {
            let label =
                if several(c.evse) { format!("{}.{}", c.evse, c.connector) } else { c.evse.to_string() };
            Chip::new(label, &c.status, &c.error_code, &c.info)
        })
        .collect()
}

/// An event with its station and session.
pub fn event_line(row: EventRow) -> EventLine {
    let station = row.station_id.unwrap_or_default();
    EventLine {
        at: row.at,
        tone: EventLine::tone(&row.kind),
        kind: row.kind,
        station_href: station_href(&station),
        station,
        session: row.session_id,
        details: EventLine::details(&row.body),
    }
}

/// Until when a station is kept out: its row, or what its row may not show yet.
pub fn quarantined_until(state: &WebState, row: &StationRow, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    row.quarantined_until
        .filter(|until| *until > now)
        .or_else(|| state.app.hub.quarantine().until(&row.id.as_str().into(), now))
}

/// `online`, `offline` or `quarantined`.
pub fn link_state(state: &WebState, row: &StationRow, now: DateTime<Utc>) -> &'static str {
    if state.app.hub.online(&row.id.as_str().into()) {
        "online"
    } else if quarantined_until(state, row, now).is_some() {
        "quarantined"
    } else {
        "offline"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_read_as_on_the_housing() {
        assert_eq!(
            [place_of(0, 0), place_of(2, 0), place_of(2, 1), place_of(2, 2)],
            ["", "2", "2", "2.2"].map(str::to_owned)
        );
        assert_eq!(flags_of("offline,clock-wrong"), ["offline", "clock-wrong"]);
        assert!(flags_of("").is_empty());
    }
}
