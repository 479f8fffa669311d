//! Every call that a CSMS may make, in every version, over a real socket and the REST API: a station that does it, one that
//! does not want to, and one that cannot. What the command's row says is held against what the station said.

mod table;

use crate::harness::{Csms, Engine, Place, eventually};
use conformance::{Answer, ConnectorState, Options, Station};
use csms::store::station_tariffs;
use ocpp::{
    Version,
    schema::{self, Direction, Kind},
};
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};
use table::{No, Row, reasoned, rows};

/// A busy machine takes its time.
const PATIENCE: Duration = Duration::from_secs(60);

/// A station, and who asks it.
struct Stand<'a> {
    csms: &'a Csms,
    key: &'a str,
    version: Version,
    station: Station,
    browser: reqwest::Client,
}

impl Stand<'_> {
    /// The command as it stands once the station has given this answer.
    async fn ask(&self, row: &Row, answer: Answer) -> Value {
        self.station.answer_with(row.action, answer);
        let path = format!("/api/v1/stations/{}/commands?wait_s=60", self.station.id());
        let sent = self.browser.post(self.csms.page(&path)).bearer_auth(self.key).json(&row.command);
        let answer = sent.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert_eq!(status, 200, "{:?} {}: {text}\n{}", self.version, row.action, self.csms.place.log());
        let told: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(told["state"], "answered", "{told}");
        let sent = told["calls"].as_array().unwrap();
        let actions: Vec<&str> = sent.iter().filter_map(|call| call["action"].as_str()).collect();
        assert_eq!(actions, [row.action], "{told}");
        told
    }

    /// The same; this is the verdict, and the reason begins so.
    async fn must(&self, row: &Row, answer: Answer, verdict: &str, reason: &str) -> Value {
        let told = self.ask(row, answer).await;
        let why = told["reason"].as_str().unwrap_or_default();
        assert_eq!(told["verdict"], verdict, "{:?} {}: {told}", self.version, row.action);
        assert!(why.contains(reason), "{:?} {}: {why:?} instead of {reason:?}", self.version, row.action);
        told
    }

    async fn all_ways(&self, row: &Row) {
        let told = self.must(row, Answer::Result(row.yes.clone()), "accepted", "").await;
        assert_eq!(told["calls"][0]["answer"], row.yes, "the answer is kept as it came");
        match &row.no {
            No::Answer(answer, word) => {
                let answer = reasoned(self.version, row.action, answer);
                let has_reasons = answer.get("statusInfo").is_some();
                let reason =
                    if has_reasons { format!("{word} NotToday come back later") } else { (*word).to_owned() };
                let told = self.must(row, Answer::Result(answer), "refused", &reason).await;
                assert_eq!(told["outcome"], Value::Null, "nothing more is waited for: {told}");
            }
            No::Error => {
                let error = Answer::Error("InternalError".into(), "the disk is full".into());
                self.must(row, error, "refused", "InternalError the disk is full").await;
            }
        }
        for code in ["NotImplemented", "NotSupported"] {
            let told = self
                .must(
                    row,
                    Answer::Error(code.into(), "no such thing".into()),
                    "unsupported",
                    &format!("{code} no such thing"),
                )
                .await;
            assert_eq!(told["calls"][0]["error"]["code"], code, "{told}");
        }
        self.station.answer_normally(row.action);
    }
}

async fn every_way(version: Version) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(place) = Place::new(engine).await else { continue };
        let place = place.set("api.burst=100000").set("api.per_second=100000");
        let id = format!("S-{}", version.subprotocol());
        let password = place.furnish(&id, "04A1B2C3D4E5F6").await;
        let key = place.done(&["key", "create", "all", "--scopes", "read,command"]).await;
        let key = key.lines().next().unwrap().to_owned();
        let csms = place.serve().await;
        let options = Options::new(&csms.ready.ocpp_url, &id, version).password(&*password).timeout(PATIENCE);
        let station = Station::connect(options).await.unwrap();
        // Of one that counts itself, the catalog keeps the tariffs: see below.
        station.configure("TariffCostCtrlr.Enabled[Tariff]", "false");
        station.boot().await.unwrap();
        station.status(1, ConnectorState::Available).await.unwrap();
        let stand = Stand { browser: csms.browser(), csms: &csms, key: &key, version, station };
        for row in rows(version) {
            stand.all_ways(&row).await;
        }
    }
}

