//! A virtual station that lives by itself, as one on a wall does: it connects, and again when the connection is lost;
//! boots as the CSMS wants it; meters and beats by its settings; and waits for hands that plug cables and present cards.
//!
//! It is the station that `crate::testbed` is tested with, and its hands are an [`Operator`] of the same.

use std::sync::Arc;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use futures::future::BoxFuture;
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use crate::error::Error;
use crate::options::Options;
use crate::session::Start;
use crate::settings;
use crate::state::ConnectorState;
use crate::station::Station;
use crate::suite::hook::{HookError, Operator, Told, Wish};

/// How often it looks at what is due.
const TICK: Duration = Duration::from_millis(50);
/// The longest wait between two tries to connect.
const WAIT_MAX: Duration = Duration::from_secs(120);
/// How long it waits after a boot that was answered with a CALLERROR.
const BOOT_AGAIN: Duration = Duration::from_secs(1);

/// A station with its life. It ends when this is dropped.
#[derive(Debug, Clone)]
pub struct Wallbox {
    station: Station,
    _life: Arc<Life>,
}

#[derive(Debug)]
struct Life(Vec<JoinHandle<()>>);

impl Drop for Life {
    fn drop(&mut self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}

impl Wallbox {
    /// Hangs it on the wall and switches it on.
    pub fn hang(options: Options) -> Wallbox {
        let station = Station::offline(options);
        {
            let mut state = station.core.state();
            state.kept = true;
            state.boots_because = Some("PowerUp");
        }
        let connects = tokio::spawn(connect(Station::of(station.core.clone())));
        let works = tokio::spawn(work(Station::of(station.core.clone())));
        Wallbox { station, _life: Arc::new(Life(vec![connects, works])) }
    }

    /// The station itself, to look at it and to give it faults.
    pub fn station(&self) -> &Station {
        &self.station
    }

