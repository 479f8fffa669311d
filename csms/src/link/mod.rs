//! The side that stations see: own accept loop, handshake, limits, one task per socket.

pub mod auth;
pub mod cause;
pub mod handshake;
pub mod hub;
pub mod journal;
pub mod line;
pub mod quarantine;
