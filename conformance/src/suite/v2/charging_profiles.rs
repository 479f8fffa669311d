//! K: profiles that are read and cleared, and limits from elsewhere.

use serde_json::{Value, json};

use super::BOTH;
use super::charging::{profile, schedule, set};
use crate::suite::case::{Play, cases, ensure};
use crate::suite::entry::now;
use crate::suite::stage::Stage;

/// GetChargingProfiles of an EVSE (or none), by these criteria, and the report of one profile.
async fn read(s: &mut Stage, evse: Value, criteria: Value) -> Play {
    s.ready().await?;
    reported(s, evse, criteria).await
}

async fn reported(s: &mut Stage, evse: Value, criteria: Value) -> Play {
    let asked = s
        .ask_status(
            "GetChargingProfiles",
            json!({ "requestId": "?int 1", "evseId": evse,
        "chargingProfile": criteria }),
            "Accepted",
        )
        .await?;
    let id = s.request_id(&asked)?;
    for (number, more) in [(100, true), (101, false)] {
        s.call("ReportChargingProfiles", json!({ "requestId": id, "chargingLimitSource": "CSO", "evseId": 1,
            "tbc": more, "chargingProfile": [{ "id": number, "stackLevel": number - 100,
            "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Absolute", "chargingSchedule": [{
            "id": 1, "startSchedule": now(), "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{ "startPeriod": 0, "limit": 6.0 }] }] }] })).await?;
    }
    s.heartbeat().await
}

/// ClearChargingProfile by criteria.
async fn clear(s: &mut Stage, status: &str) -> Play {
    s.ready().await?;
    let level = match status {
        "Accepted" => {
            let sent = set(s, 1, profile("TxDefaultProfile", json!({}))).await?;
            sent["chargingProfile"]["stackLevel"].clone()
        }
        _ => 0.into(),
    };
    s.ask_status(
        "ClearChargingProfile",
        json!({ "chargingProfileId": "?absent", "chargingProfileCriteria": {
        "evseId": 1, "chargingProfilePurpose": "TxDefaultProfile", "stackLevel": level } }),
        status,
    )
    .await?;
    s.heartbeat().await
}

/// Somebody else limits the station.
async fn external(s: &mut Stage, source: &str) -> Play {
    let schedules = json!([{ "id": 1, "startSchedule": now(), "chargingRateUnit": "A", "duration": 3600,
        "chargingSchedulePeriod": [{ "startPeriod": 0, "limit": 6.0 }] }]);
    s.call(
        "NotifyChargingLimit",
        json!({ "evseId": 1, "chargingLimit": { "chargingLimitSource": source,
        "isGridCritical": false }, "chargingSchedule": schedules }),
    )
    .await
    .map(drop)
}

cases! { "K" in BOTH;
    "TC_K_05_CSMS" "A profile is read, and cleared by its id" ["K09", "K10"] => |s| {
        s.ready().await?;
        let sent = set(s, 1, profile("TxDefaultProfile", json!({ "chargingSchedule": [schedule(json!({}))] }))).await?;
        let id = sent["chargingProfile"]["id"].clone();
        reported(s, "?any 1".into(), json!({ "chargingProfilePurpose": "?one TxDefaultProfile" })).await?;
        s.ask_status("ClearChargingProfile", json!({ "chargingProfileId": id, "chargingProfileCriteria": "?absent" }),
            "Accepted").await?;
    }
    "TC_K_06_CSMS" "Profiles are cleared by criteria" ["K10.FR.02"] => |s| { clear(s, "Accepted").await?; }
    "TC_K_08_CSMS" "Profiles are cleared by criteria, and there are none" ["K10.FR.02"] => |s| {
        clear(s, "Unknown").await?;
    }
    "TC_K_29_CSMS" "Profiles of the station, by purpose" ["K09.FR.03"] => |s| {
        read(s, 0.into(), json!({ "chargingProfilePurpose": "TxDefaultProfile" })).await?;
    }
    "TC_K_30_CSMS" "Profiles of an EVSE, by purpose" ["K09.FR.03"] => |s| {
        read(s, 1.into(), json!({ "chargingProfilePurpose": "TxDefaultProfile" })).await?;
    }
    "TC_K_31_CSMS" "Profiles of all EVSEs: none is named" ["K09.FR.03"] => |s| {
        read(s, "?absent".into(), json!({ "chargingProfilePurpose": "TxDefaultProfile" })).await?;
    }
    "TC_K_32_CSMS" "Profiles by their ids" ["K09.FR.03"] => |s| {
        read(s, "?any 1".into(), json!({ "chargingProfileId": "?list [100]" })).await?;
    }
    "TC_K_33_CSMS" "Profiles of an EVSE, by stack level" ["K09.FR.03"] => |s| {
        read(s, 1.into(), json!({ "stackLevel": "?int 0", "chargingProfileId": "?absent" })).await?;
    }
    "TC_K_34_CSMS" "Profiles of an EVSE, by source" ["K09.FR.03"] => |s| {
        read(s, 1.into(), json!({ "chargingLimitSource": "?list [\"CSO\"]", "chargingProfileId": "?absent" })).await?;
    }
    "TC_K_35_CSMS" "Profiles of an EVSE, by purpose alone" ["K09.FR.03"] => |s| {
        read(s, 1.into(), json!({ "chargingProfilePurpose": "TxDefaultProfile", "stackLevel": "?absent",
            "chargingProfileId": "?absent" })).await?;
    }
    "TC_K_36_CSMS" "Profiles of an EVSE, by purpose and stack level" ["K09.FR.03"] => |s| {
        read(s, 1.into(), json!({ "chargingProfilePurpose": "TxDefaultProfile", "stackLevel": "?int 0" })).await?;
    }
    "TC_K_48_CSMS" "A limit from elsewhere is told, and ended" ["K12", "K13"] => |s| {
        s.ready().await?;
        external(s, "EMS").await?;
        s.call("ClearedChargingLimit", json!({ "chargingLimitSource": "EMS", "evseId": 1 })).await?;
    }
    "TC_K_50_CSMS" "A limit from elsewhere while a transaction runs" ["K12"] => |s| {
        s.ready().await?;
        let token = s.valid().await?;
        let mut tx = s.begin(1, &token).await?;
        external(s, "SO").await?;
        s.tell(&mut tx, "Updated", "ChargingRateChanged", "Charging", json!({})).await?;
        s.stop(&mut tx, &token).await?;
    }
    "TC_K_51_CSMS" "A limit from elsewhere is ended while a transaction runs" ["K13"] => |s| {
        s.ready().await?;
        let token = s.valid().await?;
        let mut tx = s.begin(1, &token).await?;
        external(s, "SO").await?;
        s.call("ClearedChargingLimit", json!({ "chargingLimitSource": "SO", "evseId": 1 })).await?;
        s.tell(&mut tx, "Updated", "ChargingRateChanged", "Charging", json!({})).await?;
        s.stop(&mut tx, &token).await?;
    }
    "TC_K_52_CSMS" "Profiles that somebody else has set are listed" ["K09", "K14"] => |s| {
        s.ready().await?;
        external(s, "EMS").await?;
        let asked = s.ask_status("GetChargingProfiles", json!({ "requestId": "?int 1", "chargingProfile": {
            "chargingProfilePurpose": "ChargingStationExternalConstraints" } }), "Accepted").await?;
        let id = s.request_id(&asked)?;
        ensure(asked["chargingProfile"].get("chargingProfileId").is_none(), || {
            "ids of another's profiles cannot be known".to_owned()
        })?;
        s.call("ReportChargingProfiles", json!({ "requestId": id, "chargingLimitSource": "EMS", "evseId": 1,
            "chargingProfile": [{ "id": 1, "stackLevel": 0, "chargingProfileKind": "Absolute",
            "chargingProfilePurpose": "ChargingStationExternalConstraints", "chargingSchedule": [{ "id": 1,
            "startSchedule": now(), "chargingRateUnit": "A", "chargingSchedulePeriod": [{ "startPeriod": 0,
            "limit": 6.0 }] }] }] })).await?;
    }
}
