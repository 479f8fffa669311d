//! `/api/v1`: stations, sites, tokens, tariffs, sessions, events, orders, the document and its page.

use crate::{
    Browser, Console, PASSWORD,
    api_v1::{json_of, key, problem},
    csrf_of,
};
use csms::{api_key::Scope, link::auth::Check, store::stations};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A browser with a key that may do everything.
pub struct Program {
    pub browser: Browser,
    pub key: String,
}

impl Program {
    pub async fn of(console: &Console) -> Program {
        Program { browser: console.browser(), key: key(console, &Scope::ALL).await }
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        self.browser.get(&format!("/api/v1{path}")).bearer_auth(&self.key)
    }

    pub fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.browser.post(&format!("/api/v1{path}")).bearer_auth(&self.key).json(body)
    }

    pub fn put(&self, path: &str, body: &Value) -> RequestBuilder {
        self.browser.put(&format!("/api/v1{path}")).bearer_auth(&self.key).json(body)
    }

    pub fn patch(&self, path: &str, body: &Value) -> RequestBuilder {
        self.browser.patch(&format!("/api/v1{path}")).bearer_auth(&self.key).json(body)
    }

    pub fn delete(&self, path: &str) -> RequestBuilder {
        self.browser.delete(&format!("/api/v1{path}")).bearer_auth(&self.key)
    }

    /// The tag of an entity.
    pub async fn tag(&self, path: &str) -> String {
        let answer = self.get(path).send().await.unwrap();
        answer.headers()["etag"].to_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn a_station_is_registered_changed_and_forgotten() {
    let console = Console::start().await;
    let program = Program::of(&console).await;
    let site = json_of(program.post("/sites", &json!({ "name": "Yard" })), 201).await;
    let new = json!({ "id": "HALL-7", "site_id": site["id"], "protocols": ["ocpp2.1", "ocpp1.6"] });
    let made = json_of(program.post("/stations", &new), 201).await;
    assert_eq!(made["protocols"], json!(["ocpp1.6", "ocpp2.1"]));
    let kept = async || {
        let mut tx = console.app.db.read().await.unwrap();
        stations::find(&mut tx, "HALL-7").await.unwrap().map(|row| row.secret)
    };
    let is = async |password: &str| console.vault.check(kept().await.as_deref(), password.as_bytes()).await;
    assert_eq!(is(made["password"].as_str().unwrap()).await, Check::Right);
    problem(program.post("/stations", &new), 409, "exists").await;
    for (id, site) in [("a/b", Value::Null), ("", Value::Null), ("A", json!("1")), ("A", json!("x"))] {
        problem(program.post("/stations", &json!({ "id": id, "site_id": site })), 422, "invalid-field").await;
    }

    // Only who knows what they change may change it.
    let wish = json!({ "name": " Hall, bay 7 ", "registration": "pending", "site_id": null });
    problem(program.patch("/stations/HALL-7", &wish), 428, "if-match-missing").await;
    let tag = program.tag("/stations/HALL-7").await;
    let change = || program.patch("/stations/HALL-7", &wish).header("if-match", &tag);
    let changed = json_of(change(), 200).await;
    assert_eq!(
        (&changed["name"], &changed["registration"], &changed["site_id"]),
        (&json!("Hall, bay 7"), &json!("pending"), &Value::Null)
    );
    assert_eq!(changed["protocols"], json!(["ocpp1.6", "ocpp2.1"]), "what is not named stays");
    problem(change(), 412, "changed-meanwhile").await;

    // Passwords: made here, chosen elsewhere, none.
    let made = json_of(program.post("/stations/HALL-7/password", &json!({})), 200).await;
    assert_eq!(is(made["password"].as_str().unwrap()).await, Check::Right);
    let chosen = json!({ "password": "correct-horse-16" });
    let told = json_of(program.post("/stations/HALL-7/password", &chosen), 200).await;
    assert_eq!((told.get("password"), is("correct-horse-16").await), (None, Check::Right));
    problem(program.post("/stations/HALL-7/password", &json!({ "password": "short" })), 422, "invalid-field")
        .await;
    let none = json!({ "without_password": true });
    assert_eq!(json_of(program.post("/stations/HALL-7/password", &none), 200).await["has_password"], false);
    problem(program.post("/stations/NONE/password", &json!({})), 404, "not-found").await;

    let facts = json!({ "kind": "dc", "max_power_w": 150_000 });
    json_of(program.put("/stations/HALL-7/evses/1", &facts), 200).await;
    problem(program.put("/stations/HALL-7/evses/0", &facts), 404, "not-found").await;
    let evses = json_of(program.get("/stations/HALL-7/evses"), 200).await;
    let decided =
        json!([{ "evse": 1, "decided": true, "kind": "dc", "max_power_w": 150_000, "connectors": [] }]);
    assert_eq!(evses["items"], decided);
    let cleared = program.delete("/stations/HALL-7/evses/1").send().await.unwrap();
    assert_eq!(cleared.status(), 204);
    problem(program.delete("/stations/HALL-7/evses/1"), 404, "not-found").await;
    let status = json_of(program.get("/stations/HALL-7/status"), 200).await;
    assert_eq!((&status["online"], &status["connectors"]), (&json!(false), &json!([])));
    assert_eq!(json_of(program.get("/stations/HALL-7/variables"), 200).await["items"], json!([]));
    problem(program.get("/stations/HALL-7/variables?cursor=x"), 400, "invalid-query").await;

    let found = json_of(program.get("/stations?q=bay"), 200).await;
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
    problem(program.delete("/stations/HALL-7").header("if-match", &tag), 412, "changed-meanwhile").await;
    let gone = program.delete("/stations/HALL-7").header("if-match", "*").send().await.unwrap();
    assert_eq!(gone.status(), 204);
    problem(program.get("/stations/HALL-7"), 404, "not-found").await;
    problem(program.get("/stations/HALL%007"), 404, "not-found").await;

    // It is told who did it.
    let events = json_of(program.get("/events?kind=station&after=0"), 200).await;
    let kinds: Vec<&str> =
        events["items"].as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap()).collect();
    let password = "station.password";
    assert_eq!(
        kinds,
        [
            "station.created",
            "station.changed",
            password,
            password,
            password,
            "station.changed",
            "station.changed",
            "station.removed"
        ]
    );
    assert!(events["items"][0]["body"]["by"].as_str().unwrap().starts_with("key test"));
}

