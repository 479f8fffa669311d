//! Orders from the scan to the last cent.

use super::{
    house::{STATION, click, house, houses},
    provider::Fault,
};
use chrono::TimeDelta;
use csms::{
    ledger::Account,
    model::Phase,
    pay::{self, Clicked, PayError, Readiness, State},
    store::{pay::story, sessions},
};
use payments::provider::{Method, Next, sandbox::wire::OrderState};

/// 20 EUR: the least that is held in euro.
const HOLD: i64 = 2_000;

#[tokio::test]
async fn a_hold_is_captured_for_what_the_bill_says_and_the_rest_released() {
    for mut house in houses().await {
        let order = house.order("a").await;
        assert_eq!((order.amount_minor, &*order.currency, &*order.state), (HOLD, "EUR", "created"));
        assert!(house.provider.orders().is_empty(), "nothing is asked for before the click");
        let clicked = house.click(&order, Method::Hosted).await.unwrap();
        assert!(matches!(clicked, Clicked::Next(Next::Redirect { .. })), "{clicked:?}");
        assert_eq!(house.state(order.id).await, State::Pending);

        house.pay(&order).await;
        assert_eq!(house.state(order.id).await, State::Authorized);
        let provider = Account::Provider("cards".into());
        assert_eq!(house.balance(provider.clone()).await, (0, HOLD), "held, not taken");

        let token = house.row(order.id).await.token_uid;
        house.session(Phase::Start, Some(&token), 1_000).await;
        house.work().await;
        assert_eq!(house.state(order.id).await, State::Charging);
        house.advance(1_800);
        house.session(Phase::Update, None, 6_000).await;
        let status = pay::status(&house.app, &order.number).await.unwrap();
        assert_eq!(status.bill.unwrap().total_incl.to_string(), "2.00", "5 kWh so far");
        assert!(status.can_stop && !status.can_cancel && !status.can_pay);

        house.advance(1_800);
        house.session(Phase::End, None, 11_250).await;
        house.work().await;
        house.deliver("cards").await;
        let row = house.row(order.id).await;
        assert_eq!(
            (&*row.state, row.due_minor, row.taken_minor, row.held_minor),
            ("captured", Some(410), 410, 0)
        );
        let theirs = house.provider.orders().remove(0);
        assert_eq!((theirs.state, theirs.taken, theirs.held), (OrderState::Taken, 410, 0));
        assert_eq!(house.balance(provider).await, (410, 0));
        assert_eq!(house.balance(Account::Deposits).await, (0, 0));
        assert_eq!(house.earned().await, 410);
        assert_eq!(house.waiting(order.id).await, Vec::<String>::new());
        let status = pay::status(&house.app, &order.number).await.unwrap();
        assert!(!status.can_stop && status.next.is_none() && status.bill.is_some());
    }
}

#[tokio::test]
async fn what_was_paid_up_front_and_not_used_goes_back() {
    for mut house in houses().await {
        let order = house.order("a").await;
        house.click(&order, Method::Code).await.unwrap();
        house.pay(&order).await;
        let token = house.row(order.id).await.token_uid;
        house.session(Phase::Start, Some(&token), 0).await;
        house.advance(600);
        house.session(Phase::End, None, 1_000).await;
        house.provider.refunds_wait(true);
        house.work().await;
        assert_eq!(house.state(order.id).await, State::Settling);
        let refund = house.refunds(order.id).await.remove(0);
        assert_eq!((refund.amount_minor, &*refund.kind, &*refund.state), (HOLD - 40, "rest", "waiting"));
        assert_eq!(
            refund.due_at,
            house.app.clock.now() + TimeDelta::days(5),
            "the driver is told until when"
        );
        assert_eq!(house.balance(Account::Deposits).await, (-(HOLD - 40), 0));

        house.provider.refunds_wait(false);
        house.advance(60);
        house.work().await;
        assert_eq!(house.state(order.id).await, State::PartlyRefunded);
        assert_eq!(house.provider.balance(), 40);
        assert_eq!(house.balance(Account::Deposits).await, (0, 0));
        assert_eq!(
            (house.earned().await, house.balance(Account::Provider("wallet".into())).await),
            (40, (40, 0))
        );
    }
}

