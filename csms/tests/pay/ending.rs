//! Sessions whose end was asked for: they are ended, however long it takes and whatever has become of their money.

use super::{
    house::{House, houses},
    provider::Fault,
    stations::{PATIENCE, connected},
};
use csms::{
    ledger::Account,
    model::Phase,
    pay::{self, STOP_LATE, State},
    store::pay::{figures, orders::OrderRow, story, tasks},
};
use ocpp::Version;
use payments::provider::Method;
use tokio::time::timeout;

/// An order whose session runs, and has cost 4 EUR by now.
async fn charging(house: &mut House) -> OrderRow {
    let order = house.order("a").await;
    house.click(&order, Method::Hosted).await.unwrap();
    house.pay(&order).await;
    let token = house.row(order.id).await.token_uid;
    house.session(Phase::Start, Some(&token), 0).await;
    house.advance(3_600);
    house.session(Phase::Update, None, 10_000).await;
    house.work().await;
    assert_eq!(house.state(order.id).await, State::Charging);
    order
}

async fn told(house: &House, order: &OrderRow, kind: &str) -> usize {
    let lines = story::of_order(&mut house.app.db.read().await.unwrap(), order.id).await.unwrap();
    lines.iter().filter(|line| line.kind == kind).count()
}

#[tokio::test]
async fn a_session_that_shall_end_is_asked_to_for_as_long_as_it_runs_and_at_once_when_its_station_is_back() {
    for mut house in houses().await {
        let order = charging(&mut house).await;
        pay::stop(&house.app, &order.number, "driver").await.unwrap();
        for _ in 0..100 {
            house.work().await;
            house.advance(61);
        }
        house.work().await;
        let stop = format!("stop:{}", order.id);
        assert_eq!(house.waiting(order.id).await, [stop.as_str()], "nobody gives it up");
        assert_eq!(told(&house, &order, "session.stop_late").await, 1, "people are told once");
        let now = house.clock.now();
        let mut tx = house.app.db.read().await.unwrap();
        assert_eq!(figures::problems(&mut tx, now, now - STOP_LATE).await.unwrap().tasks, 1);
        drop(tx);

        let (station, _serving) = connected(&house, Version::V201).await;
        let app = house.app.clone();
        let asked = async move {
            loop {
                pay::turn(&app).await.unwrap();
                tokio::task::yield_now().await;
            }
        };
        let call = timeout(PATIENCE, async {
            tokio::select! {
                call = station.expect_call("RequestStopTransaction") => call.unwrap(),
                () = asked => unreachable!("it looks for ever"),
            }
        });
        assert_eq!(call.await.expect("it is asked at once")["transactionId"], "T1");
        house.session(Phase::End, None, 11_000).await;
        house.work().await;
        assert_eq!(house.state(order.id).await, State::Captured);
        house.advance(600);
        house.work().await;
        assert!(house.waiting(order.id).await.is_empty());
    }
}

#[tokio::test]
async fn what_was_given_up_and_is_tried_again_has_all_its_tries_again() {
    for mut house in houses().await {
        let order = charging(&mut house).await;
        house.session(Phase::End, None, 10_000).await;
        house.provider.will([Fault::Before]);
        pay::turn(&house.app).await.unwrap();
        let key = house.waiting(order.id).await.into_iter().find(|key| key.starts_with("capture:")).unwrap();
        let now = house.clock.now();
        let mut tx = house.app.db.write().await.unwrap();
        let task = tasks::by_key(&mut tx, &key).await.unwrap().unwrap();
        for _ in 0..80 {
            assert!(tasks::lease_one(&mut tx, task.id, now, now).await.unwrap().is_some());
        }
        assert!(tasks::end(&mut tx, &task, "given_up", "no answer", now).await.unwrap());
        tx.commit().await.unwrap();

        house.provider.will([Fault::Before, Fault::Before]);
        assert_eq!(pay::retry(&house.app, &order.number, "anna").await.unwrap(), 1);
        pay::turn(&house.app).await.unwrap();
        assert!(
            house.waiting(order.id).await.contains(&key),
            "one try without an answer is not all there is"
        );
        house.provider.mend();
        house.advance(3_600);
        house.work().await;
        assert_eq!((house.state(order.id).await, house.provider.balance()), (State::Captured, 400));
        assert_eq!(pay::retry(&house.app, &order.number, "anna").await.unwrap(), 0);
    }
}

