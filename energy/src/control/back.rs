//! Who gives back, and how much: by plans, within what may be exported through each node on each phase.
//!
//! What is given back counts by itself, without what others take at the same time: they may stop at any instant. And it
//! never makes room for others on a fuse: it may stop as well.

use chrono::{DateTime, Utc};

use crate::control::demand::Used;
use crate::control::{Session, State, Track};
use crate::grid::{Evse, Site};
use crate::share::{Draw, Turn, Want, share};
use crate::units::{Milliamps, PerPhase, Phase};

/// Gives each session that shall give back its part, evenly within a class; none to all others.
pub(super) fn decide(site: &Site, now: DateTime<Utc>, state: &mut State, sessions: &[Option<&Session>]) {
    let mut left = supply(site);
    let (mut places, mut wants) = (Vec::new(), Vec::new());
    for (at, evse) in site.evses().iter().enumerate() {
        let Some(track) = state.tracks.get_mut(&evse.id) else { continue };
        track.back = Milliamps::ZERO;
        match sessions[at] {
            Some(session) if gives(evse, session) > Milliamps::ZERO && track.reachable(now) => {
                places.push(at);
                wants.push(want(site, at, track, session));
            }
            _ => take(site, at, &mut left, track.may_give(evse)),
        }
    }
    let parts = parts(site, state, sessions, (&places, &wants), &mut left);
    for (at, given) in places.into_iter().zip(parts) {
        if let Some(track) = state.tracks.get_mut(&site.evses()[at].id) {
            track.back = given;
        }
    }
}

/// Who gives back more than it may is told its part as if it followed; the others share what it leaves.
fn parts(
    site: &Site,
    state: &State,
    sessions: &[Option<&Session>],
    (places, wants): (&[usize], &[Want]),
    left: &mut [Milliamps],
) -> Vec<Milliamps> {
    let mut parts = share(left, wants);
    let (mut others, mut follow) = (Vec::new(), Vec::new());
    for (number, at) in places.iter().enumerate() {
        let evse = &site.evses()[*at];
        let defies = state.tracks.get(&evse.id).filter(|track| track.given != PerPhase::ZERO);
        match defies.zip(sessions[*at]) {
            Some((track, session)) => {
                let used = Used::of(evse, track, session);
                let part = evse.given(parts[number], used.most, used.fewest);
                take(site, *at, left, part.max(track.given));
            }
            None => {
                others.push(number);
                follow.push(wants[number].clone());
            }
        }
    }
    if others.len() < places.len() {
        for (number, part) in others.into_iter().zip(share(left, &follow)) {
            parts[number] = part;
        }
    }
    parts
}

/// What may be exported, cell by cell: three phases of each node.
pub(super) fn supply(site: &Site) -> Vec<Milliamps> {
    site.nodes().iter().flat_map(|node| node.export.0).collect()
}

/// Takes what is given back from all cells above an EVSE.
pub(super) fn take(site: &Site, at: usize, left: &mut [Milliamps], given: PerPhase) {
    for node in site.path(at) {
        for phase in 0..3 {
            left[node * 3 + phase] = left[node * 3 + phase] - given.0[phase];
        }
    }
}

/// What the EVSE can give back with what is left: what it may already, and the smallest rest above it.
pub(super) fn room(site: &Site, at: usize, left: &[Milliamps], track: &Track, used: Used) -> Milliamps {
    let evse = &site.evses()[at];
    let may = track.may_give(evse);
    let cells = site.path(at).iter().flat_map(|node| {
        flows(evse, used).map(move |(phase, halves)| (phase, halves, node * 3 + phase.index()))
    });
    let rooms = cells.map(|(phase, halves, cell)| {
        let room = may[phase] + left[cell].max(Milliamps::ZERO);
        if room >= evse.back { evse.back } else { Milliamps(room.0 * 2 / i64::from(halves)) }
    });
    rooms.min().unwrap_or_default()
}

/// All phases of the EVSE, with how many halves of what is given back may flow there.
fn flows(evse: &Evse, used: Used) -> impl Iterator<Item = (Phase, u8)> {
    let told: Vec<(Phase, u8)> = evse.worst(used.most, used.fewest).collect();
    let others = evse.wiring.used(3).skip(told.len()).map(|phase| (phase, 2));
    told.into_iter().chain(others)
}

fn gives(evse: &Evse, session: &Session) -> Milliamps {
    session.gives.min(evse.back).down_to(evse.step)
}

fn want(site: &Site, at: usize, track: &Track, session: &Session) -> Want {
    let evse = &site.evses()[at];
    let draws = |node: &usize| {
        let cell = node * 3;
        flows(evse, Used::of(evse, track, session)).map(move |(phase, halves)| Draw {
            cell: cell + phase.index(),
            free: Milliamps::ZERO,
            halves,
            most: evse.back,
        })
    };
    Want {
        draws: site.path(at).iter().flat_map(draws).collect(),
        lowest: Milliamps::ZERO,
        least: evse.step,
        most: gives(evse, session),
        needed: Milliamps::ZERO,
        step: evse.step,
        class: session.class,
        urgent: false,
        turn: Turn::Kept,
    }
}
