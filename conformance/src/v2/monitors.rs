//! OCPP 2.0.1 and 2.1: the monitors of a station, and the events that they bring (use cases N02 to N07).

use std::collections::BTreeMap;

use ocpp::Version;
use serde_json::{Value, json};

use crate::clock::StationClock;
use crate::duties::Duty;
use crate::state::State;

/// The monitor that a station has from its maker, and that stays.
const HARD_WIRED: i64 = 1;
/// Monitors that are held at one time.
const HELD_MAX: usize = 64;
/// Components with their monitors in one part of a report.
const PART: usize = 2;
/// The least severe of events.
const LEAST: i64 = 9;

/// The monitors that a station holds; they outlive its connections.
#[derive(Debug, Clone)]
pub(crate) struct Monitors {
    held: BTreeMap<i64, Held>,
    /// Events that are less severe are not told.
    level: i64,
    next: i64,
    events: i64,
}

#[derive(Debug, Clone)]
struct Held {
    /// SetMonitoringData as it was asked for.
    data: Value,
    /// Of variables that have changed since: what was told last.
    told: Option<String>,
}

impl Default for Monitors {
    fn default() -> Self {
        let data = json!({
            "component": { "name": "ChargingStation" },
            "variable": { "name": "AvailabilityState" },
            "type": "Delta",
            "value": 1,
            "severity": 8,
        });
        let held = BTreeMap::from([(HARD_WIRED, Held { data, told: None })]);
        Monitors { held, level: LEAST, next: HARD_WIRED + 1, events: 0 }
    }
}

/// The answer to SetVariableMonitoring.
pub(crate) fn set(state: &mut State, payload: &Value) -> Value {
    let wanted = payload["setMonitoringData"].as_array().cloned().unwrap_or_default();
    let results: Vec<Value> = wanted.iter().map(|data| set_one(state, data)).collect();
    json!({ "setMonitoringResult": results })
}

fn set_one(state: &mut State, data: &Value) -> Value {
    let mut result = json!({ "type": data["type"], "severity": data["severity"], "component": data["component"],
        "variable": data["variable"] });
    let id = data["id"].as_i64();
    let status = refusal(state, data, id);
    let status = status.unwrap_or_else(|| {
        let id = id.unwrap_or(state.monitors.next);
        state.monitors.next = state.monitors.next.max(id + 1);
        state.monitors.held.insert(id, Held { data: data.clone(), told: None });
        result["id"] = json!(id);
        "Accepted"
    });
    result["status"] = json!(status);
    result
}

fn refusal(state: &State, data: &Value, id: Option<i64>) -> Option<&'static str> {
    let held = &state.monitors.held;
    let value = match current(state, data) {
        Ok(value) => value,
        Err(status) => return Some(status),
    };
    let is_limit = matches!(data["type"].as_str(), Some("UpperThreshold" | "LowerThreshold"));
    let same = |other: &Held| {
        ["component", "variable", "type", "severity"].iter().all(|field| other.data[*field] == data[*field])
    };
    match () {
        () if data["severity"].as_i64().is_none_or(|severity| severity > LEAST) => Some("Rejected"),
        () if id == Some(HARD_WIRED) || id.is_some_and(|id| !held.contains_key(&id)) => Some("Rejected"),
        () if is_limit && number(&value).is_none() => Some("UnsupportedMonitorType"),
        () if !is_limit && data["value"].as_f64().is_none_or(|value| value < 0.0) => Some("Rejected"),
        () if held.iter().any(|(known, other)| Some(*known) != id && same(other)) => Some("Duplicate"),
        () if id.is_none() && held.len() >= HELD_MAX => Some("Rejected"),
        () => None,
    }
}

/// The value of the variable that is to be watched.
fn current(state: &State, data: &Value) -> Result<String, &'static str> {
    let key = key(data);
    if let Some(value) = state.config.get(&key) {
        return Ok(value.clone());
    }
    let evse = data["component"]["evse"]["id"].as_i64().unwrap_or_default();
    let is_there = (1..=i64::from(state.hardware.evses)).contains(&evse);
    match key.as_str() {
        "EVSE.AvailabilityState" | "Connector.AvailabilityState" if is_there => Ok("Available".to_owned()),
        "EVSE.Power" if is_there => Ok(state.hardware.supply.limit_w().to_string()),
        _ => {
            let component = key.split_once('.').map_or("", |(component, _)| component);
            let mut known = state.config.keys().filter_map(|key| key.split_once('.'));
            let known = known.any(|(known, _)| known == component) || is_there && component == "EVSE";
            Err(if known { "UnknownVariable" } else { "UnknownComponent" })
        }
    }
}

fn key(data: &Value) -> String {
    let name = |part: &str| data[part]["name"].as_str().unwrap_or_default().to_owned();
    let instance = data["variable"]["instance"].as_str();
    let instance = instance.map(|instance| format!("[{instance}]")).unwrap_or_default();
    format!("{}.{}{instance}", name("component"), name("variable"))
}

/// The answer to ClearVariableMonitoring.
pub(crate) fn clear(state: &mut State, payload: &Value) -> Value {
    let ids = payload["id"].as_array().cloned().unwrap_or_default();
    let results: Vec<Value> = ids
        .iter()
        .map(|id| {
            let status = match id.as_i64() {
                Some(HARD_WIRED) => "Rejected",
                Some(id) if state.monitors.held.remove(&id).is_some() => "Accepted",
                _ => "NotFound",
            };
            json!({ "id": id, "status": status })
        })
        .collect();
    json!({ "clearMonitoringResult": results })
}

