//! Bills that are higher than what could be taken: the rest is paid on the order's page, or given up by an operator.

use super::{
    house::{House, click, houses},
    later::{charge, contract, orders_of, pass, rebill},
};
use csms::{
    ledger::{Account, Expense},
    messages::Kind,
    model::Phase,
    pay::{self, Clicked, PayError, State},
    store::{
        Writer, bills, contracts, messages as message_rows,
        pay::{orders::OrderRow, story},
        row::{BillRow, Write},
    },
};
use payments::provider::{Method, sandbox::wire::OrderState};

/// 20 EUR were held, and 60 kWh cost 24.
pub async fn owing(house: &mut House, method: Method) -> OrderRow {
    house.connect();
    let mut wish = house.wish("a");
    wish.contact = "ada@example.com".to_owned();
    let order = pay::open(&house.app, &wish).await.unwrap();
    house.disconnect();
    house.click(&order, method).await.unwrap();
    house.pay(&order).await;
    let token = house.row(order.id).await.token_uid;
    house.session(Phase::Start, Some(&token), 0).await;
    house.advance(3_600);
    house.session(Phase::End, None, 60_000).await;
    house.work().await;
    house.deliver("cards").await;
    let row = house.row(order.id).await;
    assert_eq!((&*row.state, row.due_minor, row.taken_minor), ("owing", Some(2_400), 2_000));
    assert_eq!(house.balance(Account::Receivable(order.id)).await, (400, 0));
    order
}

async fn told(house: &House, order: &OrderRow, kind: &str) -> usize {
    let lines = story::of_order(&mut house.app.db.read().await.unwrap(), order.id).await.unwrap();
    lines.iter().filter(|line| line.kind == kind).count()
}

#[tokio::test]
async fn a_rest_is_paid_on_the_orders_page_however_the_first_part_was() {
    for first in [Method::Hosted, Method::Code] {
        for mut house in houses().await {
            let order = owing(&mut house, first.clone()).await;
            let sent =
                message_rows::list(&mut house.app.db.read().await.unwrap(), Some(order.id), None, 10).await;
            let sent: Vec<_> =
                sent.unwrap().into_iter().filter(|row| row.kind == Kind::Owing.word()).collect();
            assert_eq!(sent.len(), 1, "the driver is told once");
            assert!(sent[0].body.contains("4.00 EUR") && sent[0].link.ends_with(&order.number), "{sent:?}");

            let status = pay::status(&house.app, &order.number).await.unwrap();
            assert!(status.can_pay && status.amount.minor == 400, "{status:?}");
            // Long after the offer was over, and with a method that holds: what is left is known, and is taken.
            house.advance(86_400);
            let clicked = house.click(&order, Method::Hosted).await.unwrap();
            assert!(matches!(clicked, Clicked::Next(_)), "{clicked:?}");
            let status = pay::status(&house.app, &order.number).await.unwrap();
            assert!(status.next.is_some() && status.can_pay, "{status:?}");
            let attempts = house.attempts(order.id).await;
            assert_eq!((attempts.len(), attempts[1].amount_minor), (2, 400));
            house.pay(&order).await;
            house.work().await;
            let row = house.row(order.id).await;
            assert_eq!((&*row.state, row.taken_minor, row.held_minor), ("captured", 2_400, 0), "{row:?}");
            assert_eq!(house.provider.balance(), 2_400);
            assert_eq!(house.balance(Account::Receivable(order.id)).await, (0, 0));
            assert_eq!((house.balance(Account::Deposits).await, house.earned().await), ((0, 0), 2_400));

            let version = house.row(order.id).await.version;
            let again = pay::click(&house.app, &order.number, &click(version, Method::Code)).await;
            assert!(matches!(again, Err(PayError::NotNow(State::Captured))), "{again:?}");
            assert!(house.findings().await.is_empty());
        }
    }
}

#[tokio::test]
async fn a_rest_that_was_refused_can_be_paid_in_another_way() {
    for mut house in houses().await {
        let order = owing(&mut house, Method::Hosted).await;
        house.click(&order, Method::Hosted).await.unwrap();
        let number = house.attempts(order.id).await[1].number.clone();
        house.provider.decline(&number);
        house.deliver("cards").await;
        let status = pay::status(&house.app, &order.number).await.unwrap();
        assert!(status.can_pay && status.refusal.is_some() && status.next.is_none(), "{status:?}");
        assert_eq!(status.state, State::Owing);
        house.click(&order, Method::Code).await.unwrap();
        house.pay(&order).await;
        assert_eq!(house.state(order.id).await, State::Captured);
    }
}

