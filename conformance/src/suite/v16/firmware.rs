//! Firmware and diagnostics.

use ocpp::Version;
use serde_json::json;

use crate::suite::case::{Play, cases};
use crate::suite::stage::Stage;

/// UpdateFirmware, then what the station tells of it.
async fn update(s: &mut Stage, statuses: &[&str]) -> Play {
    s.ready().await?;
    let location = s.value("firmware_url", "http://localhost/firmware.bin");
    s.ask(
        "UpdateFirmware",
        json!({ "location": format!("?text {location}"), "retrieveDate": "?time +0" }),
        json!({}),
    )
    .await?;
    for status in statuses {
        s.call("FirmwareStatusNotification", json!({ "status": status })).await?;
    }
    Ok(())
}

async fn diagnostics(s: &mut Stage, end: &str) -> Play {
    s.ready().await?;
    let location = s.value("log_url", "http://localhost/upload/");
    s.ask(
        "GetDiagnostics",
        json!({ "location": format!("?text {location}") }),
        json!({ "fileName": "diagnostics.zip" }),
    )
    .await?;
    for status in ["Uploading", end] {
        s.call("DiagnosticsStatusNotification", json!({ "status": status })).await?;
    }
    s.heartbeat().await
}

cases! { "FirmwareManagement" in &[Version::V16];
    "TC_044_1_CSMS" "A firmware update to the end, with connectors out of service and a reboot" ["§5.19", "§4.5"] => |s| {
        update(s, &["Downloading", "Downloaded"]).await?;
        s.all_status("Unavailable").await?;
        s.call("FirmwareStatusNotification", json!({ "status": "Installing" })).await?;
        s.reboot("FirmwareUpdate").await?;
        s.call("FirmwareStatusNotification", json!({ "status": "Installed" })).await?;
    }
    "TC_044_2_CSMS" "A firmware that cannot be fetched: DownloadFailed" ["§5.19", "§4.5"] => |s| {
        update(s, &["Downloading", "DownloadFailed"]).await?;
        s.heartbeat().await?;
    }
    "TC_044_3_CSMS" "A firmware that cannot be installed: InstallationFailed" ["§5.19", "§4.5"] => |s| {
        update(s, &["Downloading", "Downloaded", "Installing", "InstallationFailed"]).await?;
        s.heartbeat().await?;
    }
    "TC_045_1_CSMS" "Diagnostics: Uploaded" ["§5.9", "§4.4"] => |s| { diagnostics(s, "Uploaded").await?; }
    "TC_045_2_CSMS" "Diagnostics: UploadFailed" ["§5.9", "§4.4"] => |s| { diagnostics(s, "UploadFailed").await?; }
}
