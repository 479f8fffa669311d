//! `/api/v1`: keys, scopes, problems, requests that are sent again, commands.

use crate::{Browser, Console, PASSWORD, now};
use chrono::TimeDelta;
use csms::{
    api_key::{self, Scope},
    config::Config,
    store::{api_keys, commands, retention},
};
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};

/// A key with scopes, as it is sent.
pub async fn key(console: &Console, scopes: &[Scope]) -> String {
    let app = &console.app;
    let (row, text) =
        api_key::make(&console.vault, &app.ids, app.clock.now(), "test", scopes, None, "ada").unwrap();
    let mut tx = app.db.write().await.unwrap();
    api_keys::create(&mut tx, &row).await.unwrap();
    tx.commit().await.unwrap();
    text
}

/// The answer must have this status; gives back its JSON.
pub async fn json_of(request: RequestBuilder, status: u16) -> Value {
    let answer = request.send().await.unwrap();
    let (is, text) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(is, status, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// The answer must be a problem of this kind; gives back what it says.
pub async fn problem(request: RequestBuilder, status: u16, word: &str) -> String {
    let answer = request.send().await.unwrap();
    let kind = answer.headers().get("content-type").cloned();
    let (is, text) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(is, status, "{text}");
    assert_eq!(kind.unwrap(), "application/problem+json", "{text}");
    let problem: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(problem["type"], format!("urn:wattline:problem:{word}"), "{text}");
    assert_eq!(problem["status"], status);
    problem["detail"].as_str().unwrap_or_default().to_owned()
}

fn header(answer: &Response, name: &str) -> String {
    answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

fn reset(browser: &Browser) -> RequestBuilder {
    browser.post("/api/v1/stations/CP%3C1%3E/commands").json(&json!({ "command": "reset", "kind": "idle" }))
}

#[tokio::test]
async fn a_stranger_is_told_how_to_be_known() {
    let console = Console::start().await;
    let browser = console.browser();
    let answer = browser.get("/api/v1/commands").send().await.unwrap();
    let ways: Vec<_> = answer.headers().get_all("www-authenticate").iter().collect();
    assert_eq!(ways, [r#"Bearer realm="wattline""#, r#"Basic realm="wattline", charset="UTF-8""#]);
    assert_eq!(header(&answer, "ratelimit-limit"), "600");
    let detail = problem(browser.get("/api/v1/commands"), 401, "unauthorized").await;
    assert!(detail.contains("Bearer wl_"), "{detail}");
    for wrong in ["wl_1_0000", &format!("wl_1_{}", "0".repeat(40)), "é"] {
        problem(browser.get("/api/v1/commands").bearer_auth(wrong), 401, "unauthorized").await;
    }
    // A login is as good as a key, within its role.
    let list = browser.get("/api/v1/commands").basic_auth("vic", Some(PASSWORD));
    assert_eq!(json_of(list, 200).await, json!({ "items": [] }));
    problem(browser.get("/api/v1/keys").basic_auth("vic", Some(PASSWORD)), 403, "scope-missing").await;
}

#[tokio::test]
async fn a_key_does_what_its_scopes_allow_until_it_is_revoked() {
    let console = Console::start().await;
    console.populate().await;
    let browser = console.browser();
    let admin = key(&console, &Scope::ALL).await;
    let new = json!({ "name": " billing ", "scopes": ["read"], "expires_at": now() + TimeDelta::days(1) });
    let made = json_of(browser.post("/api/v1/keys").bearer_auth(&admin).json(&new), 201).await;
    let text = made["text"].as_str().unwrap();
    assert_eq!((&made["name"], &made["scopes"]), (&json!("billing"), &json!(["read"])));

    json_of(browser.get("/api/v1/commands").bearer_auth(text), 200).await;
    let detail = problem(reset(&browser).bearer_auth(text), 403, "scope-missing").await;
    assert_eq!(detail, "This needs the scope \"command\"; the caller has: read");

    // Its use is seen, to the minute; its secret nowhere.
    let here = format!("/api/v1/keys/{}", made["id"].as_str().unwrap());
    let seen = json_of(browser.get(&here).bearer_auth(&admin), 200).await;
    assert_eq!(seen["last_used_at"], json!(now()));
    assert!(seen.get("text").is_none());
    json_of(browser.delete(&here).bearer_auth(&admin), 200).await;
    problem(browser.get("/api/v1/commands").bearer_auth(text), 401, "unauthorized").await;

    // Nobody makes a key that may do more than they.
    let keeper = key(&console, &[Scope::Admin]).await;
    problem(browser.post("/api/v1/keys").bearer_auth(&keeper).json(&new), 403, "scope-missing").await;
    for (body, word) in [
        (json!({ "name": " ", "scopes": ["read"] }), "invalid-field"),
        (json!({ "name": "a\u{7}", "scopes": ["read"] }), "invalid-field"),
        (json!({ "name": "a", "scopes": [] }), "invalid-field"),
        (json!({ "name": "a", "scopes": ["read"], "expires_at": now() }), "invalid-field"),
    ] {
        problem(browser.post("/api/v1/keys").bearer_auth(&admin).json(&body), 422, word).await;
    }
}

#[tokio::test]
async fn whatever_does_not_fit_is_a_problem_that_says_where() {
    let console = Console::start().await;
    console.populate().await;
    let browser = console.browser();
    let key = key(&console, &Scope::ALL).await;
    let here = "/api/v1/stations/CP%3C1%3E/commands";
    let detail = problem(browser.get("/api/v1/nothing").bearer_auth(&key), 404, "not-found").await;
    assert!(detail.contains("/api/v1/nothing") && detail.contains("openapi.json"), "{detail}");
    let wrong = browser.post("/api/v1/commands").bearer_auth(&key);
    let answer = wrong.try_clone().unwrap().send().await.unwrap();
    assert_eq!(header(&answer, "allow"), "GET,HEAD");
    problem(wrong, 405, "wrong-method").await;
    problem(browser.post(here).bearer_auth(&key).body("{}"), 415, "wrong-content-type").await;
    let text = |body: &str| {
        browser.post(here).bearer_auth(&key).header("content-type", "application/json").body(body.to_owned())
    };
    for (body, said) in [
        ("", "EOF"),
        ("{", "EOF"),
        ("{}", "missing field `command`"),
        (r#"{"command":"dance"}"#, "unknown variant `dance`, expected one of `start`"),
        (r#"{"command":"reset"}"#, "missing field `kind`"),
        (r#"{"command":"reset","kind":"idle","x":1}"#, "unknown field `x`, expected `kind` or `evse`"),
        (r#"{"command":"unlock","evse":-1}"#, "u32"),
        (r#"{"command":"clear-cache"} x"#, "trailing characters"),
    ] {
        let detail = problem(text(body), 400, "invalid-body").await;
        assert!(detail.contains(said), "{detail}");
    }
    let detail = problem(
        browser.post("/api/v1/keys").bearer_auth(&key).json(&json!({ "name": "x", "scopes": ["all"] })),
        400,
        "invalid-body",
    )
    .await;
    assert!(detail.starts_with("scopes[0]: unknown variant `all`"), "{detail}");
    problem(text(&format!("\"{}\"", "x".repeat(300_000))), 413, "too-large").await;
    for query in ["wait_s=61", "wait_s=-1", "until=never", "queue_until=2020-01-01T00:00:00Z", "what=1"] {
        let ask = browser
            .post(&format!("{here}?{query}"))
            .bearer_auth(&key)
            .json(&json!({ "command": "clear-cache" }));
        problem(ask, 400, "invalid-query").await;
    }
    for query in ["limit=0", "limit=200", "limit=x", "cursor=x", "colour=red"] {
        let list = browser.get(&format!("/api/v1/commands?{query}")).bearer_auth(&key);
        problem(list, 400, "invalid-query").await;
    }
    for path in ["/api/v1/commands/1", "/api/v1/commands/x", "/api/v1/commands/-1", "/api/v1/commands/%ff"] {
        problem(browser.get(path).bearer_auth(&key), 404, "not-found").await;
    }
    let elsewhere = browser.post("/api/v1/stations/none/commands").bearer_auth(&key);
    problem(elsewhere.json(&json!({ "command": "clear-cache" })), 404, "not-found").await;
    // A text with U+0000 is no reason to fail either.
    let none = browser.get("/api/v1/commands?station=%00").bearer_auth(&key);
    assert_eq!(json_of(none, 200).await["items"], json!([]));
}

#[tokio::test]
async fn a_command_for_an_absent_station_is_refused_or_waits_as_the_caller_wants() {
    let console = Console::start().await;
    console.populate().await;
    let browser = console.browser();
    let key = key(&console, &Scope::ALL).await;
    problem(reset(&browser).bearer_auth(&key), 409, "offline").await;

    let until = "2026-05-02T12:00:00Z";
    let later = browser
        .post(&format!("/api/v1/stations/CP%3C1%3E/commands?wait_s=0&queue_until={until}"))
        .bearer_auth(&key)
        .json(&json!({ "command": "write", "variables": [
            { "variable": { "component": "SecurityCtrlr", "name": "BasicAuthPassword" }, "value": "secret-of-16-chars" } ] }));
    let answer = later.send().await.unwrap();
    assert_eq!(answer.status(), 202);
    let here = header(&answer, "location");
    let queued: Value = answer.json().await.unwrap();
    assert_eq!((&queued["state"], &queued["queue_until"]), (&json!("queued"), &json!(until)));
    assert!(!queued.to_string().contains("secret-of"), "{queued}");
    assert!(queued.get("verdict").is_none());

    // Seen again, with a tag: who has it already is told so.
    let answer = browser.get(&here).bearer_auth(&key).send().await.unwrap();
    let tag = header(&answer, "etag");
    let same = browser.get(&here).bearer_auth(&key).header("if-none-match", &tag).send().await.unwrap();
    assert_eq!((same.status().as_u16(), header(&same, "etag")), (304, tag));
    assert_eq!(same.text().await.unwrap(), "");
    let list = browser.get("/api/v1/commands?station=CP%3C1%3E&limit=1").bearer_auth(&key);
    let page = json_of(list, 200).await;
    assert_eq!(page["items"][0]["id"], queued["id"]);
    let next = format!("/api/v1/commands?limit=1&cursor={}", page["next"].as_str().unwrap());
    let page = json_of(browser.get(&next).bearer_auth(&key), 200).await;
    assert_eq!((&page["items"][0]["state"], page.get("next")), (&json!("offline"), None));

    let taken_back = json_of(browser.delete(&here).bearer_auth(&key), 200).await;
    assert_eq!(taken_back["state"], "cancelled");
    problem(browser.delete(&here).bearer_auth(&key), 409, "too-late").await;
    assert_eq!(
        json_of(browser.get(&format!("{here}/parts")).bearer_auth(&key), 200).await["items"],
        json!([])
    );
}

#[tokio::test]
async fn a_request_that_is_sent_again_is_done_once() {
    let console = Console::start().await;
    console.populate().await;
    let browser = console.browser();
    let admin = key(&console, &Scope::ALL).await;
    let other = key(&console, &Scope::ALL).await;
    let make = |key: &str, name: &str| {
        let body = json!({ "name": name, "scopes": ["read"] });
        browser.post("/api/v1/keys").bearer_auth(key).header("idempotency-key", "one").json(&body)
    };
    let first = json_of(make(&admin, "a"), 201).await;
    let answer = make(&admin, "a").send().await.unwrap();
    assert_eq!((answer.status().as_u16(), header(&answer, "idempotency-replayed")), (201, "true".into()));
    assert!(header(&answer, "location").ends_with(first["id"].as_str().unwrap()));
    let again: Value = answer.json().await.unwrap();
    // The secret is shown once and kept nowhere.
    assert_eq!((&again["id"], again.get("text")), (&first["id"], None));
    problem(make(&admin, "b"), 422, "idempotency-key-reused").await;
    // The key of another caller is another key.
    assert_ne!(json_of(make(&other, "a"), 201).await["id"], first["id"]);
    let bad = browser.post("/api/v1/keys").bearer_auth(&admin).header("idempotency-key", "").json(&json!({}));
    problem(bad, 400, "invalid-idempotency-key").await;

    // Many at once: one is done.
    let many = (0..8).map(|_| reset(&browser).bearer_auth(&admin).header("idempotency-key", "two").send());
    for answer in futures::future::join_all(many).await {
        assert_eq!(answer.unwrap().status(), 409, "offline, or under way");
    }
    let mut tx = console.app.db.read().await.unwrap();
    let all = commands::list(&mut tx, &commands::Filter::default(), None, 10).await.unwrap();
    assert_eq!(all.len(), 1);
    drop(tx);

    // A day later it is forgotten.
    let (db, keep) = (&console.app.db, &console.app.config.retention);
    let removed = retention::run(db, keep, now() + TimeDelta::hours(25)).await.unwrap();
    assert_eq!(removed.requests, 3);
    assert_ne!(json_of(make(&admin, "b"), 201).await["id"], first["id"]);
}

#[tokio::test]
async fn too_many_requests_are_held_back_and_told_for_how_long() {
    let mut config = Config::default();
    config.api.burst = 50;
    config.api.per_second = 1;
    let console = Console::start_with(config).await;
    let browser = console.browser();
    let key = key(&console, &[Scope::Read]).await;
    let get = || browser.get("/api/v1/commands").bearer_auth(&key);
    let answer = get().send().await.unwrap();
    assert_eq!(header(&answer, "ratelimit-remaining"), "49");
    let mut refused = None;
    for _ in 0..40 {
        let answers = futures::future::join_all((0..50).map(|_| get().send())).await;
        refused = answers.into_iter().map(Result::unwrap).find(|answer| answer.status() == 429);
        if refused.is_some() {
            break;
        }
    }
    let refused = refused.unwrap();
    assert_eq!(
        (header(&refused, "ratelimit-remaining"), header(&refused, "retry-after")),
        ("0".into(), "1".into())
    );
}
