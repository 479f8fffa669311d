//! Clearing: what providers and banks say was moved, held against what we say.
//!
//! | file | has |
//! |---|---|
//! | `line` | one line of a statement, whoever wrote it |
//! | `read` | readers of statements, one file per way of writing them |
//! | `matching` | two sorted streams, ours and theirs, held against each other |
//! | `payouts` | a provider's payouts and a bank's credits, held against each other |
//! | `terms` | what a provider's contract says about fees, and how revenue is split |
//! | `days` | when a day begins and ends somewhere, whatever its clock does |

pub mod days;
mod fault;
mod line;
pub mod matching;
pub mod payouts;
pub mod read;
mod terms;

pub use fault::Fault;
pub use line::{Kind, Line, Standing};
pub use terms::{Contract, Contracts, Part, Rate, RateError, split};
