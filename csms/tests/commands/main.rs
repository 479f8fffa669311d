//! Commands to stations of every version, on real sockets and on both databases: what is kept before it is sent, what the
//! station answers, what comes of it, and what a restart knows.
#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests fail like tests

mod house;
mod outages;

use chrono::TimeDelta;
use conformance::{Answer, Options, Start, Station};
use csms::{
    command::{self, Ask, Command, CommandError, Until},
    store::{
        commands::{self, CommandRow, Filter},
        row::{TokenRow, VariableRow, Write},
        stations,
        testing::TestDb,
        tokens, variables,
    },
};
use house::{ALL, House, PATIENCE, start, told};
use ocpp::Version;
use serde_json::{Value, json};

/// What a station has told of itself: component, variable, instance and value.
fn said(station: &str, (component, name, instance, value): (&str, &str, &str, &str)) -> Write {
    Write::Variable(Box::new(VariableRow {
        station_id: station.into(),
        component: component.into(),
        component_instance: String::new(),
        evse: 0,
        connector: 0,
        name: name.into(),
        instance: instance.into(),
        attribute: "Actual".into(),
        value: Some(value.into()),
        mutability: String::new(),
        characteristics: String::new(),
        reported_at: start(),
    }))
}

/// How long a list was in each call.
fn sizes(row: &CommandRow, field: &str) -> Vec<usize> {
    let calls: Vec<Value> = serde_json::from_str(&row.calls).unwrap();
    calls.iter().map(|call| call["payload"][field].as_array().unwrap().len()).collect()
}

#[tokio::test]
async fn a_remote_start_ends_in_a_session_and_a_remote_stop_in_its_end() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        for (id, version) in ["S16", "S201", "S21"].into_iter().zip(ALL) {
            let station = house.station(id, version).await;
            station.plug_in(1).await.unwrap();
            let start = json!({"command": "start", "evse": 1, "token": {"uid": "tag-1"}});
            let row = house.answer(id, start).await;
            assert_eq!((row.state.as_str(), row.verdict.as_str()), ("answered", "accepted"), "{version:?}");
            let row = house.until(row.id, Until::Outcome).await;
            assert_eq!((row.outcome.as_str(), row.outcome_word.as_str()), ("done", "began"), "{version:?}");
            let session = row.session_id.unwrap();
            let mut tx = house.app.db.read().await.unwrap();
            let session = csms::store::sessions::find(&mut tx, session).await.unwrap().unwrap();
            drop(tx);
            assert_eq!(session.token_uid, "TAG-1");

            let stop = json!({"command": "stop", "transaction": session.reference});
            let row = house.ask(id, stop).await;
            let row = house.until(row.id, Until::Outcome).await;
            assert_eq!((row.outcome.as_str(), row.session_id), ("done", Some(session.id)), "{version:?}");
        }
    }
}

#[tokio::test]
async fn a_refusal_is_told_in_the_stations_words() {
    let db = TestDb::sqlite().unwrap();
    let house = House::open(&db).await;
    let station = house.station("S", Version::V201).await;
    let told_so = json!({"status": "Rejected", "statusInfo": {"reasonCode": "FwUpdateInProgress"}});
    station.answer_with("Reset", Answer::Result(told_so));
    let row = house.answer("S", json!({"command": "reset", "kind": "idle"})).await;
    assert_eq!(told(&row), ("answered", "refused", ""));
    assert_eq!(row.reason, "Rejected FwUpdateInProgress");
    station.answer_with("ClearCache", Answer::Error("NotImplemented".into(), "no cache".into()));
    let row = house.answer("S", json!({"command": "clear-cache"})).await;
    assert_eq!(told(&row), ("answered", "unsupported", ""));
    assert_eq!(row.reason, "NotImplemented no cache");
}

#[tokio::test]
async fn what_a_version_lacks_is_said_without_asking() {
    let db = TestDb::sqlite().unwrap();
    let house = House::open(&db).await;
    let _old = house.station("OLD", Version::V16).await;
    for (command, why) in [
        (json!({"command": "reset", "kind": "resume"}), "no reset after which sessions go on"),
        (json!({"command": "reset", "kind": "idle", "evse": 1}), "as a whole"),
        (json!({"command": "trigger", "message": "TransactionEvent"}), "no trigger for TransactionEvent"),
        (
            json!({"command": "read", "variables": [{"component": "AuthCtrlr", "name": "Enabled"}]}),
            "no components",
        ),
    ] {
        let row = house.answer("OLD", command).await;
        assert_eq!(told(&row), ("answered", "unsupported", ""));
        assert!(row.reason.contains(why) && row.calls == "[]", "{}", row.reason);
    }
    let row = house
        .answer("OLD", json!({"command": "start", "token": {"uid": "longer than twenty letters"}}))
        .await;
    assert_eq!(told(&row), ("answered", "invalid", ""));
}

