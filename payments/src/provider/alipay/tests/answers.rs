use super::*;
use crate::provider::{FileKind, PaymentState, RefundState, RefusalKind};
use chrono::NaiveDate;
use proptest::prelude::*;
use serde_json::json;

const QUERY: &str = "alipay_trade_query_response";

fn trade(status: &str) -> Value {
    json!({"code": "10000", "msg": "Success", "out_trade_no": "A1B2C3D4E5F6", "trade_no": "2023111522001",
           "trade_status": status, "total_amount": "50.00", "buyer_user_id": "2088123456789012",
           "send_pay_date": "2023-11-15 06:14:00"})
}

fn no(sub: &str) -> Value {
    json!({"code": "40004", "msg": "Business Failed", "sub_code": sub, "sub_msg": "their words"})
}

fn query(content: &Value) -> Answer {
    answered(&Call::Query(&attempt(Method::Code)), QUERY, content)
}

#[test]
fn a_paid_trade_is_told_with_its_payer() {
    insta::assert_json_snapshot!(payment(query(&trade("TRADE_SUCCESS"))));
    assert_eq!(payment(query(&trade("TRADE_FINISHED"))).state, PaymentState::Taken);
}

#[test]
fn a_trade_that_is_not_paid_waits_or_is_closed() {
    assert_eq!(payment(query(&trade("WAIT_BUYER_PAY"))).state, PaymentState::Waiting);
    assert_eq!(payment(query(&trade("SOMETHING_NEW"))).state, PaymentState::Waiting);
    assert_eq!(payment(query(&no("ACQ.TRADE_NOT_EXIST"))).state, PaymentState::Absent);
    let mut closed = trade("TRADE_CLOSED");
    assert_eq!(payment(query(&closed)).state, PaymentState::Taken, "paid, and given back whole");
    closed["send_pay_date"] = json!(null);
    closed["receipt_amount"] = json!("0.00");
    assert_eq!(payment(query(&closed)).state, PaymentState::Closed);
    closed["receipt_amount"] = json!(50.0);
    assert_eq!(payment(query(&closed)).state, PaymentState::Taken);
}

#[test]
fn the_signature_is_over_the_very_text() {
    let call = attempt(Method::Code);
    let call = Call::Query(&call);
    // Slashes escaped, spaces, an order of its own: read again and written again it would be another text.
    let text = r#"{"msg":"Success" ,"code":"10000","trade_status":"TRADE_SUCCESS", "total_amount":"50.00",
        "buyer_logon_id":"a\/b{}\"\u4e2d","trade_no":"1","out_trade_no":"A1B2C3D4E5F6"}"#;
    assert_eq!(payment(alipay().answer(&call, &signed(QUERY, text), made())).state, PaymentState::Taken);
    let sign = signature(ALIPAY, text.as_bytes());
    let after = format!("{{\"sign\":\"{sign}\", \"{QUERY}\" : {text} }}");
    let after = alipay().answer(&call, &Response::text(200, "", after), made());
    assert_eq!(payment(after).state, PaymentState::Taken);
    for body in [
        format!("{{\"{QUERY}\":{},\"sign\":\"{sign}\"}}", text.replace("50.00", "50.01")),
        format!("{{\"{QUERY}\":{},\"sign\":\"{sign}\"}}", text.replace("\\/", "/")),
        format!("{{\"{QUERY}\":{text},\"sign\":\"{}\"}}", signature(NEXT, text.as_bytes())),
        format!("{{\"{QUERY}\":{text},\"sign\":\"\"}}"),
        format!("{{\"{QUERY}\":{text},\"sign\":\"%%%\"}}"),
        format!("{{\"{QUERY}\":{text}}}"),
        format!("{{\"{QUERY}\":{text},\"error_response\":{{}},\"sign\":\"{sign}\"}}"),
        format!("{{\"sign\":\"{sign}\"}}"),
        format!("[{text}]"),
        String::new(),
    ] {
        unknown(alipay().answer(&call, &Response::text(200, "", body), made()));
    }
    let unsigned = r#"{"error_response":{"code":"40002","sub_code":"isv.invalid-app-id","msg":"x"}}"#;
    let why = unknown(alipay().answer(&call, &Response::text(200, "", unsigned), made()));
    assert!(why.contains("not signed") && why.contains("isv.invalid-app-id"), "{why}");
    assert!(unknown(alipay().answer(&call, &Response::text(502, "", "bad"), made())).contains("502"));
}

