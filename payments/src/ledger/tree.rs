//! The Merkle tree of RFC 6962 (and 9162): hashes, which subtrees a proof is made of, and a frontier that grows leaf
//! by leaf.
//!
//! Every hash of a proof is that of a [`Span`] of leaves that begins at a multiple of a power of two no smaller than its
//! length. Such a span falls into whole subtrees ([`Node`]), and those are what a database keeps.

use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr};

/// A SHA-256 hash of a leaf or of a subtree. Shown in hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

/// The text is no hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a hash is 64 hexadecimal digits")]
pub struct NoHash;

impl Hash {
    /// The root of a tree without leaves.
    pub fn empty() -> Hash {
        Hash(Sha256::digest([]).into())
    }

    /// Of a leaf's data.
    pub fn leaf(data: &[u8]) -> Hash {
        Hash(Sha256::new().chain_update([0]).chain_update(data).finalize().into())
    }

    /// Of two subtrees.
    pub fn node(left: Hash, right: Hash) -> Hash {
        Hash(Sha256::new().chain_update([1]).chain_update(left.0).chain_update(right.0).finalize().into())
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Hash {
    type Err = NoHash;

    fn from_str(text: &str) -> Result<Hash, NoHash> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| NoHash)?;
        Ok(Hash(bytes))
    }
}

/// A whole subtree of 2^level leaves, the `index`-th of its level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    pub level: u32,
    pub index: u64,
}

/// Neighbouring leaves, from `from` until before `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub from: u64,
    pub to: u64,
}

impl Span {
    /// The whole subtrees that the span is made of, from left to right: at most one of each level.
    pub fn nodes(self) -> Vec<Node> {
        let mut nodes = Vec::new();
        let mut at = self.from;
        while at < self.to {
            // The largest subtree that fits; it begins at a multiple of its size by what a span is.
            let level = (self.to - at).ilog2();
            nodes.push(Node { level, index: at >> level });
            at += 1 << level;
        }
        nodes
    }

    /// The span's hash, of the hashes of its [`Span::nodes`].
    pub fn fold(hashes: &[Hash]) -> Hash {
        let joined = hashes.iter().rev().copied().reduce(|right, left| Hash::node(left, right));
        joined.unwrap_or_else(Hash::empty)
    }
}

/// Where the left subtree of a tree of `size` leaves (at least two) ends: at the largest power of two below `size`.
fn split(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}

/// The spans whose hashes show that the leaf `index` is in the tree of `size` leaves, in the order of the proof. `None`
/// if there is no such leaf.
pub fn inclusion(index: u64, size: u64) -> Option<Vec<Span>> {
    if index >= size {
        return None;
    }
    let (mut from, mut to) = (0, size);
    let mut path = Vec::new();
    while to - from > 1 {
        let middle = from + split(to - from);
        if index < middle {
            path.push(Span { from: middle, to });
            to = middle;
        } else {
            path.push(Span { from, to: middle });
            from = middle;
        }
    }
    path.reverse();
    Some(path)
}

/// The spans whose hashes show that the tree of `size` leaves begins with the tree of `old` leaves, in the order of the
/// proof. `None` if `old` is larger. From nothing, and between equals, the proof is empty.
pub fn consistency(old: u64, size: u64) -> Option<Vec<Span>> {
    if old > size {
        return None;
    }
    if old == 0 || old == size {
        return Some(Vec::new());
    }
    let (mut from, mut to) = (0, size);
    let mut path = Vec::new();
    while old < to {
        let middle = from + split(to - from);
        if old <= middle {
            path.push(Span { from: middle, to });
            to = middle;
        } else {
            path.push(Span { from, to: middle });
            from = middle;
        }
    }
    // Where the old tree is itself a whole left subtree, its root is known already.
    if from > 0 {
        path.push(Span { from, to });
    }
    path.reverse();
    Some(path)
}

/// The right edge of a growing tree: the roots of the whole subtrees that it is made of. Adding a leaf costs one or two
/// hashes on average, and O(log n) at most.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    /// Roots of [`Span::nodes`] of all leaves.
    roots: Vec<Hash>,
}

impl Frontier {
    /// As it was at `size`, of the hashes of those [`Span::nodes`]. `None` if they are not as many.
    pub fn of(size: u64, roots: Vec<Hash>) -> Option<Frontier> {
        (roots.len() == size.count_ones() as usize).then_some(Frontier { size, roots })
    }

    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf; `whole` is told of every subtree that is whole now, the leaf itself first.
    pub fn push(&mut self, leaf: Hash, mut whole: impl FnMut(Node, Hash)) {
        let (mut hash, mut node) = (leaf, Node { level: 0, index: self.size });
        whole(node, hash);
        while node.index % 2 == 1 {
            let Some(left) = self.roots.pop() else { break };
            hash = Hash::node(left, hash);
            node = Node { level: node.level + 1, index: node.index / 2 };
            whole(node, hash);
        }
        self.roots.push(hash);
        self.size += 1;
    }

    /// The root of the tree.
    pub fn root(&self) -> Hash {
        Span::fold(&self.roots)
    }
}
