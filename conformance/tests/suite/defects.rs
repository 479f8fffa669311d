//! A CSMS with a defect fails, and is told why: for each shape of case, one that is broken.

use std::collections::BTreeSet;
use std::time::Duration;

use conformance::suite::trace::Speaker;
use conformance::suite::{self, Outcome, Verdict};
use serde_json::Value;

use crate::answered::ANSWERED;
use crate::good::{Defect, Good};
use crate::sent::SENT;
use crate::{case, everything, pace, patient, play, play_at, rig};

/// Where nothing is to come.
const SHORT: Duration = Duration::from_millis(400);

/// What the cases did that passed with a good CSMS: those with `fits`.
async fn passed(fits: impl Fn(&Outcome) -> bool) -> Vec<(ocpp::Version, &'static suite::Case)> {
    let summary = play_at(patient(), Defect::default(), &everything()).await;
    let passed = summary.outcomes.into_iter().filter(|o| o.verdict == Verdict::Pass && fits(o));
    passed.map(|o| (o.version, o.case)).collect()
}

/// The operator was asked to have a call made.
fn triggered(outcome: &Outcome) -> bool {
    outcome.trace.iter().any(|line| line.by == Speaker::Operator && line.text.contains(r#""wish":"call""#))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_case_that_asks_for_a_call_fails_if_it_never_comes() {
    let cases = passed(triggered).await;
    assert!(cases.len() > 300, "{}", cases.len());
    let good = Good::start(Defect { mute: true, ..Defect::default() }).await;
    let mut rig = rig(&good);
    rig.pace = suite::Pace { answer: SHORT, follow_up: SHORT, plan: SHORT, ..pace() };
    let summary = suite::run(&rig, &cases, 16, |_| {}).await;
    let passed: Vec<_> =
        summary.outcomes.iter().filter(|o| o.verdict != Verdict::Fail).map(suite::report::line).collect();
    assert!(passed.is_empty(), "{}", passed.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_case_that_asks_for_a_call_fails_if_the_call_breaks_its_schema() {
    let cases = passed(triggered).await;
    let sent = |_: &str, payload: &mut Value| payload["somethingElse"] = 1.into();
    let summary = play(Defect { sent: Some(sent), ..Defect::default() }, &cases).await;
    let other: Vec<_> = summary
        .outcomes
        .iter()
        .filter(|o| o.verdict != Verdict::Fail || !o.reason.contains("breaks its schema"))
        .map(suite::report::line)
        .collect();
    assert!(other.is_empty(), "{}", other.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_case_in_which_the_station_tells_something_fails_if_it_is_answered_with_an_error() {
    let tells = |o: &Outcome| {
        let quiet = ["BootNotification", "StatusNotification"];
        let calls = o.trace.iter().filter(|line| line.by == Speaker::Station && line.text.starts_with("[2,"));
        let actions = calls.filter_map(|line| line.text.split('"').nth(3));
        // The cases about wrong frames want errors, but their last word is Heartbeat.
        let actions: Vec<_> = actions.filter(|action| !quiet.contains(action)).collect();
        actions.iter().any(|action| !["MakeCoffee", "Reset"].contains(action))
    };
    let cases = passed(tells).await;
    assert!(cases.len() > 300, "{}", cases.len());
    let summary = play(Defect { grumpy: true, ..Defect::default() }, &cases).await;
    let passed: BTreeSet<_> =
        summary.outcomes.iter().filter(|o| o.verdict == Verdict::Pass).map(|o| o.case.id).collect();
    // They ask for nothing but that the connection lives on.
    let survivors = ["WL_FRAME_06", "WL_FRAME_07", "WL_FRAME_08", "WL_FRAME_09"];
    let passed: Vec<_> = passed.into_iter().filter(|id| !survivors.contains(id)).collect();
    assert!(passed.is_empty(), "{passed:?}");
}

/// Plays one case against a defect: why it failed.
async fn failure(id: &str, defect: Defect) -> String {
    let summary = play(defect, &[case(id)]).await;
    let outcome = &summary.outcomes[0];
    assert_eq!(outcome.verdict, Verdict::Fail, "{}", suite::report::line(outcome));
    outcome.reason.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_wrongly_is_told() {
    let each = SENT.iter().map(async |(id, sent, told)| {
        let reason = failure(id, Defect { sent: Some(*sent), ..Defect::default() }).await;
        assert!(reason.contains(told), "{id}: {reason}");
    });
    futures::future::join_all(each).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_answered_wrongly_is_told() {
    let each = ANSWERED.iter().map(async |(id, answered, told)| {
        let reason = failure(id, Defect { answered: Some(*answered), ..Defect::default() }).await;
        assert!(reason.contains(told), "{id}: {reason}");
    });
    futures::future::join_all(each).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_lets_everybody_in_is_told() {
    let ids = [
        "TC_A_02_CSMS",
        "TC_A_03_CSMS",
        "TC_085_CSMS",
        "TC_088_CSMS",
        "TC_B_58_CSMS",
        "TC_A_09_CSMS",
        "TC_A_10_CSMS",
    ];
    for id in ids {
        let reason = failure(id, Defect { open: true, ..Defect::default() }).await;
        assert!(reason.contains("was upgraded"), "{id}: {reason}");
    }
    let summary = play(Defect { open: true, ..Defect::default() }, &[case("WL_CONN_05")]).await;
    assert_eq!(summary.outcomes[0].verdict, Verdict::NotApplicable);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_forgets_what_it_was_told_is_told() {
    let forgetful = Defect { forgetful: true, ..Defect::default() };
    for (id, told) in [
        ("TC_A_09_CSMS", "was upgraded, with the password that was replaced"),
        ("TC_073_CSMS", "was upgraded, with the password that was replaced"),
        ("TC_B_08_CSMS", "5 items in one GetVariables"),
        ("TC_N_18_CSMS", "3 items in one ClearVariableMonitoring"),
        ("TC_B_30_CSMS", "was taken before the station was accepted"),
        ("TC_C_132_CSMS", "though the address of the code is wrong"),
        ("TC_C_133_CSMS", "though the code is out of date"),
        ("WL_TX_01", "the same start got the ids"),
        ("WL_TX_02", "the same start got the ids"),
        ("TC_B_116_CSMS", "no SetChargingProfile within 5s after TxResumed"),
        ("TC_E_113_CSMS", "no SetChargingProfile within 5s after TxResumed"),
        ("TC_E_117_CSMS", "no SetChargingProfile within 5s after TxResumed"),
        ("TC_K_53_CSMS", "no SetChargingProfile within 5s for what the car has told"),
        ("TC_K_115_CSMS", "no SetChargingProfile within 5s for what the car has told"),
        ("TC_067_CSMS", "both profiles have one id"),
        ("TC_H_08_CSMS", "both reservations have one id"),
        ("TC_K_70_CSMS", "both profiles have the id"),
        ("TC_K_109_CSMS", "the profile has the id 1"),
    ] {
        let reason = failure(id, forgetful).await;
        assert!(reason.contains(told), "{id}: {reason}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_ends_a_new_connection_with_the_old_one_is_told() {
    for id in ["WL_CONN_01", "WL_CONN_02", "WL_CONN_07"] {
        let reason = failure(id, Defect { jealous: true, ..Defect::default() }).await;
        assert!(
            reason.contains("the new connection was ended") || reason.contains("connection was ended"),
            "{reason}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_for_another_reason_is_no_refusal_of_a_password() {
    for id in ["TC_A_02_CSMS", "TC_A_03_CSMS", "TC_A_09_CSMS", "TC_085_CSMS", "TC_073_CSMS"] {
        let reason = failure(id, Defect { turns_away: Some(500), ..Defect::default() }).await;
        assert!(reason.contains("HTTP 500 instead of 401, 403, 404"), "{id}: {reason}");
        let summary = play(Defect { turns_away: Some(429), ..Defect::default() }, &[case(id)]).await;
        let outcome = &summary.outcomes[0];
        assert_eq!(outcome.verdict, Verdict::Inconclusive, "{}", suite::report::line(outcome));
        assert!(outcome.reason.contains("HTTP 429"), "{}", outcome.reason);
    }
}
