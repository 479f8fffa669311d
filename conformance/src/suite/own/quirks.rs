//! What stations in the field get wrong. No standard asks a CSMS to take these; a CSMS that does serves more stations.

use serde_json::{Value, json};

use super::EVERY;
use super::frames::{answer_kind, broken_call};
use crate::suite::case::{Broken, Play, cases, ensure};
use crate::suite::stage::Stage;

/// A message that is wrong in a way that can be understood: it has to be answered with a result.
async fn understood(s: &mut Stage, action: &str, payload: Value) -> Play {
    match broken_call(s, action, payload).await? {
        Ok(_) => Ok(()),
        Err(error) => Err(Broken::fail(format!("{action} was answered {error}"))),
    }
}

/// The address that a station builds: it has to lead to the same station.
async fn reached(s: &mut Stage, path: &str) -> Play {
    s.ready().await?;
    s.leave().await;
    let mut knock = s.knock();
    knock.path = path.replace("{id}", &knock.path);
    let (greeting, link) = s.try_connect(&knock).await?;
    let Some(link) = link else { return Err(Broken::fail(format!("HTTP {}", greeting.status))) };
    s.take(link);
    s.heartbeat().await
}

cases! { "Quirks" in EVERY;
    "WL_QUIRK_01" "A trailing slash behind the identity" ["openems#1401"] => |s| { reached(s, "{id}/").await?; }
    "WL_QUIRK_02" "Two slashes before the identity" ["MicroOcpp#278"] => |s| { reached(s, "/{id}").await?; }
    "WL_QUIRK_03" "A message id that is a number" ["seen in the field"] => |s| {
        s.ready().await?;
        s.send_text("[2,4711,\"Heartbeat\",{}]").await?;
        let kind = answer_kind(s, &json!(4711)).await;
        ensure(kind == Some(3), || "a Heartbeat whose id is a number was not answered with a result".to_owned())?;
    }
    "WL_QUIRK_04" "A field that the message does not have" ["lbbrhzn/ocpp#1803"] => |s| {
        s.ready().await?;
        understood(s, "Heartbeat", json!({ "uptime": 12 })).await?;
    }
}

/// 1.6.
pub(crate) mod old {
    use ocpp::Version;
    use serde_json::json;

    use super::understood;
    use crate::suite::case::cases;
    use crate::suite::entry::now;

    cases! { "Quirks" in &[Version::V16];
        "WL_QUIRK_11" "Empty texts where nothing is to be said" ["evcc#6817"] => |s| {
            s.ready().await?;
            understood(s, "StatusNotification", json!({ "connectorId": 1, "status": "Available", "errorCode": "NoError",
                "info": "", "vendorId": "", "vendorErrorCode": "", "timestamp": now() })).await?;
        }
        "WL_QUIRK_12" "null where a field is to be left out" ["seen in the field"] => |s| {
            s.ready().await?;
            understood(s, "StatusNotification", json!({ "connectorId": 1, "status": "Available", "errorCode": "NoError",
                "info": null, "timestamp": now() })).await?;
        }
        "WL_QUIRK_13" "Numbers as texts, and texts as numbers" ["seen in the field"] => |s| {
            s.ready().await?;
            understood(s, "MeterValues", json!({ "connectorId": "1", "meterValue": [{ "timestamp": now(),
                "sampledValue": [{ "value": 1000 }] }] })).await?;
        }
        "WL_QUIRK_14" "A time without a zone" ["evcc#10399"] => |s| {
            s.ready().await?;
            understood(s, "MeterValues", json!({ "connectorId": 1, "meterValue": [{ "timestamp": "2026-01-02T03:04:05",
                "sampledValue": [{ "value": "1000" }] }] })).await?;
        }
        "WL_QUIRK_15" "A reading that is no list, and one without values" ["lbbrhzn/ocpp#1144", "lbbrhzn/ocpp#466"] => |s| {
            s.ready().await?;
            understood(s, "MeterValues", json!({ "connectorId": 1, "meterValue": { "timestamp": now(),
                "sampledValue": [{ "value": "1000" }] } })).await?;
            understood(s, "MeterValues", json!({ "connectorId": 1, "meterValue": [{ "timestamp": now(),
                "sampledValue": [] }] })).await?;
        }
        "WL_QUIRK_16" "An error code and a status that nobody knows" ["lbbrhzn/ocpp#1248"] => |s| {
            s.ready().await?;
            understood(s, "StatusNotification", json!({ "connectorId": 1, "status": "Sleeping", "errorCode": "Error",
                "timestamp": now() })).await?;
        }
        "WL_QUIRK_17" "A serial number that is too long" ["lbbrhzn/ocpp#213"] => |s| {
            s.ready().await?;
            understood(s, "BootNotification", json!({ "chargePointVendor": "Wattline", "chargePointModel": "Suite",
                "chargeBoxSerialNumber": "0123456789012345678901234567890123456789", "iccid": "", "imsi": "" })).await?;
        }
        "WL_QUIRK_18" "The status of a connector that the station does not have" ["seen in the field"] => |s| {
            s.ready().await?;
            s.status16(9, "Available").await?;
            s.heartbeat().await?;
        }
    }
}

/// 2.x.
pub(crate) mod two {
    use serde_json::json;

    use super::super::TWO;
    use super::understood;
    use crate::suite::asking::card;
    use crate::suite::case::cases;
    use crate::suite::entry::now;

    cases! { "Quirks" in TWO;
        "WL_QUIRK_21" "null where a field is to be left out" ["seen in the field"] => |s| {
            s.ready().await?;
            understood(s, "BootNotification", json!({ "reason": "PowerUp", "chargingStation": { "vendorName": "Wattline",
                "model": "Suite", "serialNumber": null, "modem": null } })).await?;
        }
        "WL_QUIRK_22" "The numbers of a transaction's messages are all 0" ["lbbrhzn/ocpp#2135"] => |s| {
            s.ready().await?;
            let token = s.valid().await?;
            let mut tx = s.tx(1);
            let answer = s.tell(&mut tx, "Started", "Authorized", "EVConnected", json!({ "idToken": card(&token) })).await?;
            s.accepted(&answer)?;
            for (kind, trigger, state) in [("Updated", "ChargingStateChanged", "Charging"),
                ("Ended", "EVCommunicationLost", "Idle")] {
                tx.next = 0;
                s.tell(&mut tx, kind, trigger, state, json!({})).await?;
            }
        }
        "WL_QUIRK_23" "A time with ten digits behind the second" ["seen in the field"] => |s| {
            s.ready().await?;
            let at = now().replace('Z', "1234567Z");
            understood(s, "StatusNotification", json!({ "timestamp": at, "connectorStatus": "Available", "evseId": 1,
                "connectorId": 1 })).await?;
        }
    }
}
