//! OCPP 1.6: how a station answers the calls of the CSMS.

use serde_json::{Value, json};

use crate::clock::StationClock;
use crate::duties::Duty;
use crate::profile::limit_w;
use crate::settings;
use crate::state::{Answer, ConnectorState, State};
use crate::station::unsupported;

type Answered = (Answer, Vec<Duty>);

/// The answer to a call, and what follows from it.
pub(crate) fn answer(state: &mut State, clock: &StationClock, action: &str, payload: &Value) -> Answered {
    let text = |key: &str| payload.get(key).and_then(Value::as_str).unwrap_or_default();
    let int = |key: &str| payload.get(key).and_then(Value::as_i64);
    let connector = int("connectorId").and_then(|n| i32::try_from(n).ok());
    match action {
        "Reset" => with("Accepted", vec![Duty::Reboot { reason: reset_reason(text("type")) }]),
        "TriggerMessage" | "ExtendedTriggerMessage" => trigger(state, text("requestedMessage"), connector),
        "ChangeConfiguration" => plain(change_configuration(state, text("key"), text("value"))),
        "GetConfiguration" => result(get_configuration(state, payload)),
        "RemoteStartTransaction" => remote_start(state, text("idTag"), connector),
        "RemoteStopTransaction" => {
            let id = int("transactionId").unwrap_or_default().to_string();
            match state.evse_of(&id) {
                Some(evse) => with("Accepted", vec![Duty::Stop { evse, reason: "Remote" }]),
                None => plain("Rejected"),
            }
        }
        "UnlockConnector" => unlock(state, connector.unwrap_or_default()),
        "ChangeAvailability" => {
            change_availability(state, connector.unwrap_or_default(), text("type") == "Operative")
        }
        "GetLocalListVersion" => result(json!({ "listVersion": state.list_version })),
        "SendLocalList" => plain(local_list(state, int("listVersion").unwrap_or(0), text("updateType"))),
        "ClearCache" => plain("Accepted"),
        "SetChargingProfile" => {
            let schedule = &payload["csChargingProfiles"]["chargingSchedule"];
            set_profile(state, connector.unwrap_or_default(), schedule)
        }
        "ClearChargingProfile" => {
            let had = state.evses.iter_mut().filter_map(|e| e.limit_w.take()).count() > 0;
            plain(if had { "Accepted" } else { "Unknown" })
        }
        "GetCompositeSchedule" => composite(state, clock, connector.unwrap_or_default(), int("duration")),
        "ReserveNow" => reserve(state, connector.unwrap_or_default()),
        "CancelReservation" => cancel_reservation(state),
        "DataTransfer" => plain("UnknownVendorId"),
        "GetDiagnostics" => (
            Answer::Result(json!({ "fileName": "diagnostics.log" })),
            uploads("DiagnosticsStatusNotification", &["Uploading", "Uploaded"], None),
        ),
        "GetLog" => {
            let id = int("requestId");
            let answer = json!({ "status": "Accepted", "filename": "security.log" });
            (Answer::Result(answer), uploads("LogStatusNotification", &["Uploading", "Uploaded"], id))
        }
        "UpdateFirmware" => (
            Answer::Result(json!({})),
            uploads(
                "FirmwareStatusNotification",
                &["Downloading", "Downloaded", "Installing", "Installed"],
                None,
            ),
        ),
        "GetInstalledCertificateIds" => plain("NotFound"),
        _ => (unsupported(action), Vec::new()),
    }
}

fn result(payload: Value) -> Answered {
    (Answer::Result(payload), Vec::new())
}

fn plain(status: &str) -> Answered {
    with(status, Vec::new())
}

fn with(status: &str, duties: Vec<Duty>) -> Answered {
    (Answer::Result(json!({ "status": status })), duties)
}

fn reset_reason(kind: &str) -> &'static str {
    if kind == "Hard" { "HardReset" } else { "SoftReset" }
}

fn trigger(state: &State, message: &str, connector: Option<i32>) -> Answered {
    let all = 1..=state.hardware.evses;
    let evses: Vec<i32> = match connector {
        Some(n) if n > 0 && !all.contains(&n) => return plain("Rejected"),
        Some(n) if n > 0 => vec![n],
        _ => all.collect(),
    };
    let duties = match message {
        "BootNotification" => vec![Duty::Boot],
        "Heartbeat" => vec![Duty::Heartbeat],
        "StatusNotification" => evses.into_iter().map(Duty::Status).collect(),
        "MeterValues" => evses.into_iter().map(Duty::Meter).collect(),
        "DiagnosticsStatusNotification" | "FirmwareStatusNotification" | "LogStatusNotification" => {
            vec![Duty::Send { action: message.to_owned(), payload: json!({ "status": "Idle" }) }]
        }
        _ => return plain("NotImplemented"),
    };
    with("Accepted", duties)
}

fn change_configuration(state: &mut State, key: &str, value: &str) -> &'static str {
    if settings::is_read_only(state.version, key) {
        return "Rejected";
    }
    match state.config.get_mut(key) {
        Some(old) => {
            value.clone_into(old);
            "Accepted"
        }
        None => "NotSupported",
    }
}

