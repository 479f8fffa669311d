//! The older protocol: what its answers and notifications mean, and which of them are not believed.

use super::{API_KEY, NUMBER, answer, attempt, now, refund, told, unknown, v2 as account, yuan};
use crate::provider::wechat::v2::{Fields, Kind, notice::refund_key, sign, xml};
use crate::provider::{
    Answer, Call, Fact, FileKind, Method, Next, NoticeFault, PaymentState, Provider, RefundState,
    RefusalKind, Response, Told,
};
use aes::cipher::{BlockEncrypt, KeyInit, generic_array::GenericArray};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::NaiveDate;

fn fields(pairs: &[(&str, &str)]) -> Fields {
    let own = [
        ("return_code", "SUCCESS"),
        ("result_code", "SUCCESS"),
        ("appid", "wxd678efh567hg6787"),
        ("mch_id", "1900000001"),
        ("nonce_str", "IITRi8Iabbblz1Jc"),
    ];
    own.iter().chain(pairs).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn signed(kind: Kind, mut fields: Fields) -> Response {
    let signature = sign::sign(&fields, API_KEY, kind);
    fields.insert("sign".to_owned(), signature);
    Response::text(200, "text/xml", xml::write(&fields))
}

fn paid() -> Fields {
    fields(&[
        ("openid", "o1"),
        ("trade_type", "JSAPI"),
        ("bank_type", "OTHERS"),
        ("total_fee", "5000"),
        ("cash_fee", "4500"),
        ("coupon_fee_0", "500"),
        ("fee_type", "CNY"),
        ("transaction_id", "4200001234"),
        ("out_trade_no", NUMBER),
        ("time_end", "20260301100030"),
    ])
}

fn with(mut fields: Fields, name: &str, value: &str) -> Fields {
    fields.insert(name.to_owned(), value.to_owned());
    fields
}

#[test]
fn opening_leads_the_payer_by_each_method() {
    for kind in [Kind::Md5, Kind::HmacSha256] {
        let account = account(kind);
        let open = |method: Method, pairs: &[(&str, &str)]| match answer(
            &account,
            &Call::Open(&attempt(method)),
            &signed(kind, fields(pairs)),
        ) {
            Answer::Told(Told::Opened { next, .. }) => next,
            other => panic!("{other:?}"),
        };
        let Next::WechatBridge { parameters } =
            open(Method::InWallet, &[("trade_type", "JSAPI"), ("prepay_id", "wx1")])
        else {
            panic!("no bridge")
        };
        let mut shown: Fields = serde_json::from_value(parameters).unwrap();
        let signature = shown.remove("paySign").unwrap();
        assert_eq!(sign::sign(&shown, API_KEY, kind), signature);
        assert_eq!(shown["package"], "prepay_id=wx1");
        let code = open(Method::Code, &[("trade_type", "NATIVE"), ("code_url", "weixin://wxpay/1")]);
        assert_eq!(code, Next::ShowCode { text: "weixin://wxpay/1".to_owned() });
        let page = open(
            Method::PhoneBrowser,
            &[("trade_type", "MWEB"), ("mweb_url", "https://wx.tenpay.com/x?p=1")],
        );
        assert!(
            matches!(page, Next::Redirect { url } if url.starts_with("https://wx.tenpay.com/x?p=1&redirect_url=https%3A"))
        );
    }
}

#[test]
fn a_payment_is_told_by_query_and_by_notification() {
    for kind in [Kind::Md5, Kind::HmacSha256] {
        let (account, attempt) = (account(kind), attempt(Method::InWallet));
        let answered = signed(kind, with(paid(), "trade_state", "SUCCESS"));
        let fact = told(answer(&account, &Call::Query(&attempt), &answered));
        assert_eq!((&fact.state, fact.taken), (&PaymentState::Taken, Some(yuan(5_000))));
        assert_eq!(fact.at, Some("2026-03-01T02:00:30Z".parse().unwrap()));
        // A message is signed as its order was made, which may have been before a change of `sign_type`.
        for other in [Kind::Md5, Kind::HmacSha256] {
            let notices = account.notice(&signed(other, paid()), now()).unwrap();
            assert_eq!(notices[0].key(), "paid:4200001234");
            assert_eq!(notices[0].fact(), &Fact::Payment(fact.clone()));
        }
    }
}

#[test]
fn a_failed_payment_in_a_notification_is_not_an_end() {
    let call = signed(Kind::Md5, with(paid(), "result_code", "FAIL"));
    let notices = account(Kind::Md5).notice(&call, now()).unwrap();
    assert!(matches!(notices[0].fact(), Fact::Payment(fact) if fact.state == PaymentState::Waiting));
}

#[test]
fn every_state_has_its_word() {
    let (account, attempt) = (account(Kind::Md5), attempt(Method::InWallet));
    let query = |word: &str| {
        answer(&account, &Call::Query(&attempt), &signed(Kind::Md5, with(paid(), "trade_state", word)))
    };
    assert_eq!(told(query("REFUND")).state, PaymentState::Taken);
    assert_eq!(told(query("NOTPAY")).state, PaymentState::Waiting);
    assert_eq!(told(query("USERPAYING")).state, PaymentState::Waiting);
    assert_eq!(told(query("CLOSED")).state, PaymentState::Closed);
    assert_eq!(told(query("REVOKED")).state, PaymentState::Closed);
    assert!(matches!(told(query("PAYERROR")).state, PaymentState::Failed { .. }));
    unknown(query("NEW"));
    unknown(query(""));
}

#[test]
fn an_answer_that_does_not_fit_or_verify_is_unknown() {
    let (account, attempt) = (account(Kind::HmacSha256), attempt(Method::InWallet));
    let taken = || with(paid(), "trade_state", "SUCCESS");
    let check = |response: &Response| unknown(answer(&account, &Call::Query(&attempt), response));
    for (name, value) in [
        ("out_trade_no", "other"),
        ("total_fee", "4999"),
        ("total_fee", "5000.0"),
        ("total_fee", ""),
        ("fee_type", "HKD"),
        ("mch_id", "1"),
        ("appid", "wx0"),
        ("transaction_id", ""),
    ] {
        check(&signed(Kind::HmacSha256, with(taken(), name, value)));
    }
    let why = check(&signed(Kind::Md5, taken()));
    assert!(why.contains("signature"), "another kind of signature than was asked for: {why}");
    check(&Response::text(200, "text/xml", xml::write(&taken())));
    let mut changed = signed(Kind::HmacSha256, with(taken(), "coupon_fee_0", "500"));
    changed.body = String::from_utf8(changed.body).unwrap().replace("[500]", "[501]").into_bytes();
    check(&changed);
    check(&Response::text(502, "text/html", "<html>"));
}

#[test]
fn codes_decide_what_a_refusal_is() {
    let (account, attempt, refund) = (account(Kind::Md5), attempt(Method::Code), refund());
    let fail =
        |code: &str| signed(Kind::Md5, with(with(fields(&[]), "result_code", "FAIL"), "err_code", code));
    let kind = |call: &Call<'_>, code: &str| match answer(&account, call, &fail(code)) {
        Answer::Refused(refusal) => refusal.kind,
        other => panic!("{other:?}"),
    };
    let (open, back) = (Call::Open(&attempt), Call::Refund { attempt: &attempt, refund: &refund });
    assert_eq!(kind(&open, "NOTENOUGH"), RefusalKind::Payer);
    assert_eq!(kind(&back, "NOTENOUGH"), RefusalKind::Trouble);
    assert_eq!(kind(&open, "ORDERPAID"), RefusalKind::Paid);
    assert_eq!(kind(&open, "ORDERCLOSED"), RefusalKind::Closed);
    assert_eq!(kind(&open, "SIGNERROR"), RefusalKind::Access);
    assert_eq!(kind(&back, "FREQUENCY_LIMITED"), RefusalKind::Trouble);
    for code in ["SYSTEMERROR", "OUT_TRADE_NO_USED", "BIZERR_NEED_RETRY", "NEW"] {
        unknown(answer(&account, &open, &fail(code)));
    }
    assert_eq!(
        told(answer(&account, &Call::Query(&attempt), &fail("ORDERNOTEXIST"))).state,
        PaymentState::Absent
    );
    assert_eq!(
        told(answer(&account, &Call::Close(&attempt), &fail("ORDERCLOSED"))).state,
        PaymentState::Closed
    );
    assert_eq!(
        told(answer(&account, &Call::Close(&attempt), &signed(Kind::Md5, fields(&[])))).state,
        PaymentState::Closed
    );
    let ask = Call::QueryRefund { attempt: &attempt, refund: &refund };
    assert!(
        matches!(answer(&account, &ask, &fail("REFUNDNOTEXIST")), Answer::Told(Told::Refund(fact)) if fact.state == RefundState::Absent)
    );
}

