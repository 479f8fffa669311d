//! Charge Detail Records of OCPI 2.2.1 and 2.3.0 (module CDRs): read, priced, compared with what they state, and the priced
//! part of one written.
//!
//! A CDR's charging periods are priced as they are given: each by the prices that hold at its start, for whoever makes a
//! CDR begins a new period wherever a price changes. [`crate::Pricer`] makes such periods of meter readings.

mod compare;
mod joint;
mod price;
mod read;
mod totals;
mod write;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use super::Imported;
use crate::model::check::Problem;
use crate::model::currency::Currency;

pub use compare::{Difference, Tolerance};
pub use price::{Priced, WrongTariff, price, price_by_own};
pub use read::read_cdr;
pub use totals::{Cost, Totals};
pub use write::priced_part;

/// What pricing needs of a CDR, and what it states itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Cdr {
    /// Its id; empty where it has none.
    pub id: String,
    /// The currency of what it states, if it says so.
    pub currency: Option<Currency>,
    /// The start of the session, or of the reservation before it.
    pub start: DateTime<Utc>,
    /// The end of the session.
    pub end: DateTime<Utc>,
    /// It takes back another CDR.
    pub credit: bool,
    /// At least one, in order of time; a period ends where the next begins.
    pub periods: Vec<CdrPeriod>,
    /// The tariffs that it carries, as far as they can be read.
    pub tariffs: Vec<Imported>,
    /// Why others of them cannot.
    pub unreadable: Vec<Problem>,
    /// What it says that it costs.
    pub stated: Stated,
    /// What was ignored or understood leniently, with OCPI's path.
    pub notes: Vec<Problem>,
}

/// A charging period: what was used from its start until the next one's. `None` is a dimension that it does not have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CdrPeriod {
    /// µs since 1970.
    pub(crate) from: i64,
    /// mWh; negative where energy was fed back.
    pub(crate) energy: Option<i64>,
    /// µs, as given.
    pub(crate) time: Option<i64>,
    /// µs, as given.
    pub(crate) parking: Option<i64>,
    /// µs, as given.
    pub(crate) reservation: Option<i64>,
    /// mW: MIN_POWER and MAX_POWER.
    pub(crate) power: (Option<i64>, Option<i64>),
    /// mA: MIN_CURRENT and MAX_CURRENT.
    pub(crate) current: (Option<i64>, Option<i64>),
    pub(crate) tariff: Named,
}

/// Which tariff a charging period names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Named {
    /// None.
    #[default]
    No,
    /// The one with this index in the CDR's tariffs.
    Carried(usize),
    /// One that the CDR does not carry.
    Absent,
}

/// The totals that a CDR states; `None` where it does not. Costs have a gross only where the CDR gives it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stated {
    /// All of it.
    pub total_cost: Option<StatedCost>,
    /// Flat fees.
    pub total_fixed_cost: Option<StatedCost>,
    /// kWh.
    pub total_energy: Option<Decimal>,
    /// Energy.
    pub total_energy_cost: Option<StatedCost>,
    /// Hours, parking included.
    pub total_time: Option<Decimal>,
    /// Charging time.
    pub total_time_cost: Option<StatedCost>,
    /// Hours.
    pub total_parking_time: Option<Decimal>,
    /// Parking time.
    pub total_parking_cost: Option<StatedCost>,
    /// The reservation.
    pub total_reservation_cost: Option<StatedCost>,
}

/// An amount as a CDR states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatedCost {
    /// Before taxes.
    pub excl: Decimal,
    /// After taxes.
    pub incl: Option<Decimal>,
}

impl CdrPeriod {
    /// Is it time of a reservation and nothing else?
    fn only_reserves(&self) -> bool {
        self.reservation.is_some() && self.energy.is_none() && self.time.is_none() && self.parking.is_none()
    }

    /// Was anything used in it beside a reservation?
    fn uses(&self) -> bool {
        [self.energy, self.time, self.parking].into_iter().flatten().any(|volume| volume != 0)
    }
}

impl Cdr {
    /// Where a period ends, µs.
    fn period_end(&self, index: usize) -> i64 {
        let next = self.periods.get(index + 1).map(|period| period.from);
        next.unwrap_or_else(|| self.end.timestamp_micros()).max(self.periods[index].from)
    }

    /// When the session began, after a reservation, µs.
    fn session_start(&self) -> i64 {
        let reserved = self.periods.first().is_some_and(CdrPeriod::only_reserves);
        let first = self.periods.iter().find(|period| !period.only_reserves()).filter(|_| reserved);
        match (reserved, first) {
            (true, Some(first)) => first.from,
            (true, None) => self.end.timestamp_micros(),
            (false, _) => self.start.timestamp_micros(),
        }
    }

    /// Did it end with the reservation?
    fn expired(&self) -> bool {
        let reserved = self.periods.iter().any(|period| period.reservation.is_some());
        reserved && !self.periods.iter().any(CdrPeriod::uses)
    }

    /// How long the session lasted, without a reservation before it.
    pub fn duration(&self) -> TimeDelta {
        TimeDelta::microseconds((self.end.timestamp_micros() - self.session_start()).max(0))
    }
}
