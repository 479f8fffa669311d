//! The contract of the store: every function, on SQLite and (with `CSMS_TEST_PG`) on PostgreSQL.

mod common;
mod console;
mod engine;
mod loads;
mod people;
mod records;
mod registry;
mod retention;
mod writer;
