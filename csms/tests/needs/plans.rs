//! Plans for vehicles.

use crate::house::{House, ID, start};
use chrono::TimeDelta;
use conformance::Station;
use csms::{
    command::{self, Ask, Command, Until},
    needs::{self, prioritize},
    store::{
        needs as rows,
        stations::{self, EvseRow},
        testing::TestDb,
    },
};
use ocpp::Version;
use serde_json::{Value, json};

const BOTH: [Version; 2] = [Version::V201, Version::V21];

fn needs_of(hours: i64, amps: i64) -> Value {
    json!({"evseId": 1, "maxScheduleTuples": 3, "chargingNeeds": {"requestedEnergyTransfer": "AC_three_phase",
        "departureTime": (start() + TimeDelta::hours(hours)).to_rfc3339(), "acChargingParameters": {
        "energyAmount": 20_000, "evMinCurrent": 6, "evMaxCurrent": amps, "evMaxVoltage": 400}}})
}

fn schedule_of(amps: i64) -> Value {
    json!({"timeBase": start().to_rfc3339(), "evseId": 1, "chargingSchedule": {"id": 1, "chargingRateUnit": "A",
        "duration": 3600, "startSchedule": start().to_rfc3339(),
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": amps}]}})
}

async fn tells(station: &Station, needs: Value) -> String {
    let answer = station.call("NotifyEVChargingNeeds", needs).await.unwrap();
    answer["status"].as_str().unwrap().to_owned()
}

/// The periods of a profile: from which second on how much.
fn periods(profile: &str) -> Vec<(i64, i64)> {
    let profile: Value = serde_json::from_str(profile).unwrap();
    let list = profile["chargingSchedule"][0]["chargingSchedulePeriod"].as_array().unwrap().clone();
    list.iter().map(|p| (p["startPeriod"].as_i64().unwrap(), p["limit"].as_i64().unwrap())).collect()
}

#[tokio::test]
async fn a_vehicle_that_tells_its_needs_is_given_a_plan_and_again_when_they_change() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        for (nth, version) in BOTH.into_iter().enumerate() {
            let station = house.connect(version).await;
            station.plug_in(1).await.unwrap();
            station.start(1, "TAG").await.unwrap();
            assert_eq!(tells(&station, needs_of(2, 16)).await, "Accepted");
            let told = station.expect_call("SetChargingProfile").await.unwrap();
            let session = house.session().await;
            assert_eq!(told["chargingProfile"]["transactionId"], session.reference.as_str());
            assert_eq!(told["chargingProfile"]["chargingProfilePurpose"], "TxProfile");
            let plan = house.plan("set", 1).await;
            assert_eq!(periods(&plan.profile), [(0, 16)], "{version:?} {nth}");
            assert_eq!(station.profiles().len(), 1);

            // The vehicle says that it takes less (K17).
            assert_eq!(tells(&station, needs_of(1, 10)).await, "Accepted");
            let plan = house.plan("set", 2).await;
            assert_eq!(periods(&plan.profile), [(0, 10)]);
            assert!(plan.missing_wh > 0, "20 kWh do not fit into an hour of 6.9 kW: {plan:?}");
            assert_eq!(station.profiles().len(), 1, "the new plan takes the place of the old one");
            station.stop(1, "Local").await.unwrap();
            station.close().await;
        }
    }
}

#[tokio::test]
async fn a_schedule_above_the_plan_is_refused_and_the_plan_told_again() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        let station = house.connect(Version::V21).await;
        station.start(1, "TAG").await.unwrap();
        tells(&station, needs_of(2, 16)).await;
        house.plan("set", 1).await;
        let answer = station.call("NotifyEVChargingSchedule", schedule_of(32)).await.unwrap();
        assert_eq!(answer["status"], "Rejected");
        house.plan("set", 2).await;
        let answer = station.call("NotifyEVChargingSchedule", schedule_of(16)).await.unwrap();
        assert_eq!(answer["status"], "Accepted");
        // What an operator sets for the transaction counts from then on (K16).
        let profile = json!({"id": 100, "stackLevel": 0, "chargingProfilePurpose": "TxProfile", "transactionId":
            house.session().await.reference, "chargingProfileKind": "Absolute", "chargingSchedule": [{"id": 1,
            "startSchedule": start().to_rfc3339(), "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 8}]}]});
        house.pass(&station, 1);
        let set: Command =
            serde_json::from_value(json!({"command": "set-profile", "evse": 1, "profile": profile})).unwrap();
        let row = command::issue(&house.app, Ask::new(&ID.into(), set, "ada")).await.unwrap();
        let row = command::wait(&house.app, row.id, Until::Answer, crate::house::PATIENCE).await.unwrap();
        assert_eq!(row.unwrap().verdict, "accepted");
        let answer = station.call("NotifyEVChargingSchedule", schedule_of(16)).await.unwrap();
        assert_eq!(answer["status"], "Rejected");
        let session = house.session().await;
        let need = rows::find(&mut house.app.db.read().await.unwrap(), session.id).await.unwrap().unwrap();
        assert_eq!((need.round, need.schedule_answer.as_str()), (3, "rejected"));
    }
}

#[tokio::test]
async fn power_that_costs_less_later_is_waited_for() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        house
            .tariff(
                r#"{"id":"night","currency":"EUR","elements":[
                {"components":[{"dimension":"energy","price":"0.20"}],"restrictions":{"start_time":"22:00","end_time":"05:00"}},
                {"components":[{"dimension":"energy","price":"0.60"}]}]}"#,
            )
            .await;
        house.says("SmartChargingCtrlr", "PeriodsPerSchedule", "", "24").await;
        let station = house.connect(Version::V201).await;
        station.start(1, "TAG").await.unwrap();
        assert_eq!(tells(&station, needs_of(12, 16)).await, "Accepted");
        let told = periods(&house.plan("set", 1).await.profile);
        assert_eq!(told[0], (0, 0), "at six in the evening it is dear: {told:?}");
        assert_eq!(told[1], (4 * 3600, 16), "{told:?}");
        assert_eq!(station.profiles().len(), 1);
    }
}

