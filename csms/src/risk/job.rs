//! What risk does in the background: calibrations follow, a model is trained every night, old rows go.

use super::{activate_model, active_model, past};
use crate::{
    app::App,
    clock::Clock,
    error::Error,
    id::Ids,
    store::{
        Db, StoreError,
        risk::{
            cases, decisions, events, history,
            models::{self, ModelRow},
        },
        settings,
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use payments::risk::{
    Decision,
    behaviour::{Calibration, Plan, Trained, Visit, train as train_model},
};
use serde_json::json;
use std::{collections::VecDeque, time::Duration};
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

/// A turn begins this often; the first time when stations have come back.
const EVERY: Duration = Duration::from_secs(60);
const FIRST: Duration = Duration::from_secs(120);
/// Rows of one query, and decisions that one turn learns from.
const PAGE: i64 = 200;
const LEARN_MAX: usize = 20_000;
/// A calibration learns of a payment when it is so old: by then it is paid, refused or given up.
const SETTLED: TimeDelta = TimeDelta::minutes(15);
/// Nobody else trains for so long.
const LEASE: TimeDelta = TimeDelta::hours(1);
/// Payments of one driver, and of all together, that a model learns from at most; and how old they may be.
const DRIVER_MAX: usize = 128;
const PAYMENTS_MAX: usize = 500_000;
const HISTORY: TimeDelta = TimeDelta::days(180);
/// Models kept beside the one that counts.
const MODELS_KEPT: i64 = 30;
/// Coverage is measured over so long.
const WEEK: TimeDelta = TimeDelta::days(7);

const TRAINED: &str = "risk.trained";
const TRAINS: &str = "risk.trains";

/// Runs until `stop` is cancelled. What fails is logged and tried again in its next turn.
pub async fn run(app: App, stop: CancellationToken) {
    let mut turns = interval_at(Instant::now() + FIRST, EVERY);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let work = async {
        loop {
            turns.tick().await;
            if let Err(error) = turn(&app).await {
                let error = Error::from(error);
                metrics::counter!("csms_job_failures_total", "job" => "risk").increment(1);
                tracing::warn!(job = "risk", %error, "a job failed; it is tried again in its next turn");
            }
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = work => {}
    }
}

/// One turn.
pub async fn turn(app: &App) -> Result<(), StoreError> {
    let now = app.clock.now();
    calibrate(&app.db, now).await?;
    let open = cases::count_open(&mut app.db.read().await?).await?;
    metrics::gauge!("csms_risk_open_cases").set(open as f64);
    if let Some(coverage) = coverage(&app.db, now).await? {
        metrics::gauge!("csms_risk_coverage").set(coverage);
    }
    let config = &app.config.risk;
    let mut tx = app.db.write().await?;
    events::prune(&mut tx, now - TimeDelta::days(i64::from(config.event_days)), 1_000).await?;
    let trained = settings::get(&mut tx, TRAINED).await?.and_then(|text| text.parse::<DateTime<Utc>>().ok());
    let every = TimeDelta::hours(i64::from(config.train_every_hours));
    let due = config.train_every_hours > 0 && trained.is_none_or(|at| at + every <= now);
    let ours = due && settings::lease(&mut tx, TRAINS, now + LEASE, now).await?;
    tx.commit().await?;
    if ours {
        let made = train(&app.db, &app.ids, &app.clock, config.train_payments_min as usize, true).await?;
        tracing::info!(?made, "trained what is usual for drivers");
    }
    Ok(())
}

/// The share of honest payments of the last week that were inside the model's region; `None` = too few to tell.
async fn coverage(db: &Db, now: DateTime<Utc>) -> Result<Option<f64>, StoreError> {
    const FEW: i64 = 50;
    let mut tx = db.read().await?;
    let model = active_model(&mut tx).await?;
    let (all, inside) = decisions::coverage(&mut tx, &model, now - WEEK).await?;
    Ok((all >= FEW).then(|| inside as f64 / all as f64))
}

/// Lets the calibration of the model that counts learn from payments that have settled. Gives how many.
pub async fn calibrate(db: &Db, now: DateTime<Utc>) -> Result<usize, StoreError> {
    let mut tx = db.read().await?;
    let model = active_model(&mut tx).await?;
    let Some(row) = models::find(&mut tx, &model).await? else { return Ok(0) };
    drop(tx);
    let Ok(mut calibration) = serde_json::from_str::<Calibration>(&row.calibration) else { return Ok(0) };
    let (mut to, mut learnt) = (row.calibrated_to, 0);
    while learnt < LEARN_MAX {
        let page = decisions::to_learn_from(&mut db.read().await?, &model, to, now - SETTLED, PAGE).await?;
        for decided in &page {
            let decision = serde_json::from_str::<Decision>(&decided.body).ok();
            if let Some(finding) = decision.and_then(|decision| decision.behaviour) {
                calibration.learn(&finding.scores);
            }
        }
        learnt += page.len();
        match page.last() {
            Some(last) => to = last.id,
            None => break,
        }
    }
    if learnt > 0 {
        let text = serde_json::to_string(&calibration).map_err(|error| super::unreadable(&error))?;
        let mut tx = db.write().await?;
        // Another process that was faster has learnt the same.
        models::calibrate(&mut tx, &model, row.revision, &text, to).await?;
        tx.commit().await?;
    }
    Ok(learnt)
}

/// What a training brought.
#[derive(Debug, Clone, PartialEq)]
pub enum Made {
    /// There are fewer payments than are needed.
    TooFew { payments: usize },
    /// The model's id, surprise of drivers it was not trained on before and after, and whether it counts now.
    Model { id: String, before: f64, after: f64, payments: usize, active: bool },
}

/// Trains a model on the payments of the last half year and keeps it. With `activate` it counts from now on, if it knows
/// more than plain statistics do.
pub async fn train(
    db: &Db,
    ids: &Ids,
    clock: &Clock,
    payments_min: usize,
    activate: bool,
) -> Result<Made, StoreError> {
    let now = clock.now();
    let drivers = collect(db, now).await?;
    let payments = drivers.iter().map(Vec::len).sum();
    let plan = Plan::default();
    let work = tokio::task::spawn_blocking(move || train_model(&drivers, &plan));
    let too_few = Made::TooFew { payments };
    let trained = if payments < payments_min { None } else { learnt(work.await)? };
    let mut tx = db.write().await?;
    settings::set(&mut tx, TRAINED, &now.to_rfc3339()).await?;
    let made = match trained {
        None => too_few,
        Some(trained) => {
            let (before, after) = (first(&trained.losses), best(&trained.losses));
            let id = trained.model.id().to_owned();
            models::add(&mut tx, &row(&trained, now)?).await?;
            let active = activate && after < before;
            if active {
                activate_model(&mut tx, ids, &id, "training", now).await?;
            }
            let counts = active_model(&mut tx).await?;
            models::prune(&mut tx, &counts, MODELS_KEPT).await?;
            Made::Model { id, before, after, payments, active }
        }
    };
    tx.commit().await?;
    Ok(made)
}

fn first(losses: &[f64]) -> f64 {
    losses.first().copied().unwrap_or(f64::INFINITY)
}

fn best(losses: &[f64]) -> f64 {
    losses.iter().copied().fold(f64::INFINITY, f64::min)
}

type Worked<T> = Result<Result<T, payments::risk::behaviour::ModelFault>, tokio::task::JoinError>;

fn learnt(work: Worked<Option<Trained>>) -> Result<Option<Trained>, StoreError> {
    let why = match work {
        Ok(Ok(trained)) => return Ok(trained),
        Ok(Err(fault)) => fault.to_string(),
        Err(ended) => ended.to_string(),
    };
    Err(sqlx::Error::Protocol(format!("the training went astray: {why}")).into())
}

fn row(trained: &Trained, now: DateTime<Utc>) -> Result<ModelRow, StoreError> {
    let calibration =
        serde_json::to_string(&trained.calibration).map_err(|error| super::unreadable(&error))?;
    Ok(ModelRow {
        id: trained.model.id().to_owned(),
        body: trained.model.text().to_owned(),
        calibration,
        revision: 1,
        calibrated_to: Ids::floor(now),
        drivers: trained.drivers as i64,
        payments: trained.payments as i64,
        report: json!({"surprise": trained.losses, "held_out": trained.held_out}).to_string(),
        created_at: now,
    })
}

/// The payments of all drivers, each driver's oldest first.
async fn collect(db: &Db, now: DateTime<Utc>) -> Result<Vec<Vec<Visit>>, StoreError> {
    let mut drivers: Vec<Vec<Visit>> = Vec::new();
    let (mut visits, mut current) = (VecDeque::new(), None);
    let (mut after, mut count) = (None, 0);
    loop {
        let page = history::page(&mut db.read().await?, now - HISTORY, after, PAGE).await?;
        for row in &page {
            if current != Some(row.driver_id) {
                drivers.push(past::in_order(Vec::from(std::mem::take(&mut visits))));
                current = Some(row.driver_id);
            }
            visits.extend(past::paid(row));
            if visits.len() > DRIVER_MAX {
                visits.pop_front();
            }
        }
        count += page.len();
        match page.last() {
            Some(last) if page.len() as i64 == PAGE && count < PAYMENTS_MAX => {
                after = Some((last.driver_id, last.id));
            }
            _ => break,
        }
    }
    drivers.push(past::in_order(Vec::from(visits)));
    drivers.retain(|visits| !visits.is_empty());
    Ok(drivers)
}
