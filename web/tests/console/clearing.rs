//! The pages of clearing: many cases after a preview, fees with their history, and statements that are late.

use crate::{Console, desk_seed::furnish, till::Till};
use csms::store::{
    clearing::{
        cases::{self, CaseRow, Filter},
        fees,
    },
    events,
};

fn has(html: &str, words: &[&str]) {
    for word in words {
        assert!(html.contains(word), "no {word:?} in {html}");
    }
}

/// The case of the furniture, and more like it: numbers, what is gained, and in which currency.
async fn add_cases(console: &Console, more: &[(i64, i64, &str)]) {
    let mut tx = console.app.db.write().await.unwrap();
    let first = cases::find(&mut tx, 21).await.unwrap().unwrap();
    for (id, gain, currency) in more {
        let row = CaseRow {
            id: *id,
            key: format!("c{id}"),
            number: format!("n{id}"),
            currency: (*currency).to_owned(),
            theirs_minor: Some(*gain),
            gain_minor: *gain,
            ..first.clone()
        };
        assert!(cases::add(&mut tx, &row).await.unwrap());
    }
    tx.commit().await.unwrap();
}

async fn case_of(console: &Console, id: i64) -> CaseRow {
    cases::find(&mut console.app.db.read().await.unwrap(), id).await.unwrap().unwrap()
}

#[tokio::test]
async fn many_cases_are_previewed_and_settled_with_one_click() {
    let till = Till::open().await;
    furnish(&till.console).await;
    add_cases(&till.console, &[(31, 300, "EUR"), (32, -50, "EUR"), (33, 40_000, "EUR"), (34, 70, "CNY")])
        .await;
    let ada = till.console.as_user("ada").await;
    let html = ada.page("/clearing/cases?currency=EUR&at_most=12.00&way=write_off").await;
    has(
        &html,
        &[
            "id=\"preview\"",
            "3 cases would be settled",
            "15.00\u{a0}EUR",
            "0.50\u{a0}EUR",
            "value=\"32 31 21\"",
        ],
    );
    assert!(
        !html.contains("id=\"c-33\"") && !html.contains("id=\"c-34\""),
        "what is listed is what is chosen"
    );
    has(&ada.page("/clearing/cases?way=post_fee").await, &["5 more are chosen that cannot be settled so"]);
    has(&ada.page("/clearing/cases?way=write_off").await, &["1 of them need a second person"]);
    has(&ada.page("/clearing/cases?at_most=1").await, &["This was not done", "needs a currency"]);
    assert!(!ada.page("/clearing/cases?at_most=1&way=accept").await.contains("id=\"preview\""));
    assert!(!ada.page("/clearing/cases?state=resolved&way=accept").await.contains("id=\"preview\""));

    let click = [("way", "write_off"), ("cases", "32 31 21 4711"), ("note", "")];
    let answer = ada.submit("/clearing/cases", &click).await;
    assert_eq!(answer.status(), 409, "whoever settles many says why");
    assert_eq!(case_of(&till.console, 31).await.state, "open");
    let click = [("way", "write_off"), ("cases", "32 31 21 4711"), ("note", "their <outage>")];
    let html = ada.submit("/clearing/cases", &click).await.text().await.unwrap();
    has(&html, &["id=\"results\"", "settled</span> 3", "not settled</span> 1", "no case 4711"]);
    for id in [32, 31, 21] {
        let case = case_of(&till.console, id).await;
        assert_eq!(
            (&*case.state, &*case.resolved_by, &*case.note),
            ("resolved", "ada", "their <outage>"),
            "{id}"
        );
    }
    let html = ada.submit("/clearing/cases", &click).await.text().await.unwrap();
    has(&html, &["settled</span> 0", "settled before</span> 3"]);
    let mut tx = till.console.app.db.read().await.unwrap();
    let open = Filter { unsettled: true, ..Filter::default() };
    assert_eq!(cases::list(&mut tx, &open, None, 10).await.unwrap().len(), 2);
    drop(tx);
    for wrong in [[("way", "magic"), ("cases", "33")], [("way", "accept"), ("cases", "33; x")]] {
        assert_eq!(ada.submit("/clearing/cases", &wrong).await.status(), 400);
    }
}

