use super::*;
use crate::provider::{Fact, NoticeFault, PaymentState, RefundState};
use encoding_rs::GBK;
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use proptest::prelude::*;

fn paid() -> Vec<(&'static str, &'static str)> {
    vec![
        ("notify_type", "trade_status_sync"),
        ("notify_id", "ac05099524730693a8b330c5ecf72da9786"),
        ("notify_time", "2023-11-15 06:13:30"),
        ("app_id", "2021000000000001"),
        ("seller_id", "2088000000000001"),
        ("charset", "utf-8"),
        ("version", "1.0"),
        ("out_trade_no", "A1B2C3D4E5F6"),
        ("trade_no", "2023111522001"),
        ("trade_status", "TRADE_SUCCESS"),
        ("total_amount", "50.00"),
        ("buyer_id", "2088123456789012"),
        ("gmt_payment", "2023-11-15 06:13:29"),
        ("subject", "充电 + 停车"),
        ("body", ""),
    ]
}

fn with(changes: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    let mut all = paid();
    for (name, value) in changes {
        all.retain(|(known, _)| known != name);
        all.push((name, value));
    }
    all
}

/// As Alipay signs and sends it, in its charset.
fn came(key: &str, pairs: &[(&str, &str)]) -> Response {
    let gbk = pairs.iter().any(|(name, value)| *name == "charset" && value.eq_ignore_ascii_case("gbk"));
    let bytes = |text: &str| if gbk { GBK.encode(text).0.into_owned() } else { text.as_bytes().to_vec() };
    let mut sorted: Vec<(&str, Vec<u8>)> = pairs.iter().map(|(name, value)| (*name, bytes(value))).collect();
    sorted.sort();
    let signed: Vec<Vec<u8>> = sorted
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| [name.as_bytes(), b"=", value].concat())
        .collect();
    let sign = signature(key, &signed.join(&b'&'));
    let mut body: Vec<String> = sorted
        .iter()
        .map(|(name, value)| {
            format!("{name}={}", percent_encode(value, NON_ALPHANUMERIC).to_string().replace("%20", "+"))
        })
        .collect();
    body.push(format!("sign={}", percent_encode(sign.as_bytes(), NON_ALPHANUMERIC)));
    body.push("sign_type=RSA2".to_owned());
    Response::text(0, "application/x-www-form-urlencoded", body.join("&"))
}

fn fact(pairs: &[(&str, &str)]) -> Fact {
    let notices = alipay().notice(&came(ALIPAY, pairs), made()).unwrap();
    assert_eq!((notices.len(), notices[0].key()), (1, "ac05099524730693a8b330c5ecf72da9786"));
    notices[0].fact().clone()
}

fn payment(pairs: &[(&str, &str)]) -> PaymentFact {
    match fact(pairs) {
        Fact::Payment(fact) => fact,
        other => panic!("no payment: {other:?}"),
    }
}

fn fault(call: &Response) -> &'static str {
    alipay().notice(call, made()).map_err(|fault| fault.word()).unwrap_err()
}

#[test]
fn a_payment_is_told_in_utf_8_and_in_gbk() {
    let told = payment(&paid());
    insta::assert_json_snapshot!(told);
    assert_eq!(payment(&with(&[("charset", "GBK")])), told);
    assert_eq!(payment(&with(&[("trade_status", "TRADE_FINISHED")])).state, PaymentState::Taken);
}

#[test]
fn what_is_not_paid_is_not_told_as_paid() {
    let state = |changes: &[(&'static str, &'static str)]| payment(&with(changes)).state;
    assert_eq!(state(&[("trade_status", "WAIT_BUYER_PAY")]), PaymentState::Waiting);
    assert_eq!(state(&[("trade_status", "SOMETHING_NEW")]), PaymentState::Waiting);
    assert_eq!(state(&[("trade_status", "TRADE_CLOSED"), ("gmt_payment", "")]), PaymentState::Closed);
    assert_eq!(
        state(&[("trade_status", "TRADE_CLOSED")]),
        PaymentState::Waiting,
        "paid and closed: a query tells"
    );
    assert_eq!(state(&[("total_amount", "")]), PaymentState::Waiting);
}

#[test]
fn a_refund_comes_as_a_paid_or_closed_trade_and_is_never_a_payment() {
    for changes in [
        vec![("refund_fee", "12.00"), ("gmt_refund", "2023-11-15 06:13:25.123"), ("out_biz_no", "R9")],
        vec![("refund_fee", "50.00"), ("out_biz_no", "R9"), ("trade_status", "TRADE_CLOSED")],
        vec![("gmt_refund", "2023-11-15 06:13:25"), ("out_biz_no", "R9")],
    ] {
        let Fact::Refund(refund) = fact(&with(&changes)) else { panic!("no refund: {changes:?}") };
        assert_eq!((refund.number.as_str(), refund.attempt.as_str()), ("R9", "A1B2C3D4E5F6"));
        assert_eq!((refund.state, refund.amount), (RefundState::Done, None));
    }
    assert_eq!(payment(&with(&[("refund_fee", "0.00")])).state, PaymentState::Taken);
}

