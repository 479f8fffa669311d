//! The life of one station of a fleet.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::error::Error;
use crate::fault::Fault;
use crate::fleet::{Counters, FleetOptions, FleetStation};
use crate::options::Options;
use crate::plan::{Mishap, Visit, Visits};
use crate::session::{AfterReboot, Verdict};
use crate::state::ConnectorState;
use crate::station::Station;

/// The time between two looks while a station lives through its history without a connection.
const HISTORY_SAMPLE: TimeDelta = TimeDelta::minutes(5);
/// The time between heartbeats.
const HEARTBEAT: TimeDelta = TimeDelta::minutes(5);
/// How long a station waits before it tries to connect again: first, and at most.
const RETRY_FIRST: Duration = Duration::from_secs(1);
const RETRY_MAX: Duration = Duration::from_secs(30);
/// A token that no CSMS knows.
const STRANGER: &str = "0BADCAFE0000FF";

/// How simulated time follows real time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    begin_real: Instant,
    begin_sim: DateTime<Utc>,
    history: TimeDelta,
    pace: u32,
}

impl Pace {
    pub(crate) fn new(history: Duration, pace: u32) -> Self {
        let history = TimeDelta::from_std(history).unwrap_or(TimeDelta::zero());
        Pace { begin_real: Instant::now(), begin_sim: Utc::now() - history, history, pace: pace.max(1) }
    }

    /// When `at` comes: never before it is past, and in fast motion not faster than the pace.
    fn real(&self, at: DateTime<Utc>) -> Instant {
        let since = at - self.begin_sim;
        let paced = if self.pace > 1 {
            since / i32::try_from(self.pace).unwrap_or(i32::MAX)
        } else {
            since - self.history
        };
        let wait = paced.max(since - self.history);
        self.begin_real + wait.to_std().unwrap_or(Duration::ZERO)
    }

    /// The instant at which the fleet was started: the end of its history.
    fn present(&self) -> DateTime<Utc> {
        self.begin_sim + self.history
    }

    /// Whether the fleet begins without a connection.
    fn begins_offline(&self) -> bool {
        self.pace == 1 && self.history > TimeDelta::zero()
    }
}

/// What goes on at an EVSE.
#[derive(Debug)]
enum Stage {
    /// Free until then.
    Free {
        until: DateTime<Utc>,
        visit: Visit,
    },
    Charging {
        visit: Visit,
        begin_wh: i64,
    },
    /// The vehicle is still there.
    Lingering {
        until: DateTime<Utc>,
    },
}

pub(crate) struct Life {
    options: Arc<FleetOptions>,
    station: Station,
    pace: Pace,
    counters: Arc<Counters>,
    visits: Vec<Visits>,
    stages: Vec<Stage>,
    now: DateTime<Utc>,
    next_heartbeat: DateTime<Utc>,
    retry: Duration,
    next_try: Instant,
}

impl Life {
    pub(crate) fn new(
        options: Arc<FleetOptions>,
        index: usize,
        mut visits: Vec<Visits>,
        pace: Pace,
        counters: Arc<Counters>,
    ) -> Self {
        let FleetStation { id, password, version, hardware } = options.stations[index].clone();
        let mut station = Options::new(&options.url, &id, version).hardware(hardware);
        station.password = password.map(String::into_bytes);
        station.hardware.register_wh = register_wh(index, pace.begin_sim);
        station.record = 0;
        // Stations do not look at their meters in step.
        let spread = i64::try_from(index).unwrap_or(0) * 1_370 % millis(options.sample).max(1);
        let now = pace.begin_sim + TimeDelta::milliseconds(spread);
        let stages = visits.iter_mut().filter_map(Iterator::next).map(|visit| free(now, visit)).collect();
        Life {
            station: Station::offline(station.clock_at(now)),
            options,
            pace,
            counters,
            visits,
            stages,
            now,
            next_heartbeat: now + HEARTBEAT,
            retry: RETRY_FIRST,
            next_try: Instant::now(),
        }
    }

