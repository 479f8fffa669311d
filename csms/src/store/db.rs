//! The database: SQLite in a file of ours, or a PostgreSQL server.
//!
//! On SQLite only one connection can write at a time. All writers of this process therefore queue, in order, at
//! one gate in memory; none of them ever polls a locked file. Another process (the command line beside a running
//! server) is met by SQLite's own busy time-out.

use super::error::StoreError;
use super::migrations::{self, Engine};
use crate::config;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{
    ConnectOptions, Connection, PgConnection, PgPool, Postgres, Sqlite, SqliteConnection, SqlitePool,
};
use sqlx::{SqlSafeStr, SqlStr, Transaction};
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, OwnedMutexGuard};

/// How long SQLite waits for another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a caller waits for a connection of the pool.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// A transaction that reads sees one state of the database throughout, as on SQLite.
const READING: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
/// Prepared statements kept per connection; the group writer alone has about ten per table.
const STATEMENTS_MAX: usize = 256;
/// Page cache of the writing connection and of a reading one, in KiB (SQLite writes it as a negative number).
const WRITER_CACHE: &str = "-65536";
const READER_CACHE: &str = "-8192";
/// Pages of the write-ahead log after which a commit copies it back itself. Beside a running group writer this does
/// not happen, see [`super::checkpoint`]; it bounds the log where there is none.
const CHECKPOINT_PAGES: &str = "32000";

/// Either engine's transaction. Dropped without [`Tx::commit`], it rolls back.
#[derive(Debug)]
pub enum Tx {
    /// The guard is present in a writing transaction: it is our turn at the gate.
    Sqlite(Transaction<'static, Sqlite>, Option<OwnedMutexGuard<()>>),
    Postgres(Transaction<'static, Postgres>),
}

/// Runs the same expression on whichever engine the transaction is of; `$c` is its connection.
macro_rules! on {
    ($tx:expr, $c:ident => $body:expr) => {
        match $tx {
            $crate::store::db::Tx::Sqlite(transaction, _) => {
                let $c = &mut **transaction;
                $body
            }
            $crate::store::db::Tx::Postgres(transaction) => {
                let $c = &mut **transaction;
                $body
            }
        }
    };
}
pub(super) use on;

impl Tx {
    /// Makes everything done in this transaction durable and visible.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self {
            Tx::Sqlite(transaction, _gate) => transaction.commit().await?,
            Tx::Postgres(transaction) => transaction.commit().await?,
        }
        Ok(())
    }

    /// Which engine this is of.
    pub fn engine(&self) -> Engine {
        match self {
            Tx::Sqlite(..) => Engine::Sqlite,
            Tx::Postgres(_) => Engine::Postgres,
        }
    }
}

/// A handle to the database; clones share it.
#[derive(Debug, Clone)]
pub struct Db(Arc<Inner>);

#[derive(Debug)]
enum Inner {
    Sqlite { readers: SqlitePool, writer: SqlitePool, gate: Arc<Mutex<()>>, options: SqliteConnectOptions },
    Postgres { pool: PgPool, options: PgConnectOptions },
}

/// A connection of its own for the group writer, which holds it for as long as it lives.
#[derive(Debug)]
pub(super) enum Lane {
    Sqlite { connection: SqliteConnection, gate: Arc<Mutex<()>> },
    Postgres { connection: PgConnection },
}

impl Db {
    /// Opens the database, creates it if it is a file that does not exist, and brings its tables up to date.
    ///
    /// # Errors
    /// Says what is wrong with the URL, the file, the server or the schema, and what to do.
    pub async fn open(config: &config::Database) -> Result<Db, StoreError> {
        let url = config.url.trim();
        match url.split_once(':') {
            Some(("sqlite", _)) => open_sqlite(url, config.connections).await,
            Some(("postgres" | "postgresql", _)) => open_postgres(url, config.connections).await,
            _ => Err(StoreError::Url {
                url: masked(url),
                why: "it names neither SQLite nor PostgreSQL".into(),
            }),
        }
    }

    /// Which engine this is.
    pub fn engine(&self) -> Engine {
        match &*self.0 {
            Inner::Sqlite { .. } => Engine::Sqlite,
            Inner::Postgres { .. } => Engine::Postgres,
        }
    }

