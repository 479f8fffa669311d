//! Several processes on one database: one of them steps a site.

use crate::hall::{Hall, SITE, limits, plan_of};
use chrono::TimeDelta;
use csms::{
    grid::stepped_at,
    store::{
        grid::{self, IntentRow},
        testing::TestDb,
    },
};
use std::time::Duration;

fn defaults(told: &[IntentRow]) -> usize {
    told.iter().filter(|row| row.body.contains(r#""why":"default""#)).count()
}

async fn told(hall: &Hall) -> Vec<IntentRow> {
    grid::intents(&mut hall.app.db.read().await.unwrap(), SITE, 1000).await.unwrap()
}

#[tokio::test]
async fn of_two_processes_the_one_that_has_the_stations_steps_their_site() {
    for in_order in [true, false] {
        let Some(db) = TestDb::postgres().await.unwrap() else { return };
        let mut hall = Hall::open(&db, 60, &plan_of(60)).await;
        let beside = hall.beside().await;
        hall.all_share().await;
        let before = defaults(&told(&hall).await);
        for _ in 0..4 {
            hall.pass(TimeDelta::seconds(25)).await;
            // Clocks here run faster than leases are looked after.
            let renewed = async || {
                let lease = grid::lease_of(&mut hall.app.db.read().await.unwrap(), SITE).await.unwrap();
                lease.is_some_and(|row| row.until_at >= hall.clock.now() + TimeDelta::seconds(40))
            };
            hall.when("the lease is renewed", renewed).await;
        }
        assert_eq!(beside.app.grid.last(SITE), None);
        let mut tx = beside.app.db.read().await.unwrap();
        assert!(stepped_at(&beside.app, &mut tx, SITE).await.unwrap().is_some(), "it knows who does");
        drop(tx);
        let all = told(&hall).await;
        assert!(all.iter().all(|row| row.outcome == "acked"), "{all:#?}");
        assert_eq!(defaults(&all), before, "nobody is told a default again");

        hall.hand_over(beside, in_order).await;
        if !in_order {
            // It may be there still, and slow.
            hall.app.live.touch(&"S16".into());
            assert_eq!(hall.app.grid.last(SITE), None);
            hall.clock.advance(TimeDelta::seconds(61));
            hall.stations.iter().for_each(|station| station.clock().advance(Duration::from_secs(61)));
        }
        hall.when("the other one steps it", async || hall.app.grid.last(SITE).is_some()).await;
        hall.until("all share again", |_, look| limits(look) == [20, 20, 20]).await;
        let known = async || told(&hall).await.iter().all(|row| !row.outcome.is_empty());
        hall.when("what has become of each is known", known).await;
    }
}
