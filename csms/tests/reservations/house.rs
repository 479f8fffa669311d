//! A central system on real sockets with stations of every version. Time stands until a test moves it, and the job has its turn
//! when a test says so.

use chrono::{DateTime, TimeDelta, Utc};
use conformance::{ConnectorState, Options, Station};
use csms::{
    app::App,
    clock::Clock,
    command::{self, Ask, Until},
    config::Config,
    link::listen,
    reservation::{self, ReserveError, Wish},
    store::{
        assignments::{self, AssignmentRow},
        commands::CommandRow,
        events,
        reservations::{self, ReservationRow},
        row::{StationRow, TokenRow, VariableRow, Write},
        sessions::{self, Filter},
        settings, stations,
        tariffs::Change,
        testing::TestDb,
        tokens, versions,
    },
};
use ocpp::Version;
use std::time::Duration;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Longer than anything here takes.
pub const PATIENCE: Duration = Duration::from_secs(60);
pub const ALL: [(&str, Version); 3] = [("S16", Version::V16), ("S201", Version::V201), ("S21", Version::V21)];

pub fn start() -> DateTime<Utc> {
    "2026-03-02T08:00:00Z".parse().unwrap()
}

/// Minutes after the start.
pub fn at(minutes: i64) -> DateTime<Utc> {
    start() + TimeDelta::minutes(minutes)
}

pub struct House {
    pub app: App,
    pub clock: Clock,
    url: String,
    _stop: DropGuard,
}

impl House {
    /// ANNA and BEN are of one group, CARA of none; DORA is blocked.
    pub async fn open(db: &TestDb) -> House {
        let house = House::reopen(db).await;
        let mut tx = house.app.db.write().await.unwrap();
        for (id, uid) in (1..).zip(["ANNA", "BEN", "CARA", "DORA"]) {
            let token = TokenRow {
                id,
                uid: uid.into(),
                kind: "ISO14443".into(),
                group_uid: (id <= 2).then(|| "FLEET".into()),
                holder: String::new(),
                language: String::new(),
                blocked: uid == "DORA",
                expires_at: None,
                concurrent: true,
                created_at: start(),
                max_cost: String::new(),
                max_energy_wh: None,
                max_time_s: None,
            };
            tokens::create(&mut tx, &token).await.unwrap();
        }
        tx.commit().await.unwrap();
        house
    }

    /// The same database, after a restart.
    pub async fn reopen(db: &TestDb) -> House {
        House::beside(db, 0).await
    }

    /// The same database, at another process.
    pub async fn beside(db: &TestDb, node: u16) -> House {
        let mut config = Config { database: db.config.clone(), ..Config::default() };
        config.database.node = node;
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

    /// A station with two outlets.
    pub async fn connect(&self, id: &str, version: Version) -> Station {
        let options = Options::new(&self.url, id, version).clock_at(self.clock.now()).timeout(PATIENCE);
        let station = Station::connect(options).await.unwrap();
        station.boot().await.unwrap();
        for evse in 1..=2 {
            station.status(evse, ConnectorState::Available).await.unwrap();
        }
        station
    }

    pub async fn station(&self, id: &str, version: Version) -> Station {
        self.register(id).await;
        self.connect(id, version).await
    }

    /// What the station says of itself.
    pub async fn says(&self, station: &str, component: &str, name: &str, value: &str) {
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
            characteristics: String::new(),
            reported_at: start(),
        };
        self.app.writer.commit(vec![Write::Variable(Box::new(row))]).await.unwrap();
    }

