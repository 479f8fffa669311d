//! Texts for displays by state and language: what an operator has written stands on the displays of 2.x stations while they are
//! in that state. Stations switch by themselves; they are told once, again after a boot, and when a text or the price in it
//! changes.

mod check;
mod round;
mod words;

pub use crate::store::texts::owns;
pub use round::look;
pub use words::{Fault, PRIORITIES, Place, STATES, check, fill};

use crate::{
    app::App,
    command::CommandError,
    event::{
        self,
        list::{DisplayTextKept, DisplayTextRemoved},
    },
    id::Ids,
    model::StationId,
    rounds::{Crew, Rounds},
    store::{
        StoreError,
        row::EventRow,
        texts::{self, TextRow},
    },
};
use chrono::{DateTime, Utc};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::{
    sync::Notify,
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

/// Who asks, in commands.
const NAME: &str = "texts";
/// Stations visited at one time; a silent one takes its place for as long as a call may take.
const AT_ONCE: usize = 64;
/// A station that is being visited is looked at again so soon.
const BUSY: Duration = Duration::from_millis(500);
/// Stations that have booted, prices that have changed and texts of the command line are seen so soon.
const SWEEP_EVERY: Duration = Duration::from_secs(30);

/// The event that a text was kept, for the transaction that keeps it.
pub fn kept(ids: &Ids, now: DateTime<Utc>, row: &TextRow, by: &str) -> EventRow {
    event::row(ids, now, row.station_id.as_deref(), None, &DisplayTextKept { by: by.to_owned() })
}

/// The event that a text was removed, for the transaction that removes it.
pub fn removed(ids: &Ids, now: DateTime<Utc>, by: &str) -> EventRow {
    event::row(ids, now, None, None, &DisplayTextRemoved { by: by.to_owned() })
}

/// Wakes who brings texts to stations.
#[derive(Debug, Default)]
pub struct Texts {
    changed: Notify,
    rounds: Rounds,
}

impl Texts {
    /// A text was kept or removed.
    pub fn changed(&self) {
        self.changed.notify_one();
    }
}

/// Runs until `stop` is cancelled.
pub async fn run(app: App, stop: CancellationToken) {
    let mut sweeps = interval(SWEEP_EVERY);
    sweeps.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // No station waits for another one to answer.
    let mut crew = Crew::new("texts on displays", AT_ONCE, BUSY);
    let mut all = Arc::new(Vec::new());
    loop {
        crew.begin(&app.texts.rounds, |station, _| {
            let (app, all) = (app.clone(), all.clone());
            async move { look(&app, &station, &all).await }
        });
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            (station, outcome) = crew.ended() => {
                note(&station, outcome);
                continue;
            }
            _ = sweeps.tick() => {}
            () = app.texts.changed.notified() => {}
            () = app.texts.rounds.ready(), if crew.has_room() => continue,
        }
        match sweep(&app).await {
            Ok(read) => all = Arc::new(read),
            Err(error) => {
                metrics::counter!("csms_job_failures_total", "job" => "texts").increment(1);
                tracing::warn!(job = "texts", %error, "texts could not be brought to displays; tried again in half a minute");
            }
        }
    }
}

/// Has every station looked at that is connected and that a text may concern. Gives back the texts that there are.
async fn sweep(app: &App) -> Result<Vec<TextRow>, StoreError> {
    let mut tx = app.db.read().await?;
    let all = texts::list(&mut tx).await?;
    let told: BTreeSet<String> =
        texts::stations(&mut tx).await?.into_iter().map(|(station,)| station).collect();
    drop(tx);
    for link in app.hub.list() {
        if link.protocol.takes_messages() && (!all.is_empty() || told.contains(&*link.station)) {
            app.texts.rounds.look(&link.station, Duration::ZERO, false);
        }
    }
    Ok(all)
}

fn note(station: &StationId, outcome: Result<(), CommandError>) {
    if let Err(error) = outcome {
        tracing::warn!(%station, %error, "a station's display could not be given its texts; tried again in half a minute");
    }
}
