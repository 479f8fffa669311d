//! Orders of drivers without a contract, and what comes of them: one file per table of migration 0006 (and `limits`).
//!
//! Whoever changes an order, its attempts or its refunds holds the order's row ([`orders::lock`]), so that all that
//! happens to one order happens in a sequence, on either engine.

pub mod attempts;
pub mod codes;
pub mod disputes;
pub mod drivers;
pub mod effects;
pub mod figures;
pub mod history;
pub mod inbox;
pub mod kept;
pub mod limits;
pub mod numbers;
pub mod orders;
pub mod refunds;
pub mod story;
pub mod tasks;
