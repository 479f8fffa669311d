//! Takes what was seen into what is remembered.

use chrono::{DateTime, TimeDelta, Utc};

use crate::control::demand::Used;
use crate::control::{Drawn, Event, Inputs, Policy, Session, State, Track};
use crate::grid::{Evse, EvseId, Method, Site, StationId};
use crate::safe::What;
use crate::units::{Milliamps, PerPhase, Phase};

/// The longest pause between two tries at a station that refuses.
const MAX_PAUSE_S: i64 = 900;
/// A vehicle that takes less on a phase does not use it.
const PHASE_IN_USE: Milliamps = Milliamps::from_amps(1);
/// A vehicle must take so much before phases are counted: some begin on one.
const PHASES_TELL: Milliamps = Milliamps::from_amps(4);
/// Meters and chargers are not exact: 1 A, and a twentieth.
fn tolerated(limit: Milliamps) -> Milliamps {
    limit + Milliamps(1000 + limit.0 / 20)
}

pub(super) fn see(site: &Site, policy: &Policy, now: DateTime<Utc>, state: &mut State, inputs: &Inputs) {
    for evse in site.evses() {
        let track = state.tracks.entry(evse.id).or_default();
        let late = now - TimeDelta::seconds(i64::from(policy.answer_within_s));
        if track.promise.sent().iter().any(|sent| !sent.lost && sent.at <= late) {
            fail(track, now, |promise| promise.lose(|sent| sent.at <= late));
        }
    }
    for event in &inputs.events {
        apply(site, now, state, *event);
    }
    let mut sessions: Vec<Option<&Session>> = vec![None; site.evses().len()];
    for session in &inputs.sessions {
        if let Some(at) = site.place(session.evse) {
            sessions[at] = Some(session);
        }
    }
    // What is no part of the site any more is forgotten.
    state.tracks.retain(|id, _| site.evse(*id).is_some());
    for (evse, session) in site.evses().iter().zip(sessions) {
        let track = state.tracks.entry(evse.id).or_default();
        track.promise.expire(now);
        // Where it was found to have lost its default just now, telling that again is the cure.
        track.tell_again |= evse.forgets && !track.forgets;
        track.forgets = evse.forgets;
        follow(site, evse, policy, now, track, session);
    }
}

fn apply(site: &Site, now: DateTime<Utc>, state: &mut State, event: Event) {
    match event {
        Event::Acked(id, seq) => {
            let Some((evse, track)) = at(site, state, id) else { return };
            let before = track.promise.held();
            let combined = matches!(evse.method, Method::Single | Method::StationMax).then_some(evse.default);
            if let Some(what) = track.promise.acked(seq, combined) {
                (track.failures, track.retry_at) = (0, None);
                let same = matches!((what, before), (What::Limit(new), Some(old))
                    if new.limit == old.limit && new.back == old.back && new.phases == old.phases);
                if !same {
                    track.settled = Some(now);
                }
            }
        }
        Event::Refused(id, seq) => {
            let Some((_, track)) = at(site, state, id) else { return };
            if track.promise.refused(seq) {
                fail(track, now, |_| ());
            }
        }
        Event::Unanswered(id, seq) => {
            let Some((_, track)) = at(site, state, id) else { return };
            if track.promise.sent().iter().any(|sent| sent.seq == seq && !sent.lost) {
                fail(track, now, |promise| promise.lose(|sent| sent.seq == seq));
            }
        }
        Event::Online(station) => of(site, state, station, |track| {
            track.online = true;
            track.retry_at = None;
        }),
        Event::Offline(station) => of(site, state, station, |track| {
            track.online = false;
            track.promise.lose(|_| true);
        }),
        Event::Booted(station) => of(site, state, station, |track| {
            track.tell_again = true;
            track.promise.lose(|_| true);
            (track.failures, track.retry_at) = (0, None);
        }),
        Event::Ended(id) => {
            let Some((evse, track)) = at(site, state, id) else { return };
            end(evse, track);
        }
    }
}

fn at<'a>(site: &'a Site, state: &'a mut State, id: EvseId) -> Option<(&'a Evse, &'a mut Track)> {
    Some((site.evse(id)?, state.tracks.get_mut(&id)?))
}

fn of(site: &Site, state: &mut State, station: StationId, mut change: impl FnMut(&mut Track)) {
    for evse in site.station(station) {
        if let Some(track) = state.tracks.get_mut(&evse.id) {
            change(track);
        }
    }
}

/// Asked again after a pause that doubles.
fn fail(track: &mut Track, now: DateTime<Utc>, lose: impl Fn(&mut crate::safe::Promise)) {
    lose(&mut track.promise);
    let pause = (15_i64 << track.failures.min(10)).min(MAX_PAUSE_S);
    track.failures = track.failures.saturating_add(1);
    track.retry_at = Some(now + TimeDelta::seconds(pause));
}

