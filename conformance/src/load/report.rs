//! What a load run measured, as an aligned table and, by serde, as JSON.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::histogram::Latency;
use super::script::Acked;

/// How often each kind of error occurred.
pub type Errors = BTreeMap<String, u64>;

/// What a load run measured. Phases that were not asked for are absent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The CSMS's URL.
    pub url: String,
    /// How many stations were asked for.
    pub stations: usize,
    /// The process id of the server, if it runs on this machine and is ours to look at.
    pub server_pid: Option<u32>,
    /// All stations connect and boot.
    pub connect: Connect,
    /// All stations hold their connections and say nothing.
    pub hold: Option<Hold>,
    /// Whole sessions as fast as answers come.
    pub closed: Option<Traffic>,
    /// Whole sessions at a set rate.
    pub steady: Option<Traffic>,
    /// The answered messages about transactions, if asked for. Not part of the JSON.
    #[serde(skip)]
    pub journal: Vec<Acked>,
}

/// The connect storm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Connect {
    /// Stations that are connected and booted.
    pub connected: usize,
    /// From the first try to the last answered BootNotification.
    pub seconds: f64,
    /// Connected and booted stations per second.
    pub per_second: f64,
    /// TCP connection and WebSocket handshake.
    pub handshake: Latency,
    /// BootNotification.
    pub boot: Latency,
    /// CPU time of the server, s.
    pub server_cpu_s: Option<f64>,
    /// What failed; a later try may have succeeded.
    pub errors: Errors,
}

/// Idle connections.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hold {
    /// Connections that were there all the time.
    pub connections: usize,
    /// For how long.
    pub seconds: f64,
    /// Resident memory of the server before the first connection, bytes.
    pub before_bytes: Option<u64>,
    /// Resident memory of the server at the end of the phase, bytes.
    pub after_bytes: Option<u64>,
    /// The difference for each connection.
    pub bytes_per_connection: Option<u64>,
    /// Connections that ended.
    pub errors: Errors,
}

/// Sessions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Traffic {
    /// Stations taking part.
    pub stations: usize,
    /// The rate asked for; absent in a closed loop.
    pub wanted_per_second: Option<f64>,
    /// The measured time.
    pub seconds: f64,
    /// Messages answered.
    pub messages: u64,
    /// Messages answered per second.
    pub per_second: f64,
    /// From the moment the message was due (at a set rate) or sent (in a closed loop) to its answer.
    pub latency: Latency,
    /// CPU time of the server, s per 1,000 messages.
    pub server_cpu_s_per_1000: Option<f64>,
    /// CPU time of this process, s per 1,000 messages.
    pub own_cpu_s_per_1000: Option<f64>,
    /// What failed.
    pub errors: Errors,
}

impl Report {
    /// All errors of all phases.
    pub fn errors(&self) -> u64 {
        let phases = [
            Some(&self.connect.errors),
            self.hold.as_ref().map(|h| &h.errors),
            self.closed.as_ref().map(|t| &t.errors),
            self.steady.as_ref().map(|t| &t.errors),
        ];
        phases.into_iter().flatten().flat_map(BTreeMap::values).sum()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pid = self.server_pid.map_or_else(|| "not found".into(), |pid| format!("process {pid}"));
        writeln!(f, "{} stations against {} ({pid})\n", self.stations, self.url)?;
        let c = &self.connect;
        head(f, "connect")?;
        row(f, "stations connected and booted", format!("{} in {:.2} s", c.connected, c.seconds))?;
        row(f, "connect rate", format!("{:.0} /s", c.per_second))?;
        latency(f, "handshake", &c.handshake)?;
        latency(f, "BootNotification", &c.boot)?;
        row(f, "server CPU", known(c.server_cpu_s, |s| format!("{s:.2} s")))?;
        errors(f, &c.errors)?;
        if let Some(h) = &self.hold {
            head(f, "hold")?;
            row(f, "idle connections", format!("{} for {:.1} s", h.connections, h.seconds))?;
            let mib = |bytes: u64| format!("{:.1} MiB", bytes as f64 / 1_048_576.0);
            row(f, "server memory before", known(h.before_bytes, mib))?;
            row(f, "server memory", known(h.after_bytes, mib))?;
            row(
                f,
                "memory per connection",
                known(h.bytes_per_connection, |b| format!("{:.1} KiB", b as f64 / 1024.0)),
            )?;
            errors(f, &h.errors)?;
        }
        for (name, traffic) in [("closed loop", &self.closed), ("steady rate", &self.steady)] {
            if let Some(traffic) = traffic {
                head(f, name)?;
                traffic.rows(f)?;
            }
        }
        Ok(())
    }
}

impl Traffic {
    fn rows(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        row(f, "stations", self.stations.to_string())?;
        if let Some(wanted) = self.wanted_per_second {
            row(f, "wanted", format!("{wanted:.0} messages/s"))?;
        }
        row(f, "messages answered", format!("{} in {:.1} s", self.messages, self.seconds))?;
        row(f, "throughput", format!("{:.0} messages/s", self.per_second))?;
        latency(f, "latency", &self.latency)?;
        let cpu = |s: f64| format!("{s:.4} s per 1,000 messages");
        row(f, "server CPU", known(self.server_cpu_s_per_1000, cpu))?;
        row(f, "own CPU", known(self.own_cpu_s_per_1000, cpu))?;
        errors(f, &self.errors)
    }
}

fn head(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    writeln!(f, "{name}")
}

fn row(f: &mut fmt::Formatter<'_>, name: &str, value: String) -> fmt::Result {
    writeln!(f, "  {name:<30}  {value}")
}

fn latency(f: &mut fmt::Formatter<'_>, name: &str, l: &Latency) -> fmt::Result {
    let value =
        format!("p50 {:.2}  p95 {:.2}  p99 {:.2}  max {:.2} ms", l.p50_ms, l.p95_ms, l.p99_ms, l.max_ms);
    row(f, name, value)
}

fn errors(f: &mut fmt::Formatter<'_>, errors: &Errors) -> fmt::Result {
    row(f, "errors", errors.values().sum::<u64>().to_string())?;
    for (kind, count) in errors {
        row(f, &format!("  {kind}"), count.to_string())?;
    }
    writeln!(f)
}

fn known<T>(value: Option<T>, text: impl Fn(T) -> String) -> String {
    value.map_or_else(|| "not known".into(), text)
}
