//! Remote trigger.

use ocpp::Version;
use serde_json::json;

use crate::suite::case::cases;

cases! { "RemoteTrigger" in &[Version::V16];
    "TC_054_CSMS" "TriggerMessage of each message, and the message" ["§5.17"] => |s| {
        s.ready().await?;
        s.ask_status("TriggerMessage", json!({ "requestedMessage": "MeterValues", "connectorId": 1 }), "Accepted").await?;
        s.meter16(1, None, 1000).await?;
        s.ask_status("TriggerMessage", json!({ "requestedMessage": "Heartbeat" }), "Accepted").await?;
        s.heartbeat().await?;
        s.ask_status("TriggerMessage", json!({ "requestedMessage": "StatusNotification", "connectorId": 1 }),
            "Accepted").await?;
        s.status16(1, "Available").await?;
        s.ask_status("TriggerMessage", json!({ "requestedMessage": "DiagnosticsStatusNotification" }), "Accepted")
            .await?;
        s.call("DiagnosticsStatusNotification", json!({ "status": "Idle" })).await?;
        s.ask_status("TriggerMessage", json!({ "requestedMessage": "FirmwareStatusNotification" }), "Accepted").await?;
        s.call("FirmwareStatusNotification", json!({ "status": "Idle" })).await?;
    }
    "TC_055_CSMS" "TriggerMessage for a connector that does not exist: Rejected" ["§5.17"] => |s| {
        s.ready().await?;
        s.ask_status("TriggerMessage", json!({ "requestedMessage": "?one MeterValues|StatusNotification",
            "connectorId": 3 }), "Rejected").await?;
        s.heartbeat().await?;
    }
}
