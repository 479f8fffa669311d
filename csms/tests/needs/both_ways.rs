//! Commands of 2.1 for controls of the grid, energy in both directions, priority and dynamic profiles: what goes over the wire, how
//! stations take it, and what comes of it.

use crate::house::{House, ID, PATIENCE, start};
use chrono::TimeDelta;
use conformance::Answer;
use csms::{
    command::{self, Ask, Command, Until},
    store::{
        commands::{self, CommandRow},
        testing::TestDb,
    },
};
use ocpp::Version;
use serde_json::{Value, json};

impl House {
    async fn ask(&self, ask: Value, until: Until) -> CommandRow {
        let ask: Command = serde_json::from_value(ask).unwrap();
        let row = command::issue(&self.app, Ask::new(&ID.into(), ask, "ada")).await.unwrap();
        command::wait(&self.app, row.id, until, PATIENCE).await.unwrap().unwrap()
    }

    /// Verdict and reason.
    async fn verdict(&self, ask: Value) -> (String, String) {
        let row = self.ask(ask, Until::Answer).await;
        (row.verdict, row.reason)
    }
}

/// One of each, with all that has to be there.
fn all() -> Vec<Value> {
    vec![
        json!({"command": "set-der-control", "id": "C1", "default": true, "kind": "LimitMaxDischarge",
            "limit_max_discharge": {"priority": 1, "pct_max_discharge_power": 50}}),
        json!({"command": "get-der-control"}),
        json!({"command": "clear-der-control", "default": true}),
        json!({"command": "afrr-signal", "signal": 1}),
        json!({"command": "allow-energy-transfer", "transaction": "T", "allowed": ["AC_BPT"]}),
        json!({"command": "use-priority", "transaction": "T", "on": true}),
        json!({"command": "update-schedule", "profile": 7, "setpoint": -1500}),
    ]
}

fn curve(id: &str, priority: i64, starts_in_s: i64) -> Value {
    json!({"command": "set-der-control", "id": id, "kind": "VoltVar", "curve": {"priority": priority,
        "y_unit": "PctMaxVar", "curve_data": [{"x": 92.5, "y": 44}, {"x": 108, "y": -44}],
        "reactive_power_params": {"v_ref": 100, "autonomous_v_ref_enable": false},
        "start_time": (start() + TimeDelta::seconds(starts_in_s)).to_rfc3339(), "duration_s": 600}})
}

#[tokio::test]
async fn only_stations_of_2_1_are_asked() {
    let db = TestDb::sqlite().unwrap();
    let house = House::open(&db).await;
    for (version, name) in [(Version::V16, "1.6 has no "), (Version::V201, "2.0.1 has no ")] {
        let station = house.connect(version).await;
        for ask in all() {
            let row = house.ask(ask, Until::Answer).await;
            assert_eq!((row.verdict.as_str(), row.calls.as_str()), ("unsupported", "[]"), "{}", row.kind);
            assert!(row.reason.starts_with(name), "{}", row.reason);
        }
        station.close().await;
    }
}

#[tokio::test]
async fn a_station_without_such_functions_says_so_and_one_that_will_not_as_well() {
    let db = TestDb::sqlite().unwrap();
    let house = House::open(&db).await;
    let station = house.connect(Version::V21).await;
    for ask in all().into_iter().take(3) {
        assert_eq!(house.verdict(ask).await.0, "unsupported", "it has no controls of the grid");
    }
    for ask in all().into_iter().skip(3) {
        let (verdict, reason) = house.verdict(ask).await;
        assert_eq!((verdict.as_str(), reason.as_str()), ("refused", "Rejected"));
    }
    let cannot = json!({"status": "NotSupported", "statusInfo": {"reasonCode": "UnsupportedParam"}});
    station.answer_with("SetDERControl", Answer::Result(cannot));
    let (verdict, reason) = house.verdict(all().remove(0)).await;
    assert_eq!((verdict.as_str(), reason.as_str()), ("unsupported", "NotSupported UnsupportedParam"));
}

