//! When the battery is full, from what the station tells: energy, percent and power.
//!
//! The battery's size is what its percent rose by against the energy that flowed in this session, losses included. The
//! rest flows with the power of now; a fast charger is taken to slow down evenly above 80 %, to a fifth of its power at
//! 100 %, which is what most cars do. Where a number is missing, too small to tell, or absurd, nothing is said.

use crate::store::row::{ReadingRow, SessionRow};

/// The percent must have risen so far before the battery's size is believed: it comes in whole percents.
const RISE_MIN: i64 = 3;
/// Batteries of road vehicles, kWh.
const BATTERY: std::ops::RangeInclusive<i64> = 5..=1_000;
/// From here on it slows down, percent.
const KNEE: i64 = 80;
/// Below this nothing is told: the car only keeps itself warm.
const POWER_MIN_W: i64 = 300;
/// Nobody plans further ahead.
const MINUTES_MAX: i64 = 24 * 60;

/// What is known.
#[derive(Debug, Clone, Copy)]
struct Known {
    /// The first percent of the session and the register then, mWh.
    first: (i64, i64),
    /// The percent now and the register now, mWh.
    now: (i64, i64),
    power_w: i64,
    /// Direct current, which the car takes less of when it is nearly full.
    fast: bool,
}

/// Full in so many minutes, with a battery of so many kWh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full {
    pub minutes: i64,
    pub battery_kwh: i64,
}

/// When the battery of a session that runs is full, from its readings in the order of time; `None`: it cannot be told.
/// `fast`: direct current.
pub fn forecast(row: &SessionRow, readings: &[ReadingRow], fast: bool) -> Option<Full> {
    let mut register = None;
    let first = readings.iter().find_map(|reading| {
        register = reading.register_mwh.or(register);
        Some((reading.soc_percent?, register?))
    })?;
    full(&Known { first, now: (row.soc_percent?, row.last_mwh?), power_w: row.power_w?, fast })
}

fn full(known: &Known) -> Option<Full> {
    let (percent, register) = known.now;
    let rise = percent.checked_sub(known.first.0)?;
    let energy = register.checked_sub(known.first.1)?;
    if rise < RISE_MIN || !(0..100).contains(&percent) || energy <= 0 || known.power_w < POWER_MIN_W {
        return None;
    }
    let per_percent = energy / rise;
    let battery_kwh = (per_percent * 100 + 500_000) / 1_000_000;
    if !BATTERY.contains(&battery_kwh) {
        return None;
    }
    let share = |half_percents| if known.fast { taper(half_percents) } else { WHOLE };
    let now = share(2 * percent);
    let mut millis: i64 = 0;
    for step in percent..100 {
        // The power at the middle of this percent.
        let power = known.power_w.checked_mul(share(2 * step + 1))?.checked_div(now)?.max(1);
        // 1 mWh is 3.6 Ws, or 3,600 Wms.
        millis = millis.checked_add(per_percent.checked_mul(3_600)?.checked_div(power)?)?;
    }
    let minutes = (millis / 1_000 + 30) / 60;
    (minutes <= MINUTES_MAX).then_some(Full { minutes: minutes.max(1), battery_kwh })
}

/// Full power, in thousandths.
const WHOLE: i64 = 1_000;

/// Of full power at so many half percents, in thousandths: all of it up to the knee, a fifth at the end.
fn taper(half_percents: i64) -> i64 {
    (WHOLE - (half_percents - 2 * KNEE).max(0) * 20).max(200)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Percents and kWh.
    fn known(first: (i64, i64), now: (i64, i64), power_w: i64, fast: bool) -> Known {
        let mwh = |kwh: i64| kwh * 1_000_000;
        Known { first: (first.0, mwh(first.1)), now: (now.0, mwh(now.1)), power_w, fast }
    }

    #[test]
    fn alternating_current_flows_evenly_to_the_end() {
        // 20 % were 12 kWh: 60 kWh in all, 24 kWh to go at 11 kW.
        let told = full(&known((40, 0), (60, 12), 11_000, false)).unwrap();
        assert_eq!((told.battery_kwh, told.minutes), (60, 131));
    }

    #[test]
    fn direct_current_slows_down_above_the_knee() {
        // 60 kWh, from 50 %: 18 kWh at 90 kW are 12 min; the last 12 kWh at the falling power are ln(5)/0.8 · 8 min.
        let told = full(&known((20, 0), (50, 18), 90_000, true)).unwrap();
        assert_eq!((told.battery_kwh, told.minutes), (60, 28));
        let even = full(&known((20, 0), (50, 18), 90_000, false)).unwrap();
        assert_eq!(even.minutes, 20);
    }

    #[test]
    fn above_the_knee_the_power_of_now_is_slow_already() {
        // At 90 % the power is 60 % of full: 6 kWh from 54 kW down to 18 kW take ln(3)/36 · 6 h.
        let told = full(&known((20, 0), (90, 42), 54_000, true)).unwrap();
        assert_eq!(told.minutes, 11);
    }

    #[test]
    fn nothing_is_said_where_it_cannot_be_told() {
        for (what, known) in [
            ("two percent tell no size", known((40, 0), (42, 1), 11_000, false)),
            ("no energy", known((40, 5), (60, 5), 11_000, false)),
            ("the register went back", known((40, 5), (60, 4), 11_000, false)),
            ("the percent fell", known((60, 0), (40, 12), 11_000, false)),
            ("full", known((40, 0), (100, 36), 2_000, false)),
            ("no battery is so large", known((40, 0), (43, 50), 11_000, false)),
            ("no car has so small a one", known((0, 0), (90, 1), 11_000, false)),
            ("it only keeps warm", known((40, 0), (60, 12), 200, false)),
            ("longer than a day", known((0, 0), (5, 30), 400, false)),
        ] {
            assert_eq!(full(&known), None, "{what}");
        }
        let wild = Known { first: (0, i64::MIN), now: (99, i64::MAX), power_w: i64::MAX, fast: true };
        assert_eq!(full(&wild), None);
    }
}
