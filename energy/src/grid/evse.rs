//! An EVSE: how it is wired, what it can do, how it is told.

use serde::{Deserialize, Serialize};

use crate::grid::{NodeId, Voltage};
use crate::profile::model::{Amount, Unit};
use crate::units::{Milliamps, PerPhase, Phase};

/// An EVSE, as the caller calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EvseId(pub u64);

/// A station, as the caller calls it; its EVSEs are online and offline together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StationId(pub u64);

/// Which of the site's phases the EVSE's own L1, L2 and L3 hang on. Neighbours are turned against each other, so that
/// vehicles of one phase do not all load the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Wiring([Option<Phase>; 3]);

impl Wiring {
    /// Three phases; the EVSE's L1 hangs on `first`, its L2 on the next.
    pub const fn three(first: Phase) -> Wiring {
        match first {
            Phase::L1 => Wiring([Some(Phase::L1), Some(Phase::L2), Some(Phase::L3)]),
            Phase::L2 => Wiring([Some(Phase::L2), Some(Phase::L3), Some(Phase::L1)]),
            Phase::L3 => Wiring([Some(Phase::L3), Some(Phase::L1), Some(Phase::L2)]),
        }
    }

    /// One phase only.
    pub const fn single(phase: Phase) -> Wiring {
        Wiring([Some(phase), None, None])
    }

    /// How many phases it has.
    pub fn count(self) -> u8 {
        self.0.iter().flatten().map(|_| 1).sum()
    }

    /// The site's phases that a vehicle of `phases` phases uses here.
    pub fn used(self, phases: u8) -> impl Iterator<Item = Phase> {
        self.0.into_iter().flatten().take(usize::from(phases))
    }

    /// `current` on each of the phases that a vehicle of `phases` phases uses here.
    pub fn load(self, current: Milliamps, phases: u8) -> PerPhase {
        let mut load = PerPhase::ZERO;
        for phase in self.used(phases) {
            load[phase] = current;
        }
        load
    }

    /// What was measured on the EVSE's own phases, as load of the site's. On a phase that it does not have there is
    /// nothing.
    pub fn turned(self, own: PerPhase) -> PerPhase {
        let mut load = PerPhase::ZERO;
        for (phase, current) in self.0.into_iter().zip(own.0) {
            if let Some(phase) = phase {
                load[phase] += current;
            }
        }
        load
    }
}

/// What comes out of the EVSE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Current {
    /// Alternating: a vehicle uses as many phases as its charger has.
    Ac,
    /// Direct, of all phases evenly. The limit told is on what comes out: this many thousandths of what goes in.
    Dc {
        /// Of the rectifier, e.g. 940; 1000 to leave losses out of account.
        efficiency_permille: u16,
    },
}

/// By which profiles the EVSE is told. Not every model obeys every kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The default is a `TxDefault`, limits are profiles of the transaction. They end with it.
    Tx,
    /// Limits are a `TxDefault` one level above the default: for models that do not obey profiles of transactions.
    Stacked,
    /// One `TxDefault` whose second period is the default: for models with one stack level.
    Single,
    /// The same with a station maximum, for models that obey nothing else; the station must have one EVSE.
    StationMax,
}

/// An EVSE.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evse {
    /// Its id.
    pub id: EvseId,
    /// Its station.
    pub station: StationId,
    /// Its number at the station, from 1.
    pub number: u16,
    /// The node it hangs on.
    pub node: NodeId,
    /// Its phases.
    pub wiring: Wiring,
    /// AC or DC.
    pub current: Current,
    /// The most it takes on a phase, whatever it is told: set in hardware or by its own fuse.
    pub rated: Milliamps,
    /// Below this a vehicle does not charge: 6 A for AC (IEC 61851-1).
    pub least: Milliamps,
    /// Limits are told in multiples of this.
    pub step: Milliamps,
    /// What it falls back to by itself; see [`crate::safe::defaults`].
    pub default: Milliamps,
    /// What limits are told in.
    pub unit: Unit,
    /// How it is told.
    pub method: Method,
    /// Does it take a limit of 0? If not it cannot be paused.
    pub takes_zero: bool,
    /// Does it lose its profiles when it restarts? Then it is always counted at what it is rated for.
    pub forgets: bool,
    /// Id of the default's profile; that of limits is the next.
    pub profile_id: i32,
    /// The most it gives back on a phase; zero: it cannot.
    #[serde(default)]
    pub back: Milliamps,
}

