//! What 2.x stations are answered.

use super::fields::{Context, Fields};
use super::{Echo, Question};
use crate::model::{AuthStatus, TransactionReply, Verdict};
use ocpp::{Version, stamp};
use rust_decimal::Decimal;
use serde_json::{Map, Number, Value, json};

/// Money is told with so many decimals: enough for any currency, and never written with an exponent.
const COST_DECIMALS: u32 = 4;
/// The longest language tag.
const LANGUAGE_MAX: usize = 8;
/// The types of identifiers that 2.0.1 knows; 2.1 takes any text.
const KINDS_201: [&str; 8] =
    ["Central", "eMAID", "ISO14443", "ISO15693", "KeyCode", "Local", "MacAddress", "NoAuthorization"];

/// What the answer to this message will repeat of it.
pub fn echo(action: &str, payload: &Fields, context: &Context) -> Echo {
    match action {
        "VatNumberValidation" => Echo::Vat {
            number: payload.peek("vatNumber").unwrap_or_default().to_owned(),
            evse: payload.look("evseId").and_then(Value::as_i64),
        },
        "GetCertificateChainStatus" => Echo::Chains {
            requests: payload
                .look("certificateStatusRequests")
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default(),
            at: context.received_at,
        },
        _ => Echo::Nothing,
    }
}

/// Answers a notice: with what the standard fixes, and with a refusal where a service is asked for that nobody is
/// connected to give.
pub fn fixed(question: &Question, version: Version) -> Value {
    match (question.action, &question.echo) {
        ("SignCertificate", _) => refused("Rejected", "No certificate authority is connected"),
        ("Get15118EVCertificate", _) => {
            let mut answer = refused("Failed", "No contract certificate pool is connected");
            answer["exiResponse"] = "".into();
            answer
        }
        ("GetCertificateStatus", _) => refused("Failed", "No OCSP responder is connected"),
        ("GetCertificateChainStatus", Echo::Chains { requests, at }) => {
            let status = |request: &Value| {
                json!({
                    "certificateHashData": request["certificateHashData"],
                    "source": request["source"],
                    "status": "Failed",
                    "nextUpdate": stamp::write(*at, version),
                })
            };
            json!({"certificateStatus": requests.iter().map(status).collect::<Vec<_>>()})
        }
        ("NotifyEVChargingNeeds", _) if version == Version::V201 => {
            refused("Rejected", "No charging schedules are made here")
        }
        // The station charges by its own limits then (K15.FR.03 in 2.1).
        ("NotifyEVChargingNeeds", _) => json!({"status": "NoChargingProfile"}),
        ("NotifyEVChargingSchedule", _) => json!({"status": "Accepted"}),
        ("VatNumberValidation", Echo::Vat { number, evse }) => {
            let mut answer = refused("Rejected", "No register of VAT numbers is connected");
            answer["vatNumber"] = number.as_str().into();
            if let Some(evse) = evse {
                answer["evseId"] = (*evse).into();
            }
            answer
        }
        ("PullDynamicScheduleUpdate", _) => refused("Rejected", "There is no dynamic charging profile"),
        ("OpenPeriodicEventStream", _) => refused("Rejected", "Event streams are not asked for"),
        _ => json!({}),
    }
}

/// AuthorizeResponse. A contract certificate that nobody has verified never authorizes, however good its token: an
/// answer without a certificateStatus would be taken for consent (C07.FR.13 to .17).
pub fn authorize(verdict: &Verdict, has_certificate: bool, version: Version) -> Value {
    if has_certificate {
        return json!({"idTokenInfo": {"status": "Invalid"}, "certificateStatus": "CertChainError"});
    }
    // ConcurrentTx is a word for starting only: the identifier itself is good, and it may be the one that stops.
    let status = match verdict.status {
        AuthStatus::ConcurrentTx => AuthStatus::Accepted,
        status => status,
    };
    let mut answer = json!({"idTokenInfo": id_token_info(verdict, status, version)});
    let is_for_use = version == Version::V21 && status == AuthStatus::Accepted;
    if let Some(tariff) = verdict.tariff.as_ref().filter(|_| is_for_use) {
        answer["tariff"] = tariff.clone();
    }
    answer
}

/// TransactionEventResponse. The cost so far is told since 2.1 (I02); in 2.0.1 the field is for the end only.
pub fn transaction(reply: &TransactionReply, version: Version) -> Value {
    let mut answer = Map::new();
    if let Some(verdict) = &reply.verdict {
        answer.insert("idTokenInfo".to_owned(), id_token_info(verdict, verdict.status, version));
    }
    let running = reply.running_cost.filter(|_| version == Version::V21);
    if let Some(cost) = reply.total_cost.or(running).and_then(number) {
        answer.insert("totalCost".to_owned(), Value::Number(cost));
    }
    Value::Object(answer)
}

fn id_token_info(verdict: &Verdict, status: AuthStatus, version: Version) -> Value {
    let mut info = Map::new();
    info.insert("status".to_owned(), status_word(status).into());
    if let Some(expires_at) = verdict.expires_at {
        info.insert("cacheExpiryDateTime".to_owned(), stamp::write(expires_at, version).into());
    }
    let uid_max = if version == Version::V201 { 36 } else { 255 };
    // An identifier that the version cannot carry would break the whole answer.
    if let Some(group) = verdict.group.as_ref().filter(|group| group.uid.chars().count() <= uid_max) {
        let known = version == Version::V21 && !group.kind.is_empty() && group.kind.chars().count() <= 20;
        let kind =
            if known || KINDS_201.contains(&group.kind.as_str()) { group.kind.as_str() } else { "Central" };
        info.insert("groupIdToken".to_owned(), json!({"idToken": group.uid, "type": kind}));
    }
    if (1..=LANGUAGE_MAX).contains(&verdict.language.chars().count()) {
        info.insert("language1".to_owned(), verdict.language.as_str().into());
    }
    Value::Object(info)
}

fn status_word(status: AuthStatus) -> &'static str {
    match status {
        AuthStatus::Accepted => "Accepted",
        AuthStatus::Blocked => "Blocked",
        AuthStatus::ConcurrentTx => "ConcurrentTx",
        AuthStatus::Expired => "Expired",
        AuthStatus::Invalid => "Invalid",
        AuthStatus::NoCredit => "NoCredit",
        AuthStatus::NotAllowedTypeEVSE => "NotAllowedTypeEVSE",
        AuthStatus::NotAtThisLocation => "NotAtThisLocation",
        AuthStatus::NotAtThisTime => "NotAtThisTime",
        AuthStatus::Unknown => "Unknown",
    }
}

fn number(cost: Decimal) -> Option<Number> {
    serde_json::from_str(&cost.round_dp(COST_DECIMALS).normalize().to_string()).ok()
}

fn refused(status: &str, why: &str) -> Value {
    json!({"status": status, "statusInfo": {"reasonCode": "UnsupportedRequest", "additionalInfo": why}})
}
