//! Charging periods: the stretches of a session in which every price stays the same (OCPI ChargingPeriod).

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::quantity::{Current, Energy, Power};
use crate::pricing::pricer::instant;
use crate::pricing::session::Activity;

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
    /// Which prices hold for energy, service and time, also where nothing of it was used.
    pub components: [Option<usize>; 3],
    /// Which flat fee holds.
    pub fee: Option<usize>,
    /// Is it charged now?
    pub due: bool,
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
        let same = |value: i64| (value, value);
        self.list.push(Open { piece, power: piece.power.map(same), current: piece.current.map(same) });
    }

    pub fn list(&self) -> Vec<ChargingPeriod> {
        self.list.iter().map(Open::period).collect()
    }
}

impl Open {
    /// Do the prices at its beginning hold on? Where no energy was taken the price of energy does not matter, as long as
    /// none is taken in the same period.
    fn goes_on_with(&self, piece: &Piece) -> bool {
        let same = |index: usize| {
            let (mine, theirs) = (self.piece.components[index], piece.components[index]);
            mine == theirs || index < 2 && self.piece.energy == 0 && piece.energy == 0
        };
        // A fee becomes due where a period begins, and all of what the period tells must be such that it is.
        self.piece.activity == piece.activity
            && !piece.due
            && (!self.piece.due || self.piece.fee == piece.fee)
            && (0..piece.components.len()).all(same)
            && self.piece.to == piece.from
    }

    fn extend(&mut self, by: &Piece) {
        self.piece.to = by.to;
        self.piece.energy = self.piece.energy.saturating_add(by.energy);
        self.power = wider(self.power, by.power);
        self.current = wider(self.current, by.current);
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

fn wider(range: Option<(i64, i64)>, by: Option<i64>) -> Option<(i64, i64)> {
    match (range, by) {
        (Some((least, most)), Some(by)) => Some((least.min(by), most.max(by))),
        (range, by) => range.or(by.map(|by| (by, by))),
    }
}