    /// A tariff that counts everywhere.
    pub async fn tariff(&self, json: &str) {
        let tariff = tariffs::Tariff::from_json(json).unwrap();
        let change = || Change { id: self.app.ids.next(), at: start(), by: "ada" };
        let everywhere = AssignmentRow {
            tariff_id: tariff.id.clone(),
            valid_from: Some(at(-60)),
            created_at: start(),
            ..AssignmentRow::default()
        };
        let mut tx = self.app.db.write().await.unwrap();
        versions::publish(&mut tx, &tariff, None, "", &change()).await.unwrap();
        assignments::assign(&mut tx, &everywhere, true, &change()).await.unwrap();
        tx.commit().await.unwrap();
        self.app.catalog.reload(&self.app.db, self.clock.now()).await.unwrap();
    }

    pub async fn wish(&self, wish: Wish) -> Result<ReservationRow, ReserveError> {
        reservation::make(&self.app, wish, "ada", None).await
    }

    /// For ANNA, for half an hour from now; the station is asked, and its answer is waited for.
    pub async fn reserve(&self, station: &str, evse: u32) -> ReservationRow {
        let row = self.wish(wish(station, Some(evse))).await.unwrap();
        self.ask(row.id).await
    }

    pub async fn ask(&self, id: i64) -> ReservationRow {
        reservation::ask(&self.app, id, PATIENCE).await.unwrap().unwrap()
    }

    pub async fn cancel(&self, id: i64) -> ReservationRow {
        assert!(reservation::cancel(&self.app, id, "ben").await.unwrap());
        self.ask(id).await
    }

    pub async fn turn(&self) {
        reservation::turn(&self.app).await.unwrap();
    }

    pub async fn find(&self, id: i64) -> ReservationRow {
        reservations::find(&mut self.app.db.read().await.unwrap(), id).await.unwrap().unwrap()
    }

    /// Waits until this process has told the others that it is at work.
    pub async fn at_work(&self) {
        let name = format!("process.{}", self.app.config.database.node);
        let told = async {
            while settings::get(&mut self.app.db.read().await.unwrap(), &name).await.unwrap().is_none() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, told).await.unwrap();
    }

    /// Waits until the station is not connected any more.
    pub async fn gone(&self, id: &str) {
        let gone = async {
            while self.app.hub.online(&id.into()) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, gone).await.unwrap();
    }

    /// Waits until the station was asked so often.
    pub async fn until_asked(&self, id: i64, tries: i64) {
        let asked = async {
            while self.find(id).await.tries < tries {
                self.turn().await;
            }
        };
        tokio::time::timeout(PATIENCE, asked).await.unwrap();
    }

    /// Somebody asks by hand; it waits for the station.
    pub async fn later(&self, id: &str, command: serde_json::Value) -> i64 {
        let command = serde_json::from_value(command).unwrap();
        let ask = Ask { expires_at: Some(at(60)), ..Ask::new(&id.into(), command, "ada") };
        command::issue(&self.app, ask).await.unwrap().id
    }

    pub async fn answered(&self, id: i64) -> CommandRow {
        command::wait(&self.app, id, Until::Answer, PATIENCE).await.unwrap().unwrap()
    }

    /// What has happened, by its kind.
    pub async fn events(&self) -> Vec<String> {
        let mut tx = self.app.db.read().await.unwrap();
        let rows = events::list(&mut tx, &events::Filter::default(), None, 200).await.unwrap();
        rows.into_iter().map(|row| row.kind).collect()
    }

    /// The sessions of a station, the newest first: verdict and reservation.
    pub async fn sessions(&self, station: &str) -> Vec<(String, Option<i64>)> {
        let filter = Filter { station: Some(station.into()), ..Filter::default() };
        let rows = sessions::list(&mut self.app.db.read().await.unwrap(), &filter, None, 50).await.unwrap();
        rows.into_iter().map(|row| (row.verdict, row.reservation)).collect()
    }
}

/// For ANNA, for half an hour from now.
pub fn wish(station: &str, evse: Option<u32>) -> Wish {
    Wish {
        station: station.into(),
        evse,
        connector_type: None,
        token: "Anna".into(),
        token_kind: None,
        group: None,
        from: None,
        expires_at: at(30),
    }
}
