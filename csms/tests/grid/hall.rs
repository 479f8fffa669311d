//! A hall with one fuse and three stations, one of each version. All clocks stand, and move together.

use chrono::{DateTime, TimeDelta, Utc};
use conformance::{Answer, ConnectorState, Options, Station, battery::Battery};
use csms::{
    app::App,
    clock::Clock,
    command,
    config::Config,
    grid::{
        self,
        change::Change,
        file::PlanFile,
        look::{EvseLook, Look},
        plan,
        switch::{Mode, SwitchError, switch},
    },
    link::listen,
    store::{
        grid as rows,
        row::StationRow,
        sites, stations,
        testing::{TestDb, port},
    },
};
use energy::control::Standing;
use ocpp::Version;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::{net::TcpSocket, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);
/// Rounds until something has to have happened.
const ROUNDS: usize = 400;
pub const SITE: i64 = 5;
/// W that 1 A on three phases is.
const WATTS: i64 = 690;
pub const NAMES: [&str; 3] = ["S16", "S201", "S21"];
const VERSIONS: [Version; 3] = [Version::V16, Version::V201, Version::V21];

pub fn start() -> DateTime<Utc> {
    "2026-03-02T08:00:00Z".parse().unwrap()
}

/// Three EVSEs of 32 A at a fuse.
pub fn plan_of(fuse: i64) -> Value {
    let evse = |station| json!({"station": station, "evse": 1, "node": "connection", "rated": 32});
    json!({"node": [{"name": "connection", "fuse": fuse}], "evse": NAMES.map(evse)})
}

