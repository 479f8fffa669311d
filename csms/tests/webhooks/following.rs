//! A reader that follows events misses none and hears none twice, whoever writes them and in whatever order they commit.

use crate::house::{commit, happened, start};
use chrono::TimeDelta;
use csms::{
    clock::Clock,
    event::Feed,
    id::Ids,
    store::{Db, Engine, events, testing::TestDb},
};

/// All that a reader hears who comes back for more until there is none.
async fn heard(feed: &Feed, db: &Db, mut after: i64) -> Vec<(i64, i64)> {
    let mut all = Vec::new();
    loop {
        let rows = feed.after(db, after).await.unwrap();
        let Some(last) = rows.last() else { return all };
        after = last.seq;
        all.extend(rows.iter().map(|row| (row.seq, row.event.id)));
    }
}

#[tokio::test]
async fn an_event_that_commits_late_is_told_late_and_not_left_out() {
    for test in TestDb::all().await.unwrap() {
        let db = test.open().await.unwrap();
        let ids = Ids::new(Clock::fixed(start()), 0);
        let (slow, fast) = (happened(&ids, "station.created", "A"), happened(&ids, "station.created", "B"));
        let feed = Feed::default();
        feed.turn(&db).await.unwrap();
        let mut tx = db.write().await.unwrap();
        if tx.engine() == Engine::Postgres {
            // Its transaction is open while a later one commits and is told.
            events::add(&mut tx, &slow).await.unwrap();
            commit(&db, &fast).await;
            feed.turn(&db).await.unwrap();
            assert_eq!(heard(&feed, &db, 0).await, [(1, fast.id)]);
        } else {
            drop(tx);
            commit(&db, &fast).await;
            feed.turn(&db).await.unwrap();
            tx = db.write().await.unwrap();
            events::add(&mut tx, &slow).await.unwrap();
        }
        tx.commit().await.unwrap();
        feed.turn(&db).await.unwrap();
        assert_eq!(heard(&feed, &db, 0).await, [(1, fast.id), (2, slow.id)]);
        assert_eq!(heard(&feed, &db, 1).await, [(2, slow.id)]);
        assert!(heard(&feed, &db, 2).await.is_empty());
        // Another start goes on with the numbers.
        let again = Feed::default();
        again.turn(&db).await.unwrap();
        assert_eq!((again.head(), heard(&again, &db, 0).await.len()), (2, 2));
        db.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_number_together_and_their_readers_hear_the_same() {
    const WRITERS: u16 = 3;
    const EACH: usize = 60;
    for test in TestDb::all().await.unwrap() {
        let db = test.open().await.unwrap();
        let write = async |node: u16| {
            let ids = Ids::new(Clock::fixed(start()), node);
            for _ in 0..EACH {
                commit(&db, &happened(&ids, "station.changed", "A")).await;
            }
        };
        let total = EACH * usize::from(WRITERS);
        // Each reader remembers only the last number it has heard.
        let read = async || {
            let feed = Feed::default();
            let mut all = Vec::new();
            while all.len() < total {
                feed.turn(&db).await.unwrap();
                let after = all.last().map_or(0, |(seq, _): &(i64, i64)| *seq);
                all.extend(heard(&feed, &db, after).await);
                tokio::task::yield_now().await;
            }
            all
        };
        let (_, _, _, one, two) = tokio::join!(write(1), write(2), write(3), read(), read());
        let numbers: Vec<i64> = one.iter().map(|(seq, _)| *seq).collect();
        assert_eq!(numbers, (1..=i64::try_from(total).unwrap()).collect::<Vec<_>>());
        assert_eq!(one, two);
        db.close().await;
    }
}

#[tokio::test]
async fn many_events_are_followed_from_memory_and_from_the_database() {
    for test in TestDb::all().await.unwrap() {
        let db = test.open().await.unwrap();
        let ids = Ids::new(Clock::fixed(start()), 0);
        let feed = Feed::default();
        feed.turn(&db).await.unwrap();
        let mut tx = db.write().await.unwrap();
        for _ in 0..1_300 {
            events::add(&mut tx, &happened(&ids, "station.changed", "A")).await.unwrap();
        }
        tx.commit().await.unwrap();
        assert!(!feed.turn(&db).await.unwrap(), "more than are numbered at once");
        assert!(feed.turn(&db).await.unwrap());
        let all = heard(&feed, &db, 0).await;
        assert_eq!((all.len(), all.last().unwrap().0), (1_300, 1_300));
        assert_eq!(heard(&feed, &db, 700).await, all[700..]);
        // The oldest go; who comes late begins at what is left.
        let mut keep = csms::config::Retention { event_days: 1, ..csms::config::Retention::default() };
        keep.progress_days = 1;
        let gone = csms::store::retention::run(&db, &keep, start() + TimeDelta::days(3)).await.unwrap();
        assert_eq!(gone.events, 1_300);
        assert_eq!(events::oldest(&mut db.read().await.unwrap()).await.unwrap(), None);
        assert_eq!(events::newest(&mut db.read().await.unwrap()).await.unwrap(), 1_300);
        db.close().await;
    }
}
