//! What a station that counts costs itself says, held against what we say. It never changes a bill.

use rust_decimal::Decimal;
use serde_json::{Map, Value};
use tariffs::{
    Bill, Dimension, Tariff,
    ocpp::cost_details::{self, CostDetails, Difference, Finding, Tolerance, compare},
};

const SECONDS_PER_HOUR: u32 = 3_600;
/// What stations tell beyond these decimals is noise.
const DECIMALS: u32 = 9;

/// How a station's costs stand to ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// As ours, within what rounding explains.
    Agrees,
    /// Otherwise. `tariff` is what the station says it has counted with; empty if it does not say.
    Differs { tariff: String, found: Vec<Difference> },
    /// The station could not count, or what it sent cannot be read.
    Failed { reason: String },
}

/// Judges the costs at the end: every sum, to the currency's smallest unit.
pub fn at_end(told: &Value, bill: Option<&Bill>) -> Judgement {
    judge(told, |details| match bill {
        Some(bill) => compare(details, bill, &Tolerance::fair(bill.currency)),
        None => unpriced(details),
    })
}

/// Judges the costs of a session that runs: the total alone, and with room for what station and CSMS may not yet know
/// alike. Where they have counted other quantities, that is what the difference costs at the dearest price.
pub fn so_far(told: &Value, bill: &Bill, tariff: &Tariff) -> Judgement {
    judge(told, |details| {
        let mut tolerance = Tolerance::fair(bill.currency);
        tolerance.money = tolerance.money.saturating_add(dearest(tariff, details, bill));
        let mut found = compare(details, bill, &tolerance);
        // A lowest or highest price is in the total of one side before the other side thinks of it.
        let bounded = found.iter().any(|difference| difference.finding == Finding::KindOfCost);
        found.retain(|difference| match difference.finding {
            Finding::Failure | Finding::Currency => true,
            Finding::Value | Finding::Missing => !bounded && difference.path.starts_with("totalCost.total"),
            Finding::KindOfCost => false,
        });
        found
    })
}

fn judge(told: &Value, compare: impl FnOnce(&CostDetails) -> Vec<Difference>) -> Judgement {
    let details = match cost_details::read(&steadied(told)) {
        Ok(details) => details,
        Err(invalid) => return Judgement::Failed { reason: invalid.to_string() },
    };
    if details.failed {
        return Judgement::Failed { reason: details.failure_reason };
    }
    let found = compare(&details);
    if found.is_empty() {
        return Judgement::Agrees;
    }
    let tariff = details.periods.into_iter().map(|period| period.tariff_id).rfind(|id| !id.is_empty());
    Judgement::Differs { tariff: tariff.unwrap_or_default(), found }
}

/// We have no price; then whatever the station wants for the session is a difference.
fn unpriced(details: &CostDetails) -> Vec<Difference> {
    let total = details.total.incl.or(details.total.excl).unwrap_or_default();
    if total.is_zero() {
        return Vec::new();
    }
    let theirs = format!("{} {}", total.normalize(), details.currency);
    vec![Difference {
        path: "totalCost.total".to_owned(),
        finding: Finding::Value,
        theirs,
        ours: String::new(),
    }]
}

/// The most that the quantities by which they differ can cost.
fn dearest(tariff: &Tariff, details: &CostDetails, bill: &Bill) -> Decimal {
    let highest = |dimension: Dimension| {
        let components = tariff.elements.iter().flat_map(|element| &element.components);
        let prices = components.filter(|component| component.dimension == dimension).map(|component| {
            let rates = component.vat.into_iter().chain(component.taxes.iter().map(|tax| tax.percent));
            rates.fold(component.price.0, |price, rate| price * (Decimal::ONE + rate / Decimal::ONE_HUNDRED))
        });
        prices.max().unwrap_or_default()
    };
    let kwh = (details.usage.energy / Decimal::ONE_THOUSAND - bill.energy.kwh()).abs();
    let energy = highest(Dimension::Energy) + highest(Dimension::Service);
    let duration = Decimal::from((bill.to - bill.from).num_seconds());
    // Some stations count idle time as charging time, some do not.
    let charging = Decimal::from(details.usage.charging_time);
    let idle = Decimal::from(details.usage.idle_time);
    let seconds = (charging - duration).abs().min((charging + idle - duration).abs());
    let time = highest(Dimension::Time).max(highest(Dimension::ParkingTime));
    let parts = [energy.checked_mul(kwh), time.checked_mul(seconds / Decimal::from(SECONDS_PER_HOUR))];
    parts.into_iter().fold(Decimal::ZERO, |sum, part| sum.saturating_add(part.unwrap_or(Decimal::MAX)))
}

/// The same without what binary fractions leave behind, such as 0.30000000000000004.
fn steadied(value: &Value) -> Value {
    match value {
        Value::Number(number) if number.as_i64().is_none() => {
            let exact = number.to_string().parse::<Decimal>().ok().map(|exact| exact.round_dp(DECIMALS));
            let steady = exact.and_then(|exact| serde_json::from_str(&exact.normalize().to_string()).ok());
            steady.map_or_else(|| value.clone(), Value::Number)
        }
        Value::Array(items) => items.iter().map(steadied).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), steadied(value))).collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}
