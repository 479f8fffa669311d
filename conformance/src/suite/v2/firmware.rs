//! L: firmware.

use serde_json::{Value, json};

use super::BOTH;
use crate::suite::case::{Broken, Play, cases};
use crate::suite::certificates;
use crate::suite::entry::now;
use crate::suite::stage::Stage;
use crate::suite::verbs2::merge;

/// UpdateFirmware with a signature, answered so: the id of the request.
async fn update(s: &mut Stage, status: &str, more: Value) -> Result<i64, Broken> {
    let location = s.value("firmware_url", "http://localhost/firmware.bin");
    let certificate = s.value("firmware_certificate", certificates::ROOT);
    let signature = s.value("firmware_signature", "MEUCIQ==");
    let mut firmware = json!({ "location": format!("?text {location}"), "retrieveDateTime": "?time +0",
        "signingCertificate": format!("?text {certificate}"), "signature": format!("?text {signature}") });
    merge(&mut firmware, more);
    let asked = s
        .ask_status("UpdateFirmware", json!({ "requestId": "?int 1", "firmware": firmware }), status)
        .await?;
    s.request_id(&asked)
}

async fn tell(s: &mut Stage, id: i64, statuses: &[&str]) -> Play {
    for status in statuses {
        s.call("FirmwareStatusNotification", json!({ "status": status, "requestId": id })).await?;
    }
    Ok(())
}

/// From the download to the end, with a reboot; `before` are the statuses ahead of the installation.
async fn whole(s: &mut Stage, id: i64, before: &[&str]) -> Play {
    tell(s, id, before).await?;
    s.all_status("Unavailable").await?;
    tell(s, id, &["Installing", "InstallRebooting"]).await?;
    s.reboot("FirmwareUpdate").await?;
    tell(s, id, &["Installed"]).await?;
    s.call("SecurityEventNotification", json!({ "type": "FirmwareUpdated", "timestamp": now() }))
        .await
        .map(drop)
}

/// An update that stops at the last of these statuses.
async fn fails(s: &mut Stage, statuses: &[&str]) -> Play {
    s.ready().await?;
    let id = update(s, "Accepted", json!({})).await?;
    tell(s, id, statuses).await?;
    s.heartbeat().await
}

/// PublishFirmware for a local controller, then what it tells.
async fn publish(s: &mut Stage, statuses: &[(&str, bool)]) -> Play {
    s.ready().await?;
    let location = s.value("firmware_url", "http://localhost/firmware.bin");
    let checksum = s.value("firmware_md5", "9e107d9d372bb6826bd81d3542a419d6");
    let asked = s
        .ask_status(
            "PublishFirmware",
            json!({ "location": format!("?text {location}"),
        "checksum": format!("?text {checksum}"), "requestId": "?int 1" }),
            "Accepted",
        )
        .await?;
    let id = s.request_id(&asked)?;
    for (status, located) in statuses {
        let mut told = json!({ "status": status, "requestId": id });
        if *located {
            told["location"] = json!(["http://192.0.2.1/firmware.bin", "https://192.0.2.1/firmware.bin"]);
        }
        s.call("PublishFirmwareStatusNotification", told).await?;
    }
    s.heartbeat().await
}

async fn unpublish(s: &mut Stage, status: &str) -> Play {
    s.ready().await?;
    let checksum = s.value("firmware_md5", "9e107d9d372bb6826bd81d3542a419d6");
    s.ask_status("UnpublishFirmware", json!({ "checksum": format!("?text {checksum}") }), status).await?;
    s.heartbeat().await
}

