//! Smart charging.

use ocpp::Version;
use serde_json::{Value, json};

use super::remote::remote_start;
use crate::suite::case::{cases, ensure};

/// A profile of 1.6 with one period of 6 (A, or kW in W).
fn profile(purpose: &str, level: u32, more: Value) -> Value {
    let mut profile = json!({ "chargingProfileId": "?int 1", "stackLevel": level, "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Absolute", "validFrom": "?time +0", "validTo": "?time +3600",
        "chargingSchedule": { "startSchedule": "?time +0", "duration": 3600, "chargingRateUnit": "?one A|W",
            "chargingSchedulePeriod": [{ "startPeriod": 0, "limit": "?num 6.0" }] } });
    crate::suite::verbs2::merge(&mut profile, more);
    profile
}

cases! { "SmartCharging" in &[Version::V16];
    "TC_056_CSMS" "A default profile for transactions" ["§5.16", "§3.13"] => |s| {
        s.ready().await?;
        s.ask_status("SetChargingProfile", json!({ "connectorId": 1,
            "csChargingProfiles": profile("TxDefaultProfile", 0, json!({ "transactionId": "?absent" })) }), "Accepted")
            .await?;
        let tag = s.valid().await?;
        let id = s.begin16(1, &tag).await?;
        s.end16(1, id, "Local", Some(&tag)).await?;
    }
    "TC_057_CSMS" "A profile for the running transaction names it" ["§5.16", "§3.13"] => |s| {
        s.ready().await?;
        let tag = s.valid().await?;
        let id = s.begin16(1, &tag).await?;
        s.ask_status("SetChargingProfile", json!({ "connectorId": 1,
            "csChargingProfiles": profile("TxProfile", 0, json!({ "transactionId": id })) }), "Accepted").await?;
        s.end16(1, id, "Local", Some(&tag)).await?;
    }
    "TC_059_CSMS" "A remote start with a profile: relative, and without a transaction id" ["§5.11", "§5.16"] => |s| {
        s.ready().await?;
        s.status16(1, "Preparing").await?;
        let relative = json!({ "transactionId": "?absent", "chargingProfileKind": "Relative",
            "validFrom": "?absent", "validTo": "?absent", "chargingSchedule": { "startSchedule": "?absent" } });
        let tag = remote_start(s, "Accepted", json!({ "chargingProfile": profile("TxProfile", 0, relative) })).await?;
        s.admitted16(&tag).await?;
        let id = s.started16(1, &tag).await?;
        s.end16(1, id, "Local", Some(&tag)).await?;
    }
    "TC_066_CSMS" "GetCompositeSchedule" ["§5.7"] => |s| {
        s.ready().await?;
        let start = crate::suite::entry::now();
        s.ask("GetCompositeSchedule", json!({ "connectorId": 1, "duration": 300, "chargingRateUnit": "?one A|W" }),
            json!({ "status": "Accepted", "connectorId": 1, "scheduleStart": start, "chargingSchedule":
            { "duration": 300, "chargingRateUnit": "A", "chargingSchedulePeriod": [{ "startPeriod": 0, "limit": 6.0 }] } }))
            .await?;
        s.heartbeat().await?;
    }
    "TC_067_CSMS" "Profiles are cleared: by id, by criteria, and all" ["§5.5"] => |s| {
        s.ready().await?;
        let set = |level: u32| json!({ "connectorId": 1, "csChargingProfiles":
            profile("TxDefaultProfile", level, json!({})) });
        let first = s.ask_status("SetChargingProfile", set(0), "Accepted").await?;
        let second = s.ask_status("SetChargingProfile", set(1), "Accepted").await?;
        let id = first["csChargingProfiles"]["chargingProfileId"].clone();
        ensure(second["csChargingProfiles"]["chargingProfileId"] != id, || "both profiles have one id".to_owned())?;
        s.ask_status("ClearChargingProfile", json!({ "id": id, "connectorId": "?absent", "stackLevel": "?absent",
            "chargingProfilePurpose": "?absent" }), "Accepted").await?;
        s.ask_status("ClearChargingProfile", json!({ "id": "?absent", "connectorId": 1, "stackLevel": 1,
            "chargingProfilePurpose": "TxDefaultProfile" }), "Accepted").await?;
        s.ask_status("ClearChargingProfile", json!({ "id": "?absent", "connectorId": "?absent",
            "stackLevel": "?absent", "chargingProfilePurpose": "?absent" }), "Accepted").await?;
    }
}
