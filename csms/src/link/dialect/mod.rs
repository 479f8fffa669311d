//! The only place that knows both the wire and the model: payloads become [`Report`]s, [`Reply`]s become payloads.
//!
//! There are two dialects, 1.6 and 2.x; 2.0.1 and 2.1 differ in data only. Every inbound payload is checked against
//! the schema of its own version, and so is everything that goes out: a station is never sent what its standard does
//! not allow.

pub mod ask;
mod fields;
mod samples;
mod signed;
mod v16;
mod v2;
mod v2_answers;

pub use self::fields::decimal;
use self::fields::{Context, Fields};
use crate::model::{Phase, Reply, Report, Stamp, TransactionReport};
use chrono::{DateTime, Utc};
use energy::profile::model::Rules;
use ocpp::lenient::{self, Deviation};
use ocpp::schema::{self, Direction, Kind, Violation};
use ocpp::{ErrorCode, Fault, Version};
use serde_json::{Value, json};

/// How strictly a station is held to the standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validation {
    /// Whatever breaks the schema is refused.
    Strict,
    /// What breaks it harmlessly is understood, and noted.
    Lenient,
}

/// A message of a station, understood.
#[derive(Debug)]
pub struct Translated {
    /// For the desk.
    pub report: Report,
    /// For [`Dialect::reply`].
    pub question: Question,
    /// The rules that were broken harmlessly; always empty in strict mode.
    pub deviations: Vec<Deviation>,
}

/// What must be remembered of a message until it is answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The action, spelt as the standard spells it.
    pub action: &'static str,
    /// What the answer repeats of the question.
    echo: Echo,
}

/// What an answer repeats of its question.
#[derive(Debug, Clone, PartialEq)]
pub enum Echo {
    Nothing,
    /// The identifier came with a certificate, which nobody here can verify.
    Certificate,
    /// VatNumberValidation.
    Vat {
        number: String,
        evse: Option<i64>,
    },
    /// GetCertificateChainStatus: the requests, and when they came.
    Chains {
        requests: Vec<Value>,
        at: DateTime<Utc>,
    },
}

/// A family of protocol versions.
pub trait Dialect: Send + Sync {
    /// The version spoken.
    fn version(&self) -> Version;

    /// Translates a payload that fits its schema, or nearly so.
    #[doc(hidden)]
    fn translate(
        &self,
        action: &str,
        payload: Fields,
        context: &mut Context,
    ) -> Result<(Report, Echo), Fault>;

    /// The payload of an answer; `None` if this reply is none to that question.
    #[doc(hidden)]
    fn payload(&self, question: &Question, reply: &Reply) -> Option<Value>;

    /// Understands a CALL or SEND of a station.
    ///
    /// `received_at` stands in for an instant that cannot be read (lenient mode only).
    ///
    /// # Errors
    /// `NotImplemented` for an action that the version does not have, `NotSupported` for one that only a CSMS may send,
    /// and the code of the broken rule for a payload that is refused. A station is never refused for what it tells,
    /// only for how: a refused transaction message is a lost one.
    fn report(
        &self,
        action: &str,
        payload: Value,
        validation: Validation,
        received_at: DateTime<Utc>,
    ) -> Result<Translated, Fault> {
        let version = self.version();
        let mut context = Context::new(version, validation, received_at);
        let (action, payload) = match version {
            Version::V16 => (action, payload),
            Version::V201 | Version::V21 => signed::unwrap(action, payload)?,
        };
        let action = inbound(version, action, &mut context)?;
        let payload = check(version, action, payload, &mut context)?;
        let (report, echo) = self.translate(action, Fields::of(payload), &mut context)?;
        Ok(Translated { report, question: Question { action, echo }, deviations: context.deviations })
    }

    /// The payload that answers a question.
    ///
    /// # Errors
    /// `InternalError` if the reply is none to that question, or breaks the schema: a defect of ours, worth an alarm.
    fn reply(&self, question: &Question, reply: &Reply) -> Result<Value, Fault> {
        let action = question.action;
        let payload = self.payload(question, reply).ok_or_else(|| {
            Fault::new(ErrorCode::InternalError, format!("There is no answer to {action} at the moment"))
        })?;
        match schema::check(self.version(), action, Kind::Response, &payload) {
            Ok(()) => Ok(payload),
            Err(violation) => Err(Fault::new(
                ErrorCode::InternalError,
                format!("The answer to {action} could not be made: {}", violation.message),
            )),
        }
    }

