//! Monitors of 2.x stations as known state: what they have, as it follows from what they list, from their answers to commands,
//! and from the events that monitors bring.

use crate::{
    event::list::MonitorAlert,
    link::dialect::decimal,
    model::StationId,
    store::{
        monitors::{MONITORS_MAX, MonitorEventRow, MonitorRow},
        row::Write,
    },
};
use chrono::{DateTime, Utc};
use serde_json::Value;

/// Rows of one message; a station that sends more is followed so far.
const ROWS_MAX: usize = 1_000;

/// Monitors that a NotifyMonitoringReport tells.
pub fn listed(station: &StationId, body: &Value, now: DateTime<Utc>) -> Vec<MonitorRow> {
    let listing = body["requestId"].as_i64().unwrap_or_default();
    let mut rows = Vec::new();
    for place in list(&body["monitor"]) {
        for one in list(&place["variableMonitoring"]) {
            let row = row(station, place, one, one["id"].as_i64(), now);
            rows.extend(row.map(|row| MonitorRow { listing, ..row }));
        }
    }
    rows.truncate(ROWS_MAX);
    rows
}

/// A row as told, with what only we know of it.
pub fn known(told: MonitorRow, before: Option<&MonitorRow>) -> MonitorRow {
    let Some(before) = before else { return told };
    let same = (&told.component, &told.name, &told.kind) == (&before.component, &before.name, &before.kind);
    if !same {
        return told;
    }
    MonitorRow {
        origin: if told.origin.is_empty() { before.origin.clone() } else { told.origin.clone() },
        raised: before.raised,
        last_value: before.last_value.clone(),
        last_at: before.last_at,
        ..told
    }
}

/// What the answers to calls say of a station's monitors. `known`: those it has had.
pub fn learnt(station: &StationId, record: &[Value], known: &[MonitorRow], now: DateTime<Utc>) -> Vec<Write> {
    let gone = |monitor: i64| Write::MonitorGone { station: station.clone(), monitor };
    let all_but = |stays: &dyn Fn(&MonitorRow) -> bool| -> Vec<Write> {
        known.iter().filter(|row| !stays(row)).map(|row| gone(row.monitor_id)).collect()
    };
    let mut writes = Vec::new();
    for entry in record {
        let (asked, answer) = (&entry["payload"], &entry["answer"]);
        match (entry["action"].as_str(), answer["status"].as_str()) {
            (Some("SetVariableMonitoring"), _) => {
                let rows = set(station, asked, answer, now).into_iter();
                writes.extend(rows.map(|row| Write::Monitor(Box::new(row))));
            }
            (Some("ClearVariableMonitoring"), _) => {
                let results = list(&answer["clearMonitoringResult"]).iter();
                let over =
                    results.filter(|one| matches!(one["status"].as_str(), Some("Accepted" | "NotFound")));
                writes.extend(over.filter_map(|one| one["id"].as_i64()).map(gone));
            }
            (Some("SetMonitoringBase"), Some("Accepted")) => match asked["monitoringBase"].as_str() {
                Some("FactoryDefault") => writes.extend(all_but(&|row| row.origin != "custom")),
                Some("HardWiredOnly") => writes.extend(all_but(&|row| row.origin == "hard-wired")),
                _ => {}
            },
            // There is none, if nothing was left out of the question.
            (Some("GetMonitoringReport"), Some("EmptyResultSet"))
                if asked.get("componentVariable").is_none() && asked.get("monitoringCriteria").is_none() =>
            {
                writes.extend(all_but(&|_| false));
            }
            _ => {}
        }
    }
    writes
}

/// Monitors that a station has taken over, by the numbers that it has given them.
fn set(station: &StationId, asked: &Value, answer: &Value, now: DateTime<Utc>) -> Vec<MonitorRow> {
    let results = list(&answer["setMonitoringResult"]);
    let mut rows = Vec::new();
    for (nth, asked) in list(&asked["setMonitoringData"]).iter().enumerate() {
        let is_its = |result: &&Value| {
            ["component", "variable", "type", "severity"].iter().all(|field| result[*field] == asked[*field])
        };
        // In the order of the question, as a rule.
        let result = results.get(nth).filter(is_its).or_else(|| results.iter().find(is_its));
        let Some(result) = result.filter(|result| result["status"] == "Accepted") else { continue };
        let id = result["id"].as_i64().or(asked["id"].as_i64());
        rows.extend(
            row(station, asked, asked, id, now).map(|row| MonitorRow { origin: "custom".to_owned(), ..row }),
        );
    }
    rows
}

