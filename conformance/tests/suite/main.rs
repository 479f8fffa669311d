//! The suite against a CSMS that does everything right, and against the same with planted defects.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod answered;
mod answers;
mod clean;
mod defects;
mod engine;
mod good;
mod secured;
mod sent;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use conformance::suite::{self, Case, Pace, Rig, Summary, Verdict};
use ocpp::Version;

use good::{Defect, Good};

/// Quick, but not so that a busy machine fails a test.
pub fn pace() -> Pace {
    Pace {
        answer: Duration::from_secs(5),
        follow_up: Duration::from_secs(5),
        back: Duration::from_secs(5),
        plan: Duration::from_secs(5),
        quiet: Duration::from_millis(60),
        operator: Duration::from_secs(5),
        case: Duration::from_secs(60),
    }
}

/// Where nothing is waited for in vain.
pub fn patient() -> Pace {
    let long = Duration::from_secs(30);
    Pace { answer: long, follow_up: long, back: long, plan: long, operator: long, ..pace() }
}

/// A rig for a CSMS of the tests, which claims everything.
pub fn rig(good: &Arc<Good>) -> Rig {
    let mut rig = Rig::new(good.url()).operator(good.clone());
    rig.pace = pace();
    rig.rules.features.insert("all".to_owned());
    rig.rules.values.insert("vat_number".to_owned(), "DE123456789".to_owned());
    rig
}

/// All cases, each in each of its versions.
pub fn everything() -> Vec<(Version, &'static Case)> {
    let versions = [Version::V16, Version::V201, Version::V21];
    versions
        .into_iter()
        .flat_map(|v| suite::select(v, &[], &[], &[]).into_iter().map(move |case| (v, case)))
        .collect()
}

/// One case by its id, in its first version.
pub fn case(id: &str) -> (Version, &'static Case) {
    let case = suite::all().into_iter().find(|case| case.id == id).unwrap_or_else(|| panic!("no case {id}"));
    (case.versions[0], case)
}

/// Plays cases against a CSMS with a defect.
pub async fn play(defect: Defect, cases: &[(Version, &'static Case)]) -> Summary {
    play_at(pace(), defect, cases).await
}

/// The same, at a pace.
pub async fn play_at(pace: Pace, defect: Defect, cases: &[(Version, &'static Case)]) -> Summary {
    let good = Good::start(defect).await;
    let mut rig = rig(&good);
    rig.pace = pace;
    suite::run(&rig, cases, 16, |_| {}).await
}

/// The ids of the cases that ended so.
pub fn ids(summary: &Summary, verdict: Verdict) -> BTreeSet<&'static str> {
    summary.outcomes.iter().filter(|o| o.verdict == verdict).map(|o| o.case.id).collect()
}
