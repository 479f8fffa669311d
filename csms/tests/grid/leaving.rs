//! EVSEs that leave their plan.

use crate::hall::{Hall, NAMES, SITE, plan_of};
use chrono::TimeDelta;
use conformance::Answer;
use csms::{
    grid::{change::Change, file::PlanFile, said, switch::Mode},
    store::{
        commands::{self, CommandRow},
        grid,
        testing::TestDb,
    },
};
use energy::control::Standing;

/// The commands that take profiles away from a station.
pub async fn taken(hall: &Hall, station: &str) -> Vec<CommandRow> {
    let filter = commands::Filter {
        station: Some(station.into()),
        kind: Some("clear-profile".into()),
        ..commands::Filter::default()
    };
    commands::list(&mut hall.app.db.read().await.unwrap(), &filter, None, 100).await.unwrap()
}

async fn left(hall: &Hall) -> Vec<grid::LeftoverRow> {
    grid::leftovers(&mut hall.app.db.read().await.unwrap()).await.unwrap()
}

#[tokio::test]
async fn an_evse_that_leaves_its_plan_keeps_no_profile_of_it() {
    for db in TestDb::all().await.unwrap() {
        let mut hall = Hall::open(&db, 60, &plan_of(60)).await;
        hall.connect().await;
        let full: PlanFile = serde_json::from_value(plan_of(60)).unwrap();
        let mut fewer = full.clone();
        fewer.evse.truncate(1);
        hall.stations[1].cut().await;
        hall.put(&fewer).await;
        hall.when("one that is there is rid of it", async || hall.stations[2].profiles().is_empty()).await;
        assert_eq!(hall.stations[0].profiles(), [9002], "whoever stays keeps it");
        hall.pass(TimeDelta::seconds(65)).await;
        let asked =
            async || taken(&hall, NAMES[1]).await.iter().filter(|row| row.state == "queued").count() == 2;
        hall.when("the other one is asked when it comes", asked).await;
        assert_eq!(hall.stations[1].profiles(), [9002]);
        hall.stations[1].reconnect().await.unwrap();
        hall.when("it is rid of it as well", async || hall.stations[1].profiles().is_empty()).await;
        hall.when("nobody looks after it any more", async || left(&hall).await.is_empty()).await;

        // Who leaves and comes back at once is not asked.
        hall.put(&full).await;
        hall.until("they are back", |hall, look| {
            look.evses.iter().all(|evse| evse.standing == Standing::Default)
                && hall.stations.iter().all(|station| station.profiles() == [9002])
        })
        .await;
        let mut tx = hall.app.db.write().await.unwrap();
        for file in [&fewer, &full] {
            let change = Change::new(&mut tx, SITE, file, None, None).await.unwrap();
            change.keep(&mut tx, None, hall.clock.now()).await.unwrap();
        }
        assert_eq!(grid::leftovers(&mut tx).await.unwrap(), []);
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn a_plan_that_is_removed_leaves_nothing_at_its_stations() {
    for db in TestDb::all().await.unwrap() {
        let mut hall = Hall::open(&db, 60, &plan_of(60)).await;
        hall.connect().await;
        hall.switch(Mode::Off).await.unwrap();
        assert!(hall.stations.iter().all(|station| station.profiles() == [9002]), "defaults stay");
        let mut tx = hall.app.db.write().await.unwrap();
        said::remove(&mut tx, SITE, hall.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        let gone = async || hall.stations.iter().all(|station| station.profiles().is_empty());
        hall.when("they are rid of them", gone).await;
    }
}

#[tokio::test]
async fn a_profile_is_asked_for_until_its_station_has_answered() {
    for db in TestDb::all().await.unwrap() {
        let mut hall = Hall::open(&db, 60, &plan_of(60)).await;
        hall.connect().await;
        hall.stations[1].answer_with("ClearChargingProfile", Answer::Silence);
        hall.switch(Mode::Clear).await.unwrap();
        let sent = async || taken(&hall, NAMES[1]).await.iter().any(|row| row.state == "sent");
        hall.when("it is asked", sent).await;
        assert_eq!(hall.look().await.mode, "off");
        hall.stations[1].cut().await;
        let open = async || taken(&hall, NAMES[1]).await.iter().any(|row| row.state == "unknown");
        hall.when("it has left open what it did", open).await;
        assert_eq!(hall.stations[1].profiles(), [9002]);
        hall.stations[1].answer_normally("ClearChargingProfile");
        hall.stations[1].reconnect().await.unwrap();
        hall.clock.advance(TimeDelta::seconds(60));
        hall.when("it is rid of it", async || hall.stations[1].profiles().is_empty()).await;
        assert!(hall.stations.iter().all(|station| station.profiles().is_empty()));
    }
}

#[tokio::test]
async fn a_plan_that_is_changed_while_it_is_off_keeps_nothing_that_was_to_be_taken_away() {
    for db in TestDb::all().await.unwrap() {
        let mut hall = Hall::open(&db, 60, &plan_of(60)).await;
        hall.connect().await;
        hall.stations[1].cut().await;
        hall.switch(Mode::Clear).await.unwrap();
        hall.when("it is off", async || hall.look().await.mode == "off").await;
        hall.put(&serde_json::from_value(plan_of(50)).unwrap()).await;
        hall.stations[1].reconnect().await.unwrap();
        hall.when("it is rid of it", async || hall.stations[1].profiles().is_empty()).await;
    }
}
