//! One statement over many rows, on either engine.
//!
//! SQLite gets `VALUES (?, …), (…)` in a few sizes, so that the prepared statements are found again; rows that are
//! missing in the last one stay NULL and are passed over. PostgreSQL gets one array per column and `UNNEST`, so that
//! one text fits any number of rows; see [`super::postgres`].

use sqlx::{SqlStr, SqliteConnection};
use std::sync::{Arc, OnceLock};

use crate::store::db::text;

/// Values bound in one SQLite statement; the engine's own limit is 32,766.
const SQLITE_VALUES_MAX: usize = 8_192;
/// Sizes of a SQLite statement: 1, 2, 4, … 256 rows.
const SIZES: usize = 9;

/// A statement over many rows of one kind.
pub(super) trait Shape {
    type Row<'a>: Copy;
    /// With `{rows}` where the rows are read; their columns are called column1, column2, …
    const SQL: &'static str;
    const COLUMNS: usize;
    fn texts() -> &'static Texts;
    fn sqlite(rows: &[Self::Row<'_>]) -> Result<sqlx::sqlite::SqliteArguments, sqlx::Error>;
    /// Adds one array per column.
    fn postgres(
        rows: &[Self::Row<'_>],
        arguments: &mut sqlx::postgres::PgArguments,
    ) -> Result<(), sqlx::Error>;
}

/// The SQLite texts of a statement by size, each made when it is first needed.
pub(super) struct Texts([OnceLock<Arc<str>>; SIZES]);

impl Texts {
    pub(super) const fn new() -> Texts {
        Texts([const { OnceLock::new() }; SIZES])
    }
}

/// Runs the statement for all rows on SQLite.
pub(super) async fn run_sqlite<S: Shape>(
    connection: &mut SqliteConnection,
    rows: &[S::Row<'_>],
) -> Result<(), sqlx::Error> {
    let rows_max = (1 << (SIZES - 1)).min(prev_power_of_two(SQLITE_VALUES_MAX / S::COLUMNS));
    for chunk in rows.chunks(rows_max) {
        let arguments = S::sqlite(chunk)?;
        let sql = sqlite_text::<S>(chunk.len());
        sqlx::query_with(sql, arguments).execute(&mut *connection).await?;
    }
    Ok(())
}

fn prev_power_of_two(n: usize) -> usize {
    1 << n.max(1).ilog2()
}

fn sqlite_text<S: Shape>(rows: usize) -> SqlStr {
    let size = rows.next_power_of_two().ilog2() as usize;
    let sql = S::texts().0[size].get_or_init(|| {
        // `?` without a number: SQLite looks names up one by one, which is slow with thousands of them.
        let row = format!("({})", vec!["?"; S::COLUMNS].join(","));
        let rows = format!("VALUES {}", vec![row; 1 << size].join(","));
        // A statement of one row has no row that is missing; a larger one has, and NOT NULL refuses those.
        // OR FAIL: a statement that fails need not undo its earlier rows, because the whole transaction is rolled
        // back then. So SQLite keeps no second journal for it.
        let sql = S::SQL.replacen("INSERT INTO", "INSERT OR FAIL INTO", 1);
        sql.replace("{rows}", &format!("SELECT * FROM ({rows}) WHERE column1 IS NOT NULL")).into()
    });
    text(Arc::clone(sql))
}

/// Declares a [`Shape`]: its name, its row, its statement and the value of each column.
macro_rules! shape {
    ($name:ident, $row:ty, $sql:literal, |$r:ident| [$($value:expr),+ $(,)?]) => {
        pub(super) struct $name;
        impl $crate::store::writer::shape::Shape for $name {
            type Row<'a> = $row;
            const SQL: &'static str = $sql;
            const COLUMNS: usize = [$(stringify!($value)),+].len();
            fn texts() -> &'static $crate::store::writer::shape::Texts {
                static TEXTS: $crate::store::writer::shape::Texts =
                    $crate::store::writer::shape::Texts::new();
                &TEXTS
            }
            fn sqlite(rows: &[Self::Row<'_>]) -> Result<sqlx::sqlite::SqliteArguments, sqlx::Error> {
                let mut arguments = sqlx::sqlite::SqliteArguments::default();
                sqlx::Arguments::reserve(&mut arguments, rows.len() * Self::COLUMNS, 0);
                for $r in rows {
                    $(sqlx::Arguments::add(&mut arguments, $value).map_err(sqlx::Error::Encode)?;)+
                }
                Ok(arguments)
            }
            fn postgres(
                rows: &[Self::Row<'_>],
                arguments: &mut sqlx::postgres::PgArguments,
            ) -> Result<(), sqlx::Error> {
                $(
                    let column: Vec<_> = rows.iter().map(|$r| $value).collect();
                    sqlx::Arguments::add(arguments, column).map_err(sqlx::Error::Encode)?;
                )+
                Ok(())
            }
        }
    };
}
pub(super) use shape;