/// `place` has component and variable, `told` the rest.
fn row(
    station: &StationId,
    place: &Value,
    told: &Value,
    id: Option<i64>,
    now: DateTime<Utc>,
) -> Option<MonitorRow> {
    let component = &place["component"];
    let origin = match told["eventNotificationType"].as_str() {
        Some("CustomMonitor") => "custom",
        Some("PreconfiguredMonitor") => "preconfigured",
        Some("HardWiredMonitor" | "HardWiredNotification") => "hard-wired",
        _ => "",
    };
    Some(MonitorRow {
        station_id: station.to_string(),
        monitor_id: id?,
        component: text(&component["name"]),
        component_instance: text(&component["instance"]),
        evse: component["evse"]["id"].as_i64().unwrap_or_default(),
        connector: component["evse"]["connectorId"].as_i64().unwrap_or_default(),
        name: text(&place["variable"]["name"]),
        instance: text(&place["variable"]["instance"]),
        kind: text(&told["type"]),
        value: decimal(&told["value"]).map_or_else(String::new, |value| value.normalize().to_string()),
        severity: told["severity"].as_i64().unwrap_or(9).clamp(0, 9),
        in_session: told["transaction"] == true,
        origin: origin.to_owned(),
        told_at: now,
        ..MonitorRow::default()
    })
}

/// Something that a monitor has told, as a NotifyEvent has it. `None`: no monitor has brought it about. The number of the row
/// is still to be given, and the severity is the station's word, which 2.0.1 does not have.
pub fn event(station: &StationId, datum: &Value, now: DateTime<Utc>) -> Option<MonitorEventRow> {
    let monitor_id = datum["variableMonitoringId"].as_i64();
    let severity = datum["severity"].as_i64();
    if monitor_id.is_none() && severity.is_none() {
        return None;
    }
    let component = &datum["component"];
    let words = [text(&datum["techCode"]), text(&datum["techInfo"])];
    let said: Vec<String> = words.into_iter().filter(|word| !word.is_empty()).collect();
    Some(MonitorEventRow {
        station_id: station.to_string(),
        monitor_id,
        at: datum["timestamp"].as_str().and_then(|at| at.parse().ok()).unwrap_or(now),
        number: datum["eventId"].as_i64().unwrap_or_default(),
        cause: datum["cause"].as_i64(),
        word: text(&datum["trigger"]),
        severity: severity.map(|severity| severity.clamp(0, 9)),
        component: text(&component["name"]),
        evse: component["evse"]["id"].as_i64().unwrap_or_default(),
        connector: component["evse"]["connectorId"].as_i64().unwrap_or_default(),
        name: text(&datum["variable"]["name"]),
        value: text(&datum["actualValue"]),
        cleared: datum["cleared"] == true,
        detail: said.join(": "),
        transaction_ref: text(&datum["transactionId"]),
        ..MonitorEventRow::default()
    })
}

/// The data of a NotifyEvent.
pub fn events(body: &Value) -> impl Iterator<Item = &Value> {
    list(&body["eventData"]).iter().take(ROWS_MAX)
}

/// A monitor after one of its events; `None`: nothing new.
pub fn after(row: &MonitorRow, event: &MonitorEventRow) -> Option<MonitorRow> {
    if row.last_at.is_some_and(|last| last > event.at) {
        return None;
    }
    Some(MonitorRow {
        // Only limits are passed and met again; a change is over when it was told.
        raised: match event.word.as_str() {
            "Alerting" => !event.cleared,
            _ => row.raised,
        },
        last_value: event.value.clone(),
        last_at: Some(event.at),
        ..row.clone()
    })
}

/// What partners are told of an event: that it is as grave as this, or graver. What is told now and then all the same is no news.
pub fn alert(event: &MonitorEventRow, least: u8) -> Option<MonitorAlert> {
    let is_news = !event.word.eq_ignore_ascii_case("periodic");
    let severity = event.severity.filter(|severity| *severity <= i64::from(least) && is_news)?;
    Some(MonitorAlert {
        severity,
        monitor_id: event.monitor_id,
        event: event.number,
        cause: event.cause,
        component: event.component.clone(),
        evse: (event.evse > 0).then_some(event.evse),
        connector: (event.connector > 0).then_some(event.connector),
        variable: event.name.clone(),
        value: event.value.clone(),
        trigger: event.word.clone(),
        cleared: event.cleared,
        detail: event.detail.clone(),
    })
}

