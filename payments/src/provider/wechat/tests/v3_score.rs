//! Pay score: a hold, taken or released.

use super::{API_V3_KEY, NUMBER, answer, attempt, notification, now, signed, told, unknown, v3, yuan};
use crate::provider::wechat::v2::sign;
use crate::provider::{Answer, Call, Fact, Method, Next, PaymentState, Provider, Told};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn order(state: &str, description: &str) -> Value {
    json!({
        "appid": "wxd678efh567hg6787",
        "mchid": "1900000001",
        "out_order_no": NUMBER,
        "service_id": "00004000000000160000000000000001",
        "order_id": "15646546545165651651",
        "state": state,
        "state_description": description,
        "risk_fund": { "name": "ESTIMATE_ORDER_COST", "amount": 5_000 },
        "openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
    })
}

fn paid(state: &str) -> Value {
    let mut body = order(state, "");
    body["total_amount"] = json!(3_766);
    body["collection"] = json!({
        "state": "USER_PAID", "total_amount": 3_766, "paying_amount": 0, "paid_amount": 3_766,
        "details": [{ "seq": 1, "amount": 3_766, "paid_type": "NEWTON", "paid_time": "20260301120000", "transaction_id": "4200009" }],
    });
    body
}

#[test]
fn confirming_is_offered_by_signed_parameters() {
    let (account, attempt) = (v3(), attempt(Method::Score));
    let mut body = order("CREATED", "");
    body["package"] = json!("DJIOSQPYWDxsjdldeuwhdodwxasd_dDiodnwjh9we");
    let Answer::Told(Told::Opened { reference, next: Next::WechatBridge { parameters }, .. }) =
        answer(&account, &Call::Open(&attempt), &signed(200, &body))
    else {
        panic!("not opened");
    };
    assert_eq!(reference.as_deref(), Some("15646546545165651651"));
    assert_eq!(parameters["businessType"], "wxpayScoreUse");
    let query = parameters["queryString"].as_str().unwrap();
    let fields = query.split('&').map(|pair| {
        let (name, value) = pair.split_once('=').unwrap();
        (name.to_owned(), value.to_owned())
    });
    let fields: BTreeMap<String, String> = fields.collect();
    assert_eq!(sign::sign(&fields, API_V3_KEY, sign::Kind::HmacSha256), fields["sign"]);
    assert_eq!(fields["mch_id"], "1900000001");
    unknown(answer(&account, &Call::Open(&attempt), &signed(200, &order("CREATED", ""))));
}

#[test]
fn an_order_is_a_hold_until_it_is_completed_and_debited() {
    let (account, attempt) = (v3(), attempt(Method::Score));
    let fact = |body: &Value| told(answer(&account, &Call::Query(&attempt), &signed(200, body)));
    assert_eq!(fact(&order("CREATED", "")).state, PaymentState::Waiting);
    let held = fact(&order("DOING", "USER_CONFIRM"));
    assert_eq!((held.state, held.held, held.taken), (PaymentState::Held, Some(yuan(5_000)), None));
    let mut completed = order("DOING", "MCH_COMPLETE");
    completed["total_amount"] = json!(3_766);
    let waiting = fact(&completed);
    assert_eq!((waiting.state, waiting.taken), (PaymentState::Waiting, None));
    for state in ["DONE", "DOING"] {
        let taken = fact(&paid(state));
        assert_eq!((taken.state, taken.taken), (PaymentState::Taken, Some(yuan(3_766))));
        assert_eq!(taken.charge.as_deref(), Some("4200009"));
        assert_eq!(taken.at, Some(now() + chrono::TimeDelta::hours(2)));
    }
    assert_eq!(fact(&order("REVOKED", "")).state, PaymentState::Released);
    assert_eq!(fact(&order("EXPIRED", "")).state, PaymentState::Closed);
    let mut nothing = order("DONE", "");
    nothing["total_amount"] = json!(0);
    assert_eq!(fact(&nothing).state, PaymentState::Released);
}

