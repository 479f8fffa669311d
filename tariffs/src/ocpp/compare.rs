//! A station's costs beside our bill.

use rust_decimal::Decimal;
use serde::Serialize;

use super::cost_details::{Amount, CostDetails, CostKind};
use crate::model::charge::Charge;
use crate::model::currency::Currency;
use crate::pricing::bill::{Bill, Reason, Unit};
use crate::telling::explain::Language;

/// Up to what a difference is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tolerance {
    /// In whole units of the currency, for each amount.
    pub money: Decimal,
    /// In Wh.
    pub energy: Decimal,
    /// In seconds.
    pub seconds: u32,
}

impl Tolerance {
    /// What two honest engines may differ by: the smallest unit of the currency, 10 Wh, and a minute.
    pub fn fair(currency: Currency) -> Tolerance {
        Tolerance { money: Decimal::new(1, currency.digits()), energy: Decimal::TEN, seconds: 60 }
    }

    /// None at all. Amounts are still rounded to the currency's smallest unit before they are compared.
    pub fn none() -> Tolerance {
        Tolerance { money: Decimal::ZERO, energy: Decimal::ZERO, seconds: 0 }
    }
}

/// Something that the station says otherwise than our bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The field of CostDetailsType, e.g. `totalCost.energy.exclTax`.
    pub path: String,
    /// What kind of difference it is.
    pub finding: Finding,
    /// The station's value; empty if it gives none.
    pub theirs: String,
    /// Our value.
    pub ours: String,
}

/// The kinds of difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// The station could not calculate; nothing else was compared.
    Failure,
    /// Another currency; no amount was compared.
    Currency,
    /// A bound of the tariff made the total on one side only.
    KindOfCost,
    /// Another amount or quantity.
    Value,
    /// The station gives no value.
    Missing,
}

impl Difference {
    fn new(path: &str, finding: Finding, theirs: impl ToString, ours: impl ToString) -> Difference {
        Difference { path: path.to_owned(), finding, theirs: theirs.to_string(), ours: ours.to_string() }
    }

    /// A sentence for people, without a full stop.
    pub fn say(&self, language: Language) -> String {
        let Difference { path, theirs, ours, .. } = self;
        let what = subject(path, language);
        match (self.finding, language) {
            (Finding::Failure, Language::English) if theirs.is_empty() => {
                format!("the station could not calculate the cost; we bill {ours}")
            }
            (Finding::Failure, Language::Chinese) if theirs.is_empty() => {
                format!("充电桩未能计算费用；我方账单为 {ours}")
            }
            (Finding::Failure, Language::English) => {
                format!("the station could not calculate the cost (\"{theirs}\"); we bill {ours}")
            }
            (Finding::Failure, Language::Chinese) => {
                format!("充电桩未能计算费用（“{theirs}”）；我方账单为 {ours}")
            }
            (Finding::Missing, Language::English) => {
                format!("{what}: the station gives nothing, we have {ours}")
            }
            (Finding::Missing, Language::Chinese) => format!("{what}：充电桩未提供，我方为 {ours}"),
            (_, Language::English) => format!("{what}: the station says {theirs}, we have {ours}"),
            (_, Language::Chinese) => format!("{what}：充电桩为 {theirs}，我方为 {ours}"),
        }
    }
}

/// The field in words.
fn subject(path: &str, language: Language) -> String {
    let chinese = language == Language::Chinese;
    let side = match path.rsplit('.').next() {
        Some("exclTax") if chinese => "（不含税）",
        Some("inclTax") if chinese => "（含税）",
        Some("exclTax") => " before tax",
        Some("inclTax") => " after tax",
        _ => "",
    };
    let names = [
        ("totalCost.currency", "currency", "币种"),
        ("totalCost.typeOfCost", "what made the total", "总费用的依据"),
        ("totalCost.total", "total", "总费用"),
        ("totalCost.fixed", "fixed fees", "固定费用"),
        ("totalCost.energy", "energy", "电费"),
        ("totalCost.chargingTime", "charging time", "充电时长费"),
        ("totalCost.idleTime", "idle time", "占位费"),
        ("totalCost.reservationTime", "reservation time", "预约时长费"),
        ("totalCost.reservationFixed", "reservation fee", "预约固定费"),
        ("totalUsage.energy", "energy used, Wh", "用电量（Wh）"),
        ("totalUsage.chargingTime", "duration, s", "时长（秒）"),
        ("totalUsage.idleTime", "time without charging, s", "未充电时长（秒）"),
    ];
    let name = names.iter().find(|(prefix, ..)| path.starts_with(prefix));
    let name = name.map_or(path, |(_, english, zh)| if chinese { zh } else { english });
    format!("{name}{side}")
}

/// What differs between a station's costs and our bill of the same session; empty: nothing.
///
/// Amounts of the station are rounded to the currency's smallest unit first. Where it gives no amounts for any part, the
/// parts are not compared; nor are they where a bound of the tariff made the total, because then they are not what is due; nor where
/// our bill has discounts as lines of their own, which a station has in its prices.
pub fn compare(details: &CostDetails, bill: &Bill, tolerance: &Tolerance) -> Vec<Difference> {
    let total = format!("{} {}", bill.total_incl, bill.currency);
    if details.failed {
        return vec![Difference::new("failureToCalculate", Finding::Failure, &details.failure_reason, total)];
    }
    let mut found = Vec::new();
    if details.currency == bill.currency.code() {
        amounts(details, bill, tolerance, &mut found);
    } else {
        found.push(Difference::new(
            "totalCost.currency",
            Finding::Currency,
            &details.currency,
            bill.currency,
        ));
    }
    usage(details, bill, tolerance, &mut found);
    found
}