/// Seconds from the hold to two hours before its end, when an hour has passed.
const TO_MARGIN: i64 = 7 * 86_400 - 7_200 - 3_600;

#[tokio::test]
async fn a_session_is_stopped_before_its_hold_ends_and_is_billed_as_always_if_it_ends_in_time() {
    for mut house in houses().await {
        let order = charging(&mut house).await;
        house.advance(TO_MARGIN);
        house.work().await;
        let row = house.row(order.id).await;
        assert!(row.stop_asked_at.is_some());
        assert_eq!((&*row.state, row.taken_minor), ("charging", 0), "its bill may come in time");
        house.session(Phase::End, None, 10_500).await;
        house.work().await;
        let row = house.row(order.id).await;
        assert_eq!((&*row.state, row.due_minor, row.taken_minor), ("captured", Some(420), 420));
    }
}

#[tokio::test]
async fn a_session_that_outlives_its_hold_can_be_seen_and_stopped_until_it_ends() {
    // Looked at in time, or by a process that was down until the hold was nearly over.
    for late in [0, 3_600] {
        for mut house in houses().await {
            let order = charging(&mut house).await;
            house.advance(TO_MARGIN + late);
            house.work().await;
            house.advance(1_000);
            house.work().await;
            let row = house.row(order.id).await;
            assert_eq!((&*row.state, row.taken_minor, row.bill_revision), ("captured", 400, -1));
            assert!(row.stop_asked_at.is_some(), "nothing pays for what goes on");
            assert_eq!(house.waiting(order.id).await, [format!("stop:{}", order.id)]);
            let status = pay::status(&house.app, &order.number).await.unwrap();
            assert!(status.runs && !status.can_stop, "it is being stopped");

            // The operator asks again, and the station is back.
            pay::stop(&house.app, &order.number, "anna").await.unwrap();
            let (station, _serving) = connected(&house, Version::V201).await;
            let call = timeout(PATIENCE, async {
                tokio::select! {
                    call = station.expect_call("RequestStopTransaction") => call.unwrap(),
                    () = async { loop { pay::turn(&house.app).await.unwrap(); } } => unreachable!(),
                }
            });
            assert_eq!(call.await.expect("it is asked")["transactionId"], "T1");
            house.session(Phase::End, None, 12_000).await;
            house.work().await;
            let row = house.row(order.id).await;
            assert_eq!((&*row.state, row.due_minor, row.bill_revision), ("owing", Some(480), 0));
            assert_eq!(house.balance(Account::Receivable(order.id)).await, (80, 0));
            house.advance(600);
            house.work().await;
            pay::stop(&house.app, &order.number, "anna").await.unwrap();
            assert!(house.waiting(order.id).await.iter().all(|key| !key.starts_with("stop:")), "it is over");
        }
    }
}

#[tokio::test]
async fn an_order_that_was_captured_while_nobody_stopped_its_session_is_stopped_when_it_is_found() {
    for mut house in houses().await {
        let order = charging(&mut house).await;
        house.advance(TO_MARGIN + 3_600);
        house.work().await;
        // As an earlier version has left it.
        let mut tx = house.app.db.write().await.unwrap();
        let mut row = house.row(order.id).await;
        row.stop_asked_at = None;
        csms::store::pay::orders::update(&mut tx, &row).await.unwrap();
        tx.commit().await.unwrap();
        let status = pay::status(&house.app, &order.number).await.unwrap();
        assert!(status.can_stop && status.state == State::Captured);
        house.work().await;
        assert!(house.row(order.id).await.stop_asked_at.is_some());
    }
}
