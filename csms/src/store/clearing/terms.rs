//! What is agreed about a merchant account or a bank, but for fees.

use super::super::clean;
use super::super::db::Tx;
use super::super::error::StoreError;
use super::super::query::{all, one, run};
use chrono::{DateTime, Utc};

/// A row of `clearing_terms`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct TermsRow {
    pub account: String,
    pub zone: String,
    pub fetch_at: String,
    pub bank: String,
    pub bank_text: String,
    pub currency: String,
    pub columns: String,
    pub changed_at: DateTime<Utc>,
}

/// What is agreed, if anything is.
pub async fn find(tx: &mut Tx, account: &str) -> Result<Option<TermsRow>, StoreError> {
    one!(tx, "SELECT * FROM clearing_terms WHERE account = $1", account)
}

/// All of them.
pub async fn list(tx: &mut Tx) -> Result<Vec<TermsRow>, StoreError> {
    all!(tx, "SELECT * FROM clearing_terms ORDER BY account LIMIT 1000")
}

/// Keeps what is agreed from now on.
pub async fn put(tx: &mut Tx, row: &TermsRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO clearing_terms (account, zone, fetch_at, bank, bank_text, currency, columns, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (account) DO UPDATE SET zone = excluded.zone, fetch_at = excluded.fetch_at,
            bank = excluded.bank, bank_text = excluded.bank_text, currency = excluded.currency,
            columns = excluded.columns, changed_at = excluded.changed_at",
        &*row.account,
        &*row.zone,
        &*row.fetch_at,
        &*row.bank,
        clean(&row.bank_text),
        &*row.currency,
        clean(&row.columns),
        row.changed_at,
    )?;
    Ok(())
}
