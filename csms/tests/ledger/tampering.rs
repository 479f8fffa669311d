//! Somebody with all rights on the database changes what is sealed: each way is found, and the place is named.

use crate::common::{at, by_hand, enter, held, ids, newest, sealer, signer, taken, tamper};
use csms::ledger::verify::{self, FaultKind, Verified};
use csms::ledger::{Entry, checks};
use csms::store::Db;
use csms::store::ledger::findings;
use csms::store::testing::TestDb;
use payments::ledger::{Checkpoint, Note, SignatureKind, Signer};

/// Ten entries, checkpoints at 4, 8 and 10. Gives the ids and the notes as they were published.
async fn ledger(db: &Db) -> (Vec<i64>, Vec<Note>) {
    let ids = ids();
    let mut sealer = sealer();
    let (mut entries, mut notes) = (Vec::new(), Vec::new());
    for n in 0..10 {
        let entry = match n {
            2 => held(2, 900),
            5 => Entry::post("captured", "captured:2", at(5), "held:2", crate::common::eur(400)),
            _ => taken(n, 100 + n),
        };
        entries.push(enter(db, &ids, &entry).await.id);
        if [3, 7, 9].contains(&n) {
            sealer.turn(db, at(n)).await.unwrap();
            notes.push(newest(db).await);
        }
    }
    (entries, notes)
}

async fn verified(db: &Db, outside: &[Note]) -> Verified {
    verify::all(db, signer().public(), outside, |_| {}).await.unwrap()
}

/// What is done, and which first fault, at which leaf, is told. `{n}` is the id of the n-th entry.
const TAMPERINGS: [(&str, &str, FaultKind, Option<u64>, &str); 17] = [
    (
        "a flipped byte",
        "UPDATE ledger_entry SET body = '{ }' WHERE id = {3}",
        FaultKind::Changed,
        Some(3),
        "entry {3}",
    ),
    (
        "a key",
        "UPDATE ledger_entry SET key = 'taken:4x' WHERE id = {4}",
        FaultKind::Changed,
        Some(4),
        "entry {4}",
    ),
    (
        "a time",
        "UPDATE ledger_entry SET at = '2026-05-04T10:00:05+00:00' WHERE id = {4}",
        FaultKind::Changed,
        Some(4),
        "entry {4}",
    ),
    (
        "an order",
        "UPDATE ledger_entry SET order_id = 8 WHERE id = {7}",
        FaultKind::Changed,
        Some(7),
        "entry {7}",
    ),
    (
        "both amounts, balanced",
        "UPDATE ledger_posting SET amount_minor = amount_minor * 2 WHERE entry_id = {6}",
        FaultKind::Changed,
        Some(6),
        "entry {6}",
    ),
    (
        "an account",
        "UPDATE ledger_posting SET account = 'suspense' WHERE entry_id = {6} AND line = 1",
        FaultKind::Changed,
        Some(6),
        "entry {6}",
    ),
    (
        "one amount",
        "UPDATE ledger_posting SET amount_minor = 1 WHERE entry_id = {6} AND line = 0",
        FaultKind::Changed,
        Some(6),
        "entry {6}",
    ),
    (
        "an added posting",
        "INSERT INTO ledger_posting VALUES ({1}, 2, 'suspense', 'EUR', 0)",
        FaultKind::Changed,
        Some(1),
        "entry {1}",
    ),
    (
        "a deleted posting",
        "DELETE FROM ledger_posting WHERE entry_id = {1} AND line = 0",
        FaultKind::Changed,
        Some(1),
        "entry {1}",
    ),
    (
        "a deleted entry",
        "DELETE FROM ledger_posting WHERE entry_id = {6}; DELETE FROM ledger_entry WHERE id = {6}",
        FaultKind::Deleted,
        Some(6),
        "entry {6}",
    ),
    (
        "an entry deleted with its leaf",
        "DELETE FROM ledger_posting WHERE entry_id = {6}; DELETE FROM ledger_entry WHERE id = {6};
         DELETE FROM ledger_leaf WHERE idx = 6",
        FaultKind::Gap,
        Some(6),
        "leaf",
    ),
    (
        "an inserted entry",
        "INSERT INTO ledger_entry VALUES (77, 'taken', 'posted', NULL, NULL, 'x', '{}', '2026-05-04T10:00:05+00:00')",
        FaultKind::Inserted,
        None,
        "entry 77",
    ),
    (
        "two leaves in another order",
        "UPDATE ledger_leaf SET idx = 99 WHERE idx = 5; UPDATE ledger_leaf SET idx = 5 WHERE idx = 6;
         UPDATE ledger_leaf SET idx = 6 WHERE idx = 99",
        FaultKind::Fork,
        Some(4),
        "checkpoint 8",
    ),
    (
        "a truncated tail",
        "DELETE FROM ledger_posting WHERE entry_id = {9}; DELETE FROM ledger_entry WHERE id = {9};
         DELETE FROM ledger_leaf WHERE idx = 9",
        FaultKind::Truncated,
        Some(9),
        "checkpoint 10",
    ),
    (
        "an old checkpoint in place of a new one",
        "UPDATE ledger_checkpoint SET note = (SELECT note FROM ledger_checkpoint WHERE size = 4) WHERE size = 10",
        FaultKind::Replayed,
        None,
        "checkpoint 10",
    ),
    (
        "a checkpoint that nobody has signed",
        "UPDATE ledger_checkpoint SET note = REPLACE(note, 'example', 'exomple') WHERE size = 8",
        FaultKind::Signature,
        None,
        "checkpoint 8",
    ),
    (
        "a kept sum",
        "UPDATE ledger_total SET posted_minor = posted_minor + 1 WHERE account = 'deposits'",
        FaultKind::Totals,
        None,
        "account deposits",
    ),
];

