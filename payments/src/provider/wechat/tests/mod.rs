//! WeChat's side played by the tests: they hold the platform's private key and sign what WeChat would.
//!
//! The keys in `keys/` belong to nobody.

mod anything;
mod requests;
mod settings;
mod v2;
mod v3_answers;
mod v3_notices;
mod v3_score;
mod v3_statements;
mod vectors;

use super::{Material, WechatV2, WechatV3, nonce::Nonces, v2 as two, v3 as three};
use crate::Amount;
use crate::provider::{
    Answer, Attempt, Call, Capture, Method, Payer, PaymentFact, Provider, RefundAsk, Request, Response, Step,
    Told,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, TimeDelta, Utc};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};

const MERCHANT: &str = include_str!("keys/merchant.pem");
const PLATFORM: &str = include_str!("keys/platform.pem");
const PLATFORM_CERTIFICATE: &str = include_str!("keys/platform_cert.pem");
const PLATFORM_PUBLIC: &str = include_str!("keys/platform_pub.pem");
const KEY_ID: &str = "PUB_KEY_ID_0119000000012026010100000000000001";
const CERTIFICATE_SERIAL: &str = "F1B2C3D4E5F60718293A4B5C6D7E8F90123456";
const API_V3_KEY: &str = "0123456789abcdef0123456789abcdef";
const API_KEY: &str = "192006250b4c09247ec02edce69f6a2d";
const NONCE: &str = "593BEC0C930BF1AFEB40B4A08C8FB242";
const NUMBER: &str = "A20260301-7hQm2xKd9Lw4";

/// 2026-03-01 10:00:00 in Beijing.
fn now() -> DateTime<Utc> {
    "2026-03-01T02:00:00Z".parse().unwrap()
}

fn yuan(fen: i64) -> Amount {
    Amount::new(fen, "CNY".parse().unwrap())
}

/// No settings of the tests name a file.
fn no_files(path: &str) -> Result<Vec<u8>, String> {
    Err(format!("there is no file {path}"))
}

fn v3_settings() -> three::Settings {
    serde_json::from_value(json!({
        "mchid": "1900000001",
        "appid": "wxd678efh567hg6787",
        "app_secret": "the app's secret",
        "backup_url": "https://api2.mch.weixin.qq.com",
        "certificate_serial": "5A1B2C3D4E5F60718293A4B5C6D7E8F901234567",
        "private_key": MERCHANT,
        "api_v3_key": API_V3_KEY,
        "platform_keys": { KEY_ID: PLATFORM_PUBLIC, CERTIFICATE_SERIAL: PLATFORM_CERTIFICATE },
        "score": { "service_id": "00004000000000160000000000000001" },
    }))
    .unwrap()
}

fn v3() -> WechatV3 {
    let mut account = three::build(&v3_settings(), &no_files).unwrap();
    account.signer.nonces = Nonces::Fixed(NONCE);
    account
}

fn v2_settings() -> two::Settings {
    serde_json::from_value(json!({
        "mchid": "1900000001",
        "appid": "wxd678efh567hg6787",
        "app_secret": "the app's secret",
        "api_key": API_KEY,
        "certificate": include_str!("keys/merchant_cert.pem"),
        "private_key": MERCHANT,
    }))
    .unwrap()
}

fn v2(kind: two::Kind) -> WechatV2 {
    let settings = two::Settings { sign_type: kind, ..v2_settings() };
    let mut account = two::build(&settings, &no_files).unwrap();
    account.nonces = Nonces::Fixed(NONCE);
    account
}

fn attempt(method: Method) -> Attempt {
    let capture = if method == Method::Score { Capture::Later } else { Capture::Now };
    Attempt {
        number: NUMBER.to_owned(),
        amount: yuan(5_000),
        capture,
        method,
        description: "充电 EVSE 3".to_owned(),
        payer: Payer {
            id: "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o".to_owned(),
            address: "203.0.113.7".to_owned(),
            ..Payer::default()
        },
        created_at: now(),
        expires_at: now() + TimeDelta::minutes(5),
        notify_url: "https://pay.example.com/pay/notify/wx-main".to_owned(),
        return_url: "https://pay.example.com/o/A20260301?lang=zh".to_owned(),
        reference: None,
        charge: None,
    }
}

fn refund() -> RefundAsk {
    RefundAsk {
        number: "R20260301-1".to_owned(),
        amount: yuan(1_234),
        of: yuan(5_000),
        reason: "未用完的预付款".to_owned(),
        reference: None,
        spent: 0,
    }
}