#[tokio::test]
async fn sites_and_tokens_are_kept_as_they_may_be() {
    let console = Console::start().await;
    let program = Program::of(&console).await;
    let new = json!({ "name": "Yard", "country": "deu", "latitude": "52.52", "time_zone": "Europe/Berlin" });
    let site = json_of(program.post("/sites", &new), 201).await;
    assert_eq!(site["country"], "DEU");
    let here = format!("/sites/{}", site["id"].as_str().unwrap());
    for wrong in [
        json!({ "name": "" }),
        json!({ "country": "D" }),
        json!({ "latitude": "91" }),
        json!({ "longitude": "1e400" }),
        json!({ "time_zone": "Mars" }),
        json!({ "city": "x".repeat(300) }),
    ] {
        problem(program.patch(&here, &wrong).header("if-match", "*"), 422, "invalid-field").await;
    }
    let moved = json!({ "latitude": null, "city": "Berlin" });
    let moved = json_of(program.patch(&here, &moved).header("if-match", "*"), 200).await;
    assert_eq!(
        (&moved["latitude"], &moved["city"], &moved["name"]),
        (&Value::Null, &json!("Berlin"), &json!("Yard"))
    );
    json_of(program.post("/stations", &json!({ "id": "A", "site_id": site["id"] })), 201).await;
    problem(program.delete(&here).header("if-match", "*"), 409, "in-use").await;
    assert_eq!(json_of(program.get("/stations?site_id=1"), 200).await["items"], json!([]));

    let new = json!({ "uid": "04a1b2", "group": "fleet", "max_cost": "50.00" });
    let token = json_of(program.post("/tokens", &new), 201).await;
    assert_eq!((&token["uid"], &token["group"]), (&json!("04A1B2"), &json!("FLEET")));
    problem(program.post("/tokens", &new), 409, "exists").await;
    problem(program.post("/tokens", &json!({ "uid": "a", "max_cost": "-1" })), 422, "invalid-field").await;
    problem(program.post("/tokens", &json!({ "uid": "a", "kind": "card" })), 400, "invalid-body").await;
    let here = format!("/tokens/{}", token["id"].as_str().unwrap());
    let blocked = json!({ "blocked": true, "max_cost": null });
    let blocked = json_of(program.patch(&here, &blocked).header("if-match", "*"), 200).await;
    assert_eq!((&blocked["blocked"], &blocked["max_cost"]), (&json!(true), &Value::Null));
    let pin = json_of(program.post("/tokens", &json!({ "uid": "4711", "kind": "KeyCode" })), 201).await;
    assert_eq!(pin["uid"], "***");
    assert_eq!(json_of(program.get("/tokens?group=fleet"), 200).await["items"].as_array().unwrap().len(), 1);
    assert_eq!(program.delete(&here).header("if-match", "*").send().await.unwrap().status(), 204);
}

