//! The index finds what looking at every row finds.

use super::{Asked, benefits::Benefits, benefits::Cache, places::Places, snapshot::Versions};
use crate::store::{assignments::AssignmentRow, benefits::BenefitRow, versions::VersionRow};
use chrono::{DateTime, Utc};
use proptest::{option, prelude::*};
use std::{collections::HashMap, sync::Arc};
use tariffs::Kind;

/// Tariffs of these tests: of no kind, for ad hoc sessions, for contracts, and of a driver's preference.
const KINDS: [(&str, Option<Kind>); 4] = [
    ("any", None),
    ("ad-hoc", Some(Kind::AdHocPayment)),
    ("regular", Some(Kind::Regular)),
    ("green", Some(Kind::ProfileGreen)),
];

fn at(hour: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + hour * 3600, 0).unwrap()
}

fn version(tariff: &str, kind: Option<Kind>, number: i64, from: i64) -> VersionRow {
    let json = format!(
        r#"{{"id":"{tariff}","currency":"EUR","elements":[{{"components":[{{"dimension":"energy","price":"0.{number}"}}]}}]}}"#
    );
    let body = tariffs::Tariff { kind, ..tariffs::Tariff::from_json(&json).unwrap() }.to_json();
    VersionRow {
        tariff_id: tariff.into(),
        version: number,
        active_from: at(from),
        body,
        note: String::new(),
        created_by: String::new(),
        created_at: at(0),
        withdrawn_at: None,
    }
}

fn versions(rows: Vec<VersionRow>) -> HashMap<Arc<str>, Arc<Versions>> {
    Versions::of(rows, &HashMap::new())
}

fn asked<'a>(token: Option<&'a str>, kind: &'a str, group: Option<&'a str>, hour: i64) -> Asked<'a> {
    Asked { station: "A", evse: 1, site: Some(1), token, token_kind: kind, group, at: at(hour) }
}

/// Every row by itself, and the greatest of those that count.
fn naively(rows: &[AssignmentRow], all: &[VersionRow], asked: &Asked<'_>) -> Option<(i64, i64)> {
    let counts = |row: &AssignmentRow| {
        let place = match (&row.station_id, row.evse, row.site_id) {
            (Some(station), Some(evse), _) => (station == asked.station && evse == asked.evse).then_some(3),
            (Some(station), None, _) => (station == asked.station).then_some(2),
            (None, _, Some(site)) => (asked.site == Some(site)).then_some(1),
            (None, _, None) => Some(0),
        }?;
        let typed = |kind: &str| kind == "KeyCode";
        let people = match (&row.token_uid, &row.group_uid) {
            (Some(token), _) => {
                (asked.token == Some(token) && typed(asked.token_kind) == typed(&row.token_kind)).then_some(2)
            }
            (None, Some(group)) => (asked.group == Some(group)).then_some(1),
            (None, None) => Some(0),
        }?;
        if row.valid_from.is_some_and(|from| asked.at < from) || row.valid_to.is_some_and(|to| to <= asked.at)
        {
            return None;
        }
        let mut of_tariff = all.iter().filter(|v| v.tariff_id == row.tariff_id && v.active_from <= asked.at);
        let version = of_tariff.by_ref().max_by_key(|v| v.active_from)?.version;
        let kind = KINDS.iter().find(|(id, _)| *id == row.tariff_id)?.1;
        let ad_hoc = asked.token.is_none() || asked.token_kind == "NoAuthorization";
        let fits = match kind {
            None => true,
            Some(Kind::AdHocPayment) => ad_hoc,
            Some(Kind::Regular) => !ad_hoc,
            Some(_) => people > 0,
        };
        fits.then_some(((row.priority, place, people, kind.is_some(), row.id), version))
    };
    let best = rows.iter().filter_map(counts).max_by_key(|(rank, _)| *rank);
    best.map(|((.., id), version)| (id, version))
}

