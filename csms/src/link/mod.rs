//! The side that stations see: own accept loop, handshake, limits, one task per socket.

pub mod attempts;
pub mod auth;
pub mod cause;
pub mod deviations;
pub mod dialect;
pub mod guard;
pub mod handshake;
pub mod hub;
pub mod journal;
pub mod line;
pub mod mask;
pub mod quarantine;
mod socket;
