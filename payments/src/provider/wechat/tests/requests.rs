//! Every request, as it goes over the wire.

use super::{NONCE, attempt, now, refund, sent, v2, v3, yuan};
use crate::provider::wechat::v2::Kind;
use crate::provider::{Call, FileKind, Method, Provider, Request, Verb};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::NaiveDate;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

/// A request as text, its signature checked and left out.
fn shown(request: &Request) -> String {
    let mut text = format!("{} {}\n", request.verb.name(), request.url);
    for (name, value) in &request.headers {
        let value = match value.split_once("signature=\"") {
            Some((before, _)) => format!("{before}signature=\"…\""),
            None => value.clone(),
        };
        text.push_str(&format!("{name}: {value}\n"));
    }
    if request.client_certificate {
        text.push_str("(with the client certificate)\n");
    }
    text + "\n" + std::str::from_utf8(&request.body).unwrap() + "\n"
}

/// The merchant's public key verifies exactly the text that WeChat puts together.
fn check_signature(request: &Request) {
    let header = request.headers.iter().find(|(name, _)| *name == "authorization").unwrap().1.as_str();
    let signature = header.split_once("signature=\"").unwrap().1.trim_end_matches('"');
    let path = request.url.strip_prefix("https://api.mch.weixin.qq.com").unwrap();
    let (verb, body) = (request.verb.name(), std::str::from_utf8(&request.body).unwrap());
    let text = format!("{verb}\n{path}\n{}\n{NONCE}\n{body}\n", now().timestamp());
    let account = v3();
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, account.signer.key.public().as_ref());
    key.verify(text.as_bytes(), &STANDARD.decode(signature).unwrap()).unwrap();
    assert!(request.verb == Verb::Post || request.body.is_empty());
}

fn calls(check: impl Fn(&str, &Call<'_>)) {
    let (inside, browser, code) =
        (attempt(Method::InWallet), attempt(Method::PhoneBrowser), attempt(Method::Code));
    let refund = refund();
    let day = NaiveDate::from_ymd_opt(2026, 2, 28).unwrap();
    check("identify", &Call::Identify { code: "0a1b/c+" });
    check("open_jsapi", &Call::Open(&inside));
    check("open_h5", &Call::Open(&browser));
    check("open_native", &Call::Open(&code));
    check("query", &Call::Query(&inside));
    check("close", &Call::Close(&inside));
    check("refund", &Call::Refund { attempt: &inside, refund: &refund });
    check("query_refund", &Call::QueryRefund { attempt: &inside, refund: &refund });
    check("trades", &Call::Statement { day, kind: FileKind::Trades });
}

#[test]
fn v3_says_it_as_wechat_documents_it() {
    let account = v3();
    let check = |name: &str, call: &Call<'_>| {
        let request = sent(account.request(call, now()).unwrap());
        if name != "identify" {
            check_signature(&request);
        }
        insta::assert_snapshot!(format!("v3_{name}"), shown(&request));
    };
    calls(check);
    let day = NaiveDate::from_ymd_opt(2026, 2, 28).unwrap();
    check("funds", &Call::Statement { day, kind: FileKind::Funds });
    let mut score = attempt(Method::Score);
    check("open_score", &Call::Open(&score));
    check("query_score", &Call::Query(&score));
    check("cancel_score", &Call::Release { attempt: &score, key: "k" });
    check("close_score", &Call::Close(&score));
    check("complete_score", &Call::Capture { attempt: &score, amount: yuan(3_766), key: "k" });
    score.charge = Some("4200001234202603011234567890".to_owned());
    check("refund_score", &Call::Refund { attempt: &score, refund: &refund() });
}

#[test]
fn v2_says_it_as_wechat_documents_it() {
    for (kind, word) in [(Kind::HmacSha256, "hmac"), (Kind::Md5, "md5")] {
        let account = v2(kind);
        calls(|name, call| {
            let request = sent(account.request(call, now()).unwrap());
            insta::assert_snapshot!(format!("v2_{word}_{name}"), shown(&request));
        });
    }
}

