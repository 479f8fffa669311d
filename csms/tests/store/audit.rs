//! The audit against a real database: what is sound has no finding, and every kind of damage is found and named.

use crate::common::on_both;
use chrono::{DateTime, TimeDelta, Utc};
use csms::app::App;
use csms::audit::run::{Auditor, turn};
use csms::audit::{Differs, Kind};
use csms::catalog::Snapshot;
use csms::clock::Clock;
use csms::config::Config;
use csms::id::Ids;
use csms::model::Phase;
use csms::session::Live;
use csms::session::fact::{Body, Fact};
use csms::store::findings::{self, FindingRow, Made};
use csms::store::row::{SessionRow, Write};
use csms::store::testing::TestDb;
use csms::store::{Db, StoreError, Tx, Writer, events, sessions, settings};
use std::sync::Arc;

const TARIFF: &str = r#"{"id":"t","currency":"EUR","elements":[
    {"name":"late","restrictions":{"start_time":"12:30"},"components":[
        {"dimension":"energy","price":"0.61","vat":"19"}]},
    {"components":[{"dimension":"energy","price":"0.43","vat":"19"},{"dimension":"flat","price":"0.35","vat":"7"},
        {"dimension":"parking_time","price":"2.90","vat":"19","step_size":300}]}]}"#;

fn at(minute: i64) -> DateTime<Utc> {
    crate::common::at(0) + TimeDelta::minutes(minute)
}

/// A session of an hour and a half as a desk writes it: 12 kWh, parked for the last half hour.
async fn session(db: &Db, id: i64) -> SessionRow {
    let snapshot = Arc::new(Snapshot::read(TARIFF.to_owned()).unwrap());
    let row = SessionRow {
        tariff_hash: Some(snapshot.hash.clone()),
        cost: String::new(),
        seqs: String::new(),
        messages: 0,
        started_at: at(0),
        last_at: at(0),
        received_at: at(0),
        start_mwh: None,
        last_mwh: None,
        ..crate::common::session(id, "CP1")
    };
    let mut live = Live::new(row, Some(&snapshot));
    let mut writes = vec![Write::Snapshot { hash: snapshot.hash.clone(), body: TARIFF.to_owned() }];
    for (n, (minute, wh, charging, phase)) in [
        (0, 50_000, true, Phase::Start),
        (17, 52_345, true, Phase::Update),
        (60, 62_000, false, Phase::Update),
        (90, 62_000, false, Phase::End),
    ]
    .into_iter()
    .enumerate()
    {
        let body = Body { register_wh: Some(wh.into()), charging: Some(charging), ..Body::default() };
        let digest = id * 100 + n as i64;
        let fact = Fact::new(digest, at(minute), at(minute), phase, Some(n as i64), body);
        live.take(&fact);
        writes.push(Write::Reading(fact.row(id)));
    }
    let bill = live.end(at(90), 0, at(90)).unwrap();
    writes.extend([live.progress(), Write::Bill(bill)]);
    Writer::start(db.clone(), 8).commit(writes).await.unwrap();
    sessions::find(&mut db.read().await.unwrap(), id).await.unwrap().unwrap()
}

/// Somebody changes rows by hand.
async fn tamper(db: &Db, sql: &'static str) {
    let mut tx = db.write().await.unwrap();
    let changed = match &mut tx {
        Tx::Sqlite(tx, _) => sqlx::query(sql).execute(&mut **tx).await.unwrap().rows_affected(),
        Tx::Postgres(tx) => sqlx::query(sql).execute(&mut **tx).await.unwrap().rows_affected(),
    };
    assert!(changed > 0, "{sql} changes nothing");
    tx.commit().await.unwrap();
}

async fn kinds(db: &Db, session: i64) -> Vec<&'static str> {
    let clock = Clock::fixed(at(200));
    let ids = Ids::new(clock.clone(), 1);
    let auditor = Auditor { db, ids: &ids, clock: &clock };
    let audited = auditor.audit(session).await.unwrap().unwrap();
    audited.differences.iter().map(|difference| difference.kind.key()).collect()
}

