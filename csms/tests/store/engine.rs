//! Opening, transactions, and what the errors say.

use crate::common::{at, on_both, station};
use csms::config::Database;
use csms::store::testing::TestDb;
use csms::store::{Db, Engine, StoreError, counter, settings, stations};
use sqlx::Connection;

on_both! {
    async fn a_transaction_counts_only_when_committed(db) {
        let mut tx = db.write().await.unwrap();
        settings::set(&mut tx, "colour", "green").await.unwrap();
        drop(tx);
        let mut tx = db.write().await.unwrap();
        assert_eq!(settings::get(&mut tx, "colour").await.unwrap(), None);
        settings::set(&mut tx, "colour", "blue").await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = db.read().await.unwrap();
        assert_eq!(settings::get(&mut tx, "colour").await.unwrap().as_deref(), Some("blue"));
        assert_eq!(tx.engine(), db.engine());
        db.ping().await.unwrap();
    }

    async fn many_writers_take_turns(db) {
        let takers = (0..16).map(|_| {
            let db = db.clone();
            tokio::spawn(async move {
                let mut firsts = Vec::new();
                for _ in 0..10 {
                    let mut tx = db.write().await.unwrap();
                    firsts.push(counter::take(&mut tx, "transaction", 5).await.unwrap());
                    tx.commit().await.unwrap();
                }
                firsts
            })
        });
        let mut firsts: Vec<i64> =
            futures::future::join_all(takers).await.into_iter().flat_map(Result::unwrap).collect();
        firsts.sort_unstable();
        assert_eq!(firsts, (0..160).map(|n| 1 + n * 5).collect::<Vec<_>>());
    }

    async fn a_broken_rule_is_told_apart(db) {
        station(&db, "CP1").await;
        let mut tx = db.write().await.unwrap();
        let row = stations::find(&mut tx, "CP1").await.unwrap().unwrap();
        let error = stations::create(&mut tx, &row).await.unwrap_err();
        assert!(error.is_duplicate() && error.is_row_fault(), "{error}");
        assert!(!error.is_reference() && !error.is_retryable(), "{error}");
        drop(tx);
        let mut tx = db.write().await.unwrap();
        let row = stations::StationRow { id: "CP2".into(), site_id: Some(404), created_at: at(0), ..row };
        let error = stations::create(&mut tx, &row).await.unwrap_err();
        assert!(error.is_reference() && error.is_row_fault() && !error.is_duplicate(), "{error}");
    }
}

#[tokio::test]
async fn opening_again_finds_everything() {
    for test in TestDb::all().await.unwrap() {
        let db = test.open().await.unwrap();
        station(&db, "CP1").await;
        db.close().await;
        let db = test.open().await.unwrap();
        let mut tx = db.read().await.unwrap();
        assert!(stations::find(&mut tx, "CP1").await.unwrap().is_some());
        drop(tx);
        db.close().await;
    }
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    const NEWER: &str =
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
        SELECT 9999, description, success, checksum, execution_time FROM _sqlx_migrations WHERE version = 1";
    for test in TestDb::all().await.unwrap() {
        let db = test.open().await.unwrap();
        let url = &test.config.url;
        match db.engine() {
            Engine::Sqlite => {
                let mut connection = sqlx::SqliteConnection::connect(url).await.unwrap();
                sqlx::query(NEWER).execute(&mut connection).await.unwrap();
            }
            Engine::Postgres => {
                let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
                sqlx::query(NEWER).execute(&mut connection).await.unwrap();
            }
        }
        db.close().await;
        let error = test.open().await.unwrap_err();
        assert!(matches!(error, StoreError::Newer { found: 9999, known: 1.. }), "{error}");
        assert!(error.to_string().contains("newer version"), "{error}");
    }
}

#[tokio::test]
async fn a_url_that_cannot_be_is_explained() {
    for (url, says) in [
        ("mysql://root:geheim@host/db", "neither SQLite nor PostgreSQL"),
        ("sqlite::memory:", "in memory"),
        ("wattline.db", "sqlite:PATH"),
        ("sqlite:/proc/nowhere/wattline.db", "cannot be created"),
        ("postgres://anna:geheim@127.0.0.1:1/none", "Is the server running"),
    ] {
        let error = Db::open(&Database { url: url.into(), ..Database::default() }).await.unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
        assert!(!error.to_string().contains("geheim"), "{error}");
    }
}

#[tokio::test]
async fn another_process_can_write_beside_us() {
    let test = TestDb::sqlite().unwrap();
    let (ours, theirs) = (test.open().await.unwrap(), test.open().await.unwrap());
    let mut held = theirs.write().await.unwrap();
    settings::set(&mut held, "a", "theirs").await.unwrap();
    let waiting = tokio::spawn(async move {
        let mut tx = ours.write().await.unwrap();
        settings::set(&mut tx, "b", "ours").await.unwrap();
        tx.commit().await.unwrap();
    });
    tokio::task::yield_now().await;
    held.commit().await.unwrap();
    waiting.await.unwrap();
    let mut tx = theirs.read().await.unwrap();
    assert_eq!(settings::get(&mut tx, "a").await.unwrap().as_deref(), Some("theirs"));
    assert_eq!(settings::get(&mut tx, "b").await.unwrap().as_deref(), Some("ours"));
}
