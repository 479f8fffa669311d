//! What orders owe: paid on their pages, written off by operators in the console and by programs.

use crate::{
    Console,
    api_money::Program,
    api_v1::{json_of, problem},
    desk_seed::{furnish, order, order_of},
    drive_order::{charge, paid},
    now,
    till::Till,
};
use csms::{
    api_key::Scope,
    pay,
    store::pay::{
        attempts::{self, AttemptRow},
        orders::{self, OrderRow},
    },
};
use serde_json::json;

fn has(html: &str, words: &[&str]) {
    for word in words {
        assert!(html.contains(word), "no {word:?} in {html}");
    }
}

/// Order 9 owes all of its bill, 50.00.
async fn owing(console: &Console) {
    let row = OrderRow {
        purpose: "bill".into(),
        mode: "later".into(),
        session_id: Some(10),
        due_minor: Some(5_000),
        settled_at: Some(now()),
        ..order(9, "owing")
    };
    let mut tx = console.app.db.write().await.unwrap();
    assert!(orders::create(&mut tx, &row).await.unwrap());
    orders::update(&mut tx, &row).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_program_writes_off_what_is_owed_for_a_reason_and_once() {
    let till = Till::open().await;
    furnish(&till.console).await;
    owing(&till.console).await;
    let viewer = Program::of(&till.console, &[Scope::Read, Scope::Money]).await;
    let program = Program::of(&till.console, &Scope::ALL).await;
    let path = "/orders/order9/write-off";
    let why = json!({ "reason": "moved away" });
    problem(viewer.post(path, &why), 403, "scope-missing").await;
    problem(program.post(path, &json!({ "reason": " " })), 422, "invalid-field").await;
    problem(program.post("/orders/order7/write-off", &why), 409, "not-now").await;
    problem(program.post("/orders/nobody/write-off", &why), 404, "not-found").await;
    for _ in 0..2 {
        let done = json_of(program.post(path, &why).header("idempotency-key", "k1"), 200).await;
        assert_eq!((&done["state"], &done["written_off_minor"]), (&json!("released"), &json!(5_000)));
    }
    let story = json_of(program.get("/orders/order9/story"), 200).await;
    let lines: Vec<_> = story["items"].as_array().unwrap().iter().collect();
    let told: Vec<_> = lines.iter().filter(|line| line["kind"] == "order.written_off").collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["body"], json!({ "amount": "50.00 EUR", "reason": "moved away" }));
    let entries = json_of(program.get("/ledger/entries?order=order9"), 200).await;
    assert!(entries.to_string().contains("expense:write_off"), "{entries}");
}

#[tokio::test]
async fn an_operator_writes_off_what_is_owed_and_a_viewer_does_not() {
    let till = Till::open().await;
    furnish(&till.console).await;
    owing(&till.console).await;
    let (ada, vic) = (till.console.as_user("ada").await, till.console.as_user("vic").await);
    let form = [("reason", "moved <b>"), ("key", "1")];
    assert_eq!(vic.submit("/orders/9/write-off", &form).await.status(), 403);
    has(&ada.page("/orders/9").await, &["/orders/9/write-off", "50.00\u{a0}EUR are still owed"]);
    assert!(!ada.page("/orders/7").await.contains("/orders/7/write-off"), "nothing is owed");
    assert_eq!(ada.submit("/orders/9/write-off", &[("reason", " ")]).await.status(), 409);
    assert_eq!(order_of(&till.console, 9).await.state, "owing");
    let answer = ada.submit("/orders/9/write-off", &form).await;
    assert_eq!(answer.headers()["location"], "/orders/9?done=order-written-off");
    assert_eq!(order_of(&till.console, 9).await.written_off_minor, 5_000);
    let page = ada.page("/orders/9?done=order-written-off").await;
    has(&page, &["What was owed is written off", "Written off", "moved &lt;b&gt;", "expense:write_off"]);
    assert!(!page.contains("/orders/9/write-off"), "there is nothing left");
}

/// The hold was captured for 6.59, and the order stands so.
async fn captured(till: &Till, number: &str, state: &str, due: i64) {
    let mut tx = till.console.app.db.write().await.unwrap();
    let order = orders::by_number(&mut tx, number).await.unwrap().unwrap();
    let held = attempts::of_order(&mut tx, order.id).await.unwrap().remove(0);
    let taken = AttemptRow { state: "taken".into(), held_minor: 0, taken_minor: 659, ..held };
    attempts::update(&mut tx, &taken).await.unwrap();
    let row =
        OrderRow { state: state.into(), due_minor: Some(due), held_minor: 0, taken_minor: 659, ..order };
    orders::update(&mut tx, &row).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_page_shows_the_session_that_goes_on_after_the_capture_and_then_what_is_left_to_pay() {
    for (ended, state, due) in [(false, "captured", 659), (true, "owing", 1_000)] {
        let till = Till::open().await;
        let browser = till.console.browser();
        let path = paid(&till, &browser).await;
        let number = path.trim_start_matches("/o/").to_owned();
        charge(&till, &number, ended).await;
        pay::turn(&till.console.app).await.unwrap();
        captured(&till, &number, state, due).await;
        let page = browser.page(&path).await;
        if ended {
            has(&page, &["data-phase=\"choose\"", "The session has cost more than was paid.", "3.41"]);
            has(&page, &["stripe.hosted"]);
            assert!(!page.contains("data-left"), "it has no time limit");
        } else {
            has(&page, &["data-phase=\"charging\"", "Stop charging"]);
        }
    }
}
