//! What a driver has limited at the station (maxenergy, maxtime of its code): told to the station, and kept by us.

use super::house::{House, STATION, click, house, houses};
use super::stations::{station, until};
use chrono::TimeDelta;
use csms::{
    pay::{self, Agent, State, Wish},
    store::pay::{limits, orders::OrderRow},
};
use ocpp::Version;
use payments::{code::Wanted, provider::Method};
use serde_json::json;

/// An order by a code that limits, paid.
async fn paid(house: &House, limits: &[(&str, &str)]) -> OrderRow {
    let wanted = Wanted::of(limits.iter().copied());
    let code = house.app.codes.sign(STATION, 1, wanted, house.clock.now(), TimeDelta::minutes(5));
    let offer = pay::offer(&house.app, &code, Agent::Browser).await.unwrap();
    assert_eq!(offer.wanted, wanted);
    let order = pay::open(&house.app, &Wish { code, ..house.wish("a") }).await.unwrap();
    pay::click(&house.app, &order.number, &click(order.version, Method::Hosted)).await.unwrap();
    house.pay(&order).await;
    order
}

#[tokio::test]
async fn a_2_1_station_is_told_all_limits_when_the_session_begins() {
    for house in houses().await {
        let (station, _serving) = station(&house, Version::V21).await;
        let order = paid(&house, &[("maxenergy", "20000"), ("maxtime", "5400"), ("maxcost", "12.5")]).await;
        until(&house, order.id, State::Charging).await;
        let told = station.acknowledged().into_iter();
        let limit = told.filter_map(|message| message.answer.get("transactionLimit").cloned()).next();
        assert_eq!(limit, Some(json!({"maxCost": 12.5, "maxEnergy": 20_000, "maxTime": 5_400})));
    }
}

#[tokio::test]
async fn an_order_without_limits_has_none_beside_the_money() {
    let house = house().await;
    let (station, _serving) = station(&house, Version::V21).await;
    let order = paid(&house, &[("maxcost", "12.5")]).await;
    until(&house, order.id, State::Charging).await;
    let told = station.acknowledged().into_iter();
    let limit = told.filter_map(|message| message.answer.get("transactionLimit").cloned()).next();
    assert_eq!(limit, Some(json!({"maxCost": 12.5})));
    let mut tx = house.app.db.read().await.unwrap();
    assert_eq!(limits::of_order(&mut tx, order.id).await.unwrap(), None);
}

#[tokio::test]
async fn next_to_nothing_is_raised_to_what_a_few_minutes_at_full_power_cost() {
    for mut house in houses().await {
        // 11 kW at 0.40: five minutes are 0.37. At 3.00: 2.75.
        for (price, cost, held) in
            [("0.40", "0.01", 100), ("0.40", "1.00", 100), ("0.40", "1.01", 101), ("3.00", "0.01", 300)]
        {
            house.publish(price).await;
            let wanted = Wanted::of([("maxcost", cost)]);
            let code = house.app.codes.sign(STATION, 1, wanted, house.clock.now(), TimeDelta::minutes(5));
            let offer = pay::offer(&house.app, &code, Agent::Browser).await.unwrap();
            assert_eq!((offer.amount.minor, offer.raised), (held, cost == "0.01"), "{price}, {cost}");
        }
        let sticker = pay::offer(&house.app, &house.code, Agent::Browser).await.unwrap();
        assert!(!sticker.raised, "nothing was chosen");
    }
}

#[tokio::test]
async fn a_station_that_knows_no_limits_is_asked_to_end_before_the_energy_is_used_up() {
    for version in [Version::V16, Version::V201] {
        let house = house().await;
        let (station, _serving) = station(&house, version).await;
        let order = paid(&house, &[("maxenergy", "5000")]).await;
        until(&house, order.id, State::Charging).await;
        station.charge_wh(1, 4_000).unwrap();
        station.meter(1).await.unwrap();
        house.work().await;
        assert_eq!(house.row(order.id).await.stop_asked_at, None, "there is enough left");
        station.charge_wh(1, 850).unwrap();
        station.meter(1).await.unwrap();
        until(&house, order.id, State::Captured).await;
        let due = house.row(order.id).await.due_minor.unwrap();
        assert_eq!(due, 194, "4.85 kWh at 0.40: the next minute would bring more than 5");
    }
}

#[tokio::test]
async fn a_station_that_knows_no_limits_is_asked_to_end_when_the_time_is_over() {
    for house in houses().await {
        let (station, _serving) = station(&house, Version::V16).await;
        let order = paid(&house, &[("maxtime", "600")]).await;
        until(&house, order.id, State::Charging).await;
        house.advance(570);
        station.clock().set(house.clock.now());
        station.charge_wh(1, 1_000).unwrap();
        station.meter(1).await.unwrap();
        house.work().await;
        assert_eq!(house.row(order.id).await.stop_asked_at, None);
        house.advance(15);
        until(&house, order.id, State::Captured).await;
        assert_eq!(house.row(order.id).await.due_minor, Some(40));
    }
}