#[tokio::test]
async fn an_offline_station_is_said_at_once_and_waited_for_if_wanted() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        house.register("S").await;
        let row = house.ask("S", json!({"command": "clear-cache"})).await;
        assert_eq!((row.state.as_str(), row.reason.as_str()), ("offline", "the station is not connected"));

        let later = Some(start() + TimeDelta::hours(1));
        let waits = house.issue("S", json!({"command": "clear-cache"}), later).await.unwrap();
        let back = house.issue("S", json!({"command": "reset", "kind": "idle"}), later).await.unwrap();
        assert_eq!((waits.state.as_str(), back.state.as_str()), ("queued", "queued"));
        assert!(command::cancel(&house.app, back.id, "ada").await.unwrap());
        let _station = house.connect("S", Version::V201).await;
        assert_eq!(told(&house.until(waits.id, Until::Answer).await), ("answered", "accepted", ""));
        let back = house.until(back.id, Until::Answer).await;
        assert_eq!((back.state.as_str(), back.reason.as_str()), ("cancelled", "taken back by ada"));
        assert!(!command::cancel(&house.app, waits.id, "ada").await.unwrap(), "it is answered");
    }
}

#[tokio::test]
async fn what_waits_in_vain_expires() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        house.register("S").await;
        let later = Some(start() + TimeDelta::minutes(5));
        let row = house.issue("S", json!({"command": "clear-cache"}), later).await.unwrap();
        house.clock.advance(TimeDelta::minutes(6));
        let row = house.until(row.id, Until::Answer).await;
        assert_eq!(
            (row.state.as_str(), row.reason.as_str()),
            ("expired", "the station did not connect in time")
        );
    }
}

#[tokio::test]
async fn a_silent_station_leaves_it_open_what_it_did() {
    let db = TestDb::sqlite().unwrap();
    let house = House::open_impatient(&db).await;
    let station = house.station("S", Version::V16).await;
    station.answer_with("UnlockConnector", Answer::Silence);
    let row = house.answer("S", json!({"command": "unlock", "evse": 1})).await;
    assert_eq!((row.state.as_str(), row.verdict.as_str()), ("unknown", ""));
    assert!(row.reason.contains("may have done"), "{}", row.reason);
}

#[tokio::test]
async fn a_restart_knows_how_far_each_command_had_come() {
    for db in TestDb::all().await.unwrap() {
        let (sent, waits, started) = {
            let house = House::open(&db).await;
            let station = house.station("S", Version::V201).await;
            station.answer_with("RequestStartTransaction", Answer::Result(json!({"status": "Accepted"})));
            let started =
                house.answer("S", json!({"command": "start", "evse": 1, "token": {"uid": "A"}})).await;
            assert_eq!(told(&started), ("answered", "accepted", "pending"), "nobody plugs in");
            station.answer_with("ClearCache", Answer::Silence);
            let sent = house.ask("S", json!({"command": "clear-cache"})).await;
            station.expect_call("ClearCache").await.unwrap();
            let later = Some(start() + TimeDelta::hours(1));
            let waits = house.issue("S", json!({"command": "unlock", "evse": 1}), later).await.unwrap();
            house.app.hub.close(&"S".into(), csms::link::line::Stop::Shutdown);
            (sent.id, waits.id, started.id)
        };
        let house = House::open(&db).await;
        // Time goes on, and what is numbered by it.
        house.clock.advance(TimeDelta::seconds(1));
        let row = house.until(sent, Until::Answer).await;
        assert_eq!(row.state, "unknown");
        let station = house.connect("S", Version::V201).await;
        assert_eq!(house.until(waits, Until::Answer).await.state, "answered");
        // The wish of before the restart is still waited for.
        let row = commands::find(&mut house.app.db.read().await.unwrap(), started).await.unwrap().unwrap();
        station.plug_in(1).await.unwrap();
        let wish = Start { remote_start_id: Some(row.reference), ..Start::card("A") };
        station.start_with(1, wish).await.unwrap();
        assert_eq!(house.until(started, Until::Outcome).await.outcome, "done");
    }
}

