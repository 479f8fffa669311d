//! Local authorization lists.

use ocpp::Version;
use serde_json::{Value, json};

use crate::suite::case::{Play, cases, ensure};
use crate::suite::stage::Stage;

/// A full list of one tag, and the station's word on it.
async fn full_list(s: &mut Stage, status: &str) -> Play {
    s.ready().await?;
    let tag = s.valid().await?;
    let list = json!({ "listVersion": "?int 1", "updateType": "Full", "localAuthorizationList":
        "?list ".to_owned() + &json!([{ "idTag": tag, "idTagInfo": { "status": "Accepted" } }]).to_string() });
    let sent = s.ask_status("SendLocalList", list, status).await?;
    holds(&sent, &tag)?;
    ensure(bare(&sent) == 0, || "an entry of a full list has no idTagInfo (§5.15)".to_owned())?;
    s.heartbeat().await
}

/// A list has to have this tag, with its idTagInfo.
fn holds(sent: &Value, tag: &str) -> Play {
    let status = found(sent, tag).and_then(|entry| entry["idTagInfo"]["status"].as_str()).unwrap_or("none");
    ensure(status == "Accepted", || {
        format!("the list has the tag {tag} with status {status}, not Accepted (§5.15)")
    })
}

/// The entry of a tag.
fn found<'a>(sent: &'a Value, tag: &str) -> Option<&'a Value> {
    let is = |entry: &&Value| entry["idTag"].as_str().is_some_and(|found| found.eq_ignore_ascii_case(tag));
    sent["localAuthorizationList"].as_array().into_iter().flatten().find(is)
}

/// How many entries have no idTagInfo.
fn bare(list: &Value) -> usize {
    let entries = list["localAuthorizationList"].as_array().into_iter().flatten();
    entries.filter(|entry| entry.get("idTagInfo").is_none()).count()
}

async fn version(s: &mut Stage, number: i64) -> Play {
    s.ready().await?;
    s.ask("GetLocalListVersion", json!({}), json!({ "listVersion": number })).await?;
    s.heartbeat().await
}

cases! { "LocalAuthListManagement" in &[Version::V16];
    "TC_042_1_CSMS" "GetLocalListVersion of a station that has no lists: -1" ["§5.10"] => |s| { version(s, -1).await?; }
    "TC_042_2_CSMS" "GetLocalListVersion of an empty list: 0" ["§5.10"] => |s| { version(s, 0).await?; }
    "TC_043_1_CSMS" "SendLocalList: NotSupported" ["§5.15"] => |s| { full_list(s, "NotSupported").await?; }
    "TC_043_3_CSMS" "SendLocalList: Failed" ["§5.15"] => |s| { full_list(s, "Failed").await?; }
    "TC_043_4_CSMS" "SendLocalList in full: each entry has its idTagInfo" ["§5.15"] => |s| {
        full_list(s, "Accepted").await?;
    }
    "TC_043_5_CSMS" "SendLocalList of a difference: a higher version" ["§5.15"] => |s| {
        s.ready().await?;
        let (tag, other) = (s.valid().await?, s.token(crate::suite::rig::TokenKind::Other).await?);
        let entry = |tag: &str| json!([{ "idTag": tag, "idTagInfo": { "status": "Accepted" } }]);
        let full = s.ask_status("SendLocalList", json!({ "listVersion": "?int 1", "updateType": "Full",
            "localAuthorizationList": "?list ".to_owned() + &entry(&tag).to_string() }), "Accepted").await?;
        let before = full["listVersion"].as_i64().unwrap_or_default();
        let change = s.ask_status("SendLocalList", json!({ "listVersion": format!("?int {}", before + 1),
            "updateType": "Differential", "localAuthorizationList": "?list ".to_owned() + &entry(&other).to_string() }),
            "Accepted").await?;
        let after = change["listVersion"].as_i64().unwrap_or_default();
        ensure(after > before, || format!("version {after} of the difference is not above {before}"))?;
        holds(&change, &other)?;
        ensure(found(&change, &tag).is_none(), || {
            format!("the difference has {tag} too, which is in the list already (§5.15)")
        })?;
    }
}
