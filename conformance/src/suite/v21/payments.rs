//! C: payments at the station, at a kiosk, and by a code.

use serde_json::{Value, json};

use super::ONLY;
use crate::suite::case::{Broken, Play, cases, ensure};
use crate::suite::entry::now;
use crate::suite::hook::Wish;
use crate::suite::rig::TokenKind;
use crate::suite::stage::Stage;
use crate::suite::verbs2::{Tx, merge, reading};
use crate::suite::verbs16::is;

/// What a station and a CSMS have agreed on to take payments at the station.
const DIRECT: &str = "direct-payment";

/// Makes a price, for a CSMS that has one only where it was set.
pub(super) async fn priced(s: &mut Stage) -> Play {
    let tariff =
        json!({ "tariffId": "WL-PRICE", "currency": "EUR", "energy": { "prices": [{ "priceKwh": 0.25 }] } });
    let station = s.id.clone();
    s.prepare(Wish::Tariff { station, token: None, tariff }).await.map(drop)
}

/// The token of a payment that a terminal at the station has taken.
fn payment(reference: &str) -> Value {
    json!({ "idToken": reference, "type": "DirectPayment",
        "additionalInfo": [{ "additionalIdToken": "1234", "type": "CardLast4Digits" }] })
}

fn reference() -> String {
    format!("psp-{:012x}", rand::random::<u64>() >> 16)
}

/// A paid transaction: begun with what was authorized, ended. The answer to Ended.
async fn paid(s: &mut Stage, reference: &str) -> Result<(Tx, Value), Broken> {
    s.needs(DIRECT)?;
    s.ready().await?;
    s.status(1, "Occupied").await?;
    let mut tx = s.tx(1);
    let more = json!({ "idToken": payment(reference), "transactionInfo": { "transactionLimit": { "maxCost": 50 } } });
    let answer = s.tell(&mut tx, "Started", "Authorized", "EVConnected", more).await?;
    s.accepted(&answer)?;
    s.tell(&mut tx, "Updated", "ChargingStateChanged", "Charging", json!({})).await?;
    let answer = s.end(&mut tx, "EVCommunicationLost", "Local").await?;
    Ok((tx, answer))
}

/// NotifySettlement: the answer.
async fn settled(
    s: &mut Stage,
    reference: &str,
    tx: Option<&Tx>,
    status: &str,
    more: Value,
) -> Result<Value, Broken> {
    let mut payload =
        json!({ "pspRef": reference, "status": status, "settlementAmount": 0.38, "settlementTime": now() });
    if let Some(tx) = tx {
        payload["transactionId"] = tx.id.clone().into();
    }
    merge(&mut payload, more);
    s.call("NotifySettlement", payload).await
}

/// A kiosk: its payment starts a transaction, with what it has authorized as the limit.
async fn kiosk(s: &mut Stage, cost_by_station: bool) -> Play {
    s.ready().await?;
    s.keep("RequestStartTransaction");
    let facts = json!({ "evse": 1, "maxCost": 50, "idToken": payment(&reference()) });
    s.other(
        "kiosk",
        "Have a kiosk take 50 by card 1234 for a session at EVSE 1, which may cost no more.",
        facts,
    )
    .await?;
    let asked = s
        .expect(
            "RequestStartTransaction",
            json!({ "evseId": 1, "remoteStartId": "?int 1", "idToken": {
        "idToken": "?text psp-kiosk-1", "type": "DirectPayment",
        "additionalInfo": [{ "additionalIdToken": "1234", "type": "CardLast4Digits" }] } }),
            json!({ "status": "Accepted" }),
            "after the payment at the kiosk",
        )
        .await?;
    let mut tx = s.tx(1);
    s.status(1, "Occupied").await?;
    let more = json!({ "idToken": asked["idToken"], "transactionInfo": { "remoteStartId": asked["remoteStartId"] } });
    let answer = s.tell(&mut tx, "Started", "RemoteStart", "EVConnected", more).await?;
    s.accepted(&answer)?;
    let limit = answer["transactionLimit"]["maxCost"].as_f64();
    let limit =
        limit.ok_or_else(|| Broken::fail("the first answer has no transactionLimit.maxCost (C24)"))?;
    ensure(limit <= 50.0, || format!("the session may cost {limit}, and 50 were paid (C24)"))?;
    let more = json!({ "transactionInfo": { "transactionLimit": { "maxCost": limit } } });
    s.tell(&mut tx, "Updated", "LimitSet", "Charging", more).await?;
    let mut more = json!({ "transactionInfo": { "stoppedReason": "Local" }, "meterValue": reading("Transaction.End", 2500) });
    if cost_by_station {
        more["costDetails"] = json!({ "totalCost": { "currency": "EUR", "typeOfCost": "NormalCost",
            "total": { "exclTax": 0.38 } }, "totalUsage": { "energy": 1.5, "chargingTime": 60, "idleTime": 0 } });
    }
    let answer = s.tell(&mut tx, "Ended", "EVCommunicationLost", "Idle", more).await?;
    ensure(cost_by_station || answer.get("totalCost").is_some(), || {
        "the answer to Ended has no totalCost (I03.FR.02)".to_owned()
    })?;
    s.status(1, "Available").await
}

