//! What is said in words goes over the wire as it was wished for.

use super::*;
use csms::{
    command::Command,
    link::dialect::ask::{self, Given, Rooms},
};
use ocpp::Version;

/// What Wattline sends for a wish: by which word, and the payload.
fn sent(version: Version, action: &str, payload: &Value, free: &[&str]) -> (String, Value) {
    let free: Vec<String> = free.iter().map(|place| (*place).to_owned()).collect();
    let said = command(version.subprotocol(), action, payload, &free);
    let asked: Command =
        serde_json::from_value(said.clone()).unwrap_or_else(|error| panic!("{said}: {error}"));
    let given = Given {
        now: "2026-03-02T08:00:00Z".parse().unwrap_or_default(),
        reference: 77,
        read_max: 9,
        write_max: 9,
        list_max: 9,
        list_bytes: usize::MAX,
        rooms: Rooms::default(),
        call_max: None,
    };
    let calls = ask::calls(version, &asked, &given).unwrap_or_else(|error| panic!("{said}: {error}"));
    assert_eq!((calls.len(), calls[0].action.as_str()), (1, action), "{said}");
    (asked.word().to_owned(), calls[0].payload.clone())
}

/// Said by this word, and so sent as it was wished for.
fn said(version: Version, action: &str, payload: Value, word: &str) {
    assert_eq!(sent(version, action, &payload, &[]), (word.to_owned(), payload), "{action}");
}

#[test]
fn what_is_said_in_words_is_sent_as_it_was_wished_for() {
    let at = "2026-03-02T08:00:00.000Z";
    let token = json!({"idToken": "T", "type": "ISO14443"});
    let variable = json!({"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "A"}});
    let schedule = json!({"startSchedule": at, "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6.0}]});
    for (action, payload, word) in [
        ("Reset", json!({"type": "Hard"}), "reset"),
        ("UnlockConnector", json!({"connectorId": 3}), "unlock"),
        ("ChangeAvailability", json!({"connectorId": 0, "type": "Inoperative"}), "availability"),
        ("GetConfiguration", json!({}), "inventory"),
        ("GetConfiguration", json!({"key": ["A"]}), "read"),
        ("ChangeConfiguration", json!({"key": "A", "value": "-1"}), "write"),
        ("RemoteStartTransaction", json!({"idTag": "T", "connectorId": 1}), "start"),
        ("RemoteStopTransaction", json!({"transactionId": 7}), "stop"),
        (
            "SendLocalList",
            json!({"listVersion": 2, "updateType": "Differential", "localAuthorizationList":
                [{"idTag": "T", "idTagInfo": {"status": "Accepted"}}]}),
            "send-list",
        ),
        (
            "SetChargingProfile",
            json!({"connectorId": 1, "csChargingProfiles": {"chargingProfileId": 5, "stackLevel": 0,
                "transactionId": 9, "chargingProfilePurpose": "TxProfile", "chargingProfileKind": "Absolute",
                "chargingSchedule": schedule}}),
            "set-profile",
        ),
        ("ClearChargingProfile", json!({}), "clear-profile"),
        ("TriggerMessage", json!({"requestedMessage": "MeterValues", "connectorId": 1}), "trigger"),
        ("ExtendedTriggerMessage", json!({"requestedMessage": "SignChargePointCertificate"}), "trigger"),
        ("ExtendedTriggerMessage", json!({"requestedMessage": "Heartbeat"}), "call"),
        ("GetDiagnostics", json!({"location": "http://a/"}), "get-log"),
        (
            "GetInstalledCertificateIds",
            json!({"certificateType": "ManufacturerRootCertificate"}),
            "list-certificates",
        ),
    ] {
        said(Version::V16, action, payload, word);
    }
    for (action, payload, word) in [
        ("Reset", json!({"type": "OnIdle", "evseId": 1}), "reset"),
        (
            "ChangeAvailability",
            json!({"operationalStatus": "Operative", "evse": {"id": 1, "connectorId": 1}}),
            "availability",
        ),
        ("GetVariables", json!({"getVariableData": [variable]}), "read"),
        ("SetMonitoringBase", json!({"monitoringBase": "HardWiredOnly"}), "monitoring-base"),
        ("ClearVariableMonitoring", json!({"id": [1, 2]}), "clear-monitors"),
        (
            "TriggerMessage",
            json!({"requestedMessage": "StatusNotification", "evse": {"id": 1, "connectorId": 1}}),
            "trigger",
        ),
        (
            "ClearChargingProfile",
            json!({"chargingProfileCriteria": {"evseId": 1, "chargingProfilePurpose": "TxProfile", "stackLevel": 0}}),
            "clear-profile",
        ),
        ("GetCompositeSchedule", json!({"evseId": 1, "duration": 300, "chargingRateUnit": "A"}), "composite"),
        (
            "SetNetworkProfile",
            json!({"configurationSlot": 1, "connectionData": {"ocppTransport": "JSON", "ocppCsmsUrl": "ws://a/ocpp",
                "messageTimeout": 30, "securityProfile": 1, "ocppInterface": "Wired0", "identity": "S"}}),
            "network-profile",
        ),
        (
            "UpdateDynamicSchedule",
            json!({"chargingProfileId": 5, "scheduleUpdate": {"setpoint": -1500}}),
            "update-schedule",
        ),
        ("UsePriorityCharging", json!({"transactionId": "7", "activate": true}), "use-priority"),
        ("CostUpdated", json!({"totalCost": 1.5, "transactionId": "7"}), "call"),
        ("Reset", json!({"type": "OnIdle", "customData": {"vendorId": "x"}}), "call"),
    ] {
        said(Version::V21, action, payload, word);
    }
    let expires = json!({"id": 1, "expiryDateTime": at, "idToken": token, "evseId": 1});
    said(Version::V201, "ReserveNow", expires, "reserve");
}

#[test]
fn numbers_that_are_ours_to_give_are_not_those_of_the_wish() {
    let token = json!({"idToken": "T", "type": "ISO14443"});
    let profile = json!({"id": 1, "stackLevel": 0, "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Relative", "chargingSchedule": []});
    let start = json!({"idToken": token, "evseId": 1, "remoteStartId": 1, "chargingProfile": profile});
    let (_, told) =
        sent(Version::V21, "RequestStartTransaction", &start, &["/remoteStartId", "/chargingProfile/id"]);
    assert_eq!((&told["remoteStartId"], &told["chargingProfile"]["id"]), (&json!(77), &json!(1_200_000_077)));
    let (_, told) =
        sent(Version::V21, "SetChargingProfile", &json!({"evseId": 1, "chargingProfile": profile}), &[]);
    assert_eq!(told["chargingProfile"]["id"], 1, "one that is meant is the one that is sent");
    let reserve = json!({"id": 1, "expiryDateTime": "2026-03-02T08:00:00Z", "idToken": token});
    assert_eq!(sent(Version::V201, "ReserveNow", &reserve, &["/id"]).1["id"], 77);
    let message =
        json!({"message": {"id": 1, "priority": "InFront", "message": {"format": "UTF8", "content": "A"}}});
    assert_eq!(sent(Version::V201, "SetDisplayMessage", &message, &["/message/id"]).1["message"]["id"], 77);
    assert_eq!(sent(Version::V201, "SetDisplayMessage", &message, &[]).1["message"]["id"], 1);
}
