//! What 2.x stations are answered.

use super::fields::{Context, Fields};
use super::{Echo, Question};
use crate::model::{AuthStatus, Ruling, TransactionReply, Verdict};
use crate::vat;
use ocpp::{Version, stamp};
use rust_decimal::Decimal;
use serde_json::{Map, Number, Value, json};

/// Money is told with so many decimals: enough for any currency, and never written with an exponent.
const COST_DECIMALS: u32 = 4;
/// The longest additionalInfo that every version takes.
const INFO_MAX: usize = 512;
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
        _ => json!({}),
    }
}

/// The answer to a wish. That there will be no plan has a word of its own since 2.1; the station charges by its own limits
/// then (K15.FR.03).
pub fn ruled(ruling: Ruling, why: &str, values: Option<&Value>, version: Version) -> Value {
    let word = match ruling {
        Ruling::Accepted => "Accepted",
        Ruling::Processing => "Processing",
        Ruling::NoPlan if version == Version::V21 => "NoChargingProfile",
        Ruling::Rejected | Ruling::NoPlan => "Rejected",
    };
    let mut answer = json!({"status": word});
    if !why.is_empty() {
        let why: String = why.chars().take(INFO_MAX).collect();
        answer["statusInfo"] = json!({"reasonCode": "Unspecified", "additionalInfo": why});
    }
    if let Some(values) = values {
        answer["scheduleUpdate"] = values.clone();
    }
    answer
}

/// VatNumberValidationResponse: question and answer, the company as far as it is told and no longer than the schema has it.
pub fn vat(echo: &Echo, answer: &vat::Answer) -> Value {
    let mut payload = match answer.why {
        "valid" => json!({"status": "Accepted"}),
        "off" => refused("Rejected", "No register of VAT numbers is connected"),
        "malformed" => because(answer, "InvalidFormat", "It has no form of a VAT number of the EU"),
        "invalid" => because(answer, "UnknownNumber", "The register does not know it"),
        _ => because(answer, "NotReachable", "The register does not answer now"),
    };
    if let Echo::Vat { number, evse } = echo {
        payload["vatNumber"] = number.as_str().into();
        if let Some(evse) = evse {
            payload["evseId"] = (*evse).into();
        }
    }
    if let Some(company) = answer.company.as_ref().filter(|_| answer.accepted) {
        payload["company"] = of_company(company);
    }
    payload
}

fn because(answer: &vat::Answer, code: &str, why: &str) -> Value {
    let status = if answer.accepted { "Accepted" } else { "Rejected" };
    json!({"status": status, "statusInfo": {"reasonCode": code, "additionalInfo": why}})
}

/// AddressType.
fn of_company(company: &vat::Company) -> Value {
    let cut = |text: &str, max: usize| text.chars().take(max).collect::<String>();
    let mut address = json!({
        "name": cut(&company.name, 50),
        "address1": cut(&company.address1, 100),
        "city": cut(&company.city, 100),
        "country": cut(&company.country, 50),
    });
    for (name, text, max) in [("address2", &company.address2, 100), ("postalCode", &company.postal_code, 20)]
    {
        if !text.is_empty() {
            address[name] = cut(text, max).into();
        }
    }
    address
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
    if let Some(limit) = limit(reply).filter(|_| version == Version::V21) {
        answer.insert("transactionLimit".to_owned(), Value::Object(limit));
    }
    Value::Object(answer)
}

/// What the session may cost, take and last at most, told with the answer to the identifier (E16, C17.FR.04); nothing at
/// its end.
fn limit(reply: &TransactionReply) -> Option<Map<String, Value>> {
    let verdict = reply.verdict.as_ref().filter(|verdict| verdict.status == AuthStatus::Accepted)?;
    let mut limit = Map::new();
    if let Some(cost) = verdict.max_cost.and_then(number) {
        limit.insert("maxCost".to_owned(), Value::Number(cost));
    }
    if let Some(energy) = verdict.max_energy_wh {
        limit.insert("maxEnergy".to_owned(), energy.into());
    }
    if let Some(time) = verdict.max_time_s {
        limit.insert("maxTime".to_owned(), time.into());
    }
    (!limit.is_empty() && reply.total_cost.is_none()).then_some(limit)
}

fn id_token_info(verdict: &Verdict, status: AuthStatus, version: Version) -> Value {
    let mut info = Map::new();
    info.insert("status".to_owned(), status_word(status).into());
    if let Some(expires_at) = verdict.cache_until.or(verdict.expires_at) {
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
