//! The real executable, over real sockets, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod command;
mod console;
mod costs;
mod foreign_clients;
mod harness;
mod kill;
mod records;
mod sessions;
mod shutdown;
mod tariffs;
mod tours;
