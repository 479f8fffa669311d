//! Sealing: what is committed becomes leaves of the tree, soon after and off the hot path.
//!
//! Ids are made before transactions commit, so on PostgreSQL an entry may become visible after one with a higher id. The
//! sealer therefore never remembers "up to where": a trigger puts every new entry into `ledger_unsealed` in the entry's
//! own transaction, and the sealer takes away what it finds there. An entry that commits late is simply found later, and
//! gets a later leaf; the order of the leaves is the order of sealing, and that never changes.
//!
//! One process seals at a time (a lease). Should two do, because a clock jumped, both want the same next leaf: its index
//! is a primary key, so one of the two transactions fails and changes nothing.

use super::{LedgerError, tree};
use crate::store::ledger::checkpoints::{self, CheckpointRow};
use crate::store::ledger::leaves::{self, LeafRow, RecordRow, UnsealedRow};
use crate::store::ledger::{PostingRow, entries};
use crate::store::{Db, Tx};
use chrono::{DateTime, TimeDelta, Utc};
use payments::ledger::{Checkpoint, Frontier, Hash, Node, Note, Signer};
use std::collections::{BTreeMap, HashMap};

/// Leaves added in one transaction: few, for on SQLite payments wait behind it.
const BATCH: i64 = 256;
/// Leaves of one turn at most.
const TURN_MAX: usize = 20_000;
/// A process that says nothing for so long has lost its lease.
const LEASE: TimeDelta = TimeDelta::seconds(30);
const LEASE_NAME: &str = "seal";

/// Seals for one process.
#[derive(Debug)]
pub struct Sealer {
    signer: Signer,
    /// Of this process: who holds the lease.
    holder: i64,
    checkpoint_every: TimeDelta,
    /// What this process has seen of the tree; what is in the database must go on from there.
    known: Option<Frontier>,
}

/// What a turn has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Turn {
    /// False: another process seals.
    pub ours: bool,
    pub sealed: usize,
    pub checkpoint: Option<u64>,
}

/// Leaves that are ready to be added.
struct Batch {
    leaves: Vec<LeafRow>,
    records: Vec<RecordRow>,
    nodes: Vec<(Node, Hash)>,
    /// In the queue, and nowhere else.
    gone: Vec<UnsealedRow>,
    after: Frontier,
}

impl Sealer {
    /// `holder` tells this process from others, e.g. its node number.
    pub fn new(signer: Signer, holder: i64, checkpoint_every: TimeDelta) -> Sealer {
        Sealer { signer, holder, checkpoint_every, known: None }
    }

    /// Who signs.
    pub fn signer(&self) -> &Signer {
        &self.signer
    }

    /// Seals what waits, and signs a checkpoint if one is due.
    ///
    /// # Errors
    /// The database, or [`LedgerError::Changed`]: the sealed part is not what it was, and nothing is signed over it.
    pub async fn turn(&mut self, db: &Db, now: DateTime<Utc>) -> Result<Turn, LedgerError> {
        let mut tx = db.write().await?;
        let ours = leaves::lease(&mut tx, LEASE_NAME, self.holder, now, now + LEASE).await?;
        tx.commit().await?;
        if !ours {
            self.known = None;
            return Ok(Turn::default());
        }
        let done = self.seal(db, now).await;
        if done.is_err() {
            // Whatever it was, look at the database anew.
            self.known = None;
        }
        done
    }

    async fn seal(&mut self, db: &Db, now: DateTime<Utc>) -> Result<Turn, LedgerError> {
        let mut turn = Turn { ours: true, ..Turn::default() };
        while turn.sealed < TURN_MAX {
            let mut tx = db.read().await?;
            let frontier = self.frontier(&mut tx).await?;
            let waiting = leaves::unsealed(&mut tx, BATCH).await?;
            if waiting.is_empty() {
                self.known = Some(frontier);
                break;
            }
            let batch = prepare(&mut tx, frontier, &waiting, now).await?;
            drop(tx);
            let mut tx = db.write().await?;
            self.add(&mut tx, &batch, now).await?;
            tx.commit().await?;
            turn.sealed += batch.leaves.len();
            metrics::counter!("csms_ledger_sealed_total").increment(batch.leaves.len() as u64);
            self.known = Some(batch.after);
            if (waiting.len() as i64) < BATCH {
                break;
            }
        }
        turn.checkpoint = self.checkpoint(db, now).await?;
        Ok(turn)
    }

    /// The right edge of the tree. Where another process has sealed, or this one begins, the last checkpoint must still
    /// hold.
    async fn frontier(&self, tx: &mut Tx) -> Result<Frontier, LedgerError> {
        let size = u64::try_from(leaves::size(tx).await?).unwrap_or_default();
        if let Some(known) = &self.known {
            if known.size() == size {
                return Ok(known.clone());
            }
            if known.size() > size {
                return Err(LedgerError::Changed(format!(
                    "there are {size} leaves, there were {}",
                    known.size()
                )));
            }
        }
        if let Some(last) = checkpoints::newest(tx).await? {
            let changed =
                |why: String| LedgerError::Changed(format!("the checkpoint of size {}: {why}", last.size));
            let note = Note::read(&last.note).map_err(|fault| changed(fault.to_string()))?;
            let checkpoint = Checkpoint::verified(&note, self.signer.public())
                .map_err(|fault| changed(fault.to_string()))?;
            if checkpoint.size > size {
                return Err(changed(format!("there are only {size} leaves")));
            }
            let root = tree::frontier(tx, checkpoint.size).await?.root();
            if root != checkpoint.root {
                return Err(changed(format!(
                    "its root is {}, that of the leaves is {root}",
                    checkpoint.root
                )));
            }
        }
        tree::frontier(tx, size).await
    }

