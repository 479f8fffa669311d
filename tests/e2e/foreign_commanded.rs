//! Stations of others (PyPI `ocpp`, npm `ocpp-rpc`) do what the REST API asks for: start, stop, reset, profiles, firmware
//! that is fetched by a connection that breaks off, and a log that is brought; two more (npm `ocpp-ts`, `@voltbras/ts-ocpp`)
//! start, stop and reset.

use crate::harness::{Csms, Engine, Place, eventually};
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

const CARD: &str = "04A1B2C3D4E5F6";
const STATION: &str = "FOREIGN-2";
/// A busy machine takes its time.
const TOLD_WITHIN: Duration = Duration::from_secs(90);
/// What the stations bring.
const LOG_BYTES: u64 = 120_000;
const FIRMWARE_BYTES: usize = 300_000;

/// Whose station it is.
#[derive(Debug, Clone, Copy)]
enum Maker {
    Python,
    Node,
    /// A package of npm that can start, stop and reset.
    Library(&'static str),
}

/// A station of somebody else that is running, and what it tells.
struct Foreign {
    told: Lines<BufReader<ChildStdout>>,
    _child: Child,
}

impl Foreign {
    /// `None`: there is no such software here, and the test says so.
    fn start(maker: Maker, csms: &Csms, password: &str, version: &str) -> Option<Foreign> {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e/foreign");
        let mut command = match maker {
            Maker::Python => {
                let Ok(python) = std::env::var("CSMS_TEST_PYTHON") else {
                    eprintln!(
                        "skipped: CSMS_TEST_PYTHON names no Python with the packages of requirements.txt"
                    );
                    return None;
                };
                let mut command = Command::new(python);
                command.arg(scripts.join("commanded.py"));
                command
            }
            Maker::Node | Maker::Library(_) => {
                let Ok(modules) = std::env::var("CSMS_TEST_NODE_MODULES") else {
                    eprintln!(
                        "skipped: CSMS_TEST_NODE_MODULES names no folder with the packages of package.json"
                    );
                    return None;
                };
                let mut command = Command::new("node");
                command.env("NODE_PATH", modules);
                match maker {
                    Maker::Library(name) => command.arg(scripts.join("libraries.cjs")).arg(name),
                    _ => command.arg(scripts.join("commanded.cjs")),
                };
                command
            }
        };
        let url = format!("{}/{STATION}", csms.ready.ocpp_url);
        let mut child = command
            .args([&url, password, version])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("it starts");
        let told = BufReader::new(child.stdout.take().unwrap()).lines();
        Some(Foreign { told, _child: child })
    }

    /// Waits until it tells of this.
    async fn tells(&mut self, event: &str) -> Value {
        let told = async {
            loop {
                let line = self.told.next_line().await.unwrap().expect("the station has ended");
                let told: Value = serde_json::from_str(&line).unwrap();
                if told["event"] == event {
                    return told;
                }
            }
        };
        timeout(TOLD_WITHIN, told).await.unwrap_or_else(|_| panic!("the station never tells: {event}"))
    }
}

/// Asks for a command and waits for what comes of it.
async fn command(csms: &Csms, key: &str, body: Value) -> Value {
    let name = body["command"].to_string();
    let here = csms.page(&format!("/api/v1/stations/{STATION}/commands?until=outcome&wait_s=60"));
    let answer = csms.browser().post(here).bearer_auth(key).json(&body).send().await.unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(status, 200, "{name}: {text}\n{}", csms.place.log());
    serde_json::from_str(&text).unwrap()
}

/// The same; it has to be accepted, and what comes of it good.
async fn done(csms: &Csms, key: &str, body: Value) -> Value {
    let command = command(csms, key, body).await;
    assert_eq!(command["verdict"], "accepted", "{command}");
    assert!(matches!(command["outcome"].as_str(), None | Some("done")), "{command}");
    command
}

/// A file of this length, anywhere in a folder.
fn file_of(folder: &Path, length: u64) -> Option<PathBuf> {
    std::fs::read_dir(folder).ok()?.flatten().find_map(|entry| {
        let about = entry.metadata().ok()?;
        match about.is_dir() {
            true => file_of(&entry.path(), length),
            false => (about.len() == length).then(|| entry.path()),
        }
    })
}

fn profile(id: i32) -> Value {
    json!({ "id": id, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute", "chargingSchedule": [{ "id": id, "chargingRateUnit": "A",
        "startSchedule": "2026-01-01T00:00:00Z", "chargingSchedulePeriod": [{ "startPeriod": 0, "limit": 9.0 }] }] })
}

