//! Calls of the CSMS that are not answered yet.

use ocpp::Version;
use serde_json::{Value, json};

use super::EVERY;
use crate::suite::asking::{Asking, of_hook};
use crate::suite::case::{Broken, Play, cases, ensure};
use crate::suite::stage::{Event, Reply, Stage};

/// A call that any CSMS can make at any time, and its answer.
fn harmless(version: Version) -> (&'static str, Value, Value) {
    match version {
        Version::V16 => (
            "TriggerMessage",
            json!({ "requestedMessage": "StatusNotification", "connectorId": 1 }),
            json!({ "status": "Accepted" }),
        ),
        Version::V201 | Version::V21 => (
            "TriggerMessage",
            json!({ "requestedMessage": "StatusNotification", "evse": { "id": 1, "connectorId": 1 } }),
            json!({ "status": "Accepted" }),
        ),
    }
}

/// Reports go on while the CSMS waits for the station.
async fn reports(s: &mut Stage) -> Play {
    for _ in 0..3 {
        s.heartbeat().await?;
    }
    s.status(1, "Available").await
}

/// No call may come while one is open, though another was asked for.
async fn one_at_a_time(s: &mut Stage, mut asking: Asking) -> Result<Asking, Broken> {
    let deadline = tokio::time::Instant::now() + s.rig.pace.quiet;
    let mut refused = None;
    loop {
        tokio::select! {
            told = asking.wait() => refused = told.err(),
            // Nobody can say then whether the second would have waited.
            () = tokio::time::sleep_until(deadline) => return refused.map_or(Ok(asking), |error| Err(of_hook(error))),
            event = s.event() => match event? {
                Event::Call(heard) => {
                    return Err(Broken::fail(format!(
                        "{} came while another call was not answered yet (J4.1.1)", heard.action
                    )));
                }
                Event::Answer(..) => {}
                Event::Closed => return Err(Broken::fail("the connection was ended while a call was open")),
            },
        }
    }
}

cases! { "Pending" in EVERY;
    "WL_PEND_01" "The CSMS answers while it waits for an answer itself" ["J4.1.1", "citrineos#189"] => |s| {
        s.ready().await?;
        let (action, payload, answer) = harmless(s.version);
        let open = s.ask_open(action, payload).await?;
        reports(s).await.map_err(|broken| broken.while_doing("while the CSMS waits for the station"))?;
        s.answer_open(open, Reply::With(answer)).await?;
    }
    "WL_PEND_02" "The CSMS makes one call at a time: the second waits for the first" ["J4.1.1", "seen in the field"] => |s| {
        s.ready().await?;
        let (action, payload, answer) = harmless(s.version);
        let open = s.ask_open(action, payload.clone()).await?;
        let second = s.wish_for(action, &payload)?;
        let second = one_at_a_time(s, second).await?;
        s.answer_open(open, Reply::With(answer.clone())).await?;
        let open = s.open_of(action, payload, second).await?;
        s.answer_open(open, Reply::With(answer)).await?;
    }
    "WL_PEND_03" "A call that is answered with an error does not disturb the next" ["J4.2.3"] => |s| {
        s.ready().await?;
        let (action, payload, answer) = harmless(s.version);
        let open = s.ask_open(action, payload.clone()).await?;
        s.answer_open(open, Reply::Fault("InternalError")).await?;
        s.heartbeat().await?;
        let open = s.ask_open(action, payload).await?;
        s.answer_open(open, Reply::With(answer)).await?;
        ensure(s.link.is_some(), || "the connection was ended".to_owned())?;
    }
    "WL_PEND_04" "The connection ends while the CSMS waits: after the reconnect its calls come through" ["J4.1.1", "ocpp-go#314"] => |s| {
        s.ready().await?;
        let (action, payload, answer) = harmless(s.version);
        let open = s.ask_open(action, payload.clone()).await?;
        s.cut();
        drop(open);
        s.connect().await?;
        s.heartbeat().await?;
        let open = s.ask_open(action, payload).await?;
        s.answer_open(open, Reply::With(answer)).await?;
    }
}
