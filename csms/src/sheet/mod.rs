//! Sheets: stations, tokens, tariffs and sessions as a table, CSV or JSON, to be taken away and brought back. What is exported
//! can be imported into another installation and exported there again to the same bytes; sessions and much else go out only.

mod cells;
mod export;
mod import;
mod outgoing;
mod records;

pub use cells::{Format, guarded};
pub use export::{Export, Outgoing};
pub use import::{Fault, Hand, ImportError, Options, ROWS_MAX, Report, import};
pub use records::{Sheet, StationRecord, TariffRecord, TokenRecord};

use crate::store::{sessions, stations, tokens};

/// Which rows are exported.
#[derive(Debug, Clone)]
pub enum Wanted {
    Stations(stations::Filter),
    Tokens(tokens::Filter),
    Tariffs,
    Sessions(sessions::Filter),
    /// That cannot be imported either.
    Out(Outgoing),
}

impl Wanted {
    /// The sheet that they are rows of.
    pub fn sheet(&self) -> Sheet {
        match self {
            Wanted::Stations(_) => Sheet::Stations,
            Wanted::Tokens(_) => Sheet::Tokens,
            Wanted::Tariffs => Sheet::Tariffs,
            Wanted::Sessions(_) => Sheet::Sessions,
            Wanted::Out(out) => match out {
                Outgoing::Sites(_) => Sheet::Sites,
                Outgoing::Evses(_) => Sheet::Evses,
                Outgoing::Assignments { .. } => Sheet::Assignments,
                Outgoing::Discounts { .. } => Sheet::Discounts,
                Outgoing::Orders(_) => Sheet::Orders,
                Outgoing::Receipts(_) => Sheet::Receipts,
                Outgoing::Events(_) => Sheet::Events,
            },
        }
    }
}