async fn obeys(maker: Maker, engine: Engine, version: &str) {
    let Some(place) = Place::new(engine).await else { return };
    let password = place.furnish(STATION, CARD).await;
    let key = place.done(&["key", "create", "test", "--scopes", "read,command"]).await;
    let key = key.lines().next().unwrap().to_owned();
    let image: Vec<u8> = (0..FIRMWARE_BYTES).map(|n| u8::try_from(n * 7 % 256).unwrap()).collect();
    std::fs::write(place.path("image.bin"), image).unwrap();
    let kept = place.done(&["firmware", "add", "image.bin", "--name", "foreign", "--version", "8.0"]).await;
    let mut words = kept.split_whitespace();
    let firmware = words.nth(1).unwrap().to_owned();
    let digest = words.next_back().unwrap().trim_end_matches('.').to_owned();
    let csms = place.serve().await;
    let Some(mut station) = Foreign::start(maker, &csms, &password, version) else { return };
    assert_eq!(station.tells("ready").await["boot"], "Accepted");
    sessions_and_a_reset(&csms, &key, &mut station).await;

    // A profile counts, and is cleared once.
    done(&csms, &key, json!({ "command": "set-profile", "evse": 1, "profile": profile(71) })).await;
    let composite = json!({ "command": "composite", "evse": 1, "duration_s": 600, "unit": "A" });
    let allowed = done(&csms, &key, composite).await;
    let answer = allowed["calls"][0]["answer"].to_string();
    assert!(answer.contains("\"limit\":9"), "{allowed}");
    done(&csms, &key, json!({ "command": "clear-profile", "id": 71 })).await;
    let gone = command(&csms, &key, json!({ "command": "clear-profile", "id": 71 })).await;
    assert_ne!(gone["verdict"], "accepted", "{gone}");

    // Firmware of ours, fetched in two pieces, is what was kept; a log is on our disk.
    done(&csms, &key, json!({ "command": "update-firmware", "firmware": firmware })).await;
    let fetched = station.tells("fetched").await;
    assert_eq!(fetched["bytes"], FIRMWARE_BYTES);
    assert_eq!(fetched["sha256"], digest.as_str());
    done(&csms, &key, json!({ "command": "get-log", "kind": "diagnostics" })).await;
    assert_eq!(station.tells("brought").await["bytes"], LOG_BYTES);
    let log = file_of(&csms.place.path("data"), LOG_BYTES).expect("the log is kept");
    let log = std::fs::read(log).unwrap();
    assert!(log.iter().enumerate().all(|(n, byte)| usize::from(*byte) == n % 251), "as it was brought");
}

/// A station that can start, stop and reset.
async fn starts_stops_and_resets(name: &'static str) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(place) = Place::new(engine).await else { return };
        let password = place.furnish(STATION, CARD).await;
        let key = place.done(&["key", "create", "test", "--scopes", "read,command"]).await;
        let key = key.lines().next().unwrap().to_owned();
        let csms = place.serve().await;
        let Some(mut station) = Foreign::start(Maker::Library(name), &csms, &password, "") else { return };
        assert_eq!(station.tells("ready").await["boot"], "Accepted");
        sessions_and_a_reset(&csms, &key, &mut station).await;
        let unknown = command(&csms, &key, json!({ "command": "clear-cache" })).await;
        assert_ne!(unknown["verdict"], "accepted", "it does not know everything: {unknown}");
    }
}

async fn sessions_and_a_reset(csms: &Csms, key: &str, station: &mut Foreign) {
    // A session from afar; a second one in the same place is refused.
    let start = || json!({ "command": "start", "evse": 1, "token": { "uid": CARD } });
    let began = done(csms, key, start()).await;
    // We know of it before the station has our answer.
    station.tells("it charges").await;
    let page = csms.page(&format!("/api/v1/sessions/{}", began["session_id"].as_str().expect("a session")));
    let again = command(csms, key, start()).await;
    assert_eq!(again["verdict"], "refused", "{again}");
    let session = || async {
        let answer = csms.browser().get(&page).bearer_auth(key).send().await.unwrap();
        answer.json::<Value>().await.unwrap()
    };
    let stop = json!({ "command": "stop", "transaction": session().await["transaction"] });
    let ended = done(csms, key, stop).await;
    station.tells("it is free").await;
    assert_eq!(ended["session_id"], began["session_id"]);
    assert_eq!(session().await["state"], "ended");

    // A reset ends what runs, and is done when the station has booted.
    let began = done(csms, key, start()).await;
    station.tells("it charges").await;
    done(csms, key, json!({ "command": "reset", "kind": "immediate" })).await;
    station.tells("the station restarts").await;
    station.tells("ready").await;
    let page = csms.page(&format!("/api/v1/sessions/{}", began["session_id"].as_str().unwrap()));
    eventually("the session ends with the reset", || async {
        let answer = csms.browser().get(&page).bearer_auth(key).send().await.unwrap();
        (answer.json::<Value>().await.unwrap()["state"] == "ended").then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_python_package_obeys_by_1_6() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        obeys(Maker::Python, engine, "ocpp1.6").await;
    }
}

#[tokio::test]
async fn the_python_package_obeys_by_2_0_1() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        obeys(Maker::Python, engine, "ocpp2.0.1").await;
    }
}

#[tokio::test]
async fn the_python_package_obeys_by_2_1() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        obeys(Maker::Python, engine, "ocpp2.1").await;
    }
}

#[tokio::test]
async fn the_npm_package_obeys_by_1_6() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        obeys(Maker::Node, engine, "ocpp1.6").await;
    }
}

#[tokio::test]
async fn the_npm_package_obeys_by_2_0_1() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        obeys(Maker::Node, engine, "ocpp2.0.1").await;
    }
}

#[tokio::test]
async fn another_package_of_npm_starts_stops_and_resets() {
    starts_stops_and_resets("ocpp-ts").await;
}

#[tokio::test]
async fn a_third_package_of_npm_starts_stops_and_resets() {
    starts_stops_and_resets("@voltbras/ts-ocpp").await;
}
