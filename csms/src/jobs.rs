//! Housekeeping: what nobody asks for and everybody needs. Each job runs now and then, in small pieces, and may be cut
//! off at any moment: what it has done stays done, and the next turn goes on.

use crate::{
    app::App,
    audit,
    error::Error,
    flags::{Flag, Flags},
    model::StationId,
    store::{StoreError, retention, sessions},
};
use chrono::TimeDelta;
use std::{collections::BTreeSet, time::Duration};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

/// Old rows are removed this often; the first time soon after the start, but not in the middle of a storm.
const RETENTION_EVERY: Duration = Duration::from_secs(15 * 60);
const RETENTION_FIRST: Duration = Duration::from_secs(60);
/// Tariffs and sites changed by another process (the command line, another node) are seen so soon.
const CATALOG_EVERY: Duration = Duration::from_secs(10);
/// Sessions that wait for their stop in vain are looked for this often …
const STOPS_EVERY: Duration = Duration::from_secs(5 * 60);
/// … and given up after this: the connector is free again, and a station that had the stop in its queue has had
/// time to send it. If it comes all the same, the bill is made again.
const STOP_WITHIN: TimeDelta = TimeDelta::hours(1);
/// The audit looks for new bills this often; it begins when stations have come back.
const AUDIT_EVERY: Duration = Duration::from_secs(10);
const AUDIT_FIRST: Duration = Duration::from_secs(90);
/// Sessions looked at in one query.
const PAGE: i64 = 200;

/// Runs all jobs until `stop` is cancelled. What fails is logged and tried again in its next turn.
pub async fn run(app: App, stop: CancellationToken) {
    // A turn of the audit may take minutes, and nothing else should wait for it.
    tokio::join!(chores(&app, &stop), audits(&app, &stop));
}

fn turns(first: Duration, every: Duration) -> Interval {
    let mut turns = interval_at(Instant::now() + first, every);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    turns
}

/// The job failed in this turn.
fn failed(job: &'static str, error: &Error) {
    metrics::counter!("csms_job_failures_total", "job" => job).increment(1);
    tracing::warn!(job, %error, "a job failed; it is tried again in its next turn");
}

async fn audits(app: &App, stop: &CancellationToken) {
    let mut audit = turns(AUDIT_FIRST, AUDIT_EVERY);
    let work = async {
        loop {
            audit.tick().await;
            if let Err(error) = audit::run::turn(app).await {
                failed("audit", &error.into());
            }
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = work => {}
    }
}

async fn chores(app: &App, stop: &CancellationToken) {
    let mut retention = turns(RETENTION_FIRST, RETENTION_EVERY);
    let mut catalog = turns(CATALOG_EVERY, CATALOG_EVERY);
    let mut stops = turns(STOPS_EVERY, STOPS_EVERY);
    loop {
        let (job, outcome) = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            _ = catalog.tick() => ("catalog", read_catalog(app).await),
            _ = stops.tick() => ("stops", give_up_stops(app).await),
            _ = retention.tick() => tokio::select! {
                () = stop.cancelled() => return,
                outcome = remove_old(app) => ("retention", outcome.map_err(Error::from)),
            },
        };
        if let Err(error) = outcome {
            failed(job, &error);
        }
    }
}

/// Sees what others have changed, and has the stations that hold tariffs looked after. That is due even where nothing
/// could be read: a version may have become active.
async fn read_catalog(app: &App) -> Result<(), Error> {
    let read = app.catalog.reload(&app.db, app.clock.now()).await;
    app.local_tariffs.catalog_read();
    Ok(read?)
}

/// Removes what is older than the settings want it kept, and logins that have expired.
pub async fn remove_old(app: &App) -> Result<(), StoreError> {
    let removed = retention::run(&app.db, &app.config.retention, app.clock.now()).await?;
    for (kind, rows) in [
        ("journal", removed.journal),
        ("meter_value", removed.meter_values),
        ("event", removed.events),
        ("attempt", removed.attempts),
        ("login", removed.logins),
    ] {
        if rows > 0 {
            metrics::counter!("csms_retention_removed_total", "kind" => kind).increment(rows);
            tracing::info!(kind, rows, "removed what was past its time");
        }
    }
    Ok(())
}

/// Ends the sessions whose connector has been free for long without a stop.
pub async fn give_up_stops(app: &App) -> Result<(), Error> {
    let silent_since = app.clock.now() - STOP_WITHIN;
    let mut stations: BTreeSet<String> = BTreeSet::new();
    let filter = sessions::Filter { state: Some("open".into()), ..sessions::Filter::default() };
    let mut before = None;
    loop {
        let page = sessions::list(&mut app.db.read().await?, &filter, before, PAGE).await?;
        let waiting = |flags: &str| Flags::parse(flags).has(Flag::StopAwaited);
        stations.extend(
            page.iter()
                .filter(|row| row.received_at < silent_since && waiting(&row.flags))
                .map(|row| row.station_id.clone()),
        );
        match page.last() {
            Some(last) if page.len() as i64 == PAGE => before = Some(last.id),
            _ => break,
        }
    }
    for station in stations {
        let station = StationId::from(station);
        match app.desk(&station).give_up(None, silent_since).await {
            Ok(ended) => tracing::info!(%station, ended, "gave up sessions that waited for their stop"),
            // One station must not keep the others waiting.
            Err(error) => {
                tracing::warn!(%station, %error, "sessions that wait for their stop could not be ended")
            }
        }
    }
    Ok(())
}
