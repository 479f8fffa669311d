//! The desk: what the messages of real and odd stations make of sessions, on every engine there is.

mod harness;
mod identifiers;
mod odd;
mod order;
mod registration;
mod sessions;
