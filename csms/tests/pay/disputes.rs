//! What payers' banks take back: the books follow every word, whatever its order, and nobody gets the money twice.

use super::{
    house::{House, houses},
    provider::DISPUTE_FEE,
};
use csms::{
    ledger::{Account, Expense},
    model::Phase,
    pay::{PayError, State},
    store::pay::{figures, inbox, story},
};
use payments::provider::{Method, Response};

/// Charged for 2.00 of a hold.
async fn charged(house: &mut House) -> (i64, String) {
    let order = house.order("a").await;
    house.click(&order, Method::Hosted).await.unwrap();
    house.pay(&order).await;
    let token = house.row(order.id).await.token_uid;
    house.session(Phase::Start, Some(&token), 1_000).await;
    house.work().await;
    house.advance(1_800);
    house.session(Phase::End, None, 6_000).await;
    house.work().await;
    house.deliver("cards").await;
    house.work().await;
    (order.id, house.attempts(order.id).await[0].number.clone())
}

/// Paid by code, and the session runs.
async fn charging(house: &mut House) -> (i64, String) {
    let order = house.order("a").await;
    house.click(&order, Method::Code).await.unwrap();
    house.pay(&order).await;
    let token = house.row(order.id).await.token_uid;
    house.session(Phase::Start, Some(&token), 1_000).await;
    house.work().await;
    (order.id, house.attempts(order.id).await.remove(0).number)
}

async fn told(house: &House, number: &str, ruling: &str) -> Response {
    assert!(house.provider.dispute(number, ruling), "{ruling}");
    house.provider.notices().pop().unwrap()
}

/// Provider, disputes, fees, lost: as the ledger has them.
async fn books(house: &House, account: &str) -> [i64; 4] {
    let name = || account.to_owned();
    [
        house.balance(Account::Provider(name())).await.0,
        house.balance(Account::Disputes(name())).await.0,
        house.balance(Account::Fees(name())).await.0,
        house.balance(Account::Expense(Expense::Dispute)).await.0,
    ]
}

async fn kinds(house: &House, order: i64) -> Vec<String> {
    let rows = story::of_order(&mut house.app.db.read().await.unwrap(), order).await.unwrap();
    let about = |kind: &&String| kind.contains("disput");
    rows.iter().map(|row| &row.kind).filter(about).cloned().collect()
}

#[tokio::test]
async fn a_dispute_takes_the_money_and_its_fee_and_brings_back_what_is_won() {
    for mut house in houses().await {
        let (order, number) = charged(&mut house).await;
        let open = told(&house, &number, "open").await;
        assert_eq!(house.notify("cards", &open).await, 200);
        assert_eq!(books(&house, "cards").await, [-DISPUTE_FEE, 200, DISPUTE_FEE, 0]);
        let mut tx = house.app.db.read().await.unwrap();
        assert_eq!(
            figures::problems(&mut tx, house.clock.now(), house.clock.now()).await.unwrap().disputes,
            1
        );
        drop(tx);
        assert_eq!(house.state(order).await, State::Captured);
        let won = told(&house, &number, "won").await;
        for notice in [&won, &open, &won] {
            assert_eq!(house.notify("cards", notice).await, 200);
        }
        assert_eq!(books(&house, "cards").await, [200, 0, 0, 0]);
        assert_eq!(kinds(&house, order).await, ["attempt.disputed", "dispute.won"]);
        let rows = house.disputes(order).await;
        let told =
            (&*rows[0].ruling, rows[0].withdrawn_minor, rows[0].reinstated_minor, rows[0].ended_at.is_some());
        assert_eq!(told, ("won", 200, 200, true));
        assert!(house.findings().await.is_empty());
    }
}

