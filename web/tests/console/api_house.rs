//! `/api/v1`: people, refused connections, links, journals, settings.

use crate::{
    Console, PASSWORD,
    api_entities::Program,
    api_v1::{json_of, key, problem},
    attempt, csrf_of, now,
};
use csms::{
    api_key::Scope,
    store::{
        row::{AttemptRow, JournalRow, MeterValueRow, Write},
        stations,
    },
};
use serde_json::{Value, json};

fn items(page: &Value) -> &Vec<Value> {
    page["items"].as_array().unwrap()
}

#[tokio::test]
async fn people_are_let_in_changed_and_removed_but_an_admin_stays() {
    let console = Console::start().await;
    let program = Program::of(&console).await;
    let reader = key(&console, &[Scope::Read]).await;
    problem(console.browser().get("/api/v1/users").bearer_auth(&reader), 403, "scope-missing").await;

    let made = json_of(program.post("/users", &json!({ "name": "ben", "role": "operator" })), 201).await;
    let password = made["password"].as_str().unwrap();
    assert_eq!(console.browser().login("ben", password).await.status(), 303);
    problem(program.post("/users", &json!({ "name": "ben", "role": "viewer" })), 409, "exists").await;
    for wrong in [
        json!({ "name": "a:b", "role": "viewer" }),
        json!({ "name": "", "role": "viewer" }),
        json!({ "name": "x", "role": "viewer", "password": "short" }),
    ] {
        problem(program.post("/users", &wrong), 422, "invalid-field").await;
    }
    problem(program.post("/users", &json!({ "name": "x", "role": "owner" })), 400, "invalid-body").await;
    let here = format!("/users/{}", made["id"].as_str().unwrap());
    assert_eq!(json_of(program.get(&here), 200).await["role"], "operator");
    problem(program.get("/users/77"), 404, "not-found").await;

    // A page, and the next one.
    let first = json_of(program.get("/users?limit=2"), 200).await;
    let rest = json_of(program.get(&format!("/users?cursor={}", first["next"].as_str().unwrap())), 200).await;
    assert_eq!((items(&first).len(), items(&rest).len(), rest.get("next")), (2, 1, None));

    // The last admin stays one.
    let ada = format!("/users/{}", items(&first)[0]["id"].as_str().unwrap());
    problem(program.delete(&ada), 409, "last-admin").await;
    problem(program.put(&format!("{ada}/role"), &json!({ "role": "viewer" })), 409, "last-admin").await;
    json_of(program.put(&format!("{here}/role"), &json!({ "role": "admin" })), 200).await;
    json_of(program.put(&format!("{ada}/role"), &json!({ "role": "viewer" })), 200).await;

    // Nobody makes somebody who may do more than they.
    let little = key(&console, &[Scope::Read, Scope::Admin]).await;
    let more = json!({ "name": "carl", "role": "admin" });
    let more = console.browser().post("/api/v1/users").bearer_auth(&little).json(&more);
    problem(more, 403, "scope-missing").await;
    let takes =
        console.browser().post(&format!("/api/v1{here}/password")).bearer_auth(&little).json(&json!({}));
    problem(takes, 403, "scope-missing").await;

    // A new password ends all logins; so does asking for it.
    let ben = console.browser();
    assert_eq!(ben.login("ben", password).await.status(), 303);
    assert_eq!(program.delete(&format!("{here}/logins")).send().await.unwrap().status(), 204);
    assert_eq!(ben.get("/stations").send().await.unwrap().status(), 303, "logged out");
    let chosen = json!({ "password": "quite another horse" });
    let told = json_of(program.post(&format!("{here}/password"), &chosen), 200).await;
    assert_eq!(told.get("password"), None);
    assert_eq!(console.browser().login("ben", "quite another horse").await.status(), 303);
    json_of(program.put(&format!("{ada}/role"), &json!({ "role": "admin" })), 200).await;
    assert_eq!(program.delete(&here).send().await.unwrap().status(), 204);
    problem(program.delete(&here), 404, "not-found").await;
    assert_ne!(console.browser().login("ben", "quite another horse").await.status(), 303);

    let events = json_of(program.get("/events?kind=user&after=0"), 200).await;
    assert_eq!(items(&events)[0]["body"]["name"], "ben");
}

