//! A CDR from JSON.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::Value;

use super::super::{Imported, Signed, Version, read};
use super::{Cdr, CdrPeriod, Named, Stated, StatedCost};
use crate::foreign::lenient::{boolean, instant, list, number, text};
use crate::foreign::{self, Object, Path, Report};
use crate::model::check::{Invalid, Problem};
use crate::model::currency::Currency;

/// A CDR of a year in quarters of an hour has 35,000 periods.
const MAX_INPUT_MIB: usize = 16;
/// No honest CDR has more periods.
const MAX_PERIODS: usize = 100_000;
/// Or more tariffs.
const MAX_TARIFFS: usize = 100;
/// kWh, hours, kW or A that no period reaches.
const MAX_VOLUME: Decimal = Decimal::from_parts(10_000_000, 0, 0, false, 0);
/// A session is shorter than this.
const MAX_DAYS: i64 = 400;

/// Reads what pricing needs of a CDR. Other fields are not looked at: whether a CDR as a whole is sound is the matter of
/// whoever exchanges it. Errors name the fields by OCPI's path, e.g. `charging_periods[3].dimensions[0].volume`.
pub fn read_cdr(json: &str, version: Version) -> Result<Cdr, Invalid> {
    let value = foreign::parse(json, MAX_INPUT_MIB)?;
    let mut report = Report::default();
    let cdr = cdr(&value, version, &mut report);
    match (cdr, report.into_parts()) {
        (Some(cdr), (problems, notes)) if problems.is_empty() => {
            let embedded = cdr.tariffs.iter().flat_map(|tariff| tariff.notes.iter().cloned());
            let notes = notes.into_iter().chain(embedded).collect();
            Ok(Cdr { notes, ..cdr })
        }
        (_, (problems, _)) => Err(Invalid { problems }),
    }
}

fn cdr(value: &Value, version: Version, report: &mut Report) -> Option<Cdr> {
    let root = Path::Root("");
    let mut object = Object::open(value, &root, report)?;
    let id = object.may("id", report, text(39)).unwrap_or_default();
    let currency = object.may("currency", report, currency);
    let start = object.must("start_date_time", report, instant);
    let end = object.must("end_date_time", report, instant);
    let credit = object.may("credit", report, boolean).unwrap_or(false);
    let (tariffs, unreadable) = object
        .may("tariffs", report, |value, path, report| tariffs(value, path, version, report))
        .unwrap_or_default();
    let periods =
        object.must("charging_periods", report, |value, path, report| periods(value, path, &tariffs, report));
    let stated = stated(&mut object, version, report);
    let (start, end, periods) = (start?, end?, periods?);
    if end < start {
        report.refuse("end_date_time", "is before start_date_time");
    } else if (end - start).num_days() > MAX_DAYS {
        report.refuse("end_date_time", "is more than 400 days after start_date_time");
    }
    let (periods, out_of_order) = in_order(periods, start, end, report);
    if out_of_order {
        report.note("charging_periods", "are not in order of time and were sorted");
    }
    Some(Cdr { id, currency, start, end, credit, periods, tariffs, unreadable, stated, notes: Vec::new() })
}

fn currency(value: &Value, path: &Path<'_>, report: &mut Report) -> Option<Currency> {
    let code = value.as_str().unwrap_or_default();
    let read = code.to_ascii_uppercase().parse::<Currency>();
    read.map_err(|error| report.refuse(path, error)).ok()
}

/// The tariffs that can be read, and why the others cannot: whoever prices by a tariff of their own does not need them.
fn tariffs(
    value: &Value,
    path: &Path<'_>,
    version: Version,
    report: &mut Report,
) -> Option<(Vec<Imported>, Vec<Problem>)> {
    if value.as_array().is_some_and(|tariffs| tariffs.len() > MAX_TARIFFS) {
        report.refuse(path, "has more than 100 tariffs");
        return None;
    }
    let mut unreadable = Vec::new();
    let tariffs = list(value, path, report, |value, path, report| {
        match read(value, &path.to_string(), version, Signed::Maybe) {
            Ok(imported) => Some(imported),
            Err(invalid) => {
                report.note(path, format_args!("cannot be read and was left out: {}", invalid.problems[0]));
                unreadable.extend(invalid.problems);
                None
            }
        }
    })?;
    Some((tariffs, unreadable))
}

fn periods(
    value: &Value,
    path: &Path<'_>,
    tariffs: &[Imported],
    report: &mut Report,
) -> Option<Vec<CdrPeriod>> {
    if value.as_array().is_some_and(|periods| periods.len() > MAX_PERIODS) {
        report.refuse(path, "has more than 100000 periods");
        return None;
    }
    let periods = list(value, path, report, |value, path, report| period(value, path, tariffs, report))?;
    if periods.is_empty() {
        report.refuse(path, "needs at least one period");
    }
    Some(periods)
}

fn period(value: &Value, path: &Path<'_>, tariffs: &[Imported], report: &mut Report) -> Option<CdrPeriod> {
    let mut object = Object::open(value, path, report)?;
    let from = object.must("start_date_time", report, instant);
    let tariff = object.may("tariff_id", report, |value, path, report| {
        let id = value.as_str().unwrap_or_default();
        // A CDR need not carry its tariffs; whoever prices it then brings one.
        let found = tariffs.iter().position(|other| other.tariff.id.eq_ignore_ascii_case(id));
        if found.is_none() && !tariffs.is_empty() {
            report.note(path, "is not the id of a tariff of the CDR");
        }
        Some(found.map_or(Named::Absent, Named::Carried))
    });
    let mut period = CdrPeriod { tariff: tariff.unwrap_or_default(), ..CdrPeriod::default() };
    object.must("dimensions", report, |value, path, report| {
        if value.as_array().is_some_and(Vec::is_empty) {
            report.note(path, "is empty: nothing was used in the period");
        }
        list(value, path, report, |value, path, report| dimension(value, path, &mut period, report))
    })?;
    period.from = from?.timestamp_micros();
    Some(period)
}

