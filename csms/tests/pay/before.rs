//! What comes before the money: which account takes it, and whether the rules want to know more of the driver first.

use super::house::{House, houses, houses_with};
use csms::{
    config::Config,
    pay::{self, Clicked, PayError},
    store::routing::{self, OverrideRow},
};
use payments::{
    provider::Method,
    routing::{Decision, How, Rule, Verdict},
};

/// A second account that can do what "cards" can.
fn second(config: &mut Config) {
    let mut other = config.pay.accounts[0].clone();
    other.name = "cards-b".to_owned();
    config.pay.accounts.push(other);
}

async fn want(house: &House, account: &str, wish: &str) {
    let row = OverrideRow {
        account: account.to_owned(),
        method: String::new(),
        wish: wish.to_owned(),
        note: String::new(),
        until: None,
        created_by: "test".to_owned(),
        created_at: house.clock.now(),
    };
    let mut tx = house.app.db.write().await.unwrap();
    routing::put_override(&mut tx, &row).await.unwrap();
    tx.commit().await.unwrap();
    // What is known is looked up again after a moment.
    house.advance(6);
}

async fn routed(house: &mut House, page: &str) -> Decision {
    let order = house.order(page).await;
    house.click(&order, Method::Hosted).await.unwrap();
    let attempt = house.attempts(order.id).await.pop().unwrap();
    serde_json::from_str(&attempt.route).unwrap()
}

#[tokio::test]
async fn an_account_that_is_switched_off_takes_nothing_and_the_decision_says_why() {
    for mut house in houses_with(second).await {
        want(&house, "cards", "off").await;
        let decision = routed(&mut house, "a").await;
        assert_eq!(decision.chosen.as_deref(), Some("cards-b"));
        let verdict =
            |name: &str| decision.considered.iter().find(|one| one.account == name).unwrap().verdict;
        assert_eq!((verdict("cards"), verdict("cards-b")), (Verdict::Disabled, Verdict::Chosen));
    }
}

#[tokio::test]
async fn an_operator_gets_the_account_preferred() {
    for mut house in houses_with(second).await {
        for (page, account) in [("a", "cards"), ("b", "cards-b")] {
            want(&house, account, "preferred").await;
            let decision = routed(&mut house, page).await;
            assert_eq!((decision.chosen.as_deref(), decision.how), (Some(account), How::Wanted));
            let mut tx = house.app.db.write().await.unwrap();
            assert!(routing::remove_override(&mut tx, account, "").await.unwrap());
            tx.commit().await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_rule_that_none_passes_refuses_where_it_wants_that() {
    for mut house in houses().await {
        let order = house.order("a").await;
        let rule = Rule { fallback: payments::routing::Fallback::Refuse, ..Rule::default() };
        let mut tx = house.app.db.write().await.unwrap();
        let body = serde_json::to_string(&rule).unwrap();
        let row = routing::add_rule(&mut tx, &body, "strict", "test", house.clock.now()).await.unwrap();
        assert_eq!(row.version, 1);
        tx.commit().await.unwrap();
        // The list rate of 0.6 % is not below 0.6 %.
        let refused = house.click(&order, Method::Hosted).await;
        assert!(matches!(refused, Err(PayError::NoWay)), "{refused:?}");
    }
}

#[tokio::test]
async fn how_payments_went_is_counted_and_what_payers_did_is_not() {
    for mut house in houses().await {
        let paid = house.order("a").await;
        house.click(&paid, Method::Hosted).await.unwrap();
        house.pay(&paid).await;
        let left = house.order_elsewhere("b").await;
        assert!(left.is_err(), "the place is taken: no second attempt is made there");
        let since = house.clock.now() - chrono::TimeDelta::hours(1);
        let rows = routing::outcomes(&mut house.app.db.read().await.unwrap(), since).await.unwrap();
        let counts: Vec<_> = rows.iter().map(|row| (&*row.account, row.succeeded, row.failed)).collect();
        assert_eq!(counts, [("cards", 1, 0)]);
    }
}

/// A hook that is never called in this test.
fn with_messages(config: &mut Config) {
    config.messages.hook_url = "http://127.0.0.1:9/hook".to_owned();
    config.messages.hook_secret = "s".to_owned();
}

#[tokio::test]
async fn a_sixth_charge_in_a_day_wants_a_code_first_and_a_contact_to_send_it_to() {
    for mut house in houses_with(with_messages).await {
        for n in 0..5 {
            let order = house.order(&format!("n{n}")).await;
            house.click(&order, Method::Hosted).await.unwrap();
            house.pay(&order).await;
            pay::cancel(&house.app, &order.number, "driver").await.unwrap();
            house.work().await;
            house.advance(61);
        }
        let order = house.order("sixth").await;
        let clicked = house.click(&order, Method::Hosted).await.unwrap();
        assert_eq!(clicked, Clicked::Contact, "nobody knows where to send a code");
        pay::contact(&house.app, &order.number, "ada@example.com", false).await.unwrap();
        let clicked = house.click(&order, Method::Hosted).await.unwrap();
        assert!(matches!(clicked, Clicked::Verify { .. }), "{clicked:?}");
        assert!(house.attempts(order.id).await.is_empty(), "no provider was asked");
        let mut tx = house.app.db.read().await.unwrap();
        let sent = csms::store::messages::list(&mut tx, Some(order.id), None, 5).await.unwrap();
        drop(tx);
        let code: String = sent[0].body.chars().filter(char::is_ascii_digit).collect();
        let wrong = pay::verify(&house.app, &order.number, "000000").await.unwrap();
        assert!(matches!(wrong, csms::risk::checks::Answer::Wrong { .. }) || code == "000000");
        let right = pay::verify(&house.app, &order.number, &code).await.unwrap();
        assert_eq!(right, csms::risk::checks::Answer::Passed);
        let clicked = house.click(&order, Method::Hosted).await.unwrap();
        assert!(matches!(clicked, Clicked::Next(_)), "{clicked:?}");
    }
}
