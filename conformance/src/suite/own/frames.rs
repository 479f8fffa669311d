//! Frames that are wrong: each gets its error code, and the connection lives on.

use ocpp::Version;
use serde_json::{Value, json};

use super::EVERY;
use crate::frame::CallError;
use crate::suite::case::{Broken, Play, cases, ensure};
use crate::suite::entry::now;
use crate::suite::stage::Stage;

/// Sends a call that breaks rules on purpose: the answer.
pub(super) async fn broken_call(
    s: &mut Stage,
    action: &str,
    payload: Value,
) -> Result<Result<Value, CallError>, Broken> {
    let id = s.begin_unchecked(action, &payload).await?;
    s.answer_to(&id, action).await
}

/// The answer has to be a CALLERROR of one of these codes, spelled so.
async fn refused(s: &mut Stage, action: &str, payload: Value, codes: &[&str]) -> Play {
    match broken_call(s, action, payload).await? {
        Ok(answer) => {
            Err(Broken::fail(format!("{action} was answered {answer} instead of {}", codes.join(" or "))))
        }
        Err(error) => ensure(codes.contains(&error.code.as_str()), || {
            format!("{action} was answered {} instead of {}", error.code, codes.join(" or "))
        }),
    }?;
    s.heartbeat().await
}

/// The kind of the answer to the message with this id (3 or 4), passing over all else that comes.
pub(super) async fn answer_kind(s: &mut Stage, id: &Value) -> Option<i64> {
    loop {
        let text = s.raw_text(s.rig.pace.answer).await?;
        let parts: Value = serde_json::from_str(&text).unwrap_or_default();
        let kind = parts[0].as_i64().filter(|kind| [3, 4].contains(kind));
        if kind.is_some() && parts[1] == *id {
            return kind;
        }
    }
}

/// A text that is no proper frame: whatever comes back, Heartbeat is answered after.
async fn survives(s: &mut Stage, text: &str) -> Play {
    s.send_text(text).await?;
    let id = s.begin_unchecked("Heartbeat", &json!({})).await?;
    // A CALLERROR for what was broken may come first, with an id that nobody can know.
    let kind = answer_kind(s, &id.into()).await;
    ensure(kind == Some(3), || "Heartbeat is not answered any more".to_owned())
}

/// A status that is complete.
fn status(version: Version) -> Value {
    match version {
        Version::V16 => json!({ "connectorId": 1, "status": "Available", "errorCode": "NoError" }),
        Version::V201 | Version::V21 => {
            json!({ "timestamp": now(), "connectorStatus": "Available", "evseId": 1, "connectorId": 1 })
        }
    }
}

cases! { "Frames" in EVERY;
    "WL_FRAME_01" "An action that the version does not have: NotImplemented" ["J4.3"] => |s| {
        s.ready().await?;
        refused(s, "MakeCoffee", json!({}), &["NotImplemented"]).await?;
    }
    "WL_FRAME_02" "An action that only a CSMS may send: NotImplemented or NotSupported" ["J4.3"] => |s| {
        s.ready().await?;
        refused(s, "Reset", json!({ "type": "Immediate" }), &["NotImplemented", "NotSupported"]).await?;
    }
    "WL_FRAME_03" "A field is missing: the code for occurrence" ["J4.3"] => |s| {
        s.ready().await?;
        let mut payload = status(s.version);
        payload.as_object_mut().map(|fields| fields.remove("connectorId"));
        let codes: &[&str] = match s.version {
            Version::V16 => &["OccurenceConstraintViolation", "ProtocolError"],
            _ => &["OccurrenceConstraintViolation"],
        };
        refused(s, "StatusNotification", payload, codes).await?;
    }
    "WL_FRAME_04" "A field has another type, beyond repair: the code for types" ["J4.3"] => |s| {
        s.ready().await?;
        let mut payload = status(s.version);
        payload["connectorId"] = json!({ "number": [1] });
        refused(s, "StatusNotification", payload, &["TypeConstraintViolation"]).await?;
    }
    "WL_FRAME_05" "The payload is no object: the code for the form" ["J4.3"] => |s| {
        s.ready().await?;
        let codes: &[&str] = match s.version {
            Version::V16 => &["FormationViolation", "ProtocolError", "TypeConstraintViolation"],
            _ => &["FormatViolation", "RpcFrameworkError", "TypeConstraintViolation"],
        };
        refused(s, "Heartbeat", json!("now"), codes).await?;
    }
    "WL_FRAME_06" "Text that is no JSON: the connection lives on" ["J4.1.3"] => |s| {
        s.ready().await?;
        survives(s, "[2,\"broken\",\"Heartbeat\",{").await?;
    }
    "WL_FRAME_07" "A kind of message that does not exist: the connection lives on" ["J4.1.3"] => |s| {
        s.ready().await?;
        survives(s, "[9,\"nine\",\"Heartbeat\",{}]").await?;
    }
    "WL_FRAME_08" "An answer that nobody asked for: the connection lives on" ["J4.2.2"] => |s| {
        s.ready().await?;
        survives(s, "[3,\"nobody-asked\",{\"status\":\"Accepted\"}]").await?;
        survives(s, "[4,\"nobody-asked\",\"GenericError\",\"\",{}]").await?;
    }
    "WL_FRAME_09" "A message id of more than 36 characters: refused as malformed, or echoed; the connection lives on" ["J4.1.4"] => |s| {
        s.ready().await?;
        let id = "x".repeat(50);
        survives(s, &json!([2, id, "Heartbeat", {}]).to_string()).await?;
    }
    "WL_FRAME_10" "The same message twice, with the same id: both are answered" ["J4.1.4"] => |s| {
        s.ready().await?;
        let id = json!(format!("twice-{:08x}", rand::random::<u32>()));
        let text = json!([2, id, "StatusNotification", status(s.version)]).to_string();
        for _ in 0..2 {
            s.send_text(&text).await?;
            let kind = answer_kind(s, &id).await;
            ensure(kind == Some(3), || "the message was not answered with a result".to_owned())?;
        }
        s.heartbeat().await?;
    }
    "WL_FRAME_11" "A firmware status that nobody asked for is taken" ["citrineos#216", "L01"] => |s| {
        s.ready().await?;
        s.call("FirmwareStatusNotification", json!({ "status": "Idle" })).await?;
    }
}
