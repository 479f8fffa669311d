//! Virtual stations of all versions against the smallest CSMS.

use std::time::Duration;

use chrono::{DateTime, Utc};
use conformance::responder::Responder;
use conformance::{
    AfterReboot, Answer, ConnectorState, EnergyUnit, Error, Fault, Hardware, Options, Start, Station,
};
use ocpp::Version;
use serde_json::{Value, json};

fn noon() -> DateTime<Utc> {
    "2026-08-01T12:00:00Z".parse().expect("an instant")
}

async fn pair(version: Version) -> (Responder, Station) {
    let responder = Responder::start("127.0.0.1:0", true).await.expect("a responder");
    let options = Options::new(&responder.url(), "CS-1", version).clock_at(noon());
    let station = Station::connect(options.timeout(Duration::from_secs(5))).await.expect("connects");
    (responder, station)
}

fn actions(responder: &Responder) -> Vec<String> {
    responder.seen().into_iter().map(|s| s.action).collect()
}

#[tokio::test]
async fn a_session_in_1_6() {
    let (responder, station) = pair(Version::V16).await;
    assert_eq!(station.subprotocol().as_deref(), Some("ocpp1.6"));
    assert_eq!(station.boot().await.expect("boots").status, "Accepted");
    station.status(1, ConnectorState::Available).await.expect("tells");
    assert_eq!(station.authorize("TAG").await.expect("asks").status, "Accepted");
    station.plug_in(1).await.expect("plugs in");
    let started = station.start(1, "TAG").await.expect("starts");
    assert_eq!(started.transaction.as_deref(), Some("1"));
    let took = station.charge_wh(1, 7_500).expect("charges");
    assert_eq!(took.as_secs(), 2_454, "7.5 kWh at 11 kW");
    station.meter(1).await.expect("meters");
    station.stop(1, "EVDisconnected").await.expect("stops");
    station.unplug(1).await.expect("leaves");

    let seen = responder.seen();
    let of = |action: &str| seen.iter().find(|s| s.action == action).expect("was sent").payload.clone();
    assert_eq!(of("StartTransaction")["meterStart"], 1_000);
    assert_eq!(of("StartTransaction")["timestamp"], "2026-08-01T12:00:00.000Z");
    let sampled = &of("MeterValues")["meterValue"][0]["sampledValue"];
    assert_eq!((sampled[0]["value"].clone(), sampled[1]["value"].clone()), (json!("8500"), json!("11000")));
    let stop = of("StopTransaction");
    assert_eq!((stop["meterStop"].clone(), stop["transactionId"].clone()), (json!(8_500), json!(1)));
    assert_eq!(stop["timestamp"], "2026-08-01T12:40:54.545Z", "the clock moved on with the energy");
    assert_eq!(stop.get("idTag"), None, "nobody presented a card");

    let acknowledged = station.acknowledged();
    assert_eq!(acknowledged.len(), seen.len());
    let last = acknowledged.iter().rfind(|a| a.action == "StopTransaction").expect("is recorded");
    assert_eq!((last.transaction.as_deref(), last.register_wh), (Some("1"), Some(8_500)));
}

