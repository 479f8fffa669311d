//! Journeys that do not go straight: a card that is declined, two phones at one charger, a code whose time is over, a
//! provider that hangs.

use crate::{
    harness::{Engine, eventually},
    kiosk::{CODE, Kiosk, Paid, Visitor, number_in, sticker},
    phones::{App, Phones, Provider},
};
use chrono::{TimeDelta, Utc};
use csms::store::pay::{codes, orders};
use ocpp::Version;
use serde_json::json;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

const HOSTED: &str = "button[name=method][value='stripe.hosted']";
/// What a driver's page says while the provider is asked.
const WAITING: &str = "#state[data-phase=checking]";

async fn stripe(engine: Engine, version: Version, more: &str) -> Option<(Phones, Kiosk)> {
    let phones = Phones::start().await?;
    let kiosk = Kiosk::open(engine, version, Paid::To(Provider::Stripe), more).await?;
    Some((phones, kiosk))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journey_goes_on_after_a_declined_card() {
    let Some((phones, kiosk)) = stripe(Engine::Sqlite, Version::V201, "").await else { return };
    let phone = phones.phone("ada", App::Browser, None).await;
    phone.open(&kiosk.url(&format!("/p/{CODE}"))).await;
    phone.tap(HOSTED).await;
    phone.away(&kiosk.fake().url).await;
    phone.tap("#decline").await;
    assert_eq!(phone.see("#error").await, "Your card was declined.");
    // Back without having paid: the order still waits, and leads to the same page again.
    phone.tap("#cancel").await;
    let number = number_in(&phone.away(&kiosk.url("/o/")).await);
    phone.see("#state[data-phase=pay]").await;
    phone.shot("detour-declined").await;
    phone.tap("a[data-go]").await;
    phone.away(&kiosk.fake().url).await;
    phone.tap("#pay").await;
    phone.away(&kiosk.url("/o/")).await;
    kiosk.charge(&number).await;
    kiosk.station.stop(1, "Local").await.unwrap();
    kiosk.until_state(&number, &["captured"]).await;
    assert_eq!(kiosk.adds_up().await.taken, kiosk.paid.bill());
}

/// Both have the page open, both pay; one charges, the other reads why not and has everything back.
#[tokio::test(flavor = "multi_thread")]
async fn a_journey_of_two_phones_at_one_charger_ends_well_for_one() {
    let Some((phones, kiosk)) = stripe(Engine::Sqlite, Version::V21, "").await else { return };
    let ada = phones.phone("ada", App::Browser, None).await;
    let bo = phones.phone("bo", App::Browser, None).await;
    for phone in [&ada, &bo] {
        phone.open(&kiosk.url(&format!("/p/{CODE}"))).await;
        phone.see(HOSTED).await;
    }
    ada.tap(HOSTED).await;
    ada.away(&kiosk.fake().url).await;
    // The page that Bo has had open all the time is out of date: it says so, and asks before it pushes Ada aside.
    bo.tap(HOSTED).await;
    bo.see(".notice[role=alert]").await;
    bo.see("input[name=take_over]").await;
    bo.shot("detour-someone-pays").await;
    ada.tap("#pay").await;
    let number = number_in(&ada.away(&kiosk.url("/o/")).await);
    kiosk.charge(&number).await;
    bo.tick("input[name=take_over]").await;
    bo.tap(HOSTED).await;
    bo.see_with(".status", "In use").await;
    bo.shot("detour-in-use").await;
    kiosk.station.stop(1, "Local").await.unwrap();
    kiosk.until_state(&number, &["captured"]).await;
    assert_eq!(kiosk.adds_up().await.taken, kiosk.paid.bill());
}

/// Two phones have the same order open and pay in the same moment.
#[tokio::test(flavor = "multi_thread")]
async fn a_journey_of_two_phones_with_one_order_is_paid_once() {
    let Some((phones, kiosk)) = stripe(Engine::Postgres, Version::V16, "").await else { return };
    let ada = phones.phone("ada", App::Browser, None).await;
    let bo = phones.phone("bo", App::Browser, None).await;
    // An order that nobody has begun to pay: the form was sent without a way to pay.
    let number = Visitor::new(&kiosk).order(&kiosk, 1, "").await;
    let path = format!("/o/{number}");
    for phone in [&ada, &bo] {
        phone.open(&kiosk.url(&path)).await;
        phone.see("#state[data-phase=choose]").await;
    }
    phones.tap_all(&[&ada, &bo], HOSTED).await;
    // Whoever was faster has made the only attempt; the other is told that things have changed, and sees the same one.
    for phone in [&ada, &bo] {
        phone.away(&kiosk.fake().url).await;
    }
    assert_eq!(kiosk.attempts(&number).await.len(), 1, "two clicks, one attempt");
    phones.tap_all(&[&ada, &bo], "#pay").await;
    for phone in [&ada, &bo] {
        phone.away(&kiosk.url("/o/")).await;
    }
    kiosk.charge(&number).await;
    for phone in [&ada, &bo] {
        phone.see("#state[data-phase=charging]").await;
    }
    phones.tap_all(&[&ada, &bo], "#stop summary").await;
    phones.tap_all(&[&ada, &bo], "#stop button").await;
    kiosk.until_state(&number, &["captured"]).await;
    for phone in [&ada, &bo] {
        phone.see("#state[data-phase=done]").await;
    }
    assert_eq!(kiosk.adds_up().await.taken, kiosk.paid.bill());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journey_cannot_begin_with_a_code_whose_time_is_over() {
    let Some((phones, kiosk)) = stripe(Engine::Sqlite, Version::V21, "").await else { return };
    let code = "f0e1d2c3b4a5968778695a4b3c2d1e0f";
    let mut tx = kiosk.db.write().await.unwrap();
    codes::create(&mut tx, &sticker(code, 1, Some(Utc::now() - TimeDelta::seconds(1)))).await.unwrap();
    tx.commit().await.unwrap();
    let phone = phones.phone("ada", App::Browser, None).await;
    assert_eq!(phone.open(&kiosk.url(&format!("/p/{code}"))).await, 410);
    let words = phone.see("main").await;
    assert!(words.contains("This code has expired"), "{words}");
    assert_eq!(phone.read("button[name=method]", "value").await, Vec::<String>::new(), "nothing can be paid");
    phone.shot("detour-expired").await;
    assert_eq!(phone.open(&kiosk.url("/p/00000000000000000000000000000000")).await, 404);
    let orders =
        orders::list(&mut kiosk.db.read().await.unwrap(), &orders::Filter::default(), None, 10).await;
    assert!(orders.unwrap().is_empty());
}

/// While a provider does not answer, and twenty drivers wait for it, stations are answered as ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_journey_waits_for_a_provider_that_hangs_and_stations_do_not() {
    let Some((phones, kiosk)) = stripe(Engine::Sqlite, Version::V201, "[pay]\ncall_timeout_s = 30").await
    else {
        return;
    };
    let kiosk = Arc::new(kiosk);
    let usual = beats(&kiosk).await;
    let calls = async |which: &str| kiosk.fake().books().await[which].as_u64().unwrap();
    let before = calls("answered").await;
    kiosk.fake().behave(&json!({"mode": "hang", "seconds": 60})).await;
    let phone = phones.phone("ada", App::Browser, None).await;
    phone.open(&kiosk.url(&format!("/p/{CODE}"))).await;
    let mut clicks = JoinSet::new();
    for outlet in 2..=DRIVERS {
        let (kiosk, visitor) = (kiosk.clone(), Visitor::new(&kiosk));
        clicks.spawn(async move { visitor.order(&kiosk, outlet, "stripe.hosted").await });
    }
    phone.tap(HOSTED).await;
    eventually("the provider is being asked by all of them", || async {
        (calls("asked").await >= before + CALLS).then_some(())
    })
    .await;
    let now = beats(&kiosk).await;
    println!("a station waits {usual:?} for an answer, and {now:?} while the provider hangs");
    assert_eq!(
        calls("answered").await,
        before,
        "stations were answered while all calls to the provider hung"
    );
    // A driver is told so, long before the provider answers.
    phone.see(WAITING).await;
    phone.shot("detour-hanging").await;
    kiosk.fake().behave(&json!({"mode": ""})).await;
    while let Some(click) = clicks.join_next().await {
        kiosk.order(&click.unwrap()).await;
    }
    phone.away(&kiosk.fake().url).await;
}

/// Drivers that wait for the provider, and calls that it gets from them: no more at a time than one account may make.
const DRIVERS: i32 = 20;
const CALLS: u64 = 16;

/// How long a station waits for the answer to a heartbeat, the median of many.
async fn beats(kiosk: &Kiosk) -> Duration {
    let mut waits = Vec::new();
    for _ in 0..51 {
        let begun = Instant::now();
        kiosk.station.heartbeat().await.unwrap();
        waits.push(begun.elapsed());
    }
    waits.sort();
    waits[25]
}

/// The bank says no; the driver reads so, chooses again, and charges.
#[tokio::test(flavor = "multi_thread")]
async fn a_journey_begins_anew_after_a_refused_payment() {
    let Some(phones) = Phones::start().await else { return };
    let Some(kiosk) = Kiosk::open(Engine::Postgres, Version::V16, Paid::Sandbox, "").await else { return };
    let (phone, hosted) = (phones.phone("ada", App::Browser, None).await, "button[value='sandbox.hosted']");
    phone.open(&kiosk.url(&format!("/p/{CODE}"))).await;
    phone.tap(hosted).await;
    phone.away(&kiosk.url("/sandbox/pay/")).await;
    phone.tap("button[value=refuse]").await;
    phone.tap("a.sandbox-pay").await;
    let number = number_in(&phone.away(&kiosk.url("/o/")).await);
    phone.see("#state[data-phase=choose]").await;
    let words = phone.see(".notice[role=alert]").await;
    assert!(words.contains("refused"), "{words}");
    phone.shot("detour-refused").await;
    phone.tap(hosted).await;
    phone.away(&kiosk.url("/sandbox/pay/")).await;
    phone.tap("button[value=pay]").await;
    phone.tap("a.sandbox-pay").await;
    phone.away(&kiosk.url("/o/")).await;
    kiosk.charge(&number).await;
    kiosk.station.stop(1, "Local").await.unwrap();
    phone.see("#state[data-phase=done]").await;
    assert_eq!(kiosk.attempts(&number).await.len(), 2);
    assert_eq!(kiosk.adds_up().await.taken, kiosk.paid.bill());
}

/// Whoever stands at the charger may push aside a payment that nobody makes; it cannot be made afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn a_journey_pushes_aside_a_payment_that_waits() {
    let Some((phones, kiosk)) = stripe(Engine::Sqlite, Version::V201, "").await else { return };
    let ada = phones.phone("ada", App::Browser, None).await;
    let bo = phones.phone("bo", App::Browser, None).await;
    bo.open(&kiosk.url(&format!("/p/{CODE}"))).await;
    bo.tap(HOSTED).await;
    bo.away(&kiosk.fake().url).await;
    let waits = kiosk.newest().await.number;
    ada.open(&kiosk.url(&format!("/p/{CODE}"))).await;
    ada.tick("input[name=take_over]").await;
    ada.tap(HOSTED).await;
    ada.away(&kiosk.fake().url).await;
    assert_eq!(kiosk.order(&waits).await.state, "cancelled");
    bo.tap("#pay").await;
    assert_eq!(bo.see("#error").await, "this page has expired");
    bo.open(&kiosk.url(&format!("/o/{waits}"))).await;
    bo.see("#state[data-phase=cancelled]").await;
    bo.shot("detour-pushed-aside").await;
    ada.tap("#pay").await;
    let number = number_in(&ada.away(&kiosk.url("/o/")).await);
    kiosk.charge(&number).await;
    kiosk.station.stop(1, "Local").await.unwrap();
    assert_eq!(kiosk.adds_up().await.taken, kiosk.paid.bill());
}