#[tokio::test]
async fn no_start_in_time_gives_everything_back() {
    for mut house in houses().await {
        for (page, method) in [("a", Method::Hosted), ("b", Method::Code)] {
            let order = house.order(page).await;
            house.click(&order, method).await.unwrap();
            house.pay(&order).await;
            assert_eq!(house.state(order.id).await, State::Authorized);
            // The station is away: it is waited for, and then not any more.
            for _ in 0..20 {
                house.work().await;
                house.advance(30);
            }
            house.work().await;
            let row = house.row(order.id).await;
            assert_eq!(row.why, "offline");
            assert!(matches!(&*row.state, "released" | "refunded"), "{}", row.state);
        }
        assert_eq!(house.provider.balance(), 0);
        assert_eq!((house.balance(Account::Deposits).await, house.earned().await), ((0, 0), 0));
    }
}

#[tokio::test]
async fn an_offer_that_nobody_pays_is_closed_at_the_provider_first() {
    let mut house = house().await;
    let order = house.order("a").await;
    house.click(&order, Method::Hosted).await.unwrap();
    house.advance(301);
    house.provider.will([Fault::Before, Fault::Before]);
    pay::turn(&house.app).await.unwrap();
    assert_eq!(house.state(order.id).await, State::Pending, "the payer may be paying at this moment");
    house.provider.mend();
    for _ in 0..6 {
        house.advance(10);
        house.work().await;
    }
    assert_eq!(house.state(order.id).await, State::Expired);
    assert_eq!(house.provider.orders()[0].state, OrderState::Closed);
    let version = house.row(order.id).await.version;
    let clicked = pay::click(&house.app, &order.number, &click(version, Method::Hosted)).await;
    assert!(matches!(clicked, Err(PayError::NotNow(State::Expired))), "{clicked:?}");
}

#[tokio::test]
async fn money_after_the_end_is_taken_while_the_place_is_free_and_else_given_back() {
    for mut house in houses().await {
        // Paid late, and nobody else is there.
        let first = house.order("a").await;
        house.click(&first, Method::Code).await.unwrap();
        house.advance(301);
        house.work().await;
        assert_eq!(house.state(first.id).await, State::Expired);
        let number = house.attempts(first.id).await[0].number.clone();
        assert!(house.provider.pay_anyway(&number));
        house.deliver("wallet").await;
        assert_eq!(house.state(first.id).await, State::Authorized);

        // Another was opened before that, and is paid now: the place is gone.
        house.advance(1);
        house.connect();
        let refused = pay::open(&house.app, &house.wish("b")).await;
        assert!(matches!(refused, Err(PayError::NotReady("busy"))), "{refused:?}");
        pay::cancel(&house.app, &first.number, "driver").await.unwrap();
        house.work().await;
        assert_eq!(house.state(first.id).await, State::Refunded);
        let (second, third) = (house.order("b").await, house.order("c").await);
        house.click(&second, Method::Code).await.unwrap();
        house.click(&third, Method::Hosted).await.unwrap();
        let number = house.attempts(second.id).await[0].number.clone();
        house.pay(&third).await;
        assert!(house.provider.pay(&number));
        house.deliver("wallet").await;
        house.work().await;
        let row = house.row(second.id).await;
        assert_eq!(
            (&*row.state, &*row.why, row.taken_minor, row.returned_minor),
            ("failed", "occupied", HOLD, HOLD)
        );
        assert_eq!(house.refunds(second.id).await[0].kind, "late");
        assert_eq!(house.state(third.id).await, State::Authorized);
        assert_eq!(house.provider.balance(), 0, "the third is only held");
    }
}

#[tokio::test]
async fn a_lost_notification_is_found_by_asking() {
    let mut house = house().await;
    let order = house.order("a").await;
    house.click(&order, Method::Hosted).await.unwrap();
    let number = house.attempts(order.id).await[0].number.clone();
    house.provider.pay(&number);
    house.provider.notices();
    house.advance(6);
    house.work().await;
    assert_eq!(house.state(order.id).await, State::Authorized);
}

