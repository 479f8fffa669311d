//! The tree in the database: leaves, and whole subtrees of every eighth level. Anything else is hashed from at most 128
//! of them.

use super::LedgerError;
use crate::store::Tx;
use crate::store::ledger::entries::{self, EntryRow, PostingRow};
use crate::store::ledger::leaves::{self, RecordRow, SourceRow};
use payments::ledger::{Frontier, Hash, Line, Node, SealedEntry, SealedRecord, Span, Subject, digest};
use std::collections::HashMap;

/// Subtrees of these levels are kept: 8, 16, 24 …
pub const KEPT: u32 = 8;

/// The hash of a whole subtree.
pub async fn node(tx: &mut Tx, node: Node) -> Result<Hash, LedgerError> {
    let base = node.level / KEPT * KEPT;
    let width = 1_i64 << (node.level - base);
    let missing = || LedgerError::Unreadable(format!("subtree {}/{} is not whole", node.level, node.index));
    let from = i64::try_from(node.index).map_err(|_| missing())? * width;
    let found = leaves::hashes(tx, i64::from(base), from, from + width).await?;
    if found.len() as i64 != width {
        return Err(missing());
    }
    let mut frontier = Frontier::default();
    for hash in found {
        let hash: Hash =
            hash.parse().map_err(|error| LedgerError::Unreadable(format!("{hash:?}: {error}")))?;
        frontier.push(hash, |_, _| {});
    }
    Ok(frontier.root())
}

/// The hashes of spans: a proof.
pub async fn spans(tx: &mut Tx, spans: &[Span]) -> Result<Vec<Hash>, LedgerError> {
    let mut hashes = Vec::with_capacity(spans.len());
    for span in spans {
        let mut parts = Vec::new();
        for part in span.nodes() {
            parts.push(node(tx, part).await?);
        }
        hashes.push(Span::fold(&parts));
    }
    Ok(hashes)
}

/// The right edge of the tree at a size.
pub async fn frontier(tx: &mut Tx, size: u64) -> Result<Frontier, LedgerError> {
    let mut roots = Vec::new();
    for part in (Span { from: 0, to: size }).nodes() {
        roots.push(node(tx, part).await?);
    }
    Frontier::of(size, roots).ok_or_else(|| LedgerError::Unreadable("the tree".to_owned()))
}

/// An entry as it is sealed.
pub fn entry(row: EntryRow, postings: &[PostingRow]) -> SealedEntry {
    let line = |row: &PostingRow| Line {
        line: row.line,
        account: row.account.clone(),
        currency: row.currency.clone(),
        amount_minor: row.amount_minor,
    };
    SealedEntry {
        id: row.id,
        kind: row.kind,
        phase: row.phase,
        pending: row.pending,
        order_id: row.order_id,
        key: row.key,
        body: row.body,
        at_micros: row.at.timestamp_micros(),
        lines: postings.iter().map(line).collect(),
    }
}

/// A record as it is sealed.
pub fn record(row: RecordRow) -> SealedRecord {
    SealedRecord {
        kind: row.kind,
        id: row.id,
        subject: row.subject,
        digest: row.digest,
        at_micros: row.at.timestamp_micros(),
    }
}

/// The record of something that is kept elsewhere.
pub fn record_of(source: SourceRow) -> RecordRow {
    let digest = digest(&[&source.kind, &source.owner, &source.subject, &source.body]);
    RecordRow { kind: source.kind, id: source.id, subject: source.subject, digest, at: source.at }
}

/// What the leaves from one index until before another are of, in order.
pub async fn subjects(tx: &mut Tx, from: i64, to: i64) -> Result<Vec<(i64, Subject)>, LedgerError> {
    let rows = leaves::range(tx, from, to).await?;
    let (entries, postings, _) = entries::sealed(tx, from, to).await?;
    let mut lines: HashMap<i64, Vec<PostingRow>> = HashMap::new();
    postings.into_iter().for_each(|row| lines.entry(row.entry_id).or_default().push(row));
    let mut entries: HashMap<i64, EntryRow> = entries.into_iter().map(|row| (row.id, row)).collect();
    let records = leaves::records(tx, from, to).await?;
    let mut records: HashMap<(String, i64), RecordRow> =
        records.into_iter().map(|row| ((row.kind.clone(), row.id), row)).collect();
    let mut subjects = Vec::with_capacity(rows.len());
    for leaf in rows {
        let subject = if leaf.kind == "entry" {
            let lines = lines.get(&leaf.ref_id).map_or(&[][..], Vec::as_slice);
            entries.remove(&leaf.ref_id).map(|row| Subject::Entry(entry(row, lines)))
        } else {
            records.remove(&(leaf.kind.clone(), leaf.ref_id)).map(|row| Subject::Record(record(row)))
        };
        let gone =
            || LedgerError::Changed(format!("leaf {}: {} {} is gone", leaf.idx, leaf.kind, leaf.ref_id));
        subjects.push((leaf.idx, subject.ok_or_else(gone)?));
    }
    Ok(subjects)
}
