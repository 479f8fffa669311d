//! When a vehicle charges: in the cheapest slots before it leaves.

use crate::plan::{Horizon, Need, Planned};
use crate::units::Watts;

/// Fills the cheapest slots, of equal ones the earliest. The last one gets what is missing, but not less than a vehicle
/// charges with.
pub(super) fn charge(horizon: &Horizon, need: &Need, left: &mut [i64], planned: &mut Planned) {
    let mut slots: Vec<usize> = (0..horizon.before(need.deadline)).collect();
    slots.sort_by_key(|slot| (horizon.slots[*slot].price, *slot));
    let mut missing = need.wh.max(0);
    for slot in slots {
        let most = need.most.0.min(left[slot]);
        if missing == 0 {
            break;
        }
        if most < need.least.0.max(1) {
            continue;
        }
        let wanted = missing.saturating_mul(3600) / i64::from(horizon.slot_s.max(1)) + 1;
        let power = wanted.clamp(need.least.0.max(1), most);
        planned.powers[slot] = Watts(power);
        left[slot] -= power;
        missing = (missing - horizon.wh(power)).max(0);
    }
    planned.missing_wh = missing;
}
