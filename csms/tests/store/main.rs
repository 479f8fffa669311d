//! The contract of the store: every function, on SQLite and (with `CSMS_TEST_PG`) on PostgreSQL.
#![allow(clippy::unwrap_used, clippy::panic)] // in helpers too: their failure is the test's failure

mod api;
mod audit;
mod common;
mod console;
mod engine;
mod lists_of_money;
mod loads;
mod offers;
mod people;
mod reach;
mod records;
mod registry;
mod retention;
mod risk;
mod station_tariffs;
mod tariffs;
mod writer;
