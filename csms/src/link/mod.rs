//! The side that stations see: own accept loop, handshake, limits, one task per socket.

mod admit;
pub mod attempts;
pub mod auth;
pub mod cause;
pub mod deviations;
pub mod dialect;
pub mod display;
pub mod frames;
mod front;
pub mod guard;
pub mod handshake;
pub mod hub;
pub mod journal;
pub mod line;
pub mod listen;
pub mod mask;
pub mod quarantine;
mod socket;
mod task;
