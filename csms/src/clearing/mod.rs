//! Clearing: what we say was moved against what providers and banks say.
//!
//! 1. [`settle`]: at 03:00 of a site's clock our own settlement of the day before. It needs nobody's file.
//! 2. [`import`]: statements as they come: fetched, dropped into a folder, or given by hand.
//! 3. [`against`], [`payouts`]: lines against items, a bank's credits against payouts; what differs becomes a case.
//! 4. [`late`]: a statement that should be there and is not is a case too.
//! 5. [`resolve`], [`bulk`]: a case is settled, once, and in the ledger; or many, each by itself.
//!
//! All of it may be done again at any time and changes nothing that has not changed.

pub mod against;
pub mod bulk;
mod disputes;
pub mod fetch;
pub mod folder;
mod hosts;
pub mod import;
pub mod late;
mod orphan;
pub mod payouts;
pub mod report;
pub mod resolve;
pub mod settle;
pub mod shares;
mod sides;
pub mod terms;
mod turns;
pub mod work;

use crate::{
    clock::Clock,
    config,
    id::Ids,
    ledger::LedgerError,
    store::{Db, StoreError},
};
use payments::clearing::Fault;

/// What clearing works with.
#[derive(Debug, Clone, Copy)]
pub struct Clearing<'a> {
    pub db: &'a Db,
    pub ids: &'a Ids,
    pub clock: &'a Clock,
    pub config: &'a config::Clearing,
}

/// Why something was not done. Nothing is half done then: what was done before stays, and it can be tried again.
#[derive(Debug, thiserror::Error)]
pub enum ClearingError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the ledger does not take it: {0}")]
    Ledger(#[from] LedgerError),
    /// The statement cannot be used.
    #[error("the statement is not taken: {0}")]
    Statement(#[from] Fault),
    /// Somebody asked for what cannot be.
    #[error("{0}")]
    Refused(String),
    /// A row says what no row should.
    #[error("{0} in the tables of clearing cannot be read")]
    Unreadable(String),
    /// Another process is at it.
    #[error("{0} is being done by another process; try again in some minutes")]
    Busy(String),
}

impl ClearingError {
    fn refused(why: impl Into<String>) -> ClearingError {
        ClearingError::Refused(why.into())
    }
}

/// A currency out of a row.
fn currency(code: &str) -> Result<tariffs::Currency, ClearingError> {
    code.parse().map_err(|_| ClearingError::Unreadable(format!("the currency {code:?}")))
}

/// A day out of a row or from a person.
fn day(text: &str) -> Result<chrono::NaiveDate, ClearingError> {
    text.parse().map_err(|_| ClearingError::Unreadable(format!("the day {text:?}")))
}
