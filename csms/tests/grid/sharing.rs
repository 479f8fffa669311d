//! One fuse for three: whatever the stations and the server do, it never carries too much.

use crate::hall::{Hall, NAMES, SITE, limits, of, plan_of};
use chrono::TimeDelta;
use conformance::Answer;
use csms::store::{grid, testing::TestDb};
use energy::control::Standing;
use serde_json::json;

#[tokio::test]
async fn a_fuse_is_shared_while_stations_drop_out_and_come_back() {
    for db in TestDb::all().await.unwrap() {
        let mut hall = Hall::open(&db, 40, &plan_of(40)).await;
        hall.connect().await;
        for nth in 0..3 {
            hall.charge(nth).await;
        }
        hall.until("all share", |_, look| limits(look) == [13, 13, 13]).await;

        // It goes on with what it was told, until that ends; then its default holds.
        hall.stations[1].cut().await;
        hall.until("the lost one is known", |_, look| of(look, "S201").standing == Standing::Offline).await;
        let look =
            hall.until("others get what it cannot have any more", |_, look| limits(look)[0] >= 16).await;
        assert!(limits(&look)[2] >= 16, "{look:#?}");
        assert_eq!(hall.stations[1].power_w(1), 6 * 690, "it has fallen back to its default");

        hall.stations[1].reconnect().await.unwrap();
        hall.stations[1].meter(1).await.unwrap();
        hall.until("all share again", |_, look| limits(look) == [13, 13, 13]).await;
        assert!(hall.taken_w() > 38 * 690, "what there is is used: {} W", hall.taken_w());
    }
}

#[tokio::test]
async fn refusals_and_silence_are_counted_with() {
    for db in TestDb::all().await.unwrap() {
        let mut hall = Hall::open_with(&db, 40, &plan_of(40), |config| config.ocpp.call_timeout_s = 3).await;
        hall.connect().await;
        for nth in 0..2 {
            hall.charge(nth).await;
        }
        hall.until("two share", |_, look| limits(look)[..2] == [17, 17]).await;
        // One that refuses keeps what it had until that ends.
        hall.stations[0].answer_with("SetChargingProfile", Answer::Result(json!({"status": "Rejected"})));
        hall.charge(2).await;
        hall.until("it is known to refuse", |_, look| of(look, "S16").standing == Standing::Refuses).await;
        hall.until("the third gets its share all the same", |_, look| limits(look)[2] >= 10).await;
        hall.pass(TimeDelta::minutes(11)).await;
        assert_eq!(hall.stations[0].power_w(1), 6 * 690, "it has fallen back to its default");
        hall.stations[0].answer_normally("SetChargingProfile");
        // One that does not answer may have what it was told.
        hall.stations[1].answer_with("SetChargingProfile", Answer::Silence);
        hall.pass(TimeDelta::minutes(3)).await;
        hall.stations[1].answer_normally("SetChargingProfile");
        hall.until("all share", |_, look| limits(look) == [13, 13, 13]).await;
    }
}

#[tokio::test]
async fn a_restart_in_the_middle_forgets_nothing_that_counts() {
    for db in TestDb::all().await.unwrap() {
        let mut hall = Hall::open(&db, 40, &plan_of(40)).await;
        hall.connect().await;
        for nth in 0..2 {
            hall.charge(nth).await;
        }
        hall.until("two share", |_, look| limits(look)[..2] == [17, 17]).await;
        hall.restart().await;
        // One comes back at once, with a third vehicle; the other still takes its 17 A.
        for nth in [0, 2] {
            hall.stations[nth].reconnect().await.unwrap();
        }
        hall.charge(2).await;
        hall.pass(TimeDelta::minutes(2)).await;
        assert_eq!(hall.stations[1].power_w(1), 17 * 690, "nobody could tell it");
        let look = hall.look().await;
        assert_eq!(of(&look, NAMES[1]).standing, Standing::Offline);
        assert!(limits(&look)[0] + limits(&look)[2] <= 23, "{look:#?}");
        hall.stations[1].reconnect().await.unwrap();
        hall.stations[1].meter(1).await.unwrap();
        hall.until("all share", |_, look| limits(look) == [13, 13, 13]).await;
        let told = grid::intents(&mut hall.app.db.read().await.unwrap(), SITE, 1000).await.unwrap();
        assert!(told.iter().all(|row| !row.outcome.is_empty()), "each has an outcome");
    }
}

#[tokio::test]
async fn a_station_that_allows_more_than_its_default_counts_with_what_it_is_rated_for() {
    let db = TestDb::sqlite().unwrap();
    let mut hall = Hall::open(&db, 60, &plan_of(60)).await;
    hall.connect().await;
    // One that acknowledges and does not obey is beyond what can be promised: it is to be found out.
    hall.fuse = 96;
    let schedule = json!({"status": "Accepted", "schedule": {"evseId": 1, "duration": 60,
        "scheduleStart": "2026-03-02T08:00:00Z", "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 32}]}});
    hall.charge(1).await;
    hall.until("it charges", |_, look| limits(look)[1] > 6).await;
    hall.stations[1].answer_with("GetCompositeSchedule", Answer::Result(schedule));
    hall.stations[1].answer_with("SetChargingProfile", Answer::Result(json!({"status": "Accepted"})));
    hall.charge(0).await;
    hall.charge(2).await;
    hall.until("shared", |_, look| limits(look)[0] > 6).await;
    hall.stations[1].boot().await.unwrap();
    let look = hall.until("it is found out", |_, look| of(look, "S201").checked == "differs").await;
    assert!(of(&look, "S201").checked_words.starts_with("it says 32 A, and was told "), "{look:#?}");
    hall.until("it counts so", |_, look| of(look, "S201").counted.0 == 32_000).await;
    hall.until("others give way", |_, look| limits(look)[0] + limits(look)[2] <= 28).await;
}
