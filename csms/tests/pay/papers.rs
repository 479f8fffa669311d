//! Documents of bills that are paid late, in parts, or that come to nothing; and what stands in nobody's way.

use super::{
    house::{House, houses},
    later::{charge, contract, given_up, orders_of, pass, rebill, rebill_as, stop_comes},
    owing::owing,
};
use csms::{
    ledger::{self, Account, Entry, Expense},
    pay::{self, State},
    receipts::{self, ReceiptError},
    store::{
        documents::{self, DocumentRow},
        messages,
        row::BillRow,
    },
};
use payments::{Amount, provider::Method, receipt::Document};
use rust_decimal::Decimal;

async fn papers(house: &House, order: i64) -> Vec<DocumentRow> {
    documents::of_order(&mut house.app.db.read().await.unwrap(), order).await.unwrap()
}

/// What it says: of so much was paid so much, and so much is open.
fn says(row: &DocumentRow) -> (String, i64, Option<i64>) {
    let document: Document = serde_json::from_str(&row.body).unwrap();
    (document.sums.gross.to_string(), document.paid().minor, document.open.map(|open| open.minor))
}

async fn due(house: &House) -> usize {
    receipts::due_turn(&house.app).await.unwrap()
}

#[tokio::test]
async fn nobody_gets_a_receipt_for_what_nobody_has_paid() {
    for mut house in houses().await {
        let driver = contract(&house).await;
        house.provider.refuse_debits(["card_declined"]);
        charge(&mut house, "T1").await;
        pass(&house, 10).await;
        let order = orders_of(&house, driver).await.remove(0);
        assert_eq!(&*order.state, "owing");
        assert_eq!(due(&house).await, 0);
        assert!(matches!(receipts::issue(&house.app, order.id).await, Err(ReceiptError::NotYet)));
        assert_eq!(papers(&house, order.id).await, []);
        pass(&house, 120).await;
        assert_eq!(house.state(order.id).await, State::Captured);
        assert_eq!((due(&house).await, due(&house).await), (1, 0));
        let [row] = papers(&house, order.id).await.try_into().unwrap();
        assert_eq!((&*row.number, says(&row)), ("R2026-000001", ("4.00".into(), 400, None)));
    }
}

#[tokio::test]
async fn a_receipt_says_what_is_open_until_another_says_that_it_is_paid() {
    for mut house in houses().await {
        let driver = contract(&house).await;
        let order = given_up(&mut house, driver).await;
        pass(&house, 30).await;
        assert_eq!(due(&house).await, 1);
        // The bill is higher after all, and what it asks more is not to be had for some hours.
        house.provider.refuse_debits(["card_declined", "card_declined"]);
        stop_comes(&mut house).await;
        pass(&house, 15).await;
        assert_eq!((house.state(order).await, due(&house).await, due(&house).await), (State::Owing, 2, 0));
        let rows = papers(&house, order).await;
        let part = receipts::current(&rows).unwrap();
        assert_eq!((&*part.number, says(part)), ("R2026-000002", ("5.20".into(), 400, Some(120))));
        let mut tx = house.app.db.read().await.unwrap();
        let told = messages::list(&mut tx, None, None, 100).await.unwrap();
        drop(tx);
        assert!(told.iter().any(|row| row.body.contains("1.20 EUR of it is still to be paid")), "{told:?}");
        pass(&house, 5 * 60).await;
        assert_eq!((house.state(order).await, due(&house).await, due(&house).await), (State::Captured, 2, 0));
        let rows = papers(&house, order).await;
        let whole = receipts::current(&rows).unwrap();
        assert_eq!((&*whole.number, says(whole)), ("R2026-000003", ("5.20".into(), 520, None)));

        // Then nothing is due at all: what stands is taken back, and nothing comes in its place.
        let session = house.row(order).await.session_id.unwrap();
        rebill(&house, session, "0.00").await;
        pass(&house, 30).await;
        assert_eq!(house.row(order).await.due_minor, Some(0));
        assert_eq!((due(&house).await, due(&house).await), (1, 0));
        let rows = papers(&house, order).await;
        assert!(receipts::current(&rows).is_none());
        let last = rows.last().unwrap();
        assert_eq!((&*last.number, says(last).0), ("C2026-000003", "-5.20".to_owned()));
    }
}

