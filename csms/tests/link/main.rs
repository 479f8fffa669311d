//! The link layer on real sockets: handshakes, credentials, takeovers, calls both ways, and attacks.
#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests fail like tests

mod attacks;
mod calls;
mod client;
mod credentials;
mod handshakes;
mod house;
mod monitored;
mod takeovers;