#[tokio::test]
async fn a_session_in_2_x() {
    for version in [Version::V201, Version::V21] {
        let responder = Responder::start("127.0.0.1:0", true).await.expect("a responder");
        let hardware = Hardware { unit: EnergyUnit::KWh, ..Hardware::default() };
        let options = Options::new(&responder.url(), "CS-2", version).clock_at(noon()).hardware(hardware);
        let station = Station::connect(options).await.expect("connects");
        station.boot().await.expect("boots");
        station.plug_in(2).await.expect("plugs in");
        let id = station.start(2, "TAG").await.expect("starts").transaction.expect("has an id");
        station.charge_wh(2, 1_234).expect("charges");
        station.meter(2).await.expect("meters");
        station.stop(2, "Local").await.expect("stops");

        let events: Vec<Value> = responder
            .seen()
            .into_iter()
            .filter(|s| s.action == "TransactionEvent")
            .map(|s| s.payload)
            .collect();
        let kinds: Vec<_> = events.iter().map(|e| (e["eventType"].as_str(), e["seqNo"].as_i64())).collect();
        assert_eq!(kinds, [(Some("Started"), Some(0)), (Some("Updated"), Some(1)), (Some("Ended"), Some(2))]);
        assert!(events.iter().all(|e| e["transactionInfo"]["transactionId"] == json!(id)));
        assert_eq!(events[1]["meterValue"][0]["sampledValue"][0]["value"].to_string(), "2.234");
        assert_eq!(events[2]["idToken"]["idToken"], "TAG");
        let seqs: Vec<_> = station.acknowledged().iter().filter_map(|a| a.seq).collect();
        assert_eq!(seqs, [0, 1, 2]);
    }
}

#[tokio::test]
async fn remote_start_and_stop_are_followed_up() {
    for version in Version::ALL {
        let (responder, station) = pair(version).await;
        station.boot().await.expect("boots");
        let is_16 = version == Version::V16;
        let (start, stop) = if is_16 {
            ("RemoteStartTransaction", "RemoteStopTransaction")
        } else {
            ("RequestStartTransaction", "RequestStopTransaction")
        };
        let payload = if is_16 {
            json!({ "idTag": "APP", "connectorId": 2 })
        } else {
            json!({ "idToken": { "idToken": "APP", "type": "Central" }, "evseId": 2, "remoteStartId": 77 })
        };
        let answer = responder.call("CS-1", start, payload).await.expect("answers").expect("a result");
        assert_eq!(answer["status"], "Accepted");
        assert!(station.expect_call(start).await.is_ok());
        let first = if is_16 { "StartTransaction" } else { "TransactionEvent" };
        let seen = responder.wait_for(|s| s.action == first).await;
        if !is_16 {
            assert_eq!(seen.payload["transactionInfo"]["remoteStartId"], 77);
            assert_eq!(seen.payload["idToken"]["type"], "Central");
        }
        // The status that follows the start: now the station knows the transaction id of a 1.6 CSMS too.
        responder.wait_for(|s| s.action == "StatusNotification").await;
        let id = station.transaction(2).expect("runs");
        let id = if is_16 { json!(id.parse::<i64>().expect("a number")) } else { json!(id) };
        let wrong = if is_16 { json!(4711) } else { json!("nonsense") };
        let refused = responder.call("CS-1", stop, json!({ "transactionId": wrong })).await;
        assert_eq!(refused.expect("answers").expect("a result")["status"], "Rejected");
        let accepted = responder.call("CS-1", stop, json!({ "transactionId": id })).await;
        assert_eq!(accepted.expect("answers").expect("a result")["status"], "Accepted");
        let end = responder
            .wait_for(|s| s.action == "StopTransaction" || s.payload["eventType"] == "Ended")
            .await
            .payload;
        assert_eq!(if is_16 { &end["reason"] } else { &end["transactionInfo"]["stoppedReason"] }, "Remote");
    }
}

#[tokio::test]
async fn a_base_report_comes_in_parts_and_a_huge_one_has_32_kb() {
    let (responder, station) = pair(Version::V201).await;
    station.inject(Fault::HugeReport);
    let asked = json!({ "requestId": 5, "reportBase": "FullInventory" });
    let answer = responder.call("CS-1", "GetBaseReport", asked).await.expect("answers");
    assert_eq!(answer.expect("a result")["status"], "Accepted");
    let last = responder.wait_for(|s| s.action == "NotifyReport" && s.payload["tbc"] == false).await;
    let parts: Vec<_> = responder.seen().into_iter().filter(|s| s.action == "NotifyReport").collect();
    assert!(parts.len() >= 2 && last.payload["seqNo"] == json!(parts.len() - 1));
    let longest = parts.iter().map(|p| p.payload.to_string().len()).max().expect("parts");
    assert!((30_000..36_000).contains(&longest), "{longest} bytes");
}

