//! Templates: configuration that a group of stations shall have.

use super::clean;
use super::db::Tx;
use super::error::StoreError;
use super::query::{Select, all, one, run};
use chrono::{DateTime, Utc};

/// Templates that count at one time.
pub const TEMPLATES_MAX: i64 = 200;

/// A row of `template`; see the migration for the meaning of the columns.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct TemplateRow {
    pub id: String,
    pub priority: i64,
    pub choice: String,
    pub settings: String,
    pub revision: i64,
    pub changed_by: String,
    pub changed_at: DateTime<Utc>,
}

/// All templates, those that win first.
pub async fn all(tx: &mut Tx) -> Result<Vec<TemplateRow>, StoreError> {
    all!(tx, "SELECT * FROM template ORDER BY priority DESC, id LIMIT $1", TEMPLATES_MAX)
}

/// A page of templates in the order of their ids, those after `after`.
pub async fn list(tx: &mut Tx, after: Option<&str>, limit: i64) -> Result<Vec<TemplateRow>, StoreError> {
    Select::new("SELECT * FROM template").and_if("id > ?", after).page(tx, "id", limit).await
}

/// A template.
pub async fn find(tx: &mut Tx, id: &str) -> Result<Option<TemplateRow>, StoreError> {
    one!(tx, "SELECT * FROM template WHERE id = $1", &*clean(id))
}

/// Makes a template, or changes it.
pub async fn put(tx: &mut Tx, row: &TemplateRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO template (id, priority, choice, settings, revision, changed_by, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (id) DO UPDATE SET priority = excluded.priority, choice = excluded.choice,
            settings = excluded.settings, revision = excluded.revision, changed_by = excluded.changed_by,
            changed_at = excluded.changed_at",
        clean(&row.id),
        row.priority,
        clean(&row.choice),
        clean(&row.settings),
        row.revision,
        clean(&row.changed_by),
        row.changed_at,
    )?;
    Ok(())
}

/// Drops a template. False: there was none.
pub async fn remove(tx: &mut Tx, id: &str) -> Result<bool, StoreError> {
    Ok(run!(tx, "DELETE FROM template WHERE id = $1", &*clean(id))? > 0)
}