#[tokio::test]
async fn every_call_of_1_6_is_accepted_refused_and_not_known() {
    every_way(Version::V16).await;
}

#[tokio::test]
async fn every_call_of_2_0_1_is_accepted_refused_and_not_known() {
    every_way(Version::V201).await;
}

#[tokio::test]
async fn every_call_of_2_1_is_accepted_refused_and_not_known() {
    every_way(Version::V21).await;
}

#[tokio::test]
async fn tariffs_that_the_catalog_keeps_at_a_station_are_not_changed_by_hand() {
    let place = Place::new(Engine::Sqlite).await.unwrap();
    let password = place.furnish("S", "04A1B2C3D4E5F6").await;
    let key = place.done(&["key", "create", "all", "--scopes", "read,command"]).await;
    let key = key.lines().next().unwrap().to_owned();
    let csms = place.serve().await;
    let options =
        Options::new(&csms.ready.ocpp_url, "S", Version::V21).password(&*password).timeout(PATIENCE);
    let station = Station::connect(options).await.unwrap();
    station.boot().await.unwrap();
    station.status(1, ConnectorState::Available).await.unwrap();
    station.expect_call("SetDefaultTariff").await.unwrap();
    let browser = csms.browser();
    let page = csms.page("/api/v1/stations/S/commands?wait_s=60");
    let ask = async |command: Value| -> Value {
        let sent = browser.post(&page).bearer_auth(&key).json(&command).send().await.unwrap();
        serde_json::from_str(&sent.text().await.unwrap()).unwrap()
    };
    let db = csms.place.db().await;
    eventually("the catalog's tariff is kept as held", async || {
        let rows = station_tariffs::of_station(&mut db.read().await.unwrap(), "S").await.unwrap();
        rows.iter().any(|row| row.state == "held").then_some(())
    })
    .await;
    let held = ask(json!({"command": "clear-tariffs"})).await;
    assert_eq!(held["verdict"], "refused", "{held}");
    assert!(held["reason"].as_str().unwrap().contains("the tariffs of the catalog"), "{held}");
    assert_eq!(held["calls"], json!([]), "the station was not asked");
    let tariff = json!({"tariffId": "T1", "currency": "EUR", "energy": {"prices": [{"priceKwh": 9}]}});
    for command in [
        json!({"command": "set-tariff", "tariff": tariff}),
        json!({"command": "change-tariff", "transaction": "7", "tariff": tariff}),
    ] {
        assert_eq!(ask(command).await["verdict"], "refused");
    }
    let listed = ask(json!({"command": "list-tariffs"})).await;
    assert_eq!(listed["verdict"], "accepted", "to look does no harm: {listed}");
}

/// A call of a new edition cannot be forgotten, and what stations say here is what the standard lets them say.
#[test]
fn the_table_has_every_call_of_every_version_once() {
    for version in Version::ALL {
        let rows = rows(version);
        let named: BTreeSet<&str> = rows.iter().map(|row| row.action).collect();
        let asked: BTreeSet<String> = rows.iter().map(|row| row.command.to_string()).collect();
        assert_eq!(asked.len(), rows.len(), "{version:?}: a command stands twice");
        assert_eq!(named, schema::actions(version, Direction::Csms).collect(), "{version:?}");
        for row in &rows {
            let no = match &row.no {
                No::Answer(answer, _) => Some(reasoned(version, row.action, answer)),
                No::Error => None,
            };
            for answer in [Some(row.yes.clone()), no].into_iter().flatten() {
                let fits = schema::check(version, row.action, Kind::Response, &answer);
                assert!(fits.is_ok(), "{version:?} {}: {fits:?}", row.action);
            }
        }
    }
}
