//! A session in each protocol, from boot to priced bill, on both databases.

use crate::{
    harness::{Engine, Place},
    records,
};
use conformance::{Options, Station};
use csms::link::auth::Vault;
use ocpp::Version;

const CARD: &str = "04A1B2C3D4E5F6";

async fn from_boot_to_bill(engine: Engine, version: Version) {
    let Some(place) = Place::new(engine).await else { return };
    let password = place.furnish("HALL-7", CARD).await;
    let csms = place.serve().await;

    let options = Options::new(&csms.ready.ocpp_url, "HALL-7", version).password(&password);
    let station = Station::connect(options).await.unwrap();
    assert_eq!(station.subprotocol().as_deref(), Some(version.subprotocol()));
    assert_eq!(station.boot().await.unwrap().status, "Accepted");
    station.plug_in(1).await.unwrap();
    // Written as another reader would: identifiers compare without case.
    assert_eq!(station.authorize(&CARD.to_lowercase()).await.unwrap().status, "Accepted");
    let started = station.start(1, CARD).await.unwrap();
    assert_eq!(started.verdict.unwrap().status, "Accepted");
    for _ in 0..3 {
        station.charge_wh(1, 2_500).unwrap();
        station.meter(1).await.unwrap();
    }
    station.stop(1, "Local").await.unwrap();
    station.unplug(1).await.unwrap();

    let record = records::only(&csms.place, "HALL-7").await;
    let session = record.session;
    assert_eq!((session.state.as_str(), session.protocol.as_str()), ("ended", version.subprotocol()));
    assert_eq!((session.evse, session.token_uid.as_str()), (1, CARD));
    assert_eq!(session.energy_mwh, 7_500_000, "{session:?}");
    assert_eq!(session.time_zone, "Europe/Berlin");
    assert_eq!(Some(session.reference), started.transaction);
    assert!(record.readings.len() >= 5, "start, three readings, stop: {:?}", record.readings);
    // 7.5 kWh × 0.49 + 1.00 = 4.675 net; 19 % on top.
    let bill = record.bill.expect("the session is priced");
    assert_eq!((bill.currency.as_str(), bill.energy_mwh, bill.revision), ("EUR", 7_500_000, 0));
    assert_eq!((bill.total_excl.as_str(), bill.total_incl.as_str()), ("4.68", "5.56"), "{}", bill.body);
    assert_eq!(session.cost, bill.total_incl);
}

#[tokio::test]
async fn a_session_by_ocpp_1_6_on_sqlite() {
    from_boot_to_bill(Engine::Sqlite, Version::V16).await;
}

#[tokio::test]
async fn a_session_by_ocpp_2_0_1_on_sqlite() {
    from_boot_to_bill(Engine::Sqlite, Version::V201).await;
}

#[tokio::test]
async fn a_session_by_ocpp_2_1_on_sqlite() {
    from_boot_to_bill(Engine::Sqlite, Version::V21).await;
}

#[tokio::test]
async fn a_session_by_ocpp_1_6_on_postgres() {
    from_boot_to_bill(Engine::Postgres, Version::V16).await;
}

#[tokio::test]
async fn a_session_by_ocpp_2_0_1_on_postgres() {
    from_boot_to_bill(Engine::Postgres, Version::V201).await;
}

#[tokio::test]
async fn a_session_by_ocpp_2_1_on_postgres() {
    from_boot_to_bill(Engine::Postgres, Version::V21).await;
}

#[tokio::test]
async fn who_is_not_registered_or_has_a_wrong_password_stays_outside() {
    let place = Place::new(Engine::Sqlite).await.unwrap();
    let password = place.furnish("HALL-7", CARD).await;
    let csms = place.serve().await;
    let knock = async |id: &str, password: &str| {
        let options = Options::new(&csms.ready.ocpp_url, id, Version::V201).password(password);
        Station::connect(options).await
    };
    assert!(knock("HALL-7", &password).await.is_ok());
    assert_eq!(knock("HALL-7", &Vault::generate().unwrap()).await.unwrap_err().status(), Some(401));
    assert_eq!(knock("HALL-8", &password).await.unwrap_err().status(), Some(401));
}

#[tokio::test]
async fn a_blocked_identifier_is_refused_at_once_while_the_server_runs() {
    let place = Place::new(Engine::Sqlite).await.unwrap();
    let password = place.furnish("HALL-7", CARD).await;
    let csms = place.serve().await;
    let options = Options::new(&csms.ready.ocpp_url, "HALL-7", Version::V201).password(&password);
    let station = Station::connect(options).await.unwrap();
    station.boot().await.unwrap();
    assert_eq!(station.authorize(CARD).await.unwrap().status, "Accepted");
    csms.place.done(&["token", "block", CARD]).await;
    assert_eq!(station.authorize(CARD).await.unwrap().status, "Blocked");
    csms.place.done(&["token", "block", "--undo", CARD]).await;
    assert_eq!(station.authorize(CARD).await.unwrap().status, "Accepted");
}

#[tokio::test]
async fn with_open_registration_an_unknown_station_is_let_in_and_registered() {
    let place = Place::new(Engine::Sqlite).await.unwrap().set("ocpp.open_registration=true");
    let csms = place.serve().await;
    let station = Station::connect(Options::new(&csms.ready.ocpp_url, "NEW-1", Version::V16)).await.unwrap();
    assert_eq!(station.boot().await.unwrap().status, "Accepted");
    let listed = csms.place.done(&["station", "list"]).await;
    assert!(listed.contains("NEW-1") && listed.contains("Hafenwerk Duo 22"), "{listed}");
}
