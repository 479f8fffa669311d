//! Wishes of one station: settings and availability.

use crate::house::{ALL, House, heartbeat, start};
use chrono::TimeDelta;
use conformance::{Answer, Station};
use csms::{
    desired::{self, Kind, State},
    store::{
        desired::{DesiredRow, ReportedRow, advance},
        row::{BootRow, VariableRow, Write},
        testing::TestDb,
    },
};
use ocpp::Version;
use serde_json::json;
#[tokio::test]
async fn what_is_wished_while_a_station_is_away_is_there_after_its_boot() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        for (id, version) in ALL {
            house.register(id, "").await;
            house.wish(id, Kind::Configuration, "ConnectionTimeOut", "90").await;
            house.wish(id, Kind::Availability, "1", "inoperative").await;
            let waits = house.rows(id).await;
            assert!(waits.iter().all(|row| desired::state(row, false) == State::Waits), "{waits:?}");

            let station = house.connect(id, version).await;
            let rows = house.until_in_step(id).await;
            let name =
                if version == Version::V16 { "ConnectionTimeOut" } else { "TxCtrlr.EVConnectionTimeOut" };
            assert_eq!(station.setting(name).as_deref(), Some("90"), "{version:?}");
            let told: Vec<_> = rows
                .iter()
                .map(|row| (&*row.kind, row.acknowledged.as_deref(), row.reported.as_deref()))
                .collect();
            let expected = [
                ("availability", Some("inoperative"), Some("inoperative")),
                ("configuration", Some("90"), Some("90")),
            ];
            assert_eq!(told, expected, "{version:?}");
            let asked = house.asked(id).await;
            let of = |kind: &str| asked.iter().filter(|row| row.kind == kind).count();
            assert_eq!((of("write"), of("availability")), (1, 1), "{version:?}");
            assert_eq!(
                rows[1].acknowledged_by,
                asked.iter().find(|row| row.kind == "write").map(|row| row.id)
            );
        }
    }
}

#[tokio::test]
async fn a_station_that_is_so_already_is_asked_and_told_nothing() {
    let db = TestDb::sqlite().unwrap();
    let house = House::open(&db).await;
    for (id, version) in ALL {
        house.register(id, "").await;
        house.wish(id, Kind::Configuration, "ConnectionTimeOut", "060").await;
        house.wish(id, Kind::Configuration, "TxCtrlr.EVConnectionTimeOut", "60").await;
        let _station = house.connect(id, version).await;
        let rows = house.until_in_step(id).await;
        assert_eq!(rows.len(), 1, "one setting by two names");
        assert_eq!(house.kinds(id).await, ["read"], "{version:?}");
    }
}

#[tokio::test]
async fn what_a_station_leaves_is_put_right_and_counted() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        for (id, version) in ALL {
            house.register(id, "").await;
            house.wish(id, Kind::Configuration, "HeartbeatInterval", "60").await;
            house.wish(id, Kind::Availability, "station", "operative").await;
            let station = house.connect(id, version).await;
            house.until_in_step(id).await;

            // Somebody turns it at the station; a report of all it has tells.
            station.configure(heartbeat(version), "301");
            house.ask(id, json!({"command": "inventory"})).await;
            let put_right = |rows: &[DesiredRow]| {
                rows[1].drifts == 1 && rows[1].reported.as_deref() == Some("60") && rows[1].due_at.is_none()
            };
            house.until(id, "the drift is put right", put_right).await;
            assert_eq!(station.setting(heartbeat(version)).as_deref(), Some("60"), "{version:?}");

            // Somebody puts a connector out of service by hand.
            house.ask(id, json!({"command": "availability", "operative": false, "evse": 1})).await;
            let back =
                |rows: &[DesiredRow]| rows[0].drifts == 1 && rows[0].reported.as_deref() == Some("operative");
            house.until(id, "the connector is back", back).await;
        }
    }
}

#[tokio::test]
async fn what_a_boot_has_lost_is_written_again() {
    let db = TestDb::sqlite().unwrap();
    let house = House::open(&db).await;
    for (id, version) in ALL {
        house.register(id, "").await;
        house.wish(id, Kind::Configuration, "HeartbeatInterval", "60").await;
        let station = house.connect(id, version).await;
        house.until_in_step(id).await;
        station.configure(heartbeat(version), "300");
        house.clock.advance(TimeDelta::minutes(1));
        station.boot().await.unwrap();
        let again = |rows: &[DesiredRow]| rows[0].due_at.is_none() && rows[0].reported_at > Some(start());
        house.until(id, "it is in step again", again).await;
        assert_eq!(station.setting(heartbeat(version)).as_deref(), Some("60"), "{version:?}");
    }
}

