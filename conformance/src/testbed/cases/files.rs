//! Firmware that is fetched and logs that are brought.

use ocpp::Version;
use serde_json::{Value, json};

use crate::suite::case::{Broken, Play, ensure};
use crate::suite::entry::in_seconds;
use crate::testbed::bed::Bed;

pub(super) mod old {
    use super::{Version, brings, brings_not, fetches, fetches_not};
    crate::suite::case::cases! {
        Station; "FirmwareManagement" in &[Version::V16];
        "TC_044_1_CS" "Firmware is fetched, and each step is told" ["§5.19", "§4.5"] => |b| { fetches(b).await?; }
        "TC_044_2_CS" "Firmware that is not there: DownloadFailed" ["§5.19", "§4.5"] => |b| { fetches_not(b).await?; }
        "TC_045_1_CS" "Diagnostics are brought, and each step is told" ["§5.9", "§4.4"] => |b| { brings(b).await?; }
        "TC_045_2_CS" "Diagnostics that nobody takes: UploadFailed" ["§5.9", "§4.4"] => |b| { brings_not(b).await?; }
    }
}

pub(super) mod new {
    use super::{Version, brings, brings_not, fetches, fetches_not};
    crate::suite::case::cases! {
        Station; "L" in &[Version::V201, Version::V21];
        "WL_CS_FILE_01" "Firmware is fetched, and each step is told" ["L02"] => |b| { fetches(b).await?; }
        "TC_L_07_CS" "Firmware that is not there: DownloadFailed" ["L01", "L02"] => |b| { fetches_not(b).await?; }
        "TC_N_25_CS" "A log is brought, and each step is told" ["N01"] => |b| { brings(b).await?; }
        "WL_CS_FILE_02" "A log that nobody takes: UploadFailure" ["N01"] => |b| { brings_not(b).await?; }
    }
}

/// Asks for an update; `None` if the station has no such thing without a signature.
async fn update(b: &mut Bed, url: &str) -> Result<Value, Broken> {
    if b.is_16() {
        b.ask_feature(
            "UpdateFirmware",
            json!({ "location": url, "retrieveDate": in_seconds(-1), "retries": 0 }),
        )
        .await?;
        return Ok(json!({}));
    }
    let id = i64::from(rand::random::<u16>()) + 1;
    let payload = json!({ "requestId": id, "retries": 0,
        "firmware": { "location": url, "retrieveDateTime": in_seconds(-1) } });
    let answer = b.ask_feature("UpdateFirmware", payload).await?;
    match answer["status"].as_str().unwrap_or_default() {
        "Accepted" => Ok(json!({ "requestId": id })),
        "InvalidCertificate" | "Rejected" => {
            Err(Broken::NotApplicable("the station takes signed firmware only".to_owned()))
        }
        other => Err(Broken::fail(format!("UpdateFirmware is answered {other}"))),
    }
}

fn with(base: &Value, status: &str) -> Value {
    let mut template = base.clone();
    template["status"] = status.into();
    template
}

async fn fetches(b: &mut Bed) -> Play {
    let (url, own) = match b.rig.rules.values.get("firmware_url") {
        Some(url) => (url.clone(), false),
        None => (b.desk_url("firmware.bin")?, true),
    };
    b.leaving = true;
    let base = update(b, &url).await?;
    let (action, patience) = ("FirmwareStatusNotification", b.pace().back);
    b.expect(action, with(&base, "Downloading"), "after UpdateFirmware").await?;
    b.expect_within(action, with(&base, "Downloaded"), patience, "after Downloading").await?;
    if own {
        ensure(b.fetched() > 0, || "the station says Downloaded, and has fetched nothing".to_owned())?;
    }
    // Bytes that are no firmware are refused by a station that looks.
    let ends = if own {
        "?one Installed|InstallationFailed|InvalidSignature|InstallVerificationFailed"
    } else {
        "Installed"
    };
    b.expect_within(action, with(&base, ends), patience, "after Downloaded").await.map(drop)
}

async fn fetches_not(b: &mut Bed) -> Play {
    let url = b.desk_url("nothing-here.bin")?;
    let base = update(b, &url).await?;
    let patience = b.pace().back;
    b.expect_within(
        "FirmwareStatusNotification",
        with(&base, "DownloadFailed"),
        patience,
        "of firmware that is not there",
    )
    .await?;
    ensure(
        b.heard_of(&["FirmwareStatusNotification"])
            .iter()
            .all(|heard| heard.payload["status"] != "Installed"),
        || "it says Installed nonetheless".to_owned(),
    )
}

/// Asks for a log: what its status messages have in common, and their action.
async fn log(b: &mut Bed, url: &str) -> Result<(&'static str, Value), Broken> {
    if b.is_16() {
        let answer = b.ask_feature("GetDiagnostics", json!({ "location": url, "retries": 0 })).await?;
        if answer["fileName"].as_str().is_none_or(str::is_empty) {
            return Err(Broken::NotApplicable("the station has no diagnostics to bring".to_owned()));
        }
        return Ok(("DiagnosticsStatusNotification", json!({})));
    }
    let id = i64::from(rand::random::<u16>()) + 1;
    let payload = json!({ "logType": "DiagnosticsLog", "requestId": id, "retries": 0, "log": { "remoteLocation": url } });
    let answer = b.ask_feature("GetLog", payload).await?;
    match answer["status"].as_str().unwrap_or_default() {
        "Accepted" | "AcceptedCanceled" => Ok(("LogStatusNotification", json!({ "requestId": id }))),
        other => Err(Broken::NotApplicable(format!("GetLog is answered {other}"))),
    }
}

async fn brings(b: &mut Bed) -> Play {
    let (url, own) = match b.rig.rules.values.get("log_url") {
        Some(url) => (url.clone(), false),
        None => (b.desk_url("log/")?, true),
    };
    let (action, base) = log(b, &url).await?;
    let patience = b.pace().back;
    b.expect(action, with(&base, "Uploading"), "after the log was asked for").await?;
    b.expect_within(action, with(&base, "Uploaded"), patience, "after Uploading").await?;
    ensure(!own || b.brought() > 0, || "the station says Uploaded, and has brought nothing".to_owned())
}

async fn brings_not(b: &mut Bed) -> Play {
    let url = b.desk_url("nobody-takes-it/")?;
    let (action, base) = log(b, &url).await?;
    let patience = b.pace().back;
    let failed = if b.is_16() {
        "UploadFailed"
    } else {
        "?one UploadFailure|PermissionDenied|BadMessage|NotSupportedOperation"
    };
    b.expect_within(action, with(&base, failed), patience, "of a log that nobody takes").await.map(drop)
}
