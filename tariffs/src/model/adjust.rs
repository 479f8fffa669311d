//! What changes a sum of prices: caps and discounts.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::model::exact;
use crate::model::tariff::Dimension;

/// What some dimensions together may cost at most, e.g. idle fees a day. What goes beyond is taken off as it comes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cap {
    /// For people and the lines of the bill.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// At least one; all their components bear the same taxes. A dimension is in one cap at most. Not `flat`.
    pub dimensions: Vec<Dimension>,
    /// Over which time.
    pub per: CapPeriod,
    /// Before or after tax like the tariff's prices.
    #[serde(with = "exact")]
    pub amount: Decimal,
}

/// The time that a cap is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CapPeriod {
    /// The whole session.
    Session,
    /// Each local day by itself, from midnight to midnight.
    Day,
}

/// Something taken off. Exactly one of `percent`, `amount`, `free_kwh` and `free_seconds` is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Discount {
    /// For people and the lines of the bill, e.g. "Member" or a voucher's code.
    pub name: String,
    /// So many percent off what earlier discounts have left of `dimensions`.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "exact::option")]
    pub percent: Option<Decimal>,
    /// So much off, never more than what there is; before or after tax like the tariff's prices. Before the tariff's
    /// least and highest price, after percents.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "exact::option")]
    pub amount: Option<Decimal>,
    /// The session's first kWh are free.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "exact::option")]
    pub free_kwh: Option<Decimal>,
    /// The session's first seconds of charging are free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_seconds: Option<u32>,
    /// What a percentage is taken off; empty: all. Only with `percent`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dimensions: Vec<Dimension>,
}
