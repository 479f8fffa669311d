//! Monitors, reports, customers, network profiles and messages on displays: asked for by commands, answered by a station that
//! keeps what it is told.

use crate::house::{House, ID, PATIENCE};
use chrono::TimeDelta;
use conformance::{Answer, Station};
use csms::{
    command::{self, Ask, Command, Until},
    config::Retention,
    store::{
        commands::{self, CommandRow},
        events, journal,
        monitors::{self, MonitorRow},
        retention,
        testing::TestDb,
        variables,
    },
};
use ocpp::Version;
use serde_json::{Value, json};

const BOTH: [Version; 2] = [Version::V201, Version::V21];

async fn ask(house: &House, command: Value, until: Until) -> CommandRow {
    let command: Command = serde_json::from_value(command).unwrap();
    let row = command::issue(&house.app, Ask::new(&ID.into(), command, "ada")).await.unwrap();
    command::wait(&house.app, row.id, until, PATIENCE).await.unwrap().unwrap()
}

/// Asks, and waits for all that comes of it.
async fn done(house: &House, command: Value) -> CommandRow {
    ask(house, command, Until::Outcome).await
}

fn told(row: &CommandRow) -> (&str, &str, &str) {
    (&row.state, &row.verdict, &row.outcome)
}

async fn parts(house: &House, row: &CommandRow) -> Vec<Value> {
    let rows = commands::parts(&mut house.app.db.read().await.unwrap(), row.id).await.unwrap();
    rows.iter().map(|row| serde_json::from_str(&row.body).unwrap()).collect()
}

async fn known(house: &House) -> Vec<MonitorRow> {
    let mut rows = monitors::list(&mut house.app.db.read().await.unwrap(), ID).await.unwrap();
    rows.sort_by_key(|row| row.monitor_id);
    rows
}

fn heartbeat() -> Value {
    json!({"component": "OCPPCommCtrlr", "name": "HeartbeatInterval"})
}

fn monitor(kind: &str, value: Value, severity: u8) -> Value {
    json!({"variable": heartbeat(), "kind": kind, "value": value, "severity": severity})
}

fn set(monitors: Vec<Value>) -> Value {
    json!({"command": "set-monitors", "monitors": monitors})
}

#[tokio::test]
async fn monitors_are_set_listed_and_cleared_and_known_all_the_time() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        for version in BOTH {
            let station = house.connect(version).await;
            let row = done(&house, json!({"command": "list-monitors"})).await;
            assert_eq!(told(&row), ("answered", "accepted", "done"), "{version:?} {}", row.reason);
            let rows = known(&house).await;
            assert_eq!(rows.len(), 1, "what its maker has wired");

            let wanted = vec![
                monitor("upper-threshold", json!(600), 2),
                monitor("delta", json!(5), 6),
                json!({"variable": {"component": "EVSE", "evse": 9, "name": "Power"}, "kind": "periodic",
                    "value": 60, "severity": 8}),
            ];
            let row = done(&house, set(wanted)).await;
            // One of three is refused, and said so; the others stand.
            assert_eq!(told(&row), ("answered", "unsupported", ""));
            assert_eq!(row.reason, "EVSE.Power Periodic UnknownComponent");
            let kinds: Vec<_> = known(&house)
                .await
                .iter()
                .map(|row| (row.kind.clone(), row.value.clone(), row.severity, row.name.clone()))
                .collect();
            let power = "HeartbeatInterval".to_owned();
            assert_eq!(
                kinds[1..],
                [
                    ("UpperThreshold".into(), "600".into(), 2, power.clone()),
                    ("Delta".into(), "5".into(), 6, power)
                ]
            );
            let row = done(&house, set(vec![monitor("delta", json!(7), 6)])).await;
            assert_eq!(
                (told(&row).1, &*row.reason),
                ("refused", "OCPPCommCtrlr.HeartbeatInterval Delta Duplicate")
            );

            // In two parts.
            let row = done(&house, json!({"command": "list-monitors"})).await;
            assert_eq!((told(&row), parts(&house, &row).await.len()), (("answered", "accepted", "done"), 2));
            let some = json!({"command": "list-monitors", "sorts": ["threshold"]});
            let row = done(&house, some).await;
            assert_eq!(parts(&house, &row).await.len(), 1);
            assert_eq!(known(&house).await.len(), 3, "a list of some says nothing of the others");
            let none = json!({"command": "list-monitors", "sorts": ["periodic"]});
            let row = done(&house, none).await;
            assert_eq!((told(&row), &*row.reason), (("answered", "accepted", ""), "EmptyResultSet"));

            let ids: Vec<i64> = known(&house).await.iter().map(|row| row.monitor_id).collect();
            let row = done(&house, json!({"command": "clear-monitors", "ids": ids})).await;
            assert_eq!((told(&row).1, &*row.reason), ("refused", "monitor 1 Rejected"));
            assert_eq!(known(&house).await.len(), 1);
            station.close().await;
        }
    }
}

