//! Plans that are turned off and on: what is not known any more does not count.

use crate::{
    guard::{ask, old_profile, profile},
    hall::{Hall, NAMES, SITE, of, plan_of},
    leaving::taken,
};
use chrono::TimeDelta;
use csms::{
    desired::{self, ABSENT, Kind},
    grid::{
        file::PlanFile,
        plan,
        switch::{Mode, SwitchError},
    },
    store::testing::TestDb,
};
use energy::control::Standing;
use serde_json::json;
use std::time::Duration;

const KEY: &str = "TxDefaultProfile/5@1";

fn wish(value: &str) -> Vec<desired::Wish> {
    vec![desired::wish(Kind::Profile, KEY, value).unwrap()]
}

fn all_of_it() -> String {
    json!({"chargingProfileKind": "Absolute", "chargingSchedule": [{"startSchedule": "2026-03-02T08:00:00Z",
        "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 32}]}]})
    .to_string()
}

#[tokio::test]
async fn a_plan_is_not_turned_on_while_a_profile_is_wished_that_would_hold_instead() {
    for db in TestDb::all().await.unwrap() {
        let hall = Hall::open(&db, 60, &plan_of(60)).await;
        let station = NAMES[1].into();
        assert!(hall.switch(Mode::Off).await.unwrap());
        assert!(!hall.switch(Mode::Off).await.unwrap(), "it is off already");

        // Whoever wishes and whoever turns it on wait for each other.
        let prepared = desired::prepare(wish(&all_of_it())).await.unwrap();
        let mut tx = hall.app.db.write().await.unwrap();
        desired::set_in(&mut tx, &station, prepared, "ada", hall.clock.now()).await.unwrap();
        let waits = tokio::time::timeout(Duration::from_millis(300), hall.switch(Mode::On)).await;
        assert!(waits.is_err(), "{waits:?}");
        tx.commit().await.unwrap();

        let Err(SwitchError::Wished(why)) = hall.switch(Mode::On).await else { panic!("it is on") };
        assert!(why.len() == 1 && why[0].contains("want it absent first"), "{why:?}");
        desired::set(&hall.app.db, &station, wish(ABSENT), "ada", hall.clock.now()).await.unwrap();
        let Err(SwitchError::Wished(why)) = hall.switch(Mode::On).await else { panic!("it is on") };
        assert!(why[0].contains("has not taken it away yet"), "{why:?}");
        assert_eq!(hall.look().await.mode, "off");
        desired::forget(&hall.app.db, &station, Kind::Profile, KEY, hall.clock.now()).await.unwrap();
        assert!(hall.switch(Mode::On).await.unwrap());
        assert_eq!(hall.look().await.mode, "on");
    }
}

#[tokio::test]
async fn what_was_acknowledged_before_a_plan_was_off_counts_no_more() {
    for noticed in [true, false] {
        for db in TestDb::all().await.unwrap() {
            let mut hall = Hall::open(&db, 60, &plan_of(60)).await;
            hall.connect().await;
            hall.stations[1].cut().await;
            hall.until("one is offline", |_, look| of(look, NAMES[1]).standing == Standing::Offline).await;
            assert_eq!(of(&hall.look().await, NAMES[1]).counted.0, 6_000);
            hall.switch(Mode::Off).await.unwrap();
            if noticed {
                hall.when("nobody steps it", async || hall.app.grid.last(SITE).is_none()).await;
            }
            hall.switch(Mode::On).await.unwrap();
            hall.when("it is stepped", async || hall.app.grid.last(SITE).is_some()).await;
            let told = |_: &Hall, look: &_| {
                [NAMES[0], NAMES[2]].iter().all(|name| of(look, name).standing == Standing::Default)
            };
            let look = hall.until("those that are there have their defaults again", told).await;
            let lost = of(&look, NAMES[1]);
            assert_eq!((lost.standing, lost.counted.0), (Standing::Uncommissioned, 32_000));
            hall.stations[1].reconnect().await.unwrap();
            let back = |_: &Hall, look: &_| of(look, NAMES[1]).standing == Standing::Default;
            hall.until("it is told its default again", back).await;
        }
    }
}

#[tokio::test]
async fn the_number_of_an_evse_that_has_left_is_given_to_no_other() {
    for db in TestDb::all().await.unwrap() {
        let hall = Hall::open(&db, 60, &plan_of(60)).await;
        let full: PlanFile = serde_json::from_value(plan_of(60)).unwrap();
        let mut fewer = full.clone();
        fewer.evse.truncate(2);
        hall.put(&fewer).await;
        hall.put(&full).await;
        let (_, plan) = plan::load(&mut hall.app.db.read().await.unwrap(), SITE).await.unwrap().unwrap();
        let numbers = NAMES.map(|name| plan.names.evse(name, 1).unwrap().0);
        assert_eq!(numbers, [1, 2, 4], "3 was somebody else's");
    }
}

#[tokio::test]
async fn a_plan_is_not_turned_on_over_profiles_that_commands_have_set() {
    for db in TestDb::all().await.unwrap() {
        let mut hall = Hall::open(&db, 60, &plan_of(60)).await;
        hall.connect().await;
        hall.switch(Mode::Off).await.unwrap();
        let [old, middle, new] = NAMES;
        let call = |action: &str, payload| json!({"command": "call", "action": action, "payload": payload});
        let set = |profile| json!({"command": "set-profile", "evse": 1, "profile": profile});
        hall.charge(2).await;
        let mut of_this_one = profile(9, "TxProfile", 0);
        of_this_one["transactionId"] = hall.stations[2].transaction(1).unwrap().into();
        let commands = [
            (old, call("SetChargingProfile", json!({"connectorId": 1, "csChargingProfiles": old_profile()}))),
            (middle, set(profile(7, "TxDefaultProfile", 5))),
            (middle, set(profile(8, "TxDefaultProfile", 6))),
            (new, set(profile(5, "PriorityCharging", 0))),
            (new, set(of_this_one)),
            // These do not hold instead of anything.
            (
                middle,
                json!({"command": "set-profile", "evse": 0, "profile": profile(4, "ChargingStationMaxProfile", 0)}),
            ),
            (new, set(profile(6, "TxDefaultProfile", 3))),
            (new, json!({"command": "clear-profile", "id": 6})),
        ];
        for (station, command) in commands {
            let row = ask(&hall, station, command.clone()).await;
            assert_eq!(row.verdict, "accepted", "{command}: {row:?}");
        }
        let Err(SwitchError::Wished(why)) = hall.switch(Mode::On).await else { panic!("it is on") };
        let named = |station: &str, profile: i64| {
            let start = format!("EVSE 1 of {station}: profile {profile} (");
            why.iter().any(|one| one.starts_with(&start) && one.contains("set by ada"))
        };
        assert!(why.len() == 5 && named(old, 4) && named(middle, 7) && named(middle, 8), "{why:#?}");
        assert!(named(new, 5) && named(new, 9), "{why:#?}");

        hall.stations[2].stop(1, "Local").await.unwrap();
        // What the station has lost is not there any more either.
        hall.stations[1].forget_profiles();
        let clears = [
            (old, json!({"command": "clear-profile", "id": 4})),
            (middle, json!({"command": "clear-profile", "id": 7})),
            (middle, call("ClearChargingProfile", json!({"chargingProfileCriteria": {"stackLevel": 6}}))),
            (new, json!({"command": "clear-profile", "purpose": "PriorityCharging"})),
        ];
        for (station, command) in clears {
            ask(&hall, station, command).await;
        }
        assert!(hall.switch(Mode::On).await.unwrap());
    }
}

#[tokio::test]
async fn what_waits_to_be_taken_away_stays_once_the_plan_is_on_again() {
    for db in TestDb::all().await.unwrap() {
        let mut hall = Hall::open(&db, 60, &plan_of(60)).await;
        hall.connect().await;
        hall.stations[1].cut().await;
        hall.until("one is offline", |_, look| of(look, NAMES[1]).standing == Standing::Offline).await;
        hall.switch(Mode::Clear).await.unwrap();
        hall.when("it is off", async || hall.look().await.mode == "off").await;
        // By then nobody has it, and what is asked waits for it.
        hall.clock.advance(TimeDelta::seconds(60));
        hall.when("both are asked for", async || taken(&hall, NAMES[1]).await.len() == 2).await;
        hall.switch(Mode::On).await.unwrap();
        hall.stations[1].reconnect().await.unwrap();
        let there = |_: &Hall, look: &_| of(look, NAMES[1]).standing == Standing::Default;
        hall.until("it is told its default again", there).await;
        hall.when("what waited has had its turn", async || {
            taken(&hall, NAMES[1]).await.iter().all(|row| row.state == "answered")
        })
        .await;
        let verdicts: Vec<String> = taken(&hall, NAMES[1]).await.into_iter().map(|row| row.verdict).collect();
        assert_eq!(verdicts, ["refused", "refused"]);
        assert_eq!(hall.stations[1].profiles(), [9002]);
    }
}
