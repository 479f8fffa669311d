//! The ledger's work in the background: sealing, publishing, checking, each at its own pace.

use super::seal::Sealer;
use super::{LedgerError, checks, key, publish::Publisher};
use crate::app::App;
use crate::id::Ids;
use crate::store::ledger::leaves;
use chrono::TimeDelta;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

/// Checkpoints are taken outside this often; the checks take a turn this often.
const PUBLISH_EVERY: Duration = Duration::from_secs(2);
const CHECK_EVERY: Duration = Duration::from_secs(10);
/// Publishing and checking is done by one process, until it says nothing for so long.
const LEASE: TimeDelta = TimeDelta::seconds(90);

/// Runs until `stop` is cancelled. What fails is logged and tried again in its next turn.
pub async fn run(app: &App, stop: &CancellationToken) {
    let work = async {
        tokio::join!(seal(app), publish(app), check(app));
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = work => {}
    }
}

fn failed(job: &'static str, error: &dyn std::fmt::Display) {
    metrics::counter!("csms_job_failures_total", "job" => job).increment(1);
    tracing::warn!(job, %error, "a job failed; it is tried again in its next turn");
}

fn holder(app: &App) -> i64 {
    i64::from(app.config.database.node)
}

async fn seal(app: &App) {
    let config = &app.config.ledger;
    let every = Duration::from_millis(config.seal_every_ms.max(10));
    let mut turns = interval_at(Instant::now() + every, every);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut sealer = None;
    loop {
        turns.tick().await;
        if sealer.is_none() {
            match key::load(&app.db, config).await {
                Ok(signer) => {
                    tracing::info!(key = %signer.public(), "checkpoints of the ledger are signed by this key");
                    let each = TimeDelta::seconds(i64::from(config.checkpoint_every_s));
                    sealer = Some(Sealer::new(signer, holder(app), each));
                }
                Err(error) => {
                    failed("ledger.key", &error);
                    continue;
                }
            }
        }
        let Some(sealer) = &mut sealer else { continue };
        let done = match sealer.turn(&app.db, app.clock.now()).await {
            Ok(_) => gauges(app).await,
            Err(error) => Err(error),
        };
        if let Err(error) = done {
            if let LedgerError::Changed(_) = error {
                metrics::counter!("csms_ledger_refusals_total").increment(1);
            }
            failed("ledger.seal", &error);
        }
    }
}

/// How much is not sealed, and for how long.
async fn gauges(app: &App) -> Result<(), LedgerError> {
    let (count, oldest) = leaves::tail(&mut app.db.read().await?).await?;
    let age = oldest.map_or(TimeDelta::zero(), |id| app.clock.now() - Ids::instant(id));
    metrics::gauge!("csms_ledger_unsealed").set(u32::try_from(count).unwrap_or(u32::MAX));
    metrics::gauge!("csms_ledger_unsealed_age_seconds").set(age.to_std().unwrap_or_default());
    Ok(())
}

/// Whether this process does the work of that name now.
async fn mine(app: &App, name: &str) -> Result<bool, LedgerError> {
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let mine = leaves::lease(&mut tx, name, holder(app), now, now + LEASE).await?;
    tx.commit().await?;
    Ok(mine)
}

async fn publish(app: &App) {
    let publisher = match Publisher::new(&app.config.ledger) {
        Ok(publisher) => publisher,
        Err(error) => return failed("ledger.publish", &error),
    };
    let mut turns = interval_at(Instant::now() + PUBLISH_EVERY, PUBLISH_EVERY);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        turns.tick().await;
        let done = match mine(app, "publish").await {
            Ok(true) => publisher.turn(&app.db, app.clock.now()).await,
            other => other.map(|_| ()),
        };
        if let Err(error) = done {
            failed("ledger.publish", &error);
        }
    }
}

async fn check(app: &App) {
    let mut turns = interval_at(Instant::now() + CHECK_EVERY, CHECK_EVERY);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        turns.tick().await;
        let done = match mine(app, "check").await {
            Ok(true) => checks::turn(&app.db, app.clock.now()).await,
            other => other.map(|_| 0),
        };
        match done {
            Ok(open) => {
                metrics::gauge!("csms_ledger_open_findings").set(u32::try_from(open).unwrap_or(u32::MAX))
            }
            Err(error) => failed("ledger.check", &error),
        }
    }
}
