//! The REST API of the real executable: commands to a virtual station, and a fuzzer that reads the document.

use crate::harness::{Csms, Engine, Place, text};
use conformance::{Answer, ConnectorState, Options, Station};
use ocpp::Version;
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use std::{process::Output, time::Duration};
use tokio::{process::Command, time::timeout};

const CARD: &str = "04A1B2C3D4E5F6";
const FUZZ_WITHIN: Duration = Duration::from_secs(600);

/// A key made on the command line.
async fn key(place: &Place, scopes: &str) -> String {
    let told = place.done(&["key", "create", "test", "--scopes", scopes]).await;
    told.lines().next().unwrap().to_owned()
}

async fn answer(request: RequestBuilder, status: u16) -> Value {
    let answer = request.send().await.unwrap();
    let (is, text) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(is, status, "{text}");
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn a_program_commands_a_station_and_is_told_what_came_of_it() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(place) = Place::new(engine).await else { continue };
        let password = place.furnish("S", CARD).await;
        let key = key(&place, "read,command").await;
        let csms = place.serve().await;
        let browser = csms.browser();
        let ask = |query: &str, command: Value| {
            let here = csms.page(&format!("/api/v1/stations/S/commands{query}"));
            browser.post(here).bearer_auth(&key).json(&command)
        };
        let offline = answer(ask("", json!({ "command": "clear-cache" })), 409).await;
        assert_eq!(offline["error"]["state"], "offline");

        let options = Options::new(&csms.ready.ocpp_url, "S", Version::V201).password(&password);
        let station = Station::connect(options).await.unwrap();
        station.boot().await.unwrap();
        station.status(1, ConnectorState::Available).await.unwrap();
        station.plug_in(1).await.unwrap();

        // The outcome: the session that began for it.
        let start = json!({ "command": "start", "evse": 1, "token": { "uid": CARD } });
        let began = answer(ask("?until=outcome&wait_s=60", start), 200).await;
        assert_eq!((&began["verdict"], &began["outcome"]), (&json!("accepted"), &json!("done")), "{began}");
        let session = csms.page(&format!("/api/v1/sessions/{}", began["session_id"].as_str().unwrap()));
        let session = answer(browser.get(session).bearer_auth(&key), 200).await;
        assert_eq!((&session["state"], &session["token"]), (&json!("open"), &json!(CARD)));
        let stop = json!({ "command": "stop", "transaction": session["transaction"] });
        let ended = answer(ask("?until=outcome&wait_s=60", stop), 200).await;
        assert_eq!(
            (&ended["outcome"], &ended["session_id"]),
            (&json!("done"), &began["session_id"]),
            "{ended}"
        );

        // A refusal is an answer too; a call that is against the standard is not sent.
        station.answer_with("Reset", Answer::Result(json!({ "status": "Rejected" })));
        let refused = answer(ask("", json!({ "command": "reset", "kind": "idle" })), 200).await;
        assert_eq!((&refused["verdict"], refused.get("outcome")), (&json!("refused"), None), "{refused}");
        let wrong = json!({ "command": "call", "action": "Reset", "payload": { "type": "Soft" } });
        let problem = answer(ask("", wrong), 422).await;
        assert_eq!(problem["type"], "urn:wattline:problem:invalid-command", "{problem}");

        // Sent twice, asked once.
        let twice = || ask("", json!({ "command": "clear-cache" })).header("Idempotency-Key", "once");
        let first = answer(twice(), 200).await;
        assert_eq!(answer(twice(), 200).await["id"], first["id"]);
    }
}

/// Runs the fuzzer against a server.
async fn fuzz(python: &str, csms: &Csms, key: &str) -> Output {
    let document = csms.page("/api/v1/openapi.json");
    let authorization = format!("Authorization: Bearer {key}");
    let mut command = Command::new(python);
    command.args(["-m", "schemathesis.cli", "run", &document, "-H", &authorization]).args([
        "--phases=examples,coverage,fuzzing",
        "--max-examples=5",
        "--seed=5",
        "--generation-database=none",
        "--generation-with-security-parameters=false",
        "--rate-limit=auto",
        // It would revoke its own key, and find nothing any more.
        "--exclude-operation-id=revokeKey",
        "--continue-on-failure",
        "--request-timeout=30",
        "--warnings=off",
        // Not `ignored_auth`: it guesses passwords until it is held back. That each operation asks who is asking is
        // tested in `web`.
        "--checks=not_a_server_error,status_code_conformance,content_type_conformance,\
         response_headers_conformance,response_schema_conformance,negative_data_rejection,\
         missing_required_header,unsupported_method,allow_header_conformance",
    ]);
    // RFC 6585 has a status of its own for a missing If-Match, and one for who asks faster than a key may.
    let settings = "[checks]\nmissing_required_header.expected-statuses = [428, 429]\n";
    std::fs::write(csms.place.path("schemathesis.toml"), settings).unwrap();
    command.current_dir(csms.place.path("")).kill_on_drop(true);
    timeout(FUZZ_WITHIN, command.output()).await.expect("the fuzzer takes too long").unwrap()
}

#[tokio::test]
async fn a_fuzzer_that_reads_the_document_finds_nothing() {
    let Ok(python) = std::env::var("CSMS_TEST_PYTHON") else {
        eprintln!(
            "skipped: CSMS_TEST_PYTHON names no Python with the packages of tests/e2e/foreign/requirements.txt"
        );
        return;
    };
    let place = Place::new(Engine::Sqlite).await.unwrap();
    // Thousands of requests at the pace of one partner take minutes.
    std::fs::write(place.path("csms.toml"), "[api]\nburst = 20000\nper_second = 2000\n").unwrap();
    place.furnish("S", CARD).await;
    let key = key(&place, "read,command,config,money,admin").await;
    let csms = place.serve().await;
    let output = fuzz(&python, &csms, &key).await;
    assert!(output.status.success(), "{}\n{}", text(&output.stdout), text(&output.stderr));
    // It was let in until the end, and has done things.
    let events = csms.browser().get(csms.page("/api/v1/events?kind=station")).bearer_auth(&key);
    assert!(!answer(events, 200).await["items"].as_array().unwrap().is_empty());
}
