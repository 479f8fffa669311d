//! What must always hold: balances, settled orders, providers. What does not is a finding until it is mended.

use crate::common::{at, by_hand, enter, eur, ids, on_both, provider, taken};
use csms::id::Ids;
use csms::ledger::{Account, Entry, Revenue, checks};
use csms::store::Db;
use csms::store::ledger::findings;

/// An order that was prepaid with 1,000, billed 700, and given back 300; the amounts as its rows say.
async fn order(db: &Db, id: i64, due: i64, taken: i64, returned: i64) {
    let mut tx = db.write().await.unwrap();
    let sql = format!(
        "INSERT INTO pay_order (id, number, purpose, mode, state, version, page_key, currency, amount_minor, due_minor,
            taken_minor, returned_minor, expires_at, settled_at, created_at, changed_at)
         VALUES ({id}, 'N{id}', 'session', 'prepay', 'partly_refunded', 1, 'p{id}', 'EUR', 1000, {due}, {taken}, {returned},
            '{0}', '{0}', '{0}', '{0}');
         INSERT INTO pay_attempt (id, order_id, number, account, wallet, method, state, body, currency, amount_minor, taken_minor,
            returned_minor, created_at, changed_at)
         VALUES ({id}, {id}, 'A{id}', 'st-main', 'stripe', 'hosted', 'taken', '{{}}', 'EUR', 1000, {taken}, {returned}, '{0}', '{0}')",
        at(id).to_rfc3339()
    );
    by_hand(&mut tx, &sql).await.unwrap();
    tx.commit().await.unwrap();
}

async fn entered(db: &Db, ids: &Ids, id: i64) {
    enter(db, ids, &taken(id, 1_000)).await;
    enter(db, ids, &billed(id)).await;
    enter(db, ids, &returned(id)).await;
}

fn billed(id: i64) -> Entry {
    Entry::posted("billed", format!("billed:{id}"), at(id))
        .of_order(id)
        .debit(Account::Deposits, eur(700))
        .credit(Account::Revenue(Revenue::Energy), eur(588))
        .credit(Account::Tax("19".parse().unwrap()), eur(112))
}

fn returned(id: i64) -> Entry {
    Entry::posted("returned", format!("returned:{id}"), at(id))
        .of_order(id)
        .debit(Account::Deposits, eur(300))
        .credit(provider(), eur(300))
}

async fn open(db: &Db) -> Vec<(String, String, String)> {
    let rows = findings::open(&mut db.read().await.unwrap(), 50).await.unwrap();
    let mut rows: Vec<_> = rows.into_iter().map(|row| (row.kind, row.subject, row.detail)).collect();
    rows.sort();
    rows
}

