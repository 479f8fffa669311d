//! What statements say of disputes, against what notifications have said.

use crate::common::{ACCOUNT, House, Paper, at, on, paid};
use csms::clearing::resolve::Resolution;
use csms::store::pay::disputes::{self, DisputeRow};
use csms::store::testing::TestDb;

/// The notification said that so much was taken, and so much given back.
async fn told(house: &House, withdrawn: i64, reinstated: i64) {
    let row = DisputeRow {
        id: 70,
        order_id: 1,
        attempt_id: 1,
        account: ACCOUNT.into(),
        reference: "dp_1".into(),
        ruling: "open".into(),
        reason: "fraudulent".into(),
        currency: "CNY".into(),
        amount_minor: 10_000,
        withdrawn_minor: withdrawn,
        reinstated_minor: reinstated,
        fee_currency: String::new(),
        fee_minor: 0,
        opened_at: at(60),
        changed_at: at(60),
        ended_at: None,
    };
    let mut tx = house.db.write().await.unwrap();
    disputes::put(&mut tx, &row).await.unwrap();
    tx.commit().await.unwrap();
}

fn paper(minor: i64) -> String {
    format!(
        "number,kind,amount,fee,currency,at,reference,status\nA0000001,payment,100.00,0.60,CNY,{0},PA0000001,done\n\
         ,other,{minor}.00,0.00,CNY,{0},dp_1,done\n",
        at(60).to_rfc3339()
    )
}

async fn settle(house: &House, first: &str, days: i64) {
    for day in 0..days {
        house.now(on(day + 1, 3));
        house.clearing().settle_due().await.unwrap();
        house.now(on(day + 1, 11));
        let empty = Paper::new().text();
        house.import(day, if day == 0 { first } else { &empty }).await.unwrap();
        house.clearing().compare(ACCOUNT).await.unwrap();
    }
}

#[tokio::test]
async fn what_the_notification_has_said_agrees_with_the_statement() {
    for test in TestDb::all().await.unwrap() {
        let db = test.open().await.unwrap();
        let house = House::open(&db).await;
        house.pay(&[paid(1, 10_000, 60)]).await;
        // The statement comes first: its line waits.
        settle(&house, &paper(-100), 1).await;
        told(&house, 10_000, 0).await;
        for matched in [1, 0] {
            assert_eq!(house.clearing().compare(ACCOUNT).await.unwrap().matched, matched);
        }
        settle(&house, &paper(-100), 8).await;
        assert!(house.cases().await.is_empty());
        db.close().await;
    }
}

#[tokio::test]
async fn another_amount_is_a_case_when_it_stays_so() {
    for test in TestDb::all().await.unwrap() {
        let db = test.open().await.unwrap();
        let house = House::open(&db).await;
        house.pay(&[paid(1, 10_000, 60)]).await;
        told(&house, 9_000, 0).await;
        settle(&house, &paper(-100), 1).await;
        assert!(house.cases().await.is_empty(), "the rest may still be told");
        settle(&house, &paper(-100), 8).await;
        let cases = house.cases().await;
        let [case] = cases.as_slice() else { panic!("{cases:?}") };
        let told = (&*case.reason, case.ours_minor, case.theirs_minor, case.gain_minor, case.order_id);
        assert_eq!(told, ("amount", Some(-9_000), Some(-10_000), -1_000, Some(1)));
        // It is given up by two, and stands on an account of its own.
        for by in ["anna", "bert"] {
            house.clearing().resolve(case.id, Resolution::WriteOff, "as agreed", by).await.unwrap();
        }
        assert!(house.balances().await.contains(&"expense:write_off 1000".to_owned()));
        db.close().await;
    }
}