#[tokio::test]
async fn what_a_monitor_tells_is_kept_with_its_severity_and_what_is_grave_is_an_alert() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        for (version, nth) in BOTH.into_iter().zip(1..) {
            let station = house.connect(version).await;
            let row = done(
                &house,
                set(vec![monitor("upper-threshold", json!(600), 2), monitor("delta", json!(1), 8)]),
            )
            .await;
            assert_eq!(told(&row), ("answered", "accepted", ""));
            let limit =
                known(&house).await.iter().find(|row| row.kind == "UpperThreshold").unwrap().monitor_id;
            let write = |value: &str| json!({"command": "write", "variables": [{"variable": heartbeat(), "value": value}]});
            let raised = async || {
                let mut tx = house.app.db.read().await.unwrap();
                let row = monitors::find(&mut tx, ID, limit).await.unwrap().unwrap();
                (row.raised, row.last_value)
            };
            done(&house, write("900")).await;
            house.when("the limit is passed", async || raised().await == (true, "900".into())).await;
            done(&house, write("300")).await;
            house.when("the limit is met again", async || raised().await == (false, "300".into())).await;

            let mut tx = house.app.db.read().await.unwrap();
            let all = monitors::events(&mut tx, ID, Some(limit), None, 10).await.unwrap();
            let said: Vec<_> =
                all.iter().map(|row| (&*row.word, &*row.value, row.severity, row.cleared)).collect();
            assert_eq!(
                said[..2],
                [("Alerting", "300", Some(2), true), ("Alerting", "900", Some(2), false)],
                "{version:?}"
            );
            let filter = events::Filter { kind: Some("monitor.alert".into()), ..events::Filter::default() };
            let alerts = events::list(&mut tx, &filter, None, 10).await.unwrap();
            assert_eq!(alerts.len(), 2 * nth, "nothing of severity 8 among them");
            let alert: Value = serde_json::from_str(&alerts[0].body).unwrap();
            assert_eq!(
                (&alert["severity"], &alert["variable"], &alert["cleared"]),
                (&json!(2), &json!("HeartbeatInterval"), &json!(true))
            );
            drop(tx);

            let row = done(&house, json!({"command": "monitoring-level", "severity": 1})).await;
            assert_eq!(told(&row).1, "accepted");
            let row = done(&house, json!({"command": "monitoring-base", "base": "factory-default"})).await;
            assert_eq!(told(&row).1, "accepted");
            assert_eq!(known(&house).await.iter().filter(|row| row.origin == "custom").count(), 0);
            station.close().await;
        }
        let keep = Retention::default();
        let later = house.clock.now() + TimeDelta::days(500);
        let removed = retention::run(&house.app.db, &keep, later).await.unwrap();
        assert!(removed.monitor_events >= 8, "{removed:?}");
    }
}

#[tokio::test]
async fn monitors_go_in_calls_of_the_size_that_the_station_takes_and_each_has_its_own_result() {
    let db = TestDb::sqlite().unwrap();
    let house = House::open(&db).await;
    house.says("MonitoringCtrlr", "ItemsPerMessage", "SetVariableMonitoring", "2").await;
    house.says("MonitoringCtrlr", "ItemsPerMessage", "ClearVariableMonitoring", "1").await;
    let station = house.connect(Version::V21).await;
    let calls = |row: &CommandRow| serde_json::from_str::<Vec<Value>>(&row.calls).unwrap();
    // The one that is refused is in the first call: the second goes out all the same.
    let wanted: Vec<Value> = [9, 1, 2, 3, 4]
        .into_iter()
        .map(|n| match n {
            9 => json!({"variable": {"component": "Nowhere", "name": "X"}, "kind": "delta", "value": 1, "severity": 4}),
            n => monitor("delta", json!(n), n),
        })
        .collect();
    let row = done(&house, set(wanted)).await;
    let lengths: Vec<_> = calls(&row)
        .iter()
        .map(|call| call["answer"]["setMonitoringResult"].as_array().unwrap().len())
        .collect();
    assert_eq!((lengths, &*row.reason), (vec![2, 2, 1], "Nowhere.X Delta UnknownComponent"));
    let ids: Vec<i64> = known(&house).await.iter().map(|row| row.monitor_id).collect();
    assert_eq!(ids.len(), 4);
    let row = done(&house, json!({"command": "clear-monitors", "ids": ids})).await;
    assert_eq!((told(&row).1, calls(&row).len()), ("accepted", 4));
    drop(station);
}

