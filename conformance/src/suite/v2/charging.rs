//! K: profiles that are set, and schedules.

use serde_json::{Value, json};

use super::BOTH;
use super::remote::request_start;
use crate::suite::asking::card;
use crate::suite::case::{Broken, Play, cases, ensure};
use crate::suite::entry::{in_seconds, now};
use crate::suite::stage::{Reply, Stage};
use crate::suite::verbs2::{Tx, merge};
use crate::suite::verbs16::{is, one_of};

/// A profile with one schedule of one period, absolute unless `more` says otherwise.
pub(crate) fn profile(purpose: &str, more: Value) -> Value {
    let mut profile = json!({ "id": "?int 100", "stackLevel": "?int 0", "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Absolute", "transactionId": "?absent", "chargingSchedule": [schedule(json!({}))] });
    merge(&mut profile, more);
    profile
}

/// A schedule with one period of 6 A (or 6000 W).
pub(crate) fn schedule(more: Value) -> Value {
    let mut schedule = json!({ "id": "?int 1", "startSchedule": "?time +0", "duration": "?int 3600",
        "chargingRateUnit": "?one A|W", "chargingSchedulePeriod": [{ "startPeriod": 0, "limit": "?num 6.0" }] });
    merge(&mut schedule, more);
    schedule
}

/// Without a start, as relative schedules are.
fn relative(limit: &str) -> Value {
    json!({ "chargingProfileKind": "Relative", "chargingSchedule": [schedule(json!({ "startSchedule": "?absent",
        "chargingSchedulePeriod": [{ "startPeriod": 0, "limit": limit }] }))] })
}

/// SetChargingProfile for an EVSE, answered Accepted.
pub(crate) async fn set(s: &mut Stage, evse: u32, profile: Value) -> Result<Value, Broken> {
    s.ask_status("SetChargingProfile", json!({ "evseId": evse, "chargingProfile": profile }), "Accepted")
        .await
}

async fn default_profile(s: &mut Stage, evse: u32) -> Play {
    s.ready().await?;
    set(s, evse, profile("TxDefaultProfile", json!({ "validFrom": "?time +0", "validTo": "?time +3600" })))
        .await?;
    s.heartbeat().await
}

