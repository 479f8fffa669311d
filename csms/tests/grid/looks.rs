//! Defaults are read back as long as vehicles charge: who loses one is found out, and who keeps it again is believed again.

use crate::hall::{Hall, SITE, limits, of, plan_of, says};
use chrono::TimeDelta;
use conformance::Answer;
use csms::store::{grid, testing::TestDb};
use energy::control::{Intent, Why};
use serde_json::json;

/// How often the station was told its default.
async fn defaults(hall: &Hall) -> usize {
    let told = grid::intents(&mut hall.app.db.read().await.unwrap(), SITE, 1000).await.unwrap();
    let of_it = told.iter().filter(|row| row.station_id == "S201");
    of_it.filter(|row| serde_json::from_str::<Intent>(&row.body).unwrap().why == Why::Default).count()
}

#[tokio::test]
async fn a_default_that_is_lost_while_a_vehicle_charges_is_found_out_and_told_again() {
    for db in TestDb::all().await.unwrap() {
        let mut hall = Hall::open(&db, 60, &plan_of(60)).await;
        hall.all_share().await;
        let first = of(&hall.look().await, "S201").checked_words.clone();
        // Who boots after it was told is told twice at the beginning.
        let told = defaults(&hall).await;
        // It keeps its limit, and would take all it can when that ends.
        hall.stations[1].answer_with("GetCompositeSchedule", says(&[(0, 20), (640, 32)]));
        let look = hall.until("it is found out", |_, look| of(look, "S201").checked == "differs").await;
        let words = &of(&look, "S201").checked_words;
        assert!(words.starts_with("it says 32 A, and was told 6 A") && words != &first, "{words}");
        hall.until("it counts so", |_, look| of(look, "S201").counted.0 == 32_000).await;
        hall.until("others give way", |_, look| limits(look)[0] + limits(look)[2] <= 28).await;
        assert_eq!(defaults(&hall).await, told + 1, "it is told its default again");
        // An answer that says nothing proves nothing.
        hall.stations[1].answer_with("GetCompositeSchedule", Answer::Result(json!({"status": "Rejected"})));
        hall.pass(TimeDelta::minutes(17)).await;
        let look = hall.look().await;
        assert_eq!((&*of(&look, "S201").checked, of(&look, "S201").counted.0), ("differs", 32_000));
        hall.stations[1].answer_normally("GetCompositeSchedule");
        hall.until("it keeps it by now", |_, look| of(look, "S201").checked == "holds").await;
        hall.until("all share again", |_, look| limits(look) == [20, 20, 20]).await;
    }
}

#[tokio::test]
async fn a_station_that_tells_the_limit_of_now_for_all_of_the_time_is_not_suspected() {
    let db = TestDb::sqlite().unwrap();
    let mut hall = Hall::open(&db, 60, &plan_of(60)).await;
    hall.connect().await;
    hall.charge(1).await;
    hall.until("it charges", |_, look| limits(look)[1] == 32).await;
    hall.stations[1].answer_with("GetCompositeSchedule", says(&[(0, 32)]));
    let told = |_: &Hall, look: &csms::grid::look::Look| of(look, "S201").checked_words == "it says 32 A";
    let look = hall.until("it is looked at again", told).await;
    assert_eq!(of(&look, "S201").checked, "holds");
}

#[tokio::test]
async fn a_look_while_no_vehicle_was_there_is_none() {
    let db = TestDb::sqlite().unwrap();
    let mut hall = Hall::open(&db, 60, &plan_of(60)).await;
    hall.connect().await;
    hall.pass(TimeDelta::minutes(1)).await;
    hall.charge(1).await;
    hall.stations[1].answer_with("GetCompositeSchedule", says(&[(0, 32), (640, 32)]));
    let began = hall.clock.now();
    hall.until("it is found out", |_, look| of(look, "S201").checked == "differs").await;
    assert!(hall.clock.now() - began < TimeDelta::minutes(4), "it is not asked as soon as it charges");
}