#[tokio::test]
async fn a_monitor_that_would_never_tell_is_not_asked_for() {
    let db = TestDb::sqlite().unwrap();
    let house = House::open(&db).await;
    let station = house.connect(Version::V201).await;
    done(&house, json!({"command": "inventory"})).await;
    let model = json!({"component": "ChargingStation", "name": "Model"});
    let on_model = |kind: &str| json!({"variable": model, "kind": kind, "value": 1, "severity": 4});
    for (wanted, said) in [
        (on_model("upper-threshold"), "no number"),
        (monitor("delta", json!(1.5), 4), "whole number"),
        (monitor("delta", json!(-1), 4), "0 or more"),
        (monitor("periodic", json!(0), 4), "a second at least"),
        (monitor("delta", json!(1), 10), "from 0"),
        (monitor("target-delta", json!(1), 4), "2.1 has"),
    ] {
        let row = done(&house, set(vec![wanted])).await;
        assert!(row.reason.contains(said) && row.verdict != "accepted", "{said}: {}", row.reason);
        assert_eq!(row.calls, "[]", "the station was not asked");
    }
    let row = done(&house, set(vec![on_model("delta"), on_model("delta")])).await;
    assert!(row.reason.contains("twice"), "{}", row.reason);
    let row = done(&house, set(vec![on_model("delta")])).await;
    assert_eq!(told(&row).1, "accepted", "{}", row.reason);
    station.answer_with("SetMonitoringLevel", Answer::Result(json!({"status": "Rejected"})));
    let row = done(&house, json!({"command": "monitoring-level", "severity": 3})).await;
    assert_eq!(told(&row).1, "refused");
}

#[tokio::test]
async fn a_1_6_station_is_not_asked_for_what_it_cannot_have() {
    let db = TestDb::sqlite().unwrap();
    let house = House::open(&db).await;
    let _station = house.connect(Version::V16).await;
    for wanted in [
        set(vec![monitor("delta", json!(1), 4)]),
        json!({"command": "clear-monitors", "ids": [1]}),
        json!({"command": "list-monitors"}),
        json!({"command": "monitoring-base", "base": "all"}),
        json!({"command": "monitoring-level", "severity": 3}),
        json!({"command": "report", "states": ["problem"]}),
        json!({"command": "customer-information", "report": true, "customer_identifier": "x"}),
        json!({"command": "network-profile", "slot": 1, "url": "ws://csms.example/ocpp", "security_profile": 0}),
        json!({"command": "set-display", "text": "Hello"}),
        json!({"command": "list-displays"}),
        json!({"command": "clear-display", "id": 1}),
    ] {
        let row = done(&house, wanted).await;
        assert_eq!((told(&row).1, &*row.calls), ("unsupported", "[]"), "{}", row.kind);
    }
}

#[tokio::test]
async fn a_report_of_some_components_is_collected_like_the_inventory() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        for version in BOTH {
            let station = house.connect(version).await;
            let wanted = json!({"command": "report", "variables": [{"component": "SampledDataCtrlr", "name": ""},
                heartbeat()]});
            let row = done(&house, wanted).await;
            assert_eq!(told(&row), ("answered", "accepted", "done"), "{}", row.reason);
            let mut tx = house.app.db.read().await.unwrap();
            let rows = variables::list(&mut tx, ID, None, 100).await.unwrap();
            drop(tx);
            let names: Vec<_> = rows.iter().map(|row| row.name.as_str()).collect();
            assert_eq!(names, ["HeartbeatInterval", "TxUpdatedInterval", "TxUpdatedMeasurands"]);
            let row = done(&house, json!({"command": "report", "states": ["problem"]})).await;
            assert_eq!((told(&row), &*row.reason), (("answered", "accepted", ""), "EmptyResultSet"));
            station.answer_with("GetReport", Answer::Result(json!({"status": "Rejected"})));
            let row = done(&house, json!({"command": "report", "states": ["active"]})).await;
            assert_eq!(told(&row), ("answered", "refused", ""));
            station.close().await;
        }
    }
}

