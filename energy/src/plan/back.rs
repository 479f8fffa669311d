//! When a vehicle gives back: where power costs most, if it can be bought again for less before it leaves.

use crate::plan::{Battery, Horizon, Need, Planned};
use crate::units::Watts;

/// Pairs the dearest slot with the cheapest, as long as that pays and the battery stays within its bounds. What is in it
/// when the vehicle leaves is not less than without.
pub(super) fn give_back(
    horizon: &Horizon,
    need: &Need,
    battery: Battery,
    left: &mut [i64],
    back: &mut [i64],
    planned: &mut Planned,
) {
    let count = horizon.before(need.deadline);
    let price = |slot: usize| horizon.slots[slot].price;
    let mut dear: Vec<usize> = (0..count).collect();
    dear.sort_by_key(|slot| (std::cmp::Reverse(price(*slot)), *slot));
    let mut cheap: Vec<usize> = (0..count).collect();
    cheap.sort_by_key(|slot| (price(*slot), *slot));
    let efficiency = i64::from(battery.efficiency_permille.clamp(1, 1000));
    for sell in dear {
        for buy in &cheap {
            let buy = *buy;
            // Prices may be below zero: whoever buys then is paid for losses as well.
            let cost = (price(buy).saturating_mul(1000) / efficiency).saturating_add(battery.wear);
            if buy == sell || price(sell) <= cost {
                continue;
            }
            if planned.powers[sell].0 > 0 || planned.powers[buy].0 < 0 {
                continue;
            }
            let free = back[sell].min(battery.back.0 + planned.powers[sell].0);
            let bought = left[buy].min(need.most.0 - planned.powers[buy].0);
            let spare = spare(horizon, battery, &planned.powers, sell, buy);
            let spare = spare.saturating_mul(3600) / i64::from(horizon.slot_s.max(1));
            let sold = free.min(bought.saturating_mul(efficiency) / 1000).min(spare);
            // Rounded up: what is bought again is at least what was sold.
            let again = (sold.max(0) * 1000 + efficiency - 1) / efficiency;
            let charges = planned.powers[buy].0 + again;
            if sold <= 0 || again > bought || charges < need.least.0 {
                continue;
            }
            planned.powers[sell] = Watts(planned.powers[sell].0 - sold);
            planned.powers[buy] = Watts(charges);
            back[sell] -= sold;
            left[buy] -= again;
        }
    }
}

/// Wh by which the battery can be lower from `sell` to `buy`, or higher from `buy` to `sell`.
fn spare(horizon: &Horizon, battery: Battery, powers: &[Watts], sell: usize, buy: usize) -> i64 {
    let stored = stored(horizon, battery, powers);
    let (from, to) = (sell.min(buy), sell.max(buy));
    let between = stored[from..to].iter();
    let spare = if sell < buy {
        between.min().map(|lowest| lowest - battery.least_wh)
    } else {
        // What is bought before only passes through; what was there must be enough without it.
        let kept = stored[sell] > battery.least_wh;
        between.max().filter(|_| kept).map(|highest| battery.most_wh - highest)
    };
    // A Wh of each slot may be lost to rounding.
    spare.unwrap_or(0) - 1
}

/// What is in the battery at the end of each slot.
pub(super) fn stored(horizon: &Horizon, battery: Battery, powers: &[Watts]) -> Vec<i64> {
    // In thousandths of a W and a second, so that nothing is lost to rounding on the way.
    let mut exact = i128::from(battery.stored_wh) * 3_600_000;
    let efficiency = i128::from(battery.efficiency_permille.clamp(1, 1000));
    powers
        .iter()
        .map(|power| {
            let power = i128::from(power.0);
            let gained = if power > 0 { power * efficiency } else { power * 1000 };
            exact += gained * i128::from(horizon.slot_s);
            i64::try_from(exact.div_euclid(3_600_000)).unwrap_or(i64::MAX)
        })
        .collect()
}