#[tokio::test]
async fn a_cookie_alone_changes_nothing_and_neither_does_a_viewer() {
    let console = Console::start().await;
    console.populate().await;
    let ada = console.as_user("ada").await;
    let here = "/api/v1/stations/CP%3C1%3E/quarantine";
    assert_eq!(ada.delete(here).send().await.unwrap().status(), 401);
    let token = csrf_of(&ada.page("/account").await);
    assert_eq!(ada.delete(here).header("x-csrf-token", token).send().await.unwrap().status(), 204);
    let viewer = console.browser().delete(here).basic_auth("vic", Some(PASSWORD));
    problem(viewer, 403, "scope-missing").await;
}

#[tokio::test]
async fn a_refused_connection_becomes_a_station() {
    let console = Console::start().await;
    let refused = |identity: &str, second: i64| {
        let last_at = now() + chrono::TimeDelta::seconds(second);
        Write::Attempt(Box::new(AttemptRow { last_at, ..attempt(identity) }))
    };
    let writes = vec![refused("CP2", 0), refused("CP3", 0), refused("CP4", 9), refused("a/b ü", 0)];
    console.app.writer.commit(writes).await.unwrap();
    let program = Program::of(&console).await;
    let mut seen = Vec::new();
    let mut path = "/attempts?limit=2".to_owned();
    loop {
        let page = json_of(program.get(&path), 200).await;
        seen.extend(items(&page).iter().map(|row| row["identity"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        let next: String = next.bytes().map(|byte| format!("%{byte:02X}")).collect();
        path = format!("/attempts?limit=2&cursor={next}");
    }
    assert_eq!(seen, ["CP4", "a/b ü", "CP3", "CP2"]);
    assert_eq!(items(&json_of(program.get("/attempts?q=cp4"), 200).await).len(), 1);
    problem(program.get("/attempts?cursor=x"), 400, "invalid-query").await;

    let made = json_of(program.post("/attempts/adopt", &json!({ "identity": "CP2" })), 201).await;
    assert_eq!(made["password"].as_str().map(str::len), Some(40));
    let free = json!({ "identity": "CP3", "without_password": true });
    assert_eq!(json_of(program.post("/attempts/adopt", &free), 201).await.get("password"), None);
    problem(program.post("/attempts/adopt", &json!({ "identity": "CP2" })), 404, "not-found").await;
    problem(program.post("/attempts/adopt", &json!({ "identity": "a/b ü" })), 422, "invalid-field").await;
    assert_eq!(program.delete("/attempts/a%2Fb%20%C3%BC").send().await.unwrap().status(), 204);
    problem(program.delete("/attempts/CP9"), 404, "not-found").await;
    assert_eq!(json_of(program.get("/stations/CP2"), 200).await["has_password"], true);
}

#[tokio::test]
async fn a_station_s_link_facts_and_journal_are_read() {
    let console = Console::start().await;
    console.populate().await;
    let program = Program::of(&console).await;
    let here = "/stations/CP%3C1%3E";
    let link = json_of(program.get(&format!("{here}/link")), 200).await;
    assert_eq!((&link["connected"], &link["address"]), (&json!(false), &Value::Null));
    problem(program.delete(&format!("{here}/link")), 409, "offline").await;
    assert_eq!(json_of(program.get(&format!("{here}/facts")), 200).await["iccid"], "");
    let evses = json_of(program.get(&format!("{here}/evses")), 200).await;
    assert_eq!(
        (&items(&evses)[0]["decided"], &items(&evses)[0]["connectors"][0]["status"]),
        (&json!(false), &json!("Charging"))
    );
    for path in ["facts", "link", "messages", "meter-values", "tariffs", "local-list/entries"] {
        problem(program.get(&format!("/stations/NONE/{path}")), 404, "not-found").await;
    }

    // A kept-out station is let in again.
    let mut tx = console.app.db.write().await.unwrap();
    let until = Some(now() + chrono::TimeDelta::hours(1));
    assert!(stations::set_quarantine(&mut tx, "CP<1>", until, "storm").await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(program.delete(&format!("{here}/quarantine")).send().await.unwrap().status(), 204);
    let status = json_of(program.get(&format!("{here}/status")), 200).await;
    assert_eq!(status["quarantined_until"], Value::Null);

    // Many messages, several of one instant, page by page: each comes once, the newest first.
    let body: Vec<String> = (0..60)
        .map(|n| {
            let at = format!("2026-05-01T12:01:{:02}Z", n / 3);
            match n % 2 {
                0 => format!(r#"["{at}","in",[2,"m{n}","Heartbeat",{{"n":{n}}}]]"#),
                _ => format!(r#"["{at}","out",[3,"m{}",{{"n":{n}}}]]"#, n - 1),
            }
        })
        .collect();
    let rows = body.chunks(4).zip(100..).map(|(lines, id)| {
        Write::Journal(JournalRow {
            id,
            station_id: "CP<1>".into(),
            from_at: now() + chrono::TimeDelta::seconds(60),
            to_at: now() + chrono::TimeDelta::seconds(80),
            frames: 4,
            body: lines.join("\n") + "\n",
        })
    });
    console.app.writer.commit(rows.collect()).await.unwrap();
    let (mut seen, mut path) = (Vec::new(), format!("{here}/messages?limit=7"));
    loop {
        let page = json_of(program.get(&path), 200).await;
        seen.extend(items(&page).iter().map(|message| message["payload"]["n"].as_i64()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("{here}/messages?limit=7&cursor={next}");
    }
    let wanted: Vec<Option<i64>> = (0..60).rev().map(Some).chain([None]).collect();
    assert_eq!(seen, wanted);
    let boots = json_of(program.get(&format!("{here}/messages?action=boot&direction=in")), 200).await;
    assert_eq!(items(&boots)[0]["payload"]["chargePointVendor"], "<i>");
    let answers = json_of(program.get(&format!("{here}/messages?direction=out&limit=1")), 200).await;
    assert_eq!(
        (&items(&answers)[0]["kind"], &items(&answers)[0]["action"]),
        (&json!("result"), &json!("Heartbeat"))
    );
    problem(program.get(&format!("{here}/messages?cursor=x")), 400, "invalid-query").await;

    let values = (1..=3).map(|id| {
        Write::MeterValue(Box::new(MeterValueRow {
            id,
            station_id: "CP<1>".into(),
            evse: 1,
            at: now(),
            received_at: now(),
            body: r#"{"samples":[]}"#.into(),
        }))
    });
    console.app.writer.commit(values.collect()).await.unwrap();
    let first = json_of(program.get(&format!("{here}/meter-values?limit=2")), 200).await;
    assert_eq!((&items(&first)[0]["id"], &first["next"]), (&json!("3"), &json!("2")));
    let rest = json_of(program.get(&format!("{here}/meter-values?cursor=2")), 200).await;
    assert_eq!(items(&rest).len(), 1);
    assert_eq!(json_of(program.get("/deviations?limit=1"), 200).await["items"], json!([]));
}

#[tokio::test]
async fn settings_are_shown_without_their_secrets_and_the_doctor_looks() {
    let console = Console::start().await;
    let program = Program::of(&console).await;
    let first = json_of(program.get("/settings?limit=1"), 200).await;
    assert_eq!(items(&first)[0]["name"], "database.url");
    let rest = json_of(program.get("/settings?limit=1&cursor=database.url"), 200).await;
    assert_ne!(items(&rest)[0]["name"], "database.url");
    let section = json_of(program.get("/settings?section=ocpp.listen"), 200).await;
    assert_eq!(items(&section).len(), 1);
    problem(program.get("/settings?cursor=x"), 400, "invalid-query").await;
    let found = json_of(program.get("/doctor"), 200).await;
    let checks: Vec<&str> = items(&found).iter().map(|one| one["check"].as_str().unwrap()).collect();
    assert!(checks.contains(&"database") && checks.contains(&"clock"), "{checks:?}");
    let operator = key(&console, &[Scope::Read, Scope::Command, Scope::Config, Scope::Money]).await;
    for path in ["/settings", "/doctor", "/users"] {
        let asked = console.browser().get(&format!("/api/v1{path}")).bearer_auth(&operator);
        problem(asked, 403, "scope-missing").await;
    }
}
