//! A station with a defect fails the cases that are about it.

use std::collections::BTreeSet;
use std::time::Duration;

use conformance::suite::{Pace, Verdict, report};
use conformance::testbed;
use conformance::{Answer, Fault, Station};
use futures::future::join_all;
use ocpp::Version;
use ocpp::schema::{Direction, actions};
use serde_json::{Value, json};

use crate::{cases, pace, play_as};

/// Nobody waits long for what a defective station will not do.
fn short() -> Pace {
    Pace {
        answer: Duration::from_secs(3),
        follow_up: Duration::from_secs(4),
        back: Duration::from_secs(15),
        quiet: Duration::from_millis(600),
        ..pace()
    }
}

/// A defect, and the cases that find it.
type Defect = (Version, &'static str, fn(&Station), &'static [&'static str]);

fn says(station: &Station, action: &str, answer: Value) {
    station.answer_with(action, Answer::Result(answer));
}

const DEFECTS: &[Defect] = &[
    (Version::V16, "it takes any action", |s| says(s, "MakeCoffee", json!({})), &["WL_CS_FRAME_01"]),
    (
        Version::V201,
        "it does not look at payloads, and does not reset",
        |s| says(s, "Reset", json!({ "status": "Accepted" })),
        &["WL_CS_FRAME_02", "WL_CS_FRAME_03", "WL_CS_FRAME_04", "TC_B_20_CS", "TC_B_01_CS", "TC_B_22_CS"],
    ),
    (
        Version::V16,
        "it goes silent",
        |s| s.answer_with("DataTransfer", Answer::Silence),
        &["WL_CS_FRAME_05", "WL_CS_FRAME_06", "WL_CS_FRAME_07", "WL_CS_CONN_05", "TC_064_CS"],
    ),
    (Version::V16, "its calls overlap", |s| s.inject(Fault::Overlaps), &["WL_CS_FRAME_08"]),
    (
        Version::V201,
        "its messages have no numbers",
        |s| s.inject(Fault::SeqNoZero),
        &["WL_CS_TX_02", "TC_F_08_CS", "TC_E_40_CS"],
    ),
    (
        Version::V21,
        "all its transactions have one id",
        |s| s.inject(Fault::TransactionId("SAME".into())),
        &["WL_CS_TX_03"],
    ),
    (
        Version::V16,
        "its register runs backwards",
        |s| s.inject(Fault::MeterFalls),
        &["WL_CS_TX_01", "WL_CS_TX_02", "TC_012_CS"],
    ),
    (Version::V16, "it has lost its clock", |s| s.inject(Fault::LoseClock), &["WL_CS_BOOT_04", "TC_038_CS"]),
    (
        Version::V16,
        "it forgets what happens without a network",
        |s| s.inject(Fault::Forgetful),
        &["TC_036_CS", "TC_037_1_CS", "TC_038_CS", "TC_039_CS"],
    ),
    (
        Version::V201,
        "it does not say that it was offline",
        |s| s.inject(Fault::OfflineUnmarked),
        &["TC_E_40_CS", "TC_E_44_CS", "WL_CS_OFFLINE_01", "TC_E_43_CS"],
    ),
    (
        Version::V201,
        "it waits for nothing",
        |s| s.inject(Fault::Impatient),
        &["WL_CS_CONN_03", "TC_B_57_CS", "TC_B_03_CS"],
    ),
    (
        Version::V16,
        "it talks before it is accepted",
        |s| s.inject(Fault::Talkative),
        &["TC_002_CS", "WL_CS_BOOT_01"],
    ),
    (
        Version::V201,
        "it charges whatever the CSMS says",
        |s| s.inject(Fault::Unmoved),
        &["TC_E_16_CS", "WL_CS_OFFLINE_02"],
    ),
    (
        Version::V16,
        "it forgets that it is out of service",
        |s| s.inject(Fault::BackInService),
        &["WL_CS_RESET_01"],
    ),
    (
        Version::V16,
        "it takes any remote start and does nothing",
        |s| says(s, "RemoteStartTransaction", json!({ "status": "Accepted" })),
        &[
            "TC_010_CS",
            "TC_011_1_CS",
            "WL_CS_AVAIL_01",
            "WL_CS_AVAIL_02",
            "TC_046_CS",
            "TC_002_CS",
            "WL_CS_REMOTE_01",
        ],
    ),
    (
        Version::V16,
        "it takes any remote stop and does nothing",
        |s| says(s, "RemoteStopTransaction", json!({ "status": "Accepted" })),
        &["TC_028_CS"],
    ),
    (
        Version::V201,
        "it refuses every remote stop",
        |s| says(s, "RequestStopTransaction", json!({ "status": "Rejected" })),
        &["TC_F_08_CS", "TC_F_13_CS", "TC_G_11_CS"],
    ),
    (
        Version::V16,
        "it unlocks whatever is asked for, and goes on charging",
        |s| says(s, "UnlockConnector", json!({ "status": "Unlocked" })),
        &["TC_018_1_CS", "TC_031_CS"],
    ),
    (
        Version::V16,
        "it tells no settings",
        |s| says(s, "GetConfiguration", json!({ "configurationKey": [] })),
        &["TC_019_1_CS", "TC_019_2_CS", "WL_CS_CONF_01"],
    ),
    (
        Version::V16,
        "it takes any setting",
        |s| says(s, "ChangeConfiguration", json!({ "status": "Accepted" })),
        &["TC_021_CS", "TC_040_1_CS", "TC_040_2_CS", "WL_CS_CONF_02"],
    ),
    (
        Version::V201,
        "it tells another variable than was asked for",
        |s| {
            let item = json!({ "attributeStatus": "Accepted", "attributeValue": "x",
                "component": { "name": "A" }, "variable": { "name": "B" } });
            says(s, "GetVariables", json!({ "getVariableResult": [item] }));
        },
        &["TC_B_06_CS", "TC_B_07_CS", "TC_B_32_CS", "TC_B_33_CS", "TC_B_34_CS"],
    ),
    (
        Version::V201,
        "it sets another variable than was asked for",
        |s| {
            let item = json!({ "attributeStatus": "Accepted",
                "component": { "name": "NoSuchCtrlr" }, "variable": { "name": "Enabled" } });
            says(s, "SetVariables", json!({ "setVariableResult": [item] }));
        },
        &["TC_B_09_CS", "TC_B_11_CS", "TC_B_35_CS", "TC_B_36_CS", "TC_B_37_CS", "TC_B_39_CS"],
    ),
    (
        Version::V201,
        "it promises a report and sends none",
        |s| says(s, "GetBaseReport", json!({ "status": "Accepted" })),
        &["TC_B_12_CS", "TC_B_13_CS"],
    ),
    (
        Version::V16,
        "it goes out of service at once, and does not say so",
        |s| says(s, "ChangeAvailability", json!({ "status": "Accepted" })),
        &["WL_CS_AVAIL_01", "WL_CS_AVAIL_02", "WL_CS_AVAIL_03", "TC_048_3_CS"],
    ),
    (
        Version::V16,
        "it takes any list, and its version stays",
        |s| says(s, "SendLocalList", json!({ "status": "Accepted" })),
        &["TC_043_4_CS", "TC_043_5_CS", "WL_CS_LIST_01", "WL_CS_LIST_02"],
    ),
    (
        Version::V201,
        "it reserves nothing",
        |s| says(s, "ReserveNow", json!({ "status": "Accepted" })),
        &["TC_H_01_CS", "TC_H_04_CS", "TC_H_06_CS", "TC_H_07_CS", "TC_H_17_CS"],
    ),
    (
        Version::V201,
        "it cancels any reservation",
        |s| says(s, "CancelReservation", json!({ "status": "Accepted" })),
        &["TC_H_17_CS", "TC_H_18_CS"],
    ),
    (
        Version::V16,
        "it promises any message and sends none",
        |s| says(s, "TriggerMessage", json!({ "status": "Accepted" })),
        &["TC_054_CS", "TC_055_CS", "WL_CS_TRIGGER_01", "WL_CS_FRAME_08", "WL_CS_FRAME_09", "WL_CS_BOOT_04"],
    ),
    (
        Version::V16,
        "it takes any profile and heeds none",
        |s| says(s, "SetChargingProfile", json!({ "status": "Accepted" })),
        &["TC_058_1_CS", "TC_066_CS", "TC_067_CS"],
    ),
    (
        Version::V201,
        "it clears no profile",
        |s| says(s, "ClearChargingProfile", json!({ "status": "Accepted" })),
        &["TC_K_05_CS"],
    ),
    (
        Version::V16,
        "it fetches no firmware and brings no log",
        |s| {
            says(s, "UpdateFirmware", json!({}));
            says(s, "GetDiagnostics", json!({ "fileName": "log" }));
        },
        &["TC_044_1_CS", "TC_044_2_CS", "TC_045_1_CS", "TC_045_2_CS"],
    ),
    (
        Version::V16,
        "it does not clear its cache",
        |s| says(s, "ClearCache", json!({ "status": "Rejected" })),
        &["TC_061_CS"],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_defect_is_found_by_the_cases_that_are_about_it() {
    let played = DEFECTS.iter().map(|(version, what, spoil, ids)| async move {
        let summary = play_as(*version, cases(*version, ids), short(), true, *spoil).await;
        let missed = summary.outcomes.into_iter().filter(|outcome| outcome.verdict != Verdict::Fail);
        missed.map(|outcome| format!("{what}: {}", report::line(&outcome))).collect::<Vec<_>>()
    });
    let missed: Vec<String> = join_all(played).await.into_iter().flatten().collect();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

/// The ids of the cases of a version that pass with a station that answers every call of the CSMS so.
async fn passing(version: Version, answer: Answer) -> BTreeSet<&'static str> {
    let all = testbed::select(version, &[], &[]);
    let parts = all.chunks(10).map(|part| {
        let answer = answer.clone();
        play_as(version, part.to_vec(), short(), true, move |station| {
            for action in actions(version, Direction::Csms) {
                station.answer_with(action, answer.clone());
            }
        })
    });
    let summaries = join_all(parts).await;
    let passed = summaries.iter().flat_map(|s| &s.outcomes).filter(|o| o.verdict == Verdict::Pass);
    passed.map(|outcome| outcome.case.id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_station_that_answers_with_errors_passes_only_what_needs_no_answer() {
    for version in [Version::V16, Version::V201] {
        let passed = passing(version, Answer::Error("InternalError".into(), String::new())).await;
        let local: BTreeSet<_> = PURELY_LOCAL.iter().copied().collect();
        assert!(passed.is_subset(&local), "{version:?}: {:?}", passed.difference(&local));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_station_whose_answers_break_their_schemas_passes_only_what_needs_no_answer() {
    for version in [Version::V16, Version::V201] {
        let passed = passing(version, Answer::Result(json!({ "nonsense": 1 }))).await;
        let local: BTreeSet<_> = PURELY_LOCAL.iter().copied().collect();
        assert!(passed.is_subset(&local), "{version:?}: {:?}", passed.difference(&local));
    }
}

/// Cases in which the CSMS asks for nothing, or looks at nothing but that the station lives on.
const PURELY_LOCAL: &[&str] = &[
    // By hands alone.
    "TC_003_CS",
    "TC_E_03_CS",
    "TC_023_1_CS",
    "TC_023_2_CS",
    "TC_023_3_CS",
    "TC_C_02_CS",
    "TC_C_06_CS",
    "TC_C_07_CS",
    "WL_CS_AUTH_01",
    "TC_E_16_CS",
    "WL_CS_AVAIL_05",
    "TC_G_01_CS",
    // About the connection.
    "WL_CS_CONN_01",
    "WL_CS_CONN_02",
    "WL_CS_CONN_03",
    "WL_CS_CONN_04",
    // An error is an answer.
    "WL_CS_FRAME_01",
    "WL_CS_FRAME_05",
    "WL_CS_FRAME_06",
    "WL_CS_FRAME_07",
    "WL_CS_FRAME_10",
];

#[tokio::test(flavor = "multi_thread")]
async fn without_hands_what_needs_them_is_inconclusive_and_says_so() {
    let summary =
        play_as(Version::V16, cases(Version::V16, &["TC_003_CS", "TC_019_2_CS"]), pace(), false, |_| {})
            .await;
    let told: Vec<_> = summary.outcomes.iter().map(|outcome| outcome.verdict).collect();
    assert_eq!(told, [Verdict::Pass, Verdict::Inconclusive]);
    assert!(summary.outcomes[1].reason.contains("plug a car"), "{}", summary.outcomes[1].reason);
}
