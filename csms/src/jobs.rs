//! Housekeeping: what nobody asks for and everybody needs. Each job runs now and then, in small pieces, and may be cut
//! off at any moment: what it has done stays done, and the next turn goes on.

use crate::{
    app::App,
    audit, campaign, clearing,
    error::Error,
    files,
    flags::{Flag, Flags},
    ledger,
    model::StationId,
    receipts::{self, ReceiptError},
    store::{StoreError, retention, row::SessionRow, sessions},
};
use chrono::TimeDelta;
use std::{collections::BTreeSet, time::Duration};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

/// Old rows are removed this often; the first time soon after the start, but not in the middle of a storm.
const RETENTION_EVERY: Duration = Duration::from_secs(15 * 60);
const RETENTION_FIRST: Duration = Duration::from_secs(60);
/// Uploads that are past their time are looked for this often.
const UPLOADS_EVERY: Duration = Duration::from_secs(10 * 60);
/// Tariffs and sites changed by another process (the command line, another node) are seen so soon.
const CATALOG_EVERY: Duration = Duration::from_secs(10);
/// Sessions that wait for their stop in vain are looked for this often …
const STOPS_EVERY: Duration = Duration::from_secs(5 * 60);
/// … and given up after this: the connector is free again, and a station that had the stop in its queue has had
/// time to send it. If it comes all the same, the bill is made again.
const STOP_WITHIN: TimeDelta = TimeDelta::hours(1);
/// A session of which nothing has been heard for so long is given up even if nothing tells that its vehicle has gone:
/// its station may be another one by now. What comes all the same is taken, and the bill is made again.
const SILENT_MAX: TimeDelta = TimeDelta::days(7);
/// Such sessions are looked for this often; the first time when stations have come back and have had time to speak.
const SILENT_EVERY: Duration = Duration::from_secs(60 * 60);
const SILENT_FIRST: Duration = Duration::from_secs(2 * 60 * 60);
/// Orders that are due a receipt are looked for this often.
const RECEIPTS_EVERY: Duration = Duration::from_secs(2);
/// The audit looks for new bills this often; it begins when stations have come back.
const AUDIT_EVERY: Duration = Duration::from_secs(10);
const AUDIT_FIRST: Duration = Duration::from_secs(90);
/// Campaigns are looked at this often; they go on when stations have come back.
const CAMPAIGNS_EVERY: Duration = Duration::from_secs(3);
const CAMPAIGNS_FIRST: Duration = Duration::from_secs(10);
/// Clearing looks this often whether something is due.
const CLEARING_EVERY: Duration = Duration::from_secs(60);
const CLEARING_FIRST: Duration = Duration::from_secs(120);
/// Sessions looked at in one query.
const PAGE: i64 = 200;

