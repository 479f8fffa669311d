//! Q: energy in both directions.

use serde_json::{Value, json};

use super::ONLY;
use super::charging::{dynamic, pull};
use crate::suite::asking::card;
use crate::suite::case::{Broken, Play, cases, ensure};
use crate::suite::defaults::set_variables;
use crate::suite::stage::{Reply, Stage};
use crate::suite::v2::{charging, profile};
use crate::suite::verbs2::Tx;
use crate::suite::verbs16::{is, one_of};

/// A transaction with a car that can give energy, to where it charges.
async fn session(s: &mut Stage) -> Result<(String, Tx), Broken> {
    let (token, mut tx) = charging::session_15118(s).await?;
    charging::needs(s, bidirectional(), &["Accepted", "Processing"]).await?;
    // A plan may come of that, and a station has it behind it before it is asked for anything else.
    s.let_go("SetChargingProfile").await?;
    s.tell(&mut tx, "Updated", "ChargingStateChanged", "Charging", json!({})).await?;
    Ok((token, tx))
}

fn bidirectional() -> Value {
    json!({ "chargingNeeds": { "requestedEnergyTransfer": "AC_BPT", "availableEnergyTransfer": ["AC_BPT",
        "AC_three_phase"], "controlMode": "DynamicControl", "v2xChargingParameters": { "maxChargePower": 11_000,
        "maxDischargePower": 5_000, "evTargetEnergyRequest": 15_000 } } })
}

/// A profile of a transaction with one period in this mode.
fn mode(tx: &Tx, mode: &str, unit: &str, more: Value) -> Value {
    let mut period = json!({ "startPeriod": 0, "operationMode": mode });
    crate::suite::verbs2::merge(&mut period, more);
    let schedule =
        charging::schedule(json!({ "chargingRateUnit": unit, "chargingSchedulePeriod": [period] }));
    profile("TxProfile", json!({ "transactionId": tx.id, "chargingSchedule": [schedule] }))
}

/// Sets a profile in this mode for a transaction, and the station tells that it follows.
async fn follows(s: &mut Stage, name: &str, unit: &str, more: Value) -> Play {
    let (token, mut tx) = session(s).await?;
    charging::set(s, 1, mode(&tx, name, unit, more)).await?;
    let more = json!({ "transactionInfo": { "operationMode": name } });
    s.tell(&mut tx, "Updated", "OperationModeChanged", "Charging", more).await?;
    s.stop(&mut tx, &token).await.map(drop)
}

/// Profiles in this mode have none of these fields.
const NO_LIMITS: [&str; 2] = ["limit", "dischargeLimit"];

