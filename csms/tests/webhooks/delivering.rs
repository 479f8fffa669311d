//! What is posted, what happens when it is not taken, and what outlives the process.

use crate::house::{House, Receiver, start};
use chrono::TimeDelta;
use csms::{
    store::{events, testing::TestDb, webhooks},
    webhook,
};
use serde_json::json;

const REFUSED: &str = "503 Service Unavailable\r\ncontent-length: 4\r\n\r\nbusy";

#[tokio::test]
async fn what_is_wanted_is_posted_once_and_signed() {
    for test in TestDb::all().await.unwrap() {
        let house = House::open(&test).await;
        let mut partner = Receiver::start().await;
        house.happens("station.created").await; // before it was made
        let hook = house.hook(&partner.url, "station").await;
        for kind in ["station.adopted", "token.created", "risk.case", "station.changed"] {
            house.happens(kind).await;
        }
        let (one, two) = (partner.posted().await, partner.posted().await);
        let mut told = [one.json(), two.json()];
        told.sort_by_key(|event| event["id"].as_str().unwrap().parse::<i64>().unwrap());
        assert_eq!(
            (&told[0]["kind"], &told[1]["kind"]),
            (&json!("station.adopted"), &json!("station.changed"))
        );
        assert_eq!(
            (&told[0]["station_id"], &told[0]["body"], &told[0]["at"]),
            (&json!("CP1"), &json!({ "by": "ada" }), &json!(start()))
        );
        assert_eq!(one.signed_by(&hook.secret), Some(0));
        assert_eq!(one.id(), format!("evt_{}", one.json()["id"].as_str().unwrap()));
        assert_eq!(one.headers["webhook-timestamp"], start().timestamp().to_string());
        let log = house.log_when(hook.id, |log| log.iter().all(|row| row.state == "done")).await;
        assert_eq!((log.len(), log[0].status, log[0].tries), (2, 204, 1));
        house.close().await;
    }
}

#[tokio::test]
async fn what_is_not_taken_is_tried_again_under_the_same_name() {
    for test in TestDb::all().await.unwrap() {
        let house = House::open(&test).await;
        let mut partner = Receiver::start().await;
        let hook = house.hook(&partner.url, "").await;
        partner.answer(REFUSED);
        partner.answer("302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n");
        house.happens("station.created").await;
        let first = partner.posted().await;
        let log = house.log_when(hook.id, |log| log.first().is_some_and(|row| row.status == 503)).await;
        assert_eq!(
            (&*log[0].state, &*log[0].answer, &*log[0].trouble),
            ("waiting", "busy", "answered 503 Service Unavailable")
        );
        assert!(log[0].due_at > start() + TimeDelta::seconds(3));
        assert_eq!(house.row(hook.id).await.failing_since, Some(start()));
        house.later(TimeDelta::seconds(7), hook.id);
        let second = partner.posted().await;
        assert_eq!((first.id(), &first.body), (second.id(), &second.body));
        let log = house.log_when(hook.id, |log| log[0].status == 302).await;
        assert!(log[0].trouble.contains("not followed"), "{log:?}");
        house.later(TimeDelta::seconds(40), hook.id);
        assert_eq!(partner.posted().await.id(), first.id());
        let log = house.log_when(hook.id, |log| log[0].state == "done").await;
        assert_eq!((log[0].tries, &*log[0].trouble), (3, ""));
        let hook = house.row(hook.id).await;
        assert_eq!((hook.failures, hook.failing_since), (0, None));
        house.close().await;
    }
}

#[tokio::test]
async fn a_process_that_ends_in_the_middle_loses_nothing() {
    for test in TestDb::all().await.unwrap() {
        let house = House::open(&test).await;
        let mut partner = Receiver::start().await;
        let hook = house.hook(&partner.url, "").await;
        house.close().await;

        // Nobody is at work while this happens; then somebody takes a delivery and is killed.
        let db = test.open().await.unwrap();
        let ids = csms::id::Ids::new(csms::clock::Clock::fixed(start()), 1);
        for _ in 0..3 {
            crate::house::commit(&db, &crate::house::happened(&ids, "station.changed", "CP1")).await;
        }
        let mut tx = db.write().await.unwrap();
        let ping = webhook::ping(&mut tx, &ids, hook.id, start()).await.unwrap();
        let span = (start(), start() + TimeDelta::hours(1));
        let taken = webhooks::lease(&mut tx, hook.id, span, 0, 10).await.unwrap();
        assert_eq!(taken.iter().map(|row| row.id).collect::<Vec<_>>(), [ping.id]);
        tx.commit().await.unwrap();
        db.close().await;

        let house = House::open(&test).await;
        let mut names = Vec::new();
        for _ in 0..4 {
            names.push(partner.posted().await.id().to_owned());
        }
        names.sort_unstable();
        assert_eq!(names, ["evt_1", "evt_2", "evt_3", &format!("ping_{}", ping.id)]);
        let log = house.log_when(hook.id, |log| log.iter().all(|row| row.state == "done")).await;
        assert_eq!(log.len(), 4);
        house.close().await;
    }
}

