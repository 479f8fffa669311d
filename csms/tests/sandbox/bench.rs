//! A sandbox, an account at it, and somebody who pays.

use chrono::{DateTime, TimeDelta, Utc};
use csms::{
    clock::Clock,
    config::Config,
    sandbox::{
        self, Sandbox,
        api::Ask,
        play::{Manner, What},
    },
    store::{Db, testing::TestDb},
};
use payments::{
    Amount,
    provider::{
        Answer, Attempt, Call, Capture, Method, Payer, PaymentFact, Provider, RefundAsk, RefundFact,
        Response, Setup, Step, Told, sandbox::Settings, sandbox::wire,
    },
};
use std::sync::Arc;

pub struct Bench {
    pub sandbox: Arc<Sandbox>,
    pub provider: Box<dyn Provider>,
    pub clock: Clock,
    pub db: Db,
    pub notify_url: String,
    _test: TestDb,
}

/// 2026-05-04T10:00:00Z.
pub fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_777_888_800, 0).unwrap()
}

/// On each database, with an account whose days are Shanghai's and which charges 1%.
pub async fn benches() -> Vec<Bench> {
    let mut benches = Vec::new();
    for test in TestDb::all().await.unwrap() {
        let db = test.open().await.unwrap();
        let clock = Clock::fixed(start());
        let settings = Settings { fee_bp: 100, time_zone: chrono_tz::Asia::Shanghai, ..Settings::default() };
        let account = serde_json::json!({ "name": "sandbox", "provider": "sandbox" });
        let mut config = Config::default();
        let mut account: csms::config::PayAccount = serde_json::from_value(account).unwrap();
        account.setup = Setup::Sandbox(settings);
        config.pay.accounts.push(account);
        sandbox::settle(&mut config, "http://wattline.test").unwrap();
        let provider = config.pay.accounts[0].setup.build(&|_| Err(String::new())).unwrap();
        let sandbox = Arc::new(Sandbox::new(&config, db.clone(), clock.clone()));
        let notify_url = "http://127.0.0.1:9/pay/notify/sandbox".to_owned();
        benches.push(Bench { sandbox, provider, clock, db, notify_url, _test: test });
    }
    benches
}

pub fn manner() -> Manner {
    Manner { answers: "usual".into(), notices: "once".into(), refunds: "done".into() }
}

impl Bench {
    pub fn attempt(&self, number: &str, capture: Capture) -> Attempt {
        Attempt {
            number: number.to_owned(),
            amount: eur(2500),
            capture,
            method: Method::Hosted,
            description: "Charging at Yard".to_owned(),
            payer: Payer::default(),
            created_at: self.clock.now(),
            expires_at: self.clock.now() + TimeDelta::minutes(5),
            notify_url: self.notify_url.clone(),
            return_url: "http://wattline.test/o/1".to_owned(),
            reference: None,
            charge: None,
        }
    }

    /// Sends the adapter's request to the service and has its answer read by the adapter.
    pub async fn ask(&self, call: Call<'_>) -> Answer {
        let now = self.clock.now();
        let request = match self.provider.request(&call, now) {
            Ok(Step::Send(request)) => request,
            other => panic!("{other:?}"),
        };
        let header = |wanted: &str| {
            request.headers.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.as_str()).unwrap()
        };
        let reply = self
            .sandbox
            .serve(Ask {
                verb: request.verb.name(),
                path: request.url.strip_prefix("http://wattline.test/sandbox").unwrap(),
                merchant: header(wire::MERCHANT),
                timestamp: header(wire::TIMESTAMP),
                id: header(wire::ID),
                signature: header(wire::SIGNATURE),
                body: &request.body,
            })
            .await;
        let headers = reply.headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let response = Response { status: reply.status, headers, body: reply.body };
        self.provider.answer(&call, &response, self.clock.now())
    }

    /// Opens the attempt; its reference at the sandbox.
    pub async fn open(&self, attempt: &Attempt) -> String {
        match self.ask(Call::Open(attempt)).await {
            Answer::Told(Told::Opened { reference: Some(reference), .. }) => reference,
            other => panic!("{other:?}"),
        }
    }

    pub async fn payment(&self, call: Call<'_>) -> PaymentFact {
        match self.ask(call).await {
            Answer::Told(Told::Payment(fact)) => fact,
            other => panic!("{other:?}"),
        }
    }

    pub async fn refund(&self, call: Call<'_>) -> RefundFact {
        match self.ask(call).await {
            Answer::Told(Told::Refund(fact)) => fact,
            other => panic!("{other:?}"),
        }
    }

    pub async fn play(&self, reference: &str, what: What) {
        self.sandbox.play(reference, what, "ada", &manner()).await.unwrap();
    }
}

pub fn eur(minor: i64) -> Amount {
    Amount::new(minor, "EUR".parse().unwrap())
}

pub fn ask_back(number: &str, minor: i64) -> RefundAsk {
    RefundAsk {
        number: number.to_owned(),
        amount: eur(minor),
        of: eur(2500),
        reason: "not used".to_owned(),
        reference: None,
        spent: 0,
    }
}