#[tokio::test]
async fn a_refusal_is_told_tried_again_with_a_pause_and_then_left_to_a_person() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        house.register("S", "").await;
        house.wish("S", Kind::Configuration, "GetConfigurationMaxKeys", "99").await;
        house.wish("S", Kind::Configuration, "NobodyKnowsThis", "1").await;
        house.wish("S", Kind::Configuration, "AuthCtrlr.Enabled", "true").await;
        house.wish("S", Kind::Configuration, "HeartbeatInterval", "60").await;
        let station = house.connect("S", Version::V16).await;
        let find = |rows: &[DesiredRow], key: &str| rows.iter().find(|row| row.key == key).unwrap().clone();
        let settled = |rows: &[DesiredRow]| {
            find(rows, "OCPPCommCtrlr.HeartbeatInterval").due_at.is_none()
                && find(rows, "GetConfigurationMaxKeys").tries == 1
                && find(rows, "NobodyKnowsThis").tries == 1
        };
        let rows = house.until("S", "each has its answer", settled).await;
        assert_eq!(station.setting("HeartbeatInterval").as_deref(), Some("60"), "one refusal stops no other");
        let refused = |key: &str| {
            let row = find(&rows, key);
            (desired::state(&row, true), row.trouble)
        };
        let (state, why) = refused("AuthCtrlr.Enabled");
        assert!(state == State::Refused && why.contains("1.6 stations have no components"), "{why}");
        assert_eq!(refused("NobodyKnowsThis"), (State::Refused, "NotSupported".into()));
        assert_eq!(refused("GetConfigurationMaxKeys"), (State::OnItsWay, "Rejected".into()));

        // It is asked again when its time has come, not before, and not for ever.
        for tries in 2..=6 {
            let due = find(&house.rows("S").await, "GetConfigurationMaxKeys").due_at.unwrap();
            house.clock.advance(due - house.app.clock.now());
            house.app.desires.changed(&"S".into());
            let next = |rows: &[DesiredRow]| find(rows, "GetConfigurationMaxKeys").tries == tries;
            house.until("S", "it is tried again", next).await;
        }
        let last = find(&house.rows("S").await, "GetConfigurationMaxKeys");
        assert_eq!((desired::state(&last, true), last.due_at), (State::Refused, None));
        let writes = house
            .asked("S")
            .await
            .iter()
            .filter(|row| row.calls.contains("GetConfigurationMaxKeys") && row.kind == "write")
            .count();
        assert_eq!(writes, 6);

        // A boot is worth another try, and so is a person who says so.
        let only = Some((Kind::Configuration, "NobodyKnowsThis"));
        let many = desired::hurry(&house.app.db, &"S".into(), only, house.app.clock.now()).await;
        assert_eq!(many.unwrap(), 1);
        station.answer_with("ChangeConfiguration", Answer::Result(json!({"status": "Accepted"})));
        house.app.desires.changed(&"S".into());
        let there = |rows: &[DesiredRow]| {
            find(rows, "NobodyKnowsThis").due_at.is_none() && find(rows, "NobodyKnowsThis").needs.is_empty()
        };
        house.until("S", "its word counts: it does not tell", there).await;
        station.boot().await.unwrap();
        let tried = |rows: &[DesiredRow]| find(rows, "GetConfigurationMaxKeys").tries == 1;
        let rows = house.until("S", "it is tried after the boot", tried).await;
        assert!(find(&rows, "GetConfigurationMaxKeys").trouble.contains("still says \"50\""));
    }
}

#[tokio::test]
async fn what_counts_after_a_restart_waits_for_one() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        for (id, version) in ALL {
            house.register(id, "").await;
            let station = house.connect(id, version).await;
            let name = if version == Version::V16 { "ChangeConfiguration" } else { "SetVariables" };
            let result = json!({"attributeStatus": "RebootRequired", "component": {"name": "OCPPCommCtrlr"},
                "variable": {"name": "HeartbeatInterval"}});
            let answer = match version {
                Version::V16 => json!({"status": "RebootRequired"}),
                _ => json!({"setVariableResult": [result]}),
            };
            station.answer_with(name, Answer::Result(answer));
            house.wish(id, Kind::Configuration, "HeartbeatInterval", "60").await;
            let waits = |rows: &[DesiredRow]| desired::state(&rows[0], true) == State::AfterBoot;
            let rows = house.until(id, "it waits for a restart", waits).await;
            assert!(rows[0].trouble.contains("restarted") && rows[0].due_at.is_none());
            station.answer_normally(name);
            station.configure(heartbeat(version), "60");
            station.boot().await.unwrap();
            house.until_in_step(id).await;
            assert_eq!(house.kinds(id).await, ["read", "write", "read"], "{version:?}");
        }
    }
}

