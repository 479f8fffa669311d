//! Reservations and local lists: the API and the console on the same rows.

use crate::{
    Console,
    api_v1::{json_of, key, problem},
    now, site,
};
use chrono::TimeDelta;
use csms::{
    api_key::Scope,
    store::{row::TokenRow, sites, stations, tokens},
};
use serde_json::{Value, json};

/// A console with a station and an identifier; the key may do everything.
async fn console() -> (Console, String) {
    let console = Console::start().await;
    let mut tx = console.app.db.write().await.unwrap();
    assert!(stations::create_if_absent(&mut tx, "HALL-7", now()).await.unwrap());
    let token = TokenRow {
        id: 77,
        uid: "04AB".into(),
        kind: "ISO14443".into(),
        group_uid: Some("FLEET".into()),
        holder: String::new(),
        language: String::new(),
        blocked: false,
        expires_at: None,
        concurrent: false,
        created_at: now(),
        max_cost: String::new(),
        max_energy_wh: None,
        max_time_s: None,
    };
    tokens::create(&mut tx, &token).await.unwrap();
    tx.commit().await.unwrap();
    let key = key(&console, &Scope::ALL).await;
    (console, key)
}

#[tokio::test]
async fn an_outlet_is_reserved_listed_and_given_up_by_a_program_and_shown_to_people() {
    let (console, key) = console().await;
    let program = console.browser();
    let post = |body: &Value| program.post("/api/v1/reservations").bearer_auth(&key).json(body);
    let get = |path: &str| program.get(&format!("/api/v1{path}")).bearer_auth(&key);
    let delete = |path: &str| program.delete(&format!("/api/v1{path}")).bearer_auth(&key);
    let at = |minutes| now() + TimeDelta::minutes(minutes);
    let wish = json!({ "station_id": "HALL-7", "evse": 1, "token": "04ab", "expires_at": at(30) });

    // Nobody is there to be asked.
    let told = problem(post(&wish), 409, "refused").await;
    assert!(told.contains("Offline"), "{told}");
    let told = json_of(post(&wish), 409).await;
    assert_eq!((&told["error"]["state"], &told["error"]["group"]), (&json!("refused"), &json!("FLEET")));

    let mut later = wish.clone();
    later["from"] = json!(at(10));
    let made = json_of(post(&later), 201).await;
    assert_eq!((&made["state"], &made["evse"], &made["price"]), (&json!("planned"), &json!(1), &Value::Null));
    problem(post(&later), 409, "reserved").await;
    for (field, value) in [
        ("station_id", json!("NONE")),
        ("token", json!("NOBODY")),
        ("expires_at", json!(at(5))),
        ("connector_type", json!("no such type, far too long")),
        ("evse", json!(0)),
    ] {
        let mut bad = later.clone();
        bad[field] = value;
        let told = problem(post(&bad), 422, "invalid-field").await;
        assert!(told.starts_with(field), "{told}");
    }
    problem(post(&json!({ "station_id": "HALL-7" })), 400, "invalid-body").await;

    let id = made["id"].as_str().unwrap();
    let path = format!("/reservations/{id}");
    assert_eq!(json_of(get(&path), 200).await, made);
    let open = json_of(get("/reservations?open=true&station=HALL-7"), 200).await;
    assert_eq!(open["items"].as_array().unwrap().len(), 1);
    let page = json_of(get("/reservations?limit=1&token=04AB"), 200).await;
    let rest =
        json_of(get(&format!("/reservations?limit=1&cursor={}", page["next"].as_str().unwrap())), 200).await;
    assert_eq!(rest["items"].as_array().unwrap().len(), 1);
    problem(get("/reservations/x"), 404, "not-found").await;

    let (ada, vic) = (console.as_user("ada").await, console.as_user("vic").await);
    let shown = ada.page("/reservations").await;
    for words in ["HALL-7", "04ab", "planned", "refused", "Offline", "Reserve"] {
        assert!(shown.contains(words), "no {words:?}");
    }
    assert!(ada.page("/stations/HALL-7").await.contains("planned"));
    let cancel = format!("/reservations/{id}/cancel");
    assert!(!vic.page("/reservations").await.contains(&cancel));
    assert_eq!(vic.submit(&cancel, &[]).await.status(), 403);
    let fields = [("station", "HALL-7"), ("evse", "x"), ("token", "04ab"), ("minutes", "30")];
    let told = ada.submit("/reservations", &fields).await.text().await.unwrap();
    assert!(told.contains("whole numbers"), "{told}");
    // Later, for a group, by type of connector. The clock says 12:00 UTC; this reader's zone is unknown, so UTC too.
    let form = |more: &[(&'static str, &'static str)]| {
        let base = [("station", "HALL-7"), ("token", "04ab"), ("minutes", "45"), ("group", "CREW")];
        [&base[..], more].concat()
    };
    for (more, told) in [
        (&[("evse", "2"), ("connector_type", "cCCS2")][..], "not both"),
        (&[("connector_type", "a b")], "letters and digits"),
        (&[("evse", "2"), ("from", "yesterday")], "is no date and time"),
        (&[("evse", "2"), ("from", "2026-05-01T11:00")], "begins in the past"),
        (&[("evse", "2"), ("from", "2026-09-01T11:00")], "90 days ahead"),
    ] {
        let page = ada.submit("/reservations", &form(more)).await.text().await.unwrap();
        assert!(page.contains("Not made:") && page.contains(told), "no {told:?} in {page}");
        assert!(page.contains("value=\"CREW\""), "what was filled in stays");
    }
    let made = ada.submit("/reservations", &form(&[("evse", "2"), ("from", "2026-05-01T18:30")])).await;
    assert_eq!(made.headers()["location"], "/reservations?done=reservation-asked");
    let kept = json_of(get("/reservations?open=true&limit=1"), 200).await["items"][0].clone();
    assert_eq!(
        (&kept["from"], &kept["expires_at"], &kept["group"], &kept["evse"]),
        (&json!("2026-05-01T18:30:00Z"), &json!("2026-05-01T19:15:00Z"), &json!("CREW"), &json!(2))
    );

    let gone = json_of(delete(&path), 200).await;
    assert_eq!(gone["state"], "cancelled");
    problem(delete(&path), 409, "over").await;
    assert_eq!(ada.submit(&cancel, &[]).await.status(), 303, "somebody was faster");
}

