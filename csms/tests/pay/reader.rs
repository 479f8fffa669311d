//! A Stripe reader as Stripe's API tells of it: what happens at it is told by events, once or twice, or not at all.

use super::{
    house::{House, STATION, houses_with},
    http::request,
    stations::{station, until},
};
use csms::{
    config::{Config, PayAccount},
    pay::{self, RefundWish, State, kiosk},
    store::{pay::orders, readers::ReaderRow},
};
use hmac::{Hmac, Mac};
use ocpp::Version;
use payments::{
    Amount,
    provider::{Response, Secret, Setup, stripe},
};
use serde_json::{Value, json};
use sha2::Sha256;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

const SECRET: &str = "whsec_test";
const READER: &str = "tmr_1";

#[derive(Default)]
struct Books {
    intents: BTreeMap<String, Value>,
    refunds: Vec<Value>,
    action: Value,
    calls: Vec<String>,
    events: usize,
    /// The next calls to addresses that end so are answered 500.
    fails: Vec<&'static str>,
    /// The balance is empty: nothing is given back.
    poor: bool,
    /// What was answered to a key stands for a day, errors of Stripe's own too.
    kept: BTreeMap<String, (u16, String)>,
}

/// As much of Stripe as a reader needs.
struct Fake {
    url: String,
    books: Arc<Mutex<Books>>,
    serving: tokio::task::JoinHandle<()>,
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Fake {
    async fn start() -> Fake {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let books = Arc::<Mutex<Books>>::default();
        let serving = tokio::spawn({
            let books = books.clone();
            async move {
                loop {
                    let Ok((stream, _)) = listener.accept().await else { continue };
                    tokio::spawn(serve(stream, books.clone()));
                }
            }
        });
        Fake { url, books, serving }
    }

    /// The driver cancels at the reader, or holds a card to it that is accepted.
    fn at_reader(&self, card: bool) {
        let mut books = self.books.lock().unwrap();
        books.action["status"] = if card { "succeeded" } else { "failed" }.into();
        if !card {
            books.action["failure_code"] = "customer_canceled".into();
            return;
        }
        let id = books.action["process_payment_intent"]["payment_intent"].as_str().unwrap().to_owned();
        let intent = books.intents.get_mut(&id).unwrap();
        intent["status"] = "requires_capture".into();
        intent["amount_capturable"] = intent["amount"].clone();
        intent["latest_charge"] = json!({"id": "ch_1", "object": "charge", "status": "succeeded",
            "payment_method_details": {"type": "card_present", "card_present": {"brand": "visa", "last4": "4242"}}});
    }

    /// The event of what the reader has done, signed.
    fn event(&self, house: &House) -> Response {
        let mut books = self.books.lock().unwrap();
        books.events += 1;
        let reader =
            json!({"id": READER, "object": "terminal.reader", "livemode": false, "action": books.action});
        let kind = format!("terminal.reader.action_{}", books.action["status"].as_str().unwrap());
        let event = json!({"id": format!("evt_{}", books.events), "object": "event", "type": kind, "livemode": false,
            "created": house.clock.now().timestamp(), "data": {"object": reader}});
        let (body, at) = (event.to_string().into_bytes(), house.clock.now().timestamp());
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        mac.update(format!("{at}.").as_bytes());
        mac.update(&body);
        let signature = hex::encode(mac.finalize().into_bytes());
        let headers = vec![("stripe-signature".to_owned(), format!("t={at},v1={signature}"))];
        Response { status: 0, headers, body }
    }

    fn fails(&self, calls: &[&'static str]) {
        self.books.lock().unwrap().fails.extend(calls);
    }

    fn poor(&self, poor: bool) {
        self.books.lock().unwrap().poor = poor;
    }

    fn asked(&self) -> usize {
        self.books.lock().unwrap().calls.len()
    }
}

async fn serve(stream: TcpStream, books: Arc<Mutex<Books>>) {
    let mut stream = BufReader::new(stream);
    while let Some((verb, path, key, body)) = request(&mut stream).await {
        let form = String::from_utf8_lossy(&body).replace("%5B", "[").replace("%5D", "]");
        let (status, answer, again) = keyed(&mut books.lock().unwrap(), &verb, &path, &key, &form);
        let again = if again { "idempotent-replayed: true\r\n" } else { "" };
        let text = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n{again}content-length: {}\r\n\r\n{answer}",
            answer.len()
        );
        if stream.write_all(text.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// The answer, and whether it is only said again.
fn keyed(books: &mut Books, verb: &str, path: &str, key: &str, form: &str) -> (u16, String, bool) {
    if let Some((status, answer)) = books.kept.get(key) {
        return (*status, answer.clone(), true);
    }
    let (status, answer) = match books.fails.iter().position(|end| verb == "POST" && path.ends_with(end)) {
        Some(at) => {
            books.fails.remove(at);
            (500, json!({"error": {"type": "api_error", "message": "oops"}}).to_string())
        }
        None => answered(books, verb, path, form),
    };
    if !key.is_empty() {
        books.kept.insert(key.to_owned(), (status, answer.clone()));
    }
    (status, answer, false)
}

fn answered(books: &mut Books, verb: &str, path: &str, form: &str) -> (u16, String) {
    let path = path.split('?').next().unwrap();
    books.calls.push(format!("{verb} {path}"));
    let given: BTreeMap<&str, &str> = form.split('&').filter_map(|pair| pair.split_once('=')).collect();
    let parts: Vec<&str> = path.trim_start_matches("/v1/").split('/').collect();
    let answer = match (verb, parts.as_slice()) {
        ("POST", ["payment_intents"]) => {
            let id = format!("pi_{}", books.intents.len() + 1);
            let metadata: BTreeMap<&str, &str> = ["attempt", "method", "capture"]
                .map(|name| {
                    (name, given.get(format!("metadata[{name}]").as_str()).copied().unwrap_or_default())
                })
                .into();
            let intent = json!({"id": id, "object": "payment_intent", "status": "requires_payment_method",
                "amount": given["amount"].parse::<i64>().unwrap(), "currency": given["currency"],
                "amount_capturable": 0, "amount_received": 0, "livemode": false, "metadata": metadata});
            books.intents.insert(id, intent.clone());
            intent
        }
        ("POST", ["terminal", "readers", READER, "process_payment_intent"]) => {
            books.action = json!({"type": "process_payment_intent", "status": "in_progress",
                "process_payment_intent": {"payment_intent": given["payment_intent"]}});
            json!({"id": READER, "object": "terminal.reader", "livemode": false, "action": books.action})
        }
        ("GET", ["terminal", "readers", READER]) => {
            json!({"id": READER, "object": "terminal.reader", "livemode": false, "action": books.action})
        }
        ("GET", ["payment_intents", id]) => books.intents[*id].clone(),
        ("POST", ["payment_intents", id, "capture"]) => {
            let intent = books.intents.get_mut(*id).unwrap();
            intent["status"] = "succeeded".into();
            intent["amount_received"] = given["amount_to_capture"].parse::<i64>().unwrap().into();
            intent["amount_capturable"] = 0.into();
            intent.clone()
        }
        ("POST", ["refunds"]) if books.poor => {
            let text = "Insufficient funds in your Stripe balance to refund this amount.";
            return (400, json!({"error": {"type": "invalid_request_error", "message": text}}).to_string());
        }
        ("POST", ["refunds"]) => {
            let metadata: BTreeMap<&str, &str> =
                ["attempt", "refund"].map(|name| (name, given[format!("metadata[{name}]").as_str()])).into();
            let refund = json!({"id": format!("re_{}", books.refunds.len() + 1), "object": "refund",
                "status": "succeeded", "amount": given["amount"].parse::<i64>().unwrap(), "currency": "eur",
                "payment_intent": given["payment_intent"], "metadata": metadata});
            books.refunds.push(refund.clone());
            refund
        }
        ("GET", ["refunds"]) => json!({"object": "list", "has_more": false, "data": books.refunds}),
        _ => {
            return (404, json!({"error": {"type": "invalid_request_error", "code": "unknown"}}).to_string());
        }
    };
    (200, answer.to_string())
}

fn with_stripe(url: &str) -> impl Fn(&mut Config) {
    move |config| {
        let settings = stripe::Settings {
            secret_key: Secret::new("sk_test_1"),
            webhook_secrets: vec![Secret::new(SECRET)],
            base_url: url.to_owned(),
            methods: vec!["terminal".to_owned()],
            ..stripe::Settings::default()
        };
        let setup = Setup::Stripe(settings);
        config.pay.accounts.push(PayAccount { name: "st".to_owned(), least: None, most: None, setup });
    }
}

async fn choose(house: &House, reader: &ReaderRow, page: &str) -> orders::OrderRow {
    let choice = kiosk::Choice {
        code: reader.code.clone(),
        station: STATION.into(),
        evse: 1,
        page_key: format!("kiosk-0123456789-{page}"),
        language: "en".to_owned(),
    };
    let number = kiosk::choose(&house.app, &choice).await.unwrap();
    orders::by_number(&mut house.app.db.read().await.unwrap(), &number).await.unwrap().unwrap()
}

async fn assigned(house: &House) -> ReaderRow {
    let row = ReaderRow {
        id: 0,
        account: "st".to_owned(),
        reader: READER.to_owned(),
        name: String::new(),
        code: String::new(),
        station_id: Some(STATION.to_owned()),
        evse: 1,
        site_id: None,
        created_at: house.clock.now(),
    };
    kiosk::assign(&house.app, row).await.unwrap()
}

#[tokio::test]
async fn what_happens_at_a_reader_is_told_by_events_that_may_come_twice() {
    let fake = Fake::start().await;
    for house in houses_with(with_stripe(&fake.url)).await {
        let (station, _serving) = station(&house, Version::V21).await;
        let reader = assigned(&house).await;

        let stopped = choose(&house, &reader, "a").await;
        fake.at_reader(false);
        let event = fake.event(&house);
        assert_eq!(house.notify("st", &event).await, 200);
        house.work().await;
        let row = house.row(stopped.id).await;
        assert_eq!((&*row.state, row.held_minor), ("failed", 0), "cancelled at the reader");
        let asked = fake.asked();
        assert_eq!(house.notify("st", &event).await, 200);
        house.work().await;
        assert_eq!(fake.asked(), asked, "the same event again asks nobody");

        // Stripe's event of the payment itself is lost; the reader's is enough.
        let paid = choose(&house, &reader, "b").await;
        fake.at_reader(true);
        assert_eq!(house.notify("st", &fake.event(&house)).await, 200);
        until(&house, paid.id, State::Charging).await;
        let call = station.expect_call("RequestStartTransaction").await.unwrap();
        let last4 = json!([{"additionalIdToken": "4242", "type": "CardLast4Digits"}]);
        assert_eq!(
            (&call["idToken"]["type"], &call["idToken"]["additionalInfo"]),
            (&json!("DirectPayment"), &last4)
        );
        station.charge_wh(1, 5_000).unwrap();
        station.meter(1).await.unwrap();
        pay::stop(&house.app, &paid.number, "driver").await.unwrap();
        until(&house, paid.id, State::Captured).await;
        let charge = &house.attempts(paid.id).await[0].charge;
        assert_eq!(fake.books.lock().unwrap().intents[charge]["amount_received"], 200);
    }
}

#[tokio::test]
async fn an_error_that_stripe_says_again_for_a_day_keeps_no_money_from_moving() {
    let fake = Fake::start().await;
    for house in houses_with(with_stripe(&fake.url)).await {
        let (station, _serving) = station(&house, Version::V21).await;
        let reader = assigned(&house).await;
        let paid = choose(&house, &reader, "a").await;
        fake.at_reader(true);
        assert_eq!(house.notify("st", &fake.event(&house)).await, 200);
        until(&house, paid.id, State::Charging).await;
        station.charge_wh(1, 5_000).unwrap();
        station.meter(1).await.unwrap();
        fake.fails(&["/capture"]);
        pay::stop(&house.app, &paid.number, "driver").await.unwrap();
        until(&house, paid.id, State::Settling).await;
        for _ in 0..6 {
            house.work().await;
            house.advance(60);
        }
        assert_eq!(house.state(paid.id).await, State::Captured, "long before the hold is over");

        fake.fails(&["/refunds"]);
        fake.poor(true);
        let attempt = house.attempts(paid.id).await.remove(0).id;
        let amount = Amount::new(50, "EUR".parse().unwrap());
        let wish = RefundWish { attempt, amount, reason: "sorry", by: "operator", key: None };
        pay::refund(&house.app, &paid.number, &wish).await.unwrap();
        let before = fake.books.lock().unwrap().refunds.len();
        for _ in 0..12 {
            house.work().await;
            house.advance(4_400);
        }
        let refund = house.refunds(paid.id).await.remove(0);
        assert!(!matches!(&*refund.state, "failed" | "done"), "{refund:?}");
        assert!(refund.refusal.contains("Insufficient funds"), "{refund:?}");
        fake.poor(false);
        for _ in 0..3 {
            house.work().await;
            house.advance(4_400);
        }
        assert_eq!(house.refunds(paid.id).await[0].state, "done");
        assert_eq!(fake.books.lock().unwrap().refunds.len(), before + 1, "once");
    }
}
