//! Money on its way back that a provider does not let go at once.

use super::{
    house::{House, houses},
    provider::{KEY, event},
};
use csms::{
    ledger::Account,
    model::Phase,
    pay::{self, RefundWish, State},
    store::pay::{refunds::RefundRow, story},
};
use payments::{
    Amount,
    provider::{
        Method, Refusal, RefusalKind,
        sandbox::wire::{About, Code, Refund, RefundStep},
    },
};

/// Paid up front, and 1 kWh at 0.40 used: the rest is to go back.
async fn with_a_rest(house: &mut House) -> i64 {
    let order = house.order("a").await;
    house.click(&order, Method::Code).await.unwrap();
    house.pay(&order).await;
    let token = house.row(order.id).await.token_uid;
    house.session(Phase::Start, Some(&token), 0).await;
    house.work().await;
    house.advance(600);
    house.session(Phase::End, None, 1_000).await;
    order.id
}

async fn told(house: &House, order: i64, kind: &str) -> usize {
    let lines = story::of_order(&mut house.app.db.read().await.unwrap(), order).await.unwrap();
    lines.iter().filter(|line| line.kind == kind).count()
}

#[tokio::test]
async fn a_wrong_key_or_an_empty_balance_puts_a_refund_off_and_does_not_end_it() {
    for code in [Code::BadSignature, Code::Busy, Code::NoSuchOrder] {
        for mut house in houses().await {
            house.provider.refuse_refunds(Some(code));
            let order = with_a_rest(&mut house).await;
            for _ in 0..30 {
                house.work().await;
                house.advance(4_400);
            }
            let refund = house.refunds(order).await.remove(0);
            assert!(!matches!(&*refund.state, "failed" | "done"), "{code:?}: {refund:?}");
            let why: Refusal = serde_json::from_str(&refund.refusal).unwrap();
            assert_eq!(why.code, code.word());
            assert_eq!(told(&house, order, "refund.put_off").await, 1, "once, however often it is asked for");
            assert_eq!(house.state(order).await, State::Settling);

            house.provider.refuse_refunds(None);
            house.work().await;
            let refunds = house.refunds(order).await;
            let [refund] = refunds.as_slice() else { panic!("{refunds:?}") };
            assert_eq!((&*refund.state, &*refund.refusal), ("done", ""));
            assert_eq!(house.state(order).await, State::PartlyRefunded);
            assert_eq!(house.provider.balance(), 40);
        }
    }
}

#[tokio::test]
async fn a_refund_that_cannot_be_is_for_people_at_once() {
    for mut house in houses().await {
        house.provider.refuse_refunds(Some(Code::TooMuch));
        let order = with_a_rest(&mut house).await;
        house.work().await;
        let refund = house.refunds(order).await.remove(0);
        assert_eq!(refund.state, "failed");
        let why: Refusal = serde_json::from_str(&refund.refusal).unwrap();
        assert_eq!((why.kind, &*why.code), (RefusalKind::Setup, "TOO_MUCH"));
        assert_eq!(told(&house, order, "refund.refused").await, 1);
    }
}

#[tokio::test]
async fn a_hint_that_something_happened_to_a_refund_has_it_asked_after_at_once() {
    for mut house in houses().await {
        house.provider.refunds_wait(true);
        let order = with_a_rest(&mut house).await;
        house.work().await;
        assert_eq!(house.refunds(order).await[0].state, "waiting");
        house.provider.refunds_wait(false);
        // What it says of the state is not the last word.
        house.deliver("wallet").await;
        house.work().await;
        assert_eq!(house.refunds(order).await[0].state, "done");
        assert_eq!(house.state(order).await, State::PartlyRefunded);
    }
}

/// The provider has called a refund done, and says now that the payer's bank has not taken it.
async fn comes_back(house: &House, refund: &RefundRow, times: usize) {
    let attempt = house.attempts(refund.order_id).await.remove(0);
    for n in 0..times {
        let refund = Refund {
            number: refund.number.clone(),
            reference: refund.reference.clone(),
            order: attempt.number.clone(),
            state: RefundStep::Failed,
            currency: "EUR".to_owned(),
            amount: refund.amount_minor,
            refusal: Some(Refusal::new(RefusalKind::Payer, "lost_or_stolen_card", "no")),
            at: None,
        };
        let id = format!("evt-failed-{n}-{}", refund.number);
        let notice = event(id, About::Refund { refund }, KEY, house.clock.now());
        assert_eq!(house.notify(&attempt.account, &notice).await, 200);
    }
}

async fn give_back(house: &House, order: i64, minor: i64) -> RefundRow {
    let (number, attempt) = (house.row(order).await.number, house.attempts(order).await.remove(0).id);
    let amount = Amount::new(minor, "EUR".parse().unwrap());
    let known = house.refunds(order).await.len();
    let wish = RefundWish { attempt, amount, reason: "a closed card", by: "ada", key: None };
    pay::refund(&house.app, &number, &wish).await.unwrap();
    house.work().await;
    house.refunds(order).await.remove(known)
}

#[tokio::test]
async fn a_refund_that_comes_back_after_it_was_done_can_be_given_again() {
    for mut house in houses().await {
        let order = with_a_rest(&mut house).await;
        house.work().await;
        let books = async |house: &House| {
            let provider = house.balance(Account::Provider("wallet".into())).await;
            (provider.0, house.balance(Account::Deposits).await.0)
        };
        let rest = house.refunds(order).await.remove(0);
        assert_eq!((&*rest.state, books(&house).await), ("done", (40, 0)));
        comes_back(&house, &rest, 2).await;
        let row = house.refunds(order).await.remove(0);
        assert_eq!((&*row.state, row.done_at), ("failed", None));
        assert_eq!(told(&house, order, "refund.failed").await, 1);
        assert_eq!(books(&house).await, (40 + rest.amount_minor, -rest.amount_minor));
        assert_eq!(house.row(order).await.returned_minor, 0);

        // A part by the provider, which refuses the others and whose money comes back too; then all of it by hand.
        let part = give_back(&house, order, 40).await;
        assert_eq!((&*part.kind, &*part.state), ("correction", "done"));
        assert_eq!(books(&house).await, (rest.amount_minor, 40 - rest.amount_minor));
        comes_back(&house, &part, 1).await;
        pay::returned_elsewhere(&house.app, &rest.number, "in cash", "ada").await.unwrap();
        assert_eq!(books(&house).await, (40, 0));
        // The provider says once more what was known when it was given back by hand.
        comes_back(&house, &rest, 3).await;
        assert_eq!((books(&house).await, house.refunds(order).await[0].state.as_str()), ((40, 0), "done"));
        assert_eq!(told(&house, order, "effect.repeated").await, 0);
        assert_eq!(house.findings().await, []);
    }
}

#[tokio::test]
async fn goodwill_that_comes_back_is_revenue_again() {
    for mut house in houses().await {
        let order = with_a_rest(&mut house).await;
        house.work().await;
        assert_eq!(house.earned().await, 40);
        for _given_twice in 0..2 {
            let gift = give_back(&house, order, 20).await;
            assert_eq!((&*gift.kind, &*gift.state, house.earned().await), ("goodwill", "done", 20));
            comes_back(&house, &gift, 1).await;
            assert_eq!(
                (house.earned().await, house.refunds(order).await.pop().unwrap().state.as_str()),
                (40, "failed")
            );
        }
        assert_eq!(house.balance(Account::Provider("wallet".into())).await.0, 40);
        assert_eq!(house.findings().await, []);
    }
}
