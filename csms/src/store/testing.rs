//! Fresh databases for tests: SQLite always, PostgreSQL when `CSMS_TEST_PG` holds the URL of a user that may create
//! databases (for example `postgres://postgres@127.0.0.1:5432/postgres`).

use super::db::Db;
use crate::config::Database;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

/// The variable that names the PostgreSQL server for tests.
pub const POSTGRES_VARIABLE: &str = "CSMS_TEST_PG";

static COUNT: AtomicU32 = AtomicU32::new(0);

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
        let Ok(admin) = std::env::var(POSTGRES_VARIABLE) else { return Ok(None) };
        let name = fresh_name();
        let mut connection = PgConnection::connect(&admin).await?;
        sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut connection).await?;
        connection.close().await?;
        let (server, _) = admin.rsplit_once('/').ok_or("the URL of the server names no database")?;
        let url = format!("{server}/{name}");
        let config = Database { url, ..Database::default() };
        Ok(Some(TestDb { config, remains: Remains::Database { admin, name } }))
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

fn fresh_name() -> String {
    format!("wattline_test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}
