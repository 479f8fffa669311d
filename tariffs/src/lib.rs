//! Pricing: tariffs, meter readings and bills in exact decimals; no clock, no I/O.
//!
//! A [`Tariff`] is read from JSON and checked. A [`Pricer`] takes a session's [`Reading`]s, each in constant time, and
//! tells at any moment the [`Total`] or the [`Bill`], whose lines explain every cent.

#![deny(clippy::float_arithmetic)]

mod bill;
mod calendar;
mod check;
mod currency;
mod exact;
mod explain;
mod ledger;
mod money;
mod plan;
mod pricer;
mod quantity;
mod register;
mod session;
mod settle;
mod tariff;
mod time_of_day;

pub use bill::{Anomaly, AnomalyKind, Bill, DimensionTotal, Line, Reason, Total, Unit, VatTotal};
pub use check::{Invalid, Problem};
pub use currency::{Currency, UnknownCurrency};
pub use exact::parse as parse_decimal;
pub use explain::Language;
pub use money::{Money, MoneyError, Price};
pub use plan::Plan;
pub use pricer::{Late, Pricer};
pub use quantity::{Current, Energy, OutOfRange, Power};
pub use session::{Activity, Reading};
pub use tariff::{
    Component, Day, Dimension, Element, PriceLimit, Reservation, Restrictions, Tariff, TaxIncluded,
};
pub use time_of_day::{BadTimeOfDay, TimeOfDay};
