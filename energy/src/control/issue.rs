//! What is told, in an order that keeps every fuse: less is told at once; more only out of what nobody can have any more.

use chrono::{DateTime, TimeDelta, Utc};

use crate::control::demand::{Used, pair, supply, take};
use crate::control::{Inputs, Intent, Policy, Session, State, Track, Why, back, wording};
use crate::grid::{Budget, Evse, Site};
use crate::profile::model::Profile;
use crate::safe::{Grant, What};
use crate::units::{Milliamps, PerPhase, Phase};

/// Tells what has to be told. What each EVSE may draw, with all that is under way, is taken from the budget first, so
/// whatever is left can be given.
pub(super) fn issue(
    site: &Site,
    policy: &Policy,
    now: DateTime<Utc>,
    state: &mut State,
    sessions: &[Option<&Session>],
    inputs: &Inputs,
    budget: &Budget,
) -> Vec<Intent> {
    let mut left = supply(budget);
    let mut export = back::supply(site);
    for (at, evse) in site.evses().iter().enumerate() {
        if let Some(track) = state.tracks.get(&evse.id) {
            take(site, at, &mut left, track.may(evse), track.expected(evse));
            back::take(site, at, &mut export, track.may_give(evse));
        }
    }
    let State { seq, tracks } = state;
    let until = until(policy, now, inputs);
    let mut teller = Teller { site, policy, now, until, left, export, seq: *seq, intents: Vec::new() };
    for raising in [false, true] {
        for (at, evse) in site.evses().iter().enumerate() {
            if let Some(track) = tracks.get_mut(&evse.id).filter(|track| free(track, now)) {
                teller.tell(One { at, evse, session: sessions[at] }, track, raising);
            }
        }
    }
    *seq = teller.seq;
    teller.intents
}

/// Whom it is about.
#[derive(Clone, Copy)]
struct One<'a> {
    at: usize,
    evse: &'a Evse,
    session: Option<&'a Session>,
}

/// One thing at a time: a second one sent behind the first would make it unknown which of them holds.
fn free(track: &Track, now: DateTime<Utc>) -> bool {
    track.online && !track.promise.awaits() && track.retry_at.is_none_or(|at| at <= now)
}

/// When limits told now are over: a limit from outside that starts before cuts them short.
fn until(policy: &Policy, now: DateTime<Utc>, inputs: &Inputs) -> DateTime<Utc> {
    let lead = TimeDelta::seconds(i64::from(policy.lead_s));
    let until = now + TimeDelta::seconds(i64::from(policy.hold_limit_s));
    Budget::next_start(&inputs.limits, now + lead, until).unwrap_or(until)
}

struct Teller<'a> {
    site: &'a Site,
    policy: &'a Policy,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
    /// Cells, less what everybody may draw.
    left: Vec<Milliamps>,
    /// What may be exported, less what everybody may give back.
    export: Vec<Milliamps>,
    seq: u64,
    intents: Vec<Intent>,
}

