//! Taking money: what an order may become, how providers are spoken to, which of them is chosen, what is suspicious,
//! how the ledger is proved and how providers' files are read. Pure: no clock, no network, no database.
//!
//! | folder | has |
//! |---|---|
//! | `clearing` | readers of providers' and banks' statements, and how they are held against our own books |
//! | `code` | codes to scan: the wallet that reads one, the time-based codes of stations |
//! | `ledger` | the accounts, the Merkle tree over the entries, signed checkpoints and proofs |
//! | `order` | the state machine of an order: what an event makes of it, and what has to be done then |
//! | `provider` | the trait that a provider speaks through, and one folder per provider |
//! | `receipt` | receipts, invoices and correction notes, as data and as PDF |
//! | `routing` | which account takes a payment, and why |
//! | `risk` | rules, the behaviour model, shedding under load |

#![allow(missing_docs)] // facts and rows speak through their field names; functions and types carry their docs

mod amount;
pub mod clearing;
pub mod code;
pub mod ledger;
pub mod order;
pub mod provider;
pub mod receipt;
pub mod risk;
pub mod routing;

pub use amount::{Amount, AmountError};
