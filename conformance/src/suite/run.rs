//! Plays cases, several at once, and collects what came of them.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use futures::FutureExt;
use ocpp::Version;

use super::case::{Broken, Case, Play, Side, Steps, Verdict};
use super::catalog::{Mark, places};
use super::hook::Registration;
use super::rig::Rig;
use super::stage::Stage;
use super::trace::Line;

/// What came of one case.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The case.
    pub case: &'static Case,
    /// The version it was played in.
    pub version: Version,
    /// What is said about the CSMS, or the station.
    pub verdict: Verdict,
    /// Why, unless it passed.
    pub reason: String,
    /// How long it took.
    pub took: Duration,
    /// What was said.
    pub trace: Vec<Line>,
}

/// What came of a run.
#[derive(Debug, Clone)]
pub struct Summary {
    /// Who was under test.
    pub side: Side,
    /// The URL of the CSMS, or the identity of the station with what it said of itself.
    pub subject: String,
    /// When it began.
    pub at: DateTime<Utc>,
    /// How long it took.
    pub took: Duration,
    /// In the order in which the cases were given.
    pub outcomes: Vec<Outcome>,
}

impl Summary {
    /// How many cases ended so.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.outcomes.iter().filter(|outcome| outcome.verdict == verdict).count()
    }
}

/// Plays cases, `jobs` at once; `done` hears of each as it ends. One at once if there is only one identity.
pub async fn run(
    rig: &Rig,
    cases: &[(Version, &'static Case)],
    jobs: usize,
    done: impl Fn(&Outcome) + Send + Sync + 'static,
) -> Summary {
    let (at, began) = (Utc::now(), Instant::now());
    let jobs = if rig.can_run_beside() { jobs.clamp(1, 64) } else { 1 };
    let queue: VecDeque<_> = cases.iter().copied().enumerate().collect();
    let (queue, done) = (Arc::new(Mutex::new(queue)), Arc::new(done));
    let mut players = tokio::task::JoinSet::new();
    for slot in 1..=jobs {
        let (rig, queue, done) = (Arc::new(rig.clone()), queue.clone(), done.clone());
        players.spawn(async move {
            let mut outcomes = Vec::new();
            loop {
                let next = queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner).pop_front();
                let Some((number, (version, case))) = next else { return outcomes };
                let played = AssertUnwindSafe(play(&rig, version, case, slot)).catch_unwind().await;
                let outcome = played.unwrap_or_else(|_| lost(version, case));
                done(&outcome);
                outcomes.push((number, outcome));
            }
        });
    }
    let mut outcomes = Vec::new();
    while let Some(played) = players.join_next().await {
        outcomes.extend(played.unwrap_or_default());
    }
    // What a player has taken with it is told as well.
    for (number, (version, case)) in cases.iter().enumerate() {
        if !outcomes.iter().any(|(is, _)| *is == number) {
            outcomes.push((number, lost(*version, case)));
        }
    }
    outcomes.sort_by_key(|(number, _)| *number);
    let outcomes = outcomes.into_iter().map(|(_, outcome)| outcome).collect();
    Summary { side: Side::Csms, subject: rig.url.clone(), at, took: began.elapsed(), outcomes }
}

/// A case in which the suite itself went wrong.
fn lost(version: Version, case: &'static Case) -> Outcome {
    let reason =
        "a mistake of the suite: it panicked in this case; what it said is on standard error".to_owned();
    Outcome { case, version, verdict: Verdict::Inconclusive, reason, took: Duration::ZERO, trace: Vec::new() }
}

/// Plays one case as the station of a slot.
pub async fn play(rig: &Arc<Rig>, version: Version, case: &'static Case, slot: usize) -> Outcome {
    let began = Instant::now();
    let mut stage = Stage::new(rig.clone(), version, slot);
    let ended = match undeclared(rig, version, case) {
        Some(feature) => {
            Err(Broken::NotApplicable(format!("the feature {feature} is not declared (--feature {feature})")))
        }
        None => limited(rig, case, &mut stage).await,
    };
    stage.tidy().await;
    stage.leave().await;
    if stage.undone {
        let name = stage.id.clone();
        rig.prepared().retain(|wish| !wish.contains(&name));
        // Whether or not that works, the next case finds out.
        let _ = stage.register(Registration::Accepted).await;
    }
    let (verdict, reason) = judged(ended);
    Outcome { case, version, verdict, reason, took: began.elapsed(), trace: stage.take_trace() }
}

/// How a case ended, as it is told.
pub(crate) fn judged(ended: Play) -> (Verdict, String) {
    match ended {
        Ok(()) => (Verdict::Pass, String::new()),
        Err(Broken::Fail(why)) => (Verdict::Fail, why),
        Err(Broken::NotApplicable(why)) => (Verdict::NotApplicable, why),
        Err(Broken::Inconclusive(why)) => (Verdict::Inconclusive, why),
    }
}

async fn limited(rig: &Rig, case: &Case, stage: &mut Stage) -> Result<(), Broken> {
    let Steps::Csms(steps) = case.play else {
        return Err(Broken::inconclusive(
            "it is for a station under test: `csms conformance station` plays it",
        ));
    };
    let person = rig.operator.as_ref().is_some_and(|operator| operator.is_person());
    // A person may be asked several times in a case.
    let patience = rig.pace.case + if person { rig.pace.operator * 5 } else { Duration::ZERO };
    match tokio::time::timeout(patience, steps(stage)).await {
        Ok(ended) => ended,
        Err(_) => Err(Broken::inconclusive(format!("not done after {patience:?}"))),
    }
}

/// The feature that all places where a case counts depend on, if it was not declared.
fn undeclared(rig: &Rig, version: Version, case: &Case) -> Option<&'static str> {
    let places = places(case, version);
    let feature = |mark| match mark {
        Mark::If(feature) if !rig.claims(feature) => Some(feature),
        _ => None,
    };
    let missing: Vec<_> = places.iter().filter_map(|place| feature(place.mark)).collect();
    if missing.len() == places.len() { missing.first().copied() } else { None }
}