#[tokio::test]
async fn the_same_wish_is_asked_once() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        let _s = house.station("S", Version::V21).await;
        let ask = || Ask::new(&"S".into(), Command::ClearCache(command::Nothing {}), "ada").keyed("k1");
        let first = command::issue(&house.app, ask()).await.unwrap();
        house.until(first.id, Until::Answer).await;
        let again = command::issue(&house.app, ask()).await.unwrap();
        assert_eq!((again.id, again.state.as_str()), (first.id, "answered"));
        let other = Command::ListVersion(command::Nothing {});
        let taken = command::issue(&house.app, Ask::new(&"S".into(), other, "ada").keyed("k1")).await;
        assert!(matches!(taken, Err(CommandError::KeyTaken(_))), "{taken:?}");
        let all = commands::list(&mut house.app.db.read().await.unwrap(), &Filter::default(), None, 10).await;
        assert_eq!(all.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn values_read_and_written_are_known_afterwards_and_secrets_are_not() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        let _old = house.station("OLD", Version::V16).await;
        let _new = house.station("NEW", Version::V201).await;
        let row = house.answer("OLD", json!({"command": "inventory"})).await;
        assert_eq!(told(&row), ("answered", "accepted", ""), "{}", row.calls);
        let set = json!({"command": "write", "variables": [
            {"variable": {"name": "MeterValueSampleInterval"}, "value": "60"}]});
        assert_eq!(house.answer("OLD", set).await.verdict, "accepted");
        let mut tx = house.app.db.read().await.unwrap();
        let known = variables::named(&mut tx, "OLD", "", "MeterValueSampleInterval").await.unwrap();
        drop(tx);
        assert_eq!(known[0].value.as_deref(), Some("60"));

        let password = json!({"command": "write", "variables": [{"variable":
            {"component": "SecurityCtrlr", "name": "BasicAuthPassword"}, "value": "a very good secret"}]});
        let row = house.answer("NEW", password).await;
        assert!(!format!("{} {}", row.body, row.calls).contains("very good"), "{row:?}");
    }
}

#[tokio::test]
async fn a_report_is_over_with_its_last_part() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        let _s = house.station("S", Version::V201).await;
        let row = house.ask("S", json!({"command": "inventory"})).await;
        let row = house.until(row.id, Until::Outcome).await;
        assert_eq!(told(&row), ("answered", "accepted", "done"));
        let mut tx = house.app.db.read().await.unwrap();
        assert!(!variables::list(&mut tx, "S", None, 10).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn many_variables_go_in_calls_of_the_size_that_the_station_takes() {
    let db = TestDb::sqlite().unwrap();
    let house = House::open(&db).await;
    let station = house.station("S", Version::V201).await;
    let limit = ("DeviceDataCtrlr", "ItemsPerMessage", "GetVariables", "4");
    house.app.writer.commit(vec![said("S", limit)]).await.unwrap();
    let one = json!({"component": {"name": "A"}, "variable": {"name": "V"}, "attributeStatus": "Accepted"});
    station.answer_with("GetVariables", Answer::Result(json!({"getVariableResult": [one]})));
    let names: Vec<Value> = (0..5).map(|n| json!({"component": "A", "name": format!("V{n}")})).collect();
    let row = house.answer("S", json!({"command": "read", "variables": names})).await;
    assert_eq!(sizes(&row, "getVariableData"), [4, 1]);
}

#[tokio::test]
async fn a_raw_list_goes_in_calls_of_the_size_that_the_station_has_told() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        let station = house.station("S", Version::V201).await;
        station.answer_with(
            "ClearVariableMonitoring",
            Answer::Result(json!({"clearMonitoringResult": [{"id": 1, "status": "Accepted"}]})),
        );
        let clear =
            json!({"command": "call", "action": "ClearVariableMonitoring", "payload": {"id": [1, 2, 3]}});
        let row = house.answer("S", clear.clone()).await;
        assert_eq!(sizes(&row, "id"), [3], "whoever asks is believed where the station says nothing");
        let limit = ("MonitoringCtrlr", "ItemsPerMessage", "ClearVariableMonitoring", "2");
        house.app.writer.commit(vec![said("S", limit)]).await.unwrap();
        let row = house.answer("S", clear).await;
        assert_eq!(sizes(&row, "id"), [2, 1]);
    }
}

#[tokio::test]
async fn a_battery_swap_is_over_with_the_battery_that_comes_out() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        let station = house.station("S", Version::V21).await;
        station.answer_with("RequestBatterySwap", Answer::Result(json!({"status": "Accepted"})));
        for (last, outcome) in [("BatteryOut", "done"), ("BatteryOutTimeout", "failed")] {
            let swap = json!({"command": "battery-swap", "token": {"uid": "A", "kind": "ISO14443"}});
            let row = house.answer("S", swap).await;
            assert_eq!(told(&row), ("answered", "accepted", "pending"), "{}", row.calls);
            let says = |event: &str| {
                json!({"eventType": event, "requestId": row.reference, "idToken": {"idToken": "A", "type": "ISO14443"},
                    "batteryData": [{"evseId": 1, "serialNumber": "B1", "soC": 20, "soH": 95}]})
            };
            station.call("BatterySwap", says("BatteryIn")).await.unwrap();
            let still = house.until(row.id, Until::Answer).await;
            assert_eq!((still.outcome.as_str(), still.outcome_word.as_str()), ("pending", "BatteryIn"));
            station.call("BatterySwap", says(last)).await.unwrap();
            let row = house.until(row.id, Until::Outcome).await;
            assert_eq!((row.outcome.as_str(), row.outcome_word.as_str()), (outcome, last));
        }
    }
}

