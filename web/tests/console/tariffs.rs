use crate::{Browser, Console, now};
use chrono::{DateTime, TimeDelta, Utc};
use csms::store::{
    Tx,
    assignments::{self, Assigned, AssignmentRow},
    row::{SessionRow, Write},
    sites::{self, SiteRow},
    tariffs::Change,
    versions::{self, Published},
};
use serde_json::{Value, json};
use tariffs::Tariff;

fn city() -> Tariff {
    Tariff::from_json(include_str!("../tariffs/city.json")).unwrap()
}

fn change(console: &Console, at: DateTime<Utc>) -> Change<'static> {
    Change { id: console.app.ids.next(), at, by: "<test>" }
}

async fn publish(console: &Console, tx: &mut Tx, tariff: &Tariff, from: Option<DateTime<Utc>>) {
    let made = now() - TimeDelta::days(9);
    let published = versions::publish(tx, tariff, from, "<note>", &change(console, made)).await.unwrap();
    assert!(matches!(published, Published::Added { .. }), "{published:?}");
}

async fn assign(console: &Console, tx: &mut Tx, row: AssignmentRow) {
    let row = AssignmentRow { created_at: now(), ..row };
    let done = assignments::assign(tx, &row, false, &change(console, now())).await.unwrap();
    assert!(matches!(done, Assigned::Done { .. }), "{done:?}");
}

/// The tariff `city` with a version to come, at a site in Berlin and one in Shanghai, and for a group everywhere; and
/// `a/b`, which OCPI and OCPP cannot say, nowhere.
async fn furnish(console: &Console) {
    let mut tx = console.app.db.write().await.unwrap();
    for (id, name, zone, country) in
        [(1, "Hafen <West>", "Europe/Berlin", "DEU"), (2, "Zhangjiang", "Asia/Shanghai", "CHN")]
    {
        let site = SiteRow {
            id,
            name: name.into(),
            address: String::new(),
            city: String::new(),
            country: country.into(),
            latitude: None,
            longitude: None,
            time_zone: zone.into(),
            created_at: now(),
        };
        sites::create(&mut tx, &site).await.unwrap();
    }
    publish(console, &mut tx, &city(), None).await;
    let mut winter = Tariff { name: "City, winter".into(), ..city() };
    winter.elements[0].components[0].price = tariffs::Price("0.41".parse().unwrap());
    publish(console, &mut tx, &winter, Some(now() + TimeDelta::days(30))).await;
    let mut odd = Tariff { id: "a/b".into(), name: String::new(), ..city() };
    odd.caps =
        serde_json::from_value(json!([{"dimensions": ["energy"], "per": "day", "amount": "30"}])).unwrap();
    publish(console, &mut tx, &odd, None).await;
    let to = || AssignmentRow { tariff_id: "city".into(), ..AssignmentRow::default() };
    assign(console, &mut tx, AssignmentRow { site_id: Some(1), ..to() }).await;
    assign(console, &mut tx, AssignmentRow { site_id: Some(2), priority: 7, ..to() }).await;
    assign(console, &mut tx, AssignmentRow { group_uid: Some("TAXI".into()), ..to() }).await;
    let code =
        AssignmentRow { token_uid: Some("1234".into()), token_kind: "KeyCode".into(), priority: 9, ..to() };
    assign(console, &mut tx, code).await;
    tx.commit().await.unwrap();
}

fn has(html: &str, words: &[&str]) {
    for word in words {
        assert!(html.contains(word), "no {word:?} in {html}");
    }
}

