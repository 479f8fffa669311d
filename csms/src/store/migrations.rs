//! Brings the tables up to date: one directory of SQL for both engines.

use super::error::StoreError;
use sqlx::migrate::{Migrate, MigrateError, Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr};
use std::{collections::BTreeSet, sync::Arc};

/// The files of `csms/migrations`, oldest first. An applied file is never edited.
const FILES: &[(i64, &str, &str)] = &[
    (1, "core", include_str!("../../migrations/0001_core.sql")),
    (2, "tariff_versions", include_str!("../../migrations/0002_tariff_versions.sql")),
    (3, "audit", include_str!("../../migrations/0003_audit.sql")),
    (4, "station_tariff", include_str!("../../migrations/0004_station_tariff.sql")),
    (5, "evse_kind", include_str!("../../migrations/0005_evse_kind.sql")),
    (6, "payment", include_str!("../../migrations/0006_payment.sql")),
    (7, "ledger", include_str!("../../migrations/0007_ledger.sql")),
    (8, "clearing", include_str!("../../migrations/0008_clearing.sql")),
    (9, "receipt", include_str!("../../migrations/0009_receipt.sql")),
    (10, "risk", include_str!("../../migrations/0010_risk.sql")),
    (11, "sandbox", include_str!("../../migrations/0011_sandbox.sql")),
    (12, "code", include_str!("../../migrations/0012_code.sql")),
    (13, "route", include_str!("../../migrations/0013_route.sql")),
    (16, "later", include_str!("../../migrations/0016_later.sql")),
    (17, "driver", include_str!("../../migrations/0017_driver.sql")),
    (18, "display", include_str!("../../migrations/0018_display.sql")),
    (19, "terminal", include_str!("../../migrations/0019_terminal.sql")),
    (20, "books", include_str!("../../migrations/0020_books.sql")),
    (21, "clearing_fee", include_str!("../../migrations/0021_clearing_fee.sql")),
    (22, "command", include_str!("../../migrations/0022_command.sql")),
    (23, "api", include_str!("../../migrations/0023_api.sql")),
    (24, "file", include_str!("../../migrations/0024_file.sql")),
    (25, "grid", include_str!("../../migrations/0025_grid.sql")),
    (26, "desired", include_str!("../../migrations/0026_desired.sql")),
    (27, "reservation_list", include_str!("../../migrations/0027_reservation_list.sql")),
    (28, "webhook", include_str!("../../migrations/0028_webhook.sql")),
    (29, "need", include_str!("../../migrations/0029_need.sql")),
    (31, "v2x", include_str!("../../migrations/0031_v2x.sql")),
    (32, "monitor", include_str!("../../migrations/0032_monitor.sql")),
    (33, "token_limit", include_str!("../../migrations/0033_token_limit.sql")),
    (35, "balance_return", include_str!("../../migrations/0035_balance_return.sql")),
    (36, "reach", include_str!("../../migrations/0036_reach.sql")),
    (37, "api_effect", include_str!("../../migrations/0037_api_effect.sql")),
    (38, "command_node", include_str!("../../migrations/0038_command_node.sql")),
    (40, "grid_seat", include_str!("../../migrations/0040_grid_seat.sql")),
    (41, "written_off", include_str!("../../migrations/0041_written_off.sql")),
    (43, "books", include_str!("../../migrations/0043_books.sql")),
    (44, "payer", include_str!("../../migrations/0044_payer.sql")),
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
    apply(FILES, engine, connection).await
}

async fn apply<C: Migrate>(
    files: &[(i64, &'static str, &'static str)],
    engine: Engine,
    connection: &mut C,
) -> Result<(), StoreError> {
    let migrations = files.iter().map(|(version, name, text)| {
        let sql = AssertSqlSafe(lines_for(engine, text)).into_sql_str();
        Migration::new(*version, (*name).into(), MigrationType::Simple, sql, false)
    });
    let migrator = Migrator::with_migrations(migrations.collect());
    migrator.run_direct(None, connection, false).await.map_err(|error| match error {
        MigrateError::VersionMissing(found) => StoreError::Newer { found, known: newest() },
        error => StoreError::Migrate(Arc::new(error)),
    })
}

