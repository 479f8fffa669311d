//! The sandbox's own side of its protocol.

use crate::subject::{Attempt, Subject, now};
use payments::provider::sandbox::wire::{self, About, Event, Kind, Order, OrderState, Signed};
use payments::provider::{Provider, Request, Response, Setup};

const KEY: &str = "a key of the contract";

pub struct Sandbox(Box<dyn Provider>);

pub fn subject() -> Sandbox {
    let setup: Setup = serde_json::from_value(serde_json::json!({
        "provider": "sandbox", "merchant": "wattline", "key": KEY, "base_url": "https://pay.example/sandbox/",
    }))
    .unwrap();
    Sandbox(setup.build(&|_| Err("it reads no files".to_owned())).unwrap())
}

impl Subject for Sandbox {
    const SIGNS_ANSWERS: bool = true;
    const SIGNS_TIMES: bool = true;

    fn provider(&self) -> &dyn Provider {
        &*self.0
    }

    fn answer_paid(&self, attempt: &Attempt, request: &Request) -> Response {
        let header = |wanted| request.headers.iter().find(|(name, _)| *name == wanted).unwrap().1.clone();
        let path = request.url.strip_prefix("https://pay.example/sandbox").unwrap();
        let (id, timestamp) = (header(wire::ID), header(wire::TIMESTAMP).parse().unwrap());
        let kind = Kind::Request { verb: request.verb.name(), path };
        let asked = Signed { kind, merchant: "wattline", timestamp, id: &id, body: &request.body };
        assert!(asked.verify(KEY, &header(wire::SIGNATURE)));
        let body = serde_json::to_vec(&paid(attempt)).unwrap();
        signed(Kind::Answer { status: 200 }, 200, &id, body)
    }

    fn notice_paid(&self, attempt: &Attempt) -> Response {
        let id = format!("e-{}", attempt.number);
        let about = About::Payment { order: paid(attempt) };
        let event = Event { id: id.clone(), merchant: "wattline".to_owned(), about };
        signed(Kind::Notice, 0, &id, serde_json::to_vec(&event).unwrap())
    }
}

fn paid(attempt: &Attempt) -> Order {
    Order {
        number: attempt.number.clone(),
        reference: "s-1".to_owned(),
        state: OrderState::Taken,
        currency: attempt.amount.currency.code().to_owned(),
        amount: attempt.amount.minor,
        held: 0,
        taken: attempt.amount.minor,
        returned: 0,
        payer: Some("ada".to_owned()),
        instrument: None,
        refusal: None,
        at: Some(now()),
        holds_until: None,
        pay_url: "https://pay.example/sandbox/pay/s-1".to_owned(),
    }
}

fn signed(kind: Kind<'_>, status: u16, id: &str, body: Vec<u8>) -> Response {
    let timestamp = now().timestamp();
    let signature = Signed { kind, merchant: "wattline", timestamp, id, body: &body }.sign(KEY);
    let header = |name: &str, value: String| (name.to_owned(), value);
    let headers = vec![
        header("content-type", "application/json".to_owned()),
        header(wire::MERCHANT, "wattline".to_owned()),
        header(wire::TIMESTAMP, timestamp.to_string()),
        header(wire::ID, id.to_owned()),
        header(wire::SIGNATURE, signature),
    ];
    Response { status, headers, body }
}

#[test]
fn every_header_of_a_notice_counts() {
    let subject = subject();
    let genuine = subject.notice_paid(&crate::subject::usual(&subject));
    for (at, (name, _)) in genuine.headers.iter().enumerate().filter(|(_, (name, _))| name != "content-type")
    {
        let mut without = genuine.clone();
        without.headers.remove(at);
        assert_eq!(
            subject.provider().notice(&without, now()).unwrap_err().word(),
            "forged",
            "without {name}"
        );
        let mut other = genuine.clone();
        other.headers[at].1 = "1".to_owned();
        assert_eq!(subject.provider().notice(&other, now()).unwrap_err().word(), "forged", "another {name}");
    }
}

#[test]
fn an_answer_to_another_request_is_not_believed() {
    use payments::provider::{Answer, Call, Step};
    let subject = subject();
    let attempt = crate::subject::usual(&subject);
    let Ok(Step::Send(request)) = subject.provider().request(&Call::Query(&attempt), now()) else { panic!() };
    let answer = subject.answer_paid(&attempt, &request);
    let read = subject.provider().answer(&Call::Close(&attempt), &answer, now());
    assert!(matches!(read, Answer::Unknown(_)), "{read:?}");
}

#[test]
fn settings_that_cannot_work_say_why() {
    let why = |change: serde_json::Value| {
        let mut settings = serde_json::json!({
            "provider": "sandbox", "key": KEY, "base_url": "https://pay.example/sandbox",
        });
        settings.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let setup: Setup = serde_json::from_value(settings).unwrap();
        setup.build(&|_| Err(String::new())).unwrap_err().to_string()
    };
    assert!(why(serde_json::json!({ "key": "short" })).contains("key: at least 16"));
    assert!(why(serde_json::json!({ "base_url": "" })).contains("base_url"));
    assert!(why(serde_json::json!({ "methods": ["card"] })).contains("no method \"card\""));
    assert!(why(serde_json::json!({ "holds": ["cash"] })).contains("holds: there is no method \"cash\""));
    assert!(why(serde_json::json!({ "merchant": "a b" })).contains("merchant"));
    let unknown = serde_json::from_value::<Setup>(serde_json::json!({ "provider": "sandbox", "kee": "x" }));
    assert!(unknown.unwrap_err().to_string().contains("kee"));
    let debug = format!(
        "{:?}",
        serde_json::from_value::<Setup>(serde_json::json!({ "provider": "sandbox", "key": KEY }))
    );
    assert!(!debug.contains(KEY));
}
