//! N: uploads with credentials, streams of events.

use serde_json::{Value, json};

use super::ONLY;
use crate::suite::case::{Broken, Play, cases, ensure};
use crate::suite::defaults::set_monitoring;
use crate::suite::entry::now;
use crate::suite::stage::{Reply, Stage};
use crate::suite::verbs16::is;

/// What a stream is about.
fn monitored() -> Value {
    json!({ "component": { "name": "EVSE", "evse": { "id": 1 } }, "variable": { "name": "Power" } })
}

/// A periodic monitor with a stream; the station opens it.
async fn open(s: &mut Stage) -> Result<(), Broken> {
    let mut monitor = monitored();
    crate::suite::verbs2::merge(
        &mut monitor,
        json!({ "type": "Periodic", "value": "?num 5", "severity": "?int 8",
        "periodicEventStream": { "interval": "?int 10", "values": "?int 2" } }),
    );
    s.ask(
        "SetVariableMonitoring",
        json!({ "setMonitoringData": [monitor] }),
        Reply::By(|payload| set_monitoring(payload, "Accepted")),
    )
    .await?;
    let answer = s
        .call(
            "OpenPeriodicEventStream",
            json!({ "constantStreamData": { "id": 1, "variableMonitoringId": 1,
        "params": { "interval": 10, "values": 2 } } }),
        )
        .await?;
    is(&answer, "status", "Accepted", "OpenPeriodicEventStream")?;
    streamed(s, 0).await
}

/// A SEND: nothing may come back for it.
async fn streamed(s: &mut Stage, pending: u32) -> Play {
    let payload = json!({ "id": 1, "pending": pending, "basetime": now(), "data": [{ "t": 0.0, "v": "1000" },
        { "t": 5.0, "v": "1010" }] });
    let text = json!([6, format!("{:08x}-s", rand::random::<u32>()), "NotifyPeriodicEventStream", payload]);
    s.send_text(&text.to_string()).await?;
    // Were it answered, with a result or an error, that would be the next thing to come in, and an answer to no call.
    s.heartbeat().await
}

/// GetLog to an address over this scheme, with credentials in it.
async fn upload(s: &mut Stage, scheme: &str) -> Play {
    s.ready().await?;
    let location =
        s.value(&format!("log_url_{scheme}"), &format!("{scheme}://user:password@localhost/upload"));
    let asked = s
        .ask(
            "GetLog",
            json!({ "logType": "?one DiagnosticsLog|SecurityLog", "requestId": "?int 1",
        "log": { "remoteLocation": format!("?text {location}") } }),
            json!({ "status": "Accepted", "filename": "a.log" }),
        )
        .await?;
    let url = asked["log"]["remoteLocation"].as_str().unwrap_or_default().to_owned();
    ensure(url.starts_with(&format!("{scheme}://")), || format!("the address {url} is not {scheme}://"))?;
    ensure(!(url.contains('#') || url.contains('?') && url.ends_with('/')), || {
        format!("the address {url} has a fragment, or a query that ends in / (N01.FR.27, N01.FR.28)")
    })?;
    let id = s.request_id(&asked)?;
    for status in ["Uploading", "Uploaded"] {
        s.call("LogStatusNotification", json!({ "status": status, "requestId": id })).await?;
    }
    Ok(())
}

cases! { "N" in ONLY;
    "TC_N_100_CSMS" "GetLog of the data collector, while periodic events are told" ["N01", "N08"] => |s| {
        s.ready().await?;
        let location = s.value("log_url", "http://localhost/upload/");
        let asked = s.ask("GetLog", json!({ "logType": "DataCollectorLog", "requestId": "?int 1",
            "log": { "remoteLocation": format!("?text {location}") } }),
            json!({ "status": "Accepted", "filename": "data.csv" })).await?;
        let id = s.request_id(&asked)?;
        for status in ["Uploading", "Uploaded"] {
            s.notify(json!({ "name": "EVSE", "evse": { "id": 1 } }), "Power", "1000", json!({ "trigger": "Periodic",
                "eventNotificationType": "CustomMonitor", "variableMonitoringId": 1 })).await?;
            s.call("LogStatusNotification", json!({ "status": status, "requestId": id })).await?;
        }
    }
    "TC_N_102_CSMS" "An upload by HTTP, with credentials" ["N01.FR.26"] => |s| { upload(s, "http").await?; }
    "TC_N_102_2_CSMS" "An upload by HTTPS, with credentials" ["N01.FR.26"] => |s| { upload(s, "https").await?; }
    "TC_N_104_CSMS" "A monitoring report of changes against a target" ["N02"] => |s| {
        s.ready().await?;
        let asked = s.ask_status("GetMonitoringReport", json!({ "requestId": "?int 1",
            "monitoringCriteria": ["DeltaMonitoring"] }), "Accepted").await?;
        let id = s.request_id(&asked)?;
        let mut row = monitored();
        row["variableMonitoring"] = json!([{ "id": 1, "transaction": false, "value": 1, "type": "TargetDelta",
            "severity": 8, "eventNotificationType": "CustomMonitor" }]);
        s.call("NotifyMonitoringReport", json!({ "requestId": id, "seqNo": 0, "generatedAt": now(), "monitor": [row] }))
            .await?;
    }
    "TC_N_105_CSMS" "A stream of events is opened and adjusted" ["N11", "N13", "N15.FR.02"] => |s| {
        s.ready().await?;
        open(s).await?;
        s.ask_status("AdjustPeriodicEventStream", json!({ "id": 1, "params": { "interval": "?int 20", "values": "?int 4" } }),
            "Accepted").await?;
        streamed(s, 0).await?;
    }
    "TC_N_107_CSMS" "Streams of events are listed" ["N14"] => |s| {
        s.ready().await?;
        open(s).await?;
        s.ask("GetPeriodicEventStream", json!({}), json!({ "constantStreamData": [{ "id": 1, "variableMonitoringId": 1,
            "params": { "interval": 10, "values": 2 } }] })).await?;
        s.call("ClosePeriodicEventStream", json!({ "id": 1 })).await?;
    }
}
