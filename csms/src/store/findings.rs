//! What the audit found, and the bills that it has to look at.

use super::clean;
use super::db::Tx;
use super::error::StoreError;
use super::query::{Select, all, run};
use chrono::{DateTime, Utc};

/// A row of `finding`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct FindingRow {
    pub session_id: i64,
    /// [`crate::audit::Kind`].
    pub kind: String,
    /// JSON: a list of [`crate::audit::Differs`].
    pub detail: String,
    /// Of the bill that was audited last.
    pub bill_revision: i64,
    pub first_at: DateTime<Utc>,
    pub last_at: DateTime<Utc>,
    /// `None`: it is open.
    pub cleared_at: Option<DateTime<Utc>>,
}

/// A bill as the audit goes through them: when it was made, of which session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, sqlx::FromRow)]
pub struct Made {
    pub created_at: DateTime<Utc>,
    pub session_id: i64,
}

/// The findings of a session that are open.
pub async fn of_session(tx: &mut Tx, session: i64) -> Result<Vec<FindingRow>, StoreError> {
    let sql = "SELECT * FROM finding WHERE session_id = $1 AND cleared_at IS NULL ORDER BY kind LIMIT 50";
    all!(tx, sql, session)
}

/// A page of open findings, newest session first, those before `before`.
pub async fn open(tx: &mut Tx, before: Option<i64>, limit: i64) -> Result<Vec<FindingRow>, StoreError> {
    Select::new("SELECT * FROM finding")
        .and("cleared_at IS NULL", [])
        .and_if("session_id < ?", before)
        .page(tx, "session_id DESC, kind", limit)
        .await
}

/// Which findings to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub session: Option<i64>,
    /// [`crate::audit::Kind`].
    pub kind: Option<String>,
    /// With those that a later audit has not found any more.
    pub cleared: bool,
}

/// A page of findings, newest session first, those after `after` (session and kind of the last one of the page before).
pub async fn list(
    tx: &mut Tx,
    filter: &Filter,
    after: Option<(i64, &str)>,
    limit: i64,
) -> Result<Vec<FindingRow>, StoreError> {
    let mut select = Select::new("SELECT * FROM finding")
        .and_if("session_id = ?", filter.session)
        .and_if("kind = ?", filter.kind.as_deref());
    if !filter.cleared {
        select = select.and("cleared_at IS NULL", []);
    }
    if let Some((session, kind)) = after {
        let key = [session.into(), session.into(), kind.into()];
        select = select.and("(session_id < ? OR (session_id = ? AND kind > ?))", key);
    }
    select.page(tx, "session_id DESC, kind", limit).await
}

/// How many findings are open.
pub async fn count_open(tx: &mut Tx) -> Result<i64, StoreError> {
    let rows: Vec<(i64,)> = all!(tx, "SELECT COUNT(*) FROM finding WHERE cleared_at IS NULL")?;
    Ok(rows.first().map_or(0, |row| row.0))
}

/// Keeps a finding, or keeps it up to date: while it is open, `first_at` stays. It is open then, whatever
/// `cleared_at` says.
pub async fn put(tx: &mut Tx, finding: &FindingRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO finding (session_id, kind, detail, bill_revision, first_at, last_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (session_id, kind) DO UPDATE SET detail = excluded.detail, bill_revision = excluded.bill_revision,
            first_at = CASE WHEN finding.cleared_at IS NULL THEN finding.first_at ELSE excluded.first_at END,
            last_at = excluded.last_at, cleared_at = NULL",
        finding.session_id,
        &*finding.kind,
        clean(&finding.detail),
        finding.bill_revision,
        finding.first_at,
        finding.last_at,
    )?;
    Ok(())
}

/// A later audit found nothing of the kind. False if nothing of the kind was open.
pub async fn clear(tx: &mut Tx, session: i64, kind: &str, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let changed = run!(
        tx,
        "UPDATE finding SET cleared_at = $3 WHERE session_id = $1 AND kind = $2 AND cleared_at IS NULL",
        session,
        kind,
        now,
    )?;
    Ok(changed > 0)
}

/// A page of the bills that were made before an instant, oldest first, those after `after`.
pub async fn bills_made(
    tx: &mut Tx,
    after: Option<Made>,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Made>, StoreError> {
    let select =
        Select::new("SELECT created_at, session_id FROM bill").and("created_at < ?", [before.into()]);
    let select = match after {
        Some(after) => select
            .and("(created_at, session_id) > (?, ?)", [after.created_at.into(), after.session_id.into()]),
        None => select,
    };
    select.page(tx, "created_at, session_id", limit).await
}
