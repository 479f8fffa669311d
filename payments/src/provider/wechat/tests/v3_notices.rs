//! Which notifications are believed.

use super::{
    KEY_ID, NUMBER, envelope, notification, now, refunded, sealed, signed_at, transaction, v3, yuan,
};
use crate::provider::{Fact, NoticeFault, PaymentState, Provider, RefundState, Response};
use chrono::TimeDelta;
use serde_json::{Value, json};

fn fact(call: &Response) -> Fact {
    let notices = v3().notice(call, now()).unwrap();
    let [notice] = notices.as_slice() else { panic!("{notices:?}") };
    assert_eq!(notice.key(), "EV-2018022511223320873");
    notice.fact().clone()
}

fn fault(call: &Response) -> NoticeFault {
    v3().notice(call, now()).unwrap_err()
}

#[test]
fn a_payment_is_told() {
    let Fact::Payment(fact) = fact(&notification("TRANSACTION.SUCCESS", &transaction("SUCCESS"))) else {
        panic!("no payment")
    };
    assert_eq!(
        (fact.number.as_str(), &fact.state, fact.taken),
        (NUMBER, &PaymentState::Taken, Some(yuan(5_000)))
    );
}

#[test]
fn a_refund_is_told_with_its_state() {
    let notice = |event: &str, status: &str| {
        let mut body = refunded(status);
        let state = body.as_object_mut().unwrap().remove("status").unwrap();
        body["refund_status"] = state;
        body["mchid"] = json!("1900000001");
        body["user_received_account"] = json!("招商银行信用卡0403");
        body["amount"].as_object_mut().unwrap().remove("currency");
        match fact(&notification(event, &body)) {
            Fact::Refund(fact) => {
                assert_eq!((fact.number.as_str(), fact.attempt.as_str()), ("R20260301-1", NUMBER));
                assert_eq!(fact.amount, Some(yuan(1_234)));
                fact.state
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(notice("REFUND.SUCCESS", "SUCCESS"), RefundState::Done);
    assert!(matches!(notice("REFUND.ABNORMAL", "ABNORMAL"), RefundState::Failed { .. }));
    assert!(matches!(notice("REFUND.CLOSED", "CLOSED"), RefundState::Failed { .. }));
}

#[test]
fn what_is_not_known_is_kept_by_its_name() {
    let call = notification("COUPON.USE", &json!({}));
    assert_eq!(fact(&call), Fact::Other { kind: "COUPON.USE".to_owned() });
    let call = notification("PAYSCORE.USER_OPEN_SERVICE", &json!({}));
    assert_eq!(fact(&call), Fact::Other { kind: "PAYSCORE.USER_OPEN_SERVICE".to_owned() });
}

#[test]
fn a_changed_or_unsigned_one_is_forged() {
    let good = notification("TRANSACTION.SUCCESS", &transaction("SUCCESS"));
    let mut changed = good.clone();
    changed.body.push(b' ');
    assert!(matches!(fault(&changed), NoticeFault::Forged(_)));
    let bare = Response { headers: Vec::new(), ..good.clone() };
    assert!(matches!(fault(&bare), NoticeFault::Forged(_)));
    let mut garbled = good.clone();
    for (name, value) in &mut garbled.headers {
        if name == "wechatpay-signature" {
            "not base64!".clone_into(value);
        }
    }
    assert!(matches!(fault(&garbled), NoticeFault::Forged(_)));
    let text = String::from_utf8(good.body).unwrap();
    let fault = fault(&signed_at(now(), "PUB_KEY_ID_9", 0, &text));
    assert!(matches!(&fault, NoticeFault::Forged(why) if why.contains("PUB_KEY_ID_9")), "{fault}");
}

#[test]
fn wechats_own_test_of_us_is_no_alarm() {
    let mut probe = notification("TRANSACTION.SUCCESS", &transaction("SUCCESS"));
    for (name, value) in &mut probe.headers {
        if name == "wechatpay-signature" {
            *value = format!("WECHATPAY/SIGNTEST/{value}");
        }
    }
    assert_eq!(fault(&probe), NoticeFault::Probe);
}

#[test]
fn an_old_one_is_stale_though_it_is_signed() {
    let text = String::from_utf8(notification("TRANSACTION.SUCCESS", &transaction("SUCCESS")).body).unwrap();
    for seconds in [-301, 301] {
        let call = signed_at(now() + TimeDelta::seconds(seconds), KEY_ID, 0, &text);
        assert!(matches!(fault(&call), NoticeFault::Stale(_)));
    }
    for seconds in [-300, 300] {
        fact(&signed_at(now() + TimeDelta::seconds(seconds), KEY_ID, 0, &text));
    }
    // Nobody learns from the age whether a signature would have been right.
    let mut forged = signed_at(now() - TimeDelta::seconds(301), KEY_ID, 0, &text);
    forged.body.push(b' ');
    assert!(matches!(fault(&forged), NoticeFault::Forged(_)));
}

#[test]
fn another_merchants_is_foreign() {
    for (name, value) in [("mchid", "1900000002"), ("appid", "wx0")] {
        let mut body = transaction("SUCCESS");
        body[name] = json!(value);
        assert!(matches!(fault(&notification("TRANSACTION.SUCCESS", &body)), NoticeFault::Foreign(_)));
    }
    let mut refund = refunded("SUCCESS");
    for (mchid, foreign) in [(json!("1900000002"), true), (Value::Null, false)] {
        refund["mchid"] = mchid;
        let fault = fault(&notification("REFUND.SUCCESS", &refund));
        assert_eq!(matches!(fault, NoticeFault::Foreign(_)), foreign, "{fault}");
    }
    let order = json!({ "mchid": "1900000002", "out_order_no": NUMBER, "state": "REVOKED" });
    assert!(matches!(fault(&notification("PAYSCORE.USER_PAID", &order)), NoticeFault::Foreign(_)));
    let mut nobody = transaction("SUCCESS");
    nobody.as_object_mut().unwrap().remove("mchid");
    assert!(matches!(fault(&notification("TRANSACTION.SUCCESS", &nobody)), NoticeFault::Malformed(_)));
}

#[test]
fn what_does_not_open_is_malformed() {
    let plain = transaction("SUCCESS").to_string();
    let good = sealed(&plain, "abcdefghijkl", "");
    let check = |change: &dyn Fn(&mut Value), expected: &str| {
        let mut resource = good.clone();
        change(&mut resource);
        let fault = fault(&signed_at(now(), KEY_ID, 0, &envelope("TRANSACTION.SUCCESS", &resource)));
        assert!(matches!(&fault, NoticeFault::Malformed(why) if why.contains(expected)), "{fault}");
    };
    check(&|resource| resource["nonce"] = json!("abcdefghijk"), "12 bytes");
    check(&|resource| resource["nonce"] = json!(""), "12 bytes");
    check(&|resource| resource["nonce"] = json!("abcdefghijkx"), "api_v3_key");
    check(&|resource| resource["associated_data"] = json!("refund"), "api_v3_key");
    check(&|resource| resource["ciphertext"] = json!("AAAA"), "api_v3_key");
    check(&|resource| resource["ciphertext"] = json!("%"), "base64");
    check(&|resource| resource["algorithm"] = json!("AEAD_SM4_GCM"), "AEAD_SM4_GCM");
    // `associated_data` may be missing where it is empty.
    let mut absent = good.clone();
    absent.as_object_mut().unwrap().remove("associated_data");
    fact(&signed_at(now(), KEY_ID, 0, &envelope("TRANSACTION.SUCCESS", &absent)));
}

#[test]
fn it_is_acknowledged_with_nothing_and_refused_with_a_reason() {
    let account = v3();
    let took = account.acknowledgement(true);
    assert_eq!((took.status, took.body.len()), (204, 0));
    let not = account.acknowledgement(false);
    assert_eq!(not.status, 500);
    assert_eq!(serde_json::from_slice::<Value>(&not.body).unwrap()["code"], "FAIL");
}
