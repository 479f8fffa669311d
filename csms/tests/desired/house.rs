//! A server on a socket of its own, with a clock that stands still, and what the tests ask of it.

use chrono::{DateTime, Utc};
use conformance::{ConnectorState, Options, Station};
use csms::{
    app::App,
    clock::Clock,
    command::{self, Ask, Command, Until},
    config::Config,
    desired::{self, Kind, State, template},
    link::listen,
    live::Hint,
    store::{
        commands::{self, CommandRow, Filter},
        desired::DesiredRow,
        row::StationRow,
        stations,
        testing::TestDb,
    },
};
use ocpp::Version;
use serde_json::Value;
use std::{collections::BTreeMap, time::Duration};
use tokio::sync::broadcast::Receiver;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);
pub const ALL: [(&str, Version); 3] = [("S16", Version::V16), ("S201", Version::V201), ("S21", Version::V21)];

pub fn start() -> DateTime<Utc> {
    "2026-03-02T08:00:00Z".parse().unwrap()
}

pub struct House {
    pub app: App,
    pub clock: Clock,
    url: String,
    _stop: DropGuard,
}

impl House {
    pub async fn open(db: &TestDb) -> House {
        let config = Config { database: db.config.clone(), ..Config::default() };
        let clock = Clock::fixed(start());
        let app = App::open(config, clock.clone()).await.unwrap();
        let listener = listen::bind(([127, 0, 0, 1], 0).into()).unwrap();
        let url = format!("ws://{}/ocpp", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        tokio::spawn(listen::serve(app.clone(), listener, stop.clone()));
        tokio::spawn(command::run(app.clone(), stop.clone()));
        tokio::spawn(desired::run(app.clone(), stop.clone()));
        House { app, clock, url, _stop: stop.drop_guard() }
    }

    pub async fn register(&self, id: &str, secret: &str) {
        let row =
            StationRow { id: id.into(), secret: secret.into(), created_at: start(), ..StationRow::default() };
        let mut tx = self.app.db.write().await.unwrap();
        stations::create(&mut tx, &row).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub fn options(&self, id: &str, version: Version) -> Options {
        Options::new(&self.url, id, version).clock_at(self.app.clock.now()).timeout(PATIENCE)
    }

    pub async fn connect(&self, id: &str, version: Version) -> Station {
        let station = Station::connect(self.options(id, version)).await.unwrap();
        station.boot().await.unwrap();
        station.status(1, ConnectorState::Available).await.unwrap();
        station
    }

    pub async fn wish(&self, id: &str, kind: Kind, key: &str, value: &str) {
        let wish = desired::wish(kind, key, value).unwrap();
        desired::set(&self.app.db, &id.into(), vec![wish], "ada", self.app.clock.now()).await.unwrap();
        self.app.desires.changed(&id.into());
    }

    pub async fn rows(&self, id: &str) -> Vec<DesiredRow> {
        csms::store::desired::of_station(&mut self.app.db.read().await.unwrap(), id).await.unwrap()
    }

    /// Waits until it is so of the wishes of a station; looks after everything that happens to it.
    pub async fn until(&self, id: &str, what: &str, so: impl Fn(&[DesiredRow]) -> bool) -> Vec<DesiredRow> {
        let mut hints: Receiver<Hint> = self.app.live.watch();
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let rows = self.rows(id).await;
            if so(&rows) {
                return rows;
            }
            let heard = tokio::time::timeout_at(deadline, hints.recv()).await;
            assert!(heard.is_ok(), "{id}: {what}: {rows:#?}");
        }
    }

    pub async fn until_in_step(&self, id: &str) -> Vec<DesiredRow> {
        let quiet = |row: &DesiredRow| desired::state(row, true) == State::InStep && row.due_at.is_none();
        self.until(id, "all is in step", |rows| rows.iter().all(quiet)).await
    }

    /// What the job has asked of a station so far, the oldest first.
    pub async fn asked(&self, id: &str) -> Vec<CommandRow> {
        let filter = Filter { station: Some(id.into()), ..Filter::default() };
        let mut tx = self.app.db.read().await.unwrap();
        let mut rows = commands::list(&mut tx, &filter, None, 200).await.unwrap();
        rows.retain(|row| row.asked_by == desired::ASKER);
        rows.reverse();
        rows
    }

    /// Waits until so many commands of a kind that the job has asked are answered.
    pub async fn until_answered(&self, id: &str, kind: &str, times: usize) {
        let mut hints: Receiver<Hint> = self.app.live.watch();
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let asked = self.asked(id).await;
            if asked.iter().filter(|row| row.kind == kind && row.is_answered()).count() >= times {
                return;
            }
            let heard = tokio::time::timeout_at(deadline, hints.recv()).await;
            assert!(heard.is_ok(), "{id}: {times} times {kind}: {asked:#?}");
        }
    }

    pub async fn kinds(&self, id: &str) -> Vec<String> {
        self.asked(id).await.into_iter().map(|row| row.kind).collect()
    }

    /// Somebody asks by hand.
    pub async fn ask(&self, id: &str, command: Value) -> CommandRow {
        let command: Command = serde_json::from_value(command).unwrap();
        let row = command::issue(&self.app, Ask::new(&id.into(), command, "ada")).await.unwrap();
        command::wait(&self.app, row.id, Until::Answer, PATIENCE).await.unwrap().unwrap()
    }

    pub async fn template(&self, id: &str, priority: i64, choice: Value, settings: &[(&str, &str)]) {
        let settings: BTreeMap<String, String> =
            settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let choice = serde_json::from_value(choice).unwrap();
        let new = template::Template::new(id, priority, choice, &settings).unwrap();
        let now = self.app.clock.now();
        template::put(&self.app.db, &new, "ada", now).await.unwrap();
        template::pass(&self.app).await.unwrap();
    }
}

pub fn heartbeat(version: Version) -> &'static str {
    if version == Version::V16 { "HeartbeatInterval" } else { "OCPPCommCtrlr.HeartbeatInterval" }
}
