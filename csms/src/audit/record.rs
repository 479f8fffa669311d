//! The CDR that the session would be settled by: written, read back as a partner reads it, and priced as a partner
//! prices it.
//!
//! What a CDR states must be the bill's to the last digit. What its charging periods cost may differ a little, for the
//! standard gives their volumes four decimals; [`Slack`] says how much, from the tariff's own prices. A tariff that
//! OCPI cannot say (a service fee, caps, seasons) cannot travel with the CDR, and no partner could price it: then only
//! what is stated is compared.

use super::{Found, Kind};
use chrono::{DateTime, Utc};
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::Value;
use std::sync::Arc;
use tariffs::{
    Bill, Charge, ChargingPeriod, Dimension, Plan, TaxIncluded,
    ocpi::{
        Publisher, Version,
        cdr::{Cdr, Cost, Tolerance, Totals, price, priced_part, read_cdr},
        write_tariff,
    },
};

/// OCPI's volumes and totals of volumes have so many decimals.
const DECIMALS: u32 = 4;
/// A period this short, in µs, has a time of 0 in its four decimals of an hour.
const SHORT: i64 = 180_000;

/// In both versions.
pub(super) fn check(bill: &Bill, periods: &[ChargingPeriod], plan: &Arc<Plan>) -> [Found; 2] {
    [(Kind::Cdr221, Version::V2_2_1), (Kind::Cdr230, Version::V2_3_0)].map(|(kind, version)| {
        let mut found = Found::new(kind);
        let tariff = write_tariff(plan.tariff(), &publisher(bill.from), version).ok();
        let tariff = tariff.map(|exported| exported.json);
        match written_and_read(bill, periods, tariff.as_ref(), version) {
            Ok(cdr) => {
                stated(&mut found, &cdr, bill, periods);
                if tariff.is_some() {
                    priced(&mut found, &cdr, bill, periods, plan);
                }
            }
            Err(problems) => found.note("cdr", problems, "a CDR that can be read"),
        }
        found
    })
}

/// Whose tariff it is does not matter to what it costs.
fn publisher(last_updated: DateTime<Utc>) -> Publisher {
    Publisher { country_code: "ZZ".to_owned(), party_id: "ZZZ".to_owned(), last_updated }
}

fn written_and_read(
    bill: &Bill,
    periods: &[ChargingPeriod],
    tariff: Option<&Value>,
    version: Version,
) -> Result<Cdr, String> {
    let written = Value::Object(priced_part(bill, periods, tariff, version)).to_string();
    read_cdr(&written, version).map_err(|invalid| invalid.to_string())
}

/// What the CDR states is what the bill and its periods say.
fn stated(found: &mut Found, cdr: &Cdr, bill: &Bill, periods: &[ChargingPeriod]) {
    found.same("cdr.currency", cdr.currency.map_or("", |currency| currency.code()), bill.currency.code());
    found.same("cdr.start_date_time", cdr.start, bill.from);
    found.same("cdr.end_date_time", cdr.end, bill.to);
    let exact = Tolerance { money: Decimal::ZERO, energy: Decimal::ZERO, time: Decimal::ZERO };
    for differs in cdr.differences(&totals(bill, periods), &exact) {
        found.note(format!("cdr.{}", differs.field), differs.stated, differs.ours);
    }
    if cdr.stated.total_cost.is_none() {
        found.note("cdr.total_cost", "missing", bill.total_incl);
    }
}

/// The bill in OCPI's totals. Those of costs that the bill does not have are zero, as is what a CDR leaves out.
fn totals(bill: &Bill, periods: &[ChargingPeriod]) -> Totals {
    let cost = |charges: &[Charge]| {
        let of = || bill.totals.iter().filter(|total| charges.contains(&total.dimension));
        Cost { excl: of().map(|total| total.net).sum(), incl: of().map(|total| total.gross).sum() }
    };
    let parked = periods.iter().filter(|period| period.activity == tariffs::Activity::Parking);
    let parked: i64 = parked.map(micros).sum();
    Totals {
        currency: bill.currency,
        total_cost: Cost { excl: bill.total_excl, incl: bill.total_incl },
        total_fixed_cost: cost(&[Charge::Flat]),
        total_energy: bill
            .energy
            .kwh()
            .round_dp_with_strategy(DECIMALS, RoundingStrategy::MidpointAwayFromZero),
        total_energy_cost: cost(&[Charge::Energy, Charge::Service]),
        total_time: hours((bill.to - bill.from).num_microseconds().unwrap_or(0)),
        total_time_cost: cost(&[Charge::Time]),
        total_parking_time: hours(parked),
        total_parking_cost: cost(&[Charge::ParkingTime]),
        total_reservation_cost: cost(&[Charge::ReservationTime, Charge::ReservationFlat]),
    }
}

