//! Energy, power and current as whole numbers of a small unit, so that sums are exact.

use std::fmt;

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::model::exact;

/// The value does not fit: beyond 9.2 × 10^18 of the small unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{value} {unit} is beyond any measure")]
pub struct OutOfRange {
    value: Decimal,
    unit: &'static str,
}

/// Energy, or the standing of an energy register, in whole mWh: a thousandth of what the finest billing meters show.
/// In JSON it is in kWh, as a string.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Energy(i64);

impl Energy {
    /// No energy.
    pub const ZERO: Energy = Energy(0);

    /// From whole mWh.
    pub const fn from_mwh(mwh: i64) -> Energy {
        Energy(mwh)
    }

    /// From Wh; parts of a mWh are rounded, a half away from zero.
    pub fn from_wh(wh: Decimal) -> Result<Energy, OutOfRange> {
        scaled(wh, 3).map(Energy).ok_or(OutOfRange { value: wh, unit: "Wh" })
    }

    /// From kWh; parts of a mWh are rounded, a half away from zero.
    pub fn from_kwh(kwh: Decimal) -> Result<Energy, OutOfRange> {
        scaled(kwh, 6).map(Energy).ok_or(OutOfRange { value: kwh, unit: "kWh" })
    }

    /// In mWh.
    pub const fn mwh(self) -> i64 {
        self.0
    }

    /// In kWh, exact.
    pub fn kwh(self) -> Decimal {
        Decimal::new(self.0, 6).normalize()
    }
}

impl fmt::Display for Energy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} kWh", self.kwh())
    }
}

impl Serialize for Energy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        exact::serialize(&self.kwh(), serializer)
    }
}

impl<'de> Deserialize<'de> for Energy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Energy, D::Error> {
        Energy::from_kwh(exact::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// Power in whole mW.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Power(i64);

impl Power {
    /// From whole mW.
    pub const fn from_mw(mw: i64) -> Power {
        Power(mw)
    }

    /// From W; parts of a mW are rounded, a half away from zero.
    pub fn from_w(w: Decimal) -> Result<Power, OutOfRange> {
        scaled(w, 3).map(Power).ok_or(OutOfRange { value: w, unit: "W" })
    }

    /// From kW; parts of a mW are rounded, a half away from zero.
    pub fn from_kw(kw: Decimal) -> Result<Power, OutOfRange> {
        scaled(kw, 6).map(Power).ok_or(OutOfRange { value: kw, unit: "kW" })
    }

    /// In mW.
    pub const fn mw(self) -> i64 {
        self.0
    }
}

/// Electric current, the sum over the phases, in whole mA.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Current(i64);

impl Current {
    /// From whole mA.
    pub const fn from_ma(ma: i64) -> Current {
        Current(ma)
    }

    /// From A; parts of a mA are rounded, a half away from zero.
    pub fn from_a(a: Decimal) -> Result<Current, OutOfRange> {
        scaled(a, 3).map(Current).ok_or(OutOfRange { value: a, unit: "A" })
    }

    /// In mA.
    pub const fn ma(self) -> i64 {
        self.0
    }
}

/// `value` × 10^`places` as a whole number, a half away from zero.
fn scaled(value: Decimal, places: u32) -> Option<i64> {
    value
        .round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero)
        .checked_mul(Decimal::from(10_u32.pow(places)))?
        .to_i64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal_macros::dec;

    #[test]
    fn units_agree() {
        assert_eq!(Energy::from_kwh(dec!(12.417)), Energy::from_wh(dec!(12417)));
        assert_eq!(Energy::from_wh(dec!(0.0015)).unwrap().mwh(), 2);
        assert_eq!(Energy::from_wh(dec!(-0.0015)).unwrap().mwh(), -2);
        assert_eq!(Energy::from_mwh(12_417_000).kwh(), dec!(12.417));
        assert_eq!(Power::from_kw(dec!(7.36)), Power::from_w(dec!(7360)));
        assert_eq!(Current::from_a(dec!(16.5)).unwrap().ma(), 16_500);
    }

    #[test]
    fn beyond_any_measure_is_refused() {
        assert!(Energy::from_kwh(Decimal::MAX).is_err());
        assert!(Energy::from_wh(dec!(9223372036854775.808)).is_err());
        assert_eq!(Energy::from_wh(dec!(9223372036854775.807)).unwrap().mwh(), i64::MAX);
    }

    #[test]
    fn energy_is_kwh_in_json() {
        let json = serde_json::to_string(&Energy::from_mwh(1_500)).unwrap();
        assert_eq!(json, "\"0.0015\"");
        assert_eq!(serde_json::from_str::<Energy>(&json).unwrap(), Energy::from_mwh(1_500));
    }
}
