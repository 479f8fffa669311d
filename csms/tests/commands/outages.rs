//! What is lost on the way: answers that cannot be kept or read, stations that leave, processes that come and go.

use crate::house::{ALL, House, start, told};
use chrono::TimeDelta;
use conformance::{Answer, Start};
use csms::{command::Until, store::testing::TestDb};
use ocpp::Version;
use serde_json::json;

#[tokio::test]
async fn a_command_whose_answer_cannot_be_kept_does_not_stay_on_the_wire() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        let station = house.station("S", Version::V201).await;
        db.keeps_answers(false).await.unwrap();
        let row = house.answer("S", json!({"command": "unlock", "evse": 1})).await;
        station.expect_call("UnlockConnector").await.unwrap();
        assert_eq!(told(&row), ("unknown", "", ""));
        assert!(row.reason.contains("could not be kept"), "{}", row.reason);
        // The station is asked again for what comes next.
        db.keeps_answers(true).await.unwrap();
        assert_eq!(house.answer("S", json!({"command": "list-version"})).await.verdict, "accepted");
    }
}

#[tokio::test]
async fn what_is_for_a_connected_station_only_is_not_delivered_when_it_comes_back() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        let station = house.station("S", Version::V201).await;
        station.answer_with("ClearCache", Answer::Silence);
        let slow = house.ask("S", json!({"command": "clear-cache"})).await;
        station.expect_call("ClearCache").await.unwrap();
        let later = Some(start() + TimeDelta::hours(1));
        let waits = house.issue("S", json!({"command": "unlock", "evse": 1}), later).await.unwrap();
        let now = house.ask("S", json!({"command": "reset", "kind": "immediate"})).await;
        assert_eq!((waits.state.as_str(), now.state.as_str()), ("queued", "queued"));
        station.cut().await;

        assert_eq!(house.until(slow.id, Until::Answer).await.state, "unknown");
        let now = house.until(now.id, Until::Answer).await;
        assert_eq!((now.state.as_str(), now.reason.as_str()), ("offline", "the station is not connected"));
        station.reconnect().await.unwrap();
        assert_eq!(told(&house.until(waits.id, Until::Answer).await), ("answered", "accepted", ""));
    }
}

#[tokio::test]
async fn an_answer_against_the_schema_leaves_it_open_what_the_station_did() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        for (id, version) in ["S16", "S201", "S21"].into_iter().zip(ALL) {
            let station = house.station(id, version).await;
            let odd = || Answer::Result(json!({"odd": true}));
            for (action, command) in [
                ("UnlockConnector", json!({"command": "unlock", "evse": 1})),
                (
                    "ReserveNow",
                    json!({"command": "reserve", "evse": 1, "token": {"uid": "A"},
                    "expires_at": start() + TimeDelta::hours(1)}),
                ),
                ("Reset", json!({"command": "reset", "kind": "immediate"})),
            ] {
                station.answer_with(action, odd());
                let row = house.answer(id, command).await;
                assert_eq!(
                    (row.state.as_str(), row.verdict.as_str()),
                    ("unknown", "invalid"),
                    "{version:?} {action}"
                );
                assert!(row.calls.contains("invalid-answer") && row.reason.contains("protocol"), "{row:?}");
            }

            // What it has begun all the same is known as what was asked for.
            let action = match version {
                Version::V16 => "RemoteStartTransaction",
                _ => "RequestStartTransaction",
            };
            station.answer_with(action, odd());
            let begins = json!({"command": "start", "evse": 1, "token": {"uid": "A"}});
            let row = house.answer(id, begins).await;
            assert_eq!(told(&row), ("unknown", "invalid", "pending"), "{version:?}");
            station.plug_in(1).await.unwrap();
            let number = (version != Version::V16).then_some(row.reference);
            station.start_with(1, Start { remote_start_id: number, ..Start::card("A") }).await.unwrap();
            let row = house.until(row.id, Until::Outcome).await;
            assert_eq!((row.outcome.as_str(), row.session_id.is_some()), ("done", true), "{version:?}");

            // A question changes nothing.
            station.answer_with("GetLocalListVersion", odd());
            let row = house.answer(id, json!({"command": "list-version"})).await;
            assert_eq!(told(&row), ("answered", "invalid", ""), "{version:?}");
        }
    }
}

#[tokio::test]
async fn a_process_that_starts_ends_nothing_that_another_one_does() {
    let Some(db) = TestDb::postgres().await.unwrap() else { return };
    let one = House::open_impatient(&db).await;
    let station = one.station("S", Version::V201).await;
    station.answer_with("ClearCache", Answer::Silence);
    let sent = one.ask("S", json!({"command": "clear-cache"})).await;
    station.expect_call("ClearCache").await.unwrap();
    let queued = one.ask("S", json!({"command": "list-version"})).await;

    let two = House::open_as(&db, 2).await;
    two.register("OTHER").await;
    let theirs = two.station("T", Version::V201).await;
    assert_eq!(
        two.answer("T", json!({"command": "list-version"})).await.verdict,
        "accepted",
        "it is at work"
    );
    drop(theirs);
    let row = one.until(sent.id, Until::Answer).await;
    assert!(row.reason.contains("did not answer in time"), "{}", row.reason);
    assert_eq!(told(&one.until(queued.id, Until::Answer).await), ("answered", "accepted", ""));

    // A station that comes back to another process is known there as well.
    let reset = one.answer("S", json!({"command": "reset", "kind": "immediate"})).await;
    assert_eq!(told(&reset), ("answered", "accepted", "pending"));
    station.close().await;
    let station = two.connect("S", Version::V201).await;
    assert_eq!(two.until(reset.id, Until::Outcome).await.outcome, "done");
    drop(station);

    // What a process had on its way that is gone for good is not left for ever.
    let third = House::open_as(&db, 3).await;
    let station = third.station("U", Version::V201).await;
    station.answer_with("ClearCache", Answer::Silence);
    let lost = third.ask("U", json!({"command": "clear-cache"})).await;
    station.expect_call("ClearCache").await.unwrap();
    drop((station, third));
    two.clock.advance(TimeDelta::minutes(10));
    let row = two.until(lost.id, Until::Answer).await;
    assert_eq!(row.state, "unknown");
    assert!(row.reason.contains("went down"), "{}", row.reason);
}
