//! The load generator: connect storm, idle connections, sessions in a closed loop, sessions at a set rate; against
//! any CSMS.
//!
//! It is cheap, because it shares the machine with the server that it measures: frames and JSON are written by hand
//! into buffers that are used again, and of an answer only its kind, its id, a status and a transaction id are read.

mod driver;
mod histogram;
mod process;
mod report;
mod script;
mod wire;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use ocpp::Version;
use tokio::net::lookup_host;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::http::Uri;

use self::driver::{Command, Driver, Gauge, Plan};
pub use self::histogram::Latency;
pub use self::report::{Connect, Errors, Hold, Report, Traffic};
pub use self::script::Acked;
use crate::error::Error;

/// What a load run does.
#[derive(Debug, Clone)]
pub struct LoadOptions {
    /// `ws://host:port/path`; identities are appended.
    pub url: String,
    /// The stations.
    pub stations: Vec<LoadStation>,
    /// The versions spoken, in turn. Empty: 1.6.
    pub versions: Vec<Version>,
    /// The token of the nth station is this and n with five digits. At most 15 characters.
    pub token_prefix: String,
    /// How many connections come from one loopback address; then the next one of 127.0.0.0/8 is taken. Has no effect
    /// on targets that are not 127.0.0.0/8.
    pub per_source: usize,
    /// How many stations connect at the same time.
    pub connecting: usize,
    /// For how long a station whose connection fails tries again, with growing pauses. Zero: once.
    pub retry_for: Duration,
    /// Holds the idle connections for this time and measures memory.
    pub hold: Option<Duration>,
    /// Whole sessions as fast as answers come.
    pub closed: Option<ClosedLoop>,
    /// Whole sessions at a set rate.
    pub steady: Option<SteadyRate>,
    /// Readings in each session.
    pub meter_values: u32,
    /// Whether each session begins with Authorize.
    pub authorize: bool,
    /// How long an answer may take.
    pub timeout: Duration,
    /// The server's process; `None`: the one that listens on the URL's port, if it can be found.
    pub server_pid: Option<u32>,
    /// Whether answered messages are listed in [`Report::journal`], to compare with what the server has stored.
    pub journal: bool,
}

/// One station of a load run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadStation {
    /// The identity.
    pub id: String,
    /// The password of HTTP Basic authentication.
    pub password: Option<String>,
}

/// Sessions as fast as answers come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClosedLoop {
    /// How many of the stations take part.
    pub stations: usize,
    /// For how long.
    pub duration: Duration,
}

/// Sessions at a set rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SteadyRate {
    /// How many of the stations take part, evenly spread over time.
    pub stations: usize,
    /// Messages per second, all stations together.
    pub per_second: u32,
    /// For how long.
    pub duration: Duration,
}

impl LoadOptions {
    /// `count` stations `{prefix}-00001` and on, with one password for all, all versions in turn, eight readings per
    /// session. Without further settings it only connects, boots and leaves.
    pub fn new(url: &str, prefix: &str, count: usize, password: Option<&str>) -> Self {
        let station =
            |n| LoadStation { id: format!("{prefix}-{n:05}"), password: password.map(str::to_owned) };
        LoadOptions {
            url: url.to_owned(),
            stations: (1..=count).map(station).collect(),
            versions: vec![Version::V16, Version::V201, Version::V21],
            token_prefix: "BENCH".to_owned(),
            per_source: 20_000,
            connecting: 256,
            retry_for: Duration::ZERO,
            hold: None,
            closed: None,
            steady: None,
            meter_values: 8,
            authorize: false,
            timeout: Duration::from_secs(30),
            server_pid: None,
            journal: false,
        }
    }
}

/// Runs all phases one after the other, on the runtime of the caller (a multi-threaded one), and reports.
///
/// What fails is counted in the report and never ends the run.
///
/// # Errors
/// [`Error::Connect`] if the URL is none or its host has no address.
pub async fn run(options: LoadOptions) -> Result<Report, Error> {
    let target = resolve(&options.url).await?;
    let server_pid = options.server_pid.or_else(|| process::listening_on(target));
    let cpu = || server_pid.and_then(process::cpu_s);
    let memory = || server_pid.and_then(process::resident_bytes);
    let count = options.stations.len();
    let before_bytes = memory();

    let (commands, commanded) = watch::channel(Command::Wait);
    let (done, mut finished) = mpsc::channel(1024);
    let storm = Arc::new(Gauge::new());
    let boots = Arc::new(Gauge::new());
    let plan = Arc::new(Plan {
        run: rand::random(),
        target,
        handshakes: storm.clone(),
        boots: boots.clone(),
        connecting: Semaphore::new(options.connecting.max(1)),
        options,
    });
    let options = &plan.options;

    let (begin, cpu_before) = (Instant::now(), cpu());
    let mut drivers = JoinSet::new();
    for index in 0..count {
        let driver = Driver::new(plan.clone(), index, source(target, index, options.per_source));
        drivers.spawn(driver.run(commanded.clone(), done.clone()));
    }
    wait(&mut finished, count).await;
    let seconds = begin.elapsed().as_secs_f64();
    let connected = usize::try_from(boots.count()).unwrap_or(0);
    let mut report = Report {
        url: options.url.clone(),
        stations: count,
        server_pid,
        connect: Connect {
            connected,
            seconds,
            per_second: rate(connected as f64, seconds),
            handshake: storm.latency(),
            boot: boots.latency(),
            server_cpu_s: difference(cpu_before, cpu()),
            errors: storm.take_errors(),
        },
        hold: None,
        closed: None,
        steady: None,
        journal: Vec::new(),
    };

    if let Some(time) = options.hold {
        let begin = Instant::now();
        tokio::time::sleep(time).await;
        let after_bytes = memory();
        let errors = storm.take_errors();
        let lost = usize::try_from(errors.values().sum::<u64>()).unwrap_or(usize::MAX);
        let grown = after_bytes.zip(before_bytes).map(|(after, before)| after.saturating_sub(before));
        report.hold = Some(Hold {
            connections: connected.saturating_sub(lost),
            seconds: begin.elapsed().as_secs_f64(),
            before_bytes,
            after_bytes,
            bytes_per_connection: grown.and_then(|bytes| bytes.checked_div(connected as u64)),
            errors,
        });
    }
    if let Some(ClosedLoop { stations, duration }) = options.closed {
        let phase = Phase { stations: stations.min(count), duration, per_second: None };
        report.closed = Some(phase.run(&commands, &mut finished, server_pid).await);
    }
    if let Some(SteadyRate { stations, per_second, duration }) = options.steady {
        let phase = Phase { stations: stations.min(count), duration, per_second: Some(per_second.max(1)) };
        report.steady = Some(phase.run(&commands, &mut finished, server_pid).await);
    }
    commands.send_replace(Command::Leave);
    while let Some(left) = drivers.join_next().await {
        report.journal.extend(left.unwrap_or_default());
    }
    Ok(report)
}