    /// Lives until it is told to stop.
    pub(crate) async fn live(mut self, mut stopping: watch::Receiver<bool>) {
        tokio::select! {
            () = self.go_on() => {}
            _ = stopping.wait_for(|stop| *stop) => {}
        }
        if self.options.end_sessions {
            for evse in 1..=self.evses() {
                if self.station.is_online() && self.station.has_transaction(evse) {
                    let ended = self.station.stop(evse, "Other").await;
                    self.note(ended.map(drop));
                    count(&self.counters.ended);
                }
            }
        }
        self.station.close().await;
    }

    async fn go_on(&mut self) {
        if self.pace.begins_offline() {
            while self.now + HISTORY_SAMPLE <= self.pace.present() {
                self.look(HISTORY_SAMPLE).await;
            }
        }
        let sample = TimeDelta::milliseconds(millis(self.options.sample).max(1));
        loop {
            let due = self.pace.real(self.now + sample);
            while !self.station.is_online() && self.next_try < due {
                tokio::time::sleep_until(self.next_try).await;
                self.come_online().await;
            }
            tokio::select! {
                () = tokio::time::sleep_until(due) => {}
                _ = self.station.lost() => continue,
            }
            self.look(sample).await;
            if self.now >= self.next_heartbeat && self.station.is_online() {
                self.next_heartbeat = self.now + HEARTBEAT;
                let asked = self.station.heartbeat().await;
                self.note(asked.map(drop));
            }
        }
    }

    /// Connects, boots, tells the connectors' states and delivers what is queued.
    async fn come_online(&mut self) {
        match self.greet().await {
            Ok(()) => self.retry = RETRY_FIRST,
            Err(error) => {
                tracing::debug!(station = self.station.id(), %error, "could not connect");
                if !error.is_unanswered() {
                    count(&self.counters.failures);
                }
                self.station.cut().await;
                self.next_try = Instant::now() + self.retry;
                self.retry = (self.retry * 2).min(RETRY_MAX);
            }
        }
    }

    async fn greet(&mut self) -> Result<(), Error> {
        self.station.reconnect().await?;
        count(&self.counters.connections);
        self.station.boot().await?;
        self.station.replay().await?;
        for evse in 1..=self.evses() {
            self.station.retell(evse).await?;
        }
        Ok(())
    }

    /// Moves the time on by `step` and looks at every EVSE.
    async fn look(&mut self, step: TimeDelta) {
        self.now += step;
        self.station.clock().set(self.now);
        for index in 0..self.stages.len() {
            let Ok(evse) = i32::try_from(index + 1) else { return };
            let done = self.step(index, evse, step).await;
            self.note(done);
        }
    }

    async fn step(&mut self, index: usize, evse: i32, step: TimeDelta) -> Result<(), Error> {
        let remote = self.station.has_transaction(evse);
        match &self.stages[index] {
            Stage::Free { visit, .. } if remote => {
                // Started from afar: the vehicle of the next visit came early.
                let (visit, begin_wh) = (visit.clone(), self.register_wh(evse));
                count(&self.counters.started);
                self.stages[index] = Stage::Charging { visit, begin_wh };
                Ok(())
            }
            Stage::Free { until, .. } if self.now < *until => Ok(()),
            Stage::Free { visit, .. } => {
                let visit = visit.clone();
                self.arrive(index, evse, visit).await
            }
            Stage::Charging { visit, .. } if !remote => {
                // Stopped from afar, or by a reset.
                let until = self.now + TimeDelta::seconds(visit.linger_s);
                count(&self.counters.ended);
                self.stages[index] = Stage::Lingering { until };
                Ok(())
            }
            Stage::Charging { visit, begin_wh } => {
                let (visit, begin_wh) = (visit.clone(), *begin_wh);
                self.charge(index, evse, visit, begin_wh, step).await
            }
            Stage::Lingering { until } if self.now < *until => Ok(()),
            Stage::Lingering { .. } => {
                self.next_visit(index);
                self.station.unplug(evse).await
            }
        }
    }