/// In small units how much one unit of a volume is.
const KWH: i64 = 1_000_000;
const HOUR: i64 = 3_600_000_000;
const KW: i64 = 1_000_000;
const AMPERE: i64 = 1_000;

fn dimension(value: &Value, path: &Path<'_>, period: &mut CdrPeriod, report: &mut Report) -> Option<()> {
    let mut object = Object::open(value, path, report)?;
    let kind = object.must("type", report, |value, path, report| {
        value.as_str().map(str::to_ascii_uppercase).or_else(|| {
            report.refuse(path, "is not a string");
            None
        })
    })?;
    let volume = object.must("volume", report, number)?;
    let (slot, unit) = match kind.as_str() {
        "ENERGY" => (&mut period.energy, KWH),
        "TIME" => (&mut period.time, HOUR),
        "PARKING_TIME" => (&mut period.parking, HOUR),
        "RESERVATION_TIME" => (&mut period.reservation, HOUR),
        "MIN_POWER" => (&mut period.power.0, KW),
        "MAX_POWER" => (&mut period.power.1, KW),
        "MIN_CURRENT" => (&mut period.current.0, AMPERE),
        "MAX_CURRENT" => (&mut period.current.1, AMPERE),
        "CURRENT" | "POWER" | "STATE_OF_CHARGE" | "ENERGY_EXPORT" | "ENERGY_IMPORT" => {
            report.note(path, "is for sessions, not for CDRs, and was left out");
            return Some(());
        }
        _ => {
            report.note(path, "is of a type that has no price and was left out");
            return Some(());
        }
    };
    let volume_path = path.field("volume");
    // What flows back to the grid is negative (OCPI CdrDimensionType); time never is.
    if volume.is_sign_negative() && !volume.is_zero() && unit == HOUR {
        report.refuse(volume_path, "is negative");
    } else if volume.abs() > MAX_VOLUME {
        report.refuse(volume_path, "is absurdly large");
    } else if slot.is_some() {
        report.refuse(path.field("type"), "occurs twice in the period");
    } else {
        *slot = (volume * Decimal::from(unit)).round().to_i64();
    }
    Some(())
}

/// The periods by their start. What begins before or after the CDR is refused.
fn in_order(
    mut periods: Vec<CdrPeriod>,
    start: DateTime<Utc>,
    end: DateTime<Utc>,
    report: &mut Report,
) -> (Vec<CdrPeriod>, bool) {
    for (index, period) in periods.iter().enumerate() {
        if period.from < start.timestamp_micros() || period.from > end.timestamp_micros() {
            report.note(
                format_args!("charging_periods[{index}].start_date_time"),
                "is not between the CDR's start_date_time and end_date_time",
            );
        }
    }
    let sorted = periods.is_sorted_by_key(|period| period.from);
    periods.sort_by_key(|period| period.from);
    (periods, !sorted)
}

fn stated(object: &mut Object<'_>, version: Version, report: &mut Report) -> Stated {
    let mut cost = |name, report: &mut Report| {
        object.may(name, report, |value, path, report| stated_cost(value, path, version, report))
    };
    let mut stated = Stated {
        total_cost: cost("total_cost", report),
        total_fixed_cost: cost("total_fixed_cost", report),
        total_energy_cost: cost("total_energy_cost", report),
        total_time_cost: cost("total_time_cost", report),
        total_parking_cost: cost("total_parking_cost", report),
        total_reservation_cost: cost("total_reservation_cost", report),
        ..Stated::default()
    };
    stated.total_energy = object.may("total_energy", report, number);
    stated.total_time = object.may("total_time", report, number);
    stated.total_parking_time = object.may("total_parking_time", report, number);
    stated
}

fn stated_cost(value: &Value, path: &Path<'_>, version: Version, report: &mut Report) -> Option<StatedCost> {
    let mut object = Object::open(value, path, report)?;
    match written_in(&mut object, path, version, report) {
        Version::V2_2_1 => {
            let excl = object.must("excl_vat", report, number)?;
            Some(StatedCost { excl, incl: object.may("incl_vat", report, number) })
        }
        Version::V2_3_0 => {
            let excl = object.must("before_taxes", report, number)?;
            let taxes = object.may("taxes", report, |value, path, report| {
                list(value, path, report, |value, path, report| {
                    Object::open(value, path, report)?.must("amount", report, number)
                })
            });
            Some(StatedCost { excl, incl: taxes.map(|taxes| excl + taxes.iter().sum::<Decimal>()) })
        }
    }
}

/// The version that a cost is written in: the CDR's, unless only the other's field is there.
fn written_in(object: &mut Object<'_>, path: &Path<'_>, version: Version, report: &mut Report) -> Version {
    let (own, other, others) = match version {
        Version::V2_2_1 => ("excl_vat", "before_taxes", Version::V2_3_0),
        Version::V2_3_0 => ("before_taxes", "excl_vat", Version::V2_2_1),
    };
    if object.get(own).is_none() && object.get(other).is_some() {
        report.note(path, format_args!("is written as in OCPI {others}"));
        return others;
    }
    version
}