#[tokio::test]
async fn a_session_keeps_to_the_limits_of_its_command_and_of_its_identifier() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        let token = TokenRow {
            id: 1,
            uid: "A".into(),
            kind: "ISO14443".into(),
            group_uid: None,
            holder: String::new(),
            language: String::new(),
            blocked: false,
            expires_at: None,
            concurrent: true,
            created_at: start(),
            max_cost: "40.00".into(),
            max_energy_wh: Some(10_000),
            max_time_s: None,
        };
        let mut tx = house.app.db.write().await.unwrap();
        tokens::create(&mut tx, &token).await.unwrap();
        tx.commit().await.unwrap();
        let station = house.station("S", Version::V21).await;
        station.answer_with("RequestStartTransaction", Answer::Result(json!({"status": "Accepted"})));
        let limit = json!({"max_cost": "25.50", "max_energy_wh": 20_000, "max_time_s": 600});
        let wish =
            json!({"command": "start", "evse": 1, "token": {"uid": "A", "kind": "ISO14443"}, "limit": limit});
        let row = house.answer("S", wish.clone()).await;
        let begins = |transaction: &str, number: Option<i64>| {
            let mut info = json!({"transactionId": transaction});
            if let Some(number) = number {
                info["remoteStartId"] = number.into();
            }
            json!({"eventType": "Started", "triggerReason": "RemoteStart", "timestamp": "2026-03-02T08:00:00Z",
                "seqNo": 0, "evse": {"id": 1, "connectorId": 1}, "transactionInfo": info,
                "idToken": {"idToken": "A", "type": "ISO14443"}})
        };
        for _sent_twice in 0..2 {
            let answer = station.call("TransactionEvent", begins("T1", Some(row.reference))).await.unwrap();
            let narrower = json!({"maxCost": 25.5, "maxEnergy": 10_000, "maxTime": 600});
            assert_eq!(answer["transactionLimit"], narrower, "{answer}");
        }
        let answer = station.call("TransactionEvent", begins("T2", None)).await.unwrap();
        assert_eq!(answer["transactionLimit"], json!({"maxCost": 40, "maxEnergy": 10_000}), "{answer}");

        let _old = house.station("OLD", Version::V16).await;
        let row = house.answer("OLD", wish).await;
        assert_eq!(told(&row), ("answered", "unsupported", ""), "nobody would keep to it");
    }
}

#[tokio::test]
async fn nothing_is_begun_at_a_station_that_is_not_accepted() {
    let db = TestDb::sqlite().unwrap();
    let house = House::open(&db).await;
    house.register("S").await;
    let mut tx = house.app.db.write().await.unwrap();
    let settings = stations::Settings { registration: "pending".into(), ..stations::Settings::default() };
    stations::update(&mut tx, "S", &settings).await.unwrap();
    tx.commit().await.unwrap();
    let options = Options::new(&house.url, "S", Version::V201).clock_at(start()).timeout(PATIENCE);
    let station = Station::connect(options).await.unwrap();
    station.boot().await.unwrap();
    let row = house.answer("S", json!({"command": "start", "evse": 1, "token": {"uid": "A"}})).await;
    assert_eq!(told(&row), ("answered", "refused", ""));
    let row = house.answer("S", json!({"command": "list-version"})).await;
    assert_eq!(row.verdict, "accepted", "it may be set up");
}

#[tokio::test]
async fn firmware_is_followed_to_its_end() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        for (id, version) in [("OLD", Version::V16), ("NEW", Version::V21)] {
            let station = house.station(id, version).await;
            let answer = if version == Version::V16 { json!({}) } else { json!({"status": "Accepted"}) };
            station.answer_with("UpdateFirmware", Answer::Result(answer));
            let row =
                house.answer(id, json!({"command": "update-firmware", "url": "http://files/fw.bin"})).await;
            assert_eq!(told(&row), ("answered", "accepted", "pending"), "{}", row.calls);
            let status = |word: &str| match version {
                Version::V16 => json!({"status": word}),
                _ => json!({"status": word, "requestId": row.reference}),
            };
            station.call("FirmwareStatusNotification", status("Downloading")).await.unwrap();
            let still = house.until(row.id, Until::Answer).await;
            assert_eq!((still.outcome.as_str(), still.outcome_word.as_str()), ("pending", "Downloading"));
            station.call("FirmwareStatusNotification", status("InstallationFailed")).await.unwrap();
            let row = house.until(row.id, Until::Outcome).await;
            assert_eq!((row.outcome.as_str(), row.outcome_word.as_str()), ("failed", "InstallationFailed"));
        }
    }
}
