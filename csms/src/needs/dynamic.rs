//! What was told of charging profiles by commands: the values of a dynamic one (2.1, K28), and which profile a transaction
//! has been given last. Commands are the record of both.

use crate::store::{StoreError, Tx, commands::CommandRow, needs};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

/// So many commands about profiles are looked through, the newest first.
pub(super) const LOOK_BACK: i64 = 200;
/// Fields of ChargingScheduleUpdate.
const FIELDS: [&str; 12] = [
    "limit",
    "limit_L2",
    "limit_L3",
    "dischargeLimit",
    "dischargeLimit_L2",
    "dischargeLimit_L3",
    "setpoint",
    "setpoint_L2",
    "setpoint_L3",
    "setpointReactive",
    "setpointReactive_L2",
    "setpointReactive_L3",
];

/// The values that a dynamic profile of a station has now; `None`: it holds no such profile of ours.
pub(crate) async fn values(tx: &mut Tx, station: &str, profile: i64) -> Result<Option<Value>, StoreError> {
    let mut found = Map::new();
    for command in needs::profile_commands(tx, station, LOOK_BACK).await? {
        for (action, payload) in calls(&command).into_iter().rev() {
            match action.as_str() {
                "UpdateDynamicSchedule" if payload["chargingProfileId"].as_i64() == Some(profile) => {
                    take(&mut found, &payload["scheduleUpdate"]);
                }
                "ClearChargingProfile" if payload["chargingProfileId"].as_i64() == Some(profile) => {
                    return Ok(None);
                }
                "SetChargingProfile" if payload["chargingProfile"]["id"].as_i64() == Some(profile) => {
                    let told = &payload["chargingProfile"];
                    if told["chargingProfileKind"] != "Dynamic" {
                        return Ok(None);
                    }
                    take(&mut found, &told["chargingSchedule"][0]["chargingSchedulePeriod"][0]);
                    return Ok(Some(Value::Object(found)));
                }
                _ => {}
            }
        }
    }
    Ok(None)
}

/// The profile that others have given a transaction last, and when; only one whose schedule has its own start.
pub(crate) async fn by_others(
    tx: &mut Tx,
    station: &str,
    transaction: &str,
) -> Result<Option<(Value, DateTime<Utc>)>, StoreError> {
    for command in needs::profile_commands(tx, station, LOOK_BACK).await? {
        if command.asked_by == super::NAME {
            continue;
        }
        for (action, mut payload) in calls(&command).into_iter().rev() {
            let profile = payload["chargingProfile"].take();
            if action == "SetChargingProfile"
                && profile["transactionId"] == transaction
                && profile["chargingProfileKind"] == "Absolute"
            {
                return Ok(Some((profile, command.created_at)));
            }
        }
    }
    Ok(None)
}

/// What is newer is there already, and stays.
fn take(found: &mut Map<String, Value>, told: &Value) {
    for field in FIELDS {
        if let Some(value) = told.get(field).filter(|_| !found.contains_key(field)) {
            found.insert(field.to_owned(), value.clone());
        }
    }
}

pub(super) fn calls(command: &CommandRow) -> Vec<(String, Value)> {
    let calls: Vec<Value> = serde_json::from_str(&command.calls).unwrap_or_default();
    let call = |mut call: Value| Some((call["action"].as_str()?.to_owned(), call["payload"].take()));
    calls.into_iter().filter_map(call).collect()
}
