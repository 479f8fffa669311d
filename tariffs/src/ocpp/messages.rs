//! Payloads of the messages about tariffs and costs of OCPP 2.1, and what stations answer.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::fields::open;
use super::numbers::number;
use super::{Exported, MAX_ID};
use crate::foreign::{Object, Path, Report, strict};
use crate::model::check::Invalid;

/// SetDefaultTariffRequest: the tariff, a TariffType, for sessions without one of their own at an EVSE; 0 is every EVSE.
pub fn set_default_tariff(evse_id: i64, tariff: &Value) -> Value {
    json!({"evseId": evse_id, "tariff": tariff})
}

/// ChangeTransactionTariffRequest: another tariff for a session that runs.
pub fn change_transaction_tariff(transaction_id: &str, tariff: &Exported) -> Value {
    json!({"transactionId": transaction_id, "tariff": tariff.json})
}

/// `tariff` of an AuthorizeResponse: a driver's own tariff, which begins at once and so must not tell since when it is
/// valid.
pub fn driver_tariff(tariff: &Exported) -> Value {
    let mut json = tariff.json.clone();
    if let Value::Object(map) = &mut json {
        map.remove("validFrom");
    }
    json
}

/// GetTariffsRequest; EVSE 0 asks for all.
pub fn get_tariffs(evse_id: u32) -> Value {
    json!({ "evseId": evse_id })
}

/// ClearTariffsRequest: those of `tariff_ids`, or all if there are none; at one EVSE or at all.
pub fn clear_tariffs(tariff_ids: &[&str], evse_id: Option<u32>) -> Value {
    let mut map = Map::new();
    if !tariff_ids.is_empty() {
        map.insert("tariffIds".into(), json!(tariff_ids));
    }
    if let Some(evse_id) = evse_id {
        map.insert("evseId".into(), json!(evse_id));
    }
    Value::Object(map)
}

/// CostUpdatedRequest: what a session costs so far, taxes included. `None` if the amount has more than the 15 digits
/// that a JSON number keeps.
pub fn cost_updated(transaction_id: &str, total: Decimal) -> Option<Value> {
    Some(json!({"transactionId": transaction_id, "totalCost": number(total)?}))
}

/// What a station says of a tariff that it was sent or asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Done.
    Accepted,
    /// Not done, for a reason that may be in `info`.
    Rejected,
    /// It has no such tariff.
    NoTariff,
    /// It holds fewer prices than the tariff has.
    TooManyElements,
    /// It does not know a condition of the tariff.
    ConditionNotSupported,
    /// It has a tariff of this id already, which has to be cleared first.
    DuplicateTariffId,
    /// It has no such session.
    TxNotFound,
    /// A session keeps its currency.
    NoCurrencyChange,
    /// Something that OCPP 2.1 does not list.
    Other(String),
}

impl Outcome {
    fn new(word: &str) -> Outcome {
        match word {
            "Accepted" => Outcome::Accepted,
            "Rejected" => Outcome::Rejected,
            "NoTariff" => Outcome::NoTariff,
            "TooManyElements" => Outcome::TooManyElements,
            "ConditionNotSupported" => Outcome::ConditionNotSupported,
            "DuplicateTariffId" => Outcome::DuplicateTariffId,
            "TxNotFound" => Outcome::TxNotFound,
            "NoCurrencyChange" => Outcome::NoCurrencyChange,
            other => Outcome::Other(other.to_owned()),
        }
    }
}

/// An answer: the outcome, and what the station says about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Whether it did as asked.
    pub outcome: Outcome,
    /// Its own words (statusInfo); may be empty.
    pub info: String,
}

/// A tariff that a station holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// Its id.
    pub tariff_id: String,
    /// For whom.
    pub kind: AssignmentKind,
    /// From when on.
    pub valid_from: Option<DateTime<Utc>>,
    /// At these EVSEs; empty: not told.
    pub evse_ids: Vec<u32>,
    /// For these tokens; empty: not told.
    pub id_tokens: Vec<String>,
}

/// For whom a station holds a tariff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssignmentKind {
    /// For all who have none of their own.
    Default,
    /// For a driver.
    Driver,
}

