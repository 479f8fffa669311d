//! Tariffs: versions, assignments, benefits, and what the catalog loads of them.

use crate::common::{at, on_both, station};
use csms::store::assignments::{self, Assigned, AssignmentRow, Filter};
use csms::store::benefits::{self, BenefitRow};
use csms::store::sites::SiteRow;
use csms::store::stations::Forgotten;
use csms::store::tariffs::{self, Change, Removed};
use csms::store::versions::{self, BEGINNING, Published, Refusal, SETTLED, Withdrawn};
use csms::store::{Tx, events, sites, stations, terms};
use std::sync::atomic::{AtomicI64, Ordering};

/// A change that is made at `at(second)`.
fn change(second: i64) -> Change<'static> {
    static EVENT: AtomicI64 = AtomicI64::new(1);
    Change { id: EVENT.fetch_add(1, Ordering::Relaxed), at: at(second), by: "test" }
}

fn tariff(id: &str, kwh: &str) -> ::tariffs::Tariff {
    ::tariffs::Tariff::from_json(&format!(
        r#"{{"id":"{id}","name":"{id} {kwh}","currency":"EUR",
            "elements":[{{"components":[{{"dimension":"energy","price":"{kwh}"}}]}}]}}"#
    ))
    .unwrap()
}

/// Publishes at `at(now)`, and tells the number and what it takes the place of.
async fn publish(tx: &mut Tx, id: &str, kwh: &str, from: Option<i64>, now: i64) -> (i64, Option<i64>) {
    let published = versions::publish(tx, &tariff(id, kwh), from.map(at), "", &change(now)).await.unwrap();
    match published {
        Published::Added { version, replaced } => (version.version, replaced),
        other => panic!("{other:?}"),
    }
}

async fn refused(tx: &mut Tx, tariff: &::tariffs::Tariff, from: Option<i64>, now: i64) -> Refusal {
    match versions::publish(tx, tariff, from.map(at), "", &change(now)).await.unwrap() {
        Published::Refused(why) => why,
        other => panic!("{other:?}"),
    }
}

async fn active(tx: &mut Tx, id: &str, second: i64) -> Option<i64> {
    versions::active(tx, id, at(second)).await.unwrap().map(|row| row.version)
}

fn to(tariff: &str) -> AssignmentRow {
    AssignmentRow { tariff_id: tariff.into(), created_at: at(0), ..AssignmentRow::default() }
}

/// Assigns at `at(now)`.
async fn assign(tx: &mut Tx, row: &AssignmentRow, replace: bool, now: i64) -> Result<(i64, Vec<i64>), i64> {
    match assignments::assign(tx, row, replace, &change(now)).await.unwrap() {
        Assigned::Done { id, ended } => Ok((id, ended)),
        Assigned::Ties(other) => Err(other.id),
    }
}

