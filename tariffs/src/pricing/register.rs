//! What an energy register tells, and when it is not to be believed.

use crate::model::quantity::Energy;
use crate::pricing::bill::{Anomaly, AnomalyKind};

/// More than any charging station delivers (MCS ends at 3.75 MW), mW.
const MOST_POWER: i128 = 5_000_000_000;
/// Readings of one instant may be this far apart in truth: stations round and delay their timestamps, µs.
const CLOCK_SLACK: i64 = 60_000_000;
const MICROS_PER_HOUR: i128 = 3_600_000_000;

/// A standing and its instant: µs since 1970, mWh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    pub at: i64,
    pub mwh: i64,
}

/// What a new standing means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// The first standing: energy counts from here.
    First,
    /// So much energy, mWh, since the last standing that counted.
    Taken(i64),
    /// The register went on from an odd standing: so much energy since then; before it nothing is known.
    Resumed { from: i64, taken: i64 },
    /// The standing cannot be true, unless the next ones go on from it.
    Odd,
}

/// Follows a register through resets and glitches. Counts only what cannot be wrong: steps that are not negative and
/// not beyond what power could deliver.
#[derive(Debug, Clone, Default)]
pub(crate) struct Register {
    last: Option<Standing>,
    odd: Option<Standing>,
    /// Standings that counted.
    pub counted: u64,
    /// The standings are cleaned already: a step of any size counts, unless it goes back.
    pub trusts: bool,
}

impl Register {
    /// Takes a standing, not earlier than those before.
    pub fn take(&mut self, new: Standing) -> Step {
        let Some(last) = self.last else {
            self.last = Some(new);
            self.counted = 1;
            return Step::First;
        };
        if let Some(taken) = self.step(last, new) {
            self.accept(new);
            return Step::Taken(taken);
        }
        // A register that was set back goes on from there; one glitch, or one repeated, does not.
        if let Some(odd) = self.odd
            && let Some(taken) = self.step(odd, new)
            && taken > 0
        {
            self.accept(new);
            return Step::Resumed { from: odd.at, taken };
        }
        self.odd = Some(new);
        Step::Odd
    }

    /// The last standing that counted.
    pub fn last(&self) -> Option<Standing> {
        self.last
    }

    /// The step from one standing to the next in mWh, if it can be true.
    fn step(&self, from: Standing, to: Standing) -> Option<i64> {
        let step = to.mwh.checked_sub(from.mwh).filter(|step| *step >= 0)?;
        (self.trusts || deliverable(step, from, to)).then_some(step)
    }

    fn accept(&mut self, new: Standing) {
        self.last = Some(new);
        self.odd = None;
        self.counted += 1;
    }
}

/// Could a station deliver so much, mWh, from one standing to the next?
fn deliverable(step: i64, from: Standing, to: Standing) -> bool {
    let time = i128::from(to.at.saturating_sub(from.at).saturating_add(CLOCK_SLACK));
    i128::from(step) * MICROS_PER_HOUR <= MOST_POWER * time
}

/// What was odd about a session, one entry per kind.
#[derive(Debug, Clone, Default)]
pub(crate) struct Anomalies(Vec<Anomaly>);

impl Anomalies {
    pub fn add(&mut self, kind: AnomalyKind, at: i64, before: Option<i64>, after: Option<i64>) {
        let at = crate::pricing::pricer::instant(at);
        match self.0.iter_mut().find(|anomaly| anomaly.kind == kind) {
            Some(anomaly) => {
                anomaly.count = anomaly.count.saturating_add(1);
                anomaly.last_at = at;
            }
            None => self.0.push(Anomaly {
                kind,
                count: 1,
                first_at: at,
                last_at: at,
                before: before.map(Energy::from_mwh),
                after: after.map(Energy::from_mwh),
            }),
        }
    }

    pub fn list(&self) -> Vec<Anomaly> {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds standings in Wh, one a minute; gives the steps.
    fn steps(standings: &[i64]) -> Vec<Step> {
        let mut register = Register::default();
        let minute = |index: usize| i64::try_from(index).unwrap() * 60_000_000;
        let take =
            |(index, wh): (usize, &i64)| register.take(Standing { at: minute(index), mwh: wh * 1_000 });
        standings.iter().enumerate().map(take).collect()
    }

    #[test]
    fn a_register_that_rises_is_believed() {
        assert_eq!(steps(&[100, 150, 150]), [Step::First, Step::Taken(50_000), Step::Taken(0)]);
    }

    #[test]
    fn a_glitch_costs_nothing() {
        for glitch in [0, -5, 99, 999_999_999] {
            let expected = [Step::First, Step::Odd, Step::Odd, Step::Taken(20_000)];
            assert_eq!(steps(&[100, glitch, glitch, 120]), expected, "{glitch}");
        }
    }

    #[test]
    fn a_reset_goes_on_from_where_it_is() {
        let minute = 60_000_000;
        assert_eq!(
            steps(&[100, 5, 8, 9]),
            [Step::First, Step::Odd, Step::Resumed { from: minute, taken: 3_000 }, Step::Taken(1_000)]
        );
        assert_eq!(
            steps(&[100, 10_000_000, 10_000_007]),
            [Step::First, Step::Odd, Step::Resumed { from: minute, taken: 7_000 }]
        );
    }

    #[test]
    fn a_register_that_is_trusted_may_jump_but_not_go_back() {
        let mut register = Register { trusts: true, ..Register::default() };
        register.take(Standing { at: 0, mwh: 5 });
        assert_eq!(register.take(Standing { at: 0, mwh: 1_000_000_000_005 }), Step::Taken(1_000_000_000_000));
        assert_eq!(register.take(Standing { at: 1, mwh: 4 }), Step::Odd);
    }

    #[test]
    fn the_ends_of_the_range_do_not_overflow() {
        let mut register = Register::default();
        register.take(Standing { at: i64::MIN, mwh: i64::MIN });
        assert_eq!(register.take(Standing { at: i64::MAX, mwh: i64::MAX }), Step::Odd);
    }
}
