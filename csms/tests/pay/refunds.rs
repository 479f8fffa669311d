//! Money on its way back that a provider does not let go at once.

use super::house::{House, houses};
use csms::{model::Phase, pay::State, store::pay::story};
use payments::provider::{Method, Refusal, RefusalKind, sandbox::wire::Code};

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
