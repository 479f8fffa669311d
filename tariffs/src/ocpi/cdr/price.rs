//! What a CDR costs under a tariff, by its charging periods as they are given.

use std::sync::Arc;

use chrono_tz::Tz;

use super::{Cdr, CdrPeriod, Cost, Totals, totals};
use crate::bill::Bill;
use crate::calendar::Opening;
use crate::charge::Charge;
use crate::check::{Invalid, Problem};
use crate::currency::Currency;
use crate::invoice;
use crate::ledger::{Ledger, Span};
use crate::plan::Plan;
use crate::policy::{Policy, ReservationElements, TimeVolume};
use crate::pricer::instant;
use crate::quantity::Energy;
use crate::rule::{Moment, Range};

/// Volumes of time have four decimals of an hour; so much they may be off for that, µs.
const VOLUME_ROUNDING: i64 = 180_000;

/// The CDR and the tariff do not belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("currency: the CDR is in {cdr} and the tariff in {tariff}")]
pub struct WrongTariff {
    /// The CDR's currency.
    pub cdr: Currency,
    /// The tariff's.
    pub tariff: Currency,
}

/// A priced CDR.
#[derive(Debug, Clone)]
pub struct Priced {
    plan: Arc<Plan>,
    ledger: Ledger,
    tz: Tz,
    /// µs since 1970.
    from: i64,
    to: i64,
    /// mWh.
    energy: i64,
    /// µs: of the session, and of its parking.
    time: i64,
    parking: i64,
    credit: bool,
}

impl Priced {
    /// OCPI's totals, exact.
    pub fn totals(&self) -> Totals {
        totals::totals(
            &self.plan,
            &self.ledger,
            totals::Measured {
                energy: self.energy,
                time: self.time,
                parking: self.parking,
                credit: self.credit,
            },
        )
    }

    /// The bill: rounded to the currency's smallest unit, with a line for everything. A credit is not turned round.
    pub fn bill(&self) -> Bill {
        invoice::bill(invoice::Session {
            plan: &self.plan,
            ledger: &self.ledger,
            energy: Energy::from_mwh(self.energy),
            time_zone: self.tz,
            from: instant(self.from),
            to: instant(self.to),
            anomalies: Vec::new(),
        })
    }
}

/// Prices a CDR under a tariff. `tz` is the time zone of the location.
pub fn price(cdr: &Cdr, plan: &Arc<Plan>, tz: Tz) -> Result<Priced, WrongTariff> {
    if let Some(currency) = cdr.currency
        && currency != plan.currency()
    {
        return Err(WrongTariff { cdr: currency, tariff: plan.currency() });
    }
    let mut counter = Counter::new(plan, cdr, tz);
    for index in 0..cdr.periods.len() {
        counter.period(index);
    }
    let Counter { ledger, energy, parked, start, .. } = counter;
    let (from, to) = (cdr.start.timestamp_micros(), cdr.end.timestamp_micros());
    let time = (to - start).max(0);
    Ok(Priced { plan: plan.clone(), ledger, tz, from, to, energy, time, parking: parked, credit: cdr.credit })
}

/// Prices a CDR under the tariff that it carries. Where it carries several, all its periods name the same one.
pub fn price_by_own(cdr: &Cdr, tz: Tz, policy: Policy) -> Result<Priced, Invalid> {
    let mut named: Vec<usize> = cdr.periods.iter().filter_map(|period| period.tariff).collect();
    named.sort_unstable();
    named.dedup();
    let problem = |path: &str, message: &str| Invalid::from(Problem::new(path.to_owned(), &message));
    let index = match (named.as_slice(), cdr.tariffs.len()) {
        ([only], _) => *only,
        ([], 1) => 0,
        (_, 0) => return Err(problem("tariffs", "is empty: give a tariff beside the CDR")),
        ([], _) => {
            return Err(problem(
                "charging_periods[0].tariff_id",
                "is needed, as the CDR has several tariffs",
            ));
        }
        _ => {
            let message = "names several tariffs: split the CDR, for limits and steps hold for one tariff";
            return Err(problem("charging_periods", message));
        }
    };
    let tariff = Arc::new(cdr.tariffs[index].tariff.clone());
    let plan = Plan::with_policy(tariff, policy).map_err(|invalid| under(invalid, index))?;
    price(cdr, &Arc::new(plan), tz).map_err(|wrong| problem("currency", &wrong.to_string()))
}

/// The problems of one of the CDR's tariffs, by the CDR's path.
fn under(invalid: Invalid, tariff: usize) -> Invalid {
    let problems = invalid.problems.into_iter();
    let path = |path: String| format!("tariffs[{tariff}].{path}");
    Invalid { problems: problems.map(|problem| Problem { path: path(problem.path), ..problem }).collect() }
}

