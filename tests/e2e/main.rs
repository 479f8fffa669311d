//! The real executable, over real sockets, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod api;
mod callbacks;
mod command;
mod conformance;
mod console;
mod costs;
mod desired;
mod desks;
mod detours;
mod every_call;
mod foreign_clients;
mod foreign_commanded;
mod harness;
mod journeys;
mod kill;
mod kiosk;
mod lists;
mod monitors;
mod partners;
mod pay_sandbox;
mod phones;
mod records;
mod reservations;
mod served;
mod sessions;
mod shutdown;
mod tariffs;
mod tested;
mod tours;
mod upheaval;
