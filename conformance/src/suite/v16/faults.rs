//! Core: faults, power loss, sessions that were offline, configuration that is refused.

use ocpp::Version;
use serde_json::{Value, json};

use crate::suite::case::{Broken, cases, ensure};
use crate::suite::entry::in_seconds;
use crate::suite::rig::TokenKind;
use crate::suite::stage::Stage;
use crate::suite::verbs16::{is, one_of};

/// A start that happened while the station was offline.
async fn offline_start(s: &mut Stage, tag: &str) -> Result<(i64, Value), Broken> {
    s.ready().await?;
    s.cut();
    s.connect().await?;
    s.start16(1, tag, json!({ "timestamp": in_seconds(-120) })).await
}

cases! { "Core" in &[Version::V16];
    "TC_024_CSMS" "A connector whose lock fails is told and the session does not start" ["§4.9"] => |s| {
        s.ready().await?;
        let tag = s.valid().await?;
        s.status16(1, "Preparing").await?;
        s.admitted16(&tag).await?;
        s.fault16(1, "Faulted", "ConnectorLockFailure").await?;
        s.status16(1, "Available").await?;
    }
    "TC_032_1_CSMS" "Power loss in a session: after the boot, StopTransaction(PowerLoss) is taken" ["§4.10", "§3.7"] => |s| {
        s.ready().await?;
        let tag = s.valid().await?;
        let id = s.begin16(1, &tag).await?;
        s.cut();
        s.connect().await?;
        s.boot("PowerUp").await?;
        s.stop16(id, "PowerLoss", None).await?;
        s.all_status("Available").await?;
    }
    "TC_037_1_CSMS" "A start that was offline, with a tag that may charge: Accepted" ["§4.8", "§3.7.1"] => |s| {
        s.register(crate::suite::hook::Registration::Accepted).await?;
        let tag = s.valid().await?;
        let (id, info) = offline_start(s, &tag).await?;
        is(&info, "status", "Accepted", "StartTransaction")?;
        s.status16(1, "Charging").await?;
        s.end16(1, id, "Local", Some(&tag)).await?;
    }
    "TC_037_3_CSMS" "A start that was offline, with a tag that may not: Invalid, and still an id" ["§4.8", "§3.7.1"] => |s| {
        let tag = s.token(TokenKind::Unknown).await?;
        let (id, info) = offline_start(s, &tag).await?;
        is(&info, "status", "Invalid", "StartTransaction")?;
        s.status16(1, "SuspendedEVSE").await?;
        s.stop16(id, "DeAuthorized", None).await?;
        s.status16(1, "Available").await?;
    }
    "TC_039_CSMS" "A whole session that was offline" ["§3.7.1", "§4.8", "§4.10"] => |s| {
        s.register(crate::suite::hook::Registration::Accepted).await?;
        let tag = s.valid().await?;
        let (id, info) = offline_start(s, &tag).await?;
        is(&info, "status", "Accepted", "StartTransaction")?;
        let stop = json!({ "transactionId": id, "idTag": tag, "meterStop": 4000, "timestamp": in_seconds(-30),
            "reason": "Local", "transactionData": [{ "timestamp": in_seconds(-60),
            "sampledValue": [{ "value": "3000" }] }] });
        let answer = s.call("StopTransaction", stop).await?;
        let info = answer.get("idTagInfo").cloned().unwrap_or_default();
        ensure(info.is_null() || info["status"] == "Accepted", || {
            format!("StopTransaction is answered {}, not Accepted", info["status"])
        })?;
    }
    "TC_040_1_CSMS" "ChangeConfiguration of a key that the station does not have: NotSupported" ["§5.3"] => |s| {
        s.ready().await?;
        s.ask_status("ChangeConfiguration", json!({ "key": "?text SomethingUnknown", "value": "?text 60" }),
            "NotSupported").await?;
        s.heartbeat().await?;
    }
    "TC_040_2_CSMS" "ChangeConfiguration to a value that is not valid (-1): Rejected" ["§5.3"] => |s| {
        s.ready().await?;
        s.ask_status("ChangeConfiguration", json!({ "key": "MeterValueSampleInterval", "value": "-1" }), "Rejected")
            .await?;
        s.heartbeat().await?;
    }
    "TC_064_CSMS" "DataTransfer of a vendor that the CSMS does not know is not Accepted" ["§4.3"] => |s| {
        s.ready().await?;
        let answer = s.call("DataTransfer", json!({ "vendorId": "com.example.unheard-of", "messageId": "Nothing",
            "data": "x" })).await?;
        one_of(&answer, "status", &["UnknownVendorId", "UnknownMessageId", "Rejected"], "DataTransfer")?;
    }
}
