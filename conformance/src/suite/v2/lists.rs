//! D: local authorization lists.

use serde_json::{Value, json};

use super::BOTH;
use crate::suite::asking::card;
use crate::suite::case::{Broken, Play, cases, ensure};
use crate::suite::rig::TokenKind;
use crate::suite::stage::Stage;

/// One entry that may charge.
pub(crate) fn entry(token: &str) -> Value {
    json!({ "idToken": card(token), "idTokenInfo": { "status": "Accepted" } })
}

/// A list has to have this token, with its idTokenInfo.
fn holds(sent: &Value, token: &str) -> Play {
    let found = found(sent, token);
    let status = found.and_then(|entry| entry["idTokenInfo"]["status"].as_str()).unwrap_or("none");
    ensure(status == "Accepted", || {
        format!("the list has the token {token} with status {status}, not Accepted (D01)")
    })
}

/// The entry of a token.
fn found<'a>(sent: &'a Value, token: &str) -> Option<&'a Value> {
    let is = |entry: &&Value| {
        entry["idToken"]["idToken"].as_str().is_some_and(|found| found.eq_ignore_ascii_case(token))
    };
    sent["localAuthorizationList"].as_array().into_iter().flatten().find(is)
}

/// A full list of one token: its version.
async fn full(s: &mut Stage) -> Result<i64, Broken> {
    let token = s.valid().await?;
    let list = format!("?list {}", json!([entry(&token)]));
    let sent = s
        .ask_status(
            "SendLocalList",
            json!({ "versionNumber": "?int 1", "updateType": "Full",
        "localAuthorizationList": list }),
            "Accepted",
        )
        .await?;
    holds(&sent, &token)?;
    let bare = sent["localAuthorizationList"].as_array().into_iter().flatten();
    let bare = bare.filter(|entry| entry.get("idTokenInfo").is_none()).count();
    ensure(bare == 0, || "an entry of a full list has no idTokenInfo (D01)".to_owned())?;
    Ok(sent["versionNumber"].as_i64().unwrap_or_default())
}

/// A difference has to have a higher version than what the station holds.
fn above(sent: &Value, before: i64) -> Play {
    let version = sent["versionNumber"].as_i64().unwrap_or_default();
    ensure(version > before, || format!("version {version} is not above the station's {before} (D01.FR.19)"))
}

async fn version(s: &mut Stage, number: i64) -> Play {
    s.ready().await?;
    s.ask("GetLocalListVersion", json!({}), json!({ "versionNumber": number })).await?;
    s.heartbeat().await
}

cases! { "D" in BOTH;
    "TC_D_01_CSMS" "SendLocalList in full" ["D01.FR.18"] => |s| {
        s.ready().await?;
        full(s).await?;
        s.heartbeat().await?;
    }
    "TC_D_02_CSMS" "SendLocalList of a difference that adds" ["D01.FR.19"] => |s| {
        s.ready().await?;
        let before = full(s).await?;
        let (token, other) = (s.valid().await?, s.token(TokenKind::Other).await?);
        let sent = s.ask_status("SendLocalList", json!({ "versionNumber": format!("?int {}", before + 1),
            "updateType": "Differential", "localAuthorizationList": format!("?list {}", json!([entry(&other)])) }),
            "Accepted").await?;
        above(&sent, before)?;
        holds(&sent, &other)?;
        ensure(found(&sent, &token).is_none(), || {
            format!("the difference has {token} too, which is in the list already (D01)")
        })?;
    }
    "TC_D_03_CSMS" "SendLocalList of a difference that removes: no idTokenInfo" ["D01.FR.17"] => |s| {
        s.ready().await?;
        let before = full(s).await?;
        let token = s.valid().await?;
        let sent = s.ask_status("SendLocalList", json!({ "versionNumber": format!("?int {}", before + 1),
            "updateType": "Differential",
            "localAuthorizationList": [{ "idToken": card(&token), "idTokenInfo": "?absent" }] }), "Accepted").await?;
        above(&sent, before)?;
    }
    "TC_D_04_CSMS" "SendLocalList in full without entries empties the list" ["D01"] => |s| {
        s.ready().await?;
        s.ask_status("SendLocalList", json!({ "versionNumber": "?int 1", "updateType": "Full",
            "localAuthorizationList": "?absent" }), "Accepted").await?;
        s.heartbeat().await?;
    }
    "TC_D_08_CSMS" "GetLocalListVersion of a list" ["D02"] => |s| { version(s, 7).await?; }
    "TC_D_09_CSMS" "GetLocalListVersion of no list: 0" ["D02"] => |s| { version(s, 0).await?; }
}
