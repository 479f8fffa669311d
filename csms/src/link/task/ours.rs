//! Calls of ours: the one on the wire, the ids we give, and what stations send because we asked for it.

use super::{End, Link};
use crate::link::{dialect::Validation, hub::AskError, line::Ask};
use chrono::{DateTime, Utc};
use ocpp::{Fault, Frame, MessageId, Version, lenient, schema::Kind};
use serde_json::Value;
use std::time::Duration;
use tokio::{sync::oneshot, time::Instant};

/// What a call of ours triggers may come for so long afterwards; parts of a report in several messages count anew.
const TRIGGERED: Duration = Duration::from_secs(600);
/// Triggered actions remembered at one time; the oldest make room.
const TRIGGERED_MAX: usize = 8;

/// The call of ours that is on the wire.
#[derive(Debug)]
pub(super) struct Ours {
    pub id: String,
    pub action: String,
    pub until: Instant,
    pub answer: oneshot::Sender<Result<Value, AskError>>,
}

/// Message ids that no other connection has: 64 random bits of the connection, and a count.
#[derive(Debug)]
pub(super) struct MessageIds {
    connection: u64,
    count: u32,
}

impl MessageIds {
    pub fn new() -> MessageIds {
        MessageIds { connection: rand::random(), count: 0 }
    }

    /// At most 25 characters.
    pub fn next(&mut self) -> String {
        self.count = self.count.wrapping_add(1);
        format!("{:016x}-{:x}", self.connection, self.count)
    }
}

/// Actions of the station that answer a call of ours, with the end of their time.
#[derive(Debug, Default)]
pub(super) struct Asked(Vec<(String, Instant)>);

impl Asked {
    /// Remembers what a call of ours triggers, if anything.
    pub fn note(&mut self, action: &str, payload: &Value) {
        let Some(triggered) = triggers(action, payload) else { return };
        let now = Instant::now();
        self.0.retain(|(known, until)| known != triggered && now < *until);
        if self.0.len() >= TRIGGERED_MAX {
            self.0.remove(0);
        }
        self.0.push((triggered.to_owned(), now + TRIGGERED));
    }

    /// Did we ask for it?
    pub fn includes(&self, action: &str) -> bool {
        let now = Instant::now();
        self.0.iter().any(|(known, until)| known == action && now < *until)
    }
}

/// Which action of the station follows a call of ours (1.6 §5.17 and security extension; 2.x F06 and the use cases of
/// the reports).
fn triggers<'a>(action: &str, payload: &'a Value) -> Option<&'a str> {
    Some(match action {
        "TriggerMessage" | "ExtendedTriggerMessage" => match payload.get("requestedMessage")?.as_str()? {
            "SignChargePointCertificate"
            | "SignChargingStationCertificate"
            | "SignV2GCertificate"
            | "SignV2G20Certificate"
            | "SignCombinedCertificate" => "SignCertificate",
            message => message,
        },
        "GetBaseReport" | "GetReport" => "NotifyReport",
        "GetMonitoringReport" => "NotifyMonitoringReport",
        "CustomerInformation" => "NotifyCustomerInformation",
        "GetDisplayMessages" => "NotifyDisplayMessages",
        "GetChargingProfiles" => "ReportChargingProfiles",
        "GetDERControl" => "ReportDERControl",
        "GetLog" => "LogStatusNotification",
        "GetDiagnostics" => "DiagnosticsStatusNotification",
        "UpdateFirmware" | "SignedUpdateFirmware" => "FirmwareStatusNotification",
        "PublishFirmware" => "PublishFirmwareStatusNotification",
        _ => return None,
    })
}

impl Link {
    /// Sends a call of ours, if it is fit to be sent.
    pub(super) async fn ask(&mut self, ask: Ask) -> Result<(), End> {
        if let Err(fault) = self.dialect.request(&ask.action, &ask.payload) {
            // The asker may have gone.
            let _ = ask.answer.send(Err(AskError::Invalid(fault)));
            return Ok(());
        }
        let id = self.ids.next();
        self.asked.note(&ask.action, &ask.payload);
        let frame = Frame::Call { id: id.as_str().into(), action: ask.action.clone(), payload: ask.payload };
        self.ours =
            Some(Ours { id, action: ask.action, until: Instant::now() + ask.timeout, answer: ask.answer });
        self.say(&frame).await
    }

    /// The answer to a call of ours has come, or to none.
    pub(super) async fn settle(
        &mut self,
        id: MessageId,
        outcome: Result<Value, Fault>,
        now: DateTime<Utc>,
    ) -> Result<(), End> {
        let Some(ours) = self.ours.take_if(|ours| id.text() == ours.id) else {
            self.front.counters.late.increment(1);
            tracing::warn!(station = %self.line.station, %id, "an answer that nobody waits for (any more)");
            return Ok(());
        };
        let version = self.line.protocol;
        let answer = match outcome {
            Err(fault) => Err(AskError::Refused(fault)),
            Ok(payload) => self.readable(&ours.action, payload, now).map_err(AskError::InvalidAnswer),
        };
        let complaint = match &answer {
            Err(AskError::InvalidAnswer(fault)) => {
                tracing::warn!(
                    station = %self.line.station, action = ours.action,
                    "an answer against the schema: {}", fault.description
                );
                (version == Version::V21).then(|| Frame::ResultError { id, fault: fault.clone() })
            }
            _ => None,
        };
        // The asker may have gone.
        let _ = ours.answer.send(answer);
        match complaint {
            Some(frame) => self.say(&frame).await,
            None => Ok(()),
        }
    }

    /// The payload of an answer, mended where a lenient station breaks its schema harmlessly.
    fn readable(&self, action: &str, mut payload: Value, now: DateTime<Utc>) -> Result<Value, Fault> {
        let Err(fault) = self.dialect.answer(action, &payload) else { return Ok(payload) };
        if self.validation == Validation::Strict {
            return Err(fault);
        }
        let found = lenient::accept(self.line.protocol, action, Kind::Response, &mut payload)?;
        for deviation in found {
            self.deviates(action, &deviation.path, deviation.rule, &deviation.sample, now);
        }
        Ok(payload)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_was_asked_for_is_remembered_and_bounded() {
        let mut asked = Asked::default();
        asked.note("TriggerMessage", &json!({"requestedMessage": "StatusNotification"}));
        asked.note("ExtendedTriggerMessage", &json!({"requestedMessage": "SignChargePointCertificate"}));
        asked.note("GetBaseReport", &json!({"requestId": 1}));
        asked.note("Reset", &json!({"type": "Soft"}));
        for action in ["StatusNotification", "SignCertificate", "NotifyReport"] {
            assert!(asked.includes(action), "{action}");
        }
        assert!(!asked.includes("Heartbeat") && !asked.includes("Reset"));
        for n in 0..20 {
            asked.note("TriggerMessage", &json!({"requestedMessage": format!("M{n}")}));
        }
        assert_eq!(asked.0.len(), TRIGGERED_MAX);
        assert!(asked.includes("M19") && !asked.includes("NotifyReport"));
    }

    #[test]
    fn message_ids_differ_and_fit() {
        let (mut one, mut other) = (MessageIds::new(), MessageIds::new());
        let ids = [one.next(), one.next(), other.next()];
        assert!(ids[0] != ids[1] && ids[1] != ids[2]);
        assert!(ids.iter().all(|id| id.len() <= ocpp::frame::ID_MAX));
    }
}
