//! One step: from what is known and what was seen to what is sent.
//!
//! [`step()`] is called with every event that matters and every few seconds. It is a function: the state goes in and comes
//! out, time is a parameter, nothing is sent here. The caller sends each [`Intent`] to its station, in order, and reports
//! the answer with the intent's number.

mod back;
mod demand;
mod issue;
mod policy;
mod seen;
mod step;
mod track;
mod wording;

pub use step::{exportable, headroom, step};
pub use track::{Standing, Track};

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::grid::{EvseId, Limit, Load, StationId};
use crate::profile::model::{Place, Profile};
use crate::safe::Promise;
use crate::units::{Milliamps, PerPhase};

/// How carefully and how often things change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// A limit ends so many seconds after it was told unless it is told again: the longest that a lost station stays
    /// above its default.
    pub hold_limit_s: u32,
    /// A station's clock may be wrong by this.
    pub clock_skew_s: u32,
    /// An answer that takes longer does not come.
    pub answer_within_s: u32,
    /// Limits from outside are kept from so long before they start.
    pub lead_s: u32,
    /// Whoever was let in stays in so long, unless somebody of a higher class or with a deadline needs the place.
    pub keep_place_s: u32,
    /// A limit is not changed for less than this before it is renewed, unless a fuse demands it.
    pub worth: Milliamps,
    /// A vehicle that is told more has shown so long afterwards what it takes.
    pub settle_s: u32,
    /// A draw measured longer ago says nothing.
    pub draw_max_age_s: u32,
    /// What a vehicle does not use is given to others, but for this much, so that it can show that it wants more.
    pub headroom: Milliamps,
    /// What has to be there by a deadline is planned to be there so much before: the last minutes go wrong.
    pub spare_s: u32,
    /// Is a vehicle that was seen on one phase counted on one phase?
    pub learn_phases: bool,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            hold_limit_s: 600,
            clock_skew_s: 30,
            answer_within_s: 30,
            lead_s: 60,
            keep_place_s: 900,
            worth: Milliamps::from_amps(2),
            settle_s: 30,
            draw_max_age_s: 120,
            headroom: Milliamps::from_amps(2),
            spare_s: 600,
            learn_phases: true,
        }
    }
}

/// What an EVSE was measured to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drawn {
    /// On its own L1, L2 and L3, negative where it gives back; of DC on the side of the supply.
    pub current: PerPhase,
    /// Was each of its phases measured? If not, `current` is the same on each that the vehicle may use, and tells nothing of how
    /// many those are.
    pub each: bool,
    /// When.
    pub at: DateTime<Utc>,
}

/// A vehicle that is plugged in and may charge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Where.
    pub evse: EvseId,
    /// The transaction's id as the station knows it.
    pub transaction: String,
    /// Higher ones are served before; 0 is for those who may wait for all others.
    pub class: u8,
    /// Phases of the vehicle, if known.
    pub phases: Option<u8>,
    /// The most the vehicle takes on a phase, if known.
    pub most: Option<Milliamps>,
    /// The most it shall take now by a plan.
    pub ceiling: Option<Milliamps>,
    /// What it shall give back now by a plan, on each phase; zero: nothing.
    pub gives: Milliamps,
    /// Wh it still needs.
    pub needs_wh: Option<i64>,
    /// By when.
    pub deadline: Option<DateTime<Utc>>,
    /// The vehicle says it wants nothing now (`SuspendedEV`); it is served after all others.
    pub asleep: bool,
    /// What it takes.
    pub drawn: Option<Drawn>,
}

impl Session {
    /// One of which nothing else is known.
    pub fn new(evse: EvseId, transaction: &str) -> Session {
        Session {
            evse,
            transaction: transaction.to_owned(),
            class: 1,
            phases: None,
            most: None,
            ceiling: None,
            gives: Milliamps::ZERO,
            needs_wh: None,
            deadline: None,
            asleep: false,
            drawn: None,
        }
    }
}

/// What was seen since the last step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The station took the profile of this intent.
    Acked(EvseId, u64),
    /// It refused it, and so does not have it.
    Refused(EvseId, u64),
    /// No answer came, or one that cannot be understood: it may have it.
    Unanswered(EvseId, u64),
    /// The station is connected.
    Online(StationId),
    /// It is not.
    Offline(StationId),
    /// It has restarted: everything is told again.
    Booted(StationId),
    /// The transaction at this EVSE is over.
    Ended(EvseId),
}

/// What is known now, and what was seen since the last step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inputs {
    /// All sessions that run, one for each EVSE at the most.
    pub sessions: Vec<Session>,
    /// The latest measurements of other loads.
    pub loads: Vec<Load>,
    /// Limits from outside, present and future.
    pub limits: Vec<Limit>,
    /// In the order in which it happened.
    pub events: Vec<Event>,
}

/// What is remembered between steps. It is to be kept: after a restart without it, every EVSE counts at what it is rated
/// for until it has acknowledged its default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The number of the last intent.
    pub(crate) seq: u64,
    pub(crate) tracks: BTreeMap<EvseId, Track>,
}

impl State {
    /// Takes an EVSE over that is known to have its default, e.g. from a report of its profiles.
    pub fn commission(&mut self, evse: EvseId, default: Milliamps) {
        self.tracks.entry(evse).or_default().promise = Promise::with_default(default);
    }

    /// Nobody has looked after the site for a while, and others may have told its stations something: every EVSE counts at what it is
    /// rated for until it has acknowledged its default again. Intents are numbered on.
    pub fn doubt(&mut self) {
        for track in self.tracks.values_mut() {
            track.promise.doubt();
            (track.failures, track.retry_at) = (0, None);
        }
    }

    /// What is known of an EVSE.
    pub fn track(&self, evse: EvseId) -> Option<&Track> {
        self.tracks.get(&evse)
    }
}

/// Why something is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The default is not known to be there.
    Default,
    /// It gets less; this never waits for others.
    Lower,
    /// It gets more, of what others are known to have given up.
    Raise,
    /// As before, or almost, for longer.
    Renew,
}

/// A profile that shall be set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// Its number; the answer is reported with it. Later ones have higher numbers.
    pub seq: u64,
    /// Whom it is for.
    pub station: StationId,
    /// Which EVSE it is about.
    pub evse: EvseId,
    /// Where it is installed.
    pub place: Place,
    /// The profile.
    pub profile: Profile,
    /// What it comes to on each phase; negative: given back.
    pub limit: Milliamps,
    /// Why.
    pub why: Why,
}
