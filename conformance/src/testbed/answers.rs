//! What the CSMS of a testbed answers when a case wants nothing else.

use ocpp::Version;
use serde_json::{Value, json};

use super::bed::Bed;
use crate::suite::hook::Registration;
use crate::suite::stage::Reply;

/// What is said about boots, tokens and transactions until a case says otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Manners {
    /// How BootNotifications are answered.
    pub(crate) registration: Registration,
    /// The interval in their answer, s.
    pub(crate) interval: i64,
    /// What is said about tokens by Authorize.
    pub(crate) authorize: &'static str,
    /// What is said about tokens in messages of transactions.
    pub(crate) transaction: &'static str,
}

impl Default for Manners {
    fn default() -> Manners {
        Manners {
            registration: Registration::Accepted,
            interval: 300,
            authorize: "Accepted",
            transaction: "Accepted",
        }
    }
}

impl Bed {
    /// The answer to a call of the station.
    pub(crate) fn usual(&mut self, action: &str, payload: &Value) -> Reply {
        let now = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        let manners = self.manners.clone();
        let is_16 = self.version == Version::V16;
        let registration = match manners.registration {
            Registration::Accepted => "Accepted",
            Registration::Pending => "Pending",
            Registration::Rejected => "Rejected",
        };
        Reply::With(match action {
            "BootNotification" => {
                json!({ "status": registration, "currentTime": now, "interval": manners.interval })
            }
            "Heartbeat" => json!({ "currentTime": now }),
            "Authorize" if is_16 => json!({ "idTagInfo": { "status": manners.authorize } }),
            "Authorize" => json!({ "idTokenInfo": { "status": manners.authorize } }),
            "StartTransaction" => {
                json!({ "transactionId": self.book.number(payload), "idTagInfo": { "status": manners.transaction } })
            }
            "StopTransaction" if payload.get("idTag").is_some() => {
                json!({ "idTagInfo": { "status": manners.transaction } })
            }
            "TransactionEvent" if payload.get("idToken").is_some() => {
                json!({ "idTokenInfo": { "status": manners.transaction } })
            }
            "DataTransfer" => json!({ "status": "UnknownVendorId" }),
            // There is no authority behind a testbed, no vehicle's need is known, and nothing is paid.
            "SignCertificate" => json!({ "status": "Rejected" }),
            "NotifyEVChargingNeeds" => json!({ "status": "Rejected" }),
            "NotifyEVChargingSchedule" | "PullDynamicScheduleUpdate" => json!({ "status": "Rejected" }),
            "GetCertificateStatus" => json!({ "status": "Failed" }),
            "Get15118EVCertificate" => json!({ "status": "Failed", "exiResponse": "" }),
            "BatterySwap"
            | "StatusNotification"
            | "MeterValues"
            | "TransactionEvent"
            | "StopTransaction"
            | "FirmwareStatusNotification"
            | "SignedFirmwareStatusNotification"
            | "DiagnosticsStatusNotification"
            | "LogStatusNotification"
            | "SecurityEventNotification"
            | "NotifyReport"
            | "NotifyEvent"
            | "NotifyMonitoringReport"
            | "NotifyCustomerInformation"
            | "NotifyChargingLimit"
            | "ClearedChargingLimit"
            | "ReportChargingProfiles"
            | "ReservationStatusUpdate"
            | "NotifyDisplayMessages"
            | "PublishFirmwareStatusNotification"
            | "NotifySettlement"
            | "NotifyPriorityCharging"
            | "ReportDERControl"
            | "NotifyDERAlarm"
            | "NotifyDERStartStop"
            | "NotifyPeriodicEventStream" => json!({}),
            _ => return Reply::Fault("NotSupported"),
        })
    }
}
