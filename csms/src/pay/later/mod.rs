//! Charge first, pay later: drivers with an identifier of their own and a method on file.
//!
//! | file | does |
//! |---|---|
//! | `contract` | whose sessions an identifier's are, and the method on file |
//! | `score`, `credit` | who may charge first, and how much |
//! | `begin` | the order of a session |
//! | `debit`, `words` | the ladder of debits, and what the driver is told |
//!
//! A driver who pays from a prepaid balance ([`super::wallet`]) has a contract too.

mod begin;
mod contract;
mod credit;
mod debit;
mod score;
mod settings;
mod words;

pub(super) use contract::learn;
pub use contract::{Driver, NewDriver, OnFile, PaysBy, add, agree, block, list, mandate, revoke, show};
pub use credit::{Allowed, ceiling, decide};
pub(super) use debit::{billed, cleared, moved, run, short};
pub use score::{Band, Facts, History, Score, Scorer, Scorers};
pub use settings::{Balance, Fallback, Later, check};

use super::{PayError, voucher, wallet};
use crate::{
    app::App,
    store::{Tx, contracts},
};
use std::time::Duration;
use tariffs::Currency;
use tokio::time::{Interval, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

/// Others are asked this often what is to be asked.
const EVERY: Duration = Duration::from_secs(15);

/// What time brings: orders for new sessions.
pub(super) async fn turn(app: &App) -> Result<(), PayError> {
    begin::turn(app).await
}

/// What time brings and others are asked: vouchers, and decisions that have become old. They may take long.
pub(super) async fn ask(app: &App) -> Result<(), PayError> {
    voucher::turn(app).await?;
    credit::turn(app).await
}

/// The same again and again, until `stop` is cancelled. Nobody waits for it, and neither of the two for the other.
pub(super) async fn watch(app: &App, stop: &CancellationToken) {
    let vouchers = async {
        let mut turns = turns();
        loop {
            turns.tick().await;
            note(voucher::turn(app).await.map(drop));
        }
    };
    let credit = async {
        let mut turns = turns();
        loop {
            turns.tick().await;
            note(credit::turn(app).await);
        }
    };
    // What is being asked is not waited for: it is asked again.
    tokio::select! {
        () = stop.cancelled() => {}
        () = vouchers => {}
        () = credit => {}
    }
}

fn turns() -> Interval {
    let mut turns = tokio::time::interval(EVERY);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    turns
}

fn note(done: Result<(), PayError>) {
    if let Err(error) = done {
        metrics::counter!("csms_job_failures_total", "job" => "pay").increment(1);
        tracing::warn!(%error, "credit or vouchers could not be looked at; it is tried again in a moment");
    }
}

/// May the identifier begin a session? `None`: it is nobody's who pays later or from a balance.
pub(crate) async fn allowed(
    app: &App,
    tx: &mut Tx,
    key: &str,
    currency: Currency,
) -> Result<Option<Allowed>, PayError> {
    let Some(driver) = contracts::by_token(tx, key).await? else { return Ok(None) };
    let allowed = if driver.pays_by == PaysBy::Balance.word() {
        wallet::allowed(app, tx, &driver, currency).await?
    } else {
        credit::allowed(app, tx, &driver, currency, false).await?
    };
    if let Allowed::No(why) = allowed {
        metrics::counter!("csms_pay_no_credit_total", "why" => why).increment(1);
    }
    Ok(Some(allowed))
}
