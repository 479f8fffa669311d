//! A charging session while it is at work: what its messages make of it, in constant time each.
//!
//! The same code runs for a message that just arrived and for stored readings that are replayed (after a restart,
//! or because a message came late), so both give the same energy and the same bill.

pub mod costs;
pub mod fact;
pub mod full;
pub mod register;
pub mod sequence;
pub mod stay;

use crate::{
    catalog::Snapshot,
    flags::{Flag, Flags},
    model::Phase,
    store::row::{BillRow, ProgressRow, ReadingRow, SessionRow, Write},
};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use costs::Judgement;
use fact::{Fact, Moment};
use register::Register;
use rust_decimal::Decimal;
use sequence::Sequence;
use serde_json::Value;
use std::{collections::VecDeque, sync::Arc};
use tariffs::{Activity, Bill, ChargingPeriod, Energy, Plan, Power, Pricer, Reading};

/// Digests of the latest messages, to recognise one that is sent again.
const SEEN_MAX: usize = 16;
/// Samples this much older than the newest are taken as of the newest: stations stamp samples and events apart.
pub const JITTER: TimeDelta = TimeDelta::seconds(2);

/// A session in memory. `row` is what the database has or is about to have.
#[derive(Debug)]
pub struct Live {
    pub row: SessionRow,
    pub flags: Flags,
    pub sequence: Sequence,
    /// Some column that [`ProgressRow`] does not carry has changed.
    pub changed: bool,
    /// A sample was taken as of a later instant than its own: the bill has to be made by a replay.
    pub blurred: bool,
    /// Stored readings that a replay had to leave out.
    pub unreadable: u64,
    register: Register,
    /// What the station says in the end that the session costs.
    pub costs: Option<Box<Value>>,
    /// The cost that the station was told last.
    told_cost: String,
    plan: Option<Arc<Plan>>,
    pricer: Option<Box<Pricer>>,
    seen: VecDeque<i64>,
    /// Newest instant that went into register and price.
    reached: DateTime<Utc>,
}

/// What a replay keeps beside energy and cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Nothing.
    Totals,
    /// Charging periods.
    Periods,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// Taken.
    Yes,
    /// It is here already.
    Again,
    /// It is older than what is known: store it and replay all.
    Late,
}

/// What is known of one instant, from whichever message.
struct Point {
    moment: Moment,
    charging: Option<bool>,
    clock_wrong: bool,
}

impl Live {
    /// A session before its first message. `row` says where and when; `tariff` is `None` where none is assigned.
    pub fn new(row: SessionRow, tariff: Option<&Arc<Snapshot>>) -> Live {
        Live::priced_by(row, tariff.map(|t| t.plan.clone()), Keep::Totals)
    }

    fn priced_by(row: SessionRow, plan: Option<Arc<Plan>>, keep: Keep) -> Live {
        let pricer = plan.clone().map(|plan| {
            let pricer = Pricer::with_plan(plan, zone(&row), row.started_at).trusting();
            Box::new(if keep == Keep::Periods { pricer.recording() } else { pricer })
        });
        let mut flags = Flags::parse(&row.flags);
        flags.put(Flag::NoTariff, pricer.is_none());
        Live {
            flags,
            sequence: Sequence::parse(&row.seqs),
            changed: false,
            blurred: false,
            unreadable: 0,
            costs: None,
            told_cost: String::new(),
            register: Register::default(),
            plan,
            pricer,
            seen: VecDeque::new(),
            reached: row.started_at,
            row,
        }
    }

    /// The session as its stored readings make it; they need not be in order. The row keeps what readings do not
    /// tell (identifier, place, verdict, reasons).
    pub fn replay(row: SessionRow, tariff: Option<&Arc<Snapshot>>, readings: &[ReadingRow]) -> Live {
        Live::replay_under(row, tariff.map(|t| t.plan.clone()), readings, Keep::Totals)
    }

