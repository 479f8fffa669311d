//! Tasks: what has to be done outside after a commit. A task is leased before it is begun, so that one of several
//! workers does it, and another takes it over if that one dies.

use super::super::clean;
use super::super::db::Tx;
use super::super::error::StoreError;
use super::super::query::{Select, all, one, run};
use chrono::{DateTime, Utc};

type At = DateTime<Utc>;

/// A row of `pay_task`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct TaskRow {
    pub id: i64,
    pub kind: String,
    pub order_id: i64,
    pub attempt_id: i64,
    pub refund_id: i64,
    pub amount_minor: i64,
    pub key: String,
    pub body: String,
    pub state: String,
    pub tries: i64,
    pub due_at: At,
    pub leased_until: Option<At>,
    pub trouble: String,
    pub created_at: At,
    pub done_at: Option<At>,
}

/// Adds a task. False if it has been asked for before.
pub async fn add(tx: &mut Tx, task: &TaskRow) -> Result<bool, StoreError> {
    let added = run!(
        tx,
        "INSERT INTO pay_task (id, kind, order_id, attempt_id, refund_id, amount_minor, key, body, state, due_at,
            created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', $9, $10) ON CONFLICT (key) DO NOTHING",
        task.id,
        &*task.kind,
        task.order_id,
        task.attempt_id,
        task.refund_id,
        task.amount_minor,
        &*task.key,
        clean(&task.body),
        task.due_at,
        task.created_at,
    )?;
    Ok(added > 0)
}

/// Takes the tasks whose time has come and that nobody is at, the oldest first, for as long as `until`.
pub async fn lease(tx: &mut Tx, now: At, until: At, limit: i64) -> Result<Vec<TaskRow>, StoreError> {
    let due: Vec<(i64,)> = all!(
        tx,
        "SELECT id FROM pay_task WHERE state = 'waiting' AND due_at <= $1
            AND (leased_until IS NULL OR leased_until <= $1) ORDER BY due_at LIMIT $2",
        now,
        limit,
    )?;
    let mut leased = Vec::with_capacity(due.len());
    for (id,) in due {
        leased.extend(lease_one(tx, id, now, until).await?);
    }
    Ok(leased)
}

/// Takes one task, if it is to be done still and nobody is at it, whether or not its time has come.
pub async fn lease_one(tx: &mut Tx, id: i64, now: At, until: At) -> Result<Option<TaskRow>, StoreError> {
    one!(
        tx,
        "UPDATE pay_task SET leased_until = $3, tries = tries + 1 WHERE id = $1 AND state = 'waiting'
            AND (leased_until IS NULL OR leased_until <= $2) RETURNING *",
        id,
        now,
        until,
    )
}

/// Whoever is at the task is so for as long as `until`.
pub async fn keep(tx: &mut Tx, id: i64, until: At) -> Result<(), StoreError> {
    let sql = "UPDATE pay_task SET leased_until = $2 WHERE id = $1 AND leased_until IS NOT NULL";
    run!(tx, sql, id, until)?;
    Ok(())
}

/// The task that was asked for by this key.
pub async fn by_key(tx: &mut Tx, key: &str) -> Result<Option<TaskRow>, StoreError> {
    one!(tx, "SELECT * FROM pay_task WHERE key = $1", key)
}

/// A task, as it was leased, is done, or given up. Nothing happens to one that has ended; one that was hastened while it was
/// done is to be done once more. False: so it is.
pub async fn end(
    tx: &mut Tx,
    task: &TaskRow,
    state: &str,
    trouble: &str,
    now: At,
) -> Result<bool, StoreError> {
    let ended = run!(
        tx,
        "UPDATE pay_task SET state = $2, trouble = $3, done_at = $4, leased_until = NULL
         WHERE id = $1 AND state = 'waiting' AND due_at = $5",
        task.id,
        state,
        clean(trouble),
        now,
        task.due_at,
    )?;
    if ended == 0 {
        again(tx, task, now, trouble).await?;
    }
    Ok(ended > 0)
}

/// A task, as it was leased, is to be tried again; at once, if it was hastened while it was done.
pub async fn again(tx: &mut Tx, task: &TaskRow, due: At, trouble: &str) -> Result<(), StoreError> {
    run!(
        tx,
        "UPDATE pay_task SET due_at = CASE WHEN due_at = $4 THEN $2 ELSE due_at END, trouble = $3, leased_until = NULL
         WHERE id = $1 AND state = 'waiting'",
        task.id,
        due,
        clean(trouble),
        task.due_at,
    )?;
    Ok(())
}

