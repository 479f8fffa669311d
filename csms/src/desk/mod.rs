//! The desk of a station: handles its reports one at a time, from state held in memory.
//!
//! A report is decided in memory, its writes go to the group writer, and only after their commit does the reply
//! leave. The state is taken out while a report is handled: whatever goes wrong (a failed commit, a cancelled task)
//! leaves the desk without state, and the next report loads it from the database again.

mod authorize;
mod awaited;
mod boot;
mod costs;
mod credit;
mod end;
mod find;
mod late;
mod limited;
mod monitors;
mod needs;
mod notice;
mod reserved;
mod state;
mod status;
mod streams;
mod terms;
mod transaction;
mod watched;

use crate::{
    app::App,
    codes::provision,
    error::Error,
    flags::Flag,
    model::{Inbound, Registration, Reply, Report, StationId},
    session::Live,
    store::{row::Write, writer::Ticket},
    vat,
};
use chrono::{DateTime, Utc};
use ocpp::fault::{ErrorCode, Fault};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex as StdMutex, Weak},
};
use tokio::sync::Mutex;

pub(crate) use authorize::Starting;
use state::State;

/// One per station at work. Cheap while idle: the state of a station with no session is a few hundred bytes.
pub struct Desk {
    station: StationId,
    app: App,
    slot: Mutex<Slot>,
}

#[derive(Default)]
struct Slot {
    /// `None`: not loaded, or not to be trusted any more.
    state: Option<Box<State>>,
    /// A commit whose waiter went away; the state may be loaded only after it.
    pending: Option<Ticket>,
}

impl Slot {
    /// How a commit ended whose waiter went away does not matter: the state is loaded from what is there then.
    async fn settle(&mut self) {
        if let Some(ticket) = self.pending.as_mut() {
            let _ = ticket.await;
            self.pending = None;
        }
    }
}

impl Desk {
    /// Handles one report. Returns after the commit.
    ///
    /// # Errors
    /// [`Error::Fault`] for what the station did wrong, [`Error::Store`] if it could not be stored: then nothing of
    /// the report is stored, and the station may send it again.
    pub async fn handle(&self, report: Report, inbound: Inbound) -> Result<Reply, Error> {
        if matches!(report, Report::Boot(_)) {
            // What an operator has decided meanwhile is answered at once: the station waits for nothing else.
            self.slot.lock().await.state = None;
        }
        let Report::Vat { number, body } = report else {
            return self.run(inbound, async |desk| desk.report(report).await).await;
        };
        // The register is asked between two turns of the station: nothing else of it waits for that.
        self.run(inbound, async |desk| desk.admit(false)).await?;
        let answer = vat::check(&self.app, &number).await;
        self.run(inbound, async |desk| Ok(desk.vat(body, answer))).await
    }

    /// Ends a session whose stop never came (`None`: every session that has been waiting for one since
    /// `silent_since`). Returns how many were ended.
    pub async fn give_up(&self, session: Option<i64>, silent_since: DateTime<Utc>) -> Result<usize, Error> {
        self.end_those(|s| match session {
            Some(id) => s.row.id == id,
            None => s.flags.has(Flag::StopAwaited) && s.row.received_at < silent_since,
        })
        .await
    }

    /// Ends every session of which nothing has been heard since `silent_since`, whether its vehicle seems to be there or
    /// not. Returns how many were ended.
    pub async fn give_up_silent(&self, silent_since: DateTime<Utc>) -> Result<usize, Error> {
        self.end_those(|s| s.row.received_at < silent_since).await
    }

    async fn end_those(&self, due: impl Fn(&Live) -> bool) -> Result<usize, Error> {
        let inbound = Inbound {
            received_at: self.app.clock.now(),
            digest: 0,
            protocol: ocpp::Version::NEWEST,
            action: "",
            asked: false,
        };
        // Sessions that another process on the same database has ended meanwhile are not ended once more.
        self.slot.lock().await.state = None;
        self.run(inbound, async |desk| desk.give_up(due).await).await
    }

    /// Does this between two reports: those before it are committed, and none is begun until it is done.
    pub(crate) async fn between<T>(&self, work: impl Future<Output = T>) -> T {
        let mut slot = self.slot.lock().await;
        slot.settle().await;
        work.await
    }