#[tokio::test]
async fn a_hold_is_raised_before_it_is_used_up_and_the_session_stopped_when_it_cannot_be() {
    let mut house = house().await;
    let order = house.order("a").await;
    house.click(&order, Method::Hosted).await.unwrap();
    house.pay(&order).await;
    let token = house.row(order.id).await.token_uid;
    house.session(Phase::Start, Some(&token), 0).await;
    house.work().await;
    house.advance(3_600);
    house.session(Phase::Update, None, 47_000).await;
    house.work().await;
    let attempt = house.attempts(order.id).await.remove(0);
    assert_eq!((attempt.held_minor, attempt.raise_minor), (2 * HOLD, 0), "18.80 of 20 EUR were used");
    assert_eq!(house.balance(Account::Provider("cards".into())).await, (0, 2 * HOLD));

    // The bill is more than any hold: what is held is taken, the rest is owed.
    house.advance(3_600);
    house.session(Phase::End, None, 110_000).await;
    house.work().await;
    let row = house.row(order.id).await;
    assert_eq!((&*row.state, row.due_minor, row.taken_minor), ("owing", Some(4_400), 4_000));
    assert_eq!(house.balance(Account::Receivable(order.id)).await, (400, 0));
    assert_eq!(house.balance(Account::Provider("cards".into())).await, (4_000, 0));

    let order = house.order("b").await;
    house.click(&order, Method::Code).await.unwrap();
    house.pay(&order).await;
    let token = house.row(order.id).await.token_uid;
    house.advance(60);
    house.session(Phase::Start, Some(&token), 0).await;
    house.work().await;
    house.advance(3_600);
    house.session(Phase::Update, None, 49_000).await;
    house.work().await;
    assert!(house.row(order.id).await.stop_asked_at.is_some(), "what was paid up front cannot be raised");
}

#[tokio::test]
async fn a_bill_that_is_made_anew_later_moves_the_difference() {
    let mut house = house().await;
    let order = house.order("a").await;
    house.click(&order, Method::Hosted).await.unwrap();
    house.pay(&order).await;
    let token = house.row(order.id).await.token_uid;
    house.session(Phase::Start, Some(&token), 0).await;
    house.advance(600);
    house.session(Phase::Update, None, 10_000).await;
    house.work().await;
    // The stop was lost, and the session is given up; the bill is by what is known.
    let session = house.row(order.id).await.session_id;
    let desk = house.app.desk(&STATION.into());
    assert_eq!(desk.give_up(session, house.app.clock.now()).await.unwrap(), 1);
    house.work().await;
    assert_eq!(house.row(order.id).await.taken_minor, 400);
    // The operator gives a part back.
    let (attempt, euro) = (house.attempts(order.id).await[0].id, "EUR".parse().unwrap());
    let amount = |minor| payments::Amount::new(minor, euro);
    let wish =
        |minor, reason, key| pay::RefundWish { attempt, amount: amount(minor), reason, by: "anna", key };
    let too_much = pay::refund(&house.app, &order.number, &wish(401, "", None)).await;
    assert!(matches!(too_much, Err(PayError::Amount(_))), "{too_much:?}");
    // Twice under one name: once.
    for _ in 0..2 {
        pay::refund(&house.app, &order.number, &wish(50, "sorry", Some("k"))).await.unwrap();
    }
    house.work().await;
    let refund = house.refunds(order.id).await.remove(0);
    assert_eq!(
        (&*refund.kind, &*refund.state, &*refund.asked_by, &*refund.reason),
        ("goodwill", "done", "anna", "sorry")
    );
    assert_eq!(house.state(order.id).await, State::PartlyRefunded);
    assert_eq!((house.earned().await, house.provider.balance()), (350, 350));

    // The stop comes after all, and says that more was taken: a new revision of the bill.
    house.advance(60);
    house.session(Phase::End, None, 12_500).await;
    house.work().await;
    let row = house.row(order.id).await;
    assert_eq!((row.bill_revision, &*row.state, row.due_minor), (1, "owing", Some(500)));
    assert_eq!(house.balance(Account::Receivable(order.id)).await, (100, 0));
}

