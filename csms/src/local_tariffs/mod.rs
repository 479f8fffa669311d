//! The tariffs that stations count with themselves (OCPP 2.1, I07): each station's default tariffs are made what the
//! catalog says, after it has connected or booted, and when the catalog changes or a version becomes active.
//!
//! A station that lacks the function, refuses a tariff, or cannot be told one, has none: then the CSMS counts. Sessions that
//! run keep what they began with; stations do so by the standard, as we do.

pub(crate) mod capability;
mod plan;
mod round;
mod trouble;
mod wish;

pub(crate) use wish::for_driver;

use crate::{
    app::App,
    catalog::{Asked, Snapshot},
    model::StationId,
    rounds::{Crew, Rounds},
    store::{StoreError, Tx, row::StationRow, station_tariffs},
};
use chrono::{DateTime, TimeDelta, Utc};
use round::{Standing, round};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use trouble::{Trouble, wait};

/// Are the tariffs at this station ours to keep? Then nobody else sets them.
pub(crate) async fn keeps(tx: &mut Tx, station: &StationId) -> Result<bool, StoreError> {
    let rows = station_tariffs::of_station(tx, station).await?;
    Ok(rows.iter().any(|row| row.state != "unsupported"))
}

/// Stations visited at one time; a silent one takes its place for as long as a call may take.
const AT_ONCE: usize = 64;
/// What an operator changes about a station (its site, its EVSEs) is seen within this …
const CHECK: TimeDelta = TimeDelta::minutes(1);
/// … and at a station that does not count costs within this.
const CHECK_APART: TimeDelta = TimeDelta::minutes(10);
/// A station that has connected may boot first.
const AFTER_CONNECT: Duration = Duration::from_secs(10);
/// A station that has booted shall have its answer first.
const AFTER_BOOT: Duration = Duration::from_secs(1);
/// A station that is being visited is looked at again so soon.
const BUSY: Duration = Duration::from_secs(1);

/// Which stations to look after, and when.
#[derive(Debug, Default)]
pub struct Visits {
    rounds: Rounds,
    catalog: Notify,
}

impl Visits {
    /// The station has connected.
    pub fn connected(&self, station: &StationId) {
        self.rounds.look(station, AFTER_CONNECT, true);
    }

    /// The station has booted and was accepted.
    pub fn booted(&self, station: &StationId) {
        self.rounds.look(station, AFTER_BOOT, true);
    }

    /// The catalog was read again, or its time has moved on: is what stations hold still what it wants?
    pub fn catalog_read(&self) {
        self.catalog.notify_one();
    }
}

/// What is known of the stations that are connected.
#[derive(Default)]
struct Watched {
    /// How it stood with them, and as of when.
    standings: HashMap<StationId, (Standing, DateTime<Utc>)>,
    /// Rounds that came to nothing, one after the other; they have their next time.
    failures: HashMap<StationId, i64>,
}

/// Runs until `stop` is cancelled. A round that is cut off is done anew when the station is looked at again.
pub async fn run(app: App, stop: CancellationToken) {
    let mut watched = Watched::default();
    let mut crew = Crew::new("tariffs at stations", AT_ONCE, BUSY);
    loop {
        crew.begin(&app.local_tariffs.rounds, |station, ask| {
            let known = watched.standings.get(&station).filter(|_| !ask);
            let known = known.map(|(standing, _)| standing.wanted.clone());
            let app = app.clone();
            async move { round(&app, &station, known.as_ref()).await }
        });
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            (station, outcome) = crew.ended() => note(&app, &mut watched, station, outcome),
            () = app.local_tariffs.catalog.notified() => sweep(&app, &mut watched),
            () = app.local_tariffs.rounds.ready(), if crew.has_room() => {}
        }
    }
}

fn note(app: &App, watched: &mut Watched, station: StationId, outcome: Result<Option<Standing>, Trouble>) {
    let now = app.clock.now();
    let failures = watched.failures.remove(&station).unwrap_or(0);
    let trouble = match outcome {
        Ok(Some(standing)) => {
            // The catalog may have been read meanwhile.
            if is_outdated(app, &standing, now) {
                app.local_tariffs.rounds.look(&station, Duration::ZERO, false);
            }
            watched.standings.insert(station, (standing, now));
            return;
        }
        Ok(None) => {
            watched.standings.remove(&station);
            return;
        }
        Err(trouble) => trouble,
    };
    // Gone: it is looked at again when it comes back.
    if !app.hub.online(&station) {
        watched.standings.remove(&station);
        return;
    }
    let failures = failures + 1;
    let again = wait(failures);
    tracing::warn!(
        %station, failures, again_s = again.num_seconds(), %trouble,
        "the station's tariffs could not be looked after; tried again later"
    );
    watched.failures.insert(station.clone(), failures);
    app.local_tariffs.rounds.look(&station, again.to_std().unwrap_or(AFTER_CONNECT), true);
}

/// Looks for stations whose tariffs are not what the catalog wants now, or whose time has come again.
fn sweep(app: &App, watched: &mut Watched) {
    let now = app.clock.now();
    watched.standings.retain(|station, _| app.hub.online(station));
    watched.failures.retain(|station, _| app.hub.online(station));
    for (station, (standing, checked_at)) in &watched.standings {
        if watched.failures.contains_key(station) {
            continue; // it has its time already
        }
        let check = if standing.wanted.is_empty() { CHECK_APART } else { CHECK };
        if standing.again.is_some_and(|again| again <= now) {
            app.local_tariffs.rounds.look(station, Duration::ZERO, true);
        } else if now - *checked_at >= check || is_outdated(app, standing, now) {
            app.local_tariffs.rounds.look(station, Duration::ZERO, false);
        }
    }
}

/// Does the catalog want something else by now?
fn is_outdated(app: &App, Standing { site, wanted, .. }: &Standing, now: DateTime<Utc>) -> bool {
    let now = wish::wanted(&site.evses, |evse| tariff_at(app, &site.station, evse, now));
    !wanted.is_empty() && !wish::same(&now, wanted)
}

/// The tariff that whoever has none of their own gets at an EVSE now.
fn tariff_at(app: &App, station: &StationRow, evse: i64, at: DateTime<Utc>) -> Option<Arc<Snapshot>> {
    app.catalog.terms(&usual(&station.id, station.site_id, evse, at)).tariff
}

/// An identifier for which there is nothing of its own asks.
pub(crate) fn usual(station: &str, site: Option<i64>, evse: i64, at: DateTime<Utc>) -> Asked<'_> {
    Asked { station, evse, site, token: Some(""), token_kind: "", group: None, at }
}
