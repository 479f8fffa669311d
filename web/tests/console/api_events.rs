//! `/api/v1`: events as a list and as a stream, webhooks, sheets.

use crate::{
    Console, PASSWORD,
    api_v1::{json_of, key, problem},
    csrf_of, now,
};
use csms::{
    api_key::Scope,
    config::Config,
    event::{self, list::TokenChanged},
    store::{api_keys, events, row::EventRow},
};
use reqwest::Response;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

async fn happen(console: &Console, kind: &str, station: &str) {
    let app = &console.app;
    let row = EventRow {
        id: app.ids.next(),
        at: now(),
        station_id: Some(station.to_owned()),
        session_id: None,
        kind: kind.to_owned(),
        body: r#"{"by":"ada"}"#.to_owned(),
    };
    let mut tx = app.db.write().await.unwrap();
    events::add(&mut tx, &row).await.unwrap();
    tx.commit().await.unwrap();
}

/// A stream that is read: (id, kind, body) of what comes.
struct Stream {
    answer: Response,
    text: String,
}

impl Stream {
    async fn open(console: &Console, key: &str, query: &str, last: Option<&str>) -> Stream {
        let request = console.browser().get(&format!("/api/v1/events{query}")).bearer_auth(key);
        let request = request.header("accept", "text/event-stream");
        let request = match last {
            Some(last) => request.header("last-event-id", last),
            None => request,
        };
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        let mut stream = Stream { answer, text: String::new() };
        assert!(stream.block().await.contains("retry:"));
        stream
    }

    /// The next block of lines; empty at the end.
    async fn block(&mut self) -> String {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                return block;
            }
            match timeout(PATIENCE, self.answer.chunk()).await.unwrap() {
                Ok(Some(chunk)) => self.text.push_str(std::str::from_utf8(&chunk).unwrap()),
                _ => return String::new(),
            }
        }
    }

    async fn next(&mut self) -> (String, String, Value) {
        loop {
            let block = self.block().await;
            assert!(!block.is_empty(), "the stream has ended");
            let field = |name: &str| {
                block.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim()
            };
            if !field("data:").is_empty() {
                let body = serde_json::from_str(field("data:")).unwrap();
                return (field("id:").to_owned(), field("event:").to_owned(), body);
            }
        }
    }
}

#[tokio::test]
async fn a_stream_is_gone_on_with_and_nothing_is_lost_or_doubled() {
    let console = Console::start().await;
    let stop = CancellationToken::new();
    let feed = tokio::spawn(event::run(console.app.clone(), stop.clone()));
    let key = key(&console, &[Scope::Read]).await;
    happen(&console, "station.created", "A").await;
    let mut stream = Stream::open(&console, &key, "", None).await;
    happen(&console, "station.changed", "A").await;
    let (last, kind, body) = stream.next().await;
    assert_eq!(
        (&*kind, &body["kind"], &body["id"]),
        ("station.changed", &json!("station.changed"), &json!(last))
    );
    assert_eq!((&body["station_id"], &body["body"]), (&json!("A"), &json!({ "by": "ada" })));
    drop(stream);

    // While nobody listens; more than is read at once.
    for n in 0..250 {
        happen(&console, "station.changed", if n % 2 == 0 { "A" } else { "B" }).await;
    }
    let mut stream = Stream::open(&console, &key, "", Some(&last)).await;
    let first: i64 = last.parse().unwrap();
    for n in 1..=250 {
        let (id, ..) = stream.next().await;
        assert_eq!(id, (first + n).to_string());
    }
    // Of one station only, from the query.
    let mut of_b = Stream::open(&console, &key, &format!("?after={last}&station=B&kind=station"), None).await;
    assert_eq!(of_b.next().await.2["station_id"], "B");
    // The same as a list, in pages.
    let mut program = format!("/api/v1/events?after={last}&limit=199&kind=station");
    let mut seen = 0;
    loop {
        let page = json_of(console.browser().get(&program).bearer_auth(&key), 200).await;
        seen += page["items"].as_array().unwrap().len();
        let Some(next) = page["next"].as_str() else { break };
        program = format!("/api/v1/events?after={last}&limit=199&kind=station&cursor={next}");
    }
    assert_eq!(seen, 250);
    stop.cancel();
    feed.await.unwrap();
}