#[tokio::test]
async fn controls_are_set_told_superseded_and_cleared() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        let station = house.connect(Version::V21).await;
        station.configure("DERCtrlr.Enabled", "true");
        let verdict = |row: &CommandRow| (row.verdict.clone(), row.reason.clone(), row.outcome.clone());
        let said = |verdict: &str, reason: &str, outcome: &str| {
            (verdict.to_owned(), reason.to_owned(), outcome.to_owned())
        };
        let none = house.ask(json!({"command": "get-der-control"}), Until::Answer).await;
        assert_eq!(verdict(&none), said("refused", "NotFound", ""));

        // One that is to have begun is told at once; one that supersedes it names it.
        let first = house.ask(curve("C1", 5, 0), Until::Outcome).await;
        assert_eq!((first.outcome.as_str(), first.outcome_word.as_str()), ("done", "started"));
        let told = station.expect_call("SetDERControl").await.unwrap();
        assert_eq!(told["curve"]["startTime"], "2026-03-02T18:00:00.000Z");
        assert_eq!(told["curve"]["reactivePowerParams"]["autonomousVRefEnable"], false);
        let later = house.ask(curve("C2", 9, 3600), Until::Answer).await;
        assert_eq!(verdict(&later), said("accepted", "", "pending"));
        let better = house.ask(curve("C3", 1, 0), Until::Outcome).await;
        assert_eq!(verdict(&better), said("accepted", "supersedes C1", "done"));
        let waits = json!({"controlId": "C9", "started": true, "supersededIds": ["C2"],
            "timestamp": "2026-03-02T18:00:00Z"});
        station.call("NotifyDERStartStop", waits).await.unwrap();
        let later = command::wait(&house.app, later.id, Until::Outcome, PATIENCE).await.unwrap().unwrap();
        assert_eq!((later.outcome.as_str(), later.outcome_word.as_str()), ("failed", "superseded"));

        // A default one holds at once: nothing more is told of it.
        let mut always = all().remove(0);
        always["id"] = "C4".into();
        let default = house.ask(always, Until::Answer).await;
        assert_eq!(verdict(&default), said("accepted", "", ""));

        let read = house.ask(json!({"command": "get-der-control"}), Until::Outcome).await;
        assert_eq!(read.outcome, "done");
        let parts = commands::parts(&mut house.app.db.read().await.unwrap(), read.id).await.unwrap();
        assert_eq!(parts.len(), 4, "each control came in a part of its own");
        let text = parts.iter().map(|part| part.body.as_str()).collect::<String>();
        assert!(text.contains("\"C3\"") && text.contains("pctMaxDischargePower"), "{text}");

        let gone = json!({"command": "clear-der-control", "id": "C3"});
        assert_eq!(house.verdict(gone.clone()).await.0, "accepted");
        assert_eq!(house.verdict(gone).await, ("refused".to_owned(), "NotFound".to_owned()));
    }
}

#[tokio::test]
async fn what_cannot_be_meant_is_said_before_anything_is_sent() {
    let db = TestDb::sqlite().unwrap();
    let house = House::open(&db).await;
    let _station = house.connect(Version::V21).await;
    let mut two = curve("C1", 1, 0);
    two["gradient"] = json!({"priority": 1, "gradient": 5, "soft_gradient": 5});
    let mut always = curve("C1", 1, 0);
    always["default"] = true.into();
    let mut short = curve("C1", 1, 0);
    short["curve"]["curve_data"] = json!([]);
    let limit = |percent: i64| {
        json!({"command": "set-der-control", "id": "C1", "default": true, "kind": "LimitMaxDischarge",
            "limit_max_discharge": {"priority": 1, "pct_max_discharge_power": percent}})
    };
    for (ask, why) in [
        (two, "has curve, and nothing else"),
        (always, "leave start_time and duration_s out"),
        (short, "1 to 10 points"),
        (limit(101), "from 0 to 100"),
        (
            json!({"command": "set-der-control", "id": "C1", "kind": "LimitMaxDischarge",
            "limit_max_discharge": {"priority": 1, "pct_max_discharge_power": 5}}),
            "needs start_time and duration_s",
        ),
        (json!({"command": "get-der-control", "id": "x".repeat(37)}), "1 to 36 characters"),
        (json!({"command": "clear-der-control", "id": "C1", "kind": "VoltVar"}), "not by both"),
        (
            json!({"command": "allow-energy-transfer", "transaction": "T", "allowed": ["DC", "DC"]}),
            "each once",
        ),
        (json!({"command": "update-schedule", "profile": 7}), "which values"),
        (json!({"command": "update-schedule", "profile": 7, "limit": -1}), "not negative"),
        (json!({"command": "update-schedule", "profile": 7, "discharge_limit": 1}), "zero or negative"),
        (json!({"command": "update-schedule", "profile": 7, "limit_l2": 1}), "give it as well"),
    ] {
        let row = house.ask(ask, Until::Answer).await;
        assert_eq!((row.verdict.as_str(), row.calls.as_str()), ("invalid", "[]"), "{}", row.reason);
        assert!(row.reason.contains(why), "{} instead of {why}", row.reason);
    }
}

