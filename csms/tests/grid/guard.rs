//! What nobody may ask of stations that load management leads, and what anybody still may.

use crate::hall::{Hall, NAMES, plan_of};
use csms::{
    command::{self, Ask, Command, Until},
    grid::switch::Mode,
    store::{commands::CommandRow, testing::TestDb},
};
use serde_json::{Value, json};
use std::time::Duration;

pub async fn ask(hall: &Hall, station: &str, command: Value) -> CommandRow {
    let command: Command = serde_json::from_value(command).unwrap();
    let row = command::issue(&hall.app, Ask::new(&station.into(), command, "ada")).await.unwrap();
    command::wait(&hall.app, row.id, Until::Answer, Duration::from_secs(30)).await.unwrap().unwrap()
}

pub fn profile(id: i64, purpose: &str, level: i64) -> Value {
    json!({"id": id, "stackLevel": level, "chargingProfilePurpose": purpose, "chargingProfileKind": "Absolute",
        "chargingSchedule": [{"id": 1, "startSchedule": "2026-03-02T08:00:00Z", "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 32}]}]})
}

/// As 1.6 has it.
pub fn old_profile() -> Value {
    json!({"chargingProfileId": 4, "stackLevel": 5, "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute", "chargingSchedule": {"startSchedule": "2026-03-02T08:00:00Z",
        "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 32}]}})
}

#[tokio::test]
async fn nobody_takes_away_or_outranks_what_load_management_has_told() {
    let db = TestDb::sqlite().unwrap();
    let mut hall = Hall::open(&db, 60, &plan_of(60)).await;
    hall.connect().await;
    let [old, middle, new] = NAMES;
    let call =
        |action: &str, payload: Value| json!({"command": "call", "action": action, "payload": payload});
    let set = |evse: i64, profile: Value| json!({"command": "set-profile", "evse": evse, "profile": profile});
    let token = json!({"uid": "TAG"});
    let refused = [
        (middle, json!({"command": "clear-profile", "evse": 1})),
        (middle, json!({"command": "clear-profile", "id": 9002})),
        (middle, json!({"command": "clear-profile", "purpose": "TxDefaultProfile"})),
        (new, json!({"command": "clear-profile", "stack_level": 0})),
        (old, json!({"command": "clear-profile"})),
        (middle, set(1, profile(4, "TxDefaultProfile", 5))),
        (middle, set(0, profile(4, "TxDefaultProfile", 5))),
        (new, set(1, profile(4, "PriorityCharging", 0))),
        (old, set(1, profile(4, "TxDefaultProfile", 5))),
        // What the station has of this purpose would hold, whoever has put it there.
        (new, json!({"command": "use-priority", "transaction": "T", "on": true})),
        (new, call("UsePriorityCharging", json!({"transactionId": "T", "activate": true}))),
        // A number that is used takes the place of what has it.
        (middle, set(0, profile(9002, "ChargingStationMaxProfile", 0))),
        (
            middle,
            json!({"command": "start", "evse": 1, "token": token, "profile": profile(4, "TxProfile", 0)}),
        ),
        (middle, json!({"command": "start", "token": token, "profile": profile(4, "TxProfile", 0)})),
        (
            middle,
            call(
                "SetChargingProfile",
                json!({"evseId": 1, "chargingProfile": profile(4, "TxDefaultProfile", 5)}),
            ),
        ),
        (old, call("SetChargingProfile", json!({"connectorId": 1, "csChargingProfiles": old_profile()}))),
        (old, call("ClearChargingProfile", json!({}))),
        (old, call("ClearChargingProfile", json!({"id": 9002}))),
        (new, call("ClearChargingProfile", json!({"chargingProfileId": 9003}))),
        (
            new,
            call(
                "ClearChargingProfile",
                json!({"chargingProfileCriteria": {"chargingProfilePurpose": "TxProfile"}}),
            ),
        ),
        (
            old,
            call(
                "RemoteStartTransaction",
                json!({"idTag": "TAG", "connectorId": 1, "chargingProfile": old_profile()}),
            ),
        ),
    ];
    for (station, command) in refused {
        let row = ask(&hall, station, command.clone()).await;
        assert_eq!(row.verdict, "refused", "{command}: {row:?}");
        assert!(row.reason.contains("load management of Hall tells EVSE 1"), "{command}: {}", row.reason);
    }
    for station in &hall.stations {
        assert_eq!(station.profiles().len(), 1);
    }

    // What others have put there before can be removed, and what only narrows may be set.
    let free = [
        (middle, json!({"command": "clear-profile", "id": 4})),
        (
            middle,
            json!({"command": "clear-profile", "evse": 1, "stack_level": 5, "purpose": "TxDefaultProfile"}),
        ),
        (middle, json!({"command": "clear-profile", "evse": 0, "purpose": "TxDefaultProfile"})),
        (old, call("ClearChargingProfile", json!({"id": 4}))),
        (new, json!({"command": "use-priority", "transaction": "T", "on": false})),
        (new, call("UsePriorityCharging", json!({"transactionId": "T", "activate": false}))),
        (middle, set(0, profile(4, "ChargingStationMaxProfile", 0))),
        (middle, set(2, profile(5, "TxDefaultProfile", 5))),
    ];
    for (station, command) in free {
        let row = ask(&hall, station, command.clone()).await;
        assert!(!row.reason.contains("load management"), "{command}: {}", row.reason);
    }
    assert_eq!(hall.stations[1].profiles().iter().filter(|id| **id == 9002).count(), 1);

    assert!(hall.switch(Mode::Off).await.unwrap());
    let row = ask(&hall, middle, set(1, profile(6, "TxDefaultProfile", 5))).await;
    assert_eq!(row.verdict, "accepted", "{row:?}");
}
