//! What a station watches, by the real executable: set, listed and cleared by the API and in the console, and told to partners.

use crate::harness::{Csms, Engine, Place, eventually};
use conformance::{Options, Station};
use ocpp::Version;
use serde_json::{Value, json};

const CARD: &str = "04A1B2C3D4E5F6";

struct Caller<'a> {
    csms: &'a Csms,
    key: String,
}

impl Caller<'_> {
    async fn get(&self, path: &str) -> Value {
        let here = self.csms.page(&format!("/api/v1{path}"));
        let answer = self.csms.browser().get(&here).bearer_auth(&self.key).send().await.unwrap();
        answer.json().await.unwrap()
    }

    async fn ask(&self, command: Value) -> Value {
        let here = self.csms.page("/api/v1/stations/S/commands?until=outcome");
        let post = self.csms.browser().post(&here).bearer_auth(&self.key).json(&command);
        post.send().await.unwrap().json().await.unwrap()
    }
}

fn heartbeat() -> Value {
    json!({"component": "OCPPCommCtrlr", "name": "HeartbeatInterval"})
}

#[tokio::test]
async fn a_limit_is_watched_and_told_to_partners_and_seen_in_the_console() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(place) = Place::new(engine).await else { continue };
        let password = place.furnish("S", CARD).await;
        let told = place.done(&["key", "create", "test", "--scopes", "read,command"]).await;
        place.feed(&["user", "add", "ada", "--role", "operator", "--stdin"], "correct-horse-battery").await;
        let csms = place.serve().await;
        let caller = Caller { csms: &csms, key: told.lines().next().unwrap().to_owned() };
        let options = Options::new(&csms.ready.ocpp_url, "S", Version::V21).password(&password);
        let station = Station::connect(options).await.unwrap();
        station.boot().await.unwrap();

        let monitor =
            json!({"variable": heartbeat(), "kind": "upper-threshold", "value": 600, "severity": 3});
        let set = caller.ask(json!({"command": "set-monitors", "monitors": [monitor]})).await;
        assert_eq!(set["verdict"], "accepted", "{set}");
        let listed = caller.ask(json!({"command": "list-monitors"})).await;
        assert_eq!(
            (&listed["verdict"], &listed["outcome"]),
            (&json!("accepted"), &json!("done")),
            "{listed}"
        );
        let all = caller.get("/stations/S/monitors").await;
        let origins: Vec<&str> =
            all["items"].as_array().unwrap().iter().filter_map(|one| one["origin"].as_str()).collect();
        assert_eq!(origins, ["custom", "hard-wired"], "the gravest first: {all}");

        let write = json!({"command": "write", "variables": [{"variable": heartbeat(), "value": "900"}]});
        assert_eq!(caller.ask(write).await["verdict"], "accepted");
        let event = eventually("the limit was passed", async || {
            caller.get("/stations/S/monitor-events").await["items"].as_array()?.first().cloned()
        })
        .await;
        assert_eq!(
            (&event["value"], &event["severity"], &event["cleared"]),
            (&json!("900"), &json!(3), &json!(false))
        );
        let alert = eventually("partners are told", async || {
            let all = caller.get("/events?kind=monitor.alert").await;
            all["items"].as_array()?.first().cloned()
        })
        .await;
        assert_eq!((&alert["kind"], &alert["body"]["severity"]), (&json!("monitor.alert"), &json!(3)));

        let browser = csms.browser();
        let post = async |path: &str, form: Vec<(&str, &str)>| {
            let sent = browser.post(csms.page(path)).header("Origin", &csms.ready.console_url).form(&form);
            sent.send().await.unwrap().text().await.unwrap()
        };
        post("/login", vec![("name", "ada"), ("password", "correct-horse-battery"), ("next", "/stations")])
            .await;
        let page = browser.get(csms.page("/stations/S/monitors")).send().await.unwrap().text().await.unwrap();
        assert!(page.contains("HeartbeatInterval") && page.contains("Raised"), "{page}");
        let token =
            page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let form = |value: &'static str| {
            vec![
                ("csrf", token.as_str()),
                ("variable", "OCPPCommCtrlr.HeartbeatInterval"),
                ("kind", "delta"),
                ("value", value),
                ("severity", "8"),
            ]
        };
        let said = post("/stations/S/monitors", form("ten")).await;
        assert!(said.contains("is no number"), "{said}");
        let said = post("/stations/S/monitors", form("10")).await;
        assert!(said.contains("The station watches it now."), "{said}");
        let all = caller.get("/stations/S/monitors").await;
        let delta = all["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["severity"] == 8 && one["origin"] == "custom");
        let clear = format!("/stations/S/monitors/{}/clear", delta.unwrap()["id"]);
        let said = post(&clear, vec![("csrf", token.as_str())]).await;
        assert!(said.contains("The station watches it no longer."), "{said}");
        assert_eq!(caller.get("/stations/S/monitors").await["items"].as_array().unwrap().len(), 2);
    }
}