/// A phase with traffic.
struct Phase {
    stations: usize,
    duration: Duration,
    per_second: Option<u32>,
}

impl Phase {
    async fn run(
        self,
        commands: &watch::Sender<Command>,
        finished: &mut mpsc::Receiver<()>,
        server_pid: Option<u32>,
    ) -> Traffic {
        let own_pid = std::process::id();
        let cpu = || (server_pid.and_then(process::cpu_s), process::cpu_s(own_pid));
        let gauge = Arc::new(Gauge::new());
        let (begin, cpu_before) = (Instant::now(), cpu());
        let until = begin + self.duration;
        let interval = self.per_second.map(|rate| Duration::from_secs(self.stations as u64) / rate);
        commands.send_replace(Command::Drive {
            stations: self.stations,
            begin,
            until,
            interval,
            gauge: gauge.clone(),
        });
        tokio::time::sleep_until(until).await;
        // Measured here, before the stations tidy up: they end the sessions that are under way.
        let cpu_after = cpu();
        let (seconds, messages) = (begin.elapsed().as_secs_f64(), gauge.count());
        wait(finished, self.stations).await;
        commands.send_replace(Command::Wait);
        let per_1000 = |s: Option<f64>| s.map(|s| rate(s * 1000.0, messages as f64));
        Traffic {
            stations: self.stations,
            wanted_per_second: self.per_second.map(f64::from),
            seconds,
            messages,
            per_second: rate(messages as f64, seconds),
            latency: gauge.latency(),
            server_cpu_s_per_1000: per_1000(difference(cpu_before.0, cpu_after.0)),
            own_cpu_s_per_1000: per_1000(difference(cpu_before.1, cpu_after.1)),
            errors: gauge.take_errors(),
        }
    }
}

async fn wait(finished: &mut mpsc::Receiver<()>, count: usize) {
    for _ in 0..count {
        if finished.recv().await.is_none() {
            return;
        }
    }
}

async fn resolve(url: &str) -> Result<SocketAddr, Error> {
    let uri: Uri = url.parse().map_err(|_| Error::Connect(format!("{url} is no URL")))?;
    if uri.scheme_str() != Some("ws") {
        return Err(Error::Connect("only ws:// URLs: the load generator speaks no TLS".into()));
    }
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let mut found =
        lookup_host((host, uri.port_u16().unwrap_or(80))).await.map_err(|e| Error::Connect(e.to_string()))?;
    found.next().ok_or_else(|| Error::Connect(format!("{host} has no address")))
}

/// The local address of the nth station: one address has about 28,000 ports. The first one needs no binding.
fn source(target: SocketAddr, index: usize, per_source: usize) -> Option<IpAddr> {
    let loopback = matches!(target.ip(), IpAddr::V4(ip) if ip.is_loopback());
    let nth = u32::try_from(index / per_source.max(1)).ok()?;
    (loopback && nth > 0)
        .then(|| IpAddr::V4(Ipv4Addr::from(u32::from(Ipv4Addr::LOCALHOST) + nth % 0x00FF_FFF0)))
}

fn rate(amount: f64, per: f64) -> f64 {
    if per > 0.0 { amount / per } else { 0.0 }
}

fn difference(before: Option<f64>, after: Option<f64>) -> Option<f64> {
    before.zip(after).map(|(before, after)| after - before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_addresses_follow_each_other() {
        let target: SocketAddr = "127.0.0.1:80".parse().expect("an address");
        let ip = |index| source(target, index, 10).map(|ip| ip.to_string()).unwrap_or_default();
        assert_eq!([ip(0), ip(9), ip(10), ip(2_559)], ["", "", "127.0.0.2", "127.0.1.0"]);
        assert_eq!(source("192.0.2.1:80".parse().expect("an address"), 0, 10), None);
    }
}
