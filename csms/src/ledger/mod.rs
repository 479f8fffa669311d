//! The ledger: what moved between which accounts, entered once, in the transaction of its cause, and never changed.
//!
//! [`record()`] is what causes call. [`run`] works in the background: [`seal`] makes committed entries leaves of a Merkle
//! tree and signs checkpoints, [`publish`] takes those outside, [`checks`] look at what must always hold. [`verify`]
//! computes everything anew, [`prove`] makes proofs that stand alone. docs/ledger.md has the formats.

pub mod checks;
mod entry;
pub mod key;
pub mod prove;
pub mod publish;
mod record;
pub mod run;
pub mod seal;
pub mod tree;
pub mod verify;

pub use entry::{Entry, EntryFault, Phase};
pub use payments::ledger::{Account, Expense, Revenue, UnknownAccount};
pub use record::{LedgerError, OpenPending, Recorded, balances, balances_of, open_pendings, record};
