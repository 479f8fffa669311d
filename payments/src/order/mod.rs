//! The state machine of an order: what an event makes of it, and what has to be done then.
//!
//! An [`Order`] is the facts: what each try at a provider holds and took, what was given back, what is due. An
//! [`Event`] changes facts ([`advance()`]); what follows from the facts as they stand now is one function (`settle`),
//! so that the order in which facts come does not matter. Only what a provider says explicitly moves money. Nothing
//! here has a clock or a database: the caller keeps the order and does the [`Effect`]s, all in one transaction.

mod advance;
mod model;
mod settle;
#[cfg(test)]
mod table;
#[cfg(test)]
mod walks;

pub use advance::advance;
pub use model::{
    Asked, Dispute, Effect, End, Event, Illegal, Kind, Mode, Order, Refund, RefundStanding, Ruling, Standing,
    State, Try,
};
