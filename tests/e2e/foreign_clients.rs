//! The PyPI package `ocpp` as a station: software that shares nothing with ours.

use crate::{
    harness::{Engine, Place, text},
    records::{self, Record},
};
use serde_json::Value;
use std::{path::Path, time::Duration};
use tokio::process::Command;

const CARD: &str = "04A1B2C3D4E5F6";
const SESSION_WITHIN: Duration = Duration::from_secs(120);

/// Runs a script of `foreign/` against a fresh server; gives what it saw and what is stored.
async fn drive(engine: Engine, script: &str) -> Option<(Value, Record)> {
    let Ok(python) = std::env::var("CSMS_TEST_PYTHON") else {
        eprintln!(
            "skipped: CSMS_TEST_PYTHON names no Python with the packages of tests/e2e/foreign/requirements.txt"
        );
        return None;
    };
    let place = Place::new(engine).await?;
    let password = place.furnish("FOREIGN-1", CARD).await;
    let csms = place.serve().await;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e/foreign").join(script);
    let url = format!("{}/FOREIGN-1", csms.ready.ocpp_url);
    let session = Command::new(python).arg(script).args([&url, &password, CARD]).kill_on_drop(true).output();
    let output =
        tokio::time::timeout(SESSION_WITHIN, session).await.expect("the session takes too long").unwrap();
    assert!(output.status.success(), "{}\n{}", text(&output.stderr), csms.place.log());
    let seen: Value = serde_json::from_slice(&output.stdout).unwrap();
    for answer in ["boot", "authorized", "started"] {
        assert_eq!(seen[answer], "Accepted", "{seen}");
    }
    let record = records::only(&csms.place, "FOREIGN-1").await;
    assert_eq!(record.session.state, "ended");
    assert_eq!(record.session.token_uid, CARD);
    assert_eq!(seen["transaction"], record.session.reference.as_str());
    assert_eq!(Some(record.session.energy_mwh), seen["energy_wh"].as_i64().map(|wh| wh * 1_000));
    assert_eq!(record.readings.len(), 7, "start, five readings, end");
    Some((seen, record))
}

async fn by_16(engine: Engine) {
    let Some((seen, record)) = drive(engine, "station16.py").await else { return };
    assert_eq!(seen["stopped"], "Accepted");
    // 12.345 kWh × 0.49 + 1.00 = 7.04905 net; 19 % on top: 8.388….
    let bill = record.bill.expect("the session is priced");
    assert_eq!((bill.total_excl.as_str(), bill.total_incl.as_str()), ("7.05", "8.39"), "{}", bill.body);
}

async fn by_201(engine: Engine) {
    let Some((seen, record)) = drive(engine, "station201.py").await else { return };
    // 17.25 kWh × 0.49 + 1.00 = 9.4525 net; 19 % on top: 11.248….
    let bill = record.bill.expect("the session is priced");
    assert_eq!((bill.total_excl.as_str(), bill.total_incl.as_str()), ("9.45", "11.25"), "{}", bill.body);
    assert_eq!(seen["total_cost"].as_f64(), Some(11.25), "the station may show it: {seen}");
}

#[tokio::test]
async fn the_python_package_charges_by_1_6_on_sqlite() {
    by_16(Engine::Sqlite).await;
}

#[tokio::test]
async fn the_python_package_charges_by_1_6_on_postgres() {
    by_16(Engine::Postgres).await;
}

#[tokio::test]
async fn the_python_package_charges_by_2_0_1_on_sqlite() {
    by_201(Engine::Sqlite).await;
}

#[tokio::test]
async fn the_python_package_charges_by_2_0_1_on_postgres() {
    by_201(Engine::Postgres).await;
}