#[tokio::test]
async fn two_secrets_sign_until_the_old_one_is_over() {
    for test in TestDb::all().await.unwrap() {
        let house = House::open(&test).await;
        let mut partner = Receiver::start().await;
        let hook = house.hook(&partner.url, "").await;
        let mut tx = house.app.db.write().await.unwrap();
        let settings = &house.app.config.webhooks;
        let new = webhook::rotate(&mut tx, settings, hook.clone(), start()).await.unwrap();
        tx.commit().await.unwrap();
        assert_ne!(new.secret, hook.secret);
        house.happens("station.created").await;
        let posted = partner.posted().await;
        assert_eq!((posted.signed_by(&new.secret), posted.signed_by(&hook.secret)), (Some(0), Some(1)));
        house.clock.advance(TimeDelta::hours(25));
        house.happens("station.created").await;
        let posted = partner.posted().await;
        assert_eq!((posted.signed_by(&new.secret), posted.signed_by(&hook.secret)), (Some(0), None));
        house.close().await;
    }
}

#[tokio::test]
async fn events_are_told_again_when_somebody_wants_it() {
    for test in TestDb::all().await.unwrap() {
        let house = House::open(&test).await;
        let mut partner = Receiver::start().await;
        let hook = house.hook(&partner.url, "station.created").await;
        for kind in ["station.created", "station.removed", "station.created"] {
            house.happens(kind).await;
        }
        partner.posted().await;
        partner.posted().await;
        let log =
            house.log_when(hook.id, |log| log.len() == 2 && log.iter().all(|row| row.state == "done")).await;
        let mut tx = house.app.db.write().await.unwrap();
        let row = webhooks::find(&mut tx, hook.id).await.unwrap().unwrap();
        assert_eq!(webhook::replay(&mut tx, &row, 0).await.unwrap(), row.position);
        webhook::again(&mut tx, &house.app.ids, &log[0], start()).await.unwrap();
        tx.commit().await.unwrap();
        house.app.hooks.look(hook.id);
        let mut again = Vec::new();
        for _ in 0..3 {
            again.push(partner.posted().await.id().to_owned());
        }
        again.sort_unstable();
        assert_eq!(again, ["evt_1", "evt_3", "evt_3"]);
        let log = house.log_when(hook.id, |log| log.iter().all(|row| row.state == "done")).await;
        assert_eq!(log.iter().filter(|row| row.again == 1).count(), 3);
        house.close().await;
    }
}

#[tokio::test]
async fn a_receiver_that_wants_nothing_or_is_away_for_days_is_turned_off() {
    for test in TestDb::all().await.unwrap() {
        let house = House::open(&test).await;
        let partner = Receiver::start().await;
        let gone = house.hook(&partner.url, "station").await;
        partner.answer("410 Gone\r\ncontent-length: 0\r\n\r\n");
        house.happens("station.created").await;
        house.log_when(gone.id, |log| log.first().is_some_and(|row| row.state == "given_up")).await;
        let row = house.row(gone.id).await;
        assert_eq!((&*row.state, row.reason.contains("410")), ("off", true));

        let away = house.hook("http://127.0.0.1:1/", "token").await;
        house.happens("token.created").await;
        house.log_when(away.id, |log| log.first().is_some_and(|row| !row.trouble.is_empty())).await;
        house.later(TimeDelta::days(6), away.id);
        house.log_when(away.id, |log| log.first().is_some_and(|row| row.tries == 2 && row.node == -1)).await;
        let row = house.row(away.id).await;
        assert_eq!((&*row.state, row.reason.contains("2026-03-02 08:00")), ("off", true));
        // What happens meanwhile is told when it is on again.
        let mut tx = house.app.db.read().await.unwrap();
        let filter = events::Filter { kind: Some("webhook.off".into()), ..events::Filter::default() };
        assert_eq!(events::list(&mut tx, &filter, None, 10).await.unwrap().len(), 2);
        drop(tx);
        house.close().await;
    }
}

#[tokio::test]
async fn nothing_is_posted_into_our_own_networks_unless_the_settings_allow_it() {
    let test = TestDb::sqlite().unwrap();
    let house = House::open(&test).await;
    let partner = Receiver::start().await;
    let hook = house.hook(&partner.url, "").await;
    let named = house.hook("https://localhost/", "").await;
    house.close().await;
    let house = House::open_with(&test, start(), |config| config.webhooks.private = false).await;
    house.happens("station.created").await;
    let log = house.log_when(hook.id, |log| log.first().is_some_and(|row| !row.trouble.is_empty())).await;
    assert!(log[0].trouble.contains("https:// only"), "{log:?}");
    let log = house.log_when(named.id, |log| log.first().is_some_and(|row| !row.trouble.is_empty())).await;
    assert!(log[0].trouble.contains("no address outside our own networks"), "{log:?}");
    house.close().await;
}
