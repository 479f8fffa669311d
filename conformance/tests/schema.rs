//! What virtual stations say and answer keeps to the schemas of every version.

use conformance::responder::Responder;
use conformance::{ConnectorState, EnergyUnit, Error, Hardware, Options, Station};
use ocpp::Version;
use ocpp::schema::{self, Kind};
use serde_json::{Value, json};

async fn pair(version: Version, hardware: Hardware) -> (Responder, Station) {
    let responder = Responder::start("127.0.0.1:0", true).await.expect("a responder");
    let options = Options::new(&responder.url(), "CS-1", version).hardware(hardware);
    let station = Station::connect(options).await.expect("connects");
    (responder, station)
}

/// Everything that a station says by itself, in both units, with and without a state of charge.
#[tokio::test]
async fn requests_keep_to_the_schema() -> Result<(), Error> {
    let dc = conformance::battery::Supply::Dc { limit_w: 150_000 };
    let fast = Hardware { supply: dc, unit: EnergyUnit::KWh, ..Hardware::default() };
    for version in Version::ALL {
        for hardware in [Hardware::default(), fast.clone()] {
            let (responder, station) = pair(version, hardware).await;
            station.boot().await?;
            station.heartbeat().await?;
            station.authorize("TAG").await?;
            for state in [ConnectorState::Available, ConnectorState::Faulted, ConnectorState::Reserved] {
                station.status(1, state).await?;
            }
            for reason in ["Local", "Remote", "EVDisconnected", "HardReset", "StoppedByEV", "gibberish"] {
                station.plug_in(1).await?;
                station.start(1, "TAG").await?;
                station.charge_wh(1, 1_234)?;
                station.meter(1).await?;
                station.stop(1, reason).await?;
                station.unplug(1).await?;
            }
            station.cut().await;
            station.start(1, "TAG").await?;
            station.meter(1).await?;
            station.stop(1, "Local").await?;
            station.reconnect().await?;
            station.replay().await?;
            check_requests(version, &responder, 26);
        }
    }
    Ok(())
}

/// Every action that a CSMS may send is answered with a valid result, or with NotSupported; and so is what follows.
#[tokio::test]
async fn answers_keep_to_the_schema() {
    for version in Version::ALL {
        let (responder, station) = pair(version, Hardware::default()).await;
        let actions: Vec<&str> = schema::actions(version, schema::Direction::Csms).collect();
        assert!(actions.len() >= 20, "{version:?} knows {} actions", actions.len());
        let mut supported = 0;
        for action in actions {
            for payload in asks(version, action) {
                if let Err(error) = schema::check(version, action, Kind::Request, &payload) {
                    panic!("the test asks {action} wrongly: {error:?}");
                }
                match responder.call("CS-1", action, payload).await.expect("is answered") {
                    Ok(answer) => {
                        supported += 1;
                        let checked = schema::check(version, action, Kind::Response, &answer);
                        assert_eq!(checked, Ok(()), "{version:?} {action} {answer}");
                    }
                    Err(error) => assert_eq!(error.code, "NotSupported", "{action}"),
                }
            }
        }
        assert!(supported >= 20, "{version:?}: {supported}");
        // Whatever the requests have set off comes before this call's turn, or is too late to be looked at.
        station.heartbeat().await.expect("still there");
        check_requests(version, &responder, 5);
    }
}

fn check_requests(version: Version, responder: &Responder, at_least: usize) {
    let seen = responder.seen();
    assert!(seen.len() >= at_least, "{version:?}: {} messages", seen.len());
    for message in seen {
        let checked = schema::check(version, &message.action, Kind::Request, &message.payload);
        assert_eq!(checked, Ok(()), "{version:?} {} {}", message.action, message.payload);
    }
}

