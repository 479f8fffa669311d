use crate::{Console, attempt};
use csms::{
    link::auth::Check,
    store::{row::Write, sessions, stations},
};

async fn secret_of(console: &Console, id: &str) -> Option<String> {
    let mut tx = console.app.db.read().await.unwrap();
    stations::find(&mut tx, id).await.unwrap().map(|row| row.secret)
}

fn shown_secret(html: &str) -> String {
    let (_, rest) = html.split_once("class=\"secret\"><code>").expect("a password is shown");
    rest.split('<').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_form_without_the_token_of_its_login_changes_nothing() {
    let console = Console::start().await;
    let (ada, vic) = (console.as_user("ada").await, console.as_user("vic").await);
    let of_vic = crate::csrf_of(&vic.page("/account").await);
    for token in ["", "0", of_vic.as_str()] {
        let form = [("csrf", token), ("id", "CP1"), ("password", "none")];
        assert_eq!(ada.post("/add-station").form(&form).send().await.unwrap().status(), 403);
    }
    // Even the right token does not help a form that comes from elsewhere.
    let token = crate::csrf_of(&ada.page("/account").await);
    let form = [("csrf", token.as_str()), ("id", "CP1"), ("password", "none")];
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        let answer = ada.post("/add-station").form(&form).header(name, value).send().await.unwrap();
        assert_eq!(answer.status(), 403, "{name}: {value}");
    }
    assert_eq!(secret_of(&console, "CP1").await, None);
    let own = format!("http://{}", console.address);
    let answer = ada.post("/add-station").form(&form).header("origin", own).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), secret_of(&console, "CP1").await.as_deref()), (200, Some("")));
}

#[tokio::test]
async fn a_viewer_looks_and_changes_nothing() {
    let console = Console::start().await;
    console.populate().await;
    let vic = console.as_user("vic").await;
    assert!(!vic.page("/stations").await.contains("href=\"/add-station\""));
    assert!(!vic.page("/attempts").await.contains("/attempts/adopt"));
    assert_eq!(vic.get("/add-station").send().await.unwrap().status(), 403);
    for (path, field) in [
        ("/add-station", ("id", "CP9")),
        ("/attempts/adopt", ("identity", "CP2")),
        ("/stations/CP%3C1%3E/password", ("x", "")),
        ("/stations/CP%3C1%3E/lift", ("x", "")),
        ("/stations/CP%3C1%3E/display", ("wanted", "on")),
        ("/sessions/11/end", ("x", "")),
    ] {
        assert_eq!(vic.submit(path, &[field]).await.status(), 403, "{path}");
    }
    assert_eq!((secret_of(&console, "CP9").await, secret_of(&console, "CP2").await), (None, None));
}

#[tokio::test]
async fn a_station_is_added_with_a_password_that_works_and_is_shown_once() {
    let console = Console::start().await;
    let ada = console.as_user("ada").await;
    assert!(ada.page("/stations").await.contains("No stations yet"));
    let answer =
        ada.submit("/add-station", &[("id", "CP1"), ("name", "Gate"), ("password", "generate")]).await;
    let html = answer.text().await.unwrap();
    let secret = shown_secret(&html);
    assert!(
        html.contains(&format!("ws://127.0.0.1:{}/ocpp/CP1", console.app.config.ocpp.listen.port())),
        "{html}"
    );
    let kept = secret_of(&console, "CP1").await.unwrap();
    assert_eq!(console.vault.check(Some(&kept), secret.as_bytes()).await, Check::Right);
    let page = ada.page("/stations/CP1").await;
    assert!(page.contains("Gate") && !page.contains(&secret) && !page.contains("hmac$"));
    for (fields, word) in [
        ([("id", "CP1"), ("site", "")], "registered already"),
        ([("id", "a b"), ("site", "")], "no spaces"),
        ([("id", "CP2"), ("site", "77")], "does not exist"),
    ] {
        let html = ada.submit("/add-station", &fields).await.text().await.unwrap();
        assert!(html.contains(word), "{word}");
    }
    assert_eq!(secret_of(&console, "CP2").await, None);
    assert!(ada.page("/events?kind=station.created").await.contains("Registered"));
}

