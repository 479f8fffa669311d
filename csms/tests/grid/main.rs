//! Load management with virtual stations of every version on real sockets: what they take together is looked at all the time.
#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests fail like tests

mod beside;
mod giving;
mod guard;
mod hall;
mod late;
mod leaving;
mod looks;
mod meters;
mod plans;
mod processes;
mod sharing;
mod switching;
mod wishes;