fn filled(text: &str, entries: &[i64]) -> String {
    let mut text = text.to_owned();
    for (n, id) in entries.iter().enumerate() {
        text = text.replace(&format!("{{{n}}}"), &id.to_string());
    }
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_tampering_is_found_and_named() {
    let mut otherwise = Vec::new();
    for test in TestDb::all().await.unwrap() {
        let db = test.open().await.unwrap();
        let (entries, notes) = ledger(&db).await;
        for (name, sql, kind, index, what) in TAMPERINGS {
            assert_eq!(verified(&db, &notes).await.faults, [], "sound before {name}");
            // Seen inside the transaction, which is rolled back: the next one begins with a sound ledger.
            let mut tx = db.write().await.unwrap();
            crate::common::without_triggers(&mut tx).await;
            let sql = filled(sql, &entries);
            assert!(by_hand(&mut tx, &sql).await.unwrap() > 0, "{sql} changes nothing");
            let faults = verify::inside(&mut tx, signer().public(), &[], |_| {}).await.unwrap().faults;
            let first = faults.first().map(|fault| (fault.kind, fault.index, fault.what.clone()));
            if first != Some((kind, index, filled(what, &entries))) {
                otherwise.push((name, db.engine(), faults));
            }
        }
        db.close().await;
    }
    assert!(otherwise.is_empty(), "{otherwise:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_value_that_its_column_cannot_have_is_named_too() {
    // PostgreSQL has no such values.
    let test = TestDb::sqlite().unwrap();
    let db = test.open().await.unwrap();
    let (entries, _) = ledger(&db).await;
    tamper(&db, &format!("UPDATE ledger_entry SET at = 'soon' WHERE id = {}", entries[4])).await;
    let faults = verified(&db, &[]).await.faults;
    assert_eq!((faults[0].kind, faults[0].index), (FaultKind::Changed, Some(4)), "{faults:?}");
    assert!(faults[0].detail.contains("cannot be read"), "{faults:?}");
}

/// An insider with the key rewrites the ledger whole, and signs it anew: only what was published shows it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ledger_that_was_rewritten_whole_is_shown_by_what_was_published() {
    for test in TestDb::all().await.unwrap() {
        let db = test.open().await.unwrap();
        let (entries, notes) = ledger(&db).await;
        tamper(
            &db,
            &format!(
                "UPDATE ledger_posting SET amount_minor = amount_minor * 3 WHERE entry_id = {};
                 DELETE FROM ledger_leaf; DELETE FROM ledger_checkpoint; DELETE FROM ledger_total;
                 INSERT INTO ledger_unsealed (kind, ref_id) SELECT 'entry', id FROM ledger_entry",
                entries[6]
            ),
        )
        .await;
        assert_eq!(sealer().turn(&db, at(99)).await.unwrap().sealed, 10);
        assert_eq!(verified(&db, &[]).await.faults, [], "by itself it is sound");
        let faults = verified(&db, &notes).await.faults;
        let found: Vec<_> = faults.iter().map(|fault| (fault.kind, fault.index, &*fault.what)).collect();
        assert_eq!(
            found,
            [
                // The first four are as they were.
                (FaultKind::Fork, Some(4), "published checkpoint 2 (size 8)"),
                (FaultKind::Fork, Some(4), "published checkpoint 3 (size 10)"),
            ]
        );
        db.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn published_checkpoints_are_held_against_each_other_and_the_key() {
    for test in TestDb::all().await.unwrap() {
        let db = test.open().await.unwrap();
        let (_, notes) = ledger(&db).await;
        let kinds = |done: Verified| done.faults.iter().map(|fault| fault.kind).collect::<Vec<_>>();
        // An old one again after a newer one.
        let again = [notes[2].clone(), notes[0].clone()];
        assert_eq!(kinds(verified(&db, &again).await), [FaultKind::Replayed]);
        // One of the future: the database was put back to an older state.
        let root = payments::ledger::Hash::leaf(b"later");
        let later = Checkpoint { origin: "ledger.example/test".into(), size: 12, root };
        let later = later.sign(&signer()).unwrap();
        assert_eq!(kinds(verified(&db, &[later]).await), [FaultKind::Truncated]);
        // Another story for the same size.
        let fork =
            Checkpoint { size: 8, ..Checkpoint { origin: "ledger.example/test".into(), size: 0, root } };
        let fork = fork.sign(&signer()).unwrap();
        assert_eq!(kinds(verified(&db, std::slice::from_ref(&fork)).await), [FaultKind::Fork]);
        // Not ours at all.
        let stranger = Signer::new("ledger.example/test", SignatureKind::Text, [9; 32]).unwrap();
        let foreign = Checkpoint::of(&notes[0]).unwrap().sign(&stranger).unwrap();
        assert_eq!(kinds(verified(&db, &[foreign]).await), [FaultKind::Signature]);
        let under_other_key = verify::all(&db, stranger.public(), &notes, |_| {}).await.unwrap();
        assert!(kinds(under_other_key).iter().all(|kind| *kind == FaultKind::Signature));
        db.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_checks_find_a_changed_row_by_themselves_and_see_when_it_is_mended() {
    for test in TestDb::all().await.unwrap() {
        let db = test.open().await.unwrap();
        let (entries, _) = ledger(&db).await;
        assert_eq!(checks::turn(&db, at(20)).await.unwrap(), 0);
        let set = |minor: i64| {
            format!(
                "UPDATE ledger_posting SET amount_minor = {minor} WHERE entry_id = {} AND line = 0",
                entries[6]
            )
        };
        tamper(&db, &set(107)).await;
        assert_eq!(checks::turn(&db, at(30)).await.unwrap(), 1);
        let open = findings::open(&mut db.read().await.unwrap(), 9).await.unwrap();
        assert_eq!((&*open[0].kind, &*open[0].subject), ("row", "leaf 6"));
        assert!(open[0].detail.contains(&format!("entry {}", entries[6])), "{}", open[0].detail);
        tamper(&db, &set(106)).await;
        assert_eq!(checks::turn(&db, at(40)).await.unwrap(), 0);
        db.close().await;
    }
}
