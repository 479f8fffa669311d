//! Stations, and what can happen to them.

use std::collections::VecDeque;

use chrono::TimeDelta;
use energy::control::{Event, Intent};
use energy::profile::model::Installed;

/// What happens next; numbers are places of EVSEs, modulo how many there are.
#[derive(Debug, Clone, Copy)]
pub enum Action {
    /// Seconds pass.
    Wait(i64),
    /// The station takes the oldest message and its answer arrives.
    Deliver(usize),
    /// The station takes it; the answer is on its way.
    DeliverWithoutAnswer(usize),
    /// An answer that was on its way arrives, however late.
    Answer(usize),
    /// The station refuses the oldest message.
    Refuse(usize),
    /// Everything is taken and answered.
    DeliverAll,
    /// The connection is cut; the CSMS is told, or not.
    Cut(usize, bool),
    /// The station connects again.
    Connect(usize),
    /// It restarts and says so.
    Restart(usize),
    /// A vehicle of `2` phases comes, of which `1` was said.
    Plug(usize, Option<u8>, u8),
    /// It leaves.
    Unplug(usize),
    /// It leaves and another comes, and nobody is told.
    Swap(usize),
    /// A plan has it give back so many A on each phase; 0: nothing any more.
    Give(usize, i64),
    /// Its draw is measured, in percent of what it may.
    Draw(usize, i64),
    /// Other loads at a node are measured, or not any more.
    Measure(u64, bool),
    /// A limit from outside at a node, in A, after seconds.
    Limit(u64, i64, i64),
}

/// A station, as it is.
#[derive(Default)]
pub struct Station {
    pub linked: bool,
    pub told_offline: bool,
    pub profiles: Vec<Installed>,
    pub transaction: Option<String>,
    pub vehicle: u8,
    /// It takes all messages, and all that it is rated for.
    pub ignores: bool,
    pub skew: TimeDelta,
    pub queue: VecDeque<Intent>,
    pub answers: VecDeque<Event>,
}