#[tokio::test]
async fn a_tariff_is_published_assigned_and_withdrawn() {
    let console = Console::start().await;
    let program = Program::of(&console).await;
    json_of(program.post("/stations", &json!({ "id": "A" })), 201).await;
    let mut says: Value = serde_json::from_str(include_str!("../tariffs/city.json")).unwrap();
    let id = says["id"].as_str().unwrap().to_owned();
    let versions = format!("/tariffs/{id}/versions");
    let first = json_of(program.post(&versions, &json!({ "tariff": says, "note": "first" })), 201).await;
    assert_eq!((&first["version"], &first["note"]), (&json!(1), &json!("first")));
    json_of(program.post(&versions, &json!({ "tariff": says })), 200).await;
    problem(program.post("/tariffs/other/versions", &json!({ "tariff": says })), 422, "invalid-field").await;
    problem(program.post(&versions, &json!({ "tariff": {} })), 422, "invalid-field").await;
    says["name"] = json!("Next");
    let next = json!({ "tariff": says, "from": "2026-07-01T00:00:00Z" });
    json_of(program.post(&versions, &next), 201).await;
    let whole = json_of(program.get(&format!("{versions}/2")), 200).await;
    assert_eq!(whole["tariff"]["name"], "Next");
    problem(program.delete(&format!("{versions}/1")), 409, "active").await;
    json_of(program.delete(&format!("{versions}/2")), 200).await;

    let assign = |body: &Value| program.post(&format!("/tariffs/{id}/assignments"), body);
    let made = json_of(assign(&json!({ "station_id": "A" })), 201).await;
    problem(assign(&json!({ "station_id": "A" })), 409, "ties").await;
    problem(assign(&json!({ "station_id": "NONE" })), 422, "invalid-field").await;
    problem(assign(&json!({ "evse": 1 })), 422, "invalid-field").await;
    // It counts at once.
    assert_eq!(json_of(program.get("/stations/A/status"), 200).await["tariff_id"], json!(id));
    problem(program.delete(&format!("/tariffs/{id}")), 409, "in-use").await;
    json_of(program.delete(&format!("/assignments/{}", made["id"].as_str().unwrap())), 200).await;
    assert_eq!(json_of(program.get("/stations/A/status"), 200).await["tariff_id"], Value::Null);
    assert_eq!(program.delete(&format!("/tariffs/{id}")).send().await.unwrap().status(), 204);
    problem(program.get(&format!("/tariffs/{id}")), 404, "not-found").await;
}