cases! { "L" in BOTH;
    "TC_L_01_CSMS" "A signed update to the end" ["L01.FR.11"] => |s| {
        s.ready().await?;
        let id = update(s, "Accepted", json!({})).await?;
        whole(s, id, &["Downloading", "Downloaded", "SignatureVerified"]).await?;
    }
    "TC_L_02_CSMS" "An update to be installed later" ["L01"] => |s| {
        s.ready().await?;
        let id = update(s, "Accepted", json!({ "installDateTime": "?time +60" })).await?;
        whole(s, id, &["Downloading", "Downloaded", "SignatureVerified", "InstallScheduled"]).await?;
    }
    "TC_L_03_CSMS" "An update to be fetched later" ["L01"] => |s| {
        s.ready().await?;
        let id = update(s, "Accepted", json!({ "retrieveDateTime": "?time +60" })).await?;
        whole(s, id, &["DownloadScheduled", "Downloading", "Downloaded", "SignatureVerified"]).await?;
    }
    "TC_L_04_CSMS" "The signing certificate was revoked" ["L01"] => |s| {
        s.ready().await?;
        update(s, "RevokedCertificate", json!({})).await?;
        s.heartbeat().await?;
    }
    "TC_L_05_CSMS" "The signing certificate is not valid" ["L01"] => |s| {
        s.ready().await?;
        update(s, "InvalidCertificate", json!({})).await?;
        s.call("SecurityEventNotification", json!({ "type": "InvalidFirmwareSigningCertificate", "timestamp": now() }))
            .await?;
    }
    "TC_L_06_CSMS" "The signature is not valid" ["L01"] => |s| {
        fails(s, &["Downloading", "Downloaded", "InvalidSignature"]).await?;
    }
    "TC_L_07_CSMS" "The firmware cannot be fetched" ["L01"] => |s| {
        fails(s, &["Downloading", "DownloadFailed"]).await?;
    }
    "TC_L_08_CSMS" "The installation cannot be verified" ["L01"] => |s| {
        fails(s, &["Downloading", "Downloaded", "SignatureVerified", "Installing", "InstallVerificationFailed"]).await?;
    }
    "TC_L_09_CSMS" "The installation fails" ["L01"] => |s| {
        fails(s, &["Downloading", "Downloaded", "SignatureVerified", "Installing", "InstallationFailed"]).await?;
    }
    "TC_L_10_CSMS" "A second update takes the place of the first" ["L01"] => |s| {
        s.ready().await?;
        let first = update(s, "Accepted", json!({})).await?;
        tell(s, first, &["Downloading"]).await?;
        let second = update(s, "AcceptedCanceled", json!({})).await?;
        whole(s, second, &["Downloading", "Downloaded", "SignatureVerified"]).await?;
    }
    "TC_L_11_CSMS" "A second update is refused, the first goes on" ["L01"] => |s| {
        s.ready().await?;
        let first = update(s, "Accepted", json!({})).await?;
        tell(s, first, &["Downloading"]).await?;
        update(s, "Rejected", json!({})).await?;
        whole(s, first, &["Downloaded", "SignatureVerified"]).await?;
    }
    "TC_L_13_CSMS" "An update waits for the transaction" ["L01"] => |s| {
        s.ready().await?;
        let token = s.valid().await?;
        let mut tx = s.begin(1, &token).await?;
        let id = update(s, "Accepted", json!({})).await?;
        tell(s, id, &["Downloading", "Downloaded", "SignatureVerified", "InstallScheduled"]).await?;
        s.stop(&mut tx, &token).await?;
        whole(s, id, &[]).await?;
    }
    "TC_L_17_CSMS" "A firmware is published by a local controller" ["L03"] => |s| {
        publish(s, &[("Downloading", false), ("Downloaded", false), ("ChecksumVerified", false), ("Published", true)])
            .await?;
    }
    "TC_L_19_CSMS" "A firmware to be published has another checksum" ["L03"] => |s| {
        publish(s, &[("Downloading", false), ("Downloaded", false), ("InvalidChecksum", false)]).await?;
    }
    "TC_L_20_CSMS" "A firmware cannot be published" ["L03"] => |s| {
        publish(s, &[("Downloading", false), ("Downloaded", false), ("ChecksumVerified", false),
            ("PublishFailed", false)]).await?;
    }
    "TC_L_21_CSMS" "A firmware is published no more" ["L04"] => |s| { unpublish(s, "Unpublished").await?; }
    "TC_L_22_CSMS" "A firmware that was not published" ["L04"] => |s| { unpublish(s, "NoFirmware").await?; }
    "TC_L_23_CSMS" "A firmware that is being fetched cannot be taken back" ["L04"] => |s| {
        unpublish(s, "DownloadOngoing").await?;
    }
    "TC_L_24_CSMS" "A firmware to be published cannot be fetched" ["L03"] => |s| {
        publish(s, &[("Downloading", false), ("DownloadFailed", false)]).await?;
    }
}