    /// Begins a transaction that only reads; it sees one state of the database throughout.
    pub async fn read(&self) -> Result<Tx, StoreError> {
        Ok(match &*self.0 {
            Inner::Sqlite { readers, .. } => Tx::Sqlite(readers.begin().await?, None),
            Inner::Postgres { pool, .. } => Tx::Postgres(pool.begin_with(READING).await?),
        })
    }

    /// Begins a transaction that writes. On SQLite it waits for its turn, in order; keep it short.
    pub async fn write(&self) -> Result<Tx, StoreError> {
        Ok(match &*self.0 {
            Inner::Sqlite { writer, gate, .. } => {
                let turn = Arc::clone(gate).lock_owned().await;
                Tx::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?, Some(turn))
            }
            Inner::Postgres { pool, .. } => Tx::Postgres(pool.begin().await?),
        })
    }

    /// Answers if the database does: for readiness probes.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let mut tx = self.read().await?;
        on!(&mut tx, c => sqlx::query("SELECT 1").execute(c).await.map(|_| ()))?;
        Ok(())
    }

    /// Waits until all connections are closed; nothing may be begun afterwards.
    pub async fn close(&self) {
        match &*self.0 {
            Inner::Sqlite { readers, writer, .. } => {
                readers.close().await;
                writer.close().await;
            }
            Inner::Postgres { pool, .. } => pool.close().await,
        }
    }

    /// How the group writer's companion gets at a SQLite file; `None` on PostgreSQL.
    pub(super) fn sqlite(&self) -> Option<(SqliteConnectOptions, Arc<Mutex<()>>)> {
        match &*self.0 {
            Inner::Sqlite { options, gate, .. } => Some((options.clone(), Arc::clone(gate))),
            Inner::Postgres { .. } => None,
        }
    }

    /// A new connection for the group writer.
    pub(super) async fn lane(&self) -> Result<Lane, StoreError> {
        Ok(match &*self.0 {
            Inner::Sqlite { gate, options, .. } => {
                let options = options.clone().pragma("cache_size", WRITER_CACHE);
                Lane::Sqlite { connection: options.connect().await?, gate: Arc::clone(gate) }
            }
            // The writer looks rows up by key and nothing else. A plan made while the tables were empty would scan
            // them, and is kept: so the planner is told to use the keys, and to plan once.
            Inner::Postgres { options, .. } => {
                let options = options.clone().options([
                    ("plan_cache_mode", "force_generic_plan"),
                    ("enable_seqscan", "off"),
                    ("enable_hashjoin", "off"),
                    ("enable_mergejoin", "off"),
                    ("jit", "off"),
                ]);
                Lane::Postgres { connection: options.connect().await? }
            }
        })
    }
}

/// One connection to a database as it is: nothing is created and nothing brought up to date.
#[derive(Debug)]
pub(super) enum Source {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Source {
    /// `None`: the SQLite file does not exist.
    pub(super) async fn existing(config: &config::Database) -> Result<Option<Source>, StoreError> {
        let url = config.url.trim();
        let failed = |source: sqlx::Error| StoreError::Open {
            place: masked(url),
            source: Arc::new(source),
            hint: "Does it exist, is the server running, and may this user read and write it?",
        };
        if url.starts_with("sqlite:") {
            let options = SqliteConnectOptions::from_str(url).map_err(failed)?.busy_timeout(BUSY_TIMEOUT);
            if !options.get_filename().exists() {
                return Ok(None);
            }
            // What the file holds is kept; flushing as a running server does is what is timed.
            let options = options.create_if_missing(false).synchronous(SqliteSynchronous::Full);
            // Once without the pool, which would wait and then tell only that it has waited.
            options.connect().await.map_err(failed)?.close().await?;
            let pool = SqlitePoolOptions::new().max_connections(1).acquire_timeout(ACQUIRE_TIMEOUT);
            return Ok(Some(Source::Sqlite(pool.connect_lazy_with(options))));
        }
        let options = PgConnectOptions::from_str(url).map_err(failed)?;
        options.connect().await.map_err(failed)?.close().await?;
        let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(ACQUIRE_TIMEOUT);
        Ok(Some(Source::Postgres(pool.connect_lazy_with(options))))
    }