/// Somebody opens the page of the station's code; `facts` say with what.
async fn scanned(s: &mut Stage, facts: Value) -> Play {
    s.ready().await?;
    s.status(1, "Occupied").await?;
    s.keep("RequestStartTransaction");
    s.other("qr_scan", "Open the address of the code that EVSE 1 shows, and pay if the page lets you.", facts)
        .await
        .map(drop)
}

cases! { "C" in ONLY;
    "TC_C_103_CSMS" "A prepaid token: not to be cached, and its balance is the limit" ["C17.FR.01", "C17.FR.02", "E16"] => |s| {
        s.ready().await?;
        let token = s.token(TokenKind::Prepaid).await?;
        let info = s.authorize(&token).await?;
        is(&info, "status", "Accepted", "Authorize")?;
        ensure(info.get("cacheExpiryDateTime").is_some(), || {
            "Authorize of a prepaid token has no cacheExpiryDateTime: it would be cached (C17.FR.02)".to_owned()
        })?;
        s.status(1, "Occupied").await?;
        let mut tx = s.tx(1);
        let more = json!({ "idToken": crate::suite::asking::card(&token) });
        let answer = s.tell(&mut tx, "Started", "Authorized", "EVConnected", more).await?;
        s.accepted(&answer)?;
        let limit = answer["transactionLimit"]["maxCost"].as_f64().unwrap_or_default();
        ensure(limit > 0.0, || "the first answer has no transactionLimit.maxCost (C17)".to_owned())?;
        s.tell(&mut tx, "Updated", "ChargingStateChanged", "Charging", json!({})).await?;
        s.stop(&mut tx, &token).await?;
    }
    "TC_C_104_CSMS" "A prepaid token with nothing left: NoCredit, not to be cached" ["C17.FR.01", "C17.FR.02"] => |s| {
        s.ready().await?;
        let token = s.token(TokenKind::NoCredit).await?;
        let info = s.authorize(&token).await?;
        is(&info, "status", "NoCredit", "Authorize")?;
        ensure(info.get("cacheExpiryDateTime").is_some(), || {
            "Authorize of a prepaid token has no cacheExpiryDateTime: it would be cached (C17.FR.02)".to_owned()
        })?;
    }
    "TC_C_108_CSMS" "A VAT number is looked up: one that is valid, one that is not; the EVSE is echoed" ["C18.FR.08", "C18.FR.09", "C18.FR.10"] => |s| {
        s.needs("vat-validation")?;
        s.ready().await?;
        let good = s.value("vat_number", "");
        if !good.is_empty() {
            let answer = s.call("VatNumberValidation", json!({ "vatNumber": good, "evseId": 1 })).await?;
            is(&answer, "status", "Accepted", "VatNumberValidation")?;
            ensure(answer["vatNumber"] == good.as_str() && answer["evseId"] == 1, || {
                format!("VatNumberValidation does not echo the number and the EVSE: {answer}")
            })?;
            ensure(answer["company"].is_object(), || "VatNumberValidation names no company".to_owned())?;
        }
        let answer = s.call("VatNumberValidation", json!({ "vatNumber": "XX0000000000" })).await?;
        is(&answer, "status", "Rejected", "VatNumberValidation")?;
        ensure(answer.get("evseId").is_none(), || "VatNumberValidation names an EVSE that was not asked for".to_owned())?;
        if good.is_empty() {
            return Err(Broken::inconclusive("a number that is not valid is refused; name a valid one as the value vat_number"));
        }
    }
    "TC_C_113_CSMS" "A payment is cancelled after the start: no cost, and the settlement is taken" ["C20"] => |s| {
        s.needs(DIRECT)?;
        s.ready().await?;
        let reference = reference();
        let mut tx = s.tx(1);
        let answer = s.tell(&mut tx, "Started", "Authorized", "Idle", json!({ "idToken": payment(&reference) })).await?;
        s.accepted(&answer)?;
        let more = json!({ "transactionInfo": { "stoppedReason": "Timeout" } });
        let answer = s.tell(&mut tx, "Ended", "EVConnectTimeout", "Idle", more).await?;
        ensure(answer["totalCost"].as_f64() == Some(0.0), || {
            format!("the answer to Ended has the totalCost {} instead of 0", answer["totalCost"])
        })?;
        settled(s, &reference, Some(&tx), "Canceled", json!({ "settlementAmount": 0 })).await?;
    }
    "TC_C_117_CSMS" "The CSMS settles and makes the receipt: the final cost is told" ["C21", "I03.FR.02"] => |s| {
        let (_, answer) = paid(s, &reference()).await?;
        ensure(answer.get("totalCost").is_some(), || "the answer to Ended has no totalCost (I03.FR.02)".to_owned())?;
    }
    "TC_C_118_CSMS" "The station settles, the CSMS makes the receipt" ["C21"] => |s| {
        let reference = reference();
        let (tx, _) = paid(s, &reference).await?;
        let answer = settled(s, &reference, Some(&tx), "Settled", json!({})).await?;
        ensure(answer.get("receiptUrl").is_some(), || "the answer to NotifySettlement has no receiptUrl".to_owned())?;
        // Told twice, it is the same settlement.
        let again = settled(s, &reference, Some(&tx), "Settled", json!({})).await?;
        ensure(again["receiptUrl"] == answer["receiptUrl"], || "the same settlement has two receipts".to_owned())?;
    }
    "TC_C_119_CSMS" "A settlement that failed" ["C22"] => |s| {
        let reference = reference();
        let (tx, _) = paid(s, &reference).await?;
        settled(s, &reference, Some(&tx), "Failed", json!({ "statusInfo": "no connection" })).await?;
    }
    "TC_C_120_CSMS" "A settlement that was refused" ["C22"] => |s| {
        let reference = reference();
        let (tx, _) = paid(s, &reference).await?;
        settled(s, &reference, Some(&tx), "Rejected", json!({ "statusInfo": "card expired" })).await?;
    }
    "TC_C_125_CSMS" "A kiosk starts a transaction; the CSMS counts the cost" ["C24", "E16"] => |s| {
        kiosk(s, false).await?;
    }
    "TC_C_126_CSMS" "A kiosk starts a transaction; the station counts the cost" ["C24", "E16"] => |s| {
        kiosk(s, true).await?;
    }
    "TC_C_131_CSMS" "A code is scanned and paid: a remote start, with the limit of the address" ["C25.FR.08", "C25.FR.59"] => |s| {
        scanned(s, json!({ "evse": 1, "totp": "valid", "query": "maxenergy=20000" })).await?;
        let asked = s.expect("RequestStartTransaction", json!({ "evseId": 1, "remoteStartId": "?int",
            "idToken": { "type": "DirectPayment", "idToken": "?text" } }), json!({ "status": "Accepted" }),
            "after the payment").await?;
        let mut tx = s.tx(1);
        let more = json!({ "idToken": asked["idToken"], "transactionInfo": { "remoteStartId": asked["remoteStartId"] } });
        let answer = s.tell(&mut tx, "Started", "RemoteStart", "EVConnected", more).await?;
        s.accepted(&answer)?;
        let limit = answer["transactionLimit"]["maxEnergy"].as_f64();
        ensure(limit == Some(20_000.0), || format!("transactionLimit.maxEnergy is {limit:?} instead of 20000"))?;
        s.end(&mut tx, "EVCommunicationLost", "Local").await?;
    }
    "TC_C_132_CSMS" "A code whose address is wrong: no remote start" ["C25.FR.60"] => |s| {
        scanned(s, json!({ "evse": 1, "totp": "valid", "query": "maxenergy=plenty&maxtime=-1" })).await?;
        s.never("RequestStartTransaction", "though the address of the code is wrong").await?;
    }
    "TC_C_133_CSMS" "A code that is out of date: no remote start" ["C25.FR.08"] => |s| {
        scanned(s, json!({ "evse": 1, "totp": "invalid", "query": "" })).await?;
        s.never("RequestStartTransaction", "though the code is out of date").await?;
    }
}
