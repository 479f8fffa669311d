//! The console over HTTP, as a browser sees it, and what monitors ask.

use crate::harness::{Csms, Engine, Place};
use reqwest::StatusCode;

/// The account and password that the first start prints.
fn first_login(csms: &Csms) -> (String, String) {
    let line =
        csms.banner.lines().find(|line| line.contains("Log in as")).expect("the first start tells the login");
    let mut words = line.split_whitespace();
    let name = words.find(|word| *word == "as").and_then(|_| words.next()).unwrap();
    (name.to_owned(), line.split_whitespace().last().unwrap().to_owned())
}

#[tokio::test]
async fn the_first_start_prints_a_login_that_opens_the_console() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(place) = Place::new(engine).await else { continue };
        place.furnish("HALL-7", "04A1").await;
        let csms = place.serve().await;
        let (name, password) = first_login(&csms);
        let browser = csms.browser();

        let outside = browser.get(csms.page("/stations")).send().await.unwrap();
        assert!(
            outside.url().path().starts_with("/login"),
            "who is not logged in sees the login: {}",
            outside.url()
        );
        let enter = async |password: &str| {
            let form = [("name", name.as_str()), ("password", password), ("next", "/stations")];
            browser
                .post(csms.page("/login"))
                .header("Origin", &csms.ready.console_url)
                .form(&form)
                .send()
                .await
                .unwrap()
        };
        assert_eq!(enter("a guess").await.status(), StatusCode::UNAUTHORIZED);
        let inside = enter(&password).await;
        assert_eq!((inside.status(), inside.url().path()), (StatusCode::OK, "/stations"));
        assert!(inside.text().await.unwrap().contains("HALL-7"), "the registered station is shown");

        csms.place.done(&["user", "passwd", &name]).await;
        let ended = browser.get(csms.page("/stations")).send().await.unwrap();
        assert!(ended.url().path().starts_with("/login"), "a new password ends the logins");
    }
}

#[tokio::test]
async fn monitors_find_health_readiness_and_metrics() {
    let csms = Csms::spawn(Engine::Sqlite).await.unwrap();
    let ask = async |path: &str| {
        let answer = csms.browser().get(csms.page(path)).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    };
    assert_eq!(ask("/healthz").await.0, StatusCode::OK);
    let (status, parts) = ask("/readyz").await;
    assert_eq!(status, StatusCode::OK, "{parts}");
    let (status, metrics) = ask("/metrics").await;
    assert_eq!(status, StatusCode::OK);
    assert!(metrics.contains("# TYPE csms_messages_total counter"), "{metrics}");
}

#[tokio::test]
async fn accounts_are_kept_on_the_command_line() {
    let place = Place::new(Engine::Sqlite).await.unwrap();
    place.done(&["user", "add", "ada", "--role", "admin"]).await;
    let twice = place.run(&["user", "add", "ada"]).await;
    assert!(!twice.status.success());
    let last = place.run(&["user", "remove", "ada", "--yes"]).await;
    assert!(crate::harness::text(&last.stderr).contains("last admin"));
    let short = place.feed(&["user", "passwd", "ada", "--stdin"], "short").await;
    assert!(crate::harness::text(&short.stderr).contains("at least 10 characters"));
    let listed: serde_json::Value =
        serde_json::from_str(&place.done(&["user", "list", "--json"]).await).unwrap();
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["role"]), (1, &"admin".into()));
    assert!(!listed.to_string().contains("argon2"), "no secret is listed");
}
