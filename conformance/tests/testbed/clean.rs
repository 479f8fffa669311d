//! A station that does everything right passes.

use std::collections::BTreeSet;

use conformance::suite::{Side, Verdict, report};
use conformance::testbed;
use ocpp::Version;

use crate::play;

/// Plays every case of a version; none may be other than passed.
async fn passes(version: Version) {
    let cases = testbed::select(version, &[], &[]);
    // Several stations beside each other: most of the time is waiting.
    let parts: Vec<_> = cases.chunks(14).map(|part| play(version, part.to_vec(), |_| {})).collect();
    let summaries = futures::future::join_all(parts).await;
    let outcomes: Vec<_> = summaries.iter().flat_map(|summary| &summary.outcomes).collect();
    assert_eq!(outcomes.len(), cases.len());
    let other: Vec<_> = outcomes.iter().filter(|outcome| outcome.verdict != Verdict::Pass).collect();
    let told: Vec<String> = other
        .iter()
        .map(|outcome| {
            let trace: Vec<String> = outcome.trace.iter().map(ToString::to_string).collect();
            format!("{}\n{}", report::line(outcome), trace.join("\n"))
        })
        .collect();
    assert!(other.is_empty(), "{}", told.join("\n\n"));
    assert!(summaries.iter().all(|summary| summary.side == Side::Station));
    assert!(summaries.iter().all(|summary| summary.subject == "WALL-1 (Hafenwerk Duo 22 4.2.1)"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_station_of_1_6_passes_every_case() {
    passes(Version::V16).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_station_of_2_0_1_passes_every_case() {
    passes(Version::V201).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_station_of_2_1_passes_every_case() {
    passes(Version::V21).await;
}

#[test]
fn each_id_stands_once_in_a_version() {
    for version in Version::ALL {
        let cases = testbed::select(version, &[], &[]);
        let ids: BTreeSet<_> = cases.iter().map(|case| case.id).collect();
        assert_eq!(ids.len(), cases.len(), "{version:?}");
        assert!(cases.iter().all(|case| case.side() == Side::Station));
        assert!(cases.iter().all(|case| !case.requirements.is_empty()));
    }
}