    /// The same under whichever prices; `keep` says whether charging periods are wanted as well.
    pub fn replay_under(
        mut row: SessionRow,
        plan: Option<Arc<Plan>>,
        readings: &[ReadingRow],
        keep: Keep,
    ) -> Live {
        row.messages = 0;
        row.seqs.clear();
        row.energy_mwh = 0;
        (row.start_mwh, row.last_mwh) = (None, None);
        let mut live = Live::priced_by(row, plan, keep);
        let mut facts: Vec<Fact> = Vec::with_capacity(readings.len());
        for reading in readings {
            match Fact::of(reading) {
                Ok(fact) => facts.push(fact),
                Err(error) => {
                    live.unreadable += 1;
                    tracing::error!(
                        session = reading.session_id, digest = reading.digest, %error,
                        "a stored reading cannot be read; it is left out"
                    );
                }
            }
        }
        facts.sort_by_key(|f| (f.at, f.seq, f.received_at, f.digest));
        for fact in &facts {
            live.note(fact);
        }
        let (inferred, told): (Vec<&Fact>, Vec<&Fact>) = facts.iter().partition(|f| f.is_inferred());
        let mut points: Vec<Point> = told.iter().flat_map(|f| points(f)).collect();
        points.sort_by_key(|p| p.moment.at);
        // What was inferred of the end comes after all that was told, and counts only while no end was told.
        if told.iter().all(|f| f.phase != Phase::End) {
            points.extend(inferred.into_iter().flat_map(self::points));
        }
        for point in &points {
            live.feed(point);
        }
        live
    }

    /// Takes a message if it carries on where the last one ended.
    pub fn take(&mut self, fact: &Fact) -> Taken {
        if self.seen.contains(&fact.digest) {
            return Taken::Again;
        }
        let reached = self.reached;
        let late = |at: DateTime<Utc>| at + JITTER < reached;
        // The last message often repeats the very first reading; that is nothing new.
        let first = self.register.first();
        let repeats = |m: &Moment| m.register_mwh.is_some() && m.register_mwh == first;
        if late(fact.at) || fact.moments.iter().any(|m| late(m.at) && !repeats(m)) {
            return Taken::Late;
        }
        self.note(fact);
        for point in points(fact) {
            if !late(point.moment.at) {
                self.feed(&point);
            }
        }
        Taken::Yes
    }

    /// Was this very message taken a short while ago?
    pub fn has(&self, digest: i64) -> bool {
        self.seen.contains(&digest)
    }

    /// What a message says beside the meter.
    fn note(&mut self, fact: &Fact) {
        if self.seen.len() == SEEN_MAX {
            self.seen.pop_front();
        }
        self.seen.push_back(fact.digest);
        self.row.messages += 1;
        if let Some(seq) = fact.seq
            && !self.sequence.add(seq)
        {
            self.flags.set(Flag::SequenceRepeats);
        }
        if let (Phase::End, Some(costs)) = (fact.phase, fact.costs()) {
            self.costs = Some(Box::new(costs.clone()));
        }
        if fact.body.clock_wrong {
            self.flags.set(Flag::ClockWrong);
        }
        if fact.body.offline {
            self.flags.set(Flag::Offline);
        }
        if !fact.body.charging_state.is_empty() {
            self.row.charging_state.clone_from(&fact.body.charging_state);
        }
        self.row.last_at = self.row.last_at.max(fact.at);
        self.row.received_at = self.row.received_at.max(fact.received_at);
    }

    /// Register, price and display follow the meter.
    fn feed(&mut self, point: &Point) {
        let Point { moment, charging, clock_wrong } = point;
        self.blurred |= moment.at < self.reached;
        let at = moment.at.max(self.reached);
        self.reached = at;
        let mut reading = Reading::at(at);
        if let Some(mwh) = moment.register_mwh {
            let energy = self.register.take(at, mwh, *clock_wrong, &mut self.flags);
            self.row.energy_mwh = energy;
            self.row.start_mwh = self.register.first();
            self.row.last_mwh = self.register.last();
            // A standing that is held until the next one decides says nothing yet: what flows meanwhile is shared over
            // all the time between the good ones.
            if !self.register.holds() {
                reading = reading.register(Energy::from_mwh(energy));
            }
        }
        if let Some(watts) = moment.power_w {
            self.row.power_w = Some(watts);
            if let Ok(power) = Power::from_w(watts.into()) {
                reading = reading.power(power);
            }
        }
        if moment.soc_percent.is_some() {
            self.row.soc_percent = moment.soc_percent;
        }
        if let Some(charging) = charging {
            reading = reading.activity(if *charging { Activity::Charging } else { Activity::Parking });
        }
        if let Some(pricer) = &mut self.pricer
            && let Err(late) = pricer.push(reading)
        {
            tracing::error!(session = self.row.id, %late, "a reading was offered to the price out of order");
        }
    }

    /// The newest instant that went into register and price.
    pub fn reached(&self) -> DateTime<Utc> {
        self.reached
    }

    /// The charging periods if the session ends at `at`, of a replay that keeps them.
    pub fn periods(&self, at: DateTime<Utc>) -> Vec<ChargingPeriod> {
        self.pricer.as_ref().map(|p| p.periods(at.max(self.reached))).unwrap_or_default()
    }

