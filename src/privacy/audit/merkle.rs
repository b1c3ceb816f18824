//! The Merkle tree of RFC 6962, section 2.1: leaves and nodes are hashed apart, so that neither can stand for the other.

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::privacy::token::hex;

type Hash = [u8; 32];

fn leaf(line: &str) -> Hash {
    Sha256::new().chain_update([0]).chain_update(line.as_bytes()).finalize().into()
}

fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The root of the tree over lines.
pub(super) fn root<S: AsRef<str>>(lines: &[S]) -> Hash {
    let leaves: Vec<Hash> = lines.iter().map(|line| leaf(line.as_ref())).collect();
    of(&leaves)
}

fn of(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [one] => *one,
        many => {
            let (left, right) = many.split_at(split(many.len()));
            node(&of(left), &of(right))
        }
    }
}

/// The greatest power of two below a number.
fn split(count: usize) -> usize {
    1 << (count - 1).ilog2()
}

/// That an entry is in a tree: its hash, and those that lead from it to the root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proof {
    /// Which entry.
    pub seq: usize,
    /// Of how many.
    pub size: usize,
    /// The hash of the entry as a leaf.
    pub leaf: String,
    /// The hashes beside the way to the root, from the leaf up.
    pub path: Vec<String>,
    /// The root.
    pub root: String,
}

/// The proof of an entry; none when there is no such entry.
pub fn prove(lines: &[String], seq: usize) -> Option<Proof> {
    let leaves: Vec<Hash> = lines.iter().map(|line| leaf(line)).collect();
    let own = leaves.get(seq)?;
    let mut path = Vec::new();
    walk(&leaves, seq, &mut path);
    Some(Proof {
        seq,
        size: lines.len(),
        leaf: hex(own),
        path: path.iter().map(|hash| hex(hash)).collect(),
        root: hex(&of(&leaves)),
    })
}

fn walk(leaves: &[Hash], place: usize, path: &mut Vec<Hash>) {
    if leaves.len() < 2 {
        return;
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    if place < left.len() {
        walk(left, place, path);
        path.push(of(right));
    } else {
        walk(right, place - left.len(), path);
        path.push(of(left));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The root of the empty tree, and of the first inputs of the reference implementation's tests (RFC 6962).
    #[test]
    fn roots_are_those_of_rfc_6962() {
        let none: [&str; 0] = [];
        assert_eq!(
            hex(&root(&none)),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        assert_eq!(
            hex(&root(&[""])),
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
        );
    }

    /// For all sizes and entries, the hashes of a proof lead to the root.
    #[test]
    fn proofs_lead_to_the_root() {
        for size in 1..20 {
            let lines: Vec<String> = (0..size).map(|i| format!("entry {i}")).collect();
            for seq in 0..size {
                let leaves: Vec<Hash> = lines.iter().map(|line| leaf(line)).collect();
                let mut path = Vec::new();
                walk(&leaves, seq, &mut path);
                assert_eq!(climb(leaves[seq], seq, size, &path), of(&leaves), "{seq} of {size}");
            }
        }
    }

    /// RFC 9162, section 2.1.3.2: from a leaf to the root.
    fn climb(leaf: Hash, seq: usize, size: usize, path: &[Hash]) -> Hash {
        let (mut at, mut last, mut hash) = (seq, size - 1, leaf);
        for beside in path {
            if at % 2 == 1 || at == last {
                hash = node(beside, &hash);
                while at.is_multiple_of(2) && at != 0 {
                    at >>= 1;
                    last >>= 1;
                }
            } else {
                hash = node(&hash, beside);
            }
            at >>= 1;
            last >>= 1;
        }
        hash
    }
}
