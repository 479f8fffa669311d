//! OCPP 2.0.1 and 2.1: one set of types, of which 2.0.1 has a part.

use super::fields::{self, Context, Fields};
use super::v16::registration_word;
use super::{Dialect, Echo, Question, blank, samples, v2_answers};
use crate::link::mask;
use crate::model::{
    Boot, Inventory, MeterReport, Notice, Phase, Place, Presented, Reply, Report, Settlement, Status,
    TransactionReport, Variable,
};
use crate::vat::Company;
use ocpp::{ErrorCode, Fault, Version, stamp};
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// The dialect of one of the two versions.
pub struct V2 {
    pub version: Version,
}

impl Dialect for V2 {
    fn version(&self) -> Version {
        self.version
    }

    fn translate(
        &self,
        action: &str,
        mut payload: Fields,
        context: &mut Context,
    ) -> Result<(Report, Echo), Fault> {
        let mut echo = Echo::Nothing;
        let report = match action {
            "Authorize" => {
                let contract = ["certificate", "iso15118CertificateHashData"];
                if contract.into_iter().any(|field| payload.take(field).is_some()) {
                    echo = Echo::Certificate;
                }
                Report::Authorize(presented(payload.object("idToken")))
            }
            "BootNotification" => Report::Boot(boot(payload)),
            "DataTransfer" => Report::Vendor {
                vendor: payload.text("vendorId"),
                message: payload.some("messageId"),
                data: payload.take("data"),
            },
            "Heartbeat" => Report::Heartbeat,
            "MeterValues" => {
                let place = Place { evse: payload.index("evseId"), connector: 0 };
                let readings = samples::readings(payload.list("meterValue"), context)?;
                Report::Meter(MeterReport { place, readings })
            }
            "NotifyEvent" => notify_event(payload, context)?,
            "NotifyReport" => Report::Inventory(inventory(payload)),
            "NotifySettlement" => Report::Settlement(settlement(payload, context)?),
            "StatusNotification" => Report::Status(status(payload, context)?),
            "VatNumberValidation" => {
                echo = v2_answers::echo(action, &payload, context);
                Report::Vat {
                    number: payload.peek("vatNumber").unwrap_or_default().to_owned(),
                    body: kept(payload),
                }
            }
            "TransactionEvent" => Report::Transaction(transaction(payload, context)?),
            _ => {
                echo = v2_answers::echo(action, &payload, context);
                notice(kind(action), payload, context)?
            }
        };
        Ok((report, echo))
    }

    fn payload(&self, question: &Question, reply: &Reply) -> Option<Value> {
        Some(match (question.action, reply) {
            ("BootNotification", Reply::Boot { registration, interval_s, now }) => json!({
                "status": registration_word(*registration),
                "currentTime": stamp::write(*now, self.version),
                "interval": interval_s,
            }),
            ("Heartbeat", Reply::Heartbeat { now }) => {
                json!({"currentTime": stamp::write(*now, self.version)})
            }
            ("Authorize", Reply::Authorize(verdict)) => {
                v2_answers::authorize(verdict, question.echo == Echo::Certificate, self.version)
            }
            ("TransactionEvent", Reply::Transaction(reply)) => v2_answers::transaction(reply, self.version),
            ("DataTransfer", Reply::UnknownVendor) => json!({"status": "UnknownVendorId"}),
            // The desk may find that values without a transaction belong to one.
            ("MeterValues", Reply::Transaction(_)) => json!({}),
            ("BootNotification" | "Heartbeat" | "Authorize" | "TransactionEvent" | "DataTransfer", _) => {
                return None;
            }
            ("NotifySettlement", Reply::Settled { receipt_url, receipt_id }) => {
                json!({"receiptUrl": receipt_url, "receiptId": receipt_id})
            }
            ("VatNumberValidation", Reply::Vat(answer)) => v2_answers::vat(&question.echo, answer),
            (_, Reply::Ruled { ruling, why, values }) => {
                v2_answers::ruled(*ruling, why, values.as_ref(), self.version)
            }
            (_, Reply::Noted) => v2_answers::fixed(question, self.version),
            _ => return None,
        })
    }
}

