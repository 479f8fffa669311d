//! `/api/v1`: tariffs checked, told, written for others, tried; assignments and discounts.

use crate::{
    Console,
    api_entities::Program,
    api_v1::{json_of, key, problem},
};
use csms::api_key::Scope;
use serde_json::{Value, json};

fn city() -> Value {
    serde_json::from_str(include_str!("../tariffs/city.json")).unwrap()
}

fn simple(price: &str) -> Value {
    json!({ "id": "simple", "currency": "EUR",
            "elements": [{ "components": [{ "dimension": "energy", "price": price }] }] })
}

#[tokio::test]
async fn a_tariff_is_checked_told_and_written_for_others() {
    let console = Console::start().await;
    let program = Program::of(&console).await;
    let check = |body: &Value| program.post("/tariffs/check", body);
    let sound =
        json_of(check(&json!({ "tariff": city(), "markets": ["eu"], "time_zone": "Europe/Berlin" })), 200);
    let sound = sound.await;
    assert_eq!((&sound["usable"], &sound["format"]), (&json!(true), &json!("own")));
    let bad = json_of(check(&json!({ "tariff": { "id": "x", "currency": "EUR" } })), 200).await;
    assert_eq!((&bad["usable"], &bad["tariff"]), (&json!(false), &Value::Null));
    problem(check(&json!({ "tariff": city(), "time_zone": "Mars" })), 422, "invalid-field").await;
    problem(check(&json!({ "tariff": city(), "markets": ["mars"] })), 400, "invalid-body").await;

    let says = simple("0.49");
    json_of(program.post("/tariffs/simple/versions", &json!({ "tariff": says })), 201).await;
    let words = |query: &str| program.get(&format!("/tariffs/simple/versions/1/words{query}"));
    let english = json_of(words(""), 200).await;
    let chinese = json_of(words("?language=zh&week=2027-01-04&evse=dc"), 200).await;
    assert!(english["sentences"][0].as_str().unwrap().contains("0.49"), "{english}");
    assert_ne!(english["sentences"], chinese["sentences"]);
    assert_eq!(chinese["week"]["monday"], "2027-01-04");
    for wrong in ["?week=soon", "?week=0001-01-01", "?time_zone=Mars", "?language=de"] {
        problem(words(wrong), 400, "invalid-query").await;
    }
    problem(program.get("/tariffs/simple/versions/9/words"), 404, "not-found").await;

    // What is written for others is read from them as the same tariff.
    let party = "?country_code=DE&party_id=WAT";
    for reader in ["ocpi-2.2.1", "ocpi-2.3.0", "ocpp-2.1"] {
        let path = format!("/tariffs/simple/versions/1/as/{reader}{party}");
        let written = json_of(program.get(&path), 200).await;
        let read = json_of(check(&json!({ "tariff": written["tariff"] })), 200).await;
        assert_eq!(read["tariff"]["elements"], says["elements"], "{reader}: {read}");
        let foreign = json!({ "tariff": written["tariff"], "note": reader });
        let import = |id: &str| program.post(&format!("/tariffs/{id}/import"), &foreign);
        let id = format!("from-{}", &reader[..4]);
        let status = if reader == "ocpi-2.3.0" { 200 } else { 201 };
        assert_eq!(json_of(import(&id), status).await["version"], 1);
    }
    problem(program.get("/tariffs/simple/versions/1/as/fax"), 404, "not-found").await;
    problem(program.get("/tariffs/simple/versions/1/as/ocpi-2.2.1"), 422, "unsayable").await;
    problem(program.post("/tariffs/x/import", &json!({ "tariff": {} })), 422, "invalid-field").await;
    let keys = json_of(program.get("/tariffs/simple/versions/1/as/california"), 200).await;
    assert!(keys["tariff"].as_object().is_some_and(|keys| !keys.is_empty()), "{keys}");
    let reader = key(&console, &[Scope::Read]).await;
    let import = console.browser().post("/api/v1/tariffs/x/import").bearer_auth(&reader);
    problem(import.json(&json!({ "tariff": says })), 403, "scope-missing").await;
}

#[tokio::test]
async fn a_tariff_is_tried_on_made_up_and_on_past_sessions() {
    let console = Console::start().await;
    console.populate().await;
    let program = Program::of(&console).await;
    let readings = json!([
        { "at": "2026-10-05T10:00:00Z", "register_kwh": "100.5", "activity": "charging", "power_kw": "11" },
        { "at": "2026-10-05T11:00:00Z", "register_kwh": "110.5" },
    ]);
    let preview = |body: &Value| program.post("/tariffs/preview", body);
    let told = json_of(preview(&json!({ "tariff": simple("0.50"), "readings": readings })), 200).await;
    assert_eq!(told["bill"]["total_excl"], "5.00");
    problem(preview(&json!({ "tariff_id": "none", "readings": readings })), 422, "invalid-field").await;
    problem(preview(&json!({ "readings": readings })), 422, "invalid-field").await;
    problem(preview(&json!({ "tariff": simple("1"), "readings": [] })), 422, "invalid-field").await;
    let odd = json!([{ "at": "2026-10-05T10:00:00Z", "register_kwh": "much" }]);
    problem(preview(&json!({ "tariff": simple("1"), "readings": odd })), 422, "invalid-field").await;

    let simulate = |body: &Value| program.post("/tariffs/simulate", body);
    let when = |to: &str| json!({ "tariff": simple("0.50"), "from": "2026-05-01T00:00:00Z", "to": to });
    let outcome = json_of(simulate(&when("2026-05-02T00:00:00Z")), 200).await;
    assert_eq!(outcome["currency"], "EUR");
    problem(simulate(&when("2026-04-02T00:00:00Z")), 422, "invalid-field").await;
    let mut nowhere = when("2026-05-02T00:00:00Z");
    nowhere["site_id"] = json!("77");
    problem(simulate(&nowhere), 422, "invalid-field").await;
}