async fn charged(station: &Station) {
    station.plug_in(1).await.unwrap();
    station.start(1, "04A1B2").await.unwrap();
    station.stop(1, "Local").await.unwrap();
}

#[tokio::test]
async fn what_a_station_knows_of_a_customer_is_shown_to_who_has_asked_and_soon_forgotten() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        for version in BOTH {
            let station = house.connect(version).await;
            charged(&station).await;
            let whom = json!({"uid": "04A1B2", "kind": "ISO14443"});
            let report = json!({"command": "customer-information", "report": true, "token": whom});
            let row = done(&house, report.clone()).await;
            assert_eq!(told(&row), ("answered", "accepted", "done"), "{}", row.reason);
            let all = parts(&house, &row).await;
            let said: Vec<_> = all.iter().map(|part| part["data"].as_str().unwrap()).collect();
            assert_eq!(said, ["idToken: 04A1B2", "sessions: 1"]);
            // Neither the list of events nor the journal has it.
            let mut tx = house.app.db.read().await.unwrap();
            let filter =
                events::Filter { kind: Some("station.customer".into()), ..events::Filter::default() };
            let kept = events::list(&mut tx, &filter, None, 10).await.unwrap();
            drop(tx);
            assert!(!kept.is_empty() && kept.iter().all(|row| !row.body.contains("sessions")), "{kept:?}");

            let clear = json!({"command": "customer-information", "clear": true, "token": whom});
            assert_eq!(told(&done(&house, clear).await), ("answered", "accepted", ""));
            let row = done(&house, report).await;
            assert_eq!(parts(&house, &row).await[0]["data"], "");

            let other = json!({"command": "customer-information", "report": true, "customer_identifier": "Zoltan Quirk"});
            let row = done(&house, other).await;
            assert_eq!(told(&row).1, "accepted");
            assert!(!row.body.contains("Zoltan") && !row.calls.contains("Zoltan"), "{row:?}");
            station.answer_with("CustomerInformation", Answer::Result(json!({"status": "Rejected"})));
            let again = json!({"command": "customer-information", "report": true, "token": whom});
            assert_eq!(told(&done(&house, again).await).1, "refused");
            station.close().await;
        }
        for (wrong, said) in [
            (json!({"command": "customer-information", "customer_identifier": "x"}), "what is wanted"),
            (json!({"command": "customer-information", "report": true}), "one way"),
        ] {
            let _station = house.connect(Version::V201).await;
            let row = done(&house, wrong).await;
            assert!(row.verdict == "invalid" && row.reason.contains(said), "{}", row.reason);
        }
        let later = house.clock.now() + TimeDelta::days(8);
        let removed = retention::run(&house.app.db, &Retention::default(), later).await.unwrap();
        assert!(removed.customers >= 8, "{removed:?}");
        let mut frames = String::new();
        house
            .when("the journal has the question", async || {
                let mut tx = house.app.db.read().await.unwrap();
                let span = journal::Span::default();
                let rows = journal::of_station(&mut tx, ID, span, None, 1000).await.unwrap();
                frames = rows.iter().map(|row| row.body.as_str()).collect();
                frames.contains("customerIdentifier") && frames.contains("NotifyCustomerInformation")
            })
            .await;
        assert!(!frames.contains("sessions: 1") && !frames.contains("Zoltan"), "{frames}");
    }
}

