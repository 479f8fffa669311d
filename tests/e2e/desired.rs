//! Desired state of the real executable: wished by the API and the command line, closed after a boot, after drift, and after a
//! SIGKILL between what was sent and what was answered; a new password takes the old one's place.

use crate::harness::{Csms, Engine, Place, SEEN_WITHIN, eventually};
use conformance::{Answer, Options, Station};
use ocpp::Version;
use serde_json::{Value, json};

const CARD: &str = "04A1B2C3D4E5F6";
const KEY: &str = "OCPPCommCtrlr.HeartbeatInterval";

async fn key(place: &Place) -> String {
    let told = place.done(&["key", "create", "test", "--scopes", "read,command,config"]).await;
    told.lines().next().unwrap().to_owned()
}

/// The wishes of a station, once they are as they should be.
async fn until(csms: &Csms, key: &str, station: &str, what: &str, so: impl Fn(&Value) -> bool) -> Value {
    let (browser, here) = (csms.browser(), csms.page(&format!("/api/v1/stations/{station}/desired")));
    eventually(what, async || {
        let answer = browser.get(&here).bearer_auth(key).send().await.ok()?;
        let told: Value = answer.json().await.ok()?;
        so(&told["wishes"]).then_some(told["wishes"].clone())
    })
    .await
}

fn in_step(wishes: &Value) -> bool {
    let all = wishes.as_array().map(Vec::as_slice).unwrap_or_default();
    !all.is_empty() && all.iter().all(|wish| wish["state"] == "in-step" && wish["next_at"].is_null())
}

#[tokio::test]
async fn a_wish_is_closed_after_a_boot_and_after_drift() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(place) = Place::new(engine).await else { continue };
        let password = place.furnish("S", CARD).await;
        let key = key(&place).await;
        let csms = place.serve().await;
        let browser = csms.browser();
        let here = csms.page("/api/v1/stations/S/desired");
        let wish = json!({"wishes": [{"kind": "configuration", "key": "HeartbeatInterval", "value": "60"}]});
        let unguarded = browser.patch(&here).bearer_auth(&key).json(&wish).send().await.unwrap();
        assert_eq!(unguarded.status(), 428, "a change names the state that it changes");
        let kept = browser.patch(&here).bearer_auth(&key).header("If-Match", "*").json(&wish).send().await;
        let kept: Value = kept.unwrap().json().await.unwrap();
        assert_eq!((&kept["wishes"][0]["key"], &kept["wishes"][0]["state"]), (&json!(KEY), &json!("waits")));
        // The command line wants something else beside it, in another process.
        csms.place.done(&["desired", "set", "S", "ConnectionTimeOut=90"]).await;

        let options = Options::new(&csms.ready.ocpp_url, "S", Version::V16).password(&password);
        let station = Station::connect(options).await.unwrap();
        station.boot().await.unwrap();
        let all = until(&csms, &key, "S", "both are in step", |all| in_step(all) && all[1].is_object()).await;
        // The answer to the boot has told the one, a command the other.
        assert_eq!((&all[0]["reported"], &all[1]["acknowledged"]), (&json!("60"), &json!("90")), "{all}");
        let set = |name: &str| station.setting(name);
        assert_eq!(
            (set("HeartbeatInterval").as_deref(), set("ConnectionTimeOut").as_deref()),
            (Some("60"), Some("90"))
        );

        station.configure("HeartbeatInterval", "300");
        let look = csms.page("/api/v1/stations/S/commands");
        let look = browser.post(look).bearer_auth(&key).json(&json!({"command": "inventory"}));
        assert_eq!(look.send().await.unwrap().status(), 200);
        let back = |all: &Value| in_step(all) && all[0]["drifts"] == 1;
        until(&csms, &key, "S", "the drift is put right", back).await;
        assert_eq!(set("HeartbeatInterval").as_deref(), Some("60"));
        let shown = csms.place.done(&["desired", "show", "S"]).await;
        assert!(shown.contains(KEY) && shown.contains("in-step"), "{shown}");
    }
}

#[tokio::test]
async fn a_kill_between_sent_and_answered_neither_loses_a_wish_nor_doubles_it() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(place) = Place::new(engine).await else { continue };
        let password = place.furnish("S", CARD).await;
        let key = key(&place).await;
        let csms = place.serve().await;
        let options =
            Options::new(&csms.ready.ocpp_url, "S", Version::V201).password(&password).timeout(SEEN_WITHIN);
        let station = Station::connect(options).await.unwrap();
        station.boot().await.unwrap();
        station.answer_with("SetVariables", Answer::Silence);
        let setting = format!("{KEY}=60");
        csms.place.done(&["template", "set", "calm", &setting, "--protocol", "ocpp2.0.1"]).await;
        station.expect_call("SetVariables").await.unwrap();
        let place = csms.kill().await;
        // The station had done it.
        station.configure(KEY, "60");
        station.answer_normally("SetVariables");
        station.expect_offline().await.unwrap();
        let csms = place.serve().await;
        station.reconnect().await.unwrap();
        station.boot().await.unwrap();
        let all = until(&csms, &key, "S", "it is in step", in_step).await;
        assert_eq!((&all[0]["template"], &all[0]["reported"]), (&json!("calm"), &json!("60")), "{all}");
        let asked =
            csms.browser().get(csms.page("/api/v1/commands?kind=write")).bearer_auth(&key).send().await;
        let asked: Value = asked.unwrap().json().await.unwrap();
        assert_eq!(asked["items"].as_array().map(Vec::len), Some(1), "it was written once: {asked}");
    }
}

