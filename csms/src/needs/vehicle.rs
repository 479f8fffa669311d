//! What a vehicle has told of its needs (ISO 15118, by NotifyEVChargingNeeds).

use chrono::{DateTime, Utc};
use rust_decimal::{Decimal, prelude::ToPrimitive};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use std::str::FromStr;

/// Between a phase and neutral, where nobody says otherwise. What plans are counted by and told in cancels out.
pub(crate) const VOLTS: i64 = 230;
/// Nobody charges with more; whatever a vehicle says beyond is taken for this.
const POWER_MAX: i64 = 10_000_000;
/// The same of energy, in Wh.
const ENERGY_MAX: i64 = 10_000_000;
/// Transfers that the standard has are fewer.
const TRANSFERS_MAX: usize = 16;
/// IEC 61851-1: with less a vehicle does not charge.
const AC_LEAST_A: i64 = 6;

/// A vehicle's needs, as far as plans are made of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vehicle {
    /// requestedEnergyTransfer, e.g. `AC_three_phase`.
    pub transfer: String,
    /// AC: phases that it uses. `None`: DC.
    pub phases: Option<u8>,
    /// Below this it does not charge.
    pub least_w: i64,
    /// The most it takes; `None`: not told.
    pub most_w: Option<i64>,
    /// From the grid, as of when it was told.
    pub energy_wh: Option<i64>,
    /// When it leaves.
    pub departure: Option<DateTime<Utc>>,
    /// Periods that it takes of a schedule (maxScheduleTuples).
    pub tuples: Option<i64>,
    /// `ScheduledControl` or `DynamicControl` (2.1); empty: not told.
    pub control: String,
    /// `EVCC` or `EVCC_SECC` (2.1); empty: not told.
    pub mobility: String,
    /// The most it gives back (2.1).
    pub back_w: Option<i64>,
    /// What else it has said of giving back (2.1).
    pub both_ways: BothWays,
}

/// What a vehicle says of energy in both directions (v2xChargingParameters, ISO 15118-20). Energies are counted from what is in
/// its battery when it tells: negative ones are below that.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "VehicleBothWays")]
pub struct BothWays {
    /// Transfers that it could do as well.
    pub transfers: Vec<String>,
    /// With less it does not give back.
    pub back_least_w: Option<i64>,
    /// What it must have at least.
    pub least_wh: Option<i64>,
    /// What fits in.
    pub most_wh: Option<i64>,
    /// Its battery may be used down to here, …
    pub use_from_wh: Option<i64>,
    /// … and up to here, to give back and take again.
    pub use_to_wh: Option<i64>,
}

