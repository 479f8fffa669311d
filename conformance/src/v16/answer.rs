//! OCPP 1.6: how a station answers the calls of the CSMS.

use serde_json::{Value, json};

use crate::clock::StationClock;
use crate::duties::Duty;
use crate::profile;
use crate::settings;
use crate::state::{Answer, ConnectorState, Evse, Reservation, State};
use crate::station::unsupported;
use crate::transfer::Wish;

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
            set_profile(state, clock, connector.unwrap_or_default(), &payload["csChargingProfiles"])
        }
        "ClearChargingProfile" => {
            let had = state.profiles.clear(state.version, payload);
            plain(if had { "Accepted" } else { "Unknown" })
        }
        "GetCompositeSchedule" => composite(state, clock, connector.unwrap_or_default(), payload),
        "ReserveNow" => reserve(state, connector.unwrap_or_default(), payload),
        "CancelReservation" => cancel_reservation(state, int("reservationId").unwrap_or_default()),
        "DataTransfer" => plain("UnknownVendorId"),
        "GetDiagnostics" => {
            let wish = log(text("location"), "DiagnosticsStatusNotification", None);
            (Answer::Result(json!({ "fileName": "diagnostics.log" })), vec![wish])
        }
        "GetLog" => {
            let location = payload["log"]["remoteLocation"].as_str().unwrap_or_default();
            let wish = log(location, "LogStatusNotification", int("requestId"));
            (Answer::Result(json!({ "status": "Accepted", "filename": "security.log" })), vec![wish])
        }
        "UpdateFirmware" => {
            let url = text("location").to_owned();
            let wish = Wish { url, tells: "FirmwareStatusNotification", request_id: None, upload: false };
            (Answer::Result(json!({})), vec![Duty::Transfer(wish)])
        }
        "SignedUpdateFirmware" if state.transfers.is_some() => {
            let url = payload["firmware"]["location"].as_str().unwrap_or_default().to_owned();
            let (tells, request_id) = ("SignedFirmwareStatusNotification", int("requestId"));
            with("Accepted", vec![Duty::Transfer(Wish { url, tells, request_id, upload: false })])
        }
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
        Some(old) if !settings::fits(old, value) => "Rejected",
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
    let free = wanted.into_iter().find(|n| state.takes(*n, tag));
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

fn set_profile(state: &mut State, clock: &StationClock, connector: i32, profile: &Value) -> Answered {
    plain(if state.set_profile(connector, profile, clock.now()).is_ok() { "Accepted" } else { "Rejected" })
}

fn composite(state: &mut State, clock: &StationClock, connector: i32, payload: &Value) -> Answered {
    let (now, duration) = (clock.now(), payload["duration"].as_i64());
    let supply_w = state.hardware.supply.limit_w();
    let limit_w = match connector {
        0 => Some(supply_w * i64::from(state.hardware.evses)),
        n => state.evse(n).is_some().then(|| state.limit_w(n, now).unwrap_or(supply_w).min(supply_w)),
    };
    let Some(limit_w) = limit_w else { return plain("Rejected") };
    let (unit, periods) = profile::composite(limit_w, payload["chargingRateUnit"].as_str());
    result(json!({
        "status": "Accepted",
        "connectorId": connector,
        "scheduleStart": clock.now_text(),
        "chargingSchedule": {
            "duration": duration.unwrap_or(0),
            "chargingRateUnit": unit,
            "chargingSchedulePeriod": periods,
        },
    }))
}

fn reserve(state: &mut State, connector: i32, payload: &Value) -> Answered {
    let kept = Reservation {
        id: payload["reservationId"].as_i64().unwrap_or_default(),
        tag: payload["idTag"].as_str().unwrap_or_default().to_owned(),
        until: payload["expiryDate"].as_str().and_then(|text| text.parse().ok()),
    };
    let other = |e: &Evse| e.reservation.as_ref().is_some_and(|held| held.id != kept.id);
    match state.evse(connector) {
        None => return plain("Rejected"),
        Some(e) if e.transaction.is_some() || e.battery.is_some() || other(e) => return plain("Occupied"),
        Some(e) if !e.operative => return plain("Unavailable"),
        Some(_) => {}
    }
    state.reserve(connector, kept);
    with("Accepted", vec![Duty::Status(connector)])
}

fn cancel_reservation(state: &mut State, id: i64) -> Answered {
    match state.release(id) {
        Some(connector) => with("Accepted", vec![Duty::Status(connector)]),
        None => plain("Rejected"),
    }
}

fn log(location: &str, tells: &'static str, request_id: Option<i64>) -> Duty {
    Duty::Transfer(Wish { url: location.to_owned(), tells, request_id, upload: true })
}
