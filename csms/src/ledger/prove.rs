//! Proofs that stand alone, for receipts and for whoever asks.

use super::{LedgerError, tree};
use crate::store::Tx;
use crate::store::ledger::{checkpoints, entries, leaves};
use payments::ledger::{Checkpoint, Note, PortableProof, Subject, consistency, inclusion};

/// That an entry is in the tree, by the newest checkpoint. `None`: it is not sealed yet, or no checkpoint covers it yet,
/// which takes about `ledger.checkpoint_every_s`.
///
/// # Errors
/// The database; what is kept cannot be read.
pub async fn prove(tx: &mut Tx, entry: i64) -> Result<Option<PortableProof>, LedgerError> {
    let Some(leaf) = leaves::of(tx, "entry", entry).await? else { return Ok(None) };
    let Some(row) = entries::find(tx, entry).await? else { return Ok(None) };
    let postings = entries::postings(tx, entry).await?;
    let Some((checkpoint, note)) = newest(tx).await? else { return Ok(None) };
    let index = u64::try_from(leaf.idx).unwrap_or(u64::MAX);
    let Some(spans) = inclusion(index, checkpoint.size) else { return Ok(None) };
    let hashes = tree::spans(tx, &spans).await?;
    Ok(Some(PortableProof::new(Subject::Entry(tree::entry(row, &postings)), index, &hashes, &note)))
}

/// The newest checkpoint with what witnesses have signed.
///
/// # Errors
/// The database; what is kept cannot be read.
pub async fn newest(tx: &mut Tx) -> Result<Option<(Checkpoint, Note)>, LedgerError> {
    let Some(row) = checkpoints::newest(tx).await? else { return Ok(None) };
    let unreadable = |fault: payments::ledger::NoteFault| LedgerError::Unreadable(fault.to_string());
    let note = Note::read(&row.note).map_err(unreadable)?;
    let lines = checkpoints::cosignatures(tx, row.size).await?.concat();
    let note = if lines.is_empty() { note } else { note.with_lines(&lines).map_err(unreadable)? };
    Ok(Some((Checkpoint::of(&note).map_err(unreadable)?, note)))
}

/// That the tree of `size` leaves began with that of `old`.
///
/// # Errors
/// The database; [`LedgerError::Changed`] if `old` is larger.
pub async fn prove_growth(
    tx: &mut Tx,
    old: u64,
    size: u64,
) -> Result<Vec<payments::ledger::Hash>, LedgerError> {
    let spans = consistency(old, size)
        .ok_or_else(|| LedgerError::Changed(format!("somebody has seen {old} leaves, there are {size}")))?;
    tree::spans(tx, &spans).await
}
