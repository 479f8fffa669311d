//! Pricing: tariffs, meter readings and bills in exact decimals; no clock, no I/O.
//!
//! A [`Tariff`] is read from JSON and checked. A [`Pricer`] takes a session's [`Reading`]s, each in constant time, and
//! tells at any moment the [`Total`] or the [`Bill`], whose lines explain every cent.

#![deny(clippy::float_arithmetic)]

mod adjust;
mod bill;
mod calendar;
mod charge;
mod check;
mod currency;
mod exact;
mod explain;
mod foreign;
mod invoice;
mod ladder;
mod ledger;
mod limit;
mod lint;
mod money;
pub mod ocpi;
pub mod ocpp;
mod offer;
mod period;
mod plan;
mod policy;
mod pricer;
mod quantity;
mod register;
mod reserve;
mod rule;
mod season;
mod session;
mod settle;
mod space;
mod tariff;
mod tax;
mod time_of_day;
mod week;
mod words;

pub use adjust::{Cap, CapPeriod, Discount};
pub use bill::{Anomaly, AnomalyKind, Bill, DimensionTotal, Line, Reason, TaxPart, Total, Unit, VatTotal};
pub use charge::Charge;
pub use check::{Invalid, Problem};
pub use currency::{Currency, UnknownCurrency};
pub use exact::parse as parse_decimal;
pub use explain::Language;
pub use lint::{Advice, AdviceLevel, Profile};
pub use money::{Money, MoneyError, Price};
pub use offer::{EnergyMix, EnergySource, EnvironmentalImpact, Impact, Kind, Source, Text};
pub use period::ChargingPeriod;
pub use plan::Plan;
pub use policy::{
    CreditCdr, EndMidnight, EqualTimes, LimitSide, Policy, PowerRange, ReservationElements, StepBasis,
    TimeVolume, UnknownPower, ZeroVolume,
};
pub use pricer::{Late, Pricer};
pub use quantity::{Current, Energy, OutOfRange, Power};
pub use reserve::Reserved;
pub use rule::Context;
pub use season::{BadMonthDay, MonthDay};
pub use session::{Activity, Reading};
pub use tariff::{
    Component, Day, Dimension, Element, EvseKind, PriceLimit, Reservation, Restrictions, Tariff, TaxIncluded,
};
pub use tax::Tax;
pub use time_of_day::{BadTimeOfDay, TimeOfDay};
pub use week::{Measure, Rate, Segment, Week, WeekDay};
pub use words::{PriceGroup, PriceRow};
