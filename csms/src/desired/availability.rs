//! In or out of service: what the connectors' states say of it, and how it is asked for.

use super::{Heard, Step, View, kind::place, learn, look};
use crate::{
    command::{Availability, Command},
    link::dialect::ask,
    store::{
        commands::CommandRow,
        desired::DesiredRow,
        row::{ConnectorState, StationRow},
    },
};
use chrono::{DateTime, TimeDelta, Utc};

/// Stations tell how their connectors are after they have booted, and after they have changed; so long they may take.
const STATUSES: TimeDelta = TimeDelta::minutes(1);

/// One place at a time, the wider before what is within it.
pub(super) fn step(view: &View<'_>, wishes: &[DesiredRow]) -> Option<Step> {
    let may_ask = |wish: &&DesiredRow| {
        look::is_askable(wish, view.now) && (wish.reported_at.is_some() || is_settled(view.station, view.now))
    };
    let open = wishes.iter().filter(may_ask).filter(|wish| !is_overruled(wish, wishes));
    let wish = open.min_by_key(|wish| width(&wish.key))?;
    let (evse, connector) = place(&wish.key)?;
    let command =
        Command::Availability(Availability { operative: wish.value == "operative", evse, connector });
    Some(match ask::fits(view.protocol, &command) {
        Ok(()) => Step::ask(command, vec![wish.clone()]),
        Err(why) => Step::Unfit { wish: Box::new(wish.clone()), why: why.to_string() },
    })
}

/// What a command's end says of its wish.
pub(super) fn heard(command: &Command, row: &CommandRow) -> Heard {
    let Command::Availability(asked) = command else { return Heard::NotAsked };
    let value = if asked.operative { "operative" } else { "inoperative" }.to_owned();
    match row.verdict.as_str() {
        "accepted" if row.reason.starts_with("Scheduled") => Heard::AfterSession { value },
        "accepted" => Heard::Accepted { value, check: Some(STATUSES) },
        verdict => Heard::Refused { why: row.reason.clone(), for_good: verdict != "refused" },
    }
}

fn is_settled(station: &StationRow, now: DateTime<Utc>) -> bool {
    station.booted_at.is_none_or(|booted| now - booted >= STATUSES)
}

/// The wish with what the connectors say of it by now.
pub(super) fn noted(
    wish: &DesiredRow,
    wishes: &[DesiredRow],
    station: &StationRow,
    connectors: &[ConnectorState],
    now: DateTime<Utc>,
) -> DesiredRow {
    let told = told(wish, wishes, station, connectors);
    let agrees = told.is_some_and(|told| told == wish.value);
    let is_time = wish.due_at.is_some_and(|due| due <= now);
    // What was changed just now is told in a moment; a station that has booted tells all of it.
    let waits = if wish.needs == "check" { !is_time } else { told.is_none() && !is_settled(station, now) };
    let known = wish.reported_at.is_some() && wish.reported.as_deref() == told && wish.needs != "check";
    if known || (waits && !agrees) {
        return wish.clone();
    }
    let asked = DesiredRow { asked_revision: wish.revision, ..wish.clone() };
    let next = learn::after(&asked, Heard::Told(told.map(str::to_owned)), 0, false, now);
    DesiredRow { asked: wish.asked, asked_revision: wish.asked_revision, ..next }
}

/// 0: the station, 1: an EVSE, 2: a connector.
fn width(key: &str) -> usize {
    if key == "station" { 0 } else { 1 + usize::from(key.contains(':')) }
}

/// Is the place `inner` within the place `outer`, and not the same?
fn is_within(inner: &str, outer: &str) -> bool {
    width(inner) > width(outer) && (outer == "station" || inner.split(':').next() == Some(outer))
}

/// A place within one that is out of service is out of service.
fn is_overruled(wish: &DesiredRow, wishes: &[DesiredRow]) -> bool {
    wish.value == "operative"
        && wishes.iter().any(|other| other.value == "inoperative" && is_within(&wish.key, &other.key))
}

