//! Transactions of 2.x that are told twice, out of order, or in part.

use serde_json::{Value, json};

use super::TWO;
use crate::suite::asking::card;
use crate::suite::case::{Play, cases, ensure};
use crate::suite::entry::{in_seconds, now};
use crate::suite::rig::TokenKind;
use crate::suite::verbs2::reading;
use crate::suite::verbs16::is;

/// What is told again costs what it did.
fn same_cost(first: &Value, again: &Value, what: &str) -> Play {
    let (before, after) = (&first["totalCost"], &again["totalCost"]);
    ensure(before.as_f64() == after.as_f64(), || {
        format!("{what}: totalCost is {after}, and was {before} before")
    })
}

cases! { "Sessions" in TWO;
    "WL_TX_21" "Ended comes before two messages that were queued: they are taken" ["E04", "citrineos-core#1053"] => |s| {
        s.ready().await?;
        let token = s.valid().await?;
        let mut tx = s.begin(1, &token).await?;
        let missing = tx.next;
        tx.next += 2;
        let (queued, ended) = (now(), tx.next);
        let at = |timestamp: &str, context: &str, wh: i64| {
            let mut value = reading(context, wh);
            value[0]["timestamp"] = timestamp.into();
            json!({ "timestamp": timestamp, "meterValue": value })
        };
        let mut last = at(&in_seconds(1), "Transaction.End", 2500);
        last["transactionInfo"] = json!({ "stoppedReason": "Local" });
        let first = s.tell(&mut tx, "Ended", "EVCommunicationLost", "Idle", last.clone()).await?;
        s.status(1, "Available").await?;
        tx.next = missing;
        for wh in [1600, 1700] {
            let mut more = at(&queued, "Sample.Periodic", wh);
            more["offline"] = true.into();
            s.tell(&mut tx, "Updated", "MeterValuePeriodic", "Charging", more).await?;
        }
        tx.next = ended;
        let again = s.tell(&mut tx, "Ended", "EVCommunicationLost", "Idle", last).await?;
        same_cost(&first, &again, "Ended, told again after what was queued")?;
    }
    "WL_TX_22" "A message told twice, with another message id: answered the same" ["E13.FR.02", "E01.FR.07"] => |s| {
        s.ready().await?;
        let token = s.valid().await?;
        let mut tx = s.tx(1);
        // Its sample is a second older than itself, and is no register: a second transaction would cost something else.
        let started = json!({ "timestamp": now(), "idToken": card(&token), "meterValue": [{ "timestamp": in_seconds(-1),
            "sampledValue": [{ "value": 40, "measurand": "SoC", "context": "Transaction.Begin" }] }] });
        for _ in 0..2 {
            tx.next = 0;
            let answer = s.tell(&mut tx, "Started", "Authorized", "EVConnected", started.clone()).await?;
            s.accepted(&answer).map_err(|broken| broken.while_doing("Started, told twice"))?;
        }
        let more = json!({ "meterValue": reading("Sample.Periodic", 1000) });
        s.tell(&mut tx, "Updated", "ChargingStateChanged", "Charging", more).await?;
        let ended = tx.next;
        let last = json!({ "timestamp": now(), "idToken": card(&token), "transactionInfo": { "stoppedReason": "Local" },
            "meterValue": reading("Transaction.End", 2500) });
        let first = s.tell(&mut tx, "Ended", "StopAuthorized", "Idle", last.clone()).await?;
        s.accepted(&first)?;
        for (what, kind, trigger, more, number) in [
            ("Ended, told twice", "Ended", "StopAuthorized", &last, ended),
            ("Started, told again after the end", "Started", "Authorized", &started, 0),
            ("Ended, told again after that", "Ended", "StopAuthorized", &last, ended),
        ] {
            tx.next = number;
            let state = if kind == "Ended" { "Idle" } else { "EVConnected" };
            let again = s.tell(&mut tx, kind, trigger, state, more.clone()).await?;
            s.accepted(&again).map_err(|broken| broken.while_doing(what))?;
            if kind == "Ended" {
                same_cost(&first, &again, what)?;
            }
        }
        s.status(1, "Available").await?;
    }
    "WL_TX_23" "Started was lost: the transaction is taken from the first message that comes" ["E01.FR.07"] => |s| {
        s.ready().await?;
        let token = s.valid().await?;
        let mut tx = s.tx(1);
        tx.next = 1;
        let more = json!({ "idToken": card(&token), "evse": { "id": 1, "connectorId": 1 } });
        let answer = s.tell(&mut tx, "Updated", "Authorized", "Charging", more).await?;
        s.accepted(&answer)?;
        s.stop(&mut tx, &token).await?;
    }
    "WL_TX_24" "No token at all (NoAuthorization, empty): accepted" ["C02.FR.02", "ocpp-go#223"] => |s| {
        s.ready().await?;
        let mut tx = s.tx(1);
        let more = json!({ "idToken": { "idToken": "", "type": "NoAuthorization" } });
        let answer = s.tell(&mut tx, "Started", "Authorized", "Charging", more).await?;
        is(&answer["idTokenInfo"], "status", "Accepted", "TransactionEvent without a token")?;
        s.end(&mut tx, "EVCommunicationLost", "EVDisconnected").await?;
    }
    "WL_TX_25" "The id of a remote start that the CSMS never made: taken" ["F01.FR.25"] => |s| {
        s.ready().await?;
        let token = s.valid().await?;
        let mut tx = s.tx(1);
        let more = json!({ "idToken": card(&token), "transactionInfo": { "remoteStartId": 987_654 } });
        let answer = s.tell(&mut tx, "Started", "RemoteStart", "EVConnected", more).await?;
        s.accepted(&answer)?;
        s.stop(&mut tx, &token).await?;
    }
    "WL_TX_26" "Two EVSEs at once" ["E01.FR.08", "citrineos-core#859"] => |s| {
        s.ready().await?;
        let (token, other) = (s.valid().await?, s.token(TokenKind::Other).await?);
        let mut first = s.begin(1, &token).await?;
        let mut second = s.begin(2, &other).await?;
        s.stop(&mut first, &token).await?;
        let more = json!({ "meterValue": reading("Sample.Periodic", 1800) });
        s.tell(&mut second, "Updated", "MeterValuePeriodic", "Charging", more).await?;
        s.stop(&mut second, &other).await?;
    }
    "WL_TX_27" "A token is the same in small and in capital letters" ["C01"] => |s| {
        s.ready().await?;
        let token = s.valid().await?;
        for spelled in [token.to_lowercase(), token.to_uppercase()] {
            s.admitted(&spelled).await?;
        }
    }
    "WL_TX_28" "The token that started stops too: it is not in use elsewhere" ["C01", "E07"] => |s| {
        s.ready().await?;
        let token = s.valid().await?;
        let mut tx = s.begin(1, &token).await?;
        let info = s.authorize(&token).await?;
        is(&info, "status", "Accepted", "Authorize while the same token's transaction runs")?;
        s.stop(&mut tx, &token).await?;
    }
    "WL_TX_29" "Messages with the same time are each taken" ["J02.FR.14"] => |s| {
        s.ready().await?;
        let token = s.valid().await?;
        let mut tx = s.begin(1, &token).await?;
        let at = now();
        for wh in [1600, 1700, 1800] {
            let more = json!({ "timestamp": at, "meterValue": reading("Sample.Periodic", wh) });
            s.tell(&mut tx, "Updated", "MeterValuePeriodic", "Charging", more).await?;
        }
        s.stop(&mut tx, &token).await?;
    }
    "WL_TX_30" "A whole transaction that was offline, told late" ["E12.FR.02", "E04"] => |s| {
        s.ready().await?;
        let token = s.valid().await?;
        let mut tx = s.tx(1);
        let at = |seconds: i64| json!({ "offline": true, "timestamp": in_seconds(seconds) });
        let mut first = at(-7200);
        first["idToken"] = card(&token);
        let answer = s.tell(&mut tx, "Started", "Authorized", "EVConnected", first).await?;
        s.accepted(&answer)?;
        s.tell(&mut tx, "Updated", "ChargingStateChanged", "Charging", at(-7100)).await?;
        let mut last = at(-3600);
        last["transactionInfo"] = json!({ "stoppedReason": "Local" });
        s.tell(&mut tx, "Ended", "EVCommunicationLost", "Idle", last).await?;
    }
}
