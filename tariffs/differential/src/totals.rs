//! What an engine makes of a CDR, in one form for both.

use rust_decimal::Decimal;

/// An amount without and with VAT; with it is not always known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Amount {
    /// Without VAT.
    pub excl: Decimal,
    /// With VAT.
    pub incl: Option<Decimal>,
}

/// The totals of a CDR.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// `total_cost`
    pub cost: Amount,
    /// `total_fixed_cost`
    pub fixed: Amount,
    /// `total_energy_cost`
    pub energy_cost: Amount,
    /// `total_time_cost`
    pub time_cost: Amount,
    /// `total_parking_cost`
    pub parking_cost: Amount,
    /// `total_energy` in kWh
    pub energy: Decimal,
    /// `total_time` in seconds
    pub time: Decimal,
    /// `total_parking_time` in seconds
    pub parking_time: Decimal,
}

/// Totals are told with four decimals, so an exact one differs from a told one by half of the last, plus what is lost in
/// 28 digits.
const HALF: Decimal = Decimal::from_parts(500_001, 0, 0, false, 10);

impl Totals {
    /// The names of the totals in which `self`, which is exact, is not what `told` says.
    pub fn differences(&self, told: &Totals) -> Vec<&'static str> {
        let numbers = [
            ("total_energy", self.energy, told.energy),
            ("total_time", self.time, told.time),
            ("total_parking_time", self.parking_time, told.parking_time),
        ];
        let amounts = [
            ("total_cost", self.cost, told.cost),
            ("total_fixed_cost", self.fixed, told.fixed),
            ("total_energy_cost", self.energy_cost, told.energy_cost),
            ("total_time_cost", self.time_cost, told.time_cost),
            ("total_parking_cost", self.parking_cost, told.parking_cost),
        ];
        let near = |one: Decimal, other: Decimal| (one - other).abs() <= HALF;
        let numbers = numbers.into_iter().filter(|(_, one, other)| !near(*one, *other));
        let amounts = amounts.into_iter().filter(|(_, one, other)| {
            let incl = one.incl.is_some_and(|incl| match other.incl {
                Some(told) => near(incl, told),
                // A gross that makes the VAT negative, which is what a minimum without VAT can do, is not told.
                None => {
                    let opposite = incl.is_sign_negative() != one.excl.is_sign_negative();
                    opposite || incl.abs() < one.excl.abs()
                }
            });
            !near(one.excl, other.excl) || !incl
        });
        numbers.map(|(name, ..)| name).chain(amounts.map(|(name, ..)| name)).collect()
    }
}
