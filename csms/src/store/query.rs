//! Short forms for statements that run on either engine, and a builder for lists with filters.

use super::db::{Tx, on, text};
use super::error::StoreError;
use chrono::{DateTime, Utc};
use sqlx::FromRow;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use std::fmt::Write;

/// Rows of a page at most.
pub const PAGE_MAX: i64 = 200;

/// `all!(tx, sql, binds…)`: all rows.
macro_rules! all {
    ($tx:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::store::db::on!($tx, c => sqlx::query_as($sql)$(.bind($bind))*.fetch_all(c).await)
            .map_err($crate::store::StoreError::from)
    };
}
/// `one!(tx, sql, binds…)`: the first row, if there is one.
macro_rules! one {
    ($tx:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::store::db::on!($tx, c => sqlx::query_as($sql)$(.bind($bind))*.fetch_optional(c).await)
            .map_err($crate::store::StoreError::from)
    };
}
/// `value!(tx, sql, binds…)`: the first column of the first row, if there is one.
macro_rules! value {
    ($tx:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::store::db::on!($tx, c => sqlx::query_scalar($sql)$(.bind($bind))*.fetch_optional(c).await)
            .map_err($crate::store::StoreError::from)
    };
}
/// `run!(tx, sql, binds…)`: how many rows were changed.
macro_rules! run {
    ($tx:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::store::db::on!($tx, c => sqlx::query($sql)$(.bind($bind))*.execute(c).await.map(|done| done.rows_affected()))
            .map_err($crate::store::StoreError::from)
    };
}
pub(super) use {all, one, run, value};

/// A row that either engine can give.
pub(super) trait Fetched:
    for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin
{
}
impl<T> Fetched for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

/// A value of a filter.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Text(String),
    Int(i64),
    At(DateTime<Utc>),
}

impl From<&str> for Value {
    fn from(value: &str) -> Value {
        Value::Text(super::clean(value).into_owned())
    }
}
impl From<i64> for Value {
    fn from(value: i64) -> Value {
        Value::Int(value)
    }
}
impl From<DateTime<Utc>> for Value {
    fn from(value: DateTime<Utc>) -> Value {
        Value::At(value)
    }
}

/// A SELECT whose conditions depend on what is asked.
#[derive(Debug)]
pub(super) struct Select {
    sql: String,
    values: Vec<Value>,
}

impl Select {
    /// `head` is everything up to WHERE.
    pub(super) fn new(head: &str) -> Select {
        Select { sql: format!("{head} WHERE 1 = 1"), values: Vec::new() }
    }

    /// Adds a condition; each `?` in it stands for one of the values, in their order.
    pub(super) fn and<const N: usize>(mut self, condition: &str, values: [Value; N]) -> Select {
        self.sql.push_str(" AND ");
        let mut parts = condition.split('?');
        self.sql.push_str(parts.next().unwrap_or_default());
        for (part, value) in parts.zip(values) {
            self.values.push(value);
            let _ = write!(self.sql, "${}{part}", self.values.len());
        }
        self
    }

    /// Adds the condition if there is a value.
    pub(super) fn and_if(self, condition: &str, value: Option<impl Into<Value>>) -> Select {
        match value {
            Some(value) => self.and(condition, [value.into()]),
            None => self,
        }
    }

    /// At most `limit` rows (and never more than a page) in this order.
    pub(super) async fn page<R: Fetched>(
        mut self,
        tx: &mut Tx,
        order: &str,
        limit: i64,
    ) -> Result<Vec<R>, StoreError> {
        self.values.push(Value::Int(limit.clamp(1, PAGE_MAX)));
        let _ = write!(self.sql, " ORDER BY {order} LIMIT ${}", self.values.len());
        let (sql, values) = (text(self.sql), self.values);
        macro_rules! fetch {
            ($c:expr) => {{
                let mut query = sqlx::query_as(sql);
                for value in values {
                    query = match value {
                        Value::Text(value) => query.bind(value),
                        Value::Int(value) => query.bind(value),
                        Value::At(value) => query.bind(value),
                    };
                }
                query.fetch_all($c).await
            }};
        }
        Ok(on!(tx, c => fetch!(c))?)
    }
}

/// A pattern for `LOWER(column) LIKE ? ESCAPE '!'` that finds `text` anywhere, whatever the case of ASCII letters.
pub(super) fn containing(text: &str) -> Value {
    Value::Text(format!("%{}%", escaped(&text.trim().to_ascii_lowercase())))
}

/// A pattern for `column LIKE ? ESCAPE '!'` that finds what begins with `text`.
pub(super) fn starting(text: &str) -> Value {
    Value::Text(format!("{}%", escaped(text)))
}

fn escaped(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for letter in super::clean(text).chars() {
        if matches!(letter, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(letter);
    }
    pattern
}
