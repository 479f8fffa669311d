//! The sandbox's two sides speak to each other: the provider's adapter and the service, on both databases, without a
//! network but for the notifications.
#![allow(clippy::unwrap_used, clippy::panic)] // in helpers too: their failure is the test's failure

mod bench;
mod notices;
mod orders;
mod statements;
