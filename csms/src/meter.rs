//! What the samples of one instant say: the energy register, the power, the battery's state of charge.
//!
//! Stations send a total, or one value per phase, or both, measured at the outlet or elsewhere; the figure wanted is
//! the total at the outlet. Nothing is made up: power is never worked out of energy, nor energy out of power.

use crate::model::Sample;
use rust_decimal::{Decimal, prelude::ToPrimitive};

/// The measurand of the register that sessions are billed by.
pub const IMPORT_REGISTER: &str = "Energy.Active.Import.Register";

/// The register of energy taken from the grid, in Wh.
pub fn register_wh(samples: &[Sample]) -> Option<Decimal> {
    total(samples, IMPORT_REGISTER, |value, unit| match unit {
        "Wh" => Some(value),
        "kWh" => value.checked_mul(Decimal::ONE_THOUSAND),
        _ => None,
    })
}

/// The power taken from the grid, in W.
pub fn power_w(samples: &[Sample]) -> Option<Decimal> {
    total(samples, "Power.Active.Import", |value, unit| match unit {
        "W" => Some(value),
        "kW" => value.checked_mul(Decimal::ONE_THOUSAND),
        _ => None,
    })
}

/// The power given back to the grid, in W.
pub fn given_w(samples: &[Sample]) -> Option<Decimal> {
    total(samples, "Power.Active.Export", |value, unit| match unit {
        "W" => Some(value),
        "kW" => value.checked_mul(Decimal::ONE_THOUSAND),
        _ => None,
    })
}

/// The state of charge of the battery, in percent, between 0 and 100.
pub fn soc_percent(samples: &[Sample]) -> Option<Decimal> {
    total(samples, "SoC", |value, _| (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&value).then_some(value))
}

/// Watt-hours as whole milliwatt-hours, as the store keeps energy; `None` beyond nine million GWh.
pub fn mwh(wh: Decimal) -> Option<i64> {
    wh.checked_mul(Decimal::ONE_THOUSAND)?.round().to_i64()
}

/// The total of a measurand at the place nearest to the car: the value without a phase, else the sum of the phases.
fn total(
    samples: &[Sample],
    measurand: &str,
    read: impl Fn(Decimal, &str) -> Option<Decimal>,
) -> Option<Decimal> {
    let of = |sample: &&Sample| sample.measurand == measurand && sample.value.is_some();
    let place = samples.iter().filter(of).map(|sample| nearness(&sample.location)).min()?;
    let here: Vec<&Sample> =
        samples.iter().filter(of).filter(|sample| nearness(&sample.location) == place).collect();
    // A message at the end may repeat the value of the beginning; the later one counts.
    let late = here.iter().any(|sample| !begins(sample));
    let value = |phases: &[&str]| {
        let of_phase =
            |sample: &&&Sample| phases.contains(&sample.phase.as_str()) && !(late && begins(sample));
        here.iter().rfind(of_phase).and_then(|sample| read(sample.value?, &sample.unit))
    };
    let phases = [value(&["L1", "L1-N"]), value(&["L2", "L2-N"]), value(&["L3", "L3-N"])];
    let sum = || {
        let mut told = phases.iter().flatten();
        let first = *told.next()?;
        told.try_fold(first, |sum, phase| sum.checked_add(*phase))
    };
    // Some stations label the only value that they have with the neutral wire.
    value(&[""]).or_else(sum).or_else(|| value(&["N"]))
}

/// A small number is near the car. What a station measures upstream may feed more than one outlet.
fn nearness(location: &str) -> u8 {
    match location {
        "Outlet" | "" => 0,
        "Cable" => 1,
        "EV" => 2,
        "Body" => 3,
        "Inlet" => 4,
        _ => 5,
    }
}

fn begins(sample: &Sample) -> bool {
    sample.context == "Transaction.Begin"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(measurand: &str, value: &str, unit: &str, phase: &str, location: &str) -> Sample {
        Sample {
            measurand: measurand.to_owned(),
            value: Some(value.parse().unwrap()),
            unit: unit.to_owned(),
            phase: phase.to_owned(),
            context: "Sample.Periodic".to_owned(),
            location: location.to_owned(),
            raw: None,
        }
    }

    fn energy(rows: &[(&str, &str, &str, &str)]) -> Option<String> {
        let samples: Vec<_> = rows
            .iter()
            .map(|(value, unit, phase, location)| sample(IMPORT_REGISTER, value, unit, phase, location))
            .collect();
        register_wh(&samples).map(|wh| wh.normalize().to_string())
    }

    #[test]
    fn the_register_is_the_total_at_the_outlet() {
        for (name, rows, want) in [
            ("plain", &[("1500", "Wh", "", "Outlet")][..], Some("1500")),
            ("kilowatt-hours", &[("1.5005", "kWh", "", "Outlet")], Some("1500.5")),
            ("outlet before inlet", &[("9", "Wh", "", "Inlet"), ("7", "Wh", "", "Outlet")], Some("7")),
            ("inlet if there is nothing else", &[("9", "Wh", "", "Inlet")], Some("9")),
            ("total before phases", &[("1", "Wh", "L1", "Outlet"), ("7", "Wh", "", "Outlet")], Some("7")),
            (
                "sum of phases",
                &[("1", "Wh", "L1", "Outlet"), ("2", "Wh", "L2", "Outlet"), ("3", "Wh", "L3", "Outlet")],
                Some("6"),
            ),
            (
                "phases against neutral, one in kWh",
                &[("1", "Wh", "L1-N", "Outlet"), ("0.002", "kWh", "L2-N", "Outlet")],
                Some("3"),
            ),
            ("neutral alone", &[("5", "Wh", "N", "Outlet")], Some("5")),
            ("the later of two", &[("5", "Wh", "", "Outlet"), ("6", "Wh", "", "Outlet")], Some("6")),
            ("no unit of energy", &[("5", "varh", "", "Outlet")], None),
            ("nothing", &[], None),
        ] {
            assert_eq!(energy(rows).as_deref(), want, "{name}");
        }
    }

    #[test]
    fn the_value_of_the_beginning_gives_way() {
        let mut begin = sample(IMPORT_REGISTER, "10", "Wh", "", "Outlet");
        begin.context = "Transaction.Begin".to_owned();
        let end = sample(IMPORT_REGISTER, "90", "Wh", "", "Outlet");
        assert_eq!(register_wh(&[end, begin.clone()]), Some(Decimal::from(90)));
        assert_eq!(register_wh(&[begin]), Some(Decimal::from(10)));
    }

    #[test]
    fn power_and_state_of_charge() {
        let samples = [
            sample("Power.Active.Import", "7.4", "kW", "L1", "Outlet"),
            sample("Power.Active.Import", "3600", "W", "L2", "Outlet"),
            sample("SoC", "81", "Percent", "", "EV"),
        ];
        assert_eq!(power_w(&samples), Some(Decimal::from(11_000)));
        assert_eq!(soc_percent(&samples), Some(Decimal::from(81)));
        assert_eq!(soc_percent(&[sample("SoC", "700", "Percent", "", "EV")]), None);
        assert_eq!(register_wh(&samples), None);
    }

    #[test]
    fn watt_hours_become_whole_milliwatt_hours() {
        assert_eq!(mwh("1.2344".parse().unwrap()), Some(1234));
        assert_eq!(mwh("-3".parse().unwrap()), Some(-3000));
        assert_eq!(mwh(Decimal::MAX), None);
    }
}
