//! Brings the tables up to date: one directory of SQL for both engines.

use super::error::StoreError;
use sqlx::migrate::{Migrate, MigrateError, Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr};
use std::sync::Arc;

/// The files of `csms/migrations`, oldest first. An applied file is never edited.
const FILES: [(i64, &str, &str); 2] = [
    (1, "core", include_str!("../../migrations/0001_core.sql")),
    (4, "station_tariff", include_str!("../../migrations/0004_station_tariff.sql")),
];

/// Which lines of a migration count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// Runs what has not run yet. Two processes may start at once: one waits for the other.
///
/// # Errors
/// [`StoreError::Newer`] if the database has migrations that this version does not know.
pub async fn run<C: Migrate>(engine: Engine, connection: &mut C) -> Result<(), StoreError> {
    let migrations = FILES.iter().map(|(version, name, text)| {
        let sql = AssertSqlSafe(lines_for(engine, text)).into_sql_str();
        Migration::new(*version, (*name).into(), MigrationType::Simple, sql, false)
    });
    let migrator = Migrator::with_migrations(migrations.collect());
    migrator.run_direct(None, connection, false).await.map_err(|error| match error {
        MigrateError::VersionMissing(found) => StoreError::Newer { found, known: newest() },
        error => StoreError::Migrate(Arc::new(error)),
    })
}

/// The newest migration that this version knows.
pub fn newest() -> i64 {
    FILES[FILES.len() - 1].0
}

/// A line that starts with `--sqlite ` or `--postgres ` belongs to that engine only.
fn lines_for(engine: Engine, text: &str) -> String {
    let (ours, theirs) = match engine {
        Engine::Sqlite => ("--sqlite ", "--postgres "),
        Engine::Postgres => ("--postgres ", "--sqlite "),
    };
    let mut out = String::with_capacity(text.len());
    for line in text.lines().filter(|line| !line.starts_with(theirs)) {
        out.push_str(line.strip_prefix(ours).unwrap_or(line));
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marked_line_belongs_to_one_engine() {
        let text = "a\n--sqlite b\n--postgres c\n-- d\n";
        assert_eq!(lines_for(Engine::Sqlite, text), "a\nb\n-- d\n");
        assert_eq!(lines_for(Engine::Postgres, text), "a\nc\n-- d\n");
    }

    #[test]
    fn every_file_of_the_directory_is_embedded() {
        let directory = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations")).unwrap();
        let mut found: Vec<String> =
            directory.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        found.sort();
        let known: Vec<String> =
            FILES.iter().map(|(version, name, _)| format!("{version:04}_{name}.sql")).collect();
        assert_eq!(found, known);
    }
}
