//! The bill of a session: lines that add up to its totals.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::model::adjust::CapPeriod;
use crate::model::charge::Charge;
use crate::model::currency::Currency;
use crate::model::exact;
use crate::model::money::Money;
use crate::model::quantity::Energy;
use crate::model::tariff::TaxIncluded;

/// What a session costs, and why. All amounts are in whole units of `currency`, rounded to its smallest unit.
///
/// The nets of all lines add up to `total_excl`, the grosses to `total_incl`; in every line net + tax = gross.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bill {
    /// The currency of all amounts.
    pub currency: Currency,
    /// The time zone that the tariff was read in.
    pub time_zone: Tz,
    /// Did the tariff's prices contain the VAT?
    pub tax_included: TaxIncluded,
    /// Start of the session.
    pub from: DateTime<Utc>,
    /// Up to where the session is billed.
    pub to: DateTime<Utc>,
    /// All energy that was taken, free or priced.
    pub energy: Energy,
    /// In order of time, adjustments last.
    pub lines: Vec<Line>,
    /// Per charge that has lines, what they add up to, caps included; adjustments of the total are in none.
    pub totals: Vec<DimensionTotal>,
    /// Before VAT.
    pub total_excl: Decimal,
    /// After VAT.
    pub total_incl: Decimal,
    /// What was odd, one entry per kind.
    pub anomalies: Vec<Anomaly>,
}

impl Bill {
    /// The same session for nothing: no lines, and totals of zero.
    pub fn waived(self) -> Bill {
        let none = Decimal::ZERO;
        Bill { lines: Vec::new(), totals: Vec::new(), total_excl: none, total_incl: none, ..self }
    }
}

/// One line: `net` is the rounded product of quantity and price, or what is in it before VAT if prices contain it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Why the line is there.
    pub reason: Reason,
    /// The name of the tariff's element, cap or discount, e.g. "peak"; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// First instant.
    pub from: DateTime<Utc>,
    /// Last instant.
    pub to: DateTime<Utc>,
    /// What is billed; `None` for adjustments of the total.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dimension: Option<Charge>,
    /// How much, in `unit`. Exact.
    pub quantity: Decimal,
    /// The unit of `quantity`.
    pub unit: Unit,
    /// Per kWh where the unit is kWh, per hour where it is a second, else for the whole.
    pub unit_price: Decimal,
    /// Before VAT.
    pub net: Decimal,
    /// The rate in percent; `None`: no VAT applies, or `taxes` has more than it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vat: Option<Decimal>,
    /// Where VAT is not all: each tax with its part of `tax`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taxes: Vec<TaxPart>,
    /// `gross` − `net`.
    pub tax: Decimal,
    /// After VAT.
    pub gross: Decimal,
}

/// A tax and its part of an amount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxPart {
    /// E.g. "State".
    pub name: String,
    /// The rate.
    #[serde(with = "exact")]
    pub percent: Decimal,
    /// In the bill's currency.
    pub amount: Decimal,
}

/// Why a line is on the bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// An element of the tariff priced it.
    Price,
    /// No element priced it: it is free.
    Free,
    /// The total of the dimension is billed in steps; this is the rest of the last one.
    Step {
        /// In Wh or seconds.
        size: u32,
    },
    /// A cap: what goes beyond it is not charged.
    Cap {
        /// Over which time.
        per: CapPeriod,
    },
    /// A discount.
    Discount,
    /// The session costs at least so much.
    MinPrice,
    /// The session costs at most so much.
    MaxPrice,
    /// The total of a VAT rate is rounded once; this is its difference from the sum of rounded lines.
    Rounding,
}

/// What a quantity counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// kWh; prices are per kWh.
    Kwh,
    /// Seconds; prices are per hour.
    Second,
    /// The session as a whole.
    Session,
}

/// What the lines of a charge add up to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DimensionTotal {
    /// Which.
    pub dimension: Charge,
    /// In kWh, seconds, or times; with what steps added and what was free.
    pub quantity: Decimal,
    /// Before VAT.
    pub net: Decimal,
    /// `gross` − `net`.
    pub tax: Decimal,
    /// After VAT.
    pub gross: Decimal,
}

/// Something odd about the readings; the bill leaves out what cannot be true.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Anomaly {
    /// What.
    pub kind: AnomalyKind,
    /// How often.
    pub count: u64,
    /// The first time.
    pub first_at: DateTime<Utc>,
    /// The last time.
    pub last_at: DateTime<Utc>,
    /// The register before the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Energy>,
    /// The register at the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Energy>,
}

/// The kinds of oddness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnomalyKind {
    /// The register went backwards: no energy is billed for that step.
    RegisterShrank,
    /// The register rose by more than any station can deliver: no energy is billed for that step.
    RegisterJumped,
    /// A reading is earlier than the session: it counts as of its start.
    BeforeStart,
    /// A reading, or the end, is more than 400 days after the start: it counts as of the instant before it.
    TooLate,
    /// The tariff prices energy, but the register was read less than twice: no energy is billed.
    NotMetered,
}

/// The sums of a session so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Total {
    /// Before VAT.
    pub excl: Money,
    /// After VAT.
    pub incl: Money,
    /// All energy that was taken, free or priced.
    pub energy: Energy,
}

/// What the lines that bear the same taxes add up to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VatTotal {
    /// The rate in percent; `None`: no VAT applies, or `taxes` has more than it.
    pub vat: Option<Decimal>,
    /// Where VAT is not all: each tax with its part of `tax`.
    pub taxes: Vec<TaxPart>,
    /// Before VAT.
    pub net: Decimal,
    /// `gross` − `net`.
    pub tax: Decimal,
    /// After VAT.
    pub gross: Decimal,
}

impl Bill {
    /// The sums alone.
    pub fn total(&self) -> Total {
        let money = |amount| Money { amount, currency: self.currency };
        Total { excl: money(self.total_excl), incl: money(self.total_incl), energy: self.energy }
    }

    /// The lines' sums by their taxes, in order of appearance; together they are the totals.
    pub fn vat_totals(&self) -> Vec<VatTotal> {
        let mut totals: Vec<VatTotal> = Vec::new();
        for line in &self.lines {
            match totals.iter_mut().find(|total| same_taxes(total, line)) {
                Some(total) => {
                    total.net += line.net;
                    total.tax += line.tax;
                    total.gross += line.gross;
                    total.taxes.iter_mut().zip(&line.taxes).for_each(|(sum, part)| sum.amount += part.amount);
                }
                None => totals.push(VatTotal {
                    vat: line.vat,
                    taxes: line.taxes.clone(),
                    net: line.net,
                    tax: line.tax,
                    gross: line.gross,
                }),
            }
        }
        totals
    }
}

fn same_taxes(total: &VatTotal, line: &Line) -> bool {
    let rates = |parts: &[TaxPart]| -> Vec<(String, Decimal)> {
        parts.iter().map(|part| (part.name.clone(), part.percent)).collect()
    };
    total.vat == line.vat && rates(&total.taxes) == rates(&line.taxes)
}