impl Vehicle {
    /// Reads NotifyEVChargingNeedsRequest, which fits its schema.
    pub fn read(body: &Value) -> Vehicle {
        let needs = &body["chargingNeeds"];
        let text = |of: &Value, field: &str| of[field].as_str().unwrap_or_default().to_owned();
        let transfer = text(needs, "requestedEnergyTransfer");
        let (ac, dc, both) =
            (&needs["acChargingParameters"], &needs["dcChargingParameters"], &needs["v2xChargingParameters"]);
        let phases = phases(&transfer);
        let per_amp = phases.map_or(1, i64::from) * VOLTS;
        let by_current = |field: &str| whole(&ac[field]).map(|amps| amps.saturating_mul(per_amp));
        let dc_power = || {
            let volts = whole(&dc["evMaxVoltage"])?;
            whole(&dc["evMaxCurrent"])?.checked_mul(volts)
        };
        let most_w = all_phases(both, "maxChargePower")
            .or_else(|| by_current("evMaxCurrent"))
            .or_else(|| whole(&dc["evMaxPower"]))
            .or_else(dc_power);
        let least_w = all_phases(both, "minChargePower")
            .or_else(|| by_current("evMinCurrent"))
            .unwrap_or(phases.map_or(0, |_| AC_LEAST_A * per_amp));
        let by_charge = || {
            let (full, now) = (whole(&dc["fullSoC"]).unwrap_or(100), whole(&dc["stateOfCharge"])?);
            Some(whole(&dc["evEnergyCapacity"])?.checked_mul((full - now).max(0))? / 100)
        };
        Vehicle {
            transfer,
            phases,
            least_w: least_w.clamp(0, POWER_MAX),
            most_w: most_w.filter(|most| *most > 0).map(|most| most.min(POWER_MAX)),
            energy_wh: whole(&ac["energyAmount"])
                .or_else(|| whole(&dc["energyAmount"]))
                .or_else(|| whole(&both["evTargetEnergyRequest"]))
                .or_else(by_charge)
                .filter(|energy| *energy >= 0),
            departure: needs["departureTime"].as_str().and_then(|at| at.parse().ok()),
            tuples: whole(&body["maxScheduleTuples"]).filter(|tuples| *tuples > 0),
            control: text(needs, "controlMode"),
            mobility: text(needs, "mobilityNeedsMode"),
            back_w: all_phases(both, "maxDischargePower")
                .map(i64::saturating_abs)
                .filter(|back| *back > 0)
                .map(|back| back.min(POWER_MAX)),
            both_ways: BothWays {
                transfers: transfers(&needs["availableEnergyTransfer"]),
                back_least_w: all_phases(both, "minDischargePower").map(i64::saturating_abs),
                least_wh: energy(&both["evMinEnergyRequest"]),
                most_wh: energy(&both["evMaxEnergyRequest"]),
                use_from_wh: energy(&both["evMinV2XEnergyRequest"]),
                use_to_wh: energy(&both["evMaxV2XEnergyRequest"]),
            },
        }
    }

    /// Can it give back?
    pub fn gives_back(&self) -> bool {
        self.transfer.contains("BPT")
    }

    /// What it has offered to give back on each phase, in mA; nothing, if it has asked for a transfer in one direction.
    pub fn offers_ma(&self) -> i64 {
        let offered = self.back_w.filter(|_| self.gives_back()).unwrap_or_default();
        offered.saturating_mul(1_000) / (i64::from(self.phases.unwrap_or(3)).max(1) * VOLTS)
    }

    /// Does it charge without a cable?
    pub fn is_wireless(&self) -> bool {
        self.transfer.eq_ignore_ascii_case("WPT")
    }

    /// W that one ampere on each of its phases is; `None`: DC.
    pub fn per_amp(&self) -> Option<i64> {
        self.phases.map(|phases| i64::from(phases) * VOLTS)
    }
}

/// The sum over the phases, where a vehicle tells each apart.
fn all_phases(of: &Value, field: &str) -> Option<i64> {
    let first = whole(&of[field])?;
    let more = ["_L2", "_L3"].iter().filter_map(|phase| whole(&of[format!("{field}{phase}")]));
    Some(more.fold(first, i64::saturating_add))
}

/// Energy that anybody can mean, either way.
fn energy(value: &Value) -> Option<i64> {
    whole(value).map(|wh| wh.clamp(-ENERGY_MAX, ENERGY_MAX))
}

fn transfers(value: &Value) -> Vec<String> {
    let words = value.as_array().into_iter().flatten().filter_map(Value::as_str);
    words.take(TRANSFERS_MAX).map(str::to_owned).collect()
}

fn phases(transfer: &str) -> Option<u8> {
    match transfer {
        "AC_single_phase" => Some(1),
        "AC_two_phase" => Some(2),
        // AC_BPT may be on any; a limit on three is never more than what fewer take.
        other if other.starts_with("AC") => Some(3),
        _ => None,
    }
}