#[test]
fn a_failure_of_transport_is_not_signed_and_believed_only_of_a_new_order() {
    let (account, attempt, refund) = (account(Kind::Md5), attempt(Method::Code), refund());
    let fail = Response::text(
        200,
        "text/xml",
        "<xml><return_code>FAIL</return_code><return_msg>签名错误</return_msg></xml>",
    );
    assert!(
        matches!(answer(&account, &Call::Open(&attempt), &fail), Answer::Refused(no) if no.text == "签名错误")
    );
    unknown(answer(&account, &Call::Query(&attempt), &fail));
    unknown(answer(&account, &Call::Refund { attempt: &attempt, refund: &refund }, &fail));
}

#[test]
fn a_refund_is_taken_on_first_and_done_when_asked_after() {
    let (account, attempt, refund) = (account(Kind::Md5), attempt(Method::Code), refund());
    let base = || {
        fields(&[
            ("out_trade_no", NUMBER),
            ("total_fee", "5000"),
            ("out_refund_no", "R20260301-1"),
            ("refund_fee", "1234"),
            ("refund_id", "5"),
        ])
    };
    let call = Call::Refund { attempt: &attempt, refund: &refund };
    assert!(matches!(
        answer(&account, &call, &signed(Kind::Md5, base())),
        Answer::Told(Told::Refund(fact)) if fact.state == RefundState::Waiting && fact.amount == Some(yuan(1_234))
    ));
    for (name, value) in
        [("out_trade_no", "x"), ("total_fee", "1"), ("out_refund_no", "R2"), ("refund_fee", "1")]
    {
        unknown(answer(&account, &call, &signed(Kind::Md5, with(base(), name, value))));
    }
    let asked = |status: &str| {
        fields(&[
            ("out_trade_no", NUMBER),
            ("total_fee", "5000"),
            ("refund_count", "1"),
            ("out_refund_no_0", "R20260301-1"),
            ("refund_fee_0", "1234"),
            ("refund_id_0", "5"),
            ("refund_status_0", status),
            ("refund_success_time_0", "2026-03-01 10:05:00"),
        ])
    };
    let call = Call::QueryRefund { attempt: &attempt, refund: &refund };
    let state = |status: &str| match answer(&account, &call, &signed(Kind::Md5, asked(status))) {
        Answer::Told(Told::Refund(fact)) => {
            assert_eq!(fact.at, Some("2026-03-01T02:05:00Z".parse().unwrap()));
            fact.state
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(state("SUCCESS"), RefundState::Done);
    assert_eq!(state("PROCESSING"), RefundState::Waiting);
    assert!(matches!(state("CHANGE"), RefundState::Failed { .. }));
    assert!(matches!(state("REFUNDCLOSE"), RefundState::Failed { .. }));
    unknown(answer(&account, &call, &signed(Kind::Md5, asked("NEW"))));
}

/// A refund's end as WeChat sends it.
fn refund_notification(inner: &str) -> Response {
    let cipher = aes::Aes256::new_from_slice(refund_key(API_KEY).as_bytes()).unwrap();
    let mut bytes = inner.as_bytes().to_vec();
    let padding = 16 - bytes.len() % 16;
    bytes.resize(bytes.len() + padding, u8::try_from(padding).unwrap());
    for block in bytes.chunks_exact_mut(16) {
        cipher.encrypt_block(GenericArray::from_mut_slice(block));
    }
    let outer = with(fields(&[]), "req_info", &STANDARD.encode(bytes));
    Response::text(0, "text/xml", xml::write(&outer))
}

#[test]
fn a_refunds_notification_is_only_a_hint() {
    let inner = format!(
        "<root><out_refund_no><![CDATA[R20260301-1]]></out_refund_no><out_trade_no><![CDATA[{NUMBER}]]></out_trade_no><refund_fee><![CDATA[1234]]></refund_fee><refund_id><![CDATA[5]]></refund_id><refund_status><![CDATA[SUCCESS]]></refund_status></root>"
    );
    let notices = account(Kind::Md5).notice(&refund_notification(&inner), now()).unwrap();
    assert_eq!(notices[0].key(), "refund:5:SUCCESS");
    let Fact::Refund(fact) = notices[0].fact() else { panic!("no refund") };
    assert_eq!(
        (&fact.state, fact.number.as_str(), fact.attempt.as_str()),
        (&RefundState::Waiting, "R20260301-1", NUMBER)
    );
    let fault = |call: &Response| account(Kind::Md5).notice(call, now()).unwrap_err();
    assert!(matches!(fault(&refund_notification("<root></root>")), NoticeFault::Malformed(_)));
    let good = xml::read(&refund_notification(&inner).body).unwrap();
    let sent =
        |name: &str, value: &str| Response::text(0, "text/xml", xml::write(&with(good.clone(), name, value)));
    assert!(matches!(fault(&sent("mch_id", "2")), NoticeFault::Foreign(_)));
    assert!(matches!(fault(&sent("req_info", "AAAA")), NoticeFault::Malformed(_)));
    assert!(matches!(fault(&sent("req_info", "")), NoticeFault::Malformed(_)));
    assert!(matches!(fault(&sent("req_info", &STANDARD.encode([7; 32]))), NoticeFault::Forged(_)));
}

#[test]
fn notifications_that_are_not_to_be_believed() {
    let fault = |call: &Response| account(Kind::Md5).notice(call, now()).unwrap_err();
    let mut changed = signed(Kind::Md5, paid());
    changed.body = String::from_utf8(changed.body).unwrap().replace("5000", "9000").into_bytes();
    assert!(matches!(fault(&changed), NoticeFault::Forged(_)));
    assert!(matches!(fault(&Response::text(0, "text/xml", xml::write(&paid()))), NoticeFault::Forged(_)));
    assert!(matches!(
        fault(&Response::text(0, "text/xml", xml::write(&with(paid(), "sign", "AB")))),
        NoticeFault::Forged(_)
    ));
    assert!(matches!(fault(&signed(Kind::Md5, with(paid(), "return_code", "FAIL"))), NoticeFault::Forged(_)));
    assert!(matches!(fault(&signed(Kind::Md5, with(paid(), "mch_id", "2"))), NoticeFault::Foreign(_)));
    assert!(matches!(fault(&signed(Kind::Md5, with(paid(), "appid", "wx0"))), NoticeFault::Foreign(_)));
    let mut nobody = paid();
    nobody.remove("mch_id");
    assert!(matches!(fault(&signed(Kind::Md5, nobody)), NoticeFault::Malformed(_)));
    assert!(matches!(fault(&signed(Kind::Md5, with(paid(), "total_fee", "x"))), NoticeFault::Malformed(_)));
}

#[test]
fn xml_that_can_be_read_in_two_ways_is_refused() {
    let texts = [
        ("<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><xml><a>&e;</a></xml>", "document type"),
        ("<xml><a>1</a><a>2</a></xml>", "twice"),
        ("<xml><a/><a>2</a></xml>", "twice"),
        ("<xml><a><b>1</b></a></xml>", "inside"),
        ("<xml><a>1<!-- --></a></xml>", "comment"),
        ("<xml><?php x?></xml>", "instruction"),
        ("<xml><a>&e;</a></xml>", "entity"),
        ("<xml>text<a>1</a></xml>", "between"),
        ("<xml><a>1</a></xml><xml><a>2</a></xml>", "after its end"),
        ("<xml><a>1</a>", "too early"),
        ("<xml><a>1</b></xml>", "damaged"),
        ("", "too early"),
        ("no xml", "between"),
    ];
    for (text, expected) in texts {
        let why = xml::read(text.as_bytes()).unwrap_err();
        assert!(why.contains(expected), "{text}: {why}");
    }
    assert!(xml::read(&[0xff, b'<']).unwrap_err().contains("UTF-8"));
    assert!(xml::read(&vec![b' '; (1 << 18) + 1]).unwrap_err().contains("bytes"));
    let many: String = (0..501).map(|number| format!("<a{number}/>")).collect();
    assert!(xml::read(format!("<xml>{many}</xml>").as_bytes()).unwrap_err().contains("500"));
}

#[test]
fn xml_is_read_as_it_is_written() {
    let text = "<?xml version=\"1.0\"?>\n<xml>\n  <a><![CDATA[1 < 2 & 3]]></a>\n <b>x &amp; y&#x4e2d;</b><c/> </xml>\n";
    let read = xml::read(text.as_bytes()).unwrap();
    assert_eq!((read["a"].as_str(), read["b"].as_str(), read["c"].as_str()), ("1 < 2 & 3", "x & y中", ""));
    let odd = Fields::from([("body".to_owned(), "a]]>b<c>&amp;".to_owned())]);
    assert_eq!(xml::read(xml::write(&odd).as_bytes()).unwrap(), odd);
}

#[test]
fn a_day_has_a_file_or_none_or_one_later() {
    let account = account(Kind::Md5);
    let day = NaiveDate::from_ymd_opt(2026, 2, 28).unwrap();
    let call = Call::Statement { day, kind: FileKind::Trades };
    let get = |body: &str| answer(&account, &call, &Response::text(200, "text/plain", body));
    let file = "\u{feff}交易时间,公众账号ID\r\n`2026-02-28 10:00:00,`wx1\r\n总交易单数,x\r\n`1,`2\r\n";
    assert_eq!(get(file), Answer::Told(Told::File(file.as_bytes().to_vec())));
    unknown(get("\u{feff}交易时间,公众账号ID\r\n`2026-02-28 10:00:00,`wx1\r\n"));
    let fail = |text: &str| {
        get(&format!(
            "<xml><return_code>FAIL</return_code><return_msg>{text}</return_msg><error_code>20002</error_code></xml>"
        ))
    };
    assert_eq!(fail("No Bill Exist"), Answer::Told(Told::FileEmpty));
    assert_eq!(fail("Bill Creating"), Answer::Told(Told::FileLater));
    assert!(matches!(fail("invalid bill_type"), Answer::Refused(no) if no.kind == RefusalKind::Setup));
    let funds = Call::Statement { day, kind: FileKind::Funds };
    assert_eq!(account.request(&funds, now()).unwrap_err().kind, RefusalKind::Unsupported);
}

#[test]
fn refunds_present_the_client_certificate_or_are_not_sent() {
    let with_certificate = account(Kind::Md5);
    let identity = String::from_utf8(with_certificate.client_identity().unwrap().to_vec()).unwrap();
    assert!(identity.contains("BEGIN CERTIFICATE") && identity.contains("BEGIN PRIVATE KEY"));
    let settings = crate::provider::wechat::v2::Settings {
        certificate: None,
        private_key: None,
        ..super::v2_settings()
    };
    let without = crate::provider::wechat::v2::build(&settings, &super::no_files).unwrap();
    assert_eq!(without.client_identity(), None);
    let (attempt, refund) = (attempt(Method::Code), refund());
    let refusal = without.request(&Call::Refund { attempt: &attempt, refund: &refund }, now()).unwrap_err();
    assert_eq!(refusal.code, "certificate");
}

#[test]
fn it_is_acknowledged_in_xml() {
    let account = account(Kind::Md5);
    let body = |took| xml::read(&account.acknowledgement(took).body).unwrap()["return_code"].clone();
    assert_eq!((body(true).as_str(), body(false).as_str()), ("SUCCESS", "FAIL"));
    assert_eq!(account.acknowledgement(true).status, 200);
}