#[tokio::test]
async fn a_rest_that_is_written_off_is_a_loss_and_nobody_can_pay_it_any_more() {
    for mut house in houses().await {
        let order = owing(&mut house, Method::Hosted).await;
        assert_eq!(pay::owed(&house.app, order.id).await.unwrap().unwrap().minor, 400);
        let nothing_said = pay::write_off(&house.app, &order.number, " ", "anna", None).await;
        assert!(matches!(nothing_said, Err(PayError::Amount(_))), "{nothing_said:?}");
        // Somebody is about to pay: that is closed.
        house.click(&order, Method::Code).await.unwrap();
        for _ in 0..2 {
            pay::write_off(&house.app, &order.number, "moved away", "anna", Some("k")).await.unwrap();
        }
        house.work().await;
        let row = house.row(order.id).await;
        assert_eq!((&*row.state, row.written_off_minor, row.taken_minor), ("captured", 400, 2_000));
        assert_eq!(house.balance(Account::Receivable(order.id)).await, (0, 0));
        assert_eq!(house.balance(Account::Expense(Expense::WriteOff)).await, (400, 0));
        assert_eq!(house.earned().await, 2_400, "the bill stays");
        assert_eq!(told(&house, &order, "order.written_off").await, 1);
        assert_eq!(pay::owed(&house.app, order.id).await.unwrap(), None);
        assert!(!pay::status(&house.app, &order.number).await.unwrap().can_pay);
        let attempt = house.attempts(order.id).await.pop().unwrap();
        assert_eq!(attempt.state, "closed");

        // Paid all the same, it goes back.
        house.provider.pay_closed(&attempt.number);
        house.deliver("wallet").await;
        house.work().await;
        assert_eq!(house.provider.balance(), 2_000);
        assert_eq!(house.state(order.id).await, State::Captured);
        assert_eq!(house.balance(Account::Deposits).await, (0, 0));
        let paid = house.provider.orders().into_iter().find(|known| known.number == attempt.number);
        assert_eq!(paid.map(|known| (known.state, known.returned)), Some((OrderState::Taken, 400)));
        assert!(house.findings().await.is_empty());
    }
}

#[tokio::test]
async fn nothing_is_written_off_that_is_not_owed() {
    for mut house in houses().await {
        let order = house.order("a").await;
        let refused = pay::write_off(&house.app, &order.number, "x", "anna", None).await;
        assert!(matches!(refused, Err(PayError::NotNow(State::Created))), "{refused:?}");
        house.click(&order, Method::Hosted).await.unwrap();
        house.pay(&order).await;
        let refused = pay::write_off(&house.app, &order.number, "x", "anna", None).await;
        assert!(matches!(refused, Err(PayError::NotNow(State::Authorized))), "{refused:?}");
    }
}

/// The bill is made anew: it is so much now.
async fn billed_anew(house: &House, order: &OrderRow, total: &str) {
    let session = house.row(order.id).await.session_id.unwrap();
    let known = bills::latest(&mut house.app.db.read().await.unwrap(), session).await.unwrap().unwrap();
    let bill = BillRow {
        revision: known.revision + 1,
        total_incl: total.to_owned(),
        created_at: house.clock.now(),
        ..known
    };
    Writer::start(house.app.db.clone(), 1).commit(vec![Write::Bill(Box::new(bill))]).await.unwrap();
    house.work().await;
}

#[tokio::test]
async fn of_a_lower_bill_less_is_lost_and_of_a_higher_one_more_is_owed() {
    for (total, lost, owed, back) in [("23.00", 300, 0, 0), ("18.00", 0, 0, 200), ("26.00", 400, 200, 0)] {
        for mut house in houses().await {
            let order = owing(&mut house, Method::Hosted).await;
            pay::write_off(&house.app, &order.number, "small", "anna", None).await.unwrap();
            house.advance(60);
            billed_anew(&house, &order, total).await;
            house.deliver("cards").await;
            let row = house.row(order.id).await;
            assert_eq!((row.written_off_minor, row.returned_minor), (lost, back), "{total}: {row:?}");
            assert_eq!(house.balance(Account::Receivable(order.id)).await, (owed, 0), "{total}");
            assert_eq!(house.balance(Account::Expense(Expense::WriteOff)).await, (lost, 0), "{total}");
            assert_eq!(house.balance(Account::Deposits).await, (0, 0), "{total}");
            assert_eq!(house.earned().await, row.due_minor.unwrap());
            assert_eq!(told(&house, &order, "order.owed_again").await, usize::from(lost < 400));
            assert!(house.findings().await.is_empty());
        }
    }
}

