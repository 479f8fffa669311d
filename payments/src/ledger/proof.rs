//! Checking proofs: what a third party does, with nothing but hashes.

use super::tree::Hash;

/// A proof that proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadProof {
    #[error("the leaf {index} is not among {size}")]
    Index { index: u64, size: u64 },
    #[error("a tree of {old} leaves cannot have become one of {size}")]
    Sizes { old: u64, size: u64 },
    #[error("the proof has {has} hashes, {needs} are needed")]
    Length { has: usize, needs: usize },
    #[error("the proof leads to the root {found}, not to {root}")]
    Root { found: Hash, root: Hash },
    #[error("the proof leads to the older root {found}, not to {root}: the tree has been changed since")]
    OldRoot { found: Hash, root: Hash },
}

/// Shows that the leaf is the `index`-th of the tree with `size` leaves and this root.
///
/// # Errors
/// [`BadProof`].
pub fn check_inclusion(
    leaf: Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: Hash,
) -> Result<(), BadProof> {
    if index >= size {
        return Err(BadProof::Index { index, size });
    }
    // The way up: as long as the leaf's path and that of the last leaf differ there is a neighbour on either side;
    // above that only left ones, one for each bit of the index.
    let inner = (index ^ (size - 1)).checked_ilog2().map_or(0, |bit| bit as usize + 1);
    let border = (index >> inner.min(63)).count_ones() as usize;
    let needs = inner + border;
    if proof.len() != needs {
        return Err(BadProof::Length { has: proof.len(), needs });
    }
    let (lower, upper) = proof.split_at(inner);
    let mut hash = leaf;
    for (bit, neighbour) in lower.iter().enumerate() {
        hash = match (index >> bit) & 1 {
            0 => Hash::node(hash, *neighbour),
            _ => Hash::node(*neighbour, hash),
        };
    }
    for neighbour in upper {
        hash = Hash::node(*neighbour, hash);
    }
    if hash == root { Ok(()) } else { Err(BadProof::Root { found: hash, root }) }
}

/// Shows that the tree with `size` leaves and `root` begins with the tree with `old` leaves and `old_root`.
///
/// # Errors
/// [`BadProof`].
pub fn check_consistency(
    old: u64,
    old_root: Hash,
    size: u64,
    root: Hash,
    proof: &[Hash],
) -> Result<(), BadProof> {
    if old > size {
        return Err(BadProof::Sizes { old, size });
    }
    let plain = |known: Hash| match proof.len() {
        0 if known == old_root => Ok(()),
        0 => Err(BadProof::OldRoot { found: known, root: old_root }),
        has => Err(BadProof::Length { has, needs: 0 }),
    };
    if old == size {
        return plain(root);
    }
    if old == 0 {
        return plain(Hash::empty());
    }
    let needs = super::tree::consistency(old, size).map_or(0, |path| path.len());
    if proof.len() != needs {
        return Err(BadProof::Length { has: proof.len(), needs });
    }
    // The last leaf of the old tree, seen from the largest whole subtree that ends with it.
    let shift = old.trailing_zeros();
    let (mut at, mut last) = ((old - 1) >> shift, (size - 1) >> shift);
    let mut hashes = proof.iter().copied();
    // That subtree is the old tree itself, or the proof begins with it.
    let begin = if at == 0 { Some(old_root) } else { hashes.next() };
    let Some(begin) = begin else { return Err(BadProof::Length { has: 0, needs }) };
    let (mut before, mut after) = (begin, begin);
    for hash in hashes {
        if at % 2 == 1 || at == last {
            before = Hash::node(hash, before);
            after = Hash::node(hash, after);
            // A subtree at the right edge rises until it has a left neighbour again.
            while at % 2 == 0 && at != 0 {
                (at, last) = (at / 2, last / 2);
            }
        } else {
            after = Hash::node(after, hash);
        }
        (at, last) = (at / 2, last / 2);
    }
    if before != old_root {
        return Err(BadProof::OldRoot { found: before, root: old_root });
    }
    if after != root {
        return Err(BadProof::Root { found: after, root });
    }
    Ok(())
}
