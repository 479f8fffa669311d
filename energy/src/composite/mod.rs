//! The composite schedule: what all profiles together allow.
//!
//! For each purpose the profile that counts is the valid one of the highest stack level whose schedule says something at
//! that instant; one whose duration is over says nothing, so the next level counts. `Priority`, while asked for, counts
//! instead of `Tx`, and `Tx` instead of `TxDefault`. `LocalGeneration` adds to `StationMax`. The smallest of what is left
//! is the limit (OCPP 1.6 §3.13.2, .3; OCPP 2.x K01.FR.11, .12, .17, .36, .37, K04.FR.05, K08.FR.04).
//!
//! Where editions differ: at a connector of 1.6 its own default counts before that of the whole station, whatever their
//! levels; in 2.x both are one stack.
//!
//! Nothing is given back unless the profile that counts for the transaction is of a mode in which it can be (OCPP 2.1); then
//! each profile that limits it is kept, phase by phase where one tells phases apart. A setpoint stays within what is left.
//!
//! All arithmetic is in UTC seconds: a day has 86,400 of them, also when clocks change.

mod active;
mod window;

pub use active::at;
pub use window::{MAX_SECONDS, over};

use chrono::{DateTime, Utc};

use crate::profile::model::{Amount, Mode, Rules, Unit, Values};

/// What current has to be turned into power with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Supply {
    /// Between a phase and neutral.
    pub volts: u32,
    /// Phases that the vehicle can use here.
    pub phases: u8,
}

/// Whose limit is asked for, and how.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// What the station speaks.
    pub rules: Rules,
    /// The EVSE (connector in 1.6); 0 for the station as a whole.
    pub evse: u16,
    /// The transaction that runs at the EVSE.
    pub transaction: Option<&'a str>,
    /// When that transaction started; without one, when one is imagined to start.
    pub begins: DateTime<Utc>,
    /// Has the driver asked for priority?
    pub priority: bool,
    /// To compare amperes with watts.
    pub supply: Supply,
    /// What the answer is in.
    pub unit: Unit,
}

/// What is allowed at an instant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cap {
    /// At most this is taken, on each phase in A, on all together in W; none: nothing limits it.
    pub limit: Option<Amount>,
    /// At most this is given back, zero or negative; none: nothing is said of it, so nothing is given back.
    pub discharge: Option<Amount>,
    /// Exactly this, within the other two.
    pub setpoint: Option<Amount>,
    /// Phases that may be used; none: all there are.
    pub phases: Option<u8>,
    /// Who decides; none: no profile of the transaction or its default says.
    pub mode: Option<Mode>,
    /// The values of each phase, where any profile tells them apart; they hold beside those of all together.
    pub each: Option<[Values; 3]>,
}

/// A cap from `start_s` seconds after the window's start until the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CapPeriod {
    /// Seconds after the start of the window.
    pub start_s: u32,
    /// What is allowed.
    pub cap: Cap,
}
