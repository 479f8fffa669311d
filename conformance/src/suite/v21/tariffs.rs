//! I: tariffs at the station.

use serde_json::{Value, json};

use super::ONLY;
use crate::suite::asking::card;
use crate::suite::case::{Broken, Play, cases, ensure};
use crate::suite::hook::Wish;
use crate::suite::stage::Stage;
use crate::suite::v2::provisioning;
use crate::suite::verbs2::{merge, reading};
use crate::suite::verbs16::is;

/// A tariff with one price for energy.
fn tariff(id: &str, more: Value) -> Value {
    let mut tariff = json!({ "tariffId": format!("?text {id}"), "currency": "?text EUR",
        "energy": { "prices": "?list [{\"priceKwh\":0.25}]" } });
    merge(&mut tariff, more);
    tariff
}

async fn set(s: &mut Stage, status: &str, tariff: Value) -> Result<String, Broken> {
    let asked =
        s.ask_status("SetDefaultTariff", json!({ "evseId": "?int 0", "tariff": tariff }), status).await?;
    Ok(asked["tariff"]["tariffId"].as_str().unwrap_or_default().to_owned())
}

/// ChangeTransactionTariff in a running transaction, answered so.
async fn change(s: &mut Stage, status: &str, more: Value) -> Play {
    s.ready().await?;
    let token = s.valid().await?;
    let mut tx = s.begin(1, &token).await?;
    let asked = s
        .ask_status(
            "ChangeTransactionTariff",
            json!({ "transactionId": tx.id,
        "tariff": tariff("WL-3", more) }),
            status,
        )
        .await?;
    if status == "Accepted" {
        let more = json!({ "transactionInfo": { "tariffId": asked["tariff"]["tariffId"] } });
        s.tell(&mut tx, "Updated", "TariffChanged", "Charging", more).await?;
    }
    s.stop(&mut tx, &token).await.map(drop)
}

/// Prices by the time of day, as a wish.
fn by_time() -> Value {
    let prices = json!([{ "priceKwh": 0.20, "conditions": { "startTimeOfDay": "22:00", "endTimeOfDay": "06:00" } },
        { "priceKwh": 0.30 }]);
    json!({ "energy": { "prices": format!("?list {prices}") } })
}

/// Whether any price of the tariff has these conditions.
fn has(tariff: &Value, conditions: &[&str]) -> bool {
    let dimensions = ["energy", "chargingTime", "idleTime", "fixedFee"];
    let prices = dimensions.iter().filter_map(|name| tariff[name]["prices"].as_array()).flatten();
    prices.into_iter().any(|price| conditions.iter().all(|name| price["conditions"].get(name).is_some()))
}