    async fn add(&self, tx: &mut Tx, batch: &Batch, now: DateTime<Utc>) -> Result<(), LedgerError> {
        // The lease is held until this commit: another process waits for its row.
        if !leaves::lease(tx, LEASE_NAME, self.holder, now, now + LEASE).await? {
            return Err(LedgerError::Changed("another process has begun to seal".to_owned()));
        }
        leaves::add_records(tx, &batch.records).await?;
        leaves::add(tx, &batch.leaves).await?;
        for (node, hash) in &batch.nodes {
            let index = i64::try_from(node.index).unwrap_or(i64::MAX);
            leaves::add_node(tx, i64::from(node.level), index, &hash.to_string()).await?;
        }
        if let Some(first) = batch.leaves.first() {
            leaves::settle(tx, first.idx).await?;
            leaves::sum_up(tx, first.idx).await?;
        }
        for gone in &batch.gone {
            tracing::error!(kind = gone.kind, id = gone.ref_id, "an entry has gone before it was sealed");
            super::checks::found(
                tx,
                "gone",
                &format!("{} {}", gone.kind, gone.ref_id),
                "it was there, and was removed before it was sealed",
                now,
            )
            .await?;
            leaves::forget(tx, gone).await?;
        }
        Ok(())
    }

    /// Signs the tree as it is, if there are new leaves and the last checkpoint is old enough.
    async fn checkpoint(&self, db: &Db, now: DateTime<Utc>) -> Result<Option<u64>, LedgerError> {
        let Some(frontier) = &self.known else { return Ok(None) };
        let mut tx = db.read().await?;
        let last = checkpoints::newest(&mut tx).await?;
        drop(tx);
        let size = i64::try_from(frontier.size()).unwrap_or(i64::MAX);
        let due = last.is_none_or(|last| last.size < size && last.at + self.checkpoint_every <= now);
        if !due || size == 0 {
            return Ok(None);
        }
        let origin = self.signer.public().name().to_owned();
        let checkpoint = Checkpoint { origin, size: frontier.size(), root: frontier.root() };
        let note =
            checkpoint.sign(&self.signer).map_err(|fault| LedgerError::Unreadable(fault.to_string()))?;
        let row = CheckpointRow {
            size,
            root: checkpoint.root.to_string(),
            note: note.as_str().to_owned(),
            at: now,
        };
        let mut tx = db.write().await?;
        checkpoints::add(&mut tx, &row).await?;
        tx.commit().await?;
        Ok(Some(checkpoint.size))
    }
}

/// Makes leaves of what waits, in its order.
async fn prepare(
    tx: &mut Tx,
    mut after: Frontier,
    waiting: &[UnsealedRow],
    now: DateTime<Utc>,
) -> Result<Batch, LedgerError> {
    let from = waiting.iter().map(|row| row.ref_id).min().unwrap_or(0);
    let to = waiting.iter().map(|row| row.ref_id).max().unwrap_or(0);
    let (rows, postings) = entries::unsealed(tx, from, to).await?;
    let mut lines: HashMap<i64, Vec<PostingRow>> = HashMap::new();
    for row in postings {
        lines.entry(row.entry_id).or_default().push(row);
    }
    let mut entries: HashMap<i64, _> = rows.into_iter().map(|row| (row.id, row)).collect();
    let mut records: BTreeMap<(String, i64), RecordRow> = BTreeMap::new();
    for kind in ["notice", "event", "story"] {
        if waiting.iter().any(|row| row.kind == kind) {
            let found = leaves::sources(tx, kind, from, to).await?.into_iter().map(tree::record_of);
            records.extend(found.map(|record| ((record.kind.clone(), record.id), record)));
        }
    }
    let (mut leaves, mut added, mut nodes, mut gone) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for row in waiting {
        let entry = if row.kind == "entry" { entries.remove(&row.ref_id) } else { None };
        let hash = match entry {
            Some(entry) => tree::entry(entry, lines.get(&row.ref_id).map_or(&[], Vec::as_slice)).leaf(),
            None => match records.remove(&(row.kind.clone(), row.ref_id)) {
                Some(record) => {
                    added.push(record.clone());
                    tree::record(record).leaf()
                }
                None => {
                    gone.push(row.clone());
                    continue;
                }
            },
        };
        let idx = i64::try_from(after.size()).unwrap_or(i64::MAX);
        after.push(hash, |node, hash| {
            if node.level > 0 && node.level % tree::KEPT == 0 {
                nodes.push((node, hash));
            }
        });
        leaves.push(LeafRow {
            idx,
            kind: row.kind.clone(),
            ref_id: row.ref_id,
            hash: hash.to_string(),
            at: now,
        });
    }
    Ok(Batch { leaves, records: added, nodes, gone, after })
}
