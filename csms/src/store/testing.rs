//! Fresh databases for tests: SQLite always, PostgreSQL when `CSMS_TEST_PG` holds the URL of a user that may create
//! databases (for example `postgres://postgres@127.0.0.1:5432/postgres`); and ports for the servers on them.

use super::db::{Db, Tx};
use crate::config::Database;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::net::TcpSocket;

/// The variable that names the PostgreSQL server for tests.
pub const POSTGRES_VARIABLE: &str = "CSMS_TEST_PG";

static COUNT: AtomicU32 = AtomicU32::new(0);

/// The names of all tables, for tests that must not forget one.
pub fn tables() -> BTreeSet<&'static str> {
    super::migrations::tables()
}

/// An empty database that goes away with this value.
#[derive(Debug)]
pub struct TestDb {
    pub config: Database,
    remains: Remains,
}

#[derive(Debug)]
enum Remains {
    Folder(PathBuf),
    Database { admin: String, name: String },
}

impl TestDb {
    /// One database of every engine there is to test with.
    ///
    /// # Errors
    /// The folder or the database could not be created.
    pub async fn all() -> Result<Vec<TestDb>, Box<dyn std::error::Error>> {
        let mut all = vec![TestDb::sqlite()?];
        all.extend(TestDb::postgres().await?);
        Ok(all)
    }

    /// A SQLite database in a folder of its own.
    ///
    /// # Errors
    /// The folder could not be created.
    pub fn sqlite() -> Result<TestDb, Box<dyn std::error::Error>> {
        let folder = std::env::temp_dir().join(fresh_name());
        std::fs::create_dir_all(&folder)?;
        let url = format!("sqlite:{}", folder.join("wattline.db").display());
        Ok(TestDb { config: Database { url, ..Database::default() }, remains: Remains::Folder(folder) })
    }

    /// A PostgreSQL database, if there is a server to make it on.
    ///
    /// # Errors
    /// The variable is set, but the database could not be created.
    pub async fn postgres() -> Result<Option<TestDb>, Box<dyn std::error::Error>> {
        TestDb::postgres_as("").await
    }

    /// A PostgreSQL database that has letters in the order of words, as most have, and not of bytes; if there is a server, and if
    /// it knows such an order (ICU).
    ///
    /// # Errors
    /// As [`TestDb::postgres`].
    pub async fn in_words() -> Result<Option<TestDb>, Box<dyn std::error::Error>> {
        let Ok(admin) = std::env::var(POSTGRES_VARIABLE) else { return Ok(None) };
        let mut connection = PgConnection::connect(&admin).await?;
        let known = "SELECT COUNT(*) FROM pg_collation WHERE collprovider = 'i'";
        let known: i64 = sqlx::query_scalar(known).fetch_one(&mut connection).await?;
        connection.close().await?;
        match known {
            0 => Ok(None),
            _ => TestDb::postgres_as("LOCALE_PROVIDER icu ICU_LOCALE 'en-US' TEMPLATE template0").await,
        }
    }

    async fn postgres_as(how: &str) -> Result<Option<TestDb>, Box<dyn std::error::Error>> {
        let Ok(admin) = std::env::var(POSTGRES_VARIABLE) else { return Ok(None) };
        let name = fresh_name();
        let mut connection = PgConnection::connect(&admin).await?;
        sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name} {how}"))).execute(&mut connection).await?;
        connection.close().await?;
        let (server, _) = admin.rsplit_once('/').ok_or("the URL of the server names no database")?;
        let url = format!("{server}/{name}");
        let config = Database { url, ..Database::default() };
        Ok(Some(TestDb { config, remains: Remains::Database { admin, name } }))
    }

    /// Has the database refuse, or take again, what stations answer to commands.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn keeps_answers(&self, keeps: bool) -> Result<(), Box<dyn std::error::Error>> {
        let db = self.open().await?;
        let mut tx = db.write().await?;
        match &mut tx {
            Tx::Sqlite(tx, _) => {
                let sql = match keeps {
                    true => "DROP TRIGGER answers",
                    false => {
                        "CREATE TRIGGER answers BEFORE UPDATE ON command WHEN NEW.state = 'answered'
                         BEGIN SELECT RAISE(ABORT, 'refused for a test'); END"
                    }
                };
                sqlx::raw_sql(sql).execute(&mut **tx).await?;
            }
            Tx::Postgres(tx) => {
                let sql = match keeps {
                    true => "ALTER TABLE command DROP CONSTRAINT answers",
                    false => {
                        "ALTER TABLE command ADD CONSTRAINT answers CHECK (state <> 'answered') NOT VALID"
                    }
                };
                sqlx::raw_sql(sql).execute(&mut **tx).await?;
            }
        }
        tx.commit().await?;
        db.close().await;
        Ok(())
    }

    /// Opens it; may be done more than once.
    ///
    /// # Errors
    /// As [`Db::open`].
    pub async fn open(&self) -> Result<Db, super::StoreError> {
        Db::open(&self.config).await
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        match &self.remains {
            Remains::Folder(folder) => drop(std::fs::remove_dir_all(folder)),
            Remains::Database { admin, name } => {
                let (admin, sql) = (admin.clone(), format!("DROP DATABASE {name} WITH (FORCE)"));
                // A runtime of its own, because this may run inside one.
                let dropped = std::thread::spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                    runtime.block_on(async {
                        let mut connection = PgConnection::connect(&admin).await?;
                        sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await?;
                        connection.close().await
                    })
                });
                if !matches!(dropped.join(), Ok(Ok(()))) {
                    tracing::warn!(database = name, "the test database was not dropped");
                }
            }
        }
    }
}

/// Until somebody waits for a lock in a PostgreSQL database, or it is over. SQLite has one writer at a time: there it is so at once.
///
/// # Errors
/// The database cannot be asked.
pub async fn until_waited_for(config: &Database, is_over: impl Fn() -> bool) -> Result<(), sqlx::Error> {
    if !config.url.starts_with("postgres") {
        return Ok(());
    }
    let mut eye = PgConnection::connect(&config.url).await?;
    let sql = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while !is_over() && sqlx::query_scalar::<_, i64>(sql).fetch_one(&mut eye).await? == 0 {
        tokio::task::yield_now().await;
    }
    eye.close().await
}

/// A port of the loopback for a server that will be started again. Nobody listens at this socket, and as long as it is bound nobody
/// is given its port who does not ask for it by its number.
///
/// # Errors
/// There is none left.
pub fn port() -> std::io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(([127, 0, 0, 1], 0).into())?;
    Ok(socket)
}

fn fresh_name() -> String {
    // A process that was killed leaves its database, and its number is given again.
    let (process, count) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    format!("wattline_test_{process}_{count}_{:08x}", rand::random::<u32>())
}