async fn status(browser: &Browser, path: &str) -> u16 {
    browser.get(path).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn without_tariffs_the_list_says_what_to_do() {
    let console = Console::start().await;
    let ada = console.as_user("ada").await;
    has(
        &ada.page("/tariffs").await,
        &["No tariffs yet", "csms tariff add tariff.json --default", "aria-current"],
    );
}

#[tokio::test]
async fn the_list_tells_price_places_and_versions() {
    let console = Console::start().await;
    furnish(&console).await;
    let ada = console.as_user("ada").await;
    let html = ada.page("/tariffs").await;
    let told = [
        "City, day and night",
        "0.39–0.52\u{a0}EUR",
        "Hafen &lt;West&gt;",
        "TAXI",
        "2, <time",
        "a%2Fb",
        "nowhere yet",
    ];
    has(&html, &told);
    // Of four assignments three are shown.
    assert!(!html.contains("1234") && html.contains("#assignments"));
    assert!(!html.contains("<West>"));
}

#[tokio::test]
async fn a_tariff_is_told_in_words_prices_and_what_a_version_changes() {
    let console = Console::start().await;
    furnish(&console).await;
    let ada = console.as_user("ada").await;
    let html = ada.page("/tariffs/city").await;
    has(
        &html,
        &["Energy: 0.39 EUR per kWh, 22:00–06:00 (night)", "before tax 0.3277\u{a0}EUR", "2026-04-27"],
    );
    has(&html, &["<del>Energy: 0.39 EUR", "<ins>Energy: 0.41 EUR", "The name becomes “City, winter”"]);
    has(&html, &["&lt;note&gt;", "&lt;test&gt;", "TAXI", "***", "Europe/Berlin"]);
    assert!(!html.contains("1234") && !html.contains("<note>"));
    let next = ada.page("/tariffs/city?version=2").await;
    has(&next, &["Energy: 0.41 EUR per kWh, 22:00–06:00 (night)", "This page tells what version 2 says"]);
    let zh =
        ada.get("/tariffs/city").header("accept-language", "zh").send().await.unwrap().text().await.unwrap();
    has(&zh, &["充电费：22:00–06:00，0.39 EUR/kWh（night）", "一周价格"]);
}

#[tokio::test]
async fn the_week_is_that_of_the_site_and_shows_changes_of_the_clocks() {
    let console = Console::start().await;
    furnish(&console).await;
    let ada = console.as_user("ada").await;
    let berlin = ada.page("/tariffs/city?week=2026-03-27").await;
    has(&berlin, &["2026-03-23 – 2026-03-29", "heat-gap", "23 h", "03:00–06:00", "UTC+2"]);
    has(&berlin, &["week=2026-03-16#week", "week=2026-03-30#week"]);
    has(&ada.page("/tariffs/city?week=2026-10-25").await, &["25 h", "02:00–03:00 (UTC+1)"]);
    let shanghai = ada.page("/tariffs/city?week=2026-03-27&site=2").await;
    has(&shanghai, &["Asia/Shanghai", "site=2&amp;week=2026-03-16#week"]);
    assert!(!shanghai.contains("heat-gap"));
    for odd in [
        "week=9999999-01-01",
        "week=-5",
        "site=x",
        "before=1.y&after=z",
        "week=2199-12-31",
        "week=1970-01-01",
    ] {
        has(&ada.page(&format!("/tariffs/city?{odd}")).await, &["heat-hours"]);
    }
    let later = "version 2 takes the place of this one";
    assert!(!ada.page("/tariffs/city?week=2026-05-24").await.contains(later));
    has(
        &ada.page("/tariffs/city?week=2026-05-31").await,
        &[later, "/tariffs/city?version=2&amp;week=2026-05-25"],
    );
    assert!(!ada.page("/tariffs/city?week=2026-06-07&version=2").await.contains(later));
    // Assigned nowhere: no site lends its time.
    has(&ada.page("/tariffs/a%2Fb").await, &["Local time of UTC", "csms tariff assign a"]);
}

#[tokio::test]
async fn files_are_offered_where_the_tariff_can_be_said_and_refusals_name_the_field() {
    let console = Console::start().await;
    furnish(&console).await;
    let json = r#"{"id":"net","currency":"EUR",
        "elements":[{"components":[{"dimension":"energy","price":"0.40","vat":"19"}]}]}"#;
    let net = Tariff::from_json(json).unwrap();
    let mut tx = console.app.db.write().await.unwrap();
    publish(&console, &mut tx, &net, None).await;
    tx.commit().await.unwrap();
    let ada = console.as_user("ada").await;
    let html = ada.page("/tariffs/net").await;
    for format in ["own", "ocpi-2.2.1", "ocpi-2.3.0", "ocpp-2.1"] {
        has(&html, &[&format!("=\"/tariffs/net/versions/1/{format}\"")]);
    }
    assert!(!html.contains("Cannot be said like this"));
    assert_eq!(Tariff::from_json(&ada.page("/tariffs/net/versions/1/own").await).unwrap(), net);
    let answer = ada.get("/tariffs/net/versions/1/ocpi-2.2.1?country=DE&party=ABC").send().await.unwrap();
    let name = answer.headers()["content-disposition"].to_str().unwrap();
    assert_eq!(name, "attachment; filename=\"net-1.ocpi-2.2.1.json\"");
    let json: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert_eq!((&json["party_id"], &json["id"]), (&json!("ABC"), &json!("net")));

    let html = ada.page("/tariffs/a%2Fb").await;
    has(&html, &["Cannot be said like this", "<code>caps[0]</code>"]);
    for (path, expected) in [
        ("/tariffs/net/versions/1/ocpp-2.1", 200),
        ("/tariffs/net/versions/1/ocpi-2.3.0?country=DE&party=ABC", 200),
        ("/tariffs/net/versions/1/ocpi-2.3.0", 400),
        ("/tariffs/net/versions/1/ocpi-2.3.0?country=DE&party=much", 400),
        ("/tariffs/a%2Fb/versions/1/ocpp-2.1", 400),
        ("/tariffs/net/versions/1/ocpi-9", 404),
        ("/tariffs/net/versions/3/own", 404),
        ("/tariffs/net/versions/x/own", 404),
        ("/tariffs/none", 404),
        ("/tariffs/city?version=3", 404),
    ] {
        assert_eq!(status(&ada, path).await, expected, "{path}");
    }
    assert_eq!(status(&console.browser(), "/tariffs/net/versions/1/own").await, 303, "a login is needed");
}