on_both! {
    async fn an_order_whose_books_are_right_is_no_finding(db) {
        let ids = ids();
        order(&db, 1, 700, 1_000, 300).await;
        entered(&db, &ids, 1).await;
        // What a provider charges is not the order's.
        let fee = Entry::posted("fee", "fee:1", at(1)).of_order(1)
            .debit(Account::Fees("st-main".into()), eur(6)).credit(provider(), eur(6));
        enter(&db, &ids, &fee).await;
        assert_eq!(checks::turn(&db, at(3_600)).await.unwrap(), 0, "{:?}", open(&db).await);
    }

    async fn more_taken_than_billed_is_found_and_cleared_when_it_is_mended(db) {
        let ids = ids();
        order(&db, 1, 700, 1_000, 0).await;
        order(&db, 2, 700, 1_000, 300).await;
        entered(&db, &ids, 2).await;
        enter(&db, &ids, &taken(1, 1_000)).await;
        enter(&db, &ids, &billed(1)).await;
        assert_eq!(checks::turn(&db, at(3_600)).await.unwrap(), 1);
        let found = open(&db).await;
        assert_eq!((&*found[0].0, &*found[0].1), ("order", "N1"));
        assert!(found[0].2.contains("1000 taken less 0 returned") && found[0].2.contains("300 of its money stands"), "{found:?}");
        assert_eq!(checks::turn(&db, at(3_700)).await.unwrap(), 1, "it is told once, and stays");
        enter(&db, &ids, &returned(1)).await;
        let mut tx = db.write().await.unwrap();
        by_hand(&mut tx, "UPDATE pay_order SET returned_minor = 300 WHERE id = 1;
            UPDATE pay_attempt SET returned_minor = 300 WHERE id = 1").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(checks::turn(&db, at(3_800)).await.unwrap(), 0, "{:?}", open(&db).await);
    }

    async fn a_provider_that_holds_something_else_than_its_attempts_say_is_found(db) {
        let ids = ids();
        order(&db, 1, 700, 1_000, 300).await;
        entered(&db, &ids, 1).await;
        let mut tx = db.write().await.unwrap();
        by_hand(&mut tx, "UPDATE pay_attempt SET taken_minor = 1001 WHERE id = 1").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(checks::turn(&db, at(3_600)).await.unwrap(), 1);
        let found = open(&db).await;
        assert_eq!((&*found[0].0, &*found[0].1), ("provider", "N1"));
        assert!(found[0].2.contains("701 by its attempts, 700 by the ledger"), "{found:?}");
    }

    async fn an_order_with_a_refund_on_its_way_is_not_judged_yet(db) {
        order(&db, 1, 700, 1_000, 0).await;
        let mut tx = db.write().await.unwrap();
        let sql = format!("INSERT INTO pay_refund (id, order_id, attempt_id, number, kind, currency, amount_minor, state, due_at,
            created_at, changed_at) VALUES (1, 1, 1, 'R1', 'rest', 'EUR', 300, 'waiting', '{0}', '{0}', '{0}')", at(1).to_rfc3339());
        by_hand(&mut tx, &sql).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(checks::turn(&db, at(3_600)).await.unwrap(), 0);
    }

    async fn what_is_owed_and_what_was_taken_are_the_bill(db) {
        let ids = ids();
        order(&db, 1, 700, 500, 0).await;
        let mut tx = db.write().await.unwrap();
        by_hand(&mut tx, "UPDATE pay_order SET state = 'owing' WHERE id = 1").await.unwrap();
        tx.commit().await.unwrap();
        enter(&db, &ids, &taken(1, 500)).await;
        let billed = Entry::posted("billed", "billed:1", at(1)).of_order(1)
            .debit(Account::Deposits, eur(500))
            .debit(Account::Receivable(1), eur(200))
            .credit(Account::Revenue(Revenue::Energy), eur(588))
            .credit(Account::Tax("19".parse().unwrap()), eur(112));
        enter(&db, &ids, &billed).await;
        assert_eq!(checks::turn(&db, at(3_600)).await.unwrap(), 0, "{:?}", open(&db).await);
        let mut tx = db.write().await.unwrap();
        let sql = format!("UPDATE pay_order SET due_minor = 800, changed_at = '{}' WHERE id = 1", at(3_600).to_rfc3339());
        by_hand(&mut tx, &sql).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(checks::turn(&db, at(7_200)).await.unwrap(), 1);
        let found = open(&db).await;
        assert_eq!((&*found[0].0, &*found[0].1), ("order", "N1"));
        assert!(found[0].2.contains("200 owed, is not the bill of 800"), "{found:?}");
    }

    async fn books_that_do_not_balance_are_found(db) {
        enter(&db, &ids(), &taken(1, 100)).await;
        crate::common::tamper(&db, "UPDATE ledger_posting SET amount_minor = 90 WHERE line = 0").await;
        assert_eq!(checks::turn(&db, at(5)).await.unwrap(), 1);
        assert_eq!((&*open(&db).await[0].0, &*open(&db).await[0].1), ("trial", "EUR"));
        crate::common::tamper(&db, "UPDATE ledger_posting SET amount_minor = 100 WHERE line = 0").await;
        assert_eq!(checks::turn(&db, at(6)).await.unwrap(), 0);
    }
}