#[tokio::test]
async fn a_page_that_pays_another_rest_than_the_newest_bill_says_is_closed_first() {
    for mut house in houses().await {
        let order = owing(&mut house, Method::Hosted).await;
        house.click(&order, Method::Code).await.unwrap();
        house.advance(60);
        billed_anew(&house, &order, "25.00").await;
        let states: Vec<_> = house.attempts(order.id).await.into_iter().map(|row| row.state).collect();
        assert_eq!(states, ["taken", "closed"]);
        house.click(&order, Method::Code).await.unwrap();
        house.pay(&order).await;
        assert_eq!((house.state(order.id).await, house.provider.balance()), (State::Captured, 2_500));
    }
}

/// A bill of 4.00 EUR that is paid later, and whose first debit was refused.
async fn refused_later(house: &mut House) -> (i64, OrderRow) {
    let driver = contract(house).await;
    house.provider.refuse_debits(["card_declined"]);
    charge(house, "T1").await;
    pass(house, 10).await;
    (driver, orders_of(house, driver).await.remove(0))
}

#[tokio::test]
async fn a_later_bill_is_written_off_while_somebody_pays_it_and_that_goes_back() {
    for mut house in houses().await {
        let (_, order) = refused_later(&mut house).await;
        house.click(&order, Method::Hosted).await.unwrap();
        let attempt = house.attempts(order.id).await.pop().unwrap();
        assert_eq!(house.state(order.id).await, State::Settling);
        pay::write_off(&house.app, &order.number, "moved away", "anna", None).await.unwrap();
        house.work().await;
        assert_eq!(house.state(order.id).await, State::Released);
        // The payer was faster than the close.
        house.provider.pay_closed(&attempt.number);
        house.deliver("cards").await;
        house.work().await;
        let row = house.row(order.id).await;
        assert_eq!((&*row.state, row.due_minor, row.written_off_minor), ("released", Some(400), 400));
        assert_eq!((house.provider.balance(), house.earned().await), (0, 400));
        assert_eq!(told(&house, &order, "order.owed_again").await, 0);
        assert_eq!(house.balance(Account::Expense(Expense::WriteOff)).await, (400, 0));
        assert_eq!(house.balance(Account::Receivable(order.id)).await, (0, 0));
        assert_eq!(house.balance(Account::Deposits).await, (0, 0));
        pass(&house, 300).await;
        assert_eq!(house.attempts(order.id).await.len(), 2, "nothing is debited any more");
        assert!(house.findings().await.is_empty());
    }
}

#[tokio::test]
async fn what_a_driver_owes_is_what_his_bills_still_ask() {
    for mut house in houses().await {
        let (driver, order) = refused_later(&mut house).await;
        let owes = async |house: &House| {
            let left = pay::owed(&house.app, order.id).await.unwrap().map_or(0, |left| left.minor);
            let mut tx = house.app.db.read().await.unwrap();
            let unpaid = contracts::unpaid(&mut tx, driver).await.unwrap();
            assert_eq!(unpaid.iter().map(|(_, _, minor)| minor).sum::<i64>(), left, "{unpaid:?}");
            left
        };
        assert_eq!(owes(&house).await, 400);
        pay::write_off(&house.app, &order.number, "small", "anna", None).await.unwrap();
        assert_eq!(owes(&house).await, 0);
        // What was given up stays given up when the bill is higher.
        house.advance(60);
        rebill(&house, order.session_id.unwrap(), "5.20").await;
        pay::turn(&house.app).await.unwrap();
        house.provider.refuse_debits(["card_declined"; 5]);
        pass(&house, 10).await;
        assert_eq!(owes(&house).await, 120);
        house.click(&order, Method::Hosted).await.unwrap();
        house.pay(&order).await;
        house.work().await;
        let row = house.row(order.id).await;
        assert_eq!((&*row.state, row.taken_minor, row.written_off_minor), ("captured", 120, 400));
        assert_eq!(owes(&house).await, 0);
        let long_ago = chrono::DateTime::UNIX_EPOCH;
        let past = contracts::past(&mut house.app.db.read().await.unwrap(), driver, long_ago).await.unwrap();
        assert_eq!((past.paid, past.owing), (0, 0), "a bill that was partly given up is none that was paid");
    }
}
