//! What pages show of tariffs: versions around an instant, their history, where tariffs are assigned.

use crate::common::{at, on_both};
use csms::store::assignments::{self, Assigned, AssignmentRow};
use csms::store::row::StationRow;
use csms::store::sites::{self, SiteRow};
use csms::store::tariffs::Change;
use csms::store::versions::{self, Published};
use csms::store::{Tx, offers, stations};
use std::sync::atomic::{AtomicI64, Ordering};

/// A change that is made at `at(100)`.
fn change() -> Change<'static> {
    static EVENT: AtomicI64 = AtomicI64::new(1);
    Change { id: EVENT.fetch_add(1, Ordering::Relaxed), at: at(100), by: "test" }
}

async fn publish(tx: &mut Tx, id: &str, kwh: &str, from: Option<i64>) {
    let tariff = ::tariffs::Tariff::from_json(&format!(
        r#"{{"id":"{id}","currency":"EUR","elements":[{{"components":[{{"dimension":"energy","price":"{kwh}"}}]}}]}}"#
    ));
    let published = versions::publish(tx, &tariff.unwrap(), from.map(at), "", &change()).await.unwrap();
    assert!(matches!(published, Published::Added { .. }), "{published:?}");
}

async fn assign(tx: &mut Tx, row: AssignmentRow) -> i64 {
    let row = AssignmentRow { created_at: at(0), ..row };
    match assignments::assign(tx, &row, false, &change()).await.unwrap() {
        Assigned::Done { id, .. } => id,
        other => panic!("{other:?}"),
    }
}

fn to(tariff: &str) -> AssignmentRow {
    AssignmentRow { tariff_id: tariff.into(), ..AssignmentRow::default() }
}

async fn site(tx: &mut Tx, id: i64, name: &str) {
    let site = SiteRow {
        id,
        name: name.into(),
        address: String::new(),
        city: String::new(),
        country: "DEU".into(),
        latitude: None,
        longitude: None,
        time_zone: "Europe/Berlin".into(),
        created_at: at(0),
    };
    sites::create(tx, &site).await.unwrap();
}

on_both! {
    async fn the_versions_around_an_instant_are_the_active_one_and_the_next(db) {
        let mut tx = db.write().await.unwrap();
        publish(&mut tx, "a", "0.40", None).await;
        for (kwh, from) in [("0.50", 900), ("0.60", 1_800), ("0.70", 2_700)] {
            publish(&mut tx, "a", kwh, Some(from)).await;
        }
        publish(&mut tx, "b", "0.30", Some(900)).await;
        publish(&mut tx, "c", "0.30", None).await;
        versions::withdraw(&mut tx, "a", 3, &change()).await.unwrap();
        for (second, expected) in [
            (100, vec![("a", 1), ("a", 2), ("b", 1)]),
            (900, vec![("a", 2), ("a", 4), ("b", 1)]),
            (5_000, vec![("a", 4), ("b", 1)]),
        ] {
            let found = offers::around(&mut tx, "a", "b", at(second)).await.unwrap();
            let found: Vec<_> = found.iter().map(|row| (&*row.tariff_id, row.version)).collect();
            assert_eq!(found, expected, "{second}");
        }
    }

    async fn the_history_goes_back_from_what_is_active_last(db) {
        let mut tx = db.write().await.unwrap();
        publish(&mut tx, "a", "0.40", None).await;
        publish(&mut tx, "a", "0.50", Some(1_800)).await;
        publish(&mut tx, "a", "0.60", Some(900)).await;
        publish(&mut tx, "a", "0.70", Some(1_800)).await;
        let page = offers::history(&mut tx, "a", None, 3).await.unwrap();
        let told: Vec<_> = page.iter().map(|row| (row.version, row.withdrawn_at.is_some())).collect();
        assert_eq!(told, [(4, false), (2, true), (3, false)]);
        let last = page.last().unwrap();
        let rest = offers::history(&mut tx, "a", Some((last.active_from, last.version)), 3).await.unwrap();
        assert_eq!(rest.iter().map(|row| row.version).collect::<Vec<_>>(), [1]);
        let key = (page[0].active_from, page[0].version);
        assert_eq!(offers::history(&mut tx, "a", Some(key), 1).await.unwrap()[0].version, 2);
    }

    async fn assignments_come_with_the_site_of_their_place(db) {
        let mut tx = db.write().await.unwrap();
        for (id, name) in [(1, "Harbour"), (2, "Market"), (3, "Park")] {
            site(&mut tx, id, name).await;
        }
        let station = StationRow { id: "CP1".into(), site_id: Some(2), created_at: at(0), ..StationRow::default() };
        stations::create(&mut tx, &station).await.unwrap();
        publish(&mut tx, "a", "0.40", None).await;
        publish(&mut tx, "b", "0.50", None).await;
        let at_station = AssignmentRow { station_id: Some("CP1".into()), ..to("a") };
        let ended = AssignmentRow { site_id: Some(3), valid_to: Some(at(200)), ..to("a") };
        let first = assign(&mut tx, ended).await;
        let second = assign(&mut tx, at_station).await;
        let third = assign(&mut tx, AssignmentRow { site_id: Some(1), ..to("a") }).await;
        let everywhere = assign(&mut tx, to("b")).await;

        let ids = |rows: &[offers::PlacedRow]| rows.iter().map(|row| row.assignment.id).collect::<Vec<_>>();
        let all = offers::placed(&mut tx, "a", at(100), None, 9).await.unwrap();
        assert_eq!(ids(&all), [first, second, third]);
        assert_eq!((all[1].at_site, all[1].site_name.as_deref()), (Some(2), Some("Market")));
        assert_eq!(all[2].site_zone.as_deref(), Some("Europe/Berlin"));
        assert_eq!(ids(&offers::placed(&mut tx, "a", at(200), Some(second), 9).await.unwrap()), [third]);
        let some = offers::assigned(&mut tx, "a", "b", at(200), 1).await.unwrap();
        assert_eq!(ids(&some), [second, everywhere]);

        let names = async |tx: &mut Tx, tariff: &str, second: i64| {
            let sites = offers::sites(tx, tariff, at(second)).await.unwrap();
            sites.into_iter().map(|site| site.name).collect::<Vec<_>>()
        };
        assert_eq!(names(&mut tx, "a", 100).await, ["Harbour", "Market", "Park"]);
        assert_eq!(names(&mut tx, "a", 200).await, ["Harbour", "Market"]);
        assert_eq!(names(&mut tx, "b", 100).await, ["Harbour", "Market", "Park"]);
        assign(&mut tx, AssignmentRow { site_id: Some(3), priority: 1, ..to("b") }).await;
        assert_eq!(names(&mut tx, "b", 100).await, ["Park", "Harbour", "Market"]);
    }
}