/// What the station says of a wish by the states of its connectors; `None`: nothing, or nothing since it booted.
pub(super) fn told(
    wish: &DesiredRow,
    wishes: &[DesiredRow],
    station: &StationRow,
    connectors: &[ConnectorState],
) -> Option<&'static str> {
    let since_boot = |at: DateTime<Utc>| station.booted_at.is_none_or(|booted| at >= booted);
    let covers = |key: &str, row: &ConnectorState| {
        place(key).is_some_and(|(evse, connector)| {
            evse.is_none_or(|evse| i64::from(evse) == row.evse)
                && connector.is_none_or(|connector| i64::from(connector) == row.connector)
        })
    };
    // What is wished otherwise for a place within is not held against it.
    let apart = |row: &ConnectorState| {
        let within = |other: &&DesiredRow| {
            is_within(&other.key, &wish.key) && other.value == "inoperative" && covers(&other.key, row)
        };
        wish.value == "operative" && wishes.iter().find(within).is_some()
    };
    if is_overruled(wish, wishes) {
        return None;
    }
    // A fault says nothing of it.
    let says = |row: &&ConnectorState| row.status != "Faulted" && since_boot(row.status_at) && !apart(row);
    let states: Vec<&ConnectorState> =
        connectors.iter().filter(|row| covers(&wish.key, row)).filter(says).collect();
    let out = states.iter().filter(|row| row.status == "Unavailable").count();
    match out {
        _ if states.is_empty() => None,
        0 => Some("operative"),
        all if all == states.len() => Some("inoperative"),
        _ => Some("partly"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desired::look::tests::{at, row};

    fn connector(evse: i64, connector: i64, status: &str, second: i64) -> ConnectorState {
        ConnectorState {
            station_id: "CS".into(),
            evse,
            connector,
            status: status.into(),
            error_code: String::new(),
            info: String::new(),
            status_at: at(second),
        }
    }

    #[test]
    fn the_states_of_connectors_say_whether_they_are_in_service() {
        let station = StationRow { booted_at: Some(at(5)), ..StationRow::default() };
        let states = [
            connector(1, 1, "Unavailable", 5),
            connector(1, 2, "Faulted", 6),
            connector(2, 1, "Charging", 7),
            connector(3, 1, "Available", 4),
        ];
        for (key, value, told_so) in [
            ("station", "operative", Some("partly")),
            ("station", "inoperative", Some("partly")),
            ("1", "operative", Some("inoperative")),
            ("1:2", "operative", None),
            ("2", "operative", Some("operative")),
            ("3", "operative", None),
            ("4", "operative", None),
        ] {
            let wish = wish(key, value);
            assert_eq!(told(&wish, &[], &station, &states), told_so, "{key} {value}");
        }
        let (station_wish, evse) = (wish("station", "operative"), wish("1", "inoperative"));
        let both = [evse.clone(), station_wish.clone()];
        assert_eq!(
            told(&station_wish, &both, &station, &states),
            Some("operative"),
            "EVSE 1 is meant to be out"
        );
        assert_eq!(told(&evse, &both, &station, &states), Some("inoperative"));
    }

    fn wish(key: &str, value: &str) -> DesiredRow {
        DesiredRow { kind: "availability".into(), key: key.into(), ..row(value) }
    }

    #[test]
    fn the_station_is_asked_before_its_parts_and_not_for_what_cannot_be() {
        let station = StationRow::default();
        let view = View { station: &station, protocol: ocpp::Version::NEWEST, now: at(1) };
        let asked = |wishes: &[DesiredRow]| match step(&view, wishes) {
            Some(Step::Ask { command, .. }) => Some(*command),
            _ => None,
        };
        let place = |operative, evse, connector| {
            Some(Command::Availability(Availability { operative, evse, connector }))
        };
        let both = [wish("1", "inoperative"), wish("1:2", "inoperative"), wish("station", "operative")];
        assert_eq!(asked(&both), place(true, None, None));
        assert_eq!(asked(&both[..2]), place(false, Some(1), None));
        let never = [wish("1", "operative"), wish("station", "inoperative")];
        assert_eq!(asked(&never), place(false, None, None));
        assert!(is_overruled(&never[0], &never) && !is_within("1", "1") && !is_within("12:1", "1"));
    }
}