/// What the task knows, for its next try.
pub async fn set_body(tx: &mut Tx, id: i64, body: &str) -> Result<(), StoreError> {
    run!(tx, "UPDATE pay_task SET body = $2 WHERE id = $1", id, clean(body))?;
    Ok(())
}

/// The lease was taken for nothing: the account could not be asked.
pub async fn put_back(tx: &mut Tx, id: i64, due: At) -> Result<(), StoreError> {
    let sql = "UPDATE pay_task SET due_at = $2, tries = tries - 1, leased_until = NULL
               WHERE id = $1 AND state = 'waiting'";
    run!(tx, sql, id, due)?;
    Ok(())
}

/// The task is due at this instant, if it is later so far; one that was done or given up, or is being done, is to be done once
/// more.
pub async fn hasten(tx: &mut Tx, key: &str, due: At) -> Result<bool, StoreError> {
    let sql = "UPDATE pay_task SET due_at = $2, state = 'waiting', done_at = NULL
               WHERE key = $1 AND (state <> 'waiting' OR due_at > $2 OR leased_until > $2)";
    Ok(run!(tx, sql, key, due)? > 0)
}

/// A task that has ended begins once more, as if it were new. False: it has not ended.
pub async fn begin_anew(tx: &mut Tx, key: &str, now: At) -> Result<bool, StoreError> {
    let sql = "UPDATE pay_task SET state = 'waiting', body = '', tries = 0, trouble = '', due_at = $2, created_at = $2,
                   leased_until = NULL, done_at = NULL WHERE key = $1 AND state <> 'waiting'";
    Ok(run!(tx, sql, key, now)? > 0)
}

/// A task that was given up has all its tries again but the first: what it wanted may have been done, so it is asked after
/// before it is asked for. False: it was not given up.
pub async fn try_again(tx: &mut Tx, id: i64, now: At) -> Result<bool, StoreError> {
    let sql = "UPDATE pay_task SET state = 'waiting', trouble = '', due_at = $2, done_at = NULL,
                   tries = CASE WHEN kind IN ('start', 'stop') THEN tries ELSE 1 END
               WHERE id = $1 AND state = 'given_up'";
    Ok(run!(tx, sql, id, now)? > 0)
}

/// The tasks of an order, oldest first.
pub async fn of_order(tx: &mut Tx, order: i64) -> Result<Vec<TaskRow>, StoreError> {
    all!(tx, "SELECT * FROM pay_task WHERE order_id = $1 ORDER BY id LIMIT 200", order)
}

/// A page of tasks that were given up, and of stops that were asked for before `late` and have brought no end; newest
/// first, those before `before`.
pub async fn stuck(
    tx: &mut Tx,
    late: At,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<TaskRow>, StoreError> {
    let select = Select::new("SELECT * FROM pay_task").and(
        "(state = 'given_up' OR (state = 'waiting' AND kind = 'stop' AND created_at <= ?))",
        [late.into()],
    );
    select.and_if("id < ?", before).page(tx, "id DESC", limit).await
}

/// Is there a task whose time has come and that nobody is at?
pub async fn is_due(tx: &mut Tx, now: At) -> Result<bool, StoreError> {
    let due: Option<(i64,)> = one!(
        tx,
        "SELECT id FROM pay_task WHERE state = 'waiting' AND due_at <= $1
            AND (leased_until IS NULL OR leased_until <= $1) LIMIT 1",
        now,
    )?;
    Ok(due.is_some())
}

/// Which tasks to list. Everything empty = all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub order: Option<i64>,
    /// `waiting`, `done` or `given_up`.
    pub state: Option<String>,
}

/// A page of tasks, newest first, those before `before`.
pub async fn page(
    tx: &mut Tx,
    filter: &Filter,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<TaskRow>, StoreError> {
    Select::new("SELECT * FROM pay_task")
        .and_if("order_id = ?", filter.order)
        .and_if("state = ?", filter.state.as_deref())
        .and_if("id < ?", before)
        .page(tx, "id DESC", limit)
        .await
}