    /// The bill if the session ends at `at`.
    pub fn bill(&self, at: DateTime<Utc>) -> Option<Bill> {
        let bill = self.pricer.as_ref()?.bill(at.max(self.reached));
        Some(if self.never_began() { bill.waived() } else { bill })
    }

    /// The station gave up waiting for a vehicle (2.x EVConnectTimeout), and nothing has flowed: that costs nothing, whatever
    /// the tariff charges for a start.
    fn never_began(&self) -> bool {
        self.row.state == "ended" && self.row.stop_reason == "Timeout" && self.row.energy_mwh == 0
    }

    /// How the station's costs in this message stand to ours at its instant. `None`: it tells none, or they cannot be
    /// compared, because more is known already.
    pub fn judge_so_far(&self, fact: &Fact) -> Option<Judgement> {
        let (told, plan) = (fact.costs()?, self.plan.as_ref()?);
        if fact.at < self.reached {
            return None;
        }
        Some(costs::so_far(told, &self.bill(fact.at)?, plan.tariff()))
    }

    /// How the station's last word on the costs stands to the bill of the ended session. `None`: it said none.
    pub fn judge_at_end(&self) -> Option<Judgement> {
        let told = self.costs.as_deref()?;
        Some(costs::at_end(told, self.bill(self.row.ended_at?).as_ref()))
    }

    /// The cost so far, if it is another than the station was told last.
    pub fn news(&mut self) -> Option<Decimal> {
        if self.row.cost == self.told_cost {
            return None;
        }
        self.told_cost.clone_from(&self.row.cost);
        self.row.cost.parse().ok()
    }

    /// Brings the row's cost, flags and numbers up to date and gives the write that carries what moved.
    pub fn progress(&mut self) -> Write {
        if let (None, Some(pricer)) = (self.row.ended_at, &self.pricer) {
            self.row.cost = pricer.total(self.reached).incl.amount.to_string();
        }
        self.row.seqs = self.sequence.to_string();
        self.row.flags = self.flags.to_string();
        if std::mem::take(&mut self.changed) {
            return Write::Session(Box::new(self.row.clone()));
        }
        Write::Progress(Box::new(ProgressRow {
            id: self.row.id,
            last_at: self.row.last_at,
            received_at: self.row.received_at,
            last_mwh: self.row.last_mwh,
            energy_mwh: self.row.energy_mwh,
            power_w: self.row.power_w,
            soc_percent: self.row.soc_percent,
            charging_state: self.row.charging_state.clone(),
            cost: self.row.cost.clone(),
            seqs: self.row.seqs.clone(),
            messages: self.row.messages,
            flags: self.row.flags.clone(),
        }))
    }

    /// Ends the session at `at` and makes its bill.
    pub fn end(&mut self, at: DateTime<Utc>, revision: i64, now: DateTime<Utc>) -> Option<Box<BillRow>> {
        let at = at.max(self.row.started_at);
        self.row.state = "ended".to_owned();
        self.row.ended_at = Some(at);
        self.row.stop_mwh = self.row.last_mwh;
        self.row.power_w = None;
        self.flags.clear(Flag::StopAwaited);
        self.flags.put(Flag::NoRegister, self.row.last_mwh.is_none());
        self.flags.put(Flag::PlaceUnknown, self.row.evse == 0);
        self.flags.put(Flag::SequenceGap, self.sequence.has_gap());
        self.changed = true;
        let bill = self.bill(at)?;
        self.row.cost = bill.total_incl.to_string();
        Some(Box::new(BillRow {
            session_id: self.row.id,
            revision,
            tariff_hash: self.row.tariff_hash.clone(),
            currency: self.row.currency.clone(),
            total_excl: bill.total_excl.to_string(),
            total_incl: bill.total_incl.to_string(),
            energy_mwh: self.row.energy_mwh,
            body: serde_json::to_string(&bill).unwrap_or_default(),
            created_at: now,
        }))
    }
}

/// The time zone that a session is priced in.
pub fn zone(row: &SessionRow) -> Tz {
    row.time_zone.parse().unwrap_or(Tz::UTC)
}

/// The instants a message tells of. The state of charging holds from the message on, after its readings.
fn points(fact: &Fact) -> impl Iterator<Item = Point> + '_ {
    let clock_wrong = fact.body.clock_wrong;
    let readings = fact.moments.iter().map(move |m| Point { moment: *m, charging: None, clock_wrong });
    let state = fact.body.charging.map(|charging| Point {
        moment: Moment { at: fact.at, register_mwh: None, power_w: None, soc_percent: None },
        charging: Some(charging),
        clock_wrong,
    });
    readings.chain(state)
}
