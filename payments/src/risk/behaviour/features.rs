//! Payments as numbers for the net.

use super::model::Norms;
use crate::Amount;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Payments of a driver that the net looks back on.
pub const SEEN: usize = 32;
/// Numbers per payment, without the place's embedding.
pub(super) const PLAIN: usize = 14;
/// Places fall into so many buckets, each with a learned place in a small space.
pub(super) const BUCKETS: usize = 32;
pub(super) const HOURS: usize = 24;
/// The same place as last time, one known from before, a new one.
pub(super) const PLACES: usize = 3;
const WEEK_MINUTES: f64 = 7.0 * 24.0 * 60.0;
/// What is usual begins as what is usual for everybody, worth so many payments.
const PRIOR: f64 = 1.0;

/// A payment of a driver, as far as the model cares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    pub at: DateTime<Utc>,
    /// By the site's clock: minutes since Monday 00:00.
    pub minute_of_week: u16,
    /// What was asked for at the click, not what the bill said later: that is what the next click can be held against.
    pub amount: Amount,
    /// A site, or a station without one.
    pub place: String,
    /// Of the session, where it is known; else 0.
    pub energy_wh: i64,
    pub seconds: i64,
}

impl Visit {
    /// The hour of the day by the site's clock.
    pub fn hour(&self) -> u8 {
        (self.minute_of_week / 60 % 24) as u8
    }
}

/// What the net is given of one payment, and what is expected of the next one before the net has spoken.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub plain: [f64; PLAIN],
    pub bucket: usize,
    pub prior: Prior,
}

/// The plain statistics of the payments so far; the net learns what to add to them.
#[derive(Debug, Clone)]
pub(super) struct Prior {
    pub amount: f64,
    pub gap: f64,
    /// Logarithms of probabilities.
    pub hours: [f64; HOURS],
    pub places: [f64; PLACES],
}

/// What came, in the net's units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Target {
    pub amount: f64,
    pub gap: f64,
    pub hour: usize,
    pub place: usize,
}

/// The payment after `before`, in the net's units. `None`: its currency is not known to the model.
pub(super) fn target(before: &[Visit], visit: &Visit, norms: &Norms) -> Option<Target> {
    let last = before.last()?;
    Some(Target {
        amount: norms.amount(visit.amount)?,
        gap: norms.gap(last, visit),
        hour: usize::from(visit.hour()) % HOURS,
        place: class(before, &visit.place),
    })
}

/// The payments of a driver as steps, oldest first. `None`: a currency is not known to the model.
pub(super) fn steps(visits: &[Visit], norms: &Norms) -> Option<Vec<Step>> {
    let (mut amounts, mut gaps) = (0.0, 0.0);
    let mut hours = [0.05; HOURS];
    let mut places = [1.0; PLACES];
    let mut steps = Vec::with_capacity(visits.len());
    for (n, visit) in visits.iter().enumerate() {
        let amount = norms.amount(visit.amount)?;
        let gap = n.checked_sub(1).map_or(0.0, |last| norms.gap(&visits[last], visit));
        let place = if n == 0 { PLACES - 1 } else { class(&visits[..n], &visit.place) };
        amounts += amount;
        gaps += gap;
        places[place] += 1.0;
        let hour = usize::from(visit.hour()) % HOURS;
        for (off, weight) in [(0, 1.0), (1, 0.5), (23, 0.5), (2, 0.15), (22, 0.15)] {
            hours[(hour + off) % HOURS] += weight;
        }
        let count = n as f64 + 1.0;
        let prior = Prior {
            amount: amounts / (count + PRIOR),
            gap: gaps / (count + PRIOR),
            hours: logarithms(hours),
            places: logarithms(places),
        };
        let week = std::f64::consts::TAU * f64::from(visit.minute_of_week) / WEEK_MINUTES;
        let day = 7.0 * week;
        let is = |kind: usize| f64::from(u8::from(place == kind));
        let plain = [
            amount,
            prior.amount,
            gap,
            prior.gap,
            week.sin(),
            week.cos(),
            day.sin(),
            day.cos(),
            is(0),
            is(1),
            is(2),
            (visit.energy_wh.max(0) as f64 / 10_000.0).ln_1p(),
            (visit.seconds.max(0) as f64 / 3_600.0).ln_1p(),
            count.ln() / 3.0,
        ];
        steps.push(Step { plain, bucket: bucket(&visit.place), prior });
    }
    Some(steps)
}

/// What kind of place it is for somebody who has been at these.
pub(super) fn class(before: &[Visit], place: &str) -> usize {
    match before.iter().rev().position(|visit| visit.place == place) {
        Some(0) => 0,
        Some(_) => 1,
        None => 2,
    }
}

fn logarithms<const N: usize>(weights: [f64; N]) -> [f64; N] {
    let sum: f64 = weights.iter().sum();
    weights.map(|weight| (weight / sum).ln())
}

/// FNV-1a: the same everywhere.
fn bucket(place: &str) -> usize {
    let hash = place.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    (hash % BUCKETS as u64) as usize
}
