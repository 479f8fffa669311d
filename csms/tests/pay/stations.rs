//! Paid sessions at real sockets: the station is asked to begin with the order's identifier, and to end.

use super::house::{House, STATION, click, house};
use conformance::{ConnectorState, Options, Station};
use csms::{
    command,
    link::listen,
    pay::{self, State},
    store::station_codes::{self, StationCodeRow},
};
use ocpp::Version;
use payments::provider::Method;
use std::time::Duration;
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Longer than anything here takes.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub async fn station(house: &House, version: Version) -> (Station, DropGuard) {
    let (station, serving) = connected(house, version).await;
    station.boot().await.unwrap();
    station.status(1, ConnectorState::Available).await.unwrap();
    station.plug_in(1).await.unwrap();
    (station, serving)
}

/// The same, connected and nothing else.
pub async fn connected(house: &House, version: Version) -> (Station, DropGuard) {
    let listener = listen::bind(([127, 0, 0, 1], 0).into()).unwrap();
    let url = format!("ws://{}/ocpp", listener.local_addr().unwrap());
    let stop = CancellationToken::new();
    tokio::spawn(listen::serve(house.app.clone(), listener, stop.clone()));
    tokio::spawn(command::run(house.app.clone(), stop.clone()));
    let options = Options::new(&url, STATION, version).clock_at(house.app.clock.now()).timeout(PATIENCE);
    let station = Station::connect(options).await.unwrap();
    (station, stop.drop_guard())
}

/// Works until the order is in this state.
pub async fn until(house: &House, order: i64, state: State) {
    let reached = timeout(PATIENCE, async {
        while house.state(order).await != state {
            pay::turn(&house.app).await.unwrap();
            tokio::task::yield_now().await;
        }
    });
    if reached.await.is_err() {
        panic!("it stays {:?}", house.row(order).await);
    }
}

#[tokio::test]
async fn a_driver_pays_charges_stops_and_has_paid_for_what_was_charged() {
    for version in [Version::V16, Version::V201, Version::V21] {
        let house = house().await;
        let (station, _serving) = station(&house, version).await;
        let order = pay::open(&house.app, &house.wish("a")).await.unwrap();
        pay::click(&house.app, &order.number, &click(order.version, Method::Hosted)).await.unwrap();
        house.pay(&order).await;
        until(&house, order.id, State::Charging).await;
        let row = house.row(order.id).await;
        assert_eq!(row.start_by, Some(row.created_at + chrono::TimeDelta::minutes(5)), "the cable is in");

        station.charge_wh(1, 5_000).unwrap();
        station.meter(1).await.unwrap();
        pay::stop(&house.app, &order.number, "driver").await.unwrap();
        until(&house, order.id, State::Captured).await;
        let row = house.row(order.id).await;
        assert_eq!(
            (row.due_minor, row.taken_minor, house.provider.balance()),
            (Some(200), 200, 200),
            "{version:?}"
        );
    }
}

#[tokio::test]
async fn a_station_that_does_not_want_to_start_costs_nothing() {
    let house = house().await;
    let (station, _serving) = station(&house, Version::V16).await;
    let no = serde_json::json!({"status": "Rejected"});
    station.answer_with("RemoteStartTransaction", conformance::Answer::Result(no));
    let order = pay::open(&house.app, &house.wish("a")).await.unwrap();
    pay::click(&house.app, &order.number, &click(order.version, Method::Hosted)).await.unwrap();
    house.pay(&order).await;
    for _ in 0..4 {
        house.work().await;
        house.advance(11);
    }
    until(&house, order.id, State::Released).await;
    assert_eq!(house.row(order.id).await.why, "rejected");
    assert_eq!(house.provider.balance(), 0);
}

