//! Prices a session reading by reading.
//!
//! Between two standings of the register nobody knows when energy flowed. So what happens in between waits, as
//! stretches of one activity; the next standing shares its energy among those in which the vehicle charged, evenly
//! over time, and only then they are priced. Positions are always computed from the two standings, never from one
//! another, so that a cut anywhere between them changes nothing.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::model::charge::Charge;
use crate::model::check::Invalid;
use crate::model::quantity::{Current, Energy, Power};
use crate::model::tariff::Tariff;
use crate::pricing::bill::{AnomalyKind, Bill, Total};
use crate::pricing::calendar::Opening;
use crate::pricing::invoice;
use crate::pricing::ledger::{Ledger, Span};
use crate::pricing::period::{ChargingPeriod, Periods, Piece};
use crate::pricing::plan::Plan;
use crate::pricing::register::{Anomalies, Register, Standing, Step};
use crate::pricing::reserve::{Reserved, price_reservation};
use crate::pricing::rule::{Moment, Range};
use crate::pricing::session::{Activity, Reading};
use crate::pricing::stretch::{Share, Stretch, split_off};

/// Nothing later than this after the start is priced, µs: a timestamp beyond it is a broken clock.
const MAX_SESSION: i64 = 400 * 86_400 * 1_000_000;
/// So many stretches wait for a standing; then they are priced without one.
const MAX_WAITING: usize = 4_096;
const MICROS_PER_HOUR: i128 = 3_600_000_000;

/// A session that is being priced. Each reading costs the same, however many there were before.
#[derive(Debug, Clone)]
pub struct Pricer {
    plan: Arc<Plan>,
    tz: Tz,
    start: i64,
    /// The newest instant taken in.
    now: i64,
    last: Option<Reading>,
    activity: Activity,
    power: Option<Power>,
    current: Option<Current>,
    register: Register,
    waiting: Vec<Stretch>,
    /// Priced so far, mWh.
    energy: i64,
    /// Time of charging that was priced so far, µs.
    charged: i64,
    /// Time without a break in which the vehicle has not asked for power, priced so far, µs.
    idle: i64,
    opening: Opening,
    ledger: Ledger,
    anomalies: Anomalies,
    /// The reservation expired: there is no session, and nothing of one is charged.
    expired: bool,
    /// Charging periods as they come; `None`: nobody asked for them.
    periods: Option<Box<Periods>>,
}

/// The reading belongs before one that was already taken: price the session anew with [`Pricer::replay`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the reading of {at} belongs before one that is already priced")]
pub struct Late {
    /// The reading's instant.
    pub at: DateTime<Utc>,
}

impl Pricer {
    /// Begins a session under a tariff. `tz` is the time zone of the site. Errors if the tariff is nonsense.
    pub fn new(tariff: Arc<Tariff>, tz: Tz, start: DateTime<Utc>) -> Result<Pricer, Invalid> {
        Ok(Pricer::with_plan(Arc::new(Plan::new(tariff)?), tz, start))
    }

    /// Begins a session under a tariff that is already prepared; sessions may share it.
    pub fn with_plan(plan: Arc<Plan>, tz: Tz, start: DateTime<Utc>) -> Pricer {
        let start = start.timestamp_micros();
        Pricer {
            tz,
            start,
            now: start,
            last: None,
            activity: Activity::Charging,
            power: None,
            current: None,
            register: Register::default(),
            waiting: Vec::new(),
            energy: 0,
            charged: 0,
            idle: 0,
            opening: Opening::unknown(),
            ledger: Ledger::new(&plan),
            anomalies: Anomalies::default(),
            expired: false,
            periods: None,
            plan,
        }
    }

    /// From now on keeps the charging periods for [`Pricer::periods`]; a live session does not need them.
    pub fn recording(mut self) -> Pricer {
        self.periods.get_or_insert_default();
        self
    }

    /// From now on believes every register that does not go back: whoever follows the register of a station itself, and
    /// tells cleaned standings, must not have them judged a second time.
    pub fn trusting(mut self) -> Pricer {
        self.register.trusts = true;
        self
    }

    /// Takes note of the reservation that came before the session, once. If it expired, there is no session: whatever
    /// else is told then costs nothing.
    pub fn reserve(&mut self, reserved: Reserved) {
        let mut opening = Opening::unknown();
        price_reservation(&self.plan, &mut self.ledger, &mut opening, self.tz, reserved);
        self.expired |= reserved.expired;
    }

    /// Prices a session from stored readings in any order, duplicates included.
    pub fn replay(
        plan: Arc<Plan>,
        tz: Tz,
        start: DateTime<Utc>,
        readings: impl IntoIterator<Item = Reading>,
    ) -> Pricer {
        let mut readings: Vec<Reading> = readings.into_iter().collect();
        readings.sort_unstable();
        let mut pricer = Pricer::with_plan(plan, tz, start);
        for reading in readings {
            pricer.take(reading);
        }
        pricer
    }

