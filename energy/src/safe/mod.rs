//! What each EVSE may draw at the worst, and defaults that make the worst harmless.
//!
//! A station that cannot be reached keeps what it was told last until that ends, and falls back to its default. One that
//! was told something and has not answered may have either. So an EVSE is always counted at the largest of its default,
//! of what it acknowledged, and of all that is on the way to it; and what one gets more is only sent once everything
//! that it depends on is acknowledged.

mod defaults;
mod promise;

pub use defaults::{Overload, defaults, overloads};
pub use promise::{Grant, Promise, Sent, What};