    async fn arrive(&mut self, index: usize, evse: i32, visit: Visit) -> Result<(), Error> {
        if visit.mishap == Some(Mishap::ConnectorFault) && self.station.is_online() {
            count(&self.counters.mishaps);
            self.station.status(evse, ConnectorState::Faulted).await?;
        }
        let token =
            visit.token.and_then(|n| self.options.tokens.get(n)).map_or(STRANGER, String::as_str).to_owned();
        self.station.plug_in_car(evse, visit.battery.clone()).await?;
        if self.station.is_online() && !accepted(Some(&self.station.authorize(&token).await?)) {
            count(&self.counters.refused);
            self.next_visit(index);
            return self.station.unplug(evse).await;
        }
        if visit.token.is_none() && !self.station.is_online() {
            // Without a connection nobody can say; a station then lets nobody in that it does not know.
            self.next_visit(index);
            return self.station.unplug(evse).await;
        }
        let begin_wh = self.register_wh(evse);
        let linger = TimeDelta::seconds(visit.linger_s);
        self.stages[index] = Stage::Charging { visit, begin_wh };
        count(&self.counters.started);
        let started = self.station.start(evse, &token).await?;
        if !accepted(started.verdict.as_ref()) {
            count(&self.counters.refused);
            count(&self.counters.ended);
            self.stages[index] = Stage::Lingering { until: self.now + linger };
            self.station.stop(evse, "DeAuthorized").await?;
        }
        Ok(())
    }

    async fn charge(
        &mut self,
        index: usize,
        evse: i32,
        visit: Visit,
        begin_wh: i64,
        step: TimeDelta,
    ) -> Result<(), Error> {
        self.station.draw(evse, step)?;
        let charged_wh = self.register_wh(evse) - begin_wh;
        if let Some(mishap) = visit.mishap.filter(|_| charged_wh * 2 > visit.wanted_wh) {
            let visit = Visit { mishap: None, ..visit };
            self.stages[index] = Stage::Charging { visit, begin_wh };
            return self.suffer(mishap).await;
        }
        if charged_wh < visit.wanted_wh && self.station.power_w(evse) > 0 {
            return self.station.meter(evse).await.map(drop);
        }
        let reason = if visit.by_card { "Local" } else { "EVDisconnected" };
        let linger_s = if visit.by_card { visit.linger_s } else { 0 };
        self.stages[index] = Stage::Lingering { until: self.now + TimeDelta::seconds(linger_s) };
        count(&self.counters.ended);
        self.station.stop(evse, reason).await.map(drop)
    }

    /// Only a connected station can have these.
    async fn suffer(&mut self, mishap: Mishap) -> Result<(), Error> {
        if !self.station.is_online() {
            return Ok(());
        }
        count(&self.counters.mishaps);
        match mishap {
            Mishap::Reconnect => {
                self.station.cut().await;
                self.next_try = Instant::now() + RETRY_FIRST;
            }
            Mishap::DropMidCall => self.station.inject(Fault::DropMidCall),
            Mishap::Duplicate => self.station.inject(Fault::DuplicateNewId),
            Mishap::PowerLoss => {
                count(&self.counters.connections);
                self.station.reboot(AfterReboot::End).await?;
            }
            Mishap::ConnectorFault => {}
        }
        Ok(())
    }

    fn next_visit(&mut self, index: usize) {
        if let Some(visit) = self.visits[index].next() {
            self.stages[index] = free(self.now, visit);
        }
    }

    fn register_wh(&self, evse: i32) -> i64 {
        self.station.register_wh(evse).unwrap_or_default()
    }

    fn evses(&self) -> i32 {
        i32::try_from(self.stages.len()).unwrap_or(i32::MAX)
    }

    /// A lost connection is part of life; everything else that fails is counted.
    fn note(&self, done: Result<(), Error>) {
        match done {
            Ok(()) => {}
            Err(error) if error.is_unanswered() => {
                tracing::debug!(station = self.station.id(), %error, "will be sent again");
            }
            Err(error) => {
                count(&self.counters.failures);
                tracing::warn!(station = self.station.id(), %error, "the CSMS did not take a message");
            }
        }
    }
}

fn free(now: DateTime<Utc>, visit: Visit) -> Stage {
    Stage::Free { until: now + TimeDelta::seconds(visit.idle_s), visit }
}

fn accepted(verdict: Option<&Verdict>) -> bool {
    verdict.is_none_or(|v| v.status == "Accepted")
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

fn count(counter: &AtomicUsize) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// A register that has grown with the years, so that it has not shrunk when the same fleet is started again.
fn register_wh(index: usize, at: DateTime<Utc>) -> i64 {
    let minutes = (at.timestamp() / 60 - 28_000_000).max(0);
    i64::try_from(index).unwrap_or(0) * 11_131 + minutes * 120
}
