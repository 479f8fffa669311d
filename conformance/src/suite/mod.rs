//! The conformance suite: plays the station's side of OCA's certification cases, and of cases of our own, against any
//! CSMS.
//!
//! - [`case`]: what a case is, its verdict, and how a block of cases is written.
//! - [`stage`]: what a case plays on: a station on a raw socket, an operator, a trace.
//! - [`hook`], [`keyboard`]: the operator, who makes the CSMS say something.
//! - [`template`]: payloads that serve as a wish and as an expectation at once.
//! - `handshake`, `secure`: how stations connect. `rules`: what holds for everything that is sent.
//! - [`rig`]: what the user tells about the CSMS under test. [`mod@run`]: plays cases. [`report`]: tells how it went.
//! - `v16`, `v2`, `v21`, `own`: the cases, one file a block. `verbs16`, `verbs2`: what stations say.
//!
//! The other way round, a station under test, is in [`crate::testbed`]: with the same cases, verdicts and reports.

pub(crate) mod asking;
pub mod case;
pub(crate) mod catalog;
mod certificates;
mod defaults;
pub(crate) mod entry;
mod handshake;
pub mod hook;
pub mod keyboard;
mod own;
mod preparing;
pub mod report;
pub mod rig;
mod rules;
pub mod run;
mod secure;
pub mod stage;
pub mod template;
mod tls;
pub mod trace;
mod v16;
mod v2;
mod v21;
mod verbs16;
pub(crate) mod verbs2;

pub use case::{Broken, Case, Play, Side, Steps, Verdict};
pub use catalog::{Mark, Place, all, places, select, select_from};
pub use hook::{HookError, HttpOperator, Operator, Wish};
pub use rig::{Pace, Rig, Rules, TokenKind};
pub use run::{Outcome, Summary, run};
pub use secure::Trust;
pub use stage::Stage;