    pub(super) fn engine(&self) -> Engine {
        match self {
            Source::Sqlite(_) => Engine::Sqlite,
            Source::Postgres(_) => Engine::Postgres,
        }
    }

    pub(super) async fn begin(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            Source::Sqlite(pool) => Tx::Sqlite(pool.begin().await?, None),
            Source::Postgres(pool) => Tx::Postgres(pool.begin().await?),
        })
    }

    pub(super) async fn close(&self) {
        match self {
            Source::Sqlite(pool) => pool.close().await,
            Source::Postgres(pool) => pool.close().await,
        }
    }
}

async fn open_sqlite(url: &str, connections: u32) -> Result<Db, StoreError> {
    let refuse = |why: &str| StoreError::Url { url: url.into(), why: why.into() };
    let options = SqliteConnectOptions::from_str(url).map_err(|error| refuse(&error.to_string()))?;
    let file = options.get_filename().to_owned();
    if file.as_os_str().is_empty() || url.contains(":memory:") || url.contains("mode=memory") {
        return Err(refuse("a database in memory would be lost at the end, and could not be shared"));
    }
    create_folder(&file)?;
    let options = options
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .statement_cache_capacity(STATEMENTS_MAX)
        .pragma("cache_size", READER_CACHE)
        .pragma("temp_store", "memory")
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
        .disable_statement_logging();
    let failed = |source: sqlx::Error| StoreError::Open {
        place: file.display().to_string(),
        source: Arc::new(source),
        hint: "Is it a SQLite file that this user may read and write, and has the disk room?",
    };
    let mut first = options.connect().await.map_err(failed)?;
    migrations::run(Engine::Sqlite, &mut first).await?;
    first.close().await?;
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_lazy_with(options.clone());
    let readers = SqlitePoolOptions::new()
        .max_connections(connections.max(1))
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_lazy_with(options.clone().pragma("query_only", "on"));
    Ok(Db(Arc::new(Inner::Sqlite { readers, writer, gate: Arc::default(), options })))
}

async fn open_postgres(url: &str, connections: u32) -> Result<Db, StoreError> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|error| StoreError::Url { url: masked(url), why: error.to_string() })?
        .application_name("wattline")
        .statement_cache_capacity(STATEMENTS_MAX)
        .disable_statement_logging();
    let failed = |source: sqlx::Error| StoreError::Open {
        place: masked(url),
        source: Arc::new(source),
        hint: "Is the server running, may this user log in, and does the database exist (createdb)?",
    };
    let mut first = options.connect().await.map_err(failed)?;
    migrations::run(Engine::Postgres, &mut first).await?;
    first.close().await?;
    let pool = PgPoolOptions::new()
        .max_connections(connections.max(2))
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_lazy_with(options.clone());
    Ok(Db(Arc::new(Inner::Postgres { pool, options })))
}

fn create_folder(file: &Path) -> Result<(), StoreError> {
    let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) else { return Ok(()) };
    std::fs::create_dir_all(folder)
        .map_err(|error| StoreError::Folder { place: folder.display().to_string(), why: error.to_string() })
}

/// The URL without its password: what may be shown and logged.
fn masked(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.into() };
    let Some((user, host)) = rest.rsplit_once('@') else { return url.into() };
    let user = user.split(':').next().unwrap_or_default();
    format!("{scheme}://{user}@{host}")
}

/// Text of a statement made at run time, from constant parts only.
pub(super) fn text(sql: impl Into<Arc<str>>) -> SqlStr {
    sqlx::AssertSqlSafe(sql.into()).into_sql_str()
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn a_password_is_never_shown() {
        assert_eq!(masked("postgres://anna:s3cret@db.example:5432/w"), "postgres://anna@db.example:5432/w");
        assert_eq!(masked("postgres://anna:p@ss@db/w"), "postgres://anna@db/w");
        assert_eq!(masked("postgres://db/w"), "postgres://db/w");
        assert_eq!(masked("mysql:whatever"), "mysql:whatever");
    }
}
