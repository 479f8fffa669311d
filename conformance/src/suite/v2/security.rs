//! A: security.

use ocpp::Version;
use serde_json::json;

use super::{BOTH, provisioning};
use crate::suite::case::{Broken, Play, cases, ensure};
use crate::suite::defaults::set_variables;
use crate::suite::entry::now;
use crate::suite::hook::Registration;
use crate::suite::stage::{Reply, Stage};
use crate::suite::verbs16::is;
use crate::suite::{certificates, tls};

/// The password that the station has.
async fn needs_password(s: &mut Stage) -> Result<Vec<u8>, Broken> {
    s.register(Registration::Accepted).await?;
    let password = s.password.clone();
    password.ok_or_else(|| Broken::inconclusive("the station has no password: give one with --password"))
}

/// The operator sets a new password; the station answers so. Returns the new one.
async fn new_password(s: &mut Stage, reply: Reply) -> Result<Vec<u8>, Broken> {
    s.undone = true;
    let asked = s
        .ask(
            "SetVariables",
            json!({ "setVariableData": [{ "attributeValue": "?text Wattline-new-1234",
        "component": { "name": "SecurityCtrlr" }, "variable": { "name": "BasicAuthPassword" } }] }),
            reply,
        )
        .await?;
    let value = asked["setVariableData"][0]["attributeValue"].as_str().unwrap_or_default();
    let (length, most) = (value.chars().count(), if s.version == Version::V201 { 40 } else { 64 });
    ensure((16..=most).contains(&length), || {
        format!("the password has {length} characters, but has to have 16 to {most} (A00.FR.205)")
    })?;
    Ok(value.as_bytes().to_vec())
}

/// Trigger, CSR, signed chain of this use.
pub(crate) async fn renew(s: &mut Stage, trigger: &str, using: &str, answer: &str) -> Play {
    s.ready().await?;
    s.ask_status("TriggerMessage", json!({ "requestedMessage": trigger }), "Accepted").await?;
    let csr = certificates::request(&s.id)?;
    s.keep("CertificateSigned");
    let asked = s.call("SignCertificate", json!({ "csr": csr, "certificateType": using })).await?;
    is(&asked, "status", "Accepted", "SignCertificate")?;
    let reply = Reply::With(json!({ "status": answer }));
    let signed = s
        .expect("CertificateSigned", json!({ "certificateChain": "?text" }), reply, "after SignCertificate")
        .await?;
    let chain = signed["certificateChain"].as_str().unwrap_or_default();
    ensure(chain.contains("BEGIN CERTIFICATE"), || "certificateChain is not PEM (A02)".to_owned())?;
    let kind = signed["certificateType"].as_str().unwrap_or("ChargingStationCertificate").to_owned();
    ensure(kind == using, || format!("CertificateSigned is for {kind} instead of {using} (A02)"))
}

async fn event(s: &mut Stage, kind: &str) -> Play {
    s.call("SecurityEventNotification", json!({ "type": kind, "timestamp": now() })).await.map(drop)
}

