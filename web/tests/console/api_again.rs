//! `/api/v1`: what is asked again after a crash, and what two callers change at a time.

use crate::{
    Console, PASSWORD,
    api_v1::{json_of, key, problem},
};
use csms::{
    api_key::Scope,
    store::{
        api_keys,
        api_requests::{self, Begin, RequestRow},
        tokens,
    },
};
use serde_json::{Value, json};

/// The process died after the effect of a request, and before its answer was kept.
async fn die(console: &Console, key: &str) {
    let mut tx = console.app.db.write().await.unwrap();
    // The caller's key is the one that was made first.
    let keys = api_keys::list(&mut tx, None, 10).await.unwrap();
    let caller = format!("key:{}", keys.last().unwrap().id);
    let now = console.app.clock.now();
    let row = RequestRow {
        caller: caller.clone(),
        key: key.to_owned(),
        digest: String::new(),
        created_at: now,
        begun_at: now,
        status: 0,
        headers: String::new(),
        body: String::new(),
        effect: String::new(),
    };
    let since = now - chrono::TimeDelta::hours(1);
    let begun = api_requests::begin(&mut tx, &row, since, since).await.unwrap();
    let kept = if let Begin::Earlier(kept) = begun { Some(kept) } else { None };
    let kept = kept.expect("it was asked");
    assert!(!kept.effect.is_empty(), "what it has made is noted");
    api_requests::end(&mut tx, &RequestRow { status: 0, body: String::new(), ..*kept }).await.unwrap();
    api_requests::release(&mut tx, &caller, key).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn what_a_request_has_made_is_found_again_after_a_crash() {
    let console = Console::start().await;
    let browser = console.browser();
    let key = key(&console, &Scope::ALL).await;
    let ask = |path: &str, body: &Value| {
        let request = browser.post(&format!("/api/v1{path}")).bearer_auth(&key).json(body);
        request.header("idempotency-key", path)
    };
    let site = json!({ "name": "Yard" });
    let made = json_of(ask("/sites", &site), 201).await;
    die(&console, "/sites").await;
    assert_eq!(json_of(ask("/sites", &site), 201).await, made);
    assert_eq!(json_of(ask("/sites", &site), 201).await, made, "and now its answer is kept");
    let all = json_of(browser.get("/api/v1/sites?q=Yard").bearer_auth(&key), 200).await;
    assert_eq!(all["items"].as_array().unwrap().len(), 1);

    // A secret went with the answer that nobody got.
    let hook = json!({ "name": "office", "url": "https://hooks.example/a" });
    let made = json_of(ask("/webhooks", &hook), 201).await;
    die(&console, "/webhooks").await;
    let again = json_of(ask("/webhooks", &hook), 201).await;
    assert_eq!((&again["id"], again.get("secret")), (&made["id"], None));
    let wish = json!({ "name": "program", "scopes": ["read"] });
    let made = json_of(ask("/keys", &wish), 201).await;
    die(&console, "/keys").await;
    let again = json_of(ask("/keys", &wish), 201).await;
    assert_eq!((&again["id"], again.get("text")), (&made["id"], None));
}

#[tokio::test]
async fn a_change_is_held_against_what_people_have_decided() {
    let console = Console::start().await;
    let browser = console.browser();
    let (all, admin) = (key(&console, &Scope::ALL).await, key(&console, &[Scope::Read, Scope::Admin]).await);
    let hook = json!({ "name": "office", "url": "https://hooks.example/a", "kinds": ["order"] });
    let made = json_of(browser.post("/api/v1/webhooks").bearer_auth(&all).json(&hook), 201).await;
    let here = format!("/api/v1/webhooks/{}", made["id"].as_str().unwrap());
    let tag = async || {
        let answer = browser.get(&here).bearer_auth(&all).send().await.unwrap();
        answer.headers()["etag"].to_str().unwrap().to_owned()
    };
    let before = tag().await;
    // A delivery was not taken: the webhook says so, and nobody has decided anything.
    let mut tx = console.app.db.write().await.unwrap();
    let number = made["id"].as_str().unwrap().parse().unwrap();
    csms::store::webhooks::failed(&mut tx, number, console.app.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
    assert_ne!(tag().await, before, "a reader is told");
    let change =
        |body: Value, tag: &str| browser.patch(&here).bearer_auth(&all).header("if-match", tag).json(&body);
    json_of(change(json!({ "name": "yard" }), &before), 200).await;
    problem(change(json!({ "name": "roof" }), &before), 412, "changed-meanwhile").await;
    // null is as if nobody had said anything: of all kinds.
    assert_eq!(json_of(change(json!({ "kinds": null }), "*"), 200).await["kinds"], json!([]));

    // Where money is told of, who has nothing to do with money does not turn the way.
    let patch = browser.patch(&here).bearer_auth(&admin).header("if-match", "*");
    problem(patch.json(&json!({ "url": "https://elsewhere.example/" })), 403, "scope-missing").await;
    for act in ["rotate", "replay"] {
        let ask = browser.post(&format!("{here}/{act}")).bearer_auth(&admin).json(&json!({ "after": "0" }));
        problem(ask, 403, "scope-missing").await;
    }

    // A tag of something that is gone makes nothing.
    let there = "/api/v1/templates/quiet";
    let put = |tag: &str| {
        let body = json!({ "settings": { "HeartbeatInterval": "3600" } });
        browser.put(there).bearer_auth(&all).header("if-match", tag).json(&body)
    };
    let made = put("*").send().await.unwrap();
    assert_eq!(made.status(), 200);
    let tag = made.headers()["etag"].to_str().unwrap().to_owned();
    let gone = browser.delete(there).bearer_auth(&all).header("if-match", &tag).send().await.unwrap();
    assert_eq!(gone.status(), 204);
    problem(put(&tag), 412, "changed-meanwhile").await;
}

#[tokio::test]
async fn what_is_typed_at_a_pad_is_not_found_by_pieces_of_it() {
    let console = Console::start().await;
    let browser = console.browser();
    let key = key(&console, &Scope::ALL).await;
    let new = json!({ "uid": "471147", "kind": "KeyCode", "holder": "Ada" });
    json_of(browser.post("/api/v1/tokens").bearer_auth(&key).json(&new), 201).await;
    let found = async |q: &str| {
        let list = json_of(browser.get(&format!("/api/v1/tokens?q={q}")).bearer_auth(&key), 200).await;
        list["items"].as_array().unwrap().len()
    };
    assert_eq!((found("4711").await, found("471147").await, found("ada").await), (0, 0, 1));
    let mut tx = console.app.db.read().await.unwrap();
    assert_eq!(tokens::by_key(&mut tx, "471147").await.unwrap().len(), 1);
}

#[tokio::test]
async fn who_guesses_behind_the_proxy_shuts_out_himself_alone() {
    let console = Console::start().await;
    let browser = console.browser();
    let enter = async |from: &str, name: &str, password: &str| {
        let form = [("name", name), ("password", password)];
        let answer = browser.post("/login").header("x-forwarded-for", from).form(&form).send().await.unwrap();
        answer.status().as_u16()
    };
    for n in 0..30 {
        assert_eq!(enter("203.0.113.7", &format!("nobody{n}"), "wrong").await, 401);
    }
    assert_eq!(enter("203.0.113.7", "ada", PASSWORD).await, 429);
    assert_eq!(enter("198.51.100.4", "ada", PASSWORD).await, 303);
}
