//! What meters tell of phases, and what they leave out.

use crate::hall::{Hall, SITE, limits, of, plan_of};
use chrono::TimeDelta;
use csms::store::{grid, testing::TestDb};
use energy::control::Intent;
use energy::units::Milliamps;
use serde_json::{Value, json};

/// A reading of the first station, which speaks 1.6, some seconds later, and the step that knows it: a value with its own instant
/// for each of these phases, in A.
async fn tell(hall: &Hall, phases: &[(&str, i64)]) {
    hall.clock.advance(TimeDelta::seconds(5));
    for station in &hall.stations {
        station.clock().advance(std::time::Duration::from_secs(5));
    }
    let station = &hall.stations[0];
    let value = |(phase, amps): &(&str, i64)| {
        json!({"timestamp": hall.clock.now(), "sampledValue": [{"measurand": "Current.Import",
            "phase": phase, "unit": "A", "value": amps.to_string()}]})
    };
    let number: i64 = station.transaction(1).unwrap().parse().unwrap();
    let values: Vec<Value> = phases.iter().map(value).collect();
    let message = json!({"connectorId": 1, "transactionId": number, "meterValue": values});
    station.call("MeterValues", message).await.unwrap();
    // A step of before the reading may have the time of the reading.
    hall.clock.advance(TimeDelta::seconds(1));
    for station in &hall.stations {
        station.clock().advance(std::time::Duration::from_secs(1));
    }
    let now = hall.clock.now();
    hall.when("it is told", async || {
        of(&hall.look().await, "S16").drawn == Some(Milliamps::from_amps(phases[0].1))
    })
    .await;
    hall.app.live.touch(&"S16".into());
    hall.when("the site is stepped", async || hall.app.grid.last(SITE).is_some_and(|at| at >= now)).await;
}

/// Phases that the first station was told to use, each time.
async fn phases_told(hall: &Hall) -> Vec<Option<u8>> {
    let told = grid::intents(&mut hall.app.db.read().await.unwrap(), SITE, 1000).await.unwrap();
    let of_it = told.iter().filter(|row| row.station_id == "S16");
    let intents = of_it.map(|row| serde_json::from_str::<Intent>(&row.body).unwrap());
    intents.map(|intent| intent.profile.schedules[0].periods[0].phases).collect()
}

#[tokio::test]
async fn phases_that_a_meter_does_not_tell_are_not_taken_for_unused() {
    let db = TestDb::sqlite().unwrap();
    let mut hall = Hall::open(&db, 40, &plan_of(40)).await;
    hall.connect().await;
    hall.charge(0).await;
    hall.until("it charges", |_, look| limits(look)[0] > 6).await;
    tell(&hall, &[("L1", 20)]).await;
    hall.charge(1).await;
    hall.until("two share", |_, look| limits(look)[..2] == [17, 17]).await;
    let told = phases_told(&hall).await;
    assert!(told.iter().all(Option::is_none), "it may use three: {told:?}");
}

#[tokio::test]
async fn phases_that_are_told_one_by_one_belong_together() {
    let db = TestDb::sqlite().unwrap();
    let mut hall = Hall::open(&db, 40, &plan_of(40)).await;
    hall.connect().await;
    hall.charge(0).await;
    hall.until("it charges", |_, look| limits(look)[0] > 6).await;
    tell(&hall, &[("L1", 16), ("L2", 0), ("L3", 0)]).await;
    hall.charge(1).await;
    hall.until("the second charges", |_, look| limits(look)[1] > 6).await;
    assert_eq!(phases_told(&hall).await.first(), Some(&Some(1)), "the last that it was told");
}
