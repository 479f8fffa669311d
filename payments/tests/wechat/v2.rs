//! API v2.

use super::fake::{Fake, Place, ask, files, today, yuan};
use payments::provider::wechat::v2;
use payments::provider::{
    Answer, Call, Fact, FileKind, Method, Next, PaymentState, RefundState, RefusalKind, Told,
};
use serde_json::json;
use std::sync::Arc;

fn place(kind: &str) -> Option<Place> {
    let fake = Fake::start()?;
    let mut settings = fake.settings("wechat_v2");
    settings["sign_type"] = json!(kind);
    let settings: v2::Settings = serde_json::from_value(settings).unwrap();
    let account = v2::build(&settings, &files).unwrap();
    Some(Place::new(fake, Arc::new(account)))
}

fn journey(kind: &str) {
    let Some(place) = place(kind) else { return };
    let attempt = place.attempt(Method::Code);
    assert_eq!(place.payment(&Call::Query(&attempt)).state, PaymentState::Absent);
    let Answer::Told(Told::Opened { next: Next::ShowCode { text }, .. }) = place.call(&Call::Open(&attempt))
    else {
        panic!("not opened: {}", place.fake.get("/_books"))
    };
    assert_eq!(place.payment(&Call::Query(&attempt)).state, PaymentState::Waiting);
    place.fake.pay(text.split_once("pr=").unwrap().1, "duplicate");
    let notices = [place.believed(), place.believed(), place.believed()];
    assert!(notices.iter().all(|notice| *notice == notices[0]));
    let fact = place.payment(&Call::Query(&attempt));
    assert_eq!((&fact.state, fact.taken), (&PaymentState::Taken, Some(yuan(5_000))));
    assert_eq!(notices[0].fact(), &Fact::Payment(fact));
    assert!(
        matches!(place.call(&Call::Close(&attempt)), Answer::Refused(no) if no.kind == RefusalKind::Paid)
    );

    let refund = ask(&attempt, 1_234, 5_000);
    let query = Call::QueryRefund { attempt: &attempt, refund: &refund };
    assert_eq!(place.refund(&query).state, RefundState::Absent);
    assert_eq!(
        place.refund(&Call::Refund { attempt: &attempt, refund: &refund }).state,
        RefundState::Waiting
    );
    let Fact::Refund(hint) = place.believed().fact().clone() else { panic!("no refund") };
    assert_eq!((hint.state, hint.number.as_str()), (RefundState::Waiting, refund.number.as_str()));
    assert_eq!(place.refund(&query).state, RefundState::Done);

    let bill = Call::Statement { day: today(), kind: FileKind::Trades };
    let Answer::Told(Told::File(bytes)) = place.call(&bill) else { panic!("no file") };
    assert!(String::from_utf8(bytes).unwrap().contains(&attempt.number));
    let empty = Call::Statement { day: today() - chrono::TimeDelta::days(9), kind: FileKind::Trades };
    assert_eq!(place.call(&empty), Answer::Told(Told::FileEmpty));
}

#[test]
fn a_payment_signed_by_md5() {
    journey("MD5");
}

#[test]
fn a_payment_signed_by_hmac() {
    journey("HMAC-SHA256");
}

#[test]
fn pages_inside_and_outside_wechat_lead_to_a_payment() {
    let Some(place) = place("HMAC-SHA256") else { return };
    let inside = place.attempt(Method::InWallet);
    let Answer::Told(Told::Opened { next: Next::WechatBridge { parameters }, .. }) =
        place.call(&Call::Open(&inside))
    else {
        panic!("not opened: {}", place.fake.get("/_books"))
    };
    assert_eq!(place.fake.bridge("getBrandWCPayRequest", &parameters), "get_brand_wcpay_request:ok");
    assert!(
        matches!(place.believed().fact(), Fact::Payment(fact) if fact.payer.as_deref() == Some("oPayer"))
    );
    let outside = place.attempt(Method::PhoneBrowser);
    let Answer::Told(Told::Opened { next: Next::Redirect { url }, .. }) = place.call(&Call::Open(&outside))
    else {
        panic!("not opened: {}", place.fake.get("/_books"))
    };
    assert!(url.starts_with(&place.fake.url));
    assert_eq!(place.payment(&Call::Close(&outside)).state, PaymentState::Closed);
    assert_eq!(place.payment(&Call::Query(&outside)).state, PaymentState::Closed);
}

#[test]
fn forged_notifications_and_unsigned_answers_are_not_believed() {
    let Some(place) = place("MD5") else { return };
    let attempt = place.attempt(Method::Code);
    let Answer::Told(Told::Opened { next: Next::ShowCode { text }, .. }) = place.call(&Call::Open(&attempt))
    else {
        panic!("not opened")
    };
    place.fake.pay(text.split_once("pr=").unwrap().1, "forged");
    let results = [place.next_notice(), place.next_notice(), place.next_notice()];
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    for fault in ["unsigned", "wrong", "error", "lost"] {
        place.fake.post("/_control", &json!({ "answers": fault, "path": "orderquery" }));
        assert!(matches!(place.call(&Call::Query(&attempt)), Answer::Unknown(_)), "{fault}");
    }
    assert_eq!(place.payment(&Call::Query(&attempt)).state, PaymentState::Taken);
}
