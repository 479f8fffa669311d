//! API v3.

use super::fake::{Fake, Place, ask, files, send, today, yuan};
use payments::provider::wechat::v3;
use payments::provider::{
    Answer, Attempt, Call, Fact, FileKind, Method, Next, NoticeFault, PaymentState, RefundState, RefusalKind,
    Request, Step, Told,
};
use serde_json::json;
use std::sync::Arc;

fn place() -> Option<Place> {
    let fake = Fake::start()?;
    let settings: v3::Settings = serde_json::from_value(fake.settings("wechat_v3")).unwrap();
    let account = v3::build(&settings, &files).unwrap();
    Some(Place::new(fake, Arc::new(account)))
}

fn open(place: &Place, attempt: &Attempt) -> Next {
    match place.call(&Call::Open(attempt)) {
        Answer::Told(Told::Opened { next, .. }) => next,
        other => panic!("{other:?} {}", place.fake.get("/_books")),
    }
}

/// Opens by code; gives the key of the payer's page.
fn code(place: &Place, attempt: &Attempt) -> String {
    match open(place, attempt) {
        Next::ShowCode { text } => text.split_once("pr=").unwrap().1.to_owned(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_payment_by_code_is_notified_queried_refunded_and_on_the_bill() {
    let Some(place) = place() else { return };
    let attempt = place.attempt(Method::Code);
    assert_eq!(place.payment(&Call::Query(&attempt)).state, PaymentState::Absent);
    let key = code(&place, &attempt);
    assert_eq!(code(&place, &attempt), key, "asked again it is the same order");
    assert_eq!(place.payment(&Call::Query(&attempt)).state, PaymentState::Waiting);
    assert_eq!(place.fake.pay(&key, "duplicate").status, 200);
    let first = place.believed();
    for _ in 0..2 {
        assert_eq!(place.believed(), first, "the same event has the same key");
    }
    let fact = place.payment(&Call::Query(&attempt));
    assert_eq!((&fact.state, fact.taken), (&PaymentState::Taken, Some(yuan(5_000))));
    assert_eq!(first.fact(), &Fact::Payment(fact));
    assert!(
        matches!(place.call(&Call::Close(&attempt)), Answer::Refused(no) if no.kind == RefusalKind::Paid)
    );
    let refund = ask(&attempt, 1_234, 5_000);
    let call = Call::QueryRefund { attempt: &attempt, refund: &refund };
    assert_eq!(place.refund(&call).state, RefundState::Absent);
    assert_eq!(
        place.refund(&Call::Refund { attempt: &attempt, refund: &refund }).state,
        RefundState::Waiting
    );
    let Fact::Refund(told) = place.believed().fact().clone() else { panic!("no refund") };
    assert_eq!((told.state, told.amount), (RefundState::Done, Some(yuan(1_234))));
    assert_eq!(place.refund(&call).state, RefundState::Done);
    assert_eq!(place.payment(&Call::Query(&attempt)).state, PaymentState::Taken, "though refunded in part");
    for kind in [FileKind::Trades, FileKind::Funds] {
        let Answer::Told(Told::File(bytes)) = place.call(&Call::Statement { day: today(), kind }) else {
            panic!("no file")
        };
        assert!(String::from_utf8(bytes).unwrap().contains(&attempt.number));
    }
    let empty = Call::Statement { day: today() - chrono::TimeDelta::days(9), kind: FileKind::Trades };
    assert_eq!(place.call(&empty), Answer::Told(Told::FileEmpty));
    let books = place.fake.get("/_books");
    assert_eq!((&books["taken_fen"], &books["refunded_fen"]), (&json!(5_000), &json!(1_234)));
}

#[test]
fn a_payer_inside_wechat_is_identified_and_pays_by_signed_parameters() {
    let Some(place) = place() else { return };
    let page = place.account.identify_at("http://pay.example/p/x?a=1", "the state").unwrap();
    let inside = "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0.50";
    let login = Request::get(page.split_once('#').unwrap().0.to_owned()).with("user-agent", inside);
    let redirect = send(&login);
    let target = redirect.header("location").unwrap();
    assert!(target.starts_with("http://pay.example/p/x?a=1&code=") && target.ends_with("&state=the%20state"));
    let code = target.split_once("code=").unwrap().1.split_once('&').unwrap().0;
    let Answer::Told(Told::Payer(openid)) = place.call(&Call::Identify { code }) else { panic!("nobody") };
    assert!(
        matches!(place.call(&Call::Identify { code }), Answer::Refused(no) if no.kind == RefusalKind::Payer),
        "a code counts once"
    );
    let mut attempt = place.attempt(Method::InWallet);
    attempt.payer.id.clone_from(&openid);
    let Next::WechatBridge { parameters } = open(&place, &attempt) else { panic!("no bridge") };
    let mut changed = parameters.clone();
    changed["timeStamp"] = json!("1");
    assert_eq!(place.fake.bridge("getBrandWCPayRequest", &changed), "get_brand_wcpay_request:fail");
    assert_eq!(place.fake.bridge("getBrandWCPayRequest", &parameters), "get_brand_wcpay_request:ok");
    let Fact::Payment(fact) = place.believed().fact().clone() else { panic!("no payment") };
    assert_eq!((fact.payer, fact.taken), (Some(openid), Some(yuan(5_000))));
}

#[test]
fn a_payer_outside_wechat_is_sent_to_its_page_and_back() {
    let Some(place) = place() else { return };
    let mut attempt = place.attempt(Method::PhoneBrowser);
    attempt.return_url = "http://pay.example/o/1".to_owned();
    let Next::Redirect { url } = open(&place, &attempt) else { panic!("no page") };
    let page = String::from_utf8(send(&Request::get(url.clone())).body).unwrap();
    assert!(page.contains(r#"<button id="pay">"#) && page.contains("¥50.00"), "{page}");
    let back = send(&Request::post(url, "application/x-www-form-urlencoded", Vec::new()));
    assert_eq!((back.status, back.header("location")), (303, Some("http://pay.example/o/1")));
    assert!(matches!(place.believed().fact(), Fact::Payment(fact) if fact.state == PaymentState::Taken));
}

#[test]
fn forged_notifications_are_told_from_the_one_that_is_not() {
    let Some(place) = place() else { return };
    let attempt = place.attempt(Method::Code);
    let key = code(&place, &attempt);
    place.fake.pay(&key, "forged");
    let (mut believed, mut probes, mut stale, mut forged) = (0, 0, 0, 0);
    for _ in 0..7 {
        match place.next_notice() {
            Ok(_) => believed += 1,
            Err(NoticeFault::Probe) => probes += 1,
            Err(NoticeFault::Stale(_)) => stale += 1,
            Err(NoticeFault::Forged(_)) => forged += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!((believed, probes, stale, forged), (1, 1, 1, 4));
}

#[test]
fn a_refund_may_be_told_before_its_payment_and_a_payment_never() {
    let Some(place) = place() else { return };
    place.fake.post("/_control", &json!({ "mode": "reordered" }));
    let attempt = place.attempt(Method::Code);
    place.fake.post(&format!("/pay/{}", code(&place, &attempt)), &json!(null));
    let refund = ask(&attempt, 5_000, 5_000);
    place.refund(&Call::Refund { attempt: &attempt, refund: &refund });
    assert!(matches!(place.believed().fact(), Fact::Refund(_)));
    assert!(matches!(place.believed().fact(), Fact::Payment(_)));
    let silent = place.attempt(Method::Code);
    place.fake.pay(&code(&place, &silent), "none");
    assert_eq!(place.payment(&Call::Query(&silent)).state, PaymentState::Taken);
    // It writes a notification down when it has read the answer.
    let log = (0..1_000).map(|_| place.fake.get("/_notices")).find(|log| log.as_array().unwrap().len() >= 2);
    let events: Vec<_> =
        log.iter().flat_map(|log| log.as_array().unwrap()).map(|one| &one["event"]).collect();
    assert_eq!(events, ["REFUND.SUCCESS", "TRANSACTION.SUCCESS"]);
}

#[test]
fn a_closed_order_cannot_be_paid() {
    let Some(place) = place() else { return };
    let attempt = place.attempt(Method::Code);
    let key = code(&place, &attempt);
    for _ in 0..2 {
        assert_eq!(place.payment(&Call::Close(&attempt)).state, PaymentState::Closed);
    }
    assert_eq!(place.fake.pay(&key, "normal").status, 409);
    assert_eq!(place.payment(&Call::Query(&attempt)).state, PaymentState::Closed);
    assert!(
        matches!(place.call(&Call::Open(&attempt)), Answer::Refused(no) if no.kind == RefusalKind::Closed)
    );
}

#[test]
fn an_answer_that_is_lost_or_not_to_be_believed_leaves_it_to_a_query() {
    let Some(place) = place() else { return };
    for (fault, done) in
        [("error", false), ("lost", true), ("unsigned", true), ("wrong", true), ("stale", true)]
    {
        let attempt = place.attempt(Method::Code);
        place.fake.post("/_control", &json!({ "answers": fault, "path": "native" }));
        let request = match place.account.request(&Call::Open(&attempt), chrono::Utc::now()).unwrap() {
            Step::Send(request) => request,
            other => panic!("{other:?}"),
        };
        let response = send(&request);
        let answer = place.account.answer(&Call::Open(&attempt), &response, chrono::Utc::now());
        assert!(matches!(answer, Answer::Unknown(_)), "{fault}: {answer:?}");
        let state = if done { PaymentState::Waiting } else { PaymentState::Absent };
        assert_eq!(place.payment(&Call::Query(&attempt)).state, state, "{fault}");
    }
}

#[test]
fn a_service_order_is_held_completed_debited_and_refunded() {
    let Some(place) = place() else { return };
    let mut attempt = place.attempt(Method::Score);
    let Next::WechatBridge { parameters } = open(&place, &attempt) else { panic!("no bridge") };
    assert_eq!(place.payment(&Call::Query(&attempt)).state, PaymentState::Waiting);
    assert_eq!(place.fake.bridge("openBusinessView", &parameters), "openBusinessView:ok");
    let Fact::Payment(held) = place.believed().fact().clone() else { panic!("no payment") };
    assert_eq!((&held.state, held.held), (&PaymentState::Held, Some(yuan(5_000))));
    assert_eq!(place.payment(&Call::Query(&attempt)), held);
    let call = Call::Capture { attempt: &attempt, amount: yuan(3_766), key: "k" };
    assert_eq!(place.payment(&call).state, PaymentState::Waiting, "WeChat debits after that");
    let Fact::Payment(taken) = place.believed().fact().clone() else { panic!("no payment") };
    assert_eq!((&taken.state, taken.taken), (&PaymentState::Taken, Some(yuan(3_766))));
    assert!(matches!(place.call(&call), Answer::Unknown(_)), "done already: a query tells");
    assert_eq!(place.payment(&Call::Query(&attempt)), taken);
    attempt.charge = taken.charge;
    let refund = ask(&attempt, 766, 3_766);
    assert_eq!(place.refund(&Call::Refund { attempt: &attempt, refund: &refund }).attempt, attempt.number);

    let unused = place.attempt(Method::Score);
    open(&place, &unused);
    assert_eq!(place.payment(&Call::Release { attempt: &unused, key: "k" }).state, PaymentState::Released);
    assert_eq!(place.payment(&Call::Release { attempt: &unused, key: "k" }).state, PaymentState::Released);
    assert_eq!(place.payment(&Call::Query(&unused)).state, PaymentState::Released);
}

#[test]
fn a_merchant_with_another_key_is_refused_for_its_settings() {
    let Some(fake) = Fake::start() else { return };
    let mut settings = fake.settings("wechat_v3");
    settings.as_object_mut().unwrap().remove("certificate");
    settings["certificate_serial"] = json!("5A1B2C3D4E5F60718293A4B5C6D7E8F901234567");
    settings["private_key"] = json!(include_str!("../../src/provider/wechat/tests/keys/merchant.pem"));
    let settings: v3::Settings = serde_json::from_value(settings).unwrap();
    let place = Place::new(fake, Arc::new(v3::build(&settings, &files).unwrap()));
    let attempt = place.attempt(Method::Code);
    assert!(
        matches!(place.call(&Call::Open(&attempt)), Answer::Refused(no) if no.kind == RefusalKind::Access && no.code == "SIGN_ERROR")
    );
    let bare = send(&Request::get(format!("{}/v3/pay/transactions/out-trade-no/1", place.fake.url)));
    assert_eq!(bare.status, 401, "nor is one without a signature let in");
}
