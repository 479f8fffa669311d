//! Sessions as wants, and what there is as cells.

use chrono::{DateTime, TimeDelta, Utc};

use crate::control::{Policy, Session, State, Track};
use crate::grid::{Budget, Current, Evse, Method, Site};
use crate::share::{Draw, Turn, Want, share};
use crate::units::{Milliamps, PerPhase, Phase};

/// The cells of a fuse for one phase: that of the fuse, and, after all of those, that of limits from outside. A fuse is
/// kept whatever drops out, so defaults count there always; a limit from outside is kept by those who can be reached.
pub(super) fn pair(site: &Site, node: usize, phase: usize) -> (usize, usize) {
    let cell = node * 3 + phase;
    (cell, site.nodes().len() * 3 + cell)
}

/// What is left of the budget, cell by cell.
pub(super) fn supply(budget: &Budget) -> Vec<Milliamps> {
    budget.fuse.iter().chain(&budget.limit).flat_map(|node| node.0).collect()
}

/// Takes a load from all cells above an EVSE.
pub(super) fn take(site: &Site, at: usize, supply: &mut [Milliamps], fuse: PerPhase, limit: PerPhase) {
    for node in site.path(at) {
        for phase in 0..3 {
            let (first, second) = pair(site, *node, phase);
            supply[first] = supply[first] - fuse.0[phase];
            supply[second] = supply[second] - limit.0[phase];
        }
    }
}

/// Gives each session that can be told something its target, and remembers who waits since when.
pub(super) fn decide(
    site: &Site,
    policy: &Policy,
    now: DateTime<Utc>,
    state: &mut State,
    sessions: &[Option<&Session>],
    budget: &Budget,
) {
    let mut supply = supply(budget);
    let (mut places, mut wants) = (Vec::new(), Vec::new());
    for (at, evse) in site.evses().iter().enumerate() {
        let Some(track) = state.tracks.get(&evse.id) else { continue };
        match sessions[at] {
            Some(session) if track.reachable(now) => {
                take(site, at, &mut supply, track.promise.floor(evse), PerPhase::ZERO);
                places.push(at);
                wants.push(want(site, at, policy, now, track, session));
            }
            _ => take(site, at, &mut supply, track.may(evse), track.expected(evse)),
        }
    }
    let targets = targets(site, state, sessions, (&places, &wants), &mut supply);
    for ((at, want), target) in places.into_iter().zip(&wants).zip(targets) {
        if let Some(track) = state.tracks.get_mut(&site.evses()[at].id) {
            if (target >= want.least) != (track.target >= want.least) {
                track.since = Some(now);
            }
            track.target = target;
        }
    }
}

/// Who takes more than it may is told its part as if it followed, so that it can show that it does. The others share what it
/// leaves.
fn targets(
    site: &Site,
    state: &State,
    sessions: &[Option<&Session>],
    (places, wants): (&[usize], &[Want]),
    supply: &mut [Milliamps],
) -> Vec<Milliamps> {
    let mut targets = share(supply, wants);
    let (mut others, mut follow) = (Vec::new(), Vec::new());
    for (number, at) in places.iter().enumerate() {
        let evse = &site.evses()[*at];
        let defies = state.tracks.get(&evse.id).filter(|track| track.taken != PerPhase::ZERO);
        let (Some(track), Some(session)) = (defies, sessions[*at]) else {
            others.push(number);
            follow.push(wants[number].clone());
            continue;
        };
        let base = track.promise.floor(evse);
        let used = Used::of(evse, track, session);
        let told = evse.load(targets[number], used.most, used.fewest).max(track.taken);
        take(site, *at, supply, told.max(base) - base, told);
    }
    if others.len() < places.len() {
        for (number, target) in others.into_iter().zip(share(supply, &follow)) {
            targets[number] = target;
        }
    }
    targets
}

/// Phases that a vehicle is counted on: at the most so many, and at the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Used {
    pub most: u8,
    pub fewest: u8,
}

impl Used {
    /// Those of the session.
    pub(super) fn of(evse: &Evse, track: &Track, session: &Session) -> Used {
        let has = evse.wiring.count();
        // What does not end with the transaction may hold for another vehicle.
        if matches!(evse.current, Current::Dc { .. }) || evse.method != Method::Tx {
            return Used { most: has, fewest: 1 };
        }
        // A vehicle that was seen on more phases than was said of it is believed, not what was said.
        let said = session.phases.map(|said| said.max(track.phases.unwrap_or(0)));
        let most = said.or(track.phases).map_or(has, |phases| phases.clamp(1, has));
        let fewest = track.fewest.or(session.phases).map_or(1, |phases| phases.clamp(1, most));
        Used { most, fewest }
    }
}

