//! What a CDR costs under a tariff, by its charging periods as they are given.

use std::sync::Arc;

use chrono_tz::Tz;

use super::joint::{self, Joint};
use super::{Cdr, CdrPeriod, Cost, Named, Totals, totals};
use crate::model::charge::Charge;
use crate::model::check::{Invalid, Problem};
use crate::model::currency::Currency;
use crate::model::policy::{Policy, ReservationElements, TimeVolume};
use crate::model::quantity::Energy;
use crate::pricing::bill::Bill;
use crate::pricing::calendar::Opening;
use crate::pricing::invoice;
use crate::pricing::ledger::{Ledger, Span};
use crate::pricing::plan::Plan;
use crate::pricing::pricer::instant;
use crate::pricing::rule::{Moment, Range};

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

/// Prices a CDR under a tariff, whichever its periods name. `tz` is the time zone of the location.
pub fn price(cdr: &Cdr, plan: &Arc<Plan>, tz: Tz) -> Result<Priced, WrongTariff> {
    let opening = Opening::unknown();
    counted(cdr, plan, tz, vec![opening], &[])
}

/// Prices a CDR under the tariffs that it carries: each period under the one that it names. Where they name one only, or
/// none and there is only one, it is that for all of them.
pub fn price_by_own(cdr: &Cdr, tz: Tz, policy: Policy) -> Result<Priced, Invalid> {
    let problem = |path: &str, message: &str| Invalid::from(Problem::new(path.to_owned(), &message));
    let currency = |wrong: WrongTariff| problem("currency", &wrong.to_string());
    let named = named(cdr)?;
    if let [only] = named.as_slice() {
        let tariff = cdr.tariffs[*only].tariff.clone();
        joint::refuse(tariff.check_foreign(&policy), *only)?;
        let plan = Plan::with_policy(Arc::new(tariff), policy)?;
        return price(cdr, &Arc::new(plan), tz).map_err(currency);
    }
    let joint = Joint::new(cdr, &named, policy)?;
    let openings = joint.own.into_iter().map(Opening::among).collect();
    counted(cdr, &Arc::new(joint.plan), tz, openings, &joint.by_period).map_err(currency)
}

/// The tariffs that a CDR is priced by, as indexes in its own; at least one.
fn named(cdr: &Cdr) -> Result<Vec<usize>, Invalid> {
    let problem = |path: &str, message: &str| Invalid::from(Problem::new(path.to_owned(), &message));
    if !cdr.unreadable.is_empty() {
        return Err(Invalid { problems: cdr.unreadable.clone() });
    }
    if cdr.tariffs.is_empty() {
        return Err(problem("tariffs", "is empty: give a tariff beside the CDR"));
    }
    let mut named = Vec::new();
    for (index, period) in cdr.periods.iter().enumerate() {
        match period.tariff {
            Named::Carried(tariff) => named.push(tariff),
            Named::Absent => {
                let path = format!("charging_periods[{index}].tariff_id");
                return Err(problem(
                    &path,
                    "is not the id of a tariff of the CDR: give that tariff beside it",
                ));
            }
            Named::No => {}
        }
    }
    named.sort_unstable();
    named.dedup();
    match (named.is_empty(), cdr.tariffs.len()) {
        (false, _) => Ok(named),
        (true, 1) => Ok(vec![0]),
        (true, _) => {
            Err(problem("charging_periods[0].tariff_id", "is needed, as the CDR has several tariffs"))
        }
    }
}

/// `by_period`: per period which of the openings counts; empty: the first for all.
fn counted(
    cdr: &Cdr,
    plan: &Arc<Plan>,
    tz: Tz,
    openings: Vec<Opening>,
    by_period: &[usize],
) -> Result<Priced, WrongTariff> {
    if let Some(currency) = cdr.currency
        && currency != plan.currency()
    {
        return Err(WrongTariff { cdr: currency, tariff: plan.currency() });
    }
    let mut counter = Counter::new(plan, cdr, tz, openings);
    for index in 0..cdr.periods.len() {
        counter.tariff = by_period.get(index).copied().unwrap_or(0);
        counter.period(index);
    }
    let Counter { ledger, energy, parked, start, .. } = counter;
    let (from, to) = (cdr.start.timestamp_micros(), cdr.end.timestamp_micros());
    let time = (to - start).max(0);
    Ok(Priced { plan: plan.clone(), ledger, tz, from, to, energy, time, parking: parked, credit: cdr.credit })
}

/// Goes through the periods and keeps what decides the next one's prices.
struct Counter<'a> {
    plan: &'a Plan,
    cdr: &'a Cdr,
    tz: Tz,
    ledger: Ledger,
    /// One for each tariff.
    openings: Vec<Opening>,
    /// The one of the period.
    tariff: usize,
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
    fn new(plan: &'a Plan, cdr: &'a Cdr, tz: Tz, openings: Vec<Opening>) -> Counter<'a> {
        let reserves = plan.policy.reservation == ReservationElements::Priced;
        Counter {
            ledger: Ledger::new(plan),
            openings,
            tariff: 0,
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
        self.plan.calendar.open_at(from, self.tz, &mut self.openings[self.tariff]);
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
            self.charged = self.charged.saturating_add(time);
            self.idle = if time > 0 { 0 } else { self.idle };
        }
        if let Some(parking) = period.parking {
            let parking = self.volume(parking, length);
            self.use_of(Charge::ParkingTime, (from, to), parking, &now);
            self.parked = self.parked.saturating_add(parking);
            self.idle = self.idle.saturating_add(parking);
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

    fn opening(&self) -> &Opening {
        &self.openings[self.tariff]
    }

    fn component(&self, charge: Charge, now: &Moment) -> Option<usize> {
        self.plan.component(charge, &self.opening().open, now)
    }

    fn use_of(&mut self, charge: Charge, (from, to): (i64, i64), quantity: i64, now: &Moment) {
        if self.plan.prices(charge) {
            let component = self.component(charge, now);
            let day = self.opening().day;
            self.ledger.add(self.plan, Span { charge, component, from, to, quantity }, day);
        }
    }

    fn reservation(&mut self, from: i64, to: i64, quantity: i64) {
        let since = *self.reserved_from.get_or_insert(from);
        let now = Moment { duration: from - since, ..Moment::BEFORE };
        let (open, day) = (&self.opening().open, self.opening().day);
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
            self.ledger.add(self.plan, span, day);
        }
    }
}

/// What a charge is counted under in OCPI.
pub(super) fn cost_of(settled: &crate::pricing::settle::Settled, plan: &Plan, charges: &[Charge]) -> Cost {
    let amount = settled.of(plan, charges);
    Cost { excl: amount.net, incl: amount.gross }
}
