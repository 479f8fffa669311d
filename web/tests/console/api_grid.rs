//! `/api/v1`: load management, and what is changed by who knows how it was: plans, rules, texts.

use crate::{
    Console,
    api_entities::Program,
    api_v1::{json_of, key, problem},
};
use csms::{
    api_key::Scope,
    desired::{self, Kind},
    store::row::Write,
};
use serde_json::{Value, json};

/// A site with a plan, its number and the tag of the plan.
async fn planned(program: &Program) -> String {
    let site = json_of(program.post("/sites", &json!({ "name": "Yard" })), 201).await;
    let site = site["id"].as_str().unwrap().to_owned();
    json_of(program.post("/stations", &json!({ "id": "HALL-7", "site_id": site })), 201).await;
    json_of(program.put(&format!("/grid/{site}/plan"), &plan(63)).header("if-match", "*"), 200).await;
    site
}

fn plan(fuse: u32) -> Value {
    json!({ "node": [{ "name": "connection", "fuse": fuse, "others": { "reserve": 20, "margin": 5, "max_age_s": 60 } }],
            "evse": [{ "station": "HALL-7", "evse": 1, "node": "connection", "rated": 32 },
                     { "station": "HALL-7", "evse": 2, "node": "connection", "rated": 32 }] })
}

