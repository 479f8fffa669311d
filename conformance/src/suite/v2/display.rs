//! O: display messages.

use serde_json::{Value, json};

use super::BOTH;
use crate::suite::case::{Broken, Play, cases, ensure};
use crate::suite::stage::Stage;
use crate::suite::verbs2::merge;

/// SetDisplayMessage, answered so.
pub(crate) async fn set(s: &mut Stage, status: &str, more: Value) -> Result<Value, Broken> {
    let mut message = json!({ "id": "?int 1", "priority": "?one NormalCycle|InFront|AlwaysFront",
        "message": { "format": "?one UTF8|ASCII|HTML|URI|QRCODE", "content": "?text Welcome" } });
    merge(&mut message, more);
    s.ask_status("SetDisplayMessage", json!({ "message": message }), status).await
}

/// A message that the station takes, or refuses for this reason, in or beside a transaction.
async fn shown(s: &mut Stage, status: &str, running: bool, more: Value) -> Play {
    s.ready().await?;
    if !running {
        set(s, status, more).await?;
        return s.heartbeat().await;
    }
    let token = s.valid().await?;
    let mut tx = s.begin(1, &token).await?;
    let mut with = json!({ "transactionId": tx.id });
    merge(&mut with, more);
    set(s, status, with).await?;
    s.stop(&mut tx, &token).await.map(drop)
}

/// GetDisplayMessages by these criteria; the station has two that fit, or none.
async fn list(s: &mut Stage, criteria: Value, found: bool) -> Play {
    s.ready().await?;
    let mut template = json!({ "requestId": "?int 1" });
    for field in ["id", "priority", "state"] {
        template[field] = criteria.get(field).cloned().unwrap_or_else(|| "?absent".into());
    }
    let status = if found { "Accepted" } else { "Unknown" };
    let asked = s.ask_status("GetDisplayMessages", template, status).await?;
    let id = s.request_id(&asked)?;
    for number in (1..=2).filter(|_| found) {
        s.call(
            "NotifyDisplayMessages",
            json!({ "requestId": id, "tbc": number == 1, "messageInfo": [{ "id": number,
            "priority": "NormalCycle", "message": { "format": "UTF8", "content": "Welcome" } }] }),
        )
        .await?;
    }
    s.heartbeat().await
}

async fn clear(s: &mut Stage, status: &str) -> Play {
    s.ready().await?;
    let id = match status {
        "Accepted" => set(s, "Accepted", json!({})).await?["message"]["id"].clone(),
        _ => "?int 4711".into(),
    };
    s.ask_status("ClearDisplayMessage", json!({ "id": id }), status).await?;
    s.heartbeat().await
}

cases! { "O" in BOTH;
    "TC_O_01_CSMS" "A message is shown" ["O01"] => |s| { shown(s, "Accepted", false, json!({})).await?; }
    "TC_O_02_CSMS" "All messages are listed: only the request is named" ["O03"] => |s| {
        list(s, json!({}), true).await?;
    }
    "TC_O_03_CSMS" "All messages are listed, and there are none" ["O03"] => |s| {
        list(s, json!({}), false).await?;
    }
    "TC_O_04_CSMS" "A message is cleared by its id" ["O05"] => |s| { clear(s, "Accepted").await?; }
    "TC_O_05_CSMS" "A message that the station does not know is cleared" ["O05"] => |s| {
        clear(s, "Unknown").await?;
    }
    "TC_O_06_CSMS" "A message for a transaction names it" ["O02"] => |s| {
        shown(s, "Accepted", true, json!({})).await?;
    }
    "TC_O_07_CSMS" "Messages are listed by id" ["O04"] => |s| {
        list(s, json!({ "id": "?list [1]" }), true).await?;
    }
    "TC_O_08_CSMS" "Messages are listed by priority" ["O04"] => |s| {
        list(s, json!({ "priority": "?one NormalCycle|InFront|AlwaysFront" }), true).await?;
    }
    "TC_O_09_CSMS" "Messages are listed by state" ["O04"] => |s| {
        list(s, json!({ "state": "?one Charging|Idle|Faulted|Unavailable" }), true).await?;
    }
    "TC_O_11_CSMS" "Messages are listed by an id that the station does not know" ["O04"] => |s| {
        list(s, json!({ "id": "?list [4711]" }), false).await?;
    }
    "TC_O_10_CSMS" "A message for a transaction that does not run" ["O02"] => |s| {
        shown(s, "UnknownTransaction", false, json!({ "transactionId": "?text none-that-runs" })).await?;
    }
    "TC_O_12_CSMS" "A message is replaced: the same id twice" ["O06"] => |s| {
        s.ready().await?;
        let first = set(s, "Accepted", json!({})).await?;
        let id = first["message"]["id"].clone();
        let second = set(s, "Accepted", json!({ "id": id, "message": { "content": "?text Goodbye" } })).await?;
        ensure(first["message"]["message"] != second["message"]["message"], || {
            "the message that replaces is the same as the first".to_owned()
        })?;
    }
    "TC_O_13_CSMS" "A message from a time on" ["O01"] => |s| {
        shown(s, "Accepted", false, json!({ "startDateTime": "?time +60" })).await?;
    }
    "TC_O_14_CSMS" "A message up to a time" ["O01"] => |s| {
        shown(s, "Accepted", false, json!({ "endDateTime": "?time +60" })).await?;
    }
    "TC_O_17_CSMS" "A message whose priority the station does not have" ["O01"] => |s| {
        shown(s, "NotSupportedPriority", false, json!({ "priority": "?one AlwaysFront|InFront|NormalCycle" })).await?;
    }
    "TC_O_18_CSMS" "A message whose state the station does not have" ["O01"] => |s| {
        shown(s, "NotSupportedState", false, json!({ "state": "?one Charging|Idle|Faulted|Unavailable" })).await?;
    }
    "TC_O_19_CSMS" "A message whose format the station does not have" ["O01"] => |s| {
        shown(s, "NotSupportedMessageFormat", false, json!({})).await?;
    }
    "TC_O_25_CSMS" "A message for a state" ["O01"] => |s| {
        shown(s, "Accepted", false, json!({ "state": "?one Charging|Idle|Faulted|Unavailable" })).await?;
    }
    "TC_O_26_CSMS" "A message that the station refuses" ["O01"] => |s| {
        shown(s, "Rejected", false, json!({})).await?;
    }
    "TC_O_27_CSMS" "A message for a transaction, from a time on" ["O02", "O01"] => |s| {
        shown(s, "Accepted", true, json!({ "startDateTime": "?time +60" })).await?;
    }
    "TC_O_28_CSMS" "A message for a transaction, up to a time" ["O02", "O01"] => |s| {
        shown(s, "Accepted", true, json!({ "endDateTime": "?time +60" })).await?;
    }
}