#[tokio::test]
async fn a_new_password_takes_the_place_of_the_old_one() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(place) = Place::new(engine).await else { continue };
        let old = place.furnish("S", CARD).await;
        let key = key(&place).await;
        let csms = place.serve().await;
        let options =
            |password: &str| Options::new(&csms.ready.ocpp_url, "S", Version::V21).password(password);
        let station = Station::connect(options(&old)).await.unwrap();
        let result = json!({"attributeStatus": "Accepted", "component": {"name": "SecurityCtrlr"},
            "variable": {"name": "BasicAuthPassword"}});
        station.answer_with("SetVariables", Answer::Result(json!({"setVariableResult": [result]})));
        station.boot().await.unwrap();
        let rotate = csms.page("/api/v1/stations/S/desired/password");
        let rotated = csms.browser().post(rotate).bearer_auth(&key).send().await.unwrap();
        assert_eq!(rotated.status(), 204);
        let told = station.expect_call("SetVariables").await.unwrap();
        let new = told["setVariableData"][0]["attributeValue"].as_str().unwrap().to_owned();
        let all = until(&csms, &key, "S", "it is in step", in_step).await;
        assert!(all[0]["value"] == "***" && !all.to_string().contains(&new), "{all}");
        assert!(Station::connect(options(&old)).await.is_err(), "the old one is wrong");
        assert!(Station::connect(options(&new)).await.is_ok());
        assert!(!csms.place.log().contains(&new), "a password is in no log");
    }
}

#[tokio::test]
async fn a_charging_profile_lasts_on_both_kinds_of_stations() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(place) = Place::new(engine).await else { continue };
        let key = key(&place).await;
        let old = place.furnish("OLD", CARD).await;
        let told = place.done(&["station", "add", "NEW", "--site", "harbour"]).await;
        let new = told.split_whitespace().find(|word| word.len() == 40).unwrap();
        let csms = place.serve().await;
        let night = json!({"chargingProfileKind": "Recurring", "recurrencyKind": "Daily", "chargingSchedule": [{
            "startSchedule": "2026-03-02T21:00:00Z", "duration": 28_800, "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.0}]}]});
        let slot = "TxDefaultProfile/1@1";
        let id = i64::from(csms::desired::Slot::read(slot).unwrap().id());
        // The old one by the API, the new one by the command line.
        let here = csms.page("/api/v1/stations/OLD/desired");
        let wish = json!({"wishes": [{"kind": "profile", "key": slot, "profile": night}]});
        let kept = csms.browser().patch(&here).bearer_auth(&key).header("If-Match", "*").json(&wish);
        assert_eq!(kept.send().await.unwrap().status(), 200);
        let misfit = json!({"wishes": [{"kind": "profile", "key": "TxProfile/0@1", "profile": night}]});
        let misfit = csms.browser().patch(&here).bearer_auth(&key).header("If-Match", "*").json(&misfit);
        let told: Value = misfit.send().await.unwrap().json().await.unwrap();
        assert!(told.to_string().contains("belongs to one session"), "{told}");
        let file = csms.place.path("night.json");
        std::fs::write(&file, night.to_string()).unwrap();
        csms.place.done(&["desired", "profile", "NEW", slot, file.to_str().unwrap()]).await;

        for (name, version, password) in [("OLD", Version::V16, &*old), ("NEW", Version::V201, new)] {
            let options = Options::new(&csms.ready.ocpp_url, name, version).password(password);
            let station = Station::connect(options).await.unwrap();
            station.boot().await.unwrap();
            let all = until(&csms, &key, name, "it is in step", in_step).await;
            assert!(all[0]["acknowledged"] == all[0]["value"] && all[0]["command_id"].is_string(), "{all}");
            assert_eq!(all[0]["reported"] == all[0]["value"], version != Version::V16, "{all}");
            assert_eq!(station.profiles(), [id]);
            // It forgets what it was told, and restarts.
            let accepted = all[0]["acknowledged_at"].clone();
            station.forget_profiles();
            station.boot().await.unwrap();
            let again = |all: &Value| in_step(all) && all[0]["acknowledged_at"] != accepted;
            until(&csms, &key, name, "it has it again", again).await;
            assert_eq!(station.profiles(), [id]);

            csms.place.done(&["desired", "profile", name, slot, "absent"]).await;
            let gone = |all: &Value| in_step(all) && all[0]["acknowledged"] == "absent";
            until(&csms, &key, name, "it is gone", gone).await;
            assert!(station.profiles().is_empty());
            let shown = csms.place.done(&["desired", "show", name]).await;
            assert!(shown.contains(slot) && shown.contains("absent"), "{shown}");
        }
    }
}
