//! The ledger on SQLite and (with `CSMS_TEST_PG`) on PostgreSQL: entering, sealing, proving, finding what was changed.
#![allow(clippy::unwrap_used, clippy::panic)] // in helpers too: their failure is the test's failure

mod checking;
mod common;
mod entering;
mod publishing;
mod sealing;
mod tampering;
