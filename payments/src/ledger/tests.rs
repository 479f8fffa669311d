//! The tree against the published vectors, and against RFC 6962 written down word by word.

use super::proof::{BadProof, check_consistency, check_inclusion};
use super::tree::{Frontier, Hash, Node, Span, consistency, inclusion};
use proptest::prelude::*;

const LEAVES: [&str; 8] =
    ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn hash(text: &str) -> Hash {
    text.parse().unwrap()
}

fn leaves() -> Vec<Hash> {
    LEAVES.iter().map(|leaf| Hash::leaf(&hex::decode(leaf).unwrap())).collect()
}

/// MTH of RFC 6962, 2.1, by recursion.
fn naive_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::empty(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(naive_split(leaves.len()));
            Hash::node(naive_root(left), naive_root(right))
        }
    }
}

fn naive_split(n: usize) -> usize {
    let mut k = 1;
    while k * 2 < n {
        k *= 2;
    }
    k
}

/// PATH of RFC 6962, 2.1.1.
fn naive_path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let k = naive_split(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut path, neighbour) = if index < k {
        (naive_path(index, left), naive_root(right))
    } else {
        (naive_path(index - k, right), naive_root(left))
    };
    path.push(neighbour);
    path
}

/// SUBPROOF of RFC 6962, 2.1.2.
fn naive_proof(old: usize, leaves: &[Hash], known: bool) -> Vec<Hash> {
    if old == leaves.len() {
        return if known { Vec::new() } else { vec![naive_root(leaves)] };
    }
    let k = naive_split(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut proof, neighbour) = if old <= k {
        (naive_proof(old, left, known), naive_root(right))
    } else {
        (naive_proof(old - k, right, false), naive_root(left))
    };
    proof.push(neighbour);
    proof
}

/// The hashes of the spans, from whole subtrees, as a database has them.
fn hashes(spans: &[Span], leaves: &[Hash]) -> Vec<Hash> {
    let of = |node: Node| {
        let (from, width) = ((node.index << node.level) as usize, 1 << node.level);
        naive_root(&leaves[from..from + width])
    };
    spans.iter().map(|span| Span::fold(&span.nodes().into_iter().map(of).collect::<Vec<_>>())).collect()
}

#[test]
fn published_roots_are_met() {
    let mut frontier = Frontier::default();
    assert_eq!(frontier.root(), hash(ROOTS[0]));
    for (leaf, root) in leaves().into_iter().zip(&ROOTS[1..]) {
        frontier.push(leaf, |_, _| {});
        assert_eq!(frontier.root(), hash(root));
    }
}

#[test]
fn published_proofs_are_met() {
    let leaves = leaves();
    let proof = hashes(&consistency(6, 8).unwrap(), &leaves);
    let published = [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ];
    assert_eq!(proof, published.map(hash));
    let proof = hashes(&consistency(2, 5).unwrap(), &leaves[..5]);
    let published = [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ];
    assert_eq!(proof, published.map(hash));
    let proof = hashes(&inclusion(2, 3).unwrap(), &leaves[..3]);
    assert_eq!(proof, [hash(ROOTS[2])]);
}

#[test]
fn what_cannot_be_proved_is_not() {
    assert_eq!(inclusion(3, 3), None);
    assert_eq!(inclusion(0, 0), None);
    assert_eq!(consistency(4, 3), None);
    let leaf = leaves()[0];
    assert_eq!(check_inclusion(leaf, 1, 1, &[], leaf), Err(BadProof::Index { index: 1, size: 1 }));
    assert_eq!(check_consistency(2, leaf, 1, leaf, &[]), Err(BadProof::Sizes { old: 2, size: 1 }));
    // Sizes that no tree has, and proofs of other lengths, end in an error and nothing else.
    let many = vec![leaf; 70];
    for size in [1, 2, u64::MAX - 1, u64::MAX] {
        for index in [0, 1, size - 1] {
            for length in [0, 1, 63, 64, 65, 70] {
                let _ = check_inclusion(leaf, index, size, &many[..length], hash(ROOTS[3]));
                let _ = check_consistency(index, leaf, size, hash(ROOTS[3]), &many[..length]);
            }
        }
    }
    assert!("xyz".parse::<Hash>().is_err() && "00".parse::<Hash>().is_err());
}

proptest! {
    #[test]
    fn the_tree_is_that_of_the_standard(size in 1_usize..200, of in 0_usize..200, flip in any::<usize>()) {
        let leaves: Vec<Hash> = (0..size).map(|n| Hash::leaf(&n.to_be_bytes())).collect();
        let root = naive_root(&leaves);
        let index = of % size;
        let mut frontier = Frontier::default();
        for leaf in &leaves {
            frontier.push(*leaf, |node, hash| {
                let from = (node.index << node.level) as usize;
                assert_eq!(hash, naive_root(&leaves[from..from + (1 << node.level)]));
            });
        }
        prop_assert_eq!(frontier.root(), root);
        let nodes = Span { from: 0, to: size as u64 }.nodes();
        prop_assert_eq!(nodes.len(), (size as u64).count_ones() as usize);
        let kept = hashes(&nodes.iter().map(|node| Span {
            from: node.index << node.level, to: (node.index + 1) << node.level
        }).collect::<Vec<_>>(), &leaves);
        prop_assert_eq!(Frontier::of(size as u64, kept).unwrap(), frontier);

        let path = hashes(&inclusion(index as u64, size as u64).unwrap(), &leaves);
        prop_assert_eq!(&path, &naive_path(index, &leaves));
        prop_assert_eq!(check_inclusion(leaves[index], index as u64, size as u64, &path, root), Ok(()));
        let (old, size64) = (of % (size + 1), size as u64);
        let proof = hashes(&consistency(old as u64, size64).unwrap(), &leaves);
        if old > 0 {
            prop_assert_eq!(&proof, &naive_proof(old, &leaves, true));
        }
        let old_root = naive_root(&leaves[..old]);
        prop_assert_eq!(check_consistency(old as u64, old_root, size64, root, &proof), Ok(()));

        // One bit anywhere, a hash more or less, another place: all are refused.
        let mut wrong = leaves[index];
        wrong.0[flip % 32] ^= 1 << (flip % 8);
        prop_assert!(check_inclusion(wrong, index as u64, size64, &path, root).is_err());
        prop_assert!(check_consistency(old as u64, wrong, size64, root, &proof).is_err());
        if size > 1 {
            let mut path = path.clone();
            let at = flip % path.len();
            path[at].0[flip % 32] ^= 1 << (flip % 8);
            prop_assert!(check_inclusion(leaves[index], index as u64, size64, &path, root).is_err());
            path.pop();
            prop_assert!(check_inclusion(leaves[index], index as u64, size64, &path, root).is_err());
            let elsewhere = (index + 1) % size;
            prop_assert!(check_inclusion(leaves[index], elsewhere as u64, size64, &path, root).is_err());
        }
        if !proof.is_empty() {
            let mut proof = proof.clone();
            let at = flip % proof.len();
            proof[at].0[flip % 32] ^= 1 << (flip % 8);
            prop_assert!(check_consistency(old as u64, old_root, size64, root, &proof).is_err());
            proof.pop();
            prop_assert!(check_consistency(old as u64, old_root, size64, root, &proof).is_err());
        }
    }
}
