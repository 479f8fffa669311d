//! Notifications that no provider has sent, over HTTP, at the address of each provider: refused, counted, and nothing is
//! changed by them.

use crate::{
    harness::{Engine, eventually},
    kiosk::{Kiosk, Paid, Visitor},
    phones::Provider,
};
use chrono::Utc;
use csms::store::{
    ledger::entries,
    pay::{inbox, orders, story},
};
use ocpp::Version;
use serde_json::json;

/// What somebody sends who is not the provider: name, headers, body.
type Sent = (&'static str, Vec<(&'static str, String)>, Vec<u8>);

fn sent(provider: Provider) -> Vec<Sent> {
    let now = Utc::now().timestamp().to_string();
    let json_type = || ("content-type", "application/json".to_owned());
    let form_type = || ("content-type", "application/x-www-form-urlencoded".to_owned());
    let mut all: Vec<Sent> = vec![
        ("nothing", vec![], vec![]),
        ("noise", vec![], (0..=255).collect()),
        ("an empty object", vec![json_type()], b"{}".to_vec()),
        ("half an object", vec![json_type()], br#"{"id": "1", "resource": {"#.to_vec()),
        ("a deep object", vec![json_type()], "[".repeat(100_000).into_bytes()),
        ("text that is none", vec![form_type()], b"\xff\xfe=%zz&&&=".to_vec()),
    ];
    match provider {
        Provider::Wechat | Provider::WechatV2 => {
            let signed = |signature: &str, at: &str| {
                vec![
                    json_type(),
                    ("wechatpay-timestamp", at.to_owned()),
                    ("wechatpay-nonce", "5K8264ILTKCH16CQ2502SI8ZNMTM67VS".to_owned()),
                    ("wechatpay-serial", "PUB_KEY_ID_0119000000012026010100000000000001".to_owned()),
                    ("wechatpay-signature", signature.to_owned()),
                ]
            };
            let body = json!({"id": "EV-1", "event_type": "TRANSACTION.SUCCESS", "resource": {
                "algorithm": "AEAD_AES_256_GCM", "ciphertext": "AAAA", "nonce": "0123456789ab"}});
            let body = body.to_string().into_bytes();
            all.push(("a signature of nobody", signed(&"QUJD".repeat(86), &now), body.clone()));
            all.push(("a signature of another day", signed(&"QUJD".repeat(86), "1700000000"), body.clone()));
            all.push(("a time that is none", signed(&"QUJD".repeat(86), "soon"), body));
        }
        Provider::Alipay => {
            let form = "app_id=2021000000000001&seller_id=2088000000000001&notify_type=trade_status_sync&notify_id=1\
                &out_trade_no=1&trade_status=TRADE_SUCCESS&total_amount=30.00&sign_type=RSA2&sign=";
            all.push(("a signature of nobody", vec![form_type()], format!("{form}QUJD").into_bytes()));
            all.push(("no signature", vec![form_type()], form.as_bytes().to_vec()));
            all.push(("a name twice", vec![form_type()], format!("{form}QUJD&sign=QUJD").into_bytes()));
        }
        Provider::Stripe => {
            let body = json!({"id": "evt_1", "object": "event", "type": "payment_intent.succeeded", "livemode": false,
                "data": {"object": {"object": "payment_intent", "id": "pi_1", "status": "succeeded"}}});
            let body = body.to_string().into_bytes();
            let zeros = "0".repeat(64);
            for (name, header) in [
                ("a signature of nobody", format!("t={now},v1={zeros}")),
                ("a signature of another scheme", format!("t={now},v0={zeros}")),
                ("a time that is none", format!("t=soon,v1={zeros}")),
            ] {
                all.push((name, vec![json_type(), ("stripe-signature", header)], body.clone()));
            }
        }
    }
    all
}

/// Everything that a notification could change.
async fn census(kiosk: &Kiosk, number: &str) -> String {
    let mut tx = kiosk.db.read().await.unwrap();
    let order = orders::by_number(&mut tx, number).await.unwrap().unwrap();
    let story = story::of_order(&mut tx, order.id).await.unwrap();
    let stands = entries::balances(&mut tx, "", None, 200).await.unwrap();
    let inbox = inbox::list(&mut tx, None, None, 100).await.unwrap();
    drop(tx);
    let held: Vec<_> = kiosk
        .attempts(number)
        .await
        .into_iter()
        .map(|row| (row.held_minor, row.taken_minor, row.returned_minor))
        .collect();
    let story: Vec<_> =
        story.into_iter().map(|line| line.kind).filter(|kind| kind != "attempt.opened").collect();
    format!("{} {} {held:?} {story:?} {stands:?} {inbox:?}", order.state, order.why)
}

async fn refused(kiosk: &Kiosk) -> u64 {
    let account = kiosk.paid.account();
    let mut sum = 0;
    for outcome in ["forged", "stale", "foreign", "malformed", "too_long"] {
        sum += kiosk.outcome(account, outcome).await;
    }
    sum
}

async fn what_no_provider_sent_changes_nothing(provider: Provider, method: &str) {
    let Some(kiosk) = Kiosk::open(Engine::Sqlite, Version::V201, Paid::To(provider), "").await else {
        return;
    };
    let account = provider.account();
    let visitor = Visitor::new(&kiosk);
    let number = visitor.order(&kiosk, 1, method).await;
    let link = eventually("a way to the provider", || visitor.link(&kiosk, &number)).await;
    let before = census(&kiosk, &number).await;
    // What is too long is answered and hung up on: every request has a connection of its own.
    let http = reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap();
    let notify = kiosk.url(&format!("/pay/notify/{account}"));
    let all = sent(provider);
    for (what, headers, body) in &all {
        let mut request = http.post(&notify).body(body.clone());
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let status = request.send().await.unwrap().status().as_u16();
        assert!(matches!(status, 400 | 401), "{what}: {status}");
    }
    let long = http.post(&notify).body(vec![b'x'; 2 * 1024 * 1024]).send().await.unwrap();
    assert_eq!(long.status().as_u16(), 413);
    let nobody = http.post(kiosk.url("/pay/notify/nobody")).body("{}").send().await.unwrap();
    assert_eq!(nobody.status().as_u16(), 404);
    assert_eq!(refused(&kiosk).await, all.len() as u64 + 1, "each of them is counted");
    assert_eq!(kiosk.outcome("", "unknown_account").await, 1);
    assert_eq!(census(&kiosk, &number).await, before);

    // The driver pays, and all that comes of it is made by a thief who has seen a true one.
    let only_forged = json!({"mode": "only_forged"});
    kiosk.fake().behave(&only_forged).await;
    let attempt = kiosk.attempts(&number).await.remove(0).number;
    assert!(visitor.pay(&kiosk, &link, &attempt, "only_forged").await);
    let forged = eventually("the forged ones have come", || async {
        let more = refused(&kiosk).await - all.len() as u64 - 1;
        (more > 0).then_some(more)
    })
    .await;
    assert!(forged > 0);
    let mut tx = kiosk.db.read().await.unwrap();
    assert!(inbox::list(&mut tx, None, None, 10).await.unwrap().is_empty(), "none of them was kept as true");
    drop(tx);
    for outcome in ["applied", "nothing_new", "review"] {
        assert_eq!(kiosk.outcome(account, outcome).await, 0, "{outcome}");
    }
    // What is true is found by asking, and ends as always.
    kiosk.fake().behave(&json!({"mode": if provider.is_wechat() { "normal" } else { "" }})).await;
    kiosk.charge(&number).await;
    kiosk.station.stop(1, "Local").await.unwrap();
    let sums = kiosk.adds_up().await;
    assert_eq!(sums.taken - sums.returned, kiosk.paid.bill());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_that_wechat_has_not_sent_changes_nothing() {
    what_no_provider_sent_changes_nothing(Provider::Wechat, "wechat.phone_browser").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_that_the_old_wechat_has_not_sent_changes_nothing() {
    what_no_provider_sent_changes_nothing(Provider::WechatV2, "wechat.phone_browser").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_that_alipay_has_not_sent_changes_nothing() {
    what_no_provider_sent_changes_nothing(Provider::Alipay, "alipay.phone_browser").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_that_stripe_has_not_sent_changes_nothing() {
    what_no_provider_sent_changes_nothing(Provider::Stripe, "stripe.hosted").await;
}

/// WeChat looks now and then whether signatures are checked at all.
#[tokio::test(flavor = "multi_thread")]
async fn a_callback_by_which_wechat_tests_us_is_refused_without_alarm() {
    let Some(kiosk) = Kiosk::open(Engine::Sqlite, Version::V16, Paid::To(Provider::Wechat), "").await else {
        return;
    };
    let request = reqwest::Client::new().post(kiosk.url("/pay/notify/wx-main")).body("{}");
    let request = request
        .header("wechatpay-timestamp", Utc::now().timestamp())
        .header("wechatpay-nonce", "5K8264ILTKCH16CQ2502SI8ZNMTM67VS")
        .header("wechatpay-serial", "PUB_KEY_ID_0119000000012026010100000000000001")
        .header("wechatpay-signature", format!("WECHATPAY/SIGNTEST/{}", "QUJD".repeat(86)));
    assert_eq!(request.send().await.unwrap().status().as_u16(), 401);
    assert_eq!(kiosk.outcome("wx-main", "probe").await, 1);
    assert_eq!(refused(&kiosk).await, 0);
    let log = kiosk.csms.place.log();
    assert!(
        log.contains("tests whether signatures are checked") && !log.contains("is not believed"),
        "{log}"
    );
}