#[tokio::test]
async fn who_may_not_hear_of_money_does_not_and_what_is_gone_is_said() {
    let console = Console::start().await;
    let browser = console.browser();
    let (reader, all) = (key(&console, &[Scope::Read]).await, key(&console, &Scope::ALL).await);
    for kind in ["order.changed", "station.created", "station.customer"] {
        happen(&console, kind, "A").await;
    }
    let kinds = async |key: &str| {
        let page = json_of(browser.get("/api/v1/events").bearer_auth(key), 200).await;
        let items = page["items"].as_array().unwrap();
        items.iter().map(|event| event["kind"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(kinds(&reader).await, ["station.created"]);
    assert_eq!(kinds(&all).await, ["station.created", "order.changed"]);
    for (query, status, word) in [
        ("?after=99", 410, "events-gone"),
        ("?after=-1", 400, "invalid-query"),
        ("?kind=dance", 400, "invalid-query"),
        ("?session_id=x", 400, "invalid-query"),
        ("?limit=0", 400, "invalid-query"),
    ] {
        problem(browser.get(&format!("/api/v1/events{query}")).bearer_auth(&reader), status, word).await;
    }
    let stream = |last: &str| {
        let request =
            browser.get("/api/v1/events").bearer_auth(&reader).header("accept", "text/event-stream");
        request.header("last-event-id", last.to_owned())
    };
    problem(stream("99"), 410, "events-gone").await;
    problem(stream("abc"), 400, "invalid-query").await;
    let kinds = json_of(browser.get("/api/v1/event-kinds").bearer_auth(&reader), 200).await;
    let kinds = kinds["items"].as_array().unwrap();
    let ended = kinds.iter().find(|kind| kind["kind"] == "session.ended").unwrap();
    assert_eq!(ended["schema"]["properties"]["energy_mwh"]["type"], "integer");
    assert!(kinds.iter().any(|kind| kind["kind"] == "order.changed" && kind["scope"] == "money"));
}

#[tokio::test]
async fn streams_are_bounded_and_end_with_their_key() {
    let mut config = Config::default();
    config.api.streams_per_caller = 1;
    let console = Console::start_with(config).await;
    let key = key(&console, &[Scope::Read]).await;
    let open = Stream::open(&console, &key, "", None).await;
    let another =
        console.browser().get("/api/v1/events").bearer_auth(&key).header("accept", "text/event-stream");
    problem(another, 429, "too-many-streams").await;
    drop(open);
    // The place is given back when the line is found to be gone.
    let app = &console.app;
    let told = TokenChanged { token_id: "1".into(), by: "ada".into() };
    let opened = timeout(PATIENCE, async {
        loop {
            let mut tx = app.db.write().await.unwrap();
            events::add(&mut tx, &event::row(&app.ids, now(), None, None, &told)).await.unwrap();
            tx.commit().await.unwrap();
            app.feed.turn(&app.db).await.unwrap();
            let again = console.browser().get("/api/v1/events").bearer_auth(&key);
            let again = again.header("accept", "text/event-stream").send().await.unwrap();
            if again.status() == 200 {
                return;
            }
        }
    });
    opened.await.unwrap();
    let id = key.split('_').nth(1).unwrap().parse().unwrap();
    let mut tx = app.db.write().await.unwrap();
    api_keys::revoke(&mut tx, id, now()).await.unwrap();
    tx.commit().await.unwrap();
    let again =
        console.browser().get("/api/v1/events").bearer_auth(&key).header("accept", "text/event-stream");
    problem(again, 401, "unauthorized").await;
}

#[tokio::test]
async fn webhooks_are_kept_by_admins_and_their_secret_is_shown_once() {
    let mut config = Config::default();
    config.webhooks.endpoints_max = 1;
    let console = Console::start_with(config).await;
    let browser = console.browser();
    let key = key(&console, &Scope::ALL).await;
    let post =
        |path: &str, body: &Value| browser.post(&format!("/api/v1{path}")).bearer_auth(&key).json(body);
    for (body, field) in [
        (json!({ "name": "x", "url": "http://hooks.example/" }), "url"),
        (json!({ "name": "x", "url": "https://10.0.0.1/" }), "url"),
        (json!({ "name": " ", "url": "https://hooks.example/" }), "name"),
        (json!({ "name": "x", "url": "https://hooks.example/", "kinds": ["dance"] }), "kinds"),
    ] {
        let detail = problem(post("/webhooks", &body), 422, "invalid-field").await;
        assert!(detail.starts_with(field), "{detail}");
    }
    let new = json!({ "name": "office", "url": "https://hooks.example/a", "kinds": ["session", "order"] });
    let make = || post("/webhooks", &new).header("idempotency-key", "once");
    let made = json_of(make(), 201).await;
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_") && made["money"] == true && made["on"] == true);
    let again = json_of(make(), 201).await;
    assert_eq!((&again["id"], again.get("secret")), (&made["id"], None));
    problem(post("/webhooks", &new), 409, "too-many").await;

    let here = format!("/webhooks/{}", made["id"].as_str().unwrap());
    let turned = json_of(post(&format!("{here}/rotate"), &json!({})), 200).await;
    assert!(turned["secret"].as_str().unwrap() != secret && !turned["old_secret_until"].is_null());
    let ping = json_of(post(&format!("{here}/ping"), &json!({})), 202).await;
    assert_eq!((&ping["kind"], &ping["state"]), (&json!("ping"), &json!("waiting")));
    let again = post(&format!("{here}/replay"), &json!({ "delivery_id": ping["id"] }));
    assert_eq!(json_of(again, 202).await["events"], 1);
    problem(post(&format!("{here}/replay"), &json!({})), 422, "invalid-field").await;
    problem(post(&format!("{here}/replay"), &json!({ "delivery_id": "7" })), 422, "invalid-field").await;
    let log =
        json_of(browser.get(&format!("/api/v1{here}/deliveries?state=waiting")).bearer_auth(&key), 200).await;
    assert_eq!((log["items"].as_array().unwrap().len(), &log["items"][0]["again"]), (2, &json!(true)));
    let off = browser.patch(&format!("/api/v1{here}")).bearer_auth(&key).header("if-match", "*");
    let off = json_of(off.json(&json!({ "on": false, "kinds": [] })), 200).await;
    assert_eq!((&off["on"], &off["kinds"]), (&json!(false), &json!([])));
    assert!(off["reason"].as_str().unwrap().starts_with("turned off by key test"));

    // The same in the console.
    let ada = console.as_user("ada").await;
    let page = ada.page("/webhooks").await;
    assert!(page.contains("office") && page.contains("turned off by key test") && !page.contains("whsec_"));
    assert!(ada.page(here.as_str()).await.contains("Deliver"));
    assert_eq!(ada.submit(&format!("{here}/on"), &[]).await.status(), 303);
    assert!(ada.submit(&format!("{here}/rotate"), &[]).await.text().await.unwrap().contains("whsec_"));
    let wrong = ada.submit("/webhooks", &[("name", "x"), ("url", "https://127.0.0.1/")]).await;
    assert!(wrong.text().await.unwrap().contains("inside our own networks"));
    assert_eq!(ada.submit(&format!("{here}/remove"), &[]).await.status(), 303);
    problem(browser.get(&format!("/api/v1{here}")).bearer_auth(&key), 404, "not-found").await;
    let new = [("name", "office"), ("url", "https://hooks.example/b"), ("kinds", "session"), ("money", "on")];
    assert!(ada.submit("/webhooks", &new).await.text().await.unwrap().contains("whsec_"));
    let vic = console.as_user("vic").await;
    assert_eq!(vic.get("/webhooks").send().await.unwrap().status(), 403);
    assert!(!csrf_of(&ada.page("/webhooks").await).is_empty());
}

#[tokio::test]
async fn sheets_go_out_and_come_in() {
    let mut config = Config::default();
    config.api.import_mib_max = 1;
    let console = Console::start_with(config).await;
    console.populate().await;
    let browser = console.browser();
    let key = key(&console, &Scope::ALL).await;
    let send = |path: &str, kind: &str, text: String| {
        let request = browser.post(&format!("/api/v1/import/{path}")).bearer_auth(&key);
        request.header("content-type", kind.to_owned()).body(text)
    };
    let cards = "uid,holder\n04AA,=Ada\n04BB,Bob\n";
    let dry = json_of(send("tokens?dry_run=true", "text/csv", cards.into()), 200).await;
    assert_eq!((&dry["created"], &dry["kept"]), (&json!(2), &json!(false)));
    let kept = json_of(send("tokens", "text/csv; charset=utf-8", cards.into()), 200).await;
    assert_eq!((&kept["created"], &kept["kept"]), (&json!(2), &json!(true)));
    let answer = browser.get("/api/v1/export/tokens").bearer_auth(&key).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/csv");
    assert_eq!(answer.headers()["content-disposition"], "attachment; filename=\"tokens.csv\"");
    let text = answer.text().await.unwrap();
    assert!(text.contains("\n04AA,ISO14443,,'=Ada,,false,,false,,,\n"), "{text}");
    assert_eq!(json_of(send("tokens", "text/csv", text), 200).await["unchanged"], 2);
    let sessions = json_of(browser.get("/api/v1/export/sessions?format=json").bearer_auth(&key), 200).await;
    assert_eq!(sessions.as_array().unwrap().len(), 2);
    // Compressed, as most clients want it.
    let zipped = browser.get("/api/v1/export/tariffs?format=json").bearer_auth(&key);
    let zipped = zipped.header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!((zipped.status().as_u16(), zipped.bytes().await.is_ok()), (200, true));
    problem(
        send("tokens?partial=true", "application/json", r#"[{"uid":"A"},{"uid":7}]"#.into()),
        422,
        "import-refused",
    )
    .await;

    let wrong = send("stations", "application/json", r#"[{"id":"A"},{"id":"a b"}]"#.into());
    let answer = json_of(wrong, 422).await;
    assert_eq!(answer["type"], "urn:wattline:problem:import-refused");
    assert_eq!((&answer["error"]["faults"][0]["line"], &answer["error"]["wrong"]), (&json!(2), &json!(1)));
    problem(send("stations", "text/html", String::new()), 415, "wrong-content-type").await;
    problem(send("stations", "text/csv", String::new()), 422, "import-refused").await;
    // Larger than other bodies may be, and too large even for this.
    let large = format!("uid,holder\n{}", format!("04AA,{}\n", "x".repeat(150)).repeat(3_000));
    json_of(send("tokens?dry_run=true", "text/csv", large), 200).await;
    problem(send("tokens", "text/csv", "x".repeat(1024 * 1024 + 1)), 413, "too-large").await;
    let vic = browser.post("/api/v1/import/tokens").basic_auth("vic", Some(PASSWORD));
    problem(vic.header("content-type", "text/csv").body("uid\n"), 403, "scope-missing").await;
}

#[tokio::test]
async fn refunds_campaigns_and_plans_are_reached() {
    let console = Console::start().await;
    let browser = console.browser();
    let key = key(&console, &Scope::ALL).await;
    let get = |path: &str| browser.get(&format!("/api/v1{path}")).bearer_auth(&key);
    let post =
        |path: &str, body: &Value| browser.post(&format!("/api/v1{path}")).bearer_auth(&key).json(body);
    for path in ["/orders/none/attempts", "/orders/none/refunds", "/campaigns/7", "/grid/7", "/grid/7/plan"] {
        problem(get(path), 404, "not-found").await;
    }
    for path in ["/firmware", "/campaigns", "/grid"] {
        assert_eq!(json_of(get(path), 200).await["items"], json!([]), "{path}");
    }
    let refund = json!({ "attempt_id": "7", "amount_minor": 100 });
    problem(post("/orders/none/refunds", &refund), 404, "not-found").await;
    let vic = browser.post("/api/v1/orders/none/refunds").basic_auth("vic", Some(PASSWORD)).json(&refund);
    problem(vic, 403, "scope-missing").await;
    let campaign = json!({ "firmware_id": "7" });
    problem(post("/campaigns", &campaign), 409, "campaign-refused").await;

    let site = json_of(post("/sites", &json!({ "name": "Yard" })), 201).await;
    let site = site["id"].as_str().unwrap();
    json_of(post("/stations", &json!({ "id": "HALL-7", "site_id": site })), 201).await;
    let plan = |station: &str| {
        json!({ "node": [{ "name": "connection", "fuse": 63 }],
                "evse": [{ "station": station, "evse": 1, "node": "connection", "rated": 32 }] })
    };
    let path = format!("/grid/{site}/plan");
    let meaning = |tag: &str, body: &Value| {
        browser.put(&format!("/api/v1{path}")).bearer_auth(&key).header("If-Match", tag).json(body)
    };
    let put = |body: &Value| meaning("*", body);
    let blind = browser.put(&format!("/api/v1{path}")).bearer_auth(&key).json(&plan("HALL-7"));
    problem(blind, 428, "if-match-missing").await;
    problem(put(&json!({ "node": [{ "name": "a", "fuse": "x" }] })), 400, "invalid-body").await;
    let detail = problem(put(&plan("HALL-8")), 422, "invalid-field").await;
    assert!(detail.contains("no such station"), "{detail}");
    let kept = json_of(put(&plan("HALL-7")), 200).await;
    let read = get(&path).send().await.unwrap();
    let tag = read.headers()["etag"].to_str().unwrap().to_owned();
    assert_eq!(read.json::<Value>().await.unwrap(), kept);
    let mut smaller = plan("HALL-7");
    smaller["node"][0]["fuse"] = json!(50);
    json_of(meaning(&tag, &smaller), 200).await;
    problem(meaning(&tag, &plan("HALL-7")), 412, "changed-meanwhile").await;
    assert_eq!(json_of(get(&path), 200).await["node"][0]["fuse"], 50, "nobody is overwritten");
    let look = json_of(get(&format!("/grid/{site}")), 200).await;
    assert_eq!((&look["mode"], &look["evses"][0]["station"]), (&json!("on"), &json!("HALL-7")));
    assert_eq!(json_of(get("/grid"), 200).await["items"][0]["site_id"], site);
}
