//! A system on a fresh database with two accounts at one provider, a station, a price, and a clock that is moved by hand.

use super::provider::{KEY, MERCHANT, Provider};
use chrono::{DateTime, TimeDelta, Utc};
use csms::{
    app::App,
    clock::Clock,
    config::{Config, PayAccount},
    ledger::{self, Account},
    link::line::Line,
    model::*,
    pay::{self, Agent, Click, Clicked, PayError, State, Wish},
    store::{
        assignments::{self, AssignmentRow},
        ledger::findings::{self, FindingRow},
        pay::{
            attempts::{self, AttemptRow},
            disputes::{self, DisputeRow},
            orders::{self, OrderRow},
            refunds::{self, RefundRow},
            tasks,
        },
        stations,
        tariffs::Change,
        testing::TestDb,
        versions,
    },
};
use ocpp::Version;
use payments::provider::{Method, Response, Setup, sandbox};
use std::{
    collections::hash_map::DefaultHasher,
    future::Future,
    hash::{Hash, Hasher},
    sync::Arc,
    task::Poll,
};

/// One EVSE has a code on it.
pub const STATION: &str = "CP1";

pub struct House {
    _db: TestDb,
    pub config: Config,
    pub app: App,
    pub clock: Clock,
    pub provider: Arc<Provider>,
    line: Option<Arc<Line>>,
    pub code: String,
    /// What the station says of a session that runs.
    pub charging_state: &'static str,
    messages: u64,
}

/// One on each engine.
pub async fn houses() -> Vec<House> {
    let mut houses = Vec::new();
    for db in TestDb::all().await.unwrap() {
        houses.push(House::new(db, |_| {}).await);
    }
    houses
}

/// The same with other settings.
pub async fn houses_with(change: impl Fn(&mut Config)) -> Vec<House> {
    let mut houses = Vec::new();
    for db in TestDb::all().await.unwrap() {
        houses.push(House::new(db, &change).await);
    }
    houses
}

pub async fn house() -> House {
    House::new(TestDb::sqlite().unwrap(), |_| {}).await
}

impl House {
    async fn new(db: TestDb, change: impl Fn(&mut Config)) -> House {
        let start: DateTime<Utc> = "2026-03-02T08:00:00Z".parse().unwrap();
        let clock = Clock::fixed(start);
        let provider = Arc::new(Provider::start(&clock).await);
        let mut config = Config { database: db.config.clone(), ..Config::default() };
        // What drivers are told is kept, and nobody sends it.
        config.messages.hook_url = "http://127.0.0.1:1/hook".to_owned();
        config.messages.hook_secret = "secret".to_owned();
        let account = |name: &str, methods: &[&str], holds: &[&str]| {
            let words = |words: &[&str]| words.iter().map(ToString::to_string).collect();
            let settings = sandbox::Settings {
                merchant: MERCHANT.to_owned(),
                key: KEY.to_owned(),
                base_url: format!("http://{}", provider.address),
                methods: words(methods),
                holds: words(holds),
                ..sandbox::Settings::default()
            };
            let setup = Setup::Sandbox(settings);
            PayAccount { name: name.to_owned(), least: None, most: None, setup }
        };
        config.pay.accounts =
            vec![account("cards", &["hosted", "on_file"], &["hosted"]), account("wallet", &["code"], &[])];
        change(&mut config);
        let app = App::open(config.clone(), clock.clone()).await.unwrap();
        let mut house = House {
            _db: db,
            config,
            app,
            clock,
            provider,
            line: None,
            code: String::new(),
            charging_state: "Charging",
            messages: 0,
        };
        let mut tx = house.app.db.write().await.unwrap();
        assert!(stations::create_if_absent(&mut tx, STATION, start).await.unwrap());
        let tariff = tariffs::Tariff::from_json(
            r#"{"id":"usual","currency":"EUR","elements":[{"components":[{"dimension":"energy","price":"0.40"}]}]}"#,
        )
        .unwrap();
        versions::publish(&mut tx, &tariff, None, "", &house.change()).await.unwrap();
        let row = AssignmentRow { tariff_id: "usual".into(), created_at: start, ..AssignmentRow::default() };
        assignments::assign(&mut tx, &row, true, &house.change()).await.unwrap();
        tx.commit().await.unwrap();
        house.app.catalog.reload(&house.app.db, start).await.unwrap();
        let station: StationId = STATION.into();
        house.code = pay::sticker_codes(&house.app, &station, &[1]).await.unwrap().remove(0).code;
        house
    }

