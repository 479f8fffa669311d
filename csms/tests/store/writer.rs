//! The group writer.

use crate::common::{at, on_both, progress, reading, session, station};
use csms::store::row::{BootRow, ConnectorRow, EventRow, SessionRow, Write};
use csms::store::testing::TestDb;
use csms::store::{StoreError, Writer, events, sessions, stations};
use sqlx::Connection;

fn connector(station: &str, status: &str, second: i64) -> Write {
    Write::Connector(ConnectorRow {
        station: station.into(),
        evse: 2,
        connector: 1,
        status: status.into(),
        error_code: "NoError".into(),
        info: "i".into(),
        status_at: at(second),
    })
}

fn ended(id: i64) -> SessionRow {
    SessionRow {
        state: "ended".into(),
        ended_at: Some(at(99)),
        energy_mwh: 99,
        stop_reason: "Local".into(),
        ..session(id, "CP1")
    }
}

on_both! {
    async fn a_cause_is_there_when_its_commit_returns(db) {
        station(&db, "CP1").await;
        let writer = Writer::start(db.clone(), 16);
        let boot = BootRow {
            station: "CP1".into(), vendor: "Acme".into(), model: "One".into(), serial: "s".into(),
            firmware: "1.2".into(), iccid: "ic".into(), imsi: "im".into(), meter_serial: "m".into(),
            boot_answer: "accepted".into(), boot_reason: "PowerUp".into(), at: at(2),
        };
        writer
            .commit(vec![
                Write::Booted(Box::new(boot)),
                Write::Seen {
                    station: "CP1".into(), at: at(4), address: "192.0.2.1".into(), protocol: "ocpp2.0.1",
                },
                Write::StationStatus {
                    station: "CP1".into(), status: "Available".into(), error_code: "NoError".into(),
                },
                Write::Quarantine { station: "CP1".into(), until: Some(at(90)), reason: "flaps".into() },
                connector("CP1", "Available", 3),
                Write::Session(Box::new(session(1, "CP1"))),
                Write::Reading(Box::new(reading(1, 1))),
                Write::Progress(Box::new(progress(1, 55))),
            ])
            .await
            .unwrap();
        let mut tx = db.read().await.unwrap();
        let row = stations::find(&mut tx, "CP1").await.unwrap().unwrap();
        let expected = stations::StationRow {
            id: "CP1".into(), vendor: "Acme".into(), model: "One".into(), serial: "s".into(),
            firmware: "1.2".into(), iccid: "ic".into(), imsi: "im".into(), meter_serial: "m".into(),
            boot_answer: "accepted".into(), boot_reason: "PowerUp".into(), booted_at: Some(at(2)),
            seen_at: Some(at(4)), address: "192.0.2.1".into(), protocol: "ocpp2.0.1".into(),
            status: "Available".into(), error_code: "NoError".into(), last_session_at: Some(at(1)),
            quarantined_until: Some(at(90)), quarantine_reason: "flaps".into(),
            validation: "lenient".into(), registration: "accepted".into(), created_at: at(0),
            ..stations::StationRow::default()
        };
        assert_eq!(row, expected);
        let connectors = stations::connectors(&mut tx, "CP1").await.unwrap();
        assert_eq!((connectors[0].evse, connectors[0].connector, &*connectors[0].info), (2, 1, "i"));
        assert_eq!(stations::evses(&mut tx, "CP1").await.unwrap().len(), 1);
        let (p, row) = (progress(1, 55), sessions::find(&mut tx, 1).await.unwrap().unwrap());
        let expected = SessionRow {
            last_at: p.last_at, received_at: p.received_at, last_mwh: p.last_mwh, energy_mwh: p.energy_mwh,
            power_w: p.power_w, soc_percent: p.soc_percent, charging_state: p.charging_state, cost: p.cost,
            seqs: p.seqs, messages: p.messages, flags: p.flags, ..session(1, "CP1")
        };
        assert_eq!(row, expected);
        assert_eq!(sessions::readings(&mut tx, 1).await.unwrap(), [reading(1, 1)]);
    }

    async fn many_causes_at_once_are_all_kept(db) {
        const STATIONS: i64 = 150;
        let writer = Writer::start(db.clone(), 64);
        let stations = (1..=STATIONS).map(|id| {
            let writer = writer.clone();
            tokio::spawn(async move {
                writer.commit(vec![Write::Session(Box::new(session(id, "CP")))]).await.unwrap();
                for n in 1..=5 {
                    let cause = vec![
                        Write::Reading(Box::new(reading(id, n))),
                        Write::Progress(Box::new(progress(id, n))),
                    ];
                    writer.commit(cause).await.unwrap();
                }
            })
        });
        for done in futures::future::join_all(stations).await {
            done.unwrap();
        }
        let mut tx = db.read().await.unwrap();
        for id in 1..=STATIONS {
            assert_eq!(sessions::readings(&mut tx, id).await.unwrap(), [1, 2, 3, 4, 5].map(|n| reading(id, n)));
            assert_eq!(sessions::find(&mut tx, id).await.unwrap().unwrap().energy_mwh, 5);
        }
    }

    async fn within_a_group_the_last_word_counts(db) {
        station(&db, "CP1").await;
        let writer = Writer::start(db.clone(), 16);
        writer.commit(vec![Write::Session(Box::new(session(1, "CP1")))]).await.unwrap();
        // Progress before the end must not undo the end; progress after a beginning must count.
        writer
            .commit(vec![
                Write::Progress(Box::new(progress(1, 10))),
                Write::Session(Box::new(ended(1))),
                Write::Session(Box::new(session(2, "CP1"))),
                Write::Progress(Box::new(progress(2, 10))),
                Write::Progress(Box::new(progress(2, 20))),
                Write::Reading(Box::new(reading(2, 1))),
                Write::Reading(Box::new(reading(2, 1))),
                connector("CP1", "Charging", 8),
                connector("CP1", "Available", 7),
            ])
            .await
            .unwrap();
        writer.commit(vec![connector("CP1", "Faulted", 6)]).await.unwrap();
        writer.commit(vec![Write::Reading(Box::new(reading(2, 1)))]).await.unwrap();
        let mut tx = db.read().await.unwrap();
        assert_eq!(sessions::find(&mut tx, 1).await.unwrap(), Some(ended(1)));
        assert_eq!(sessions::find(&mut tx, 2).await.unwrap().unwrap().energy_mwh, 20);
        assert_eq!(sessions::readings(&mut tx, 2).await.unwrap(), [reading(2, 1)]);
        let connectors = stations::connectors(&mut tx, "CP1").await.unwrap();
        assert_eq!((connectors.len(), &*connectors[0].status), (1, "Charging"));
        assert_eq!(stations::find(&mut tx, "CP1").await.unwrap().unwrap().last_session_at, Some(at(2)));
    }

    async fn a_fault_fails_its_own_cause_only(db) {
        station(&db, "CP1").await;
        let writer = Writer::start(db.clone(), 256);
        let causes = (1..=100).map(|id| {
            let name = if id % 37 == 0 { "NOBODY" } else { "CP1" };
            let cause = vec![Write::Session(Box::new(session(id, name))), connector(name, "Charging", id)];
            let writer = writer.clone();
            async move { (id, writer.commit(cause).await) }
        });
        for (id, outcome) in futures::future::join_all(causes).await {
            match outcome {
                Ok(()) => assert_ne!(id % 37, 0, "{id}"),
                Err(error) => {
                    assert!(error.is_reference(), "{error}");
                    assert_eq!(id % 37, 0, "{id}: {error}");
                }
            }
        }
        let mut tx = db.read().await.unwrap();
        assert_eq!(sessions::count_open(&mut tx).await.unwrap(), 98);
        assert!(sessions::open(&mut tx, "NOBODY").await.unwrap().is_empty());
    }

    async fn what_cannot_be_text_is_replaced(db) {
        let writer = Writer::start(db.clone(), 16);
        let mut row = session(1, "CP1");
        row.stop_token = "a\0b".into();
        writer.commit(vec![Write::Session(Box::new(row))]).await.unwrap();
        let mut tx = db.read().await.unwrap();
        assert_eq!(sessions::find(&mut tx, 1).await.unwrap().unwrap().stop_token, "a\u{fffd}b");
    }

    async fn a_waiter_may_leave(db) {
        let writer = Writer::start(db.clone(), 16);
        let left = writer.commit(vec![Write::Session(Box::new(session(1, "CP1")))]);
        let mut left = Box::pin(left);
        // Polled once, so that the cause is queued, and then dropped; the writer may have been faster.
        let _ = futures::poll!(&mut left);
        drop(left);
        writer.commit(vec![Write::Session(Box::new(session(2, "CP1")))]).await.unwrap();
        let mut tx = db.read().await.unwrap();
        assert_eq!(sessions::open(&mut tx, "CP1").await.unwrap().len(), 2);
    }

    async fn shutting_down_commits_what_is_queued(db) {
        let writer = Writer::start(db.clone(), 2);
        let event = |id: i64| EventRow {
            id, at: at(id), station_id: None, session_id: None, kind: "station.data".into(), body: "{}".into(),
        };
        let commits: Vec<_> = (1..=6).map(|id| Box::pin(writer.commit(vec![Write::Event(event(id))]))).collect();
        let mut commits = futures::future::join_all(commits);
        assert!(futures::poll!(&mut commits).is_pending());
        writer.later(Write::Event(event(7)));
        writer.shutdown().await;
        assert!(commits.await.into_iter().all(|outcome| outcome.is_ok()));
        let after = writer.commit(vec![Write::Event(event(8))]).await;
        assert!(matches!(after, Err(StoreError::Stopped)));
        writer.later(Write::Event(event(9)));
        let mut tx = db.read().await.unwrap();
        let kept = events::since(&mut tx, &events::Filter::default(), 0, 50).await.unwrap();
        assert_eq!(kept.into_iter().map(|row| row.id).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 7]);
    }

    async fn an_empty_cause_is_nothing(db) {
        let writer = Writer::start(db.clone(), 16);
        writer.commit(Vec::new()).await.unwrap();
    }
}

#[tokio::test]
async fn a_lost_connection_is_made_anew() {
    let Some(test) = TestDb::postgres().await.unwrap() else { return };
    let db = test.open().await.unwrap();
    let writer = Writer::start(db.clone(), 16);
    writer.commit(vec![Write::Session(Box::new(session(1, "CP1")))]).await.unwrap();
    let mut axe = sqlx::PgConnection::connect(&test.config.url).await.unwrap();
    let cut = sqlx::query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
    assert!(cut.execute(&mut axe).await.unwrap().rows_affected() > 0);
    writer.commit(vec![Write::Session(Box::new(session(2, "CP1")))]).await.unwrap();
    let mut tx = db.read().await.unwrap();
    assert_eq!(sessions::open(&mut tx, "CP1").await.unwrap().len(), 2);
}
