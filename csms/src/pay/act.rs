//! What drivers and operators do to an order.

use super::{
    PayError,
    docket::{Docket, TakeError},
    station,
    tasks::Kind,
};
use crate::{
    app::App,
    risk::checks::{self, Answer},
    store::{
        Tx,
        pay::{
            attempts::AttemptRow,
            effects,
            orders::{self, OrderRow},
            tasks,
        },
        risk::checks as rows,
        sessions,
    },
};
use chrono::{DateTime, Utc};
use payments::{
    Amount,
    order::{Event, State},
};
use serde_json::json;

/// The driver (or the operator) does not want it any more, before a session has begun. What is held or paid goes back.
///
/// # Errors
/// There is no such order, or it cannot be cancelled any more.
pub async fn cancel(app: &App, number: &str, by: &str) -> Result<(), PayError> {
    take(app, number, by, &Event::Cancel, "order.cancelled").await
}

/// Another driver wants the place of an order that nobody has paid. What was paid in this very moment stays.
///
/// # Errors
/// There is no such order, or it is paid, or has ended.
pub async fn make_room(app: &App, number: &str, by: &str) -> Result<(), PayError> {
    let mut tx = app.db.write().await?;
    let mut docket = locked(app, &mut tx, number).await?;
    let state = docket.state()?;
    if !matches!(state, State::Created | State::Pending) {
        return Err(PayError::NotNow(state));
    }
    docket.tell(&mut tx, "order.cancelled", by, json!({})).await?;
    docket.take(&mut tx, &Event::Cancel, by).await?;
    tx.commit().await?;
    app.pay.changed(app, &docket.order.station_id);
    Ok(())
}

/// Nobody will pay it any more, whatever its time. What was tried says why.
pub(super) async fn expire(app: &App, number: &str) -> Result<(), PayError> {
    take(app, number, "", &Event::Expire, "order.given_up").await
}

/// The code that was sent to the driver, as typed. After [`Answer::Passed`] the driver may click again.
///
/// # Errors
/// There is no such order.
pub async fn verify(app: &App, number: &str, typed: &str) -> Result<Answer, PayError> {
    let mut tx = app.db.write().await?;
    let mut docket = locked(app, &mut tx, number).await?;
    let answer = checks::answer(&mut tx, app, docket.order.id, typed).await?;
    // Wrong tries are kept as well.
    if answer == Answer::Passed {
        docket.tell(&mut tx, "risk.verified", "driver", json!({})).await?;
        docket.touched(&mut tx).await?;
    }
    tx.commit().await?;
    Ok(answer)
}

/// A code was sent for this order, and is to be typed until then.
///
/// # Errors
/// The database.
pub async fn awaits_code(app: &App, order: i64) -> Result<Option<DateTime<Utc>>, PayError> {
    let row = rows::newest(&mut app.db.read().await?, order).await?;
    let now = app.clock.now();
    let open = row.filter(|row| row.state == "open" && row.expires_at > now && !row.code.is_empty());
    Ok(open.map(|row| row.expires_at))
}

/// The session shall end. Asked again, its station is asked again at once; one that has ended is left as it is.
///
/// # Errors
/// There is no such order, or no session has begun.
pub async fn stop(app: &App, number: &str, by: &str) -> Result<(), PayError> {
    let mut tx = app.db.write().await?;
    let mut docket = locked(app, &mut tx, number).await?;
    docket.tell(&mut tx, "order.stop_wanted", by, json!({})).await?;
    let session = match docket.order.session_id {
        Some(id) => sessions::find(&mut tx, id).await?,
        None => None,
    };
    // Without a session the machine says why it cannot be.
    if session.is_none_or(|session| session.state == "open")
        && !docket.take(&mut tx, &Event::Stop, by).await?
    {
        station::stop_now(&docket, &mut tx).await?;
    }
    tx.commit().await?;
    app.pay.changed(app, &docket.order.station_id);
    Ok(())
}

/// What an operator gives back.
#[derive(Debug, Clone, Copy)]
pub struct RefundWish<'a> {
    pub attempt: i64,
    pub amount: Amount,
    pub reason: &'a str,
    pub by: &'a str,
    /// Asked again under this name, nothing more is given back.
    pub key: Option<&'a str>,
}

