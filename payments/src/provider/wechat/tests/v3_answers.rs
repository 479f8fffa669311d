//! What v3's answers mean, and which of them are not believed.

use super::{
    CERTIFICATE_SERIAL, NUMBER, answer, attempt, now, refund, refunded, signed, signed_at, told, transaction,
    unknown, v3, yuan,
};
use crate::provider::{
    Answer, Call, Method, Next, PaymentState, Provider, RefundState, RefusalKind, Response, Told,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::TimeDelta;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::{Value, json};

#[test]
fn a_page_inside_wechat_gets_parameters_signed_by_the_merchant() {
    let (account, attempt) = (v3(), attempt(Method::InWallet));
    let response = signed(200, &json!({ "prepay_id": "wx201410272009395522657a690389285100" }));
    let Answer::Told(Told::Opened { next: Next::WechatBridge { parameters }, .. }) =
        answer(&account, &Call::Open(&attempt), &response)
    else {
        panic!("not opened");
    };
    let text = format!(
        "wxd678efh567hg6787\n{}\n{}\nprepay_id=wx201410272009395522657a690389285100\n",
        now().timestamp(),
        super::NONCE
    );
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, account.signer.key.public().as_ref());
    let signature = STANDARD.decode(parameters["paySign"].as_str().unwrap()).unwrap();
    key.verify(text.as_bytes(), &signature).unwrap();
    assert_eq!(parameters["timeStamp"], now().timestamp().to_string(), "a text, not a number");
    assert_eq!(parameters["signType"], "RSA");
}

#[test]
fn a_code_and_a_page_lead_to_wechat_and_back() {
    let account = v3();
    let code = attempt(Method::Code);
    let made = signed(200, &json!({ "code_url": "weixin://wxpay/bizpayurl?pr=p4lpSuKzz" }));
    let next = Next::ShowCode { text: "weixin://wxpay/bizpayurl?pr=p4lpSuKzz".to_owned() };
    let opened = Answer::Told(Told::Opened { reference: None, charge: None, next });
    assert_eq!(answer(&account, &Call::Open(&code), &made), opened);
    let browser = attempt(Method::PhoneBrowser);
    let made = signed(
        200,
        &json!({ "h5_url": "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx1" }),
    );
    let url = "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx1&redirect_url=https%3A%2F%2Fpay.example.com%2Fo%2FA20260301%3Flang%3Dzh";
    let opened = Answer::Told(Told::Opened {
        reference: None,
        charge: None,
        next: Next::Redirect { url: url.to_owned() },
    });
    assert_eq!(answer(&account, &Call::Open(&browser), &made), opened);
    let evil = signed(200, &json!({ "h5_url": "javascript:alert(1)" }));
    unknown(answer(&account, &Call::Open(&browser), &evil));
    unknown(answer(&account, &Call::Open(&code), &signed(200, &json!({ "prepay_id": "x" }))));
}

#[test]
fn every_state_has_its_word() {
    let (account, attempt) = (v3(), attempt(Method::InWallet));
    let state =
        |word: &str| told(answer(&account, &Call::Query(&attempt), &signed(200, &transaction(word)))).state;
    for word in ["SUCCESS", "REFUND"] {
        assert_eq!(state(word), PaymentState::Taken, "{word}");
    }
    for word in ["NOTPAY", "USERPAYING", "ACCEPT"] {
        assert_eq!(state(word), PaymentState::Waiting, "{word}");
    }
    for word in ["CLOSED", "REVOKED"] {
        assert_eq!(state(word), PaymentState::Closed, "{word}");
    }
    assert!(
        matches!(state("PAYERROR"), PaymentState::Failed { refusal } if refusal.kind == RefusalKind::Payer)
    );
    unknown(answer(&account, &Call::Query(&attempt), &signed(200, &transaction("SETTLED"))));
}

#[test]
fn a_payment_counts_with_its_total_not_with_what_coupons_left() {
    let (account, attempt) = (v3(), attempt(Method::InWallet));
    let fact = told(answer(&account, &Call::Query(&attempt), &signed(200, &transaction("SUCCESS"))));
    assert_eq!((fact.taken, fact.held), (Some(yuan(5_000)), None));
    assert_eq!(fact.reference.as_deref(), Some("4200001234202603011234567890"));
    assert_eq!(fact.at, Some(now() + TimeDelta::seconds(30)));
    assert_eq!(fact.instrument.unwrap().brand, "wechat");
}

#[test]
fn an_order_nobody_has_opened_has_no_amount() {
    let (account, attempt) = (v3(), attempt(Method::InWallet));
    let body = json!({ "appid": "wxd678efh567hg6787", "mchid": "1900000001", "out_trade_no": NUMBER, "trade_state": "NOTPAY", "trade_state_desc": "订单未支付", "payer": {} });
    let fact = told(answer(&account, &Call::Query(&attempt), &signed(200, &body)));
    assert_eq!((fact.state, fact.amount, fact.taken), (PaymentState::Waiting, None, None));
}

