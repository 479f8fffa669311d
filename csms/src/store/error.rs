//! What can go wrong in the store, in words that help.

use std::sync::Arc;

/// An error of the store. Cloneable, because one failed group tells every cause in it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The configured URL names no database that can be used.
    #[error(
        "database.url {url:?} cannot be used: {why}. Write sqlite:PATH (for example sqlite:data/wattline.db) \
         or postgres://USER:PASSWORD@HOST/DATABASE"
    )]
    Url { url: String, why: String },
    /// The database could not be opened.
    #[error("the database at {place} cannot be opened: {source}. {hint}")]
    Open { place: String, source: Arc<sqlx::Error>, hint: &'static str },
    /// The folder of the database file could not be made.
    #[error(
        "the folder {place} for the database cannot be created: {why}. Create it, or point database.url elsewhere"
    )]
    Folder { place: String, why: String },
    /// The tables were made by a newer version than this one.
    #[error(
        "the database holds schema {found}, but this version knows only up to {known}: a newer version has \
         worked with it. Start that newer version, or restore a backup from before it"
    )]
    Newer { found: i64, known: i64 },
    /// The tables could not be brought up to date.
    #[error(
        "the tables of the database cannot be brought up to date: {0}. Nothing was served; restore a backup if an upgrade was cut short"
    )]
    Migrate(Arc<sqlx::migrate::MigrateError>),
    /// A statement failed.
    #[error("the database refused: {0}")]
    Database(Arc<sqlx::Error>),
    /// The database did not answer in time.
    #[error("the database did not answer within {0} s. Is its disk or its server overloaded?")]
    Slow(u64),
    /// A range of numbers that is given out only once has been used up.
    #[error("there are no more {0} in this database: move it to an archive and begin a new one")]
    Exhausted(&'static str),
    /// The store has been shut down, or its task died.
    #[error("the store is shut down")]
    Stopped,
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> StoreError {
        StoreError::Database(Arc::new(error))
    }
}

/// PostgreSQL: deadlock, serialization failure, lock not available, cannot connect now, shutting down.
const PG_RETRY: [&str; 6] = ["40P01", "40001", "55P03", "57P03", "57P01", "57P02"];
/// SQLite primary result codes BUSY and LOCKED.
const SQLITE_RETRY: [i64; 2] = [5, 6];
/// SQLite primary result codes TOOBIG, CONSTRAINT, MISMATCH and RANGE.
const SQLITE_ROW_FAULT: [i64; 4] = [18, 19, 20, 25];

impl StoreError {
    /// True if the same work may well succeed when it is tried again: a deadlock, a serialization failure, a busy
    /// database, a lost connection.
    pub fn is_retryable(&self) -> bool {
        match self {
            StoreError::Slow(_) => true,
            StoreError::Database(error) => match &**error {
                sqlx::Error::Io(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::WorkerCrashed
                | sqlx::Error::BeginFailed
                | sqlx::Error::Protocol(_) => true,
                sqlx::Error::Database(error) => match sqlite_code(&**error) {
                    Some(code) => SQLITE_RETRY.contains(&code),
                    None => {
                        error.code().is_some_and(|code| PG_RETRY.contains(&&*code) || code.starts_with("08"))
                    }
                },
                _ => false,
            },
            _ => false,
        }
    }

    /// True if a row itself is at fault (a broken constraint, a value out of range), not the database.
    pub fn is_row_fault(&self) -> bool {
        let StoreError::Database(error) = self else { return false };
        match &**error {
            sqlx::Error::Encode(_) => true,
            sqlx::Error::Database(error) => match sqlite_code(&**error) {
                Some(code) => SQLITE_ROW_FAULT.contains(&code),
                None => error.code().is_some_and(|code| code.starts_with("22") || code.starts_with("23")),
            },
            _ => false,
        }
    }

    /// True if a value of a row is none that its column can have (SQLite keeps whatever it is given).
    pub fn is_unreadable(&self) -> bool {
        matches!(self, StoreError::Database(error)
            if matches!(**error, sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_)))
    }

    /// True if the row exists already (a unique or primary key).
    pub fn is_duplicate(&self) -> bool {
        matches!(self, StoreError::Database(error)
            if error.as_database_error().is_some_and(|error| error.is_unique_violation()))
    }

    /// True if the row names something that does not exist, or is named by something that does.
    pub fn is_reference(&self) -> bool {
        matches!(self, StoreError::Database(error)
            if error.as_database_error().is_some_and(|error| error.is_foreign_key_violation()))
    }
}

/// The primary result code, if the error is one of SQLite's.
fn sqlite_code(error: &dyn sqlx::error::DatabaseError) -> Option<i64> {
    error.try_downcast_ref::<sqlx::sqlite::SqliteError>()?;
    error.code()?.parse::<i64>().ok().map(|code| code & 0xff)
}