fn sent(step: Step) -> Request {
    match step {
        Step::Send(request) => request,
        Step::Done(answer) => panic!("nothing to send: {answer:?}"),
    }
}

fn platform_signature(text: &[u8]) -> String {
    let pem = x509_parser::pem::Pem::iter_from_buffer(PLATFORM.as_bytes()).next().unwrap().unwrap();
    let key = RsaKeyPair::from_pkcs8(&pem.contents).unwrap();
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text, &mut signature).unwrap();
    STANDARD.encode(signature)
}

/// A message of WeChat's, signed at a time.
fn signed_at(at: DateTime<Utc>, serial: &str, status: u16, body: &str) -> Response {
    let (time, nonce) = (at.timestamp().to_string(), "c5ac7061fccab6bf3e254dcf98995b8c");
    let signature = platform_signature(format!("{time}\n{nonce}\n{body}\n").as_bytes());
    let headers = [
        ("wechatpay-timestamp", time.as_str()),
        ("wechatpay-nonce", nonce),
        ("wechatpay-signature", &signature),
        ("wechatpay-signature-type", "WECHATPAY2-SHA256-RSA2048"),
        ("wechatpay-serial", serial),
    ];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    Response { status, headers, body: body.as_bytes().to_vec() }
}

fn signed(status: u16, body: &Value) -> Response {
    let text = if body.is_null() { String::new() } else { body.to_string() };
    signed_at(now(), KEY_ID, status, &text)
}

/// Sealed as notifications are.
fn sealed(plain: &str, nonce: &str, aad: &str) -> Value {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, API_V3_KEY.as_bytes()).unwrap());
    let mut bytes = plain.as_bytes().to_vec();
    let unique = Nonce::try_assume_unique_for_key(nonce.as_bytes()).unwrap();
    key.seal_in_place_append_tag(unique, Aad::from(aad.as_bytes()), &mut bytes).unwrap();
    json!({
        "original_type": "transaction",
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": STANDARD.encode(bytes),
        "associated_data": aad,
        "nonce": nonce,
    })
}

/// The text of a notification.
fn envelope(kind: &str, resource: &Value) -> String {
    json!({
        "id": "EV-2018022511223320873",
        "create_time": "2026-03-01T10:00:00+08:00",
        "resource_type": "encrypt-resource",
        "event_type": kind,
        "summary": "支付成功",
        "resource": resource,
    })
    .to_string()
}

/// A notification that WeChat sends now.
fn notification(kind: &str, plain: &Value) -> Response {
    signed_at(now(), KEY_ID, 0, &envelope(kind, &sealed(&plain.to_string(), "abcdefghijkl", "transaction")))
}

/// A payment as WeChat tells it.
fn transaction(state: &str) -> Value {
    json!({
        "appid": "wxd678efh567hg6787",
        "mchid": "1900000001",
        "out_trade_no": NUMBER,
        "transaction_id": "4200001234202603011234567890",
        "trade_type": "JSAPI",
        "trade_state": state,
        "trade_state_desc": "说明",
        "bank_type": "OTHERS",
        "success_time": "2026-03-01T10:00:30+08:00",
        "payer": { "openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o" },
        "amount": { "total": 5_000, "payer_total": 4_500, "currency": "CNY", "payer_currency": "CNY" },
    })
}

/// A refund as WeChat tells it.
fn refunded(status: &str) -> Value {
    json!({
        "refund_id": "50000000382019052709732678859",
        "out_refund_no": "R20260301-1",
        "transaction_id": "4200001234202603011234567890",
        "out_trade_no": NUMBER,
        "channel": "ORIGINAL",
        "status": status,
        "success_time": "2026-03-01T10:05:00+08:00",
        "amount": { "total": 5_000, "refund": 1_234, "payer_total": 4_500, "payer_refund": 1_110, "currency": "CNY" },
    })
}

fn told(answer: Answer) -> PaymentFact {
    match answer {
        Answer::Told(Told::Payment(fact)) => fact,
        other => panic!("{other:?}"),
    }
}

fn unknown(answer: Answer) -> String {
    match answer {
        Answer::Unknown(why) => why,
        other => panic!("{other:?}"),
    }
}

/// What an account answers to a call whose response is this.
fn answer(account: &dyn Provider, call: &Call<'_>, response: &Response) -> Answer {
    account.answer(call, response, now())
}

fn inline(text: &str) -> Option<Material> {
    Some(Material::new(text))
}
