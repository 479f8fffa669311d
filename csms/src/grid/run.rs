//! Which sites are stepped, and when.

use super::{
    clear,
    lease::{self, Leases},
    tell,
    tell::Issued,
    turn::{Due, Runtime, Told, TurnError},
    verify,
};
use crate::{
    app::App,
    model::StationId,
    store::{StoreError, grid},
};
use chrono::{DateTime, TimeDelta, Utc};
use energy::{control::Why, grid::EvseId};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::{Notify, broadcast::error::RecvError},
    task::{self, AbortHandle, JoinError, JoinSet},
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};
use tokio_util::sync::CancellationToken;

/// Plans that were changed by the command line are seen so soon.
const PLANS_EVERY: Duration = Duration::from_secs(2);
/// A site is stepped this often whatever happens …
const STEP_EVERY: Duration = Duration::from_secs(5);
/// … and never more often than this.
const STEP_GAP: Duration = Duration::from_millis(50);
/// After trouble.
const TROUBLE: Duration = Duration::from_secs(2);
/// Old rows are removed this often, and are old after this.
const TIDY_EVERY: Duration = Duration::from_secs(900);
const KEPT: TimeDelta = TimeDelta::hours(48);

/// EVSEs whose defaults are to be read back again are looked for this often.
const LOOKS_EVERY: TimeDelta = TimeDelta::minutes(1);

/// A site at work.
struct Seat {
    task: task::Id,
    woken: Arc<Notify>,
    stop: CancellationToken,
    revision: i64,
}

/// Runs until `stop` is cancelled.
pub async fn run(app: App, stop: CancellationToken) {
    let mut seats: BTreeMap<i64, Seat> = BTreeMap::new();
    let mut sites: HashMap<StationId, i64> = HashMap::new();
    let mut work: JoinSet<()> = JoinSet::new();
    let mut leases = Leases::default();
    let mut hints = app.live.watch();
    let (mut plans, mut tidies) = (interval(PLANS_EVERY), interval(TIDY_EVERY));
    plans.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tidies.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            Some(ended) = work.join_next_with_id(), if !work.is_empty() => leave(&app, ended, &mut seats),
            _ = plans.tick() => match look(&app, &stop, &mut seats, &mut work, &mut leases).await {
                Ok(Some(known)) => sites = known,
                Ok(None) => {}
                Err(error) => failed("plans", &error),
            },
            _ = tidies.tick() => if let Err(error) = tidy(&app).await {
                failed("tidying", &error);
            },
            hint = hints.recv() => match hint {
                Ok(hint) => if let Some(seat) = sites.get(&hint.station).and_then(|site| seats.get(site)) {
                    seat.woken.notify_one();
                },
                Err(RecvError::Lagged(_)) => seats.values().for_each(|seat| seat.woken.notify_one()),
                Err(RecvError::Closed) => break,
            },
        }
    }
    // Once nothing is kept here any more, another process may go on.
    seats.values().for_each(|seat| seat.stop.cancel());
    while work.join_next().await.is_some() {}
    if let Err(error) = lease::release(&app).await {
        failed("leases", &error);
    }
}

/// The work at a site is over; where it broke off, it begins anew with what is kept when plans are looked at next.
fn leave(app: &App, ended: Result<(task::Id, ()), JoinError>, seats: &mut BTreeMap<i64, Seat>) {
    let id = match &ended {
        Ok((id, ())) => *id,
        Err(error) => error.id(),
    };
    let Some(site) = seats.iter().find(|(_, seat)| seat.task == id).map(|(site, _)| *site) else { return };
    if let Err(error) = ended {
        metrics::counter!("csms_job_failures_total", "job" => "grid").increment(1);
        tracing::error!(job = "grid", site, %error, "load management of a site broke off; it begins anew");
    }
    app.grid.ended(site);
    seats.remove(&site);
}

fn failed(what: &str, error: &StoreError) {
    metrics::counter!("csms_job_failures_total", "job" => "grid").increment(1);
    tracing::warn!(job = "grid", %error, what, "a job failed; it is tried again in its next turn");
}

async fn tidy(app: &App) -> Result<(), StoreError> {
    let mut tx = app.db.write().await?;
    grid::forget_old(&mut tx, app.clock.now() - KEPT).await?;
    tx.commit().await
}

