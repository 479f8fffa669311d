//! EVSEs that leave their plan.

use crate::hall::{Hall, SITE, plan_of};
use chrono::TimeDelta;
use csms::{
    grid::{change::Change, file::PlanFile, said, switch::Mode},
    store::{grid, testing::TestDb},
};
use energy::control::Standing;

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
            async || grid::leftovers(&mut hall.app.db.read().await.unwrap()).await.unwrap().is_empty();
        hall.when("the other one is asked when it comes", asked).await;
        assert_eq!(hall.stations[1].profiles(), [9002]);
        hall.stations[1].reconnect().await.unwrap();
        hall.when("it is rid of it as well", async || hall.stations[1].profiles().is_empty()).await;

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
