//! A server on a socket of its own, with a clock that stands still, and what the tests ask of it.

use chrono::{DateTime, Utc};
use conformance::{ConnectorState, Options, Station};
use csms::{
    app::App,
    clock::Clock,
    command::{self, Ask, Command, CommandError, Until},
    config::Config,
    link::listen,
    store::{commands::CommandRow, row::StationRow, stations, testing::TestDb},
};
use ocpp::Version;
use serde_json::Value;
use std::time::Duration;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Longer than anything here takes.
pub const PATIENCE: Duration = Duration::from_secs(60);
pub const ALL: [Version; 3] = [Version::V16, Version::V201, Version::V21];

pub fn start() -> DateTime<Utc> {
    "2026-03-02T08:00:00Z".parse().unwrap()
}

pub struct House {
    pub app: App,
    pub clock: Clock,
    pub url: String,
    _stop: DropGuard,
}

impl House {
    pub async fn open(db: &TestDb) -> House {
        House::open_as(db, 0).await
    }

    /// Stations have five seconds to answer.
    pub async fn open_impatient(db: &TestDb) -> House {
        House::open_with(db, |config| config.ocpp.call_timeout_s = 5).await
    }

    /// One of several processes.
    pub async fn open_as(db: &TestDb, node: u16) -> House {
        House::open_with(db, |config| config.database.node = node).await
    }

    async fn open_with(db: &TestDb, change: impl FnOnce(&mut Config)) -> House {
        let mut config = Config { database: db.config.clone(), ..Config::default() };
        change(&mut config);
        let clock = Clock::fixed(start());
        let app = App::open(config, clock.clone()).await.unwrap();
        let listener = listen::bind(([127, 0, 0, 1], 0).into()).unwrap();
        let url = format!("ws://{}/ocpp", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        tokio::spawn(listen::serve(app.clone(), listener, stop.clone()));
        tokio::spawn(command::run(app.clone(), stop.clone()));
        House { app, clock, url, _stop: stop.drop_guard() }
    }

    pub async fn register(&self, id: &str) {
        let row = StationRow { id: id.into(), created_at: start(), ..StationRow::default() };
        let mut tx = self.app.db.write().await.unwrap();
        stations::create(&mut tx, &row).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn connect(&self, id: &str, version: Version) -> Station {
        let options = Options::new(&self.url, id, version).clock_at(start()).timeout(PATIENCE);
        let station = Station::connect(options).await.unwrap();
        station.boot().await.unwrap();
        station.status(1, ConnectorState::Available).await.unwrap();
        station
    }

    pub async fn station(&self, id: &str, version: Version) -> Station {
        self.register(id).await;
        self.connect(id, version).await
    }

    pub async fn ask(&self, id: &str, command: Value) -> CommandRow {
        self.issue(id, command, None).await.unwrap()
    }

    pub async fn issue(
        &self,
        id: &str,
        command: Value,
        expires_at: Option<DateTime<Utc>>,
    ) -> Result<CommandRow, CommandError> {
        let command: Command = serde_json::from_value(command).unwrap();
        command::issue(&self.app, Ask { expires_at, ..Ask::new(&id.into(), command, "ada") }).await
    }

    /// Asks, and waits for the answer.
    pub async fn answer(&self, id: &str, command: Value) -> CommandRow {
        let row = self.ask(id, command).await;
        self.until(row.id, Until::Answer).await
    }

    pub async fn until(&self, id: i64, until: Until) -> CommandRow {
        let row = command::wait(&self.app, id, until, PATIENCE).await.unwrap().unwrap();
        let over = if until == Until::Answer { row.is_answered() } else { row.is_over() };
        assert!(over, "it stays {row:?}");
        row
    }
}

pub fn told(row: &CommandRow) -> (&str, &str, &str) {
    (&row.state, &row.verdict, &row.outcome)
}