pub struct Hall {
    pub app: App,
    pub clock: Clock,
    pub stations: Vec<Station>,
    pub fuse: i64,
    /// In A, instead of the fuse's, from this instant on.
    pub limit: Option<(DateTime<Utc>, i64)>,
    config: Config,
    port: TcpSocket,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl Hall {
    /// Opens it with a plan and stations that are registered.
    pub async fn open(db: &TestDb, fuse: i64, plan: &Value) -> Hall {
        Hall::open_with(db, fuse, plan, |_| ()).await
    }

    /// With other settings.
    pub async fn open_with(db: &TestDb, fuse: i64, plan: &Value, change: impl FnOnce(&mut Config)) -> Hall {
        let mut config = Config { database: db.config.clone(), ..Config::default() };
        change(&mut config);
        let clock = Clock::fixed(start());
        let app = App::open(config.clone(), clock.clone()).await.unwrap();
        let file: PlanFile = serde_json::from_value(plan.clone()).unwrap();
        let plan = file.plan(None).unwrap();
        let site = sites::SiteRow {
            id: SITE,
            name: "Hall".into(),
            address: String::new(),
            city: String::new(),
            country: String::new(),
            latitude: None,
            longitude: None,
            time_zone: "UTC".into(),
            created_at: start(),
        };
        let mut tx = app.db.write().await.unwrap();
        sites::create(&mut tx, &site).await.unwrap();
        for id in NAMES {
            let row = StationRow {
                id: id.into(),
                site_id: Some(SITE),
                created_at: start(),
                ..StationRow::default()
            };
            stations::create(&mut tx, &row).await.unwrap();
        }
        assert!(plan::keep(&mut tx, SITE, &plan, "on", 0, start()).await.unwrap());
        tx.commit().await.unwrap();
        let port = port().unwrap();
        let (stop, tasks) = serve(&app, &port);
        Hall { app, clock, stations: Vec::new(), fuse, limit: None, config, port, stop, tasks }
    }

    /// The stations connect and boot, and are told their defaults: until then nothing limits them.
    pub async fn connect(&mut self) {
        for (id, version) in NAMES.into_iter().zip(VERSIONS) {
            let url = format!("ws://{}/ocpp", self.port.local_addr().unwrap());
            let options = Options::new(&url, id, version).clock_at(self.clock.now()).timeout(PATIENCE);
            let station = Station::connect(options).await.unwrap();
            station.boot().await.unwrap();
            station.status(1, ConnectorState::Available).await.unwrap();
            self.stations.push(station);
        }
        let defaults = |hall: &Hall, look: &Look| {
            look.evses.iter().all(|evse| evse.standing == Standing::Default && evse.checked == "holds")
                && hall.stations.iter().all(|station| station.profiles().len() == 1)
        };
        self.until("defaults are there, and were read back", defaults).await;
    }

    /// A vehicle of 22 kW begins to charge.
    pub async fn charge(&self, nth: usize) {
        let station = &self.stations[nth];
        station.plug_in_car(1, Battery::tourer(100)).await.unwrap();
        station.start(1, "TAG").await.unwrap();
    }

    /// The stations connect, and three such vehicles have the same of the fuse each.
    pub async fn all_share(&mut self) {
        self.connect().await;
        for nth in 0..3 {
            self.charge(nth).await;
        }
        let each = self.fuse / 3;
        self.until("all share", |_, look| limits(look) == [each; 3]).await;
    }

    /// The server goes down in the middle of everything, and another one comes up on what is kept.
    pub async fn restart(&mut self) {
        self.stop.cancel();
        for task in self.tasks.drain(..) {
            task.await.unwrap();
        }
        self.app.close().await;
        for station in &self.stations {
            station.cut().await;
        }
        self.app = App::open(self.config.clone(), self.clock.clone()).await.unwrap();
        (self.stop, self.tasks) = serve(&self.app, &self.port);
    }

    /// Turns its load management on or off. False: it was so already.
    pub async fn switch(&self, mode: Mode) -> Result<bool, SwitchError> {
        let mut tx = self.app.db.write().await.unwrap();
        let switched = switch(&mut tx, SITE, mode, self.clock.now()).await?.is_some();
        tx.commit().await.unwrap();
        Ok(switched)
    }

    /// Another plan takes the place of its plan.
    pub async fn put(&self, file: &PlanFile) {
        let mut tx = self.app.db.write().await.unwrap();
        let change = Change::new(&mut tx, SITE, file, None, None).await.unwrap();
        change.keep(&mut tx, None, self.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// A second process comes up beside the one that stations connect to.
    pub async fn beside(&self) -> Beside {
        let mut config = self.config.clone();
        config.database.node += 1;
        let app = App::open(config.clone(), self.clock.clone()).await.unwrap();
        let stop = CancellationToken::new();
        let tasks = vec![
            tokio::spawn(command::run(app.clone(), stop.clone())),
            tokio::spawn(grid::run(app.clone(), stop.clone())),
        ];
        Beside { app, config, stop, tasks }
    }

    /// The process goes, in order or at once, and stations come to the one beside it.
    pub async fn hand_over(&mut self, other: Beside, in_order: bool) {
        if !in_order {
            // Load management breaks off in the middle of whatever it does.
            let steps = self.tasks.pop().unwrap();
            steps.abort();
            let _ = steps.await;
        }
        self.stop.cancel();
        for task in self.tasks.drain(..) {
            task.await.unwrap();
        }
        for station in &self.stations {
            station.cut().await;
        }
        self.app.close().await;
        let listener = listen::bind(self.port.local_addr().unwrap()).unwrap();
        let Beside { app, config, stop, mut tasks } = other;
        tasks.push(tokio::spawn(listen::serve(app.clone(), listener, stop.clone())));
        (self.app, self.config, self.stop, self.tasks) = (app, config, stop, tasks);
        for station in &self.stations {
            station.reconnect().await.unwrap();
        }
    }

    /// What the stations take together, in W.
    pub fn taken_w(&self) -> i64 {
        self.stations.iter().map(|station| station.power_w(1)).sum()
    }

    /// No fuse carries too much, and no limit is exceeded from when it holds.
    pub fn within(&self) {
        let most = match self.limit {
            Some((from, limit)) if from <= self.clock.now() => limit.min(self.fuse),
            _ => self.fuse,
        };
        let taken: Vec<i64> = self.stations.iter().map(|station| station.power_w(1)).collect();
        assert!(self.taken_w() <= most * WATTS, "{taken:?} W exceed {most} A at {}", self.clock.now());
    }

    /// Five seconds pass; whoever is connected tells its meter, and a step is done.
    pub async fn round(&self) {
        self.within();
        self.clock.advance(TimeDelta::seconds(5));
        for station in &self.stations {
            match station.soc_permille(1) {
                Some(_) => drop(station.charge_for(1, Duration::from_secs(5)).unwrap()),
                None => station.clock().advance(Duration::from_secs(5)),
            }
        }
        self.within();
        let charges = |station: &&Station| station.is_online() && station.soc_permille(1).is_some();
        for station in self.stations.iter().filter(charges) {
            station.meter(1).await.unwrap();
        }
        self.app.live.touch(&NAMES[0].into());
        let now = self.clock.now();
        self.when("the site is stepped", async || self.app.grid.last(SITE).is_some_and(|at| at >= now)).await;
        let settled = async || {
            rows::open_intents(&mut self.app.db.read().await.unwrap(), SITE).await.unwrap().is_empty()
        };
        self.when("what is told is answered, or known to be lost", settled).await;
        self.within();
    }

    /// Waits until it is so; looks after every step, and after everything that a station says or answers.
    pub async fn when(&self, what: &str, so: impl AsyncFn() -> bool) {
        let mut hints = self.app.live.watch();
        let comes = async {
            loop {
                let stepped = self.app.grid.changed();
                tokio::pin!(stepped);
                stepped.as_mut().enable();
                if so().await {
                    return;
                }
                tokio::select! {
                    () = stepped => {}
                    _ = hints.recv() => {}
                }
                self.within();
            }
        };
        tokio::time::timeout(PATIENCE, comes).await.unwrap_or_else(|_| panic!("in vain: {what}"));
    }

    /// Rounds go by until it is so.
    pub async fn until(&self, what: &str, so: impl Fn(&Hall, &Look) -> bool) -> Look {
        for _ in 0..ROUNDS {
            let look = self.look().await;
            if so(self, &look) {
                return look;
            }
            self.round().await;
        }
        panic!("it does not come to this: {what}; {:#?}", self.look().await);
    }

    /// So long goes by.
    pub async fn pass(&self, time: TimeDelta) {
        let until = self.clock.now() + time;
        while self.clock.now() < until {
            self.round().await;
        }
    }

    pub async fn look(&self) -> Look {
        let mut tx = self.app.db.read().await.unwrap();
        grid::look::look(&mut tx, SITE, self.clock.now()).await.unwrap().unwrap()
    }
}

/// A process that stations do not connect to.
pub struct Beside {
    pub app: App,
    config: Config,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Hall {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn serve(app: &App, port: &TcpSocket) -> (CancellationToken, Vec<JoinHandle<()>>) {
    let listener = listen::bind(port.local_addr().unwrap()).unwrap();
    let stop = CancellationToken::new();
    let tasks = vec![
        tokio::spawn(listen::serve(app.clone(), listener, stop.clone())),
        tokio::spawn(command::run(app.clone(), stop.clone())),
        tokio::spawn(grid::run(app.clone(), stop.clone())),
    ];
    (stop, tasks)
}

/// Whole amperes of each EVSE's limit, in the order of [`NAMES`]; 0 without one.
pub fn limits(look: &Look) -> [i64; 3] {
    NAMES.map(|name| of(look, name).limit.map_or(0, |limit| limit.0 / 1000))
}

pub fn of<'a>(look: &'a Look, station: &str) -> &'a EvseLook {
    look.evses.iter().find(|evse| evse.station == station).unwrap()
}

/// What the station says of its EVSE: so many A from these seconds on.
pub fn says(periods: &[(i64, i64)]) -> Answer {
    let periods: Vec<Value> =
        periods.iter().map(|(start, limit)| json!({"startPeriod": start, "limit": limit})).collect();
    Answer::Result(json!({"status": "Accepted", "schedule": {"evseId": 1, "duration": 900,
        "scheduleStart": "2026-03-02T08:00:00Z", "chargingRateUnit": "A", "chargingSchedulePeriod": periods}}))
}
