//! One station of the load generator.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use chrono::Utc;
use ocpp::Version;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::{Instant, timeout};

use super::LoadOptions;
use super::histogram::{Histogram, Latency};
use super::report::Errors;
use super::script::{Acked, Reading, Script};
use super::wire::{Wire, WireError};
use crate::options::percent_encode;

/// The first pause before another try to connect; it doubles up to the second.
const PAUSE_FIRST: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// What all stations of a run share.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) options: LoadOptions,
    /// Differs from run to run, so that ids never repeat.
    pub(crate) run: u32,
    pub(crate) target: SocketAddr,
    pub(crate) handshakes: Arc<Gauge>,
    pub(crate) boots: Arc<Gauge>,
    pub(crate) connecting: Semaphore,
}

/// What the stations do now.
#[derive(Debug, Clone)]
pub(crate) enum Command {
    /// Hold the connection.
    Wait,
    /// Sessions until `until`, by the first `stations`: a message each `interval`, or as fast as answers come.
    Drive { stations: usize, begin: Instant, until: Instant, interval: Option<Duration>, gauge: Arc<Gauge> },
    /// Close the connection.
    Leave,
}

/// Counts what happens in a phase.
#[derive(Debug)]
pub(crate) struct Gauge {
    histogram: Histogram,
    errors: Mutex<Errors>,
}

impl Gauge {
    pub(crate) fn new() -> Self {
        Gauge { histogram: Histogram::new(), errors: Mutex::default() }
    }

    pub(crate) fn count(&self) -> u64 {
        self.histogram.count()
    }

    pub(crate) fn latency(&self) -> Latency {
        self.histogram.latency()
    }

    pub(crate) fn take_errors(&self) -> Errors {
        std::mem::take(&mut *self.errors.lock().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }

    fn failed(&self, kind: String) {
        let mut errors = self.errors.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        *errors.entry(kind).or_default() += 1;
    }
}

/// Why a message was not answered as wanted.
enum Failure {
    /// It was answered, but not as wanted.
    Answer(String),
    /// There is no connection any more, or no answer in time: the message may be sent again.
    Link(String),
}

impl From<WireError> for Failure {
    fn from(error: WireError) -> Self {
        Failure::Link(error.to_string())
    }
}

pub(crate) struct Driver {
    plan: Arc<Plan>,
    index: usize,
    source: Option<IpAddr>,
    script: Script,
    wire: Option<Wire>,
    /// The message that is out, kept to be sent again.
    text: Vec<u8>,
    /// Whether `text` has not been answered yet.
    is_out: bool,
    journal: Vec<Acked>,
}

impl Driver {
    pub(crate) fn new(plan: Arc<Plan>, index: usize, source: Option<IpAddr>) -> Self {
        let options = &plan.options;
        let version =
            options.versions.get(index % options.versions.len().max(1)).copied().unwrap_or(Version::V16);
        let token = format!("{}{:05}", options.token_prefix, index + 1);
        let prefix = format!("{:08x}-{index}", plan.run);
        let script = Script::new(version, token, prefix, options.meter_values, options.authorize);
        Driver {
            plan,
            index,
            source,
            script,
            wire: None,
            text: Vec::new(),
            is_out: false,
            journal: Vec::new(),
        }
    }