/// A vehicle has left. Limits of a transaction end with it, others by themselves.
fn end(evse: &Evse, track: &mut Track) {
    if evse.method == Method::Tx {
        track.promise.end();
    }
    track.transaction = None;
    track.phases = None;
    track.fewest = None;
    track.uses = None;
    track.since = None;
    track.target = Milliamps::ZERO;
    track.back = Milliamps::ZERO;
    track.taken = PerPhase::ZERO;
    track.given = PerPhase::ZERO;
}

fn follow(
    site: &Site,
    evse: &Evse,
    policy: &Policy,
    now: DateTime<Utc>,
    track: &mut Track,
    session: Option<&Session>,
) {
    let transaction = session.map(|session| &session.transaction);
    if track.transaction.is_some() && track.transaction.as_ref() != transaction {
        end(evse, track);
    }
    track.transaction = transaction.cloned();
    if let Some(session) = session {
        watch(site, evse, policy, now, track, session);
    }
}

/// What the vehicle shows of itself.
fn watch(
    site: &Site,
    evse: &Evse,
    policy: &Policy,
    now: DateTime<Utc>,
    track: &mut Track,
    session: &Session,
) {
    track.since = track.since.or(Some(now));
    let Some(drawn) = session.drawn.filter(|drawn| fresh(drawn, policy, now)) else {
        track.uses = None;
        return;
    };
    if settled_before(track, policy, drawn.at) {
        let seen = evse.wiring.turned(known(evse, track, session, &drawn));
        track.taken = defied(track.promise.may(evse), track.taken, seen);
        track.given = defied(track.promise.may_give(evse), track.given, PerPhase::ZERO - seen);
        track.uses = uses(evse.smallest(site.voltage()), policy, now, track, drawn.current.largest());
    }
    if !drawn.each {
        return;
    }
    let seen = phases_in_use(drawn.current);
    let more = track.phases.is_some_and(|known| known < seen);
    let tells = drawn.current.largest() >= PHASES_TELL;
    if more || policy.learn_phases && track.phases.is_none() && tells {
        track.phases = Some(seen);
    }
    // Without learning it is only believed against what was said.
    if tells && (policy.learn_phases || session.phases.is_some_and(|said| seen < said)) {
        track.fewest = Some(track.fewest.map_or(seen, |known| known.min(seen)));
    }
}

/// What was measured, on its own phases. Where not each of them was, it is on those that the vehicle is counted on.
fn known(evse: &Evse, track: &Track, session: &Session, drawn: &Drawn) -> PerPhase {
    let used = if drawn.each { 3 } else { Used::of(evse, track, session).most };
    let mut own = drawn.current;
    own.0.iter_mut().skip(usize::from(used)).for_each(|current| *current = Milliamps::ZERO);
    own
}

/// What a vehicle takes that could take more: nothing is known of one that takes all it may, or may not charge. Half of
/// the headroom is the noise that is still "all". One that takes nothing is offered its share for as long as places are
/// kept, since some do not begin with the least; then what it was seen to take counts until it begins.
fn uses(
    least: Milliamps,
    policy: &Policy,
    now: DateTime<Utc>,
    track: &Track,
    taken: Milliamps,
) -> Option<Milliamps> {
    let grant = track.promise.held().filter(|grant| grant.limit >= least)?;
    let taken = taken.max(Milliamps::ZERO);
    let tried = TimeDelta::seconds(i64::from(policy.keep_place_s));
    if taken < PHASE_IN_USE && (grant.limit == least || track.settled.is_none_or(|since| now - since < tried))
    {
        return track.uses;
    }
    (taken + Milliamps(policy.headroom.0 / 2) < grant.limit).then_some(taken)
}

fn fresh(drawn: &Drawn, policy: &Policy, now: DateTime<Utc>) -> bool {
    drawn.at <= now && now - drawn.at < TimeDelta::seconds(i64::from(policy.draw_max_age_s))
}

/// Was what it holds old enough at `at` for the vehicle to have followed?
fn settled_before(track: &Track, policy: &Policy, at: DateTime<Utc>) -> bool {
    track.settled.is_none_or(|since| since + TimeDelta::seconds(i64::from(policy.settle_s)) <= at)
}

/// The highest of the EVSE's own phases that is used: chargers of two phases use L1 and L2.
fn phases_in_use(own: PerPhase) -> u8 {
    let [_, second, third] = own.0;
    1 + u8::from(second >= PHASE_IN_USE || third >= PHASE_IN_USE) + u8::from(third >= PHASE_IN_USE)
}

/// What it takes in spite of what it may, once more is known. It is believed to follow only where it was seen to: it takes no
/// more than it may, and before it took more than that, or more than now. That it was told something else, and that it may take
/// as much by now, are no signs of it.
fn defied(may: PerPhase, before: PerPhase, seen: PerPhase) -> PerPhase {
    let mut known = before;
    for phase in Phase::ALL {
        let (may, seen) = (may[phase], seen[phase]);
        if seen > tolerated(may) {
            known[phase] = seen;
        } else if before[phase] > tolerated(may).min(tolerated(seen)) {
            known[phase] = Milliamps::ZERO;
        } else {
            known[phase] = before[phase].min(seen.max(Milliamps::ZERO));
        }
    }
    known
}
