//! Looks at a database without changing it: for the doctor, who must not bring tables up to date by the way.

use super::db;
use super::error::StoreError;
use super::findings;
use super::migrations::{self, Engine};
use super::query::{run, value};
use crate::config::Database;
use chrono::{DateTime, Utc};
use std::time::{Duration, Instant};

/// Durable writes that are timed.
const WRITES: usize = 10;
/// The row that they change; it is removed afterwards.
const ROW: &str = "doctor";
/// Findings of the audit that are named; all are counted.
const FINDINGS: i64 = 5;

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    pub engine: Engine,
    /// The newest migration that was applied; `None`: no tables yet.
    pub schema: Option<i64>,
    /// The newest migration that this version knows.
    pub known: i64,
    /// The median of a few commits; `None` where there are no tables to write to, or the schema is a newer one.
    pub commit: Option<Duration>,
    /// The newest instant that the database has of an event: later than now if the clock was set back.
    pub newest_event: Option<DateTime<Utc>>,
    /// What the audit found and is not mended; `None` where `commit` is.
    pub findings: Option<Findings>,
}

/// Open findings of the audit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    pub count: i64,
    /// Session and kind of the newest few.
    pub first: Vec<(i64, String)>,
}

/// Connects, looks, times a few commits, and closes. `None`: the SQLite file does not exist yet.
///
/// # Errors
/// As [`super::Db::open`]; and if the database can be read but not written.
pub async fn probe(config: &Database) -> Result<Option<Probe>, StoreError> {
    let Some(source) = db::Source::existing(config).await? else { return Ok(None) };
    let known = migrations::newest();
    let mut tx = source.begin().await?;
    // Without tables the statement fails; there is nothing else to learn then.
    let schema: Option<i64> =
        value!(&mut tx, "SELECT MAX(version) FROM _sqlx_migrations").unwrap_or_default();
    drop(tx);
    let mut probe =
        Probe { engine: source.engine(), schema, known, commit: None, newest_event: None, findings: None };
    if probe.schema == Some(known) {
        let mut tx = source.begin().await?;
        probe.newest_event = value!(&mut tx, "SELECT at FROM event ORDER BY id DESC LIMIT 1")?;
        let count = findings::count_open(&mut tx).await?;
        let first = findings::open(&mut tx, None, FINDINGS).await?;
        let first = first.into_iter().map(|finding| (finding.session_id, finding.kind)).collect();
        probe.findings = Some(Findings { count, first });
        drop(tx);
        probe.commit = Some(time_commits(&source).await?);
    }
    source.close().await;
    Ok(Some(probe))
}

async fn time_commits(source: &db::Source) -> Result<Duration, StoreError> {
    let mut times = Vec::with_capacity(WRITES);
    for round in 0..WRITES {
        let start = Instant::now();
        let mut tx = source.begin().await?;
        let sql = "INSERT INTO setting (name, value) VALUES ($1, $2)
                   ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        run!(&mut tx, sql, ROW, round.to_string())?;
        tx.commit().await?;
        times.push(start.elapsed());
    }
    let mut tx = source.begin().await?;
    run!(&mut tx, "DELETE FROM setting WHERE name = $1", ROW)?;
    tx.commit().await?;
    times.sort();
    Ok(times[WRITES / 2])
}

#[cfg(test)]
mod tests {
    use super::super::testing::TestDb;
    use super::*;

    #[tokio::test]
    async fn a_database_is_looked_at_and_not_made() {
        let fresh = TestDb::sqlite().unwrap();
        assert_eq!(probe(&fresh.config).await.unwrap(), None);
        assert_eq!(probe(&fresh.config).await.unwrap(), None, "looking makes no file");
    }

    #[tokio::test]
    async fn tables_and_commits_are_found_on_both_engines() {
        for test in TestDb::all().await.unwrap() {
            if let Some(before) = probe(&test.config).await.unwrap() {
                assert_eq!((before.schema, before.commit), (None, None), "no tables are made");
            }
            let db = test.open().await.unwrap();
            let found = probe(&test.config).await.unwrap().unwrap();
            assert_eq!((found.engine, found.schema), (db.engine(), Some(found.known)));
            assert!(found.commit.is_some_and(|time| time > Duration::ZERO));
            assert_eq!(found.findings, Some(Findings::default()));
            let mut tx = db.read().await.unwrap();
            let left: Option<String> =
                value!(&mut tx, "SELECT value FROM setting WHERE name = $1", ROW).unwrap();
            assert_eq!(left, None, "nothing is left behind");
        }
    }
}
