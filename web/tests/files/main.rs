//! Files for and from stations of every version, on real sockets and on both databases: firmware that they fetch, logs that
//! they bring, and whoever else tries.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a test that cannot go on has failed; it explains itself"
)]

mod campaigns;
mod downloads;
mod house;
mod journeys;
mod uploads;
