//! N: monitoring and events.

use serde_json::{Value, json};

use super::{BOTH, provisioning};
use crate::suite::case::{Broken, Play, cases};
use crate::suite::defaults::{clear_monitoring, set_monitoring};
use crate::suite::entry::now;
use crate::suite::stage::{Reply, Stage};

/// The variable that cases monitor.
fn variable() -> Value {
    json!({ "component": { "name": "EVSE", "evse": { "id": 1 } }, "variable": { "name": "AvailabilityState" } })
}

/// GetMonitoringReport by these criteria, and the parts of the report.
async fn report(s: &mut Stage, criteria: Value, variables: Value) -> Play {
    let asked = s
        .ask_status(
            "GetMonitoringReport",
            json!({ "requestId": "?int 1", "monitoringCriteria": criteria,
        "componentVariable": variables }),
            "Accepted",
        )
        .await?;
    let id = s.request_id(&asked)?;
    for number in 0..2 {
        let mut monitor =
            json!({ "id": number + 1, "transaction": false, "value": 1, "type": "Delta", "severity": 8 });
        if s.version == ocpp::Version::V21 {
            monitor["eventNotificationType"] = "CustomMonitor".into();
        }
        let mut row = variable();
        row["variableMonitoring"] = json!([monitor]);
        s.call(
            "NotifyMonitoringReport",
            json!({ "requestId": id, "seqNo": number, "generatedAt": now(),
            "tbc": number == 0, "monitor": [row] }),
        )
        .await?;
    }
    Ok(())
}

/// SetVariableMonitoring of these monitors: their ids.
async fn set(s: &mut Stage, monitors: Value) -> Result<Value, Broken> {
    s.ask(
        "SetVariableMonitoring",
        json!({ "setMonitoringData": monitors }),
        Reply::By(|payload| set_monitoring(payload, "Accepted")),
    )
    .await
}

fn monitor(kind: &str, value: f64) -> Value {
    let mut monitor = variable();
    crate::suite::verbs2::merge(&mut monitor, json!({ "type": kind, "value": value, "severity": 8 }));
    monitor
}

/// Clears monitors; the station answers each so.
async fn clear(s: &mut Stage, reply: fn(&Value) -> Value) -> Result<Value, Broken> {
    s.ask("ClearVariableMonitoring", json!({ "id": "?list [1]" }), Reply::By(reply)).await
}

async fn level(s: &mut Stage, status: &str) -> Play {
    s.ready().await?;
    s.ask_status("SetMonitoringLevel", json!({ "severity": 4 }), status).await?;
    s.heartbeat().await
}

/// An event of a monitor.
async fn event(s: &mut Stage, kind: &str, trigger: &str, more: Value) -> Play {
    let mut fields = json!({ "trigger": trigger, "eventNotificationType": kind, "variableMonitoringId": 1 });
    crate::suite::verbs2::merge(&mut fields, more);
    s.notify(json!({ "name": "EVSE", "evse": { "id": 1 } }), "AvailabilityState", "Unavailable", fields).await
}

