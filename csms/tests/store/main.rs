//! The contract of the store: every function, on SQLite and (with `CSMS_TEST_PG`) on PostgreSQL.
#![allow(clippy::unwrap_used, clippy::panic)] // in helpers too: their failure is the test's failure

mod audit;
mod common;
mod console;
mod engine;
mod loads;
mod offers;
mod people;
mod records;
mod registry;
mod retention;
mod station_tariffs;
mod tariffs;
mod writer;
