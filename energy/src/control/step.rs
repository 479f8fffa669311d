//! The step itself.

use chrono::{DateTime, TimeDelta, Utc};

use crate::control::{Inputs, Intent, Policy, Session, State, back, demand, issue, seen};
use crate::grid::{Budget, Site};
use crate::units::PerPhase;

/// What is remembered next, and what is to be told now. Equal input gives equal output.
pub fn step(
    site: &Site,
    policy: &Policy,
    now: DateTime<Utc>,
    state: &State,
    inputs: &Inputs,
) -> (State, Vec<Intent>) {
    let mut state = state.clone();
    seen::see(site, policy, now, &mut state, inputs);
    let mut sessions: Vec<Option<&Session>> = vec![None; site.evses().len()];
    for session in &inputs.sessions {
        if let Some(at) = site.place(session.evse) {
            sessions[at] = Some(session);
        }
    }
    let lead = TimeDelta::seconds(i64::from(policy.lead_s));
    let budget = Budget::new(site, now, lead, &inputs.loads, &inputs.limits);
    back::decide(site, now, &mut state, &sessions);
    demand::decide(site, policy, now, &mut state, &sessions, &budget);
    let intents = issue::issue(site, policy, now, &mut state, &sessions, inputs, &budget);
    (state, intents)
}

/// For each node of the site, in its order, what its fuse could carry beside other loads and all that EVSEs below it may
/// draw at the worst. Below zero: it may carry too much.
pub fn headroom(site: &Site, now: DateTime<Utc>, state: &State, inputs: &Inputs) -> Vec<PerPhase> {
    let mut left = Budget::new(site, now, TimeDelta::zero(), &inputs.loads, &[]).fuse;
    for (at, evse) in site.evses().iter().enumerate() {
        let may = state.track(evse.id).map_or(evse.wiring.load(evse.rated, 3), |track| track.may(evse));
        for node in site.path(at) {
            left[*node] = left[*node] - may;
        }
    }
    left
}

/// For each node of the site, in its order, what vehicles below it could still give back beside all that they may give back
/// at the worst. What others take is not counted: it may drop out.
pub fn exportable(site: &Site, state: &State) -> Vec<PerPhase> {
    let mut left: Vec<PerPhase> = site.nodes().iter().map(|node| node.export).collect();
    for (at, evse) in site.evses().iter().enumerate() {
        let unknown = || evse.wiring.load(evse.back, 3);
        let may = state.track(evse.id).map_or_else(unknown, |track| track.may_give(evse));
        for node in site.path(at) {
            left[*node] = left[*node] - may;
        }
    }
    left
}
