//! OCPP 2.0.1 and 2.1: how a station answers the calls of the CSMS.

use ocpp::Version;
use serde_json::{Value, json};

use crate::clock::StationClock;
use crate::duties::Duty;
use crate::profile;
use crate::settings;
use crate::state::{Answer, ConnectorState, Evse, Reservation, State};
use crate::station::unsupported;
use crate::transfer::Wish;
use crate::v2::report::{self, Wanted};
use crate::v2::{about, both_ways, display, monitors, tariffs};

type Answered = (Answer, Vec<Duty>);

/// The answer to a call, and what follows from it.
pub(crate) fn answer(state: &mut State, clock: &StationClock, action: &str, payload: &Value) -> Answered {
    let text = |key: &str| payload.get(key).and_then(Value::as_str).unwrap_or_default();
    let int = |key: &str| payload.get(key).and_then(Value::as_i64);
    let evse_id = int("evseId").and_then(|n| i32::try_from(n).ok());
    let evse = payload["evse"]["id"].as_i64().and_then(|n| i32::try_from(n).ok());
    match action {
        "Reset" => reset(state, text("type"), evse_id),
        "TriggerMessage" => trigger(state, text("requestedMessage"), evse),
        "GetVariables" => {
            result(json!({ "getVariableResult": variables(state, payload, "getVariableData") }))
        }
        "SetVariables" => {
            let before = state.config.clone();
            let answer = json!({ "setVariableResult": variables(state, payload, "setVariableData") });
            (Answer::Result(answer), monitors::changed(state, clock, &before))
        }
        "GetBaseReport" | "GetReport" => {
            let wanted = Wanted::of(payload);
            match report::is_empty(state, &wanted) {
                true => plain("EmptyResultSet"),
                false => {
                    let request_id = int("requestId").unwrap_or_default();
                    with("Accepted", vec![Duty::Report { request_id, wanted }])
                }
            }
        }
        "RequestStartTransaction" => request_start(state, payload, evse_id),
        "RequestStopTransaction" => match state.evse_of(text("transactionId")) {
            Some(evse) => with("Accepted", vec![Duty::Stop { evse, reason: "Remote" }]),
            None => plain("Rejected"),
        },
        "GetTransactionStatus" => transaction_status(state, payload),
        "UnlockConnector" => unlock(state, evse_id.unwrap_or_default()),
        "ChangeAvailability" => change_availability(state, evse, text("operationalStatus") == "Operative"),
        "GetLocalListVersion" => result(json!({ "versionNumber": state.list_version })),
        "SendLocalList" => plain(local_list(state, int("versionNumber").unwrap_or(0), text("updateType"))),
        "ClearCache" => plain("Accepted"),
        "SetChargingProfile" => {
            set_profile(state, clock, evse_id.unwrap_or_default(), &payload["chargingProfile"])
        }
        "ClearChargingProfile" => {
            let had = state.profiles.clear(state.version, payload);
            plain(if had { "Accepted" } else { "Unknown" })
        }
        "GetChargingProfiles" => match state.profiles.reports(payload) {
            none if none.is_empty() => plain("NoProfiles"),
            parts => {
                let part = |payload| Duty::Send { action: "ReportChargingProfiles".to_owned(), payload };
                with("Accepted", parts.into_iter().map(part).collect())
            }
        },
        "GetCompositeSchedule" => composite(state, clock, evse_id.unwrap_or_default(), payload),
        "ReserveNow" => reserve(state, evse_id, payload),
        "CancelReservation" => cancel_reservation(state, int("reservationId").unwrap_or_default()),
        "CostUpdated" => result(json!({})),
        "DataTransfer" => plain("UnknownVendorId"),
        "GetLog" => {
            let url = payload["log"]["remoteLocation"].as_str().unwrap_or_default().to_owned();
            let (tells, request_id) = ("LogStatusNotification", int("requestId"));
            let wish = Wish { url, tells, request_id, upload: true };
            let answer = json!({ "status": "Accepted", "filename": "diagnostics.log" });
            (Answer::Result(answer), vec![Duty::Transfer(wish)])
        }
        "UpdateFirmware" => {
            let url = payload["firmware"]["location"].as_str().unwrap_or_default().to_owned();
            let (tells, request_id) = ("FirmwareStatusNotification", int("requestId"));
            with("Accepted", vec![Duty::Transfer(Wish { url, tells, request_id, upload: false })])
        }
        "SetNetworkProfile" => plain(about::network(state, payload)),
        "CustomerInformation" => {
            let (status, duties) = about::customer(state, clock, payload);
            with(status, duties)
        }
        "GetInstalledCertificateIds" | "DeleteCertificate" => plain("NotFound"),
        "SetDisplayMessage" => match display::set(state, payload) {
            Some(answer) => result(answer),
            None => (unsupported(action), Vec::new()),
        },
        "ClearDisplayMessage" => result(display::clear(state, int("id").unwrap_or_default())),
        "GetDisplayMessages" => {
            let (status, duties) = display::list(state, payload);
            with(status, duties)
        }
        "SetVariableMonitoring" => result(monitors::set(state, payload)),
        "ClearVariableMonitoring" => result(monitors::clear(state, payload)),
        "SetMonitoringBase" => plain(monitors::base(state, text("monitoringBase"))),
        "GetMonitoringReport" => {
            let (status, duties) = monitors::list(state, clock, payload);
            with(status, duties)
        }
        "SetMonitoringLevel" => plain(monitors::level(state, int("severity"))),
        "SetDefaultTariff" | "GetTariffs" | "ClearTariffs" if state.version == Version::V21 => {
            held_tariffs(state, action, payload, evse_id)
        }
        _ if state.version == Version::V21 => match both_ways::answer(state, clock.now(), action, payload) {
            Some((answer, duties)) => (Answer::Result(answer), duties),
            None => (unsupported(action), Vec::new()),
        },
        _ => (unsupported(action), Vec::new()),
    }
}

