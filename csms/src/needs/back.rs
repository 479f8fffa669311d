//! Giving back: what a vehicle has offered, and whether it pays.

use super::{
    plan::{Given, parts},
    vehicle::{VOLTS, whole},
};
use chrono::{DateTime, Utc};
use energy::{
    plan::{Battery, Horizon, Planned},
    units::Watts,
};
use rust_decimal::Decimal;
use serde_json::Value;

/// How its operator has giving back planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Giving {
    /// What a kWh given back has to earn beside what it costs to buy it again.
    pub gain: Decimal,
    /// Of what is taken from the grid, so many thousandths can be given back.
    pub efficiency_permille: u16,
}

/// The vehicle's battery as far as it has offered it; else why nothing is given back.
///
/// Energies are counted from what was in it when it told its needs; those of both kinds bound it: what it must have at
/// least, and how far it may be used for others.
pub(super) fn offer(given: &Given<'_>, needs_wh: i64) -> Result<Battery, &'static str> {
    let vehicle = given.vehicle;
    let both = &vehicle.both_ways;
    let giving = given.giving.as_ref().ok_or("charging.give_back is off")?;
    if !given.has_modes {
        return Err("only stations of OCPP 2.1 can be told to give back");
    }
    if !vehicle.gives_back() {
        return Err("the vehicle has asked to be charged only");
    }
    let back = vehicle.back_w.ok_or("the vehicle has not said how much it gives back")?;
    let down_to = both.use_from_wh.ok_or("the vehicle has not said how far its battery may be used")?;
    let back = given.evse_most_w.map_or(back, |most| back.min(most));
    if both.back_least_w.is_some_and(|least| back < least) {
        return Err("the EVSE takes back less than the vehicle gives at least");
    }
    let most = [both.use_to_wh, both.most_wh].into_iter().flatten().min();
    Ok(Battery {
        stored_wh: given.stored_wh,
        least_wh: down_to.max(both.least_wh.unwrap_or(down_to)),
        most_wh: most.unwrap_or(needs_wh).max(given.stored_wh.saturating_add(needs_wh)),
        back: Watts(back),
        efficiency_permille: giving.efficiency_permille,
        wear: parts(giving.gain).max(0),
    })
}

/// What a profile of ours has had the vehicle give back by now, in Wh, if it has followed it.
pub(super) fn given_wh(profile: &str, now: DateTime<Utc>) -> i64 {
    let profile: Value = serde_json::from_str(profile).unwrap_or_default();
    let schedule = &profile["chargingSchedule"][0];
    let Some(start) = schedule["startSchedule"].as_str().and_then(|at| at.parse::<DateTime<Utc>>().ok())
    else {
        return 0;
    };
    let since = (now - start).num_seconds().max(0);
    let periods = schedule["chargingSchedulePeriod"].as_array().map(Vec::as_slice).unwrap_or_default();
    let starts = |at: usize| periods.get(at).and_then(|period| period["startPeriod"].as_i64());
    let mut watt_seconds = 0_i64;
    for (at, period) in periods.iter().enumerate() {
        let back = whole(&period["setpoint"]).map_or(0, |setpoint| setpoint.min(0).saturating_neg());
        let phases = whole(&period["numberPhases"]).unwrap_or(3);
        let watts =
            if schedule["chargingRateUnit"] == "A" { back.saturating_mul(phases * VOLTS) } else { back };
        let (from, to) = (starts(at).unwrap_or(0).min(since), starts(at + 1).unwrap_or(i64::MAX).min(since));
        watt_seconds = watt_seconds.saturating_add(watts.saturating_mul((to - from).max(0)));
    }
    watt_seconds / 3600
}

/// What the plan gives back, or why it does not.
pub(super) fn words(
    given: &Given<'_>,
    horizon: &Horizon,
    planned: &Planned,
    why_not: Option<&&str>,
) -> String {
    if let Some(why) = why_not {
        return format!("gives nothing back: {why}");
    }
    let gives = planned.powers.iter().zip(&horizon.slots).filter(|(power, _)| power.0 < 0);
    let (mut wh, mut least) = (0_i64, None::<i64>);
    for (power, slot) in gives {
        wh = wh.saturating_add(power.0.saturating_neg().saturating_mul(i64::from(horizon.slot_s)) / 3600);
        least = Some(least.map_or(slot.price, |least: i64| least.min(slot.price)));
    }
    let takes = planned.powers.iter().zip(&horizon.slots).filter(|(power, _)| power.0 > 0);
    let again = takes.map(|(_, slot)| slot.price).max();
    match (least, again, &given.giving) {
        (Some(sold), Some(bought), Some(giving)) => {
            let price = |parts: i64| Decimal::new(parts, 4).normalize();
            format!(
                "gives back {wh} Wh at {} a kWh or more and buys it again at {} or less, which pays after losses of {} ‰ and \
                 leaves {} a kWh",
                price(sold),
                price(bought),
                1000 - i64::from(giving.efficiency_permille.min(1000)),
                giving.gain.normalize(),
            )
        }
        _ => "gives nothing back: no hour is so much dearer than another that it would pay, or its battery may not be \
              used further"
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_was_lent_follows_from_the_plan_and_the_clock() {
        let profile = json!({"chargingSchedule": [{"startSchedule": "2026-03-02T18:00:00Z", "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "setpoint": -10, "numberPhases": 3},
                {"startPeriod": 3600, "setpoint": 0, "numberPhases": 3},
                {"startPeriod": 7200, "setpoint": -5, "numberPhases": 3}, {"startPeriod": 10_800, "limit": 16}]}]})
        .to_string();
        let at = |text: &str| given_wh(&profile, text.parse().unwrap());
        assert_eq!(at("2026-03-02T17:00:00Z"), 0);
        assert_eq!(at("2026-03-02T18:30:00Z"), 3_450);
        assert_eq!(at("2026-03-02T19:30:00Z"), 6_900);
        assert_eq!(at("2026-03-03T06:00:00Z"), 6_900 + 3_450);
        assert_eq!(given_wh("{}", "2026-03-03T06:00:00Z".parse().unwrap()), 0);
    }
}