/// Begins with sites that were turned on, ends with others. Where stations stand, if that has changed.
async fn look(
    app: &App,
    stop: &CancellationToken,
    seats: &mut BTreeMap<i64, Seat>,
    work: &mut JoinSet<()>,
    leases: &mut Leases,
) -> Result<Option<HashMap<StationId, i64>>, StoreError> {
    let mut rows = grid::list(&mut app.db.read().await?).await?;
    let ours = leases.ours(app, &rows).await?;
    rows.retain(|row| ours.contains(&row.site_id));
    let on: BTreeMap<i64, i64> =
        rows.iter().filter(|row| row.mode == "on").map(|row| (row.site_id, row.revision)).collect();
    for (site, seat) in seats.iter() {
        if !on.contains_key(site) {
            seat.stop.cancel();
        }
    }
    for row in rows.iter().filter(|row| row.mode == "clear" && !seats.contains_key(&row.site_id)) {
        clear::clear(app, row).await?;
    }
    clear::leftovers(app).await?;
    let mut changed = false;
    for (site, revision) in on {
        match seats.get_mut(&site) {
            Some(seat) if seat.revision == revision => {}
            Some(seat) => {
                seat.revision = revision;
                seat.woken.notify_one();
                changed = true;
            }
            None => {
                let (woken, stop) = (Arc::<Notify>::default(), stop.child_token());
                let (app, told, stopped) = (app.clone(), woken.clone(), stop.clone());
                let task = work.spawn(async move {
                    tokio::select! {
                        () = stopped.cancelled() => {}
                        () = manage(&app, site, &told) => {}
                    }
                });
                seats.insert(site, Seat { task: task.id(), woken, stop, revision });
                changed = true;
            }
        }
    }
    if !changed {
        return Ok(None);
    }
    let mut tx = app.db.read().await?;
    let mut sites = HashMap::new();
    for site in seats.keys() {
        for evse in grid::evses(&mut tx, *site).await? {
            sites.insert(evse.station_id.as_str().into(), *site);
        }
    }
    Ok(Some(sites))
}

/// What the tasks of a site bring.
enum Done {
    Told(Told),
    /// Defaults were read back. True: an EVSE counts otherwise from now on.
    Verified(bool),
}

/// Steps a site until its plan is off.
async fn manage(app: &App, site: i64, woken: &Notify) {
    tracing::info!(site, "load management begins");
    let mut runtime = Runtime::new(site);
    let mut tasks: JoinSet<Done> = JoinSet::new();
    // Defaults that are under way, to be read back once they are there.
    let mut defaults: HashMap<u64, EvseId> = HashMap::new();
    // When those that charge are to be read back again, and the task that does so.
    let mut looks: (DateTime<Utc>, Option<AbortHandle>) = (app.clock.now() + LOOKS_EVERY, None);
    loop {
        let turned = runtime.turn(app).await;
        let mut next = Instant::now() + STEP_EVERY;
        match turned {
            Ok(Some(due)) => {
                let at = due.at;
                send(app, site, due, &mut runtime, &mut tasks, &mut defaults).await;
                app.grid.stepped(site, at);
                if looks.0 <= at && looks.1.as_ref().is_none_or(AbortHandle::is_finished) {
                    let app = app.clone();
                    let task = tasks.spawn(async move { Done::Verified(verify::round(&app, site).await) });
                    looks = (at + LOOKS_EVERY, Some(task));
                }
            }
            Ok(None) => return,
            Err(TurnError::Elsewhere) => {
                tracing::info!(site, "load management goes on in another process");
                return;
            }
            Err(error) => {
                metrics::counter!("csms_job_failures_total", "job" => "grid").increment(1);
                tracing::warn!(job = "grid", site, %error, "a step failed; it is tried again");
                next = Instant::now() + TROUBLE;
            }
        }
        let gap = sleep_until(Instant::now() + STEP_GAP);
        tokio::select! {
            () = woken.notified() => {}
            () = sleep_until(next) => {}
            Some(done) = tasks.join_next(), if !tasks.is_empty() => {
                take(app, site, done.ok(), &mut runtime, &mut tasks, &mut defaults);
            }
        }
        gap.await;
        while let Some(done) = tasks.try_join_next() {
            take(app, site, done.ok(), &mut runtime, &mut tasks, &mut defaults);
        }
    }
}

async fn send(
    app: &App,
    site: i64,
    due: Due,
    runtime: &mut Runtime,
    tasks: &mut JoinSet<Done>,
    defaults: &mut HashMap<u64, EvseId>,
) {
    let Due { plan, intents, at } = due;
    let of = intents.iter().filter(|intent| intent.why == Why::Default);
    defaults.extend(of.map(|intent| (intent.seq, intent.evse)));
    for issued in tell::issue(app, site, &plan, intents, at).await {
        match issued {
            Issued::Over(told) => runtime.answered(told),
            Issued::Waits { command, seq, evse, until } => {
                let app = app.clone();
                tasks.spawn(async move { Done::Told(tell::answer(&app, (command, seq, evse, until)).await) });
            }
        }
    }
}

fn take(
    app: &App,
    site: i64,
    done: Option<Done>,
    runtime: &mut Runtime,
    tasks: &mut JoinSet<Done>,
    defaults: &mut HashMap<u64, EvseId>,
) {
    match done {
        Some(Done::Told(told)) => {
            if let Some(evse) = defaults.remove(&told.seq)
                && told.outcome == "acked"
            {
                let app = app.clone();
                tasks.spawn(async move { Done::Verified(verify::verify(&app, site, evse).await) });
            }
            runtime.answered(told);
        }
        Some(Done::Verified(true)) => runtime.found_out(),
        // A task that broke off is found by its command at the next restart of the site's work; until then it counts as lost.
        Some(Done::Verified(false)) | None => {}
    }
}