/// Tariffs are held where cost is calculated; elsewhere nobody knows of them (I07.FR.01).
fn held_tariffs(state: &mut State, action: &str, payload: &Value, evse: Option<i32>) -> Answered {
    if state.config.get(tariffs::ENABLED).is_none_or(|on| on != "true") {
        return (unsupported(action), Vec::new());
    }
    result(match action {
        "SetDefaultTariff" => tariffs::set_default(state, evse.unwrap_or(-1), &payload["tariff"]),
        "GetTariffs" => tariffs::get(state, evse.unwrap_or_default()),
        _ => tariffs::clear(state, payload["tariffIds"].as_array(), evse),
    })
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

/// The whole station resets; a single EVSE cannot. OnIdle waits for the end of transactions, so it is only
/// scheduled then.
fn reset(state: &mut State, kind: &str, evse: Option<i32>) -> Answered {
    let busy = state.evses.iter().any(|e| e.transaction.is_some());
    match (kind, evse) {
        (_, Some(_)) => plain("Rejected"),
        ("OnIdle", None) if busy => {
            state.reset_when_idle = true;
            plain("Scheduled")
        }
        _ => with("Accepted", vec![Duty::Reboot { reason: "ImmediateReset" }]),
    }
}

fn trigger(state: &State, message: &str, evse: Option<i32>) -> Answered {
    let all = 1..=state.hardware.evses;
    let evses: Vec<i32> = match evse {
        Some(n) if n > 0 && !all.contains(&n) => return plain("Rejected"),
        Some(n) if n > 0 => vec![n],
        _ => all.collect(),
    };
    let busy = |n: &i32| {
        let index = usize::try_from(n - 1).unwrap_or(usize::MAX);
        state.evses.get(index).is_some_and(|e| e.transaction.is_some())
    };
    let duties: Vec<Duty> = match message {
        // A station that is accepted has nothing to say there (F06.FR.17).
        "BootNotification" if state.registration.as_deref() == Some("Accepted") => Vec::new(),
        "BootNotification" => vec![Duty::Boot],
        "Heartbeat" => vec![Duty::Heartbeat],
        "StatusNotification" => evses.into_iter().map(Duty::Status).collect(),
        "MeterValues" => evses.into_iter().map(Duty::Meter).collect(),
        "TransactionEvent" => evses.into_iter().filter(busy).map(Duty::Transaction).collect(),
        "LogStatusNotification" | "FirmwareStatusNotification" => sends(message, &["Idle"], None),
        _ => return plain("NotImplemented"),
    };
    if duties.is_empty() { plain("Rejected") } else { with("Accepted", duties) }
}

/// Reads or writes variables; the answer repeats what was asked and says how it went.
fn variables(state: &mut State, payload: &Value, list: &str) -> Vec<Value> {
    let items = payload.get(list).and_then(Value::as_array).cloned().unwrap_or_default();
    items.into_iter().map(|item| variable(state, &item)).collect()
}

fn variable(state: &mut State, item: &Value) -> Value {
    let name = |part: &str| item[part]["name"].as_str().unwrap_or_default().to_owned();
    let (component, variable) = (name("component"), name("variable"));
    let mut key = format!("{component}.{variable}");
    if let Some(instance) = item["variable"]["instance"].as_str() {
        key.push_str(&format!("[{instance}]"));
    }
    let known_component = state.config.keys().any(|k| k.split_once('.').is_some_and(|(c, _)| c == component));
    let read_only = settings::is_read_only(state.version, &key);
    let attribute = item.get("attributeType").and_then(Value::as_str).unwrap_or("Actual");
    let wanted = item.get("attributeValue").and_then(Value::as_str);
    let mut answer = json!({ "component": item["component"], "variable": item["variable"] });
    if item.get("attributeType").is_some() {
        answer["attributeType"] = json!(attribute);
    }
    let status = match (state.config.get_mut(&key), wanted) {
        (None, _) if known_component => "UnknownVariable",
        (None, _) => "UnknownComponent",
        _ if attribute != "Actual" => "NotSupportedAttributeType",
        (Some(_), Some(_)) if read_only => "Rejected",
        (Some(old), Some(wanted)) if !settings::fits(old, wanted) => "Rejected",
        (Some(value), Some(wanted)) => {
            wanted.clone_into(value);
            "Accepted"
        }
        (Some(value), None) => {
            answer["attributeValue"] = json!(value);
            "Accepted"
        }
    };
    answer["attributeStatus"] = json!(status);
    answer
}

fn request_start(state: &mut State, payload: &Value, evse: Option<i32>) -> Answered {
    let all = 1..=state.hardware.evses;
    let wanted: Vec<i32> = evse.map_or_else(|| all.collect(), |n| vec![n]);
    let token = |key: &str| payload["idToken"][key].as_str().unwrap_or_default().to_owned();
    let free = wanted.into_iter().find(|n| state.takes(*n, &token("idToken")));
    match free {
        Some(evse) => {
            let remote_start_id = payload.get("remoteStartId").and_then(Value::as_i64);
            let (tag, kind) = (token("idToken"), token("type"));
            with("Accepted", vec![Duty::Start { evse, tag, kind, remote_start_id }])
        }
        None => plain("Rejected"),
    }
}

fn transaction_status(state: &State, payload: &Value) -> Answered {
    match payload.get("transactionId").and_then(Value::as_str) {
        Some(id) => {
            let queued = state.queue.iter().any(|m| m.transaction.as_deref() == Some(id));
            result(json!({ "ongoingIndicator": state.evse_of(id).is_some(), "messagesInQueue": queued }))
        }
        None => result(json!({ "messagesInQueue": !state.queue.is_empty() })),
    }
}

fn unlock(state: &mut State, evse: i32) -> Answered {
    match state.evse(evse) {
        None => plain("UnknownConnector"),
        Some(e) if e.transaction.is_some() => plain("OngoingAuthorizedTransaction"),
        Some(_) => plain("Unlocked"),
    }
}

fn change_availability(state: &mut State, evse: Option<i32>, operative: bool) -> Answered {
    let all = 1..=state.hardware.evses;
    let evses: Vec<i32> = match evse {
        None | Some(0) => all.collect(),
        Some(n) if all.contains(&n) => vec![n],
        Some(_) => return plain("Rejected"),
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

fn set_profile(state: &mut State, clock: &StationClock, evse: i32, profile: &Value) -> Answered {
    plain(if state.set_profile(evse, profile, clock.now()).is_ok() { "Accepted" } else { "Rejected" })
}

fn composite(state: &mut State, clock: &StationClock, evse: i32, payload: &Value) -> Answered {
    let (now, duration) = (clock.now(), payload["duration"].as_i64());
    let supply_w = state.hardware.supply.limit_w();
    let limit_w = match evse {
        0 => Some(supply_w * i64::from(state.hardware.evses)),
        n => state.evse(n).is_some().then(|| state.limit_w(n, now).unwrap_or(supply_w).min(supply_w)),
    };
    let Some(limit_w) = limit_w else { return plain("Rejected") };
    let (unit, periods) = profile::composite(limit_w, payload["chargingRateUnit"].as_str());
    result(json!({
        "status": "Accepted",
        "schedule": {
            "evseId": evse,
            "duration": duration.unwrap_or(0),
            "scheduleStart": clock.now_text(),
            "chargingRateUnit": unit,
            "chargingSchedulePeriod": periods,
        },
    }))
}

fn reserve(state: &mut State, evse: Option<i32>, payload: &Value) -> Answered {
    let kept = Reservation {
        id: payload["id"].as_i64().unwrap_or_default(),
        tag: payload["idToken"]["idToken"].as_str().unwrap_or_default().to_owned(),
        until: payload["expiryDateTime"].as_str().and_then(|text| text.parse().ok()),
    };
    let free = |e: &Evse| {
        e.operative
            && e.transaction.is_none()
            && e.battery.is_none()
            && e.reservation.as_ref().is_none_or(|held| held.id == kept.id)
    };
    let index = match evse {
        Some(n) => usize::try_from(n - 1).ok().filter(|i| state.evses.get(*i).is_some_and(free)),
        None => state.evses.iter().position(free),
    };
    let place = index.and_then(|index| i32::try_from(index + 1).ok());
    let Some(place) = place else {
        let out = evse.is_some_and(|n| state.evse(n).is_some_and(|e| !e.operative));
        return plain(if out { "Unavailable" } else { "Occupied" });
    };
    state.reserve(place, kept);
    with("Accepted", vec![Duty::Status(place)])
}

fn cancel_reservation(state: &mut State, id: i64) -> Answered {
    match state.release(id) {
        Some(evse) => with("Accepted", vec![Duty::Status(evse)]),
        None => plain("Rejected"),
    }
}

fn sends(action: &str, statuses: &[&str], request_id: Option<i64>) -> Vec<Duty> {
    let send = |status: &&str| {
        let mut payload = json!({ "status": status });
        if let Some(id) = request_id {
            payload["requestId"] = json!(id);
        }
        Duty::Send { action: action.to_owned(), payload }
    };
    statuses.iter().map(send).collect()
}
