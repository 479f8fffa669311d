//! C: authorization.

use serde_json::{Value, json};

use super::BOTH;
use crate::suite::asking::card;
use crate::suite::case::{Broken, Play, cases, ensure};
use crate::suite::rig::TokenKind;
use crate::suite::stage::Stage;
use crate::suite::verbs16::{is, one_of};

/// Authorize of a token that may not charge.
async fn turned_away(s: &mut Stage, kind: TokenKind, statuses: &[&str]) -> Play {
    s.ready().await?;
    let token = s.token(kind).await?;
    let info = s.authorize(&token).await?;
    one_of(&info, "status", statuses, "Authorize")
}

/// The answer has to accept, and to name this group.
fn in_group(info: &Value, group: &str, what: &str) -> Play {
    is(info, "status", "Accepted", what)?;
    let told = info["groupIdToken"]["idToken"].as_str().unwrap_or("nothing").to_owned();
    ensure(told.eq_ignore_ascii_case(group), || {
        format!("{what} names the group {told} instead of {group} (C09.FR.12)")
    })
}

/// A session that one token of a group starts and another one stops; `authorize`: both are asked about first.
async fn group_session(s: &mut Stage, authorize: bool) -> Play {
    s.ready().await?;
    let (first, second) = (s.token(TokenKind::GroupA).await?, s.token(TokenKind::GroupB).await?);
    let group = s.group();
    if authorize {
        let info = s.authorize(&first).await?;
        in_group(&info, &group, "Authorize of the first token")?;
    }
    s.status(1, "Occupied").await?;
    let mut tx = s.tx(1);
    let answer =
        s.tell(&mut tx, "Started", "Authorized", "EVConnected", json!({ "idToken": card(&first) })).await?;
    in_group(&answer["idTokenInfo"], &group, "TransactionEvent of the first token")?;
    s.tell(&mut tx, "Updated", "ChargingStateChanged", "Charging", json!({})).await?;
    if authorize {
        let info = s.authorize(&second).await?;
        in_group(&info, &group, "Authorize of the second token")?;
    }
    let answer = s
        .tell(&mut tx, "Updated", "StopAuthorized", "EVConnected", json!({ "idToken": card(&second) }))
        .await?;
    in_group(&answer["idTokenInfo"], &group, "TransactionEvent of the second token")?;
    s.end(&mut tx, "EVCommunicationLost", "Local").await.map(drop)
}

/// Sessions of others, then a token of the master group that ends them.
async fn master(s: &mut Stage, evses: &[u32], authorize: bool) -> Play {
    s.ready().await?;
    let (token, other) = (s.valid().await?, s.token(TokenKind::Other).await?);
    let pass = s.token(TokenKind::Master).await?;
    let group = s.master_group();
    let mut running = Vec::new();
    for (evse, token) in evses.iter().zip([&token, &other]) {
        running.push(s.begin(*evse, token).await?);
    }
    if authorize {
        let info = s.authorize(&pass).await?;
        in_group(&info, &group, "Authorize of the master pass")?;
    }
    for mut tx in running {
        let more = json!({ "idToken": card(&pass) });
        let answer = s.tell(&mut tx, "Updated", "StopAuthorized", "EVConnected", more).await?;
        in_group(&answer["idTokenInfo"], &group, "TransactionEvent of the master pass")?;
        s.end(&mut tx, "StopAuthorized", "MasterPass").await?;
    }
    Ok(())
}

/// A contract: the answer of the CSMS to its certificates.
async fn contract(s: &mut Stage, more: Value, token: &str, certificate: &str) -> Play {
    s.needs("15118-contracts")?;
    s.ready().await?;
    let emaid = s.value("emaid", "DE-WLT-C00000001-1");
    let mut payload = json!({ "idToken": { "idToken": emaid, "type": "eMAID" } });
    crate::suite::verbs2::merge(&mut payload, more);
    let answer = s.call("Authorize", payload).await?;
    is(&answer["idTokenInfo"], "status", token, "Authorize of a contract")?;
    is(&answer, "certificateStatus", certificate, "Authorize of a contract")
}

/// The OCSP data of the contract's chain: the user names it, for only the CSMS's own CA knows what is good or revoked.
fn ocsp(s: &Stage, serial: &str) -> Result<Value, Broken> {
    let url = s.value("ocsp_url", "");
    if url.is_empty() {
        return Err(Broken::inconclusive(
            "needs a live OCSP responder: name its values (ocsp_url, issuer_name_hash, issuer_key_hash, contract_serial, revoked_serial)",
        ));
    }
    Ok(json!({ "iso15118CertificateHashData": [{ "hashAlgorithm": "SHA256",
        "issuerNameHash": s.value("issuer_name_hash", ""), "issuerKeyHash": s.value("issuer_key_hash", ""),
        "serialNumber": s.value(serial, ""), "responderURL": url }] }))
}