#[tokio::test]
async fn a_new_password_replaces_the_old_one() {
    let console = Console::start().await;
    let ada = console.as_user("ada").await;
    let old = shown_secret(&ada.submit("/add-station", &[("id", "CP1")]).await.text().await.unwrap());
    let new = shown_secret(&ada.submit("/stations/CP1/password", &[]).await.text().await.unwrap());
    let kept = secret_of(&console, "CP1").await.unwrap();
    assert_eq!(console.vault.check(Some(&kept), old.as_bytes()).await, Check::Wrong);
    assert_eq!(console.vault.check(Some(&kept), new.as_bytes()).await, Check::Right);
    assert_eq!(ada.submit("/stations/CP2/password", &[]).await.status(), 404);
}

#[tokio::test]
async fn a_refused_station_is_adopted_with_or_without_a_password() {
    let console = Console::start().await;
    let ada = console.as_user("ada").await;
    let refused = ["CP1", "CP2"].map(|id| Write::Attempt(Box::new(attempt(id))));
    console.app.writer.commit(refused.into()).await.unwrap();
    let page = ada.page("/attempts").await;
    assert!(page.contains("No station with this identity is registered") && page.contains("adopt it"));
    let secret = shown_secret(
        &ada.submit("/attempts/adopt", &[("identity", "CP1"), ("password", "generate")])
            .await
            .text()
            .await
            .unwrap(),
    );
    let kept = secret_of(&console, "CP1").await.unwrap();
    assert_eq!(console.vault.check(Some(&kept), secret.as_bytes()).await, Check::Right);
    let html = ada
        .submit("/attempts/adopt", &[("identity", "CP2"), ("password", "none")])
        .await
        .text()
        .await
        .unwrap();
    assert!(!html.contains("class=\"secret\""));
    assert_eq!(secret_of(&console, "CP2").await.as_deref(), Some(""));
    assert!(ada.page("/attempts").await.contains("Nobody was turned away"));
    // Nobody can make a station of an identity that was never refused.
    assert_eq!(ada.submit("/attempts/adopt", &[("identity", "CP3")]).await.status(), 404);
}

#[tokio::test]
async fn a_quarantine_is_lifted_in_the_row_and_in_memory() {
    let console = Console::start().await;
    let ada = console.as_user("ada").await;
    ada.submit("/add-station", &[("id", "CP1"), ("password", "none")]).await;
    let (now, id) = (crate::now(), "CP1".into());
    for _ in 0..4 {
        console.app.hub.quarantine().connect(&id, now, 3, 3600);
    }
    let until = Some(now + chrono::TimeDelta::hours(1));
    let held =
        Write::Quarantine { station: id.clone(), until, reason: "4 connects within 10 minutes".into() };
    console.app.writer.commit(vec![held]).await.unwrap();
    let page = ada.page("/stations/CP1").await;
    assert!(page.contains("4 connects within 10 minutes") && page.contains("Lift now"));
    assert!(ada.page("/stations?filter=quarantined").await.contains("CP1"));
    let answer = ada.submit("/stations/CP1/lift", &[]).await;
    assert_eq!(answer.headers()["location"], "/stations/CP1?done=lifted");
    assert_eq!(console.app.hub.quarantine().until(&id, now), None);
    let page = ada.page("/stations/CP1?done=lifted").await;
    assert!(page.contains("The quarantine is lifted") && !page.contains("Lift now"));
    assert!(!ada.page("/stations?filter=quarantined").await.contains("\"s-CP1\""));
}

#[tokio::test]
async fn a_session_whose_stop_never_comes_is_ended_by_hand() {
    let console = Console::start().await;
    console.populate().await;
    let ada = console.as_user("ada").await;
    assert!(ada.page("/sessions/11").await.contains("End and bill now"));
    let answer = ada.submit("/sessions/11/end", &[]).await;
    assert_eq!(answer.headers()["location"], "/sessions/11?done=session-ended");
    let page = ada.page("/sessions/11?done=session-ended").await;
    assert!(page.contains("The session is ended") && !page.contains("End and bill now"), "{page}");
    let mut tx = console.app.db.read().await.unwrap();
    let row = sessions::find(&mut tx, 11).await.unwrap().unwrap();
    assert_eq!(row.state, "ended");
    assert!(row.flags.contains("stop-missing"), "{}", row.flags);
    drop(tx);
    assert!(ada.page("/events").await.contains("Ended by hand"));
    assert_eq!(ada.submit("/sessions/11/end", &[]).await.status(), 303, "again is harmless");
    assert_eq!(ada.submit("/sessions/12/end", &[]).await.status(), 404);
}
