//! N: logs, and what a station knows of a customer.

use serde_json::{Value, json};

use super::BOTH;
use super::lists::entry;
use crate::suite::asking::card;
use crate::suite::case::{Broken, Play, cases, ensure};
use crate::suite::certificates;
use crate::suite::entry::now;
use crate::suite::stage::Stage;

/// GetLog, answered so: the id of the request.
async fn log(s: &mut Stage, kind: &str, status: &str) -> Result<i64, Broken> {
    let location = s.value("log_url", "http://localhost/upload/");
    let mut answer = json!({ "status": status });
    if status != "Rejected" {
        answer["filename"] = "station.log".into();
    }
    let asked = s
        .ask(
            "GetLog",
            json!({ "logType": kind, "requestId": "?int 1",
        "log": { "remoteLocation": format!("?text {location}") } }),
            answer,
        )
        .await?;
    s.request_id(&asked)
}

async fn uploaded(s: &mut Stage, id: i64) -> Play {
    for status in ["Uploading", "Uploaded"] {
        s.call("LogStatusNotification", json!({ "status": status, "requestId": id })).await?;
    }
    Ok(())
}

/// CustomerInformation for this customer; parts of the report follow if there is something to tell.
async fn customer(s: &mut Stage, whom: Value, report: bool, clear: bool, known: bool) -> Play {
    s.ready().await?;
    information(s, whom, report, clear, known).await
}

async fn information(s: &mut Stage, whom: Value, report: bool, clear: bool, known: bool) -> Play {
    let mut template = json!({ "requestId": "?int 1", "report": report, "clear": clear });
    crate::suite::verbs2::merge(&mut template, whom);
    let asked = s.ask_status("CustomerInformation", template, "Accepted").await?;
    let id = s.request_id(&asked)?;
    let parts: &[&str] = if report && known { &["name: A", "town: B"] } else { &[""] };
    for (number, data) in parts.iter().enumerate() {
        s.call(
            "NotifyCustomerInformation",
            json!({ "data": data, "seqNo": number, "generatedAt": now(),
            "requestId": id, "tbc": number + 1 < parts.len() }),
        )
        .await?;
    }
    s.heartbeat().await
}

/// The customer is a token.
async fn by_token(s: &mut Stage) -> Result<Value, Broken> {
    let token = s.valid().await?;
    Ok(json!({ "idToken": card(&token), "customerIdentifier": "?absent", "customerCertificate": "?absent" }))
}

cases! { "N" in BOTH;
    "TC_N_25_CSMS" "GetLog of diagnostics, and its upload" ["N01"] => |s| {
        s.ready().await?;
        let id = log(s, "DiagnosticsLog", "Accepted").await?;
        uploaded(s, id).await?;
    }
    "TC_N_35_CSMS" "GetLog of the security log, and its upload" ["N01"] => |s| {
        s.ready().await?;
        let id = log(s, "SecurityLog", "Accepted").await?;
        uploaded(s, id).await?;
    }
    "TC_N_34_CSMS" "GetLog: Rejected" ["N01"] => |s| {
        s.ready().await?;
        log(s, "DiagnosticsLog", "Rejected").await?;
        s.heartbeat().await?;
    }
    "TC_N_36_CSMS" "A second GetLog takes the place of the first" ["N01"] => |s| {
        s.ready().await?;
        let first = log(s, "DiagnosticsLog", "Accepted").await?;
        s.call("LogStatusNotification", json!({ "status": "Uploading", "requestId": first })).await?;
        let second = log(s, "DiagnosticsLog", "AcceptedCanceled").await?;
        s.call("LogStatusNotification", json!({ "status": "AcceptedCanceled", "requestId": first })).await?;
        uploaded(s, second).await?;
    }
    "TC_N_27_CSMS" "What the station knows of a token: told and cleared" ["N09", "N10"] => |s| {
        let whom = by_token(s).await?;
        customer(s, whom, true, true, true).await?;
    }
    "TC_N_28_CSMS" "What the station knows of a token: told" ["N09"] => |s| {
        let whom = by_token(s).await?;
        customer(s, whom, true, false, true).await?;
    }
    "TC_N_29_CSMS" "What the station knows of a token: nothing" ["N09"] => |s| {
        let whom = by_token(s).await?;
        customer(s, whom, true, false, false).await?;
    }
    "TC_N_30_CSMS" "What the station knows of a token: cleared" ["N10"] => |s| {
        let whom = by_token(s).await?;
        customer(s, whom, false, true, true).await?;
    }
    "TC_N_31_CSMS" "What the station knows of a token: cleared and told, and there is nothing" ["N09", "N10"] => |s| {
        let whom = by_token(s).await?;
        customer(s, whom, true, true, false).await?;
    }
    "TC_N_32_CSMS" "What the station knows of a token: cleared, and there is nothing" ["N10"] => |s| {
        let whom = by_token(s).await?;
        customer(s, whom, false, true, false).await?;
    }
    "TC_N_62_CSMS" "What the station knows of a customer by name" ["N09"] => |s| {
        customer(s, json!({ "customerIdentifier": "?text customer-1", "idToken": "?absent",
            "customerCertificate": "?absent" }), true, false, true).await?;
    }
    "TC_N_63_CSMS" "What the station knows of a contract certificate" ["N09"] => |s| {
        let hash = certificates::root_hash();
        customer(s, json!({ "customerCertificate": hash, "idToken": "?absent", "customerIdentifier": "?absent" }),
            true, false, true).await?;
    }
    "TC_N_46_CSMS" "A token that was cleared stood in the local list: the list is sent anew" ["N10.FR.02"] => |s| {
        s.ready().await?;
        let token = s.valid().await?;
        let list = json!([entry(&token)]).to_string();
        let full = s.ask_status("SendLocalList", json!({ "versionNumber": "?int 1", "updateType": "Full",
            "localAuthorizationList": format!("?list {list}") }), "Accepted").await?;
        let before = full["versionNumber"].as_i64().unwrap_or_default();
        let whom = by_token(s).await?;
        information(s, whom, false, true, true).await?;
        let gone = format!("?maybe {}", json!([{ "idToken": card(&token) }]));
        let sent = s.expect_or_ask("SendLocalList", json!({ "versionNumber": format!("?int {}", before + 1),
            "updateType": "?one Differential|Full", "localAuthorizationList": gone }), json!({ "status": "Accepted" })).await?;
        let version = sent["versionNumber"].as_i64().unwrap_or_default();
        ensure(version > before, || format!("version {version} is not above the station's {before} (D01.FR.19)"))?;
    }
}