#[test]
fn keys_and_certificates_overlap_while_they_are_changed() {
    let attempt = attempt(Method::Code);
    let call = Call::Query(&attempt);
    let text = trade("TRADE_SUCCESS").to_string();
    let sign = signature(NEXT, text.as_bytes());
    let body =
        |extra: &str| Response::text(200, "", format!("{{\"{QUERY}\":{text},\"sign\":\"{sign}\"{extra}}}"));
    let both = vec![Secret::new(ALIPAY_PUBLIC), Secret::new(NEXT_PUBLIC)];
    let both = build(&Settings { alipay_public_keys: both, ..settings() }, &no_files).unwrap();
    assert_eq!(payment(both.answer(&call, &body(""), made())).state, PaymentState::Taken);
    unknown(alipay().answer(&call, &body(""), made()));
    let certificates = vec![Secret::new(ALIPAY_CERTIFICATE), Secret::new(NEXT_CERTIFICATE)];
    let new = build(&Settings { alipay_certificates: certificates, ..by_certificates() }, &no_files).unwrap();
    let named = format!(",\"alipay_cert_sn\":\"{}\"", new.trusted[1].sn.as_deref().unwrap());
    assert_eq!(payment(new.answer(&call, &body(&named), made())).state, PaymentState::Taken);
    let old = build(&by_certificates(), &no_files).unwrap();
    let why = unknown(old.answer(&call, &body(&named), made()));
    assert!(why.contains("download alipayCertPublicKey_RSA2.crt anew"), "{why}");
    let other = format!(",\"alipay_cert_sn\":\"{}\"", new.trusted[0].sn.as_deref().unwrap());
    unknown(new.answer(&call, &body(&other), made()));
}

#[test]
fn an_answer_of_another_order_or_amount_is_not_believed() {
    let changed = |field: &str, value: Value| {
        let mut content = trade("TRADE_SUCCESS");
        content[field] = value;
        unknown(query(&content))
    };
    assert!(changed("out_trade_no", json!("B")).contains("the order \"B\" instead of A1B2C3D4E5F6"));
    assert!(
        changed("total_amount", json!("50.01")).contains("the amount \"50.01 CNY\" instead of 50.00 CNY")
    );
    assert!(changed("total_amount", json!("0.001")).contains("decimals"));
    assert!(changed("total_amount", json!("much")).contains("no amount"));
    let elsewhere = answered(
        &Call::Query(&attempt(Method::Code)),
        "alipay_trade_refund_response",
        &trade("TRADE_SUCCESS"),
    );
    assert!(unknown(elsewhere).contains("not asked for"));
}