    /// Takes a reading that is not earlier than those before, by instant and then by `order`; where both are equal
    /// they count as they come. The same reading again changes nothing.
    pub fn push(&mut self, reading: Reading) -> Result<(), Late> {
        if self.last.is_some_and(|last| (reading.at, reading.order) < (last.at, last.order)) {
            return Err(Late { at: reading.at });
        }
        self.take(reading);
        Ok(())
    }

    /// What the session costs if it ends then; not before the newest reading.
    pub fn total(&self, at: DateTime<Utc>) -> Total {
        let ended = self.ended(at);
        invoice::total(&ended.plan, &ended.ledger, Energy::from_mwh(ended.energy))
    }

    /// The charging periods if the session ends then: a new one begins where another price begins to hold, or the
    /// vehicle begins or ends to charge. Empty unless they are kept, see [`Pricer::recording`].
    pub fn periods(&self, at: DateTime<Utc>) -> Vec<ChargingPeriod> {
        self.ended(at).periods.map(|periods| periods.list()).unwrap_or_default()
    }

    /// The bill if the session ends then; not before the newest reading.
    pub fn bill(&self, at: DateTime<Utc>) -> Bill {
        let mut ended = self.ended(at);
        let priced = ended.plan.prices(Charge::Energy) || ended.plan.prices(Charge::Service);
        if priced && !ended.expired && ended.register.counted < 2 && ended.now > ended.start {
            ended.anomalies.add(AnomalyKind::NotMetered, ended.now, None, None);
        }
        invoice::bill(invoice::Session {
            plan: &ended.plan,
            ledger: &ended.ledger,
            energy: Energy::from_mwh(ended.energy),
            time_zone: ended.tz,
            from: instant(ended.start),
            to: instant(ended.now),
            anomalies: ended.anomalies.list(),
        })
    }

    fn ended(&self, at: DateTime<Utc>) -> Pricer {
        let mut ended = self.clone();
        let at = ended.clamped(at);
        ended.advance(at);
        ended.price_waiting(None);
        if ended.now == ended.start && ended.energy == 0 {
            // Nothing was priced yet, but the session has begun: its flat fee is due.
            let now = ended.moment(&ended.stretch_here(), ended.start, 0, None);
            ended.charge_flat(at, &now);
        }
        ended
    }

    fn take(&mut self, reading: Reading) {
        if self.last == Some(reading) {
            return;
        }
        self.last = Some(reading);
        let at = self.clamped(reading.at);
        self.advance(at);
        self.activity = reading.activity.unwrap_or(self.activity);
        self.power = reading.power.or(self.power);
        self.current = reading.current.or(self.current);
        if let Some(register) = reading.register {
            self.meter(Standing { at, mwh: register.mwh() });
        }
    }

    /// The instant as far as it can be true, not before the newest one.
    fn clamped(&mut self, at: DateTime<Utc>) -> i64 {
        let at = at.timestamp_micros();
        if at < self.start {
            self.anomalies.add(AnomalyKind::BeforeStart, at, None, None);
        }
        if at.saturating_sub(self.start) > MAX_SESSION {
            self.anomalies.add(AnomalyKind::TooLate, at, None, None);
            return self.now;
        }
        at.max(self.now)
    }

    fn advance(&mut self, to: i64) {
        if to <= self.now {
            return;
        }
        let stretch = Stretch { from: self.now, to, ..self.stretch_here() };
        self.now = to;
        match self.waiting.last_mut() {
            Some(last) if last.like(&stretch) => last.to = to,
            _ => self.waiting.push(stretch),
        }
        if self.waiting.len() > MAX_WAITING {
            self.price_waiting(None);
        }
    }

    /// The stretch that begins now, without any time yet.
    fn stretch_here(&self) -> Stretch {
        // What decides nothing is left out, so that stretches stay few; but charging periods tell of it.
        let all = self.periods.is_some();
        Stretch {
            from: self.now,
            to: self.now,
            activity: self.activity,
            power: self.power.filter(|_| self.plan.uses_power || all).map(Power::mw),
            current: self.current.filter(|_| self.plan.uses_current || all).map(Current::ma),
        }
    }

    fn meter(&mut self, standing: Standing) {
        let before = self.register.last();
        match self.register.take(standing) {
            Step::First => self.price_waiting(None),
            Step::Taken(energy) => self.price_waiting(Some(energy)),
            Step::Resumed { from, taken } => {
                let after = split_off(&mut self.waiting, from);
                self.price_waiting(None);
                self.waiting = after;
                self.price_waiting(Some(taken));
            }
            Step::Odd => {
                let shrank = before.is_some_and(|before| standing.mwh < before.mwh);
                let kind = if shrank { AnomalyKind::RegisterShrank } else { AnomalyKind::RegisterJumped };
                self.anomalies.add(kind, standing.at, before.map(|before| before.mwh), Some(standing.mwh));
            }
        }
    }