fn get_configuration(state: &State, payload: &Value) -> Value {
    let entry = |key: &str, value: &str| {
        let read_only = settings::is_read_only(state.version, key);
        json!({ "key": key, "readonly": read_only, "value": value })
    };
    let asked: Vec<&str> = payload
        .get("key")
        .and_then(Value::as_array)
        .map(|keys| keys.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let known: Vec<Value> = state
        .config
        .iter()
        .filter(|(key, _)| asked.is_empty() || asked.contains(&key.as_str()))
        .map(|(key, value)| entry(key, value))
        .collect();
    let unknown: Vec<&str> = asked.into_iter().filter(|key| !state.config.contains_key(*key)).collect();
    json!({ "configurationKey": known, "unknownKey": unknown })
}

fn remote_start(state: &mut State, tag: &str, connector: Option<i32>) -> Answered {
    let all = 1..=state.hardware.evses;
    let wanted: Vec<i32> = connector.map_or_else(|| all.collect(), |n| vec![n]);
    let free =
        wanted.into_iter().find(|n| state.evse(*n).is_some_and(|e| e.transaction.is_none() && e.operative));
    match free {
        Some(evse) => with(
            "Accepted",
            vec![Duty::Start { evse, tag: tag.to_owned(), kind: String::new(), remote_start_id: None }],
        ),
        None => plain("Rejected"),
    }
}

fn unlock(state: &mut State, connector: i32) -> Answered {
    match state.evse(connector) {
        None => plain("NotSupported"),
        Some(e) if e.transaction.is_some() => {
            with("Unlocked", vec![Duty::Stop { evse: connector, reason: "UnlockCommand" }])
        }
        Some(_) => plain("Unlocked"),
    }
}

fn change_availability(state: &mut State, connector: i32, operative: bool) -> Answered {
    let all = 1..=state.hardware.evses;
    let evses: Vec<i32> = match connector {
        0 => all.collect(),
        n if all.contains(&n) => vec![n],
        _ => return plain("Rejected"),
    };
    let mut duties = Vec::new();
    let mut scheduled = false;
    for n in evses {
        let Some(e) = state.evse(n) else { continue };
        e.operative = operative;
        if e.transaction.is_some() {
            scheduled = true;
        } else {
            e.state = if operative { ConnectorState::Available } else { ConnectorState::Unavailable };
            duties.push(Duty::Status(n));
        }
    }
    with(if scheduled { "Scheduled" } else { "Accepted" }, duties)
}

fn local_list(state: &mut State, version: i64, kind: &str) -> &'static str {
    if kind == "Differential" && version <= state.list_version {
        return "VersionMismatch";
    }
    state.list_version = version;
    "Accepted"
}

fn set_profile(state: &mut State, connector: i32, schedule: &Value) -> Answered {
    let Some(limit_w) = limit_w(schedule) else { return plain("Rejected") };
    match connector {
        0 => state.evses.iter_mut().for_each(|e| e.limit_w = Some(limit_w)),
        n => match state.evse(n) {
            Some(e) => e.limit_w = Some(limit_w),
            None => return plain("Rejected"),
        },
    }
    plain("Accepted")
}

fn composite(state: &mut State, clock: &StationClock, connector: i32, duration: Option<i64>) -> Answered {
    let supply_w = state.hardware.supply.limit_w();
    let limit_w = match connector {
        0 => Some(supply_w * i64::from(state.hardware.evses)),
        n => state.evse(n).map(|e| e.limit_w.unwrap_or(supply_w)),
    };
    let Some(limit_w) = limit_w else { return plain("Rejected") };
    result(json!({
        "status": "Accepted",
        "connectorId": connector,
        "scheduleStart": clock.now_text(),
        "chargingSchedule": {
            "duration": duration.unwrap_or(0),
            "chargingRateUnit": "W",
            "chargingSchedulePeriod": [{ "startPeriod": 0, "limit": limit_w }],
        },
    }))
}

fn reserve(state: &mut State, connector: i32) -> Answered {
    match state.evse(connector) {
        None => plain("Rejected"),
        Some(e) if e.transaction.is_some() || e.battery.is_some() => plain("Occupied"),
        Some(e) if !e.operative => plain("Unavailable"),
        Some(e) => {
            e.state = ConnectorState::Reserved;
            with("Accepted", vec![Duty::Status(connector)])
        }
    }
}

fn cancel_reservation(state: &mut State) -> Answered {
    let reserved = state.evses.iter().position(|e| e.state == ConnectorState::Reserved);
    let Some(index) = reserved else { return plain("Rejected") };
    state.evses[index].state = ConnectorState::Available;
    with("Accepted", i32::try_from(index + 1).map(Duty::Status).into_iter().collect())
}

fn uploads(action: &str, statuses: &[&str], request_id: Option<i64>) -> Vec<Duty> {
    let send = |status: &&str| {
        let mut payload = json!({ "status": status });
        if let Some(id) = request_id {
            payload["requestId"] = json!(id);
        }
        Duty::Send { action: action.to_owned(), payload }
    };
    statuses.iter().map(send).collect()
}
