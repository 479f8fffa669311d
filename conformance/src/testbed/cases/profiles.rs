//! Charging profiles.

use ocpp::Version;
use serde_json::{Value, json};

use crate::suite::case::{Broken, Play, ensure};
use crate::suite::entry::in_seconds;
use crate::testbed::bed::Bed;

pub(super) mod old {
    use super::{Version, cleared, composite, default, running, without};
    crate::suite::case::cases! {
        Station; "SmartCharging" in &[Version::V16];
        "TC_056_CS" "A default profile for transactions is taken" ["§5.16", "§3.13"] => |b| { default(b).await?; }
        "TC_057_CS" "A profile for the running transaction is taken" ["§5.16"] => |b| { running(b).await?; }
        "TC_058_1_CS" "A profile for a transaction, and none runs: Rejected" ["§5.16"] => |b| { without(b).await?; }
        "TC_066_CS" "The composite schedule heeds the profile" ["§5.7", "§3.13"] => |b| { composite(b).await?; }
        "TC_067_CS" "A profile is cleared by its id, and then it is gone" ["§5.5"] => |b| { cleared(b).await?; }
    }
}

pub(super) mod new {
    use super::{Version, cleared, composite, default, running, without};
    crate::suite::case::cases! {
        Station; "K" in &[Version::V201, Version::V21];
        "TC_K_01_CS" "A default profile for transactions is taken" ["K01"] => |b| { default(b).await?; }
        "TC_K_60_CS" "A profile for the running transaction is taken" ["K01"] => |b| { running(b).await?; }
        "TC_K_02_CS" "A profile for a transaction, and none runs: Rejected" ["K01"] => |b| { without(b).await?; }
        "TC_K_43_CS" "The composite schedule heeds the profile" ["K08.FR.04"] => |b| { composite(b).await?; }
        "TC_K_05_CS" "A profile is cleared by its id, and then it is gone" ["K10"] => |b| { cleared(b).await?; }
    }
}

/// A profile of one hour from now with one limit, in amperes.
pub(super) fn profile(b: &Bed, id: i64, purpose: &str, limit: f64) -> Value {
    let schedule = json!({ "duration": 3600, "startSchedule": in_seconds(-60), "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{ "startPeriod": 0, "limit": limit }] });
    match b.is_16() {
        true => json!({ "chargingProfileId": id, "stackLevel": 0, "chargingProfilePurpose": purpose,
            "chargingProfileKind": "Absolute", "chargingSchedule": schedule }),
        false => {
            let mut schedule = schedule;
            schedule["id"] = id.into();
            json!({ "id": id, "stackLevel": 0, "chargingProfilePurpose": purpose,
                "chargingProfileKind": "Absolute", "chargingSchedule": [schedule] })
        }
    }
}

async fn set(b: &mut Bed, profile: Value) -> Result<String, Broken> {
    b.profiled = true;
    let payload = match b.is_16() {
        true => json!({ "connectorId": 1, "csChargingProfiles": profile }),
        false => json!({ "evseId": 1, "chargingProfile": profile }),
    };
    let answer = b.ask_feature("SetChargingProfile", payload).await?;
    match answer["status"].as_str().unwrap_or_default() {
        "NotSupported" => Err(Broken::NotApplicable("the station does no smart charging".to_owned())),
        status => Ok(status.to_owned()),
    }
}

async fn taken(b: &mut Bed, id: i64, purpose: &str, limit: f64) -> Play {
    let profile = profile(b, id, purpose, limit);
    let status = set(b, profile).await?;
    ensure(status == "Accepted", || format!("SetChargingProfile of a {purpose} is answered {status}"))
}

async fn default(b: &mut Bed) -> Play {
    taken(b, 31, "TxDefaultProfile", 10.0).await
}

async fn running(b: &mut Bed) -> Play {
    let tx = b.charging(1).await?;
    let mut profile = profile(b, 32, "TxProfile", 8.0);
    profile["transactionId"] = match b.is_16() {
        true => tx.id.parse::<i64>().unwrap_or_default().into(),
        false => tx.id.clone().into(),
    };
    let status = set(b, profile).await?;
    ensure(status == "Accepted", || {
        format!("SetChargingProfile for the running transaction is answered {status}")
    })?;
    b.stop(&tx).await.map(drop)
}

async fn without(b: &mut Bed) -> Play {
    let mut profile = profile(b, 33, "TxProfile", 8.0);
    profile["transactionId"] = if b.is_16() { json!(2_000_000_001) } else { json!("no-such-transaction") };
    let status = set(b, profile).await?;
    ensure(status == "Rejected", || {
        format!("SetChargingProfile for a transaction that does not run is answered {status}")
    })
}

/// What the composite schedule allows first, in amperes.
async fn allowed(b: &mut Bed) -> Result<f64, Broken> {
    let payload = match b.is_16() {
        true => json!({ "connectorId": 1, "duration": 600, "chargingRateUnit": "A" }),
        false => json!({ "evseId": 1, "duration": 600, "chargingRateUnit": "A" }),
    };
    let answer = b.ask_feature("GetCompositeSchedule", payload).await?;
    ensure(answer["status"] == "Accepted", || {
        format!("GetCompositeSchedule is answered {}", answer["status"])
    })?;
    let schedule = if b.is_16() { &answer["chargingSchedule"] } else { &answer["schedule"] };
    let periods = schedule["chargingSchedulePeriod"].as_array().cloned().unwrap_or_default();
    let first = periods.first().ok_or_else(|| Broken::fail("the composite schedule has no period"))?;
    ensure(first["startPeriod"] == 0, || {
        format!("the first period starts at {}, not at 0", first["startPeriod"])
    })?;
    let limit = first["limit"].as_f64().unwrap_or(f64::MAX);
    Ok(match schedule["chargingRateUnit"].as_str() {
        // A station may tell watts: those of three phases, or of one.
        Some("W") => limit / 230.0 / 3.0,
        _ => limit,
    })
}

async fn composite(b: &mut Bed) -> Play {
    taken(b, 34, "TxDefaultProfile", 9.0).await?;
    let limit = allowed(b).await?;
    ensure(limit <= 9.05, || format!("the composite schedule allows {limit} A, the profile 9 A"))
}

async fn cleared(b: &mut Bed) -> Play {
    taken(b, 35, "TxDefaultProfile", 7.0).await?;
    let payload = if b.is_16() { json!({ "id": 35 }) } else { json!({ "chargingProfileId": 35 }) };
    b.ask_status("ClearChargingProfile", payload.clone(), &["Accepted"]).await?;
    b.ask_status("ClearChargingProfile", payload, &["Unknown"]).await?;
    let limit = allowed(b).await?;
    ensure(limit > 7.05, || {
        format!("the composite schedule still allows {limit} A, though the profile was cleared")
    })
}