fn want(
    site: &Site,
    at: usize,
    policy: &Policy,
    now: DateTime<Utc>,
    track: &Track,
    session: &Session,
) -> Want {
    let evse = &site.evses()[at];
    let used = Used::of(evse, track, session);
    let floor = track.promise.floor(evse);
    let both = |node: usize, (phase, halves): (Phase, u8)| {
        let (fuse, limit) = pair(site, node, phase.index());
        let draw = |cell, free| Draw { cell, free, halves, most: evse.rated };
        [draw(fuse, floor[phase]), draw(limit, Milliamps::ZERO)]
    };
    let phases = || evse.worst(used.most, used.fewest);
    let draws = site.path(at).iter().flat_map(|node| phases().flat_map(|phase| both(*node, phase))).collect();
    let most = most(evse, evse.smallest(site.voltage()), policy, track, session);
    let needed = needed(site, policy, evse, used.most, now, session);
    let least = evse.smallest(site.voltage());
    let charges = track.target >= least;
    let for_s = track.since.map_or(0, |since| (now - since).num_seconds());
    Want {
        draws,
        lowest: evse.lowest(site.voltage()),
        least,
        most,
        needed,
        step: evse.step,
        class: if session.asleep { 0 } else { session.class },
        urgent: !session.asleep && needed >= least,
        turn: turn(policy, session, charges, for_s),
    }
}

/// A place is taken from somebody only by one who has waited as long as places are kept. Otherwise all whose time is over
/// would swap with each other at once.
fn turn(policy: &Policy, session: &Session, charges: bool, for_s: i64) -> Turn {
    let over = for_s >= i64::from(policy.keep_place_s);
    match (charges, over) {
        _ if session.asleep => Turn::Waits(0),
        (true, false) => Turn::Kept,
        (true, true) => Turn::Charges(for_s),
        (false, true) => Turn::Due(for_s),
        (false, false) => Turn::Waits(for_s),
    }
}

/// What is of use to the session: what EVSE, vehicle and plan allow, and not much more than the vehicle was seen to take.
fn most(evse: &Evse, least: Milliamps, policy: &Policy, track: &Track, session: &Session) -> Milliamps {
    if track.back > Milliamps::ZERO {
        // It gives back: it cannot take anything.
        return Milliamps::ZERO;
    }
    let told = [session.most, session.ceiling];
    let most = told.into_iter().flatten().fold(evse.rated, Ord::min);
    let Some(uses) = track.uses else { return most };
    let used = Milliamps(uses.0 + evse.step.0 - 1).down_to(evse.step) + policy.headroom;
    most.min(used.max(least))
}

/// The current that gets the vehicle what it needs by its deadline, and a little before, rounded up; all there is
/// once that has passed.
fn needed(
    site: &Site,
    policy: &Policy,
    evse: &Evse,
    phases: u8,
    now: DateTime<Utc>,
    session: &Session,
) -> Milliamps {
    let (Some(wh), Some(deadline)) = (session.needs_wh, session.deadline) else { return Milliamps::ZERO };
    if wh <= 0 {
        return Milliamps::ZERO;
    }
    let left = (deadline - now).max(TimeDelta::zero()).num_seconds();
    let seconds = left - i64::from(policy.spare_s).min(left / 4);
    let efficiency = match evse.current {
        Current::Ac => 1000,
        Current::Dc { efficiency_permille } => i128::from(efficiency_permille.max(1)),
    };
    let volts = i128::from(site.voltage().usual) * i128::from(phases);
    let milliamps = i128::from(wh) * 3_600_000_000 / efficiency / volts.max(1);
    let milliamps = if seconds == 0 { i128::MAX } else { milliamps / i128::from(seconds) + 1 };
    let milliamps = i64::try_from(milliamps).unwrap_or(i64::MAX).min(evse.rated.0);
    // Up to a whole step: it is told in steps, downwards.
    Milliamps(milliamps + evse.step.0 - 1).down_to(evse.step).min(evse.rated)
}
