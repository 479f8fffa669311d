//! Current, power and phases, in whole numbers.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Index, IndexMut, Sub};

use serde::{Deserialize, Serialize};

/// Electric current on one phase, in whole mA.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Milliamps(pub i64);

impl Milliamps {
    /// No current.
    pub const ZERO: Milliamps = Milliamps(0);

    /// From whole amperes.
    pub const fn from_amps(amps: i64) -> Milliamps {
        Milliamps(amps.saturating_mul(1000))
    }

    /// Down to a whole multiple of `step`; a step of zero or less changes nothing.
    pub fn down_to(self, step: Milliamps) -> Milliamps {
        if step.0 <= 0 { self } else { Milliamps(self.0.div_euclid(step.0) * step.0) }
    }
}

impl Add for Milliamps {
    type Output = Milliamps;
    fn add(self, other: Milliamps) -> Milliamps {
        Milliamps(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Milliamps {
    fn add_assign(&mut self, other: Milliamps) {
        *self = *self + other;
    }
}

impl Sub for Milliamps {
    type Output = Milliamps;
    fn sub(self, other: Milliamps) -> Milliamps {
        Milliamps(self.0.saturating_sub(other.0))
    }
}

impl Sum for Milliamps {
    fn sum<I: Iterator<Item = Milliamps>>(all: I) -> Milliamps {
        all.fold(Milliamps::ZERO, Add::add)
    }
}

impl fmt::Display for Milliamps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, part) = (self.0.unsigned_abs() / 1000, self.0.unsigned_abs() % 1000);
        if part == 0 { write!(f, "{sign}{whole} A") } else { write!(f, "{sign}{whole}.{part:03} A") }
    }
}

/// Power, in whole W.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Watts(pub i64);

impl fmt::Display for Watts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} W", self.0)
    }
}

/// A phase of the site's supply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// The first.
    L1,
    /// The second.
    L2,
    /// The third.
    L3,
}

impl Phase {
    /// All three, in order.
    pub const ALL: [Phase; 3] = [Phase::L1, Phase::L2, Phase::L3];

    /// 0, 1 or 2.
    pub const fn index(self) -> usize {
        match self {
            Phase::L1 => 0,
            Phase::L2 => 1,
            Phase::L3 => 2,
        }
    }
}

/// A current on each of the three phases.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PerPhase(pub [Milliamps; 3]);

impl PerPhase {
    /// Nothing on any phase.
    pub const ZERO: PerPhase = PerPhase([Milliamps::ZERO; 3]);

    /// The same on all phases.
    pub const fn all(current: Milliamps) -> PerPhase {
        PerPhase([current; 3])
    }

    /// The same whole amperes on all phases.
    pub const fn amps(amps: i64) -> PerPhase {
        PerPhase::all(Milliamps::from_amps(amps))
    }

    /// Phase by phase.
    pub fn with(self, other: PerPhase, both: impl Fn(Milliamps, Milliamps) -> Milliamps) -> PerPhase {
        let mut result = self;
        for phase in Phase::ALL {
            result[phase] = both(self[phase], other[phase]);
        }
        result
    }

    /// The smaller on each phase.
    pub fn min(self, other: PerPhase) -> PerPhase {
        self.with(other, Ord::min)
    }

    /// The larger on each phase.
    pub fn max(self, other: PerPhase) -> PerPhase {
        self.with(other, Ord::max)
    }

    /// Is it no more than `other` on every phase?
    pub fn within(self, other: PerPhase) -> bool {
        Phase::ALL.iter().all(|phase| self[*phase] <= other[*phase])
    }

    /// The largest of the three.
    pub fn largest(self) -> Milliamps {
        let [a, b, c] = self.0;
        a.max(b).max(c)
    }
}

impl fmt::Display for PerPhase {
    /// In A without the unit: `16/16/6.500`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bare = |current: Milliamps| current.to_string().trim_end_matches(" A").to_owned();
        let PerPhase([a, b, c]) = self;
        write!(f, "{}/{}/{}", bare(*a), bare(*b), bare(*c))
    }
}

impl Index<Phase> for PerPhase {
    type Output = Milliamps;
    fn index(&self, phase: Phase) -> &Milliamps {
        &self.0[phase.index()]
    }
}

impl IndexMut<Phase> for PerPhase {
    fn index_mut(&mut self, phase: Phase) -> &mut Milliamps {
        &mut self.0[phase.index()]
    }
}

impl Add for PerPhase {
    type Output = PerPhase;
    fn add(self, other: PerPhase) -> PerPhase {
        self.with(other, Add::add)
    }
}

impl Sub for PerPhase {
    type Output = PerPhase;
    fn sub(self, other: PerPhase) -> PerPhase {
        self.with(other, Sub::sub)
    }
}

impl AddAssign for PerPhase {
    fn add_assign(&mut self, other: PerPhase) {
        *self = *self + other;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_rounded_down() {
        assert_eq!(Milliamps(15_999).down_to(Milliamps(1000)), Milliamps(15_000));
        assert_eq!(Milliamps(15_999).down_to(Milliamps(100)), Milliamps(15_900));
        assert_eq!(Milliamps(-1).down_to(Milliamps(1000)), Milliamps(-1000), "also below zero");
        assert_eq!(Milliamps(7).down_to(Milliamps(0)), Milliamps(7));
    }

    #[test]
    fn phases_are_compared_one_by_one() {
        let one = PerPhase([Milliamps(5), Milliamps(9), Milliamps(1)]);
        assert!(!one.within(PerPhase::all(Milliamps(8))) && one.within(PerPhase::all(Milliamps(9))));
        assert_eq!(
            one.min(PerPhase::all(Milliamps(4))),
            PerPhase([Milliamps(4), Milliamps(4), Milliamps(1)])
        );
        assert_eq!(one.largest(), Milliamps(9));
    }

    #[test]
    fn amperes_are_shown_with_their_parts() {
        assert_eq!(Milliamps(16_000).to_string(), "16 A");
        assert_eq!(Milliamps(-6_050).to_string(), "-6.050 A");
    }
}