#[tokio::test]
async fn rules_for_local_lists_are_set_by_a_program_and_by_people() {
    let (console, key) = console().await;
    let program = console.browser();
    let get = |path: &str| program.get(&format!("/api/v1{path}")).bearer_auth(&key);
    let put = |path: &str, body: &Value| program.put(&format!("/api/v1{path}")).bearer_auth(&key).json(body);
    let nothing = json_of(get("/stations/HALL-7/local-list"), 200).await;
    assert_eq!((&nothing["rule"], &nothing["version"]), (&Value::Null, &Value::Null));
    let rule = |of: &str, rule: &str| {
        put(&format!("/local-list-rules/{of}"), &json!({ "rule": rule })).header("if-match", "*")
    };
    for (of, who) in [("fleet", "all"), ("station?subject=HALL-7", "marked")] {
        assert_eq!(json_of(rule(of, who), 200).await["rule"], who);
    }
    for of in ["station?subject=NONE", "station", "site?subject=x"] {
        problem(rule(of, "all"), 422, "invalid-field").await;
    }
    assert_eq!(json_of(get("/local-list-rules"), 200).await["items"].as_array().unwrap().len(), 2);
    let told = json_of(get("/stations/HALL-7/local-list"), 200).await;
    assert_eq!((&told["rule"], &told["rule_of"]), (&json!("marked"), &json!("station")));
    assert_eq!(put("/tokens/77/local-list", &json!({ "marked": true })).send().await.unwrap().status(), 204);
    problem(put("/tokens/1/local-list", &json!({ "marked": true })), 404, "not-found").await;

    let (ada, vic) = (console.as_user("ada").await, console.as_user("vic").await);
    assert!(ada.page("/stations/HALL-7").await.contains("Those that are marked"));
    let form = "/stations/HALL-7/local-list";
    assert_eq!(vic.submit(form, &[("rule", "none")]).await.status(), 403);
    assert_eq!(ada.submit(form, &[("rule", "everybody")]).await.status(), 404);
    assert_eq!(ada.submit(form, &[("rule", "")]).await.status(), 303);
    let told = json_of(get("/stations/HALL-7/local-list"), 200).await;
    assert_eq!((&told["rule"], &told["rule_of"]), (&json!("all"), &json!("fleet")));
}

