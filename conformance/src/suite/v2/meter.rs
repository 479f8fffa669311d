//! J: meter values.

use serde_json::{Value, json};

use super::BOTH;
use crate::suite::asking::card;
use crate::suite::case::{Broken, Play, cases};
use crate::suite::entry::now;
use crate::suite::stage::Stage;
use crate::suite::verbs2::{Tx, reading};

/// A reading with signed data.
fn signed(context: &str) -> Value {
    let mut value = reading(context, 2500);
    value[0]["sampledValue"][0]["signedMeterValue"] = json!({ "signedMeterData": "T0NNRnx7fQ==",
        "signingMethod": "ECDSA-secp256r1-SHA256", "encodingMethod": "OCMF", "publicKey": "MFkw" });
    value
}

/// A transaction whose messages of one kind carry readings.
async fn transaction(s: &mut Stage, started: Value, updated: &[(&str, Value)], ended: Value) -> Play {
    s.ready().await?;
    let token = s.valid().await?;
    s.status(1, "Occupied").await?;
    let mut tx = s.tx(1);
    let mut first = json!({ "idToken": card(&token) });
    with(&mut first, started);
    let answer = s.tell(&mut tx, "Started", "Authorized", "EVConnected", first).await?;
    s.accepted(&answer)?;
    s.tell(&mut tx, "Updated", "ChargingStateChanged", "Charging", json!({})).await?;
    for (trigger, values) in updated {
        let mut more = json!({});
        with(&mut more, values.clone());
        s.tell(&mut tx, "Updated", trigger, "Charging", more).await?;
    }
    let mut last = json!({ "idToken": card(&token), "transactionInfo": { "stoppedReason": "Local" } });
    with(&mut last, ended);
    let answer = s.tell(&mut tx, "Ended", "StopAuthorized", "EVConnected", last).await?;
    s.accepted(&answer)?;
    s.status(1, "Available").await
}

fn with(payload: &mut Value, values: Value) {
    if !values.is_null() {
        payload["meterValue"] = values;
    }
}

async fn idle(s: &mut Stage, evse: u32, values: Value) -> Play {
    s.call("MeterValues", json!({ "evseId": evse, "meterValue": values })).await.map(drop)
}

cases! { "J" in BOTH;
    "TC_J_01_CSMS" "Readings by the clock, nothing runs: the main meter and each EVSE" ["J01.FR.18"] => |s| {
        s.ready().await?;
        for evse in 0..=2 {
            idle(s, evse, reading("Sample.Clock", 1000)).await?;
        }
    }
    "TC_J_02_CSMS" "Readings by the clock in a transaction" ["J01.FR.18"] => |s| {
        let clock = |wh| ("MeterValueClock", reading("Sample.Clock", wh));
        transaction(s, Value::Null, &[clock(1200), clock(1400)], Value::Null).await?;
    }
    "TC_J_03_CSMS" "Readings by the clock, told at the end" ["J01.FR.18"] => |s| {
        transaction(s, Value::Null, &[], reading("Sample.Clock", 2500)).await?;
    }
    "TC_J_04_CSMS" "Readings by the clock, signed" ["J01.FR.18"] => |s| {
        s.ready().await?;
        idle(s, 1, signed("Sample.Clock")).await?;
        s.leave().await;
        transaction(s, Value::Null, &[("MeterValueClock", signed("Sample.Clock"))], Value::Null).await?;
    }
    "TC_J_07_CSMS" "A sampled reading at the start" ["J02.FR.19"] => |s| {
        transaction(s, reading("Transaction.Begin", 1000), &[], Value::Null).await?;
    }
    "TC_J_08_CSMS" "A sampled reading at the start, before the EVSE is known" ["J02.FR.19"] => |s| {
        s.ready().await?;
        let token = s.valid().await?;
        s.admitted(&token).await?;
        let mut tx = s.tx(1);
        let answer = no_evse(s, &mut tx, &token).await?;
        s.accepted(&answer)?;
        s.status(1, "Occupied").await?;
        let more = json!({ "evse": { "id": 1, "connectorId": 1 }, "meterValue": reading("Transaction.Begin", 1000) });
        s.tell(&mut tx, "Updated", "CablePluggedIn", "EVConnected", more).await?;
        s.tell(&mut tx, "Updated", "ChargingStateChanged", "Charging", json!({})).await?;
        s.stop(&mut tx, &token).await?;
    }
    "TC_J_09_CSMS" "Sampled readings while it runs" ["J02.FR.19", "J02.FR.14"] => |s| {
        let sample = |wh| ("MeterValuePeriodic", reading("Sample.Periodic", wh));
        transaction(s, Value::Null, &[sample(1200), sample(1400), sample(1600)], Value::Null).await?;
    }
    "TC_J_10_CSMS" "A sampled reading at the end" ["J02.FR.19"] => |s| {
        transaction(s, Value::Null, &[], reading("Transaction.End", 2500)).await?;
    }
    "TC_J_11_CSMS" "Sampled readings, signed" ["J02.FR.19"] => |s| {
        transaction(s, signed("Transaction.Begin"), &[("MeterValuePeriodic", signed("Sample.Periodic"))],
            signed("Transaction.End")).await?;
    }
}

/// Started, with a reading and without an EVSE.
async fn no_evse(s: &mut Stage, tx: &mut Tx, token: &str) -> Result<Value, Broken> {
    let payload = json!({ "eventType": "Started", "timestamp": now(), "triggerReason": "Authorized",
        "seqNo": tx.next, "meterValue": reading("Transaction.Begin", 1000), "idToken": card(token),
        "transactionInfo": { "transactionId": tx.id, "chargingState": "Idle" } });
    tx.next += 1;
    s.call("TransactionEvent", payload).await
}