/// Has a station so many monitors that no more of them are followed?
pub fn is_full(known: usize) -> bool {
    known as i64 >= MONITORS_MAX
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn place() -> Value {
        json!({"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}})
    }

    fn with(mut one: Value, more: Value) -> Value {
        one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        one
    }

    fn ids(writes: &[Write]) -> Vec<i64> {
        let id = |write: &Write| match write {
            Write::Monitor(row) => row.monitor_id,
            Write::MonitorGone { monitor, .. } => -monitor,
            other => panic!("{other:?}"),
        };
        writes.iter().map(id).collect()
    }

    #[test]
    fn what_a_station_has_taken_over_is_known_by_its_number() {
        let asked =
            |severity: i64| with(place(), json!({"type": "Delta", "value": 5.0, "severity": severity}));
        let result = |severity: i64, status: &str, id: i64| {
            with(place(), json!({"type": "Delta", "severity": severity, "status": status, "id": id}))
        };
        let record = [
            json!({"action": "SetVariableMonitoring", "payload": {"setMonitoringData": [asked(4), asked(5), asked(6)]},
            "answer": {"setMonitoringResult": [result(4, "Accepted", 11), result(6, "Accepted", 13), result(5, "Rejected", 12)]}}),
        ];
        let writes = learnt(&"S".into(), &record, &[], DateTime::UNIX_EPOCH);
        assert_eq!(ids(&writes), [11, 13]);
        let Write::Monitor(row) = &writes[0] else { panic!() };
        assert_eq!((&*row.component, row.evse, &*row.value, &*row.origin), ("EVSE", 1, "5", "custom"));
    }

    #[test]
    fn what_is_cleared_or_reset_is_known_no_longer() {
        let row = |id: i64, origin: &str| MonitorRow {
            monitor_id: id,
            origin: origin.into(),
            ..MonitorRow::default()
        };
        let known = [row(1, "custom"), row(2, "preconfigured"), row(3, "hard-wired")];
        let of = |action: &str, asked: Value, answer: Value| {
            let record = [json!({"action": action, "payload": asked, "answer": answer})];
            ids(&learnt(&"S".into(), &record, &known, DateTime::UNIX_EPOCH))
        };
        let results = json!({"clearMonitoringResult": [{"id": 1, "status": "Accepted"}, {"id": 3, "status": "Rejected"},
            {"id": 9, "status": "NotFound"}]});
        assert_eq!(of("ClearVariableMonitoring", json!({"id": [1, 3, 9]}), results), [-1, -9]);
        let base = |word: &str| json!({"monitoringBase": word});
        let yes = json!({"status": "Accepted"});
        assert_eq!(of("SetMonitoringBase", base("FactoryDefault"), yes.clone()), [-1]);
        assert_eq!(of("SetMonitoringBase", base("HardWiredOnly"), yes.clone()), [-1, -2]);
        assert_eq!(of("SetMonitoringBase", base("All"), yes), Vec::<i64>::new());
        let no = json!({"status": "Rejected"});
        assert_eq!(of("SetMonitoringBase", base("HardWiredOnly"), no), Vec::<i64>::new());
        let none = json!({"status": "EmptyResultSet"});
        assert_eq!(of("GetMonitoringReport", json!({"requestId": 1}), none.clone()), [-1, -2, -3]);
        let some = json!({"requestId": 1, "monitoringCriteria": ["DeltaMonitoring"]});
        assert_eq!(of("GetMonitoringReport", some, none), Vec::<i64>::new());
    }

    #[test]
    fn a_limit_that_was_passed_is_raised_until_it_is_met_again() {
        let now = DateTime::UNIX_EPOCH;
        let datum = |more: Value| {
            with(
                with(
                    place(),
                    json!({"eventId": 7, "timestamp": "2026-03-02T08:00:00Z", "trigger": "Alerting",
                    "actualValue": "81", "variableMonitoringId": 11}),
                ),
                more,
            )
        };
        let told = |more: Value| event(&"S".into(), &datum(more), now).unwrap();
        let row = MonitorRow { monitor_id: 11, severity: 2, ..MonitorRow::default() };
        let raised = after(&row, &told(json!({"techCode": "E1", "techInfo": "hot"}))).unwrap();
        assert_eq!((raised.raised, &*raised.last_value), (true, "81"));
        assert_eq!(told(json!({"techCode": "E1", "techInfo": "hot"})).detail, "E1: hot");
        let over = json!({"timestamp": "2026-03-02T08:01:00Z", "cleared": true, "actualValue": "79"});
        let cleared = after(&raised, &told(over)).unwrap();
        assert!(!cleared.raised);
        assert_eq!(after(&cleared, &told(json!({}))), None, "an older one comes late");
        let plain = json!({"component": {"name": "EVSE"}, "variable": {"name": "AvailabilityState"}, "eventId": 1,
            "trigger": "Delta", "actualValue": "Available"});
        assert_eq!(event(&"S".into(), &plain, now), None);
    }
}