#[test]
fn holds_are_told_and_so_is_their_taking() {
    let hold = |kind: &'static str, rest: &'static str, paid: &'static str| {
        payment(&with(&[
            ("notify_type", kind),
            ("out_order_no", "A1B2C3D4E5F6"),
            ("auth_no", "2023111510002001"),
            ("status", "SUCCESS"),
            ("operation_type", if kind == "fund_auth_freeze" { "FREEZE" } else { "UNFREEZE" }),
            ("amount", "50.00"),
            ("total_freeze_amount", "50.00"),
            ("rest_amount", rest),
            ("total_pay_amount", paid),
            ("trade_status", ""),
            ("payer_user_id", "2088123456789012"),
        ]))
    };
    let held = hold("fund_auth_freeze", "50.00", "0.00");
    assert_eq!(
        (held.state, held.held, held.amount),
        (PaymentState::Held, Some(yuan(5_000)), Some(yuan(5_000)))
    );
    assert_eq!(held.charge.as_deref(), Some("2023111510002001"));
    assert_eq!(hold("fund_auth_unfreeze", "0.00", "0.00").state, PaymentState::Released);
    assert_eq!(hold("fund_auth_unfreeze", "0.00", "32.19").taken, Some(yuan(3_219)));
    let taken = payment(&with(&[("passback_params", "captured"), ("total_amount", "32.19")]));
    assert_eq!(
        (taken.amount, taken.reference, taken.taken),
        (None, None, Some(yuan(3_219))),
        "what was held is not told"
    );
}

#[test]
fn what_is_not_signed_by_alipay_is_forged() {
    assert_eq!(fault(&came(NEXT, &paid())), "forged");
    assert_eq!(fault(&came(APP, &paid())), "forged");
    let good = came(ALIPAY, &paid());
    let text = String::from_utf8(good.body.clone()).unwrap();
    let changed = |from: &str, to: &str| {
        let body = text.replace(from, to);
        assert_ne!(body, text);
        fault(&Response::text(0, "", body))
    };
    assert_eq!(changed("50%2E00", "5000%2E00"), "forged");
    assert_eq!(changed("sign_type=RSA2", "sign_type=RSA"), "forged");
    assert_eq!(changed("&sign=", "&gone="), "forged");
    assert_eq!(changed("&sign_type=RSA2", "&sign_type=RSA2&extra=1"), "forged");
    assert_eq!(changed("app_id=", "app_id=1&app_id="), "malformed");
    assert_eq!(fault(&Response::text(0, "", "")), "forged");
    assert_eq!(fault(&Response::text(0, "", "x".repeat(65 * 1024))), "malformed");
    let many: Vec<String> = (0..300).map(|at| format!("p{at}=1")).collect();
    assert_eq!(fault(&Response::text(0, "", many.join("&"))), "malformed");
    assert_eq!(fault(&Response::text(0, "", "%ff=1")), "malformed");
}

#[test]
fn keys_overlap_while_they_are_changed() {
    let both = vec![Secret::new(ALIPAY_PUBLIC), Secret::new(NEXT_PUBLIC)];
    let both = build(&Settings { alipay_public_keys: both, ..settings() }, &no_files).unwrap();
    for key in [ALIPAY, NEXT] {
        assert!(both.notice(&came(key, &paid()), made()).is_ok());
    }
}

#[test]
fn a_notification_for_another_app_or_merchant_or_of_another_time_is_not_believed() {
    assert_eq!(fault(&came(ALIPAY, &with(&[("app_id", "2021000000000002")]))), "foreign");
    assert_eq!(fault(&came(ALIPAY, &with(&[("app_id", "")]))), "foreign");
    assert_eq!(fault(&came(ALIPAY, &with(&[("seller_id", "2088000000000002")]))), "foreign");
    assert_eq!(fault(&came(ALIPAY, &with(&[("payee_user_id", "2088000000000002")]))), "foreign");
    let call = came(ALIPAY, &paid());
    let at = |hours| alipay().notice(&call, made() + TimeDelta::hours(hours)).map_err(|fault| fault.word());
    assert!(at(25).is_ok(), "Alipay tells again for a day");
    assert_eq!(at(27).unwrap_err(), "stale");
    assert_eq!(at(-1).unwrap_err(), "stale");
    for changes in
        [[("notify_time", "soon")], [("notify_id", "")], [("out_trade_no", "")], [("total_amount", "much")]]
    {
        assert_eq!(fault(&came(ALIPAY, &with(&changes))), "malformed", "{changes:?}");
    }
}

#[test]
fn what_is_not_known_is_kept_and_the_answer_is_seven_letters() {
    assert_eq!(
        fact(&with(&[("notify_type", "open_app_auth_notify")])),
        Fact::Other { kind: "open_app_auth_notify".to_owned() }
    );
    let took = alipay().acknowledgement(true);
    assert_eq!((took.status, took.body.as_slice()), (200, b"success".as_slice()));
    assert_ne!(alipay().acknowledgement(false).body, took.body);
    assert!(matches!(
        alipay().notice(&Response::text(0, "", "sign=%%&sign_type=RSA2"), made()),
        Err(NoticeFault::Forged(_))
    ));
}

proptest! {
    #[test]
    fn no_notification_makes_it_panic(body in proptest::collection::vec(any::<u8>(), 0..300), text in "([a-z_]{0,8}=[%0-9a-fA-F+]{0,8}&?){0,6}") {
        let alipay = alipay();
        prop_assert!(alipay.notice(&Response::text(0, "", body), made()).is_err());
        prop_assert!(alipay.notice(&Response::text(0, "", text), made()).is_err());
    }
}
