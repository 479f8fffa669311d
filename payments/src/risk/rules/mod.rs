//! Rules as data: whose, what of it, how much of it in how long, and what then.
//!
//! A [`RuleSet`] is a document (JSON; the command line reads TOML) that the store keeps in versions. [`evaluate()`] holds a
//! payment and what its subjects did before against it. Windows slide exactly: what is counted are single events, not
//! buckets, of the newest at most [`SEEN_MAX`] of a subject, which is more than any rule may allow.

mod check;
mod evaluate;
mod replay;
mod set;
mod words;

pub use check::Problem;
pub use evaluate::{Hit, Payment, Seen, What, evaluate, windows};
pub use replay::{Event, Past};
pub use set::{Gate, Measure, Mode, Override, Rule, RuleSet, Segment, Subject};
pub use words::{Language, language_of, say};

/// Events of one subject that are looked at, at most; every count allowed by a rule is below it.
pub const SEEN_MAX: usize = 2_000;
/// No window is longer.
pub const WINDOW_MINUTES_MAX: u32 = 31 * 24 * 60;
