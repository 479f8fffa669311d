use crate::{Console, PASSWORD, csrf_of};
use reqwest::Response;
use serde_json::{Value, json};

async fn json_of(answer: Response) -> Value {
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}

#[tokio::test]
async fn programs_read_stations_sessions_and_attempts() {
    let console = Console::start().await;
    console.populate().await;
    let program = console.browser();
    let get = async |path: &str| {
        let answer = program.get(path).basic_auth("vic", Some(PASSWORD)).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        json_of(answer).await
    };
    let stations = get("/api/stations").await;
    assert_eq!(stations["items"][0]["id"], "CP<1>");
    assert_eq!(stations["items"][0]["connectors"][0]["status"], "Charging");
    assert_eq!(stations["items"][0]["open_sessions"], json!(["11"]));
    assert!(stations["items"][0].get("secret").is_none());
    assert_eq!(get("/api/stations/CP%3C1%3E").await, stations["items"][0]);
    let sessions = get("/api/sessions?limit=1").await;
    assert_eq!((&sessions["items"][0]["id"], &sessions["next"]), (&json!("11"), &json!("11")));
    let sessions = get("/api/sessions?limit=1&cursor=11&state=ended").await;
    assert_eq!((&sessions["items"][0]["id"], sessions.get("next")), (&json!("10"), None));
    let whole = get("/api/sessions/10").await;
    assert_eq!(whole["energy_mwh"], 11_000_000);
    assert_eq!(whole["readings"].as_array().unwrap().len(), 300);
    assert_eq!(whole["bill"]["total_incl"], "5.50");
    assert_eq!(whole["flags"], json!(["register-shrank", "offline"]));
    assert_eq!(get("/api/attempts").await["items"][0]["cause"], "unknown-station");
}

#[tokio::test]
async fn problems_are_told_as_problem_details() {
    let console = Console::start().await;
    console.populate().await;
    let program = console.browser();
    let get = |path: &str| program.get(path).basic_auth("ada", Some(PASSWORD));
    let call = |path: &str, body: &Value| program.post(path).basic_auth("ada", Some(PASSWORD)).json(body);
    let here = "/api/stations/CP%3C1%3E/call";
    let heartbeat = json!({"action": "TriggerMessage", "payload": {"requestedMessage": "Heartbeat"}});
    for (request, status, word) in [
        (get("/api/stations/none"), 404, "not-found"),
        (get("/api/nothing"), 404, "not-found"),
        (get("/api/sessions/x"), 404, "not-found"),
        (get("/api/sessions?state=odd"), 400, "invalid"),
        (get("/api/sessions?cursor=odd"), 400, "invalid"),
        (get("/api/stations?limit=odd"), 400, "invalid"),
        (call(here, &heartbeat), 409, "offline"),
        (call("/api/stations/none/call", &heartbeat), 404, "not-found"),
        (call(here, &json!({"payload": {}})), 400, "invalid"),
        (call(here, &json!({"action": "Reset", "more": 1})), 400, "invalid"),
    ] {
        let answer = request.send().await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["content-type"]),
            (status, &"application/problem+json".parse().unwrap())
        );
        let problem = json_of(answer).await;
        assert_eq!(problem["type"], format!("urn:wattline:problem:{word}"));
        assert_eq!(problem["status"], status);
    }
}

#[tokio::test]
async fn a_cookie_alone_calls_no_station_and_neither_does_a_viewer() {
    let console = Console::start().await;
    console.populate().await;
    let ada = console.as_user("ada").await;
    let body = json!({"action": "ClearCache"});
    let call = |browser: &crate::Browser| browser.post("/api/stations/CP%3C1%3E/call").json(&body);
    assert_eq!(ada.get("/api/stations").send().await.unwrap().status(), 200);
    assert_eq!(call(&ada).send().await.unwrap().status(), 401);
    let token = csrf_of(&ada.page("/account").await);
    assert_eq!(call(&ada).header("x-csrf-token", token).send().await.unwrap().status(), 409);
    let viewer = call(&console.browser()).basic_auth("vic", Some(PASSWORD)).send().await.unwrap();
    assert_eq!(viewer.status(), 403);
    let wrong = call(&console.browser()).basic_auth("ada", Some("wrong")).send().await.unwrap();
    assert_eq!(wrong.status(), 401);
}

#[tokio::test]
async fn a_large_body_is_refused() {
    let console = Console::start().await;
    console.populate().await;
    let body = json!({"action": "DataTransfer", "payload": {"vendorId": "x", "data": "x".repeat(300_000)}});
    let request =
        console.browser().post("/api/stations/CP%3C1%3E/call").basic_auth("ada", Some(PASSWORD)).json(&body);
    assert!(request.send().await.is_ok_and(|answer| answer.status() == 400 || answer.status() == 413));
}
