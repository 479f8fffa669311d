//! What is remembered of one EVSE.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::grid::Evse;
use crate::safe::Promise;
use crate::units::{Milliamps, PerPhase};

/// What is remembered of one EVSE between steps.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Track {
    pub(crate) promise: Promise,
    pub(crate) online: bool,
    /// The transaction that ran at the last step.
    pub(crate) transaction: Option<String>,
    /// Phases that its vehicle was seen on.
    pub(crate) phases: Option<u8>,
    /// The fewest phases that it was seen to take all on.
    #[serde(default)]
    pub(crate) fewest: Option<u8>,
    /// What its vehicle takes, if that is less than it may.
    pub(crate) uses: Option<Milliamps>,
    /// What it was given at the last step; less than the least while it waits.
    pub(crate) target: Milliamps,
    /// Since when it charges, or waits.
    pub(crate) since: Option<DateTime<Utc>>,
    /// Since when what it holds is the same.
    pub(crate) settled: Option<DateTime<Utc>>,
    /// Told again once: it has restarted.
    pub(crate) tell_again: bool,
    /// Did it lose its profiles, as far as was known at the last step?
    #[serde(default)]
    pub(crate) forgets: bool,
    /// Refused, or not answered, so many times in a row.
    pub(crate) failures: u32,
    /// Not told anything before.
    pub(crate) retry_at: Option<DateTime<Utc>>,
    /// What it was measured to take when that was more than it may, on the site's phases; zero on a phase where it was not,
    /// or has been seen to follow since.
    #[serde(default)]
    pub(crate) taken: PerPhase,
    /// What it is to give back since the last step, on each phase.
    #[serde(default)]
    pub(crate) back: Milliamps,
    /// What it was measured to give back when that was more than it may, as [`Track::taken`].
    #[serde(default)]
    pub(crate) given: PerPhase,
}

/// How an EVSE stands, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Its default is not acknowledged: it is counted at what it is rated for.
    Uncommissioned,
    /// It cannot be reached: it is counted at the larger of its default and its last limit.
    Offline,
    /// It takes, or gives back, more than it may: it is counted at that.
    Disobeys,
    /// It refuses profiles, or does not answer; it is asked again later.
    Refuses,
    /// Something is on the way to it.
    Telling,
    /// It holds a limit.
    Limited,
    /// It holds its default.
    Default,
}

impl Track {
    /// How it stands.
    pub fn standing(&self, evse: &Evse) -> Standing {
        let beyond = |taken: PerPhase, may: PerPhase| !taken.within(may);
        match self {
            track if track.promise.fallback().is_none() => Standing::Uncommissioned,
            track if !track.online => Standing::Offline,
            track
                if beyond(track.taken, track.promise.may(evse))
                    || beyond(track.given, track.promise.may_give(evse)) =>
            {
                Standing::Disobeys
            }
            track if track.failures > 0 => Standing::Refuses,
            track if track.promise.awaits() => Standing::Telling,
            track if track.promise.held().is_some() => Standing::Limited,
            _ => Standing::Default,
        }
    }

    /// What it is to give back since the last step, also if that is still on its way.
    pub fn back(&self) -> Milliamps {
        self.back
    }

    /// The most it gives back, whatever happens.
    pub fn may_give(&self, evse: &Evse) -> PerPhase {
        self.promise.may_give(evse).max(self.given)
    }

    /// What it was promised.
    pub fn promise(&self) -> &Promise {
        &self.promise
    }

    /// What it was given at the last step, also if that is still on its way.
    pub fn target(&self) -> Milliamps {
        self.target
    }

    /// The most it draws, whatever happens.
    pub fn may(&self, evse: &Evse) -> PerPhase {
        self.promise.may(evse).max(self.taken)
    }

    /// The most it draws as long as it can be reached: nothing while no vehicle may charge and it holds no limit.
    pub(crate) fn expected(&self, evse: &Evse) -> PerPhase {
        if !self.online || self.promise.fallback().is_none() {
            return self.may(evse);
        }
        let idle =
            self.transaction.is_none() && self.promise.held().is_none() && self.promise.sent().is_empty();
        let load = if idle { PerPhase::ZERO } else { self.promise.expected(evse) };
        load.max(self.taken)
    }

    /// Can it be told something that counts?
    pub(crate) fn reachable(&self, now: DateTime<Utc>) -> bool {
        self.online && self.promise.fallback().is_some() && self.retry_at.is_none_or(|at| at <= now)
    }
}
