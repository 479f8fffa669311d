//! Local lists of the real executable: a rule becomes a list at stations of every version, which is verified, changed by what
//! differs, and sent whole again when a station has refused a change.

use crate::harness::{Csms, Engine, Place, eventually};
use conformance::{Answer, Options, Station};
use ocpp::Version;
use serde_json::{Value, json};

const CARD: &str = "04A1B2C3D4E5F6";
const ALL: [(&str, Version); 3] = [("S16", Version::V16), ("S201", Version::V201), ("S21", Version::V21)];

/// How it stands with a station's list, once it is so.
async fn until(csms: &Csms, key: &str, station: &str, what: &str, so: impl Fn(&Value) -> bool) -> Value {
    let (browser, here) = (csms.browser(), csms.page(&format!("/api/v1/stations/{station}/local-list")));
    eventually(&format!("{station}: {what}"), async || {
        let answer = browser.get(&here).bearer_auth(key).send().await.ok()?;
        let told: Value = answer.json().await.ok()?;
        so(&told).then_some(told)
    })
    .await
}

/// The station has what it shall have, by its own word.
fn verified(list: &Value, entries: i64) -> bool {
    list["state"] == "in-step"
        && list["entries"] == entries
        && list["reported"].as_str().and_then(|text| text.parse().ok()) == list["version"].as_i64()
}

/// A list, or a change of one, as it was sent: how, its version, and who is in it with which status.
fn sent(version: Version, payload: &Value) -> (String, i64, Vec<(String, Option<String>)>) {
    let number = if version == Version::V16 { "listVersion" } else { "versionNumber" };
    let entries = payload["localAuthorizationList"].as_array().cloned().unwrap_or_default();
    let entry = |entry: &Value| {
        let (uid, info) = match version {
            Version::V16 => (&entry["idTag"], &entry["idTagInfo"]),
            _ => (&entry["idToken"]["idToken"], &entry["idTokenInfo"]),
        };
        (uid.as_str().unwrap_or_default().to_owned(), info["status"].as_str().map(str::to_owned))
    };
    let kind = payload["updateType"].as_str().unwrap_or_default().to_owned();
    let mut entries: Vec<_> = entries.iter().map(entry).collect();
    entries.sort();
    (kind, payload[number].as_i64().unwrap_or_default(), entries)
}

fn accepted(uids: &[&str]) -> Vec<(String, Option<String>)> {
    uids.iter().map(|uid| ((*uid).to_owned(), Some("Accepted".to_owned()))).collect()
}

async fn a_rule_becomes_lists(engine: Engine) {
    let Some(place) = Place::new(engine).await else { return };
    let mut passwords = vec![place.furnish(ALL[0].0, CARD).await];
    for uid in ["BEN", "CARA", "EVE"] {
        place.done(&["token", "add", uid]).await;
    }
    for (id, _) in &ALL[1..] {
        let told = place.done(&["station", "add", id, "--site", "harbour"]).await;
        passwords.push(told.split_whitespace().find(|word| word.len() == 40).unwrap().to_owned());
    }
    let told = place.done(&["key", "create", "test", "--scopes", "read,command,config"]).await;
    let key = told.lines().next().unwrap().to_owned();
    let csms = place.serve().await;
    let mut stations = Vec::new();
    for ((id, version), password) in ALL.iter().zip(&passwords) {
        let options = Options::new(&csms.ready.ocpp_url, id, *version).password(password);
        let station = Station::connect(options).await.unwrap();
        station.boot().await.unwrap();
        stations.push((*id, *version, station));
    }

    // All of it, and the station's word that it has that.
    let put = csms.browser().put(csms.page("/api/v1/local-list-rules/fleet")).bearer_auth(&key);
    let put = put.header("if-match", "*").json(&json!({"rule": "all"}));
    assert_eq!(put.send().await.unwrap().status(), 200);
    let mut versions = Vec::new();
    for (id, version, station) in &stations {
        let list = until(&csms, &key, id, "the list is verified", |list| verified(list, 4)).await;
        let (kind, number, entries) = sent(*version, &station.expect_call("SendLocalList").await.unwrap());
        assert_eq!(
            (kind.as_str(), entries),
            ("Full", accepted(&[CARD, "BEN", "CARA", "EVE"])),
            "{version:?}"
        );
        assert_eq!(json!(number), list["version"], "{version:?}");
        versions.push(number);
    }

    // One is new, and then one may not charge any more: each time what differs.
    let dora = accepted(&["DORA"]);
    let eve = vec![("EVE".to_owned(), Some("Blocked".to_owned()))];
    for (change, differs) in [(["add", "DORA"], dora), (["block", "EVE"], eve)] {
        csms.place.done(&["token", change[0], change[1]]).await;
        for ((id, version, station), before) in stations.iter().zip(&mut versions) {
            let newer = |list: &Value| verified(list, 5) && list["version"].as_i64() > Some(*before);
            until(&csms, &key, id, "the change is verified", newer).await;
            let (kind, number, entries) =
                sent(*version, &station.expect_call("SendLocalList").await.unwrap());
            assert_eq!((kind.as_str(), &entries), ("Differential", &differs), "{version:?}");
            *before = number;
        }
    }

    // A change that a station refuses: nobody knows what it has, so all of it is sent.
    for (_, _, station) in &stations {
        station.answer_with("SendLocalList", Answer::Result(json!({"status": "VersionMismatch"})));
    }
    csms.place.done(&["token", "add", "FRED"]).await;
    for (id, version, station) in &stations {
        let refused = |list: &Value| {
            list["trouble"].as_str().is_some_and(|trouble| trouble.contains("VersionMismatch"))
        };
        until(&csms, &key, id, "the change is refused", refused).await;
        let (kind, _, entries) = sent(*version, &station.expect_call("SendLocalList").await.unwrap());
        assert_eq!((kind.as_str(), entries), ("Differential", accepted(&["FRED"])), "{version:?}");
        station.answer_normally("SendLocalList");
        let again = csms.page(&format!("/api/v1/stations/{id}/desired/try"));
        let again = csms.browser().post(again).bearer_auth(&key).json(&json!({}));
        assert!(again.send().await.unwrap().status().is_success());
        let list = until(&csms, &key, id, "it is mended", |list| verified(list, 6)).await;
        let mut all = Vec::new();
        while all.last().is_none_or(|(_, number, _)| json!(*number) != list["version"]) {
            all.push(sent(*version, &station.expect_call("SendLocalList").await.unwrap()));
        }
        let whole = all.iter().all(|(kind, _, entries)| kind == "Full" && entries.len() == 6);
        assert!(whole, "{version:?}: {all:?} for {list}");
    }
    let shown = csms.place.done(&["list", "show", "S16"]).await;
    assert!(shown.contains("Rule: all (of the fleet)") && shown.contains("State: in-step"), "{shown}");
}

#[tokio::test]
async fn a_rule_becomes_lists_that_are_verified_changed_and_mended_on_sqlite() {
    a_rule_becomes_lists(Engine::Sqlite).await;
}

#[tokio::test]
async fn a_rule_becomes_lists_that_are_verified_changed_and_mended_on_postgresql() {
    a_rule_becomes_lists(Engine::Postgres).await;
}
