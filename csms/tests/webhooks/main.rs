//! Events in their order, and their way to webhooks, on both databases: what is lost, doubled, signed, tried again and given up.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used)] // helpers of tests fail like tests

mod delivering;
mod documented;
mod following;
mod house;
