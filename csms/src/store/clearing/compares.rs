//! Who holds an account against its statements: one process at a time.

use super::super::clean;
use super::super::db::Tx;
use super::super::error::StoreError;
use super::super::query::{all, one, run};
use chrono::{DateTime, Utc};

type At = DateTime<Utc>;

/// Takes an account, if nobody is at it; gives the number of the lease. Else it is wanted once more, and whoever is at
/// it, or comes next, sees that.
pub async fn lease(tx: &mut Tx, account: &str, now: At, until: At) -> Result<Option<i64>, StoreError> {
    let taken: Option<(i64,)> = one!(
        tx,
        "INSERT INTO clearing_compare (account, state, turn, leased_until) VALUES ($1, 'under_way', 1, $3)
         ON CONFLICT (account) DO UPDATE SET state = 'under_way', turn = clearing_compare.turn + 1, leased_until = $3
            WHERE clearing_compare.leased_until IS NULL OR clearing_compare.leased_until <= $2
         RETURNING turn",
        account,
        now,
        until,
    )?;
    if taken.is_none() {
        run!(tx, "UPDATE clearing_compare SET state = 'wanted' WHERE account = $1", account)?;
    }
    Ok(taken.map(|row| row.0))
}

/// Nobody takes the account until the transaction ends. False: somebody is at it.
pub async fn hold(tx: &mut Tx, account: &str, now: At) -> Result<bool, StoreError> {
    let held = run!(
        tx,
        "INSERT INTO clearing_compare (account, state, turn) VALUES ($1, 'done', 0)
         ON CONFLICT (account) DO UPDATE SET state = clearing_compare.state
            WHERE clearing_compare.leased_until IS NULL OR clearing_compare.leased_until <= $2",
        account,
        now,
    )?;
    Ok(held > 0)
}

/// Keeps the lease for longer, and everybody else away until the transaction ends. False: it is another's by now.
pub async fn renew(tx: &mut Tx, account: &str, turn: i64, until: At) -> Result<bool, StoreError> {
    let sql = "UPDATE clearing_compare SET leased_until = $3 WHERE account = $1 AND turn = $2";
    Ok(run!(tx, sql, account, turn, until)? > 0)
}

/// It is done; what was wanted meanwhile stays wanted.
pub async fn done(tx: &mut Tx, account: &str, turn: i64) -> Result<(), StoreError> {
    run!(
        tx,
        "UPDATE clearing_compare SET state = CASE WHEN state = 'under_way' THEN 'done' ELSE state END,
            leased_until = NULL, trouble = '', failed_at = NULL WHERE account = $1 AND turn = $2",
        account,
        turn,
    )?;
    Ok(())
}

/// It did not work out, and is still wanted.
pub async fn failed(tx: &mut Tx, account: &str, turn: i64, trouble: &str, now: At) -> Result<(), StoreError> {
    run!(
        tx,
        "UPDATE clearing_compare SET state = 'wanted', leased_until = NULL, trouble = $3, failed_at = $4
         WHERE account = $1 AND turn = $2",
        account,
        turn,
        clean(trouble),
        now,
    )?;
    Ok(())
}

/// Accounts that are wanted and that nobody is at; of those that did not work out the ones that failed before an instant.
pub async fn wanted(tx: &mut Tx, now: At, failed_before: At, limit: i64) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> = all!(
        tx,
        "SELECT account FROM clearing_compare WHERE state <> 'done' AND (leased_until IS NULL OR leased_until <= $1)
            AND (failed_at IS NULL OR failed_at <= $2) ORDER BY account LIMIT $3",
        now,
        failed_before,
        limit,
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}
