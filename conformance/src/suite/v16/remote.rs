//! Core: what the CSMS starts, stops, resets and unlocks.

use ocpp::Version;
use serde_json::{Value, json};

use crate::suite::case::{Broken, Play, cases};
use crate::suite::stage::Stage;

/// The operator starts connector 1 for a tag.
pub(super) async fn remote_start(s: &mut Stage, status: &str, more: Value) -> Result<String, Broken> {
    let tag = s.valid().await?;
    let mut template = json!({ "idTag": tag, "connectorId": 1 });
    crate::suite::verbs2::merge(&mut template, more);
    s.ask_status("RemoteStartTransaction", template, status).await?;
    Ok(tag)
}

/// A session with a reset in it: the station stops, reboots and is accepted.
async fn reset(s: &mut Stage, kind: &str) -> Play {
    s.ready().await?;
    let tag = s.valid().await?;
    let id = s.begin16(1, &tag).await?;
    s.ask_status("Reset", json!({ "type": kind }), "Accepted").await?;
    s.stop16(id, &format!("{kind}Reset"), None).await?;
    s.reboot("RemoteReset").await
}

cases! { "Core" in &[Version::V16];
    "TC_010_CSMS" "Remote start with the cable plugged in" ["§5.11"] => |s| {
        s.ready().await?;
        s.status16(1, "Preparing").await?;
        let tag = remote_start(s, "Accepted", json!({})).await?;
        s.admitted16(&tag).await?;
        let id = s.started16(1, &tag).await?;
        s.end16(1, id, "Local", Some(&tag)).await?;
    }
    "TC_011_1_CSMS" "Remote start, then plug in" ["§5.11"] => |s| {
        s.ready().await?;
        let tag = remote_start(s, "Accepted", json!({})).await?;
        s.admitted16(&tag).await?;
        s.status16(1, "Preparing").await?;
        let id = s.started16(1, &tag).await?;
        s.end16(1, id, "Local", Some(&tag)).await?;
    }
    "TC_011_2_CSMS" "Remote start, and nobody plugs in: ConnectionTimeOut" ["§5.11", "§9.1.3"] => |s| {
        s.ready().await?;
        let tag = remote_start(s, "Accepted", json!({})).await?;
        s.admitted16(&tag).await?;
        s.status16(1, "Preparing").await?;
        s.status16(1, "Available").await?;
    }
    "TC_012_CSMS" "Remote stop names the transaction by the CSMS's own id" ["§5.12"] => |s| {
        s.ready().await?;
        let tag = s.valid().await?;
        let id = s.begin16(1, &tag).await?;
        s.ask_status("RemoteStopTransaction", json!({ "transactionId": id }), "Accepted").await?;
        s.end16(1, id, "Remote", None).await?;
    }
    "TC_013_CSMS" "Hard reset during a session" ["§5.14"] => |s| { reset(s, "Hard").await?; }
    "TC_014_CSMS" "Soft reset during a session" ["§5.14"] => |s| { reset(s, "Soft").await?; }
    "TC_017_1_CSMS" "UnlockConnector without a session: Unlocked" ["§5.18"] => |s| {
        s.ready().await?;
        s.ask_status("UnlockConnector", json!({ "connectorId": 1 }), "Unlocked").await?;
        s.heartbeat().await?;
    }
    "TC_017_2_CSMS" "UnlockConnector of a fixed cable: NotSupported" ["§5.18"] => |s| {
        s.ready().await?;
        s.ask_status("UnlockConnector", json!({ "connectorId": 1 }), "NotSupported").await?;
        s.heartbeat().await?;
    }
    "TC_018_1_CSMS" "UnlockConnector during a session ends it" ["§5.18"] => |s| {
        s.ready().await?;
        let tag = s.valid().await?;
        let id = s.begin16(1, &tag).await?;
        s.ask_status("UnlockConnector", json!({ "connectorId": 1 }), "Unlocked").await?;
        s.end16(1, id, "UnlockCommand", None).await?;
    }
    "TC_026_CSMS" "A remote start that the station refuses" ["§5.11"] => |s| {
        s.ready().await?;
        remote_start(s, "Rejected", json!({})).await?;
        s.heartbeat().await?;
    }
    "TC_028_CSMS" "A remote stop that the station refuses: the session goes on" ["§5.12"] => |s| {
        s.ready().await?;
        let tag = s.valid().await?;
        let id = s.begin16(1, &tag).await?;
        // The case of the certification asks for an id that the station does not know.
        s.ask_status("RemoteStopTransaction", json!({ "transactionId": "?int ".to_owned() + &id.to_string() }),
            "Rejected").await?;
        s.meter16(1, Some(id), 2000).await?;
        s.end16(1, id, "Local", Some(&tag)).await?;
    }
    "TC_030_CSMS" "UnlockConnector fails: UnlockFailed" ["§5.18"] => |s| {
        s.ready().await?;
        s.ask_status("UnlockConnector", json!({ "connectorId": 1 }), "UnlockFailed").await?;
        s.heartbeat().await?;
    }
    "TC_031_CSMS" "UnlockConnector of a connector that does not exist" ["§5.18"] => |s| {
        s.ready().await?;
        s.ask_status("UnlockConnector", json!({ "connectorId": 3 }), "NotSupported").await?;
        s.heartbeat().await?;
    }
}