cases! { "N" in BOTH;
    "TC_N_01_CSMS" "A monitoring report by criteria: delta, then thresholds" ["N02"] => |s| {
        s.ready().await?;
        report(s, json!(["DeltaMonitoring"]), "?absent".into()).await?;
        report(s, json!(["ThresholdMonitoring"]), "?absent".into()).await?;
    }
    "TC_N_02_CSMS" "A monitoring report of a variable" ["N02"] => |s| {
        s.ready().await?;
        report(s, "?absent".into(), json!([variable()])).await?;
    }
    "TC_N_03_CSMS" "A monitoring report by criteria and variable" ["N02"] => |s| {
        s.ready().await?;
        report(s, json!(["DeltaMonitoring"]), json!([variable()])).await?;
    }
    "TC_N_60_CSMS" "A monitoring report by criteria and component" ["N02"] => |s| {
        s.ready().await?;
        let component = json!([{ "component": { "name": "EVSE", "evse": { "id": 1 } } }]);
        report(s, json!(["ThresholdMonitoring"]), component).await?;
    }
    "TC_N_47_CSMS" "A monitoring report of everything: nothing is named" ["N02"] => |s| {
        s.ready().await?;
        report(s, "?absent".into(), "?absent".into()).await?;
    }
    "TC_N_05_CSMS" "SetMonitoringBase: all, factory default, hard-wired only" ["N03"] => |s| {
        s.ready().await?;
        for base in ["All", "FactoryDefault", "HardWiredOnly"] {
            s.ask_status("SetMonitoringBase", json!({ "monitoringBase": base }), "Accepted").await?;
        }
    }
    "TC_N_08_CSMS" "SetVariableMonitoring of one monitor" ["N04"] => |s| {
        s.ready().await?;
        set(s, json!([monitor("Delta", 1.0)])).await?;
        s.heartbeat().await?;
    }
    "TC_N_09_CSMS" "SetVariableMonitoring of two monitors in one request" ["N04"] => |s| {
        s.ready().await?;
        set(s, json!([monitor("Delta", 1.0), monitor("?one UpperThreshold|LowerThreshold", 8.0)])).await?;
        s.heartbeat().await?;
    }
    "TC_N_16_CSMS" "SetMonitoringLevel: Accepted" ["N05"] => |s| { level(s, "Accepted").await?; }
    "TC_N_17_CSMS" "SetMonitoringLevel: Rejected" ["N05"] => |s| { level(s, "Rejected").await?; }
    "TC_N_18_CSMS" "ClearVariableMonitoring keeps to the station's items per message" ["N06.FR.04"] => |s| {
        s.ready().await?;
        provisioning::told(s, &[provisioning::instance("MonitoringCtrlr", "ItemsPerMessage", "ClearVariableMonitoring", "2")])
            .await?;
        s.keep("ClearVariableMonitoring");
        s.other("items_per_message", "Make the CSMS clear the monitors 1, 2 and 3 of a station with ItemsPerMessage=2 \
            for ClearVariableMonitoring.", json!({ "action": "ClearVariableMonitoring", "items": 2,
            "payload": { "id": [1, 2, 3] } })).await?;
        let (wished, answer) = (vec![json!(1), json!(2), json!(3)], |p: &Value| clear_monitoring(p, "Accepted"));
        provisioning::struck_off(s, wished, "ClearVariableMonitoring", "id", answer, 2).await?;
    }
    "TC_N_44_CSMS" "A hard-wired monitor cannot be cleared" ["N06"] => |s| {
        s.ready().await?;
        clear(s, |payload| clear_monitoring(payload, "Rejected")).await?;
        s.heartbeat().await?;
    }
    "TC_N_21_CSMS" "An event of a hard-wired monitor" ["N07.FR.03"] => |s| {
        s.ready().await?;
        event(s, "HardWiredMonitor", "Alerting", json!({ "techCode": "E1" })).await?;
    }
    "TC_N_24_CSMS" "A periodic event" ["N08", "N07.FR.03"] => |s| {
        s.ready().await?;
        event(s, "CustomMonitor", "Periodic", json!({})).await?;
    }
    "TC_N_48_CSMS" "An event of a hard-wired notification" ["N07.FR.03"] => |s| {
        s.ready().await?;
        event(s, "HardWiredNotification", "Delta", json!({})).await?;
    }
    "TC_N_49_CSMS" "An alert, and its end" ["N07.FR.03"] => |s| {
        s.ready().await?;
        event(s, "CustomMonitor", "Alerting", json!({ "cleared": false })).await?;
        event(s, "CustomMonitor", "Alerting", json!({ "eventId": 2, "cleared": true })).await?;
    }
    "TC_N_50_CSMS" "An event of a change, with its cause" ["N07.FR.03"] => |s| {
        s.ready().await?;
        event(s, "PreconfiguredMonitor", "Delta", json!({})).await?;
        event(s, "CustomMonitor", "Delta", json!({ "eventId": 2, "cause": 1 })).await?;
    }
}