/// Runs all jobs until `stop` is cancelled. What fails is logged and tried again in its next turn.
pub async fn run(app: App, stop: CancellationToken) {
    // A turn of the audit may take minutes, and nothing else should wait for it.
    tokio::join!(
        chores(&app, &stop),
        audits(&app, &stop),
        ledger::run::run(&app, &stop),
        clear(&app, &stop),
        campaigns(&app, &stop)
    );
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

async fn clear(app: &App, stop: &CancellationToken) {
    let mut clearing = turns(CLEARING_FIRST, CLEARING_EVERY);
    let work = async {
        loop {
            clearing.tick().await;
            if let Err(error) = clearing::work::turn(app).await {
                metrics::counter!("csms_job_failures_total", "job" => "clearing").increment(1);
                tracing::warn!(job = "clearing", %error, "a job failed; it is tried again in its next turn");
            }
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = work => {}
    }
}

async fn campaigns(app: &App, stop: &CancellationToken) {
    let mut turn = turns(CAMPAIGNS_FIRST, CAMPAIGNS_EVERY);
    let work = async {
        loop {
            turn.tick().await;
            if let Err(error) = campaign::turn(app).await {
                failed("campaigns", &error.into());
            }
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = work => {}
    }
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
    let mut silent = turns(SILENT_FIRST, SILENT_EVERY);
    let mut uploads = turns(RETENTION_FIRST, UPLOADS_EVERY);
    let mut receipts = turns(RECEIPTS_EVERY, RECEIPTS_EVERY);
    loop {
        let (job, outcome) = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            _ = catalog.tick() => ("catalog", read_catalog(app).await),
            _ = stops.tick() => ("stops", give_up_stops(app).await),
            _ = silent.tick() => ("silent", give_up_silent(app).await),
            _ = receipts.tick() => ("receipts", issue_receipts(app).await),
            _ = uploads.tick() => tokio::select! {
                () = stop.cancelled() => return,
                outcome = files::sweep::turn(app) => {
                    if let Err(error) = outcome {
                        metrics::counter!("csms_job_failures_total", "job" => "files").increment(1);
                        tracing::warn!(job = "files", %error, "a job failed; it is tried again in its next turn");
                    }
                    continue;
                }
            },
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

/// Issues the receipts of orders whose money has moved.
async fn issue_receipts(app: &App) -> Result<(), Error> {
    match receipts::due_turn(app).await {
        Ok(_) => Ok(()),
        Err(ReceiptError::Store(error)) => Err(error.into()),
        // Told with the order that it is about.
        Err(_) => Ok(()),
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
        ("stream_value", removed.stream_values),
        ("event", removed.events),
        ("command", removed.commands),
        ("customer", removed.customers),
        ("monitor_event", removed.monitor_events),
        ("delivery", removed.deliveries),
        ("attempt", removed.attempts),
        ("login", removed.logins),
        ("api_request", removed.requests),
        ("notice", removed.notices),
        ("task", removed.tasks),
        ("story", removed.stories),
        ("decision", removed.decisions),
        ("message", removed.messages),
        ("contact", removed.contacts),
    ] {
        if rows > 0 {
            metrics::counter!("csms_retention_removed_total", "kind" => kind).increment(rows);
            tracing::info!(kind, rows, "removed what was past its time");
        }
    }
    Ok(())
}

/// Ends the sessions whose connector has been free for long, or has another session, without a stop.
pub async fn give_up_stops(app: &App) -> Result<(), Error> {
    let silent_since = app.clock.now() - STOP_WITHIN;
    let waiting =
        |row: &SessionRow| row.received_at < silent_since && Flags::parse(&row.flags).has(Flag::StopAwaited);
    for station in stations_with(app, waiting).await? {
        let ended = app.desk(&station).give_up(None, silent_since).await;
        gave_up(&station, "sessions that waited for their stop", ended);
    }
    Ok(())
}

/// Ends the sessions of which nothing has been heard for days.
pub async fn give_up_silent(app: &App) -> Result<(), Error> {
    let silent_since = app.clock.now() - SILENT_MAX;
    for station in stations_with(app, |row| row.received_at < silent_since).await? {
        let ended = app.desk(&station).give_up_silent(silent_since).await;
        gave_up(&station, "sessions that had been silent for days", ended);
    }
    Ok(())
}

/// One station must not keep the others waiting: what went wrong is tried again in the next turn.
fn gave_up(station: &StationId, sessions: &'static str, ended: Result<usize, Error>) {
    match ended {
        Ok(ended) => tracing::info!(%station, ended, sessions, "gave up sessions"),
        Err(error) => tracing::warn!(%station, %error, sessions, "sessions could not be given up"),
    }
}

/// The stations that have such an open session.
async fn stations_with(app: &App, due: impl Fn(&SessionRow) -> bool) -> Result<BTreeSet<StationId>, Error> {
    let mut stations = BTreeSet::new();
    let filter = sessions::Filter { state: Some("open".into()), ..sessions::Filter::default() };
    let mut before = None;
    loop {
        let page = sessions::list(&mut app.db.read().await?, &filter, before, PAGE).await?;
        stations.extend(page.iter().filter(|row| due(row)).map(|row| StationId::from(&*row.station_id)));
        match page.last() {
            Some(last) if page.len() as i64 == PAGE => before = Some(last.id),
            _ => return Ok(stations),
        }
    }
}
