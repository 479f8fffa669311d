//! What a station says that a session costs (CostDetailsType), and how that differs from our bill.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::Value;

pub use super::compare::{Difference, Finding, Tolerance, compare};
use super::fields::{open, parse};
use crate::foreign::{Object, Report, lenient, strict};
use crate::model::check::Invalid;

/// A session of weeks with a price that changes every few minutes has fewer.
const MAX_PERIODS: usize = 20_000;

/// What a station says that a session costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostDetails {
    /// ISO 4217, as it was written.
    pub currency: String,
    /// Whether the prices or a bound made the total.
    pub kind: CostKind,
    /// The session as a whole; at least one side is given.
    pub total: Amount,
    /// Fixed fees.
    pub fixed: Option<Amount>,
    /// Energy.
    pub energy: Option<Amount>,
    /// Time while charging.
    pub charging_time: Option<Amount>,
    /// Time without charging.
    pub idle_time: Option<Amount>,
    /// Time of a reservation.
    pub reservation_time: Option<Amount>,
    /// Fixed fees of a reservation.
    pub reservation_fixed: Option<Amount>,
    /// What the session used.
    pub usage: Usage,
    /// In order of time; the last ends with the session.
    pub periods: Vec<Period>,
    /// The station could not calculate: its amounts mean nothing.
    pub failed: bool,
    /// Why, in its words; may be empty.
    pub failure_reason: String,
}

/// An amount before and after tax, of which a station may tell one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Amount {
    /// Before tax.
    pub excl: Option<Decimal>,
    /// After tax.
    pub incl: Option<Decimal>,
}

/// What made the total (TariffCostEnumType).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CostKind {
    /// The prices.
    Normal,
    /// The tariff's least price.
    Min,
    /// The tariff's highest price.
    Max,
}

/// What a session used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// In Wh.
    pub energy: Decimal,
    /// In seconds. By the words of OCPP with the time without charging; some stations leave that out.
    pub charging_time: u32,
    /// Without charging, in seconds.
    pub idle_time: u32,
    /// Of the reservation, in seconds.
    pub reservation_time: Option<u32>,
}

/// A stretch of time under the same conditions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// Its first instant.
    pub start: DateTime<Utc>,
    /// The tariff that priced it; empty: something else did.
    pub tariff_id: String,
    /// What was used: the word of OCPP and the amount, e.g. "Energy".
    pub volumes: Vec<(String, Decimal)>,
}

/// Reads `costDetails` of a TransactionEvent. Every problem names its field, e.g. `totalCost.energy.exclTax`; fields
/// that are not known are not looked at.
pub fn read(details: &Value) -> Result<CostDetails, Invalid> {
    let mut findings = Report::default();
    let read = open(details, "", &mut findings).and_then(|object| whole(object, &mut findings));
    let (problems, _) = findings.into_parts();
    match read {
        Some(read) if problems.is_empty() => Ok(read),
        _ => Err(Invalid { problems }),
    }
}

/// Reads the same from a JSON text.
pub fn from_json(json: &str) -> Result<CostDetails, Invalid> {
    read(&parse(json)?)
}

fn whole(mut object: Object<'_>, findings: &mut Report) -> Option<CostDetails> {
    let failed = object.may("failureToCalculate", findings, lenient::boolean).unwrap_or_default();
    let failure_reason =
        object.may("failureReason", findings, strict::text(500)).unwrap_or_default().to_owned();
    let usage = object.need("totalUsage", findings).and_then(|value| usage(value, findings));
    let periods = strict::members(&mut object, "chargingPeriods", MAX_PERIODS, findings);
    let periods = periods.into_iter().filter_map(|(path, value)| period(value, &path, findings)).collect();
    let cost = object.need("totalCost", findings)?;
    let mut cost = open(cost, "totalCost", findings)?;
    let currency = cost.must("currency", findings, strict::text(3));
    let kind = match cost.must("typeOfCost", findings, strict::text(20)) {
        Some("NormalCost") => Some(CostKind::Normal),
        Some("MinCost") => Some(CostKind::Min),
        Some("MaxCost") => Some(CostKind::Max),
        Some(_) => {
            findings.refuse(cost.place("typeOfCost"), "is none of NormalCost, MinCost and MaxCost");
            None
        }
        None => None,
    };
    let total = cost.need("total", findings).and_then(|value| amount(value, "totalCost.total", findings));
    let mut part = |name: &'static str| {
        let value = cost.get(name)?;
        amount(value, &cost.place(name), findings)
    };
    let [fixed, energy, charging_time, idle_time, reservation_time, reservation_fixed] =
        ["fixed", "energy", "chargingTime", "idleTime", "reservationTime", "reservationFixed"].map(&mut part);
    Some(CostDetails {
        currency: currency?.to_owned(),
        kind: kind?,
        total: total?,
        fixed,
        energy,
        charging_time,
        idle_time,
        reservation_time,
        reservation_fixed,
        usage: usage?,
        periods,
        failed,
        failure_reason,
    })
}

fn amount(value: &Value, path: &str, findings: &mut Report) -> Option<Amount> {
    let mut object = open(value, path, findings)?;
    Some(Amount {
        excl: object.may("exclTax", findings, strict::decimal),
        incl: object.may("inclTax", findings, strict::decimal),
    })
}

fn usage(value: &Value, findings: &mut Report) -> Option<Usage> {
    let mut object = open(value, "totalUsage", findings)?;
    let energy = object.must("energy", findings, strict::decimal);
    let mut seconds = |name| object.must(name, findings, strict::whole);
    let (charging_time, idle_time) = (seconds("chargingTime"), seconds("idleTime"));
    let reservation_time = object.may("reservationTime", findings, strict::whole);
    Some(Usage { energy: energy?, charging_time: charging_time?, idle_time: idle_time?, reservation_time })
}

fn period(value: &Value, path: &str, findings: &mut Report) -> Option<Period> {
    let mut object = open(value, path, findings)?;
    let start = object.must("startPeriod", findings, strict::instant);
    let tariff_id = object.may("tariffId", findings, strict::text(60)).unwrap_or_default().to_owned();
    let dimensions = strict::members(&mut object, "dimensions", strict::MAX_LIST, findings);
    let volumes = dimensions.into_iter().filter_map(|(path, value)| {
        let mut object = open(value, &path, findings)?;
        let (name, volume) = (
            object.must("type", findings, strict::text(60)),
            object.must("volume", findings, strict::decimal),
        );
        Some((name?.to_owned(), volume?))
    });
    let volumes = volumes.collect();
    Some(Period { start: start?, tariff_id, volumes })
}
