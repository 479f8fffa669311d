//! The energy register of a session, cleaned: what came out of the outlet since the start.
//!
//! Real registers go back (meter swapped, roll-over, reset by a reboot) and glitch (one reading of 0 among good
//! ones). A reading that does not follow its predecessor is held until the next one decides: if that follows the
//! odd one, the register began anew; if it follows the good one, the odd one was a glitch. A step that no charger
//! could have delivered is never counted.

use crate::flags::{Flag, Flags};
use chrono::{DateTime, Utc};

/// No outlet delivers more (the largest truck chargers are just below 4 MW; a register counts one outlet).
const POWER_MAX_MW: i64 = 4_000_000_000; // milliwatts: 4 MW
/// Added to what the time allows: clocks of stations are coarse.
const SLACK_MWH: i64 = 50_000_000; // 50 kWh
/// Where the station's clock is wrong only the size of a step can be judged.
const SLACK_NO_CLOCK_MWH: i64 = 1_000_000_000; // 1,000 kWh

#[derive(Debug, Clone, Copy, PartialEq)]
struct Point {
    at: DateTime<Utc>,
    mwh: i64,
    /// Energy of the session when this was read.
    energy: i64,
}

/// Follows one register through a session, in constant time and memory.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Register {
    first: Option<i64>,
    good: Option<Point>,
    /// Does not follow `good`; the next reading decides.
    odd: Option<Point>,
    /// `good` before the register began anew, in case that was the glitch.
    before: Option<Point>,
}

impl Register {
    /// Takes a reading, oldest first, and returns the energy since the start in mWh.
    pub fn take(&mut self, at: DateTime<Utc>, mwh: i64, clock_wrong: bool, flags: &mut Flags) -> i64 {
        let here = |energy| Point { at, mwh, energy };
        let follows = |p: &Point| follows(p, at, mwh, clock_wrong);
        let Some(good) = self.good else {
            self.first = Some(mwh);
            self.good = Some(here(0));
            return 0;
        };
        if follows(&good) {
            self.odd = None;
            self.good = Some(here(good.energy + (mwh - good.mwh)));
        } else if let Some(before) = self.before.filter(follows) {
            self.odd = None;
            self.before = None;
            // Never less than what was told already: a running cost does not go back.
            self.good = Some(here((before.energy + (mwh - before.mwh)).max(good.energy)));
        } else if let Some(odd) = self.odd.filter(follows) {
            self.odd = None;
            self.before = Some(good);
            self.good = Some(here(good.energy + (mwh - odd.mwh)));
        } else {
            flags.set(if mwh < good.mwh { Flag::RegisterShrank } else { Flag::RegisterJumped });
            self.odd = Some(here(good.energy));
        }
        self.energy()
    }

    /// Did the last reading not follow the one before, so that the next one decides what it was?
    pub fn holds(&self) -> bool {
        self.odd.is_some()
    }

    /// Energy since the start, mWh.
    pub fn energy(&self) -> i64 {
        self.good.map_or(0, |p| p.energy)
    }

    /// The first reading, as told.
    pub fn first(&self) -> Option<i64> {
        self.first
    }

    /// The last reading that counts, as told.
    pub fn last(&self) -> Option<i64> {
        self.good.map(|p| p.mwh)
    }
}

fn follows(p: &Point, at: DateTime<Utc>, mwh: i64, clock_wrong: bool) -> bool {
    let Some(step) = mwh.checked_sub(p.mwh) else { return false };
    let seconds = (at - p.at).num_seconds().clamp(0, 31 * 86_400);
    let slack = if clock_wrong { SLACK_NO_CLOCK_MWH } else { SLACK_MWH };
    (0..=slack + POWER_MAX_MW / 3600 * seconds).contains(&step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn run(readings: &[i64]) -> (i64, Flags) {
        let (mut register, mut flags) = (Register::default(), Flags::default());
        for (n, wh) in readings.iter().enumerate() {
            let at = DateTime::from_timestamp(1_700_000_000 + n as i64 * 60, 0).unwrap();
            register.take(at, wh * 1000, false, &mut flags);
        }
        (register.energy() / 1000, flags)
    }

    #[test]
    fn odd_registers_are_billed_sensibly() {
        let cases: [(&str, &[i64], i64, &[Flag]); 8] = [
            ("plain", &[1000, 1500, 2000], 1000, &[]),
            ("starts at nought", &[0, 500], 500, &[]),
            ("one zero among good ones", &[12_000, 12_100, 0, 12_300], 300, &[Flag::RegisterShrank]),
            ("reset by a reboot", &[12_000, 12_500, 0, 400, 900], 500 + 900, &[Flag::RegisterShrank]),
            ("stop below start", &[12_000, 11_000], 0, &[Flag::RegisterShrank]),
            ("one absurd value", &[1000, 9_000_000_000, 1200], 200, &[Flag::RegisterJumped]),
            ("meter swapped", &[1000, 1500, 9_000_000, 9_000_700], 500 + 700, &[Flag::RegisterJumped]),
            // kWh labelled Wh in the middle, right again at the stop: two flags, the energy of the good ones.
            (
                "another unit for a while",
                &[12_000_000, 12_000, 12_002, 12_004, 12_005_000],
                5000,
                &[Flag::RegisterShrank],
            ),
        ];
        for (name, readings, energy, flags) in cases {
            let (e, f) = run(readings);
            assert_eq!(e, energy, "{name}");
            assert_eq!(f.iter().collect::<Vec<_>>(), flags, "{name}");
        }
    }

    proptest! {
        #[test]
        fn energy_never_goes_back_whatever_the_register_does(
            readings in proptest::collection::vec((0i64..100_000, any::<i64>(), any::<bool>()), 0..60),
        ) {
            let (mut register, mut flags, mut last) = (Register::default(), Flags::default(), 0);
            for (s, mwh, wild) in readings {
                let at = DateTime::from_timestamp(1_700_000_000 + s, 0).unwrap();
                let mwh = if wild { mwh } else { mwh.rem_euclid(1_000_000_000) };
                let energy = register.take(at, mwh, false, &mut flags);
                prop_assert!(energy >= last);
                last = energy;
            }
        }

        #[test]
        fn a_steady_register_is_its_difference(start in 0i64..1_000_000_000_000, steps in proptest::collection::vec(0i64..20_000_000, 1..50)) {
            let (mut register, mut flags, mut now) = (Register::default(), Flags::default(), start);
            register.take(DateTime::from_timestamp(0, 0).unwrap(), now, false, &mut flags);
            for (n, step) in steps.iter().enumerate() {
                now += step;
                register.take(DateTime::from_timestamp(n as i64 + 1, 0).unwrap(), now, false, &mut flags);
            }
            prop_assert_eq!(register.energy(), now - start);
            prop_assert_eq!(flags, Flags::default());
        }
    }
}