/// The operator gives something back of what an attempt took: what a failed refund should have brought, or goodwill.
///
/// # Errors
/// There is not so much left to give back.
pub async fn refund(app: &App, number: &str, wish: &RefundWish<'_>) -> Result<(), PayError> {
    let RefundWish { attempt, amount, reason, by, key } = *wish;
    let mut tx = app.db.write().await?;
    let mut docket = locked(app, &mut tx, number).await?;
    if let Some(key) = key
        && !effects::note(&mut tx, docket.order.id, &format!("refund asked {key}"), docket.now).await?
    {
        return Ok(());
    }
    let body = json!({"amount": amount.to_string(), "reason": reason.chars().take(200).collect::<String>()});
    match docket.take(&mut tx, &Event::Return { attempt, amount }, by).await {
        Err(TakeError::Illegal(illegal)) => return Err(PayError::Amount(illegal.why.to_owned())),
        other => other?,
    };
    if let Some(row) = docket.refunds.last_mut() {
        row.reason = reason.chars().take(80).collect();
        crate::store::pay::refunds::set_reason(&mut tx, row.id, &row.reason).await?;
    }
    docket.tell(&mut tx, "refund.wanted", by, body).await?;
    tx.commit().await?;
    app.pay.changed(app, &docket.order.station_id);
    Ok(())
}

/// What is left to pay of an order's bill, and can be written off. `None`: nothing is owed.
///
/// # Errors
/// There is no such order.
pub async fn owed(app: &App, order: i64) -> Result<Option<Amount>, PayError> {
    let mut tx = app.db.read().await?;
    let row = orders::find(&mut tx, order).await?.ok_or(PayError::NoOrder)?;
    let docket = Docket::read(app, &mut tx, row).await?;
    let left = Amount::new(docket.facts()?.owed(), docket.currency);
    Ok(Some(left).filter(|left| left.is_positive()))
}

/// What of an order's bill nobody has paid, whole smallest units: what can be paid still, and what was given up.
pub(crate) async fn unpaid(app: &App, tx: &mut Tx, row: &OrderRow) -> Result<i64, PayError> {
    let docket = Docket::read(app, tx, row.clone()).await?;
    Ok(docket.outstanding()?.minor + row.written_off_minor)
}

/// The operator gives up what an order owes: it is a loss, and nobody can pay it any more. `key`: asked again under this
/// name, it is done once.
///
/// # Errors
/// Nothing is owed, what a hold is asked for is on the way, or there is no reason.
pub async fn write_off(
    app: &App,
    number: &str,
    reason: &str,
    by: &str,
    key: Option<&str>,
) -> Result<(), PayError> {
    let reason: String = reason.trim().chars().take(200).collect();
    if reason.is_empty() {
        return Err(PayError::Amount("it is written off for a reason".to_owned()));
    }
    let mut tx = app.db.write().await?;
    let mut docket = locked(app, &mut tx, number).await?;
    if let Some(key) = key
        && !effects::note(&mut tx, docket.order.id, &format!("write-off asked {key}"), docket.now).await?
    {
        return Ok(());
    }
    let amount = docket.outstanding()?;
    if docket.take(&mut tx, &Event::WriteOff, by).await? {
        let body = json!({"amount": amount.to_string(), "reason": reason});
        docket.tell(&mut tx, "order.written_off", by, body).await?;
    }
    tx.commit().await?;
    app.pay.changed(app, &docket.order.station_id);
    Ok(())
}

/// Asks the providers now how all attempts of an order stand.
///
/// # Errors
/// There is no such order.
pub async fn query_now(app: &App, number: &str, by: &str) -> Result<(), PayError> {
    let mut tx = app.db.write().await?;
    let docket = locked(app, &mut tx, number).await?;
    for AttemptRow { id, .. } in &docket.attempts {
        tasks::hasten(&mut tx, &Kind::Query.key(id), docket.now).await?;
    }
    docket.tell(&mut tx, "order.query_wanted", by, json!({})).await?;
    tx.commit().await?;
    app.pay.changed(app, &docket.order.station_id);
    Ok(())
}

/// Has everything tried again that was given up for an order.
///
/// # Errors
/// There is no such order.
pub async fn retry(app: &App, number: &str, by: &str) -> Result<usize, PayError> {
    let mut tx = app.db.write().await?;
    let docket = locked(app, &mut tx, number).await?;
    let mut again = 0;
    for task in tasks::of_order(&mut tx, docket.order.id).await? {
        again += usize::from(tasks::try_again(&mut tx, task.id, docket.now).await?);
    }
    docket.tell(&mut tx, "order.retry_wanted", by, json!({"tasks": again})).await?;
    tx.commit().await?;
    app.pay.changed(app, &docket.order.station_id);
    Ok(again)
}

async fn locked<'a>(app: &'a App, tx: &mut Tx, number: &str) -> Result<Docket<'a>, PayError> {
    let id = orders::by_number(tx, number).await?.ok_or(PayError::NoOrder)?.id;
    Docket::open(app, tx, id).await?.ok_or(PayError::NoOrder)
}

async fn take(app: &App, number: &str, by: &str, event: &Event, story: &str) -> Result<(), PayError> {
    let mut tx = app.db.write().await?;
    let mut docket = locked(app, &mut tx, number).await?;
    docket.tell(&mut tx, story, by, json!({})).await?;
    docket.take(&mut tx, event, by).await?;
    tx.commit().await?;
    app.pay.changed(app, &docket.order.station_id);
    Ok(())
}
