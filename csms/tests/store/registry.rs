//! Stations, sites, tokens.

use crate::common::{at, on_both, session, station};
use csms::store::row::{AttemptRow, ConnectorRow, StationRow, TokenRow, Write};
use csms::store::sites::SiteRow;
use csms::store::stations::{EvseRow, Filter, Forgotten, Settings};
use csms::store::{Writer, attempts, sites, stations, tokens};

fn site(id: i64, name: &str) -> SiteRow {
    SiteRow {
        id,
        name: name.into(),
        address: "Main St 1".into(),
        city: "Köln".into(),
        country: "DEU".into(),
        latitude: Some("50.94".into()),
        longitude: None,
        time_zone: "Europe/Berlin".into(),
        created_at: at(0),
    }
}

fn connector(station: &str, status: &str) -> Write {
    Write::Connector(ConnectorRow {
        station: station.into(),
        evse: 1,
        connector: 1,
        status: status.into(),
        error_code: String::new(),
        info: String::new(),
        status_at: at(0),
    })
}

async fn ids(tx: &mut csms::store::Tx, filter: &Filter) -> Vec<String> {
    stations::list(tx, filter, None, 200).await.unwrap().into_iter().map(|row| row.id).collect()
}

on_both! {
    async fn a_station_is_registered_changed_and_forgotten(db) {
        let mut tx = db.write().await.unwrap();
        sites::create(&mut tx, &site(7, "Yard")).await.unwrap();
        let row = StationRow {
            id: "CP1".into(), name: "Gate".into(), site_id: Some(7), secret: "hmac$1".into(),
            protocols: "ocpp1.6".into(), created_at: at(5), ..StationRow::default()
        };
        stations::create(&mut tx, &row).await.unwrap();
        let found = stations::find(&mut tx, "CP1").await.unwrap().unwrap();
        let expected =
            StationRow { validation: "lenient".into(), registration: "accepted".into(), ..row.clone() };
        assert_eq!(found, expected);
        assert!(!stations::create_if_absent(&mut tx, "CP1", at(6)).await.unwrap());
        assert!(stations::create_if_absent(&mut tx, "CP2", at(6)).await.unwrap());
        let settings = Settings {
            name: "North".into(), site_id: None, protocols: String::new(),
            validation: "strict".into(), registration: "pending".into(),
        };
        assert!(stations::update(&mut tx, "CP1", &settings).await.unwrap());
        assert!(!stations::update(&mut tx, "CP9", &settings).await.unwrap());
        assert!(stations::set_secret(&mut tx, "CP1", "argon2").await.unwrap());
        assert!(stations::set_quarantine(&mut tx, "CP1", Some(at(60)), "flapping").await.unwrap());
        assert_eq!(stations::take_epoch(&mut tx, "CP1").await.unwrap(), Some(1));
        assert_eq!(stations::take_epoch(&mut tx, "CP1").await.unwrap(), Some(2));
        assert_eq!(stations::take_epoch(&mut tx, "CP9").await.unwrap(), None);
        let found = stations::find(&mut tx, "CP1").await.unwrap().unwrap();
        let expected = StationRow {
            name: "North".into(), site_id: None, protocols: String::new(),
            validation: "strict".into(), registration: "pending".into(), secret: "argon2".into(),
            quarantined_until: Some(at(60)), quarantine_reason: "flapping".into(), epoch: 2, ..expected
        };
        assert_eq!(found, expected);
        assert!(stations::set_quarantine(&mut tx, "CP1", None, "").await.unwrap());
        assert_eq!(stations::find(&mut tx, "CP1").await.unwrap().unwrap().quarantined_until, None);
        assert_eq!(stations::delete(&mut tx, "CP1").await.unwrap(), Forgotten::Yes);
        assert_eq!(stations::delete(&mut tx, "CP1").await.unwrap(), Forgotten::Unknown);
        assert!(stations::find(&mut tx, "CP1").await.unwrap().is_none());
        assert!(!stations::set_secret(&mut tx, "CP1", "x").await.unwrap());
        assert!(!stations::set_quarantine(&mut tx, "CP1", None, "").await.unwrap());
    }

    async fn a_station_where_a_session_runs_is_not_forgotten(db) {
        crate::common::station(&db, "CP1").await;
        let writer = Writer::start(db.clone(), 8);
        let mut row = session(1, "CP1");
        writer.commit(vec![Write::Session(Box::new(row.clone()))]).await.unwrap();
        let mut tx = db.write().await.unwrap();
        assert_eq!(stations::delete(&mut tx, "CP1").await.unwrap(), Forgotten::InUse);
        assert!(stations::find(&mut tx, "CP1").await.unwrap().is_some());
        tx.commit().await.unwrap();
        row.state = "ended".into();
        writer.commit(vec![Write::Session(Box::new(row))]).await.unwrap();
        let mut tx = db.write().await.unwrap();
        assert_eq!(stations::delete(&mut tx, "CP1").await.unwrap(), Forgotten::Yes);
    }

    async fn stations_are_listed_by_page_and_filter(db) {
        let mut tx = db.write().await.unwrap();
        sites::create(&mut tx, &site(7, "Yard")).await.unwrap();
        for n in 0..250 {
            let row = StationRow {
                id: format!("CP{n:03}"), name: if n == 42 { "100%_Gate".into() } else { String::new() },
                site_id: (n < 3).then_some(7), created_at: at(0), ..StationRow::default()
            };
            stations::create(&mut tx, &row).await.unwrap();
        }
        tx.commit().await.unwrap();
        let writer = Writer::start(db.clone(), 8);
        writer.commit(vec![connector("CP001", "Faulted"), connector("CP002", "Available")]).await.unwrap();
        let status = Write::StationStatus {
            station: "CP100".into(), status: "Faulted".into(), error_code: "GroundFailure".into(),
        };
        writer.commit(vec![status]).await.unwrap();
        let mut tx = db.read().await.unwrap();
        let all = Filter::default();
        let first = stations::list(&mut tx, &all, None, 1_000).await.unwrap();
        assert_eq!(first.len(), 200);
        let rest = stations::list(&mut tx, &all, Some(&first[199].id), 200).await.unwrap();
        assert_eq!((rest.len(), &*rest[0].id), (50, "CP200"));
        assert_eq!(stations::count(&mut tx, &all).await.unwrap(), 250);
        let text = |text: &str| Filter { text: text.into(), ..Filter::default() };
        assert_eq!(ids(&mut tx, &text("p04")).await.len(), 10);
        assert_eq!(ids(&mut tx, &text("0%_g")).await, ["CP042"]);
        assert_eq!(ids(&mut tx, &text("%")).await, ["CP042"]);
        let at_site = Filter { site: Some(7), ..Filter::default() };
        assert_eq!(ids(&mut tx, &at_site).await, ["CP000", "CP001", "CP002"]);
        let faulted = Filter { status: Some("Faulted".into()), ..Filter::default() };
        assert_eq!(ids(&mut tx, &faulted).await, ["CP001", "CP100"]);
        let both = Filter { text: "cp".into(), site: Some(7), status: Some("Faulted".into()) };
        assert_eq!(ids(&mut tx, &both).await, ["CP001"]);
        assert_eq!(stations::count(&mut tx, &both).await.unwrap(), 1);
        let near = stations::connectors_between(&mut tx, "CP000", "CP001").await.unwrap();
        assert_eq!(near.iter().map(|c| &*c.station_id).collect::<Vec<_>>(), ["CP001"]);
        let counts = stations::connector_counts(&mut tx).await.unwrap();
        assert_eq!(counts, [("Available".into(), 1), (String::from("Faulted"), 1)]);
    }

    async fn an_evse_becomes_known_and_keeps_its_settings(db) {
        station(&db, "CP1").await;
        let row = EvseRow { station_id: "CP1".into(), evse: 1, max_power_w: Some(22_000), kind: "ac".into() };
        let mut tx = db.write().await.unwrap();
        stations::set_evse(&mut tx, &row).await.unwrap();
        tx.commit().await.unwrap();
        Writer::start(db.clone(), 8).commit(vec![connector("CP1", "Available")]).await.unwrap();
        let mut tx = db.write().await.unwrap();
        assert_eq!(stations::evses(&mut tx, "CP1").await.unwrap(), std::slice::from_ref(&row));
        let error = stations::set_evse(&mut tx, &EvseRow { station_id: "CP9".into(), ..row }).await;
        assert!(error.unwrap_err().is_reference());
    }

    async fn a_site_with_stations_stays(db) {
        let mut tx = db.write().await.unwrap();
        let yard = site(1, "Yard");
        sites::create(&mut tx, &yard).await.unwrap();
        sites::create(&mut tx, &site(2, "Harbour")).await.unwrap();
        assert_eq!(sites::find(&mut tx, 1).await.unwrap(), Some(yard.clone()));
        let changed = SiteRow { name: "Court".into(), longitude: Some("6.96".into()), ..yard };
        assert!(sites::update(&mut tx, &changed).await.unwrap());
        assert!(!sites::update(&mut tx, &site(9, "None")).await.unwrap());
        let row = StationRow { id: "CP1".into(), site_id: Some(1), created_at: at(0), ..StationRow::default() };
        stations::create(&mut tx, &row).await.unwrap();
        assert_eq!(sites::of_station(&mut tx, "CP1").await.unwrap(), Some(changed.clone()));
        assert_eq!(sites::of_station(&mut tx, "CP2").await.unwrap(), None);
        let names = |rows: Vec<SiteRow>| rows.into_iter().map(|row| row.name).collect::<Vec<_>>();
        assert_eq!(names(sites::list(&mut tx, "", None, 50).await.unwrap()), ["Court", "Harbour"]);
        assert_eq!(names(sites::list(&mut tx, "", Some(1), 50).await.unwrap()), ["Harbour"]);
        assert_eq!(names(sites::list(&mut tx, "HARB", None, 50).await.unwrap()), ["Harbour"]);
        assert!(sites::delete(&mut tx, 2).await.unwrap());
        assert!(!sites::delete(&mut tx, 2).await.unwrap());
        tx.commit().await.unwrap();
        let mut tx = db.write().await.unwrap();
        assert!(sites::delete(&mut tx, 1).await.unwrap_err().is_reference());
    }

    async fn tokens_are_made_changed_and_listed(db) {
        let token = TokenRow {
            id: 1, uid: "04AB".into(), kind: "ISO14443".into(), group_uid: None, holder: "Ada".into(),
            language: String::new(), blocked: false, expires_at: None, concurrent: false, created_at: at(0),
            max_cost: String::new(),
            max_energy_wh: None,
            max_time_s: None,
        };
        let mut tx = db.write().await.unwrap();
        tokens::create(&mut tx, &token).await.unwrap();
        let other = TokenRow {
            id: 2, uid: "DE-ABC-1".into(), kind: "eMAID".into(), group_uid: Some("FLEET".into()), ..token.clone()
        };
        tokens::create(&mut tx, &other).await.unwrap();
        assert_eq!(tokens::find(&mut tx, 1).await.unwrap(), Some(token.clone()));
        assert_eq!(tokens::by_key(&mut tx, "DE-ABC-1").await.unwrap(), std::slice::from_ref(&other));
        let changed = TokenRow {
            group_uid: Some("FLEET".into()), holder: "Bob".into(), language: "de".into(), blocked: true,
            expires_at: Some(at(7)), concurrent: true, ..token.clone()
        };
        assert!(tokens::update(&mut tx, &changed).await.unwrap());
        assert!(!tokens::update(&mut tx, &TokenRow { id: 9, ..token.clone() }).await.unwrap());
        let all = tokens::Filter::default();
        assert_eq!(tokens::list(&mut tx, &all, None, 50).await.unwrap(), [changed.clone(), other.clone()]);
        assert_eq!(tokens::list(&mut tx, &all, Some(1), 50).await.unwrap(), std::slice::from_ref(&other));
        let bob = tokens::Filter { text: "bOB".into(), group: Some("FLEET".into()), marked: false };
        assert_eq!(tokens::list(&mut tx, &bob, None, 50).await.unwrap(), [changed]);
        assert!(tokens::delete(&mut tx, 2).await.unwrap());
        assert!(!tokens::delete(&mut tx, 2).await.unwrap());
        let twin = tokens::create(&mut tx, &TokenRow { id: 3, ..token }).await;
        assert!(twin.unwrap_err().is_duplicate());
    }

    async fn a_refused_station_is_adopted(db) {
        let attempt = |identity: &str, cause: &str, second: i64| AttemptRow {
            identity: identity.into(), cause: cause.into(), address: "192.0.2.7".into(),
            detail: "unknown".into(), protocols: "ocpp1.6".into(), agent: "fw/1".into(), count: 2,
            first_at: at(0), last_at: at(second),
        };
        let rows = [attempt("NEW", "unknown", 1), attempt("NEW", "password", 2), attempt("OTHER", "unknown", 3)];
        let writer = Writer::start(db.clone(), 8);
        let writes = rows.iter().cloned().map(|row| Write::Attempt(Box::new(row)));
        writer.commit(writes.clone().collect()).await.unwrap();
        writer.commit(writes.chain([Write::Attempt(Box::new(attempt("NEW", "unknown", 9)))]).collect()).await.unwrap();
        let mut tx = db.write().await.unwrap();
        let listed = attempts::list(&mut tx, "", None, 50).await.unwrap();
        let brief: Vec<_> = listed.iter().map(|r| (&*r.identity, &*r.cause, r.count, r.last_at)).collect();
        let expected =
            [("NEW", "unknown", 6, at(9)), ("OTHER", "unknown", 4, at(3)), ("NEW", "password", 4, at(2))];
        assert_eq!(brief, expected);
        assert_eq!(attempts::list(&mut tx, "", Some(&listed[0]), 50).await.unwrap(), listed[1..]);
        assert_eq!(attempts::list(&mut tx, "oth", None, 50).await.unwrap(), listed[1..2]);
        assert_eq!(attempts::of_identity(&mut tx, "NEW").await.unwrap().len(), 2);
        assert_eq!(attempts::count(&mut tx).await.unwrap(), 3);
        let adopted = attempts::adopt(&mut tx, "NEW", "hmac$1", at(20)).await.unwrap();
        assert_eq!(adopted, attempts::Adopted::Created);
        let row = stations::find(&mut tx, "NEW").await.unwrap().unwrap();
        assert_eq!((&*row.secret, row.created_at, &*row.registration), ("hmac$1", at(20), "accepted"));
        let again = attempts::adopt(&mut tx, "NEW", "", at(20)).await.unwrap();
        assert_eq!(again, attempts::Adopted::NoAttempt);
        stations::create_if_absent(&mut tx, "OTHER", at(0)).await.unwrap();
        let known = attempts::adopt(&mut tx, "OTHER", "hmac$2", at(20)).await.unwrap();
        assert_eq!(known, attempts::Adopted::Known);
        assert_eq!(stations::find(&mut tx, "OTHER").await.unwrap().unwrap().secret, "");
        assert_eq!(attempts::count(&mut tx).await.unwrap(), 0);
        assert!(!attempts::dismiss(&mut tx, "OTHER").await.unwrap());
    }
}
