//! OCPP 1.6: what a station says. What it answers is in [`answer`](mod@answer).

mod answer;

use serde_json::{Value, json};

pub(crate) use self::answer::answer;
use crate::options::Hardware;
use crate::reading::Reading;
use crate::session::{Start, message};
use crate::state::{ConnectorState, Queued, State};

/// The reasons of 1.6 §7.36.
const REASONS: [&str; 11] = [
    "DeAuthorized",
    "EmergencyStop",
    "EVDisconnected",
    "HardReset",
    "Local",
    "Other",
    "PowerLoss",
    "Reboot",
    "Remote",
    "SoftReset",
    "UnlockCommand",
];

pub(crate) fn boot(hardware: &Hardware) -> Value {
    json!({
        "chargePointVendor": hardware.vendor,
        "chargePointModel": hardware.model,
        "chargePointSerialNumber": hardware.serial,
        "firmwareVersion": hardware.firmware,
    })
}

pub(crate) fn status(connector: i32, state: ConnectorState, at: &str) -> Value {
    let error = if state == ConnectorState::Faulted { "InternalError" } else { "NoError" };
    json!({ "connectorId": connector, "errorCode": error, "status": word(state), "timestamp": at })
}

pub(crate) fn authorize(tag: &str) -> Value {
    json!({ "idTag": tag })
}

pub(crate) fn start(state: &mut State, connector: i32, start: &Start, reading: &Reading) -> Queued {
    let local = local(state, connector).unwrap_or_default();
    let wh = reading.register.wh();
    let mut payload = json!({
        "connectorId": place(state, connector),
        "idTag": start.tag,
        "meterStart": wh,
        "timestamp": reading.at,
    });
    if let Some(id) = start.reservation_id {
        payload["reservationId"] = json!(id);
    }
    message(state, "StartTransaction", payload, local, wh)
}

pub(crate) fn meter(state: &mut State, connector: i32, reading: &Reading) -> Option<Queued> {
    let local = local(state, connector)?;
    let payload = json!({
        "connectorId": place(state, connector),
        "meterValue": [meter_value(reading)],
    });
    Some(message(state, "MeterValues", payload, local, reading.register.wh()))
}

/// MeterValues without a transaction.
pub(crate) fn idle_meter(connector: i32, reading: &Reading) -> Value {
    json!({ "connectorId": connector, "meterValue": [meter_value(reading)] })
}

pub(crate) fn stop(state: &mut State, connector: i32, reason: &str, reading: &Reading) -> Option<Queued> {
    let local = local(state, connector)?;
    let wh = reading.register.wh();
    let reason = if REASONS.contains(&reason) { reason } else { "Other" };
    let mut payload = json!({ "meterStop": wh, "timestamp": reading.at, "reason": reason });
    if reason == "Local"
        && let Some(transaction) = state.evse(connector).and_then(|e| e.transaction.as_ref())
    {
        payload["idTag"] = json!(transaction.tag);
    }
    Some(message(state, "StopTransaction", payload, local, wh))
}

fn local(state: &mut State, connector: i32) -> Option<u64> {
    state.evse(connector)?.transaction.as_ref().map(|t| t.local)
}

fn place(state: &State, connector: i32) -> i32 {
    if state.faults.place_zero { 0 } else { connector }
}

fn meter_value(reading: &Reading) -> Value {
    let sampled: Vec<Value> = reading
        .samples()
        .into_iter()
        .map(|(measurand, value, unit)| {
            json!({ "value": value, "context": reading.context, "measurand": measurand, "unit": unit })
        })
        .collect();
    json!({ "timestamp": reading.at, "sampledValue": sampled })
}

const fn word(state: ConnectorState) -> &'static str {
    match state {
        ConnectorState::Available => "Available",
        ConnectorState::Preparing => "Preparing",
        ConnectorState::Charging => "Charging",
        ConnectorState::SuspendedEv => "SuspendedEV",
        ConnectorState::SuspendedEvse => "SuspendedEVSE",
        ConnectorState::Finishing => "Finishing",
        ConnectorState::Reserved => "Reserved",
        ConnectorState::Unavailable => "Unavailable",
        ConnectorState::Faulted => "Faulted",
    }
}
