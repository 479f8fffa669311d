//! A plan as a schedule of a profile, within the number of periods that the station takes.

use crate::plan::{Horizon, Planned};
use crate::profile::model::{Amount, Mode, Period, Schedule, Unit};

/// A plan that a station can follow by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scheduled {
    /// In W. It starts with the plan and ends with it.
    pub schedule: Schedule,
    /// Wh that are neither taken nor given back as planned, because the station takes too few periods.
    pub lost_wh: i64,
}

/// Neighbours of equal power become one period. If there are still more than `max_periods` (at least one), those two are
/// joined that lose least; the joined period has the power that is nearer to zero, so it stays within what was planned.
///
/// A plan that never gives back limits; one that does sets the power itself, which only stations of OCPP 2.1 follow.
pub fn schedule(horizon: &Horizon, planned: &Planned, max_periods: usize) -> Scheduled {
    let mut runs = runs_of(planned.powers.iter().map(|power| power.0));
    let mut lost = 0;
    while runs.len() > max_periods.max(1) {
        let cheapest = (0..runs.len() - 1).min_by_key(|at| joined(runs[*at], runs[at + 1]).1);
        let Some(at) = cheapest else { break };
        let (run, loses) = joined(runs[at], runs[at + 1]);
        lost += loses;
        runs[at] = run;
        runs.remove(at + 1);
    }
    let sets = runs.iter().any(|(power, _)| *power < 0);
    let schedule = in_periods(horizon, &runs, |start, amount| match sets {
        true => Period {
            limit: None,
            setpoint: Some(amount),
            mode: Mode::CentralSetpoint,
            ..Period::limit(start, amount)
        },
        false => Period::limit(start, amount),
    });
    Scheduled { schedule, lost_wh: horizon.wh(lost) }
}

/// The same as limits for a vehicle that stops by itself when it has what was planned: nothing is lost, because a joined period has
/// the greater power; those neighbours are joined with which that energy costs least.
pub fn ceilings(horizon: &Horizon, planned: &Planned, max_periods: usize) -> Schedule {
    let mut runs = runs_of(planned.powers.iter().map(|power| power.0.max(0)));
    let needs = runs.iter().map(|(power, slots)| power * slots).sum::<i64>();
    let raised = |runs: &[(i64, i64)], at: usize| {
        let mut raised = runs.to_vec();
        let (power, slots) = raised.remove(at + 1);
        raised[at] = (raised[at].0.max(power), raised[at].1 + slots);
        raised
    };
    while runs.len() > max_periods.max(1) {
        let cheapest = (0..runs.len() - 1).map(|at| raised(&runs, at));
        let Some(next) = cheapest.min_by_key(|runs| cost(horizon, runs, needs)) else { break };
        runs = next;
    }
    in_periods(horizon, &runs, Period::limit)
}

/// Neighbours of equal power as one: power and slots.
fn runs_of(powers: impl Iterator<Item = i64>) -> Vec<(i64, i64)> {
    let mut runs: Vec<(i64, i64)> = Vec::new();
    for power in powers {
        match runs.last_mut() {
            Some((last, slots)) if *last == power => *slots += 1,
            _ => runs.push((power, 1)),
        }
    }
    runs
}

fn in_periods(horizon: &Horizon, runs: &[(i64, i64)], period: impl Fn(u32, Amount) -> Period) -> Schedule {
    let mut start = 0_u32;
    let mut periods = Vec::with_capacity(runs.len());
    for (power, slots) in runs {
        periods.push(period(start, Amount::whole(*power)));
        let seconds = u32::try_from(*slots).unwrap_or(u32::MAX).saturating_mul(horizon.slot_s);
        start = start.saturating_add(seconds);
    }
    Schedule {
        start: Some(horizon.start),
        duration_s: Some(start),
        unit: Unit::Watts,
        min_rate: None,
        periods,
    }
}

/// What so many watt-slots cost a vehicle that takes what it may until it has them; then, how early it has them.
fn cost(horizon: &Horizon, runs: &[(i64, i64)], needs: i64) -> (i128, usize) {
    let powers = runs.iter().flat_map(|(power, slots)| (0..*slots).map(move |_| *power));
    let (mut left, mut cost, mut slots) = (needs, 0_i128, 0);
    for (power, slot) in powers.zip(&horizon.slots) {
        if left <= 0 {
            break;
        }
        let taken = power.min(left);
        cost += i128::from(taken) * i128::from(slot.price);
        left -= taken;
        slots += 1;
    }
    (cost, slots)
}

/// Two runs as one, and the watt-slots that it loses.
fn joined(one: (i64, i64), other: (i64, i64)) -> ((i64, i64), i64) {
    let power = match (one.0.signum(), other.0.signum()) {
        (1, 1) => one.0.min(other.0),
        (-1, -1) => one.0.max(other.0),
        _ => 0,
    };
    let loses = (one.0 - power).abs() * one.1 + (other.0 - power).abs() * other.1;
    ((power, one.1 + other.1), loses)
}