/// Requests that a CSMS might send; none for actions that a virtual station refuses whatever their payload, and none
/// for Reset, which would end the connection and is tested elsewhere.
fn asks(version: Version, action: &str) -> Vec<Value> {
    if version == Version::V16 { asks_16(action) } else { asks_2(action) }
}

fn asks_16(action: &str) -> Vec<Value> {
    let profile = json!({
        "chargingProfileId": 1, "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Relative",
        "chargingSchedule": {
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{ "startPeriod": 0, "limit": 16.5 }],
        },
    });
    let later = "2030-01-01T00:00:00Z";
    match action {
        "ChangeAvailability" => [0, 1, 9]
            .map(|n| json!({ "connectorId": n, "type": "Inoperative" }))
            .into_iter()
            .chain([json!({ "connectorId": 0, "type": "Operative" })])
            .collect(),
        "ChangeConfiguration" => ["HeartbeatInterval", "NumberOfConnectors", "Nonsense"]
            .map(|key| json!({ "key": key, "value": "60" }))
            .into(),
        "GetConfiguration" => vec![json!({}), json!({ "key": ["HeartbeatInterval", "Nonsense"] })],
        "ClearCache" | "GetLocalListVersion" | "ClearChargingProfile" => vec![json!({})],
        "RemoteStartTransaction" => vec![json!({ "idTag": "T", "connectorId": 9 }), json!({ "idTag": "T" })],
        "RemoteStopTransaction" => vec![json!({ "transactionId": 4711 })],
        "UnlockConnector" => [1, 2, 9].map(|n| json!({ "connectorId": n })).into(),
        "DataTransfer" => vec![json!({ "vendorId": "x" })],
        "GetDiagnostics" => vec![json!({ "location": "ftp://example.org/" })],
        "UpdateFirmware" => {
            vec![json!({ "location": "ftp://example.org/", "retrieveDate": later })]
        }
        "SendLocalList" => vec![3, 2]
            .into_iter()
            .map(|v| json!({ "listVersion": v, "updateType": "Differential" }))
            .collect(),
        "ReserveNow" => [1, 9]
            .map(|n| json!({ "connectorId": n, "expiryDate": later, "idTag": "T", "reservationId": 1 }))
            .into(),
        "CancelReservation" => vec![json!({ "reservationId": 1 })],
        "SetChargingProfile" => {
            [0, 1, 9].map(|n| json!({ "connectorId": n, "csChargingProfiles": profile })).into()
        }
        "GetCompositeSchedule" => [0, 1, 9].map(|n| json!({ "connectorId": n, "duration": 600 })).into(),
        "TriggerMessage" | "ExtendedTriggerMessage" => [
            "BootNotification",
            "Heartbeat",
            "MeterValues",
            "StatusNotification",
            "FirmwareStatusNotification",
        ]
        .map(|m| json!({ "requestedMessage": m }))
        .into_iter()
        .chain([json!({ "requestedMessage": "MeterValues", "connectorId": 9 })])
        .collect(),
        "GetLog" => vec![json!({
            "log": { "remoteLocation": "ftp://example.org/" }, "logType": "SecurityLog", "requestId": 7,
        })],
        "GetInstalledCertificateIds" => {
            vec![json!({ "certificateType": "CentralSystemRootCertificate" })]
        }
        _ => Vec::new(),
    }
}

