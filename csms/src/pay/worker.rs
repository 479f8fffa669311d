//! Does the tasks whose time has come: so many at a time, each leased before it is begun, so that another worker takes
//! it over if this one dies.

use super::{PayError, docket::Docket, later, payment, refund, station, tasks::Kind};
use crate::{
    app::App,
    store::{
        Tx,
        pay::tasks::{self, TaskRow},
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use futures::{StreamExt, stream};
use serde_json::json;
use std::time::Duration;
use tokio::{task::JoinSet, time::MissedTickBehavior};
use tokio_util::sync::CancellationToken;

/// Tasks at one time in this process.
const AT_ONCE: usize = 64;
/// Nobody else begins a task for so long. A process that dies leaves a driver waiting for no longer; one that lives
/// takes the lease again in time, however long its provider takes …
const LEASE: TimeDelta = TimeDelta::seconds(30);
/// … this often.
const KEEP: Duration = Duration::from_secs(8);
/// Looked for this often, beside being woken.
const EVERY: Duration = Duration::from_secs(1);
/// Waits after the nth try, in seconds.
const WAITS: [i64; 10] = [2, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600];

/// What becomes of a task.
#[derive(Debug)]
pub(super) enum End {
    GivenUp(String),
    /// Nobody was asked: it does not count as a try.
    PutBack(DateTime<Utc>),
}

/// Works until `stop` is cancelled; what was begun is finished, or taken over when its lease is over.
pub(super) async fn run(app: &App, stop: &CancellationToken) {
    let mut turns = tokio::time::interval(EVERY);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut at_work = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            Some(_) = at_work.join_next(), if !at_work.is_empty() => {}
            _ = turns.tick() => {}
            () = app.pay.woken.notified() => {}
        }
        let room = AT_ONCE - at_work.len().min(AT_ONCE);
        match lease(app, room).await {
            Ok(leased) => {
                for task in leased {
                    let app = app.clone();
                    at_work.spawn(async move { perform(&app, &task).await });
                }
            }
            Err(error) => {
                metrics::counter!("csms_job_failures_total", "job" => "pay").increment(1);
                tracing::warn!(%error, "payment tasks could not be read; tried again in a moment");
                // A database in trouble is not asked as fast as it refuses.
                tokio::time::sleep(EVERY).await;
            }
        }
    }
}

/// Does what is due now. Returns how many tasks were begun.
pub(super) async fn turn(app: &App) -> Result<usize, PayError> {
    let leased = lease(app, AT_ONCE).await?;
    let begun = leased.len();
    stream::iter(leased).for_each_concurrent(AT_ONCE, |task| async move { perform(app, &task).await }).await;
    Ok(begun)
}

/// Does one task now, if nobody is at it.
pub(super) async fn do_now(app: &App, id: i64) {
    let leased = async {
        let now = app.clock.now();
        let mut tx = app.db.write().await?;
        let task = tasks::lease_one(&mut tx, id, now, now + LEASE).await?;
        tx.commit().await?;
        Ok::<_, PayError>(task)
    };
    match leased.await {
        Ok(Some(task)) => perform(app, &task).await,
        Ok(None) => {}
        Err(error) => {
            tracing::warn!(task = id, %error, "a payment task could not be begun; it is begun later")
        }
    }
}

async fn lease(app: &App, room: usize) -> Result<Vec<TaskRow>, PayError> {
    let now = app.clock.now();
    // Most of the time there is nothing, and nobody should wait for the writer's turn to see that.
    if room == 0 || !tasks::is_due(&mut app.db.read().await?, now).await? {
        return Ok(Vec::new());
    }
    let mut tx = app.db.write().await?;
    let leased = tasks::lease(&mut tx, now, now + LEASE, i64::try_from(room).unwrap_or(1)).await?;
    tx.commit().await?;
    Ok(leased)
}

async fn perform(app: &App, task: &TaskRow) {
    tokio::select! {
        () = work(app, task) => {}
        () = keep(app, task) => {}
    }
}

/// Keeps others from beginning the task while it is done here; never ends.
async fn keep(app: &App, task: &TaskRow) {
    loop {
        tokio::time::sleep(KEEP).await;
        let kept = async {
            let mut tx = app.db.write().await?;
            tasks::keep(&mut tx, task.id, app.clock.now() + LEASE).await?;
            Ok::<_, PayError>(tx.commit().await?)
        };
        if let Err(error) = kept.await {
            tracing::warn!(task = task.key, %error, "the lease of a payment task was not taken again");
        }
    }
}

async fn work(app: &App, task: &TaskRow) {
    let done = match Kind::of_word(&task.kind) {
        Some(Kind::Refund) => refund::run(app, task).await,
        Some(Kind::Start) => station::start(app, task).await,
        Some(Kind::Stop) => station::stop(app, task).await,
        Some(Kind::Debit) => later::run(app, task).await,
        Some(kind) => payment::run(app, task, kind).await,
        None => end(app, task, End::GivenUp("this version does not know what it is".to_owned())).await,
    };
    if let Err(error) = done {
        metrics::counter!("csms_job_failures_total", "job" => "pay").increment(1);
        tracing::warn!(task = task.key, %error, "a payment task failed; it is tried again when its lease is over");
    }
}

/// Ends a task that has not reached its provider.
pub(super) async fn end(app: &App, task: &TaskRow, end: End) -> Result<(), PayError> {
    let mut tx = app.db.write().await?;
    match end {
        End::PutBack(until) => tasks::put_back(&mut tx, task.id, until).await?,
        End::GivenUp(why) => match Docket::open(app, &mut tx, task.order_id).await? {
            Some(mut docket) => give_up(&mut docket, &mut tx, task, &why).await?,
            None => {
                tasks::end(&mut tx, task, "given_up", &why, app.clock.now()).await?;
            }
        },
    }
    Ok(tx.commit().await?)
}

/// It came to nothing for too long: somebody has to look.
pub(super) async fn give_up(
    docket: &mut Docket<'_>,
    tx: &mut Tx,
    task: &TaskRow,
    why: &str,
) -> Result<(), PayError> {
    if !tasks::end(tx, task, "given_up", why, docket.now).await? {
        return Ok(());
    }
    metrics::counter!("csms_pay_tasks_given_up_total", "task" => task.kind.clone()).increment(1);
    tracing::error!(order = docket.order.number, task = task.key, why, "a payment task was given up");
    docket.tell(tx, "task.given_up", "", json!({"task": task.kind, "why": why})).await
}

/// When a task is tried again after so many tries: later and later, and not all at the same moment.
pub(super) fn again(tries: i64, now: DateTime<Utc>) -> DateTime<Utc> {
    let nth = usize::try_from(tries.max(1) - 1).unwrap_or(usize::MAX).min(WAITS.len() - 1);
    let ms = WAITS[nth] * 1_000;
    now + TimeDelta::milliseconds(ms + i64::from(rand::random::<u16>()) % (ms / 5 + 1))
}
