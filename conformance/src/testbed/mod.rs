//! The other way round: plays the CSMS against a *station* under test, for makers of charging stations.
//!
//! Cases, verdicts, traces and reports are those of [`crate::suite`]; what differs is who is under test.
//!
//! - [`door`]: where the station connects, and whom it is let in as.
//! - [`bed`]: what a case plays on: the CSMS's end of the connection, hands at the station, a trace.
//! - `book`: what holds for everything that a station tells of its transactions. `answers`: what the CSMS answers.
//! - `verbs`, `sessions`, `settings`: what a CSMS asks for, in words that fit all versions.
//! - `hands`: what a person, or a program, does at the station.
//! - `cases`: the cases, one file a topic.

mod answers;
pub mod bed;
mod book;
mod cases;
mod desk;
pub mod door;
mod expecting;
mod hands;
mod run;
mod sessions;
mod settings;
mod verbs;

pub use bed::Bed;
pub use cases::{all, select};
pub use door::{Door, Mood, Terms};
pub use run::run;
