//! E: how transactions end.

use serde_json::{Value, json};

use super::BOTH;
use crate::suite::asking::card;
use crate::suite::case::{Play, cases};
use crate::suite::rig::TokenKind;
use crate::suite::stage::Stage;
use crate::suite::verbs16::one_of;

/// A session that these events lead out of, each `(trigger, state)`; the last one is Ended, for that reason. With
/// `local`, the token is presented again first.
async fn leaves(s: &mut Stage, local: bool, steps: &[(&str, &str)], reason: &str) -> Play {
    s.ready().await?;
    let token = s.valid().await?;
    let mut tx = s.begin(1, &token).await?;
    if local {
        let more = json!({ "idToken": card(&token) });
        let answer = s.tell(&mut tx, "Updated", "StopAuthorized", "EVConnected", more).await?;
        s.accepted(&answer)?;
    }
    let Some(((last, _), before)) = steps.split_last() else { return Ok(()) };
    for (trigger, state) in before {
        s.tell(&mut tx, "Updated", trigger, state, json!({})).await?;
    }
    s.end(&mut tx, last, reason).await.map(drop)
}

/// The token that stops has to be in the answer, and accepted, even in Ended.
async fn ended_with_token(s: &mut Stage, trigger: &str, more: Value) -> Play {
    s.ready().await?;
    let token = s.valid().await?;
    let mut tx = s.begin(1, &token).await?;
    let mut with = json!({ "idToken": card(&token), "transactionInfo": { "stoppedReason": "Local" } });
    crate::suite::verbs2::merge(&mut with, more);
    let answer = s.tell(&mut tx, "Ended", trigger, "EVConnected", with).await?;
    s.accepted(&answer)?;
    s.status(1, "Available").await
}

cases! { "E" in BOTH;
    "TC_E_07_CSMS" "A transaction ends when the power path opens" ["E06", "E07"] => |s| {
        ended_with_token(s, "StopAuthorized", json!({})).await?;
    }
    "TC_E_08_CSMS" "A transaction ends when energy stops: the token" ["E06", "E07"] => |s| {
        ended_with_token(s, "StopAuthorized", json!({ "meterValue": crate::suite::verbs2::reading("Transaction.End", 2500) }))
            .await?;
    }
    "TC_E_22_CSMS" "A transaction ends when energy stops: the car" ["E06"] => |s| {
        leaves(s, false, &[("ChargingStateChanged", "SuspendedEV"), ("ChargingStateChanged", "SuspendedEV")],
            "StoppedByEV").await?;
    }
    "TC_E_14_CSMS" "A transaction ends when the car is disconnected at the station" ["E06", "E07"] => |s| {
        leaves(s, true, &[("EVCommunicationLost", "Idle")], "Local").await?;
    }
    "TC_E_20_CSMS" "A transaction ends when the car is disconnected at the car" ["E06", "E09"] => |s| {
        leaves(s, false, &[("EVCommunicationLost", "Idle")], "EVDisconnected").await?;
    }
    "TC_E_15_CSMS" "A local stop" ["E07"] => |s| {
        leaves(s, true, &[("ChargingStateChanged", "EVConnected"), ("EVCommunicationLost", "Idle")], "Local").await?;
    }
    "TC_E_16_CSMS" "A token that may not charge any more: the answer says so" ["E05"] => |s| {
        s.ready().await?;
        let token = s.token(TokenKind::Unknown).await?;
        s.status(1, "Occupied").await?;
        let mut tx = s.tx(1);
        let more = json!({ "idToken": card(&token), "offline": true });
        let answer = s.tell(&mut tx, "Started", "Authorized", "Charging", more).await?;
        one_of(&answer["idTokenInfo"], "status", &["Invalid", "Unknown"], "TransactionEvent")?;
        s.tell(&mut tx, "Updated", "Deauthorized", "SuspendedEVSE", json!({})).await?;
        s.end(&mut tx, "Deauthorized", "DeAuthorized").await?;
    }
    "TC_E_17_CSMS" "A transaction ends when the car is disconnected at the car, by token before" ["E09"] => |s| {
        leaves(s, false, &[("ChargingStateChanged", "EVConnected"), ("EVCommunicationLost", "Idle")],
            "EVDisconnected").await?;
    }
    "TC_E_19_CSMS" "A transaction ends when the parking bay is left" ["E06"] => |s| {
        leaves(s, true, &[("EVCommunicationLost", "Idle"), ("EVDeparted", "Idle")], "Local").await?;
    }
    "TC_E_39_CSMS" "Nobody plugs in: a transaction without energy times out" ["E03"] => |s| {
        s.ready().await?;
        let token = s.valid().await?;
        s.admitted(&token).await?;
        let mut tx = s.tx(1);
        let answer = s.tell(&mut tx, "Started", "Authorized", "Idle", json!({ "idToken": card(&token) })).await?;
        s.accepted(&answer)?;
        s.tell(&mut tx, "Ended", "EVConnectTimeout", "Idle", json!({ "transactionInfo": { "stoppedReason": "Timeout" } }))
            .await?;
    }
    "TC_E_26_CSMS" "The car is unplugged on its side, plugged in again, and goes on" ["E10"] => |s| {
        s.ready().await?;
        let token = s.valid().await?;
        let mut tx = s.begin(1, &token).await?;
        s.tell(&mut tx, "Updated", "EVCommunicationLost", "Idle", json!({})).await?;
        s.tell(&mut tx, "Updated", "CablePluggedIn", "EVConnected", json!({})).await?;
        s.tell(&mut tx, "Updated", "ChargingStateChanged", "Charging", json!({})).await?;
        s.stop(&mut tx, &token).await?;
    }
    "TC_E_21_CSMS" "A remote stop names the station's transaction" ["F03"] => |s| {
        s.ready().await?;
        let token = s.valid().await?;
        let mut tx = s.begin(1, &token).await?;
        s.ask_status("RequestStopTransaction", json!({ "transactionId": tx.id }), "Accepted").await?;
        s.tell(&mut tx, "Updated", "RemoteStop", "EVConnected", json!({})).await?;
        s.end(&mut tx, "EVCommunicationLost", "Remote").await?;
    }
}