on_both! {
    async fn a_version_counts_from_its_instant_until_the_next_one(db) {
        let mut tx = db.write().await.unwrap();
        assert_eq!(publish(&mut tx, "t", "0.40", None, 100).await, (1, None));
        assert_eq!(publish(&mut tx, "t", "0.50", None, 200).await, (2, None));
        assert_eq!(publish(&mut tx, "t", "0.60", Some(900), 300).await, (3, None));
        for (second, version) in [(-9_999, 1), (199, 1), (200, 2), (899, 2), (900, 3), (9_999, 3)] {
            assert_eq!(active(&mut tx, "t", second).await, Some(version), "{second}");
        }
        let first = versions::find(&mut tx, "t", 1).await.unwrap().unwrap();
        assert_eq!((first.active_from, &*first.created_by, first.created_at), (BEGINNING, "test", at(100)));
        assert_eq!(first.body, tariff("t", "0.40").to_json());
        let row = tariffs::find(&mut tx, "t").await.unwrap().unwrap();
        assert_eq!((&*row.name, &*row.currency, &*row.kind, row.created_at), ("t 0.60", "EUR", "", at(100)));
        let numbers = |page: Vec<versions::VersionRow>| page.iter().map(|row| row.version).collect::<Vec<_>>();
        assert_eq!(numbers(versions::list(&mut tx, "t", None, 2).await.unwrap()), [3, 2]);
        assert_eq!(numbers(versions::list(&mut tx, "t", Some(2), 2).await.unwrap()), [1]);
        assert_eq!(active(&mut tx, "u", 0).await, None);
    }

    async fn a_tariff_may_begin_in_the_future_or_be_dated_back(db) {
        let mut tx = db.write().await.unwrap();
        publish(&mut tx, "new", "0.40", Some(900), 100).await;
        assert_eq!(active(&mut tx, "new", 899).await, None);
        assert_eq!(active(&mut tx, "new", 900).await, Some(1));
        publish(&mut tx, "old", "0.40", Some(-900), 100).await;
        assert_eq!(active(&mut tx, "old", -901).await, None);
        assert_eq!(active(&mut tx, "old", -900).await, Some(1));
    }

    async fn what_was_offered_stays_as_it_was(db) {
        let mut tx = db.write().await.unwrap();
        publish(&mut tx, "t", "0.40", None, 100).await;
        publish(&mut tx, "t", "0.50", None, 200).await;
        assert_eq!(refused(&mut tx, &tariff("t", "0.60"), Some(150), 300).await, Refusal::Offered(1));
        assert_eq!(refused(&mut tx, &tariff("t", "0.60"), Some(299), 300).await, Refusal::Offered(2));
        assert_eq!(refused(&mut tx, &tariff("t", "0.60"), Some(200), 200).await, Refusal::Offered(2));
        let francs = ::tariffs::Tariff { currency: "CHF".parse().unwrap(), ..tariff("t", "0.60") };
        assert_eq!(refused(&mut tx, &francs, None, 300).await, Refusal::Currency("EUR".into()));
        let ad_hoc = ::tariffs::Tariff { kind: Some(::tariffs::Kind::AdHocPayment), ..tariff("t", "0.60") };
        assert_eq!(refused(&mut tx, &ad_hoc, None, 300).await, Refusal::Kind(String::new()));
        assert_eq!(versions::list(&mut tx, "t", None, 9).await.unwrap().len(), 2);
    }

    async fn a_version_that_says_nothing_new_is_not_added(db) {
        let mut tx = db.write().await.unwrap();
        publish(&mut tx, "t", "0.40", None, 100).await;
        publish(&mut tx, "t", "0.50", Some(900), 100).await;
        for (kwh, from, expected) in [("0.40", None, 1), ("0.40", Some(300), 1), ("0.50", Some(900), 2), ("0.50", Some(950), 2)] {
            let same = versions::publish(&mut tx, &tariff("t", kwh), from.map(at), "", &change(200)).await.unwrap();
            let Published::Unchanged(version) = same else { panic!("{same:?}") };
            assert_eq!(version.version, expected);
        }
        // What was before comes back: that is new.
        assert_eq!(publish(&mut tx, "t", "0.40", Some(950), 200).await, (3, None));
    }

    async fn a_version_to_come_is_withdrawn_or_replaced(db) {
        let mut tx = db.write().await.unwrap();
        publish(&mut tx, "t", "0.40", None, 0).await;
        publish(&mut tx, "t", "0.50", Some(900), 1).await;
        assert_eq!(publish(&mut tx, "t", "0.55", Some(900), 2).await, (3, Some(2)));
        assert_eq!(active(&mut tx, "t", 900).await, Some(3));
        let withdrawn = versions::withdraw(&mut tx, "t", 3, &change(3)).await.unwrap();
        let Withdrawn::Done(row) = withdrawn else { panic!("{withdrawn:?}") };
        assert_eq!(row.withdrawn_at, Some(at(3)));
        assert_eq!(active(&mut tx, "t", 900).await, Some(1));
        assert_eq!(tariffs::find(&mut tx, "t").await.unwrap().unwrap().name, "t 0.40");
        for number in [2, 3, 4] {
            let gone = versions::withdraw(&mut tx, "t", number, &change(4)).await.unwrap();
            assert_eq!(gone, Withdrawn::Missing, "{number}");
        }
        assert_eq!(versions::withdraw(&mut tx, "u", 1, &change(4)).await.unwrap(), Withdrawn::Missing);
        // A number is never given twice.
        assert_eq!(publish(&mut tx, "t", "0.60", Some(900), 5).await, (4, None));
        // Running servers may have it already.
        let close = 900 - SETTLED.num_seconds();
        let kept = versions::withdraw(&mut tx, "t", 4, &change(close)).await.unwrap();
        assert!(matches!(kept, Withdrawn::Active(_)), "{kept:?}");
        assert_eq!(refused(&mut tx, &tariff("t", "0.70"), Some(900), close).await, Refusal::Offered(4));
        let kept = versions::withdraw(&mut tx, "t", 1, &change(6)).await.unwrap();
        assert!(matches!(kept, Withdrawn::Active(_)), "{kept:?}");
    }

    async fn assignments_that_nothing_tells_apart_are_refused(db) {
        station(&db, "CP1").await;
        let mut tx = db.write().await.unwrap();
        publish(&mut tx, "t", "0.40", None, 0).await;
        publish(&mut tx, "u", "0.50", None, 1).await;
        let ad_hoc = ::tariffs::Tariff { kind: Some(::tariffs::Kind::AdHocPayment), ..tariff("v", "0.60") };
        versions::publish(&mut tx, &ad_hoc, None, "", &change(2)).await.unwrap();
        let here = AssignmentRow {
            station_id: Some("CP1".into()), valid_from: Some(at(100)), valid_to: Some(at(200)), ..to("t")
        };
        let (id, _) = assign(&mut tx, &here, false, 0).await.unwrap();
        let tying = [
            AssignmentRow { tariff_id: "u".into(), ..here.clone() },
            here.clone(),
            AssignmentRow { valid_from: None, valid_to: None, ..here.clone() },
            AssignmentRow { valid_from: Some(at(199)), valid_to: None, ..here.clone() },
            AssignmentRow { valid_from: None, valid_to: Some(at(101)), ..here.clone() },
        ];
        for row in tying {
            assert_eq!(assign(&mut tx, &row, false, 1).await, Err(id), "{row:?}");
        }
        let told_apart = [
            AssignmentRow { valid_from: Some(at(200)), valid_to: None, ..here.clone() },
            AssignmentRow { valid_from: None, valid_to: Some(at(100)), ..here.clone() },
            AssignmentRow { priority: 1, ..here.clone() },
            AssignmentRow { evse: Some(1), ..here.clone() },
            AssignmentRow { station_id: None, ..here.clone() },
            AssignmentRow { group_uid: Some("GOLD".into()), ..here.clone() },
            AssignmentRow { token_uid: Some("GOLD".into()), token_kind: "eMAID".into(), ..here.clone() },
            AssignmentRow { token_uid: Some("GOLD".into()), token_kind: "KeyCode".into(), ..here.clone() },
            AssignmentRow { tariff_id: "v".into(), ..here },
        ];
        for (n, row) in told_apart.iter().enumerate() {
            let assigned = assign(&mut tx, row, false, 10 + n as i64).await;
            assert!(assigned.is_ok(), "{assigned:?} {row:?}");
        }
        assert_eq!(assignments::list(&mut tx, &Filter::default(), None, 50).await.unwrap().len(), 10);
    }

    async fn a_replaced_assignment_ends_where_the_new_one_begins(db) {
        let mut tx = db.write().await.unwrap();
        for (n, id) in ["t", "u", "v"].into_iter().enumerate() {
            publish(&mut tx, id, "0.40", None, n as i64).await;
        }
        let (first, _) = assign(&mut tx, &to("t"), false, 5).await.unwrap();
        let from = |tariff: &str, from: i64| AssignmentRow { valid_from: Some(at(from)), ..to(tariff) };
        let (second, ended) = assign(&mut tx, &from("u", 100), true, 6).await.unwrap();
        assert_eq!(ended, [first]);
        let row = assignments::find(&mut tx, first).await.unwrap().unwrap();
        assert_eq!((row.valid_from, row.valid_to), (None, Some(at(100))));
        // Something for a week does not end what is for ever, and nothing replaces what begins later.
        let week = AssignmentRow { valid_to: Some(at(300)), ..from("v", 200) };
        assert_eq!(assign(&mut tx, &week, true, 7).await, Err(second));
        assert_eq!(assign(&mut tx, &to("v"), true, 8).await, Err(first));
        assert_eq!(assign(&mut tx, &from("v", 50), true, 9).await, Err(second));
        // What never counted is not kept.
        let (third, ended) = assign(&mut tx, &from("v", 100), true, 10).await.unwrap();
        assert_eq!(ended, [second]);
        assert_eq!(assignments::find(&mut tx, second).await.unwrap(), None);
        assert_eq!(assignments::plain_at(&mut tx, None, None, at(99)).await.unwrap()[0].id, first);
        assert_eq!(assignments::plain_at(&mut tx, None, None, at(100)).await.unwrap()[0].id, third);
    }

    async fn an_assignment_ends_and_stays_known(db) {
        station(&db, "CP1").await;
        let mut tx = db.write().await.unwrap();
        publish(&mut tx, "t", "0.40", None, 0).await;
        let here = AssignmentRow { station_id: Some("CP1".into()), ..to("t") };
        let (past, _) = assign(&mut tx, &here, false, 1).await.unwrap();
        // The past is not changed.
        let ended = assignments::unassign(&mut tx, past, at(50), &change(100)).await.unwrap().unwrap();
        assert_eq!(ended.valid_to, Some(at(100)));
        assert_eq!(assignments::unassign(&mut tx, past, at(200), &change(101)).await.unwrap(), None);
        assert_eq!(assignments::unassign(&mut tx, 99, at(200), &change(101)).await.unwrap(), None);
        let to_come = AssignmentRow { valid_from: Some(at(900)), ..here };
        let (to_come, _) = assign(&mut tx, &to_come, false, 102).await.unwrap();
        assert!(assignments::unassign(&mut tx, to_come, at(0), &change(103)).await.unwrap().is_some());
        let all = assignments::list(&mut tx, &Filter::default(), None, 50).await.unwrap();
        assert_eq!(all.iter().map(|row| row.id).collect::<Vec<_>>(), [past]);
        let still = Filter { until: Some(at(100)), ..Filter::default() };
        assert_eq!(assignments::list(&mut tx, &still, None, 50).await.unwrap(), []);
        let told = events::list(&mut tx, &events::Filter { station: Some("CP1".into()), ..Default::default() }, None, 50).await.unwrap();
        let mut kinds: Vec<&str> = told.iter().map(|event| &*event.kind).collect();
        kinds.sort_unstable();
        assert_eq!(kinds, ["tariff.assigned", "tariff.assigned", "tariff.unassigned", "tariff.unassigned"]);
        assert!(told.iter().all(|event| event.body.contains(r#""by":"test""#)), "{told:?}");
    }

    async fn what_is_assigned_must_be_there(db) {
        let mut tx = db.write().await.unwrap();
        let error = assignments::assign(&mut tx, &to("none"), false, &change(0)).await.unwrap_err();
        assert!(error.is_reference(), "{error}");
        drop(tx);
        let mut tx = db.write().await.unwrap();
        publish(&mut tx, "t", "0.40", None, 0).await;
        let nowhere = AssignmentRow { station_id: Some("CP9".into()), ..to("t") };
        let error = assignments::assign(&mut tx, &nowhere, false, &change(0)).await.unwrap_err();
        assert!(error.is_reference(), "{error}");
    }

    async fn assignments_go_with_their_place(db) {
        station(&db, "CP1").await;
        let mut tx = db.write().await.unwrap();
        let site = SiteRow {
            id: 7, name: "Yard".into(), address: String::new(), city: String::new(), country: String::new(),
            latitude: None, longitude: None, time_zone: "UTC".into(), created_at: at(0),
        };
        sites::create(&mut tx, &site).await.unwrap();
        publish(&mut tx, "t", "0.40", None, 0).await;
        assign(&mut tx, &AssignmentRow { station_id: Some("CP1".into()), evse: Some(1), ..to("t") }, false, 1).await.unwrap();
        assign(&mut tx, &AssignmentRow { site_id: Some(7), ..to("t") }, false, 2).await.unwrap();
        let benefit = BenefitRow { body: "{}".into(), site_id: Some(7), created_at: at(0), ..BenefitRow::default() };
        benefits::add(&mut tx, &benefit, &change(3)).await.unwrap();
        let left = async |tx: &mut Tx| assignments::list(tx, &Filter::default(), None, 50).await.unwrap().len();
        assert_eq!(stations::delete(&mut tx, "CP1").await.unwrap(), Forgotten::Yes);
        assert_eq!(left(&mut tx).await, 1);
        assert!(sites::delete(&mut tx, 7).await.unwrap());
        assert_eq!(left(&mut tx).await, 0);
        assert_eq!(benefits::list(&mut tx, None, None, 50).await.unwrap(), []);
    }

    async fn a_tariff_in_use_stays(db) {
        let mut tx = db.write().await.unwrap();
        publish(&mut tx, "t", "0.40", None, 0).await;
        publish(&mut tx, "u", "0.40", None, 1).await;
        let (id, _) = assign(&mut tx, &AssignmentRow { valid_from: Some(at(900)), ..to("t") }, false, 2).await.unwrap();
        let removed = tariffs::delete(&mut tx, "t", &change(3)).await.unwrap();
        let Removed::Assigned(row) = removed else { panic!("{removed:?}") };
        assert_eq!(row.id, id);
        assignments::unassign(&mut tx, id, at(950), &change(4)).await.unwrap();
        assert!(matches!(tariffs::delete(&mut tx, "t", &change(949)).await.unwrap(), Removed::Assigned(_)));
        assert_eq!(tariffs::delete(&mut tx, "t", &change(950)).await.unwrap(), Removed::Done);
        assert_eq!(tariffs::delete(&mut tx, "t", &change(951)).await.unwrap(), Removed::Missing);
        assert_eq!(versions::find(&mut tx, "t", 1).await.unwrap(), None);
        let ids: Vec<_> = tariffs::list(&mut tx, None, 50).await.unwrap().into_iter().map(|row| row.id).collect();
        assert_eq!(ids, ["u"]);
    }

    async fn a_benefit_ends_and_stays_known(db) {
        let mut tx = db.write().await.unwrap();
        let row = BenefitRow {
            body: r#"{"name":"Member","percent":"10"}"#.into(), currency: "EUR".into(),
            group_uid: Some("GOLD".into()), valid_from: Some(at(10)), created_at: at(0), ..BenefitRow::default()
        };
        assert_eq!(benefits::add(&mut tx, &row, &change(1)).await.unwrap(), 1);
        let other = BenefitRow { token_uid: Some("04AB".into()), token_kind: "ISO14443".into(), group_uid: None, ..row.clone() };
        assert_eq!(benefits::add(&mut tx, &other, &change(2)).await.unwrap(), 2);
        assert_eq!(benefits::find(&mut tx, 1).await.unwrap(), Some(BenefitRow { id: 1, ..row }));
        // Before it has begun it goes; after that it ends.
        assert!(benefits::end(&mut tx, 1, &change(5)).await.unwrap().is_some());
        assert_eq!(benefits::find(&mut tx, 1).await.unwrap(), None);
        assert_eq!(benefits::end(&mut tx, 2, &change(20)).await.unwrap().unwrap().valid_to, Some(at(20)));
        assert_eq!(benefits::end(&mut tx, 2, &change(21)).await.unwrap(), None);
        assert_eq!(benefits::list(&mut tx, Some(at(20)), None, 50).await.unwrap(), []);
        assert_eq!(benefits::list(&mut tx, Some(at(19)), None, 50).await.unwrap().len(), 1);
        assert_eq!(benefits::list(&mut tx, None, Some(1), 50).await.unwrap().len(), 1);
        let told = events::list(&mut tx, &events::Filter { kind: Some("discount".into()), ..Default::default() }, None, 50).await.unwrap();
        assert_eq!(told.len(), 4);
    }

    async fn the_catalog_loads_what_late_sessions_need(db) {
        let mut tx = db.write().await.unwrap();
        publish(&mut tx, "t", "0.1", None, 0).await;
        publish(&mut tx, "t", "0.2", None, 100).await;
        publish(&mut tx, "t", "0.3", None, 200).await;
        publish(&mut tx, "t", "0.4", Some(900), 201).await;
        publish(&mut tx, "t", "0.5", Some(950), 202).await;
        versions::withdraw(&mut tx, "t", 5, &change(203)).await.unwrap();
        let numbers = async |tx: &mut Tx, since: i64| {
            let rows = terms::versions(tx, at(since)).await.unwrap();
            rows.into_iter().map(|row| row.version).collect::<Vec<_>>()
        };
        assert_eq!(numbers(&mut tx, 50).await, [1, 2, 3, 4]);
        assert_eq!(numbers(&mut tx, 100).await, [2, 3, 4]);
        assert_eq!(numbers(&mut tx, 901).await, [4]);
        let until = AssignmentRow { valid_to: Some(at(100)), ..to("t") };
        assign(&mut tx, &until, false, 1).await.unwrap();
        assert_eq!(terms::assignments(&mut tx, at(99)).await.unwrap().len(), 1);
        assert_eq!(terms::assignments(&mut tx, at(100)).await.unwrap().len(), 0);
        let benefit = BenefitRow { body: "{}".into(), valid_to: Some(at(100)), created_at: at(0), ..BenefitRow::default() };
        benefits::add(&mut tx, &benefit, &change(8)).await.unwrap();
        assert_eq!(terms::benefits(&mut tx, at(99)).await.unwrap().len(), 1);
        assert_eq!(terms::benefits(&mut tx, at(100)).await.unwrap().len(), 0);
    }

    async fn who_publishes_and_assigns_at_once_takes_turns(db) {
        let mut tx = db.write().await.unwrap();
        publish(&mut tx, "t", "0.40", None, 0).await;
        tx.commit().await.unwrap();
        let at_once = (1..=8).map(|n| {
            let db = db.clone();
            tokio::spawn(async move {
                let mut tx = db.write().await.unwrap();
                let (version, _) = publish(&mut tx, "t", &format!("0.5{n}"), Some(900 + n), 1).await;
                let assigned = assign(&mut tx, &to("t"), false, 1).await;
                tx.commit().await.unwrap();
                (version, assigned.is_ok())
            })
        });
        let done: Vec<_> = futures::future::join_all(at_once).await.into_iter().map(Result::unwrap).collect();
        let mut numbers: Vec<i64> = done.iter().map(|(version, _)| *version).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (2..=9).collect::<Vec<_>>());
        assert_eq!(done.iter().filter(|(_, assigned)| *assigned).count(), 1);
    }
}
