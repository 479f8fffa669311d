//! Nothing that comes from outside makes it panic, and nothing unsigned is believed.

use super::{KEY_ID, attempt, envelope, now, refund, signed_at, v2, v3};
use crate::provider::wechat::v2::Kind;
use crate::provider::{Answer, Call, FileKind, Method, Provider, Response, Told};
use chrono::NaiveDate;
use proptest::prelude::*;
use serde_json::{Value, json};

fn anything() -> impl Strategy<Value = Response> {
    let name = prop_oneof![
        Just("wechatpay-signature".to_owned()),
        Just("wechatpay-timestamp".to_owned()),
        Just("wechatpay-nonce".to_owned()),
        Just("wechatpay-serial".to_owned()),
    ];
    let value = prop_oneof![Just(KEY_ID.to_owned()), Just(now().timestamp().to_string()), ".{0,30}"];
    let body = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..200),
        "<xml>(<[a-c]>(<!\\[CDATA\\[[0-9]{0,3}\\]\\]>|&[a-z]{1,3};|[0-9])</[a-c]>){0,4}</xml>".prop_map(String::into_bytes),
        "<xml><return_code>SUCCESS</return_code><req_info>[A-Za-z0-9+/]{0,64}={0,2}</req_info><mch_id>1900000001</mch_id><appid>wxd678efh567hg6787</appid></xml>".prop_map(String::into_bytes),
        "\\{\"code\":\"[A-Z_]{1,12}\"\\}".prop_map(String::into_bytes),
    ];
    let status = prop_oneof![Just(200_u16), Just(204), Just(404), Just(500), any::<u16>()];
    (status, proptest::collection::vec((name, value), 0..6), body)
        .prop_map(|(status, headers, body)| Response { status, headers, body })
}

/// JSON with our fields' names and any values.
fn json_like() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(|number| json!(number)),
        "[A-Z0-9_]{0,12}".prop_map(|text| json!(text)),
        Just(json!("SUCCESS")),
        Just(json!("1900000001")),
        Just(json!(super::NUMBER)),
    ];
    let name = prop_oneof![
        Just("mchid"),
        Just("out_trade_no"),
        Just("trade_state"),
        Just("amount"),
        Just("total"),
        Just("refund"),
        Just("transaction_id"),
        Just("status"),
        Just("out_order_no"),
        Just("state"),
        Just("collection"),
        Just("risk_fund"),
        Just("out_refund_no"),
        Just("nonce"),
        Just("ciphertext"),
        Just("algorithm"),
        Just("prepay_id"),
        Just("download_url"),
    ];
    leaf.prop_recursive(3, 24, 8, move |inner| {
        proptest::collection::btree_map(name.clone(), inner, 0..8).prop_map(|fields| json!(fields))
    })
}

fn every_call(check: &mut dyn FnMut(&Call<'_>)) {
    let (attempt, score, refund) = (attempt(Method::InWallet), attempt(Method::Score), refund());
    let day = NaiveDate::from_ymd_opt(2026, 2, 28).unwrap();
    check(&Call::Identify { code: "c" });
    for attempt in [&attempt, &score] {
        check(&Call::Open(attempt));
        check(&Call::Query(attempt));
        check(&Call::Close(attempt));
        check(&Call::Refund { attempt, refund: &refund });
        check(&Call::QueryRefund { attempt, refund: &refund });
        check(&Call::Capture { attempt, amount: super::yuan(1), key: "k" });
        check(&Call::Release { attempt, key: "k" });
    }
    check(&Call::Statement { day, kind: FileKind::Trades });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn arbitrary_messages_are_answered_without_belief(message in anything()) {
        let (newer, older) = (v3(), v2(Kind::Md5));
        prop_assert!(newer.notice(&message, now()).is_err());
        prop_assert!(older.notice(&message, now()).is_err());
        every_call(&mut |call| {
            for account in [&newer as &dyn Provider, &older] {
                let answer = account.answer(call, &message, now());
                assert!(!matches!(answer, Answer::Told(Told::Payment(_) | Told::Refund(_) | Told::Opened { .. })), "{answer:?}");
            }
        });
    }

    #[test]
    fn arbitrary_signed_content_never_panics(content in json_like(), event in "(TRANSACTION|REFUND|PAYSCORE)\\.(SUCCESS|USER_PAID|CLOSED)") {
        let account = v3();
        let text = content.to_string();
        let responses = [200, 404].map(|status| signed_at(now(), KEY_ID, status, &text));
        every_call(&mut |call| {
            for response in &responses {
                account.answer(call, response, now());
            }
        });
        let _ = account.notice(&signed_at(now(), KEY_ID, 0, &envelope(&event, &content)), now());
        let _ = account.notice(&super::notification(&event, &content), now());
    }
}