/// Under which kind a message is kept: one for each action.
fn kind(action: &str) -> &'static str {
    match action {
        "BatterySwap" => "station.battery.swap",
        "ClearedChargingLimit" => "station.limit.cleared",
        "ClosePeriodicEventStream" => "station.stream.closed",
        "FirmwareStatusNotification" => "station.firmware",
        "Get15118EVCertificate" => "station.certificate.contract",
        "GetCertificateChainStatus" => "station.certificate.chain",
        "GetCertificateStatus" => "station.certificate.status",
        "LogStatusNotification" => "station.log",
        "NotifyChargingLimit" => "station.limit",
        "NotifyCustomerInformation" => "station.customer",
        "NotifyDERAlarm" => "station.der.alarm",
        "NotifyDERStartStop" => "station.der.control",
        "NotifyDisplayMessages" => "station.display.messages",
        "NotifyEVChargingNeeds" => "station.charging.needs",
        "NotifyEVChargingSchedule" => "station.charging.schedule",
        "NotifyMonitoringReport" => "station.monitoring",
        "NotifyPeriodicEventStream" => "station.stream.data",
        "NotifyPriorityCharging" => "station.charging.priority",
        "OpenPeriodicEventStream" => "station.stream.opened",
        "PublishFirmwareStatusNotification" => "station.firmware.published",
        "PullDynamicScheduleUpdate" => "station.charging.pull",
        "ReportChargingProfiles" => "station.charging.profiles",
        "ReportDERControl" => "station.der.report",
        "ReservationStatusUpdate" => "station.reservation",
        "SecurityEventNotification" => "station.security",
        "SignCertificate" => "station.certificate",
        _ => "station.message",
    }
}

fn boot(mut payload: Fields) -> Boot {
    let mut station = payload.object("chargingStation");
    let mut modem = station.object("modem");
    Boot {
        vendor: station.text("vendorName"),
        model: station.text("model"),
        serial: station.text("serialNumber"),
        firmware: station.text("firmwareVersion"),
        iccid: modem.text("iccid"),
        imsi: modem.text("imsi"),
        meter_serial: String::new(),
        reason: payload.text("reason"),
    }
}

fn transaction(mut payload: Fields, context: &mut Context) -> Result<TransactionReport, Fault> {
    let phase = match payload.peek("eventType") {
        Some("Started") => Phase::Start,
        Some("Ended") => Phase::End,
        _ => Phase::Update,
    };
    let at = context.instant(payload.peek("timestamp"), "/timestamp")?;
    let mut info = payload.object("transactionInfo");
    let evse = payload.take("evse").map(|evse| place(Fields::of(evse)));
    let told_reason = info.some("stoppedReason");
    let report = TransactionReport {
        transaction: Some(info.text("transactionId")),
        place: evse,
        seq: payload.int("seqNo"),
        offline: payload.bool("offline"),
        trigger: payload.text("triggerReason"),
        token: payload.take("idToken").map(|token| presented(Fields::of(token))),
        readings: samples::readings(payload.list("meterValue"), context)?,
        charging_state: info.text("chargingState"),
        // Left out only if it is Local (2.x TransactionType).
        stop_reason: match (phase, told_reason) {
            (Phase::End, None) => "Local".to_owned(),
            (_, told) => told.unwrap_or_default(),
        },
        remote_start: info.int("remoteStartId"),
        reservation: payload.int("reservationId"),
        ..blank(phase, at)
    };
    for read in ["eventType", "timestamp"] {
        payload.take(read);
    }
    payload.put("transactionInfo", info.rest());
    Ok(TransactionReport { other: payload.something(), ..report })
}

fn status(mut payload: Fields, context: &mut Context) -> Result<Status, Fault> {
    Ok(Status {
        at: context.some_instant(payload.peek("timestamp"), "/timestamp")?,
        place: Place { evse: payload.index("evseId"), connector: payload.index("connectorId") },
        status: payload.text("connectorStatus"),
        error_code: String::new(),
        info: String::new(),
    })
}

/// Events about AvailabilityState are what StatusNotification is otherwise (G01.FR.03 to .07).
fn notify_event(payload: Fields, context: &mut Context) -> Result<Report, Fault> {
    let mut statuses = Vec::new();
    for datum in payload.look("eventData").and_then(Value::as_array).into_iter().flatten() {
        statuses.extend(availability(datum, context)?);
    }
    let at = context.some_instant(payload.peek("generatedAt"), "/generatedAt")?;
    Ok(Report::Notice(Notice { kind: "station.event", body: kept(payload), at, statuses }))
}

