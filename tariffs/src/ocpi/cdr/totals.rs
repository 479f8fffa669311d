//! OCPI's totals of a CDR.

use rust_decimal::Decimal;
use serde::ser::{Error, SerializeStruct};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::StatedCost;
use super::price::cost_of;
use crate::model::charge::Charge;
use crate::model::currency::Currency;
use crate::model::policy::CreditCdr;
use crate::pricing::ledger::Ledger;
use crate::pricing::limit::limited;
use crate::pricing::plan::Plan;
use crate::pricing::settle::{Amount, Settled};

/// An amount, exact, in whole units of the currency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// Before taxes.
    pub excl: Decimal,
    /// After taxes.
    pub incl: Decimal,
}

/// What a CDR states in the end (OCPI CDR, total_*). All costs but the total are before discounts and limits of the
/// whole. Nothing is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// Of all costs.
    pub currency: Currency,
    /// All of it, within the tariff's limits; of a Credit CDR it has the other sign.
    pub total_cost: Cost,
    /// The session's flat fee.
    pub total_fixed_cost: Cost,
    /// kWh.
    pub total_energy: Decimal,
    /// Energy, with the service fee.
    pub total_energy_cost: Cost,
    /// Hours from start to end, parking included, a reservation not.
    pub total_time: Decimal,
    /// Charging time.
    pub total_time_cost: Cost,
    /// Hours of parking.
    pub total_parking_time: Decimal,
    /// Parking time.
    pub total_parking_cost: Cost,
    /// The reservation's time and flat fee.
    pub total_reservation_cost: Cost,
}

/// Quantities of a session.
pub(super) struct Measured {
    /// mWh.
    pub energy: i64,
    /// µs.
    pub time: i64,
    pub parking: i64,
    pub credit: bool,
}

pub(super) fn totals(plan: &Plan, ledger: &Ledger, measured: Measured) -> Totals {
    let settled = Settled::new(plan, ledger);
    let exact = |amount| amount;
    let Amount { net, gross } = limited(plan, settled.total(plan, exact), exact).total;
    let negative = measured.credit && plan.policy().credit == CreditCdr::Negative;
    let sign = if negative { -Decimal::ONE } else { Decimal::ONE };
    let cost = |charges: &[Charge]| cost_of(&settled, plan, charges);
    Totals {
        currency: plan.currency(),
        total_cost: Cost { excl: net * sign, incl: gross * sign },
        total_fixed_cost: cost(&[Charge::Flat]),
        total_energy: Decimal::new(measured.energy, 6).normalize(),
        total_energy_cost: cost(&[Charge::Energy, Charge::Service]),
        total_time: hours(measured.time),
        total_time_cost: cost(&[Charge::Time]),
        total_parking_time: hours(measured.parking),
        total_parking_cost: cost(&[Charge::ParkingTime]),
        total_reservation_cost: cost(&[Charge::ReservationTime, Charge::ReservationFlat]),
    }
}

fn hours(micros: i64) -> Decimal {
    (Decimal::from(micros) / Decimal::from(3_600_000_000_i64)).normalize()
}

impl Totals {
    /// All costs rounded to so many decimals, a half away from zero; quantities to four.
    pub fn rounded(self, decimals: u32) -> Totals {
        let quantity = |value: Decimal| Cost { excl: value, incl: value }.rounded(4).excl.normalize();
        Totals {
            currency: self.currency,
            total_cost: self.total_cost.rounded(decimals),
            total_fixed_cost: self.total_fixed_cost.rounded(decimals),
            total_energy: quantity(self.total_energy),
            total_energy_cost: self.total_energy_cost.rounded(decimals),
            total_time: quantity(self.total_time),
            total_time_cost: self.total_time_cost.rounded(decimals),
            total_parking_time: quantity(self.total_parking_time),
            total_parking_cost: self.total_parking_cost.rounded(decimals),
            total_reservation_cost: self.total_reservation_cost.rounded(decimals),
        }
    }
}

/// As OCPI's fields, with decimals as JSON numbers of all their digits.
impl Serialize for Totals {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let number = |value| exact_number(value).map_err(S::Error::custom);
        let mut totals = serializer.serialize_struct("Totals", 10)?;
        totals.serialize_field("currency", self.currency.code())?;
        totals.serialize_field("total_cost", &self.total_cost)?;
        totals.serialize_field("total_fixed_cost", &self.total_fixed_cost)?;
        totals.serialize_field("total_energy", &number(self.total_energy)?)?;
        totals.serialize_field("total_energy_cost", &self.total_energy_cost)?;
        totals.serialize_field("total_time", &number(self.total_time)?)?;
        totals.serialize_field("total_time_cost", &self.total_time_cost)?;
        totals.serialize_field("total_parking_time", &number(self.total_parking_time)?)?;
        totals.serialize_field("total_parking_cost", &self.total_parking_cost)?;
        totals.serialize_field("total_reservation_cost", &self.total_reservation_cost)?;
        totals.end()
    }
}

/// As an OCPI 2.2.1 Price, with decimals as JSON numbers of all their digits.
impl Serialize for Cost {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let number = |value| exact_number(value).map_err(S::Error::custom);
        let mut cost = serializer.serialize_struct("Cost", 2)?;
        cost.serialize_field("excl_vat", &number(self.excl)?)?;
        cost.serialize_field("incl_vat", &number(self.incl)?)?;
        cost.end()
    }
}

fn exact_number(value: Decimal) -> Result<Box<RawValue>, serde_json::Error> {
    RawValue::from_string(value.normalize().to_string())
}

impl Cost {
    /// Rounded to so many decimals, a half away from zero.
    pub fn rounded(self, decimals: u32) -> Cost {
        let strategy = rust_decimal::RoundingStrategy::MidpointAwayFromZero;
        let round = |amount: Decimal| amount.round_dp_with_strategy(decimals, strategy);
        Cost { excl: round(self.excl), incl: round(self.incl) }
    }
}

impl From<Cost> for StatedCost {
    fn from(cost: Cost) -> StatedCost {
        StatedCost { excl: cost.excl, incl: Some(cost.incl) }
    }
}
