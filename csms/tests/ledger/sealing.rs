//! Sealing: nothing is missed in whatever order transactions commit, one process at a time, and proofs hold.

use crate::common::{at, by_hand, enter, eur, held, ids, newest, on_both, sealer, signer, taken};
use csms::clock::Clock;
use csms::id::Ids;
use csms::ledger::seal::{Sealer, Turn};
use csms::ledger::{Entry, LedgerError, balances_of, prove, record, verify};
use csms::store::ledger::{checkpoints, leaves};
use csms::store::testing::TestDb;
use csms::store::{Db, Engine};
use payments::ledger::{Checkpoint, Note, check_consistency};

async fn verified(db: &Db) -> verify::Verified {
    verify::all(db, signer().public(), &[], |_| {}).await.unwrap()
}

on_both! {
    async fn what_is_committed_becomes_leaves_under_a_signed_checkpoint(db) {
        let ids = ids();
        let mut sealer = sealer();
        let nothing = Turn { ours: true, sealed: 0, checkpoint: None };
        assert_eq!(sealer.turn(&db, at(0)).await.unwrap(), nothing);
        for n in 0..5 {
            enter(&db, &ids, &taken(n, 100 + n)).await;
        }
        let before = balances_of(&mut db.read().await.unwrap(), "", 10).await.unwrap();
        assert_eq!(sealer.turn(&db, at(1)).await.unwrap(), Turn { ours: true, sealed: 5, checkpoint: Some(5) });
        assert_eq!(sealer.turn(&db, at(2)).await.unwrap(), nothing);
        let after = balances_of(&mut db.read().await.unwrap(), "", 10).await.unwrap();
        assert_eq!(before, after, "sealing changes no balance");
        let checkpoint = Checkpoint::verified(&newest(&db).await, signer().public()).unwrap();
        assert_eq!((checkpoint.size, &*checkpoint.origin), (5, "ledger.example/test"));
        let done = verified(&db).await;
        assert_eq!((done.leaves, done.entries, done.checkpoints, done.faults), (5, 5, 1, vec![]));
        assert_eq!(done.root, Some(checkpoint.root));
    }

    async fn pending_sums_follow_holds_that_end_before_or_after_they_are_sealed(db) {
        let ids = ids();
        let mut sealer = sealer();
        for order in 0..3 {
            enter(&db, &ids, &held(order, 1_000)).await;
        }
        let end = |order: i64| Entry::post("captured", format!("captured:{order}"), at(9), format!("held:{order}"), eur(300));
        enter(&db, &ids, &end(0)).await;
        sealer.turn(&db, at(1)).await.unwrap();
        enter(&db, &ids, &end(1)).await;
        let provider = |db: &Db| { let db = db.clone(); async move {
            let row = balances_of(&mut db.read().await.unwrap(), "provider:", 9).await.unwrap().remove(0);
            (row.posted_minor, row.pending_minor)
        }};
        assert_eq!(provider(&db).await, (600, 1_000));
        sealer.turn(&db, at(2)).await.unwrap();
        assert_eq!(provider(&db).await, (600, 1_000));
        assert_eq!(verified(&db).await.faults, []);
    }

    async fn another_process_waits_for_the_lease_and_goes_on_from_there(db) {
        let ids = ids();
        let (mut one, mut two) = (sealer(), Sealer::new(signer(), 2, chrono::TimeDelta::zero()));
        enter(&db, &ids, &taken(1, 5)).await;
        assert_eq!(one.turn(&db, at(0)).await.unwrap().sealed, 1);
        enter(&db, &ids, &taken(2, 5)).await;
        assert_eq!(two.turn(&db, at(1)).await.unwrap(), Turn::default());
        assert_eq!(two.turn(&db, at(60)).await.unwrap(), Turn { ours: true, sealed: 1, checkpoint: Some(2) });
        enter(&db, &ids, &taken(3, 5)).await;
        assert_eq!(one.turn(&db, at(61)).await.unwrap(), Turn::default());
        assert_eq!(one.turn(&db, at(120)).await.unwrap().sealed, 1);
        assert_eq!(verified(&db).await.faults, []);
    }

    async fn nothing_is_signed_over_a_tree_that_was_cut(db) {
        let ids = ids();
        for n in 0..4 {
            enter(&db, &ids, &taken(n, 5)).await;
        }
        sealer().turn(&db, at(0)).await.unwrap();
        crate::common::tamper(&db, "DELETE FROM ledger_leaf WHERE idx = 3").await;
        enter(&db, &ids, &taken(9, 5)).await;
        // A sealer that begins holds the leaves against the last checkpoint.
        let refused = sealer().turn(&db, at(1)).await.unwrap_err();
        assert!(matches!(&refused, LedgerError::Changed(what) if what.contains("only 3 leaves")), "{refused}");
        assert_eq!(checkpoints::newest(&mut db.read().await.unwrap()).await.unwrap().unwrap().size, 4);
    }

    async fn every_entry_of_many_is_proved_and_the_tree_only_grows(db) {
        let ids = ids();
        let mut sealer = sealer();
        let mut notes: Vec<Note> = Vec::new();
        let mut entries = Vec::new();
        for (round, count) in [1_i64, 2, 300, 250, 7].into_iter().enumerate() {
            let mut tx = db.write().await.unwrap();
            for n in 0..count {
                let order = round as i64 * 1_000 + n;
                entries.push(record(&mut tx, &ids, &taken(order, 1 + n)).await.unwrap().id);
            }
            tx.commit().await.unwrap();
            // A turn takes whole batches and what is left of the last one.
            while sealer.turn(&db, at(round as i64)).await.unwrap().sealed > 0 {}
            notes.push(newest(&db).await);
        }
        let mut tx = db.read().await.unwrap();
        assert_eq!(leaves::size(&mut tx).await.unwrap(), 560);
        for entry in entries.iter().step_by(37).chain(entries.last()) {
            let proof = prove::prove(&mut tx, *entry).await.unwrap().unwrap();
            assert_eq!(proof.check(signer().public()).unwrap().size, 560);
        }
        let last = Checkpoint::of(notes.last().unwrap()).unwrap();
        for note in &notes {
            let old = Checkpoint::of(note).unwrap();
            let proof = prove::prove_growth(&mut tx, old.size, last.size).await.unwrap();
            check_consistency(old.size, old.root, last.size, last.root, &proof).unwrap();
        }
        assert_eq!(prove::prove(&mut tx, 1).await.unwrap(), None);
        drop(tx);
        let done = verify::all(&db, signer().public(), &notes, |_| {}).await.unwrap();
        assert_eq!((done.faults, done.outside, done.uncovered), (vec![], 5, 0));
    }

    async fn what_providers_tell_and_operators_change_is_sealed_by_its_hash(db) {
        let mut tx = db.write().await.unwrap();
        by_hand(&mut tx, "INSERT INTO pay_inbox VALUES
            (11, 'wx-main', 'EV-1', NULL, '{}', '{\"paid\":1}', 'applied', 1, '2026-05-04T10:00:00+00:00')").await.unwrap();
        by_hand(&mut tx, "INSERT INTO event (id, at, station_id, session_id, kind, body) VALUES
            (12, '2026-05-04T10:00:01+00:00', 'CP1', NULL, 'tariff.assigned', '{}'),
            (13, '2026-05-04T10:00:02+00:00', 'CP1', NULL, 'station.booted', '{}')").await.unwrap();
        by_hand(&mut tx, "INSERT INTO pay_story VALUES
            (14, 1, '2026-05-04T10:00:03+00:00', 'refund.asked', 'anna', '{}'),
            (15, 1, '2026-05-04T10:00:03+00:00', 'order.created', 'driver', '{}')").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(sealer().turn(&db, at(5)).await.unwrap().sealed, 3);
        let mut tx = db.read().await.unwrap();
        let record = leaves::record(&mut tx, "notice", 11).await.unwrap().unwrap();
        assert_eq!(record.digest, payments::ledger::digest(&["notice", "wx-main", "EV-1", "{\"paid\":1}"]));
        drop(tx);
        assert_eq!(verified(&db).await.faults, []);
        // What a provider may tell again is counted there, and is no change; its words are.
        crate::common::tamper(&db, "UPDATE pay_inbox SET times = 2").await;
        assert_eq!(verified(&db).await.faults, []);
        crate::common::tamper(&db, "UPDATE pay_inbox SET body = '{\"paid\":2}'").await;
        let faults = verified(&db).await.faults;
        assert_eq!((faults.len(), faults[0].kind, &*faults[0].what), (1, verify::FaultKind::Source, "notice 11"));
        // Events are kept for a while only; what was sealed of them stays.
        crate::common::tamper(&db, "DELETE FROM event").await;
        assert_eq!(verified(&db).await.faults.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_missed_while_many_write_and_the_sealer_runs() {
    const WRITERS: u16 = 6;
    const EACH: i64 = 40;
    for test in TestDb::all().await.unwrap() {
        let db = test.open().await.unwrap();
        let mut tasks = tokio::task::JoinSet::new();
        for node in 0..WRITERS {
            let db = db.clone();
            tasks.spawn(async move {
                let ids = Ids::new(Clock::System, node);
                for n in 0..EACH {
                    let mut tx = db.write().await.unwrap();
                    let order = i64::from(node) * 1_000 + n;
                    record(&mut tx, &ids, &taken(order, 10)).await.unwrap();
                    // The others, and the sealer, come in between: ids become visible out of order.
                    tokio::task::yield_now().await;
                    if n % 7 == 3 {
                        drop(tx);
                        record_and_commit(&db, &ids, order).await;
                    } else {
                        tx.commit().await.unwrap();
                    }
                }
            });
        }
        let mut sealer = sealer();
        let mut second = 0;
        while !tasks.is_empty() {
            second += 1;
            sealer.turn(&db, at(second)).await.unwrap();
            while tasks.try_join_next().transpose().unwrap().is_some() {}
        }
        while sealer.turn(&db, at(second + 1)).await.unwrap().sealed > 0 {}
        let done = verified(&db).await;
        assert_eq!(done.faults, [], "{:?}", db.engine());
        assert_eq!((done.leaves as i64, done.unsealed), (i64::from(WRITERS) * EACH, 0));
        db.close().await;
    }
}

async fn record_and_commit(db: &Db, ids: &Ids, order: i64) {
    let mut tx = db.write().await.unwrap();
    record(&mut tx, ids, &taken(order, 10)).await.unwrap();
    tx.commit().await.unwrap();
}

/// On PostgreSQL a transaction with an earlier id may commit after the sealer has passed a later one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_that_commits_late_gets_a_later_leaf() {
    for test in TestDb::all().await.unwrap() {
        let db = test.open().await.unwrap();
        if db.engine() == Engine::Postgres {
            let ids = ids();
            let mut late = db.write().await.unwrap();
            let first = record(&mut late, &ids, &taken(1, 10)).await.unwrap().id;
            let second = enter(&db, &ids, &taken(2, 10)).await.id;
            assert!(first < second);
            let mut sealer = sealer();
            assert_eq!(sealer.turn(&db, at(0)).await.unwrap().sealed, 1);
            late.commit().await.unwrap();
            assert_eq!(sealer.turn(&db, at(1)).await.unwrap().sealed, 1);
            let mut tx = db.read().await.unwrap();
            let order: Vec<i64> =
                leaves::range(&mut tx, 0, 9).await.unwrap().into_iter().map(|leaf| leaf.ref_id).collect();
            assert_eq!(order, [second, first]);
            drop(tx);
            assert_eq!(verified(&db).await.faults, []);
        }
        db.close().await;
    }
}
