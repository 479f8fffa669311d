//! Charging periods: the stretches of a session in which every price stays the same (OCPI ChargingPeriod). One begins too
//! where a flat fee becomes due, for whoever prices the periods asks for it at their starts.

use chrono::{DateTime, TimeDelta, Utc};

use crate::pricer::instant;
use crate::quantity::{Current, Energy, Power};
use crate::session::Activity;

/// Beyond so many the last one goes on, so that no session grows without end.
const MAX_PERIODS: usize = 10_000;

/// A stretch of a session in which every price stays the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChargingPeriod {
    /// First instant.
    pub from: DateTime<Utc>,
    /// Last instant; the next period begins there.
    pub to: DateTime<Utc>,
    /// Taken in it.
    pub energy: Energy,
    /// What the vehicle did.
    pub activity: Activity,
    /// The least and the most power, as far as it is known.
    pub power: Option<(Power, Power)>,
    /// The least and the most current, the sum over the phases, as far as it is known.
    pub current: Option<(Current, Current)>,
}

impl ChargingPeriod {
    /// How long it lasts.
    pub fn duration(&self) -> TimeDelta {
        self.to - self.from
    }
}

/// What the pricer has just priced.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Piece {
    pub from: i64,
    pub to: i64,
    /// mWh.
    pub energy: i64,
    pub activity: Activity,
    /// mW.
    pub power: Option<i64>,
    /// mA.
    pub current: Option<i64>,
    /// Which prices held for energy, service and time, whether or not there was anything to price.
    pub components: [Option<usize>; 3],
    /// The flat fee that was due by then.
    pub flat: Option<usize>,
}

/// The periods of a session as they come.
#[derive(Debug, Clone, Default)]
pub(crate) struct Periods {
    list: Vec<Open>,
}

#[derive(Debug, Clone, Copy)]
struct Open {
    piece: Piece,
    power: Option<(i64, i64)>,
    current: Option<(i64, i64)>,
}

impl Periods {
    pub fn add(&mut self, piece: Piece) {
        let full = self.list.len() >= MAX_PERIODS;
        if let Some(last) = self.list.last_mut()
            && (last.goes_on_with(&piece) || full)
        {
            last.extend(&piece);
            return;
        }
        self.list.push(Open { piece, power: piece.power.map(same), current: piece.current.map(same) });
    }

    pub fn list(&self) -> Vec<ChargingPeriod> {
        self.list.iter().map(Open::period).collect()
    }
}

impl Open {
    /// A period is priced by what holds at its start. A quantity of nothing that comes later has no price, so it does
    /// not matter which one holds for it; at the start it does, for more may follow.
    fn goes_on_with(&self, piece: &Piece) -> bool {
        let same = |index: usize| {
            let (mine, theirs) = (self.piece.components[index], piece.components[index]);
            mine == theirs || index < 2 && piece.energy == 0
        };
        self.piece.activity == piece.activity
            && self.piece.flat == piece.flat
            && (0..piece.components.len()).all(same)
            && self.piece.to == piece.from
    }

    fn extend(&mut self, by: &Piece) {
        // Where nothing flowed the power says nothing about the price of what did.
        match (self.piece.energy == 0, by.energy == 0) {
            (true, false) => (self.power, self.current) = (by.power.map(same), by.current.map(same)),
            (false, true) => {}
            _ => (self.power, self.current) = (wider(self.power, by.power), wider(self.current, by.current)),
        }
        self.piece.to = by.to;
        self.piece.energy = self.piece.energy.saturating_add(by.energy);
    }

    fn period(&self) -> ChargingPeriod {
        ChargingPeriod {
            from: instant(self.piece.from),
            to: instant(self.piece.to),
            energy: Energy::from_mwh(self.piece.energy),
            activity: self.piece.activity,
            power: self.power.map(|(least, most)| (Power::from_mw(least), Power::from_mw(most))),
            current: self.current.map(|(least, most)| (Current::from_ma(least), Current::from_ma(most))),
        }
    }
}

fn same(value: i64) -> (i64, i64) {
    (value, value)
}

fn wider(range: Option<(i64, i64)>, by: Option<i64>) -> Option<(i64, i64)> {
    match (range, by) {
        (Some((least, most)), Some(by)) => Some((least.min(by), most.max(by))),
        (range, by) => range.or(by.map(|by| (by, by))),
    }
}
