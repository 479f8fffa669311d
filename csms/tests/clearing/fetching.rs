//! Statements of the sandbox over HTTP, asked for by the job.

use crate::{
    common::{ACCOUNT, on, paid},
    counter::Counter,
    wire::{Door, Heard, Said},
};
use csms::{
    app::App,
    sandbox::{
        api::Ask,
        play::{Manner, What},
    },
    store::testing::TestDb,
};
use payments::{
    Amount,
    provider::{
        Answer, Attempt, Call, Capture, Method, Payer, Response, Setup, Step, Told,
        sandbox::{
            Settings,
            wire::{self, Kind, Signed},
        },
    },
};
use std::sync::{Arc, Mutex};

const KEY: &str = "sixteen letters or more";

/// What happens to an answer on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Straight,
    /// A digit is another one.
    Changed,
    /// The connection breaks.
    Broken,
    /// The sandbox itself has lost the file's second line, and signs what is left.
    Short,
}

struct Sandbox {
    counter: Counter,
    way: Arc<Mutex<Way>>,
    asked: Arc<Mutex<Vec<String>>>,
}

/// One on each engine; its files are there from 10:45, a quarter of an hour after they are asked for.
async fn sandboxes() -> Vec<Sandbox> {
    let mut all = Vec::new();
    for db in TestDb::all().await.unwrap() {
        let (way, asked) = (Arc::new(Mutex::new(Way::Straight)), Arc::<Mutex<Vec<String>>>::default());
        let settings = Settings {
            key: KEY.to_owned(),
            time_zone: chrono_tz::Asia::Shanghai,
            statements_at: chrono::NaiveTime::from_hms_opt(10, 45, 0).unwrap(),
            ..Settings::default()
        };
        let counter = Counter::open(db, Door::new().await, Setup::Sandbox(settings), |app| {
            let (app, way, asked) = (app.clone(), way.clone(), asked.clone());
            Arc::new(move |heard| {
                let (app, way) = (app.clone(), *way.lock().unwrap());
                asked.lock().unwrap().push(heard.path.rsplit("/statements/").next().unwrap().to_owned());
                Box::pin(async move { answer(&app, heard, way).await })
            })
        })
        .await;
        all.push(Sandbox { counter, way, asked });
    }
    all
}

async fn answer(app: &App, heard: Heard, way: Way) -> Said {
    let ask = Ask {
        verb: &heard.verb,
        path: heard.path.strip_prefix("/sandbox").unwrap(),
        merchant: heard.header(wire::MERCHANT),
        timestamp: heard.header(wire::TIMESTAMP),
        id: heard.header(wire::ID),
        signature: heard.header(wire::SIGNATURE),
        body: &heard.body,
    };
    let reply = app.sandbox.serve(ask).await;
    let mut headers: Vec<(String, String)> =
        reply.headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let mut body = reply.body;
    match way {
        Way::Straight => {}
        Way::Broken => return Said::Cut(Response { status: reply.status, headers, body }),
        Way::Changed => body = String::from_utf8(body).unwrap().replace("50.00", "50.01").into_bytes(),
        Way::Short => {
            let text = String::from_utf8(body).unwrap();
            let left = text.lines().enumerate().filter(|(at, _)| *at != 1);
            body = left.map(|(_, line)| format!("{line}\n")).collect::<String>().into_bytes();
            let signed = Signed {
                kind: Kind::Answer { status: reply.status },
                merchant: heard.header(wire::MERCHANT),
                timestamp: app.clock.now().timestamp(),
                id: heard.header(wire::ID),
                body: &body,
            };
            let signature = signed.sign(KEY);
            headers.retain(|(name, _)| name != wire::SIGNATURE);
            headers.push((wire::SIGNATURE.to_owned(), signature));
        }
    }
    Said::Whole(Response { status: reply.status, headers, body })
}

impl Sandbox {
    /// Somebody pays there so many fen; in our books it is as well.
    async fn pay(&self, n: i64, minor: i64) {
        let app = &self.counter.app;
        let ours = paid(n, minor, (app.clock.now() - crate::common::at(0)).num_seconds());
        let provider = app.config.pay.accounts[0].setup.build(&|_| Err(String::new())).unwrap();
        let attempt = Attempt {
            number: ours.number.clone(),
            amount: Amount::new(minor, "CNY".parse().unwrap()),
            capture: Capture::Now,
            method: Method::Hosted,
            description: "Charging at Yard".to_owned(),
            payer: Payer::default(),
            created_at: app.clock.now(),
            expires_at: app.clock.now() + chrono::TimeDelta::minutes(5),
            notify_url: "http://127.0.0.1:9/pay/notify/sandbox".to_owned(),
            return_url: "http://wattline.test/o/1".to_owned(),
            reference: None,
            charge: None,
        };
        let call = Call::Open(&attempt);
        let Ok(Step::Send(request)) = provider.request(&call, app.clock.now()) else { panic!() };
        let header =
            |name: &str| request.headers.iter().find(|(known, _)| *known == name).unwrap().1.as_str();
        let reply = app
            .sandbox
            .serve(Ask {
                verb: request.verb.name(),
                path: request.url.split_once("/sandbox").unwrap().1,
                merchant: header(wire::MERCHANT),
                timestamp: header(wire::TIMESTAMP),
                id: header(wire::ID),
                signature: header(wire::SIGNATURE),
                body: &request.body,
            })
            .await;
        let headers = reply.headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let response = Response { status: reply.status, headers, body: reply.body };
        let told = provider.answer(&call, &response, app.clock.now());
        let Answer::Told(Told::Opened { reference: Some(reference), .. }) = told else { panic!("{told:?}") };
        let manner = Manner { answers: "usual".into(), notices: "once".into(), refunds: "done".into() };
        app.sandbox.play(&reference, What::Pay, "ada", &manner).await.unwrap();
        self.counter.house.pay(&[ours]).await;
    }

