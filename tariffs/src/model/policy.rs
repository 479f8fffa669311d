//! Where the standard's text leaves a choice, or engines read it in different ways: one switch per corner.
//!
//! The default follows the standard's chapter, and is what sessions are billed by: it never depends on a setting, so a
//! bill computed again is the same. Other values are for checking the bills of partners whose engines decide otherwise.
//! `docs/tariffs.md` has a sentence for each, `docs/pricing-differences.md` the clause that decides it.

use serde::{Deserialize, Serialize};

/// How the corners are decided. Each field names the OCPI section it is about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Policy {
    /// Tariffs, PriceComponent step_size: of what the total is rounded up.
    pub step_basis: StepBasis,
    /// CDRs, CdrDimension: times are hours with four decimals.
    pub time_volume: TimeVolume,
    /// Tariffs, min_price and max_price: a limit that is given without tax only.
    pub limit_side: LimitSide,
    /// Tariffs, TariffRestrictions end_time: 00:00 without a start_time.
    pub end_midnight: EndMidnight,
    /// Tariffs, TariffRestrictions: start_time and end_time are the same.
    pub equal_times: EqualTimes,
    /// Tariffs, TariffRestrictions min_power, max_power, min_current, max_current where nothing was measured.
    pub unknown_power: UnknownPower,
    /// Tariffs, TariffRestrictions min_power and the like: a charging period that reaches across the bound.
    pub power_range: PowerRange,
    /// Tariffs, step_size: is a charging period of a volume of zero the last one?
    pub zero_volume: ZeroVolume,
    /// CDRs, credit: the sign of the total cost of a Credit CDR.
    pub credit: CreditCdr,
    /// Tariffs, ReservationRestrictionType: are elements for reservations priced?
    pub reservation: ReservationElements,
}

/// See [`Policy::step_basis`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepBasis {
    /// What had a price.
    #[default]
    Priced,
    /// All that was used, free or priced.
    Used,
}

/// See [`Policy::time_volume`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimeVolume {
    /// A volume that is the length of its period up to the rounding of the fourth decimal is that length.
    #[default]
    PeriodLength,
    /// A volume is what it says.
    AsGiven,
}

/// See [`Policy::limit_side`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LimitSide {
    /// The other side follows at the tariff's rate; where there are several, at the rate the session had on average.
    #[default]
    Proportional,
    /// The other side stays as it was.
    GivenOnly,
}

/// See [`Policy::end_midnight`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndMidnight {
    /// The end of the day.
    #[default]
    EndOfDay,
    /// Before everything: never met.
    Never,
}

/// See [`Policy::equal_times`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EqualTimes {
    /// The tariff is refused; 00:00 to 00:00 is the whole day.
    #[default]
    Refused,
    /// Never met.
    Never,
    /// Always met.
    Always,
}

/// See [`Policy::unknown_power`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnknownPower {
    /// The restriction is not met.
    #[default]
    NotMet,
    /// The restriction is met.
    Met,
}

/// See [`Policy::power_range`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PowerRange {
    /// The restriction is met where all of the period is within its bounds. Where only the least or the most is told,
    /// the other is the same.
    #[default]
    Within,
    /// It is met where some of the period is within each of its bounds: a lower bound is held against the most, an upper
    /// bound against the least.
    Touches,
}

/// See [`Policy::zero_volume`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ZeroVolume {
    /// It leaves no trace.
    #[default]
    Ignored,
    /// It counts as a use of the dimension.
    Counts,
}

/// See [`Policy::credit`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CreditCdr {
    /// Only the total cost has the other sign.
    #[default]
    Negative,
    /// The total cost stays as it is.
    Positive,
}

/// See [`Policy::reservation`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReservationElements {
    /// Reservation time and the reservation's flat fee are priced.
    #[default]
    Priced,
    /// Reservations cost nothing.
    Skipped,
}
