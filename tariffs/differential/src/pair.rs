//! A session, a tariff and the CDR of both: one as the standard wants it, or one as partners send them.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use crate::cdr::{Cdr, Kind, Period};
use crate::random::Random;
use crate::session::Session;
use crate::tariff::Tariff;
use crate::{cut, draw};

/// What both engines price.
#[derive(Debug, Clone)]
pub struct Pair {
    /// What draws it again.
    pub seed: u64,
    /// What happened.
    pub session: Session,
    /// What it costs.
    pub tariff: Tariff,
    /// What is told of it.
    pub cdr: Cdr,
    /// Does the CDR tell all that happened, cut wherever the price could change?
    pub faithful: bool,
}

impl Pair {
    /// Draws the pair of a seed; two of three CDRs have oddities.
    pub fn draw(seed: u64) -> Pair {
        let mut random = Random::new(seed);
        let session = Session::draw(&mut random);
        let tariff = draw::tariff(&mut random, &session);
        let mut moments = cut::moments(&session, &tariff);
        let faithful = random.percent(33);
        add_moments(&mut random, &session, &mut moments);
        if !faithful && random.percent(40) {
            moments.retain(|_| random.percent(60));
        }
        let mut cdr = cut::cdr(&session, &moments);
        if !faithful {
            mess(&mut random, &mut cdr);
        }
        Pair { seed, session, tariff, cdr, faithful }
    }
}

/// Charging periods may be cut anywhere.
fn add_moments(random: &mut Random, session: &Session, moments: &mut BTreeSet<DateTime<Utc>>) {
    let seconds = (session.end() - session.begin()).num_seconds();
    for _ in 0..random.pick(&[0, 0, 1, 4]) {
        moments.insert(session.begin() + TimeDelta::seconds(random.between(1, seconds - 1)));
    }
}

fn mess(random: &mut Random, cdr: &mut Cdr) {
    cdr.credit = random.percent(5);
    if random.percent(30) {
        // Power is told nowhere, or only here and there.
        let kept = random.pick(&[0, 50]);
        for period in &mut cdr.periods {
            period.dimensions.retain(|(kind, _)| !kind.electrical() || random.percent(kept));
        }
    }
    let zeros = random.percent(30);
    let precise = random.percent(15);
    let wrong = random.percent(15);
    let count = cdr.periods.len();
    for (index, period) in cdr.periods.iter_mut().enumerate() {
        for kind in Kind::PRICED {
            let last = index + 1 == count;
            if zeros && period.volume(kind).is_none() && random.percent(if last { 60 } else { 30 }) {
                period.dimensions.push((kind, Decimal::ZERO));
            }
        }
        for (kind, volume) in &mut period.dimensions {
            match kind {
                Kind::Energy if wrong => {
                    // Some of it may be fed back.
                    let sign = if random.percent(15) { -Decimal::ONE } else { Decimal::ONE };
                    *volume = random.decimal(200_000, 4) * sign;
                }
                Kind::Time | Kind::ParkingTime if wrong && random.percent(50) => {
                    *volume = (*volume * Decimal::new(random.between(1, 99), 2)).round_dp(4);
                }
                Kind::Time | Kind::ParkingTime if precise => {
                    *volume = (*volume + Decimal::new(random.between(-9, 9), 5)).max(Decimal::ZERO);
                }
                _ => {}
            }
        }
        if period.dimensions.is_empty() {
            // The standard wants at least one.
            period.dimensions.push((Kind::Energy, Decimal::ZERO));
        }
    }
    if cdr.total(Kind::Energy) < Decimal::ZERO {
        // More is fed back than taken: tests/corners.rs has what comes of it.
        let volumes = cdr.periods.iter_mut().flat_map(|period| &mut period.dimensions);
        volumes.filter(|(kind, _)| *kind == Kind::Energy).for_each(|(_, volume)| *volume = volume.abs());
    }
    if random.percent(20) {
        shuffle(random, &mut cdr.periods);
    }
}

fn shuffle(random: &mut Random, periods: &mut [Period]) {
    for index in (1..periods.len()).rev() {
        let last = i64::try_from(index).unwrap_or(0);
        periods.swap(index, usize::try_from(random.between(0, last)).unwrap_or(0));
    }
}
