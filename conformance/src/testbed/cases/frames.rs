//! Frames that break rules, and how a station takes them.

use ocpp::Version;
use serde_json::{Value, json};

use crate::frame;
use crate::suite::case::{Broken, Play, ensure};
use crate::suite::stage::Reply;
use crate::testbed::bed::Bed;

/// What may be said of a payload that breaks its schema.
const WRONG: [&str; 9] = [
    "FormationViolation",
    "FormatViolation",
    "PropertyConstraintViolation",
    "OccurenceConstraintViolation",
    "OccurrenceConstraintViolation",
    "TypeConstraintViolation",
    "ProtocolError",
    "RpcFrameworkError",
    "GenericError",
];

pub(super) mod ours {
    use super::{Broken, Reply, Value, Version, alive, ensure, frame, json, refused};
    crate::suite::case::cases! {
        Station; "Frames" in &[Version::V16, Version::V201, Version::V21];
        "WL_CS_FRAME_01" "An action that OCPP does not have: NotImplemented, or NotSupported" ["J4.3"] => |b| {
            let id = b.begin("MakeCoffee", &json!({})).await?;
            refused(b.answer_to(&id, "MakeCoffee").await?, &["NotImplemented", "NotSupported"])?;
            alive(b).await?;
        }
        "WL_CS_FRAME_02" "A field of the wrong type" ["J4.3"] => |b| {
            let payload = json!({ "type": 7 });
            let id = b.begin("Reset", &payload).await?;
            refused(b.answer_to(&id, "Reset").await?, &super::WRONG)?;
            alive(b).await?;
        }
        "WL_CS_FRAME_03" "A field that is missing" ["J4.3"] => |b| {
            let id = b.begin("Reset", &json!({})).await?;
            refused(b.answer_to(&id, "Reset").await?, &super::WRONG)?;
            alive(b).await?;
        }
        "WL_CS_FRAME_04" "A word that is none of its list" ["J4.3"] => |b| {
            let id = b.begin("Reset", &json!({ "type": "Gently" })).await?;
            refused(b.answer_to(&id, "Reset").await?, &super::WRONG)?;
            alive(b).await?;
        }
        "WL_CS_FRAME_05" "Message ids come back as they were, up to 36 characters" ["J4.1.4"] => |b| {
            let id = format!("wl é/{:030}", b.connections).chars().take(36).collect::<String>();
            b.expect_answer_to(&id, "DataTransfer");
            b.send_text(&frame::call(&id, "DataTransfer", &json!({ "vendorId": "org.example.nobody" }))).await?;
            // A result or a CALLERROR: under this id.
            let answer = b.answer_to(&id, "DataTransfer").await?;
            b.note(&format!("answered under its id: {}", if answer.is_ok() { "with a result" } else { "with a CALLERROR" }));
        }
        "WL_CS_FRAME_06" "Rubbish does not harm: no JSON, no frame, an unknown kind of message" ["J4.2"] => |b| {
            for text in ["{not json", "[]", "[2]", "{\"a\":1}", "[9,\"x\",{}]", "\"text\""] {
                b.send_text(text).await?;
            }
            let quiet = b.pace().quiet / 2;
            b.listen(quiet).await?;
            alive(b).await?;
        }
        "WL_CS_FRAME_07" "Answers that nobody asked for are passed over" ["J4.2"] => |b| {
            b.send_text(&frame::result("nobody-asked", &json!({}))).await?;
            b.send_text(&frame::error("nobody-asked-either", "InternalError", "")).await?;
            alive(b).await?;
        }
        "WL_CS_FRAME_08" "One call at a time: while one waits for its answer no other is sent, and the CSMS's are answered" ["J4.1.1"] => |b| {
            b.hold("Heartbeat");
            let status = b.trigger("Heartbeat", None).await?;
            ensure(status == "Accepted", || format!("TriggerMessage of Heartbeat is answered {status}"))?;
            let patience = b.pace().follow_up;
            let held = b.await_call("Heartbeat", &json!({}), patience).await?;
            let held = held.map_err(|_| Broken::fail("no Heartbeat after TriggerMessage"))?;
            let status = b.trigger("StatusNotification", Some(1)).await?;
            ensure(status == "Accepted", || format!("TriggerMessage of StatusNotification is answered {status}"))?;
            let quiet = b.pace().quiet;
            b.never(&["StatusNotification"], quiet, "while Heartbeat waits for its answer").await?;
            b.release("Heartbeat", &held).await?;
            b.expect("StatusNotification", json!({}), "once Heartbeat is answered").await?;
        }
        "WL_CS_FRAME_09" "After a CALLERROR to one of its calls the station goes on" ["J4.2.3"] => |b| {
            b.plan("Heartbeat", vec![Reply::Fault("InternalError")]);
            b.triggered("Heartbeat", None, json!({})).await?;
            b.triggered("Heartbeat", None, json!({})).await?;
        }
        "WL_CS_FRAME_10" "A message far longer than any of OCPP does not take the station down" ["J4.1.3"] => |b| {
            b.leaving = true;
            let data: Value = "x".repeat(512 * 1024).into();
            let payload = json!({ "vendorId": "org.example.nobody", "data": data });
            b.begin("DataTransfer", &payload).await?;
            let quiet = b.pace().quiet;
            b.listen(quiet).await?;
            if !b.is_online() {
                b.back("after a message that it did not want to read").await?;
            }
            alive(b).await?;
        }
    }
}

pub(super) mod new {
    use super::{Version, ensure, json};
    crate::suite::case::cases! {
        Station; "P" in &[Version::V201, Version::V21];
        "WL_CS_FRAME_11" "customData of a vendor that the station does not know is passed over" ["P02"] => |b| {
            let answer = b.ask("GetVariables", json!({ "customData": { "vendorId": "org.example.nobody", "more": 1 },
                "getVariableData": [{ "component": { "name": "OCPPCommCtrlr" }, "variable": { "name": "HeartbeatInterval" } }] })).await?;
            let results = answer["getVariableResult"].as_array().map_or(0, Vec::len);
            ensure(results == 1, || format!("one variable was asked for, {results} came back"))?;
        }
    }
}

/// The answer has to be a CALLERROR of one of these codes.
fn refused(answer: Result<Value, crate::CallError>, codes: &[&str]) -> Play {
    match answer {
        Ok(answer) => Err(Broken::fail(format!("it was answered {answer} instead of a CALLERROR"))),
        Err(error) => ensure(codes.contains(&error.code.as_str()), || {
            format!("the CALLERROR is {} instead of {}", error.code, codes.join(" or "))
        }),
    }
}

/// The station still answers, on the same connection.
async fn alive(b: &mut Bed) -> Play {
    let answer = b.try_ask("DataTransfer", json!({ "vendorId": "org.example.nobody" })).await?;
    b.note(&format!(
        "the station still answers: {}",
        if answer.is_ok() { "with a result" } else { "with a CALLERROR" }
    ));
    Ok(())
}
