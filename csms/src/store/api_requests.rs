//! What was answered to requests that may be sent again.

use super::db::Tx;
use super::error::StoreError;
use super::query::{one, run};
use chrono::{DateTime, Utc};

/// A request and its answer; see the migration for the meaning of the columns.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct RequestRow {
    pub caller: String,
    pub key: String,
    pub digest: String,
    pub created_at: DateTime<Utc>,
    pub begun_at: DateTime<Utc>,
    pub status: i64,
    pub headers: String,
    pub body: String,
    pub effect: String,
}

/// What became of a request that is to begin.
#[derive(Debug, Clone, PartialEq)]
pub enum Begin {
    /// It may go on. The instant is that at which it came first: together with its key it names what is done for it. The
    /// text is what it has made already, when nobody lived to tell; empty: nothing.
    Go(DateTime<Utc>, String),
    /// The caller has used this key before.
    Earlier(Box<RequestRow>),
}

/// A request begins, unless the caller has used its key since `since`. The same request under way is believed dead if it
/// began before `dead`, and begins anew.
pub async fn begin(
    tx: &mut Tx,
    row: &RequestRow,
    since: DateTime<Utc>,
    dead: DateTime<Utc>,
) -> Result<Begin, StoreError> {
    let sql = "DELETE FROM api_request WHERE caller = $1 AND key = $2 AND created_at < $3";
    run!(tx, sql, &*row.caller, &*row.key, since)?;
    let begun = run!(
        tx,
        "INSERT INTO api_request (caller, key, digest, created_at, begun_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (caller, key) DO NOTHING",
        &*row.caller,
        &*row.key,
        &*row.digest,
        row.created_at,
        row.begun_at,
    )?;
    if begun > 0 {
        return Ok(Begin::Go(row.created_at, String::new()));
    }
    let anew = run!(
        tx,
        "UPDATE api_request SET begun_at = $4 WHERE caller = $1 AND key = $2 AND digest = $3 AND status = 0
            AND begun_at < $5",
        &*row.caller,
        &*row.key,
        &*row.digest,
        row.begun_at,
        dead,
    )?;
    let sql = "SELECT * FROM api_request WHERE caller = $1 AND key = $2";
    let there: Option<RequestRow> = one!(tx, sql, &*row.caller, &*row.key)?;
    Ok(match there {
        Some(there) if anew == 0 => Begin::Earlier(Box::new(there)),
        Some(there) => Begin::Go(there.created_at, there.effect),
        None => Begin::Go(row.created_at, String::new()),
    })
}

/// It was answered.
pub async fn end(tx: &mut Tx, row: &RequestRow) -> Result<(), StoreError> {
    run!(
        tx,
        "UPDATE api_request SET status = $3, headers = $4, body = $5 WHERE caller = $1 AND key = $2",
        &*row.caller,
        &*row.key,
        row.status,
        &*row.headers,
        &*row.body,
    )?;
    Ok(())
}

/// Which request something is made for.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    pub caller: &'a str,
    pub key: &'a str,
}

/// What the request has made, in the transaction that makes it.
pub async fn note(tx: &mut Tx, of: Request<'_>, effect: &str) -> Result<(), StoreError> {
    run!(tx, "UPDATE api_request SET effect = $3 WHERE caller = $1 AND key = $2", of.caller, of.key, effect)?;
    Ok(())
}

/// It failed on our side: it may be tried again at once, and is the same request then, for it may have made something.
pub async fn release(tx: &mut Tx, caller: &str, key: &str) -> Result<(), StoreError> {
    let sql = "UPDATE api_request SET begun_at = $3 WHERE caller = $1 AND key = $2 AND status = 0";
    run!(tx, sql, caller, key, DateTime::<Utc>::UNIX_EPOCH)?;
    Ok(())
}

/// Forgets those that began before; so many at most. Returns how many there were.
pub async fn prune(tx: &mut Tx, before: DateTime<Utc>, limit: i64) -> Result<u64, StoreError> {
    run!(
        tx,
        "DELETE FROM api_request WHERE (caller, key) IN
            (SELECT caller, key FROM api_request WHERE created_at < $1 ORDER BY created_at LIMIT $2)",
        before,
        limit,
    )
}
