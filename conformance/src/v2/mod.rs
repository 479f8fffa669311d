//! OCPP 2.0.1 and 2.1: what a station says. What it answers is in [`answer`](mod@answer).

mod about;
mod answer;
pub(crate) mod both_ways;
pub(crate) mod display;
pub(crate) mod monitors;
mod report;
pub(crate) mod tariffs;

use serde_json::{Value, json};

pub(crate) use self::answer::answer;
pub(crate) use self::report::{Wanted, report};
use crate::options::Hardware;
use crate::reading::{Reading, number};
use crate::session::{Start, message};
use crate::state::{ConnectorState, Queued, State};

/// The stoppedReasons that a virtual station gives (2.0.1 ReasonEnumType), with the fitting triggerReason.
const REASONS: [(&str, &str); 16] = [
    ("DeAuthorized", "Deauthorized"),
    ("EmergencyStop", "AbnormalCondition"),
    ("EnergyLimitReached", "EnergyLimitReached"),
    ("EVDisconnected", "EVDeparted"),
    ("GroundFault", "AbnormalCondition"),
    ("ImmediateReset", "ResetCommand"),
    ("Local", "StopAuthorized"),
    ("Other", "AbnormalCondition"),
    ("PowerLoss", "AbnormalCondition"),
    ("Reboot", "ResetCommand"),
    ("Remote", "RemoteStop"),
    ("SOCLimitReached", "ChargingStateChanged"),
    ("StoppedByEV", "ChargingStateChanged"),
    ("TimeLimitReached", "TimeLimitReached"),
    ("Timeout", "EVConnectTimeout"),
    ("Unlock", "UnlockCommand"),
];

pub(crate) fn boot(hardware: &Hardware, reason: &str) -> Value {
    json!({
        "chargingStation": {
            "vendorName": hardware.vendor,
            "model": hardware.model,
            "serialNumber": hardware.serial,
            "firmwareVersion": hardware.firmware,
        },
        "reason": reason,
    })
}

/// EVSE 0 has no connector in 2.x; the message still says 0, as some stations do.
pub(crate) fn status(evse: i32, state: ConnectorState, at: &str) -> Value {
    let connector = i32::from(evse > 0);
    json!({ "timestamp": at, "connectorStatus": word(state), "evseId": evse, "connectorId": connector })
}

pub(crate) fn authorize(tag: &str, kind: &str) -> Value {
    json!({ "idToken": { "idToken": tag, "type": kind } })
}

pub(crate) fn started(state: &mut State, evse: i32, start: &Start, reading: &Reading) -> Queued {
    *state.customers.entry(start.tag.clone()).or_default() += 1;
    let place = if state.faults.place_zero { 0 } else { evse };
    let mut fields = json!({
        "evse": { "id": place, "connectorId": 1 },
        "idToken": { "idToken": start.tag, "type": start.kind },
    });
    if let Some(id) = start.reservation_id {
        fields["reservationId"] = json!(id);
    }
    let mut info = json!({ "chargingState": "Charging" });
    if let Some(id) = start.remote_start_id {
        info["remoteStartId"] = json!(id);
    }
    let begun = tariffs::begin(state, evse, &start.tag, reading);
    if let Some(begun) = &begun {
        info["tariffId"] = json!(tariffs::id_of(begun));
    }
    if let Some(transaction) = state.evse(evse).and_then(|e| e.transaction.as_mut()) {
        transaction.begun = begun;
    }
    let event = Event { kind: "Started", trigger: &start.trigger, info, fields };
    event.into_message(state, evse, reading)
}

pub(crate) fn updated(state: &mut State, evse: i32, trigger: &str, reading: &Reading) -> Option<Queued> {
    state.evse(evse)?.transaction.as_ref()?;
    let charging = if reading.power_w > 0 { "Charging" } else { "SuspendedEV" };
    let event =
        Event { kind: "Updated", trigger, info: json!({ "chargingState": charging }), fields: json!({}) };
    Some(event.into_message(state, evse, reading))
}