#[tokio::test]
async fn an_offer_says_what_it_costs_and_how_it_can_be_paid() {
    let mut house = house().await;
    house.connect();
    let offer = pay::offer(&house.app, &house.code, pay::Agent::Browser).await.unwrap();
    assert_eq!((&*offer.station, offer.evse, offer.amount.minor), (STATION, 1, HOLD));
    assert_eq!(offer.readiness, Readiness::Ready { plugged: false });
    let ways: Vec<_> = offer.ways.iter().map(|way| (way.method.word(), way.holds)).collect();
    assert_eq!(ways, [("hosted", true), ("code", false)]);
    let again = pay::open(&house.app, &house.wish("a")).await.unwrap();
    assert_eq!(pay::open(&house.app, &house.wish("a")).await.unwrap().id, again.id, "one page, one order");
    pay::revoke_code(&house.app, &house.code).await.unwrap();
    assert!(matches!(
        pay::offer(&house.app, &house.code, pay::Agent::Browser).await,
        Err(PayError::CodeExpired)
    ));
}

#[tokio::test]
async fn a_hold_that_would_end_while_the_session_runs_is_captured_before_and_the_bill_brings_the_difference()
{
    let mut house = house().await;
    let order = house.order("a").await;
    house.click(&order, Method::Hosted).await.unwrap();
    house.pay(&order).await;
    let token = house.row(order.id).await.token_uid;
    house.session(Phase::Start, Some(&token), 0).await;
    house.advance(3_600);
    house.session(Phase::Update, None, 10_000).await;
    house.work().await;
    assert_eq!(house.state(order.id).await, State::Charging);
    // The station goes away for a week, and the provider's hold ends then.
    house.advance(7 * 86_400 - 3_600 - 3_600);
    house.work().await;
    let row = house.row(order.id).await;
    assert_eq!((&*row.state, row.taken_minor, row.bill_revision), ("captured", 400, -1));
    house.session(Phase::End, None, 12_000).await;
    house.work().await;
    let row = house.row(order.id).await;
    assert_eq!((&*row.state, row.due_minor, row.bill_revision), ("owing", Some(480), 0));
    assert_eq!((house.earned().await, house.balance(Account::Receivable(order.id)).await), (480, (80, 0)));
}

#[tokio::test]
async fn a_price_that_changes_after_the_click_does_not_count_for_who_paid_before() {
    for mut house in houses().await {
        let order = house.order("a").await;
        house.click(&order, Method::Hosted).await.unwrap();
        house.publish("1.00").await;
        house.pay(&order).await;
        let token = house.row(order.id).await.token_uid;
        // Another process, which has never heard of the first price, serves the station.
        house.restart().await;
        house.session(Phase::Start, Some(&token), 1_000).await;
        house.work().await;
        house.restart().await;
        house.advance(1_800);
        house.session(Phase::End, None, 6_000).await;
        house.work().await;
        let row = house.row(order.id).await;
        assert_eq!((row.due_minor, &row.tariff_hash), (Some(200), &order.tariff_hash), "5 kWh at 0.40");
        let mut tx = house.app.db.read().await.unwrap();
        let session = sessions::find(&mut tx, row.session_id.unwrap()).await.unwrap().unwrap();
        assert_eq!(session.tariff_hash.as_deref(), Some(&*order.tariff_hash));
        let told = story::of_order(&mut tx, order.id).await.unwrap();
        assert!(told.iter().any(|line| line.body.contains("\"price_as_shown\":true")));
        drop(tx);
        // Everybody else pays what is asked now, at the same place.
        house.advance(600);
        house.told("T2", 1, Phase::Start, Some("PAYOFNOORDER00000000"), 6_000).await;
        let mut tx = house.app.db.read().await.unwrap();
        let other = sessions::by_reference(&mut tx, STATION, "T2").await.unwrap().remove(0);
        assert_ne!(other.tariff_hash.as_deref(), Some(&*order.tariff_hash));
    }
}