fn row() -> impl Strategy<Value = AssignmentRow> {
    let place =
        (option::of(1..3_i64), option::of(prop::sample::select(vec!["A", "B"])), option::of(1..3_i64));
    let people = (
        option::of(prop::sample::select(vec!["GOLD", "BLUE"])),
        option::of(prop::sample::select(vec!["04AB", "1234"])),
        prop::sample::select(vec!["ISO14443", "KeyCode"]),
    );
    let bounds = (option::of(0..6_i64), option::of(4..10_i64));
    (prop::sample::select(KINDS.to_vec()), place, people, -1..2_i64, bounds).prop_map(
        |((tariff, _), (site, station, evse), (group, token, kind), priority, (from, to))| AssignmentRow {
            id: 0,
            tariff_id: tariff.into(),
            site_id: site.filter(|_| station.is_none()),
            station_id: station.map(str::to_owned),
            evse: evse.filter(|_| station.is_some()),
            group_uid: group.filter(|_| token.is_none()).map(str::to_owned),
            token_uid: token.map(str::to_owned),
            token_kind: token.map_or("", |_| kind).into(),
            priority,
            valid_from: from.map(at),
            valid_to: to.map(at),
            created_at: at(0),
        },
    )
}

proptest! {
    #[test]
    fn the_index_finds_what_every_row_by_itself_tells(
        mut rows in prop::collection::vec(row(), 0..24),
        starts in prop::collection::vec(0..9_i64, 4),
        station in prop::sample::select(vec!["A", "B", "C"]),
        evse in 0..3_i64,
        site in option::of(1..3_i64),
        token in option::of(prop::sample::select(vec!["04AB", "1234", "OTHER"])),
        token_kind in prop::sample::select(vec!["", "ISO14443", "KeyCode", "NoAuthorization"]),
        group in option::of(prop::sample::select(vec!["GOLD", "BLUE"])),
        hour in 0..10_i64,
    ) {
        for (n, row) in rows.iter_mut().enumerate() {
            row.id = n as i64 + 1;
        }
        // Each tariff has one version that is active from some hour, and another two hours later.
        let all: Vec<VersionRow> = KINDS
            .iter()
            .zip(starts)
            .flat_map(|((id, kind), from)| [version(id, *kind, 1, from), version(id, *kind, 2, from + 2)])
            .collect();
        let places = Places::new(rows.clone(), &versions(all.clone()));
        let asked = Asked { station, evse, site, token, token_kind, group, at: at(hour) };
        let found = places.find(&asked).map(|found| (found.assignment, found.version));
        prop_assert_eq!(found, naively(&rows, &all, &asked));
    }
}

#[test]
fn a_version_that_cannot_be_read_gives_no_price_rather_than_that_of_another() {
    let broken = VersionRow { body: "{}".into(), ..version("any", None, 2, 5) };
    let all = versions(vec![version("any", None, 1, 0), broken]);
    let everywhere = AssignmentRow { id: 1, tariff_id: "any".into(), ..AssignmentRow::default() };
    let places = Places::new(vec![everywhere], &all);
    let price = |hour: i64| places.find(&asked(None, "", None, hour)).map(|found| found.snapshot.is_some());
    assert_eq!((price(-1), price(4), price(5)), (None, Some(true), Some(false)));
}

#[test]
fn a_tariff_gives_way_outside_its_own_validity() {
    let narrow = version("narrow", None, 1, 0);
    let tariff = tariffs::Tariff {
        valid_from: Some(at(3)),
        valid_to: Some(at(5)),
        ..tariffs::Tariff::from_json(&narrow.body).unwrap()
    };
    let narrow = VersionRow { body: tariff.to_json(), ..narrow };
    let all = versions(vec![narrow, version("any", None, 1, 0)]);
    let everywhere = |id: i64, tariff: &str, priority: i64| AssignmentRow {
        id,
        tariff_id: tariff.into(),
        priority,
        ..AssignmentRow::default()
    };
    let places = Places::new(vec![everywhere(1, "any", 0), everywhere(2, "narrow", 1)], &all);
    let found = |hour: i64| places.find(&asked(None, "", None, hour)).unwrap().assignment;
    assert_eq!([2, 3, 4, 5].map(found), [1, 2, 2, 1]);
}