/// What the CDR's periods cost under the tariff is what the bill says, but for the rounding of volumes.
fn priced(found: &mut Found, cdr: &Cdr, bill: &Bill, periods: &[ChargingPeriod], plan: &Arc<Plan>) {
    let again = match price(cdr, plan, bill.time_zone) {
        Ok(again) => again,
        Err(wrong) => return found.note("cdr.currency", wrong, "the tariff's"),
    };
    let slack = Slack::of(bill, periods, plan);
    let exact = again.totals();
    let total = again.bill();
    for (field, is, should) in [
        ("cdr.priced.total_cost.excl", total.total_excl, bill.total_excl),
        ("cdr.priced.total_cost.incl", total.total_incl, bill.total_incl),
    ] {
        if (is - should).abs() > slack.total {
            found.note(field, is, format!("{should} ± {}", slack.total.normalize()));
        }
    }
    let tolerance = Tolerance { money: slack.part, energy: Decimal::new(1, DECIMALS), time: slack.time };
    let parts = cdr.differences(&exact, &tolerance);
    for differs in parts.into_iter().filter(|differs| !differs.field.starts_with("total_cost")) {
        found.note(format!("cdr.priced.{}", differs.field), differs.ours, differs.stated);
    }
}

/// How far the price of a CDR's periods may be from the bill.
struct Slack {
    /// Of the total, in whole units of the currency.
    total: Decimal,
    /// Of the cost of one dimension.
    part: Decimal,
    /// Hours.
    time: Decimal,
}

impl Slack {
    /// - Bill and CDR round each tax rate once: one smallest unit for each rate. Of a part, every line was rounded.
    /// - Each period's energy is off by up to half a ten-thousandth of a kWh at either end: at most that times the
    ///   highest price, for every period. Times are exact, for they are the distance of two instants; but a period
    ///   shorter than 0.18 s has none.
    /// - Where the energy (or a lost time) is billed in steps, the steps may be one more or less.
    fn of(bill: &Bill, periods: &[ChargingPeriod], plan: &Plan) -> Slack {
        let unit = Decimal::new(1, bill.currency.digits());
        let energies = count(periods, |period| period.energy.mwh() % 100 != 0);
        let shorts = count(periods, |period| (1..SHORT).contains(&micros(period)));
        let tariff = plan.tariff();
        // No tax is higher than the price.
        let gross = Decimal::from(if tariff.tax_included == TaxIncluded::No { 2 } else { 1 });
        let components = || tariff.elements.iter().flat_map(|element| &element.components);
        let dearest = |dimensions: &[Dimension]| {
            let of = components().filter(|component| dimensions.contains(&component.dimension));
            let priced = of.map(|component| (component.price.0 * gross, Decimal::from(component.step_size)));
            priced.fold((Decimal::ZERO, Decimal::ZERO), |most, one| (most.0.max(one.0), most.1.max(one.1)))
        };
        let (energy_price, energy_step) = dearest(&[Dimension::Energy, Dimension::Service]);
        let (time_price, time_step) = dearest(&[Dimension::Time, Dimension::ParkingTime]);
        let ten_thousandth = Decimal::new(1, DECIMALS);
        let mut volumes = energies * ten_thousandth * energy_price + shorts * ten_thousandth * time_price;
        if !energies.is_zero() {
            volumes += energy_step / Decimal::ONE_THOUSAND * energy_price;
        }
        if !shorts.is_zero() {
            volumes += time_step / Decimal::from(3_600) * time_price;
        }
        let rates = Decimal::from(bill.vat_totals().len().max(1));
        let lines = Decimal::from(bill.lines.len().max(1));
        Slack {
            total: rates * unit + volumes,
            part: lines * unit + volumes,
            time: ten_thousandth * (Decimal::ONE + shorts),
        }
    }
}

fn count(periods: &[ChargingPeriod], of: impl Fn(&ChargingPeriod) -> bool) -> Decimal {
    Decimal::from(periods.iter().filter(|period| of(period)).count())
}

fn micros(period: &ChargingPeriod) -> i64 {
    period.duration().num_microseconds().unwrap_or(0)
}

fn hours(micros: i64) -> Decimal {
    let hours = Decimal::from(micros) / Decimal::from(3_600_000_000_i64);
    hours.round_dp_with_strategy(DECIMALS, RoundingStrategy::MidpointAwayFromZero)
}