#[tokio::test]
async fn what_happens_offline_is_queued_and_delivered_in_order() {
    for version in [Version::V16, Version::V201] {
        let (responder, station) = pair(version).await;
        station.boot().await.expect("boots");
        station.cut().await;
        assert!(matches!(station.heartbeat().await, Err(Error::Offline)));
        let started = station.start(1, "TAG").await.expect("starts offline");
        assert_eq!(started.answer, None);
        station.charge_wh(1, 2_000).expect("charges");
        assert_eq!(station.meter(1).await.expect("queues"), None);
        assert_eq!(station.stop(1, "Local").await.expect("queues"), None);
        assert_eq!(station.queued(), 3);
        station.reconnect().await.expect("reconnects");
        assert_eq!(station.replay().await.expect("delivers"), 3);
        assert_eq!(station.queued(), 0);
        let seen: Vec<_> = responder.seen().into_iter().skip(1).collect();
        if version == Version::V16 {
            assert_eq!(actions(&responder)[1..], ["StartTransaction", "MeterValues", "StopTransaction"]);
            assert_eq!(seen[1].payload["transactionId"], 1, "the id that came in between");
            assert_eq!(seen[2].payload["transactionId"], 1);
        } else {
            assert!(seen.iter().all(|s| s.payload["offline"] == true));
        }
        assert_eq!(station.replay_old().await.expect("repeats"), 3);
        let again: Vec<_> = responder.seen().into_iter().skip(4).collect();
        assert_eq!(again.len(), 3);
        for (old, new) in seen.iter().zip(&again) {
            assert_eq!(old.payload, new.payload);
            assert_ne!(old.id, new.id);
        }
    }
}

#[tokio::test]
async fn a_message_cut_off_is_kept_and_sent_again() {
    let (responder, station) = pair(Version::V201).await;
    station.start(1, "TAG").await.expect("starts");
    station.inject(Fault::DropMidCall);
    assert!(matches!(station.meter(1).await, Err(Error::Dropped(_))));
    assert!(!station.is_online());
    assert_eq!(station.queued(), 1);
    station.reconnect().await.expect("reconnects");
    station.replay().await.expect("delivers");
    let updates: Vec<_> =
        responder.seen().into_iter().filter(|s| s.payload["eventType"] == "Updated").collect();
    assert_eq!(updates.len(), 2, "the CSMS got it, the station did not know");
    assert_eq!(updates[0], updates[1], "same message id, same payload");
    let told = station.acknowledged().iter().filter(|a| a.seq == Some(1)).count();
    assert_eq!(told, 1);
}

#[tokio::test]
async fn faults_show_on_the_wire() {
    let (responder, station) = pair(Version::V201).await;
    for fault in [
        Fault::IdsFromOne,
        Fault::TransactionId("0".into()),
        Fault::SeqNoZero,
        Fault::PlaceZero,
        Fault::NineDigits,
    ] {
        station.inject(fault);
    }
    station.start(1, "TAG").await.expect("starts");
    station.inject(Fault::LoseClock);
    station.inject(Fault::MeterReset);
    station.inject(Fault::DuplicateNewId);
    station.meter(1).await.expect("meters");
    let events: Vec<_> = responder.seen().into_iter().filter(|s| s.action == "TransactionEvent").collect();
    assert_eq!(events.len(), 3);
    assert_eq!(events[0].payload["timestamp"], "2026-08-01T12:00:00.000000000Z");
    assert_eq!(events[0].payload["evse"]["id"], 0);
    assert_eq!(events[0].payload["transactionInfo"]["transactionId"], "0");
    assert_eq!(events[1].payload["timestamp"], "1970-01-01T00:00:00.000000000Z");
    assert_eq!(events[1].payload["seqNo"], 0);
    assert_eq!(events[1].payload["meterValue"][0]["sampledValue"][0]["value"], 0);
    assert_eq!(events[1].payload, events[2].payload);
    assert_ne!(events[1].id, events[2].id);

    station.cut().await;
    station.inject(Fault::Reorder);
    station.charge_wh(1, 10).expect("charges");
    station.meter(1).await.expect("queues");
    station.charge_wh(1, 10).expect("charges");
    station.stop(1, "Local").await.expect("queues");
    station.reconnect().await.expect("reconnects");
    station.heartbeat().await.expect("asks");
    station.replay().await.expect("delivers");
    let seen = responder.seen();
    let n = seen.len();
    assert_eq!(seen[n - 3].id, "1", "message ids start again with the connection");
    let kinds: Vec<_> = seen[n - 2..].iter().map(|s| s.payload["eventType"].as_str()).collect();
    assert_eq!(kinds, [Some("Ended"), Some("Updated")], "the queue came in reverse");

    station.mend();
    station.start(1, "TAG").await.expect("starts");
    let last = responder.seen().into_iter().rfind(|s| s.action == "TransactionEvent").expect("was sent");
    assert_ne!(last.payload["transactionInfo"]["transactionId"], "0");
    assert!(last.payload["timestamp"].as_str().is_some_and(|t| t.starts_with("2026-08-01")));
}