/// What is damaged, how, and what the audit says.
const DAMAGE: [(&str, &str, &[Kind]); 14] = [
    (
        "the total of the bill",
        r#"UPDATE bill SET body = REPLACE(body, '"total_incl":"9.68"', '"total_incl":"9.58"')"#,
        &[Kind::Bill, Kind::Sums, Kind::Cdr221, Kind::Cdr230],
    ),
    ("the total in the bill's row", "UPDATE bill SET total_incl = '9.58'", &[Kind::Cost, Kind::Bill]),
    (
        "a line of the bill",
        r#"UPDATE bill SET body = REPLACE(body, '"net":"0.35"', '"net":"0.45"')"#,
        &[Kind::Bill, Kind::Sums, Kind::Cdr221, Kind::Cdr230],
    ),
    ("the bill's text", "UPDATE bill SET body = 'x' || body", &[Kind::Bill]),
    ("the bill's energy", "UPDATE bill SET energy_mwh = 13000000", &[Kind::Energy]),
    (
        "the first reading is deleted",
        "DELETE FROM reading WHERE phase = 'start'",
        &[Kind::Readings, Kind::Bill, Kind::Periods, Kind::Cdr221, Kind::Cdr230],
    ),
    (
        "one in the middle is deleted",
        "DELETE FROM reading WHERE seq = 1",
        &[Kind::Readings, Kind::Bill, Kind::Cdr221, Kind::Cdr230],
    ),
    ("a register in a reading", "UPDATE reading SET body = REPLACE(body, '52345', '52344')", &[Kind::Bill]),
    (
        "a reading's text",
        "UPDATE reading SET body = '{' WHERE seq = 1",
        &[Kind::Readings, Kind::Bill, Kind::Cdr221, Kind::Cdr230],
    ),
    ("the tariff is gone", "DELETE FROM tariff_snapshot", &[Kind::Tariff]),
    (
        "the tariff is altered",
        "UPDATE tariff_snapshot SET body = REPLACE(body, '0.61', '0.51')",
        &[Kind::Tariff],
    ),
    ("the cost of the session", "UPDATE session SET cost = '7.00'", &[Kind::Cost]),
    (
        "the register of the session",
        "UPDATE session SET stop_mwh = stop_mwh + 1",
        &[Kind::Register, Kind::Readings],
    ),
    (
        "the end of the session",
        "UPDATE session SET ended_at = '2026-05-04 12:00:00+00:00'",
        &[Kind::Bill, Kind::Periods, Kind::Cdr221, Kind::Cdr230],
    ),
];

