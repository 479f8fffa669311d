//! Who may charge first: what was decided about a driver, what he owes, and how much more it may be. Decisions are made
//! beforehand; a desk only reads them.

use super::{
    super::PayError,
    score::{Band, Facts},
};
use crate::{
    app::App,
    store::{
        Tx,
        contracts::{self, ContractRow},
    },
};
use chrono::TimeDelta;
use payments::Amount;
use rust_decimal::Decimal;
use std::sync::atomic::Ordering;
use tariffs::{Currency, Money};

/// Debits and disputes count for so long.
const PAST: TimeDelta = TimeDelta::days(180);
/// Decisions made in one turn, of each kind.
const AT_ONCE: i64 = 20;
/// Old decisions are looked for so often, seconds.
const OLD_EVERY: i64 = 300;
/// Bills are looked at so far back, and at the first look of a process.
const EVENTS: (TimeDelta, TimeDelta) = (TimeDelta::minutes(10), TimeDelta::days(1));

/// Decides anew about a driver: the scorer is asked, and nothing is locked meanwhile.
///
/// # Errors
/// The database.
pub async fn decide(app: &App, driver: i64) -> Result<(), PayError> {
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    let row = contracts::find(&mut tx, driver).await?.ok_or(PayError::NoDriver)?;
    let past = contracts::past(&mut tx, driver, now - PAST).await?;
    drop(tx);
    let facts = Facts {
        driver,
        days: (now - row.created_at).num_days(),
        has_mandate: row.has_mandate,
        paid: past.paid,
        failed_debits: past.failed_debits,
        disputes: past.disputes,
        owing: past.owing,
        at: now.timestamp(),
    };
    let (scorer, score) = app.pay.scorers.score(&facts).await;
    let band = Band::of(score.points, app.config.pay.later.threshold);
    metrics::counter!("csms_pay_credit_decisions_total", "scorer" => scorer, "band" => band.word())
        .increment(1);
    let mut tx = app.db.write().await?;
    contracts::decided(&mut tx, app.ids.next(), driver, scorer, band.word(), &score.reason, now).await?;
    Ok(tx.commit().await?)
}

/// Decides about drivers whose bill was paid, or was not, and now and then about those whose decision has become old.
pub(super) async fn turn(app: &App) -> Result<(), PayError> {
    let now = app.clock.now();
    let last = app.pay.credit_at.load(Ordering::Relaxed);
    let all = last == 0 || now.timestamp() - last >= OLD_EVERY;
    let since = now - if all { EVENTS.1 } else { EVENTS.0 };
    let mut tx = app.db.read().await?;
    let mut drivers = contracts::judged_by_events(&mut tx, since, AT_ONCE).await?;
    if all {
        let old = now - TimeDelta::hours(i64::from(app.config.pay.later.score_hours.max(1)));
        drivers.extend(contracts::undecided(&mut tx, old, AT_ONCE).await?.iter().map(|row| row.id));
    }
    drop(tx);
    drivers.sort_unstable();
    drivers.dedup();
    for driver in &drivers {
        decide(app, *driver).await?;
    }
    // Where there are many, the next turn goes on.
    if all && (drivers.len() as i64) < AT_ONCE {
        app.pay.credit_at.store(now.timestamp(), Ordering::Relaxed);
    }
    Ok(())
}

/// What a driver may charge now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowed {
    /// At most this much.
    UpTo(Amount),
    /// No, and why in one word.
    No(&'static str),
}

/// What a driver who pays later may charge now. `begun`: the session runs already, and an earlier one that was billed
/// since is no reason to end it.
pub(super) async fn allowed(
    app: &App,
    tx: &mut Tx,
    driver: &ContractRow,
    currency: Currency,
    begun: bool,
) -> Result<Allowed, PayError> {
    match driver.standing.as_str() {
        "" => {}
        "owing" => return Ok(Allowed::No("owing")),
        _ => return Ok(Allowed::No("blocked")),
    }
    if !driver.has_mandate {
        return Ok(Allowed::No("no_method"));
    }
    let band = Band::of_word(&driver.band);
    if band == Band::None {
        return Ok(Allowed::No("score"));
    }
    let settings = &app.config.pay.later;
    let unpaid = contracts::unpaid(tx, driver.id).await?;
    if !begun && unpaid.iter().map(|(_, orders, _)| orders).sum::<i64>() >= i64::from(settings.unpaid_max) {
        return Ok(Allowed::No("unpaid"));
    }
    let owed: i64 =
        unpaid.iter().filter(|(code, ..)| code == currency.code()).map(|(_, _, minor)| minor).sum();
    let Some(ceiling) = ceiling(app, band, currency) else { return Ok(Allowed::No("no_ceiling")) };
    let left = ceiling.minor - owed;
    Ok(if left > 0 { Allowed::UpTo(Amount::new(left, currency)) } else { Allowed::No("ceiling") })
}

/// What a driver of this band may owe at most.
pub fn ceiling(app: &App, band: Band, currency: Currency) -> Option<Amount> {
    let limits = app.config.pay.later.ceilings.iter().find(|limits| limits.currency == currency)?;
    let amount = match band {
        Band::None => return None,
        Band::Low => limits.min,
        Band::Middle => ((limits.min + limits.max) / Decimal::TWO).floor(),
        Band::High => limits.max,
    };
    Amount::of(Money { amount, currency }).ok()
}