/// Two orders for one outlet are paid in the same moment: one charges, the other reads why not and has everything back.
#[tokio::test(flavor = "multi_thread")]
async fn a_journey_ends_well_for_one_of_two_who_pay_at_once() {
    let Some((phones, kiosk)) = stripe(Engine::Postgres, Version::V201, "").await else { return };
    let mut drivers = Vec::new();
    for name in ["ada", "bo"] {
        let number = Visitor::new(&kiosk).order(&kiosk, 1, "").await;
        let phone = phones.phone(name, App::Browser, None).await;
        phone.open(&kiosk.url(&format!("/o/{number}"))).await;
        drivers.push((phone, number));
    }
    let both = [&drivers[0].0, &drivers[1].0];
    phones.tap_all(&both, HOSTED).await;
    for phone in both {
        phone.away(&kiosk.fake().url).await;
    }
    phones.tap_all(&both, "#pay").await;
    let (winner, loser) = eventually("one of them charges, the other does not", || async {
        let (first, second) = (kiosk.order(&drivers[0].1).await, kiosk.order(&drivers[1].1).await);
        match (&*first.state, &*second.state) {
            ("charging", "released" | "failed") => Some((0, 1)),
            ("released" | "failed", "charging") => Some((1, 0)),
            _ => None,
        }
    })
    .await;
    let (winner, loser) = (&drivers[winner], &drivers[loser]);
    loser.0.see_with(".trouble", "Somebody else was faster").await;
    loser.0.shot("detour-too-late").await;
    kiosk.charge(&winner.1).await;
    winner.0.see("#state[data-phase=charging]").await;
    kiosk.station.stop(1, "Local").await.unwrap();
    winner.0.see("#state[data-phase=done]").await;
    assert_eq!(kiosk.adds_up().await.taken, kiosk.paid.bill());
}
