//! K: what 2.1 adds to profiles.

use serde_json::{Value, json};

use super::ONLY;
use crate::suite::case::{Play, cases, ensure};
use crate::suite::entry::in_seconds;
use crate::suite::stage::Stage;
use crate::suite::v2::{charging, profile, provisioning};
use crate::suite::verbs16::is;

/// A profile with these fields, and a schedule with those.
fn with(purpose: &str, more: Value, schedule: Value) -> Value {
    let mut more = more;
    more["chargingSchedule"] = json!([charging::schedule(schedule)]);
    profile(purpose, more)
}

async fn set(s: &mut Stage, profile: Value) -> Play {
    s.ready().await?;
    charging::set(s, 1, profile).await?;
    s.heartbeat().await
}

/// A car on ISO 15118-20, to where its schedule is agreed on; then `again` leads to a new plan.
async fn renegotiated(s: &mut Stage, again: Value, by_csms: bool) -> Play {
    let first =
        json!({ "chargingNeeds": { "controlMode": "ScheduledControl", "mobilityNeedsMode": "EVCC" } });
    let (token, mut tx) = charging::session_15118(s).await?;
    charging::needs(s, first, &["Accepted", "Processing"]).await?;
    charging::planned(s, &tx, json!({})).await?;
    charging::ev_schedule(s, 6.0, "Accepted").await?;
    s.tell(&mut tx, "Updated", "ChargingStateChanged", "Charging", json!({})).await?;
    if by_csms {
        charging::set(s, 1, profile("TxProfile", json!({ "transactionId": tx.id }))).await?;
    } else {
        charging::needs(s, again, &["Accepted", "Processing"]).await?;
        charging::planned(s, &tx, json!({})).await?;
    }
    charging::ev_schedule(s, 6.0, "Accepted").await?;
    s.stop(&mut tx, &token).await.map(drop)
}

/// A profile whose values are pushed or pulled: one schedule, one period.
pub(super) fn dynamic(transaction: &str, interval: Option<u32>, period: Value) -> Value {
    let mut only = json!({ "startPeriod": 0 });
    crate::suite::verbs2::merge(&mut only, period);
    let mut more = json!({ "transactionId": transaction, "chargingProfileKind": "Dynamic", "chargingSchedule": [
        { "id": "?int 1", "chargingRateUnit": "?one W|A", "chargingSchedulePeriod": [only] }] });
    if let Some(seconds) = interval {
        more["dynUpdateInterval"] = json!(format!("?int {seconds}"));
    }
    profile("TxProfile", more)
}

/// The station pulls the values of a dynamic profile: they have to be there.
pub(super) async fn pull(s: &mut Stage, id: &Value) -> Play {
    let answer = s.call("PullDynamicScheduleUpdate", json!({ "chargingProfileId": id })).await?;
    is(&answer, "status", "Accepted", "PullDynamicScheduleUpdate")?;
    let values = answer["scheduleUpdate"].as_object().map_or(0, serde_json::Map::len);
    ensure(values > 0, || "the answer to PullDynamicScheduleUpdate has no values (K28)".to_owned())
}

