//! The newest connection of a station wins, and nothing that happens to an older one harms it.

use crate::{
    client::{Client, Seen, basic},
    house::{House, until, within},
};
use csms::{link::auth::Vault, link::hub::AskError, store::row::Write};
use ocpp::Version;
use serde_json::json;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(10);

#[tokio::test]
async fn an_older_connection_that_gets_through_later_replaces_nobody() {
    let house = House::open(|_| {}).await;
    let (hub, station) = (&house.app.hub, "CP1".into());
    let (old, new) = (hub.number(), hub.number());
    let enter = |connection| {
        hub.enter(connection, &station, ([127, 0, 0, 1], 1).into(), Version::V16, house.app.clock.now(), 4)
    };
    let newer = enter(new).unwrap();
    assert!(enter(old).is_none());
    assert_eq!(hub.info(&station).unwrap().connection, new, "it is still there");
    assert!(hub.leave(&newer) && enter(old).is_some(), "it is nobody's place any more");
}

#[tokio::test]
async fn a_new_connection_replaces_the_old_one_at_once() {
    let house = House::open(|_| {}).await;
    let mut old = house.link("CP1").await;
    until(|| house.app.hub.online(&"CP1".into())).await;
    let first = house.app.hub.info(&"CP1".into()).unwrap().connection;
    let asking = tokio::spawn({
        let app = house.app.clone();
        async move { app.hub.ask(&"CP1".into(), "Reset", json!({"type": "Soft"}), LONG).await }
    });
    assert_eq!(old.message().await[2], "Reset");

    // The old side does nothing about it: no close handshake, no read.
    let mut new = house.again("CP1", "ocpp1.6").await;
    assert_eq!(new.call(r#"[2,"1","Heartbeat",{}]"#).await[0], 3);
    assert_eq!(within(asking).await.unwrap(), Err(AskError::Disconnected), "pending calls fail over");
    assert!(house.app.hub.info(&"CP1".into()).unwrap().connection > first);

    // The old socket ends only now, and the new one does not notice.
    assert_eq!(old.see().await, Seen::Close(1001));
    assert_eq!(old.closed().await, None);
    drop(old);
    let station = "CP1".into();
    let asking = house.app.hub.ask(&station, "ClearCache", json!({}), LONG);
    let answering = async {
        let call = new.message().await;
        new.say(&json!([3, call[1], {"status": "Accepted"}]).to_string()).await;
    };
    let (answer, ()) = within(async { tokio::join!(asking, answering) }).await;
    assert_eq!(answer, Ok(json!({"status": "Accepted"})));

    let (app, _db) = house.close().await;
    let mut tx = app.db.read().await.unwrap();
    let events = csms::store::events::list(&mut tx, &Default::default(), None, 100).await.unwrap();
    let count = |kind: &str| events.iter().filter(|event| event.kind == kind).count();
    assert_eq!((count("station.connected"), count("station.disconnected")), (2, 1), "no offline in between");
}

#[tokio::test]
async fn a_zombie_never_locks_its_station_out() {
    let house = House::open(|_| {}).await;
    house.station("CP1", "").await;
    let mut zombies = Vec::new();
    for _ in 0..20 {
        zombies.push(house.again("CP1", "ocpp1.6").await);
    }
    let mut alive = house.again("CP1", "ocpp2.0.1").await;
    assert_eq!(alive.call(r#"[2,"1","Heartbeat",{}]"#).await[0], 3);
    assert_eq!(house.app.hub.count(), 1);
    drop(zombies);
    assert_eq!(alive.call(r#"[2,"2","Heartbeat",{}]"#).await[0], 3);
    drop(alive);
    until(|| house.app.hub.count() == 0).await;
}

#[tokio::test]
async fn a_stranger_does_not_disturb_the_link() {
    let house = House::open(|_| {}).await;
    let secret = Vault::generate().unwrap();
    house.station("CP1", &house.app.vault.seal_generated(&secret).unwrap()).await;
    let mut link = Client::connect(house.address).await;
    let headers = |password: &str| {
        [("Sec-WebSocket-Protocol", "ocpp1.6".to_owned()), ("Authorization", basic("CP1", password))]
    };
    let upgrade = async |client: &mut Client, password: &str| {
        let headers = headers(password);
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        client.upgrade("/ocpp/CP1", &headers).await.status
    };
    assert_eq!(upgrade(&mut link, &secret).await, 101);
    assert_eq!(link.call(r#"[2,"1","Heartbeat",{}]"#).await[0], 3);
    let connection = house.app.hub.info(&"CP1".into()).unwrap().connection;
    for _ in 0..3 {
        assert_eq!(upgrade(&mut Client::connect(house.address).await, "wrong").await, 401);
    }
    assert_eq!(link.call(r#"[2,"2","Heartbeat",{}]"#).await[0], 3);
    assert_eq!(house.app.hub.info(&"CP1".into()).unwrap().connection, connection);
}

#[tokio::test]
async fn a_flapping_station_is_quarantined_visibly_and_liftable() {
    let house = House::open(|config| config.ocpp.limits.flapping_connects = 3).await;
    house.station("CP1", "").await;
    for _ in 0..3 {
        house.again("CP1", "ocpp1.6").await;
    }
    let knock = async || {
        let mut client = Client::connect(house.address).await;
        client.upgrade("/ocpp/CP1", &[("Sec-WebSocket-Protocol", "ocpp1.6")]).await
    };
    for _ in 0..2 {
        let answer = knock().await;
        assert_eq!(answer.status, 429);
        let wait: u64 = answer.header("Retry-After").unwrap().parse().unwrap();
        assert!((3590..=3600).contains(&wait));
    }
    house.link("CP2").await;

    // The operator lifts it.
    let station: csms::model::StationId = "CP1".into();
    let lift = Write::Quarantine { station: station.clone(), until: None, reason: String::new() };
    within(async {
        // The decision to quarantine is committed a moment after it takes effect.
        while house.row("CP1").await.quarantined_until.is_none() {}
    })
    .await;
    assert_eq!(house.row("CP1").await.quarantine_reason, "4 connects within 10 minutes");
    house.app.writer.commit(vec![lift]).await.unwrap();
    house.app.hub.quarantine().lift(&station);
    for _ in 0..3 {
        assert_eq!(knock().await.status, 101);
    }

    // One that only the database knows of (after a restart) holds as well.
    let until = Some(house.app.clock.now() + chrono::TimeDelta::minutes(5));
    let set = Write::Quarantine { station, until, reason: "by hand".into() };
    house.app.writer.commit(vec![set]).await.unwrap();
    assert_eq!(knock().await.status, 429);
}
