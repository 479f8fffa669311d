//! A fleet of virtual stations that live: vehicles come, charge along their curve and leave; sometimes something
//! fails.
//!
//! # Time
//! A CSMS expects timestamps near its own time, and power that fits the energy. So nothing is sped up or scaled:
//! - With [`FleetOptions::pace`] 1, the fleet first lives through [`FleetOptions::history`] without a connection, at
//!   once and in memory, as stations do whose network is down. Then it connects, delivers what is queued (with the
//!   old timestamps, marked as offline) and goes on in real time, some sessions half-way through.
//! - With a higher pace it is connected all the time and lives through its history that many times faster than real
//!   time, until it has caught up with the present.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ocpp::Version;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::battery::Supply;
use crate::life::{self, Pace};
use crate::options::{EnergyUnit, Hardware};
use crate::plan::Visits;

/// How long [`Fleet::stop`] waits for sessions to end and links to close.
const STOP_WAIT: Duration = Duration::from_secs(5);

/// What a fleet does.
#[derive(Debug, Clone)]
pub struct FleetOptions {
    /// `ws://host:port/path` of the CSMS.
    pub url: String,
    /// Decides who comes when, and what goes wrong.
    pub seed: u64,
    /// The stations.
    pub stations: Vec<FleetStation>,
    /// Stations of these where nobody comes of his own accord: only sessions that are started from afar.
    pub quiet: Vec<String>,
    /// The identifiers of the drivers.
    pub tokens: Vec<String>,
    /// How far back the fleet's life begins.
    pub history: Duration,
    /// Simulated seconds per real second while the fleet lives through its history; see the module.
    pub pace: u32,
    /// The time between two readings of a running session, and between two looks at an idle EVSE.
    pub sample: Duration,
    /// Whether something fails now and then.
    pub mishaps: bool,
    /// Whether running sessions are ended when the fleet stops; otherwise the stations just go.
    pub end_sessions: bool,
}

impl FleetOptions {
    /// `count` stations with `seed`, six hours of history, readings every 10 s, mishaps, and sessions that end with
    /// the fleet.
    pub fn new(url: &str, seed: u64, count: usize) -> Self {
        FleetOptions {
            url: url.to_owned(),
            seed,
            stations: stations(count),
            quiet: Vec::new(),
            tokens: tokens(12),
            history: Duration::from_secs(6 * 3600),
            pace: 1,
            sample: Duration::from_secs(10),
            mishaps: true,
            end_sessions: true,
        }
    }
}

/// One station of a fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetStation {
    /// The identity.
    pub id: String,
    /// The password of HTTP Basic authentication.
    pub password: Option<String>,
    /// The version it speaks.
    pub version: Version,
    /// What it is.
    pub hardware: Hardware,
}

/// `count` stations, `WL-001` and on, of mixed versions, vendors and models, without passwords. The first ones are
/// the same whatever the count.
pub fn stations(count: usize) -> Vec<FleetStation> {
    let ac = |limit_w| Supply::Ac { limit_w };
    let dc = |limit_w| Supply::Dc { limit_w };
    let catalogue = [
        (Version::V16, "Hafenwerk", "Duo 22", "4.2.1", 2, ac(22_000), EnergyUnit::Wh),
        (Version::V201, "Voltbahn", "HPC 150", "2.8.0", 2, dc(150_000), EnergyUnit::KWh),
        (Version::V21, "Sonnenhof", "Pole 22", "1.0.3", 2, ac(22_000), EnergyUnit::Wh),
        (Version::V16, "Nordlicht", "Wall 11", "7.11", 1, ac(11_000), EnergyUnit::Wh),
        (Version::V201, "Sonnenhof", "Pole 11", "0.9.9", 2, ac(11_000), EnergyUnit::Wh),
        (Version::V16, "Kleinstrom", "Solo 50", "3.0-b2", 1, dc(50_000), EnergyUnit::KWh),
        (Version::V21, "Voltbahn", "HPC 300", "3.1.0", 2, dc(300_000), EnergyUnit::KWh),
    ];
    let station = |n: usize| {
        let (version, vendor, model, firmware, evses, supply, unit) = catalogue[n % catalogue.len()];
        FleetStation {
            id: format!("WL-{:03}", n + 1),
            password: None,
            version,
            hardware: Hardware {
                vendor: vendor.into(),
                model: model.into(),
                serial: format!("{}{:06}", &vendor[..2].to_uppercase(), 100_000 + n * 37),
                firmware: firmware.into(),
                evses,
                supply,
                unit,
                register_wh: 0,
            },
        }
    };
    (0..count).map(station).collect()
}

/// `count` identifiers as RFID cards have them: 14 hexadecimal digits.
pub fn tokens(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("04{:012X}", 0x5A_10C4_0D80 + n as u64 * 0x1_0F3B)).collect()
}

/// What a fleet has done so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Sessions begun, history included.
    pub sessions_started: usize,
    /// Sessions ended, history included.
    pub sessions_ended: usize,
    /// Tokens that were not accepted.
    pub refused: usize,
    /// Connections made.
    pub connections: usize,
    /// Mishaps that came true.
    pub mishaps: usize,
    /// Calls that failed: refused by the CSMS, or without a plausible answer.
    pub failures: usize,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) started: AtomicUsize,
    pub(crate) ended: AtomicUsize,
    pub(crate) refused: AtomicUsize,
    pub(crate) connections: AtomicUsize,
    pub(crate) mishaps: AtomicUsize,
    pub(crate) failures: AtomicUsize,
}

/// A fleet at work. Dropping it cuts all connections; [`Fleet::stop`] is kinder.
#[derive(Debug)]
pub struct Fleet {
    stop: watch::Sender<bool>,
    lives: JoinSet<()>,
    counters: Arc<Counters>,
}

impl Fleet {
    /// Sets the fleet going. Stations that cannot connect keep trying. Must be called within a tokio runtime.
    pub fn start(options: FleetOptions) -> Fleet {
        let (stop, stopping) = watch::channel(false);
        let counters = Arc::new(Counters::default());
        let mut lives = JoinSet::new();
        let options = Arc::new(options);
        let pace = Pace::new(options.history, options.pace);
        for (index, station) in options.stations.iter().enumerate() {
            let tokens = options.tokens.len();
            let quiet = options.quiet.contains(&station.id);
            let visits = (1..=station.hardware.evses).map(|evse| {
                let visits = Visits::new(options.seed, index, evse, tokens, options.mishaps);
                if quiet { visits.by_invitation() } else { visits }
            });
            let visits = visits.collect();
            let life = life::Life::new(options.clone(), index, visits, pace, counters.clone());
            lives.spawn(life.live(stopping.clone()));
        }
        Fleet { stop, lives, counters }
    }

    /// What the fleet has done so far.
    pub fn tally(&self) -> Tally {
        let get = |n: &AtomicUsize| n.load(Ordering::Relaxed);
        Tally {
            sessions_started: get(&self.counters.started),
            sessions_ended: get(&self.counters.ended),
            refused: get(&self.counters.refused),
            connections: get(&self.counters.connections),
            mishaps: get(&self.counters.mishaps),
            failures: get(&self.counters.failures),
        }
    }

    /// Ends sessions if so configured, closes all links properly, and tells what was done. Takes 5 s at most.
    pub async fn stop(mut self) -> Tally {
        self.stop.send_replace(true);
        let all = async { while self.lives.join_next().await.is_some() {} };
        if tokio::time::timeout(STOP_WAIT, all).await.is_err() {
            tracing::debug!("some stations did not leave in time");
        }
        self.tally()
    }
}
