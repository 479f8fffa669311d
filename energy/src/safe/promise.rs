//! What one EVSE has been told, has acknowledged, and may therefore draw.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::grid::Evse;
use crate::units::{Milliamps, PerPhase};

/// So many limits without an answer are remembered one by one; older ones are counted as one.
const MAX_SENT: usize = 4;

/// A limit, and until when it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// On each phase in use.
    pub limit: Milliamps,
    /// On so many phases.
    pub phases: u8,
    /// Its vehicle uses no fewer than these; see [`Evse::load`]. Not known: 1.
    #[serde(default)]
    pub fewest: u8,
    /// From here on the default holds for certain, also at a station whose clock is late.
    pub until: DateTime<Utc>,
    /// It gives back so much on each phase instead of taking anything; then the limit is zero.
    #[serde(default)]
    pub back: Milliamps,
}

impl Grant {
    /// Both may hold: the larger of each.
    fn or(self, other: Grant) -> Grant {
        Grant {
            limit: self.limit.max(other.limit),
            phases: self.phases.max(other.phases),
            fewest: self.fewest.min(other.fewest),
            until: self.until.max(other.until),
            back: self.back.max(other.back),
        }
    }
}

/// What was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The default.
    Default(Milliamps),
    /// A limit.
    Limit(Grant),
}

/// Something that was sent and has not been answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// Its number.
    pub seq: u64,
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub what: What,
    /// No answer is expected any more; it may hold all the same.
    pub lost: bool,
}

/// What an EVSE may draw. What is sent to one station arrives in order or not at all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    /// The default it acknowledged.
    default: Option<Milliamps>,
    /// The limit it acknowledged last.
    held: Option<Grant>,
    sent: Vec<Sent>,
}

impl Promise {
    /// An EVSE that is known to have this default, e.g. from a report of its profiles.
    pub fn with_default(default: Milliamps) -> Promise {
        Promise { default: Some(default), ..Promise::default() }
    }

    /// Somebody else may have changed its default: it counts no longer. Limits do until they end, since it may have them still.
    pub fn doubt(&mut self) {
        self.default = None;
        self.lose(|_| true);
    }

    /// The default it acknowledged; none: it may draw what it is rated for.
    pub fn fallback(&self) -> Option<Milliamps> {
        self.default
    }

    /// The limit it acknowledged last, if that has not ended.
    pub fn held(&self) -> Option<Grant> {
        self.held
    }

    /// What is without an answer, oldest first.
    pub fn sent(&self) -> &[Sent] {
        &self.sent
    }

    /// Is an answer still expected?
    pub fn awaits(&self) -> bool {
        self.sent.iter().any(|sent| !sent.lost)
    }

    /// Something leaves.
    pub fn send(&mut self, seq: u64, at: DateTime<Utc>, what: What) {
        self.sent.push(Sent { seq, at, what, lost: false });
        if self.sent.len() > MAX_SENT {
            self.merge();
        }
    }

    /// Counts the oldest two of a kind that are lost as one that is as large as both.
    fn merge(&mut self) {
        for older in 0..self.sent.len() {
            for newer in older + 1..self.sent.len() {
                if !self.sent[older].lost || !self.sent[newer].lost {
                    continue;
                }
                let merged = match (self.sent[older].what, self.sent[newer].what) {
                    (What::Default(a), What::Default(b)) => What::Default(a.max(b)),
                    (What::Limit(a), What::Limit(b)) => What::Limit(a.or(b)),
                    _ => continue,
                };
                self.sent[newer].what = merged;
                self.sent.remove(older);
                return;
            }
        }
    }

