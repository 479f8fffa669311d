//! Pricing: tariffs, meter readings and bills in exact decimals; no clock, no I/O.
//!
//! A [`Tariff`] is read from JSON and checked. A [`Pricer`] takes a session's [`Reading`]s, each in constant time, and
//! tells at any moment the [`Total`] or the [`Bill`], whose lines explain every cent.
//!
//! | folder | has |
//! |---|---|
//! | `model` | what a tariff says, what is wrong with one, money and quantities |
//! | `pricing` | from readings to quantities to exact sums to a bill |
//! | `telling` | tariffs and bills for people: sentences, price lists, the week, advice |
//! | `ocpi` | tariffs and charge detail records of OCPI 2.2.1 and 2.3.0 |
//! | `ocpp` | tariffs and cost details of OCPP 2.1, California pricing for 1.6 |
//! | `foreign` | how JSON of others is read: by path, all problems at once |

#![deny(clippy::float_arithmetic)]

mod foreign;
mod model;
pub mod ocpi;
pub mod ocpp;
mod pricing;
mod telling;

pub use model::adjust::{Cap, CapPeriod, Discount};
pub use model::charge::Charge;
pub use model::check::{Invalid, Problem};
pub use model::currency::{Currency, UnknownCurrency};
pub use model::exact::parse as parse_decimal;
pub use model::money::{Money, MoneyError, Price};
pub use model::offer::{EnergyMix, EnergySource, EnvironmentalImpact, Impact, Kind, Source, Text};
pub use model::policy::{
    CreditCdr, EndMidnight, EqualTimes, LimitSide, Policy, PowerRange, ReservationElements, StepBasis,
    TimeVolume, UnknownPower, ZeroVolume,
};
pub use model::quantity::{Current, Energy, OutOfRange, Power};
pub use model::season::{BadMonthDay, MonthDay};
pub use model::tariff::{
    Component, Day, Dimension, Element, EvseKind, PriceLimit, Reservation, Restrictions, Tariff, TaxIncluded,
};
pub use model::tax::Tax;
pub use model::time_of_day::{BadTimeOfDay, TimeOfDay};
pub use pricing::bill::{
    Anomaly, AnomalyKind, Bill, DimensionTotal, Line, Reason, TaxPart, Total, Unit, VatTotal,
};
pub use pricing::period::ChargingPeriod;
pub use pricing::plan::Plan;
pub use pricing::pricer::{Late, Pricer};
pub use pricing::reserve::Reserved;
pub use pricing::rule::Context;
pub use pricing::session::{Activity, Reading};
pub use telling::explain::Language;
pub use telling::lint::{Advice, AdviceLevel, Profile};
pub use telling::week::{Measure, Rate, Segment, Week, WeekDay};
pub use telling::words::{PriceGroup, PriceRow};
