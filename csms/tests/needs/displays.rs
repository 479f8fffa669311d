//! Costs on displays.

use crate::house::{House, data};
use conformance::{Answer, ConnectorState, Station};
use csms::store::{bills, testing::TestDb};
use ocpp::Version;
use rust_decimal::Decimal;
use serde_json::{Value, json};

const TARIFF: &str = r#"{"id":"plain","currency":"EUR","elements":[{"components":[
    {"dimension":"energy","price":"0.40","vat":"19"}]}]}"#;

/// The next message of this kind.
async fn next(station: &Station, message: &str) -> Value {
    loop {
        let payload = station.expect_call("DataTransfer").await.unwrap();
        assert_eq!(payload["vendorId"], "org.openchargealliance.costmsg");
        if payload["messageId"] == message {
            return data(&payload);
        }
    }
}

async fn shows(house: &House, languages: bool) {
    house.tariff(TARIFF).await;
    house.says("", "CustomDisplayCostAndPrice", "", "true").await;
    house.says("", "CustomMultiLanguageMessages", "", if languages { "true" } else { "false" }).await;
}

#[tokio::test]
async fn a_station_of_1_6_is_told_what_a_session_costs_and_in_the_end_what_the_bill_says() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        shows(&house, true).await;
        let station = house.connect(Version::V16).await;
        station.answer_with("DataTransfer", Answer::Result(json!({"status": "Accepted"})));
        // Told before the start, so that one report begins the session and says that it charges.
        station.status(1, ConnectorState::Charging).await.unwrap();
        station.start(1, "TAG").await.unwrap();
        let begins = next(&station, "RunningCost").await;
        let session = house.session().await;
        assert_eq!(begins["transactionId"].to_string(), session.reference);
        assert_eq!((&begins["cost"], &begins["state"]), (&json!(0), &json!("Charging")));
        assert_eq!(begins["chargingPrice"]["kWhPrice"], json!(0.476));

        station.charge_wh(1, 5_000).unwrap();
        house.pass(&station, 600);
        station.meter(1).await.unwrap();
        let running = next(&station, "RunningCost").await;
        assert_eq!(running["cost"], json!(2.38), "5 kWh at 0.476: {running}");

        station.charge_wh(1, 2_345).unwrap();
        station.stop(1, "Local").await.unwrap();
        let last = next(&station, "FinalCost").await;
        let bill = bills::latest(&mut house.app.db.read().await.unwrap(), session.id).await.unwrap().unwrap();
        assert_eq!(
            last["cost"].to_string().parse::<Decimal>().unwrap(),
            bill.total_incl.parse().unwrap(),
            "to the cent"
        );
        assert_eq!(last["priceTextExtra"][0]["language"], "zh", "{last}");
    }
}

#[tokio::test]
async fn costs_are_told_no_more_often_than_set_and_a_restart_repeats_nothing() {
    for db in TestDb::all().await.unwrap() {
        let mut house = House::open(&db).await;
        shows(&house, false).await;
        let station = house.connect(Version::V16).await;
        station.answer_with("DataTransfer", Answer::Result(json!({"status": "Accepted"})));
        // Told before the start, so that one report begins the session and says that it charges.
        station.status(1, ConnectorState::Charging).await.unwrap();
        station.start(1, "TAG").await.unwrap();
        next(&station, "RunningCost").await;
        house.kept("Accepted").await;
        house.restart(&station).await;
        station.charge_wh(1, 1_000).unwrap();
        house.pass(&station, 5);
        station.meter(1).await.unwrap();
        let due = csms::costs::look(&house.app, &crate::house::ID.into()).await.unwrap();
        assert!(
            due.is_some_and(|at| at > house.clock.now()),
            "five seconds after the last one is too soon: {due:?}"
        );
        house.pass(&station, 60);
        let running = next(&station, "RunningCost").await;
        assert_eq!(running["cost"], json!(0.48));
        assert!(running.get("priceTextExtra").is_none());
        station.stop(1, "Local").await.unwrap();
        let last = next(&station, "FinalCost").await;
        assert!(last.get("priceTextExtra").is_none(), "it takes one language only: {last}");
    }
}

#[tokio::test]
async fn stations_of_2_0_1_have_the_cost_updated_and_those_that_show_none_are_left_alone() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        house.tariff(TARIFF).await;
        house.says("TariffCostCtrlr", "Enabled", "Cost", "true").await;
        let station = house.connect(Version::V201).await;
        station.start(1, "TAG").await.unwrap();
        let told = station.expect_call("CostUpdated").await.unwrap();
        assert_eq!(told, json!({"totalCost": 0, "transactionId": house.session().await.reference}));
        station.charge_wh(1, 10_000).unwrap();
        house.pass(&station, 60);
        station.meter(1).await.unwrap();
        let told = station.expect_call("CostUpdated").await.unwrap();
        assert_eq!(told["totalCost"], json!(4.76));
        let ended = station.stop(1, "Local").await.unwrap().unwrap();
        assert_eq!(ended["totalCost"], json!(4.76), "the final cost is in the answer");

        house.says("TariffCostCtrlr", "Enabled", "Cost", "false").await;
        station.start(1, "TAG").await.unwrap();
        let due = csms::costs::look(&house.app, &crate::house::ID.into()).await.unwrap();
        assert_eq!(due, None);
        let session = house.session().await;
        let told = csms::store::costs::told(
            &mut house.app.db.read().await.unwrap(),
            crate::house::ID,
            session.started_at,
        )
        .await
        .unwrap();
        assert!(told.iter().all(|row| row.session_id != session.id), "{told:?}");
    }
}

#[tokio::test]
async fn a_station_without_the_function_is_asked_once() {
    let db = TestDb::sqlite().unwrap();
    let house = House::open(&db).await;
    shows(&house, false).await;
    let station = house.connect(Version::V16).await;
    station.start(1, "TAG").await.unwrap();
    next(&station, "RunningCost").await; // answered UnknownVendorId
    house.kept("does not take it").await;
    station.charge_wh(1, 1_000).unwrap();
    house.pass(&station, 600);
    station.meter(1).await.unwrap();
    let due = csms::costs::look(&house.app, &crate::house::ID.into()).await.unwrap();
    assert_eq!(due, None);
}
