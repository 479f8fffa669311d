//! A fleet against the smallest CSMS.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use conformance::fleet::{Fleet, FleetOptions, stations, tokens};
use conformance::responder::{Responder, Seen};
use ocpp::schema::{self, Kind};

fn quiet(url: &str, seed: u64, hours: u64) -> FleetOptions {
    let mut options = FleetOptions::new(url, seed, 7);
    options.history = Duration::from_secs(hours * 3600);
    options.mishaps = false;
    // Whatever happens live comes long after the history.
    options.sample = Duration::from_secs(3600);
    options
}

/// What a fleet that starts afresh has lived through, without what differs from run to run: ids and instants.
async fn history(seed: u64) -> BTreeMap<String, Vec<String>> {
    let responder = Responder::start("127.0.0.1:0", true).await.expect("a responder");
    let fleet = Fleet::start(quiet(&responder.url(), seed, 8));
    for station in stations(7) {
        // The states of the connectors come last: the history is delivered.
        responder.wait_for(|s| s.station == station.id && s.action == "StatusNotification").await;
    }
    let seen = responder.seen();
    drop(fleet);
    let mut lives: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for message in seen.into_iter().filter(is_session) {
        let token = message.payload["idTag"].as_str().or(message.payload["idToken"]["idToken"].as_str());
        let what = format!("{} {token:?} {}", message.action, message.payload["eventType"]);
        lives.entry(message.station).or_default().push(what);
    }
    lives
}

fn is_session(seen: &Seen) -> bool {
    matches!(
        seen.action.as_str(),
        "StartTransaction" | "StopTransaction" | "TransactionEvent" | "MeterValues"
    )
}

#[tokio::test]
async fn the_seed_decides_the_history() {
    let (first, again, other) = (history(1).await, history(1).await, history(2).await);
    assert_eq!(first.len(), 7, "every station has charged in eight hours");
    assert_eq!(first, again);
    assert_ne!(first, other);
}

#[tokio::test]
async fn history_is_told_in_order_and_never_from_the_future() {
    let responder = Responder::start("127.0.0.1:0", true).await.expect("a responder");
    let fleet = Fleet::start(quiet(&responder.url(), 3, 8));
    responder.wait_for(|s| s.station == "WL-002" && s.action == "StatusNotification").await;
    let events: Vec<_> = responder
        .seen()
        .into_iter()
        .filter(|s| s.station == "WL-002" && s.action == "TransactionEvent")
        .map(|s| s.payload)
        .collect();
    let now = Utc::now();
    let at = |e: &serde_json::Value| -> DateTime<Utc> {
        e["timestamp"].as_str().and_then(|t| t.parse().ok()).expect("an instant")
    };
    assert!(events.len() > 10);
    assert!(events.windows(2).all(|w| at(&w[0]) <= at(&w[1])));
    assert!(events.iter().all(|e| at(e) <= now && e["offline"] == true));
    let mut shown: BTreeMap<String, f64> = BTreeMap::new();
    for event in &events {
        let id = event["transactionInfo"]["transactionId"].as_str().expect("an id").to_owned();
        let value = event["meterValue"][0]["sampledValue"][0]["value"].as_f64().expect("a register");
        assert!(shown.insert(id, value).is_none_or(|before| before <= value), "registers never run back");
    }
    let tally = fleet.stop().await;
    assert_eq!(tally.failures, 0);
    assert_eq!(tally.connections, 7);
}

/// In fast motion, with everything that goes wrong: all messages are valid, and all sessions end with the fleet.
#[tokio::test]
async fn a_fleet_in_fast_motion_survives_its_mishaps() {
    let responder = Responder::start("127.0.0.1:0", true).await.expect("a responder");
    let mut options = quiet(&responder.url(), 4, 24);
    options.mishaps = true;
    options.pace = 36_000;
    options.sample = Duration::from_secs(120);
    let all = stations(7);
    let fleet = Fleet::start(options);
    let ended = |s: &Seen| s.action == "StopTransaction" || s.payload["eventType"] == "Ended";
    for station in &all {
        responder.wait_for(|s| s.station == station.id && ended(s)).await;
    }
    responder.kick("WL-001");
    let tally = fleet.stop().await;
    assert!(tally.sessions_started >= 7, "{tally:?}");
    assert_eq!(tally.failures, 0, "{tally:?}");
    for message in responder.seen() {
        let version = all.iter().find(|s| s.id == message.station).expect("ours").version;
        let checked = schema::check(version, &message.action, Kind::Request, &message.payload);
        assert_eq!(checked, Ok(()), "{} {}", message.action, message.payload);
    }
}

#[tokio::test]
async fn stations_come_back_after_the_csms_was_away() {
    let responder = Responder::start("127.0.0.1:0", true).await.expect("a responder");
    let url = responder.url();
    let address = url.trim_start_matches("ws://").trim_end_matches("/ocpp").to_owned();
    let fleet = Fleet::start(quiet(&url, 5, 0));
    let booted =
        |responder: &Responder| responder.seen().iter().filter(|s| s.action == "BootNotification").count();
    responder.wait_for(|s| s.station == "WL-007" && s.action == "StatusNotification").await;
    drop(responder);
    let mut back = Responder::start(&address, true).await;
    while back.is_err() {
        tokio::task::yield_now().await;
        back = Responder::start(&address, true).await;
    }
    let back = back.expect("listens again");
    for station in stations(7) {
        back.wait_for(|s| s.station == station.id && s.action == "BootNotification").await;
    }
    assert_eq!(booted(&back), 7);
    fleet.stop().await;
}

#[test]
fn identities_and_tokens_fit_every_version() {
    for station in stations(30) {
        assert!(
            station.id.len() <= 48
                && station.hardware.vendor.len() <= 20
                && station.hardware.model.len() <= 20
        );
        assert!(station.hardware.serial.len() <= 25);
    }
    let tokens = tokens(40);
    assert!(tokens.iter().all(|t| t.len() == 14 && t.chars().all(|c| c.is_ascii_hexdigit())));
    assert_eq!(tokens.iter().collect::<std::collections::HashSet<_>>().len(), 40);
    assert_eq!(stations(30)[..12], stations(12)[..]);
}