    /// The station has it; what was sent before and has not been answered cannot count any more. Acknowledgements of
    /// what is not remembered change nothing. `combined` says that a limit brings the default with it.
    pub fn acked(&mut self, seq: u64, combined: Option<Milliamps>) -> Option<What> {
        let what = self.sent.iter().find(|sent| sent.seq == seq)?.what;
        let same = |other: What| {
            combined.is_some() || matches!(other, What::Default(_)) == matches!(what, What::Default(_))
        };
        self.sent.retain(|sent| sent.seq > seq || !same(sent.what));
        match what {
            What::Default(default) => {
                self.default = Some(default);
                if combined.is_some() {
                    self.held = None;
                }
            }
            What::Limit(grant) => {
                self.held = Some(grant);
                self.default = combined.or(self.default);
            }
        }
        Some(what)
    }

    /// The station does not have it. Of what was given up as lost nothing is believed any more but that it holds.
    pub fn refused(&mut self, seq: u64) -> bool {
        let before = self.sent.len();
        self.sent.retain(|sent| sent.seq != seq || sent.lost);
        self.sent.len() < before
    }

    /// No answer will come to what was sent until now.
    pub fn lose(&mut self, which: impl Fn(&Sent) -> bool) {
        self.sent.iter_mut().filter(|sent| which(sent)).for_each(|sent| sent.lost = true);
    }

    /// Limits that ended before `now` do not count any more.
    pub fn expire(&mut self, now: DateTime<Utc>) {
        self.held = self.held.filter(|grant| now < grant.until);
        self.sent.retain(|sent| match sent.what {
            What::Limit(grant) => now < grant.until,
            What::Default(_) => true,
        });
    }

    /// The transaction is over, and with it what was told for it.
    pub fn end(&mut self) {
        self.held = None;
        self.sent.retain(|sent| matches!(sent.what, What::Default(_)));
    }

    /// What it falls back to, at the worst.
    pub fn base(&self, evse: &Evse) -> Milliamps {
        let known = match self.default {
            Some(default) if !evse.forgets => default,
            _ => return evse.rated,
        };
        let sent = self.sent.iter().filter_map(|sent| match sent.what {
            What::Default(default) => Some(default),
            What::Limit(_) => None,
        });
        sent.fold(known, Ord::max).min(evse.rated)
    }

    /// The most it draws when it has fallen back, whatever vehicle is there.
    pub fn floor(&self, evse: &Evse) -> PerPhase {
        evse.load(self.base(evse), 3, 1)
    }

    /// The most it draws, whatever happens.
    pub fn may(&self, evse: &Evse) -> PerPhase {
        self.on_the_way(evse, self.held).fold(self.floor(evse), PerPhase::max)
    }

    /// The most it draws as long as it can be reached and does not restart.
    pub fn expected(&self, evse: &Evse) -> PerPhase {
        let now = match self.held {
            Some(grant) => load(evse, grant),
            None => self.floor(evse),
        };
        self.on_the_way(evse, None).fold(now, PerPhase::max)
    }

    /// The most it gives back, whatever happens: a station that cannot be reached goes on with what it was told last.
    /// Nobody knows what an EVSE was told whose default is not acknowledged. Counted on all of its phases.
    pub fn may_give(&self, evse: &Evse) -> PerPhase {
        if self.default.is_none() {
            return evse.wiring.load(evse.back, 3);
        }
        let given = |grant: Grant| evse.given(grant.back, grant.phases, grant.fewest);
        self.limits(self.held).map(given).fold(PerPhase::ZERO, PerPhase::max)
    }

    fn on_the_way(&self, evse: &Evse, also: Option<Grant>) -> impl Iterator<Item = PerPhase> {
        self.limits(also).map(|grant| load(evse, grant))
    }

    fn limits(&self, also: Option<Grant>) -> impl Iterator<Item = Grant> {
        let limits = self.sent.iter().filter_map(|sent| match sent.what {
            What::Limit(grant) => Some(grant),
            What::Default(_) => None,
        });
        limits.chain(also)
    }
}

/// What a grant comes to on the site's phases; no more than the EVSE can.
pub fn load(evse: &Evse, grant: Grant) -> PerPhase {
    evse.load(grant.limit, grant.phases, grant.fewest)
}
