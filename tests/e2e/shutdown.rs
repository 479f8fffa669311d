//! An orderly end, and a start after it.

use crate::{
    harness::{Engine, Place},
    records,
};
use conformance::{Options, Station};
use ocpp::Version;

const CARD: &str = "04A1B2C3D4E5F6";

#[tokio::test]
async fn sigterm_ends_links_in_order_and_a_session_goes_on_after_the_restart() {
    let place = Place::new(Engine::Sqlite).await.unwrap();
    let password = place.furnish("HALL-7", CARD).await;
    let csms = place.serve().await;
    let options = Options::new(&csms.ready.ocpp_url, "HALL-7", Version::V201).password(&password);
    let station = Station::connect(options).await.unwrap();
    station.boot().await.unwrap();
    station.plug_in(1).await.unwrap();
    let started = station.start(1, CARD).await.unwrap();
    station.charge_wh(1, 1_000).unwrap();
    station.meter(1).await.unwrap();

    let (place, status, _) = csms.terminate().await;
    assert_eq!(status.code(), Some(0), "{}", place.log());
    assert!(!place.log().contains("panicked"), "{}", place.log());
    assert_eq!(records::only(&place, "HALL-7").await.session.state, "open");

    let csms = place.serve().await;
    assert!(csms.banner.contains("Console") && !csms.banner.contains("password"), "{}", csms.banner);
    station.reconnect().await.unwrap();
    station.charge_wh(1, 1_000).unwrap();
    station.stop(1, "Local").await.unwrap();
    let record = records::only(&csms.place, "HALL-7").await;
    assert_eq!(Some(record.session.reference), started.transaction);
    assert_eq!((record.session.state.as_str(), record.session.energy_mwh), ("ended", 2_000_000));
    assert!(record.bill.is_some());
}

#[tokio::test]
async fn a_doctor_beside_a_running_server_finds_it_well() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(place) = Place::new(engine).await else { continue };
        let before = place.done(&["doctor"]).await;
        assert!(before.contains("csms serve makes it"), "{before}");
        let csms = place.serve().await;
        let (ocpp, web) = (csms.ready.ocpp.to_string(), csms.ready.web.to_string());
        let ports = [format!("ocpp.listen={ocpp}"), format!("web.listen={web}")];
        let told = csms.place.done(&["doctor", "--set", &ports[0], "--set", &ports[1]]).await;
        assert!(told.contains("csms is running") && told.contains("up to date"), "{told}");
        let json = csms.place.done(&["doctor", "--json", "--set", &ports[0], "--set", &ports[1]]).await;
        let findings: serde_json::Value = serde_json::from_str(&json).unwrap();
        // How fast the disk of this machine is, is not ours to say; that it was measured is.
        let measured = |f: &serde_json::Value| {
            f["check"] == "commit"
                && f["grade"] != "bad"
                && f["found"].as_str().unwrap().contains("for a commit")
        };
        assert!(findings.as_array().unwrap().iter().any(measured), "{json}");
    }
}

#[tokio::test]
async fn a_doctor_tells_of_a_taken_port_and_fails() {
    let place = Place::new(Engine::Sqlite).await.unwrap();
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = format!("ocpp.listen={}", other.local_addr().unwrap());
    let output = place.run(&["doctor", "--set", &taken, "--set", "web.listen=127.0.0.1:0"]).await;
    assert_eq!(output.status.code(), Some(1));
    let told = crate::harness::text(&output.stdout);
    assert!(told.contains("BAD   station port") && told.contains("do: end the other program"), "{told}");
}
