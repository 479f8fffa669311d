//! How a plain station answers calls that a case does not wait for: most CSMS read and set things on their own.

use ocpp::Version;
use serde_json::{Value, json};

use super::stage::Reply;

/// The answer of a station that does what it is asked and has nothing special.
pub(crate) fn reply(version: Version, action: &str, payload: &Value) -> Reply {
    let known = match version {
        Version::V16 => v16(action),
        Version::V201 | Version::V21 => v2(action, payload),
    };
    known.map_or(Reply::Fault("NotSupported"), Reply::With)
}

fn v16(action: &str) -> Option<Value> {
    Some(match action {
        "GetConfiguration" => json!({ "configurationKey": [
            { "key": "HeartbeatInterval", "readonly": false, "value": "300" },
            { "key": "NumberOfConnectors", "readonly": true, "value": "2" },
            { "key": "SupportedFeatureProfiles", "readonly": true,
              "value": "Core,FirmwareManagement,LocalAuthListManagement,Reservation,SmartCharging,RemoteTrigger" },
        ] }),
        "GetLocalListVersion" => json!({ "listVersion": 0 }),
        "TriggerMessage" | "ExtendedTriggerMessage" => json!({ "status": "NotImplemented" }),
        "ChangeConfiguration"
        | "SendLocalList"
        | "SetChargingProfile"
        | "ChangeAvailability"
        | "ClearCache" => {
            json!({ "status": "Accepted" })
        }
        "DataTransfer" => json!({ "status": "UnknownVendorId" }),
        "ClearChargingProfile" => json!({ "status": "Unknown" }),
        "UnlockConnector" => json!({ "status": "NotSupported" }),
        "GetInstalledCertificateIds" => json!({ "status": "NotFound" }),
        "RemoteStartTransaction"
        | "RemoteStopTransaction"
        | "Reset"
        | "ReserveNow"
        | "CancelReservation"
        | "GetCompositeSchedule" => json!({ "status": "Rejected" }),
        _ => return None,
    })
}

fn v2(action: &str, payload: &Value) -> Option<Value> {
    Some(match action {
        "GetVariables" => get_variables(payload, "UnknownComponent", None),
        "SetVariables" => set_variables(payload, "Accepted"),
        "SetVariableMonitoring" => set_monitoring(payload, "UnknownComponent"),
        "ClearVariableMonitoring" => clear_monitoring(payload, "NotFound"),
        "GetBaseReport" | "GetReport" | "GetMonitoringReport" => json!({ "status": "NotSupported" }),
        "GetLocalListVersion" => json!({ "versionNumber": 0 }),
        "GetTransactionStatus" => json!({ "messagesInQueue": false }),
        "SendLocalList" | "SetChargingProfile" | "ChangeAvailability" | "ClearCache"
        | "SetNetworkProfile" | "SetMonitoringBase" | "SetMonitoringLevel" | "InstallCertificate"
        | "CertificateSigned" | "SetDisplayMessage" | "SetDefaultTariff" => json!({ "status": "Accepted" }),
        "ClearChargingProfile" | "ClearDisplayMessage" | "GetDisplayMessages" => {
            json!({ "status": "Unknown" })
        }
        "GetChargingProfiles" => json!({ "status": "NoProfiles" }),
        "GetInstalledCertificateIds" => json!({ "status": "NotFound" }),
        "DataTransfer" => json!({ "status": "UnknownVendorId" }),
        "CostUpdated" | "NotifyWebPaymentStarted" | "GetPeriodicEventStream" => json!({}),
        "TriggerMessage" => json!({ "status": "NotImplemented" }),
        "GetTariffs" => json!({ "status": "NoTariff" }),
        "RequestStartTransaction"
        | "RequestStopTransaction"
        | "Reset"
        | "ReserveNow"
        | "CancelReservation"
        | "GetCompositeSchedule"
        | "CustomerInformation"
        | "UsePriorityCharging"
        | "AFRRSignal"
        | "NotifyAllowedEnergyTransfer" => {
            json!({ "status": "Rejected" })
        }
        _ => return None,
    })
}

/// The answer to GetVariables that gives each the same status, and value if there is one.
pub(crate) fn get_variables(payload: &Value, status: &str, value: Option<&str>) -> Value {
    let results = each(payload, "getVariableData", |item, result| {
        result["attributeStatus"] = status.into();
        copy(item, result, &["component", "variable", "attributeType"]);
        if let Some(value) = value {
            result["attributeValue"] = value.into();
        }
    });
    json!({ "getVariableResult": results })
}

/// The answer to SetVariables that gives each the same status.
pub(crate) fn set_variables(payload: &Value, status: &str) -> Value {
    let results = each(payload, "setVariableData", |item, result| {
        result["attributeStatus"] = status.into();
        copy(item, result, &["component", "variable", "attributeType"]);
    });
    json!({ "setVariableResult": results })
}

/// The answer to SetVariableMonitoring that gives each the same status, and ids from 1 on if that is Accepted.
pub(crate) fn set_monitoring(payload: &Value, status: &str) -> Value {
    let mut number = 0;
    let results = each(payload, "setMonitoringData", |item, result| {
        number += 1;
        result["status"] = status.into();
        copy(item, result, &["component", "variable", "type", "severity"]);
        if status == "Accepted" {
            result["id"] = item.get("id").cloned().unwrap_or_else(|| number.into());
        }
    });
    json!({ "setMonitoringResult": results })
}

/// The answer to ClearVariableMonitoring that gives each the same status.
pub(crate) fn clear_monitoring(payload: &Value, status: &str) -> Value {
    let ids = payload.get("id").and_then(Value::as_array).into_iter().flatten();
    let results: Vec<Value> = ids.map(|id| json!({ "id": id, "status": status })).collect();
    json!({ "clearMonitoringResult": results })
}

fn each(payload: &Value, list: &str, mut make: impl FnMut(&Value, &mut Value)) -> Vec<Value> {
    let items = payload.get(list).and_then(Value::as_array).into_iter().flatten();
    let results = items.map(|item| {
        let mut result = json!({});
        make(item, &mut result);
        result
    });
    results.collect()
}

fn copy(from: &Value, to: &mut Value, fields: &[&str]) {
    for field in fields {
        if let Some(value) = from.get(field) {
            to[*field] = value.clone();
        }
    }
}