/// The tables that they make.
pub(super) fn tables() -> BTreeSet<&'static str> {
    let made = |line: &'static str| {
        let plain = line.trim_start_matches("--sqlite ").trim_start_matches("--postgres ");
        plain.trim().strip_prefix("CREATE TABLE ")?.split([' ', '(']).next()
    };
    FILES.iter().flat_map(|(_, _, text)| text.lines()).filter_map(made).collect()
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
    use crate::store::{Db, assignments, testing::TestDb, versions};
    use sqlx::{ConnectOptions, Connection, PgConnection, sqlite::SqliteConnectOptions};
    use std::str::FromStr;

    /// A database as of the first migration, with a tariff at every place where one could be.
    const BEFORE: &str = "
        INSERT INTO site (id, name, time_zone, tariff_id, created_at) VALUES
            (7, 'Yard', 'UTC', 'yard', '2026-01-02T00:00:00+00:00'),
            (8, 'Court', 'UTC', NULL, '2026-01-02T00:00:00+00:00'),
            (9, 'Quay', 'UTC', 'gone', '2026-01-02T00:00:00+00:00');
        INSERT INTO tariff (id, name, currency, body, is_default, created_at) VALUES
            ('evse', 'E', 'EUR', '{\"id\":\"evse\"}', FALSE, '2026-01-01T00:00:00+00:00'),
            ('post', 'P', 'EUR', '{}', FALSE, '2026-01-01T00:00:00+00:00'),
            ('usual', 'U', 'CHF', '{}', TRUE, '2026-01-01T00:00:00+00:00'),
            ('yard', 'Y', 'EUR', '{}', FALSE, '2026-01-01T00:00:00+00:00');
        INSERT INTO station (id, site_id, tariff_id, created_at) VALUES
            ('A', 7, NULL, '2026-01-03T00:00:00+00:00'),
            ('B', 7, 'post', '2026-01-03T00:00:00+00:00'),
            ('C', NULL, 'gone', '2026-01-03T00:00:00+00:00');
        INSERT INTO evse (station_id, evse, tariff_id, max_power_w) VALUES
            ('A', 1, NULL, 22000), ('A', 2, 'evse', NULL), ('B', 1, 'gone', NULL);";

    #[tokio::test]
    async fn tariffs_of_places_become_assignments() {
        for test in TestDb::all().await.unwrap() {
            let url = &test.config.url;
            if url.starts_with("sqlite:") {
                let options = SqliteConnectOptions::from_str(url).unwrap().create_if_missing(true);
                let mut old = options.connect().await.unwrap();
                apply(&FILES[..1], Engine::Sqlite, &mut old).await.unwrap();
                sqlx::raw_sql(BEFORE).execute(&mut old).await.unwrap();
                old.close().await.unwrap();
            } else {
                let mut old = PgConnection::connect(url).await.unwrap();
                apply(&FILES[..1], Engine::Postgres, &mut old).await.unwrap();
                sqlx::raw_sql(BEFORE).execute(&mut old).await.unwrap();
                old.close().await.unwrap();
            }
            let db = Db::open(&test.config).await.unwrap();
            let mut tx = db.write().await.unwrap();
            let rows = assignments::list(&mut tx, &assignments::Filter::default(), None, 50).await.unwrap();
            let found: Vec<_> = rows
                .iter()
                .map(|row| (row.id, &*row.tariff_id, row.site_id, row.station_id.as_deref(), row.evse))
                .collect();
            let expected = [
                (1, "usual", None, None, None),
                (2, "yard", Some(7), None, None),
                (3, "post", None, Some("B"), None),
                (4, "evse", None, Some("A"), Some(2)),
            ];
            assert_eq!(found, expected);
            assert!(
                rows.iter()
                    .all(|row| row.valid_from.is_none() && row.valid_to.is_none() && row.priority == 0)
            );
            let version = versions::find(&mut tx, "evse", 1).await.unwrap().unwrap();
            assert_eq!((version.active_from, &*version.body), (versions::BEGINNING, "{\"id\":\"evse\"}"));
            assert_eq!(version.created_at.to_rfc3339(), "2026-01-01T00:00:00+00:00");
            let row = crate::store::tariffs::find(&mut tx, "usual").await.unwrap().unwrap();
            assert_eq!((&*row.name, &*row.currency, &*row.kind), ("U", "CHF", ""));
            let evses = crate::store::stations::evses(&mut tx, "A").await.unwrap();
            assert_eq!(evses.iter().map(|row| row.max_power_w).collect::<Vec<_>>(), [Some(22_000), None]);
            // The next number is free.
            let next = crate::store::counter::take(&mut tx, "assignment", 1).await.unwrap();
            assert_eq!(next, 5);
            drop(tx);
            db.close().await;
        }
    }

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