    /// Prices the stretches that wait; `energy`, mWh, was taken in them, `None` if that is not known.
    fn price_waiting(&mut self, energy: Option<i64>) {
        let mut waiting = std::mem::take(&mut self.waiting);
        if waiting.is_empty() && energy.is_some_and(|energy| energy > 0) {
            waiting.push(self.stretch_here());
        }
        let charging: i64 = waiting.iter().filter(|stretch| stretch.charging()).map(Stretch::time).sum();
        let all: i64 = waiting.iter().map(Stretch::time).sum();
        let time = if charging > 0 { charging } else { all };
        let mean = |energy: i64| {
            let mean = (i128::from(energy) * MICROS_PER_HOUR).checked_div(i128::from(time))?;
            i64::try_from(mean).ok()
        };
        let share =
            Share { base: self.energy, energy: energy.unwrap_or(0), time, mean_power: energy.and_then(mean) };
        let mut position = 0;
        for stretch in &waiting {
            let counts = charging == 0 || stretch.charging();
            self.price(stretch, &share, position, counts);
            position += if counts { stretch.time() } else { 0 };
        }
        self.energy = share.base.saturating_add(share.energy);
        // The buffer is kept for the next stretches.
        waiting.clear();
        self.waiting = waiting;
    }

    /// Prices one stretch, cut wherever a price may change. `position` is how much of the share's time is before it.
    fn price(&mut self, stretch: &Stretch, share: &Share, position: i64, counts: bool) {
        let position_at = |at: i64| position + if counts { at - stretch.from } else { 0 };
        let end_energy = share.energy_at(position_at(stretch.to));
        let begin_energy = if share.time == 0 { share.base } else { share.energy_at(position) };
        let (mut at, mut energy) = (stretch.from, begin_energy);
        let mean = if counts { share.mean_power } else { Some(0) };
        while at < stretch.to || energy < end_energy {
            self.plan.calendar.open_at(at, self.tz, &mut self.opening);
            let now = self.moment(stretch, at, energy, mean);
            let lasts =
                self.plan.lasts(&now, stretch.charging()).map_or(i64::MAX, |left| at.saturating_add(left));
            let mut next = stretch.to.min(self.opening.until).min(lasts);
            let mut next_energy = share.energy_at(position_at(next));
            if let Some(edge) = self.plan.next_energy_edge(energy)
                && next_energy >= edge
            {
                let crossing = stretch.from + (share.position_of(edge) - position);
                next = crossing.clamp(at, next);
                next_energy = edge;
            }
            let due = self.charge_flat(at, &now);
            let time = match stretch.activity {
                Activity::Charging => Charge::Time,
                Activity::Parking => Charge::ParkingTime,
            };
            let (taken, lasted) = (next_energy - energy, next - at);
            let components = [
                self.charge(Charge::Energy, (at, next), taken, &now),
                self.charge(Charge::Service, (at, next), taken, &now),
                self.charge(time, (at, next), lasted, &now),
            ];
            if let Some(periods) = &mut self.periods {
                let fee = self.plan.component(Charge::Flat, &self.opening.open, &now);
                let power = stretch.power.or(mean);
                let (activity, current) = (stretch.activity, stretch.current);
                periods.add(Piece {
                    from: at,
                    to: next,
                    energy: taken,
                    activity,
                    power,
                    current,
                    components,
                    fee,
                    due,
                });
            }
            (at, energy) = (next, next_energy);
        }
        match stretch.activity {
            Activity::Charging if stretch.time() > 0 => {
                self.charged += stretch.time();
                self.idle = 0;
            }
            Activity::Charging => {}
            Activity::Parking => self.idle += stretch.time(),
        }
    }

    /// All that decides prices at an instant of a stretch. Before it, `charged` and `idle` end at its beginning.
    fn moment(&self, stretch: &Stretch, at: i64, energy: i64, mean_power: Option<i64>) -> Moment {
        let since = at - stretch.from;
        Moment {
            energy,
            duration: at - self.start,
            charging: self.charged + if stretch.charging() { since } else { 0 },
            idle: if stretch.charging() { 0 } else { self.idle + since },
            power: Range::same(stretch.power.or(mean_power)),
            current: Range::same(stretch.current),
        }
    }

    /// Charges a quantity that is metered; gives the component that prices it. Of nothing only charging periods ask that.
    fn charge(
        &mut self,
        charge: Charge,
        (from, to): (i64, i64),
        quantity: i64,
        now: &Moment,
    ) -> Option<usize> {
        if quantity <= 0 && self.periods.is_none() || self.expired || !self.plan.prices(charge) {
            return None;
        }
        let component = self.plan.component(charge, &self.opening.open, now);
        if quantity > 0 {
            self.ledger.add(&self.plan, Span { charge, component, from, to, quantity }, self.opening.day);
        }
        component
    }

    /// Charges the first flat fee that holds, once; tells whether that is now.
    fn charge_flat(&mut self, at: i64, now: &Moment) -> bool {
        if self.ledger.flat(Charge::Flat).is_some() || !self.plan.prices(Charge::Flat) || self.expired {
            return false;
        }
        self.plan.calendar.open_at(at, self.tz, &mut self.opening);
        let component = self.plan.component(Charge::Flat, &self.opening.open, now);
        if let Some(component) = component {
            self.ledger.charge_flat(Charge::Flat, component, at);
        }
        component.is_some()
    }
}

/// An instant from µs since 1970.
pub(crate) fn instant(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}
