//! What the good CSMS answers.

use conformance::responder::Seen;
use conformance::suite::hook::{Registration, TokenState};
use ocpp::Version;
use serde_json::{Value, json};

use crate::good::{Good, Token};

fn now() -> String {
    chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// The answer to a call of a station.
pub fn to(good: &Good, version: Version, seen: &Seen, registration: Registration) -> Value {
    let payload = &seen.payload;
    match seen.action.as_str() {
        "BootNotification" => {
            json!({ "status": format!("{registration:?}"), "currentTime": now(), "interval": 300 })
        }
        "Heartbeat" => json!({ "currentTime": now() }),
        "DataTransfer" => json!({ "status": "UnknownVendorId" }),
        "SignCertificate" => {
            let mut signed = json!({ "certificateChain": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n" });
            if let Some(kind) = payload.get("certificateType") {
                signed["certificateType"] = kind.clone();
            }
            good.follow_up(&seen.station, "CertificateSigned", signed);
            json!({ "status": "Accepted" })
        }
        "OpenPeriodicEventStream" => json!({ "status": "Accepted" }),
        "NotifyEVChargingNeeds" => {
            let mut book = good.book();
            let unplanned = book.unplanned.iter().position(|station| *station == seen.station);
            let status = match unplanned {
                Some(place) => {
                    book.unplanned.swap_remove(place);
                    "NoChargingProfile"
                }
                None if payload["chargingNeeds"]["requestedEnergyTransfer"] == "WPT" => "Rejected",
                None => "Accepted",
            };
            drop(book);
            if status == "Accepted" {
                good.plan(&seen.station);
            }
            json!({ "status": status })
        }
        "NotifyEVChargingSchedule" => {
            let limit = payload["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"].as_f64();
            if limit > Some(100.0) {
                good.plan(&seen.station);
                return json!({ "status": "Rejected" });
            }
            json!({ "status": "Accepted" })
        }
        "PullDynamicScheduleUpdate" => {
            match payload["chargingProfileId"].as_i64().is_some_and(|id| good.book().dynamic.contains(&id)) {
                true => json!({ "status": "Accepted", "scheduleUpdate": { "limit": 8.0 } }),
                false => json!({ "status": "Rejected" }),
            }
        }
        "NotifySettlement" => {
            json!({ "receiptUrl": format!("https://pay.example/{}", payload["pspRef"].as_str().unwrap_or_default()) })
        }
        "VatNumberValidation" => vat(payload),
        _ if version == Version::V16 => v16(good, seen),
        "Authorize" => {
            let token = &payload["idToken"];
            let mut answer = json!({ "idTokenInfo": info(good, token) });
            let name = token["idToken"].as_str().unwrap_or_default().to_ascii_lowercase();
            if let Some(tariff) = good.book().tariffs.get(&name) {
                answer["tariff"] = tariff.clone();
            }
            answer
        }
        "TransactionEvent" => {
            let id = payload["transactionInfo"]["transactionId"].as_str().unwrap_or_default();
            good.book().running.insert(seen.station.clone(), id.to_owned());
            if payload["triggerReason"] == "TxResumed" {
                good.resumed(&seen.station, id);
            }
            transaction(good, version, payload)
        }
        _ => json!({}),
    }
}

fn vat(payload: &Value) -> Value {
    let number = payload["vatNumber"].as_str().unwrap_or_default();
    let mut answer = json!({ "vatNumber": number, "status": "Rejected" });
    if !number.starts_with("XX") {
        answer["status"] = "Accepted".into();
        answer["company"] = json!({ "name": "A", "address1": "B", "city": "C", "country": "DE" });
    }
    if let Some(evse) = payload.get("evseId") {
        answer["evseId"] = evse.clone();
    }
    answer
}

/// A token it knows.
fn known(good: &Good, token: &str) -> Option<Token> {
    good.book().tokens.get(&token.to_ascii_lowercase()).cloned()
}

fn info(good: &Good, token: &Value) -> Value {
    if ["NoAuthorization", "DirectPayment"].contains(&token["type"].as_str().unwrap_or_default()) {
        return json!({ "status": "Accepted" });
    }
    let Some(known) = known(good, token["idToken"].as_str().unwrap_or_default()) else {
        return json!({ "status": "Unknown" });
    };
    let mut info = json!({ "status": format!("{:?}", known.state) });
    if let Some(group) = known.group {
        info["groupIdToken"] = json!({ "idToken": group, "type": "Central" });
    }
    if let Some(balance) = known.balance {
        info["cacheExpiryDateTime"] = now().into();
        if balance <= 0.0 {
            info["status"] = "NoCredit".into();
        }
    }
    if let Some(language) = known.language {
        info["language1"] = language.into();
    }
    info
}

fn transaction(good: &Good, version: Version, payload: &Value) -> Value {
    let mut answer = json!({});
    let id = payload["transactionInfo"]["transactionId"].as_str().unwrap_or_default().to_owned();
    if payload["transactionInfo"]["chargingState"] == "Charging" {
        good.book().charged.push(id.clone());
    }
    if let Some(token) = payload.get("idToken") {
        answer["idTokenInfo"] = info(good, token);
        let name = token["idToken"].as_str().unwrap_or_default().to_ascii_lowercase();
        let balance = known(good, &name).and_then(|known| known.balance).filter(|balance| *balance > 0.0);
        let mut book = good.book();
        let kiosk = (token["type"] == "DirectPayment" && payload["triggerReason"] == "RemoteStart")
            .then(|| json!({ "maxCost": 50 }));
        let limit = book.limits.remove(&name).or(balance.map(|money| json!({ "maxCost": money }))).or(kiosk);
        if let Some(limit) = limit.filter(|_| version == Version::V21 && !book.limited.contains(&id)) {
            book.limited.push(id.clone());
            answer["transactionLimit"] = limit;
        }
    }
    if payload["eventType"] == "Ended" {
        answer["totalCost"] = if good.book().charged.contains(&id) { json!(0.38) } else { json!(0) };
    } else if payload["triggerReason"] == "MeterValuePeriodic" && good.book().limited.contains(&id) {
        answer["totalCost"] = json!(0.2);
    }
    answer
}

fn tag_info(good: &Good, tag: &str) -> Value {
    let Some(known) = known(good, tag) else { return json!({ "status": "Invalid" }) };
    let status =
        if known.state == TokenState::Unknown { "Invalid".to_owned() } else { format!("{:?}", known.state) };
    let mut info = json!({ "status": status });
    if let Some(group) = known.group {
        info["parentIdTag"] = group.into();
    }
    info
}

fn v16(good: &Good, seen: &Seen) -> Value {
    let payload = &seen.payload;
    let tag = payload["idTag"].as_str().unwrap_or_default();
    match seen.action.as_str() {
        "Authorize" => json!({ "idTagInfo": tag_info(good, tag) }),
        "StartTransaction" => {
            let key = if good.defect.forgetful {
                format!("{:?}", seen.id)
            } else {
                format!("{}{payload}", seen.station)
            };
            let mut book = good.book();
            book.next += 1;
            let fresh = book.next;
            let id = *book.starts.entry(key).or_insert(fresh);
            drop(book);
            json!({ "transactionId": id, "idTagInfo": tag_info(good, tag) })
        }
        "StopTransaction" if payload.get("idTag").is_some() => json!({ "idTagInfo": tag_info(good, tag) }),
        _ => json!({}),
    }
}