#[test]
fn each_code_says_whose_doing_it_is() {
    let by = |content: Value| refused(query(&content));
    for (sub, kind) in [
        ("ACQ.BUYER_BALANCE_NOT_ENOUGH", RefusalKind::Payer),
        ("ACQ.PAYMENT_REQUEST_HAS_RISK", RefusalKind::Payer),
        ("ACQ.TRADE_HAS_SUCCESS", RefusalKind::Paid),
        ("ACQ.TRADE_HAS_CLOSE", RefusalKind::Closed),
        ("ACQ.ACCESS_FORBIDDEN", RefusalKind::Access),
        ("ACQ.INVALID_PARAMETER", RefusalKind::Setup),
        ("ACQ.CONTEXT_INCONSISTENT", RefusalKind::Setup),
        ("ACQ.PRODUCT_NOT_SUPPORT", RefusalKind::Unsupported),
        ("isv.app-call-limited", RefusalKind::Trouble),
    ] {
        let (told, code) = by(no(sub));
        assert_eq!((told, code.as_str()), (kind, sub.trim_start_matches("ACQ.")), "{sub}");
    }
    for (code, kind) in [
        ("20001", RefusalKind::Access),
        ("40001", RefusalKind::Setup),
        ("40002", RefusalKind::Setup),
        ("40003", RefusalKind::Setup),
        ("40006", RefusalKind::Access),
    ] {
        assert_eq!(by(json!({"code": code, "msg": "no"})), (kind, code.to_owned()));
    }
    for sub in ["isv.invalid-signature", "isv.invalid-app-id", "isv.app-auth-token-invalid"] {
        assert_eq!(by(json!({"code": "40002", "msg": "no", "sub_code": sub})).0, RefusalKind::Access);
    }
    let other = json!({"code": "40002", "msg": "no", "sub_code": "isv.invalid-parameter"});
    assert_eq!(by(other).0, RefusalKind::Setup);
    assert_eq!(by(json!({"code": "40005", "msg": "limited"})).0, RefusalKind::Trouble);
    for content in [
        json!({"code": "20000", "sub_code": "isp.unknow-error"}),
        no("ACQ.SYSTEM_ERROR"),
        no("aop.ACQ.SYSTEM_ERROR"),
        json!({"code": "99999"}),
        json!({}),
        json!({"code": "10003"}),
    ] {
        unknown(query(&content));
    }
    let error = answered(
        &Call::Query(&attempt(Method::Code)),
        "error_response",
        &json!({"code": "40002", "msg": "Invalid Arguments", "sub_code": "isv.invalid-signature", "sub_msg": "验签出错"}),
    );
    let Answer::Refused(refusal) = error else { panic!("not refused") };
    assert!(refusal.text.contains("is private_key the one"), "{}", refusal.text);
}

#[test]
fn orders_open_as_a_code_or_at_the_bridge() {
    let code = answered(
        &Call::Open(&attempt(Method::Code)),
        "alipay_trade_precreate_response",
        &json!({"code": "10000", "out_trade_no": "A1B2C3D4E5F6", "qr_code": "https://qr.alipay.com/bax1"}),
    );
    let next = Next::ShowCode { text: "https://qr.alipay.com/bax1".to_owned() };
    assert_eq!(code, Answer::Told(Told::Opened { reference: None, charge: None, next }));
    let bridge = |content: &Value| {
        answered(&Call::Open(&attempt(Method::InWallet)), "alipay_trade_create_response", content)
    };
    let made = json!({"code": "10000", "out_trade_no": "A1B2C3D4E5F6", "trade_no": "2023"});
    let next = Next::AlipayBridge { trade: "2023".to_owned() };
    assert_eq!(
        bridge(&made),
        Answer::Told(Told::Opened { reference: Some("2023".to_owned()), charge: None, next })
    );
    assert!(
        unknown(bridge(&json!({"code": "10000", "out_trade_no": "A1B2C3D4E5F6"}))).contains("how to pay")
    );
    assert!(
        unknown(bridge(&json!({"code": "10000", "out_trade_no": "B", "trade_no": "1"})))
            .contains("the order")
    );
    assert_eq!(refused(bridge(&no("ACQ.BUYER_NOT_EXIST"))).0, RefusalKind::Payer);
}

