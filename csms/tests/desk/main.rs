//! The desk: what the messages of real and odd stations make of sessions, on every engine there is.
#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests fail like tests

mod after;
mod audited;
mod costs;
mod harness;
mod identifiers;
mod odd;
mod offers;
mod order;
mod prices;
mod registration;
mod sessions;
mod whatif;