#[tokio::test]
async fn rules_of_fleet_and_site_and_marks_are_made_in_the_console() {
    let (console, key) = console().await;
    let mut tx = console.app.db.write().await.unwrap();
    sites::create(&mut tx, &site(7, "Yard <1>")).await.unwrap();
    let code = TokenRow {
        id: 78,
        uid: "4711".into(),
        kind: "KeyCode".into(),
        group_uid: None,
        holder: "Bea".into(),
        language: String::new(),
        blocked: true,
        expires_at: None,
        concurrent: false,
        created_at: now(),
        max_cost: String::new(),
        max_energy_wh: None,
        max_time_s: None,
    };
    tokens::create(&mut tx, &code).await.unwrap();
    tx.commit().await.unwrap();
    let program = console.browser();
    let get = |path: &str| program.get(&format!("/api/v1{path}")).bearer_auth(&key);
    let (ada, vic) = (console.as_user("ada").await, console.as_user("vic").await);
    let page = ada.page("/local-lists").await;
    for words in ["Nobody says who is on lists", "04AB", "Never listed", "Yard &lt;1&gt;", "***"] {
        assert!(page.contains(words), "no {words:?} in {page}");
    }
    assert!(!page.contains("4711"), "a code typed at a pad is shown to nobody");
    assert!(!vic.page("/local-lists").await.contains("/local-lists/rules"));

    let rules = "/local-lists/rules";
    assert_eq!(vic.submit(rules, &[("scope", "fleet"), ("rule", "all")]).await.status(), 403);
    for wrong in [
        [("scope", "fleet"), ("subject", ""), ("rule", "everybody")],
        [("scope", "world"), ("subject", ""), ("rule", "all")],
        [("scope", "site"), ("subject", "x"), ("rule", "all")],
        [("scope", "site"), ("subject", "8"), ("rule", "all")],
    ] {
        assert_eq!(ada.submit(rules, &wrong).await.status(), 404, "{wrong:?}");
    }
    for (scope, subject, rule) in
        [("fleet", "", "all"), ("site", "7", "marked"), ("station", "HALL-7", "none")]
    {
        let answer = ada.submit(rules, &[("scope", scope), ("subject", subject), ("rule", rule)]).await;
        assert_eq!(answer.headers()["location"], "/local-lists?done=rule-kept");
    }
    let told = json_of(get("/local-list-rules"), 200).await;
    let words: Vec<_> = told["items"].as_array().unwrap().iter().map(|rule| &rule["rule"]).collect();
    assert_eq!(words, [&json!("all"), &json!("marked"), &json!("none")]);
    let page = ada.page("/local-lists").await;
    assert!(page.contains("All stations") && page.contains("href=\"/stations/HALL-7\""), "{page}");
    assert_eq!(ada.submit(rules, &[("scope", "site"), ("subject", "7"), ("rule", "")]).await.status(), 303);
    assert_eq!(json_of(get("/local-list-rules"), 200).await["items"].as_array().unwrap().len(), 2);

    let marks = "/local-lists/marks";
    let marked = async || {
        let mut tx = console.app.db.read().await.unwrap();
        csms::store::lists::is_marked(&mut tx, 77).await.unwrap()
    };
    assert_eq!(vic.submit(marks, &[("id", "77"), ("marked", "1")]).await.status(), 403);
    let told = ada.submit(marks, &[("uid", "NOBODY"), ("marked", "1")]).await.text().await.unwrap();
    assert!(told.contains("there is no identifier &quot;NOBODY&quot;"), "{told}");
    let answer = ada.submit(marks, &[("uid", "04ab"), ("marked", "1")]).await;
    assert_eq!(answer.headers()["location"], "/local-lists?done=token-marked#tokens");
    assert!(marked().await);
    let only = ada.page("/local-lists?marked=1").await;
    assert!(only.contains("04AB") && !only.contains("Bea"), "{only}");
    let answer = ada.submit(marks, &[("id", "77"), ("marked", ""), ("q", "04")]).await;
    assert_eq!(answer.headers()["location"], "/local-lists?q=04&done=token-unmarked#tokens");
    assert!(!marked().await);
    assert!(ada.page("/local-lists?q=bea").await.contains("Bea"));
    assert!(ada.page("/local-lists?q=nobody").await.contains("Nothing"));
}
