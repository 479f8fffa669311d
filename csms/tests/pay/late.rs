//! Sessions that a station begins although nobody knows, and tells of later: they belong to the order that paid for them.

use super::{
    house::{House, house, houses},
    stations::{PATIENCE, station, until},
};
use conformance::Answer;
use csms::{
    ledger::Account,
    model::Phase,
    pay::{self, State},
    store::pay::{orders::OrderRow, story},
};
use ocpp::Version;
use payments::provider::Method;
use serde_json::json;
use tokio::time::timeout;

/// Paid at a station that was asked to begin, and went away without an answer.
async fn asked_and_gone(house: &mut House) -> OrderRow {
    let order = {
        let (station, _serving) = station(house, Version::V201).await;
        station.answer_with("RequestStartTransaction", Answer::Silence);
        let order = pay::open(&house.app, &house.wish("a")).await.unwrap();
        house.click(&order, Method::Hosted).await.unwrap();
        house.pay(&order).await;
        let work = async { while pay::turn(&house.app).await.unwrap() > 0 {} };
        let cut = async {
            timeout(PATIENCE, station.expect_call("RequestStartTransaction")).await.unwrap().unwrap();
            station.cut().await;
        };
        tokio::join!(work, cut);
        order
    };
    assert_eq!(told(house, &order, "session.start_unknown").await, 1);
    order
}

async fn told(house: &House, order: &OrderRow, kind: &str) -> usize {
    let lines = story::of_order(&mut house.app.db.read().await.unwrap(), order.id).await.unwrap();
    lines.iter().filter(|line| line.kind == kind).count()
}

#[tokio::test]
async fn money_stays_while_a_station_that_is_away_may_have_begun() {
    for mut house in houses().await {
        let order = asked_and_gone(&mut house).await;
        for _ in 0..6 {
            house.advance(46);
            house.work().await;
        }
        let row = house.row(order.id).await;
        assert_eq!((&*row.state, &*row.why, row.held_minor > 0), ("authorized", "", true), "{row:?}");
        assert!(told(&house, &order, "session.start_not_sent").await > 0);
        assert!(house.waiting(order.id).await.iter().all(|key| !key.starts_with("start:")));

        // It has begun, and tells so when it is back: a moment later than it is connected.
        house.advance(600);
        house.connect();
        house.work().await;
        assert_eq!(house.state(order.id).await, State::Authorized, "it has not told yet");
        house.disconnect();
        house.session(Phase::Start, Some(&row.token_uid), 0).await;
        house.work().await;
        assert_eq!(house.state(order.id).await, State::Charging);
        house.advance(600);
        house.session(Phase::End, None, 1_000).await;
        house.work().await;
        let row = house.row(order.id).await;
        assert_eq!((&*row.state, row.due_minor, row.taken_minor), ("captured", Some(40), 40));
    }
}

#[tokio::test]
async fn a_station_that_is_back_and_tells_nothing_has_not_begun() {
    let mut house = house().await;
    let order = asked_and_gone(&mut house).await;
    for _ in 0..20 {
        house.advance(46);
        house.work().await;
    }
    assert_eq!(house.state(order.id).await, State::Authorized);
    house.connect();
    house.advance(121);
    // Only what time says: nobody answers on this link.
    until(&house, order.id, State::Released).await;
    assert_eq!(house.row(order.id).await.why, "no_start");
}

#[tokio::test]
async fn a_session_that_is_told_after_its_money_went_back_is_the_orders_and_is_owed() {
    for method in [Method::Hosted, Method::Code] {
        for mut house in houses().await {
            // The station is away, and is not waited for.
            let order = house.order("a").await;
            house.click(&order, method.clone()).await.unwrap();
            house.pay(&order).await;
            let token = house.row(order.id).await.token_uid;
            for _ in 0..10 {
                house.work().await;
                house.advance(30);
            }
            house.work().await;
            let ended = house.row(order.id).await;
            assert!(matches!(&*ended.state, "released" | "refunded"), "{}", ended.state);
            assert_eq!(house.provider.balance(), 0);

            // A day later it tells of a session with the order's identifier.
            house.advance(86_400);
            house.session(Phase::Start, Some(&token), 0).await;
            house.work().await;
            let row = house.row(order.id).await;
            assert!(row.session_id.is_some() && row.stop_asked_at.is_some(), "{row:?}");
            assert_eq!(told(&house, &order, "session.begun").await, 1);
            assert!(pay::status(&house.app, &order.number).await.unwrap().runs);
            house.advance(600);
            house.session(Phase::End, None, 1_000).await;
            house.work().await;
            let row = house.row(order.id).await;
            assert_eq!((&*row.state, row.due_minor), ("owing", Some(40)), "{row:?}");
            assert_eq!(house.balance(Account::Receivable(order.id)).await, (40, 0));
            assert_eq!(house.earned().await, 40);
            assert!(house.findings().await.is_empty());
        }
    }
}

#[tokio::test]
async fn a_start_that_is_refused_because_the_first_has_begun_gives_nothing_up() {
    for house in houses().await {
        let mut house = house;
        let (station, _serving) = station(&house, Version::V201).await;
        station.answer_with("RequestStartTransaction", Answer::Result(json!({"status": "Rejected"})));
        let order = pay::open(&house.app, &house.wish("a")).await.unwrap();
        house.click(&order, Method::Hosted).await.unwrap();
        house.pay(&order).await;
        let token = house.row(order.id).await.token_uid;
        let app = house.app.clone();
        let mut turn = Box::pin(async move { pay::turn(&app).await.unwrap() });
        let asked = timeout(PATIENCE, async {
            tokio::select! {
                biased;
                call = station.expect_call("RequestStartTransaction") => call.unwrap(),
                _ = &mut turn => unreachable!("the station is asked in this turn"),
            }
        });
        asked.await.unwrap();
        // An earlier try has begun it, and that is told before its no is taken.
        house.session(Phase::Start, Some(&token), 0).await;
        turn.await;
        house.work().await;
        let row = house.row(order.id).await;
        assert_eq!((&*row.state, &*row.why), ("charging", ""), "{row:?}");
        assert!(row.stop_asked_at.is_none());
    }
}