#[tokio::test]
async fn a_station_that_shows_our_codes_is_told_that_somebody_is_paying() {
    for (state, told) in [("set", true), ("refused", false)] {
        let house = house().await;
        let (station, _serving) = station(&house, Version::V21).await;
        let row = StationCodeRow {
            station_id: STATION.to_owned(),
            state: state.to_owned(),
            digest: "d".to_owned(),
            detail: String::new(),
            changed_at: house.clock.now(),
        };
        let mut tx = house.app.db.write().await.unwrap();
        station_codes::keep(&mut tx, &row).await.unwrap();
        tx.commit().await.unwrap();
        let order = pay::open(&house.app, &house.wish("a")).await.unwrap();
        pay::click(&house.app, &order.number, &click(order.version, Method::Hosted)).await.unwrap();
        house.pay(&order).await;
        until(&house, order.id, State::Charging).await;
        // Calls go out one after the other: what was told before the start has come by now.
        let call = timeout(
            Duration::from_millis(if told { 20_000 } else { 1 }),
            station.expect_call("NotifyWebPaymentStarted"),
        );
        let call = call.await.ok().map(Result::unwrap);
        assert_eq!(call.is_some(), told, "{state}");
        if let Some(call) = call {
            assert_eq!(call["evseId"], 1);
            assert!(call["timeout"].as_i64().unwrap() <= 300);
        }
    }
}

#[tokio::test]
async fn what_a_station_begins_after_the_driver_has_cancelled_is_paid_with_what_was_held() {
    let house = house().await;
    let (station, _serving) = station(&house, Version::V201).await;
    // It says yes, and takes its time.
    let yes = serde_json::json!({"status": "Accepted"});
    station.answer_with("RequestStartTransaction", conformance::Answer::Result(yes));
    let order = pay::open(&house.app, &house.wish("a")).await.unwrap();
    pay::click(&house.app, &order.number, &click(order.version, Method::Hosted)).await.unwrap();
    house.pay(&order).await;
    until(&house, order.id, State::Authorized).await;
    let asked = timeout(PATIENCE, async {
        while !house.waiting(order.id).await.iter().all(|key| !key.starts_with("start:")) {
            pay::turn(&house.app).await.unwrap();
        }
    });
    asked.await.unwrap();
    pay::cancel(&house.app, &order.number, "driver").await.unwrap();
    assert!(pay::cancel(&house.app, &order.number, "driver").await.is_ok(), "twice is once");
    house.work().await;
    let row = house.row(order.id).await;
    assert_eq!((row.state.as_str(), row.why.as_str(), row.held_minor > 0), ("authorized", "cancelled", true));

    station.start(1, &row.token_uid).await.unwrap();
    station.charge_wh(1, 1_000).unwrap();
    until(&house, order.id, State::Captured).await;
    let row = house.row(order.id).await;
    assert!(row.stop_asked_at.is_some(), "it is stopped at once");
    assert_eq!(row.due_minor, Some(row.taken_minor));
    assert!(row.taken_minor > 0 && house.provider.balance() == row.taken_minor, "{row:?}");
}

#[tokio::test]
async fn what_was_cancelled_and_never_begins_is_given_back() {
    for (answer, waits) in [("Accepted", true), ("Rejected", false)] {
        let house = house().await;
        let (station, _serving) = station(&house, Version::V201).await;
        let said = serde_json::json!({"status": answer});
        station.answer_with("RequestStartTransaction", conformance::Answer::Result(said));
        let order = pay::open(&house.app, &house.wish("a")).await.unwrap();
        pay::click(&house.app, &order.number, &click(order.version, Method::Hosted)).await.unwrap();
        house.pay(&order).await;
        until(&house, order.id, State::Authorized).await;
        pay::cancel(&house.app, &order.number, "driver").await.unwrap();
        house.work().await;
        if waits {
            house.advance(400);
        }
        until(&house, order.id, State::Released).await;
        let row = house.row(order.id).await;
        assert_eq!((row.why.as_str(), house.provider.balance()), ("cancelled", 0), "{answer}");
    }
}