pub(crate) fn ended(state: &mut State, evse: i32, reason: &str, reading: &Reading) -> Option<Queued> {
    let tag = state.evse(evse)?.transaction.as_ref()?.tag.clone();
    let kind = state.evse(evse)?.transaction.as_ref()?.kind.clone();
    let (reason, trigger) = reason_2(reason);
    let charging = if reason == "EVDisconnected" { "Idle" } else { "EVConnected" };
    let fields = match trigger {
        "StopAuthorized" => json!({ "idToken": { "idToken": tag, "type": kind } }),
        _ => json!({}),
    };
    let info = json!({ "chargingState": charging, "stoppedReason": reason });
    tariffs::end(state, &tag);
    Some(Event { kind: "Ended", trigger, info, fields }.into_message(state, evse, reading))
}

/// MeterValues, outside transactions.
pub(crate) fn meter_values(evse: i32, reading: &Reading) -> Value {
    json!({ "evseId": evse, "meterValue": [meter_value(reading)] })
}

/// A TransactionEvent in the making.
struct Event<'a> {
    kind: &'static str,
    trigger: &'a str,
    /// `transactionInfo` without the id.
    info: Value,
    /// Fields that only some events have.
    fields: Value,
}

impl Event<'_> {
    /// The message, with the transaction's id and next seqNo, marked as offline if there is no connection.
    fn into_message(self, state: &mut State, evse: i32, reading: &Reading) -> Queued {
        let seq = state.take_seq(evse);
        let transaction = state.evse(evse).and_then(|e| e.transaction.clone());
        let costs =
            transaction.as_ref().and_then(|t| tariffs::costs(state, t, reading, self.kind == "Ended"));
        let (local, id) = transaction.map(|t| (t.local, t.id)).unwrap_or_default();
        let mut payload = self.fields;
        if let Some(costs) = costs {
            payload["costDetails"] = costs;
        }
        payload["eventType"] = json!(self.kind);
        payload["timestamp"] = json!(reading.at);
        payload["triggerReason"] = json!(self.trigger);
        payload["seqNo"] = json!(seq);
        payload["transactionInfo"] = self.info;
        payload["transactionInfo"]["transactionId"] = json!(id);
        payload["meterValue"] = json!([meter_value(reading)]);
        if !state.is_online() && !state.faults.offline_unmarked {
            payload["offline"] = json!(true);
        }
        let mut message = message(state, "TransactionEvent", payload, local, reading.register.wh());
        message.transaction = Some(id);
        message.seq = Some(seq);
        message
    }
}

fn meter_value(reading: &Reading) -> Value {
    let sampled: Vec<Value> = reading
        .samples()
        .into_iter()
        .map(|(measurand, value, unit)| {
            json!({
                "value": number(&value),
                "context": reading.context,
                "measurand": measurand,
                "unitOfMeasure": { "unit": unit },
            })
        })
        .collect();
    json!({ "timestamp": reading.at, "sampledValue": sampled })
}

/// A reason in the words of 2.x, with the fitting trigger.
fn reason_2(reason: &str) -> (&'static str, &'static str) {
    let wanted = match reason {
        "HardReset" | "SoftReset" => "ImmediateReset",
        "UnlockCommand" => "Unlock",
        other => other,
    };
    REASONS.into_iter().find(|(word, _)| *word == wanted).unwrap_or(("Other", "AbnormalCondition"))
}

const fn word(state: ConnectorState) -> &'static str {
    match state {
        ConnectorState::Available => "Available",
        ConnectorState::Preparing
        | ConnectorState::Charging
        | ConnectorState::SuspendedEv
        | ConnectorState::SuspendedEvse
        | ConnectorState::Finishing => "Occupied",
        ConnectorState::Reserved => "Reserved",
        ConnectorState::Unavailable => "Unavailable",
        ConnectorState::Faulted => "Faulted",
    }
}