#[test]
fn an_order_that_does_not_fit_is_unknown() {
    let (account, attempt) = (v3(), attempt(Method::Score));
    let check = |body: Value| unknown(answer(&account, &Call::Query(&attempt), &signed(200, &body)));
    let with = |mut body: Value, pointer: &str, value: Value| {
        *body.pointer_mut(pointer).unwrap() = value;
        body
    };
    check(order("DOING", "SOMETHING"));
    check(order("DONE", ""));
    check(with(order("DOING", "USER_CONFIRM"), "/risk_fund", Value::Null));
    check(with(order("DOING", "USER_CONFIRM"), "/risk_fund/amount", json!(4_999)));
    check(with(order("DOING", "USER_CONFIRM"), "/out_order_no", json!("other")));
    check(with(order("DOING", "USER_CONFIRM"), "/service_id", json!("9")));
    check(with(order("DOING", "USER_CONFIRM"), "/mchid", json!("2")));
    check(with(paid("DONE"), "/collection/paid_amount", json!(3_765)));
}

#[test]
fn completing_must_be_about_the_bill() {
    let (account, attempt) = (v3(), attempt(Method::Score));
    let call = Call::Capture { attempt: &attempt, amount: yuan(3_766), key: "k" };
    let mut completed = order("DOING", "MCH_COMPLETE");
    completed["total_amount"] = json!(3_766);
    assert_eq!(told(answer(&account, &call, &signed(200, &completed))).state, PaymentState::Waiting);
    completed["total_amount"] = json!(3_767);
    unknown(answer(&account, &call, &signed(200, &completed)));
    // Completed before, by an answer that was lost: the order tells.
    let again = json!({ "code": "INVALID_ORDER_STATE", "message": "" });
    unknown(answer(&account, &call, &signed(400, &again)));
    let more = Call::Capture { attempt: &attempt, amount: yuan(5_001), key: "k" };
    assert_eq!(account.request(&more, now()).unwrap_err().code, "amount");
    let none = Call::Capture { attempt: &attempt, amount: yuan(0), key: "k" };
    assert_eq!(account.request(&none, now()).unwrap_err().code, "amount");
}

#[test]
fn cancelling_releases_whatever_was_held() {
    let (account, attempt) = (v3(), attempt(Method::Score));
    let body = json!({ "appid": "wxd678efh567hg6787", "mchid": "1900000001", "out_order_no": NUMBER, "service_id": "1", "order_id": "1" });
    let release = Call::Release { attempt: &attempt, key: "k" };
    assert_eq!(told(answer(&account, &release, &signed(200, &body))).state, PaymentState::Released);
    assert_eq!(
        told(answer(&account, &Call::Close(&attempt), &signed(200, &body))).state,
        PaymentState::Released
    );
    let gone = signed(400, &json!({ "code": "ORDER_CANCELED", "message": "" }));
    assert_eq!(told(answer(&account, &release, &gone)).state, PaymentState::Released);
    let other = json!({ "mchid": "1900000001", "out_order_no": "other" });
    unknown(answer(&account, &release, &signed(200, &other)));
}

#[test]
fn confirming_and_debiting_are_notified() {
    let fact =
        |kind: &str, body: &Value| match v3().notice(&notification(kind, body), now()).unwrap()[0].fact() {
            Fact::Payment(fact) => fact.clone(),
            other => panic!("{other:?}"),
        };
    let held = fact("PAYSCORE.USER_CONFIRM", &order("DOING", "USER_CONFIRM"));
    assert_eq!((held.state, held.held), (PaymentState::Held, Some(yuan(5_000))));
    let taken = fact("PAYSCORE.USER_PAID", &paid("DONE"));
    assert_eq!((taken.state, taken.taken), (PaymentState::Taken, Some(yuan(3_766))));
}

#[test]
fn a_refund_needs_the_number_of_the_debit() {
    let (account, mut attempt, refund) = (v3(), attempt(Method::Score), super::refund());
    let call = Call::Refund { attempt: &attempt, refund: &refund };
    assert_eq!(account.request(&call, now()).unwrap_err().code, "transaction_id");
    attempt.charge = Some("4200001234202603011234567890".to_owned());
    let call = Call::Refund { attempt: &attempt, refund: &refund };
    assert!(matches!(
        answer(&account, &call, &signed(200, &super::refunded("SUCCESS"))),
        Answer::Told(Told::Refund(fact)) if fact.attempt == NUMBER
    ));
    attempt.charge = Some("4200".to_owned());
    let call = Call::Refund { attempt: &attempt, refund: &refund };
    unknown(answer(&account, &call, &signed(200, &super::refunded("SUCCESS"))));
}
