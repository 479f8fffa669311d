//! A CSMS that does everything right passes.

use std::collections::{BTreeMap, BTreeSet};

use conformance::suite::{self, Mark, Verdict};
use ocpp::Version;

use crate::good::Defect;
use crate::{everything, ids, patient, play, play_at};

/// Cases that nobody can pass here, and why.
const UNPLAYABLE: &[(&str, &[&str])] = &[
    (
        "there is no TLS",
        &["TC_A_04_CSMS", "TC_A_06_CSMS", "TC_A_07_CSMS", "TC_A_08_CSMS", "TC_086_CSMS", "TC_087_CSMS"],
    ),
    ("needs TLS", &["TC_083_CSMS", "TC_A_19_CSMS"]),
    ("needs a live OCSP responder", &["TC_C_50_CSMS", "TC_C_51_CSMS", "TC_M_24_CSMS"]),
    ("needs the chain of a contract", &["TC_C_52_CSMS"]),
    ("needs a contract pool", &["TC_M_26_CSMS", "TC_M_28_CSMS", "TC_M_100_CSMS"]),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_csms_that_does_everything_right_passes_all_that_can_be_played() {
    passes_all_that_can_be_played(Defect::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_csms_does_by_itself_disturbs_no_case() {
    passes_all_that_can_be_played(Defect { busy: true, ..Defect::default() }).await;
}

async fn passes_all_that_can_be_played(csms: Defect) {
    let cases: Vec<_> = everything().into_iter().filter(|(_, case)| case.block != "Quirks").collect();
    let summary = play_at(patient(), csms, &cases).await;
    let failed: Vec<_> = summary
        .outcomes
        .iter()
        // The responder of the tests has no compression.
        .filter(|o| o.verdict == Verdict::Fail && o.case.id != "WL_CONN_09")
        .map(suite::report::line)
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    let open: BTreeSet<_> =
        ids(&summary, Verdict::Inconclusive).union(&ids(&summary, Verdict::NotApplicable)).copied().collect();
    let expected: BTreeSet<_> = UNPLAYABLE.iter().flat_map(|(_, ids)| ids.iter().copied()).collect();
    let reasons: Vec<_> =
        summary.outcomes.iter().filter(|o| !o.reason.is_empty()).map(suite::report::line).collect();
    assert_eq!(open, expected, "{}", reasons.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn quirks_are_failed_by_a_strict_csms_and_passed_by_a_lenient_one() {
    let cases: Vec<_> = everything().into_iter().filter(|(_, case)| case.block == "Quirks").collect();
    let strict = play(Defect::default(), &cases).await;
    let lenient = play(Defect { lenient: true, ..Defect::default() }, &cases).await;
    // What no schema forbids, and what the responder of the tests takes: addresses, and odd numbers in good fields.
    let harmless = ["WL_QUIRK_01", "WL_QUIRK_02", "WL_QUIRK_11", "WL_QUIRK_18", "WL_QUIRK_22", "WL_QUIRK_23"];
    let passed = ids(&strict, Verdict::Pass);
    assert!(passed.iter().all(|id| harmless.contains(id)), "{passed:?}");
    // The responder reads no id that is a number.
    assert_eq!(ids(&lenient, Verdict::Fail), BTreeSet::from(["WL_QUIRK_03"]));
}

#[test]
fn every_case_of_the_certification_is_there() {
    let all = suite::all();
    let ids: BTreeSet<_> = all.iter().map(|case| case.id).collect();
    assert_eq!(ids.len(), all.len(), "an id stands twice");
    let count = |version| {
        suite::select(version, &[], &[], &[]).iter().filter(|case| case.id.starts_with("TC_")).count()
    };
    // The public lists have 77 for 1.6 and 329 for 2.1. For 2.0.1 they are those of 2.1 but the 78 that came with it,
    // and A_13, which went.
    assert_eq!(count(Version::V16), 77);
    assert_eq!(count(Version::V21), 329);
    assert_eq!(count(Version::V201), 329 - 78 + 1);
}

#[test]
fn each_place_in_a_certificate_has_its_case() {
    let mut found: BTreeMap<(&str, bool), usize> = BTreeMap::new();
    for case in suite::select(Version::V201, &[], &[], &[]) {
        for place in suite::places(case, Version::V201) {
            *found.entry((place.profile, place.mark == Mark::Mandatory)).or_default() += 1;
        }
    }
    let expected = BTreeMap::from([
        (("Core", true), 104),
        (("Core", false), 27),
        (("Advanced Security", true), 4),
        (("Local Authorization List Management", true), 8),
        (("Local Authorization List Management", false), 1),
        (("Smart Charging", true), 21),
        (("Smart Charging", false), 1),
        (("Advanced Device Management", true), 18),
        (("Reservation", true), 6),
        (("Reservation", false), 3),
        (("Advanced User Interface", true), 21),
        (("ISO 15118 Support", true), 36),
        (("ISO 15118 Support", false), 2),
    ]);
    assert_eq!(found, expected);
}

#[test]
fn cases_are_chosen_by_block_profile_and_id() {
    let text = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
    let by = |blocks: &[&str], profiles: &[&str], ids: &[&str]| {
        suite::select(Version::V201, &text(blocks), &text(profiles), &text(ids)).len()
    };
    assert_eq!(by(&[], &["advanced security"], &[]), 4);
    assert_eq!(by(&["d"], &[], &[]), 6);
    assert_eq!(by(&[], &[], &["B_20", "TC_B_21_CSMS", "wl_tx_21"]), 3);
    assert_eq!(by(&["A"], &[], &["B_20"]), 0);
}
