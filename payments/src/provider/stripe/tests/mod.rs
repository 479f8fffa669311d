//! Requests as they go over the wire, what answers and events mean, and what is not believed.

mod answers;
mod events;
mod requests;
mod settings;

use super::{Settings, Stripe, build};
use crate::{
    Amount,
    provider::{
        Answer, Attempt, Call, Capture, Method, Payer, PaymentFact, Provider, RefundAsk, RefundFact, Request,
        Response, Secret, Step, Told, Verb,
    },
};
use chrono::{DateTime, Utc};
use percent_encoding::percent_decode_str;
use serde_json::Value;
use std::fmt::Write;

const KEY: &str = "sk_test_51Wattline";
const SECRET: &str = "whsec_test_secret";

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

/// When the attempts of the tests were made.
fn made() -> DateTime<Utc> {
    at(1_700_000_000)
}

fn settings() -> Settings {
    Settings {
        secret_key: Secret::new(KEY),
        webhook_secrets: vec![Secret::new(SECRET)],
        methods: ["hosted", "terminal", "on_file"].map(str::to_owned).to_vec(),
        ..Settings::default()
    }
}

fn no_files(path: &str) -> Result<Vec<u8>, String> {
    Err(format!("{path}: there are no files here"))
}

fn stripe() -> Stripe {
    build(&settings(), &no_files).unwrap()
}

fn euro(minor: i64) -> Amount {
    Amount::new(minor, "EUR".parse().unwrap())
}

fn attempt(method: Method, capture: Capture) -> Attempt {
    Attempt {
        number: "A1B2C3D4E5F6".to_owned(),
        amount: euro(5_000),
        capture,
        method,
        description: "Charging at EVSE 2 & more".to_owned(),
        payer: Payer::default(),
        created_at: made(),
        expires_at: made() + chrono::TimeDelta::minutes(5),
        notify_url: "https://pay.example/pay/notify/st-main".to_owned(),
        return_url: "https://pay.example/o/Xy?from=stripe".to_owned(),
        reference: None,
        charge: None,
    }
}

fn hosted() -> Attempt {
    attempt(Method::Hosted, Capture::Later)
}

fn on_file() -> Attempt {
    let method = Method::OnFile { customer: "cus_1".to_owned(), instrument: "pm_1".to_owned() };
    attempt(method, Capture::Now)
}

fn terminal() -> Attempt {
    attempt(Method::Terminal { reader: "tmr_1".to_owned() }, Capture::Later)
}

/// As it is once Stripe has answered.
fn known(mut attempt: Attempt) -> Attempt {
    attempt.reference = Some(if attempt.method == Method::Hosted { "cs_test_1" } else { "pi_1" }.to_owned());
    attempt.charge = Some("pi_1".to_owned());
    attempt
}

fn refund() -> RefundAsk {
    RefundAsk {
        number: "R9".to_owned(),
        amount: euro(1_200),
        of: euro(5_000),
        reason: "not used".to_owned(),
        reference: None,
        spent: 0,
    }
}

fn sent(stripe: &Stripe, call: &Call<'_>) -> Request {
    match stripe.request(call, made()).unwrap() {
        Step::Send(request) => request,
        Step::Done(answer) => panic!("nothing was to be sent: {answer:?}"),
    }
}

/// A request as people read it.
fn shown(request: &Request) -> String {
    let verb = match request.verb {
        Verb::Get => "GET",
        Verb::Post => "POST",
    };
    let decoded = |text: &str| percent_decode_str(text).decode_utf8().unwrap().into_owned();
    let (url, query) = request.url.split_once('?').unwrap_or((&request.url, ""));
    let mut text = format!("{verb} {url}\n");
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        writeln!(text, "  ? {}", decoded(pair)).unwrap();
    }
    for (name, value) in &request.headers {
        writeln!(text, "{name}: {value}").unwrap();
    }
    let body = std::str::from_utf8(&request.body).unwrap();
    for pair in body.split('&').filter(|pair| !pair.is_empty()) {
        writeln!(text, "  {}", decoded(pair)).unwrap();
    }
    text
}

fn answered(call: &Call<'_>, status: u16, body: &Value) -> Answer {
    stripe().answer(call, &Response::text(status, "application/json", body.to_string()), made())
}

fn replayed(call: &Call<'_>, status: u16, body: &Value) -> Answer {
    let mut response = Response::text(status, "application/json", body.to_string());
    response.headers.push(("idempotent-replayed".to_owned(), "true".to_owned()));
    stripe().answer(call, &response, made())
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

fn then(answer: Answer) -> String {
    match answer {
        Answer::Then(request) => shown(&request),
        other => panic!("nothing more to be sent: {other:?}"),
    }
}

fn unknown(answer: Answer) -> String {
    match answer {
        Answer::Unknown(why) => why,
        other => panic!("it is known: {other:?}"),
    }
}
