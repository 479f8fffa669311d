//! Payment codes on the displays of stations that are told what to show: all but those that make codes themselves
//! ([`crate::codes::provision`]). While an EVSE is free its display shows a code, renewed before it expires; it is taken
//! away when a session begins or nobody can charge there, and after a payment the receipt's address stands there.
//!
//! What stands where is kept: another process, and a station that was away, are not told again what still holds.

mod round;
mod wish;

pub use round::look;

use crate::{
    app::App,
    error::Error,
    model::StationId,
    rounds::{Crew, Rounds},
    store::{StoreError, displays},
};
use chrono::TimeDelta;
use std::{
    collections::{HashMap, HashSet, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::broadcast::error::RecvError, time::MissedTickBehavior};
use tokio_util::sync::CancellationToken;

/// Stations visited at one time; a silent one takes its place for as long as a call may take.
const AT_ONCE: usize = 16;
/// Hints are gathered for so long before they are followed.
const GATHER: Duration = Duration::from_millis(300);
/// A station that has connected may boot first; one that has booted has other things to do first.
const FIRST: Duration = Duration::from_secs(5);
/// What operators have chosen elsewhere is read so often.
const REREAD: Duration = Duration::from_secs(60);
/// A round that failed for our own reasons, and one with a station that is being visited, are tried again after this.
const AGAIN: Duration = Duration::from_secs(10);
const BUSY: Duration = Duration::from_secs(1);
const PAGE: i64 = 500;

/// Which stations to look after, and when.
#[derive(Debug, Default)]
pub struct Displays {
    rounds: Rounds,
    /// What operators want of single stations.
    chosen: Mutex<HashMap<StationId, bool>>,
}

impl Displays {
    /// Does the station show codes, as its operator (`on`, `off`) or the settings want it?
    pub fn is_on(app: &App, wanted: &str) -> bool {
        Self::can_be(app) && (wanted == "on" || wanted.is_empty() && app.config.pay.display.all)
    }

    /// Do codes lead anywhere?
    pub fn can_be(app: &App) -> bool {
        !app.config.web.public_url.trim().is_empty()
    }

    /// Of a hundred parts, a few that are always the same ones for a place.
    fn share(station: &StationId, evse: i64, of: u64) -> i32 {
        let mut hasher = DefaultHasher::new();
        (station, evse).hash(&mut hasher);
        i32::try_from(hasher.finish() % of.max(1)).unwrap_or_default()
    }

    /// Stations that boot together are told one after the other.
    fn hold_off(app: &App, station: &StationId) -> TimeDelta {
        let spread = u64::from(app.config.pay.display.spread_s);
        if spread == 0 {
            return TimeDelta::zero();
        }
        TimeDelta::seconds(FIRST.as_secs().cast_signed() + i64::from(Self::share(station, 0, spread)))
    }

    /// The station has connected.
    pub(crate) fn connected(&self, app: &App, station: &StationId) {
        if app.config.pay.display.all || self.chosen().contains_key(station) {
            let after = Self::hold_off(app, station).to_std().unwrap_or(FIRST);
            self.rounds.look(station, after, false);
        }
    }

    fn concerns(&self, app: &App, station: &StationId) -> bool {
        self.chosen().get(station).copied().unwrap_or(app.config.pay.display.all)
    }

    fn chosen(&self) -> MutexGuard<'_, HashMap<StationId, bool>> {
        self.chosen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an operator wants of a station ([`displays::choose`]) was committed: it is looked at.
pub fn chosen(app: &App, station: &StationId, wanted: &str) {
    {
        let mut chosen = app.displays.chosen();
        match wanted {
            "" => drop(chosen.remove(station)),
            wanted => drop(chosen.insert(station.clone(), wanted == "on")),
        }
    }
    app.displays.rounds.look(station, Duration::ZERO, false);
}

/// Runs until `stop` is cancelled.
pub async fn run(app: App, stop: CancellationToken) {
    let mut hints = app.live.watch();
    let mut turns = tokio::time::interval(REREAD);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut crew = Crew::new("payment codes on displays", AT_ONCE, BUSY);
    loop {
        crew.begin(&app.displays.rounds, |station, _| {
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
            _ = turns.tick() => {
                if let Err(error) = reread(&app).await {
                    tracing::warn!(%error, "which displays show codes could not be read; it is read again in a minute");
                }
            }
            hint = hints.recv() => match hint {
                Ok(hint) if app.displays.concerns(&app, &hint.station) => {
                    app.displays.rounds.look(&hint.station, GATHER, false);
                }
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => everywhere(&app),
                Err(RecvError::Closed) => return,
            },
            () = app.displays.rounds.ready(), if crew.has_room() => {}
        }
    }
}

/// When the station is looked at next.
fn follow(app: &App, station: &StationId, outcome: Result<Option<Duration>, Error>) {
    match outcome {
        // Gone: it is looked at when it connects.
        _ if !app.hub.online(station) => {}
        Ok(next) => {
            if let Some(after) = next {
                app.displays.rounds.look(station, after, false);
            }
        }
        Err(error) => {
            metrics::counter!("csms_job_failures_total", "job" => "display").increment(1);
            tracing::warn!(%station, %error, "a station's display could not be looked after; tried again in a moment");
            app.displays.rounds.look(station, AGAIN, false);
        }
    }
}

/// Hints were missed: every station that is connected and shows codes is looked at, one after the other.
fn everywhere(app: &App) {
    for link in app.hub.list() {
        app.displays.connected(app, &link.station);
    }
}

/// Reads what operators want; what is new is brought about.
async fn reread(app: &App) -> Result<(), StoreError> {
    let mut read: HashMap<StationId, bool> = HashMap::new();
    let mut after = String::new();
    loop {
        let page = displays::chosen(&mut app.db.read().await?, &after, PAGE).await?;
        let Some((last, _)) = page.last().filter(|_| page.len() as i64 == PAGE) else {
            read.extend(page.into_iter().map(|(station, wanted)| (station.as_str().into(), wanted == "on")));
            break;
        };
        after.clone_from(last);
        read.extend(page.into_iter().map(|(station, wanted)| (station.as_str().into(), wanted == "on")));
    }
    let before = std::mem::replace(&mut *app.displays.chosen(), read.clone());
    let stations: HashSet<&StationId> = before.keys().chain(read.keys()).collect();
    for station in stations {
        if before.get(station) != read.get(station) && app.hub.online(station) {
            let after = Displays::hold_off(app, station).to_std().unwrap_or(FIRST);
            app.displays.rounds.look(station, after, false);
        }
    }
    Ok(())
}
