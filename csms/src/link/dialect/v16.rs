//! OCPP 1.6J with the security extension.

use super::fields::{Context, Fields};
use super::{Dialect, Echo, Question, blank, samples};
use crate::model::{
    AuthStatus, Boot, MeterReport, Notice, Phase, Place, Presented, Registration, Reply, Report, Stamp,
    Status, TransactionReply, TransactionReport, Verdict,
};
use ocpp::{ErrorCode, Fault, Version, stamp};
use serde_json::{Map, Value, json};

/// The longest parentIdTag.
const ID_TAG_MAX: usize = 20;

/// The dialect.
pub struct V16;

impl Dialect for V16 {
    fn version(&self) -> Version {
        Version::V16
    }

    fn translate(
        &self,
        action: &str,
        mut payload: Fields,
        context: &mut Context,
    ) -> Result<(Report, Echo), Fault> {
        let report = match action {
            "Authorize" => Report::Authorize(presented(payload.text("idTag"))),
            "BootNotification" => Report::Boot(boot(payload)),
            "DataTransfer" => Report::Vendor {
                vendor: payload.text("vendorId"),
                message: payload.some("messageId"),
                data: payload.take("data"),
            },
            "Heartbeat" => Report::Heartbeat,
            "MeterValues" => meter_values(payload, context)?,
            "StartTransaction" => Report::Transaction(start(payload, context)?),
            "StatusNotification" => Report::Status(status(payload, context)?),
            "StopTransaction" => Report::Transaction(stop(payload, context)?),
            "DiagnosticsStatusNotification" => notice("station.diagnostics", payload, context)?,
            "FirmwareStatusNotification" | "SignedFirmwareStatusNotification" => {
                notice("station.firmware", payload, context)?
            }
            "LogStatusNotification" => notice("station.log", payload, context)?,
            "SecurityEventNotification" => notice("station.security", payload, context)?,
            "SignCertificate" => notice("station.certificate", payload, context)?,
            _ => return Err(Fault::new(ErrorCode::NotImplemented, "This action is not known")),
        };
        Ok((report, Echo::Nothing))
    }

    fn payload(&self, question: &Question, reply: &Reply) -> Option<Value> {
        Some(match (question.action, reply) {
            ("BootNotification", Reply::Boot { registration, interval_s, now }) => json!({
                "status": registration_word(*registration),
                "currentTime": stamp::write(*now, Version::V16),
                "interval": interval_s,
            }),
            ("Heartbeat", Reply::Heartbeat { now }) => {
                json!({"currentTime": stamp::write(*now, Version::V16)})
            }
            ("Authorize", Reply::Authorize(verdict)) => {
                json!({"idTagInfo": id_tag_info(verdict, For::Asking)})
            }
            ("StartTransaction", Reply::Transaction(reply)) => started(reply)?,
            ("StopTransaction", Reply::Transaction(TransactionReply { verdict: Some(verdict), .. })) => {
                json!({"idTagInfo": id_tag_info(verdict, For::Asking)})
            }
            ("StopTransaction" | "MeterValues", Reply::Transaction(_)) => json!({}),
            ("DataTransfer", Reply::UnknownVendor) => json!({"status": "UnknownVendorId"}),
            // There is no certificate authority to sign with.
            ("SignCertificate", Reply::Noted) => json!({"status": "Rejected"}),
            (
                "MeterValues"
                | "StatusNotification"
                | "DiagnosticsStatusNotification"
                | "LogStatusNotification"
                | "FirmwareStatusNotification"
                | "SignedFirmwareStatusNotification"
                | "SecurityEventNotification",
                Reply::Noted,
            ) => json!({}),
            _ => return None,
        })
    }
}

/// The word for a registration status, the same in all versions.
pub(super) fn registration_word(registration: Registration) -> &'static str {
    match registration {
        Registration::Accepted => "Accepted",
        Registration::Pending => "Pending",
        Registration::Rejected => "Rejected",
    }
}

fn boot(mut payload: Fields) -> Boot {
    let box_serial = payload.some("chargeBoxSerialNumber");
    Boot {
        vendor: payload.text("chargePointVendor"),
        model: payload.text("chargePointModel"),
        serial: payload.some("chargePointSerialNumber").or(box_serial).unwrap_or_default(),
        firmware: payload.text("firmwareVersion"),
        iccid: payload.text("iccid"),
        imsi: payload.text("imsi"),
        meter_serial: payload.text("meterSerialNumber"),
        reason: String::new(),
    }
}

fn start(mut payload: Fields, context: &mut Context) -> Result<TransactionReport, Fault> {
    Ok(TransactionReport {
        place: Some(place(&mut payload)),
        token: Some(presented(payload.text("idTag"))),
        register_wh: payload.decimal("meterStart"),
        reservation: payload.int("reservationId"),
        ..blank(Phase::Start, context.instant(payload.peek("timestamp"), "/timestamp")?)
    })
}

