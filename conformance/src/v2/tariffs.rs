//! OCPP 2.1: the tariffs that a station holds, and the costs that it counts with them (use cases I07 to I12).
//!
//! It counts simply: one price for a kWh and its taxes. What it cannot count it says so.

use std::collections::{BTreeMap, BTreeSet};

use chrono::DateTime;
use serde_json::{Value, json};

use crate::battery::MJ_PER_WH;
use crate::reading::{Reading, number};
use crate::state::{State, Transaction};

/// Is local cost calculation there, and switched on?
pub(crate) const ENABLED: &str = "TariffCostCtrlr.Enabled[Tariff]";
const RUNNING: &str = "TariffCostCtrlr.Enabled[RunningCost]";
const CONDITIONS: &str = "TariffCostCtrlr.ConditionsSupported[Tariff]";
const MAX_ELEMENTS: &str = "TariffCostCtrlr.MaxElements[Tariff]";
/// Tariffs of drivers that are held at one time.
const DRIVERS_MAX: usize = 16;
/// Amounts and prices are counted in millionths.
const UNIT: i128 = 1_000_000;

/// The tariffs that a station holds; they outlive its connections.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tariffs {
    /// Per EVSE.
    defaults: BTreeMap<i32, Vec<Value>>,
    /// By identifier, until the driver's transaction is over.
    drivers: BTreeMap<String, Value>,
}

/// Since when and at what price a transaction runs.
#[derive(Debug, Clone)]
pub(crate) struct Begun {
    at: String,
    mj: i64,
    tariff: Value,
}

/// The answer to SetDefaultTariff.
pub(crate) fn set_default(state: &mut State, evse: i32, tariff: &Value) -> Value {
    let prices: Vec<&Value> =
        ["energy", "chargingTime", "idleTime", "fixedFee", "reservationTime", "reservationFixed"]
            .iter()
            .flat_map(|part| tariff[part]["prices"].as_array().into_iter().flatten())
            .collect();
    let setting = |key: &str| state.config.get(key).map(String::as_str).unwrap_or_default();
    let most = setting(MAX_ELEMENTS).parse().unwrap_or(usize::MAX);
    let evses: Vec<i32> = if evse == 0 { (1..=state.hardware.evses).collect() } else { vec![evse] };
    if prices.len() > most {
        return json!({ "status": "TooManyElements" });
    }
    if setting(CONDITIONS) != "true" && prices.iter().any(|price| price.get("conditions").is_some()) {
        return json!({ "status": "ConditionNotSupported" });
    }
    if state.tariffs.defaults.values().flatten().any(|held| id(held) == id(tariff)) {
        return json!({ "status": "DuplicateTariffId" });
    }
    if evses.iter().any(|n| !(1..=state.hardware.evses).contains(n)) {
        return json!({ "status": "Rejected", "statusInfo": { "reasonCode": "UnknownEvse" } });
    }
    for n in evses {
        let held = state.tariffs.defaults.entry(n).or_default();
        if tariff.get("validFrom").is_none() {
            held.retain(|old| old.get("validFrom").is_some());
        }
        held.push(tariff.clone());
    }
    json!({ "status": "Accepted" })
}

/// The answer to GetTariffs; EVSE 0 is all.
pub(crate) fn get(state: &State, evse: i32) -> Value {
    let mut places: BTreeMap<&str, (BTreeSet<i32>, Option<&Value>)> = BTreeMap::new();
    for (n, held) in state.tariffs.defaults.iter().filter(|(n, _)| evse == 0 || **n == evse) {
        for tariff in held {
            let place = places.entry(id(tariff)).or_insert((BTreeSet::new(), tariff.get("validFrom")));
            place.0.insert(*n);
        }
    }
    let mut list: Vec<Value> = places
        .into_iter()
        .map(|(id, (evses, from))| {
            let mut item = json!({ "tariffId": id, "tariffKind": "DefaultTariff", "evseIds": evses });
            if let Some(from) = from {
                item["validFrom"] = from.clone();
            }
            item
        })
        .collect();
    if evse == 0 {
        list.extend(state.tariffs.drivers.iter().map(|(tag, tariff)| {
            json!({ "tariffId": id(tariff), "tariffKind": "DriverTariff", "idTokens": [tag] })
        }));
    }
    if list.is_empty() {
        return json!({ "status": "NoTariff" });
    }
    json!({ "status": "Accepted", "tariffAssignments": list })
}

/// The answer to ClearTariffs. Transactions keep what they run with.
pub(crate) fn clear(state: &mut State, ids: Option<&Vec<Value>>, evse: Option<i32>) -> Value {
    let wanted =
        |tariff: &Value| ids.is_none_or(|ids| ids.iter().any(|wanted| wanted.as_str() == Some(id(tariff))));
    let mut cleared: BTreeSet<String> = BTreeSet::new();
    for (n, held) in &mut state.tariffs.defaults {
        if evse.is_none_or(|evse| evse == *n) {
            cleared.extend(held.iter().filter(|tariff| wanted(tariff)).map(|tariff| id(tariff).to_owned()));
            held.retain(|tariff| !wanted(tariff));
        }
    }
    if cleared.is_empty() {
        return json!({ "clearTariffsResult": [{ "status": "NoTariff" }] });
    }
    let results: Vec<Value> =
        cleared.into_iter().map(|id| json!({ "tariffId": id, "status": "Accepted" })).collect();
    json!({ "clearTariffsResult": results })
}

/// Keeps the tariff that the answer to an Authorize has for the driver.
pub(crate) fn authorized(state: &mut State, tag: &str, answer: &Value) {
    let accepted = answer["idTokenInfo"]["status"] == "Accepted";
    let Some(tariff) = answer.get("tariff").filter(|_| accepted && is_enabled(state)) else { return };
    if state.tariffs.drivers.len() >= DRIVERS_MAX {
        state.tariffs.drivers.pop_first();
    }
    state.tariffs.drivers.insert(tag.to_owned(), tariff.clone());
}

