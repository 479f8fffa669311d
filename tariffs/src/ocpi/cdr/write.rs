//! The priced part of a CDR, from a bill and its charging periods. Who, where and by which token is for whoever sends it.

use chrono::{DateTime, SecondsFormat, Utc};
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Map, Value, json};

use super::super::Version;
use super::super::rows::number;
use crate::model::charge::Charge;
use crate::model::tax::VAT;
use crate::pricing::bill::{Bill, Line, Reason};
use crate::pricing::period::ChargingPeriod;
use crate::pricing::session::Activity;

/// OCPI's numbers have so many decimals.
const DECIMALS: u32 = 4;

/// The fields of a CDR that come of pricing: times, currency, tariffs, charging periods and totals. Its costs are the
/// bill's, to the cent; its volumes are rounded to four decimals, so that the energies of all periods add up to the
/// rounded total. `tariff` is the tariff as an OCPI object of the same version; `None` if there was none.
pub fn priced_part(
    bill: &Bill,
    periods: &[ChargingPeriod],
    tariff: Option<&Value>,
    version: Version,
) -> Map<String, Value> {
    let reserved = reservation(bill);
    let mut map = Map::new();
    let start = reserved.first().map_or(bill.from, |(from, _)| *from.min(&bill.from));
    map.insert("start_date_time".into(), time(start).into());
    map.insert("end_date_time".into(), time(bill.to).into());
    map.insert("currency".into(), bill.currency.code().into());
    let id = tariff.and_then(|tariff| tariff.get("id")).cloned();
    map.insert("charging_periods".into(), charging_periods(bill, &reserved, periods, id.as_ref()));
    map.extend(tariff.map(|tariff| ("tariffs".to_owned(), json!([tariff]))));
    let all: Vec<&Line> = bill.lines.iter().collect();
    map.insert("total_cost".into(), price(bill.total_excl, bill.total_incl, &all, version));
    let costs: [(&str, &[Charge]); 5] = [
        ("total_fixed_cost", &[Charge::Flat]),
        ("total_energy_cost", &[Charge::Energy, Charge::Service]),
        ("total_time_cost", &[Charge::Time]),
        ("total_parking_cost", &[Charge::ParkingTime]),
        ("total_reservation_cost", &[Charge::ReservationTime, Charge::ReservationFlat]),
    ];
    for (name, charges) in costs {
        let of = |line: &&Line| line.dimension.is_some_and(|charge| charges.contains(&charge));
        let lines: Vec<&Line> = bill.lines.iter().filter(of).collect();
        if lines.iter().any(|line| line.reason != Reason::Free) {
            let sum = |side: fn(&Line) -> Decimal| lines.iter().map(|line| side(line)).sum::<Decimal>();
            map.insert(name.into(), price(sum(|line| line.net), sum(|line| line.gross), &lines, version));
        }
    }
    let parked = periods.iter().filter(|period| period.activity == Activity::Parking);
    let parked: i64 = parked.map(micros).sum();
    map.insert("total_energy".into(), decimal(rounded(bill.energy.kwh())));
    let whole = (bill.to - bill.from).num_microseconds().unwrap_or(0);
    map.insert("total_time".into(), decimal(hours(whole)));
    map.insert("total_parking_time".into(), decimal(hours(parked)));
    map
}

/// From when to when the reservation that the bill charges for had one price each.
fn reservation(bill: &Bill) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
    let of = |charge: Charge| bill.lines.iter().filter(move |line| line.dimension == Some(charge));
    // The rest of a step is told at the end of the session.
    let used = of(Charge::ReservationTime).filter(|line| matches!(line.reason, Reason::Price | Reason::Free));
    let mut parts: Vec<_> = used.map(|line| (line.from, line.to)).collect();
    parts.sort_unstable();
    if parts.is_empty() {
        // Its time has no price, but its fee is due for what was reserved.
        parts.extend(of(Charge::ReservationFlat).map(|line| (line.from, bill.from)));
    }
    parts
}