/// The result of clearing one tariff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cleared {
    /// Which; `None` where the station found no tariff at all.
    pub tariff_id: Option<String>,
    /// Whether it is gone.
    pub answer: Answer,
}

/// Reads the response to SetDefaultTariff or ChangeTransactionTariff.
pub fn read_answer(response: &Value) -> Result<Answer, Invalid> {
    let mut findings = Report::default();
    let answer = open(response, "", &mut findings).and_then(|mut object| answer(&mut object, &mut findings));
    finish(answer, findings)
}

/// Reads GetTariffsResponse: the answer, and the tariffs that the station holds.
pub fn read_assignments(response: &Value) -> Result<(Answer, Vec<Assignment>), Invalid> {
    let mut findings = Report::default();
    let read = open(response, "", &mut findings).and_then(|mut object| {
        let answer = answer(&mut object, &mut findings);
        let list = strict::members(&mut object, "tariffAssignments", strict::MAX_LIST, &mut findings);
        let list =
            list.into_iter().filter_map(|(path, value)| assignment(value, &path, &mut findings)).collect();
        Some((answer?, list))
    });
    finish(read, findings)
}

/// Reads ClearTariffsResponse.
pub fn read_cleared(response: &Value) -> Result<Vec<Cleared>, Invalid> {
    let mut findings = Report::default();
    let read = open(response, "", &mut findings).map(|mut object| {
        object.need("clearTariffsResult", &mut findings);
        let list = strict::members(&mut object, "clearTariffsResult", strict::MAX_LIST, &mut findings);
        let cleared = list.into_iter().filter_map(|(path, value)| {
            let mut object = open(value, &path, &mut findings)?;
            let tariff_id = object.may("tariffId", &mut findings, strict::text(MAX_ID)).map(str::to_owned);
            Some(Cleared { tariff_id, answer: answer(&mut object, &mut findings)? })
        });
        cleared.collect()
    });
    finish(read, findings)
}

fn answer(object: &mut Object<'_>, findings: &mut Report) -> Option<Answer> {
    let outcome = Outcome::new(object.must("status", findings, strict::text(60))?);
    let mut info = Vec::new();
    if let Some(value) = object.get("statusInfo") {
        let path = object.place("statusInfo");
        if let Some(mut object) = open(value, &path, findings) {
            info.extend(object.may("reasonCode", findings, strict::text(20)).map(str::to_owned));
            info.extend(object.may("additionalInfo", findings, strict::text(1_024)).map(str::to_owned));
        }
    }
    Some(Answer { outcome, info: info.join(": ") })
}

fn assignment(value: &Value, path: &str, findings: &mut Report) -> Option<Assignment> {
    let mut object = open(value, path, findings)?;
    let tariff_id = object.must("tariffId", findings, strict::text(MAX_ID))?.to_owned();
    let kind = match object.must("tariffKind", findings, strict::text(20))? {
        "DefaultTariff" => AssignmentKind::Default,
        "DriverTariff" => AssignmentKind::Driver,
        _ => {
            findings.refuse(object.place("tariffKind"), "is neither DefaultTariff nor DriverTariff");
            return None;
        }
    };
    let valid_from = object.may("validFrom", findings, strict::instant);
    let evse_ids = strict::members(&mut object, "evseIds", strict::MAX_LIST, findings);
    let evse_ids = evse_ids
        .into_iter()
        .filter_map(|(path, value)| strict::whole(value, &Path::Root(&path), findings))
        .collect();
    let tokens = strict::members(&mut object, "idTokens", strict::MAX_LIST, findings);
    let tokens =
        tokens.into_iter().filter_map(|(path, value)| strict::text(255)(value, &Path::Root(&path), findings));
    let id_tokens = tokens.map(str::to_owned).collect();
    Some(Assignment { tariff_id, kind, valid_from, evse_ids, id_tokens })
}

fn finish<T>(read: Option<T>, findings: Report) -> Result<T, Invalid> {
    let (problems, _) = findings.into_parts();
    match read {
        Some(read) if problems.is_empty() => Ok(read),
        _ => Err(Invalid { problems }),
    }
}