cases! { "A" in BOTH;
    "TC_A_01_CSMS" "HTTP Basic with the right password" ["A00"] => |s| {
        needs_password(s).await?;
        s.ready().await?;
    }
    "TC_A_02_CSMS" "HTTP Basic with a user that is not the identity is refused" ["A00"] => |s| {
        needs_password(s).await?;
        let mut knock = s.knock();
        knock.basic = knock.basic.map(|(_, password)| ("somebody-else".to_owned(), password));
        s.refused(&knock, "with a user that is not the identity").await?;
        s.ready().await?;
    }
    "TC_A_03_CSMS" "HTTP Basic with a wrong password is refused" ["A00"] => |s| {
        needs_password(s).await?;
        let mut knock = s.knock();
        knock.basic = Some((s.id.clone(), b"this-is-not-the-password".to_vec()));
        s.refused(&knock, "with a wrong password").await?;
        s.ready().await?;
    }
    "TC_A_04_CSMS" "TLS: the CSMS's certificates, its versions and cipher suites" ["A00.FR.318", "A00.FR.421"] => |s| {
        tls::server(s).await?;
    }
    "TC_A_06_CSMS" "TLS below 1.2 is dropped" ["A00.FR.315"] => |s| { tls::old(s).await?; }
    "TC_A_07_CSMS" "TLS with the station's certificate, and no password" ["A00.FR.403"] => |s| {
        tls::client(s).await?;
    }
    "TC_A_08_CSMS" "TLS with a station's certificate that is unknown, expired or another's" ["A00.FR.404", "A00.FR.405"] => |s| {
        tls::strangers(s).await?;
    }
    "TC_A_09_CSMS" "A new password counts once accepted, the old one no more" ["A01.FR.03"] => |s| {
        let old = needs_password(s).await?;
        s.ready().await?;
        let new = new_password(s, Reply::By(|payload| set_variables(payload, "Accepted"))).await?;
        s.leave().await;
        let mut knock = s.knock();
        knock.basic = Some((s.id.clone(), old));
        s.refused(&knock, "with the password that was replaced").await?;
        s.password = Some(new);
        s.connect().await?;
        s.boot("PowerUp").await?;
    }
    "TC_A_10_CSMS" "A new password that the station refuses: the old one goes on" ["A01.FR.04"] => |s| {
        needs_password(s).await?;
        s.ready().await?;
        let new = new_password(s, Reply::By(|payload| set_variables(payload, "Rejected"))).await?;
        s.leave().await;
        let mut knock = s.knock();
        knock.basic = Some((s.id.clone(), new));
        s.refused(&knock, "with a password that the station has not taken").await?;
        s.connect().await?;
        s.boot("PowerUp").await?;
    }
    "TC_A_11_CSMS" "A new certificate for the station" ["A02.FR.04"] => |s| {
        renew(s, "SignChargingStationCertificate", "ChargingStationCertificate", "Accepted").await?;
    }
    "TC_A_12_CSMS" "A new certificate for ISO 15118" ["A02"] => |s| {
        renew(s, "SignV2GCertificate", "V2GCertificate", "Accepted").await?;
    }
    "TC_A_14_CSMS" "The station refuses the signed certificate" ["A02"] => |s| {
        renew(s, "SignChargingStationCertificate", "ChargingStationCertificate", "Rejected").await?;
        event(s, "InvalidChargingStationCertificate").await?;
        s.heartbeat().await?;
    }
    "TC_A_19_CSMS" "A higher security profile: set, made first, reset; the old one is refused after" ["A05.FR.07", "B09"] => |s| {
        s.ready().await?;
        let profile = if s.rig.url.starts_with("wss://") { 3 } else { 2 };
        let url = s.value("secure_url", "wss://localhost/ocpp");
        let mut data = json!({ "ocppTransport": "JSON", "securityProfile": profile,
            "ocppCsmsUrl": format!("?text {url}"), "messageTimeout": "?int 30",
            "ocppInterface": "?one Wired0|Wireless0|Any|Wired1|Wireless1" });
        provisioning::spoken(s.version, &mut data);
        let wanted = json!({ "configurationSlot": "?int 1", "connectionData": data });
        let asked = s.ask_status("SetNetworkProfile", wanted, "Accepted").await?;
        let slot = asked["configurationSlot"].to_string();
        let set = s.ask("SetVariables", json!({ "setVariableData": [{ "attributeValue": format!("?text {slot},0"),
            "component": { "name": "OCPPCommCtrlr" }, "variable": { "name": "NetworkConfigurationPriority" } }] }),
            Reply::By(|payload| set_variables(payload, "Accepted"))).await?;
        let order = set["setVariableData"][0]["attributeValue"].as_str().unwrap_or_default();
        ensure(order.split(',').any(|number| number.trim() == slot), || {
            format!("the priority {order} does not name the slot {slot}")
        })?;
        s.ask_status("Reset", json!({ "type": "?one OnIdle|Immediate" }), "Accepted").await?;
        tls::upgrade(s).await?;
    }
}

/// Not in 2.1, where combined certificates are gone.
pub(crate) mod combined {
    use super::{Version, renew};
    use crate::suite::case::cases;

    cases! { "A" in &[Version::V201];
        "TC_A_13_CSMS" "A new certificate for both uses" ["A02"] => |s| {
            renew(s, "SignCombinedCertificate", "V2GCertificate", "Accepted").await?;
        }
    }
}
