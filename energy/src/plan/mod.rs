//! Limits over a day: when each vehicle charges, by what power costs, what there is, and when vehicles leave; and when those
//! that can give back do.
//!
//! A plan is made of slots of equal length with whole watts. It serves as each session's ceiling
//! ([`crate::control::Session::ceiling`]) and, as a schedule, as a profile that a station follows by itself. It is made
//! anew whenever something changes, so it does not try to be clever: who leaves first chooses first, the cheapest slots.

mod back;
mod charge;
mod schedule;

pub use schedule::{Scheduled, ceilings, schedule};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::grid::EvseId;
use crate::units::{Milliamps, Watts};

/// Slots of one plan: 30 days of hours, a week of quarters.
pub const MAX_SLOTS: usize = 720;

/// What is known of one slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// Price of a kWh, in any small unit; may be negative.
    pub price: i64,
    /// What vehicles may take together: the site's connection and limits from outside, less other loads.
    pub power: Watts,
    /// What vehicles may give back together; other loads that use it up count, zero where nothing may be exported.
    pub back: Watts,
}

/// The time that is planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Horizon {
    /// When the first slot starts.
    pub start: DateTime<Utc>,
    /// Seconds of each slot.
    pub slot_s: u32,
    /// One after the other; those beyond [`MAX_SLOTS`] are not planned.
    pub slots: Vec<Slot>,
}

impl Horizon {
    fn len(&self) -> usize {
        self.slots.len().min(MAX_SLOTS)
    }

    /// Slots that are over by that instant.
    fn before(&self, deadline: Option<DateTime<Utc>>) -> usize {
        let Some(deadline) = deadline else { return self.len() };
        let seconds = (deadline - self.start).num_seconds().max(0);
        usize::try_from(seconds / i64::from(self.slot_s.max(1))).unwrap_or(usize::MAX).min(self.len())
    }

    /// Wh of a power over one slot, rounded down.
    fn wh(&self, power: i64) -> i64 {
        power.saturating_mul(i64::from(self.slot_s)) / 3600
    }
}

/// A vehicle's battery, where it may give back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Battery {
    /// Wh in it now.
    pub stored_wh: i64,
    /// Never below this, e.g. to get to a hospital.
    pub least_wh: i64,
    /// Never above.
    pub most_wh: i64,
    /// The most it gives back.
    pub back: Watts,
    /// Of what is taken from the grid, so many thousandths can be given back.
    pub efficiency_permille: u16,
    /// What a kWh given back must earn beside its own price, in the unit of prices: the battery's wear.
    pub wear: i64,
}

/// What a vehicle needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    /// Where.
    pub evse: EvseId,
    /// Wh from the grid.
    pub wh: i64,
    /// By when; none: some time in the horizon.
    pub deadline: Option<DateTime<Utc>>,
    /// Below this it does not charge.
    pub least: Watts,
    /// The most it takes.
    pub most: Watts,
    /// If it may give back.
    pub battery: Option<Battery>,
}

/// A vehicle's plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// Where.
    pub evse: EvseId,
    /// Power of each slot; negative: given back.
    pub powers: Vec<Watts>,
    /// Wh that do not fit before the deadline.
    pub missing_wh: i64,
}

impl Planned {
    /// The power at an instant; none outside of the plan.
    pub fn at(&self, horizon: &Horizon, now: DateTime<Utc>) -> Option<Watts> {
        let since = now - horizon.start;
        if since < TimeDelta::zero() {
            return None;
        }
        let slot = since.num_seconds() / i64::from(horizon.slot_s.max(1));
        self.powers.get(usize::try_from(slot).ok()?).copied()
    }
}

/// A power as current on each of so many phases, rounded down; what is given back is no charging.
pub fn ceiling(power: Watts, phases: u8, volts: u32) -> Milliamps {
    let per_amp = (i64::from(phases) * i64::from(volts)).max(1);
    Milliamps(power.0.max(0).saturating_mul(1000) / per_amp)
}

/// A plan for each need, in their order. Together they keep each slot's power, and what is given back keeps what may be.
pub fn plan(horizon: &Horizon, needs: &[Need]) -> Vec<Planned> {
    let slots = &horizon.slots[..horizon.len()];
    let mut left: Vec<i64> = slots.iter().map(|slot| slot.power.0.max(0)).collect();
    let mut back: Vec<i64> = slots.iter().map(|slot| slot.back.0.max(0)).collect();
    let mut order: Vec<usize> = (0..needs.len()).collect();
    order.sort_by_key(|at| (needs[*at].deadline.is_none(), needs[*at].deadline, *at));
    let mut plans: Vec<Planned> = needs
        .iter()
        .map(|need| Planned { evse: need.evse, powers: vec![Watts(0); slots.len()], missing_wh: 0 })
        .collect();
    for at in &order {
        charge::charge(horizon, &needs[*at], &mut left, &mut plans[*at]);
    }
    for at in &order {
        if let Some(battery) = needs[*at].battery {
            back::give_back(horizon, &needs[*at], battery, &mut left, &mut back, &mut plans[*at]);
        }
    }
    plans
}
