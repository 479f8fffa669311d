//! Payments that somebody has to look at.

use crate::store::db::Tx;
use crate::store::query::{Select, one, run};
use crate::store::{StoreError, clean};
use chrono::{DateTime, Utc};

type At = DateTime<Utc>;

/// A row of `risk_case`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct CaseRow {
    pub id: i64,
    pub order_id: i64,
    pub decision_id: i64,
    pub opened_at: At,
    /// `honest`, `fraud`, `unclear`; empty while it is open.
    pub verdict: String,
    pub note: String,
    pub resolved_by: String,
    pub resolved_at: Option<At>,
}

/// Opens a case of a decision, unless there is one.
pub async fn open(tx: &mut Tx, id: i64, order: i64, decision: i64, now: At) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO risk_case (id, order_id, decision_id, opened_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (decision_id) DO NOTHING",
        id,
        order,
        decision,
        now,
    )?;
    Ok(())
}

/// A case.
pub async fn find(tx: &mut Tx, id: i64) -> Result<Option<CaseRow>, StoreError> {
    one!(tx, "SELECT * FROM risk_case WHERE id = $1", id)
}

/// A page of cases, newest first, those before `before`.
pub async fn list(
    tx: &mut Tx,
    resolved_too: bool,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<CaseRow>, StoreError> {
    let select = Select::new("SELECT * FROM risk_case").and_if("id < ?", before);
    let select = if resolved_too { select } else { select.and("verdict = ''", []) };
    select.page(tx, "id DESC", limit).await
}

/// Which cases to list. Everything empty = all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub order: Option<i64>,
    /// `open`, `honest`, `fraud` or `unclear`.
    pub verdict: Option<String>,
}

/// A page of cases, newest first, those before `before`.
pub async fn page(
    tx: &mut Tx,
    filter: &Filter,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<CaseRow>, StoreError> {
    let verdict = filter.verdict.as_deref().map(|word| if word == "open" { "" } else { word });
    Select::new("SELECT * FROM risk_case")
        .and_if("order_id = ?", filter.order)
        .and_if("verdict = ?", verdict)
        .and_if("id < ?", before)
        .page(tx, "id DESC", limit)
        .await
}

/// How many are open.
pub async fn count_open(tx: &mut Tx) -> Result<i64, StoreError> {
    let row: Option<(i64,)> = one!(tx, "SELECT COUNT(*) FROM risk_case WHERE verdict = ''")?;
    Ok(row.map_or(0, |row| row.0))
}

/// Resolves an open case. False if it is resolved already, or there is none.
pub async fn resolve(
    tx: &mut Tx,
    id: i64,
    verdict: &str,
    note: &str,
    by: &str,
    now: At,
) -> Result<bool, StoreError> {
    let changed = run!(
        tx,
        "UPDATE risk_case SET verdict = $2, note = $3, resolved_by = $4, resolved_at = $5
         WHERE id = $1 AND verdict = ''",
        id,
        verdict,
        clean(note),
        by,
        now,
    )?;
    Ok(changed > 0)
}