#[tokio::test]
async fn limits_that_change_make_a_new_plan_also_after_a_restart() {
    for db in TestDb::all().await.unwrap() {
        let mut house = House::open(&db).await;
        let station = house.connect(Version::V21).await;
        station.start(1, "TAG").await.unwrap();
        tells(&station, needs_of(2, 32)).await;
        assert_eq!(periods(&house.plan("set", 1).await.profile), [(0, 32)]);
        let evse = EvseRow { station_id: ID.into(), evse: 1, max_power_w: Some(11_040), kind: "ac".into() };
        let mut tx = house.app.db.write().await.unwrap();
        stations::set_evse(&mut tx, &evse).await.unwrap();
        tx.commit().await.unwrap();
        house.restart(&station).await;
        let session = house.session().await;
        // The round that the boot has asked for may be under way: then this one leaves the plan to it.
        needs::turn(&house.app, &ID.into()).await.unwrap();
        let mut plan = None;
        house
            .when("the new plan is set", async || {
                plan = rows::plan(&mut house.app.db.read().await.unwrap(), session.id).await.unwrap();
                plan.as_ref().is_some_and(|plan| plan.state == "set" && periods(&plan.profile) == [(0, 16)])
            })
            .await;
        // Nothing has changed since: nothing is told.
        needs::turn(&house.app, &ID.into()).await.unwrap();
        let again = rows::plan(&mut house.app.db.read().await.unwrap(), session.id).await.unwrap();
        assert_eq!(again, plan);
    }
}

