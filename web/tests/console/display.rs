//! The payment code on a station's display, as its page shows and turns it on.

use crate::{Console, now};
use chrono::TimeDelta;
use csms::{
    config::Config,
    store::displays::{self, DisplayRow, MessageRow},
};

const PAGE: &str = "/stations/CP%3C1%3E";

#[tokio::test]
async fn an_operator_turns_the_code_on_and_sees_what_stands_there() {
    let mut config = Config::default();
    config.web.public_url = "http://csms.example".into();
    let console = Console::start_with(config).await;
    console.populate().await;
    let ada = console.as_user("ada").await;
    assert!(ada.page(PAGE).await.contains("Not turned on."));
    let answer = ada.submit(&format!("{PAGE}/display"), &[("wanted", "on")]).await;
    assert_eq!(answer.status(), 303, "it leads back to the page");
    let page = ada.page(&format!("{PAGE}?done=display-kept")).await;
    assert!(page.contains("The station is told in a moment."));
    let page = ada.page(PAGE).await;
    assert!(page.contains("Turned on. Nothing was sent yet."));
    assert!(page.contains("<option value=\"on\" selected>"));

    let mut tx = console.app.db.write().await.unwrap();
    let row = DisplayRow {
        station_id: "CP<1>".into(),
        state: "refused".into(),
        detail: "Rejected <NoSpace>".into(),
        ability: r#"{"formats":["URI","UTF8"],"priorities":["InFront"],"idle":true,"own":[]}"#.into(),
        changed_at: now(),
        ..DisplayRow::default()
    };
    displays::learn(&mut tx, &row).await.unwrap();
    let message = MessageRow {
        station_id: "CP<1>".into(),
        evse: 1,
        stands: "code".into(),
        asked: "code".into(),
        answer: "Accepted".into(),
        asked_at: now(),
        until: Some(now() + TimeDelta::minutes(10)),
        ..MessageRow::default()
    };
    displays::keep(&mut tx, &message).await.unwrap();
    tx.commit().await.unwrap();
    let page = ada.page(PAGE).await;
    for words in
        ["The display refused", "Rejected &lt;NoSpace&gt;", ">URI<", "A code", "<code>Accepted</code>"]
    {
        assert!(page.contains(words), "no {words:?} in {page}");
    }
    // What was learnt stays when the operator changes it.
    ada.submit(&format!("{PAGE}/display"), &[("wanted", "off")]).await;
    let mut tx = console.app.db.read().await.unwrap();
    let kept = displays::find(&mut tx, "CP<1>").await.unwrap().unwrap();
    assert_eq!((&*kept.wanted, &*kept.state), ("off", "refused"));
    assert_eq!(ada.submit("/stations/CP9/display", &[("wanted", "on")]).await.status(), 404);
}

#[tokio::test]
async fn a_display_without_a_public_address_says_why_it_shows_nothing() {
    let console = Console::start().await;
    console.populate().await;
    let page = console.as_user("ada").await.page(PAGE).await;
    assert!(page.contains("web.public_url is not set"));
}
