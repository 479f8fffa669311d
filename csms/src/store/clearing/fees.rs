//! What is agreed about fees, as it was agreed. Rows are added and never changed.

use super::super::clean;
use super::super::db::Tx;
use super::super::error::StoreError;
use super::super::query::{all, one, run};
use chrono::{DateTime, Utc};

/// A row of `clearing_fee`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct FeeRow {
    pub account: String,
    pub from_day: String,
    /// Of those from the same day the newest counts; given by [`add`].
    pub generation: i64,
    pub rate_millionths: Option<i64>,
    pub fixed_minor: i64,
    pub returns_fees: bool,
    pub tolerance_minor: i64,
    pub note: String,
    pub by_whom: String,
    pub created_at: DateTime<Utc>,
}

/// What counts on a day, if anything is agreed.
pub async fn on(tx: &mut Tx, account: &str, day: &str) -> Result<Option<FeeRow>, StoreError> {
    one!(
        tx,
        "SELECT * FROM clearing_fee WHERE account = $1 AND from_day <= $2
         ORDER BY from_day DESC, generation DESC LIMIT 1",
        account,
        day,
    )
}

/// All that was ever agreed about an account, what counts from the latest day first.
pub async fn of_account(tx: &mut Tx, account: &str) -> Result<Vec<FeeRow>, StoreError> {
    all!(
        tx,
        "SELECT * FROM clearing_fee WHERE account = $1 ORDER BY from_day DESC, generation DESC LIMIT 1000",
        account,
    )
}

/// What was agreed about any account, the newest decision first.
pub async fn newest(tx: &mut Tx, limit: i64) -> Result<Vec<FeeRow>, StoreError> {
    all!(
        tx,
        "SELECT * FROM clearing_fee ORDER BY created_at DESC, account, from_day DESC, generation DESC LIMIT $1",
        limit,
    )
}

/// Adds what is agreed; its generation is made here.
pub async fn add(tx: &mut Tx, row: &FeeRow) -> Result<(), StoreError> {
    let last: Option<(i64,)> = one!(
        tx,
        "SELECT generation FROM clearing_fee WHERE account = $1 AND from_day = $2 ORDER BY generation DESC LIMIT 1",
        &*row.account,
        &*row.from_day,
    )?;
    run!(
        tx,
        "INSERT INTO clearing_fee (account, from_day, generation, rate_millionths, fixed_minor, returns_fees,
            tolerance_minor, note, by_whom, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        &*row.account,
        &*row.from_day,
        last.map_or(1, |(last,)| last + 1),
        row.rate_millionths,
        row.fixed_minor,
        row.returns_fees,
        row.tolerance_minor,
        clean(&row.note),
        &*row.by_whom,
        row.created_at,
    )?;
    Ok(())
}
