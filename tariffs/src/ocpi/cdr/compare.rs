//! What a CDR states beside what it costs.

use std::fmt;

use rust_decimal::Decimal;

use super::{Cdr, Cost, StatedCost, Totals};

/// How far totals may be apart before it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tolerance {
    /// In whole units of the currency.
    pub money: Decimal,
    /// In kWh.
    pub energy: Decimal,
    /// In hours.
    pub time: Decimal,
}

impl Default for Tolerance {
    /// A cent, 10 Wh, a minute: what honest engines differ by.
    fn default() -> Tolerance {
        Tolerance { money: Decimal::new(1, 2), energy: Decimal::new(1, 2), time: Decimal::new(167, 4) }
    }
}

/// A total that is stated otherwise than it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    /// The CDR's field, e.g. `total_energy_cost.excl_vat`.
    pub field: &'static str,
    /// What the CDR states.
    pub stated: Decimal,
    /// What it should be.
    pub ours: Decimal,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ours = self.ours.round_dp(6).normalize();
        write!(f, "{}: stated is {}, priced is {ours}", self.field, self.stated.normalize())
    }
}

impl Cdr {
    /// Where the CDR's own totals differ from these by more than a tolerance. What it does not state does not differ.
    pub fn differences(&self, totals: &Totals, tolerance: &Tolerance) -> Vec<Difference> {
        let mut found = Vec::new();
        let mut compare = |field, stated: Option<Decimal>, ours: Decimal, most: Decimal| {
            if let Some(stated) = stated.filter(|stated| (*stated - ours).abs() > most) {
                found.push(Difference { field, stated, ours });
            }
        };
        let stated = &self.stated;
        compare("total_energy", stated.total_energy, totals.total_energy, tolerance.energy);
        compare("total_time", stated.total_time, totals.total_time, tolerance.time);
        compare("total_parking_time", stated.total_parking_time, totals.total_parking_time, tolerance.time);
        let costs: [(&str, &str, Option<StatedCost>, Cost); 6] = [
            (
                "total_fixed_cost.excl_vat",
                "total_fixed_cost.incl_vat",
                stated.total_fixed_cost,
                totals.total_fixed_cost,
            ),
            (
                "total_energy_cost.excl_vat",
                "total_energy_cost.incl_vat",
                stated.total_energy_cost,
                totals.total_energy_cost,
            ),
            (
                "total_time_cost.excl_vat",
                "total_time_cost.incl_vat",
                stated.total_time_cost,
                totals.total_time_cost,
            ),
            (
                "total_parking_cost.excl_vat",
                "total_parking_cost.incl_vat",
                stated.total_parking_cost,
                totals.total_parking_cost,
            ),
            (
                "total_reservation_cost.excl_vat",
                "total_reservation_cost.incl_vat",
                stated.total_reservation_cost,
                totals.total_reservation_cost,
            ),
            ("total_cost.excl_vat", "total_cost.incl_vat", stated.total_cost, totals.total_cost),
        ];
        for (excl, incl, stated, ours) in costs {
            compare(excl, stated.map(|cost| cost.excl), ours.excl, tolerance.money);
            compare(incl, stated.and_then(|cost| cost.incl), ours.incl, tolerance.money);
        }
        found
    }
}