fn availability(datum: &Value, context: &mut Context) -> Result<Option<Status>, Fault> {
    let text = |pointer: &str| datum.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let component = text("/component/name");
    let is_one =
        ["Connector", "EVSE", "ChargingStation"].iter().any(|name| component.eq_ignore_ascii_case(name));
    if !is_one || !text("/variable/name").eq_ignore_ascii_case("AvailabilityState") {
        return Ok(None);
    }
    let place = match datum.pointer("/component/evse") {
        Some(evse) if !component.eq_ignore_ascii_case("ChargingStation") => place(Fields::of(evse.clone())),
        _ => Place::default(),
    };
    Ok(Some(Status {
        place,
        status: text("/actualValue").to_owned(),
        error_code: text("/techCode").to_owned(),
        info: text("/techInfo").to_owned(),
        at: context.some_instant(datum.get("timestamp").and_then(Value::as_str), "/eventData/*/timestamp")?,
    }))
}

fn inventory(mut payload: Fields) -> Inventory {
    let data = payload.list("reportData").into_iter();
    Inventory {
        request: payload.int("requestId").unwrap_or_default(),
        last: !payload.bool("tbc"),
        variables: data.flat_map(|datum| variables(Fields::of(datum))).collect(),
    }
}

/// One variable for each attribute that is told.
fn variables(mut datum: Fields) -> Vec<Variable> {
    let mut component = datum.object("component");
    let mut variable = datum.object("variable");
    let told = datum.take("variableCharacteristics");
    let is_secret = variable.peek("name").is_some_and(mask::is_secret);
    let base = Variable {
        place: component.take("evse").map(|evse| place(Fields::of(evse))).unwrap_or_default(),
        component: component.text("name"),
        component_instance: component.text("instance"),
        name: variable.text("name"),
        instance: variable.text("instance"),
        attribute: String::new(),
        value: None,
        mutability: String::new(),
        characteristics: told.map(|told| told.to_string()).unwrap_or_default(),
    };
    let attributes = datum.list("variableAttribute").into_iter().map(Fields::of);
    attributes
        .map(|mut attribute| Variable {
            attribute: attribute.some("type").unwrap_or_else(|| "Actual".to_owned()),
            mutability: attribute.some("mutability").unwrap_or_else(|| "ReadWrite".to_owned()),
            // An empty text is a value here.
            value: match attribute.take("value") {
                Some(_) if is_secret => Some(mask::MASK.to_owned()),
                Some(Value::String(text)) => Some(text),
                other => other.map(|value| value.to_string()),
            },
            ..base.clone()
        })
        .collect()
}

/// No terminal settles more, in whatever currency; books that are added up can hold millions of these.
const SETTLED_MAX: i64 = 1_000_000_000;

fn settlement(payload: Fields, context: &mut Context) -> Result<Settlement, Fault> {
    let text = |name: &str| payload.peek(name).unwrap_or_default().to_owned();
    let company = payload.look("vatCompany").map(|told| {
        let text = |name: &str| told[name].as_str().unwrap_or_default().to_owned();
        Company {
            name: text("name"),
            address1: text("address1"),
            address2: text("address2"),
            city: text("city"),
            postal_code: text("postalCode"),
            country: text("country"),
        }
    });
    let amount = match payload.look("settlementAmount") {
        Some(told) => fields::decimal(told).filter(|amount| amount.abs() <= SETTLED_MAX.into()),
        None => Some(Decimal::ZERO),
    };
    let amount = amount.ok_or_else(|| {
        let text = format!("NotifySettlement: /settlementAmount is no amount up to {SETTLED_MAX}");
        Fault::new(ErrorCode::PropertyConstraintViolation, text)
    })?;
    Ok(Settlement {
        info: text("statusInfo"),
        receipt_url: text("receiptUrl"),
        vat_number: text("vatNumber"),
        company,
        at: context.some_instant(payload.peek("settlementTime"), "/settlementTime")?,
        reference: text("pspRef"),
        status: text("status"),
        transaction: payload.peek("transactionId").map(str::to_owned),
        amount,
        body: kept(payload),
    })
}

fn notice(kind: &'static str, payload: Fields, context: &mut Context) -> Result<Report, Fault> {
    let mut at = None;
    for field in ["timestamp", "generatedAt"] {
        if at.is_none() {
            at = context.some_instant(payload.peek(field), &format!("/{field}"))?;
        }
    }
    Ok(Report::Notice(Notice { kind, body: kept(payload), at, statuses: Vec::new() }))
}

/// The body of an event, without the secrets that a station may tell.
fn kept(payload: Fields) -> Value {
    let mut body = payload.rest();
    mask::mask_value(&mut body);
    body
}

fn place(mut evse: Fields) -> Place {
    Place { evse: evse.index("id"), connector: evse.index("connectorId") }
}

fn presented(mut token: Fields) -> Presented {
    Presented { uid: token.text("idToken"), kind: token.text("type") }
}