fn asks_2(action: &str) -> Vec<Value> {
    let later = "2030-01-01T00:00:00Z";
    let token = json!({ "idToken": "T", "type": "Central" });
    let variable = |c: &str, v: &str| json!({ "component": { "name": c }, "variable": { "name": v } });
    let written = |c: &str, v: &str| {
        let mut item = variable(c, v);
        item["attributeValue"] = json!("60");
        item
    };
    let profile = json!({
        "id": 1, "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Relative",
        "chargingSchedule": [{
            "id": 1, "chargingRateUnit": "W",
            "chargingSchedulePeriod": [{ "startPeriod": 0, "limit": 6000.5 }],
        }],
    });
    let firmware = json!({ "location": "https://example.org/f", "retrieveDateTime": later });
    let evses = |make: &dyn Fn(i32) -> Value| [0, 1, 9].map(make).to_vec();
    match action {
        "GetBaseReport" => vec![json!({ "requestId": 1, "reportBase": "FullInventory" })],
        "GetReport" => vec![json!({ "requestId": 2 })],
        "GetVariables" => vec![json!({ "getVariableData": [
            variable("OCPPCommCtrlr", "HeartbeatInterval"), variable("OCPPCommCtrlr", "X"), variable("X", "X"),
        ] })],
        "SetVariables" => vec![json!({ "setVariableData": [
            written("OCPPCommCtrlr", "HeartbeatInterval"), written("ChargingStation", "Model"), written("X", "X"),
        ] })],
        "RequestStartTransaction" => {
            [9, 1].map(|n| json!({ "idToken": token, "evseId": n, "remoteStartId": 1 })).to_vec()
        }
        "RequestStopTransaction" => vec![json!({ "transactionId": "nonsense" })],
        "GetTransactionStatus" => vec![json!({}), json!({ "transactionId": "nonsense" })],
        "UnlockConnector" => [2, 9].map(|n| json!({ "evseId": n, "connectorId": 1 })).to_vec(),
        "ChangeAvailability" => vec![
            json!({ "operationalStatus": "Inoperative" }),
            json!({ "operationalStatus": "Operative", "evse": { "id": 9 } }),
            json!({ "operationalStatus": "Operative" }),
        ],
        "SendLocalList" => {
            [3, 2].map(|v| json!({ "versionNumber": v, "updateType": "Differential" })).to_vec()
        }
        "SetChargingProfile" => evses(&|n| json!({ "evseId": n, "chargingProfile": profile })),
        "ClearCache" | "ClearChargingProfile" | "GetLocalListVersion" => vec![json!({})],
        "GetChargingProfiles" => vec![json!({ "requestId": 3, "chargingProfile": { "stackLevel": 0 } })],
        "GetCompositeSchedule" => evses(&|n| json!({ "evseId": n, "duration": 600 })),
        "ReserveNow" => {
            vec![json!({ "id": 1, "expiryDateTime": later, "idToken": token, "evseId": 2 })]
        }
        "CancelReservation" => vec![json!({ "reservationId": 1 }), json!({ "reservationId": 2 })],
        "CostUpdated" => vec![json!({ "totalCost": 1.5, "transactionId": "t" })],
        "DataTransfer" => vec![json!({ "vendorId": "x" })],
        "GetLog" => vec![json!({
            "log": { "remoteLocation": "https://example.org/" }, "logType": "SecurityLog", "requestId": 7,
        })],
        "UpdateFirmware" => vec![json!({ "requestId": 8, "firmware": firmware })],
        "GetInstalledCertificateIds" => vec![json!({})],
        "GetDisplayMessages" => vec![json!({ "requestId": 9 })],
        "ClearDisplayMessage" => vec![json!({ "id": 1 })],
        "SetMonitoringBase" => vec![json!({ "monitoringBase": "All" })],
        "SetMonitoringLevel" => vec![json!({ "severity": 3 })],
        "GetMonitoringReport" => vec![json!({ "requestId": 10 })],
        "GetTariffs" => vec![json!({ "evseId": 0 })],
        "TriggerMessage" => {
            let plain = [
                "BootNotification",
                "Heartbeat",
                "MeterValues",
                "StatusNotification",
                "TransactionEvent",
                "FirmwareStatusNotification",
                "LogStatusNotification",
                "SignV2GCertificate",
            ];
            let mut asks = plain.map(|m| json!({ "requestedMessage": m })).to_vec();
            asks.push(json!({ "requestedMessage": "MeterValues", "evse": { "id": 9 } }));
            asks
        }
        _ => Vec::new(),
    }
}