cases! { "C" in BOTH;
    "TC_C_02_CSMS" "A token that is not known" ["C01", "C06"] => |s| {
        turned_away(s, TokenKind::Unknown, &["Invalid", "Unknown"]).await?;
    }
    "TC_C_06_CSMS" "A token that is blocked" ["C01", "C06"] => |s| {
        turned_away(s, TokenKind::Blocked, &["Blocked", "Invalid"]).await?;
    }
    "TC_C_07_CSMS" "A token whose time is over" ["C01", "C06"] => |s| {
        turned_away(s, TokenKind::Expired, &["Expired", "Invalid"]).await?;
    }
    "TC_C_08_CSMS" "A token from the station's cache: the transaction tells of it first" ["C12", "E01.FR.11"] => |s| {
        s.ready().await?;
        let token = s.valid().await?;
        s.status(1, "Occupied").await?;
        let mut tx = s.tx(1);
        let more = json!({ "idToken": card(&token) });
        let answer = s.tell(&mut tx, "Started", "Authorized", "EVConnected", more).await?;
        s.accepted(&answer)?;
        s.tell(&mut tx, "Updated", "ChargingStateChanged", "Charging", json!({})).await?;
        s.stop(&mut tx, &token).await?;
    }
    "TC_C_20_CSMS" "A token that the station's cache holds for good, and is not" ["C10", "E01.FR.11"] => |s| {
        s.ready().await?;
        let token = s.token(TokenKind::Unknown).await?;
        s.status(1, "Occupied").await?;
        let mut tx = s.tx(1);
        let more = json!({ "idToken": card(&token) });
        let answer = s.tell(&mut tx, "Started", "Authorized", "EVConnected", more).await?;
        one_of(&answer["idTokenInfo"], "status", &["Invalid", "Unknown"], "TransactionEvent")?;
        s.end(&mut tx, "Deauthorized", "DeAuthorized").await?;
    }
    "TC_C_37_CSMS" "ClearCache: Accepted" ["C11"] => |s| {
        s.ready().await?;
        s.ask_status("ClearCache", json!({}), "Accepted").await?;
        s.heartbeat().await?;
    }
    "TC_C_38_CSMS" "ClearCache: Rejected" ["C11"] => |s| {
        s.ready().await?;
        s.ask_status("ClearCache", json!({}), "Rejected").await?;
        s.heartbeat().await?;
    }
    "TC_C_39_CSMS" "A group: one token starts, another stops, and each answer names the group" ["C09.FR.12"] => |s| {
        group_session(s, true).await?;
    }
    "TC_C_40_CSMS" "A group from the local list: only the transaction tells of its tokens" ["C09.FR.12", "C13"] => |s| {
        group_session(s, false).await?;
    }
    "TC_C_43_CSMS" "A token that the local list holds invalid: the CSMS is asked, and accepts with the group" ["C09.FR.12", "C14"] => |s| {
        group_session(s, true).await?;
    }
    "TC_C_47_CSMS" "A master pass ends the sessions of others" ["C16", "C09.FR.12"] => |s| {
        master(s, &[1, 2], true).await?;
    }
    "TC_C_48_CSMS" "A master pass from the station's cache or list" ["C16", "C09.FR.12"] => |s| {
        master(s, &[1], false).await?;
    }
    "TC_C_49_CSMS" "A master pass without a screen: all sessions end" ["C16", "C09.FR.12"] => |s| {
        master(s, &[1, 2], false).await?;
    }
    "TC_C_50_CSMS" "A contract whose chain is good, by OCSP" ["C07.FR.05"] => |s| {
        s.needs("15118-contracts")?;
        let more = ocsp(s, "contract_serial")?;
        contract(s, more, "Accepted", "Accepted").await?;
    }
    "TC_C_51_CSMS" "A contract whose certificate was revoked" ["C07.FR.05", "C07.FR.16"] => |s| {
        s.needs("15118-contracts")?;
        let more = ocsp(s, "revoked_serial")?;
        contract(s, more, "Invalid", "CertificateRevoked").await?;
    }
    "TC_C_52_CSMS" "A contract whose whole chain the CSMS looks at" ["C07"] => |s| {
        s.needs("15118-contracts")?;
        let chain = s.value("contract_chain", "");
        if chain.is_empty() {
            return Err(Broken::inconclusive("needs the chain of a contract: name it as the value contract_chain (PEM)"));
        }
        contract(s, json!({ "certificate": chain }), "Accepted", "Accepted").await?;
    }
}