on_both! {
    async fn a_sound_session_has_no_finding(db) {
        session(&db, 1).await;
        assert_eq!(kinds(&db, 1).await, [""; 0]);
        let mut tx = db.read().await.unwrap();
        assert_eq!(findings::count_open(&mut tx).await.unwrap(), 0);
    }

    async fn what_has_not_ended_or_has_no_bill_is_left_alone(db) {
        let row = session(&db, 1).await;
        let open = SessionRow { id: 2, reference: "2".into(), state: "open".into(), ..row.clone() };
        let unpriced = SessionRow { id: 3, reference: "3".into(), tariff_hash: None, ..row };
        let writes = [open, unpriced].map(|row| Write::Session(Box::new(row))).into();
        Writer::start(db.clone(), 8).commit(writes).await.unwrap();
        let clock = Clock::fixed(at(200));
        let ids = Ids::new(clock.clone(), 1);
        let auditor = Auditor { db: &db, ids: &ids, clock: &clock };
        for id in [2, 3, 4] {
            assert_eq!(auditor.audit(id).await.unwrap(), None, "{id}");
        }
    }

    async fn findings_are_kept_until_they_are_cleared(db) {
        let row = |session_id: i64, kind: &str, minute: i64| FindingRow {
            session_id, kind: kind.into(), detail: format!("[{minute}]"), bill_revision: minute,
            first_at: at(minute), last_at: at(minute), cleared_at: None,
        };
        let mut tx = db.write().await.unwrap();
        for finding in [row(1, "bill", 1), row(2, "cost", 2), row(2, "bill", 3), row(1, "bill", 4)] {
            findings::put(&mut tx, &finding).await.unwrap();
        }
        let again = FindingRow { first_at: at(1), ..row(1, "bill", 4) };
        let all = [row(2, "bill", 3), row(2, "cost", 2), again];
        assert_eq!(findings::open(&mut tx, None, 50).await.unwrap(), all);
        assert_eq!(findings::of_session(&mut tx, 1).await.unwrap(), all[2..]);
        assert_eq!(findings::open(&mut tx, Some(2), 50).await.unwrap().len(), 1);
        assert!(findings::clear(&mut tx, 1, "bill", at(5)).await.unwrap());
        assert!(!findings::clear(&mut tx, 1, "bill", at(6)).await.unwrap(), "it is cleared already");
        assert_eq!(findings::of_session(&mut tx, 1).await.unwrap(), []);
        assert_eq!(findings::count_open(&mut tx).await.unwrap(), 2);
        // Found after it was cleared, it begins anew.
        findings::put(&mut tx, &row(1, "bill", 7)).await.unwrap();
        assert_eq!(findings::of_session(&mut tx, 1).await.unwrap(), [row(1, "bill", 7)]);
    }

    async fn bills_come_in_the_order_they_were_made(db) {
        for id in [3, 1, 2] {
            session(&db, id).await;
        }
        tamper(&db, "UPDATE bill SET created_at = '2026-05-04T11:00:00+00:00' WHERE session_id = 2").await;
        let made = |minute, session_id| Made { created_at: at(minute), session_id };
        let mut tx = db.read().await.unwrap();
        let all = findings::bills_made(&mut tx, None, at(91), 50).await.unwrap();
        assert_eq!(all, [made(60, 2), made(90, 1), made(90, 3)]);
        assert_eq!(findings::bills_made(&mut tx, Some(made(90, 1)), at(91), 50).await.unwrap(), [made(90, 3)]);
        assert_eq!(findings::bills_made(&mut tx, Some(made(60, 2)), at(91), 1).await.unwrap(), [made(90, 1)]);
        assert_eq!(findings::bills_made(&mut tx, None, at(90), 50).await.unwrap(), [made(60, 2)]);
    }

    async fn a_finding_is_told_once_and_cleared_when_it_is_mended(db) {
        session(&db, 1).await;
        tamper(&db, "UPDATE session SET cost = '7.00'").await;
        assert_eq!(kinds(&db, 1).await, ["cost"]);
        assert_eq!(kinds(&db, 1).await, ["cost"]);
        let told = events::Filter { kind: Some("audit.difference".into()), ..events::Filter::default() };
        let mut tx = db.read().await.unwrap();
        let found = findings::of_session(&mut tx, 1).await.unwrap();
        let detail: Vec<Differs> = serde_json::from_str(&found[0].detail).unwrap();
        assert_eq!(detail[0].to_string(), "session.cost is \"7.00\", should be 9.68");
        let events = events::list(&mut tx, &told, None, 9).await.unwrap();
        assert_eq!((events.len(), events[0].session_id), (1, Some(1)));
        assert_eq!(events[0].station_id.as_deref(), Some("CP1"));
        drop(tx);
        tamper(&db, "UPDATE session SET cost = '9.68'").await;
        assert_eq!(kinds(&db, 1).await, [""; 0]);
        assert_eq!(findings::count_open(&mut db.read().await.unwrap()).await.unwrap(), 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_damage_is_found_and_named() {
    let mut provoked = std::collections::BTreeSet::new();
    let mut otherwise = Vec::new();
    for (what, sql, expected) in DAMAGE {
        for test in TestDb::all().await.unwrap() {
            let db = test.open().await.unwrap();
            session(&db, 1).await;
            tamper(&db, sql).await;
            let expected: Vec<&str> = expected.iter().map(|kind| kind.key()).collect();
            let found = kinds(&db, 1).await;
            if found != expected {
                otherwise.push((what, db.engine(), found));
            }
            provoked.extend(expected);
            db.close().await;
        }
    }
    assert!(otherwise.is_empty(), "{otherwise:#?}");
    assert_eq!(provoked.len(), Kind::ALL.len(), "every kind was provoked: {provoked:?}");
}

/// Sessions audited so far, by the place that the job has kept.
async fn place(app: &App, name: &str) -> Option<String> {
    settings::get(&mut app.db.read().await.unwrap(), name).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_job_takes_new_bills_first_and_then_goes_round_the_old_ones() -> Result<(), StoreError> {
    for test in TestDb::all().await.unwrap() {
        let clock = Clock::fixed(at(90));
        let config = Config { database: test.config.clone(), ..Config::default() };
        let app = App::open(config.clone(), clock.clone()).await.unwrap();
        for id in 1..=3 {
            session(&app.db, id).await;
        }
        assert_eq!(
            turn(&app).await?,
            0,
            "a bill of this moment may have neighbours that are being committed"
        );
        clock.advance(TimeDelta::minutes(2));
        assert_eq!(turn(&app).await?, 3);
        // What is damaged later is found on the next round.
        tamper(&app.db, "UPDATE session SET cost = '1.00' WHERE id = 2").await;
        assert_eq!(turn(&app).await?, 3, "the first round");
        assert_eq!(findings::count_open(&mut app.db.read().await?).await?, 1);
        assert_eq!(turn(&app).await?, 0, "it is over");
        assert_eq!(turn(&app).await?, 3, "the next one");
        // A new revision of an old bill is new.
        tamper(&app.db, "UPDATE session SET cost = '9.68' WHERE id = 2").await;
        tamper(
            &app.db,
            "INSERT INTO bill SELECT session_id, 1, tariff_hash, currency, total_excl, total_incl, energy_mwh, body,
                '2026-05-04T11:30:01+00:00' FROM bill WHERE session_id = 2",
        )
        .await;
        let newest = place(&app, "audit.newest").await;
        app.close().await;
        // The place is kept over a restart.
        let app = App::open(config, clock.clone()).await.unwrap();
        assert_eq!(turn(&app).await?, 1, "from {newest:?} on there is one");
        assert_eq!(findings::count_open(&mut app.db.read().await?).await?, 0);
        assert_eq!(sessions::find(&mut app.db.read().await?, 2).await?.unwrap().cost, "9.68");
        app.close().await;
    }
    Ok(())
}
