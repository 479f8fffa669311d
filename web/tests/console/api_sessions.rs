//! `/api/v1`: sessions that are ended by hand, their bills and tariffs, the audit.

use crate::{
    Console,
    api_entities::Program,
    api_v1::{json_of, key, problem},
};
use csms::{api_key::Scope, flags::Flag};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn a_session_is_ended_by_hand_by_who_knows_how_it_is() {
    let console = Console::start().await;
    console.populate().await;
    let program = Program::of(&console).await;
    let end = || program.post("/sessions/11/end", &Value::Null);
    problem(end(), 428, "if-match-missing").await;
    problem(end().header("if-match", "\"other\""), 412, "changed-meanwhile").await;
    let tag = program.tag("/sessions/11").await;
    let ended = json_of(end().header("if-match", tag), 200).await;
    assert_eq!(ended["state"], "ended");
    assert!(ended["flags"].as_array().unwrap().contains(&json!(Flag::StopMissing.key())));
    problem(end().header("if-match", "*"), 409, "session-ended").await;
    problem(program.post("/sessions/99/end", &json!({})).header("if-match", "*"), 404, "not-found").await;
    let reader = key(&console, &[Scope::Read]).await;
    let asked =
        console.browser().post("/api/v1/sessions/11/end").bearer_auth(&reader).header("if-match", "*");
    problem(asked, 403, "scope-missing").await;

    let odd = json_of(program.get("/sessions?flag=stop-missing"), 200).await;
    assert_eq!(odd["items"][0]["id"], "11");
    assert_eq!(odd["items"].as_array().unwrap().len(), 1);
    assert_eq!(
        json_of(program.get("/sessions?flag=offline"), 200).await["items"].as_array().unwrap().len(),
        2
    );
    problem(program.get("/sessions?flag=odd"), 400, "invalid-query").await;
}

#[tokio::test]
async fn the_papers_of_a_session_are_read() {
    let console = Console::start().await;
    console.populate().await;
    let program = Program::of(&console).await;
    let bills = json_of(program.get("/sessions/10/bills"), 200).await;
    assert_eq!(
        (&bills["items"][0]["revision"], &bills["items"][0]["total_incl"]),
        (&json!(1), &json!("5.50"))
    );
    for path in
        ["/sessions/10/tariff", "/sessions/10/cost-told", "/sessions/99/bills", "/sessions/10/grid-need"]
    {
        problem(program.get(path), 404, "not-found").await;
    }
}

#[tokio::test]
async fn an_audit_is_started_once_and_tells_what_it_found() {
    let console = Console::start().await;
    console.populate().await;
    let program = Program::of(&console).await;
    let open = json_of(program.get("/audit/findings"), 200).await;
    assert_eq!(open["items"][0]["differs"][0]["field"], "session.cost");
    let first = json_of(program.get("/audit/findings?cleared=true&limit=1"), 200).await;
    let next = first["next"].as_str().unwrap();
    let rest = json_of(program.get(&format!("/audit/findings?cleared=true&cursor={next}")), 200).await;
    assert_eq!((&first["items"][0]["kind"], &rest["items"][0]["kind"]), (&json!("cost"), &json!("register")));
    problem(program.get("/audit/findings?kind=odd"), 400, "invalid-query").await;
    problem(program.get("/audit/findings?cursor=x"), 400, "invalid-query").await;

    let wrong = json!({ "session_id": "10", "from": "2026-01-01T00:00:00Z" });
    problem(program.post("/audit/runs", &wrong), 422, "invalid-field").await;
    problem(program.post("/audit/runs", &json!({ "session_id": "99" })), 422, "invalid-field").await;
    let run = json_of(program.post("/audit/runs", &json!({})).header("idempotency-key", "once"), 202).await;
    let here = format!("/audit/runs/{}", run["id"].as_str().unwrap());
    let done = tokio::time::timeout(Duration::from_secs(60), async {
        loop {
            let run = json_of(program.get(&here), 200).await;
            if run["state"] != "running" {
                return run;
            }
            tokio::task::yield_now().await;
        }
    });
    let done = done.await.unwrap();
    assert_eq!((&done["state"], &done["audited"], &done["differ"]), (&json!("done"), &json!(1), &json!(1)));
    let again = json_of(program.post("/audit/runs", &json!({})).header("idempotency-key", "once"), 202).await;
    assert_eq!(again["id"], run["id"]);
    problem(program.delete(&here), 409, "over").await;
    problem(program.get("/audit/runs/99"), 404, "not-found").await;
    let second = json_of(program.post("/audit/runs", &json!({ "session_id": "10" })), 202).await;
    assert_ne!(second["id"], run["id"]);
    let listed = json_of(program.get("/audit/runs?limit=1"), 200).await;
    assert_eq!(listed["items"][0]["id"], second["id"]);
    let next = format!("/audit/runs?cursor={}", listed["next"].as_str().unwrap());
    assert_eq!(json_of(program.get(&next), 200).await["items"][0]["id"], run["id"]);
}
