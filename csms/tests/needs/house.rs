//! A running house with one station, on a clock that is moved by hand.

use chrono::{DateTime, TimeDelta, Utc};
use conformance::{ConnectorState, Options, Station};
use csms::{
    app::App,
    clock::Clock,
    command,
    config::Config,
    costs,
    link::listen,
    needs,
    store::{
        assignments::{self, AssignmentRow},
        needs as rows,
        row::{SessionRow, StationRow, VariableRow, Write},
        sessions, stations,
        tariffs::Change,
        testing::{TestDb, port},
        texts::{self, TextRow},
        versions,
    },
};
use ocpp::Version;
use serde_json::Value;
use std::time::Duration;
use tokio::{net::TcpSocket, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// Longer than anything here takes.
pub const PATIENCE: Duration = Duration::from_secs(30);
pub const ID: &str = "HALL-7";

pub fn start() -> DateTime<Utc> {
    "2026-03-02T18:00:00Z".parse().unwrap()
}

pub struct House {
    pub app: App,
    pub clock: Clock,
    config: Config,
    port: TcpSocket,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl House {
    pub async fn open(db: &TestDb) -> House {
        House::open_with(db, |_| ()).await
    }

    /// With other settings.
    pub async fn open_with(db: &TestDb, change: impl FnOnce(&mut Config)) -> House {
        let mut config = Config { database: db.config.clone(), ..Config::default() };
        change(&mut config);
        let clock = Clock::fixed(start());
        let app = App::open(config.clone(), clock.clone()).await.unwrap();
        let row = StationRow { id: ID.into(), created_at: start(), ..StationRow::default() };
        let mut tx = app.db.write().await.unwrap();
        stations::create(&mut tx, &row).await.unwrap();
        tx.commit().await.unwrap();
        let port = port().unwrap();
        let (stop, tasks) = serve(&app, &port);
        House { app, clock, config, port, stop, tasks }
    }

    /// Makes this tariff the one that counts.
    pub async fn tariff(&self, json: &str) {
        let tariff = tariffs::Tariff::from_json(json).unwrap();
        let change = || Change { id: self.app.ids.next(), at: start(), by: "ada" };
        let mut tx = self.app.db.write().await.unwrap();
        versions::publish(&mut tx, &tariff, None, "", &change()).await.unwrap();
        let row = AssignmentRow {
            tariff_id: tariff.id.to_string(),
            created_at: start(),
            ..AssignmentRow::default()
        };
        assignments::assign(&mut tx, &row, true, &change()).await.unwrap();
        tx.commit().await.unwrap();
        self.app.catalog.reload(&self.app.db, self.clock.now()).await.unwrap();
    }

    /// What the station says of itself.
    pub async fn says(&self, component: &str, name: &str, instance: &str, value: &str) {
        let row = VariableRow {
            station_id: ID.into(),
            component: component.into(),
            component_instance: String::new(),
            evse: 0,
            connector: 0,
            name: name.into(),
            instance: instance.into(),
            attribute: "Actual".into(),
            value: Some(value.into()),
            mutability: String::new(),
            characteristics: String::new(),
            reported_at: start(),
        };
        self.app.writer.commit(vec![Write::Variable(Box::new(row))]).await.unwrap();
    }

    pub async fn connect(&self, version: Version) -> Station {
        let url = format!("ws://{}/ocpp", self.port.local_addr().unwrap());
        let options = Options::new(&url, ID, version).clock_at(self.clock.now()).timeout(PATIENCE);
        let station = Station::connect(options).await.unwrap();
        station.boot().await.unwrap();
        station.status(1, ConnectorState::Available).await.unwrap();
        station
    }

    pub fn pass(&self, station: &Station, seconds: i64) {
        self.clock.advance(TimeDelta::seconds(seconds));
        station.clock().advance(Duration::from_secs(seconds.unsigned_abs()));
        self.app.live.touch(&ID.into());
    }

    /// Keeps a text, and has the station given it.
    pub async fn text(&self, state: &str, language: &str, body: &str) {
        let row = TextRow {
            name: format!("{state}-{language}"),
            state: state.into(),
            language: language.into(),
            body: body.into(),
            priority: "NormalCycle".into(),
            changed_at: self.clock.now(),
            ..TextRow::default()
        };
        csms::texts::check(&row).unwrap();
        let mut tx = self.app.db.write().await.unwrap();
        assert!(texts::put(&mut tx, &row).await.unwrap());
        tx.commit().await.unwrap();
        self.show().await;
    }

    /// Brings texts to the station.
    pub async fn show(&self) {
        let all = texts::list(&mut self.app.db.read().await.unwrap()).await.unwrap();
        csms::texts::look(&self.app, &ID.into(), &all).await.unwrap();
    }

    /// The newest session.
    pub async fn session(&self) -> SessionRow {
        let filter = sessions::Filter::default();
        let mut tx = self.app.db.read().await.unwrap();
        sessions::list(&mut tx, &filter, None, 1).await.unwrap().remove(0)
    }

    /// Its needs and its plan, once the plan stands as it should.
    pub async fn plan(&self, state: &str, round: i64) -> rows::PlanRow {
        let session = self.session().await.id;
        let mut found = None;
        self.when(&format!("the plan of round {round} is {state}"), async || {
            found = rows::plan(&mut self.app.db.read().await.unwrap(), session).await.unwrap();
            found.as_ref().is_some_and(|plan| plan.state == state && plan.round == round)
        })
        .await;
        found.unwrap()
    }

    /// Waits until it is so; looks after everything that happens.
    pub async fn when(&self, what: &str, mut so: impl AsyncFnMut() -> bool) {
        let mut hints = self.app.live.watch();
        let comes = async {
            while !so().await {
                let _ = tokio::time::timeout(Duration::from_millis(250), hints.recv()).await;
            }
        };
        tokio::time::timeout(PATIENCE, comes).await.unwrap_or_else(|_| panic!("in vain: {what}"));
    }

    /// Waits until it is kept how the last cost was taken.
    pub async fn kept(&self, answer: &str) {
        let session = self.session().await;
        self.when("how the cost was taken is kept", async || {
            let mut tx = self.app.db.read().await.unwrap();
            let told = csms::store::costs::told(&mut tx, ID, session.started_at).await.unwrap();
            told.iter().any(|row| row.session_id == session.id && row.answer.contains(answer))
        })
        .await;
    }

    /// The server goes down, and another one comes up on what is kept.
    pub async fn restart(&mut self, station: &Station) {
        self.stop.cancel();
        for task in self.tasks.drain(..) {
            task.await.unwrap();
        }
        self.app.close().await;
        station.cut().await;
        self.app = App::open(self.config.clone(), self.clock.clone()).await.unwrap();
        (self.stop, self.tasks) = serve(&self.app, &self.port);
        station.reconnect().await.unwrap();
    }
}

fn serve(app: &App, port: &TcpSocket) -> (CancellationToken, Vec<JoinHandle<()>>) {
    let listener = listen::bind(port.local_addr().unwrap()).unwrap();
    let stop = CancellationToken::new();
    let tasks = vec![
        tokio::spawn(listen::serve(app.clone(), listener, stop.clone())),
        tokio::spawn(command::run(app.clone(), stop.clone())),
        tokio::spawn(needs::run(app.clone(), stop.clone())),
        tokio::spawn(costs::run(app.clone(), stop.clone())),
    ];
    (stop, tasks)
}

/// The data of a message of the paper on California's requirements.
pub fn data(payload: &Value) -> Value {
    serde_json::from_str(payload["data"].as_str().unwrap()).unwrap()
}
