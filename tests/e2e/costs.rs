//! A station that counts costs itself: it is given the tariff, and an alarm goes off when it counts otherwise.

use crate::{
    harness::{Engine, Place, SEEN_WITHIN, text},
    records,
};
use conformance::{Fault, Options, Station};
use ocpp::Version;

const CARD: &str = "04A1B2C3D4E5F6";

/// So much for a kWh, 19 % VAT on top.
fn tariff(kwh: &str) -> String {
    format!(
        r#"{{"id":"plain","currency":"EUR","elements":[{{"components":[
            {{"dimension":"energy","price":"{kwh}","vat":"19"}}]}}]}}"#
    )
}

async fn publish(place: &Place, kwh: &str) {
    let added = place.feed(&["tariff", "add", "-", "--default"], &tariff(kwh)).await;
    assert!(added.status.success(), "{}", text(&added.stderr));
}

/// The flags of the station's newest session, and what it costs.
async fn charge(place: &Place, station: &Station) -> (String, String) {
    station.start(1, CARD).await.unwrap();
    station.charge_wh(1, 10_000).unwrap();
    station.stop(1, "Local").await.unwrap();
    let session = records::of_station(place, "HALL-7").await.remove(0).session;
    (session.flags, session.cost)
}

async fn told_and_checked(engine: Engine) {
    let Some(place) = Place::new(engine).await else { return };
    publish(&place, "0.40").await;
    place.done(&["token", "add", CARD]).await;
    let told = place.done(&["station", "add", "HALL-7"]).await;
    let password = told.split_whitespace().find(|word| word.len() == 40).unwrap();
    let csms = place.serve().await;

    let options =
        Options::new(&csms.ready.ocpp_url, "HALL-7", Version::V21).password(password).timeout(SEEN_WITHIN);
    let station = Station::connect(options).await.unwrap();
    station.boot().await.unwrap();
    let set = station.expect_call("SetDefaultTariff").await.unwrap();
    assert_eq!(set["tariff"]["energy"]["prices"][0]["priceKwh"], 0.4, "{set}");
    assert_eq!(charge(&csms.place, &station).await, (String::new(), "4.76".into()));

    // A new version from the command line is at the station within seconds.
    publish(&csms.place, "0.50").await;
    let set = station.expect_call("SetDefaultTariff").await.unwrap();
    assert_eq!(set["tariff"]["energy"]["prices"][0]["priceKwh"], 0.5, "{set}");
    assert_eq!(charge(&csms.place, &station).await, (String::new(), "5.95".into()));

    station.inject(Fault::WrongCosts);
    assert_eq!(charge(&csms.place, &station).await, ("cost-differs".into(), "5.95".into()));
    let metrics = csms.browser().get(csms.page("/metrics")).send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("csms_cost_differences_total{when=\"end\"} 1"), "{metrics}");
    assert!(metrics.contains("csms_station_tariffs_total{answer=\"Accepted\"} 2"), "{metrics}");
}

#[tokio::test]
async fn a_station_that_counts_is_told_the_tariff_and_checked_on_sqlite() {
    told_and_checked(Engine::Sqlite).await;
}

#[tokio::test]
async fn a_station_that_counts_is_told_the_tariff_and_checked_on_postgres() {
    told_and_checked(Engine::Postgres).await;
}