#[tokio::test]
async fn answers_can_be_wrong_or_missing_on_request() {
    let (responder, station) = pair(Version::V16).await;
    station.inject(Fault::InvalidCallResult);
    let answer = responder.call("CS-1", "ClearCache", json!({})).await.expect("answers");
    assert_eq!(answer.expect("a result")["status"], 7);
    station.answer_with("ClearCache", Answer::Error("InternalError".into(), "no".into()));
    let answer = responder.call("CS-1", "ClearCache", json!({})).await.expect("answers");
    assert_eq!(answer.expect_err("an error").code, "InternalError");
    station.answer_normally("ClearCache");
    let answer = responder.call("CS-1", "ClearCache", json!({})).await.expect("answers");
    assert_eq!(answer.expect("a result")["status"], "Accepted");
    let answer = responder.call("CS-1", "MakeCoffee", json!({})).await.expect("answers");
    assert_eq!(answer.expect_err("an error").code, "NotImplemented");
}

#[tokio::test]
async fn settings_can_be_read_and_written() {
    let (responder, station) = pair(Version::V16).await;
    let change = json!({ "key": "HeartbeatInterval", "value": "60" });
    let answer = responder.call("CS-1", "ChangeConfiguration", change).await.expect("answers");
    assert_eq!(answer.expect("a result")["status"], "Accepted");
    assert_eq!(station.setting("HeartbeatInterval").as_deref(), Some("60"));
    let change = json!({ "key": "NumberOfConnectors", "value": "9" });
    let answer = responder.call("CS-1", "ChangeConfiguration", change).await.expect("answers");
    assert_eq!(answer.expect("a result")["status"], "Rejected");

    let (responder, station) = pair(Version::V21).await;
    let item = |component: &str, variable: &str, value: Option<&str>| {
        let mut item = json!({ "component": { "name": component }, "variable": { "name": variable } });
        if let Some(value) = value {
            item["attributeValue"] = json!(value);
        }
        item
    };
    let asked = json!({ "setVariableData": [
        item("OCPPCommCtrlr", "HeartbeatInterval", Some("60")),
        item("ChargingStation", "Model", Some("x")),
        item("OCPPCommCtrlr", "Nonsense", Some("x")),
        item("Nonsense", "Nonsense", Some("x")),
    ] });
    let answer = responder.call("CS-1", "SetVariables", asked).await.expect("answers").expect("a result");
    let status = |n: usize| answer["setVariableResult"][n]["attributeStatus"].as_str();
    assert_eq!(
        [status(0), status(1), status(2), status(3)],
        [Some("Accepted"), Some("Rejected"), Some("UnknownVariable"), Some("UnknownComponent")]
    );
    let asked = json!({ "getVariableData": [item("OCPPCommCtrlr", "HeartbeatInterval", None)] });
    let answer = responder.call("CS-1", "GetVariables", asked).await.expect("answers").expect("a result");
    assert_eq!(answer["getVariableResult"][0]["attributeValue"], "60");
    assert_eq!(station.setting("OCPPCommCtrlr.HeartbeatInterval").as_deref(), Some("60"));
}