#[tokio::test]
async fn what_is_written_off_is_not_told_as_paid() {
    for mut house in houses().await {
        // Nobody has paid anything: there is nothing to tell.
        let driver = contract(&house).await;
        house.provider.refuse_debits(["card_declined"]);
        charge(&mut house, "T1").await;
        pass(&house, 10).await;
        let order = orders_of(&house, driver).await.remove(0);
        pay::write_off(&house.app, &order.number, "moved away", "anna", None).await.unwrap();
        assert_eq!((house.state(order.id).await, due(&house).await), (State::Released, 0));
        assert!(matches!(receipts::issue(&house.app, order.id).await, Err(ReceiptError::NotYet)));
    }
    for mut house in houses().await {
        // A part was paid: what tells that stays as it is.
        let order = owing(&mut house, Method::Hosted).await.id;
        assert_eq!((house.state(order).await, due(&house).await), (State::Owing, 1));
        let number = house.row(order).await.number;
        pay::write_off(&house.app, &number, "moved away", "anna", None).await.unwrap();
        house.work().await;
        assert_eq!((house.state(order).await, due(&house).await), (State::Captured, 0));
        let rows = papers(&house, order).await;
        let part = receipts::current(&rows).unwrap();
        assert_eq!((rows.len(), says(part)), (1, ("24.00".into(), 2_000, Some(400))));
    }
}

#[tokio::test]
async fn an_order_whose_receipt_cannot_be_made_keeps_no_other_waiting() {
    for mut house in houses().await {
        let driver = contract(&house).await;
        charge(&mut house, "T1").await;
        pass(&house, 10).await;
        let bad = orders_of(&house, driver).await.remove(0);
        let good_body = {
            let mut tx = house.app.db.read().await.unwrap();
            csms::store::bills::latest(&mut tx, bad.session_id.unwrap()).await.unwrap().unwrap().body
        };
        let of_body = |body: &str| {
            let body = body.to_owned();
            move |bill: BillRow| BillRow { body, ..bill }
        };
        rebill_as(&house, bad.session_id.unwrap(), "3.90", of_body("{}")).await;
        pass(&house, 10).await;
        assert_eq!(house.row(bad.id).await.due_minor, Some(390));
        assert_eq!(due(&house).await, 0);
        let waits = async || {
            let mut tx = house.app.db.read().await.unwrap();
            let now = house.clock.now();
            let now_due = documents::due(&mut tx, now, 9).await.unwrap().len();
            let later = documents::due(&mut tx, now + chrono::TimeDelta::minutes(1), 9).await.unwrap();
            (now_due, later.into_iter().map(|row| (row.id, row.tries)).collect::<Vec<_>>())
        };
        assert_eq!(waits().await, (0, vec![(bad.id, 1)]), "it is tried again later");
        charge(&mut house, "T2").await;
        pass(&house, 10).await;
        let good = orders_of(&house, driver).await.remove(0);
        assert_ne!(good.id, bad.id);
        assert_eq!(due(&house).await, 1);
        assert_eq!(papers(&house, good.id).await.len(), 1);
        // The bill is made anew: looked at at once.
        rebill_as(&house, bad.session_id.unwrap(), "3.80", of_body(&good_body)).await;
        pass(&house, 10).await;
        assert_eq!(due(&house).await, 1);
        assert_eq!(papers(&house, bad.id).await.len(), 1);
    }
}

#[tokio::test]
async fn what_was_written_off_because_a_statement_has_it_otherwise_is_no_finding() {
    for mut house in houses().await {
        let driver = contract(&house).await;
        charge(&mut house, "T1").await;
        pass(&house, 30).await;
        let order = orders_of(&house, driver).await.remove(0);
        let amount =
            Amount::of(tariffs::Money { amount: Decimal::new(5, 2), currency: "EUR".parse().unwrap() });
        let amount = amount.unwrap();
        let entry = Entry::posted("write_off", "clearing:case:1".to_owned(), house.clock.now())
            .of_order(order.id)
            .debit(Account::Expense(Expense::WriteOff), amount)
            .credit(Account::Provider("cards".into()), amount);
        let mut tx = house.app.db.write().await.unwrap();
        ledger::record(&mut tx, &house.app.ids, &entry).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(house.findings().await, []);
    }
}