#[tokio::test]
async fn a_lost_dispute_is_an_expense_and_what_was_billed_stays_billed() {
    for mut house in houses().await {
        let (order, number) = charged(&mut house).await;
        let open = told(&house, &number, "open").await;
        let lost = told(&house, &number, "lost").await;
        // The last word comes first: it has all that the first one says.
        assert_eq!(house.notify("cards", &lost).await, 200);
        assert_eq!(house.notify("cards", &open).await, 200);
        assert_eq!(books(&house, "cards").await, [-DISPUTE_FEE, 0, DISPUTE_FEE, 200]);
        assert_eq!((house.state(order).await, house.earned().await), (State::Captured, 200));
        assert!(house.findings().await.is_empty());
        // A payment that the payer's bank has taken back is not given back again.
        let attempt = house.attempts(order).await[0].id;
        let one = payments::Amount::new(100, "EUR".parse().unwrap());
        let wish = csms::pay::RefundWish { attempt, amount: one, reason: "", by: "anna", key: None };
        let refused = csms::pay::refund(&house.app, &house.row(order).await.number, &wish).await;
        assert!(matches!(refused, Err(PayError::Amount(_))), "{refused:?}");
    }
}

#[tokio::test]
async fn what_a_bank_takes_while_the_session_runs_is_not_given_back_as_the_rest() {
    for mut house in houses().await {
        let (order, number) = charging(&mut house).await;
        let open = told(&house, &number, "open").await;
        assert_eq!(house.notify("wallet", &open).await, 200);
        house.advance(1_800);
        house.session(Phase::End, None, 6_000).await;
        house.work().await;
        assert_eq!(house.refunds(order).await.len(), 0, "there is nothing left to give back");
        let lost = told(&house, &number, "lost").await;
        assert_eq!(house.notify("wallet", &lost).await, 200);
        house.work().await;
        // Of what the bank took, all but the bill was the payer's.
        assert_eq!(books(&house, "wallet").await, [-DISPUTE_FEE, 0, DISPUTE_FEE, 200]);
        assert_eq!(house.balance(Account::Deposits).await, (0, 0));
        assert_eq!((house.earned().await, house.state(order).await), (200, State::Captured));
        assert!(house.findings().await.is_empty());
    }
}

#[tokio::test]
async fn what_could_not_go_back_while_a_bank_had_it_goes_back_when_that_is_won() {
    for mut house in houses().await {
        let (order, number) = charging(&mut house).await;
        // The provider knows of it, and has not told yet.
        let open = told(&house, &number, "open").await;
        house.advance(60);
        house.session(Phase::End, None, 6_000).await;
        house.work().await;
        let refunds = house.refunds(order).await;
        assert_eq!((refunds.len(), &*refunds[0].state), (1, "failed"), "{refunds:?}");
        assert_eq!(house.notify("wallet", &open).await, 200);
        let won = told(&house, &number, "won").await;
        for notice in [&won, &open, &won] {
            assert_eq!(house.notify("wallet", notice).await, 200);
        }
        house.work().await;
        let refunds = house.refunds(order).await;
        assert_eq!((refunds.len(), &*refunds[1].state, &*refunds[1].kind), (2, "done", &*refunds[0].kind));
        assert_eq!(house.state(order).await, State::PartlyRefunded);
        assert_eq!(books(&house, "wallet").await, [200, 0, 0, 0]);
        assert_eq!((house.earned().await, house.balance(Account::Deposits).await), (200, (0, 0)));
        assert!(house.findings().await.is_empty());
    }
}

#[tokio::test]
async fn a_dispute_of_another_account_or_of_no_payment_moves_nothing() {
    for mut house in houses().await {
        let (order, number) = charged(&mut house).await;
        let before = books(&house, "cards").await;
        let open = told(&house, &number, "open").await;
        assert_eq!(house.notify("wallet", &open).await, 200, "acknowledged, and set aside");
        assert_eq!((books(&house, "cards").await, house.disputes(order).await.len()), (before, 0));
        let mut tx = house.app.db.read().await.unwrap();
        let rows = inbox::list(&mut tx, Some("review"), None, 10).await.unwrap();
        assert_eq!(rows[0].verdict, "review:account");
    }
}