    async fn run<T>(
        &self,
        inbound: Inbound,
        work: impl AsyncFnOnce(&mut AtDesk) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut slot = self.slot.lock().await;
        slot.settle().await;
        let state = match slot.state.take() {
            Some(state) if !state.is_stale(inbound.received_at) => state,
            _ => Box::new(State::load(&self.app, &self.station).await?),
        };
        let mut at_desk = AtDesk {
            app: &self.app,
            station: &self.station,
            state,
            inbound,
            writes: Vec::new(),
            claim: None,
            snapshot: None,
            booted: false,
            needs_told: false,
            reported: None,
            personal: None,
        };
        let outcome = match work(&mut at_desk).await {
            Ok(outcome) => at_desk.released().await.map(|()| outcome),
            failed => failed,
        };
        let effects = if outcome.is_ok() { at_desk.observe() } else { Vec::new() };
        let AtDesk { state, writes, claim, snapshot, booted, needs_told, .. } = at_desk;
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(error) => {
                // A fault is found before anything is changed, unless writes say otherwise.
                if writes.is_empty() && matches!(error, Error::Fault(_)) {
                    slot.state = Some(state);
                }
                return Err(error);
            }
        };
        // What may be wished otherwise: a setting, whether connectors are in service, which profiles there are.
        let tells =
            |write: &Write| matches!(write, Write::Variable(_) | Write::Connector(_) | Write::Part(_));
        let tells = writes.iter().any(tells);
        if !writes.is_empty() {
            let ticket = self.app.writer.submit(writes).await?;
            let committed = slot.pending.insert(ticket).await;
            // Whichever way it went, it is over: who comes next does not wait for it again.
            slot.pending = None;
            committed?;
            if let Some(hash) = snapshot {
                self.app.catalog.kept(hash);
            }
            self.app.live.touch(&self.station);
            self.app.commands.observed(&self.station, &effects);
            if booted {
                self.app.desires.booted(&self.station);
                self.app.hub.booted(&self.station);
            } else if tells {
                self.app.desires.heard(&self.station);
            }
            if needs_told {
                self.app.needs.told(&self.station);
            }
            if booted && inbound.protocol.holds_tariffs() {
                self.app.local_tariffs.booted(&self.station);
            }
            if booted && inbound.protocol.makes_codes() {
                provision::booted(&self.app, &self.station);
            }
        }
        drop(claim);
        slot.state = Some(state);
        Ok(outcome)
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.app.desks.close(&self.station);
    }
}

/// A report being handled: what is known, and what is to be written.
struct AtDesk<'a> {
    app: &'a App,
    station: &'a StationId,
    state: Box<State>,
    inbound: Inbound,
    writes: Vec<Write>,
    /// Held until the commit, so that two stations cannot start with one identifier at the same moment.
    claim: Option<authorize::Claim>,
    /// A tariff that is kept with these writes for the first time.
    snapshot: Option<String>,
    /// The station has booted and is accepted.
    booted: bool,
    /// A vehicle has told what its plan depends on.
    needs_told: bool,
    /// A part of a report: of which question, and whether it is the last.
    reported: Option<(i64, bool)>,
    /// What the message tells of a customer, whole; its event does not.
    personal: Option<String>,
}

impl AtDesk<'_> {
    async fn report(&mut self, report: Report) -> Result<Reply, Error> {
        self.admit(matches!(report, Report::Boot(_)))?;
        match report {
            Report::Boot(boot) => self.booted(boot).await,
            Report::Heartbeat => Ok(Reply::Heartbeat { now: self.now() }),
            Report::Status(status) => self.status(status),
            Report::Authorize(presented) => self.authorize(&presented).await,
            Report::Transaction(report) => self.transaction(report).await,
            Report::Meter(report) => self.meter(report).await,
            Report::Inventory(inventory) => Ok(self.inventory(inventory)),
            Report::Vendor { vendor, message, data } => Ok(self.vendor(vendor, message, data)),
            Report::Notice(notice) => Box::pin(self.heed(notice)).await,
            Report::Settlement(settlement) => Box::pin(self.settlement(settlement)).await,
            // Asked about between two turns, see `Desk::handle`.
            Report::Vat { body, .. } => Ok(self.vat(body, vat::Answer::off())),
        }
    }

    /// A station that was told to wait, or to go away, may only boot again or answer what it was asked
    /// (2.0.1 B02.FR.01, B02.FR.09, B03.FR.07; 1.6 §4.2). A station that never booted on this connection is not
    /// one of these: a plain reconnect carries on.
    fn admit(&self, boots: bool) -> Result<(), Error> {
        let told = match self.state.told {
            Some(Registration::Pending) => "pending",
            Some(Registration::Rejected) => "rejected",
            Some(Registration::Accepted) | None => return Ok(()),
        };
        if boots || (self.inbound.asked && self.state.told == Some(Registration::Pending)) {
            return Ok(());
        }
        let text = format!("the last BootNotification was answered {told}; boot again first");
        Err(Error::Fault(Fault::new(ErrorCode::SecurityError, text)))
    }

    fn now(&self) -> DateTime<Utc> {
        self.inbound.received_at
    }

    fn write(&mut self, write: Write) {
        self.writes.push(write);
    }
}

/// The desks of all stations at work in this process.
#[derive(Default)]
pub struct Desks(StdMutex<HashMap<StationId, Weak<Desk>>>);

impl Desks {
    pub(crate) fn open(&self, app: &App, station: &StationId) -> Arc<Desk> {
        let mut desks = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(desk) = desks.get(station).and_then(Weak::upgrade) {
            return desk;
        }
        let desk = Arc::new(Desk { station: station.clone(), app: app.clone(), slot: Mutex::default() });
        desks.insert(station.clone(), Arc::downgrade(&desk));
        desk
    }

    fn close(&self, station: &StationId) {
        let mut desks = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        // A new desk may have been opened in the meantime.
        if desks.get(station).is_some_and(|desk| desk.strong_count() == 0) {
            desks.remove(station);
        }
    }
}
