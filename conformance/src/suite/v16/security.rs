//! The security extension.

use ocpp::Version;
use serde_json::json;

use crate::suite::case::{Broken, Play, cases, ensure};
use crate::suite::entry::now;
use crate::suite::hook::Registration;
use crate::suite::stage::Stage;
use crate::suite::verbs16::is;
use crate::suite::{certificates, tls};

/// InstallCertificate, then the list shows it.
async fn install(s: &mut Stage, kind: &str) -> Play {
    s.ready().await?;
    s.ask_status(
        "InstallCertificate",
        json!({ "certificateType": kind,
        "certificate": format!("?text {}", certificates::ROOT) }),
        "Accepted",
    )
    .await?;
    s.ask(
        "GetInstalledCertificateIds",
        json!({ "certificateType": kind }),
        json!({ "status": "Accepted",
        "certificateHashData": [certificates::root_hash()] }),
    )
    .await?;
    s.heartbeat().await
}

/// SignedUpdateFirmware, then what the station tells of it.
async fn signed_update(s: &mut Stage, statuses: &[&str]) -> Result<i64, Broken> {
    s.ready().await?;
    let location = s.value("firmware_url", "http://localhost/firmware.bin");
    let certificate = s.value("firmware_certificate", certificates::ROOT);
    let signature = s.value("firmware_signature", "MEUCIQ==");
    let asked = s
        .ask_status(
            "SignedUpdateFirmware",
            json!({ "requestId": "?int 1", "firmware": {
        "location": format!("?text {location}"), "retrieveDateTime": "?time +0",
        "signingCertificate": format!("?text {certificate}"), "signature": format!("?text {signature}") } }),
            "Accepted",
        )
        .await?;
    let id = s.request_id(&asked)?;
    for status in statuses {
        signed_status(s, id, status).await?;
    }
    Ok(id)
}

async fn signed_status(s: &mut Stage, id: i64, status: &str) -> Play {
    s.call("SignedFirmwareStatusNotification", json!({ "status": status, "requestId": id })).await.map(drop)
}

async fn security_event(s: &mut Stage, kind: &str) -> Play {
    s.call("SecurityEventNotification", json!({ "type": kind, "timestamp": now() })).await.map(drop)
}