#[tokio::test]
async fn a_charging_profile_limits_the_power() {
    let (responder, station) = pair(Version::V16).await;
    station.start(1, "TAG").await.expect("starts");
    assert_eq!(station.power_w(1), 11_000);
    let profile = json!({ "connectorId": 1, "csChargingProfiles": {
        "chargingProfileId": 1, "stackLevel": 0, "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": { "chargingRateUnit": "A", "chargingSchedulePeriod": [{ "startPeriod": 0, "limit": 6.0 }] },
    } });
    let answer = responder.call("CS-1", "SetChargingProfile", profile).await.expect("answers");
    assert_eq!(answer.expect("a result")["status"], "Accepted");
    assert_eq!(station.power_w(1), 4_140);
    station.charge_for(1, Duration::from_secs(3600)).expect("charges");
    assert_eq!(station.register_wh(1), Some(1_000 + 4_140));
}

#[tokio::test]
async fn reboots_end_forget_or_resume_transactions() {
    for (after, expected) in [
        (AfterReboot::End, vec!["BootNotification", "StopTransaction"]),
        (AfterReboot::Forget, vec!["BootNotification"]),
        (AfterReboot::Resume, vec!["BootNotification"]),
    ] {
        let (responder, station) = pair(Version::V16).await;
        station.start(1, "TAG").await.expect("starts");
        let before = responder.count();
        station.reboot(after).await.expect("comes back");
        assert_eq!(actions(&responder)[before..], expected);
        assert_eq!(station.transaction(1).is_some(), after == AfterReboot::Resume);
    }
}

#[tokio::test]
async fn a_reset_ends_transactions_and_brings_the_station_back() {
    for version in Version::ALL {
        let (responder, station) = pair(version).await;
        station.start_with(1, Start::card("TAG")).await.expect("starts");
        let kind = if version == Version::V16 { "Hard" } else { "Immediate" };
        let answer = responder.call("CS-1", "Reset", json!({ "type": kind })).await.expect("answers");
        assert_eq!(answer.expect("a result")["status"], "Accepted");
        responder.wait_for(|s| s.action == "BootNotification").await;
        responder.wait_for(|s| s.action == "StatusNotification" && is_place(&s.payload, 2)).await;
        assert!(station.is_online());
        assert_eq!(station.transaction(1), None);
    }
}

fn is_place(payload: &Value, n: i64) -> bool {
    payload["connectorId"] == n || payload["evseId"] == n
}

#[tokio::test]
async fn raw_text_and_raw_calls() {
    let (responder, station) = pair(Version::V16).await;
    let answer = station.exchange_text("x", r#"[2,"x","Heartbeat",{}]"#).await.expect("answers");
    assert!(answer["currentTime"].is_string());
    let error =
        conformance::CallError { code: "NotImplemented".into(), description: "?".into(), details: json!({}) };
    responder.answer_with("Odd", Err(error));
    let failed = station.call("Odd", json!({})).await.expect_err("a CALLERROR");
    assert_eq!(failed.code(), Some("NotImplemented"));
    responder.kick("CS-1");
    station.expect_offline().await.expect("is cut off");
    assert!(matches!(station.send_text("[]").await, Err(Error::Offline)));
}

#[tokio::test]
async fn the_last_handle_takes_the_connection_along() {
    let (responder, station) = pair(Version::V16).await;
    let clone = station.clone();
    drop(station);
    clone.heartbeat().await.expect("the clone is still connected");
    drop(clone);
    // The call is either never sent or never answered.
    assert_eq!(responder.call("CS-1", "ClearCache", json!({})).await, None);
}
