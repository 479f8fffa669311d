//! Messages that the CSMS asks for.

use ocpp::Version;
use serde_json::{Value, json};

use crate::suite::case::{Broken, Play, ensure};
use crate::testbed::bed::Bed;

pub(super) mod old {
    use super::{Version, ensure, heartbeat, idle, json, meter, refused, status};
    crate::suite::case::cases! {
        Station; "RemoteTrigger" in &[Version::V16];
        "TC_054_CS" "Each message that can be asked for comes" ["§5.17"] => |b| {
            heartbeat(b).await?;
            status(b).await?;
            meter(b).await?;
            idle(b, "FirmwareStatusNotification").await?;
            idle(b, "DiagnosticsStatusNotification").await?;
        }
        "TC_055_CS" "A message of a connector that does not exist: Rejected" ["§5.17"] => |b| {
            refused(b, "StatusNotification", Some(99), &["Rejected"]).await?;
        }
        "WL_CS_TRIGGER_01" "StatusNotification of no connector tells all of them" ["§5.17"] => |b| {
            b.forget();
            let answered = b.trigger("StatusNotification", None).await?;
            ensure(answered == "Accepted", || format!("TriggerMessage is answered {answered}"))?;
            for connector in 1..=b.evses().await? {
                b.expect("StatusNotification", json!({ "connectorId": connector }), "after TriggerMessage for all").await?;
            }
        }
    }
}

pub(super) mod new {
    use super::{Version, events, heartbeat, idle, meter, refused, status};
    crate::suite::case::cases! {
        Station; "F" in &[Version::V201, Version::V21];
        "TC_F_20_CS" "Heartbeat" ["F06"] => |b| { heartbeat(b).await?; }
        "TC_F_23_CS" "StatusNotification of a connector" ["F06.FR.13"] => |b| { status(b).await?; }
        "TC_F_11_CS" "MeterValues of an EVSE" ["F06"] => |b| { meter(b).await?; }
        "TC_F_13_CS" "TransactionEvent of an EVSE" ["F06"] => |b| { events(b).await?; }
        "TC_F_15_CS" "LogStatusNotification: Idle" ["F06", "N01"] => |b| { idle(b, "LogStatusNotification").await?; }
        "TC_F_18_CS" "FirmwareStatusNotification: Idle" ["F06", "L01"] => |b| { idle(b, "FirmwareStatusNotification").await?; }
        "TC_F_26_CS" "BootNotification of a station that is accepted: Rejected" ["F06.FR.17"] => |b| {
            refused(b, "BootNotification", None, &["Rejected"]).await?;
        }
        "TC_F_27_CS" "A message that the station does not have: NotImplemented" ["F06"] => |b| {
            refused(b, "SignCombinedCertificate", None, &["NotImplemented", "Rejected"]).await?;
        }
    }
}

async fn heartbeat(b: &mut Bed) -> Play {
    b.triggered("Heartbeat", None, json!({})).await.map(drop)
}

async fn status(b: &mut Bed) -> Play {
    let template = if b.is_16() { json!({ "connectorId": 1 }) } else { json!({ "evseId": 1 }) };
    b.triggered("StatusNotification", Some(1), template).await.map(drop)
}

async fn meter(b: &mut Bed) -> Play {
    let template = if b.is_16() { json!({ "connectorId": 1 }) } else { json!({ "evseId": 1 }) };
    let told = b.triggered("MeterValues", Some(1), template).await?;
    let samples = told["meterValue"].as_array().into_iter().flatten();
    let contexts: Vec<&Value> = samples
        .flat_map(|value| value["sampledValue"].as_array().into_iter().flatten())
        .map(|sample| &sample["context"])
        .collect();
    ensure(contexts.iter().all(|context| *context == "Trigger"), || {
        format!("the contexts of the readings are {contexts:?}, not Trigger")
    })
}

async fn idle(b: &mut Bed, message: &str) -> Play {
    b.forget();
    let answered = b.trigger(message, None).await?;
    if answered == "NotImplemented" {
        return Err(Broken::NotApplicable(format!("the station has no {message} to be asked for")));
    }
    ensure(answered == "Accepted", || format!("TriggerMessage of {message} is answered {answered}"))?;
    b.expect(message, json!({ "status": "Idle" }), "as nothing is under way").await.map(drop)
}

async fn refused(b: &mut Bed, message: &str, evse: Option<i64>, wanted: &[&str]) -> Play {
    b.forget();
    let answered = b.trigger(message, evse).await?;
    ensure(wanted.contains(&answered.as_str()), || {
        format!("TriggerMessage of {message} is answered {answered} instead of {}", wanted.join(" or "))
    })?;
    let quiet = b.pace().quiet / 2;
    b.never(&[message], quiet, "though it was refused").await
}

async fn events(b: &mut Bed) -> Play {
    let tx = b.charging(1).await?;
    let template = json!({ "triggerReason": "Trigger", "transactionInfo": { "transactionId": tx.id } });
    b.triggered("TransactionEvent", Some(1), template).await?;
    b.stop(&tx).await.map(drop)
}
