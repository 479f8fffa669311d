//! What is suspicious about a payment, and what is done about it.
//!
//! Three levels, each a module: [`rules`] count what happened to a driver, a device, a card within a window;
//! [`behaviour`] is a model of what is usual for one driver; [`shedding`] keeps the house standing when everybody comes
//! at once. A [`Decision`] puts rules and model together. Nothing here refuses for being merely unusual: the model can
//! ask for a second verification, and no more.

pub mod behaviour;
mod decision;
pub mod rules;
pub mod shedding;

pub use decision::{Decision, Outcome};
