//! Entering: once per effect, balanced, ended once, never changed.

use crate::common::{at, by_hand, enter, eur, held, ids, on_both, provider, taken};
use csms::ledger::{
    Account, Entry, EntryFault, LedgerError, Recorded, Revenue, balances, balances_of, open_pendings, record,
};
use csms::store::ledger::{BalanceRow, entries};
use payments::Amount;

fn balance(account: &str, posted_minor: i64, pending_minor: i64) -> BalanceRow {
    BalanceRow { account: account.into(), currency: "EUR".into(), posted_minor, pending_minor }
}

on_both! {
    async fn the_same_effect_is_entered_once(db) {
        let ids = ids();
        let first = enter(&db, &ids, &taken(1, 500)).await;
        let again = enter(&db, &ids, &taken(1, 500)).await;
        assert!(first.new);
        assert_eq!(again, Recorded { id: first.id, new: false });
        let mut tx = db.write().await.unwrap();
        assert_eq!(balances(&mut tx, &provider()).await.unwrap(), [balance("provider:st-main", 500, 0)]);
        // The key says it is the same, the contents say otherwise.
        for other in [
            taken(1, 501),
            taken(1, 500).of_order(2),
            Entry { kind: "billed".into(), ..taken(1, 500) },
            Entry { key: "taken:1".into(), ..held(1, 500) },
        ] {
            let error = record(&mut tx, &ids, &other).await.unwrap_err();
            assert!(matches!(error, LedgerError::Fault { .. } | LedgerError::KeyTaken { .. }), "{error}");
        }
        // Nothing of that has hurt the transaction.
        assert!(record(&mut tx, &ids, &taken(2, 7)).await.unwrap().new);
        tx.commit().await.unwrap();
    }

    async fn an_unbalanced_entry_is_refused_before_any_statement(db) {
        let mut tx = db.write().await.unwrap();
        let bad = taken(1, 500).debit(Account::Suspense, eur(1));
        let error = record(&mut tx, &ids(), &bad).await.unwrap_err();
        assert!(
            matches!(&error, LedgerError::Fault { fault: EntryFault::Unbalanced { sum: 1, .. }, .. }),
            "{error}"
        );
        assert_eq!(entries::by_key(&mut tx, "taken:1").await.unwrap(), None);
    }

    async fn a_hold_is_posted_up_to_its_amount_and_the_rest_is_void(db) {
        let ids = ids();
        let hold = enter(&db, &ids, &held(1, 5_000)).await;
        let mut tx = db.write().await.unwrap();
        assert_eq!(balances(&mut tx, &provider()).await.unwrap(), [balance("provider:st-main", 0, 5_000)]);
        let open = open_pendings(&mut tx, 1).await.unwrap();
        assert_eq!(open.iter().map(|open| (open.id, &*open.key, open.amount)).collect::<Vec<_>>(),
            [(hold.id, "held:1", eur(5_000))]);
        let post = |key: &str, amount| Entry::post("captured", key, at(9), "held:1", amount).of_order(1);
        for (amount, held) in [(eur(5_001), eur(5_000)), (Amount::new(5, "CNY".parse().unwrap()), eur(5_000))] {
            let error = record(&mut tx, &ids, &post("captured:1", amount)).await.unwrap_err();
            assert!(matches!(error, LedgerError::MoreThanPending { held: of, .. } if of == held));
        }
        assert!(record(&mut tx, &ids, &post("captured:1", eur(1_234))).await.unwrap().new);
        assert!(!record(&mut tx, &ids, &post("captured:1", eur(1_234))).await.unwrap().new);
        for other in [post("captured:2", eur(1)), Entry::void("released", "released:1", at(9), "held:1")] {
            let error = record(&mut tx, &ids, &other).await.unwrap_err();
            assert!(matches!(&error, LedgerError::Ended { by, .. } if by == "captured:1"), "{error}");
        }
        assert_eq!(balances(&mut tx, &provider()).await.unwrap(), [balance("provider:st-main", 1_234, 0)]);
        assert_eq!(balances(&mut tx, &Account::Deposits).await.unwrap(), [balance("deposits", -1_234, 0)]);
        assert_eq!(open_pendings(&mut tx, 1).await.unwrap(), []);
        tx.commit().await.unwrap();
    }

    async fn a_released_hold_leaves_nothing(db) {
        let ids = ids();
        enter(&db, &ids, &held(1, 5_000)).await;
        enter(&db, &ids, &Entry::void("released", "released:1", at(3), "held:1")).await;
        let mut tx = db.write().await.unwrap();
        assert_eq!(balances(&mut tx, &provider()).await.unwrap(), [balance("provider:st-main", 0, 0)]);
        let gone = Entry::void("released", "released:2", at(3), "held:2");
        assert!(matches!(record(&mut tx, &ids, &gone).await, Err(LedgerError::NoPending { .. })));
        let never = Entry::void("released", "released:3", at(3), "released:1");
        assert!(matches!(record(&mut tx, &ids, &never).await, Err(LedgerError::NotPending { .. })));
    }

    async fn balances_are_listed_by_account_and_add_up_to_nothing(db) {
        let ids = ids();
        for n in 1..=3 {
            let entry = Entry::posted("fee", format!("fee:{n}"), at(n))
                .debit(Account::Fees(format!("m{n}")), eur(n))
                .credit(Account::Provider(format!("m{n}")), eur(n));
            enter(&db, &ids, &entry).await;
        }
        let mut tx = db.read().await.unwrap();
        let all = balances_of(&mut tx, "", 100).await.unwrap();
        assert_eq!(all.len(), 6);
        assert_eq!(balances_of(&mut tx, "fees:", 2).await.unwrap(), [balance("fees:m1", 1, 0), balance("fees:m2", 2, 0)]);
        assert_eq!(entries::trial(&mut tx).await.unwrap(), [balance("", 0, 0)]);
    }

    // The example of docs/ledger.md.
    async fn a_hold_a_bill_its_correction_a_fee_and_a_payout_end_at_nothing(db) {
        let ids = ids();
        let posted = |kind: &str, key: &str| Entry::posted(kind, key, at(1)).of_order(7);
        let (energy, tax) = (|| Account::Revenue(Revenue::Energy), || Account::Tax("19".parse().unwrap()));
        for entry in [
            held(7, 5_000),
            Entry::post("captured", "captured:7", at(1), "held:7", eur(1_190)).of_order(7),
            posted("billed", "billed:7:1").debit(Account::Deposits, eur(1_190)).credit(energy(), eur(1_000)).credit(tax(), eur(190)),
            posted("returned", "returned:1").debit(Account::Deposits, eur(119)).credit(provider(), eur(119)),
            posted("billed", "billed:7:2").debit(energy(), eur(100)).debit(tax(), eur(19)).credit(Account::Deposits, eur(119)),
            posted("fee", "fee:1").debit(Account::Fees("st-main".into()), eur(42)).credit(provider(), eur(42)),
            posted("payout", "payout:1").debit(Account::Bank("main".into()), eur(1_029)).credit(provider(), eur(1_029)),
        ] {
            assert!(enter(&db, &ids, &entry).await.new);
        }
        let mut tx = db.read().await.unwrap();
        assert_eq!(balances_of(&mut tx, "", 100).await.unwrap(), [
            balance("bank:main", 1_029, 0),
            balance("deposits", 0, 0),
            balance("fees:st-main", 42, 0),
            balance("provider:st-main", 0, 0),
            balance("revenue:energy", -900, 0),
            balance("tax:19", -171, 0),
        ]);
    }

    async fn the_database_itself_refuses_changes(db) {
        let ids = ids();
        let one = enter(&db, &ids, &taken(1, 500)).await;
        for sql in [
            "UPDATE ledger_entry SET kind = 'x'".to_owned(),
            "DELETE FROM ledger_entry".to_owned(),
            "UPDATE ledger_posting SET amount_minor = 1".to_owned(),
            "DELETE FROM ledger_posting".to_owned(),
            // With the entry's place in the queue gone it counts as sealed.
            format!("DELETE FROM ledger_unsealed WHERE ref_id = {0};
                INSERT INTO ledger_posting VALUES ({0}, 9, 'suspense', 'EUR', 5)", one.id),
        ] {
            let mut tx = db.write().await.unwrap();
            let refused = by_hand(&mut tx, &sql).await.unwrap_err();
            assert!(refused.contains("never changed") || refused.contains("no more postings"), "{sql}: {refused}");
        }
        for (table, columns) in [
            ("ledger_record", "'event', 1, 's', 'd', '2026-01-01T00:00:00+00:00'"),
            ("ledger_leaf", "0, 'entry', 1, 'h', '2026-01-01T00:00:00+00:00'"),
            ("ledger_node", "8, 0, 'h'"),
            ("ledger_checkpoint", "1, 'r', 'n', '2026-01-01T00:00:00+00:00'"),
            ("ledger_cosignature", "1, 'w', 'l', '2026-01-01T00:00:00+00:00'"),
        ] {
            let mut tx = db.write().await.unwrap();
            by_hand(&mut tx, &format!("INSERT INTO {table} VALUES ({columns})")).await.unwrap();
            tx.commit().await.unwrap();
            let mut changes = vec![format!("DELETE FROM {table}")];
            if db.engine() == csms::store::Engine::Postgres {
                changes.push(format!("TRUNCATE {table}"));
            }
            for sql in changes {
                let mut tx = db.write().await.unwrap();
                let refused = by_hand(&mut tx, &sql).await.unwrap_err();
                assert!(refused.contains("never changed"), "{sql}: {refused}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_enter_the_same_effect_at_once_one_does() {
    for test in csms::store::testing::TestDb::all().await.unwrap() {
        let db = test.open().await.unwrap();
        let mut tasks = tokio::task::JoinSet::new();
        for node in 0..8 {
            let db = db.clone();
            tasks.spawn(async move {
                let ids = csms::id::Ids::new(csms::clock::Clock::System, node);
                let mut all = Vec::new();
                for order in 0..10 {
                    all.push(enter(&db, &ids, &taken(order, 100 + order)).await);
                }
                all
            });
        }
        let all = tasks.join_all().await;
        for order in 0..10 {
            assert!(all.iter().all(|one| one[order].id == all[0][order].id), "one entry of each effect");
            assert_eq!(all.iter().filter(|one| one[order].new).count(), 1, "one of them made it");
        }
        let mut tx = db.read().await.unwrap();
        assert_eq!(balances(&mut tx, &provider()).await.unwrap(), [balance("provider:st-main", 1_045, 0)]);
        drop(tx);
        db.close().await;
    }
}
