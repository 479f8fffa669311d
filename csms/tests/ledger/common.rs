//! Entries to test with.

use chrono::{DateTime, TimeDelta, Utc};
use csms::clock::Clock;
use csms::id::Ids;
use csms::ledger::seal::Sealer;
use csms::ledger::{Account, Entry, Recorded, record};
use csms::store::{Db, Engine, Tx};
use payments::Amount;
use payments::ledger::{Note, SignatureKind, Signer};

/// Runs the body once per engine, each time on an empty database.
macro_rules! on_both {
    ($(async fn $name:ident($db:ident) $body:block)+) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            for test in csms::store::testing::TestDb::all().await.unwrap() {
                let $db = test.open().await.unwrap();
                $body
                $db.close().await;
            }
        }
    )+ };
}
pub(crate) use on_both;

/// 2026-05-04T10:00:00Z and so many seconds.
pub fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_777_888_800, 0).unwrap() + TimeDelta::seconds(seconds)
}

pub fn ids() -> Ids {
    Ids::new(Clock::System, 1)
}

pub fn eur(minor: i64) -> Amount {
    Amount::new(minor, "EUR".parse().unwrap())
}

pub fn provider() -> Account {
    Account::Provider("st-main".into())
}

/// So much was taken for an order.
pub fn taken(order: i64, minor: i64) -> Entry {
    Entry::posted("taken", format!("taken:{order}"), at(order))
        .of_order(order)
        .debit(provider(), eur(minor))
        .credit(Account::Deposits, eur(minor))
}

/// So much is held for an order.
pub fn held(order: i64, minor: i64) -> Entry {
    Entry::pending("held", format!("held:{order}"), at(order))
        .of_order(order)
        .debit(provider(), eur(minor))
        .credit(Account::Deposits, eur(minor))
}

/// Enters it in a transaction of its own.
pub async fn enter(db: &Db, ids: &Ids, entry: &Entry) -> Recorded {
    let mut tx = db.write().await.unwrap();
    let recorded = record(&mut tx, ids, entry).await.unwrap();
    tx.commit().await.unwrap();
    recorded
}

/// Runs a statement by hand; how many rows it changed, or what the database said.
pub async fn by_hand(tx: &mut Tx, sql: &str) -> Result<u64, String> {
    let sql = sqlx::AssertSqlSafe(sql.to_owned());
    let done = match tx {
        Tx::Sqlite(tx, _) => sqlx::raw_sql(sql).execute(&mut **tx).await.map(|done| done.rows_affected()),
        Tx::Postgres(tx) => sqlx::raw_sql(sql).execute(&mut **tx).await.map(|done| done.rows_affected()),
    };
    done.map_err(|error| error.to_string())
}

/// A key to sign with.
pub fn signer() -> Signer {
    Signer::new("ledger.example/test", SignatureKind::Text, [7; 32]).unwrap()
}

/// Who seals; every turn signs a checkpoint.
pub fn sealer() -> Sealer {
    Sealer::new(signer(), 1, TimeDelta::zero())
}

/// The newest checkpoint, as it is published.
pub async fn newest(db: &Db) -> Note {
    csms::ledger::prove::newest(&mut db.read().await.unwrap()).await.unwrap().unwrap().1
}

/// Takes away what keeps rows from being changed, as somebody with all rights can.
pub async fn without_triggers(tx: &mut Tx) {
    const TABLES: [&str; 5] =
        ["ledger_entry", "ledger_posting", "ledger_record", "ledger_leaf", "ledger_checkpoint"];
    let mut off = String::new();
    for table in TABLES {
        off += &match tx.engine() {
            Engine::Postgres => format!("ALTER TABLE {table} DISABLE TRIGGER USER;"),
            Engine::Sqlite => format!(
                "DROP TRIGGER IF EXISTS {table}_update; DROP TRIGGER IF EXISTS {table}_delete;
                 DROP TRIGGER IF EXISTS {table}_seal; DROP TRIGGER IF EXISTS {table}_sealed;"
            ),
        };
    }
    by_hand(tx, &off).await.unwrap();
}

/// Somebody with all rights changes rows past the triggers.
pub async fn tamper(db: &Db, sql: &str) {
    let mut tx = db.write().await.unwrap();
    without_triggers(&mut tx).await;
    assert!(by_hand(&mut tx, sql).await.unwrap() > 0, "{sql} changes nothing");
    tx.commit().await.unwrap();
}