#[test]
fn an_answer_about_something_else_is_no_answer() {
    let (account, attempt) = (v3(), attempt(Method::InWallet));
    let changes: [(&str, Value, &str); 9] = [
        ("/out_trade_no", json!("A20260301-other"), "is about A20260301-other"),
        ("/mchid", json!("1900000002"), "merchant 1900000002"),
        ("/appid", json!("wx0"), "app wx0"),
        ("/amount/total", json!(4_999), "49.99 CNY, but 50.00 CNY"),
        ("/amount/total", json!(-5_000), "is no amount"),
        ("/amount/total", json!(5000.5), "cannot be read"),
        ("/amount/currency", json!("HKD"), "HKD"),
        ("/amount", Value::Null, "amount or its number is missing"),
        ("/transaction_id", Value::Null, "amount or its number is missing"),
    ];
    for (pointer, value, expected) in changes {
        let mut body = transaction("SUCCESS");
        *body.pointer_mut(pointer).unwrap() = value;
        let why = unknown(answer(&account, &Call::Query(&attempt), &signed(200, &body)));
        assert!(why.contains(expected), "{pointer}: {why}");
    }
}

#[test]
fn an_answer_that_does_not_verify_is_unknown() {
    let (account, attempt) = (v3(), attempt(Method::InWallet));
    let body = transaction("SUCCESS");
    let good = signed(200, &body);
    let check = |response: &Response, expected: &str| {
        let why = unknown(answer(&account, &Call::Query(&attempt), response));
        assert!(why.contains(expected), "{why}");
    };
    let mut changed = good.clone();
    changed.body = transaction("REFUND").to_string().into_bytes();
    check(&changed, "signature is not that of");
    for name in ["wechatpay-signature", "wechatpay-timestamp", "wechatpay-nonce", "wechatpay-serial"] {
        let mut less = good.clone();
        less.headers.retain(|(known, _)| known != name);
        check(&less, name);
    }
    check(&signed_at(now(), "PUB_KEY_ID_9", 200, &body.to_string()), "not among platform_keys");
    check(&signed_at(now() - TimeDelta::seconds(301), CERTIFICATE_SERIAL, 200, &body.to_string()), "clock");
    check(&signed_at(now() + TimeDelta::seconds(301), CERTIFICATE_SERIAL, 200, &body.to_string()), "clock");
    let mut other_kind = good.clone();
    for (name, value) in &mut other_kind.headers {
        if name == "wechatpay-signature-type" {
            "WECHATPAY2-SM2-WITH-SM3".clone_into(value);
        }
    }
    check(&other_kind, "SM2");
    let older = signed_at(
        now() - TimeDelta::seconds(299),
        &CERTIFICATE_SERIAL.to_lowercase(),
        200,
        &body.to_string(),
    );
    told(answer(&account, &Call::Query(&attempt), &older));
}

#[test]
fn closing_is_confirmed_by_an_empty_signed_answer() {
    let (account, attempt) = (v3(), attempt(Method::InWallet));
    let call = Call::Close(&attempt);
    assert_eq!(told(answer(&account, &call, &signed(204, &Value::Null))).state, PaymentState::Closed);
    unknown(answer(&account, &call, &Response { status: 204, ..Response::default() }));
    let error = |status, code: &str| signed(status, &json!({ "code": code, "message": "…" }));
    assert_eq!(told(answer(&account, &call, &error(400, "ORDER_CLOSED"))).state, PaymentState::Closed);
    assert_eq!(told(answer(&account, &call, &error(404, "ORDER_NOT_EXIST"))).state, PaymentState::Absent);
    assert!(
        matches!(answer(&account, &call, &error(400, "ORDERPAID")), Answer::Refused(no) if no.kind == RefusalKind::Paid)
    );
}

