//! A central system on real sockets with stations of every version. Time stands until a test moves it, and jobs have their turn
//! when a test says so.

use chrono::{DateTime, TimeDelta, Utc};
use conformance::{Options, Station};
use csms::{
    app::App,
    clock::Clock,
    command::{self, Command, SendList},
    config::Config,
    desired,
    link::listen,
    locallist::{self, Rule, Scope, Standing},
    store::{
        commands::{self, CommandRow, Filter},
        desired::DesiredRow,
        lists,
        row::{StationRow, TokenRow, VariableRow, Write},
        stations,
        testing::TestDb,
        tokens,
    },
};
use ocpp::Version;
use serde_json::Value;
use std::time::Duration;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);
pub const ALL: [(&str, Version); 3] = [("S16", Version::V16), ("S201", Version::V201), ("S21", Version::V21)];

fn start() -> DateTime<Utc> {
    "2026-03-02T08:00:00Z".parse().unwrap()
}

pub async fn databases() -> Vec<TestDb> {
    TestDb::all().await.unwrap()
}

pub struct House {
    pub app: App,
    clock: Clock,
    url: String,
    _stop: DropGuard,
}

/// A list, or a change of one, as a station was sent it.
pub trait Sent {
    fn names(&self) -> Vec<&str>;
}

impl Sent for SendList {
    fn names(&self) -> Vec<&str> {
        self.entries.iter().map(|entry| &*entry.token.uid).collect()
    }
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
        House { app, clock, url, _stop: stop.drop_guard() }
    }

    pub async fn station(&self, id: &str, version: Version) -> Station {
        self.station_with(id, version, |_| {}).await
    }

    /// With what it answers otherwise than usual.
    pub async fn station_with(&self, id: &str, version: Version, set: impl Fn(&Station)) -> Station {
        let row = StationRow { id: id.into(), created_at: start(), ..StationRow::default() };
        let mut tx = self.app.db.write().await.unwrap();
        stations::create(&mut tx, &row).await.unwrap();
        tx.commit().await.unwrap();
        let options = Options::new(&self.url, id, version).clock_at(self.clock.now()).timeout(PATIENCE);
        let station = Station::connect(options).await.unwrap();
        set(&station);
        station.boot().await.unwrap();
        station
    }

    /// What the station says of itself.
    pub async fn says(&self, station: &str, component: &str, name: &str, value: &str, more: &str) {
        let row = VariableRow {
            station_id: station.into(),
            component: component.into(),
            component_instance: String::new(),
            evse: 0,
            connector: 0,
            name: name.into(),
            instance: String::new(),
            attribute: "Actual".into(),
            value: Some(value.into()),
            mutability: String::new(),
            characteristics: more.into(),
            reported_at: start(),
        };
        self.app.writer.commit(vec![Write::Variable(Box::new(row))]).await.unwrap();
    }

    pub async fn tokens(&self, uids: &[&str]) {
        let mut tx = self.app.db.write().await.unwrap();
        for uid in uids {
            let token = TokenRow {
                id: self.app.ids.next(),
                uid: (*uid).into(),
                kind: "ISO14443".into(),
                group_uid: None,
                holder: String::new(),
                language: String::new(),
                blocked: false,
                expires_at: None,
                concurrent: false,
                created_at: start(),
                max_cost: String::new(),
                max_energy_wh: None,
                max_time_s: None,
            };
            tokens::create(&mut tx, &token).await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    async fn token(&self, uid: &str) -> TokenRow {
        tokens::by_key(&mut self.app.db.read().await.unwrap(), uid).await.unwrap().remove(0)
    }

    pub async fn block(&self, uid: &str) {
        let token = TokenRow { blocked: true, ..self.token(uid).await };
        let mut tx = self.app.db.write().await.unwrap();
        tokens::update(&mut tx, &token).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn forget(&self, uid: &str) {
        let token = self.token(uid).await;
        let mut tx = self.app.db.write().await.unwrap();
        tokens::delete(&mut tx, token.id).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn mark(&self, uid: &str) {
        let token = self.token(uid).await;
        let mut tx = self.app.db.write().await.unwrap();
        lists::mark(&mut tx, token.id, true).await.unwrap();
        assert!(lists::is_marked(&mut tx, token.id).await.unwrap());
        tx.commit().await.unwrap();
    }

    pub async fn rule(&self, scope: Scope, rule: Option<Rule>) {
        let mut tx = self.app.db.write().await.unwrap();
        locallist::set(&mut tx, &scope, rule, "ada", self.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn pass(&self) {
        locallist::pass(&self.app).await.unwrap();
    }

    /// Rules are read, and the station is brought as far as it can be now; then what it has accepted is verified.
    pub async fn settle(&self, id: &str) {
        self.pass().await;
        desired::round(&self.app, &id.into(), false).await.unwrap();
        self.clock.advance(TimeDelta::seconds(2));
        desired::round(&self.app, &id.into(), false).await.unwrap();
    }

    /// Somebody wants it tried now.
    pub async fn hurry(&self, id: &str) {
        desired::hurry(&self.app.db, &id.into(), None, self.clock.now()).await.unwrap();
    }

    pub async fn later(&self, minutes: i64) {
        self.clock.advance(TimeDelta::minutes(minutes));
    }

    /// What the job has asked of a station so far, the oldest first.
    async fn asked(&self, id: &str) -> Vec<CommandRow> {
        let filter = Filter { station: Some(id.into()), ..Filter::default() };
        let mut rows =
            commands::list(&mut self.app.db.read().await.unwrap(), &filter, None, 200).await.unwrap();
        rows.retain(|row| row.asked_by == desired::ASKER);
        rows.reverse();
        rows
    }

    pub async fn questions(&self, id: &str) -> usize {
        self.asked(id).await.len()
    }

    /// The lists and changes that it was sent.
    pub async fn sent(&self, id: &str) -> Vec<SendList> {
        let list = |row: CommandRow| match serde_json::from_str(&row.body).unwrap() {
            Command::SendList(list) => Some(list),
            _ => None,
        };
        self.asked(id).await.into_iter().filter_map(list).collect()
    }

    /// The calls of the last one: kind and entries.
    pub async fn parts(&self, id: &str) -> Vec<(String, usize)> {
        let rows = self.asked(id).await;
        let row = rows.iter().rfind(|row| row.kind == "send-list").unwrap();
        let calls: Vec<Value> = serde_json::from_str(&row.calls).unwrap();
        let part = |call: &Value| {
            let payload = &call["payload"];
            let entries = payload["localAuthorizationList"].as_array().map_or(0, Vec::len);
            (payload["updateType"].as_str().unwrap().to_owned(), entries)
        };
        calls.iter().map(part).collect()
    }

    pub async fn standing(&self, id: &str) -> Standing {
        locallist::standing(&mut self.app.db.read().await.unwrap(), id).await.unwrap().unwrap()
    }

    pub async fn wish(&self, id: &str) -> Option<DesiredRow> {
        self.standing(id).await.wish
    }

    /// The version that the station has told when it was asked afterwards: it is the one that was wished.
    pub async fn told_version(&self, id: &str) -> i64 {
        let wish = self.wish(id).await.unwrap();
        assert_eq!(desired::state(&wish, true), desired::State::InStep, "{wish:?}");
        assert_eq!(wish.reported.as_deref(), Some(&*wish.value), "{wish:?}");
        wish.value.parse().unwrap()
    }
}
