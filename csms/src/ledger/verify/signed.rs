//! Checkpoints: those that are kept and those from outside, held against the tree as it grows.

use super::{FaultKind, PAGE, Verified, fault};
use crate::store::ledger::checkpoints;
use crate::store::{StoreError, Tx};
use payments::ledger::{Checkpoint, Frontier, Hash, Note, PublicKey};
use std::collections::BTreeMap;

/// A checkpoint whose signature holds.
pub(super) struct Signed {
    pub what: String,
    root: Hash,
    outside: bool,
}

/// All checkpoints by size: those that are kept, and those from outside, in the order they were published.
pub(super) async fn signed(
    tx: &mut Tx,
    key: &PublicKey,
    outside: &[Note],
    done: &mut Verified,
) -> Result<BTreeMap<u64, Vec<Signed>>, StoreError> {
    let mut all: BTreeMap<u64, Vec<Signed>> = BTreeMap::new();
    let mut above = -1;
    let mut last_at = None;
    loop {
        let page = checkpoints::above(tx, above, PAGE).await?;
        let Some(last) = page.last() else { break };
        above = last.size;
        for row in page {
            let what = format!("checkpoint {}", row.size);
            let read = Note::read(&row.note).and_then(|note| Checkpoint::verified(&note, key));
            let checkpoint = match read {
                Ok(checkpoint) => checkpoint,
                Err(wrong) => {
                    done.faults.push(fault(FaultKind::Signature, None, &what, wrong.to_string()));
                    continue;
                }
            };
            if i64::try_from(checkpoint.size) != Ok(row.size) || checkpoint.root.to_string() != row.root {
                let detail =
                    format!("what is signed is another: size {}, root {}", checkpoint.size, checkpoint.root);
                done.faults.push(fault(FaultKind::Replayed, None, &what, detail));
            }
            if last_at.is_some_and(|last| row.at < last) {
                let detail = "it is older than a smaller one".to_owned();
                done.faults.push(fault(FaultKind::Replayed, None, &what, detail));
            }
            last_at = Some(row.at);
            done.checkpoints += 1;
            all.entry(checkpoint.size).or_default().push(Signed {
                what,
                root: checkpoint.root,
                outside: false,
            });
        }
    }
    let mut largest = 0;
    for (n, note) in outside.iter().enumerate() {
        let what = format!("published checkpoint {}", n + 1);
        match Checkpoint::verified(note, key) {
            Ok(checkpoint) => {
                if checkpoint.size < largest {
                    let detail = format!("its size is {}, one before it has {largest}", checkpoint.size);
                    done.faults.push(fault(FaultKind::Replayed, None, &what, detail));
                }
                largest = largest.max(checkpoint.size);
                let what = format!("{what} (size {})", checkpoint.size);
                all.entry(checkpoint.size).or_default().push(Signed {
                    what,
                    root: checkpoint.root,
                    outside: true,
                });
            }
            Err(wrong) => done.faults.push(fault(FaultKind::Signature, None, &what, wrong.to_string())),
        }
    }
    Ok(all)
}

/// Holds the tree as it is now against the checkpoints of this size. `sound` is the size up to which the last ones held.
pub(super) fn check_roots(
    signed: &mut BTreeMap<u64, Vec<Signed>>,
    frontier: &Frontier,
    sound: &mut u64,
    done: &mut Verified,
) {
    let Some(here) = signed.remove(&frontier.size()) else { return };
    let root = frontier.root();
    let mut held = true;
    for signed in here {
        if signed.root == root {
            done.outside += u64::from(signed.outside);
            continue;
        }
        held = false;
        let detail = format!(
            "it was signed over the root {}, the leaves give {root}: what differs is among the leaves {sound} to {}",
            signed.root,
            frontier.size().saturating_sub(1)
        );
        // Where a row in between is known to be wrong, that is the place.
        let known = done.faults.iter().filter_map(|fault| fault.index);
        let known = known.filter(|index| (*sound..frontier.size()).contains(index)).min();
        done.faults.push(fault(FaultKind::Fork, Some(known.unwrap_or(*sound)), &signed.what, detail));
    }
    if held {
        *sound = frontier.size();
    }
}