#[test]
fn who_the_payer_is_is_told_without_a_code() {
    let node = "alipay_system_oauth_token_response";
    let who = |content: Value| answered(&Call::Identify { code: "c" }, node, &content);
    assert_eq!(
        who(json!({"user_id": "2088", "access_token": "t"})),
        Answer::Told(Told::Payer("2088".to_owned()))
    );
    assert_eq!(who(json!({"open_id": "0741"})), Answer::Told(Told::Payer("0741".to_owned())));
    unknown(who(json!({"access_token": "t"})));
    let wrong = answered(
        &Call::Identify { code: "c" },
        "error_response",
        &json!({"code": "40002", "sub_code": "isv.code-invalid"}),
    );
    assert_eq!(refused(wrong), (RefusalKind::Setup, "isv.code-invalid".to_owned()));
}

#[test]
fn closing_ends_what_is_open_and_finds_what_has_ended() {
    let attempt = attempt(Method::Code);
    let close = |node: &str, content: &Value| answered(&Call::Close(&attempt), node, content);
    let node = "alipay_trade_close_response";
    assert_eq!(
        payment(close(node, &json!({"code": "10000", "out_trade_no": "A1B2C3D4E5F6"}))).state,
        PaymentState::Closed
    );
    assert_eq!(payment(close(node, &no("ACQ.TRADE_NOT_EXIST"))).state, PaymentState::Closed, "never opened");
    for sub in ["ACQ.TRADE_STATUS_ERROR", "ACQ.REASON_TRADE_STATUS_INVALID", "ACQ.TRADE_HAS_SUCCESS"] {
        let next = then(close(node, &no(sub)));
        assert!(next.contains("method=alipay.trade.query"), "{next}");
    }
    assert_eq!(payment(close(QUERY, &trade("TRADE_SUCCESS"))).state, PaymentState::Taken);
    assert_eq!(payment(close(QUERY, &no("ACQ.TRADE_NOT_EXIST"))).state, PaymentState::Closed);
    unknown(close(node, &json!({"code": "10000", "out_trade_no": "B"})));
    unknown(close(node, &no("ACQ.SYSTEM_ERROR")));
    unknown(close("alipay_trade_pay_response", &trade("TRADE_SUCCESS")));
}

#[test]
fn a_refund_is_done_when_money_has_moved_or_a_query_says_so() {
    let (attempt, ask) = (attempt(Method::Code), refund());
    let make = Call::Refund { attempt: &attempt, refund: &ask };
    let look = Call::QueryRefund { attempt: &attempt, refund: &ask };
    let (node, looked) = ("alipay_trade_refund_response", "alipay_trade_fastpay_refund_query_response");
    let said = |change: &str, fee: &str| {
        json!({"code": "10000", "out_trade_no": "A1B2C3D4E5F6", "trade_no": "2023", "fund_change": change,
               "refund_fee": fee, "gmt_refund_pay": "2023-11-15 06:20:00"})
    };
    let done = refund_fact(answered(&make, node, &said("Y", "12.00")));
    assert_eq!((done.state, done.number.as_str(), done.amount), (RefundState::Done, "R9", Some(yuan(1_200))));
    assert_eq!(
        refund_fact(answered(&make, node, &said("Y", "32.00"))).state,
        RefundState::Done,
        "with earlier ones"
    );
    assert!(unknown(answered(&make, node, &said("Y", "11.99"))).contains("11.99 CNY was given back"));
    let again = then(answered(&make, node, &said("N", "12.00")));
    assert!(again.contains("method=alipay.trade.fastpay.refund.query"), "{again}");
    let found = json!({"code": "10000", "out_trade_no": "A1B2C3D4E5F6", "out_request_no": "R9", "trade_no": "2023",
                       "refund_amount": "12.00", "refund_status": "REFUND_SUCCESS"});
    for call in [&make, &look] {
        assert_eq!(refund_fact(answered(call, looked, &found)).state, RefundState::Done);
        assert_eq!(refund_fact(answered(call, looked, &json!({"code": "10000"}))).state, RefundState::Absent);
        assert_eq!(
            refund_fact(answered(call, looked, &no("ACQ.TRADE_NOT_EXIST"))).state,
            RefundState::Absent
        );
    }
    let mut waiting = found.clone();
    waiting["refund_status"] = json!("");
    assert_eq!(refund_fact(answered(&look, looked, &waiting)).state, RefundState::Waiting);
    for (field, value) in [("refund_amount", "12.01"), ("out_request_no", "R8"), ("out_trade_no", "B")] {
        let mut wrong = found.clone();
        wrong[field] = json!(value);
        unknown(answered(&look, looked, &wrong));
    }
    assert_eq!(refused(answered(&make, node, &no("ACQ.SELLER_BALANCE_NOT_ENOUGH"))).0, RefusalKind::Trouble);
    assert_eq!(refused(answered(&make, node, &no("ACQ.DISCORDANT_REPEAT_REQUEST"))).0, RefusalKind::Setup);
    assert_eq!(refused(answered(&make, node, &no("ACQ.TRADE_HAS_FINISHED"))).0, RefusalKind::Closed);
    unknown(answered(&make, node, &no("ACQ.SYSTEM_ERROR")));
}

