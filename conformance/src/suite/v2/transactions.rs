//! E: where a transaction begins, and what is asked about one.

use serde_json::{Value, json};

use super::BOTH;
use crate::suite::asking::card;
use crate::suite::case::{Play, cases};
use crate::suite::stage::Stage;
use crate::suite::verbs2::reading;

/// A transaction that begins with this event, charges and ends. Each event that comes before the token is told without
/// one.
async fn starts(s: &mut Stage, trigger: &str, state: &str, with_token: bool, more: Value) -> Play {
    s.ready().await?;
    let token = s.valid().await?;
    if with_token {
        s.admitted(&token).await?;
    }
    s.status(1, "Occupied").await?;
    let mut tx = s.tx(1);
    let mut more = more;
    if with_token {
        more["idToken"] = card(&token);
    }
    let answer = s.tell(&mut tx, "Started", trigger, state, more).await?;
    if with_token {
        s.accepted(&answer)?;
    } else {
        s.admitted(&token).await?;
        let answer = s
            .tell(&mut tx, "Updated", "Authorized", "EVConnected", json!({ "idToken": card(&token) }))
            .await?;
        s.accepted(&answer)?;
    }
    if state != "Charging" {
        let more = json!({ "meterValue": reading("Sample.Periodic", 1000) });
        s.tell(&mut tx, "Updated", "ChargingStateChanged", "Charging", more).await?;
    }
    s.stop(&mut tx, &token).await.map(drop)
}

/// GetTransactionStatus with the running transaction's id, or without any.
async fn asked(s: &mut Stage, with_id: bool, queued: bool) -> Play {
    s.ready().await?;
    let token = s.valid().await?;
    let mut tx = s.begin(1, &token).await?;
    let id = if with_id { tx.id.clone() } else { "?absent".to_owned() };
    let mut answer = json!({ "messagesInQueue": queued });
    if with_id {
        answer["ongoingIndicator"] = true.into();
    }
    s.ask("GetTransactionStatus", json!({ "transactionId": id }), answer).await?;
    s.stop(&mut tx, &token).await.map(drop)
}

cases! { "E" in BOTH;
    "TC_E_01_CSMS" "A transaction begins when the power path closes" ["E01", "E02"] => |s| {
        starts(s, "ChargingStateChanged", "Charging", true, json!({})).await?;
    }
    "TC_E_02_CSMS" "A transaction begins when energy flows" ["E01", "E02"] => |s| {
        let more = json!({ "meterValue": reading("Transaction.Begin", 1000) });
        starts(s, "ChargingStateChanged", "Charging", true, more).await?;
    }
    "TC_E_09_CSMS" "A transaction begins when the car is connected" ["E02"] => |s| {
        starts(s, "CablePluggedIn", "EVConnected", false, json!({})).await?;
    }
    "TC_E_10_CSMS" "A transaction begins with the authorization" ["E01.FR.11"] => |s| {
        starts(s, "Authorized", "Idle", true, json!({})).await?;
    }
    "TC_E_11_CSMS" "A transaction begins when signed data came" ["E01"] => |s| {
        let mut value = reading("Transaction.Begin", 1000);
        value[0]["sampledValue"][0]["signedMeterValue"] = json!({ "signedMeterData": "T0NNRnx7fQ==",
            "signingMethod": "ECDSA-secp256r1-SHA256", "encodingMethod": "OCMF", "publicKey": "MFkw" });
        starts(s, "SignedDataReceived", "EVConnected", true, json!({ "meterValue": value })).await?;
    }
    "TC_E_12_CSMS" "A transaction begins when the parking bay is occupied" ["E01"] => |s| {
        starts(s, "EVDetected", "Idle", false, json!({})).await?;
    }
    "TC_E_03_CSMS" "A session: the cable first" ["E02", "E01.FR.11"] => |s| {
        s.ready().await?;
        let token = s.valid().await?;
        let mut tx = s.begin(1, &token).await?;
        s.stop(&mut tx, &token).await?;
    }
    "TC_E_04_CSMS" "A session: the token first" ["E03", "E01.FR.11"] => |s| {
        s.ready().await?;
        let token = s.valid().await?;
        s.admitted(&token).await?;
        let mut tx = s.tx(1);
        let answer = s.tell(&mut tx, "Started", "Authorized", "Idle", json!({ "idToken": card(&token) })).await?;
        s.accepted(&answer)?;
        s.status(1, "Occupied").await?;
        s.tell(&mut tx, "Updated", "CablePluggedIn", "EVConnected", json!({})).await?;
        s.tell(&mut tx, "Updated", "ChargingStateChanged", "Charging", json!({})).await?;
        s.stop(&mut tx, &token).await?;
    }
    "TC_E_38_CSMS" "The car is not ready to take energy" ["E04", "E02"] => |s| {
        s.ready().await?;
        let token = s.valid().await?;
        s.status(1, "Occupied").await?;
        let mut tx = s.tx(1);
        s.tell(&mut tx, "Started", "CablePluggedIn", "EVConnected", json!({})).await?;
        s.admitted(&token).await?;
        let answer = s.tell(&mut tx, "Updated", "Authorized", "EVConnected", json!({ "idToken": card(&token) })).await?;
        s.accepted(&answer)?;
        s.tell(&mut tx, "Updated", "ChargingStateChanged", "SuspendedEV", json!({})).await?;
        s.tell(&mut tx, "Updated", "ChargingStateChanged", "Charging", json!({})).await?;
        s.stop(&mut tx, &token).await?;
    }
    "TC_E_29_CSMS" "GetTransactionStatus of a transaction with messages queued" ["E14"] => |s| {
        asked(s, true, true).await?;
    }
    "TC_E_30_CSMS" "GetTransactionStatus of a transaction without messages queued" ["E14"] => |s| {
        asked(s, true, false).await?;
    }
    "TC_E_33_CSMS" "GetTransactionStatus without an id, messages queued" ["E14"] => |s| {
        asked(s, false, true).await?;
    }
    "TC_E_34_CSMS" "GetTransactionStatus without an id, none queued" ["E14"] => |s| {
        asked(s, false, false).await?;
    }
    "TC_E_31_CSMS" "Ended comes first; the two messages that were queued before it are taken" ["E14", "E04"] => |s| {
        s.ready().await?;
        let token = s.valid().await?;
        let mut tx = s.begin(1, &token).await?;
        let missing = tx.next;
        tx.next += 2;
        s.tell(&mut tx, "Ended", "EVCommunicationLost", "Idle", json!({ "transactionInfo": { "stoppedReason": "Local" },
            "meterValue": reading("Transaction.End", 3000) })).await?;
        s.ask("GetTransactionStatus", json!({ "transactionId": tx.id }),
            json!({ "messagesInQueue": true, "ongoingIndicator": false })).await?;
        tx.next = missing;
        for wh in [1600, 1700] {
            let more = json!({ "offline": true, "meterValue": reading("Sample.Periodic", wh) });
            s.tell(&mut tx, "Updated", "MeterValuePeriodic", "Charging", more).await?;
        }
        s.heartbeat().await?;
    }
    "TC_E_53_CSMS" "The numbers of messages begin at 0 in each transaction" ["E01.FR.07"] => |s| {
        s.ready().await?;
        let token = s.valid().await?;
        for _ in 0..2 {
            let mut tx = s.begin(1, &token).await?;
            s.stop(&mut tx, &token).await?;
        }
    }
}