#[tokio::test]
async fn whoever_may_only_look_is_offered_nothing_to_do() {
    let till = Till::open().await;
    furnish(&till.console).await;
    let vic = till.console.as_user("vic").await;
    let html = vic.page("/clearing/cases?way=accept").await;
    assert!(!html.contains("id=\"preview\"") && html.contains("id=\"c-21\""));
    assert!(!vic.page("/clearing/fees").await.contains("<form class=\"upload\""));
}

#[tokio::test]
async fn fees_are_agreed_from_a_day_on_and_what_was_before_is_kept() {
    let till = Till::open().await;
    let ada = till.console.as_user("ada").await;
    has(&ada.page("/clearing/fees").await, &["Nothing was agreed yet", "taken as they are"]);
    let fees = |from: &'static str, rate: &'static str| {
        [
            ("account", "st"),
            ("from", from),
            ("rate", rate),
            ("fixed", "25"),
            ("tolerance", "1"),
            ("note", "<new> contract"),
        ]
    };
    let answer = ada.submit("/clearing/fees", &fees("2020-01-01", "1.5")).await;
    assert_eq!(answer.headers()["location"], "/clearing/fees?done=fees-kept");
    assert_eq!(ada.submit("/clearing/fees", &fees("2999-01-01", "1.4%")).await.status(), 303);
    let answer = ada.submit("/clearing/fees", &fees("2999-01-01", "1.4")).await;
    assert_eq!(answer.headers()["location"], "/clearing/fees?done=fees-known");
    let html = ada.page("/clearing/fees").await;
    has(&html, &["1.5% + 25", "since 2020-01-01", "2999-01-01", "1.4% + 25", "&lt;new&gt; contract", "ada"]);
    for (from, rate, why) in [("soon", "1", "is no day"), ("2026-01-01", "200", "is no rate")] {
        let answer = ada.submit("/clearing/fees", &fees(from, rate)).await;
        assert_eq!(answer.status(), 409);
        has(&answer.text().await.unwrap(), &["This was not done", why]);
    }
    let stranger = [("account", "nobody"), ("from", "2026-01-01"), ("rate", "1")];
    assert_eq!(ada.submit("/clearing/fees", &stranger).await.status(), 409);
    let mut tx = till.console.app.db.read().await.unwrap();
    let kept = fees::of_account(&mut tx, "st").await.unwrap();
    let told: Vec<_> = kept.iter().map(|row| (&*row.from_day, row.rate_millionths, &*row.by_whom)).collect();
    assert_eq!(told, [("2999-01-01", Some(14_000), "ada"), ("2020-01-01", Some(15_000), "ada")]);
    let all = events::list(&mut tx, &events::Filter::default(), None, 50).await.unwrap();
    assert_eq!(all.iter().filter(|event| event.kind == "clearing.fees").count(), 2);
}

#[tokio::test]
async fn late_statements_stand_on_top_until_they_come() {
    let till = Till::open().await;
    furnish(&till.console).await;
    let ada = till.console.as_user("ada").await;
    assert!(!ada.page("/clearing").await.contains("id=\"late\""));
    let mut tx = till.console.app.db.write().await.unwrap();
    let first = cases::find(&mut tx, 21).await.unwrap().unwrap();
    let late = CaseRow {
        id: 51,
        key: "statement:st:trades:2026-04-30".into(),
        reason: cases::LATE.into(),
        kind: "trades".into(),
        number: String::new(),
        reference: "not made yet".into(),
        currency: String::new(),
        theirs_minor: None,
        gain_minor: 0,
        ..first
    };
    assert!(cases::add(&mut tx, &late).await.unwrap());
    tx.commit().await.unwrap();
    has(
        &ada.page("/clearing").await,
        &["id=\"late\"", "Statements that are late", "file of trades", "2026-04-30"],
    );
    has(
        &ada.page("/clearing/cases?reason=statement").await,
        &["id=\"c-51\"", "statement is missing", "not made yet"],
    );
    let zh = ada.get("/clearing").header("accept-language", "zh").send().await.unwrap().text().await.unwrap();
    has(&zh, &["迟到的对账单", "交易对账单"]);
    let mut tx = till.console.app.db.write().await.unwrap();
    assert!(cases::come(&mut tx, &late.key, "the statement has come", late.found_at).await.unwrap());
    tx.commit().await.unwrap();
    assert!(!ada.page("/clearing").await.contains("id=\"late\""));
}
