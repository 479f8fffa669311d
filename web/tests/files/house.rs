//! A system with its links, its commands and its file server.

use chrono::{DateTime, Utc};
use conformance::{Answer, ConnectorState, Options, Station};
use csms::{
    app::App,
    clock::Clock,
    command::{self, Ask, Command, Until},
    config::Config,
    files::firmware::{self, About},
    link::{auth::Vault, listen},
    store::{
        commands::CommandRow,
        files::{self, FirmwareRow, LinkRow, UploadRow},
        row::StationRow,
        stations,
        testing::TestDb,
    },
};
use ocpp::Version;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{sync::Arc, time::Duration};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use web::{Outside, WebState};

/// Longer than anything here takes.
pub const PATIENCE: Duration = Duration::from_secs(240);
pub const ALL: [Version; 3] = [Version::V16, Version::V201, Version::V21];

pub fn start() -> DateTime<Utc> {
    "2026-03-02T08:00:00Z".parse().unwrap()
}

pub struct House {
    pub app: App,
    pub clock: Clock,
    pub folder: tempfile::TempDir,
    url: String,
    _stop: DropGuard,
}

impl House {
    pub async fn open(db: &TestDb) -> House {
        House::open_with(db, |_| {}).await
    }

    pub async fn open_with(db: &TestDb, set: impl FnOnce(&mut Config)) -> House {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config { database: db.config.clone(), ..Config::default() };
        config.ocpp.call_timeout_s = 30;
        config.files.folder = folder.path().join("files").display().to_string();
        let people = TcpListener::bind("127.0.0.1:0").await.unwrap();
        config.web.listen = people.local_addr().unwrap();
        set(&mut config);
        let alone = match config.files.listen.is_empty() {
            true => None,
            false => Some(TcpListener::bind("127.0.0.1:0").await.unwrap()),
        };
        if let Some(alone) = &alone {
            config.files.listen = alone.local_addr().unwrap().to_string();
        }
        let clock = Clock::fixed(start());
        let app = App::open(config, clock.clone()).await.unwrap();
        let listener = listen::bind(([127, 0, 0, 1], 0).into()).unwrap();
        let url = format!("ws://{}/ocpp", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let outside =
            Outside { metrics: Box::new(String::new), accepting: Box::new(|| true), shutdown: stop.clone() };
        let vault = Arc::new(Vault::open(&app.db, 2).await.unwrap());
        let state = WebState::new(app.clone(), vault, outside);
        if let Some(alone) = alone {
            tokio::spawn(web::serve_files(alone, state.clone(), stop.clone()));
        }
        tokio::spawn(web::serve(people, state, stop.clone()));
        tokio::spawn(listen::serve(app.clone(), listener, stop.clone()));
        tokio::spawn(command::run(app.clone(), stop.clone()));
        House { app, clock, folder, url, _stop: stop.drop_guard() }
    }

    pub async fn station(&self, id: &str, version: Version) -> Station {
        let row = StationRow { id: id.into(), created_at: start(), ..StationRow::default() };
        let mut tx = self.app.db.write().await.unwrap();
        stations::create(&mut tx, &row).await.unwrap();
        tx.commit().await.unwrap();
        let options = Options::new(&self.url, id, version).clock_at(start()).timeout(PATIENCE);
        let station = Station::connect(options).await.unwrap();
        station.boot().await.unwrap();
        station.status(1, ConnectorState::Available).await.unwrap();
        station
    }

    pub async fn ask(&self, id: &str, command: Value) -> CommandRow {
        let command: Command = serde_json::from_value(command).unwrap();
        command::issue(&self.app, Ask::new(&id.into(), command, "ada")).await.unwrap()
    }

    pub async fn until(&self, id: i64, until: Until) -> CommandRow {
        let row = command::wait(&self.app, id, until, PATIENCE).await.unwrap().unwrap();
        let over = if until == Until::Answer { row.is_answered() } else { row.is_over() };
        assert!(over, "it stays {row:?}");
        row
    }

    /// Asks, and waits for the outcome.
    pub async fn done(&self, id: &str, command: Value) -> CommandRow {
        let row = self.ask(id, command).await;
        self.until(row.id, Until::Outcome).await
    }

    /// Has a station of 2.0.1 told an address to bring its log to, which it does not do by itself.
    pub async fn upload_address(&self, id: &str) -> (Station, CommandRow, String) {
        let station = self.station(id, Version::V201).await;
        station.answer_with("GetLog", Answer::Result(json!({"status": "Accepted"})));
        let row = self.ask(id, json!({"command": "get-log"})).await;
        let row = self.until(row.id, Until::Answer).await;
        let told = station.expect_call("GetLog").await.unwrap();
        let url = told["log"]["remoteLocation"].as_str().unwrap().to_owned();
        (station, row, url)
    }

    /// The same of firmware to fetch.
    pub async fn download_address(&self, id: &str, firmware: &FirmwareRow) -> (Station, CommandRow, String) {
        let station = self.station(id, Version::V201).await;
        station.answer_with("UpdateFirmware", Answer::Result(json!({"status": "Accepted"})));
        let row =
            self.ask(id, json!({"command": "update-firmware", "firmware": firmware.id.to_string()})).await;
        let row = self.until(row.id, Until::Answer).await;
        let told = station.expect_call("UpdateFirmware").await.unwrap();
        let url = told["firmware"]["location"].as_str().unwrap().to_owned();
        (station, row, url)
    }

    /// Keeps an image of firmware.
    pub async fn firmware(&self, content: &[u8], about: About) -> FirmwareRow {
        let path = self.folder.path().join("image");
        std::fs::write(&path, content).unwrap();
        firmware::add(&self.app, &path, about, "ada").await.unwrap()
    }

    pub async fn uploads(&self, command: i64) -> Vec<UploadRow> {
        files::uploads_of(&mut self.app.db.read().await.unwrap(), command).await.unwrap()
    }

    pub async fn link(&self, command: i64) -> LinkRow {
        let links = files::links_of(&mut self.app.db.read().await.unwrap(), command).await.unwrap();
        links.into_iter().next().unwrap()
    }

    /// What lies in a folder of files, by name.
    pub fn lying(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.folder.path().join("files").join(folder)) else {
            return Vec::new();
        };
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

pub fn about(name: &str, version: &str) -> About {
    About { name: name.into(), version: version.into(), ..About::default() }
}

pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