#[tokio::test]
async fn what_has_happened_is_read() {
    let console = Console::start().await;
    console.populate().await;
    let program = Program::of(&console).await;
    let open = json_of(program.get("/sessions?state=open&token=tag1"), 200).await;
    assert_eq!((open["items"].as_array().unwrap().len(), &open["items"][0]["id"]), (1, &json!("11")));
    let later = json_of(program.get("/sessions?from=2026-05-01T12:00:00Z"), 200).await;
    assert_eq!(later["items"], json!([]));
    problem(program.get("/sessions?state=odd"), 400, "invalid-query").await;
    let bill = json_of(program.get("/sessions/10/bill"), 200).await;
    assert_eq!(
        (&bill["total_incl"], &bill["body"]["lines"][0]["unit_price"]),
        (&json!("5.50"), &json!("0.42"))
    );
    problem(program.get("/sessions/11/bill"), 404, "not-found").await;
    let first = json_of(program.get("/sessions/10/readings?limit=199"), 200).await;
    let next = first["next"].as_str().unwrap();
    let rest = json_of(program.get(&format!("/sessions/10/readings?limit=199&cursor={next}")), 200).await;
    let count = |page: &Value| page["items"].as_array().unwrap().len();
    assert_eq!((count(&first), count(&rest), rest.get("next")), (199, 101, None));
    problem(program.get("/sessions/10/readings?cursor=1"), 400, "invalid-query").await;
    let events = json_of(program.get("/events?session_id=10"), 200).await;
    assert_eq!(events["items"][0]["kind"], "session.rerated");
    for path in ["/orders", "/receipts?kind=invoice", "/orders?session_id=10"] {
        assert_eq!(json_of(program.get(path), 200).await["items"], json!([]), "{path}");
    }
    for path in ["/orders/none", "/receipts/none", "/sessions/12"] {
        problem(program.get(path), 404, "not-found").await;
    }
    let reader = key(&console, &[Scope::Read]).await;
    problem(console.browser().get("/api/v1/orders").bearer_auth(&reader), 403, "scope-missing").await;
}

#[tokio::test]
async fn every_operation_of_the_document_is_there_and_asks_who_is_asking() {
    let console = Console::start().await;
    let browser = console.browser();
    let document = json_of(browser.get("/api/v1/openapi.json"), 200).await;
    assert_eq!(document["openapi"], "3.1.0");
    let page = browser.page("/api/docs").await;
    let mut seen = BTreeSet::new();
    for (path, verbs) in document["paths"].as_object().unwrap() {
        let here = format!("/api/v1{}", path.replace(['{', '}'], ""));
        for (verb, said) in verbs.as_object().unwrap() {
            let request = match verb.as_str() {
                "get" => browser.get(&here),
                "post" => browser.post(&here),
                "put" => browser.put(&here),
                "patch" => browser.patch(&here),
                _ => browser.delete(&here),
            };
            problem(request, 401, "unauthorized").await;
            let name = said["operationId"].as_str().unwrap();
            assert!(page.contains(&format!("id=\"{name}\"")), "{name}");
            seen.insert(name.to_owned());
        }
        // No other method is.
        let known: Vec<&String> = verbs.as_object().unwrap().keys().collect();
        if !known.iter().any(|verb| *verb == "put") {
            problem(browser.put(&here), 405, "wrong-method").await;
        }
    }
    assert!(seen.len() > 40, "{}", seen.len());
}

#[tokio::test]
async fn an_admin_keeps_keys_in_the_console() {
    let console = Console::start().await;
    let ada = console.as_user("ada").await;
    let answer = ada.submit("/keys", &[("name", "Fleet"), ("read", "on"), ("command", "on")]).await;
    let page = answer.text().await.unwrap();
    let (_, rest) = page.split_once("<code>wl_").unwrap();
    let text = format!("wl_{}", rest.split('<').next().unwrap());
    json_of(console.browser().get("/api/v1/commands").bearer_auth(&text), 200).await;
    let list = ada.page("/keys").await;
    assert!(list.contains("Fleet") && !list.contains(&text));
    for (fields, words) in [
        (vec![("name", " "), ("read", "on")], "A name has 1 to 100 characters."),
        (vec![("name", "x")], "Tick at least one thing"),
        (
            vec![("name", "x"), ("read", "on"), ("until", "2020-01-01")],
            "The last day is a date in the future.",
        ),
    ] {
        let page = ada.submit("/keys", &fields).await.text().await.unwrap();
        assert!(page.contains(words), "{words}");
    }
    let id = text.split('_').nth(1).unwrap();
    assert_eq!(ada.submit(&format!("/keys/{id}/revoke"), &[]).await.status(), 303);
    problem(console.browser().get("/api/v1/commands").bearer_auth(&text), 401, "unauthorized").await;

    let vic = console.as_user("vic").await;
    assert_eq!(vic.get("/keys").send().await.unwrap().status(), 403);
    let token = csrf_of(&vic.page("/account").await);
    let form = [("csrf", token.as_str()), ("name", "x"), ("read", "on")];
    assert_eq!(vic.post("/keys").form(&form).send().await.unwrap().status(), 403);
    let basic = console.browser().get("/api/v1/stations").basic_auth("ada", Some(PASSWORD));
    json_of(basic, 200).await;
}