#[test]
fn the_login_page_brings_the_payer_back() {
    let at = v3().identify_at("https://pay.example.com/p/x?a=1", "s t").unwrap();
    assert_eq!(
        at,
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wxd678efh567hg6787&redirect_uri=https%3A%2F%2Fpay.example.com%2Fp%2Fx%3Fa%3D1&response_type=code&scope=snsapi_base&state=s%20t#wechat_redirect"
    );
}

#[test]
fn the_second_address_takes_the_same_request() {
    let (account, attempt) = (v3(), attempt(Method::Code));
    let request = sent(account.request(&Call::Open(&attempt), now()).unwrap());
    let second = account.elsewhere(&request).unwrap();
    assert_eq!(second.url, "https://api2.mch.weixin.qq.com/v3/pay/transactions/native");
    assert_eq!((second.headers, second.body), (request.headers, request.body));
    assert_eq!(v2(Kind::Md5).elsewhere(&Request::get("https://api.mch.weixin.qq.com/x".to_owned())), None);
    let login = sent(account.request(&Call::Identify { code: "c" }, now()).unwrap());
    assert_eq!(account.elsewhere(&login), None);
}

#[test]
fn what_wechat_cannot_take_is_not_sent() {
    let refused = |change: &dyn Fn(&mut crate::provider::Attempt), method: Method| {
        let mut attempt = attempt(method);
        change(&mut attempt);
        let by_v3 = v3().request(&Call::Open(&attempt), now()).unwrap_err();
        let by_v2 = v2(Kind::Md5).request(&Call::Open(&attempt), now()).unwrap_err();
        assert_eq!(by_v3.code, by_v2.code, "{} / {}", by_v3.text, by_v2.text);
        by_v3.code
    };
    assert_eq!(
        refused(&|attempt| attempt.amount.currency = "EUR".parse().unwrap(), Method::Code),
        "currency"
    );
    assert_eq!(refused(&|attempt| attempt.amount.minor = 0, Method::Code), "amount");
    assert_eq!(refused(&|attempt| attempt.number = "short".to_owned(), Method::Code), "number");
    assert_eq!(refused(&|attempt| attempt.number = "a/../b?c".to_owned(), Method::Code), "number");
    assert_eq!(refused(&|attempt| attempt.notify_url.push_str("?a=b"), Method::Code), "notify_url");
    assert_eq!(refused(&|attempt| attempt.payer.id.clear(), Method::InWallet), "openid");
    assert_eq!(refused(&|attempt| attempt.method = Method::Hosted, Method::Code), "method");
    assert_eq!(
        refused(&|attempt| attempt.capture = crate::provider::Capture::Later, Method::InWallet),
        "capture"
    );
    let mut nowhere = attempt(Method::PhoneBrowser);
    nowhere.payer.address.clear();
    assert!(v3().request(&Call::Open(&nowhere), now()).is_err());
    assert!(v2(Kind::Md5).request(&Call::Open(&nowhere), now()).is_err());
    let (attempt, mut refund) = (attempt(Method::Code), refund());
    refund.amount = yuan(5_001);
    let call = Call::Refund { attempt: &attempt, refund: &refund };
    assert_eq!(v3().request(&call, now()).unwrap_err().code, "amount");
    assert_eq!(v2(Kind::Md5).request(&call, now()).unwrap_err().code, "amount");
    assert_eq!(
        v3().request(&Call::Raise { attempt: &attempt, to: yuan(1), key: "k" }, now()).unwrap_err().code,
        "raise"
    );
}

#[test]
fn a_text_is_cut_between_letters() {
    let mut long = attempt(Method::Code);
    long.description = "充".repeat(200) + "\n";
    let request = sent(v3().request(&Call::Open(&long), now()).unwrap());
    let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body["description"], "充".repeat(42));
}
