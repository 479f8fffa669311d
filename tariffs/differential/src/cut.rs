//! Makes the CDR of a session: charging periods that begin at every moment at which the price could change.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, TimeDelta, Timelike, Utc};
use rust_decimal::Decimal;

use crate::cdr::{Cdr, Kind as Volume, Period};
use crate::session::{Kind, Session};
use crate::tariff::Tariff;

/// The instants after the begin and before the end at which something that the tariff looks at changes.
pub fn moments(session: &Session, tariff: &Tariff) -> BTreeSet<DateTime<Utc>> {
    let mut found: BTreeSet<DateTime<Utc>> = session.timed().map(|(from, _)| from).collect();
    let restrictions = || tariff.elements.iter().map(|element| &element.restrictions);
    for seconds in restrictions().flat_map(|given| [given.min_duration, given.max_duration]).flatten() {
        found.insert(session.start + TimeDelta::seconds(seconds.into()));
    }
    for wh in restrictions().flat_map(|given| [given.min_wh, given.max_wh]).flatten() {
        found.extend(reached(session, wh));
    }
    let edges: BTreeSet<u16> =
        restrictions().flat_map(|given| [given.start_time, given.end_time]).flatten().collect();
    found.extend(local_changes(session, &edges));
    found.retain(|at| *at > session.begin() && *at < session.end());
    found
}

/// When so much energy has been charged.
fn reached(session: &Session, wh: i64) -> Option<DateTime<Utc>> {
    let mut before = 0;
    for (from, stretch) in session.timed() {
        let rate = stretch.kind.rate();
        let after = before + rate * stretch.seconds;
        if before < wh && wh <= after {
            return Some(from + TimeDelta::milliseconds((wh - before) * 1_000 / rate));
        }
        before = after;
    }
    None
}

/// The whole minutes at which the local date changes or the local time passes one of the edges, either way.
fn local_changes(session: &Session, edges: &BTreeSet<u16>) -> Vec<DateTime<Utc>> {
    let state = |at: DateTime<Utc>| -> (NaiveDate, usize) {
        let local = at.with_timezone(&session.tz);
        let minute = local.hour() * 60 + local.minute();
        (local.date_naive(), edges.iter().filter(|edge| u32::from(**edge) <= minute).count())
    };
    let mut at = session.begin();
    let mut before = state(at);
    let mut found = Vec::new();
    at += TimeDelta::milliseconds(60_000 - at.timestamp_millis().rem_euclid(60_000));
    while at < session.end() {
        let now = state(at);
        if now != before {
            found.push(at);
            before = now;
        }
        at += TimeDelta::minutes(1);
    }
    found
}

/// The CDR with charging periods from each of these instants to the next.
pub fn cdr(session: &Session, moments: &BTreeSet<DateTime<Utc>>) -> Cdr {
    let mut starts = vec![session.begin()];
    starts.extend(moments.iter().copied());
    let ends: Vec<DateTime<Utc>> = starts.iter().skip(1).copied().chain([session.end()]).collect();
    let periods = starts.into_iter().zip(ends).map(|(from, to)| period(session, from, to)).collect();
    Cdr { start: session.begin(), end: session.end(), periods, credit: false }
}

fn period(session: &Session, from: DateTime<Utc>, to: DateTime<Utc>) -> Period {
    let (mut charging, mut parking) = (TimeDelta::zero(), TimeDelta::zero());
    let (mut mwh, mut rates) = (0, Vec::new());
    for (begin, stretch) in session.timed() {
        let end = begin + TimeDelta::seconds(stretch.seconds);
        let within = end.min(to) - begin.max(from);
        if within <= TimeDelta::zero() {
            continue;
        }
        match stretch.kind {
            Kind::Charging(_) => charging += within,
            Kind::Parking => parking += within,
        }
        mwh += stretch.kind.rate() * within.num_milliseconds();
        rates.push(stretch.kind.rate());
    }
    let mut dimensions = Vec::new();
    let mut add = |kind: Volume, volume: Decimal, given: bool| {
        if given {
            dimensions.push((kind, volume.normalize()));
        }
    };
    add(Volume::Energy, Decimal::new(mwh, 6), mwh > 0);
    for (kind, length) in [
        (Volume::Time, charging),
        (Volume::ParkingTime, parking),
        (Volume::ReservationTime, session.start.min(to) - from),
    ] {
        add(kind, hours(length), length > TimeDelta::zero());
    }
    if let (Some(low), Some(high)) = (rates.iter().min(), rates.iter().max()) {
        add(Volume::MinPower, kw(*low), true);
        add(Volume::MaxPower, kw(*high), true);
        add(Volume::MinCurrent, ampere(*low), true);
        add(Volume::MaxCurrent, ampere(*high), true);
    }
    Period { start: from, dimensions }
}

/// Hours as OCPI writes them, with four decimals; very short ones with more, so as not to become nothing.
pub fn hours(length: TimeDelta) -> Decimal {
    let exact = Decimal::from(length.num_milliseconds()) / Decimal::from(3_600_000);
    exact.round_dp(if length < TimeDelta::seconds(1) { 10 } else { 4 })
}

/// The power of a rate.
pub fn kw(rate: i64) -> Decimal {
    Decimal::new(rate * 36, 1)
}

/// The current of a rate, over all phases.
pub fn ampere(rate: i64) -> Decimal {
    Decimal::from(rate * 16)
}