#[tokio::test]
async fn a_network_profile_is_never_weaker_and_says_what_makes_it_count() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        house.says("SecurityCtrlr", "SecurityProfile", "", "1").await;
        for version in BOTH {
            let station = house.connect(version).await;
            let profile = |slot: i32, url: &str, security: u8| json!({"command": "network-profile", "slot": slot, "url": url, "security_profile": security});
            let row = done(&house, profile(2, "wss://csms.example/ocpp", 2)).await;
            assert_eq!(told(&row).1, "accepted", "{}", row.reason);
            assert!(row.reason.contains("NetworkConfigurationPriority"), "{}", row.reason);
            let row = done(&house, profile(99, "wss://csms.example/ocpp", 2)).await;
            assert_eq!((told(&row).1, &*row.reason), ("refused", "Rejected"));
            for (slot, url, security, verdict, said) in [
                (2, "ws://csms.example/ocpp", 0, "refused", "not lowered"),
                (2, "ws://csms.example/ocpp", 2, "invalid", "wss://"),
                (2, "wss://csms.example/ocpp", 1, "invalid", "without TLS"),
                (2, "https://csms.example", 2, "invalid", "no address"),
                (2, "wss://csms.example/ocpp", 4, "invalid", "0 to 3"),
            ] {
                let row = done(&house, profile(slot, url, security)).await;
                assert!(
                    row.verdict == verdict && row.reason.contains(said),
                    "{} {}",
                    row.verdict,
                    row.reason
                );
                assert_eq!(row.calls, "[]");
            }
            let mut secret = profile(3, "wss://csms.example/ocpp", 2);
            secret["identity"] = "OTHER".into();
            secret["password"] = "correct-horse-battery".into();
            secret["apn"] =
                json!({"apn": "a", "authentication": "PAP", "password": "geheim-apn", "sim_pin": 4711});
            let row = done(&house, secret).await;
            match version {
                Version::V21 => {
                    assert_eq!(told(&row).1, "accepted", "{}", row.reason);
                    for hidden in ["horse", "geheim-apn", "4711"] {
                        assert!(!row.body.contains(hidden) && !row.calls.contains(hidden), "{row:?}");
                    }
                    let mut tx = house.app.db.read().await.unwrap();
                    let row = csms::store::stations::find(&mut tx, ID).await.unwrap().unwrap();
                    assert!(!row.next_secret.is_empty(), "it may come with the new password");
                }
                _ => assert!(row.verdict == "unsupported" && row.reason.contains("2.1"), "{}", row.reason),
            }
            station.close().await;
        }
    }
}

#[tokio::test]
async fn messages_are_set_listed_and_cleared_and_those_of_jobs_are_left_alone() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        for version in BOTH {
            let station = house.connect(version).await;
            let row = done(&house, json!({"command": "list-displays"})).await;
            assert_eq!((told(&row), &*row.reason), (("answered", "accepted", ""), "Unknown"));
            let message = json!({"command": "set-display", "id": 12, "text": "Closed at ten", "language": "en",
                "state": "Idle", "to": "2026-03-03T00:00:00Z"});
            assert_eq!(told(&done(&house, message).await).1, "accepted");
            let row = done(&house, json!({"command": "set-display", "text": "Hello"})).await;
            assert_eq!(told(&row).1, "accepted");
            assert_eq!(station.displayed().len(), 2);
            let row =
                done(&house, json!({"command": "set-display", "text": "<b>Hi</b>", "format": "HTML"})).await;
            assert_eq!((told(&row).1, &*row.reason), ("refused", "NotSupportedMessageFormat"));

            let row = done(&house, json!({"command": "list-displays", "state": "Idle"})).await;
            assert_eq!(told(&row), ("answered", "accepted", "done"));
            assert_eq!(parts(&house, &row).await[0]["messageInfo"][0]["message"]["content"], "Closed at ten");
            assert_eq!(
                told(&done(&house, json!({"command": "clear-display", "id": 12})).await).1,
                "accepted"
            );
            let row = done(&house, json!({"command": "clear-display", "id": 12})).await;
            assert_eq!((told(&row).1, &*row.reason), ("refused", "Unknown"));
            for owned in [800_000_007_i64, 0x5741_0001] {
                for wrong in [
                    json!({"command": "clear-display", "id": owned}),
                    json!({"command": "set-display", "id": owned, "text": "Mine"}),
                ] {
                    let row = done(&house, wrong).await;
                    assert_eq!((told(&row).1, &*row.calls), ("refused", "[]"), "{}", row.reason);
                }
            }
            let others = json!({"command": "set-display", "text": "Hello", "language": "en",
                "others": [{"language": "zh", "text": "你好"}]});
            let row = done(&house, others).await;
            assert_eq!(told(&row).1, if version == Version::V21 { "accepted" } else { "unsupported" });
            station.close().await;
        }
    }
}