impl Teller<'_> {
    fn tell(&mut self, one: One<'_>, track: &mut Track, raising: bool) {
        if track.promise.fallback() != Some(one.evse.default) || track.tell_again {
            self.tell_default(one, track, raising);
            return;
        }
        let Some(session) = one.session else { return };
        let used = Used::of(one.evse, track, session);
        if raising {
            self.raise(one, track, used);
        } else {
            self.lower(one, track, used);
        }
    }

    fn lower(&mut self, one: One<'_>, track: &mut Track, used: Used) {
        let held = track.promise.held();
        let has = held.map_or(one.evse.default, |grant| grant.limit);
        let target = track.target;
        if let Some(grant) = held.filter(|grant| grant.back > Milliamps::ZERO) {
            if track.back < grant.back {
                // What is given back is lowered at once, also where it ends.
                self.tell_limit(one, track, (Milliamps::ZERO, track.back), used, Why::Lower);
            }
            return;
        }
        let fewer = |grant: Grant| one.evse.shares_power() && used.fewest < grant.fewest;
        if held.is_some_and(|grant| grant.phases < used.most || fewer(grant)) {
            // It uses more phases than was thought, or takes all on fewer. What it gets there has to fit there.
            let fits = target.min(has).min(self.room(one, track, used)).down_to(one.evse.step);
            let limit = if fits < one.evse.smallest(self.site.voltage()) {
                one.evse.lowest(self.site.voltage())
            } else {
                fits
            };
            self.limit(one, track, limit, used, Why::Lower);
            return;
        }
        let small = has - target < self.policy.worth && target >= one.evse.smallest(self.site.voltage());
        if target < has && (!small || self.over(one.at)) {
            self.limit(one, track, target, used, Why::Lower);
        }
    }

    fn raise(&mut self, one: One<'_>, track: &mut Track, used: Used) {
        let (evse, held, target) = (one.evse, track.promise.held(), track.target);
        if track.back > Milliamps::ZERO || held.is_some_and(|grant| grant.back > Milliamps::ZERO) {
            self.give_more(one, track, used);
            return;
        }
        let has = held.map_or(evse.default, |grant| grant.limit);
        let reach = target.min(self.room(one, track, used)).down_to(evse.step);
        let worth = reach - has >= self.policy.worth || reach == evse.rated;
        // What it is counted at anyway is not given while something carries too much: it may not be taking that.
        let fits = reach > has && !self.over(one.at);
        if fits && reach >= evse.smallest(self.site.voltage()) && worth {
            self.limit(one, track, reach, used, Why::Raise);
        } else if let Some(grant) = held {
            self.renew(one, track, grant, used);
        }
    }

    /// More is given back where there is room, or the same for longer.
    fn give_more(&mut self, one: One<'_>, track: &mut Track, used: Used) {
        let held = track.promise.held();
        let has = held.map_or(Milliamps::ZERO, |grant| grant.back);
        let room = back::room(self.site, one.at, &self.export, track, used);
        let reach = track.back.min(room).down_to(one.evse.step);
        let worth = has == Milliamps::ZERO || reach - has >= self.policy.worth;
        if reach > has && worth {
            self.tell_limit(one, track, (Milliamps::ZERO, reach), used, Why::Raise);
        } else if held.is_some_and(|grant| self.ends_soon(grant)) {
            self.tell_limit(one, track, (Milliamps::ZERO, reach), used, Why::Renew);
        }
    }

    /// Once half of its time is over it is told again for longer, and what was too small a change takes place; and at once where it
    /// counts less by now, because its vehicle was seen to use more phases.
    fn renew(&mut self, one: One<'_>, track: &mut Track, grant: Grant, used: Used) {
        let counts_less = one.evse.shares_power() && grant.fewest < used.fewest;
        if self.ends_soon(grant) || counts_less {
            let fits = track.target.min(self.room(one, track, used)).down_to(one.evse.step);
            let limit = if fits < one.evse.smallest(self.site.voltage()) {
                one.evse.lowest(self.site.voltage())
            } else {
                fits
            };
            self.limit(one, track, limit, used, Why::Renew);
        }
    }

    /// Is half of its time over, and would it hold for longer if it was told again?
    fn ends_soon(&self, grant: Grant) -> bool {
        let skew = TimeDelta::seconds(i64::from(self.policy.clock_skew_s));
        let half = TimeDelta::seconds(i64::from(self.policy.hold_limit_s / 2));
        let lead = TimeDelta::seconds(i64::from(self.policy.lead_s));
        let soon = grant.until - skew - self.now <= half;
        let longer = self.until + skew >= grant.until + lead;
        soon && longer
    }

    /// A default within what the EVSE is counted at goes at once; a higher one waits for room.
    fn tell_default(&mut self, one: One<'_>, track: &mut Track, raising: bool) {
        let (default, may) = (one.evse.load(one.evse.default, 3, 1), track.may(one.evse));
        let rise = default.with(may, |default, may| (default - may).max(Milliamps::ZERO));
        if (rise != PerPhase::ZERO) == raising && self.fits(one.at, rise) {
            track.tell_again = false;
            let profile = wording::default(one.evse, self.policy, self.now, self.site.voltage());
            let what = What::Default(one.evse.default);
            self.send(one, track, (what, one.evse.default), profile, Why::Default);
        }
    }

    fn limit(&mut self, one: One<'_>, track: &mut Track, limit: Milliamps, used: Used, why: Why) {
        self.tell_limit(one, track, (limit, Milliamps::ZERO), used, why);
    }

    fn tell_limit(
        &mut self,
        one: One<'_>,
        track: &mut Track,
        (limit, back): (Milliamps, Milliamps),
        used: Used,
        why: Why,
    ) {
        let Some(session) = one.session else { return };
        let skew = TimeDelta::seconds(i64::from(self.policy.clock_skew_s));
        let grant = Grant { limit, phases: used.most, fewest: used.fewest, until: self.until + skew, back };
        let voltage = self.site.voltage();
        let profile = wording::limit(one.evse, grant, &session.transaction, self.policy, self.now, voltage);
        self.send(one, track, (What::Limit(grant), limit - back), profile, why);
    }

    fn send(
        &mut self,
        one: One<'_>,
        track: &mut Track,
        (what, limit): (What, Milliamps),
        profile: Profile,
        why: Why,
    ) {
        let evse = one.evse;
        self.seq += 1;
        let before = (track.may(evse), track.expected(evse));
        let gave = track.may_give(evse);
        track.promise.send(self.seq, self.now, what);
        let (may, expected) = (track.may(evse) - before.0, track.expected(evse) - before.1);
        take(self.site, one.at, &mut self.left, may, expected);
        back::take(self.site, one.at, &mut self.export, track.may_give(evse) - gave);
        let (station, place) = (evse.station, wording::place(evse));
        self.intents.push(Intent { seq: self.seq, station, evse: evse.id, place, profile, limit, why });
    }

    /// What the EVSE's limit can be with what is left: what it may draw already, and the smallest rest above it.
    fn room(&self, one: One<'_>, track: &Track, used: Used) -> Milliamps {
        let One { at, evse, .. } = one;
        let (may, expected) = (track.may(evse), track.expected(evse));
        let cells = self.site.path(at).iter().flat_map(|node| {
            let cell = |phase: Phase| pair(self.site, *node, phase.index());
            evse.worst(used.most, used.fewest).map(move |(phase, halves)| (phase, halves, cell(phase)))
        });
        cells
            .map(|(phase, halves, (fuse, limit))| {
                let rest = |cell: usize| self.left[cell].max(Milliamps::ZERO);
                let room = (may[phase] + rest(fuse)).min(expected[phase] + rest(limit));
                if room >= evse.rated { evse.rated } else { Milliamps(room.0 * 2 / i64::from(halves)) }
            })
            .min()
            .unwrap_or(Milliamps::ZERO)
    }

    fn fits(&self, at: usize, rise: PerPhase) -> bool {
        let mut nodes = self.site.path(at).iter();
        nodes.all(|node| {
            Phase::ALL.iter().all(|phase| {
                let (fuse, limit) = pair(self.site, *node, phase.index());
                rise[*phase] <= Milliamps::ZERO
                    || rise[*phase] <= self.left[fuse] && rise[*phase] <= self.left[limit]
            })
        })
    }

    /// Is something above the EVSE overdrawn?
    fn over(&self, at: usize) -> bool {
        self.site.path(at).iter().any(|node| {
            (0..3).any(|phase| {
                let (fuse, limit) = pair(self.site, *node, phase);
                self.left[fuse] < Milliamps::ZERO || self.left[limit] < Milliamps::ZERO
            })
        })
    }
}
