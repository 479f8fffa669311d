//! Costs on displays: stations that say that they show them are told what a session costs while it runs, and 1.6 stations in
//! the end too. 2.x stations have CostUpdated, and the final cost in the answer to the end of the transaction; 1.6 stations
//! have the messages of the paper on California's requirements ([`tariffs::ocpp::california`]).
//!
//! A round looks at one station after something has happened there, and asks its line directly: a row is kept of what was
//! told last, not a command of each update.

mod ability;
mod round;
mod standing;
mod words;

pub use round::look;

use crate::{
    app::App,
    error::Error,
    model::{Presented, StationId},
    rounds::{Crew, Rounds},
    store::{StoreError, costs},
};
use ability::Ability;
use chrono::{DateTime, TimeDelta, Utc};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::broadcast::error::RecvError, time::MissedTickBehavior};
use tokio_util::sync::CancellationToken;

/// Stations visited at one time; a silent one takes its place for as long as a call may take.
const AT_ONCE: usize = 16;
/// Hints are gathered for so long before they are followed.
const GATHER: Duration = Duration::from_millis(200);
/// A station that is being visited is looked at again so soon, and one where it failed for our own reasons.
const BUSY: Duration = Duration::from_millis(500);
const AGAIN: Duration = Duration::from_secs(10);
/// After a restart, and if a hint was lost, sessions that run are looked at so soon.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// What a station says of itself is believed for so long.
const FRESH: TimeDelta = TimeDelta::minutes(5);
const PAGE: i64 = 500;

/// What is known of the displays of stations that are connected.
#[derive(Debug, Default)]
pub struct Costs {
    rounds: Rounds,
    known: Mutex<HashMap<StationId, Known>>,
}

#[derive(Debug, Clone)]
struct Known {
    /// The number of its connection.
    connection: u64,
    at: DateTime<Utc>,
    ability: Option<Ability>,
    /// Whoever has presented an identifier, and is not told the price yet.
    presented: Option<Presented>,
}

impl Costs {
    /// An identifier was presented, and may charge: the price is told to whoever it is, before the session begins.
    pub(crate) fn presented(&self, station: &StationId, who: &Presented) {
        if let Some(known) = self.known().get_mut(station).filter(|known| known.ability.is_some()) {
            known.presented = Some(who.clone());
            // The answer to the identifier goes first.
            self.rounds.look(station, GATHER, false);
        }
    }

    /// May there be something to do?
    fn concerns(&self, app: &App, station: &StationId) -> bool {
        let Some(link) = app.hub.info(station) else { return false };
        let known = self.known();
        let fresh = known
            .get(station)
            .filter(|known| known.connection == link.connection && app.clock.now() - known.at < FRESH);
        fresh.is_none_or(|known| known.ability.is_some())
    }

    fn known(&self) -> MutexGuard<'_, HashMap<StationId, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs until `stop` is cancelled.
pub async fn run(app: App, stop: CancellationToken) {
    if !app.config.displays.costs {
        return;
    }
    let mut hints = app.live.watch();
    let mut sweeps = tokio::time::interval(SWEEP_EVERY);
    sweeps.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut crew = Crew::new("costs on displays", AT_ONCE, BUSY);
    loop {
        crew.begin(&app.costs.rounds, |station, _| {
            let app = app.clone();
            async move {
                let done = look(&app, &station).await;
                done.map(|at| at.map(|at| (at - app.clock.now()).to_std().unwrap_or(BUSY)))
            }
        });
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            (station, outcome) = crew.ended() => follow(&app, &station, outcome),
            _ = sweeps.tick() => if let Err(error) = sweep(&app).await {
                tracing::warn!(%error, "sessions whose costs are shown could not be looked for; tried again in a minute");
            },
            hint = hints.recv() => match hint {
                Ok(hint) if app.costs.concerns(&app, &hint.station) => {
                    app.costs.rounds.look(&hint.station, GATHER, false);
                }
                // What was missed is found by the next sweep.
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            },
            () = app.costs.rounds.ready(), if crew.has_room() => {}
        }
    }
}

fn follow(app: &App, station: &StationId, outcome: Result<Option<Duration>, Error>) {
    if !app.hub.online(station) {
        app.costs.known().remove(station);
        return;
    }
    match outcome {
        Ok(Some(after)) => app.costs.rounds.look(station, after, false),
        Ok(None) => {}
        Err(error) => {
            metrics::counter!("csms_job_failures_total", "job" => "costs").increment(1);
            tracing::warn!(%station, %error, "costs could not be told to a station's display; tried again in a moment");
            app.costs.rounds.look(station, AGAIN, false);
        }
    }
}

async fn sweep(app: &App) -> Result<(), StoreError> {
    app.costs.known().retain(|station, _| app.hub.online(station));
    let mut after = String::new();
    loop {
        let page = costs::stations(&mut app.db.read().await?, &after, PAGE).await?;
        for (station,) in &page {
            let station = station.as_str().into();
            if app.costs.concerns(app, &station) {
                app.costs.rounds.look(&station, Duration::ZERO, false);
            }
        }
        match page.last() {
            Some((last,)) if page.len() as i64 == PAGE => after.clone_from(last),
            _ => return Ok(()),
        }
    }
}