/// Goes through the periods and keeps what decides the next one's prices.
struct Counter<'a> {
    plan: &'a Plan,
    cdr: &'a Cdr,
    tz: Tz,
    ledger: Ledger,
    opening: Opening,
    /// When the session began, µs.
    start: i64,
    expired: bool,
    /// mWh so far.
    energy: i64,
    /// µs so far.
    charged: i64,
    parked: i64,
    /// µs without a break until now.
    idle: i64,
    /// When the reservation began, µs.
    reserved_from: Option<i64>,
}

impl<'a> Counter<'a> {
    fn new(plan: &'a Plan, cdr: &'a Cdr, tz: Tz) -> Counter<'a> {
        let reserves = plan.policy.reservation == ReservationElements::Priced;
        Counter {
            ledger: Ledger::new(plan),
            opening: Opening::unknown(),
            // Who does not know of reservations counts their time to the session.
            start: if reserves { cdr.session_start() } else { cdr.start.timestamp_micros() },
            expired: cdr.expired() && reserves,
            energy: 0,
            charged: 0,
            parked: 0,
            idle: 0,
            reserved_from: None,
            plan,
            cdr,
            tz,
        }
    }

    fn period(&mut self, index: usize) {
        let period = &self.cdr.periods[index];
        let (from, to) = (period.from, self.cdr.period_end(index));
        self.plan.calendar.open_at(from, self.tz, &mut self.opening);
        let length = to - from;
        if let Some(reserved) = period.reservation {
            self.reservation(from, to, self.volume(reserved, length));
        }
        if period.only_reserves() && self.plan.policy.reservation == ReservationElements::Priced {
            return;
        }
        let now = self.moment(period);
        if self.ledger.flat(Charge::Flat).is_none()
            && !self.expired
            && let Some(component) = self.component(Charge::Flat, &now)
        {
            self.ledger.charge_flat(Charge::Flat, component, from);
        }
        if let Some(energy) = period.energy {
            self.use_of(Charge::Energy, (from, to), energy, &now);
            self.use_of(Charge::Service, (from, to), energy, &now);
            self.energy = self.energy.saturating_add(energy);
        }
        if let Some(time) = period.time {
            let time = self.volume(time, length);
            self.use_of(Charge::Time, (from, to), time, &now);
            self.charged += time;
            self.idle = if time > 0 { 0 } else { self.idle };
        }
        if let Some(parking) = period.parking {
            let parking = self.volume(parking, length);
            self.use_of(Charge::ParkingTime, (from, to), parking, &now);
            self.parked += parking;
            self.idle += parking;
        }
    }

    /// The time that a volume stands for.
    fn volume(&self, volume: i64, length: i64) -> i64 {
        let near = volume != 0 && (volume - length).abs() <= VOLUME_ROUNDING;
        if near && self.plan.policy.time_volume == TimeVolume::PeriodLength { length } else { volume }
    }

    fn moment(&self, period: &CdrPeriod) -> Moment {
        Moment {
            energy: self.energy,
            duration: period.from - self.start,
            charging: self.charged,
            // A period of both begins with charging.
            idle: if period.time.is_some_and(|time| time > 0) { 0 } else { self.idle },
            power: Range { least: period.power.0, most: period.power.1 },
            current: Range { least: period.current.0, most: period.current.1 },
        }
    }

    fn component(&self, charge: Charge, now: &Moment) -> Option<usize> {
        self.plan.component(charge, &self.opening.open, now)
    }

    fn use_of(&mut self, charge: Charge, (from, to): (i64, i64), quantity: i64, now: &Moment) {
        if self.plan.prices(charge) {
            let component = self.component(charge, now);
            self.ledger.add(self.plan, Span { charge, component, from, to, quantity }, self.opening.day);
        }
    }

    fn reservation(&mut self, from: i64, to: i64, quantity: i64) {
        let since = *self.reserved_from.get_or_insert(from);
        let now = Moment { duration: from - since, ..Moment::BEFORE };
        let open = &self.opening.open;
        let find = |charge| match self.expired {
            true => self.plan.expired_component(charge, open, &now),
            false => self.plan.component(charge, open, &now),
        };
        let (flat, component) = (find(Charge::ReservationFlat), find(Charge::ReservationTime));
        if let Some(flat) = flat {
            self.ledger.charge_flat(Charge::ReservationFlat, flat, from);
        }
        if self.plan.prices(Charge::ReservationTime) {
            let span = Span { charge: Charge::ReservationTime, component, from, to, quantity };
            self.ledger.add(self.plan, span, self.opening.day);
        }
    }
}

/// What a charge is counted under in OCPI.
pub(super) fn cost_of(settled: &crate::settle::Settled, plan: &Plan, charges: &[Charge]) -> Cost {
    let amount = settled.of(plan, charges);
    Cost { excl: amount.net, incl: amount.gross }
}