/// A session that began with the summer's tariff of a tariff that may be gone.
async fn session_with(console: &Console, tariff: &Tariff) {
    console.populate().await;
    let mut row: SessionRow = crate::session(10, "ended");
    row.tariff_hash = Some(tariff.hash());
    row.reference = "12".into();
    row.id = 12;
    let snapshot = Write::Snapshot { hash: tariff.hash(), body: tariff.to_json() };
    console.app.writer.commit(vec![snapshot, Write::Session(Box::new(row))]).await.unwrap();
}

#[tokio::test]
async fn a_session_keeps_the_tariff_that_it_began_with() {
    let console = Console::start().await;
    furnish(&console).await;
    let mut old = city();
    old.elements[0].components[0].price = tariffs::Price("0.29".parse().unwrap());
    session_with(&console, &old).await;
    let ada = console.as_user("ada").await;
    has(&ada.page("/sessions/12").await, &["href=\"/tariffs/city\"", "href=\"/sessions/12/tariff\""]);
    let html = ada.page("/sessions/12/tariff").await;
    has(&html, &["Energy: 0.29 EUR per kWh, 22:00–06:00 (night)", &old.hash(), "The tariff as it is now"]);
    for path in ["/sessions/10/tariff", "/sessions/77/tariff", "/sessions/x/tariff"] {
        assert_eq!(status(&ada, path).await, 404, "{path}");
    }
}

#[tokio::test]
async fn a_tariff_that_is_gone_is_still_told_by_its_sessions() {
    let console = Console::start().await;
    session_with(&console, &Tariff { id: "gone".into(), ..city() }).await;
    let ada = console.as_user("ada").await;
    assert!(!ada.page("/sessions/12").await.contains("tariffs/gone"));
    has(&ada.page("/sessions/12/tariff").await, &["The tariff has been removed since", "0.39"]);
}

#[tokio::test]
async fn a_stored_tariff_that_cannot_be_read_is_said_to_be_so() {
    let console = Console::start().await;
    furnish(&console).await;
    let (hash, body) = ("0".repeat(64), "{}".to_owned());
    console.populate().await;
    let row =
        SessionRow { tariff_hash: Some(hash.clone()), reference: "13".into(), ..crate::session(13, "ended") };
    let writes = vec![Write::Snapshot { hash, body }, Write::Session(Box::new(row))];
    console.app.writer.commit(writes).await.unwrap();
    let ada = console.as_user("ada").await;
    has(&ada.page("/sessions/13/tariff").await, &["cannot be read"]);
    assert_eq!(status(&ada, "/sessions/13").await, 200);
}