async fn composite(s: &mut Stage, evse: u32) -> Play {
    s.ready().await?;
    let schedule = json!({ "evseId": evse, "duration": 300, "scheduleStart": now(), "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{ "startPeriod": 0, "limit": 6.0, "numberPhases": 3 }] });
    s.ask(
        "GetCompositeSchedule",
        json!({ "evseId": evse, "duration": 300, "chargingRateUnit": "?one A|W" }),
        json!({ "status": "Accepted", "schedule": schedule }),
    )
    .await?;
    s.heartbeat().await
}

/// What a car on ISO 15118 needs: the answer has to be one of these.
pub(crate) async fn needs(s: &mut Stage, more: Value, statuses: &[&str]) -> Result<String, Broken> {
    let mut payload = json!({ "evseId": 1, "maxScheduleTuples": 3, "chargingNeeds": {
        "requestedEnergyTransfer": "AC_three_phase", "departureTime": in_seconds(7200), "acChargingParameters": {
        "energyAmount": 20_000, "evMinCurrent": 6, "evMaxCurrent": 16, "evMaxVoltage": 400 } } });
    merge(&mut payload, more);
    s.keep("SetChargingProfile");
    let answer = s.call("NotifyEVChargingNeeds", payload).await?;
    one_of(&answer, "status", statuses, "NotifyEVChargingNeeds")?;
    Ok(answer["status"].as_str().unwrap_or_default().to_owned())
}

/// The CSMS has to send a profile for the transaction by itself: at most three schedules.
pub(crate) async fn planned(s: &mut Stage, tx: &Tx, more: Value) -> Result<Value, Broken> {
    let mut wanted = json!({ "transactionId": tx.id, "chargingSchedule": "?list" });
    merge(&mut wanted, more);
    let template = json!({ "evseId": tx.evse, "chargingProfile": profile("TxProfile", wanted) });
    let (patience, answer) = (s.rig.pace.plan, json!({ "status": "Accepted" }));
    let why = "for what the car has told (K15.FR.08)";
    let sent = s.expect_within(patience, "SetChargingProfile", template, answer, why).await?;
    let count = sent["chargingProfile"]["chargingSchedule"].as_array().map_or(0, Vec::len);
    ensure(count <= 3, || format!("{count} schedules: a car takes 3 (K01.FR.34)"))?;
    Ok(sent)
}

/// The schedule that the car will follow: the answer has to be this.
pub(crate) async fn ev_schedule(s: &mut Stage, limit: f64, status: &str) -> Play {
    let answer = s
        .call(
            "NotifyEVChargingSchedule",
            json!({ "timeBase": now(), "evseId": 1, "chargingSchedule": {
        "id": 1, "chargingRateUnit": "A", "duration": 3600, "startSchedule": now(),
        "chargingSchedulePeriod": [{ "startPeriod": 0, "limit": limit }] } }),
        )
        .await?;
    is(&answer, "status", status, "NotifyEVChargingSchedule")
}

/// A session on ISO 15118 up to where the car tells its needs.
pub(crate) async fn session_15118(s: &mut Stage) -> Result<(String, Tx), Broken> {
    s.ready().await?;
    let token = s.valid().await?;
    s.status(1, "Occupied").await?;
    let mut tx = s.tx(1);
    s.tell(&mut tx, "Started", "CablePluggedIn", "EVConnected", json!({})).await?;
    s.admitted(&token).await?;
    let answer =
        s.tell(&mut tx, "Updated", "Authorized", "EVConnected", json!({ "idToken": card(&token) })).await?;
    s.accepted(&answer)?;
    Ok((token, tx))
}

/// From the needs to a schedule that both agree on.
async fn agreed(s: &mut Stage) -> Result<(String, Tx), Broken> {
    let (token, mut tx) = session_15118(s).await?;
    needs(s, json!({}), &["Accepted", "Processing"]).await?;
    planned(s, &tx, json!({})).await?;
    ev_schedule(s, 6.0, "Accepted").await?;
    s.tell(&mut tx, "Updated", "ChargingStateChanged", "Charging", json!({})).await?;
    Ok((token, tx))
}

cases! { "K" in BOTH;
    "TC_K_01_CSMS" "A default profile for transactions of one EVSE" ["K01.FR.31", "K01.FR.40"] => |s| {
        default_profile(s, 1).await?;
    }
    "TC_K_10_CSMS" "A default profile for transactions of all EVSEs" ["K01.FR.14", "K01.FR.31"] => |s| {
        default_profile(s, 0).await?;
    }
    "TC_K_02_CSMS" "A profile for a transaction, and none runs: the station refuses" ["K01"] => |s| {
        s.ready().await?;
        let mut wanted = relative("?num 7.0");
        wanted["transactionId"] = "?text none-that-runs".into();
        s.ask_status("SetChargingProfile", json!({ "evseId": 1, "chargingProfile": profile("TxProfile", wanted) }),
            "Rejected").await?;
        s.heartbeat().await?;
    }
    "TC_K_03_CSMS" "A maximum of the station: EVSE 0" ["K01.FR.38", "K01.FR.31"] => |s| {
        s.ready().await?;
        let limit = json!([schedule(json!({ "chargingSchedulePeriod": [{ "startPeriod": 0, "limit": "?num 8.0" }] }))]);
        set(s, 0, profile("ChargingStationMaxProfile", json!({ "chargingSchedule": limit }))).await?;
        s.heartbeat().await?;
    }
    "TC_K_04_CSMS" "A profile is replaced: the same id twice" ["K01"] => |s| {
        s.ready().await?;
        let first = set(s, 1, profile("TxDefaultProfile", json!({}))).await?;
        let id = first["chargingProfile"]["id"].clone();
        let limit = json!([schedule(json!({ "chargingSchedulePeriod": [{ "startPeriod": 0, "limit": "?num 8.0" }] }))]);
        set(s, 1, profile("TxDefaultProfile", json!({ "id": id, "chargingSchedule": limit }))).await?;
    }
    "TC_K_15_CSMS" "A station without smart charging: CALLERROR NotSupported" ["K01"] => |s| {
        s.ready().await?;
        s.ask("SetChargingProfile", json!({ "evseId": 1, "chargingProfile": profile("TxDefaultProfile", json!({})) }),
            Reply::Fault("NotSupported")).await?;
        s.heartbeat().await?;
    }
    "TC_K_19_CSMS" "Profiles that recur: daily, then weekly" ["K01.FR.40", "K01.FR.31"] => |s| {
        s.ready().await?;
        for (kind, duration) in [("Daily", 86_400), ("Weekly", 604_800)] {
            let schedules = json!([schedule(json!({ "duration": format!("?int {duration}") }))]);
            let more = json!({ "chargingProfileKind": "Recurring", "recurrencyKind": kind, "chargingSchedule": schedules });
            set(s, 1, profile("TxDefaultProfile", more)).await?;
        }
    }
    "TC_K_37_CSMS" "A remote start with a profile: relative, and without a transaction" ["K05", "F01"] => |s| {
        s.ready().await?;
        s.status(1, "Occupied").await?;
        let mut tx = s.tx(1);
        s.tell(&mut tx, "Started", "CablePluggedIn", "EVConnected", json!({})).await?;
        let (token, id) = request_start(s, json!({ "chargingProfile": profile("TxProfile", relative("?num 6.0")) })).await?;
        let more = json!({ "idToken": card(&token), "transactionInfo": { "remoteStartId": id } });
        let answer = s.tell(&mut tx, "Updated", "RemoteStart", "EVConnected", more).await?;
        s.accepted(&answer)?;
        s.stop(&mut tx, &token).await?;
    }
    "TC_K_43_CSMS" "GetCompositeSchedule of an EVSE" ["K08"] => |s| { composite(s, 1).await?; }
    "TC_K_44_CSMS" "GetCompositeSchedule of the station" ["K08"] => |s| { composite(s, 0).await?; }
    "TC_K_60_CSMS" "A profile for the running transaction names it" ["K01"] => |s| {
        s.ready().await?;
        let token = s.valid().await?;
        let mut tx = s.begin(1, &token).await?;
        set(s, 1, profile("TxProfile", json!({ "transactionId": tx.id }))).await?;
        s.tell(&mut tx, "Updated", "ChargingRateChanged", "Charging", json!({})).await?;
        s.stop(&mut tx, &token).await?;
    }
    "TC_K_70_CSMS" "Two profiles beside each other: other ids and other stack levels" ["K01.FR.06"] => |s| {
        s.ready().await?;
        let first = set(s, 1, profile("TxDefaultProfile", json!({}))).await?;
        let second = set(s, 1, profile("TxDefaultProfile", json!({ "stackLevel": "?int 1" }))).await?;
        for field in ["id", "stackLevel"] {
            let (a, b) = (&first["chargingProfile"][field], &second["chargingProfile"][field]);
            ensure(a != b, || format!("both profiles have the {field} {a}"))?;
        }
    }
    "TC_K_53_CSMS" "ISO 15118: needs, a plan, and the car's schedule" ["K15.FR.08", "K01.FR.34"] => |s| {
        let (token, mut tx) = agreed(s).await?;
        s.stop(&mut tx, &token).await?;
    }
    "TC_K_55_CSMS" "ISO 15118: the car's schedule is above the plan: refused, and a new plan" ["K15"] => |s| {
        let (token, mut tx) = session_15118(s).await?;
        needs(s, json!({}), &["Accepted", "Processing"]).await?;
        let sent = planned(s, &tx, json!({})).await?;
        let limits = sent["chargingProfile"]["chargingSchedule"].as_array().into_iter().flatten();
        let limits = limits.filter_map(|schedule| schedule["chargingSchedulePeriod"][0]["limit"].as_f64());
        let limit = limits.fold(0.0, f64::max);
        ev_schedule(s, limit * 2.0 + 100.0, "Rejected").await?;
        planned(s, &tx, json!({})).await?;
        ev_schedule(s, 6.0, "Accepted").await?;
        s.stop(&mut tx, &token).await?;
    }
    "TC_K_57_CSMS" "ISO 15118: the car asks for a new plan" ["K17"] => |s| {
        let (token, mut tx) = agreed(s).await?;
        needs(s, json!({ "chargingNeeds": { "departureTime": in_seconds(3600) } }), &["Accepted", "Processing"]).await?;
        planned(s, &tx, json!({})).await?;
        ev_schedule(s, 6.0, "Accepted").await?;
        s.stop(&mut tx, &token).await?;
    }
    "TC_K_58_CSMS" "ISO 15118: the CSMS makes a new plan" ["K16"] => |s| {
        let (token, mut tx) = agreed(s).await?;
        set(s, 1, profile("TxProfile", json!({ "transactionId": tx.id }))).await?;
        ev_schedule(s, 6.0, "Accepted").await?;
        s.stop(&mut tx, &token).await?;
    }
    "TC_K_59_CSMS" "ISO 15118: the CSMS makes a new plan, and the car tells new needs" ["K16", "K17"] => |s| {
        let (token, mut tx) = agreed(s).await?;
        set(s, 1, profile("TxProfile", json!({ "transactionId": tx.id }))).await?;
        needs(s, json!({ "chargingNeeds": { "departureTime": in_seconds(3600) } }), &["Accepted", "Processing"]).await?;
        planned(s, &tx, json!({})).await?;
        ev_schedule(s, 6.0, "Accepted").await?;
        s.stop(&mut tx, &token).await?;
    }
}