#[test]
fn codes_decide_what_a_refusal_is() {
    let (account, attempt) = (v3(), attempt(Method::Code));
    let open = |status, code: &str| {
        answer(&account, &Call::Open(&attempt), &signed(status, &json!({ "code": code, "message": "m" })))
    };
    let kinds = [
        (400, "PARAM_ERROR", RefusalKind::Setup),
        (400, "INVALID_REQUEST", RefusalKind::Setup),
        (401, "SIGN_ERROR", RefusalKind::Access),
        (403, "NO_AUTH", RefusalKind::Access),
        (403, "RULE_LIMIT", RefusalKind::Payer),
        (403, "NOT_ENOUGH", RefusalKind::Trouble),
        (429, "FREQUENCY_LIMITED", RefusalKind::Trouble),
        (429, "SOMETHING_NEW", RefusalKind::Trouble),
        (400, "SOMETHING_NEW", RefusalKind::Setup),
        (400, "ORDERPAID", RefusalKind::Paid),
        (404, "ORDER_NOT_EXIST", RefusalKind::Absent),
    ];
    for (status, code, kind) in kinds {
        assert!(
            matches!(open(status, code), Answer::Refused(no) if no.kind == kind && no.code == code),
            "{code}"
        );
    }
    for (status, code) in
        [(403, "OUT_TRADE_NO_USED"), (500, "SYSTEM_ERROR"), (502, "BANK_ERROR"), (302, "MOVED")]
    {
        assert!(unknown(open(status, code)).contains(code));
    }
    assert_eq!(
        told(answer(
            &account,
            &Call::Query(&attempt),
            &signed(404, &json!({"code": "ORDER_NOT_EXIST", "message": ""}))
        ))
        .state,
        PaymentState::Absent
    );
}

#[test]
fn a_refusal_without_a_signature_counts_only_where_nothing_can_have_been_done() {
    let (account, attempt) = (v3(), attempt(Method::Code));
    let open = |status, code: &str| {
        let body = json!({ "code": code, "message": "m" }).to_string();
        answer(&account, &Call::Open(&attempt), &Response::text(status, "application/json", body))
    };
    assert!(matches!(open(401, "SIGN_ERROR"), Answer::Refused(no) if no.kind == RefusalKind::Access));
    assert!(
        matches!(open(429, "RATELIMIT_EXCEEDED"), Answer::Refused(no) if no.kind == RefusalKind::Trouble)
    );
    unknown(open(400, "PARAM_ERROR"));
    unknown(open(404, "ORDER_NOT_EXIST"));
    unknown(answer(&account, &Call::Open(&attempt), &Response::text(401, "text/html", "<html>")));
}

#[test]
fn refunds_are_done_only_when_wechat_says_so() {
    let (account, attempt, refund) = (v3(), attempt(Method::InWallet), refund());
    for call in [
        Call::Refund { attempt: &attempt, refund: &refund },
        Call::QueryRefund { attempt: &attempt, refund: &refund },
    ] {
        let state = |status: &str| match answer(&account, &call, &signed(200, &refunded(status))) {
            Answer::Told(Told::Refund(fact)) => {
                assert_eq!((fact.attempt.as_str(), fact.amount), (NUMBER, Some(yuan(1_234))));
                fact.state
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(state("SUCCESS"), RefundState::Done);
        assert_eq!(state("PROCESSING"), RefundState::Waiting);
        assert!(matches!(state("ABNORMAL"), RefundState::Failed { refusal } if refusal.code == "ABNORMAL"));
        assert!(matches!(state("CLOSED"), RefundState::Failed { .. }));
        unknown(answer(&account, &call, &signed(200, &refunded("SOON"))));
        for (pointer, value) in [
            ("/out_refund_no", json!("R2")),
            ("/out_trade_no", json!("other")),
            ("/amount/refund", json!(1_235)),
            ("/amount/total", json!(4_999)),
            ("/amount/currency", json!("HKD")),
            ("/amount", Value::Null),
        ] {
            let mut body = refunded("SUCCESS");
            *body.pointer_mut(pointer).unwrap() = value;
            unknown(answer(&account, &call, &signed(200, &body)));
        }
    }
    let absent = signed(404, &json!({ "code": "RESOURCE_NOT_EXISTS", "message": "" }));
    let call = Call::QueryRefund { attempt: &attempt, refund: &refund };
    assert!(
        matches!(answer(&account, &call, &absent), Answer::Told(Told::Refund(fact)) if fact.state == RefundState::Absent)
    );
}

#[test]
fn the_login_tells_the_openid_or_whose_fault_it_is() {
    let account = v3();
    let call = Call::Identify { code: "c" };
    let ask =
        |body: Value| account.answer(&call, &Response::text(200, "text/plain", body.to_string()), now());
    assert_eq!(
        ask(json!({ "access_token": "a", "openid": "o1" })),
        Answer::Told(Told::Payer("o1".to_owned()))
    );
    let kind = |code: i64| match ask(json!({ "errcode": code, "errmsg": "no" })) {
        Answer::Refused(refusal) => refusal.kind,
        other => panic!("{other:?}"),
    };
    assert_eq!(kind(40029), RefusalKind::Payer);
    assert_eq!(kind(40125), RefusalKind::Setup);
    assert_eq!(kind(-1), RefusalKind::Trouble);
    unknown(ask(json!({})));
    unknown(account.answer(&call, &Response::text(500, "text/plain", "x"), now()));
}
