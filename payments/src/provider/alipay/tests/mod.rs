//! Requests and links as they are signed, what answers and notifications mean, and what is not believed.

mod answers;
mod holds;
mod notices;
mod requests;
mod settings;

use super::{
    Alipay, Settings, build,
    keys::{Signer, Trusted},
};
use crate::{
    Amount,
    provider::{
        Answer, Attempt, Call, Capture, Method, Next, Payer, PaymentFact, Provider, RefundAsk, RefundFact,
        Request, Response, Secret, Step, Told,
    },
};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, TimeDelta, Utc};
use percent_encoding::percent_decode_str;
use serde_json::Value;
use std::{collections::BTreeMap, fmt::Write};

// Made for these tests; nothing else has ever used them.
const APP: &str = include_str!("keys/app.pem");
const APP_PUBLIC: &str = include_str!("keys/app.pub.pem");
const ALIPAY: &str = include_str!("keys/alipay.pem");
const ALIPAY_PUBLIC: &str = include_str!("keys/alipay.pub.pem");
const NEXT: &str = include_str!("keys/next.pem");
const NEXT_PUBLIC: &str = include_str!("keys/next.pub.pem");
const APP_CERTIFICATE: &str = include_str!("keys/app.crt");
const ALIPAY_CERTIFICATE: &str = include_str!("keys/alipay.crt");
const NEXT_CERTIFICATE: &str = include_str!("keys/next.crt");
const ROOTS: &str = include_str!("keys/roots.crt");

/// 2023-11-15 06:13:20 in Beijing.
fn made() -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 0).unwrap()
}

fn no_files(path: &str) -> Result<Vec<u8>, String> {
    Err(format!("{path}: there are no files here"))
}

fn settings() -> Settings {
    Settings {
        app_id: "2021000000000001".to_owned(),
        seller_id: "2088000000000001".to_owned(),
        private_key: Secret::new(APP),
        alipay_public_keys: vec![Secret::new(ALIPAY_PUBLIC)],
        methods: ["in_wallet", "phone_browser", "code", "hosted", "score"].map(str::to_owned).to_vec(),
        ..Settings::default()
    }
}

fn by_certificates() -> Settings {
    Settings {
        alipay_public_keys: vec![],
        app_certificate: Secret::new(APP_CERTIFICATE),
        root_certificate: Secret::new(ROOTS),
        alipay_certificates: vec![Secret::new(ALIPAY_CERTIFICATE)],
        ..settings()
    }
}

fn alipay() -> Alipay {
    build(&settings(), &no_files).unwrap()
}

fn yuan(fen: i64) -> Amount {
    Amount::new(fen, "CNY".parse().unwrap())
}

fn attempt(method: Method) -> Attempt {
    Attempt {
        number: "A1B2C3D4E5F6".to_owned(),
        amount: yuan(5_000),
        capture: if method == Method::Score { Capture::Later } else { Capture::Now },
        method,
        description: "充电 1=2&3/4".to_owned(),
        payer: Payer::default(),
        created_at: made(),
        expires_at: made() + TimeDelta::minutes(5),
        notify_url: "https://pay.example/pay/notify/ali-main".to_owned(),
        return_url: "https://pay.example/o/Xy?from=ali".to_owned(),
        reference: None,
        charge: None,
    }
}

fn held() -> Attempt {
    Attempt { charge: Some("2023111510002001".to_owned()), ..attempt(Method::Score) }
}

fn refund() -> RefundAsk {
    RefundAsk {
        number: "R9".to_owned(),
        amount: yuan(1_200),
        of: yuan(5_000),
        reason: "未用完".to_owned(),
        reference: None,
        spent: 0,
    }
}

fn sent(alipay: &Alipay, call: &Call<'_>) -> Request {
    match alipay.request(call, made()).unwrap() {
        Step::Send(request) => request,
        Step::Done(answer) => panic!("nothing was to be sent: {answer:?}"),
    }
}

/// A signed form as people read it, its signature verified.
fn form(text: &str) -> String {
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap();
        (name.to_owned(), percent_decode_str(value).decode_utf8().unwrap().into_owned())
    };
    let mut all: BTreeMap<String, String> = text.split('&').map(pair).collect();
    let signature = STANDARD.decode(all.remove("sign").unwrap()).unwrap();
    let signed: Vec<String> = all.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let app = Trusted::read("app", APP_PUBLIC).unwrap();
    assert!(app.verifies(signed.join("&").as_bytes(), &signature), "{signed:?}");
    let mut shown = String::new();
    for (name, value) in &all {
        match serde_json::from_str::<Value>(value) {
            Ok(content) if content.is_object() => {
                writeln!(shown, "  {name}={}", serde_json::to_string_pretty(&content).unwrap()).unwrap();
            }
            _ => writeln!(shown, "  {name}={value}").unwrap(),
        }
    }
    shown
}

fn shown(request: &Request) -> String {
    let headers: Vec<String> =
        request.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
    let body = std::str::from_utf8(&request.body).unwrap();
    format!("{:?} {}\n{}{}", request.verb, request.url, headers.concat(), form(body))
}

fn link(answer: Step) -> String {
    match answer {
        Step::Done(Answer::Told(Told::Opened { next: Next::Redirect { url }, .. })) => {
            let (page, query) = url.split_once('?').unwrap();
            format!("{page}\n{}", form(query))
        }
        other => panic!("no link: {other:?}"),
    }
}

fn signature(key: &str, text: &[u8]) -> String {
    Signer::read(key).unwrap().sign(text).unwrap()
}

/// An answer as Alipay signs it: over its very text.
fn signed(node: &str, text: &str) -> Response {
    let sign = signature(ALIPAY, text.as_bytes());
    Response::text(200, "text/html;charset=utf-8", format!("{{\"{node}\":{text},\"sign\":\"{sign}\"}}"))
}

fn answered(call: &Call<'_>, node: &str, content: &Value) -> Answer {
    alipay().answer(call, &signed(node, &content.to_string()), made())
}

fn payment(answer: Answer) -> PaymentFact {
    match answer {
        Answer::Told(Told::Payment(fact)) => fact,
        other => panic!("no payment: {other:?}"),
    }
}

fn refund_fact(answer: Answer) -> RefundFact {
    match answer {
        Answer::Told(Told::Refund(fact)) => fact,
        other => panic!("no refund: {other:?}"),
    }
}

fn unknown(answer: Answer) -> String {
    match answer {
        Answer::Unknown(why) => why,
        other => panic!("it is known: {other:?}"),
    }
}

fn refused(answer: Answer) -> (crate::provider::RefusalKind, String) {
    match answer {
        Answer::Refused(refusal) => (refusal.kind, refusal.code),
        other => panic!("not refused: {other:?}"),
    }
}

fn then(answer: Answer) -> String {
    match answer {
        Answer::Then(request) => shown(&request),
        other => panic!("nothing more to be sent: {other:?}"),
    }
}