cases! { "Security" in &[Version::V16];
    "TC_073_CSMS" "A new password counts once the station has accepted it, and the old one no more" ["A01"] => |s| {
        let old = needs_password(s).await?;
        s.ready().await?;
        let new = new_key(s).await?;
        s.leave().await;
        let mut knock = s.knock();
        knock.basic = Some((s.id.clone(), old));
        s.refused(&knock, "with the password that was replaced").await?;
        s.password = Some(new);
        s.connect().await?;
        s.boot("PowerUp").await?;
    }
    "TC_074_CSMS" "A new certificate for the station: trigger, CSR, signed chain" ["A02", "A03"] => |s| {
        s.ready().await?;
        s.ask_status("ExtendedTriggerMessage", json!({ "requestedMessage": "SignChargePointCertificate" }),
            "Accepted").await?;
        let csr = certificates::request(&s.id)?;
        s.keep("CertificateSigned");
        let answer = s.call("SignCertificate", json!({ "csr": csr })).await?;
        is(&answer, "status", "Accepted", "SignCertificate")?;
        let signed = s.expect("CertificateSigned", json!({ "certificateChain": "?text" }),
            json!({ "status": "Accepted" }), "after SignCertificate").await?;
        let chain = signed["certificateChain"].as_str().unwrap_or_default();
        ensure(chain.contains("BEGIN CERTIFICATE"), || "certificateChain is not PEM (A02)".to_owned())?;
        security_event(s, "ReconfigurationOfSecurityParameters").await?;
    }
    "TC_075_1_CSMS" "InstallCertificate: the manufacturer's root" ["M05"] => |s| {
        install(s, "ManufacturerRootCertificate").await?;
    }
    "TC_075_2_CSMS" "InstallCertificate: the CSMS's root" ["M05"] => |s| {
        install(s, "CentralSystemRootCertificate").await?;
    }
    "TC_076_CSMS" "DeleteCertificate with the very hash data that the station told" ["M03", "M04.FR.07"] => |s| {
        s.ready().await?;
        let hash = certificates::root_hash();
        s.ask("GetInstalledCertificateIds", json!({ "certificateType":
            "?one ManufacturerRootCertificate|CentralSystemRootCertificate" }), json!({ "status": "Accepted",
            "certificateHashData": [hash] })).await?;
        s.ask_status("DeleteCertificate", json!({ "certificateHashData": hash }), "Accepted").await?;
        s.heartbeat().await?;
    }
    "TC_077_CSMS" "A certificate that is not valid is told as a security event" ["A04"] => |s| {
        s.ready().await?;
        security_event(s, "InvalidChargePointCertificate").await?;
    }
    "TC_078_CSMS" "A CSMS certificate that is not valid is told as a security event" ["A04"] => |s| {
        s.ready().await?;
        security_event(s, "InvalidCentralSystemCertificate").await?;
    }
    "TC_079_CSMS" "GetLog of the security log, and its upload" ["N01"] => |s| {
        s.ready().await?;
        let location = s.value("log_url", "http://localhost/upload/");
        let asked = s.ask("GetLog", json!({ "logType": "SecurityLog", "requestId": "?int 1",
            "log": { "remoteLocation": format!("?text {location}") } }),
            json!({ "status": "Accepted", "filename": "security.log" })).await?;
        let id = s.request_id(&asked)?;
        for status in ["Uploading", "Uploaded"] {
            s.call("LogStatusNotification", json!({ "status": status, "requestId": id })).await?;
        }
    }
    "TC_080_CSMS" "A signed firmware update to the end" ["L01"] => |s| {
        let id = signed_update(s, &["Downloading", "Downloaded", "SignatureVerified"]).await?;
        s.all_status("Unavailable").await?;
        for status in ["Installing", "InstallRebooting"] {
            signed_status(s, id, status).await?;
        }
        s.reboot("FirmwareUpdate").await?;
        signed_status(s, id, "Installed").await?;
        security_event(s, "FirmwareUpdated").await?;
    }
    "TC_081_CSMS" "A firmware whose signature is not valid" ["L01"] => |s| {
        signed_update(s, &["Downloading", "Downloaded", "InvalidSignature"]).await?;
        security_event(s, "InvalidFirmwareSignature").await?;
    }
    "TC_083_CSMS" "A higher security profile: the CSMS takes it, and refuses the old one after" ["A05"] => |s| {
        s.ready().await?;
        let profile = if s.rig.url.starts_with("wss://") { "3" } else { "2" };
        s.ask_status("ChangeConfiguration", json!({ "key": "SecurityProfile", "value": profile }), "Accepted").await?;
        s.ask_status("Reset", json!({ "type": "Hard" }), "Accepted").await?;
        tls::upgrade(s).await?;
    }
    "TC_085_CSMS" "HTTP Basic: right, wrong password, wrong user" ["A00"] => |s| {
        needs_password(s).await?;
        s.ready().await?;
        if s.rig.operator.is_some() {
            s.password = Some(new_key(s).await?);
        }
        s.leave().await;
        let mut knock = s.knock();
        knock.basic = Some((s.id.clone(), b"\x00\xff not the password".to_vec()));
        s.refused(&knock, "with a wrong password").await?;
        let mut knock = s.knock();
        knock.basic = knock.basic.map(|(_, password)| ("somebody-else".to_owned(), password));
        s.refused(&knock, "with a user that is not the identity").await?;
        s.connect().await?;
        s.boot("PowerUp").await?;
    }
    "TC_086_CSMS" "TLS: the CSMS's certificates, its versions and cipher suites" ["A00.FR.318"] => |s| {
        tls::server(s).await?;
    }
    "TC_087_CSMS" "TLS: the station's certificate, good, unknown and expired" ["A00.FR.403", "A00.FR.405"] => |s| {
        tls::strangers(s).await?;
    }
    "TC_088_CSMS" "Subprotocols: an unknown one alone is refused, beside ours it is passed over" ["J-3.1"] => |s| {
        s.register(Registration::Accepted).await?;
        let mut knock = s.knock();
        knock.offered = vec!["ocpp0.1".to_owned()];
        s.without_subprotocol(&knock).await?;
        knock.offered = vec!["ocpp0.1".to_owned(), "ocpp1.6".to_owned()];
        let (greeting, _) = s.try_connect(&knock).await?;
        let picked = greeting.subprotocol().unwrap_or("none").to_owned();
        ensure(greeting.status == 101 && picked == "ocpp1.6", || {
            format!("HTTP {} with the subprotocol {picked} instead of ocpp1.6", greeting.status)
        })?;
    }
}

/// A key that is no text in any encoding: what decodes passwords as text takes it for another.
const BINARY_KEY: &str = "ff00c328a1e5b2d4809fc0fef8a7b6938271605f";

/// The operator gives the station a new key, which it takes: its bytes.
async fn new_key(s: &mut Stage) -> Result<Vec<u8>, Broken> {
    s.undone = true;
    let value = format!("?text {BINARY_KEY}");
    let wanted = json!({ "key": "AuthorizationKey", "value": value });
    let asked = s.ask_status("ChangeConfiguration", wanted, "Accepted").await?;
    let told = asked["value"].as_str().unwrap_or_default().to_owned();
    unhex(&told).ok_or_else(|| {
        Broken::fail(format!(
            "AuthorizationKey has {} characters, but has to be 32 to 40 hexadecimal digits (A00.FR.205)",
            told.len()
        ))
    })
}

/// The password that the station has.
async fn needs_password(s: &mut Stage) -> Result<Vec<u8>, Broken> {
    s.register(Registration::Accepted).await?;
    let password = s.password.clone();
    password.ok_or_else(|| Broken::inconclusive("the station has no password: give one with --password"))
}

/// Bytes of hexadecimal digits: 16 to 20 of them.
fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) || !(32..=40).contains(&text.len()) {
        return None;
    }
    (0..text.len() / 2).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::unhex;

    #[test]
    fn a_key_is_sixteen_to_twenty_bytes_in_hexadecimal() {
        assert_eq!(unhex("00ff00ff00ff00ff00ff00ff00ff00ff").map(|bytes| bytes.len()), Some(16));
        assert_eq!(unhex("00ff"), None);
        assert_eq!(unhex("zz".repeat(16).as_str()), None);
        assert_eq!(unhex("é".repeat(16).as_str()), None);
    }
}