#[tokio::test]
async fn assignments_of_all_tariffs_are_listed_with_those_that_have_ended() {
    let console = Console::start().await;
    let program = Program::of(&console).await;
    json_of(program.post("/stations", &json!({ "id": "A" })), 201).await;
    json_of(program.post("/tariffs/simple/versions", &json!({ "tariff": simple("1") })), 201).await;
    let mut made = Vec::new();
    for priority in 0..3 {
        let wish = json!({ "station_id": "A", "priority": priority });
        made.push(json_of(program.post("/tariffs/simple/assignments", &wish), 201).await["id"].clone());
    }
    let here = |id: &Value| format!("/assignments/{}", id.as_str().unwrap());
    json_of(program.delete(&here(&made[0])), 200).await;
    let counting = json_of(program.get("/assignments?limit=1"), 200).await;
    assert_eq!(
        (&counting["items"][0]["id"], &counting["items"][0]["tariff_id"]),
        (&made[1], &json!("simple"))
    );
    let next = format!("/assignments?cursor={}", counting["next"].as_str().unwrap());
    assert_eq!(json_of(program.get(&next), 200).await["items"][0]["id"], made[2]);
    assert_eq!(json_of(program.get("/assignments?tariff=none"), 200).await["items"], json!([]));
    assert_eq!(json_of(program.get(&here(&made[1])), 200).await["priority"], 1);
    problem(program.get("/assignments/99"), 404, "not-found").await;
    assert_eq!(json_of(program.get("/stations/A/tariffs"), 200).await["items"], json!([]));
    let csv = program.get("/export/assignments?past=true").send().await.unwrap().text().await.unwrap();
    assert_eq!(csv.lines().count(), 4, "{csv}");
}

#[tokio::test]
async fn a_discount_is_made_once_listed_and_ended() {
    let console = Console::start().await;
    let program = Program::of(&console).await;
    let wish = json!({ "name": "=Member", "percent": "12.5", "dimensions": ["energy"], "group": "gold" });
    let add = || program.post("/discounts", &wish).header("idempotency-key", "d1");
    let made = json_of(add(), 201).await;
    assert_eq!((&made["discount"]["percent"], &made["group"]), (&json!("12.5"), &json!("GOLD")));
    assert_eq!(json_of(add(), 201).await["id"], made["id"], "sent again");
    for wrong in [
        json!({ "name": "x" }),
        json!({ "name": "", "percent": "10" }),
        json!({ "name": "x", "percent": "101" }),
        json!({ "name": "x", "percent": "ten" }),
        json!({ "name": "x", "amount": "5" }),
        json!({ "name": "x", "amount": "5", "currency": "???" }),
        json!({ "name": "x", "percent": "10", "token": "04AB" }),
        json!({ "name": "x", "percent": "10", "site_id": "77" }),
        json!({ "name": "x", "percent": "10", "valid_to": "2020-01-01T00:00:00Z" }),
    ] {
        problem(program.post("/discounts", &wrong), 422, "invalid-field").await;
    }
    let secret = json!({ "name": "Code", "free_kwh": "10", "token": "4711", "token_kind": "KeyCode" });
    let second = json_of(program.post("/discounts", &secret), 201).await;
    assert_eq!(second["token"], "***");
    let page = json_of(program.get("/discounts?limit=1"), 200).await;
    assert_eq!((&page["items"][0]["id"], page["items"].as_array().unwrap().len()), (&made["id"], 1));
    let next = format!("/discounts?cursor={}", page["next"].as_str().unwrap());
    assert_eq!(json_of(program.get(&next), 200).await["items"][0]["id"], second["id"]);
    let here = format!("/discounts/{}", made["id"].as_str().unwrap());
    assert_eq!(json_of(program.get(&here), 200).await["id"], made["id"]);
    problem(program.get("/discounts/99"), 404, "not-found").await;
    let reader = key(&console, &[Scope::Read]).await;
    let asked = console.browser().delete(&format!("/api/v1{here}")).bearer_auth(&reader);
    problem(asked, 403, "scope-missing").await;
    let csv = program.get("/export/discounts").send().await.unwrap().text().await.unwrap();
    assert!(csv.contains("***") && !csv.contains("4711"), "{csv}");
    json_of(program.delete(&here), 200).await;
    problem(program.delete(&here), 404, "not-found").await;
}
