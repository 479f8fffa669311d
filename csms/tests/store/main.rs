//! The contract of the store: every function, on SQLite and (with `CSMS_TEST_PG`) on PostgreSQL.

mod common;
mod writer;