#[tokio::test]
async fn priority_transfer_signals_and_dynamic_values_reach_a_session() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        let station = house.connect(Version::V21).await;
        station.start(1, "TAG").await.unwrap();
        let transaction = house.session().await.reference;
        let priority = || json!({"command": "use-priority", "transaction": transaction, "on": true});
        assert_eq!(house.verdict(priority()).await, ("refused".to_owned(), "NoProfile".to_owned()));
        let profile = |id: i64, purpose: &str, kind: &str, period: Value| {
            let mut profile = json!({"id": id, "stackLevel": 0, "chargingProfilePurpose": purpose,
                "chargingProfileKind": kind, "chargingSchedule": [{"id": 1, "chargingRateUnit": "W",
                "chargingSchedulePeriod": [period]}]});
            if kind == "Absolute" {
                profile["chargingSchedule"][0]["startSchedule"] = start().to_rfc3339().into();
            }
            if purpose == "TxProfile" {
                profile["transactionId"] = transaction.as_str().into();
            }
            json!({"command": "set-profile", "evse": 1, "profile": profile})
        };
        let fast = json!({"startPeriod": 0, "limit": 22_000});
        assert_eq!(house.verdict(profile(5, "PriorityCharging", "Absolute", fast)).await.0, "accepted");
        let row = house.ask(priority(), Until::Outcome).await;
        assert_eq!((row.outcome.as_str(), row.outcome_word.as_str()), ("done", "on"));

        let allow = |transaction: &str| {
            json!({"command": "allow-energy-transfer", "transaction": transaction,
                "allowed": ["AC_three_phase", "AC_BPT"]})
        };
        assert_eq!(house.verdict(allow(&transaction)).await.0, "accepted");
        assert_eq!(house.verdict(allow("another")).await.0, "refused");
        let told = station.expect_call("NotifyAllowedEnergyTransfer").await.unwrap();
        assert_eq!(told["allowedEnergyTransfer"], json!(["AC_three_phase", "AC_BPT"]));

        let curve = json!([{"signal": 1, "power": 1000}, {"signal": 2, "power": -1000}]);
        let period = json!({"startPeriod": 0, "operationMode": "CentralFrequency", "setpoint": -2000,
            "v2xSignalWattCurve": curve});
        assert_eq!(house.verdict(profile(7, "TxProfile", "Dynamic", period)).await.0, "accepted");
        assert_eq!(house.verdict(all().remove(3)).await.0, "accepted", "a curve says what the signal means");
        let told = station.expect_call("AFRRSignal").await.unwrap();
        assert_eq!(told, json!({"timestamp": "2026-03-02T18:00:00.000Z", "signal": 1}));

        let update =
            |profile: i64| json!({"command": "update-schedule", "profile": profile, "setpoint": -1500.5});
        assert_eq!(house.verdict(update(7)).await.0, "accepted");
        assert_eq!(house.verdict(update(5)).await.0, "refused", "that one is not dynamic");
        let pulled =
            station.call("PullDynamicScheduleUpdate", json!({"chargingProfileId": 7})).await.unwrap();
        assert_eq!(pulled["scheduleUpdate"], json!({"setpoint": -1500.5}), "what was pushed last is pulled");
    }
}