#[tokio::test]
async fn where_no_plan_is_wanted_or_possible_the_station_is_told_so() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        let station = house.connect(Version::V21).await;
        assert_eq!(tells(&station, needs_of(2, 16)).await, "NoChargingProfile", "no session runs");
        station.start(1, "TAG").await.unwrap();
        let wireless = json!({"evseId": 1, "chargingNeeds": {"requestedEnergyTransfer": "WPT"}});
        assert_eq!(tells(&station, wireless).await, "Rejected");
        let unlimited = json!({"evseId": 1, "chargingNeeds": {"requestedEnergyTransfer": "AC_three_phase"}});
        assert_eq!(tells(&station, unlimited).await, "NoChargingProfile");
        assert_eq!(tells(&station, needs_of(2, 16)).await, "Accepted");
        house.plan("set", 3).await;
        let session = house.session().await;
        needs::choose(&house.app, &session, "off").await.unwrap();
        house.plan("none", 4).await;
        house.when("the station's profile is gone", async || station.profiles().is_empty()).await;
        assert_eq!(tells(&station, needs_of(2, 16)).await, "NoChargingProfile");
        // 2.0.1 has no such word.
        station.stop(1, "Local").await.unwrap();
        station.close().await;
        let station = house.connect(Version::V201).await;
        assert_eq!(tells(&station, needs_of(2, 16)).await, "Rejected");
    }
}

#[tokio::test]
async fn a_station_that_refuses_the_plan_is_not_asked_again_and_priority_is_kept() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        let station = house.connect(Version::V21).await;
        station.start(1, "TAG").await.unwrap();
        let refuse = conformance::Answer::Result(json!({"status": "Rejected"}));
        station.answer_with("SetChargingProfile", refuse);
        tells(&station, needs_of(2, 16)).await;
        let plan = house.plan("refused", 1).await;
        assert!(plan.reason.contains("Rejected"), "{plan:?}");
        let session = house.session().await;
        station
            .answer_with("UsePriorityCharging", conformance::Answer::Result(json!({"status": "Accepted"})));
        prioritize(&house.app, &session, true, "ada", None).await.unwrap();
        let told = station.expect_call("UsePriorityCharging").await.unwrap();
        assert_eq!(told, json!({"transactionId": session.reference, "activate": true}));
        let told = json!({"transactionId": session.reference, "activated": true});
        station.call("NotifyPriorityCharging", told).await.unwrap();
        let need = rows::find(&mut house.app.db.read().await.unwrap(), session.id).await.unwrap().unwrap();
        assert_eq!((need.priority.as_str(), need.answer.as_str()), ("on", "accepted"));
    }
}

#[tokio::test]
async fn a_station_pulls_the_values_of_a_dynamic_profile_and_of_no_other() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        let station = house.connect(Version::V21).await;
        station.start(1, "TAG").await.unwrap();
        let pull = async || {
            station.call("PullDynamicScheduleUpdate", json!({"chargingProfileId": 7})).await.unwrap()
        };
        assert_eq!(pull().await["status"], "Rejected");
        let profile = json!({"id": 7, "stackLevel": 0, "chargingProfilePurpose": "TxProfile", "transactionId":
            house.session().await.reference, "chargingProfileKind": "Dynamic", "chargingSchedule": [{"id": 1,
            "chargingRateUnit": "W", "chargingSchedulePeriod": [{"startPeriod": 0, "operationMode": "CentralSetpoint",
            "setpoint": -2000.5}]}]});
        let accept = || conformance::Answer::Result(json!({"status": "Accepted"}));
        let asks = [
            json!({"command": "set-profile", "evse": 1, "profile": profile}),
            json!({"command": "call", "action": "UpdateDynamicSchedule", "payload":
                {"chargingProfileId": 7, "scheduleUpdate": {"setpoint": 1500}}}),
            json!({"command": "update-schedule", "profile": 7, "setpoint": 1200}),
            json!({"command": "clear-profile", "id": 7}),
        ];
        let set = |setpoint: Value| Some(json!({ "setpoint": setpoint }));
        let values = [set(json!(-2000.5)), set(json!(1500)), set(json!(1200)), None];
        for (ask, value) in asks.into_iter().zip(values) {
            for action in ["SetChargingProfile", "UpdateDynamicSchedule", "ClearChargingProfile"] {
                station.answer_with(action, accept());
            }
            let ask: Command = serde_json::from_value(ask).unwrap();
            let row = command::issue(&house.app, Ask::new(&ID.into(), ask, "ada")).await.unwrap();
            let row = command::wait(&house.app, row.id, Until::Answer, crate::house::PATIENCE).await.unwrap();
            assert_eq!(row.unwrap().verdict, "accepted");
            let answer = pull().await;
            assert_eq!(answer.get("scheduleUpdate").cloned(), value, "{answer}");
        }
    }
}