    /// Connects and boots, then does what is commanded until it is time to leave; tells `done` after the connection
    /// and after every phase that it took part in. Returns what was answered.
    pub(crate) async fn run(
        mut self,
        mut commands: watch::Receiver<Command>,
        done: mpsc::Sender<()>,
    ) -> Vec<Acked> {
        let until = Instant::now() + self.plan.options.retry_for;
        let gauge = self.plan.handshakes.clone();
        self.connect(&gauge, true, until).await;
        // The receiver outlives all drivers.
        let _ = done.send(()).await;
        loop {
            let command = commands.borrow_and_update().clone();
            match command {
                Command::Drive { stations, begin, until, interval, gauge } if self.index < stations => {
                    let slot = interval.map(|every| (begin + every * self.nth() / stations as u32, every));
                    self.drive(&gauge, until, slot).await;
                    self.tidy_up().await;
                    let _ = done.send(()).await;
                }
                Command::Leave => {
                    if let Some(wire) = self.wire.take() {
                        wire.close().await;
                    }
                    return self.journal;
                }
                Command::Drive { .. } | Command::Wait => {}
            }
            tokio::select! {
                changed = commands.changed() => if changed.is_err() { return self.journal },
                error = idle(&mut self.wire) => {
                    gauge.failed(format!("lost while idle: {error}"));
                    self.wire = None;
                    if commands.changed().await.is_err() { return self.journal }
                }
            }
        }
    }

    fn nth(&self) -> u32 {
        u32::try_from(self.index).unwrap_or(u32::MAX)
    }