cases! { "K" in ONLY;
    "TC_K_100_CSMS" "A profile that ends when the station is offline for long" ["K01"] => |s| {
        set(s, with("TxDefaultProfile", json!({ "maxOfflineDuration": "?int 600", "invalidAfterOfflineDuration": true }),
            json!({}))).await?;
    }
    "TC_K_101_CSMS" "A profile that changes the operation mode" ["K01"] => |s| {
        set(s, with("TxDefaultProfile", json!({}), json!({ "chargingSchedulePeriod": [
            { "startPeriod": 0, "limit": "?num 6.0", "operationMode": "ChargingOnly" },
            { "startPeriod": "?int 1800", "operationMode": "?one Idle|ChargingOnly" }] }))).await?;
    }
    "TC_K_102_CSMS" "A profile with a limit from a state of charge on" ["K01"] => |s| {
        set(s, with("TxDefaultProfile", json!({}), json!({ "limitAtSoC": { "soc": "?int 80", "limit": "?num 6.0" } })))
            .await?;
    }
    "TC_K_104_CSMS" "A profile for priority charging" ["K21"] => |s| {
        set(s, with("PriorityCharging", json!({}), json!({ "duration": "?absent" }))).await?;
    }
    "TC_K_106_CSMS" "A profile in local time, with a random delay" ["K01"] => |s| {
        s.ready().await?;
        let sent = charging::set(s, 1, with("TxDefaultProfile", json!({}),
            json!({ "useLocalTime": true, "randomizedDelay": "?int 60" }))).await?;
        let delay = sent["chargingProfile"]["chargingSchedule"][0]["randomizedDelay"].as_i64().unwrap_or_default();
        ensure(delay > 0, || "the random delay is 0".to_owned())?;
    }
    "TC_K_109_CSMS" "The ids of profiles are above the station's MaxExternalConstraintsId" ["K01.FR.80"] => |s| {
        s.ready().await?;
        provisioning::told(s, &[provisioning::row("SmartChargingCtrlr", "MaxExternalConstraintsId", "1000")]).await?;
        let sent = charging::set(s, 1, profile("TxDefaultProfile", json!({ "id": "?int 1" }))).await?;
        let id = sent["chargingProfile"]["id"].as_i64().unwrap_or_default();
        ensure(id > 1000, || format!("the profile has the id {id}: those up to 1000 are for others (K01.FR.80)"))?;
    }
    "TC_K_113_CSMS" "ISO 15118-20: the CSMS makes a new plan" ["K16", "K18"] => |s| {
        renegotiated(s, json!({}), true).await?;
    }
    "TC_K_114_CSMS" "ISO 15118-20: the car asks for a new plan, with what it could give" ["K17", "K18"] => |s| {
        renegotiated(s, json!({ "chargingNeeds": { "controlMode": "ScheduledControl", "v2xChargingParameters": {
            "maxChargePower": 11_000, "maxDischargePower": 5_000, "evTargetEnergyRequest": 15_000 } } }), false).await?;
    }
    "TC_K_115_CSMS" "ISO 15118-20: the car lets the station steer" ["K17", "K19"] => |s| {
        let (token, mut tx) = charging::session_15118(s).await?;
        let needs = json!({ "chargingNeeds": { "controlMode": "DynamicControl", "mobilityNeedsMode": "EVCC_SECC" } });
        charging::needs(s, needs.clone(), &["Accepted", "Processing"]).await?;
        charging::planned(s, &tx, json!({})).await?;
        s.tell(&mut tx, "Updated", "ChargingStateChanged", "Charging", json!({})).await?;
        charging::needs(s, needs, &["Accepted", "Processing"]).await?;
        charging::planned(s, &tx, json!({})).await?;
        s.stop(&mut tx, &token).await?;
    }
    "TC_K_117_CSMS" "ISO 15118-20: the car leaves at another time" ["K17"] => |s| {
        renegotiated(s, json!({ "chargingNeeds": { "departureTime": in_seconds(1800) } }), false).await?;
    }
    "TC_K_118_CSMS" "Priority charging is switched on for a transaction" ["K21", "K22"] => |s| {
        s.ready().await?;
        let token = s.valid().await?;
        let mut tx = s.begin(1, &token).await?;
        s.ask_status("UsePriorityCharging", json!({ "transactionId": tx.id, "activate": true }), "Accepted").await?;
        s.call("NotifyPriorityCharging", json!({ "transactionId": tx.id, "activated": true })).await?;
        s.stop(&mut tx, &token).await?;
    }
    "TC_K_121_CSMS" "A dynamic profile: the station pulls its values, twice" ["K28"] => |s| {
        s.ready().await?;
        let token = s.valid().await?;
        let mut tx = s.begin(1, &token).await?;
        let sent = charging::set(s, 1, dynamic(&tx.id, Some(5), json!({ "limit": "?num 10.0" }))).await?;
        let id = sent["chargingProfile"]["id"].clone();
        pull(s, &id).await?;
        pull(s, &id).await?;
        s.stop(&mut tx, &token).await?;
    }
    "TC_K_126_CSMS" "ISO 15118: the CSMS has no plan for the car" ["K15"] => |s| {
        let (token, mut tx) = charging::session_15118(s).await?;
        s.other("no_charging_profile", "Have the CSMS make no plan for the car at EVSE 1.", json!({ "evse": 1 })).await?;
        charging::needs(s, json!({}), &["NoChargingProfile"]).await?;
        s.stop(&mut tx, &token).await?;
    }
}
