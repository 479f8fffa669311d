//! F: remote control.

use serde_json::{Value, json};

use super::BOTH;
use crate::suite::asking::card;
use crate::suite::case::{Broken, Play, cases};
use crate::suite::stage::Stage;
use crate::suite::verbs2::{merge, reading};

/// RequestStartTransaction on EVSE 1 for the token that may charge: the token, and the id of the request.
pub(crate) async fn request_start(s: &mut Stage, more: Value) -> Result<(String, i64), Broken> {
    let token = s.valid().await?;
    let mut template = json!({ "idToken": card(&token), "evseId": 1, "remoteStartId": "?int 1" });
    merge(&mut template, more);
    let asked = s.ask_status("RequestStartTransaction", template, "Accepted").await?;
    Ok((token, asked["remoteStartId"].as_i64().unwrap_or_default()))
}

/// A remote start; `plugged`: the cable was there before, `authorize`: the station asks about the token.
async fn remote(s: &mut Stage, plugged: bool, authorize: bool) -> Play {
    s.ready().await?;
    let mut tx = s.tx(1);
    if plugged {
        s.status(1, "Occupied").await?;
        s.tell(&mut tx, "Started", "CablePluggedIn", "EVConnected", json!({})).await?;
    }
    let (token, id) = request_start(s, json!({})).await?;
    if authorize {
        s.admitted(&token).await?;
    }
    let kind = if plugged { "Updated" } else { "Started" };
    let state = if plugged { "EVConnected" } else { "Idle" };
    let more = json!({ "idToken": card(&token), "transactionInfo": { "remoteStartId": id } });
    let answer = s.tell(&mut tx, kind, "RemoteStart", state, more).await?;
    s.accepted(&answer)?;
    if !plugged {
        s.status(1, "Occupied").await?;
        s.tell(&mut tx, "Updated", "CablePluggedIn", "EVConnected", json!({})).await?;
    }
    s.tell(&mut tx, "Updated", "ChargingStateChanged", "Charging", json!({})).await?;
    s.stop(&mut tx, &token).await.map(drop)
}

/// TriggerMessage of this message.
pub(crate) async fn trigger(s: &mut Stage, message: &str, evse: Value, status: &str) -> Play {
    s.ask_status("TriggerMessage", json!({ "requestedMessage": message, "evse": evse }), status)
        .await
        .map(drop)
}

async fn meter_values(s: &mut Stage, evse: u32) -> Play {
    s.call("MeterValues", json!({ "evseId": evse, "meterValue": reading("Trigger", 1000) })).await.map(drop)
}

/// A transaction tells of itself when it is triggered.
async fn triggered_transaction(s: &mut Stage, evse: Value) -> Play {
    s.ready().await?;
    let token = s.valid().await?;
    let mut tx = s.begin(1, &token).await?;
    trigger(s, "TransactionEvent", evse, "Accepted").await?;
    let more = json!({ "meterValue": reading("Trigger", 1800) });
    s.tell(&mut tx, "Updated", "Trigger", "Charging", more).await?;
    s.stop(&mut tx, &token).await.map(drop)
}

/// A status trigger has to name the connector.
async fn triggered_status(s: &mut Stage, state: &str) -> Play {
    s.ready().await?;
    s.status(1, state).await?;
    trigger(s, "StatusNotification", json!({ "id": 1, "connectorId": 1 }), "Accepted").await?;
    s.status(1, state).await
}

cases! { "F" in BOTH;
    "TC_F_01_CSMS" "A remote start with the cable plugged in" ["F01.FR.25"] => |s| {
        remote(s, true, true).await?;
    }
    "TC_F_02_CSMS" "A remote start, then the cable; the station asks about the token" ["F02", "F01.FR.25"] => |s| {
        remote(s, false, true).await?;
    }
    "TC_F_03_CSMS" "A remote start, then the cable; the station does not ask about the token" ["F02", "F01.FR.25"] => |s| {
        remote(s, false, false).await?;
    }
    "TC_F_04_CSMS" "A remote start, and nobody plugs in" ["F02", "E03"] => |s| {
        s.ready().await?;
        let (token, id) = request_start(s, json!({})).await?;
        let mut tx = s.tx(1);
        let more = json!({ "idToken": card(&token), "transactionInfo": { "remoteStartId": id } });
        let answer = s.tell(&mut tx, "Started", "RemoteStart", "Idle", more).await?;
        s.accepted(&answer)?;
        s.tell(&mut tx, "Ended", "EVConnectTimeout", "Idle", json!({ "transactionInfo": { "stoppedReason": "Timeout" } }))
            .await?;
    }
    "TC_F_20_CSMS" "TriggerMessage of Heartbeat" ["F06"] => |s| {
        s.ready().await?;
        trigger(s, "Heartbeat", "?absent".into(), "Accepted").await?;
        s.heartbeat().await?;
    }
    "TC_F_27_CSMS" "TriggerMessage that the station does not implement" ["F06"] => |s| {
        s.ready().await?;
        s.ask_status("TriggerMessage", json!({ "requestedMessage":
            "?one LogStatusNotification|FirmwareStatusNotification|MeterValues|TransactionEvent|Heartbeat" }),
            "NotImplemented").await?;
        s.heartbeat().await?;
    }
    "TC_F_06_CSMS" "UnlockConnector of a connector" ["F05"] => |s| {
        s.ready().await?;
        s.ask_status("UnlockConnector", json!({ "evseId": 1, "connectorId": 1 }), "Unlocked").await?;
        s.heartbeat().await?;
    }
    "TC_F_11_CSMS" "TriggerMessage of MeterValues of one EVSE" ["F06"] => |s| {
        s.ready().await?;
        trigger(s, "MeterValues", json!({ "id": 1 }), "Accepted").await?;
        meter_values(s, 1).await?;
    }
    "TC_F_12_CSMS" "TriggerMessage of MeterValues of all EVSEs" ["F06"] => |s| {
        s.ready().await?;
        trigger(s, "MeterValues", "?absent".into(), "Accepted").await?;
        meter_values(s, 1).await?;
        meter_values(s, 2).await?;
    }
    "TC_F_13_CSMS" "TriggerMessage of TransactionEvent of one EVSE" ["F06"] => |s| {
        triggered_transaction(s, json!({ "id": 1 })).await?;
    }
    "TC_F_14_CSMS" "TriggerMessage of TransactionEvent of all EVSEs" ["F06"] => |s| {
        triggered_transaction(s, "?absent".into()).await?;
    }
    "TC_F_15_CSMS" "TriggerMessage of LogStatusNotification" ["F06", "N01"] => |s| {
        s.ready().await?;
        trigger(s, "LogStatusNotification", "?absent".into(), "Accepted").await?;
        s.call("LogStatusNotification", json!({ "status": "Idle" })).await?;
    }
    "TC_F_18_CSMS" "TriggerMessage of FirmwareStatusNotification" ["F06", "L01"] => |s| {
        s.ready().await?;
        trigger(s, "FirmwareStatusNotification", "?absent".into(), "Accepted").await?;
        s.call("FirmwareStatusNotification", json!({ "status": "Idle" })).await?;
    }
    "TC_F_23_CSMS" "TriggerMessage of StatusNotification: the connector is free" ["F06.FR.13"] => |s| {
        triggered_status(s, "Available").await?;
    }
    "TC_F_24_CSMS" "TriggerMessage of StatusNotification: the connector is in use" ["F06.FR.13"] => |s| {
        triggered_status(s, "Occupied").await?;
    }
}
