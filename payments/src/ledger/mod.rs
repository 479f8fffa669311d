//! The ledger's accounts, and how a third party is shown that its entries are what they were: a Merkle tree (RFC 6962)
//! over the bytes of every entry, and signed checkpoints of it (C2SP).

mod account;
mod canonical;
mod checkpoint;
mod note;
mod portable;
mod proof;
#[cfg(test)]
mod tests;
mod tree;

pub use account::{Account, Expense, Revenue, UnknownAccount};
pub use canonical::{Line, SealedEntry, SealedRecord, digest};
pub use checkpoint::{Checkpoint, add_checkpoint_body};
pub use note::{KeyFault, Note, NoteFault, PublicKey, SignatureKind, Signer};
pub use portable::{PortableProof, ProofFault, Subject};
pub use proof::{BadProof, check_consistency, check_inclusion};
pub use tree::{Frontier, Hash, NoHash, Node, Span, consistency, inclusion};