cases! { "I" in ONLY;
    "TC_I_101_CSMS" "A tariff for all EVSEs, from a time on, with prices by the time of day" ["I07.FR.17", "I07.FR.18"] => |s| {
        s.ready().await?;
        let mut wanted = by_time();
        wanted["validFrom"] = "?time +60".into();
        let asked = s.ask_status("SetDefaultTariff", json!({ "evseId": 0, "tariff": tariff("WL-1", wanted) }),
            "Accepted").await?;
        ensure(has(&asked["tariff"], &["startTimeOfDay", "endTimeOfDay"]), || {
            "no price of the tariff has startTimeOfDay and endTimeOfDay".to_owned()
        })?;
    }
    "TC_I_102_CSMS" "A tariff with more elements than the station takes" ["I07"] => |s| {
        s.ready().await?;
        set(s, "TooManyElements", tariff("WL-1", by_time())).await?;
        s.heartbeat().await?;
    }
    "TC_I_105_CSMS" "A tariff with conditions that the station does not know" ["I07"] => |s| {
        s.ready().await?;
        set(s, "ConditionNotSupported", tariff("WL-1", by_time())).await?;
        s.heartbeat().await?;
    }
    "TC_I_106_CSMS" "A second tariff has another id; both are listed" ["I07.FR.19", "I09"] => |s| {
        s.ready().await?;
        let first = set(s, "Accepted", tariff("WL-1", json!({}))).await?;
        let second = set(s, "Accepted", tariff("WL-2", json!({ "validFrom": "?time +3600" }))).await?;
        ensure(first != second, || format!("both tariffs have the id {first}"))?;
        s.ask("GetTariffs", json!({ "evseId": "?int 0" }), json!({ "status": "Accepted", "tariffAssignments": [
            { "tariffId": first, "tariffKind": "DefaultTariff", "evseIds": [1, 2] },
            { "tariffId": second, "tariffKind": "DefaultTariff", "evseIds": [1, 2] }] })).await?;
        s.heartbeat().await?;
    }
    "TC_I_109_CSMS" "A driver's own tariff is in the answer to Authorize" ["I08.FR.09"] => |s| {
        s.ready().await?;
        let counts = |value| provisioning::instance("TariffCostCtrlr", "Enabled", "Tariff", value);
        provisioning::told(s, &[counts("true")]).await?;
        let token = s.valid().await?;
        let vat = json!([{ "type": "vat", "tax": 20 }]);
        let wanted = json!({ "tariffId": "WL-DRIVER", "currency": "EUR",
            "energy": { "prices": [{ "priceKwh": 0.25 }], "taxRates": vat },
            "chargingTime": { "prices": [{ "priceMinute": 0.10 }], "taxRates": vat },
            "fixedFee": { "prices": [{ "priceFixed": 0.50 }], "taxRates": vat } });
        let station = s.id.clone();
        s.prepare(Wish::Tariff { station, token: Some(token.clone()), tariff: wanted }).await?;
        let answer = s.call("Authorize", json!({ "idToken": card(&token) })).await?;
        is(&answer["idTokenInfo"], "status", "Accepted", "Authorize")?;
        let tariff = &answer["tariff"];
        ensure(tariff.is_object(), || "the answer to Authorize has no tariff".to_owned())?;
        ensure(tariff.get("validFrom").is_none(), || "a driver's tariff must not have validFrom (I08.FR.09)".to_owned())?;
        for (dimension, field, price) in [("energy", "priceKwh", 0.25), ("chargingTime", "priceMinute", 0.10),
            ("fixedFee", "priceFixed", 0.50)] {
            let told = tariff[dimension]["prices"][0][field].as_f64();
            ensure(told == Some(price), || format!("{dimension} costs {told:?} instead of {price}"))?;
            let tax = tariff[dimension]["taxRates"][0]["tax"].as_f64();
            ensure(tax == Some(20.0), || format!("{dimension} is taxed {tax:?} instead of 20"))?;
        }
        // Whatever comes next is played by a station that does not count.
        provisioning::told(s, &[counts("false")]).await?;
        s.used_up(&token);
    }
    "TC_I_110_CSMS" "Tariffs are cleared: one by its id, then all" ["I10"] => |s| {
        s.ready().await?;
        let id = set(s, "Accepted", tariff("WL-1", json!({}))).await?;
        s.ask("ClearTariffs", json!({ "tariffIds": [id] }),
            json!({ "clearTariffsResult": [{ "tariffId": id, "status": "Accepted" }] })).await?;
        s.ask("ClearTariffs", json!({ "tariffIds": "?absent" }),
            json!({ "clearTariffsResult": [{ "status": "NoTariff" }] })).await?;
    }
    "TC_I_113_CSMS" "A transaction's tariff is changed: too many elements" ["I11"] => |s| {
        change(s, "TooManyElements", by_time()).await?;
    }
    "TC_I_114_CSMS" "A transaction's tariff is changed: conditions that the station does not know" ["I11"] => |s| {
        change(s, "ConditionNotSupported", by_time()).await?;
    }
    "TC_I_115_CSMS" "A transaction's tariff is changed, and the station tells so" ["I11.FR.08"] => |s| {
        change(s, "Accepted", json!({ "validFrom": "?time +0" })).await?;
    }
    "TC_I_122_CSMS" "A tariff with every dimension and bounds; the station's cost is taken" ["I07", "I12"] => |s| {
        s.ready().await?;
        let minutes = "?list [{\"priceMinute\":0.1}]";
        let fixed = "?list [{\"priceFixed\":0.5}]";
        let id = set(s, "Accepted", tariff("WL-ALL", json!({ "chargingTime": { "prices": minutes },
            "idleTime": { "prices": minutes }, "fixedFee": { "prices": fixed }, "reservationTime": { "prices": minutes },
            "reservationFixed": { "prices": fixed }, "minCost": { "inclTax": "?num 1" }, "maxCost": { "inclTax": "?num 50" }
            }))).await?;
        let token = s.valid().await?;
        let mut tx = s.begin(1, &token).await?;
        let more = json!({ "transactionInfo": { "stoppedReason": "Local", "tariffId": id },
            "meterValue": reading("Transaction.End", 2500), "costDetails": { "totalCost": { "currency": "EUR",
            "typeOfCost": "NormalCost", "energy": { "exclTax": 0.38, "inclTax": 0.46 }, "fixed": { "exclTax": 0.5,
            "inclTax": 0.6 }, "total": { "exclTax": 0.88, "inclTax": 1.06 } }, "totalUsage": { "energy": 1.5,
            "chargingTime": 60, "idleTime": 0 }, "chargingPeriods": [{ "startPeriod": crate::suite::entry::now(),
            "tariffId": id, "dimensions": [{ "type": "Energy", "volume": 1.5 }] }] } });
        s.tell(&mut tx, "Ended", "EVCommunicationLost", "Idle", more).await?;
        s.status(1, "Available").await?;
    }
}
