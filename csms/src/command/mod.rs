//! Commands: what Wattline asks of stations, whoever wants it (an operator, a program, a payment, a job). A command is a row with
//! a life: queued, sent, answered, and for many an outcome that comes later. It is kept before anything is sent, and each step
//! before the next; so a restart knows of every command how far it came.

mod both_ways;
mod certificates;
mod check;
mod device;
mod issue;
mod limits;
mod masked;
mod model;
mod monitoring;
mod monitors;
mod newest;
pub mod remote;
mod screen;
mod send;
mod streams;
mod sweep;
mod tell;
mod transfer;
pub mod watch;

pub use both_ways::*;
pub use certificates::*;
pub use device::*;
pub use issue::{Ask, CommandError, Until, cancel, issue, wait};
pub use model::*;
pub use monitoring::*;
pub use newest::*;
pub use screen::*;
pub use send::run;
pub(crate) use tell::observed;
pub use transfer::*;

use crate::{
    app::App,
    model::StationId,
    rounds::Rounds,
    store::{Db, StoreError, commands, counter},
};
use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::sync::Notify;
use watch::{Effect, Watches};

/// A station that has connected may boot first, and tell what it has kept.
const AFTER_CONNECT: Duration = Duration::from_secs(2);

/// What is known of commands in memory; all of it can be read from the rows again.
#[derive(Debug, Default)]
pub struct Commands {
    pub(crate) watches: Watches,
    /// Stations with something to be sent.
    rounds: Rounds,
    waiters: Mutex<HashMap<i64, Weak<Notify>>>,
    /// Commands of this process that came before it knew what had been before its start; `resumed` once it does.
    early: Mutex<HashSet<i64>>,
    resumed: AtomicBool,
    /// Commands that are being sent, until their end is kept.
    at_work: Mutex<HashSet<i64>>,
    numbers: Numbers,
}

/// A command is being sent, until this is dropped.
struct AtWork<'a>(&'a Commands, i64);

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        self.0.at_work.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}

impl Commands {
    /// A number of ours that a station is told, for what is more than one command.
    pub(crate) async fn number(&self, db: &Db) -> Result<i32, StoreError> {
        self.numbers.next(db).await
    }

    /// The station has connected: what has waited for it is sent.
    pub(crate) fn connected(&self, station: &StationId) {
        self.rounds.look(station, AFTER_CONNECT, true);
    }

    /// What a report says about commands is committed.
    pub(crate) fn observed(&self, station: &StationId, effects: &[Effect]) {
        for effect in effects {
            if effect.outcome != "pending" {
                self.watches.remove(station, effect.command);
                let outcome = effect.outcome;
                metrics::counter!("csms_command_outcomes_total", "outcome" => outcome).increment(1);
            }
            self.changed(effect.command);
        }
    }

    /// It is about to be kept: if what was under way before the start is still looked through, it is not of that.
    fn begins(&self, command: i64) {
        if !self.resumed.load(Ordering::Acquire) {
            self.early.lock().unwrap_or_else(PoisonError::into_inner).insert(command);
        }
    }

    /// Was it asked since the start?
    fn has_begun(&self, command: i64) -> bool {
        self.early.lock().unwrap_or_else(PoisonError::into_inner).contains(&command)
    }

    /// What was before the start is known.
    fn resumed(&self) {
        self.resumed.store(true, Ordering::Release);
        self.early.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// It is being sent.
    fn at_work(&self, command: i64) -> AtWork<'_> {
        self.at_work.lock().unwrap_or_else(PoisonError::into_inner).insert(command);
        AtWork(self, command)
    }

    /// Is anybody here sending it?
    fn is_at_work(&self, command: i64) -> bool {
        self.at_work.lock().unwrap_or_else(PoisonError::into_inner).contains(&command)
    }

    /// What a station that has connected is waited for: it may have been asked by another process.
    pub(crate) async fn follow(&self, app: &App, station: &StationId) -> Result<(), StoreError> {
        if !app.loads.is_awaited(station).await? {
            return Ok(());
        }
        for row in commands::awaited(&mut app.db.read().await?, station).await? {
            self.watches.resume(&row);
        }
        Ok(())
    }

    /// The row of a command has changed.
    fn changed(&self, command: i64) {
        if let Some(waiter) = self.waiters().get(&command).and_then(Weak::upgrade) {
            waiter.notify_waiters();
        }
    }

    /// Is told of every change of a command from now on.
    fn waiter(&self, command: i64) -> Arc<Notify> {
        let mut waiters = self.waiters();
        if let Some(waiter) = waiters.get(&command).and_then(Weak::upgrade) {
            return waiter;
        }
        waiters.retain(|_, waiter| waiter.strong_count() > 0);
        let waiter = Arc::new(Notify::new());
        waiters.insert(command, Arc::downgrade(&waiter));
        waiter
    }

    fn waiters(&self) -> MutexGuard<'_, HashMap<i64, Weak<Notify>>> {
        self.waiters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Our numbers on the wire: positive, 32 bits, never given twice in one database, taken from it a block at a time.
#[derive(Debug, Default)]
struct Numbers(tokio::sync::Mutex<std::ops::Range<i64>>);

/// Numbers taken from the database at once.
const BLOCK: i64 = 200;
/// What every station can give back.
const NUMBER_MAX: i64 = 0x3fff_ffff;

impl Numbers {
    async fn next(&self, db: &Db) -> Result<i32, StoreError> {
        let mut block = self.0.lock().await;
        if block.is_empty() {
            let mut tx = db.write().await?;
            let first = counter::take(&mut tx, "command.reference", BLOCK).await?;
            tx.commit().await?;
            *block = first..first + BLOCK;
        }
        // They begin anew after a thousand million: whatever had the number is long over.
        let number = (block.start - 1).rem_euclid(NUMBER_MAX) + 1;
        block.start += 1;
        i32::try_from(number).map_err(|_| StoreError::Exhausted("numbers of commands"))
    }
}
