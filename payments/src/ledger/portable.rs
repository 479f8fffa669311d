//! A proof that stands alone: the entry, where it is in the tree, and the signed checkpoint that covers it. A receipt
//! carries it; whoever has the log's public key can check it without us.

use super::canonical::{SealedEntry, SealedRecord};
use super::checkpoint::Checkpoint;
use super::note::{Note, NoteFault, PublicKey};
use super::proof::{BadProof, check_inclusion};
use super::tree::Hash;
use serde::{Deserialize, Serialize};

/// The name and version of the form.
const FORMAT: &str = "wattline-ledger-proof/1";

/// What is proved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    Entry(SealedEntry),
    Record(SealedRecord),
}

impl Subject {
    /// Its leaf hash.
    pub fn leaf(&self) -> Hash {
        match self {
            Subject::Entry(entry) => entry.leaf(),
            Subject::Record(record) => record.leaf(),
        }
    }
}

/// The proof as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortableProof {
    format: String,
    pub subject: Subject,
    /// Of the leaf, from 0.
    pub index: u64,
    /// Hexadecimal, from the leaf upwards.
    pub hashes: Vec<String>,
    /// The signed note.
    pub checkpoint: String,
}

/// Why a proof is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofFault {
    #[error("its format is {0:?}; this version reads {FORMAT:?}")]
    Format(String),
    #[error("one of its hashes is not 64 hexadecimal digits")]
    Hash,
    #[error("its checkpoint is not believed: {0}")]
    Note(#[from] NoteFault),
    #[error("what it says is not what was sealed: {0}")]
    Proof(#[from] BadProof),
}

impl PortableProof {
    /// Puts it together.
    pub fn new(subject: Subject, index: u64, hashes: &[Hash], checkpoint: &Note) -> PortableProof {
        PortableProof {
            format: FORMAT.to_owned(),
            subject,
            index,
            hashes: hashes.iter().map(ToString::to_string).collect(),
            checkpoint: checkpoint.as_str().to_owned(),
        }
    }

    /// Shows that its subject is in the tree of its checkpoint, which this key has signed.
    ///
    /// # Errors
    /// [`ProofFault`].
    pub fn check(&self, key: &PublicKey) -> Result<Checkpoint, ProofFault> {
        if self.format != FORMAT {
            return Err(ProofFault::Format(self.format.chars().take(60).collect()));
        }
        let note = Note::read(&self.checkpoint)?;
        let checkpoint = Checkpoint::verified(&note, key)?;
        let hashes: Result<Vec<Hash>, _> = self.hashes.iter().map(|hash| hash.parse()).collect();
        let hashes = hashes.map_err(|_| ProofFault::Hash)?;
        check_inclusion(self.subject.leaf(), self.index, checkpoint.size, &hashes, checkpoint.root)?;
        Ok(checkpoint)
    }
}

#[cfg(test)]
mod tests {
    use super::super::note::{SignatureKind, Signer};
    use super::super::tree::{Frontier, Span, inclusion};
    use super::*;

    #[test]
    fn a_proof_stands_alone_and_breaks_at_any_change() {
        let signer = Signer::new("log.example", SignatureKind::Text, [3; 32]).unwrap();
        let record = SealedRecord {
            kind: "notice".into(),
            id: 4,
            subject: "wx-main/1".into(),
            digest: "00".into(),
            at_micros: 9,
        };
        let leaves = [Hash::leaf(b"a"), record.leaf(), Hash::leaf(b"c")];
        let mut frontier = Frontier::default();
        leaves.iter().for_each(|leaf| frontier.push(*leaf, |_, _| {}));
        let note = Checkpoint { origin: "log.example".into(), size: 3, root: frontier.root() };
        let note = note.sign(&signer).unwrap();
        let spans = inclusion(1, 3).unwrap();
        let hashes: Vec<Hash> =
            spans.iter().map(|span: &Span| leaves[usize::try_from(span.from).unwrap()]).collect();
        let proof = PortableProof::new(Subject::Record(record), 1, &hashes, &note);
        let json = serde_json::to_string(&proof).unwrap();
        let read: PortableProof = serde_json::from_str(&json).unwrap();
        assert_eq!(read.check(signer.public()).unwrap().size, 3);
        for (from, to) in [
            ("wx-main/1", "wx-main/2"),
            ("\"index\":1", "\"index\":0"),
            ("proof/1", "proof/2"),
            ("\"at_micros\":9", "\"at_micros\":8"),
            ("log.example\\n3", "log.example\\n4"),
        ] {
            let changed: PortableProof = serde_json::from_str(&json.replace(from, to)).unwrap();
            assert!(changed.check(signer.public()).is_err(), "{from}");
        }
        let stranger = Signer::new("log.example", SignatureKind::Text, [4; 32]).unwrap();
        assert!(matches!(read.check(stranger.public()), Err(ProofFault::Note(NoteFault::Unsigned(_)))));
    }
}
