//! E: limits, and transactions that go on after a loss of power.

use serde_json::{Value, json};

use super::ONLY;
use super::payments::priced;
use super::provisioning::resumed;
use crate::suite::asking::card;
use crate::suite::case::{Broken, Play, cases, ensure};
use crate::suite::stage::Stage;
use crate::suite::v2::profile;
use crate::suite::verbs2::{Tx, reading};

/// Begins a transaction in which the station sets a limit; what the CSMS answers must not be above it.
async fn by_station(s: &mut Stage, kind: &str, limit: Value, reached: &str) -> Play {
    let token = s.valid().await?;
    let mut tx = s.begin(1, &token).await?;
    let more = json!({ "transactionInfo": { "transactionLimit": { kind: limit } } });
    let answer = s.tell(&mut tx, "Updated", "LimitSet", "Charging", more).await?;
    not_above(&answer, kind, &limit)?;
    let more = json!({ "meterValue": reading("Sample.Periodic", 9000) });
    s.tell(&mut tx, "Updated", &format!("{reached}LimitReached"), "SuspendedEVSE", more).await?;
    s.stop(&mut tx, &token).await.map(drop)
}

/// The CSMS may overrule a limit downward only.
fn not_above(answer: &Value, kind: &str, limit: &Value) -> Play {
    let overruled = answer["transactionLimit"][kind].as_f64();
    ensure(overruled.is_none_or(|other| Some(other) <= limit.as_f64()), || {
        format!("the CSMS raises the station's {kind} from {limit} to {overruled:?} (E16.FR.08)")
    })
}

/// Begins a transaction that the CSMS limits: the transaction, and the limit.
async fn by_csms(s: &mut Stage, kind: &str, wished: Value) -> Result<(String, Tx, Value), Broken> {
    s.ready().await?;
    let token = s.valid().await?;
    s.other(
        "transaction_limit",
        &format!("Limit the next transaction of token {token}: {kind} = {wished}."),
        json!({ "token": token, kind: wished }),
    )
    .await?;
    // Where it is a limit of the token, it is none of the next case.
    s.used_up(&token);
    s.status(1, "Occupied").await?;
    let mut tx = s.tx(1);
    let more = json!({ "idToken": card(&token), "meterValue": reading("Transaction.Begin", 1000) });
    let answer = s.tell(&mut tx, "Started", "Authorized", "EVConnected", more).await?;
    s.accepted(&answer)?;
    let limit = answer["transactionLimit"][kind].clone();
    ensure(limit.is_number(), || format!("the first answer has no transactionLimit.{kind} (E16)"))?;
    let more = json!({ "transactionInfo": { "transactionLimit": { kind: limit } } });
    let answer = s.tell(&mut tx, "Updated", "LimitSet", "Charging", more).await?;
    ensure(answer.get("transactionLimit").is_none_or(|again| again[kind] == limit), || {
        format!("the limit was told again, and is another one: {answer}")
    })?;
    Ok((token, tx, limit))
}

/// Power is lost in a transaction with a profile, and it goes on.
async fn power_loss(s: &mut Stage, boots: bool) -> Play {
    s.ready().await?;
    let token = s.valid().await?;
    let mut tx = s.begin(1, &token).await?;
    let wanted =
        json!({ "evseId": 1, "chargingProfile": profile("TxProfile", json!({ "transactionId": tx.id })) });
    s.ask_status("SetChargingProfile", wanted.clone(), "Accepted").await?;
    s.cut();
    s.connect().await?;
    if boots {
        s.boot("PowerUp").await?;
    }
    s.keep("SetChargingProfile");
    resumed(s, &mut tx).await?;
    let answer = json!({ "status": "Accepted" });
    s.expect("SetChargingProfile", wanted, answer, "after TxResumed (E17.FR.15)").await?;
    s.stop(&mut tx, &token).await.map(drop)
}

cases! { "E" in ONLY;
    "TC_E_102_CSMS" "Both set a limit: the CSMS overrules downward only" ["E16.FR.07", "E16.FR.08"] => |s| {
        let (token, mut tx, limit) = by_csms(s, "maxEnergy", 10_000.into()).await?;
        let own = json!(limit.as_f64().unwrap_or_default() / 2.0);
        let more = json!({ "transactionInfo": { "transactionLimit": { "maxEnergy": own } } });
        let answer = s.tell(&mut tx, "Updated", "LimitSet", "Charging", more).await?;
        not_above(&answer, "maxEnergy", &own)?;
        s.stop(&mut tx, &token).await?;
    }
    "TC_E_106_CSMS" "The station limits the energy" ["E16.FR.08"] => |s| {
        s.ready().await?;
        by_station(s, "maxEnergy", 8_000.into(), "Energy").await?;
    }
    "TC_E_107_CSMS" "The station limits the time" ["E16.FR.08"] => |s| {
        s.ready().await?;
        by_station(s, "maxTime", 600.into(), "Time").await?;
    }
    "TC_E_108_CSMS" "The station limits the cost, by a tariff that the CSMS has set" ["E16.FR.08", "I07"] => |s| {
        s.ready().await?;
        s.ask_status("SetDefaultTariff", json!({ "evseId": "?int 0", "tariff": { "tariffId": "?text WL-1",
            "currency": "?text EUR", "energy": { "prices": [{ "priceKwh": "?num 0.25" }] } } }), "Accepted").await?;
        by_station(s, "maxCost", 2.into(), "Cost").await?;
    }
    "TC_E_109_CSMS" "The CSMS limits the cost, and tells the cost so far" ["E16.FR.11"] => |s| {
        priced(s).await?;
        s.keep("CostUpdated");
        let (token, mut tx, _) = by_csms(s, "maxCost", 2.into()).await?;
        let more = json!({ "meterValue": reading("Sample.Periodic", 4000) });
        let answer = s.tell(&mut tx, "Updated", "MeterValuePeriodic", "Charging", more).await?;
        if answer.get("totalCost").is_none() {
            s.expect("CostUpdated", json!({ "transactionId": tx.id, "totalCost": "?num" }), json!({}),
                "though the cost is limited (E16.FR.11)").await?;
        }
        s.tell(&mut tx, "Updated", "CostLimitReached", "SuspendedEVSE", json!({})).await?;
        s.stop(&mut tx, &token).await?;
    }
    "TC_E_110_CSMS" "The CSMS limits the energy" ["E16"] => |s| {
        let (token, mut tx, _) = by_csms(s, "maxEnergy", 10_000.into()).await?;
        s.tell(&mut tx, "Updated", "EnergyLimitReached", "SuspendedEVSE", json!({})).await?;
        s.stop(&mut tx, &token).await?;
    }
    "TC_E_111_CSMS" "The CSMS limits the time" ["E16"] => |s| {
        let (token, mut tx, _) = by_csms(s, "maxTime", 600.into()).await?;
        s.tell(&mut tx, "Updated", "TimeLimitReached", "SuspendedEVSE", json!({})).await?;
        s.stop(&mut tx, &token).await?;
    }
    "TC_E_113_CSMS" "A transaction goes on after a loss of power: its profile is sent again" ["E17.FR.15"] => |s| {
        power_loss(s, true).await?;
    }
    "TC_E_117_CSMS" "A transaction goes on after the connection was away: its profile is sent again" ["E17.FR.15"] => |s| {
        power_loss(s, false).await?;
    }
}
