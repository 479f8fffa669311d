//! An account that is compared again, by several at once, or after another account could not be.

use crate::common::{ACCOUNT, House, Paper, at, on, paid};
use chrono::TimeDelta;
use csms::clearing::ClearingError;
use csms::clearing::import::{Incoming, Which};
use csms::clearing::resolve::Resolution;
use csms::store::clearing::cases::{self, Filter};
use csms::store::clearing::testing::Paid;
use csms::store::clearing::{compares, items, lines};
use csms::store::pay::attempts;
use csms::store::testing::TestDb;

#[tokio::test]
async fn the_fee_of_a_payment_is_entered_once_however_often_it_is_compared() {
    for test in TestDb::all().await.unwrap() {
        let db = test.open().await.unwrap();
        let house = House::open(&db).await;
        house.pay(&[paid(1, 10_000, 60), paid(2, 5_000, 70)]).await;
        let mut paper = Paper::new();
        // Its amount is not ours, and its fee is not the contract's.
        paper.line("payment", "A0000001", 10_100, 15, "CNY", 60, "done");
        paper.payment("A0000002", 5_000, 70);
        house.days(&paper).await;
        let clearing = house.clearing();
        clearing.compare(ACCOUNT).await.unwrap();
        let booked = ["fees:wx-main 91", "provider:wx-main -91"];
        assert_eq!(house.balances().await, booked);

        // The provider would say once more what it has said: both sides are done.
        let amount = house.cases().await.into_iter().find(|case| case.reason == "amount").unwrap();
        let refused = clearing.resolve(amount.id, Resolution::Query, "?", "anna").await.unwrap_err();
        assert!(refused.to_string().contains("choose accept, write_off"), "{refused}");
        let preview = clearing.preview(&Filter::default(), Resolution::Query).await.unwrap();
        assert_eq!((preview.cases.len(), preview.unfit), (0, 2));

        // Where an earlier version has put both sides back, the case comes back, and the fee does not.
        let mut tx = db.write().await.unwrap();
        cases::resolve(&mut tx, amount.id, "query", "", "anna", at(0)).await.unwrap();
        lines::reopen(&mut tx, amount.line_id.unwrap(), "2026-10-01").await.unwrap();
        items::put(&mut tx, "payment", "open", &[amount.ref_id.unwrap()]).await.unwrap();
        tx.commit().await.unwrap();
        clearing.compare(ACCOUNT).await.unwrap();
        assert_eq!(house.balances().await, booked);
        let open: Vec<_> = house.cases().await.into_iter().map(|case| (case.reason, case.state)).collect();
        assert!(open.contains(&("amount".to_owned(), "open".to_owned())), "{open:?}");
        db.close().await;
    }
}

#[tokio::test]
async fn a_payment_whose_name_at_the_provider_is_known_late_is_nobodys_orphan() {
    for test in TestDb::all().await.unwrap() {
        let db = test.open().await.unwrap();
        let house = House::open(&db).await;
        house.pay(&[paid(1, 10_000, 60), paid(2, 5_000, 70)]).await;
        let named = async |id, charge: &str| {
            let mut tx = db.write().await.unwrap();
            let mut row = attempts::find(&mut tx, id).await.unwrap().unwrap();
            row.charge = charge.into();
            attempts::update(&mut tx, &row).await.unwrap();
            tx.commit().await.unwrap();
        };
        // The file has only the provider's names, and we do not know them yet.
        let text = "kind,amount,fee,currency,at,reference\n\
            payment,100.00,0.60,CNY,2026-10-01T00:01:00+08:00,CH-1\npayment,50.00,0.30,CNY,2026-10-01T00:01:10+08:00,CH-2\n";
        house.import(0, text).await.unwrap();
        for day in 1..=3 {
            house.import(day, &Paper::new().text()).await.unwrap();
        }
        house.now(on(4, 3));
        house.clearing().settle_due().await.unwrap();
        // The provider's answer comes after the import: in time for the comparison, or too late.
        named(1, "CH-1").await;
        let clearing = house.clearing();
        assert_eq!(clearing.compare(ACCOUNT).await.unwrap().matched, 1);
        let cases = house.cases().await;
        let mut reasons: Vec<_> = cases.iter().map(|case| &*case.reason).collect();
        reasons.sort_unstable();
        assert_eq!(reasons, ["missing_here", "missing_there"]);
        named(2, "CH-2").await;
        let orphan = cases.iter().find(|case| case.reason == "missing_here").unwrap();
        let refused = clearing.resolve(orphan.id, Resolution::RefundOrphan, "", "anna").await.unwrap_err();
        assert!(refused.to_string().contains("A0000002"), "{refused}");
        for matched in [1, 0] {
            let compared = clearing.compare(ACCOUNT).await.unwrap();
            assert_eq!((compared.matched, compared.cases.len()), (matched, 0));
        }
        for case in house.cases().await {
            assert_eq!((&*case.number, &*case.resolution), ("A0000002", "by_itself"));
        }
        assert_eq!(house.balances().await, ["fees:wx-main 90", "provider:wx-main -90"]);
        db.close().await;
    }
}