#[test]
fn a_bill_is_fetched_from_where_alipay_says_or_waited_for() {
    let day = NaiveDate::from_ymd_opt(2023, 11, 14).unwrap();
    let call = Call::Statement { day, kind: FileKind::Trades };
    let node = "alipay_data_dataservice_bill_downloadurl_query_response";
    let there = json!({"code": "10000", "bill_download_url": "https://dwbillcenter.alipay.com/x?fileId=1"});
    assert_eq!(
        answered(&call, node, &there),
        Answer::Then(Request::get("https://dwbillcenter.alipay.com/x?fileId=1".to_owned()))
    );
    let file = Response::text(200, "application/zip", b"PK\x03\x04rest".to_vec());
    assert_eq!(alipay().answer(&call, &file, made()), Answer::Told(Told::File(b"PK\x03\x04rest".to_vec())));
    let missing = signed(node, &no("isp.bill_not_exist").to_string());
    assert_eq!(alipay().answer(&call, &missing, made()), Answer::Told(Told::FileLater), "before 15:00");
    assert_eq!(alipay().answer(&call, &missing, made() + TimeDelta::hours(9)), Answer::Told(Told::FileEmpty));
    unknown(answered(&call, node, &json!({"code": "10000", "bill_download_url": "ftp://x"})));
    assert_eq!(refused(answered(&call, node, &no("isv.invalid-arguments"))).0, RefusalKind::Setup);
    unknown(alipay().answer(&call, &Response::text(200, "text/html", "expired"), made()));
}

proptest! {
    #[test]
    fn no_answer_makes_it_panic_or_moves_money(status in 100u16..600, body in proptest::collection::vec(any::<u8>(), 0..300)) {
        let (trade, score, ask) = (attempt(Method::Code), held(), refund());
        let alipay = alipay();
        let response = Response { status, headers: vec![], body };
        for attempt in [&trade, &score] {
            for call in [
                Call::Identify { code: "c" }, Call::Open(attempt), Call::Query(attempt), Call::Close(attempt),
                Call::Capture { attempt, amount: yuan(1), key: "k" }, Call::Release { attempt, key: "k" },
                Call::Raise { attempt, to: yuan(1), key: "k" },
                Call::Refund { attempt, refund: &ask }, Call::QueryRefund { attempt, refund: &ask },
            ] {
                let answer = alipay.answer(&call, &response, made());
                prop_assert!(matches!(answer, Answer::Unknown(_)), "{answer:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn no_signed_answer_makes_it_panic(
        field in "code|trade_status|total_amount|out_trade_no|send_pay_date|receipt_amount",
        value in prop_oneof![any::<i64>().prop_map(|n| json!(n)), ".*".prop_map(|s| json!(s)), Just(json!(null)), Just(json!({"a": []}))],
    ) {
        let mut content = trade("TRADE_SUCCESS");
        content[field] = value;
        let _ = query(&content);
    }
}