/// The same as a template.
fn without(fields: &[&str]) -> Value {
    fields
        .iter()
        .map(|field| ((*field).to_owned(), "?absent".into()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

cases! { "Q" in ONLY;
    "TC_Q_102_CSMS" "A driver of whom no allowed direction is known: the answer names none" ["Q01"] => |s| {
        s.ready().await?;
        let token = s.valid().await?;
        let answer = s.call("Authorize", json!({ "idToken": card(&token) })).await?;
        is(&answer["idTokenInfo"], "status", "Accepted", "Authorize")?;
        ensure(answer.get("allowedEnergyTransfer").is_none(), || {
            format!("allowedEnergyTransfer is {}, but nothing is known of it", answer["allowedEnergyTransfer"])
        })?;
    }
    "TC_Q_103_CSMS" "A car asks for a direction that is not allowed" ["Q01"] => |s| {
        let (token, mut tx) = charging::session_15118(s).await?;
        let answer = s.call("NotifyEVChargingNeeds", json!({ "evseId": 1, "chargingNeeds": {
            "requestedEnergyTransfer": "WPT" } })).await?;
        one_of(&answer, "status", &["Rejected", "NoChargingProfile"], "NotifyEVChargingNeeds")?;
        s.stop(&mut tx, &token).await?;
    }
    "TC_Q_107_CSMS" "A car that can give energy charges first" ["Q02.FR.02"] => |s| {
        let more = json!({ "limit": "?num 11000", "setpoint": "?absent", "dischargeLimit": "?absent" });
        follows(s, "ChargingOnly", "?one W|A", more).await?;
    }
    "TC_Q_108_CSMS" "The CSMS sets the power" ["Q03.FR.02"] => |s| {
        let mut more = without(&NO_LIMITS);
        more["setpoint"] = "?num -2000".into();
        follows(s, "CentralSetpoint", "?one W|A", more).await?;
    }
    "TC_Q_109_CSMS" "The CSMS pushes the power, and clears the profile" ["Q03", "K28"] => |s| {
        let (token, mut tx) = session(s).await?;
        let period = json!({ "operationMode": "CentralSetpoint", "setpoint": "?num -2000" });
        let sent = charging::set(s, 1, dynamic(&tx.id, None, period)).await?;
        let id = sent["chargingProfile"]["id"].clone();
        s.ask_status("UpdateDynamicSchedule", json!({ "chargingProfileId": id,
            "scheduleUpdate": { "setpoint": "?num -1500" } }), "Accepted").await?;
        s.ask_status("ClearChargingProfile", json!({ "chargingProfileId": id }), "Accepted").await?;
        s.stop(&mut tx, &token).await?;
    }
    "TC_Q_110_CSMS" "The station pulls the power; of a profile that is not, it gets none" ["Q03", "K28"] => |s| {
        let (token, mut tx) = session(s).await?;
        let period = json!({ "operationMode": "CentralSetpoint", "setpoint": "?num -2000" });
        let sent = charging::set(s, 1, dynamic(&tx.id, Some(5), period)).await?;
        pull(s, &sent["chargingProfile"]["id"]).await?;
        let answer = s.call("PullDynamicScheduleUpdate", json!({ "chargingProfileId": 987_654 })).await?;
        is(&answer, "status", "Rejected", "PullDynamicScheduleUpdate of an unknown profile")?;
        s.stop(&mut tx, &token).await?;
    }
    "TC_Q_111_CSMS" "An energy manager at the site sets the power" ["Q04"] => |s| {
        follows(s, "ExternalSetpoint", "?one W|A", json!({})).await?;
    }
    "TC_Q_112_CSMS" "An energy manager at the site sets the limits" ["Q04"] => |s| {
        follows(s, "ExternalLimits", "?one W|A", json!({})).await?;
        s.call("NotifyChargingLimit", json!({ "evseId": 1, "chargingLimit": { "chargingLimitSource": "EMS" } })).await?;
    }
    "TC_Q_117_CSMS" "The CSMS follows the grid's frequency, and pushes the power" ["Q06", "K28"] => |s| {
        let (token, mut tx) = session(s).await?;
        let period = json!({ "operationMode": "CentralFrequency", "setpoint": "?num -2000" });
        let sent = charging::set(s, 1, dynamic(&tx.id, None, period)).await?;
        s.ask_status("UpdateDynamicSchedule", json!({ "chargingProfileId": sent["chargingProfile"]["id"],
            "scheduleUpdate": { "setpoint": "?num 1500" } }), "Accepted").await?;
        s.stop(&mut tx, &token).await?;
    }
    "TC_Q_120_CSMS" "A signal of secondary reserve is passed on" ["Q07"] => |s| {
        let (token, mut tx) = session(s).await?;
        let curve = json!([{ "signal": 1, "power": 1000 }, { "signal": 2, "power": -1000 }]);
        charging::set(s, 1, mode(&tx, "CentralFrequency", "?one W|A",
            json!({ "v2xBaseline": "?num 0", "v2xSignalWattCurve": format!("?list {curve}") }))).await?;
        s.ask_status("AFRRSignal", json!({ "timestamp": "?time +0", "signal": "?any 1" }), "Accepted").await?;
        s.stop(&mut tx, &token).await?;
    }
    "TC_Q_121_CSMS" "The station follows the grid's frequency by a curve" ["Q08"] => |s| {
        let (token, mut tx) = session(s).await?;
        let curve = json!([{ "frequency": 49.8, "power": -5000 }, { "frequency": 50.2, "power": 5000 }]);
        let mut more = without(&["limit", "dischargeLimit", "setpoint"]);
        more["v2xBaseline"] = "?num 0".into();
        more["v2xFreqWattCurve"] = json!(format!("?list {curve}"));
        let sent = charging::set(s, 1, mode(&tx, "LocalFrequency", "W", more)).await?;
        let points = &sent["chargingProfile"]["chargingSchedule"][0]["chargingSchedulePeriod"][0]["v2xFreqWattCurve"];
        let points = points.as_array().map_or(0, Vec::len);
        ensure(points >= 2, || format!("the curve has {points} points, but needs 2 (Q08)"))?;
        s.stop(&mut tx, &token).await?;
    }
    "TC_Q_124_CSMS" "The station balances the load at the site" ["Q09"] => |s| {
        let (token, mut tx) = session(s).await?;
        s.ask("SetVariables", json!({ "setVariableData": "?list ".to_owned() + &json!([{
            "component": { "name": "V2XChargingCtrlr", "evse": { "id": 1 } },
            "variable": { "name": "LocalLoadBalancing", "instance": "UpperThreshold" }, "attributeValue": "4000" }]).to_string() }),
            Reply::By(|payload| set_variables(payload, "Accepted"))).await?;
        charging::set(s, 1, mode(&tx, "LocalLoadBalancing", "?one W|A", json!({}))).await?;
        s.stop(&mut tx, &token).await?;
    }
}