fn amounts(details: &CostDetails, bill: &Bill, tolerance: &Tolerance, found: &mut Vec<Difference>) {
    let kind = kind(bill);
    if details.kind != kind {
        let (theirs, ours) = (kind_word(details.kind), kind_word(kind));
        found.push(Difference::new("totalCost.typeOfCost", Finding::KindOfCost, theirs, ours));
    }
    let total = (bill.total_excl, bill.total_incl);
    amount("totalCost.total", Some(details.total), total, bill.currency, tolerance, found);
    let sum = |charges: &[Charge]| {
        let totals = bill.totals.iter().filter(|total| charges.contains(&total.dimension));
        totals.fold((Decimal::ZERO, Decimal::ZERO), |sum, total| (sum.0 + total.net, sum.1 + total.gross))
    };
    let parts = [
        ("totalCost.fixed", details.fixed, sum(&[Charge::Flat])),
        ("totalCost.energy", details.energy, sum(&[Charge::Energy, Charge::Service])),
        ("totalCost.chargingTime", details.charging_time, sum(&[Charge::Time])),
        ("totalCost.idleTime", details.idle_time, sum(&[Charge::ParkingTime])),
        ("totalCost.reservationTime", details.reservation_time, sum(&[Charge::ReservationTime])),
        ("totalCost.reservationFixed", details.reservation_fixed, sum(&[Charge::ReservationFlat])),
    ];
    let bounded = details.kind != CostKind::Normal || kind != CostKind::Normal;
    let discounted = bill.lines.iter().any(|line| line.reason == Reason::Discount);
    if bounded || discounted || parts.iter().all(|(_, theirs, _)| theirs.is_none()) {
        return;
    }
    for (path, theirs, ours) in parts {
        amount(path, theirs, ours, bill.currency, tolerance, found);
    }
}

/// Compares both sides that the station gives.
fn amount(
    path: &str,
    theirs: Option<Amount>,
    (excl, incl): (Decimal, Decimal),
    currency: Currency,
    tolerance: &Tolerance,
    found: &mut Vec<Difference>,
) {
    let amount = theirs.unwrap_or_default();
    let sides = [("exclTax", amount.excl, excl), ("inclTax", amount.incl, incl)];
    if amount.excl.is_none() && amount.incl.is_none() {
        if incl.abs() > tolerance.money || theirs.is_some() {
            found.push(Difference::new(path, Finding::Missing, "", incl));
        }
        return;
    }
    for (side, theirs, ours) in sides {
        let Some(theirs) = theirs else { continue };
        if (currency.round(theirs) - ours).abs() > tolerance.money {
            found.push(Difference::new(&format!("{path}.{side}"), Finding::Value, theirs.normalize(), ours));
        }
    }
}

fn usage(details: &CostDetails, bill: &Bill, tolerance: &Tolerance, found: &mut Vec<Difference>) {
    let energy = bill.energy.kwh() * Decimal::ONE_THOUSAND;
    if (details.usage.energy - energy).abs() > tolerance.energy {
        let (theirs, ours) = (details.usage.energy.normalize(), energy.normalize());
        found.push(Difference::new("totalUsage.energy", Finding::Value, theirs, ours));
    }
    let near =
        |theirs: u32, ours: Decimal| (Decimal::from(theirs) - ours).abs() <= Decimal::from(tolerance.seconds);
    let duration = Decimal::from((bill.to - bill.from).num_seconds());
    // OCPP's words count the time without charging, its name does not: either may be meant.
    let charging = seconds(bill, Charge::Time);
    let theirs = details.usage.charging_time;
    let idle = seconds(bill, Charge::ParkingTime);
    let without_idle = charging.or(idle.map(|idle| duration - idle));
    if !near(theirs, duration) && !without_idle.is_some_and(|charging| near(theirs, charging)) {
        found.push(Difference::new("totalUsage.chargingTime", Finding::Value, theirs, duration));
    }
    if let Some(idle) = idle.filter(|idle| !near(details.usage.idle_time, *idle)) {
        let theirs = details.usage.idle_time;
        found.push(Difference::new("totalUsage.idleTime", Finding::Value, theirs, idle.normalize()));
    }
}

/// The seconds of a charge, without what steps add; `None` if the bill has no lines of it.
fn seconds(bill: &Bill, charge: Charge) -> Option<Decimal> {
    let lines = bill.lines.iter().filter(|line| {
        let used = matches!(line.reason, Reason::Price | Reason::Free);
        line.dimension == Some(charge) && line.unit == Unit::Second && used
    });
    lines.map(|line| line.quantity).reduce(|sum, quantity| sum + quantity)
}

/// What made the total of our bill.
fn kind(bill: &Bill) -> CostKind {
    let has = |reason| bill.lines.iter().any(|line| line.reason == reason);
    if has(Reason::MinPrice) {
        CostKind::Min
    } else if has(Reason::MaxPrice) {
        CostKind::Max
    } else {
        CostKind::Normal
    }
}

fn kind_word(kind: CostKind) -> &'static str {
    match kind {
        CostKind::Normal => "NormalCost",
        CostKind::Min => "MinCost",
        CostKind::Max => "MaxCost",
    }
}