    fn goes(&self, way: Way) {
        *self.way.lock().unwrap() = way;
    }

    fn asked(&self) -> Vec<String> {
        let mut asked = std::mem::take(&mut *self.asked.lock().unwrap());
        asked.sort();
        asked
    }
}

/// So many minutes past ten on the second day.
fn past_ten(minutes: i64) -> i64 {
    on(1, 10) + minutes * 60
}

#[tokio::test]
async fn a_statement_is_asked_for_until_it_is_there_and_then_agrees_with_our_books() {
    for sandbox in sandboxes().await {
        let counter = &sandbox.counter;
        counter.house.now(on(0, 9));
        sandbox.pay(1, 5_000).await;
        sandbox.pay(2, 3_000).await;
        counter.turn(past_ten(29)).await;
        assert!(sandbox.asked().is_empty(), "nobody asks before half past ten");
        counter.turn(past_ten(30)).await;
        assert_eq!(sandbox.asked(), ["2026-10-01/funds", "2026-10-01/trades"]);
        assert_eq!(counter.trouble("trades").await, "the provider has not made it yet");
        counter.turn(past_ten(35)).await;
        assert!(sandbox.asked().is_empty(), "not so soon");
        counter.turn(past_ten(40)).await;
        assert_eq!(sandbox.asked().len(), 2);
        assert!(counter.files().await.is_empty());
        counter.turn(past_ten(50)).await;
        assert_eq!(sandbox.asked().len(), 2);
        // Nothing was paid out on the first day.
        assert_eq!(counter.files().await, ["funds 2026-10-01 0", "trades 2026-10-01 2"]);
        assert!(counter.house.cases().await.is_empty());
        // 0.6% of 80.00 is kept, and is in the books.
        assert!(counter.house.balances().await.contains(&"fees:wx-main 48".to_owned()));
        counter.turn(past_ten(60)).await;
        assert!(sandbox.asked().is_empty(), "what is there is not asked for again");

        // The next day: nothing moved, and the first day is paid out.
        counter.turn(on(2, 11)).await;
        assert_eq!(sandbox.asked(), ["2026-10-02/funds", "2026-10-02/trades"]);
        assert_eq!(counter.files().await[2..], ["funds 2026-10-02 1", "trades 2026-10-02 0"]);
        assert!(counter.house.cases().await.is_empty());
    }
}

#[tokio::test]
async fn what_came_damaged_or_short_leaves_no_trace_and_is_asked_for_again() {
    for sandbox in sandboxes().await {
        let counter = &sandbox.counter;
        counter.house.now(on(0, 9));
        sandbox.pay(1, 5_000).await;
        sandbox.pay(2, 3_000).await;
        let mut minutes = 50;
        for (way, why) in
            [(Way::Changed, "signature does not verify"), (Way::Broken, "error"), (Way::Short, "#total")]
        {
            sandbox.goes(way);
            counter.turn(past_ten(minutes)).await;
            let told = counter.trouble("trades").await;
            assert!(told.contains(why) || way == Way::Short && told.contains("lines"), "{way:?}: {told}");
            let files = counter.files().await;
            assert!(!files.iter().any(|file| file.starts_with("trades")), "{way:?}: {files:?}");
            assert!(counter.house.cases().await.is_empty());
            minutes += 10;
        }
        sandbox.goes(Way::Straight);
        counter.turn(past_ten(minutes)).await;
        assert!(counter.files().await.contains(&"trades 2026-10-01 2".to_owned()));
        assert_eq!(counter.trouble("trades").await, "");
    }
}

#[tokio::test]
async fn what_only_the_sandbox_has_or_only_we_have_becomes_a_case() {
    for sandbox in sandboxes().await {
        let counter = &sandbox.counter;
        counter.house.now(on(0, 9));
        sandbox.pay(1, 5_000).await;
        counter.house.pay(&[paid(2, 700, on(0, 9))]).await;
        for day in 1..=5 {
            counter.turn(on(day, 11)).await;
        }
        let cases = counter.house.cases().await;
        let told: Vec<_> = cases.iter().map(|case| (&*case.reason, &*case.number, case.gain_minor)).collect();
        assert_eq!(told, [("missing_there", "A0000002", -700)]);
        assert_eq!(cases[0].account, ACCOUNT);
    }
}