impl Evse {
    /// The smallest limit, as it is counted, with which a vehicle charges at any voltage. In W it is more than the least
    /// current: what is told must be enough where voltage is high, and is counted as if it were low.
    pub fn smallest(&self, voltage: Voltage) -> Milliamps {
        match self.unit {
            Unit::Amps => self.least,
            Unit::Watts => {
                let low = i64::from(voltage.low.max(1));
                let raised = (self.least.0.saturating_mul(i64::from(voltage.high)) + low - 1) / low;
                Milliamps(raised + self.step.0 - 1).down_to(self.step)
            }
        }
    }

    /// The lowest limit it can be told.
    pub fn lowest(&self, voltage: Voltage) -> Milliamps {
        if self.takes_zero { Milliamps::ZERO } else { self.smallest(voltage) }
    }

    /// Is a limit one of all phases together? Then a vehicle that uses fewer of them takes more on each.
    pub fn shares_power(&self) -> bool {
        self.unit == Unit::Watts && self.current == Current::Ac && self.wiring.count() > 1
    }

    /// What a limit comes to on the site's phases at the worst, if it is told for `phases` phases to a vehicle that uses no fewer
    /// than `fewest` of them; no more than the EVSE can. In A, and of DC, it is that of each. In W a vehicle of one phase may take
    /// all of it on its L1, and one of two phases half of it on L1 and L2.
    pub fn load(&self, limit: Milliamps, phases: u8, fewest: u8) -> PerPhase {
        self.worst(phases, fewest).fold(PerPhase::ZERO, |mut load, (phase, halves)| {
            load[phase] = times(limit, halves).min(self.rated);
            load
        })
    }

    /// The same of what is given back; phases that it was not told for may be used as well.
    pub fn given(&self, back: Milliamps, phases: u8, fewest: u8) -> PerPhase {
        let all = self.wiring.load(back, 3);
        let told = self.worst(phases, fewest).fold(all, |mut load, (phase, halves)| {
            load[phase] = times(back, halves);
            load
        });
        told.min(PerPhase::all(self.back))
    }

    /// Phases of the site that a limit for `phases` phases is told for, with how many halves of it may flow there at the worst.
    pub(crate) fn worst(&self, phases: u8, fewest: u8) -> impl Iterator<Item = (Phase, u8)> {
        let phases = phases.min(self.wiring.count()).max(1);
        let shares = self.shares_power();
        self.wiring.used(phases).zip(1..).map(move |(phase, number)| {
            let uses = fewest.clamp(1, phases).max(number);
            (phase, if shares { 2 * phases / uses } else { 2 })
        })
    }

    /// A current on each of `phases` phases as the value of a profile; never more than that current, at any voltage of
    /// the site.
    pub fn amount(&self, current: Milliamps, phases: u8, voltage: Voltage) -> Amount {
        match self.unit {
            Unit::Amps => Amount(current.0 / 100 * 100),
            Unit::Watts => {
                let into = i128::from(current.0) * i128::from(phases) * i128::from(voltage.low);
                let out = match self.current {
                    Current::Ac => into,
                    Current::Dc { efficiency_permille } => into * i128::from(efficiency_permille) / 1000,
                };
                Amount(i64::try_from(out).unwrap_or(i64::MAX) / 1000 * 1000)
            }
        }
    }
}

/// So many halves of a current, up to whole mA.
fn times(current: Milliamps, halves: u8) -> Milliamps {
    Milliamps((current.0.saturating_mul(i64::from(halves)) + 1).div_euclid(2))
}
