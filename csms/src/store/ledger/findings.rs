//! What the ledger's checks have found and is not mended.

use crate::store::clean;
use crate::store::db::Tx;
use crate::store::error::StoreError;
use crate::store::query::{Select, all, one, run, value};
use chrono::{DateTime, Utc};

/// A row of `ledger_finding`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct FindingRow {
    pub kind: String,
    pub subject: String,
    /// In words.
    pub detail: String,
    pub first_at: DateTime<Utc>,
    pub last_at: DateTime<Utc>,
    /// `None`: it is open.
    pub cleared_at: Option<DateTime<Utc>>,
}

/// Keeps a finding open. True if it is new, or was cleared before.
pub async fn put(
    tx: &mut Tx,
    kind: &str,
    subject: &str,
    detail: &str,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let known: Option<FindingRow> =
        one!(tx, "SELECT * FROM ledger_finding WHERE kind = $1 AND subject = $2", kind, clean(subject))?;
    run!(
        tx,
        "INSERT INTO ledger_finding (kind, subject, detail, first_at, last_at) VALUES ($1, $2, $3, $4, $4)
         ON CONFLICT (kind, subject) DO UPDATE SET detail = excluded.detail, last_at = excluded.last_at,
            first_at = CASE WHEN ledger_finding.cleared_at IS NULL THEN ledger_finding.first_at ELSE excluded.first_at END,
            cleared_at = NULL",
        kind,
        clean(subject),
        clean(detail),
        now
    )?;
    Ok(known.is_none_or(|known| known.cleared_at.is_some()))
}

/// It is found no more. False if it was not open.
pub async fn clear(tx: &mut Tx, kind: &str, subject: &str, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let changed = run!(
        tx,
        "UPDATE ledger_finding SET cleared_at = $3 WHERE kind = $1 AND subject = $2 AND cleared_at IS NULL",
        kind,
        clean(subject),
        now
    )?;
    Ok(changed > 0)
}

/// Open findings, those that were looked at longest ago first.
pub async fn open(tx: &mut Tx, limit: i64) -> Result<Vec<FindingRow>, StoreError> {
    all!(
        tx,
        "SELECT * FROM ledger_finding WHERE cleared_at IS NULL ORDER BY last_at, kind, subject LIMIT $1",
        limit.clamp(1, 200)
    )
}

/// A page of findings by kind and subject, those after `after`; `open`: those that are, or that were cleared.
pub async fn page(
    tx: &mut Tx,
    open: Option<bool>,
    after: Option<(&str, &str)>,
    limit: i64,
) -> Result<Vec<FindingRow>, StoreError> {
    let mut select = Select::new("SELECT * FROM ledger_finding");
    if let Some((kind, subject)) = after {
        select = select.and("(kind, subject) > (?, ?)", [kind.into(), subject.into()]);
    }
    select = match open {
        Some(true) => select.and("cleared_at IS NULL", []),
        Some(false) => select.and("cleared_at IS NOT NULL", []),
        None => select,
    };
    select.page(tx, "kind, subject", limit).await
}

/// How many are open.
pub async fn count_open(tx: &mut Tx) -> Result<i64, StoreError> {
    let count: Option<i64> = value!(tx, "SELECT COUNT(*) FROM ledger_finding WHERE cleared_at IS NULL")?;
    Ok(count.unwrap_or_default())
}
