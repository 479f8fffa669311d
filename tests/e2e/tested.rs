//! `csms conformance station` through the executable: a station that does everything right and one with a defect, hands that
//! are a program, every form of the report, and the exit codes.

use crate::{
    harness::{bare, text},
    served::Served,
};
use conformance::{
    Answer, Options, Wallbox,
    suite::{Operator, Wish, hook::HookError},
};
use ocpp::Version;
use serde_json::{Value, json};
use std::{path::Path, process::Stdio, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::ChildStderr,
    time::timeout,
};

const PASSWORD: &str = "a-password-of-a-station";
/// A run of a few cases takes seconds; a busy machine may take its time.
const RUN_WITHIN: Duration = Duration::from_secs(300);
/// Frames are looked at without hands; a card and a cable need some.
const CASES: &str = "WL_CS_FRAME_01,WL_CS_FRAME_02,TC_003_CS";

/// How a run ended.
struct Ended {
    code: Option<i32>,
    printed: String,
    told: String,
}

/// The address that it tells to set in the station, and what it has said until then.
async fn address(stderr: &mut BufReader<ChildStderr>) -> String {
    let mut told = String::new();
    while stderr.read_line(&mut told).await.unwrap() > 0 {
        if let Some((_, address)) = told.rsplit_once("and wait: ") {
            return address.trim().rsplit_once('/').unwrap().0.to_owned();
        }
    }
    panic!("no address is told: {told}");
}

/// Plays the cases against a station that has been spoilt; `more` are further arguments.
async fn run(folder: &Path, spoil: impl FnOnce(&Wallbox), hands: bool, more: &[&str]) -> Ended {
    let mut command = bare(folder);
    command.args([
        "conformance",
        "station",
        "--listen",
        "127.0.0.1:0",
        "--station",
        "WALL-1",
        "--version",
        "ocpp1.6",
    ]);
    command.args(["--password", PASSWORD, "--timeout", "20", "--back", "60", "--wait", "60"]).args(more);
    // The hands are known only when the station is, and the station only when the run listens.
    let wallbox = Arc::new(tokio::sync::OnceCell::<Wallbox>::new());
    let hook = hands_of(wallbox.clone()).await;
    if hands {
        command.args(["--hook", &hook.url]);
    }
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let url = timeout(RUN_WITHIN, address(&mut stderr)).await.unwrap();
    let options =
        Options::new(&url, "WALL-1", Version::V16).password(PASSWORD).timeout(Duration::from_secs(60));
    let station = Wallbox::hang(options);
    spoil(&station);
    wallbox.set(station).unwrap();
    let rest = async {
        let mut told = String::new();
        let (read, output) = tokio::join!(stderr.read_to_string(&mut told), child.wait_with_output());
        read.unwrap();
        let output = output.unwrap();
        Ended { code: output.status.code(), printed: text(&output.stdout), told }
    };
    timeout(RUN_WITHIN, rest).await.unwrap()
}

/// A program that is the hands at the station.
async fn hands_of(wallbox: Arc<tokio::sync::OnceCell<Wallbox>>) -> Served {
    Served::start(Arc::new(move |_, body| {
        let wallbox = wallbox.clone();
        Box::pin(async move {
            let wish: Wish = serde_json::from_slice(&body).unwrap();
            let hands = wallbox.get().expect("wishes come after the station");
            match hands.ask(&wish).await {
                Ok(_) => (200, json!({}).to_string()),
                Err(HookError::Unable(why)) => (501, json!({"reason": why}).to_string()),
                Err(other) => (500, json!({"reason": other.to_string()}).to_string()),
            }
        })
    }))
    .await
}

fn takes_any_action(wallbox: &Wallbox) {
    wallbox.station().answer_with("MakeCoffee", Answer::Result(json!({})));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_station_passes_with_hands_that_are_a_program() {
    let folder = tempfile::tempdir().unwrap();
    let ended = run(folder.path(), |_| {}, true, &["--case", CASES]).await;
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.printed, ended.told);
    assert!(ended.told.contains("WALL-1 has connected by ocpp1.6; 3 cases"), "{}", ended.told);
    assert!(ended.printed.contains("3 PASS, 0 FAIL"), "{}", ended.printed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_defect_is_found_and_told_in_every_form() {
    let folder = tempfile::tempdir().unwrap();
    // Without hands: what needs them is open, and that is no failure.
    let ended = run(folder.path(), |_| {}, false, &["--case", CASES, "--format", "json"]).await;
    let report: Value = serde_json::from_str(&ended.printed).unwrap();
    assert_eq!(ended.code, Some(0), "{}", ended.told);
    assert_eq!(report["counts"], json!({"pass": 2, "fail": 0, "not_applicable": 0, "inconclusive": 1}));

    for (format, signs) in [
        ("text", ["FAIL           ocpp1.6   WL_CS_FRAME_01", "1 FAIL"]),
        ("json", ["\"id\": \"WL_CS_FRAME_01\"", "\"fail\": 1"]),
        ("junit", ["<failure", "WL_CS_FRAME_01"]),
        ("html", ["<!doctype html>", "WL_CS_FRAME_01"]),
    ] {
        let file = folder.path().join(format!("report.{format}"));
        let path = file.display().to_string();
        let cases = "WL_CS_FRAME_01,WL_CS_FRAME_02";
        let more = ["--case", cases, "--format", format, "--out", &path];
        let ended = run(folder.path(), takes_any_action, false, &more).await;
        let report = std::fs::read_to_string(&file).unwrap();
        assert_eq!(ended.code, Some(1), "{format}: {}", ended.told);
        assert!(ended.told.contains("1 PASS, 1 FAIL"), "{}", ended.told);
        for sign in signs {
            assert!(
                report.to_lowercase().contains(&sign.to_lowercase()),
                "{format}: no {sign:?} in {report}"
            );
        }
        assert!(report.contains("MakeCoffee"), "{format}: the frames are shown");
    }
}

#[tokio::test]
async fn a_station_that_never_comes_is_told_with_a_cure() {
    let folder = tempfile::tempdir().unwrap();
    let run = ["conformance", "station", "--listen", "127.0.0.1:0", "--wait", "1"];
    let output = bare(folder.path()).args(run).output().await.unwrap();
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(told.contains("No station was met") && told.contains("--password"), "{told}");
}