fn stop(mut payload: Fields, context: &mut Context) -> Result<TransactionReport, Fault> {
    Ok(TransactionReport {
        // A station that never got an id says 0 or -1: the desk finds out whose end it is.
        transaction: Some(payload.int("transactionId").unwrap_or(-1).to_string()),
        token: payload.some("idTag").map(presented),
        readings: samples::readings(payload.list("transactionData"), context)?,
        register_wh: payload.decimal("meterStop"),
        stop_reason: payload.some("reason").unwrap_or_else(|| "Local".to_owned()),
        ..blank(Phase::End, context.instant(payload.peek("timestamp"), "/timestamp")?)
    })
}

/// Without a transaction id, or with one that is none, the values belong to whatever runs there (1.6 errata 3.16).
fn meter_values(mut payload: Fields, context: &mut Context) -> Result<Report, Fault> {
    let place = place(&mut payload);
    let readings = samples::readings(payload.list("meterValue"), context)?;
    let transaction = payload.int("transactionId").filter(|id| *id > 0);
    let Some(transaction) = transaction else { return Ok(Report::Meter(MeterReport { place, readings })) };
    let at = Stamp { at: readings.first().map_or(context.received_at, |reading| reading.at) };
    Ok(Report::Transaction(TransactionReport {
        transaction: Some(transaction.to_string()),
        place: Some(place),
        readings,
        metering_only: true,
        ..blank(Phase::Update, at)
    }))
}

fn status(mut payload: Fields, context: &mut Context) -> Result<Status, Fault> {
    // Some stations print their null pointers.
    let info = payload.some("info").filter(|info| !info.eq_ignore_ascii_case("null")).unwrap_or_default();
    let vendor_code = payload.text("vendorErrorCode");
    let info = match (info.is_empty(), vendor_code.is_empty()) {
        (_, true) => info,
        (true, false) => vendor_code,
        (false, false) => format!("{info} ({vendor_code})"),
    };
    Ok(Status {
        place: place(&mut payload),
        status: payload.text("status"),
        error_code: payload.text("errorCode"),
        info,
        at: context.some_instant(payload.peek("timestamp"), "/timestamp")?,
    })
}

fn notice(kind: &'static str, payload: Fields, context: &mut Context) -> Result<Report, Fault> {
    let at = context.some_instant(payload.peek("timestamp"), "/timestamp")?;
    Ok(Report::Notice(Notice { kind, body: payload.rest(), at, statuses: Vec::new() }))
}

/// Connector n is EVSE n with one connector; connector 0 is the station.
fn place(payload: &mut Fields) -> Place {
    let evse = payload.index("connectorId");
    Place { evse, connector: i32::from(evse > 0) }
}

fn presented(uid: String) -> Presented {
    Presented { uid, kind: String::new() }
}

/// A StartTransaction is always given an id, whatever the verdict: without one the station cannot tell its end.
fn started(reply: &TransactionReply) -> Option<Value> {
    let info = match &reply.verdict {
        Some(verdict) => id_tag_info(verdict, For::Starting),
        None => json!({"status": "Invalid"}),
    };
    Some(json!({"transactionId": reply.transaction?, "idTagInfo": info}))
}

#[derive(PartialEq)]
enum For {
    Asking,
    Starting,
}

fn id_tag_info(verdict: &Verdict, purpose: For) -> Value {
    let mut info = Map::new();
    info.insert("status".to_owned(), status_word(verdict.status, purpose).into());
    if let Some(expires_at) = verdict.expires_at {
        info.insert("expiryDate".to_owned(), stamp::write(expires_at, Version::V16).into());
    }
    if let Some(group) = verdict.group.as_ref().filter(|group| group.uid.chars().count() <= ID_TAG_MAX) {
        info.insert("parentIdTag".to_owned(), group.uid.as_str().into());
    }
    Value::Object(info)
}

/// 1.6 has five words. `ConcurrentTx` is one for starting only (§7.2): at any other time the identifier itself is good,
/// and it may be the one that stops its own transaction.
fn status_word(status: AuthStatus, purpose: For) -> &'static str {
    match status {
        AuthStatus::Accepted => "Accepted",
        AuthStatus::ConcurrentTx if purpose == For::Starting => "ConcurrentTx",
        AuthStatus::ConcurrentTx => "Accepted",
        AuthStatus::Expired => "Expired",
        AuthStatus::Invalid | AuthStatus::Unknown => "Invalid",
        AuthStatus::Blocked
        | AuthStatus::NoCredit
        | AuthStatus::NotAllowedTypeEVSE
        | AuthStatus::NotAtThisLocation
        | AuthStatus::NotAtThisTime => "Blocked",
    }
}
