//! Basic authentication (security profile 1), and those who guess.

use crate::{
    client::{Answer, Client, basic},
    house::{House, PATIENCE},
};
use csms::link::auth::Vault;
use std::time::{Duration, Instant};

const NAMED: (&str, &str) = ("Sec-WebSocket-Protocol", "ocpp1.6");

async fn knock(house: &House, id: &str, authorization: Option<&str>) -> Answer {
    knock_from([127, 0, 0, 1], house, id, authorization).await
}

async fn knock_from(source: [u8; 4], house: &House, id: &str, authorization: Option<&str>) -> Answer {
    let mut headers = vec![NAMED];
    headers.extend(authorization.map(|value| ("Authorization", value)));
    Client::connect_from(source, house.address).await.upgrade(&format!("/ocpp/{id}"), &headers).await
}

/// A station with a generated secret, which is returned.
async fn generated(house: &House, id: &str) -> String {
    let secret = Vault::generate().unwrap();
    house.station(id, &house.app.vault.seal_generated(&secret).unwrap()).await;
    secret
}

fn bytes_of(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

#[tokio::test]
async fn the_right_password_opens_in_every_form() {
    let house = House::open(|_| {}).await;
    let secret = generated(&house, "CP1").await;
    house.station("CP2", &Vault::seal_chosen("tele:phone-1234:x").unwrap()).await;
    for authorization in [
        basic("CP1", &secret),
        basic("CP1", secret.to_uppercase()),
        basic("CP1", bytes_of(&secret)),
        basic("CP1", &secret).replace("Basic", "BASIC"),
    ] {
        assert_eq!(knock(&house, "CP1", Some(&authorization)).await.status, 101);
    }
    assert_eq!(knock(&house, "CP2", Some(&basic("CP2", "tele:phone-1234:x"))).await.status, 101);
}

#[tokio::test]
async fn everything_else_does_not_and_leaves_no_trace_on_the_station() {
    let house = House::open(|_| {}).await;
    let secret = generated(&house, "CP1").await;
    generated(&house, "CP2").await;
    for (authorization, status) in [
        (None, 401),
        (Some(basic("CP1", "wrong")), 401),
        (Some(basic("CP1", "")), 401),
        (Some(basic("CP2", &secret)), 401),
        (Some(basic("", &secret)), 401),
        (Some("Bearer x".into()), 401),
        (Some("Basic ???".into()), 401),
        (Some(format!("Basic {}", "A".repeat(7000))), 401),
        (Some(format!("{}\r\nAuthorization: {0}", basic("CP1", &secret))), 400),
    ] {
        let answer = knock(&house, "CP1", authorization.as_deref()).await;
        assert_eq!(answer.status, status, "{authorization:?}");
        assert_eq!(answer.header("WWW-Authenticate").is_some(), status == 401);
    }
    assert_eq!(house.app.hub.count(), 0);
    let (app, _db) = house.close().await;
    let row = app.loads.station(&"CP1".into()).await.unwrap().unwrap();
    assert_eq!((row.seen_at, row.address.as_str()), (None, ""));
    let mut tx = app.db.read().await.unwrap();
    let attempts = csms::store::attempts::list(&mut tx, "", None, 100).await.unwrap();
    for cause in ["no-password", "wrong-password", "user-mismatch", "bad-request"] {
        assert!(attempts.iter().any(|row| row.cause == cause && row.identity == "CP1"), "{cause}");
    }
    assert!(!format!("{attempts:?}").contains(&secret), "a password is never recorded");
}

#[tokio::test]
async fn an_unknown_station_looks_like_a_wrong_password() {
    let house = House::open(|_| {}).await;
    generated(&house, "CP1").await;
    house.station("CP2", &Vault::seal_chosen("a chosen password").unwrap()).await;
    let mut answers = Vec::new();
    for id in ["CP1", "CP2", "NOBODY"] {
        let from = Instant::now();
        let answer = knock(&house, id, Some(&basic(id, "wrong-wrong-wrong"))).await;
        answers.push((answer, from.elapsed()));
    }
    assert_eq!(answers[0].0.status, 401);
    assert!(answers.iter().all(|(answer, took)| {
        *answer == answers[0].0 && *took >= Duration::from_millis(250) && *took < PATIENCE
    }));
    assert_eq!(knock(&house, "NOBODY", None).await.status, 404);

    let house = House::open(|config| config.ocpp.hide_unknown_stations = true).await;
    generated(&house, "CP1").await;
    assert_eq!(knock(&house, "NOBODY", None).await, knock(&house, "CP1", None).await);
}

#[tokio::test]
async fn who_guesses_has_to_wait_and_harms_nobody() {
    let house = House::open(|config| config.ocpp.limits.auth_failures_burst = 3).await;
    let secret = generated(&house, "CP1").await;
    house.station("CP2", &Vault::seal_chosen("a chosen password").unwrap()).await;
    let wrong = basic("CP1", "guess");
    for _ in 0..4 {
        assert_eq!(knock(&house, "CP1", Some(&wrong)).await.status, 401);
    }
    let answer = knock(&house, "CP1", Some(&wrong)).await;
    assert_eq!(answer.status, 429);
    let wait: u64 = answer.header("Retry-After").unwrap().parse().unwrap();
    assert!((30..=60).contains(&wait));
    let right = basic("CP1", &secret);
    assert_eq!(knock(&house, "CP1", Some(&right)).await.status, 101, "even from the guesser's own address");
    assert_eq!(knock_from([127, 0, 0, 2], &house, "CP1", Some(&wrong)).await.status, 401);

    // Many identities from one address.
    let mut guesses = 0..1_000;
    loop {
        let id = format!("X{}", guesses.next().expect("the address has to wait in the end"));
        let answer = knock_from([127, 0, 0, 3], &house, &id, Some(&basic(&id, "x"))).await;
        let wait = answer.header("Retry-After").and_then(|wait| wait.parse::<u64>().ok());
        // Long enough for what follows.
        if answer.status == 429 && wait.is_some_and(|wait| wait >= 4) {
            break;
        }
    }
    let chosen = basic("CP2", "a chosen password");
    assert_eq!(
        knock_from([127, 0, 0, 3], &house, "CP2", Some(&chosen)).await.status,
        429,
        "no slow hash for it"
    );
    assert_eq!(knock_from([127, 0, 0, 4], &house, "CP2", Some(&chosen)).await.status, 101);
    assert_eq!(
        knock_from([127, 0, 0, 3], &house, "CP2", Some(&chosen)).await.status,
        101,
        "known to be right"
    );
}