#[tokio::test]
async fn several_who_compare_at_once_find_no_differences_that_are_none() {
    for test in TestDb::all().await.unwrap() {
        let db = test.open().await.unwrap();
        let house = House::open(&db).await;
        let all: Vec<_> = (1..=4_500).map(|n| paid(n, 1_000, 60)).collect();
        house.pay(&all).await;
        let mut paper = Paper::new();
        all.iter().for_each(|one| paper.payment(&one.number, one.minor, 60));
        house.days(&paper).await;
        let clearing = house.clearing();
        // Each has a connection, so that none of them begins when another one has ended.
        let connections = tokio::join!(db.read(), db.read(), db.read(), db.read());
        assert!(
            connections.0.is_ok() && connections.1.is_ok() && connections.2.is_ok() && connections.3.is_ok()
        );
        drop(connections);
        let all = tokio::join!(
            clearing.compare(ACCOUNT),
            clearing.compare(ACCOUNT),
            clearing.compare(ACCOUNT),
            clearing.compare(ACCOUNT)
        );
        let told = [all.0, all.1, all.2, all.3].map(Result::unwrap);
        assert_eq!(house.cases().await, []);
        assert_eq!(told.iter().map(|done| done.matched).sum::<u64>(), 4_500);
        assert_eq!(told.iter().filter(|done| done.under_way).count(), 3);
        assert_eq!(house.balances().await, ["fees:wx-main 27000", "provider:wx-main -27000"]);
        // What was wanted meanwhile is done with the next turn, and then nothing is wanted.
        let wanted = async || compares::wanted(&mut db.read().await.unwrap(), at(0), at(0), 9).await.unwrap();
        assert_eq!(wanted().await, [ACCOUNT]);
        clearing.turn().await.unwrap();
        assert_eq!(wanted().await, [""; 0]);
        db.close().await;
    }
}

#[tokio::test]
async fn who_was_cut_off_is_waited_for_and_then_followed() {
    for test in TestDb::all().await.unwrap() {
        let db = test.open().await.unwrap();
        let house = House::open(&db).await;
        house.pay(&[paid(1, 10_000, 60)]).await;
        let mut paper = Paper::new();
        paper.payment("A0000001", 10_000, 60);
        house.days(&paper).await;
        let (now, clearing) = (house.clock.now(), house.clearing());
        let mut tx = db.write().await.unwrap();
        let lost = compares::lease(&mut tx, ACCOUNT, now, now + TimeDelta::minutes(10)).await.unwrap();
        tx.commit().await.unwrap();
        assert!(clearing.compare(ACCOUNT).await.unwrap().under_way);
        assert!(house.balances().await.is_empty());
        house.clock.advance(TimeDelta::minutes(11));
        clearing.turn().await.unwrap();
        assert_eq!(house.balances().await, ["fees:wx-main 60", "provider:wx-main -60"]);
        // Should the first one come back, it may not go on.
        let mut tx = db.write().await.unwrap();
        assert!(!compares::renew(&mut tx, ACCOUNT, lost.unwrap(), now).await.unwrap());
        drop(tx);
        db.close().await;
    }
}

#[tokio::test]
async fn an_account_out_of_order_keeps_no_other_waiting_and_is_tried_again() {
    for test in TestDb::all().await.unwrap() {
        let db = test.open().await.unwrap();
        let house = House::open(&db).await;
        const BAD: &str = "a-bad-one";
        let other = Paid { account: BAD, number: "B1".into(), ..paid(2, 500, 60) };
        house.pay(&[paid(1, 10_000, 60), other]).await;
        let day = |account| Incoming {
            account,
            file: Which::Trades,
            day: Some("2026-10-01".parse().unwrap()),
            format: None,
            name: "a day",
            bytes:
                b"number,kind,amount,fee,currency,at\nB1,payment,5.00,0.03,CNY,2026-10-01T00:01:00+08:00\n",
            by: "tester",
        };
        let mut paper = Paper::new();
        paper.payment("A0000001", 10_000, 60);
        house.import(0, &paper.text()).await.unwrap();
        house.clearing().import(&day(BAD)).await.unwrap();
        let mut tx = db.write().await.unwrap();
        let [mut line] = lines::open(&mut tx, BAD, ("", "", 0), 9).await.unwrap().try_into().unwrap();
        (line.id, line.copy, line.currency) = (line.id + 1, 1, "none".into());
        lines::add(&mut tx, &[line]).await.unwrap();
        tx.commit().await.unwrap();
        house.now(on(1, 3));
        let trouble = house.clearing().turn().await.unwrap_err();
        assert!(matches!(trouble, ClearingError::Unreadable(_)), "{trouble}");
        assert!(house.balances().await.contains(&"fees:wx-main 60".to_owned()));
        house.clearing().turn().await.unwrap();
        house.clock.advance(TimeDelta::minutes(11));
        assert!(house.clearing().turn().await.is_err(), "it is tried again");
        db.close().await;
    }
}
