//! What vehicles need (ISO 15118, K15 to K17): stations tell it, and each vehicle that may have one is given a plan of its
//! own, a TxProfile that says when it gets how much before it leaves.
//!
//! An EVSE of a site with load management is planned there ([`crate::grid`] takes the same message over as deadline and
//! energy): one owner of a profile per EVSE. What stands here is for all others.

pub(crate) mod against;
mod back;
pub(crate) mod dynamic;
mod plan;
pub(crate) mod resumed;
mod turn;
pub(crate) mod vehicle;

pub(crate) use plan::most;
pub(crate) use turn::owned;
pub use turn::turn;
pub use vehicle::{BothWays, Vehicle};

use crate::{
    app::App,
    command::{self, Ask, Command, CommandError, UsePriority},
    model::StationId,
    rounds::{Crew, Rounds},
    store::{StoreError, commands::CommandRow, needs, row::SessionRow},
};
use std::time::Duration;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

/// Who asks, in commands.
pub(crate) const NAME: &str = "needs";

/// Stations visited at one time.
const AT_ONCE: usize = 16;
/// Limits that others have changed are seen so soon, and what came to nothing is tried again.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// A station that is being visited is looked at again so soon.
const BUSY: Duration = Duration::from_millis(200);
const PAGE: i64 = 500;

/// Which stations to look after.
#[derive(Debug, Default)]
pub struct Needs {
    rounds: Rounds,
}

impl Needs {
    /// A vehicle of this station has told something, or an operator wants another plan.
    pub(crate) fn told(&self, station: &StationId) {
        self.rounds.look(station, Duration::ZERO, false);
    }
}

/// An operator wants a plan made anew for a session (`""`), or none (`off`).
///
/// # Errors
/// The database.
pub async fn choose(app: &App, session: &SessionRow, plans: &str) -> Result<(), StoreError> {
    let mut tx = app.db.write().await?;
    needs::choose(&mut tx, session, plans, app.clock.now()).await?;
    tx.commit().await?;
    let station = session.station_id.as_str().into();
    app.needs.told(&station);
    app.live.touch(&station);
    Ok(())
}

/// Has a session charge with priority, or no longer (2.1, K21). With a key the station is asked once.
///
/// # Errors
/// See [`CommandError`].
pub async fn prioritize(
    app: &App,
    session: &SessionRow,
    on: bool,
    by: &str,
    key: Option<&str>,
) -> Result<CommandRow, CommandError> {
    let wish = Command::UsePriority(UsePriority { transaction: session.reference.clone(), on });
    let ask = Ask::new(&session.station_id.as_str().into(), wish, by);
    command::issue(
        app,
        match key {
            Some(key) => ask.keyed(key.to_owned()),
            None => ask,
        },
    )
    .await
}

/// Runs until `stop` is cancelled.
pub async fn run(app: App, stop: CancellationToken) {
    let mut sweeps = tokio::time::interval(SWEEP_EVERY);
    sweeps.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut crew = Crew::new("plans of vehicles", AT_ONCE, BUSY);
    loop {
        crew.begin(&app.needs.rounds, |station, _| {
            let app = app.clone();
            async move { turn(&app, &station).await }
        });
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            (_, outcome) = crew.ended() => if let Err(error) = outcome {
                failed(&error);
            },
            _ = sweeps.tick() => if let Err(error) = sweep(&app).await {
                failed(&error.into());
            },
            () = app.needs.rounds.ready(), if crew.has_room() => {}
        }
    }
}

fn failed(error: &CommandError) {
    metrics::counter!("csms_job_failures_total", "job" => "needs").increment(1);
    tracing::warn!(job = "needs", %error, "plans for vehicles could not be made; it is tried again within a minute");
}

async fn sweep(app: &App) -> Result<(), StoreError> {
    let mut after = String::new();
    loop {
        let page = needs::stations(&mut app.db.read().await?, &after, PAGE).await?;
        for (station,) in &page {
            let station = station.as_str().into();
            if app.hub.online(&station) {
                app.needs.rounds.look(&station, Duration::ZERO, false);
            }
        }
        match page.last() {
            Some((last,)) if page.len() as i64 == PAGE => after.clone_from(last),
            _ => return Ok(()),
        }
    }
}
