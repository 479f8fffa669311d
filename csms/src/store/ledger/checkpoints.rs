//! Signed checkpoints, and who has been told of them.

use crate::store::db::Tx;
use crate::store::error::StoreError;
use crate::store::query::{Select, all, one, run};
use chrono::{DateTime, Utc};

type At = DateTime<Utc>;

/// A row of `ledger_checkpoint`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct CheckpointRow {
    pub size: i64,
    pub root: String,
    /// The signed note.
    pub note: String,
    pub at: At,
}

/// A row of `ledger_publishing`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct PublishingRow {
    /// `folder`, `webhook`, `witness <name>`.
    pub target: String,
    /// Of the newest checkpoint that it has.
    pub size: i64,
    /// In vain since then.
    pub tries: i64,
    pub due_at: At,
    pub trouble: String,
}

/// Keeps a new checkpoint.
pub async fn add(tx: &mut Tx, row: &CheckpointRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO ledger_checkpoint (size, root, note, at) VALUES ($1, $2, $3, $4)",
        row.size,
        &*row.root,
        &*row.note,
        row.at
    )?;
    Ok(())
}

/// The newest one.
pub async fn newest(tx: &mut Tx) -> Result<Option<CheckpointRow>, StoreError> {
    one!(tx, "SELECT * FROM ledger_checkpoint ORDER BY size DESC LIMIT 1")
}

/// A page of checkpoints in order, those above a size.
pub async fn above(tx: &mut Tx, size: i64, limit: i64) -> Result<Vec<CheckpointRow>, StoreError> {
    all!(tx, "SELECT * FROM ledger_checkpoint WHERE size > $1 ORDER BY size LIMIT $2", size, limit)
}

/// A page of checkpoints, newest first, those below a size.
pub async fn page(tx: &mut Tx, below: Option<i64>, limit: i64) -> Result<Vec<CheckpointRow>, StoreError> {
    Select::new("SELECT * FROM ledger_checkpoint")
        .and_if("size < ?", below)
        .page(tx, "size DESC", limit)
        .await
}

/// The checkpoint of so many leaves.
pub async fn find(tx: &mut Tx, size: i64) -> Result<Option<CheckpointRow>, StoreError> {
    one!(tx, "SELECT * FROM ledger_checkpoint WHERE size = $1", size)
}

/// A row of `ledger_cosignature`.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct CosignatureRow {
    pub size: i64,
    pub witness: String,
    /// Of the note.
    pub line: String,
    pub at: At,
}

/// Who has signed beside a checkpoint, with their lines.
pub async fn cosigned(tx: &mut Tx, size: i64) -> Result<Vec<CosignatureRow>, StoreError> {
    all!(tx, "SELECT * FROM ledger_cosignature WHERE size = $1 ORDER BY witness LIMIT 50", size)
}

/// How far all places outside have been told.
pub async fn publishing(tx: &mut Tx) -> Result<Vec<PublishingRow>, StoreError> {
    all!(tx, "SELECT * FROM ledger_publishing ORDER BY target LIMIT 200")
}

/// What witnesses have signed beside a checkpoint, as lines of its note.
pub async fn cosignatures(tx: &mut Tx, size: i64) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT line FROM ledger_cosignature WHERE size = $1 ORDER BY witness LIMIT 50";
    let rows: Vec<(String,)> = all!(tx, sql, size)?;
    Ok(rows.into_iter().map(|(line,)| line).collect())
}

/// Keeps a witness's signature line, unless it is there.
pub async fn add_cosignature(
    tx: &mut Tx,
    size: i64,
    witness: &str,
    line: &str,
    at: At,
) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO ledger_cosignature (size, witness, line, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        size,
        witness,
        line,
        at
    )?;
    Ok(())
}

/// How far a place outside has been told.
pub async fn published(tx: &mut Tx, target: &str) -> Result<Option<PublishingRow>, StoreError> {
    one!(tx, "SELECT * FROM ledger_publishing WHERE target = $1", target)
}

/// Keeps how far it has been told.
pub async fn set_published(tx: &mut Tx, row: &PublishingRow) -> Result<(), StoreError> {
    run!(
        tx,
        "INSERT INTO ledger_publishing (target, size, tries, due_at, trouble) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (target) DO UPDATE SET size = excluded.size, tries = excluded.tries, due_at = excluded.due_at,
            trouble = excluded.trouble",
        &*row.target,
        row.size,
        row.tries,
        row.due_at,
        &*row.trouble
    )?;
    Ok(())
}
