//! Leaves and the rows that they are made of.

use super::{Fault, FaultKind, fault};
use crate::ledger::{LedgerError, tree};
use crate::store::ledger::leaves::{self, LeafRow};
use crate::store::ledger::{EntryRow, PostingRow, entries};
use crate::store::{StoreError, Tx};
use payments::ledger::Hash;
use std::collections::{BTreeMap, HashMap};

/// Some neighbouring leaves, computed anew.
#[derive(Debug, Default)]
pub struct Page {
    pub faults: Vec<Fault>,
    /// As they were sealed. That the rows are what was sealed is checked for each leaf, so that checkpoints are held
    /// against the leaves, and one changed row is one fault.
    pub hashes: Vec<Hash>,
    pub entries: u64,
    pub records: u64,
}

/// Some leaves, computed anew from their rows. A row that cannot even be read is named as well.
///
/// # Errors
/// The database.
pub async fn page(tx: &mut Tx, from: i64, to: i64) -> Result<Page, LedgerError> {
    match read_page(tx, from, to).await {
        Err(LedgerError::Store(error)) if error.is_unreadable() => {}
        page => return page,
    }
    // One of them has a value that its column cannot have: look at each alone.
    let mut whole = Page::default();
    for index in from..to {
        match read_page(tx, index, index + 1).await {
            Ok(mut one) => {
                whole.faults.append(&mut one.faults);
                whole.hashes.append(&mut one.hashes);
                whole.entries += one.entries;
                whole.records += one.records;
            }
            Err(LedgerError::Store(error)) if error.is_unreadable() => {
                let sealed = leaves::hashes(tx, 0, index, index + 1).await.unwrap_or_default();
                let sealed = sealed.first().and_then(|hash| hash.parse().ok());
                whole.hashes.push(sealed.unwrap_or_else(Hash::empty));
                let index = u64::try_from(index).unwrap_or_default();
                let detail = format!("a value in its rows cannot be read: {error}");
                whole.faults.push(fault(FaultKind::Changed, Some(index), "row", detail));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(whole)
}

async fn read_page(tx: &mut Tx, from: i64, to: i64) -> Result<Page, LedgerError> {
    let rows = leaves::range(tx, from, to).await?;
    let (entry_rows, postings, held) = entries::sealed(tx, from, to).await?;
    let by_entry = |rows: Vec<PostingRow>| {
        let mut by: HashMap<i64, Vec<PostingRow>> = HashMap::new();
        rows.into_iter().for_each(|row| by.entry(row.entry_id).or_default().push(row));
        by
    };
    let (lines, held) = (by_entry(postings), by_entry(held));
    let mut entry_rows: HashMap<i64, EntryRow> = entry_rows.into_iter().map(|row| (row.id, row)).collect();
    let records = leaves::records(tx, from, to).await?;
    let mut records: HashMap<(String, i64), _> =
        records.into_iter().map(|row| ((row.kind.clone(), row.id), row)).collect();
    let sources = sources(tx, &rows).await?;
    let mut page = Page::default();
    let mut next = from;
    for leaf in rows {
        for missing in next..leaf.idx {
            page.gap(missing);
        }
        next = leaf.idx + 1;
        let index = u64::try_from(leaf.idx).unwrap_or_default();
        let what = format!("{} {}", leaf.kind, leaf.ref_id);
        let found = if leaf.kind == "entry" {
            page.entries += 1;
            entry_rows.remove(&leaf.ref_id).map(|row| {
                let lines = lines.get(&row.id).map_or(&[][..], Vec::as_slice);
                let held = held.get(&row.id).map_or(&[][..], Vec::as_slice);
                page.faults.extend(accounting(index, &what, &row, lines, held));
                tree::entry(row, lines).leaf()
            })
        } else {
            page.records += 1;
            let key = (leaf.kind.clone(), leaf.ref_id);
            records.remove(&key).map(|row| {
                if sources.get(&key).is_some_and(|digest| *digest != row.digest) {
                    let detail = "the row that it was made of has been changed since";
                    page.faults.push(fault(FaultKind::Source, Some(index), &what, detail));
                }
                tree::record(row).leaf()
            })
        };
        page.leaf(&leaf, index, &what, found);
    }
    for missing in next..to {
        page.gap(missing);
    }
    Ok(page)
}

impl Page {
    fn gap(&mut self, index: i64) {
        let index = u64::try_from(index).unwrap_or_default();
        self.faults.push(fault(FaultKind::Gap, Some(index), "leaf", "it is missing"));
        self.hashes.push(Hash::empty());
    }

    fn leaf(&mut self, leaf: &LeafRow, index: u64, what: &str, found: Option<Hash>) {
        let sealed: Option<Hash> = leaf.hash.parse().ok();
        match found {
            None => {
                self.faults.push(fault(FaultKind::Deleted, Some(index), what, "it was sealed and is gone"))
            }
            Some(hash) if Some(hash) != sealed => {
                let detail = format!("its rows hash to {hash}, sealed was {}", leaf.hash);
                self.faults.push(fault(FaultKind::Changed, Some(index), what, detail));
            }
            Some(_) => {}
        }
        self.hashes.push(sealed.unwrap_or_else(Hash::empty));
    }
}

/// The digests of what the leaves' records were made of, where that is still kept.
async fn sources(tx: &mut Tx, rows: &[LeafRow]) -> Result<HashMap<(String, i64), String>, StoreError> {
    let mut digests = HashMap::new();
    for kind in ["notice", "event", "story"] {
        let ids = || rows.iter().filter(|leaf| leaf.kind == kind).map(|leaf| leaf.ref_id);
        let (Some(from), Some(to)) = (ids().min(), ids().max()) else { continue };
        for source in leaves::sources(tx, kind, from, to).await? {
            let record = tree::record_of(source);
            digests.insert((record.kind, record.id), record.digest);
        }
    }
    Ok(digests)
}

/// Debits are credits; no more is posted than was pending.
fn accounting(
    index: u64,
    what: &str,
    row: &EntryRow,
    lines: &[PostingRow],
    held: &[PostingRow],
) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut sums: BTreeMap<&str, i128> = BTreeMap::new();
    for line in lines {
        *sums.entry(&line.currency).or_default() += i128::from(line.amount_minor);
    }
    for (currency, sum) in sums.into_iter().filter(|(_, sum)| *sum != 0) {
        let detail = format!("its lines add up to {sum} of {currency}");
        faults.push(fault(FaultKind::Unbalanced, Some(index), what, detail));
    }
    if row.pending.is_some() && held.is_empty() {
        let detail = "the pending entry that it ends is not there, or was not pending";
        faults.push(fault(FaultKind::Pending, Some(index), what, detail));
    } else if row.phase == "post" {
        let within = |line: &PostingRow| {
            held.iter().any(|held| {
                (&held.account, &held.currency) == (&line.account, &line.currency)
                    && held.amount_minor.signum() == line.amount_minor.signum()
                    && line.amount_minor.unsigned_abs() <= held.amount_minor.unsigned_abs()
            })
        };
        if !lines.iter().all(within) {
            faults.push(fault(FaultKind::Pending, Some(index), what, "it posts more than was pending"));
        }
    }
    faults
}