    async fn do_by_hand(&self, topic: &str, facts: &Value) -> Result<(), HookError> {
        let station = &self.station;
        let evse = facts["evse"].as_i64().and_then(|n| i32::try_from(n).ok()).unwrap_or(1);
        let done = match topic {
            "plug_in" => station.cable_in(evse).await,
            "unplug" => station.cable_out(evse).await,
            "present_card" => station.card(evse, facts["token"].as_str().unwrap_or_default()).await,
            "power_cycle" => station.power_cycle().await,
            _ => return Err(HookError::Unable(format!("{topic} is nothing that hands do here"))),
        };
        match done {
            // Whatever waits for a connection waits for it.
            Ok(()) | Err(Error::Offline | Error::Dropped(_)) => Ok(()),
            Err(error) => Err(HookError::Failed(error.to_string())),
        }
    }
}

impl Operator for Wallbox {
    fn ask<'a>(&'a self, wish: &'a Wish) -> BoxFuture<'a, Result<Told, HookError>> {
        Box::pin(async move {
            let Wish::Other { topic, facts, .. } = wish else {
                return Err(HookError::Unable("these are hands at a station".to_owned()));
            };
            self.do_by_hand(topic, facts).await.map(|()| Told::default())
        })
    }
}

/// Connects, for ever.
async fn connect(station: Station) {
    let mut tries = 0;
    loop {
        if station.reconnect().await.is_ok() {
            tries = 0;
            tokio::select! {
                came = come_in(&station) => if let Err(error) = came {
                    tracing::debug!(station = station.id(), %error, "could not come in");
                } else {
                    station.lost().await;
                },
                () = station.lost() => {}
            }
            station.cut().await;
        }
        // A station that restarts is back at once; one that was cut off waits.
        if station.core.state().boots_because.is_none() || tries > 0 {
            sleep(wait(&station, tries)).await;
        }
        tries += 1;
    }
}

/// The wait before the next try: doubled so often, and a bit by chance.
fn wait(station: &Station, tries: u32) -> Duration {
    let state = station.core.state();
    if state.faults.impatient {
        return TICK;
    }
    let number = |name: &str, otherwise| settings::number(&state, "", name).unwrap_or(otherwise);
    let least = u64::from(number("OCPPCommCtrlr.RetryBackOffWaitMinimum", 1)) * 1000;
    let range = u64::from(number("OCPPCommCtrlr.RetryBackOffRandomRange", 0)) * 1000;
    let doublings = tries.min(number("OCPPCommCtrlr.RetryBackOffRepeatTimes", 3)).min(20);
    let chance = rand::random::<u64>() % (range + 1);
    Duration::from_millis((least << doublings) + chance).min(WAIT_MAX)
}

/// Boots if that is due, tells how it is, and delivers what is queued.
async fn come_in(station: &Station) -> Result<(), Error> {
    let because = station.core.state().boots_because;
    if let Some(reason) = because {
        let (mut reason, talks) = (reason, station.core.state().faults.talkative);
        if talks {
            station.heartbeat().await?;
        }
        loop {
            let wait = match station.boot_because(reason).await {
                Ok(boot) if boot.status == "Accepted" => break,
                Ok(boot) => Duration::from_secs(u64::try_from(boot.interval_s).unwrap_or(0).max(1)),
                Err(Error::Call { .. }) => BOOT_AGAIN,
                Err(error) => return Err(error),
            };
            let wait = if station.core.state().faults.impatient { TICK } else { wait };
            // A boot that the CSMS triggers meanwhile may be accepted first.
            let accepted =
                station.core.wait(|state| (state.registration.as_deref() == Some("Accepted")).then_some(()));
            if tokio::time::timeout(wait, accepted).await.is_ok() {
                break;
            }
            if talks {
                station.heartbeat().await?;
            }
            reason = "PowerUp";
        }
        station.core.state().boots_because = None;
    }
    let count = station.core.state().hardware.evses;
    for evse in 1..=count {
        station.retell(evse).await?;
    }
    match station.replay().await {
        // What the CSMS does not take is dropped; the rest goes on.
        Err(Error::Call { .. }) | Ok(_) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Does what is due, connected or not.
async fn work(station: Station) {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut beat = Instant::now();
    let count = station.core.state().hardware.evses;
    let mut sampled: Vec<Option<Instant>> = (0..count).map(|_| None).collect();
    loop {
        ticks.tick().await;
        for (evse, last) in (1..=count).zip(&mut sampled) {
            if let Err(error) = look(&station, evse, last).await {
                tracing::debug!(station = station.id(), evse, %error, "what was due was not done");
            }
        }
        heartbeat(&station, &mut beat).await;
        if idle_reset(&station) {
            station.restart("ScheduledReset").await;
        }
    }
}

async fn heartbeat(station: &Station, beat: &mut Instant) {
    let every = {
        let state = station.core.state();
        let booted = state.registration.as_deref() == Some("Accepted") && state.boots_because.is_none();
        let every = settings::number(&state, "HeartbeatInterval", "OCPPCommCtrlr.HeartbeatInterval");
        every.filter(|every| *every > 0 && booted && state.is_online())
    };
    if let Some(every) = every
        && beat.elapsed() >= Duration::from_secs(every.into())
    {
        *beat = Instant::now();
        if let Err(error) = station.heartbeat().await {
            tracing::debug!(station = station.id(), %error, "no heartbeat");
        }
    }
}

/// A reset that waits for the end of all transactions need not wait any longer.
fn idle_reset(station: &Station) -> bool {
    let mut state = station.core.state();
    let idle = state.evses.iter().all(|e| e.transaction.is_none());
    state.reset_when_idle && idle && state.queue.is_empty() && {
        state.reset_when_idle = false;
        true
    }
}

/// What is due at an EVSE: the end of what the CSMS refused, a reading, the end of a wait or of a reservation.
async fn look(station: &Station, evse: i32, sampled: &mut Option<Instant>) -> Result<(), Error> {
    let (refused, running, every) = {
        let mut state = station.core.state();
        let local = state.evse(evse).and_then(|e| e.transaction.as_ref()).map(|t| t.local);
        let unmoved = state.faults.unmoved;
        let refused = local.filter(|local| state.refused.contains(local) && !unmoved);
        state.refused.retain(|other| Some(*other) != refused);
        let every =
            settings::number(&state, "MeterValueSampleInterval", "SampledDataCtrlr.TxUpdatedInterval");
        (refused.is_some(), local.is_some(), every.unwrap_or(0))
    };
    if refused {
        return station.stop(evse, "DeAuthorized").await.map(drop);
    }
    if running && every > 0 {
        let since = sampled.get_or_insert_with(Instant::now).elapsed();
        if since >= Duration::from_secs(every.into()) {
            *sampled = Some(Instant::now());
            station.draw(evse, TimeDelta::from_std(since).unwrap_or_default())?;
            station.meter(evse).await?;
        }
    } else {
        *sampled = None;
    }
    station.end_waits(evse).await
}

impl Station {
    /// Cuts the connection; the next one begins with a boot.
    pub(crate) async fn restart(&self, reason: &'static str) {
        {
            let mut state = self.core.state();
            state.boots_because = Some(reason);
            if state.faults.back_in_service {
                for e in &mut state.evses {
                    (e.operative, e.state) = (true, ConnectorState::Available);
                }
            }
            // Until it has booted, it says nothing.
            state.registration = Some(String::new());
        }
        self.cut().await;
    }

    /// Whether a start has to wait for the cable; then it does.
    pub(crate) fn awaits_cable(&self, evse: i32, start: &Start) -> bool {
        let mut state = self.core.state();
        let within =
            settings::number(&state, "ConnectionTimeOut", "TxCtrlr.EVConnectionTimeOut").unwrap_or(60);
        let Some(e) = state.evse(evse).filter(|e| e.battery.is_none()) else { return false };
        e.awaiting = Some((start.clone(), Instant::now() + Duration::from_secs(within.into())));
        true
    }

    /// A start whose time is over is over, and so is a reservation.
    async fn end_waits(&self, evse: i32) -> Result<(), Error> {
        let (gave_up, expired) = {
            let mut state = self.core.state();
            let Some(e) = state.evse(evse) else { return Ok(()) };
            let gave_up = e.awaiting.take_if(|(_, until)| *until <= Instant::now()).is_some();
            let over =
                e.reservation.as_ref().filter(|kept| kept.until.is_some_and(|until| until <= Utc::now()));
            let expired = over.map(|kept| kept.id);
            if let Some(id) = expired {
                state.release(id);
            }
            (gave_up, expired)
        };
        if gave_up {
            self.unplug(evse).await?;
        }
        if let Some(id) = expired {
            self.retell(evse).await?;
            if !self.core.state().is_16() {
                let told = serde_json::json!({ "reservationId": id, "reservationUpdateStatus": "Expired" });
                self.call("ReservationStatusUpdate", told).await?;
            }
        }
        Ok(())
    }

    /// A cable is plugged in; a start that waits for it begins.
    async fn cable_in(&self, evse: i32) -> Result<(), Error> {
        self.plug_in(evse).await?;
        let awaiting = self.core.state().evse(evse).and_then(|e| e.awaiting.take());
        match awaiting {
            Some((start, until)) if until > Instant::now() => self.start_with(evse, start).await.map(drop),
            _ => Ok(()),
        }
    }

    /// The cable is taken out, which ends what runs.
    async fn cable_out(&self, evse: i32) -> Result<(), Error> {
        if self.has_transaction(evse) {
            self.stop(evse, "EVDisconnected").await?;
        }
        self.unplug(evse).await
    }

    /// A card is presented: it ends what runs, or starts.
    async fn card(&self, evse: i32, tag: &str) -> Result<(), Error> {
        if self.has_transaction(evse) {
            return self.stop(evse, "Local").await.map(drop);
        }
        let (online, offline_too) = {
            let state = self.core.state();
            let (old, new) = ("AllowOfflineTxForUnknownId", "AuthCtrlr.OfflineTxForUnknownIdEnabled");
            (state.is_online(), settings::truth(&state, old, new))
        };
        let admitted = if online { self.authorize(tag).await?.status == "Accepted" } else { offline_too };
        let start = Start::card(tag);
        if !admitted || !self.core.state().takes(evse, tag) || self.awaits_cable(evse, &start) {
            return Ok(());
        }
        self.start_with(evse, start).await.map(drop)
    }

    /// The power goes, and what runs ends with it; then the power comes back.
    async fn power_cycle(&self) -> Result<(), Error> {
        self.restart("PowerUp").await;
        let count = self.core.state().hardware.evses;
        for evse in 1..=count {
            if self.has_transaction(evse) {
                self.stop(evse, "PowerLoss").await?;
            }
        }
        Ok(())
    }
}
