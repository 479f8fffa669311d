//! Core: boot and sessions that go well.

use ocpp::Version;
use serde_json::json;

use crate::suite::case::{cases, ensure};
use crate::suite::rig::TokenKind;
use crate::suite::verbs16::is;

cases! { "Core" in &[Version::V16];
    "TC_001_CSMS" "A cold boot is accepted; statuses and Heartbeat are answered" ["§4.2", "§4.6", "§4.9"] => |s| {
        s.ready().await?;
        s.heartbeat().await?;
    }
    "TC_003_CSMS" "A session: plug in, then the tag" ["§4.1", "§4.8", "§4.10", "§4.7"] => |s| {
        s.ready().await?;
        let tag = s.valid().await?;
        let id = s.begin16(1, &tag).await?;
        s.meter16(1, Some(id), 2000).await?;
        s.end16(1, id, "Local", Some(&tag)).await?;
    }
    "TC_004_1_CSMS" "A session: the tag, then plug in" ["§4.1", "§4.8"] => |s| {
        s.ready().await?;
        let tag = s.valid().await?;
        s.admitted16(&tag).await?;
        s.status16(1, "Preparing").await?;
        let id = s.started16(1, &tag).await?;
        s.end16(1, id, "Local", Some(&tag)).await?;
    }
    "TC_004_2_CSMS" "The tag, and nobody plugs in: ConnectionTimeOut" ["§4.1", "§9.1.3"] => |s| {
        s.ready().await?;
        let tag = s.valid().await?;
        s.admitted16(&tag).await?;
        s.status16(1, "Preparing").await?;
        s.status16(1, "Available").await?;
    }
    "TC_005_1_CSMS" "The car is unplugged on its side: the session stops" ["§4.10"] => |s| {
        s.ready().await?;
        let tag = s.valid().await?;
        let id = s.begin16(1, &tag).await?;
        s.status16(1, "SuspendedEV").await?;
        s.end16(1, id, "EVDisconnected", None).await?;
    }
    "TC_007_CSMS" "A tag from the station's cache: StartTransaction is the first to tell of it" ["§4.8", "§3.5.1"] => |s| {
        s.ready().await?;
        let tag = s.valid().await?;
        s.status16(1, "Preparing").await?;
        let id = s.started16(1, &tag).await?;
        s.end16(1, id, "Local", Some(&tag)).await?;
    }
    "TC_061_CSMS" "ClearCache" ["§5.4"] => |s| {
        s.ready().await?;
        s.ask_status("ClearCache", json!({}), "Accepted").await?;
        s.heartbeat().await?;
    }
    "TC_019_1_CSMS" "GetConfiguration of all keys: the list is empty or absent" ["§5.8"] => |s| {
        s.ready().await?;
        let asked = s.ask("GetConfiguration", json!({}), json!({ "configurationKey": [
            { "key": "HeartbeatInterval", "readonly": false, "value": "300" },
            { "key": "AuthorizationKey", "readonly": false } ], "unknownKey": [] })).await?;
        let keys = asked.get("key").and_then(|keys| keys.as_array()).map_or(0, Vec::len);
        ensure(keys == 0, || format!("GetConfiguration names {keys} keys: none asks for all"))?;
        s.heartbeat().await?;
    }
    "TC_019_2_CSMS" "GetConfiguration of SupportedFeatureProfiles" ["§5.8"] => |s| {
        s.ready().await?;
        s.ask("GetConfiguration", json!({ "key": ["SupportedFeatureProfiles"] }), json!({ "configurationKey": [
            { "key": "SupportedFeatureProfiles", "readonly": true, "value": "Core" } ] })).await?;
        s.heartbeat().await?;
    }
    "TC_021_CSMS" "ChangeConfiguration of MeterValueSampleInterval to 60" ["§5.3"] => |s| {
        s.ready().await?;
        s.ask_status("ChangeConfiguration", json!({ "key": "MeterValueSampleInterval", "value": "60" }), "Accepted")
            .await?;
        s.heartbeat().await?;
    }
    "TC_023_1_CSMS" "An unknown tag is Invalid" ["§4.1", "§7.2"] => |s| {
        s.ready().await?;
        let tag = s.token(TokenKind::Unknown).await?;
        let info = s.authorize16(&tag).await?;
        is(&info, "status", "Invalid", "Authorize of an unknown tag")?;
    }
    "TC_023_2_CSMS" "A tag whose time is over is Expired" ["§4.1", "§7.2"] => |s| {
        s.ready().await?;
        let tag = s.token(TokenKind::Expired).await?;
        let info = s.authorize16(&tag).await?;
        is(&info, "status", "Expired", "Authorize of an expired tag")?;
    }
    "TC_023_3_CSMS" "A blocked tag is Blocked" ["§4.1", "§7.2"] => |s| {
        s.ready().await?;
        let tag = s.token(TokenKind::Blocked).await?;
        let info = s.authorize16(&tag).await?;
        is(&info, "status", "Blocked", "Authorize of a blocked tag")?;
    }
}
