//! A person asks stations in the console, and sees what becomes of it.

use crate::Console;
use csms::store::commands::{self, Filter};
use reqwest::header::LOCATION;

const ASK: &str = "/stations/CP%3C1%3E/ask";

async fn asked(console: &Console) -> Vec<commands::CommandRow> {
    let mut tx = console.app.db.read().await.unwrap();
    commands::list(&mut tx, &Filter::default(), None, 50).await.unwrap()
}

#[tokio::test]
async fn an_operator_asks_a_station_once_and_takes_it_back() {
    let console = Console::start().await;
    console.populate().await;
    let (ada, vic) = (console.as_user("ada").await, console.as_user("vic").await);
    assert!(ada.page("/commands").await.contains("Nothing was asked yet"));
    let chosen = ada.get(&format!("{ASK}?command=reset")).send().await.unwrap();
    assert_eq!(chosen.headers()[LOCATION], format!("{ASK}/reset"));
    let form = ada.page(&format!("{ASK}/reset")).await;
    for words in
        ["The station is not connected", "<option>idle</option>", "name=\"evse\"", "name=\"wait_hours\""]
    {
        assert!(form.contains(words), "no {words:?} in {form}");
    }

    // Without time to wait it is said at once that the station is not there.
    let fields = [("kind", "idle"), ("evse", ""), ("key", "k1"), ("wait_hours", "")];
    let answer = ada.submit(&format!("{ASK}/reset"), &fields).await;
    assert_eq!(answer.status(), 303);
    let page = ada.page(answer.headers()[LOCATION].to_str().unwrap()).await;
    assert!(page.contains("Not connected") && !page.contains("/cancel\""), "{page}");

    let fields = [("kind", "idle"), ("evse", ""), ("key", "k2"), ("wait_hours", "2")];
    let first = ada.submit(&format!("{ASK}/reset"), &fields).await;
    let second = ada.submit(&format!("{ASK}/reset"), &fields).await;
    assert_eq!(first.headers()[LOCATION], second.headers()[LOCATION], "the form was sent twice");
    assert_eq!(asked(&console).await.len(), 2);
    let here = first.headers()[LOCATION].to_str().unwrap().to_owned();
    assert!(ada.page(&here).await.contains(&format!("{here}/cancel")));
    assert!(!vic.page(&here).await.contains("/cancel"));
    assert_eq!(vic.submit(&format!("{here}/cancel"), &[]).await.status(), 403);
    let answer = ada.submit(&format!("{here}/cancel"), &[]).await;
    assert_eq!(answer.headers()[LOCATION], format!("{here}?done=command-cancelled"));
    assert!(ada.page(&here).await.contains("Taken back"));
    let list = ada.page("/commands?station=CP%3C1%3E&state=cancelled").await;
    assert!(list.contains("CP&lt;1&gt;") && list.contains(&here), "{list}");
    assert!(ada.page("/stations/CP%3C1%3E").await.contains(ASK));
}

#[tokio::test]
async fn what_cannot_be_asked_is_said_and_what_was_typed_stays() {
    let console = Console::start().await;
    console.populate().await;
    let (ada, vic) = (console.as_user("ada").await, console.as_user("vic").await);
    for (word, fields, said) in [
        ("unlock", vec![("evse", "one")], "evse: &quot;one&quot; is no whole number"),
        ("stop", vec![("transaction", "")], "transaction is needed"),
        ("call", vec![("action", "GetReport"), ("payload", "{")], "payload: EOF"),
        ("reset", vec![("kind", "idle"), ("wait_hours", "1000")], "wait_hours: from 1 to 720"),
    ] {
        let answer = ada.submit(&format!("{ASK}/{word}"), &fields).await;
        assert_eq!(answer.status(), 200);
        let page = answer.text().await.unwrap();
        assert!(page.contains(said), "no {said:?} in {page}");
        let typed = fields[0].1;
        assert!(
            typed.is_empty()
                || page.contains(&format!("value=\"{typed}\""))
                || page.contains(&format!("<option selected>{typed}")),
            "{page}"
        );
    }
    assert!(asked(&console).await.is_empty());
    for missing in [
        format!("{ASK}/explode"),
        "/stations/none/ask".to_owned(),
        "/commands/1".to_owned(),
        "/commands/x".to_owned(),
    ] {
        let status = ada.get(&missing).send().await.unwrap().status();
        assert!(status == 404 || status == 400, "{missing}: {status}");
    }
    assert_eq!(vic.get(&format!("{ASK}/reset")).send().await.unwrap().status(), 403);
    assert_eq!(vic.submit(&format!("{ASK}/reset"), &[("kind", "idle")]).await.status(), 403);
}

#[tokio::test]
async fn a_secret_that_a_station_is_told_is_not_shown() {
    let console = Console::start().await;
    console.populate().await;
    let ada = console.as_user("ada").await;
    let secret = r#"[{"variable": {"name": "AuthorizationKey"}, "value": "0123456789abcdef"}]"#;
    let answer = ada.submit(&format!("{ASK}/write"), &[("variables", secret), ("wait_hours", "1")]).await;
    let page = ada.page(answer.headers()[LOCATION].to_str().unwrap()).await;
    assert!(page.contains("AuthorizationKey") && !page.contains("0123456789abcdef"), "{page}");
}