/// A transaction begins: its tariff is the driver's, else that of its EVSE. `None`: the CSMS counts.
pub(crate) fn begin(state: &State, evse: i32, tag: &str, reading: &Reading) -> Option<Begun> {
    if !is_enabled(state) {
        return None;
    }
    let default = || state.tariffs.defaults.get(&evse).and_then(|held| held.first());
    let tariff = state.tariffs.drivers.get(tag).or_else(default)?;
    Some(Begun { at: reading.at.clone(), mj: reading.register.total_mj(), tariff: tariff.clone() })
}

/// A transaction is over, and with it the driver's tariff.
pub(crate) fn end(state: &mut State, tag: &str) {
    state.tariffs.drivers.remove(tag);
}

/// The id of the tariff that a transaction runs with.
pub(crate) fn id_of(begun: &Begun) -> &str {
    id(&begun.tariff)
}

/// `costDetails` at this reading; in the middle of a transaction only if that is switched on.
pub(crate) fn costs(
    state: &State,
    transaction: &Transaction,
    reading: &Reading,
    ends: bool,
) -> Option<Value> {
    let begun = transaction.begun.as_ref()?;
    if !ends && state.config.get(RUNNING).is_none_or(|on| on != "true") {
        return None;
    }
    let wh = i128::from((reading.register.total_mj() - begun.mj) / MJ_PER_WH);
    let instant =
        |text: &str| DateTime::parse_from_rfc3339(text).map(|at| at.timestamp()).unwrap_or_default();
    let currency = begun.tariff["currency"].clone();
    let mut details = json!({
        "totalCost": { "currency": currency, "typeOfCost": "NormalCost", "total": { "exclTax": 0 } },
        "totalUsage": {
            "energy": number(&wh.to_string()),
            "chargingTime": (instant(&reading.at) - instant(&begun.at)).max(0),
            "idleTime": 0,
        },
    });
    let Some((price, tax)) = simple(&begun.tariff) else {
        details["failureToCalculate"] = json!(true);
        details["failureReason"] = json!("this station counts one price for a kWh only");
        return Some(details);
    };
    let wrong = if state.faults.wrong_costs { UNIT } else { 0 };
    let net = wh * price / 1_000 + wrong;
    let gross = net * (100 * UNIT + tax) / (100 * UNIT);
    let amount = json!({ "exclTax": decimal(net), "inclTax": decimal(gross) });
    details["totalCost"]["energy"] = amount.clone();
    details["totalCost"]["total"] = amount;
    details["chargingPeriods"] = json!([{
        "startPeriod": begun.at,
        "tariffId": id(&begun.tariff),
        "dimensions": [{ "type": "Energy", "volume": number(&wh.to_string()) }],
    }]);
    Some(details)
}

fn is_enabled(state: &State) -> bool {
    state.config.get(ENABLED).is_some_and(|on| on == "true")
}

fn id(tariff: &Value) -> &str {
    tariff["tariffId"].as_str().unwrap_or_default()
}

/// The price of a kWh and the percent of its taxes, in millionths, if that is all there is.
fn simple(tariff: &Value) -> Option<(i128, i128)> {
    let others =
        ["chargingTime", "idleTime", "fixedFee", "reservationTime", "reservationFixed", "minCost", "maxCost"];
    if others.iter().any(|part| tariff.get(part).is_some()) {
        return None;
    }
    let [price] = tariff["energy"]["prices"].as_array()?.as_slice() else { return None };
    if price.get("conditions").is_some() {
        return None;
    }
    let rates = tariff["energy"]["taxRates"].as_array().into_iter().flatten();
    let mut tax = 0;
    for rate in rates {
        if rate["stack"].as_i64().unwrap_or_default() != 0 {
            return None;
        }
        tax += millionths(&rate["tax"])?;
    }
    Some((millionths(&price["priceKwh"])?, tax))
}

/// A number in millionths; `None` if it has more decimals.
fn millionths(value: &Value) -> Option<i128> {
    let text = value.as_number()?.to_string();
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let part: i128 = format!("{part:0<6}").get(..6).filter(|_| part.len() <= 6)?.parse().ok()?;
    Some(whole.parse::<i128>().ok()? * UNIT + part)
}

fn decimal(millionths: i128) -> Value {
    number(&format!("{}.{:06}", millionths / UNIT, millionths % UNIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_read_in_millionths_and_written_as_numbers() {
        let read = |text: &str| millionths(&number(text));
        assert_eq!(read("0.49"), Some(490_000));
        assert_eq!(read("19"), Some(19_000_000));
        assert_eq!(read("0.1234567"), None);
        assert_eq!(decimal(4_020_000), json!(4.02));
    }

    #[test]
    fn only_one_price_for_a_kwh_is_counted() {
        let tariff = |text: &str| simple(&serde_json::from_str(text).expect("JSON"));
        assert_eq!(tariff(r#"{"energy":{"prices":[{"priceKwh":0.4}]}}"#), Some((400_000, 0)));
        let taxed = r#"{"energy":{"prices":[{"priceKwh":0.4}],"taxRates":[{"type":"vat","tax":19}]}}"#;
        assert_eq!(tariff(taxed), Some((400_000, 19_000_000)));
        let conditional = r#"{"energy":{"prices":[{"priceKwh":0.4,"conditions":{"minEnergy":1}}]}}"#;
        assert_eq!(tariff(conditional), None);
        assert_eq!(tariff(r#"{"energy":{"prices":[{"priceKwh":0.4}]},"fixedFee":{"prices":[]}}"#), None);
    }
}
