//! Calls both ways: one of theirs handled, one of ours on the wire, everything with an end.

use crate::{
    client::{Client, Seen, frame, request},
    house::{House, until, within},
};
use csms::{
    link::hub::AskError,
    model::StationId,
    store::{events, row::StationRow},
};
use futures::SinkExt;
use ocpp::ErrorCode;
use serde_json::{Value, json};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(10);

fn cp1() -> StationId {
    "CP1".into()
}

/// Asks the station in the background.
fn ask(
    house: &House,
    action: &'static str,
    payload: Value,
    timeout: Duration,
) -> tokio::task::JoinHandle<Result<Value, AskError>> {
    let app = house.app.clone();
    tokio::spawn(async move { app.hub.ask(&cp1(), action, payload, timeout).await })
}

async fn online(house: &House) {
    until(|| house.app.hub.online(&cp1())).await;
}

#[tokio::test]
async fn a_station_that_hurries_is_answered_in_order() {
    let house = House::open(|_| {}).await;
    let mut client = house.link("CP1").await;
    let calls: Vec<u8> =
        (0..50).flat_map(|n| frame(0x81, format!(r#"[2,"{n}","Heartbeat",{{}}]"#).as_bytes())).collect();
    client.write(&calls).await;
    for n in 0..50 {
        let answer = client.message().await;
        assert_eq!((&answer[0], &answer[1]), (&json!(3), &json!(n.to_string())));
    }
    let info = house.app.hub.info(&cp1()).unwrap();
    assert_eq!((info.received, info.sent), (50, 50));
}

#[tokio::test]
async fn one_call_of_ours_at_a_time_and_theirs_in_between() {
    let house = House::open(|config| config.ocpp.call_queue_max = 1).await;
    let mut client = house.link("CP1").await;
    online(&house).await;
    let first = ask(&house, "ClearCache", json!({}), LONG);
    let call = client.message().await;
    assert_eq!((&call[0], &call[2]), (&json!(2), &json!("ClearCache")));
    let station = cp1();
    let mut second = Box::pin(house.app.hub.ask(&station, "Reset", json!({"type": "Soft"}), LONG));
    assert!(futures::poll!(&mut second).is_pending());
    let third = house.app.hub.ask(&station, "ClearCache", json!({}), LONG).await;
    assert_eq!(third, Err(AskError::QueueFull));
    // Only theirs goes through while ours is open.
    assert_eq!(client.call(r#"[2,"x","Heartbeat",{}]"#).await[1], "x");
    let answered = client.call(&json!([3, call[1], {"status": "Accepted"}]).to_string()).await;
    assert_eq!(answered[2], "Reset", "the next call follows the answer");
    assert_ne!(answered[1], call[1]);
    client.say(&json!([4, answered[1], "NotSupported", "no", {}]).to_string()).await;
    assert_eq!(within(first).await.unwrap(), Ok(json!({"status": "Accepted"})));
    let Err(AskError::Refused(fault)) = within(second).await else { panic!("refused") };
    assert_eq!((fault.code, fault.description.as_str()), (ErrorCode::NotSupported, "no"));
}

#[tokio::test]
async fn what_is_not_answered_in_time_frees_the_line_and_late_answers_are_ignored() {
    let house = House::open(|_| {}).await;
    let mut client = house.link("CP1").await;
    online(&house).await;
    let held = ask(&house, "ClearCache", json!({}), LONG);
    let call = client.message().await;
    // Queued behind it, and given up before it could be sent.
    let queued = house.app.hub.ask(&cp1(), "Reset", json!({"type": "Hard"}), Duration::from_millis(50)).await;
    assert_eq!(queued, Err(AskError::NotSent));
    client.say(&json!([3, call[1], {"status": "Accepted"}]).to_string()).await;
    assert_eq!(within(held).await.unwrap(), Ok(json!({"status": "Accepted"})));
    let slow = ask(&house, "ClearCache", json!({}), Duration::from_millis(400));
    let call = client.message().await;
    assert_eq!(call[2], "ClearCache", "the one that was given up is never sent");
    assert_eq!(within(slow).await.unwrap(), Err(AskError::Timeout));
    client.say(&json!([3, call[1], {"status": "Accepted"}]).to_string()).await;
    let next = ask(&house, "ClearCache", json!({}), LONG);
    let call = client.message().await;
    client.say(&json!([3, "nobody asked", {}]).to_string()).await;
    client.say(&json!([3, call[1], {"status": "Rejected"}]).to_string()).await;
    assert_eq!(within(next).await.unwrap(), Ok(json!({"status": "Rejected"})));
    assert_eq!(client.call(r#"[2,"1","Heartbeat",{}]"#).await[0], 3);
}

#[tokio::test]
async fn payloads_of_ours_and_answers_of_theirs_are_checked() {
    let house = House::open(|_| {}).await;
    house
        .register(StationRow { id: "CP1".into(), validation: "strict".into(), ..StationRow::default() })
        .await;
    let mut client = house.again("CP1", "ocpp2.1").await;
    online(&house).await;
    for (action, payload, code) in [
        ("Reset", json!({}), ErrorCode::OccurrenceConstraintViolation),
        ("Reset", json!({"type": "Someday"}), ErrorCode::PropertyConstraintViolation),
        ("BootNotification", json!({}), ErrorCode::NotSupported),
        ("Fly", json!({}), ErrorCode::NotImplemented),
    ] {
        let Err(AskError::Invalid(fault)) = house.app.hub.ask(&cp1(), action, payload, LONG).await else {
            panic!("{action} must not be sent")
        };
        assert_eq!(fault.code, code, "{action}");
    }
    let asking = ask(&house, "Reset", json!({"type": "Immediate"}), LONG);
    let call = client.message().await;
    let complaint = client.call(&json!([3, call[1], {"status": "Perhaps"}]).to_string()).await;
    assert_eq!(
        (&complaint[0], &complaint[1]),
        (&json!(5), &call[1]),
        "2.1 tells the station: CALLRESULTERROR"
    );
    let Err(AskError::InvalidAnswer(fault)) = within(asking).await.unwrap() else { panic!("invalid") };
    assert_eq!(fault.code, ErrorCode::PropertyConstraintViolation);
    assert_eq!(house.app.hub.ask(&"CP2".into(), "Reset", json!({}), LONG).await, Err(AskError::Offline));
}

#[tokio::test]
async fn a_lenient_station_is_understood_and_its_deviations_are_counted() {
    let house = House::open(|_| {}).await;
    let mut client = house.link("CP1").await;
    let boot = r#"[2,17,"BootNotification",{"chargePointVendor":"V","chargePointModel":"M","firmwareVersion":"7","colour":"red"}]"#;
    let answer = client.call(boot).await;
    assert_eq!((&answer[0], &answer[1], &answer[2]["status"]), (&json!(3), &json!(17), &json!("Accepted")));
    let asking = ask(&house, "ClearCache", json!({}), LONG);
    let call = client.message().await;
    client.say(&json!([3, call[1], {"status": "accepted"}]).to_string()).await;
    assert_eq!(within(asking).await.unwrap(), Ok(json!({"status": "Accepted"})));
    assert_eq!(client.call(r#"[2,"a","Fly",{}]"#).await[2], "NotImplemented");
    let (app, _db) = house.close().await;
    let mut tx = app.db.read().await.unwrap();
    let rows = csms::store::deviations::list(&mut tx, "", None, 100).await.unwrap();
    let found = |rule: &str| rows.iter().find(|row| row.rule == rule).map(|row| (&*row.model, &*row.action));
    assert_eq!(found("frame.numericId"), Some(("", "")), "{rows:?}");
    assert!(found("unknown-field").is_some_and(|(_, action)| action == "BootNotification"));
    assert_eq!(found("word-case"), Some(("M", "ClearCache")));
}

#[tokio::test]
async fn a_send_is_taken_and_never_answered() {
    let house = House::open(|_| {}).await;
    house.station("CP1", "").await;
    let mut client = house.again("CP1", "ocpp2.1").await;
    client.say(r#"[6,"s","NotifyPeriodicEventStream",{"id":1,"pending":0,"basetime":"2026-05-01T12:00:00Z","data":[{"t":0,"v":"1"}]}]"#).await;
    client.say(r#"[6,"t","Fly",{}]"#).await;
    let answer = client.call(r#"[2,"h","Heartbeat",{}]"#).await;
    assert_eq!((&answer[0], &answer[1]), (&json!(3), &json!("h")), "nothing came before it");
}

#[tokio::test]
async fn before_acceptance_only_what_was_asked_for_is_taken() {
    let house = House::open(|_| {}).await;
    house
        .register(StationRow { id: "CP1".into(), registration: "pending".into(), ..StationRow::default() })
        .await;
    let mut client = house.again("CP1", "ocpp2.0.1").await;
    let boot =
        r#"[2,"b","BootNotification",{"reason":"PowerUp","chargingStation":{"vendorName":"V","model":"M"}}]"#;
    assert_eq!(client.call(boot).await[2]["status"], "Pending");
    let status = r#"[2,"s","StatusNotification",{"timestamp":"2026-05-01T12:00:00Z","connectorStatus":"Available","evseId":1,"connectorId":1}]"#;
    assert_eq!(client.call(status).await[2], "SecurityError");
    let asking = ask(&house, "TriggerMessage", json!({"requestedMessage": "StatusNotification"}), LONG);
    let call = client.message().await;
    client.say(&json!([3, call[1], {"status": "Accepted"}]).to_string()).await;
    within(asking).await.unwrap().unwrap();
    assert_eq!(client.call(status).await[0], 3);
}

#[tokio::test]
async fn frames_are_in_the_journal_first_in_memory_then_in_the_database_without_secrets() {
    let house = House::open(|_| {}).await;
    let mut client = house.link("CP1").await;
    client.call(r#"[2,"1","Heartbeat",{}]"#).await;
    let asking = ask(
        &house,
        "ChangeConfiguration",
        json!({"key": "AuthorizationKey", "value": "00112233445566778899aabbccddeeff00112233"}),
        LONG,
    );
    let call = client.message().await;
    client.say(&json!([3, call[1], {"status": "Accepted"}]).to_string()).await;
    within(asking).await.unwrap().unwrap();
    let tail = house.app.hub.tail(&cp1()).unwrap();
    let lines: Vec<Value> = tail.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let seen: Vec<_> =
        lines.iter().map(|line| (line[1].as_str().unwrap(), line[2][0].as_i64().unwrap())).collect();
    assert_eq!(seen, [("in", 2), ("out", 3), ("out", 2), ("in", 3)]);
    assert!(!tail.contains("00112233") && tail.contains("AuthorizationKey"));
    drop(client);
    until(|| !house.app.hub.online(&cp1())).await;
    let (app, _db) = house.close().await;
    let mut tx = app.db.read().await.unwrap();
    let rows = csms::store::journal::of_station(&mut tx, "CP1", Default::default(), None, 10).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.frames).sum::<i64>(), 4);
    assert_eq!(rows[0].body, tail);
}

#[tokio::test]
async fn silence_is_asked_about_and_then_ended() {
    let house = House::open(|config| {
        config.ocpp.ping_interval_s = 1;
        config.ocpp.idle_timeout_s = 5;
    })
    .await;
    let mut alive = house.link("CP1").await;
    let mut dead = house.link("CP2").await;
    let answering = tokio::spawn(async move {
        loop {
            assert_eq!(alive.see().await, Seen::Ping);
            alive.write(&frame(0x8a, b"")).await;
        }
    });
    assert_eq!(dead.see().await, Seen::Ping);
    assert_eq!(dead.closed().await, Some(1001), "a pong is a sign of life, silence is not");
    assert!(house.app.hub.online(&cp1()) && !answering.is_finished());
    answering.abort();
}

#[tokio::test]
async fn deflate_both_ways() {
    let house = House::open(|_| {}).await;
    house.station("CP1", "").await;
    let mut client = Client::connect(house.address).await;
    let offer = ("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits");
    let answer = client.upgrade("/ocpp/CP1", &[("Sec-WebSocket-Protocol", "ocpp1.6"), offer]).await;
    let agreed = answer.header("Sec-WebSocket-Extensions").unwrap().to_owned();
    assert_eq!(agreed, "permessage-deflate; server_no_context_takeover; client_no_context_takeover");
    let options = yawc::Options::default().with_balanced_compression();
    let mut socket =
        yawc::WebSocket::from_stream_with_extensions(client.io, yawc::Role::Client, Some(&agreed), options)
            .unwrap();
    for n in 0..3 {
        let data = "abc ".repeat(5_000);
        let call = json!([2, n.to_string(), "DataTransfer", {"vendorId": "x", "data": data}]);
        within(socket.send(yawc::Frame::text(call.to_string()))).await.unwrap();
        let answer = within(socket.next_frame()).await.unwrap();
        let answer: Value = serde_json::from_str(answer.as_str()).unwrap();
        assert_eq!(answer, json!([3, n.to_string(), {"status": "UnknownVendorId"}]));
    }
    // A long answer of ours is deflated: the tail of a long message id shows what it was inflated to.
    let id = "7".repeat(200);
    let long = json!([2, id, "Heartbeat", {}]).to_string();
    within(socket.send(yawc::Frame::text(long))).await.unwrap();
    let answer: Value = serde_json::from_str(within(socket.next_frame()).await.unwrap().as_str()).unwrap();
    assert_eq!(answer[1], id);
}

#[tokio::test]
async fn without_compression_none_is_agreed() {
    let house = House::open(|config| config.ocpp.compression = false).await;
    house.station("CP1", "").await;
    let mut client = Client::connect(house.address).await;
    client
        .write(
            request(
                "/ocpp/CP1",
                &[("Sec-WebSocket-Protocol", "ocpp1.6"), ("Sec-WebSocket-Extensions", "permessage-deflate")],
            )
            .as_bytes(),
        )
        .await;
    let answer = client.answer().await;
    assert_eq!((answer.status, answer.header("Sec-WebSocket-Extensions")), (101, None));
}

#[tokio::test]
async fn secrets_of_vendors_messages_are_not_kept_with_what_has_happened() {
    let house = House::open(|_| {}).await;
    let mut client = house.link("CP1").await;
    let hidden = json!({"idToken": {"idToken": "4711", "type": "KeyCode"}}).to_string();
    let call = json!([2, "1", "DataTransfer", {"vendorId": "x", "data": hidden}]).to_string();
    client.call(&call).await;
    let (app, _db) = house.close().await;
    let filter = events::Filter { kind: Some("station.data".into()), ..events::Filter::default() };
    let rows = events::list(&mut app.db.read().await.unwrap(), &filter, None, 9).await.unwrap();
    assert!(
        rows.len() == 1 && !rows[0].body.contains("4711") && rows[0].body.contains("KeyCode"),
        "{rows:?}"
    );
}