/// The answer to SetMonitoringBase.
pub(crate) fn base(state: &mut State, base: &str) -> &'static str {
    if base != "All" {
        state.monitors.held.retain(|id, _| *id == HARD_WIRED);
    }
    "Accepted"
}

/// The answer to SetMonitoringLevel.
pub(crate) fn level(state: &mut State, severity: Option<i64>) -> &'static str {
    match severity.filter(|severity| (0..=LEAST).contains(severity)) {
        Some(severity) => {
            state.monitors.level = severity;
            "Accepted"
        }
        None => "Rejected",
    }
}

/// The answer to GetMonitoringReport, and its parts.
pub(crate) fn list(state: &State, clock: &StationClock, payload: &Value) -> (&'static str, Vec<Duty>) {
    let sort = |data: &Value| match data["type"].as_str().unwrap_or_default() {
        "UpperThreshold" | "LowerThreshold" => "ThresholdMonitoring",
        "Periodic" | "PeriodicClockAligned" => "PeriodicMonitoring",
        _ => "DeltaMonitoring",
    };
    let sorts = payload["monitoringCriteria"].as_array();
    let places = payload["componentVariable"].as_array();
    let wanted = |held: &&(&i64, &Held)| {
        let data = &held.1.data;
        sorts.is_none_or(|sorts| sorts.iter().any(|one| one == sort(data)))
            && places.is_none_or(|places| places.iter().any(|place| is_at(place, data)))
    };
    let rows: Vec<(&i64, &Held)> = state.monitors.held.iter().collect();
    let rows: Vec<Value> = rows.iter().filter(wanted).map(|(id, held)| told(state, **id, held)).collect();
    if rows.is_empty() {
        return ("EmptyResultSet", Vec::new());
    }
    let count = rows.len().div_ceil(PART);
    let part = |(n, rows): (usize, &[Value])| Duty::Send {
        action: "NotifyMonitoringReport".to_owned(),
        payload: json!({
            "requestId": payload["requestId"],
            "seqNo": n,
            "generatedAt": clock.now_text(),
            "tbc": n + 1 < count,
            "monitor": rows,
        }),
    };
    ("Accepted", rows.chunks(PART).enumerate().map(part).collect())
}

/// Is a question about this place also about that one?
pub(crate) fn is_at(place: &Value, data: &Value) -> bool {
    let (asked, told) = (&place["component"], &data["component"]);
    asked["name"] == told["name"]
        && (asked["evse"].is_null() || asked["evse"] == told["evse"])
        && (place["variable"].is_null() || place["variable"] == data["variable"])
}

fn told(state: &State, id: i64, held: &Held) -> Value {
    let data = &held.data;
    let mut one = json!({
        "id": id,
        "transaction": data["transaction"] == true,
        "value": data["value"],
        "type": data["type"],
        "severity": data["severity"],
    });
    if state.version == Version::V21 {
        one["eventNotificationType"] = json!(origin(id));
    }
    json!({ "component": data["component"], "variable": data["variable"], "variableMonitoring": [one] })
}

const fn origin(id: i64) -> &'static str {
    if id == HARD_WIRED { "HardWiredMonitor" } else { "CustomMonitor" }
}

/// What monitors have to say of settings that have another value than `before`.
pub(crate) fn changed(
    state: &mut State,
    clock: &StationClock,
    before: &BTreeMap<String, String>,
) -> Vec<Duty> {
    let (now, level, version) = (clock.now_text(), state.monitors.level, state.version);
    let mut events = Vec::new();
    for (id, held) in &mut state.monitors.held {
        let key = key(&held.data);
        let (Some(old), Some(new)) = (before.get(&key), state.config.get(&key)) else { continue };
        if old == new {
            continue;
        }
        let old_told = held.told.clone().unwrap_or_else(|| old.clone());
        let Some((trigger, cleared)) = brings(&held.data, old, &old_told, new) else { continue };
        held.told = Some(new.clone());
        if held.data["severity"].as_i64().is_some_and(|severity| severity > level) {
            continue;
        }
        state.monitors.events += 1;
        let mut event = json!({
            "eventId": state.monitors.events,
            "timestamp": now,
            "trigger": trigger,
            "actualValue": new,
            "component": held.data["component"],
            "variable": held.data["variable"],
            "eventNotificationType": origin(*id),
            "variableMonitoringId": id,
        });
        if let Some(cleared) = cleared {
            event["cleared"] = json!(cleared);
        }
        if version == Version::V21 {
            event["severity"] = held.data["severity"].clone();
        }
        events.push(event);
    }
    if events.is_empty() {
        return Vec::new();
    }
    let payload = json!({ "generatedAt": now, "seqNo": 0, "eventData": events });
    vec![Duty::Send { action: "NotifyEvent".to_owned(), payload }]
}

/// The event that a change brings: its trigger, and of limits whether they are met again.
fn brings(data: &Value, old: &str, told: &str, new: &str) -> Option<(&'static str, Option<bool>)> {
    let limit = data["value"].as_f64()?;
    let beyond = |value: &str| {
        number(value).map(|value| match data["type"].as_str() {
            Some("UpperThreshold") => value > limit,
            _ => value < limit,
        })
    };
    match data["type"].as_str()? {
        "UpperThreshold" | "LowerThreshold" => {
            let (was, is) = (beyond(old)?, beyond(new)?);
            (was != is).then_some(("Alerting", Some(!is)))
        }
        "Delta" => match (number(told), number(new)) {
            (Some(told), Some(new)) => ((new - told).abs() >= limit).then_some(("Delta", None)),
            _ => Some(("Delta", None)),
        },
        _ => None,
    }
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok()
}