    /// Whether a CSMS may send this call in this version.
    ///
    /// # Errors
    /// `NotImplemented`, `NotSupported` for an action that only a station sends, or the code of the broken rule.
    fn request(&self, action: &str, payload: &Value) -> Result<(), Fault> {
        match schema::knows(self.version(), action) {
            None => Err(not_implemented(self.version(), action)),
            Some(Direction::Station) => Err(Fault::new(
                ErrorCode::NotSupported,
                format!("{action} is sent by charging stations to the CSMS, never the other way"),
            )),
            Some(Direction::Csms | Direction::Both) => {
                schema::check(self.version(), action, Kind::Request, payload).map_err(|v| refusal(action, &v))
            }
        }
    }

    /// Whether a station's answer to a call of ours fits the schema. 2.1 has us tell the station if not
    /// (CALLRESULTERROR); before that it can only be noted.
    ///
    /// # Errors
    /// The code of the broken rule.
    fn answer(&self, action: &str, payload: &Value) -> Result<(), Fault> {
        schema::check(self.version(), action, Kind::Response, payload).map_err(|v| refusal(action, &v))
    }
}

/// The dialect of a version.
pub fn of(version: Version) -> &'static dyn Dialect {
    match version {
        Version::V16 => &v16::V16,
        Version::V201 => &v2::V2 { version: Version::V201 },
        Version::V21 => &v2::V2 { version: Version::V21 },
    }
}

/// Which rules charging profiles follow at a station that speaks this.
pub fn profile_rules(version: Version) -> Rules {
    match version {
        Version::V16 => Rules::Ocpp16,
        Version::V201 => Rules::Ocpp201,
        Version::V21 => Rules::Ocpp21,
    }
}

/// The action as the standard spells it, if a station may send it.
fn inbound(version: Version, action: &str, context: &mut Context) -> Result<&'static str, Fault> {
    let mut known = schema::actions(version, Direction::Station);
    if let Some(known) = known.by_ref().find(|known| *known == action) {
        return Ok(known);
    }
    if let Some(Direction::Csms) = schema::knows(version, action) {
        return Err(Fault::new(
            ErrorCode::NotSupported,
            format!("{action} is sent by the CSMS to charging stations, never the other way"),
        ));
    }
    let bare = action.strip_suffix(".req").or_else(|| action.strip_suffix("Request")).unwrap_or(action);
    let meant = schema::actions(version, Direction::Station).find(|known| known.eq_ignore_ascii_case(bare));
    match meant {
        Some(meant) if context.is_lenient() => {
            context.note("", "action-case", action);
            Ok(meant)
        }
        _ => Err(not_implemented(version, action)),
    }
}

fn not_implemented(version: Version, action: &str) -> Fault {
    let shown: String = action.chars().filter(|c| c.is_ascii_alphanumeric()).take(50).collect();
    Fault::new(ErrorCode::NotImplemented, format!("{} has no action {shown}", version.subprotocol()))
}

/// The payload, mended where it breaks its schema harmlessly and the station is treated leniently.
fn check(version: Version, action: &str, payload: Value, context: &mut Context) -> Result<Value, Fault> {
    let Err(violation) = schema::check(version, action, Kind::Request, &payload) else { return Ok(payload) };
    // An answer that repeats the question is not valid if the question is not.
    let is_repeated = matches!(action, "VatNumberValidation" | "GetCertificateChainStatus");
    if is_repeated || !context.is_lenient() {
        return Err(refusal(action, &violation));
    }
    let mut payload = payload;
    let found = lenient::accept(version, action, Kind::Request, &mut payload);
    for deviation in found.map_err(|violation| refusal(action, &violation))? {
        context.note(&anywhere(&deviation.path), deviation.rule, &deviation.sample);
    }
    Ok(payload)
}

/// A JSON pointer with `*` for every position in a list: a rule that is broken in each of a hundred samples is one.
pub fn anywhere(path: &str) -> String {
    let is_position = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    path.split('/').map(|part| if is_position(&part) { "*" } else { part }).collect::<Vec<_>>().join("/")
}

fn refusal(action: &str, violation: &Violation) -> Fault {
    let mut fault = Fault::new(violation.code, format!("{action}: {}", violation.message));
    fault.details = json!({"path": violation.path, "rule": violation.keyword});
    fault
}

/// A report about a transaction that says nothing yet but its phase and instant.
fn blank(phase: Phase, at: Stamp) -> TransactionReport {
    TransactionReport {
        phase,
        transaction: None,
        place: None,
        at,
        seq: None,
        offline: false,
        trigger: String::new(),
        token: None,
        readings: Vec::new(),
        register_wh: None,
        charging_state: String::new(),
        stop_reason: String::new(),
        remote_start: None,
        reservation: None,
        metering_only: false,
        other: None,
    }
}

#[cfg(test)]
mod field_tests;
#[cfg(test)]
mod tests;
