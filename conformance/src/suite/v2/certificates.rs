//! M: certificates.

use base64::Engine;
use serde_json::{Value, json};

use super::BOTH;
use crate::suite::case::{Broken, Play, cases, ensure};
use crate::suite::certificates;
use crate::suite::stage::Stage;
use crate::suite::verbs16::is;

async fn install(s: &mut Stage, kind: &str, status: &str) -> Play {
    s.ready().await?;
    s.ask_status(
        "InstallCertificate",
        json!({ "certificateType": kind,
        "certificate": format!("?text {}", certificates::ROOT) }),
        status,
    )
    .await?;
    s.heartbeat().await
}

/// GetInstalledCertificateIds of one type, or of all; the station has one, or none.
async fn list(s: &mut Stage, kind: Option<&str>, found: bool) -> Result<Value, Broken> {
    let wanted = kind.map_or_else(|| "?absent".into(), |kind| json!([kind]));
    let answer = match found {
        true => json!({ "status": "Accepted", "certificateHashDataChain": [{
            "certificateType": kind.unwrap_or("CSMSRootCertificate"), "certificateHashData": certificates::root_hash() }] }),
        false => json!({ "status": "NotFound" }),
    };
    s.ask("GetInstalledCertificateIds", json!({ "certificateType": wanted }), answer).await
}

async fn listed(s: &mut Stage, kind: Option<&str>, found: bool) -> Play {
    s.ready().await?;
    list(s, kind, found).await?;
    s.heartbeat().await
}

/// DeleteCertificate with the very hash data that the station told.
async fn delete(s: &mut Stage, status: &str) -> Play {
    s.ready().await?;
    list(s, Some("CSMSRootCertificate"), true).await?;
    s.ask_status("DeleteCertificate", json!({ "certificateHashData": certificates::root_hash() }), status)
        .await?;
    s.heartbeat().await
}

/// A contract certificate for a car: the answer has to have an EXI response.
pub(crate) async fn contract(s: &mut Stage, action: &str, more: Value) -> Result<Value, Broken> {
    s.needs("15118-contracts")?;
    let exi = s.value("exi_request", "");
    if exi.is_empty() {
        return Err(Broken::inconclusive(
            "needs a contract pool and a car's request: name it as the value exi_request",
        ));
    }
    s.ready().await?;
    let mut payload = json!({ "iso15118SchemaVersion": "urn:iso:15118:2:2013:MsgDef", "action": action,
        "exiRequest": exi });
    crate::suite::verbs2::merge(&mut payload, more);
    let answer = s.call("Get15118EVCertificate", payload).await?;
    is(&answer, "status", "Accepted", "Get15118EVCertificate")?;
    let empty = answer["exiResponse"].as_str().is_none_or(str::is_empty);
    ensure(!empty, || "the answer to Get15118EVCertificate has no exiResponse (M01)".to_owned())?;
    Ok(answer)
}

cases! { "M" in BOTH;
    "TC_M_01_CSMS" "InstallCertificate: the CSMS's root" ["M05"] => |s| {
        install(s, "CSMSRootCertificate", "Accepted").await?;
    }
    "TC_M_02_CSMS" "InstallCertificate: the manufacturer's root" ["M05"] => |s| {
        install(s, "ManufacturerRootCertificate", "Accepted").await?;
    }
    "TC_M_03_CSMS" "InstallCertificate: a V2G root" ["M05"] => |s| {
        install(s, "V2GRootCertificate", "Accepted").await?;
    }
    "TC_M_04_CSMS" "InstallCertificate: a mobility operator's root" ["M05"] => |s| {
        install(s, "MORootCertificate", "Accepted").await?;
    }
    "TC_M_05_CSMS" "InstallCertificate: Failed" ["M05"] => |s| {
        install(s, "CSMSRootCertificate", "Failed").await?;
    }
    "TC_M_12_CSMS" "GetInstalledCertificateIds: the CSMS's root" ["M03"] => |s| {
        listed(s, Some("CSMSRootCertificate"), true).await?;
    }
    "TC_M_13_CSMS" "GetInstalledCertificateIds: the manufacturer's root" ["M03"] => |s| {
        listed(s, Some("ManufacturerRootCertificate"), true).await?;
    }
    "TC_M_14_CSMS" "GetInstalledCertificateIds: V2G roots" ["M03"] => |s| {
        listed(s, Some("V2GRootCertificate"), true).await?;
    }
    "TC_M_15_CSMS" "GetInstalledCertificateIds: V2G chains" ["M03"] => |s| {
        listed(s, Some("V2GCertificateChain"), true).await?;
    }
    "TC_M_16_CSMS" "GetInstalledCertificateIds: mobility operators' roots" ["M03"] => |s| {
        listed(s, Some("MORootCertificate"), true).await?;
    }
    "TC_M_17_CSMS" "GetInstalledCertificateIds of two types" ["M03"] => |s| {
        s.ready().await?;
        s.ask("GetInstalledCertificateIds", json!({ "certificateType": ["CSMSRootCertificate",
            "ManufacturerRootCertificate"] }), json!({ "status": "Accepted", "certificateHashDataChain": [{
            "certificateType": "CSMSRootCertificate", "certificateHashData": certificates::root_hash() }] })).await?;
        s.heartbeat().await?;
    }
    "TC_M_18_CSMS" "GetInstalledCertificateIds of all types: none is named" ["M03"] => |s| {
        listed(s, None, true).await?;
    }
    "TC_M_19_CSMS" "GetInstalledCertificateIds: NotFound" ["M03"] => |s| {
        listed(s, Some("ManufacturerRootCertificate"), false).await?;
    }
    "TC_M_20_CSMS" "DeleteCertificate with the hash data that was told" ["M04.FR.07"] => |s| {
        delete(s, "Accepted").await?;
    }
    "TC_M_21_CSMS" "DeleteCertificate: Failed" ["M04.FR.07"] => |s| { delete(s, "Failed").await?; }
    "TC_M_24_CSMS" "The OCSP status of a certificate" ["M06.FR.08"] => |s| {
        s.needs("15118-contracts")?;
        let url = s.value("ocsp_url", "");
        if url.is_empty() {
            return Err(Broken::inconclusive("needs a live OCSP responder: name the values ocsp_url, issuer_name_hash, \
                issuer_key_hash and contract_serial"));
        }
        s.ready().await?;
        let answer = s.call("GetCertificateStatus", json!({ "ocspRequestData": { "hashAlgorithm": "SHA256",
            "issuerNameHash": s.value("issuer_name_hash", ""), "issuerKeyHash": s.value("issuer_key_hash", ""),
            "serialNumber": s.value("contract_serial", ""), "responderURL": url } })).await?;
        is(&answer, "status", "Accepted", "GetCertificateStatus")?;
        let result = answer["ocspResult"].as_str().unwrap_or_default();
        let der = base64::engine::general_purpose::STANDARD.decode(result).unwrap_or_default();
        ensure(der.first() == Some(&0x30), || "ocspResult is no OCSPResponse in base64 of DER (M06.FR.08)".to_owned())?;
    }
    "TC_M_26_CSMS" "A car gets its contract certificate" ["M01"] => |s| {
        contract(s, "Install", json!({})).await?;
    }
    "TC_M_28_CSMS" "A car renews its contract certificate" ["M02"] => |s| {
        contract(s, "Update", json!({})).await?;
    }
}