/// A number, rounded down.
pub(crate) fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => Decimal::from_str(&number.to_string()).ok()?.floor().to_i64(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ac_needs_are_amperes_on_the_phases_that_are_asked_for() {
        let body = json!({"evseId": 1, "maxScheduleTuples": 3, "chargingNeeds": {
            "requestedEnergyTransfer": "AC_two_phase", "departureTime": "2026-03-02T18:00:00Z",
            "acChargingParameters": {"energyAmount": 20000, "evMinCurrent": 6, "evMaxCurrent": 16.9, "evMaxVoltage": 400}}});
        let vehicle = Vehicle::read(&body);
        assert_eq!((vehicle.least_w, vehicle.most_w), (2_760, Some(7_360)));
        assert_eq!(
            (vehicle.energy_wh, vehicle.tuples, vehicle.per_amp()),
            (Some(20_000), Some(3), Some(460))
        );
        assert_eq!(vehicle.departure.unwrap().to_rfc3339(), "2026-03-02T18:00:00+00:00");
    }

    #[test]
    fn dc_needs_follow_from_the_battery_where_no_energy_is_told() {
        let body = json!({"evseId": 1, "chargingNeeds": {"requestedEnergyTransfer": "DC", "dcChargingParameters": {
            "evMaxCurrent": 200, "evMaxVoltage": 500, "stateOfCharge": 30, "evEnergyCapacity": 60000, "fullSoC": 80}}});
        let vehicle = Vehicle::read(&body);
        assert_eq!((vehicle.energy_wh, vehicle.most_w), (Some(30_000), Some(100_000)));
        assert_eq!((vehicle.phases, vehicle.least_w, vehicle.departure), (None, 0, None));
    }

    #[test]
    fn what_a_vehicle_could_give_back_is_read_as_well() {
        let body = json!({"evseId": 1, "chargingNeeds": {"requestedEnergyTransfer": "AC_BPT", "controlMode": "DynamicControl",
            "v2xChargingParameters": {"maxChargePower": 4000, "maxChargePower_L2": 4000, "maxChargePower_L3": 3000,
            "maxDischargePower": -5000, "evTargetEnergyRequest": 15000}}});
        let vehicle = Vehicle::read(&body);
        assert_eq!(
            (vehicle.most_w, vehicle.back_w, vehicle.energy_wh),
            (Some(11_000), Some(5_000), Some(15_000))
        );
        assert!(vehicle.gives_back() && !vehicle.is_wireless());
        assert_eq!(vehicle.offers_ma(), 7_246, "5 kW on three phases");
    }

    #[test]
    fn how_far_a_battery_may_be_used_is_read_from_what_is_in_it() {
        let body = json!({"evseId": 1, "chargingNeeds": {"requestedEnergyTransfer": "DC_BPT",
            "availableEnergyTransfer": ["DC_BPT", "DC"], "v2xChargingParameters": {"maxDischargePower": 10_000,
            "minDischargePower": 500, "evMinEnergyRequest": -2_000.5, "evMaxEnergyRequest": 40_000,
            "evMinV2XEnergyRequest": -10_000, "evMaxV2XEnergyRequest": 9_000_000_000_000_i64}}});
        let vehicle = Vehicle::read(&body);
        assert_eq!(
            vehicle.both_ways,
            BothWays {
                transfers: vec!["DC_BPT".into(), "DC".into()],
                back_least_w: Some(500),
                least_wh: Some(-2_001),
                most_wh: Some(40_000),
                use_from_wh: Some(-10_000),
                use_to_wh: Some(ENERGY_MAX),
            }
        );
        let one_way = json!({"evseId": 1, "chargingNeeds": {"requestedEnergyTransfer": "DC",
            "v2xChargingParameters": {"maxDischargePower": 10_000}}});
        assert_eq!(Vehicle::read(&one_way).offers_ma(), 0, "it has asked to be charged, nothing else");
    }

    #[test]
    fn numbers_that_nobody_can_mean_do_no_harm() {
        let body = json!({"evseId": 1, "chargingNeeds": {"requestedEnergyTransfer": "AC_three_phase",
            "acChargingParameters": {"energyAmount": -5, "evMinCurrent": -1e9, "evMaxCurrent": 9_000_000_000_000_000_000_i64, "evMaxVoltage": 0}}});
        let vehicle = Vehicle::read(&body);
        assert_eq!((vehicle.energy_wh, vehicle.least_w, vehicle.most_w), (None, 0, Some(POWER_MAX)));
    }
}