fn charging_periods(
    bill: &Bill,
    reserved: &[(DateTime<Utc>, DateTime<Utc>)],
    periods: &[ChargingPeriod],
    tariff: Option<&Value>,
) -> Value {
    let mut list = Vec::with_capacity(periods.len() + reserved.len());
    let mut add = |from: DateTime<Utc>, dimensions: Vec<Value>| {
        let mut period = Map::new();
        period.insert("start_date_time".into(), time(from).into());
        period.insert("dimensions".into(), dimensions.into());
        period.extend(tariff.map(|id| ("tariff_id".to_owned(), id.clone())));
        list.push(Value::Object(period));
    };
    let volume = |kind: &str, volume: Decimal| json!({ "type": kind, "volume": decimal(volume) });
    for (from, to) in reserved {
        let lasted = (*to - *from).num_microseconds().unwrap_or(0);
        add(*from, vec![volume("RESERVATION_TIME", hours(lasted))]);
    }
    let (mut energy, mut told) = (Decimal::ZERO, Decimal::ZERO);
    for period in periods {
        energy += period.energy.kwh();
        let upto = rounded(energy);
        let mut dimensions = Vec::with_capacity(6);
        if upto != told {
            dimensions.push(volume("ENERGY", upto - told));
        }
        told = upto;
        if micros(period) > 0 {
            let kind = if period.activity == Activity::Charging { "TIME" } else { "PARKING_TIME" };
            dimensions.push(volume(kind, hours(micros(period))));
        }
        if let Some((least, most)) = period.power {
            dimensions.push(volume("MIN_POWER", rounded(Decimal::new(least.mw(), 6))));
            dimensions.push(volume("MAX_POWER", rounded(Decimal::new(most.mw(), 6))));
        }
        if let Some((least, most)) = period.current {
            dimensions.push(volume("MIN_CURRENT", Decimal::new(least.ma(), 3)));
            dimensions.push(volume("MAX_CURRENT", Decimal::new(most.ma(), 3)));
        }
        if !dimensions.is_empty() {
            add(period.from, dimensions);
        }
    }
    if list.is_empty() {
        // A CDR has a period, even of a session in which nothing happened.
        let mut period = Map::new();
        period.insert("start_date_time".into(), time(bill.from).into());
        period.insert("dimensions".into(), json!([volume("TIME", Decimal::ZERO)]));
        list.push(Value::Object(period));
    }
    list.into()
}

/// A cost as the version writes it.
fn price(excl: Decimal, incl: Decimal, lines: &[&Line], version: Version) -> Value {
    match version {
        Version::V2_2_1 => json!({ "excl_vat": decimal(excl), "incl_vat": decimal(incl) }),
        Version::V2_3_0 => json!({ "before_taxes": decimal(excl), "taxes": taxes(lines) }),
    }
}

/// Each tax with its rate and what it makes in these lines.
fn taxes(lines: &[&Line]) -> Vec<Value> {
    let mut taxes: Vec<(&str, Option<Decimal>, Decimal)> = Vec::new();
    let mut add = |name, percent: Option<Decimal>, amount: Decimal| match taxes
        .iter_mut()
        .find(|(other, rate, _)| *other == name && *rate == percent)
    {
        Some((_, _, sum)) => *sum += amount,
        None => taxes.push((name, percent, amount)),
    };
    for line in lines {
        if line.taxes.is_empty() && (line.vat.is_some() || !line.tax.is_zero()) {
            // What limits take off or add has no rate of its own where there are several.
            add(VAT, line.vat.map(|rate| rate.normalize()), line.tax);
        }
        for part in &line.taxes {
            add(&part.name, Some(part.percent.normalize()), part.amount);
        }
    }
    let written = taxes.iter().map(|(name, percent, amount)| {
        let mut tax = Map::new();
        tax.insert("name".into(), (*name).into());
        tax.extend(percent.map(|percent| ("percentage".to_owned(), decimal(percent))));
        tax.insert("amount".into(), decimal(*amount));
        Value::Object(tax)
    });
    written.collect()
}

fn micros(period: &ChargingPeriod) -> i64 {
    period.duration().num_microseconds().unwrap_or(0)
}

fn hours(micros: i64) -> Decimal {
    rounded(Decimal::from(micros) / Decimal::from(3_600_000_000_i64))
}

fn rounded(value: Decimal) -> Decimal {
    value.round_dp_with_strategy(DECIMALS, RoundingStrategy::MidpointAwayFromZero)
}

/// A JSON number; as a string where it has more digits than JSON numbers keep.
fn decimal(value: Decimal) -> Value {
    let value = value.normalize();
    number(value).map_or_else(|| Value::String(value.to_string()), Value::Number)
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