    fn change(&self) -> Change<'static> {
        Change { id: self.app.ids.next(), at: self.clock.now(), by: "test" }
    }

    /// Another version of the usual tariff: so much a kWh.
    pub async fn publish(&mut self, price: &str) {
        let text = format!(
            r#"{{"id":"usual","currency":"EUR","elements":[{{"components":[{{"dimension":"energy","price":"{price}"}}]}}]}}"#
        );
        let tariff = tariffs::Tariff::from_json(&text).unwrap();
        self.advance(1);
        let mut tx = self.app.db.write().await.unwrap();
        versions::publish(&mut tx, &tariff, None, "", &self.change()).await.unwrap();
        tx.commit().await.unwrap();
        self.advance(1);
        self.app.catalog.reload(&self.app.db, self.clock.now()).await.unwrap();
    }

    /// The process dies, and another begins on the same database.
    pub async fn restart(&mut self) {
        self.line = None;
        self.app.close().await;
        // Another process begins later: ids are made from the time.
        self.advance(1);
        self.app = App::open(self.config.clone(), self.clock.clone()).await.unwrap();
    }

    pub fn advance(&self, seconds: i64) {
        self.clock.advance(TimeDelta::seconds(seconds));
    }

    /// The station has a link; nobody answers on it.
    pub fn connect(&mut self) {
        let address = ([127, 0, 0, 1], 1).into();
        let (hub, now) = (&self.app.hub, self.clock.now());
        self.line = hub.enter(hub.number(), &STATION.into(), address, Version::V201, now, 4);
    }

    pub fn disconnect(&mut self) {
        if let Some(line) = self.line.take() {
            self.app.hub.leave(&line);
        }
    }

    /// A driver scans the code and asks for an order; the station is away again at once.
    pub async fn order(&mut self, page: &str) -> OrderRow {
        self.connect();
        let order = pay::open(&self.app, &self.wish(page)).await;
        self.disconnect();
        order.unwrap()
    }

    /// The same, where nobody may charge now.
    pub async fn order_elsewhere(&mut self, page: &str) -> Result<OrderRow, PayError> {
        self.connect();
        let order = pay::open(&self.app, &self.wish(page)).await;
        self.disconnect();
        order
    }

    pub fn wish(&self, page: &str) -> Wish {
        Wish {
            code: self.code.clone(),
            page_key: format!("page-0123456789-{page}"),
            device: "phone".to_owned(),
            address: "192.0.2.7".to_owned(),
            agent: Agent::Browser,
            language: "en".to_owned(),
            contact: String::new(),
        }
    }

    pub async fn click(&self, order: &OrderRow, method: Method) -> Result<Clicked, PayError> {
        let version = self.row(order.id).await.version;
        pay::click(&self.app, &order.number, &click(version, method)).await
    }

    /// Paid at the provider, and told here.
    pub async fn pay(&self, order: &OrderRow) {
        let attempt = self.attempts(order.id).await.pop().unwrap();
        // What was told before was lost.
        self.provider.notices();
        assert!(self.provider.pay(&attempt.number));
        self.deliver(&attempt.account).await;
    }

    /// Delivers what the provider has written.
    pub async fn deliver(&self, account: &str) {
        for notice in self.provider.notices() {
            assert_eq!(pay::notice(&self.app, account, &notice).await.status, 200);
        }
    }

    pub async fn notify(&self, account: &str, notice: &Response) -> u16 {
        pay::notice(&self.app, account, notice).await.status
    }

    /// Works until there is nothing to do now.
    pub async fn work(&self) {
        for _ in 0..20 {
            if pay::turn(&self.app).await.unwrap() == 0 {
                return;
            }
        }
    }

    /// Works, and dies on the way, after so many steps.
    pub async fn work_and_die(&mut self, steps: usize) {
        let app = self.app.clone();
        let died = {
            let mut work = Box::pin(async move { while pay::turn(&app).await.unwrap_or(0) > 0 {} });
            let mut left = steps;
            std::future::poll_fn(move |context| {
                if left == 0 {
                    return Poll::Ready(true);
                }
                left -= 1;
                work.as_mut().poll(context).map(|()| false)
            })
            .await
        };
        if died {
            self.restart().await;
        }
    }

    pub async fn row(&self, order: i64) -> OrderRow {
        orders::find(&mut self.app.db.read().await.unwrap(), order).await.unwrap().unwrap()
    }

    pub async fn state(&self, order: i64) -> State {
        State::of_word(&self.row(order).await.state).unwrap()
    }

    pub async fn attempts(&self, order: i64) -> Vec<AttemptRow> {
        attempts::of_order(&mut self.app.db.read().await.unwrap(), order).await.unwrap()
    }

    pub async fn refunds(&self, order: i64) -> Vec<RefundRow> {
        refunds::of_order(&mut self.app.db.read().await.unwrap(), order).await.unwrap()
    }

    pub async fn disputes(&self, order: i64) -> Vec<DisputeRow> {
        disputes::of_order(&mut self.app.db.read().await.unwrap(), order).await.unwrap()
    }

    /// What the ledger's checks have found, once they have looked at everything.
    pub async fn findings(&self) -> Vec<FindingRow> {
        self.advance(120);
        ledger::checks::turn(&self.app.db, self.clock.now()).await.unwrap();
        findings::open(&mut self.app.db.read().await.unwrap(), 10).await.unwrap()
    }

    pub async fn waiting(&self, order: i64) -> Vec<String> {
        let rows = tasks::of_order(&mut self.app.db.read().await.unwrap(), order).await.unwrap();
        rows.into_iter().filter(|task| task.state == "waiting").map(|task| task.key).collect()
    }

    /// What an account of the ledger stands at, posted and pending.
    pub async fn balance(&self, account: Account) -> (i64, i64) {
        let rows = ledger::balances(&mut self.app.db.read().await.unwrap(), &account).await.unwrap();
        rows.first().map_or((0, 0), |row| (row.posted_minor, row.pending_minor))
    }

    /// All revenue and taxes so far, as a positive number.
    pub async fn earned(&self) -> i64 {
        let mut tx = self.app.db.read().await.unwrap();
        let mut earned = 0;
        for prefix in ["revenue:", "tax:"] {
            let rows = ledger::balances_of(&mut tx, prefix, 100).await.unwrap();
            earned -= rows.iter().map(|row| row.posted_minor).sum::<i64>();
        }
        earned
    }

    /// The station tells of a session that began with an identifier, of the register, or of its end.
    pub async fn session(&mut self, phase: Phase, token: Option<&str>, wh: i64) {
        self.told("T1", 1, phase, token, wh).await;
    }

    /// The same of any transaction, at any EVSE; gives the answer.
    pub async fn told(
        &mut self,
        transaction: &str,
        evse: i32,
        phase: Phase,
        token: Option<&str>,
        wh: i64,
    ) -> TransactionReply {
        self.messages += 1;
        let at = self.clock.now();
        let sample = Sample {
            measurand: "Energy.Active.Import.Register".into(),
            value: Some(wh.into()),
            unit: "Wh".into(),
            phase: String::new(),
            context: "Sample.Periodic".into(),
            location: "Outlet".into(),
            raw: None,
        };
        let report = TransactionReport {
            phase,
            transaction: Some(transaction.to_owned()),
            place: Some(Place { evse, connector: 1 }),
            at: Stamp { at },
            seq: i64::try_from(self.messages).ok(),
            offline: false,
            trigger: String::new(),
            token: token.map(|uid| Presented { uid: uid.to_owned(), kind: "Central".to_owned() }),
            readings: vec![Reading { at, samples: vec![sample] }],
            register_wh: None,
            charging_state: if phase == Phase::End { "" } else { self.charging_state }.to_owned(),
            stop_reason: String::new(),
            remote_start: None,
            reservation: None,
            metering_only: false,
            other: None,
        };
        let mut hasher = DefaultHasher::new();
        format!("{report:?}").hash(&mut hasher);
        let inbound = Inbound {
            received_at: at,
            digest: hasher.finish().cast_signed(),
            protocol: Version::V201,
            action: "",
            asked: false,
        };
        match self.app.desk(&STATION.into()).handle(Report::Transaction(report), inbound).await.unwrap() {
            Reply::Transaction(reply) => reply,
            other => panic!("{other:?}"),
        }
    }

    /// The driver holds the card to the reader.
    pub async fn authorize(&mut self, token: &str) -> Verdict {
        self.messages += 1;
        let presented = Presented { uid: token.to_owned(), kind: "Central".to_owned() };
        let inbound = Inbound {
            received_at: self.clock.now(),
            digest: i64::try_from(self.messages).unwrap(),
            protocol: Version::V201,
            action: "",
            asked: false,
        };
        match self.app.desk(&STATION.into()).handle(Report::Authorize(presented), inbound).await.unwrap() {
            Reply::Authorize(verdict) => verdict,
            other => panic!("{other:?}"),
        }
    }
}

pub fn click(version: i64, method: Method) -> Click {
    Click {
        version,
        wallet: "sandbox".to_owned(),
        method,
        payer_code: None,
        account: None,
        return_url: "https://pay.example/o/x".to_owned(),
        address: "192.0.2.7".to_owned(),
        keep: false,
        contact: String::new(),
        device: "phone".to_owned(),
    }
}