#[test]
fn versions_that_are_known_are_not_read_again() {
    let rows = || vec![version("any", None, 1, 0), version("any", None, 2, 3)];
    let first = versions(rows());
    let second = Versions::of(rows(), &first);
    let snapshot =
        |all: &HashMap<Arc<str>, Arc<Versions>>| all["any"].at(at(3)).unwrap().snapshot.clone().unwrap();
    assert!(Arc::ptr_eq(&snapshot(&first), &snapshot(&second)));
    // A tariff that was removed and made again has other versions with the same numbers.
    let other = VersionRow { version: 2, ..version("any", None, 7, 3) };
    let third = Versions::of(vec![version("any", None, 1, 0), other], &first);
    assert!(!Arc::ptr_eq(&snapshot(&first), &snapshot(&third)));
}

fn benefit(id: i64, body: &str) -> BenefitRow {
    BenefitRow { id, body: body.into(), ..BenefitRow::default() }
}

#[test]
fn benefits_are_for_their_people_place_time_and_currency() {
    let member = r#"{"name":"Member","percent":"10"}"#;
    let euros = r#"{"name":"Voucher","amount":"5"}"#;
    let all = Benefits::new(vec![
        BenefitRow { group_uid: Some("GOLD".into()), ..benefit(5, member) },
        BenefitRow { currency: "EUR".into(), ..benefit(4, euros) },
        BenefitRow { currency: "CNY".into(), ..benefit(3, euros) },
        BenefitRow { site_id: Some(2), ..benefit(2, member) },
        BenefitRow { valid_from: Some(at(5)), valid_to: Some(at(6)), ..benefit(1, member) },
        benefit(9, r#"{"name":"x","percent":"ten"}"#),
    ]);
    let euro = "EUR".parse().unwrap();
    let held = |group: Option<&str>, hour: i64| {
        let asked = asked(Some("04AB"), "ISO14443", group, hour);
        all.held(&asked, euro).iter().map(|benefit| benefit.id).collect::<Vec<_>>()
    };
    assert_eq!(held(None, 4), [4]);
    assert_eq!(held(Some("GOLD"), 4), [4, 5]);
    assert_eq!(held(Some("GOLD"), 5), [1, 4, 5]);
    assert_eq!(held(Some("GOLD"), 6), [4, 5]);
}

#[test]
fn a_tariff_with_benefits_is_made_once_and_found_by_its_hash() {
    let rows = (1..=20).map(|id| benefit(id, &format!(r#"{{"name":"B{id}","percent":"1"}}"#))).collect();
    let all = Benefits::new(rows);
    let base = versions(vec![version("any", None, 1, 0)])["any"].at(at(0)).unwrap().snapshot.clone().unwrap();
    let cache = Cache::default();
    let asked = asked(None, "", None, 0);
    let held = all.held(&asked, base.currency);
    let (two, ids) = cache.get(&base, &held[..2], None);
    assert_eq!(ids, [1, 2]);
    let names: Vec<_> = two.tariff().discounts.iter().map(|discount| discount.name.as_str()).collect();
    assert_eq!(names, ["B1", "B2"]);
    assert_ne!(two.hash, base.hash);
    assert!(Arc::ptr_eq(&two, &cache.get(&base, &held[..2], None).0));
    assert!(Arc::ptr_eq(&two, &cache.by_hash(&two.hash).unwrap()));
    assert!(cache.by_hash(&base.hash).is_none());
    // More than a tariff can have: the first ones count.
    let (full, ids) = cache.get(&base, &held, None);
    assert_eq!((full.tariff().discounts.len(), ids.len()), (16, 16));
}
