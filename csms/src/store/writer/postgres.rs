//! A group on PostgreSQL: as few round trips as its rows allow.
//!
//! Every round trip costs both sides a wake-up, and between them the group waits. So statements about different tables
//! travel as one, each but the last a part of its WITH; and if that one is all, it is its own transaction. A table may
//! occur in a statement once only, because its parts do not see each other's rows.

use super::shape::Shape;
use crate::store::db::text;
use sqlx::postgres::PgArguments;
use sqlx::{Arguments, Connection, PgConnection};
use std::fmt::Write;

/// The statements of a group, in the order in which they run.
#[derive(Default)]
pub(super) struct Steps(Vec<Step>);

#[derive(Default)]
struct Step {
    tables: Vec<&'static str>,
    parts: Vec<String>,
    arguments: PgArguments,
}

impl Steps {
    /// Adds a shape with its rows, after everything that concerns the same table.
    pub(super) fn add<S: Shape>(&mut self, rows: &[S::Row<'_>]) -> Result<(), sqlx::Error> {
        if rows.is_empty() {
            return Ok(());
        }
        let table = table(S::SQL);
        let place = self.0.iter().rposition(|step| step.tables.contains(&table)).map_or(0, |last| last + 1);
        if place == self.0.len() {
            self.0.push(Step::default());
        }
        let step = &mut self.0[place];
        step.tables.push(table);
        step.parts.push(S::SQL.replace("{rows}", &source(step.arguments.len(), S::COLUMNS)));
        S::postgres(rows, &mut step.arguments)
    }

    /// Runs and commits everything.
    pub(super) async fn commit(self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        let mut steps = self.0;
        if steps.len() <= 1 {
            return match steps.pop() {
                Some(step) => step.run(connection).await,
                None => Ok(()),
            };
        }
        let mut transaction = connection.begin().await?;
        for step in steps {
            if let Err(error) = step.run(&mut transaction).await {
                transaction.rollback().await?;
                return Err(error);
            }
        }
        transaction.commit().await
    }
}

impl Step {
    async fn run(self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        sqlx::query_with(text(joined(&self.parts)), self.arguments).execute(connection).await?;
        Ok(())
    }
}

/// All but the last become parts of the last one's WITH.
fn joined(parts: &[String]) -> String {
    let Some((last, others)) = parts.split_last() else { return String::new() };
    let mut sql = String::with_capacity(parts.iter().map(|part| part.len() + 16).sum());
    for (place, part) in others.iter().enumerate() {
        let before = if place == 0 { "WITH" } else { "," };
        // Writing to a String does not fail.
        let _ = write!(sql, "{before} part{place} AS ({part})");
    }
    let _ = write!(sql, " {last}");
    sql
}

/// One array per column, side by side; `before` parameters are taken already.
fn source(before: usize, columns: usize) -> String {
    let mut sql = String::with_capacity(48 + columns * 16);
    sql.push_str("SELECT * FROM UNNEST(");
    for n in 1..=columns {
        let _ = write!(sql, "{}${}", if n == 1 { "" } else { ", " }, before + n);
    }
    sql.push_str(") AS u (");
    for n in 1..=columns {
        let _ = write!(sql, "{}column{n}", if n == 1 { "" } else { ", " });
    }
    sql.push(')');
    sql
}

/// The table that a statement changes.
fn table(sql: &'static str) -> &'static str {
    let verbs = ["INSERT INTO ", "UPDATE ", "DELETE FROM "];
    let rest = verbs.iter().find_map(|verb| sql.strip_prefix(verb)).unwrap_or(sql);
    rest.split_whitespace().next().unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_joined_and_numbered_on() {
        let parts = [
            format!("UPDATE a SET b = v.column1 FROM ({}) AS v", source(0, 1)),
            format!("INSERT INTO c (d, e) {}", source(1, 2)),
        ];
        assert_eq!(
            joined(&parts),
            "WITH part0 AS (UPDATE a SET b = v.column1 FROM (SELECT * FROM UNNEST($1) AS u (column1)) AS v) \
             INSERT INTO c (d, e) SELECT * FROM UNNEST($2, $3) AS u (column1, column2)"
        );
        assert_eq!(joined(&parts[1..]), format!(" {}", parts[1]));
    }

    #[test]
    fn a_statement_tells_its_table() {
        assert_eq!(table("INSERT INTO reading (session_id)"), "reading");
        assert_eq!(table("UPDATE session SET a = 1"), "session");
        assert_eq!(table("DELETE FROM monitor WHERE a = 1"), "monitor");
    }
}