    /// Connects, with another try until `until`, and boots if wanted.
    async fn connect(&mut self, gauge: &Gauge, boot: bool, until: Instant) {
        let mut pause = PAUSE_FIRST;
        let plan = self.plan.clone();
        loop {
            // Never closed.
            let permit = plan.connecting.acquire().await;
            let begin = Instant::now();
            let request = self.request();
            let mask = self.plan.run ^ self.nth().wrapping_mul(0x9E37_79B9);
            let opening = Wire::open(self.plan.target, self.source, &request, mask);
            let failure = match timeout(self.plan.options.timeout, opening).await {
                Ok(Ok(wire)) => {
                    gauge_if(boot, &plan.handshakes, begin);
                    self.wire = Some(wire);
                    match self.boot_if(boot).await {
                        Ok(()) => return,
                        Err(Failure::Answer(why)) => format!("BootNotification: {why}"),
                        Err(Failure::Link(why)) => format!("BootNotification not answered: {why}"),
                    }
                }
                Ok(Err(error)) => format!("connect: {error}"),
                Err(_) => "connect: timed out".to_owned(),
            };
            drop(permit);
            self.wire = None;
            gauge.failed(failure);
            if Instant::now() + pause > until {
                return;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    async fn boot_if(&mut self, boot: bool) -> Result<(), Failure> {
        if boot {
            self.script.write_boot(&mut self.text);
            let begin = Instant::now();
            self.exchange().await?;
            self.plan.boots.histogram.record(begin.elapsed());
        }
        Ok(())
    }

    /// Sessions until `until`. `slot`: when the first message is due, and how long after it each next one.
    async fn drive(&mut self, gauge: &Gauge, until: Instant, slot: Option<(Instant, Duration)>) {
        let (mut due, every) = slot.unwrap_or((Instant::now(), Duration::ZERO));
        let paced = slot.is_some();
        loop {
            let now = Instant::now();
            let begin = if paced && due > now {
                if due >= until {
                    return;
                }
                tokio::time::sleep_until(due).await;
                // The timer wakes up to a millisecond late. That is ours, not the server's, so an idle station counts
                // from here; one that is behind because of a late answer counts from when the message was due.
                Instant::now()
            } else if paced {
                due
            } else {
                now
            };
            if begin >= until || Instant::now() >= until {
                return;
            }
            due += every;
            if self.wire.is_none() {
                self.connect(gauge, false, until).await;
                if self.wire.is_none() {
                    return;
                }
            }
            match self.message().await {
                Ok(()) => gauge.histogram.record(begin.elapsed()),
                Err(Failure::Answer(why)) => gauge.failed(why),
                Err(Failure::Link(why)) => {
                    self.wire = None;
                    gauge.failed(format!("lost: {why}"));
                }
            }
        }
    }

    /// Sends the next message of the session (or the one that is still out, once more) and reads its answer.
    async fn message(&mut self) -> Result<(), Failure> {
        if !self.is_out {
            self.script.write_next(&mut self.text, Utc::now());
            self.is_out = true;
        }
        let outcome = self.exchange().await;
        match &outcome {
            Ok(()) => self.is_out = false,
            Err(Failure::Answer(_)) => {
                self.is_out = false;
                self.script.give_up();
            }
            Err(Failure::Link(_)) => {}
        }
        outcome
    }

    /// Ends the session under way, so that none stays open. What fails here is not counted.
    async fn tidy_up(&mut self) {
        while self.wire.is_some() && (self.is_out || self.script.is_within()) {
            if !self.is_out {
                self.script.hurry();
            }
            if let Err(Failure::Link(_)) = self.message().await {
                self.wire = None;
            }
        }
    }

    /// Sends `text` and reads until its answer.
    async fn exchange(&mut self) -> Result<(), Failure> {
        match timeout(self.plan.options.timeout, self.exchange_untimed()).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Failure::Link("no answer in time".to_owned())),
        }
    }

    async fn exchange_untimed(&mut self) -> Result<(), Failure> {
        let Driver { wire, script, text, journal, plan, index, is_out, .. } = self;
        let Some(wire) = wire else { return Err(Failure::Link("no connection".to_owned())) };
        wire.send(text).await?;
        loop {
            let answer = wire.next_text().await?;
            match script.read(answer) {
                Reading::Good => {
                    // A BootNotification is not part of the script.
                    if *is_out {
                        if plan.options.journal
                            && let Some(station) = plan.options.stations.get(*index)
                        {
                            journal.extend(script.journal(&station.id, answer));
                        }
                        script.answered(answer);
                    }
                    return Ok(());
                }
                Reading::Bad(why) => return Err(Failure::Answer(why)),
                Reading::Call(id) => refuse(wire, &id).await?,
                Reading::Other => {}
            }
        }
    }

    /// The HTTP request of the handshake.
    fn request(&self) -> Vec<u8> {
        let options = &self.plan.options;
        let station = options.stations.get(self.index);
        let id = station.map(|s| s.id.as_str()).unwrap_or_default();
        let authority_and_path = options.url.trim_start_matches("ws://").trim_end_matches('/');
        let (authority, path) = authority_and_path.split_once('/').unwrap_or((authority_and_path, ""));
        let slash = if path.is_empty() { "" } else { "/" };
        let encode = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
        let authorization = match station.and_then(|s| s.password.as_ref()) {
            Some(password) => {
                format!("Authorization: Basic {}\r\n", encode(format!("{id}:{password}").as_bytes()))
            }
            None => String::new(),
        };
        let key = encode(&(u128::from(self.plan.run) << 64 | self.index as u128).to_be_bytes());
        format!(
            "GET /{path}{slash}{} HTTP/1.1\r\nHost: {authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Protocol: {}\r\n\
             {authorization}\r\n",
            percent_encode(id),
            self.script.version().subprotocol(),
        )
        .into_bytes()
    }
}

fn gauge_if(wanted: bool, gauge: &Gauge, begin: Instant) {
    if wanted {
        gauge.histogram.record(begin.elapsed());
    }
}

/// Keeps an idle connection: answers pings, refuses calls. Returns when it ends, and never without a connection.
///
/// Reading may be cancelled at any time; a frame being written would be torn, but an idle connection's send buffer is
/// empty, so that a frame is written at once.
async fn idle(wire: &mut Option<Wire>) -> WireError {
    let Some(wire) = wire else { return std::future::pending().await };
    loop {
        let call = match wire.next_text().await {
            Ok(text) => Script::call_id(text),
            Err(error) => return error,
        };
        if let Some(id) = call
            && let Err(error) = refuse(wire, &id).await
        {
            return error;
        }
    }
}

/// The load generator's stations do nothing that they are asked to.
async fn refuse(wire: &mut Wire, id: &str) -> Result<(), WireError> {
    let text = format!(r#"[4,"{id}","NotSupported","a station of the load generator",{{}}]"#);
    wire.send(text.as_bytes()).await
}
