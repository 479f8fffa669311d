//! The pricing of `tariffs` against that of `ocpi-tariffs`, on random tariffs and sessions.

#![deny(clippy::unwrap_used, clippy::panic, clippy::float_arithmetic)]

pub mod cdr;
pub mod corners;
mod cut;
mod draw;
pub mod ours;
pub mod pair;
mod random;
pub mod session;
pub mod tariff;
pub mod theirs;
pub mod totals;