#[tokio::test]
async fn a_plan_is_changed_by_who_knows_it_turned_off_and_removed() {
    let console = Console::start().await;
    let program = Program::of(&console).await;
    let site = planned(&program).await;
    let here = format!("/grid/{site}/plan");
    let tag = program.tag(&here).await;
    problem(program.put(&here, &plan(50)), 428, "if-match-missing").await;
    let changed = json_of(program.put(&here, &plan(50)).header("if-match", &tag), 200).await;
    assert_eq!(changed["node"][0]["fuse"], 50);
    problem(program.put(&here, &plan(40)).header("if-match", &tag), 412, "changed-meanwhile").await;

    let mode = |word: &str| program.put(&format!("/grid/{site}/mode"), &json!({ "mode": word }));
    problem(program.delete(&here).header("if-match", "*"), 409, "plan-at-work").await;
    problem(mode("sleepy"), 400, "invalid-body").await;
    problem(program.put("/grid/77/mode", &json!({ "mode": "off" })), 404, "not-found").await;
    assert_eq!(json_of(mode("off"), 200).await["mode"], "off");
    problem(program.delete(&here).header("if-match", &tag), 412, "changed-meanwhile").await;
    let gone = program.delete(&here).header("if-match", program.tag(&here).await).send().await.unwrap();
    assert_eq!(gone.status(), 204);
    problem(program.get(&here), 404, "not-found").await;
    // A tag of what is gone does not bring it back.
    problem(program.put(&here, &plan(50)).header("if-match", &tag), 412, "changed-meanwhile").await;
    let events = json_of(program.get("/events?kind=grid&after=0"), 200).await;
    let told: Vec<&str> = events["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["body"]["what"].as_str().unwrap())
        .collect();
    assert_eq!(told, ["plan", "plan", "off", "removed"]);
}

#[tokio::test]
async fn a_plan_is_turned_on_only_where_nobody_wishes_what_it_would_tell() {
    let console = Console::start().await;
    let program = Program::of(&console).await;
    let site = planned(&program).await;
    let mode = |word: &str| program.put(&format!("/grid/{site}/mode"), &json!({ "mode": word }));
    assert_eq!(json_of(mode("off"), 200).await["mode"], "off");
    let all = json!({ "chargingProfileKind": "Absolute", "chargingSchedule": [{ "startSchedule": "2026-03-02T08:00:00Z",
        "chargingRateUnit": "A", "chargingSchedulePeriod": [{ "startPeriod": 0, "limit": 32 }] }] });
    let wish = desired::wish(Kind::Profile, "TxDefaultProfile/5@2", &all.to_string()).unwrap();
    let (db, now) = (&console.app.db, console.app.clock.now());
    desired::set(db, &"HALL-7".into(), vec![wish], "ada", now).await.unwrap();
    let told = problem(mode("on"), 409, "profiles-wished").await;
    assert!(told.contains("EVSE 2 of HALL-7"), "{told}");
    desired::forget(db, &"HALL-7".into(), Kind::Profile, "TxDefaultProfile/5@2", now).await.unwrap();
    assert_eq!(json_of(mode("on"), 200).await["mode"], "on");
}

#[tokio::test]
async fn limits_and_loads_are_told_and_evses_stand_somehow() {
    let console = Console::start().await;
    console.populate().await;
    let program = Program::of(&console).await;
    let site = planned(&program).await;
    let first = json_of(program.get(&format!("/grid/{site}/evses?limit=1")), 200).await;
    let rest = format!("/grid/{site}/evses?cursor={}", first["next"].as_str().unwrap());
    let rest = json_of(program.get(&rest), 200).await;
    assert_eq!((&first["items"][0]["evse"], &rest["items"][0]["evse"]), (&json!(1), &json!(2)));
    assert_eq!(json_of(program.get(&format!("/grid/{site}/evses?station=X")), 200).await["items"], json!([]));
    problem(program.get("/grid/77/evses"), 404, "not-found").await;

    let limits = format!("/grid/{site}/limits");
    let wish =
        json!({ "node": "connection", "amps": "32,32,16.5", "source": "grid_operator", "note": "§14a" });
    let add = || program.post(&limits, &wish).header("idempotency-key", "l1");
    let made = json_of(add(), 201).await;
    assert_eq!((&made["place"], &made["holds"]), (&json!("connection"), &json!(true)));
    assert_eq!(json_of(add(), 201).await["id"], made["id"]);
    for wrong in [
        json!({ "node": "cellar", "amps": "32" }),
        json!({ "node": "connection" }),
        json!({ "node": "connection", "amps": "32", "watts": 1 }),
        json!({ "node": "connection", "amps": "-1" }),
        json!({ "node": "connection", "amps": "many" }),
        json!({ "node": "connection", "watts": -1 }),
        json!({ "node": "connection", "watts": 1, "until": "2020-01-01T00:00:00Z" }),
    ] {
        problem(program.post(&limits, &wrong), 422, "invalid-field").await;
    }
    let second = json_of(program.post(&limits, &json!({ "node": "connection", "watts": 20_000 })), 201).await;
    let page = json_of(program.get(&format!("{limits}?limit=1")), 200).await;
    assert_eq!(page["items"][0]["id"], made["id"]);
    let next = format!("{limits}?cursor={}", page["next"].as_str().unwrap());
    assert_eq!(json_of(program.get(&next), 200).await["items"][0]["id"], second["id"]);
    let here = format!("{limits}/{}", made["id"].as_str().unwrap());
    let reader = key(&console, &[Scope::Read]).await;
    let asked = console.browser().delete(&format!("/api/v1{here}")).bearer_auth(&reader);
    problem(asked, 403, "scope-missing").await;
    assert_eq!(program.delete(&here).send().await.unwrap().status(), 204);
    problem(program.delete(&here), 404, "not-found").await;
    problem(program.get(&here), 404, "not-found").await;

    let load = |node: &str, body: &Value| program.put(&format!("/grid/{site}/loads/{node}"), body);
    assert_eq!(json_of(load("connection", &json!({ "amps": "12,10.5,8" })), 200).await["believed_s"], 60);
    problem(load("cellar", &json!({ "amps": "12" })), 404, "not-found").await;
    problem(load("connection", &json!({ "amps": "x" })), 422, "invalid-field").await;
    problem(load("connection", &json!({ "amps": "1", "at": "2030-01-01T00:00:00Z" })), 422, "invalid-field")
        .await;
    let loads = json_of(program.get(&format!("/grid/{site}/loads")), 200).await;
    assert_eq!(
        (&loads["items"][0]["node"], &loads["items"][0]["l2_ma"]),
        (&json!("connection"), &json!(10_500))
    );

    let need = |session: &str, body: &Value| program.put(&format!("/sessions/{session}/grid-need"), body);
    problem(need("11", &json!({ "wh": 20_000 })), 409, "not-planned").await;
    problem(need("10", &json!({ "wh": 20_000 })), 409, "session-ended").await;
    problem(need("11", &json!({ "wh": -1 })), 422, "invalid-field").await;
    problem(need("99", &json!({})), 404, "not-found").await;
    let of = json!({ "node": [{ "name": "connection", "fuse": 63 }],
                     "evse": [{ "station": "CP<1>", "evse": 1, "node": "connection", "rated": 32 }] });
    let moved = program.patch("/stations/CP%3C1%3E", &json!({ "site_id": site })).header("if-match", "*");
    json_of(moved, 200).await;
    json_of(program.put(&format!("/grid/{site}/plan"), &of).header("if-match", "*"), 200).await;
    let told = json_of(need("11", &json!({ "wh": 20_000, "class": 2, "most_amps": "12.5" })), 200).await;
    assert_eq!(
        (&told["target_mwh"], &told["class"], &told["most_ma"]),
        (&json!(31_000_000), &json!(2), &json!(12_500))
    );
    assert_eq!(json_of(program.get("/sessions/11/grid-need"), 200).await, told);
}

#[tokio::test]
async fn texts_and_rules_are_changed_by_who_knows_how_they_were() {
    let console = Console::start().await;
    let program = Program::of(&console).await;
    json_of(program.post("/stations", &json!({ "id": "HALL-7" })), 201).await;
    let text = |body: &str| json!({ "state": "idle", "language": "en", "body": body });
    let here = "/display-texts/welcome";
    problem(program.put(here, &text("Hi")), 428, "if-match-missing").await;
    json_of(program.put(here, &text("Hi")).header("if-match", "*"), 200).await;
    let tag = program.tag(here).await;
    json_of(program.put(here, &text("Hello")).header("if-match", &tag), 200).await;
    problem(program.put(here, &text("Howdy")).header("if-match", &tag), 412, "changed-meanwhile").await;
    problem(program.delete(here).header("if-match", &tag), 412, "changed-meanwhile").await;
    assert_eq!(program.delete(here).header("if-match", "*").send().await.unwrap().status(), 204);
    problem(program.get(here), 404, "not-found").await;
    problem(program.put(here, &text("Hi")).header("if-match", &tag), 412, "changed-meanwhile").await;

    // The console tells the same events, and does not take a text of one site for one of all.
    let ada = console.as_user("ada").await;
    let fields =
        [("name", "w"), ("state", "idle"), ("language", "en"), ("body", "Hi"), ("priority", "NormalCycle")];
    assert_eq!(ada.submit("/texts", &fields).await.status(), 303);
    assert_eq!(ada.submit("/texts/w/remove", &[]).await.status(), 303);
    for site in ["x", "77"] {
        let mut fields = fields.to_vec();
        fields.push(("site", site));
        let told = ada.submit("/texts", &fields).await.text().await.unwrap();
        assert!(told.contains("There is no such site"), "{told}");
    }
    let events = json_of(program.get("/events?kind=display&after=0"), 200).await;
    let told: Vec<(&Value, &Value)> =
        events["items"].as_array().unwrap().iter().map(|one| (&one["kind"], &one["body"]["by"])).collect();
    let (kept, removed, ada) = (json!("display.text.kept"), json!("display.text.removed"), json!("ada"));
    assert_eq!(told[3..], [(&kept, &ada), (&removed, &ada)]);

    let fleet = "/local-list-rules/fleet";
    let nothing = program.tag(fleet).await;
    problem(program.put(fleet, &json!({ "rule": "all" })), 428, "if-match-missing").await;
    json_of(program.put(fleet, &json!({ "rule": "all" })).header("if-match", &nothing), 200).await;
    let stale = program.put(fleet, &json!({ "rule": "none" })).header("if-match", &nothing);
    problem(stale, 412, "changed-meanwhile").await;
    let station = "/local-list-rules/station?subject=HALL-7";
    json_of(program.put(station, &json!({ "rule": "marked" })).header("if-match", "*"), 200).await;
    let first = json_of(program.get("/local-list-rules?limit=1"), 200).await;
    let rest = format!("/local-list-rules?cursor={}", first["next"].as_str().unwrap());
    assert_eq!(json_of(program.get(&rest), 200).await["items"][0]["subject"], "HALL-7");
    problem(program.get("/local-list-rules/moon"), 404, "not-found").await;

    let mut ids = Vec::new();
    for uid in ["04AA", "04BB"] {
        let token = json_of(program.post("/tokens", &json!({ "uid": uid })), 201).await;
        let mark = format!("/tokens/{}/local-list", token["id"].as_str().unwrap());
        assert_eq!(json_of(program.get(&mark), 200).await["marked"], false);
        assert_eq!(program.put(&mark, &json!({ "marked": true })).send().await.unwrap().status(), 204);
        assert_eq!(json_of(program.get(&mark), 200).await["marked"], true);
        ids.push(token["id"].clone());
    }
    let first = json_of(program.get("/local-list-tokens?limit=1"), 200).await;
    let rest = format!("/local-list-tokens?cursor={}", first["next"].as_str().unwrap());
    let rest = json_of(program.get(&rest), 200).await;
    assert_eq!((&first["items"][0]["token_id"], &rest["items"][0]["token_id"]), (&ids[0], &ids[1]));
    // What a station can take is known when it has been here.
    let (station, at) = ("HALL-7".into(), crate::now());
    let seen = Write::Seen { station, at, address: String::new(), protocol: "ocpp2.0.1" };
    console.app.writer.commit(vec![seen]).await.unwrap();
    csms::locallist::pass(&console.app).await.unwrap();
    let first = json_of(program.get("/stations/HALL-7/local-list/entries?limit=1"), 200).await;
    let next = first["next"].as_str().unwrap();
    let rest = json_of(program.get(&format!("/stations/HALL-7/local-list/entries?cursor={next}")), 200).await;
    assert_eq!((&first["items"][0]["token"], &rest["items"][0]["token"]), (&json!("04AA"), &json!("04BB")));
    let stale = program.get("/stations/HALL-7/local-list/entries?cursor=77_1");
    problem(stale, 409, "list-changed").await;
}
