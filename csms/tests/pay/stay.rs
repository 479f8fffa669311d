//! A car that stays when it is full: its driver is told once, before the fee begins.

use super::house::{House, STATION, houses};
use csms::{
    model::Phase,
    store::{
        assignments::{self, AssignmentRow},
        messages::{self, MessageRow},
        tariffs::Change,
        versions,
    },
};
use payments::provider::Method;

/// 6.00 an hour from half an hour after charging on.
const STAYING: &str = r#"{"id":"staying","currency":"EUR","elements":[
    {"components":[{"dimension":"energy","price":"0.40"}]},
    {"components":[{"dimension":"parking_time","price":"6.00"}],"restrictions":{"min_idle_time":1800}}]}"#;

async fn charging(house: &mut House, language: &str) -> i64 {
    let change = Change { id: house.app.ids.next(), at: house.clock.now(), by: "test" };
    let mut tx = house.app.db.write().await.unwrap();
    let tariff = tariffs::Tariff::from_json(STAYING).unwrap();
    versions::publish(&mut tx, &tariff, None, "", &change).await.unwrap();
    let row = AssignmentRow {
        tariff_id: "staying".into(),
        station_id: Some(STATION.into()),
        created_at: house.clock.now(),
        ..AssignmentRow::default()
    };
    let change = Change { id: house.app.ids.next(), ..change };
    assignments::assign(&mut tx, &row, true, &change).await.unwrap();
    tx.commit().await.unwrap();
    house.app.catalog.reload(&house.app.db, house.clock.now()).await.unwrap();
    house.connect();
    let mut wish = house.wish("m");
    wish.contact = "ada@example.com".to_owned();
    wish.language = language.to_owned();
    let order = csms::pay::open(&house.app, &wish).await.unwrap();
    house.disconnect();
    house.click(&order, Method::Hosted).await.unwrap();
    house.pay(&order).await;
    let token = house.row(order.id).await.token_uid;
    house.session(Phase::Start, Some(&token), 0).await;
    house.work().await;
    house.advance(600);
    house.session(Phase::Update, None, 2_000).await;
    order.id
}

async fn told(house: &House) -> Vec<MessageRow> {
    let mut tx = house.app.db.read().await.unwrap();
    let rows = messages::list(&mut tx, None, None, 100).await.unwrap();
    rows.into_iter().filter(|row| row.kind == "idle").collect()
}

async fn passes(house: &mut House, seconds: i64) {
    house.advance(seconds);
    house.work().await;
}

#[tokio::test]
async fn a_driver_is_told_once_before_the_fee_for_staying_begins() {
    for mut house in houses().await {
        let order = charging(&mut house, "en").await;
        house.charging_state = "SuspendedEV";
        passes(&mut house, 600).await;
        house.session(Phase::Update, None, 4_000).await;
        passes(&mut house, 60).await;
        assert!(told(&house).await.is_empty(), "it may only have paused");
        passes(&mut house, 61).await;
        let rows = told(&house).await;
        let [row] = rows.as_slice() else { panic!("{rows:?}") };
        assert_eq!((&*row.subject, row.order_id), ("Idle fees begin in 28 minutes", Some(order)));
        assert!(row.body.contains("From 08:50 on") && row.body.contains("6.00 EUR an hour"), "{}", row.body);
        passes(&mut house, 1_200).await;
        house.restart().await;
        passes(&mut house, 60).await;
        passes(&mut house, 1_200).await;
        assert_eq!(told(&house).await.len(), 1, "once, whoever asks");
    }
}

#[tokio::test]
async fn a_car_that_goes_on_charging_or_a_tariff_without_such_a_fee_is_no_reason() {
    for mut house in houses().await {
        charging(&mut house, "zh-Hans").await;
        house.charging_state = "SuspendedEV";
        passes(&mut house, 600).await;
        house.session(Phase::Update, None, 4_000).await;
        passes(&mut house, 60).await;
        house.charging_state = "Charging";
        house.session(Phase::Update, None, 4_100).await;
        passes(&mut house, 3_000).await;
        assert!(told(&house).await.is_empty());
        // Hours later it is full after all, and the message is in the driver's language.
        house.charging_state = "SuspendedEV";
        house.session(Phase::Update, None, 9_000).await;
        passes(&mut house, 601).await;
        assert_eq!(told(&house).await[0].subject, "20 分钟后开始收取占位费");
    }
}
