//! OCPP 2.1: energy in both directions (Q), controls of the grid (R), priority and values of dynamic profiles (K21, K28), as a
//! station with a bidirectional outlet answers.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::duties::Duty;
use crate::state::State;

/// A station with a control of the grid says so here.
pub(crate) const DER: &str = "DERCtrlr.Enabled";
/// Controls that are held at one time.
const CONTROLS_MAX: usize = 24;

/// A control of the grid that a station holds.
#[derive(Debug, Clone)]
pub(crate) struct Control {
    id: String,
    is_default: bool,
    kind: String,
    /// The name that its parameters have on the wire.
    field: String,
    parameters: Value,
    is_superseded: bool,
}

/// The answer, and what follows; `None`: the station has no such function.
pub(crate) fn answer(
    state: &mut State,
    now: DateTime<Utc>,
    action: &str,
    payload: &Value,
) -> Option<(Value, Vec<Duty>)> {
    let has_der = state.config.get(DER).is_some_and(|on| on == "true");
    let text = |field: &str| payload[field].as_str().unwrap_or_default();
    let status = |word: &str| Some((json!({ "status": word }), Vec::new()));
    match action {
        "SetDERControl" if has_der => Some(set(state, now, payload)),
        "GetDERControl" if has_der => Some(get(state, payload)),
        "ClearDERControl" if has_der => status(clear(state, payload)),
        // Only a curve says what a signal means (Q07).
        "AFRRSignal" => {
            status(if state.profiles.any_has("v2xSignalWattCurve") { "Accepted" } else { "Rejected" })
        }
        "NotifyAllowedEnergyTransfer" => {
            status(if state.evse_of(text("transactionId")).is_some() { "Accepted" } else { "Rejected" })
        }
        "UsePriorityCharging" => Some(prioritize(state, text("transactionId"), &payload["activate"])),
        "UpdateDynamicSchedule" => {
            let id = payload["chargingProfileId"].as_i64().unwrap_or_default();
            let changed = state.profiles.update(id, &payload["scheduleUpdate"]);
            status(if changed { "Accepted" } else { "Rejected" })
        }
        _ => None,
    }
}

/// Holds a control. The lowest priority of a kind counts, of defaults and of scheduled ones each; it is told at once when a
/// scheduled one begins that is to have begun.
fn set(state: &mut State, now: DateTime<Utc>, payload: &Value) -> (Value, Vec<Duty>) {
    let text = |field: &str| payload[field].as_str().unwrap_or_default().to_owned();
    let given = payload.as_object().into_iter().flatten().find(|(_, value)| value.is_object());
    let Some((field, parameters)) = given else { return (json!({ "status": "Rejected" }), Vec::new()) };
    let mut control = Control {
        id: text("controlId"),
        is_default: payload["isDefault"] == true,
        kind: text("controlType"),
        field: field.clone(),
        parameters: parameters.clone(),
        is_superseded: false,
    };
    state.controls.retain(|held| held.id != control.id);
    if state.controls.len() >= CONTROLS_MAX {
        return (json!({ "status": "Rejected", "statusInfo": { "reasonCode": "OutOfMemory" } }), Vec::new());
    }
    let priority = |control: &Control| control.parameters["priority"].as_i64().unwrap_or(i64::MAX);
    let mut superseded = Vec::new();
    for held in &mut state.controls {
        if (held.is_default, &held.kind) != (control.is_default, &control.kind) || held.is_superseded {
            continue;
        }
        if priority(&control) <= priority(held) {
            held.is_superseded = true;
            superseded.push(held.id.clone());
        } else {
            control.is_superseded = true;
        }
    }
    let begins = control.parameters["startTime"].as_str().and_then(|at| at.parse::<DateTime<Utc>>().ok());
    let begun = !control.is_default && !control.is_superseded && begins.is_some_and(|at| at <= now);
    let mut duties = Vec::new();
    if begun {
        let mut told = json!({ "controlId": control.id, "started": true, "timestamp": now });
        if !superseded.is_empty() {
            told["supersededIds"] = json!(superseded);
        }
        duties.push(Duty::Send { action: "NotifyDERStartStop".to_owned(), payload: told });
    }
    state.controls.push(control);
    let mut answer = json!({ "status": "Accepted" });
    if !superseded.is_empty() {
        answer["supersededIds"] = json!(superseded);
    }
    (answer, duties)
}

/// Reports each control in a message of its own.
fn get(state: &State, payload: &Value) -> (Value, Vec<Duty>) {
    let found: Vec<&Control> = state.controls.iter().filter(|control| is_meant(control, payload)).collect();
    if found.is_empty() {
        return (json!({ "status": "NotFound" }), Vec::new());
    }
    let last = found.len() - 1;
    let report = |(at, control): (usize, &&Control)| {
        let mut one = json!({ "id": control.id });
        one[&control.field] = control.parameters.clone();
        if !matches!(control.field.as_str(), "enterService" | "gradient") {
            one["isDefault"] = json!(control.is_default);
            one["isSuperseded"] = json!(control.is_superseded);
        }
        if control.field == "curve" {
            one["curveType"] = json!(control.kind);
        }
        let mut part = json!({ "requestId": payload["requestId"], "tbc": at < last });
        part[&control.field] = json!([one]);
        Duty::Send { action: "ReportDERControl".to_owned(), payload: part }
    };
    (json!({ "status": "Accepted" }), found.iter().enumerate().map(report).collect())
}

fn clear(state: &mut State, payload: &Value) -> &'static str {
    let before = state.controls.len();
    state.controls.retain(|control| !is_meant(control, payload));
    if state.controls.len() < before { "Accepted" } else { "NotFound" }
}

fn is_meant(control: &Control, payload: &Value) -> bool {
    let same = |field: &str, mine: Value| payload.get(field).is_none_or(|wanted| *wanted == mine);
    same("controlId", json!(control.id))
        && same("controlType", json!(control.kind))
        && same("isDefault", json!(control.is_default))
}

/// Priority needs a profile of that purpose, and is told of (K21).
fn prioritize(state: &State, transaction: &str, activate: &Value) -> (Value, Vec<Duty>) {
    if state.evse_of(transaction).is_none() {
        return (json!({ "status": "Rejected" }), Vec::new());
    }
    if !state.profiles.has_priority() {
        return (json!({ "status": "NoProfile" }), Vec::new());
    }
    let payload = json!({ "transactionId": transaction, "activated": activate });
    let duty = Duty::Send { action: "NotifyPriorityCharging".to_owned(), payload };
    (json!({ "status": "Accepted" }), vec![duty])
}
