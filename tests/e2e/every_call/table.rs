//! Every call that a CSMS may make: how it is asked for, and what a station says that does it, or does not want to.
//!
//! `command` is what the REST API is sent: a word of ours where there is one. CertificateSigned, PublishFirmware, UnpublishFirmware,
//! GetChargingProfiles, CostUpdated, GetTransactionStatus and NotifyWebPaymentStarted have none, and are sent as raw calls.

use ocpp::{
    Version,
    schema::{self, Kind},
};
use serde_json::{Value, json};

/// How a station says no.
pub enum No {
    /// With this answer, in which stands this word.
    Answer(Value, &'static str),
    /// The answer has no place for that: with an error.
    Error,
}

/// A call.
pub struct Row {
    pub action: &'static str,
    pub command: Value,
    pub yes: Value,
    pub no: No,
}

/// The calls of a version.
pub fn rows(version: Version) -> Vec<Row> {
    match version {
        Version::V16 => v16(),
        Version::V201 => v2(version),
        Version::V21 => v2(version).into_iter().chain(v21()).collect(),
    }
}

/// Answered by a status: `Accepted`, or this word.
fn word(action: &'static str, no: &'static str, command: Value) -> Row {
    row(action, json!({"status": "Accepted"}), No::Answer(json!({"status": no}), no), command)
}

/// Answered without any yes or no.
fn plain(action: &'static str, yes: Value, command: Value) -> Row {
    row(action, yes, No::Error, command)
}

fn row(action: &'static str, yes: Value, no: No, command: Value) -> Row {
    Row { action, command, yes, no }
}

/// A call without a word of ours.
fn raw(action: &'static str, payload: Value) -> Value {
    json!({"command": "call", "action": action, "payload": payload})
}

/// The same answer with a station's reasons, where the version has a place for them.
pub fn reasoned(version: Version, action: &str, answer: &Value) -> Value {
    let mut told = answer.clone();
    told["statusInfo"] = json!({"reasonCode": "NotToday", "additionalInfo": "come back later"});
    let has = schema::check(version, action, Kind::Response, &told).is_ok();
    if has && answer.get("status").is_some() { told } else { answer.clone() }
}

fn token() -> Value {
    json!({"uid": "04A1B2C3D4E5F6", "kind": "ISO14443"})
}

fn profile() -> Value {
    json!({"id": 5, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Absolute",
        "chargingSchedule": [{"id": 1, "startSchedule": "2026-01-01T00:00:00Z", "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 8.0}]}]})
}

fn hash() -> Value {
    json!({"command": "delete-certificate", "hash_algorithm": "SHA256", "issuer_name_hash": "aa",
        "issuer_key_hash": "bb", "serial_number": "1"})
}

/// What is asked for by the same words in every version, under the names of one.
fn common(version: Version) -> Vec<Row> {
    let old = version == Version::V16;
    let named = |then, now| if old { then } else { now };
    vec![
        word(
            named("RemoteStartTransaction", "RequestStartTransaction"),
            "Rejected",
            json!({"command": "start", "evse": 1, "token": token()}),
        ),
        word(
            named("RemoteStopTransaction", "RequestStopTransaction"),
            "Rejected",
            json!({"command": "stop", "transaction": "7"}),
        ),
        word("Reset", "Rejected", json!({"command": "reset", "kind": "idle"})),
        row(
            "UnlockConnector",
            json!({"status": "Unlocked"}),
            No::Answer(json!({"status": "UnlockFailed"}), "UnlockFailed"),
            json!({"command": "unlock", "evse": 1}),
        ),
        word(
            "ChangeAvailability",
            "Rejected",
            json!({"command": "availability", "operative": true, "evse": 1}),
        ),
        word("ClearCache", "Rejected", json!({"command": "clear-cache"})),
        plain(
            "GetLocalListVersion",
            if old { json!({"listVersion": 3}) } else { json!({"versionNumber": 3}) },
            json!({"command": "list-version"}),
        ),
        word(
            "SendLocalList",
            "VersionMismatch",
            json!({"command": "send-list", "version": 4, "full": true,
                "entries": [{"token": token(), "status": "Accepted"}]}),
        ),
        word(
            "ReserveNow",
            "Occupied",
            json!({"command": "reserve", "evse": 1, "token": token(), "expires_at": "2040-01-01T00:00:00Z"}),
        ),
        word("CancelReservation", "Rejected", json!({"command": "cancel-reservation", "number": 3})),
        word(
            "SetChargingProfile",
            "Rejected",
            json!({"command": "set-profile", "evse": 1, "profile": profile()}),
        ),
        word("ClearChargingProfile", "Unknown", json!({"command": "clear-profile", "id": 5})),
        word(
            "GetCompositeSchedule",
            "Rejected",
            json!({"command": "composite", "evse": 1, "duration_s": 600}),
        ),
        word("TriggerMessage", "Rejected", json!({"command": "trigger", "message": "Heartbeat"})),
        word(
            "GetLog",
            "Rejected",
            json!({"command": "get-log", "kind": "security", "url": "http://logs.example/"}),
        ),
        word(
            "InstallCertificate",
            "Failed",
            json!({"command": "install-certificate", "kind": "CSMSRootCertificate", "certificate": "PEM"}),
        ),
        word(
            "GetInstalledCertificateIds",
            "NotFound",
            json!({"command": "list-certificates", "kinds": ["ManufacturerRootCertificate"]}),
        ),
        word("DeleteCertificate", "NotFound", hash()),
        word("CertificateSigned", "Rejected", raw("CertificateSigned", json!({"certificateChain": "PEM"}))),
        word(
            "DataTransfer",
            "Rejected",
            json!({"command": "data-transfer", "vendor": "com.example", "data": "x"}),
        ),
    ]
}

fn v16() -> Vec<Row> {
    let mut rows = common(Version::V16);
    rows.extend([
        plain(
            "GetConfiguration",
            json!({"configurationKey": [{"key": "HeartbeatInterval", "readonly": false, "value": "300"}]}),
            json!({"command": "read", "variables": [{"name": "HeartbeatInterval"}]}),
        ),
        word(
            "ChangeConfiguration",
            "Rejected",
            json!({"command": "write", "variables": [{"variable": {"name": "HeartbeatInterval"}, "value": "300"}]}),
        ),
        word(
            "ExtendedTriggerMessage",
            "Rejected",
            json!({"command": "trigger", "message": "SignChargingStationCertificate"}),
        ),
        plain(
            "GetDiagnostics",
            json!({"fileName": "diagnostics.log"}),
            json!({"command": "get-log", "url": "ftp://logs.example/"}),
        ),
        plain(
            "UpdateFirmware",
            json!({}),
            json!({"command": "update-firmware", "url": "http://files.example/fw.bin"}),
        ),
        word(
            "SignedUpdateFirmware",
            "InvalidCertificate",
            json!({"command": "update-firmware", "url": "http://files.example/fw.bin", "signing_certificate": "PEM",
                "signature": "c2ln"}),
        ),
    ]);
    rows
}

fn v2(version: Version) -> Vec<Row> {
    let variable =
        || json!({"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}});
    let with = |fields: Value| {
        let mut all = variable();
        all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        all
    };
    let list = |action, field: &str, yes: Value, no: Value, command| {
        row(action, json!({field: [yes]}), No::Answer(json!({field: [no]}), "Rejected"), command)
    };
    let name = json!({"component": "OCPPCommCtrlr", "name": "HeartbeatInterval"});
    let monitor = |status: &str| with(json!({"status": status, "type": "Delta", "severity": 8, "id": 1}));
    let mut rows = common(version);
    rows.extend([
        list(
            "GetVariables",
            "getVariableResult",
            with(json!({"attributeStatus": "Accepted", "attributeValue": "300"})),
            with(json!({"attributeStatus": "Rejected"})),
            json!({"command": "read", "variables": [name]}),
        ),
        list(
            "SetVariables",
            "setVariableResult",
            with(json!({"attributeStatus": "Accepted"})),
            with(json!({"attributeStatus": "Rejected"})),
            json!({"command": "write", "variables": [{"variable": name, "value": "300"}]}),
        ),
        list(
            "SetVariableMonitoring",
            "setMonitoringResult",
            monitor("Accepted"),
            monitor("Rejected"),
            json!({"command": "set-monitors",
                "monitors": [{"variable": name, "kind": "delta", "value": 1, "severity": 8}]}),
        ),
        list(
            "ClearVariableMonitoring",
            "clearMonitoringResult",
            json!({"status": "Accepted", "id": 1}),
            json!({"status": "Rejected", "id": 1}),
            json!({"command": "clear-monitors", "ids": [1]}),
        ),
        word("GetBaseReport", "Rejected", json!({"command": "inventory"})),
        // That there is nothing to report (EmptyResultSet) refuses a raw call; to our words it is an answer.
        word("GetReport", "Rejected", json!({"command": "report", "states": ["problem"]})),
        word("GetReport", "EmptyResultSet", raw("GetReport", json!({"componentCriteria": ["Problem"]}))),
        word("GetMonitoringReport", "Rejected", json!({"command": "list-monitors"})),
        word("GetMonitoringReport", "EmptyResultSet", raw("GetMonitoringReport", json!({}))),
        word("SetMonitoringBase", "Rejected", json!({"command": "monitoring-base", "base": "all"})),
        word("SetMonitoringLevel", "Rejected", json!({"command": "monitoring-level", "severity": 4})),
        word(
            "CustomerInformation",
            "Invalid",
            json!({"command": "customer-information", "report": true, "customer_identifier": "ADA"}),
        ),
        word(
            "UpdateFirmware",
            "InvalidCertificate",
            json!({"command": "update-firmware", "url": "http://files.example/fw.bin"}),
        ),
        word(
            "PublishFirmware",
            "Rejected",
            raw(
                "PublishFirmware",
                json!({"location": "http://files.example/fw.bin",
                "checksum": "00000000000000000000000000000000"}),
            ),
        ),
        row(
            "UnpublishFirmware",
            json!({"status": "Unpublished"}),
            No::Answer(json!({"status": "DownloadOngoing"}), "DownloadOngoing"),
            raw("UnpublishFirmware", json!({"checksum": "00000000000000000000000000000000"})),
        ),
        word(
            "SetNetworkProfile",
            "Failed",
            json!({"command": "network-profile", "slot": 1, "url": "ws://csms.example/ocpp", "security_profile": 1}),
        ),
        word(
            "GetChargingProfiles",
            "NoProfiles",
            raw("GetChargingProfiles", json!({"chargingProfile": {"stackLevel": 0}})),
        ),
        word(
            "SetDisplayMessage",
            "NotSupportedPriority",
            json!({"command": "set-display", "text": "Welcome", "id": 1}),
        ),
        // The same is so of Unknown, and there is no other word.
        plain("GetDisplayMessages", json!({"status": "Accepted"}), json!({"command": "list-displays"})),
        word("GetDisplayMessages", "Unknown", raw("GetDisplayMessages", json!({}))),
        word("ClearDisplayMessage", "Unknown", json!({"command": "clear-display", "id": 1})),
        plain("CostUpdated", json!({}), raw("CostUpdated", json!({"totalCost": 1.5, "transactionId": "7"}))),
        plain(
            "GetTransactionStatus",
            json!({"messagesInQueue": false}),
            raw("GetTransactionStatus", json!({"transactionId": "7"})),
        ),
    ]);
    rows
}

/// What 2.1 has besides.
fn v21() -> Vec<Row> {
    let tariff = json!({"tariffId": "T1", "currency": "EUR", "energy": {"prices": [{"priceKwh": 0.25}]}});
    vec![
        word(
            "SetDefaultTariff",
            "TooManyElements",
            json!({"command": "set-tariff", "evse": 0, "tariff": tariff}),
        ),
        word("GetTariffs", "NoTariff", json!({"command": "list-tariffs"})),
        row(
            "ClearTariffs",
            json!({"clearTariffsResult": [{"status": "Accepted", "tariffId": "T1"}]}),
            No::Answer(json!({"clearTariffsResult": [{"status": "Rejected", "tariffId": "T1"}]}), "Rejected"),
            json!({"command": "clear-tariffs", "ids": ["T1"]}),
        ),
        word(
            "ChangeTransactionTariff",
            "TxNotFound",
            json!({"command": "change-tariff", "transaction": "7", "tariff": tariff}),
        ),
        word("RequestBatterySwap", "Rejected", json!({"command": "battery-swap", "token": token()})),
        plain("GetPeriodicEventStream", json!({}), json!({"command": "list-streams"})),
        word(
            "AdjustPeriodicEventStream",
            "Rejected",
            json!({"command": "adjust-stream", "stream": 1, "interval_s": 20, "values": 4}),
        ),
        word("AFRRSignal", "Rejected", json!({"command": "afrr-signal", "signal": 50})),
        word(
            "SetDERControl",
            "NotFound",
            json!({"command": "set-der-control", "default": true, "id": "C1", "kind": "LimitMaxDischarge",
                "limit_max_discharge": {"priority": 0, "pct_max_discharge_power": 50}}),
        ),
        word("GetDERControl", "NotFound", json!({"command": "get-der-control"})),
        word("ClearDERControl", "NotFound", json!({"command": "clear-der-control", "default": true})),
        word(
            "NotifyAllowedEnergyTransfer",
            "Rejected",
            json!({"command": "allow-energy-transfer", "transaction": "7", "allowed": ["DC"]}),
        ),
        plain(
            "NotifyWebPaymentStarted",
            json!({}),
            raw("NotifyWebPaymentStarted", json!({"evseId": 1, "timeout": 60})),
        ),
        word(
            "UpdateDynamicSchedule",
            "Rejected",
            json!({"command": "update-schedule", "profile": 5, "limit": 8.0}),
        ),
        word(
            "UsePriorityCharging",
            "NoProfile",
            json!({"command": "use-priority", "transaction": "7", "on": true}),
        ),
    ]
}
