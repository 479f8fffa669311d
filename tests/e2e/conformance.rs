//! The conformance suite against the real executable, with its own REST API as the operator: what does not pass is listed
//! with its reason, and everything that is not listed passes.

use crate::{
    harness::{Engine, Place, text},
    served::Served,
};
use conformance::suite::select;
use ocpp::Version;
use serde_json::{Value, json};
use std::{collections::BTreeMap, process::Stdio, sync::Arc, time::Duration};
use tokio::time::timeout;

/// A whole run takes a minute or two.
const RUN_WITHIN: Duration = Duration::from_secs(900);

/// By version: case → verdict and reason.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    verdict: String,
    #[serde(rename = "because")]
    _because: String,
    cases: BTreeMap<String, Vec<String>>,
}

/// What is listed: (version, case) → verdict.
fn listed() -> BTreeMap<(String, String), String> {
    let file: BTreeMap<String, Vec<Listed>> = toml::from_str(include_str!("conformance.toml")).unwrap();
    let mut all = BTreeMap::new();
    for group in file.into_values().flatten() {
        for (version, cases) in group.cases {
            for case in cases {
                let known = all.insert((version.clone(), case.clone()), group.verdict.clone());
                assert_eq!(known, None, "{version} {case} is listed twice");
            }
        }
    }
    all
}

/// A register of VAT numbers, in which one is in use.
async fn register() -> Served {
    Served::start(Arc::new(|first: String, _| {
        Box::pin(async move {
            let found = match first.starts_with("GET /ms/NL/vat/123456789B01 ") {
                true => json!({"isValid": true, "userError": "VALID", "name": "LADE B.V.",
                    "address": "\nDAMRAK 00001\n1012AB AMSTERDAM\n"}),
                false => json!({"isValid": false, "userError": "INVALID", "name": "---", "address": "---"}),
            };
            (200, found.to_string())
        })
    }))
    .await
}

#[tokio::test]
async fn every_case_passes_or_is_explained() {
    let mut wrong = Vec::new();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(place) = Place::new(engine).await else { continue };
        let register = register().await;
        let settings = "[ocpp.limits]\nflapping_connects = 1000000\n[pay]\nterminal_account = \"till\"\n\
            [[pay.accounts]]\nname = \"till\"\nprovider = \"station_terminal\"\n\
            [vat]\nregister = \"vies\"\nbase_url = ";
        let settings = format!("{settings}\"{}\"\n", register.url);
        std::fs::write(place.path("csms.toml"), settings).unwrap();
        // A price: without one there is no cost to tell.
        place.furnish("OTHER", "04A1B2C3D4E5F6").await;
        let key = place.done(&["key", "create", "suite", "--scopes", "read,command,config,money"]).await;
        let key = key.lines().next().unwrap().to_owned();
        let csms = place.serve().await;
        let report = csms.place.path("report.json");
        let (ocpp, console, out) =
            (csms.ready.ocpp_url.as_str(), csms.ready.console_url.as_str(), report.display().to_string());
        let arguments = [
            "conformance",
            "run",
            "--url",
            ocpp,
            "--wattline",
            console,
            "--key",
            &key,
            "--feature",
            "all",
            "--value",
            "vat_number=NL123456789B01",
            "--jobs",
            "8",
            "--timeout",
            "20",
            "--format",
            "json",
            "--out",
            &out,
        ];
        let run = csms.place.command(&arguments).stdin(Stdio::null()).output();
        let output = timeout(RUN_WITHIN, run).await.unwrap().unwrap();
        let Ok(report) = std::fs::read_to_string(&report) else { panic!("{}", text(&output.stderr)) };
        let report: Value = serde_json::from_str(&report).unwrap();
        let mut listed = listed();
        let played = report["cases"].as_array().unwrap();
        let all: usize = Version::ALL.into_iter().map(|version| select(version, &[], &[], &[]).len()).sum();
        assert_eq!(played.len(), all, "each case of each version is in the report");
        for case in played {
            let word = |field: &str| case[field].as_str().unwrap().to_owned();
            let is = word("verdict");
            let should = listed.remove(&(word("version"), word("id"))).unwrap_or_else(|| "pass".to_owned());
            if is != should {
                wrong.push(format!(
                    "{engine:?} {} {}: {is}, not {should}: {}",
                    word("version"),
                    word("id"),
                    word("reason")
                ));
            }
        }
        assert!(listed.is_empty(), "listed, and not played: {:?}", listed.keys());
        println!("{engine:?}: {}", report["counts"]);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_run_in_which_nobody_is_there_does_not_succeed() {
    let place = Place::new(Engine::Sqlite).await.unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/ocpp", listener.local_addr().unwrap());
    drop(listener);
    let arguments = ["conformance", "run", "--url", &url, "--case", "B_01,001"];
    let output = place.command(&arguments).stdin(Stdio::null()).output().await.unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("No case passed"), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("no connection"), "{}", text(&output.stdout));
}
