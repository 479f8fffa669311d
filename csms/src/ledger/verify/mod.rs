//! Computes everything anew from the rows, and names what is not as it was sealed.

mod page;
mod signed;

pub use page::{Page, page};

use super::LedgerError;
use crate::store::ledger::{entries, leaves};
use crate::store::{Db, StoreError, Tx};
use payments::ledger::{Checkpoint, Frontier, Hash, Note, PublicKey};
use signed::{check_roots, signed};
use std::fmt;

/// Leaves read in one query.
const PAGE: i64 = 1_000;
/// Faults that are told; more are counted.
const FAULTS_MAX: usize = 200;

/// What can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// A sealed row was changed, or its leaf was.
    Changed,
    /// A sealed row is gone.
    Deleted,
    /// There is a row that was never sealed and does not wait for it.
    Inserted,
    /// A leaf is missing among the others.
    Gap,
    /// There are fewer leaves than a checkpoint says.
    Truncated,
    /// The leaves are whole, but not those that a checkpoint was signed over.
    Fork,
    /// A checkpoint stands where a newer one belongs.
    Replayed,
    /// A checkpoint is not signed by the key, or cannot be read.
    Signature,
    /// What a record was made of is not what it was.
    Source,
    /// An entry's lines do not add up to nothing.
    Unbalanced,
    /// More is posted than was pending, or a pending entry ended twice.
    Pending,
    /// The kept sums are not those of the postings.
    Totals,
}

/// Something that is wrong, where, and how.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Fault {
    pub kind: FaultKind,
    /// Of the leaf; the first that it can be, where it is not known exactly.
    pub index: Option<u64>,
    /// `entry 4711`, `checkpoint 100` …
    pub what: String,
    pub detail: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(index) = self.index {
            write!(f, "leaf {index}, ")?;
        }
        write!(f, "{}: {}", self.what, self.detail)
    }
}

/// What was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct Verified {
    pub leaves: u64,
    pub entries: u64,
    pub records: u64,
    pub checkpoints: u64,
    /// Checkpoints from outside that hold.
    pub outside: u64,
    /// Leaves that no outside checkpoint covers.
    pub uncovered: u64,
    /// Committed, not sealed yet.
    pub unsealed: u64,
    #[serde(serialize_with = "shown")]
    pub root: Option<Hash>,
    /// The first comes first; at most 200.
    pub faults: Vec<Fault>,
}

fn shown<S: serde::Serializer>(root: &Option<Hash>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&root.map(|root| root.to_string()).unwrap_or_default())
}

/// Verifies the whole ledger. `outside` are notes that were published; `key` is who must have signed them and the kept
/// ones. `progress` is told how many leaves are done.
///
/// # Errors
/// The database.
pub async fn all(
    db: &Db,
    key: &PublicKey,
    outside: &[Note],
    progress: impl FnMut(u64),
) -> Result<Verified, LedgerError> {
    let mut tx = db.read().await?;
    leaves::one_moment(&mut tx).await?;
    inside(&mut tx, key, outside, progress).await
}

/// [`all`], as this transaction sees it.
///
/// # Errors
/// The database.
pub async fn inside(
    tx: &mut Tx,
    key: &PublicKey,
    outside: &[Note],
    mut progress: impl FnMut(u64),
) -> Result<Verified, LedgerError> {
    let mut done = Verified::default();
    let size = leaves::size(tx).await?;
    let mut signed = signed(tx, key, outside, &mut done).await?;
    let mut frontier = Frontier::default();
    let mut sound = 0;
    let mut from = 0;
    check_roots(&mut signed, &frontier, &mut sound, &mut done);
    while from < size {
        let to = size.min(from + PAGE);
        let page = page(tx, from, to).await?;
        done.entries += page.entries;
        done.records += page.records;
        done.faults.extend(page.faults);
        for hash in page.hashes {
            frontier.push(hash, |_, _| {});
            check_roots(&mut signed, &frontier, &mut sound, &mut done);
        }
        from = to;
        progress(frontier.size());
    }
    for (size, signed) in signed {
        for signed in signed {
            let detail = format!("it says {size} leaves, there are {}", frontier.size());
            done.faults.push(fault(FaultKind::Truncated, Some(frontier.size()), &signed.what, detail));
        }
    }
    books(tx, &mut done).await?;
    done.leaves = frontier.size();
    done.root = Some(frontier.root());
    let covered =
        outside.iter().filter_map(|note| Checkpoint::of(note).ok()).map(|of| of.size).max().unwrap_or(0);
    done.uncovered = done.leaves.saturating_sub(covered);
    done.unsealed = u64::try_from(leaves::tail(tx).await?.0).unwrap_or_default();
    done.faults.sort_by_key(|fault| (fault.index.unwrap_or(u64::MAX), fault.kind));
    done.faults.truncate(FAULTS_MAX);
    Ok(done)
}

fn fault(kind: FaultKind, index: Option<u64>, what: &str, detail: impl Into<String>) -> Fault {
    Fault { kind, index, what: what.to_owned(), detail: detail.into() }
}

/// What no leaf shows: rows past the triggers, and sums.
async fn books(tx: &mut Tx, done: &mut Verified) -> Result<(), StoreError> {
    for row in entries::stray(tx).await? {
        let detail = format!("it ({:?}) was never sealed and does not wait for it", row.key);
        done.faults.push(fault(FaultKind::Inserted, None, &format!("entry {}", row.id), detail));
    }
    for id in entries::ended_twice(tx).await? {
        done.faults.push(fault(
            FaultKind::Pending,
            None,
            &format!("entry {id}"),
            "it was ended more than once",
        ));
    }
    for (kept, counted) in entries::wrong_totals(tx).await? {
        let detail = format!(
            "the kept sums are {} posted, {} pending; the postings give {} and {} ({})",
            kept.posted_minor, kept.pending_minor, counted.posted_minor, counted.pending_minor, kept.currency
        );
        done.faults.push(fault(FaultKind::Totals, None, &format!("account {}", kept.account), detail));
    }
    Ok(())
}
