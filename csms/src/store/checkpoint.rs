//! Copies SQLite's write-ahead log back into the database file, beside the group writer instead of in its way.
//!
//! Left to itself, SQLite does this within the commit that makes the log too long, and everybody whose message is in
//! that commit waits for it. Here another connection does it while commits go on; only the last few pages of a long
//! log are copied while the gate is shut, so that the log can begin anew and does not grow without end.

use super::error::StoreError;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

/// How often the length of the log is looked at.
const PERIOD: Duration = Duration::from_millis(200);
/// Pages in the log that are worth copying…
const WORTH: i64 = 1_000;
/// … and the length at which the log has to begin anew (64 MiB).
const LENGTH_MAX: i64 = 16_000;
/// How often the rest that came in meanwhile is copied before the gate is shut for what is left.
const ROUNDS: usize = 4;

/// The log, in pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Log {
    length: i64,
    copied: i64,
}

/// Keeps the log short until `stop`.
pub(super) async fn keep_short(options: SqliteConnectOptions, gate: Arc<Mutex<()>>, stop: CancellationToken) {
    let mut period = tokio::time::interval(PERIOD);
    period.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut connection = None;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = period.tick() => {}
        }
        if let Err(error) = shorten(&options, &mut connection, &gate).await {
            // Commits go on; the log grows until this succeeds again.
            tracing::warn!(%error, "the write-ahead log was not copied back");
            connection = None;
        }
    }
}

async fn shorten(
    options: &SqliteConnectOptions,
    connection: &mut Option<SqliteConnection>,
    gate: &Mutex<()>,
) -> Result<(), StoreError> {
    let connection = match connection {
        Some(connection) => connection,
        none => none.insert(options.connect().await?),
    };
    let mut log = look(connection).await?;
    if log.length - log.copied < WORTH {
        return Ok(());
    }
    log = copy(connection).await?;
    if log.length < LENGTH_MAX {
        return Ok(());
    }
    for _ in 0..ROUNDS {
        log = look(connection).await?;
        if log.length - log.copied < WORTH {
            break;
        }
        copy(connection).await?;
    }
    let _turn = gate.lock().await;
    copy(connection).await?;
    Ok(())
}

/// How long the log is, and how much of it is copied; copies nothing.
async fn look(connection: &mut SqliteConnection) -> Result<Log, StoreError> {
    pragma(connection, "PRAGMA wal_checkpoint(NOOP)").await
}

/// Copies what no reader hinders, without making anybody wait.
async fn copy(connection: &mut SqliteConnection) -> Result<Log, StoreError> {
    pragma(connection, "PRAGMA wal_checkpoint(PASSIVE)").await
}

async fn pragma(connection: &mut SqliteConnection, sql: &'static str) -> Result<Log, StoreError> {
    let (_busy, length, copied): (i64, i64, i64) = sqlx::query_as(sql).fetch_one(connection).await?;
    Ok(Log { length, copied })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::TestDb;

    /// Writes about so many pages, each commit a new one.
    async fn write_pages(db: &crate::store::Db, run: &str, pages: usize) {
        let text = "x".repeat(3_500);
        for page in 0..pages / 50 {
            let mut tx = db.write().await.unwrap();
            for n in 0..50 {
                let name = format!("{run}-{page}-{n}");
                crate::store::settings::set(&mut tx, &name, &text).await.unwrap();
            }
            tx.commit().await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_long_log_begins_anew() {
        let test = TestDb::sqlite().unwrap();
        let db = test.open().await.unwrap();
        let (options, gate) = db.sqlite().unwrap();
        let mut connection = Some(options.connect().await.unwrap());
        write_pages(&db, "a", 500).await;
        let before = look(connection.as_mut().unwrap()).await.unwrap();
        shorten(&options, &mut connection, &gate).await.unwrap();
        // Too little to be worth it.
        assert_eq!(look(connection.as_mut().unwrap()).await.unwrap(), before);
        write_pages(&db, "b", 15_500).await;
        shorten(&options, &mut connection, &gate).await.unwrap();
        let all = look(connection.as_mut().unwrap()).await.unwrap();
        assert!(all.length >= LENGTH_MAX, "{all:?}");
        assert_eq!(all.length, all.copied);
        write_pages(&db, "c", 50).await;
        let anew = look(connection.as_mut().unwrap()).await.unwrap();
        assert!(anew.length < 500, "{anew:?}");
    }
}
