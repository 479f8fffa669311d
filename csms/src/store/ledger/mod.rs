//! The rows of the ledger. Entries, postings and what seals them are added, never changed; the database itself refuses.

pub mod checkpoints;
pub mod entries;
pub mod findings;
pub mod leaves;
pub mod orders;

pub use entries::{BalanceRow, EntryRow, PostingRow};