#[tokio::test]
async fn a_restart_in_the_middle_neither_loses_a_wish_nor_doubles_it() {
    for db in TestDb::all().await.unwrap() {
        {
            let house = House::open(&db).await;
            house.register("S", "").await;
            let station = house.connect("S", Version::V16).await;
            station.answer_with("ChangeConfiguration", Answer::Silence);
            house.wish("S", Kind::Configuration, "HeartbeatInterval", "60").await;
            station.expect_call("ChangeConfiguration").await.unwrap();
            house.app.hub.close(&"S".into(), csms::link::line::Stop::Shutdown);
        }
        let house = House::open(&db).await;
        // Time goes on, and what is numbered by it.
        house.clock.advance(TimeDelta::seconds(1));
        let station = Station::offline(house.options("S", Version::V16));
        // It had done it, and nobody heard.
        station.configure("HeartbeatInterval", "60");
        station.reconnect().await.unwrap();
        station.boot().await.unwrap();
        house.until_in_step("S").await;
        let mut kinds = house.kinds("S").await;
        kinds.sort();
        assert_eq!(kinds, ["read", "read", "write"], "nothing was written twice");
    }
}

#[tokio::test]
async fn a_wish_that_never_became_a_command_is_asked_for_after_all() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        house.register("S", "").await;
        house.wish("S", Kind::Configuration, "HeartbeatInterval", "60").await;
        let row = house.rows("S").await.remove(0);
        let mut tx = house.app.db.write().await.unwrap();
        assert!(csms::store::desired::claim(&mut tx, &row, 77).await.unwrap());
        assert!(!csms::store::desired::claim(&mut tx, &row, 78).await.unwrap(), "somebody else has it");
        tx.commit().await.unwrap();
        let station = house.connect("S", Version::V201).await;
        house.until_in_step("S").await;
        assert_eq!(station.setting("OCPPCommCtrlr.HeartbeatInterval").as_deref(), Some("60"));
    }
}

#[tokio::test]
async fn a_variable_that_a_station_does_not_know_hides_no_other() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        house.register("S", "").await;
        let limit = VariableRow {
            station_id: "S".into(),
            component: "DeviceDataCtrlr".into(),
            component_instance: String::new(),
            evse: 0,
            connector: 0,
            name: "ItemsPerMessage".into(),
            instance: "GetVariables".into(),
            attribute: "Actual".into(),
            value: Some("1".into()),
            mutability: String::new(),
            characteristics: String::new(),
            reported_at: start(),
        };
        house.app.writer.commit(vec![Write::Variable(Box::new(limit))]).await.unwrap();
        house.wish("S", Kind::Configuration, "AaaCtrlr.NobodyKnowsThis", "1").await;
        house.wish("S", Kind::Configuration, "HeartbeatInterval", "60").await;
        let station = house.connect("S", Version::V201).await;
        let there =
            |rows: &[DesiredRow]| rows[1].due_at.is_none() && rows[1].reported.as_deref() == Some("60");
        house.until("S", "it is read, written and read again", there).await;

        // What it has left is seen after its boot.
        station.configure("OCPPCommCtrlr.HeartbeatInterval", "301");
        house.clock.advance(TimeDelta::minutes(1));
        station.boot().await.unwrap();
        let again = |rows: &[DesiredRow]| there(rows) && rows[1].reported_at > Some(start());
        house.until("S", "it is put right", again).await;
        assert_eq!(station.setting("OCPPCommCtrlr.HeartbeatInterval").as_deref(), Some("60"));
    }
}

#[tokio::test]
async fn what_a_station_tells_is_not_lost_to_what_was_read_before() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        house.register("S201", "").await;
        house.wish("S201", Kind::Configuration, "HeartbeatInterval", "60").await;
        let row = async || house.rows("S201").await.remove(0);
        let keep = async |next: &DesiredRow, was: &DesiredRow| {
            let mut tx = house.app.db.write().await.unwrap();
            let kept = advance(&mut tx, next, was).await.unwrap();
            tx.commit().await.unwrap();
            kept
        };

        let was = row().await;
        let drifted = ReportedRow {
            station_id: "S201".into(),
            kind: Kind::Configuration.word(),
            key: was.key.clone(),
            value: "30".into(),
            at: start(),
        };
        house.app.writer.commit(vec![Write::Reported(Box::new(drifted))]).await.unwrap();
        assert!(!keep(&DesiredRow { tries: 1, ..was.clone() }, &was).await);
        assert_eq!(row().await.reported.as_deref(), Some("30"));

        let was = row().await;
        assert!(keep(&DesiredRow { due_at: None, ..was.clone() }, &was).await, "it is as it was read");
        let was = row().await;
        let boot = BootRow {
            station: "S201".into(),
            vendor: String::new(),
            model: String::new(),
            serial: String::new(),
            firmware: String::new(),
            iccid: String::new(),
            imsi: String::new(),
            meter_serial: String::new(),
            boot_answer: String::new(),
            boot_reason: String::new(),
            at: start() + TimeDelta::minutes(1),
        };
        house.app.writer.commit(vec![Write::Booted(Box::new(boot))]).await.unwrap();
        assert!(!keep(&DesiredRow { tries: 1, ..was.clone() }, &was).await);
        let booted = row().await;
        assert_eq!((booted.reported_at, booted.due_at), (None, Some(start() + TimeDelta::minutes(1))));
    }
}
