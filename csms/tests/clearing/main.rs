//! Clearing on both databases: settlement at three, statements, cases and what is done about them.
#![allow(clippy::unwrap_used, clippy::panic)] // in helpers too: their failure is the test's failure

mod again;
mod common;
mod counter;
mod disputes;
mod fetching;
mod files;
mod large;
mod money;
mod providers;
mod settling;
mod together;
mod wire;
