//! Notifications of providers as they came.

use super::super::clean;
use super::super::db::Tx;
use super::super::error::StoreError;
use super::super::query::{Select, all, one, run};
use chrono::{DateTime, Utc};

/// A row of `pay_inbox`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct InboxRow {
    pub id: i64,
    pub account: String,
    pub key: String,
    pub order_id: Option<i64>,
    pub fact: String,
    pub body: String,
    pub verdict: String,
    pub times: i64,
    pub received_at: DateTime<Utc>,
}

/// Keeps a notification, or counts it once more; gives the row as it is kept now.
pub async fn take(tx: &mut Tx, notice: &InboxRow) -> Result<Option<InboxRow>, StoreError> {
    one!(
        tx,
        "INSERT INTO pay_inbox (id, account, key, order_id, fact, body, verdict, times, received_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8)
         ON CONFLICT (account, key) DO UPDATE SET times = pay_inbox.times + 1 RETURNING *",
        notice.id,
        &*notice.account,
        clean(&notice.key),
        notice.order_id,
        clean(&notice.fact),
        clean(&notice.body),
        &*notice.verdict,
        notice.received_at,
    )
}

/// What has been made of it.
pub async fn judge(tx: &mut Tx, id: i64, order: Option<i64>, verdict: &str) -> Result<(), StoreError> {
    run!(tx, "UPDATE pay_inbox SET order_id = $2, verdict = $3 WHERE id = $1", id, order, clean(verdict))?;
    Ok(())
}

/// The notifications about an order, oldest first.
pub async fn of_order(tx: &mut Tx, order: i64) -> Result<Vec<InboxRow>, StoreError> {
    all!(tx, "SELECT * FROM pay_inbox WHERE order_id = $1 ORDER BY id LIMIT 200", order)
}

/// A page of notifications, newest first, those before `before`; `verdict` is a beginning, e.g. `review`.
pub async fn list(
    tx: &mut Tx,
    verdict: Option<&str>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<InboxRow>, StoreError> {
    let pattern = verdict.map(super::super::query::starting);
    let mut select = Select::new("SELECT * FROM pay_inbox").and_if("id < ?", before);
    if let Some(pattern) = pattern {
        select = select.and("verdict LIKE ? ESCAPE '!'", [pattern]);
    }
    select.page(tx, "id DESC", limit).await
}
