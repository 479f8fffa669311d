//! Tasks about the station: the session is begun with the order's own identifier, and ended.

use super::{PayError, docket::Docket, kiosk, open, tasks::Kind, worker::again};
use crate::{
    app::App,
    command::{
        Identifier, Info,
        remote::{self, Answered},
    },
    id::Ids,
    store::{
        Tx,
        pay::{
            effects,
            orders::{self, OrderRow},
            tasks::{self, TaskRow},
        },
        sessions,
    },
};
use chrono::TimeDelta;
use payments::{
    order::{End, Event, State},
    provider::Instrument,
};
use serde_json::json;

/// A station that has its cable in and says no so often does not want to.
const REJECTIONS_MAX: i64 = 3;
/// A station that is away when a session shall begin is waited for so long.
const AWAY: TimeDelta = TimeDelta::minutes(2);
/// A stop that has brought no end is asked for again after this, …
const STOP_AGAIN: TimeDelta = TimeDelta::seconds(60);
/// … and, once people have been told that it is late, after this.
const STOP_SELDOM: TimeDelta = TimeDelta::minutes(5);
/// A session goes on so long after its stop was asked for before people are told.
pub const STOP_LATE: TimeDelta = TimeDelta::hours(1);
/// What a stop keeps that waits for its station to come back.
const AWAY_MARK: &str = "away";

/// Has the station begin the session.
pub(super) async fn start(app: &App, task: &TaskRow) -> Result<(), PayError> {
    let mut tx = app.db.write().await?;
    let Some(docket) = Docket::open(app, &mut tx, task.order_id).await? else { return Ok(()) };
    if docket.state()? != State::Authorized || has_begun(&docket, &mut tx).await? {
        tasks::end(&mut tx, task, "done", "", docket.now).await?;
        tx.commit().await?;
        return Ok(());
    }
    if is_unwanted(&docket) {
        drop(tx);
        let begins = may_begin(app, task).await?;
        tx = app.db.write().await?;
        let Some(mut docket) = Docket::open(app, &mut tx, task.order_id).await? else { return Ok(()) };
        // If it may, the time to start decides.
        if !begins {
            docket.take(&mut tx, &Event::GiveUp { end: End::Cancelled }, "").await?;
        }
        tasks::end(&mut tx, task, "done", "", docket.now).await?;
        tx.commit().await?;
        app.pay.changed(app, &docket.order.station_id);
        return Ok(());
    }
    let station = open::station(&docket.order);
    let (evse, uid) = (docket.order.evse, docket.order.token_uid.clone());
    let card = kiosk::is_direct(&docket.order).then(|| last4(&docket));
    drop(tx);
    let answer = remote::start(
        app,
        &station,
        evse,
        identifier(uid, card),
        task.order_id,
        &attempt(task.id, task.tries),
    )
    .await;
    // A no, or nothing sent, says nothing of what was sent before. Asked before the order is locked.
    let begins = match answer {
        Answered::Rejected(_) | Answered::Away(_) => may_begin(app, task).await?,
        Answered::Accepted | Answered::Unknown(_) => false,
    };

    let mut tx = app.db.write().await?;
    let Some(mut docket) = Docket::open(app, &mut tx, task.order_id).await? else { return Ok(()) };
    let now = docket.now;
    let told = |word: &str, why: &str| json!({"answer": word, "why": why});
    match answer {
        Answered::Accepted => {
            docket.tell(&mut tx, "session.start_accepted", "", told("accepted", "")).await?;
            tasks::end(&mut tx, task, "done", "", now).await?;
        }
        Answered::Rejected(why) => {
            docket.tell(&mut tx, "session.start_rejected", "", told("rejected", &why)).await?;
            let ready = super::offer::readiness(app, &mut tx, &station, evse, task.order_id).await?;
            // Without a cable some stations say no; they are asked again until the driver's time is over.
            let waits = ready == super::Readiness::Ready { plugged: false };
            // Of two who have paid at the same moment one is faster: no second try changes that.
            let taken = ready == super::Readiness::Busy;
            // It may be so because the session of an earlier try has begun; where that is not told yet, the time to start
            // decides.
            if has_begun(&docket, &mut tx).await? {
                tasks::end(&mut tx, task, "done", &why, now).await?;
            } else if !taken && !is_unwanted(&docket) && (waits || task.tries < REJECTIONS_MAX) {
                tasks::again(&mut tx, task, now + TimeDelta::seconds(10), &why).await?;
            } else if begins {
                tasks::end(&mut tx, task, "done", &why, now).await?;
            } else {
                let end = if taken { End::Occupied } else { End::Rejected };
                docket.take(&mut tx, &Event::GiveUp { end }, "").await?;
                tasks::end(&mut tx, task, "done", &why, now).await?;
            }
        }
        Answered::Away(why) => {
            docket.tell(&mut tx, "session.start_not_sent", "", told("away", &why)).await?;
            let over = now >= task.created_at + AWAY || is_unwanted(&docket);
            if over && begins {
                tasks::end(&mut tx, task, "done", &why, now).await?;
            } else if over {
                docket.take(&mut tx, &Event::GiveUp { end: End::Offline }, "").await?;
                tasks::end(&mut tx, task, "done", &why, now).await?;
            } else {
                tasks::again(&mut tx, task, again(task.tries.min(4), now), &why).await?;
            }
        }
        // It may have begun: asking again is for later, when its session would have been told.
        Answered::Unknown(why) => {
            docket.tell(&mut tx, "session.start_unknown", "", told("unknown", &why)).await?;
            tasks::again(&mut tx, task, now + TimeDelta::seconds(45), &why).await?;
        }
    }
    tx.commit().await?;
    app.pay.changed(app, &docket.order.station_id);
    Ok(())
}

/// Is the order's session here already? The watch takes it in a moment.
async fn has_begun(docket: &Docket<'_>, tx: &mut Tx) -> Result<bool, PayError> {
    let order = &docket.order;
    let floor = Ids::floor(order.created_at);
    Ok(orders::session_of(tx, &order.station_id, &order.token_uid, floor).await?.is_some())
}

/// Was the station asked before in a way that may still begin the session?
async fn may_begin(app: &App, task: &TaskRow) -> Result<bool, PayError> {
    for tried in 1..task.tries {
        if remote::may_begin(app, &attempt(task.id, tried)).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The driver has cancelled it since it was paid.
fn is_unwanted(docket: &Docket<'_>) -> bool {
    !docket.order.why.is_empty()
}

/// The last digits of the card that pays; empty = not told.
fn last4(docket: &Docket<'_>) -> String {
    let paying = docket.attempts.iter().find(|row| !row.extra && row.held_minor + row.taken_minor > 0);
    let instrument = paying.and_then(|row| serde_json::from_str::<Instrument>(&row.instrument).ok());
    instrument.map(|instrument| instrument.last4.chars().take(4).collect()).unwrap_or_default()
}

/// Has the station end the session, again and again until it has. That is never given up: what nobody stops goes on at
/// somebody's cost.
pub(super) async fn stop(app: &App, task: &TaskRow) -> Result<(), PayError> {
    let mut tx = app.db.write().await?;
    let Some(docket) = Docket::open(app, &mut tx, task.order_id).await? else { return Ok(()) };
    let now = docket.now;
    let session = match docket.order.session_id {
        Some(id) => sessions::find(&mut tx, id).await?,
        None => None,
    };
    let Some(session) = session.filter(|session| session.state == "open") else {
        tasks::end(&mut tx, task, "done", "", now).await?;
        tx.commit().await?;
        return Ok(());
    };
    let station = open::station(&docket.order);
    if !app.hub.online(&station) {
        let why = "the station is not connected";
        tell_late(&docket, &mut tx, why).await?;
        tasks::set_body(&mut tx, task.id, AWAY_MARK).await?;
        tasks::again(&mut tx, task, now + STOP_SELDOM, why).await?;
        tx.commit().await?;
        return Ok(());
    }
    drop(tx);
    let answer = remote::stop(app, &station, &session.reference, &attempt(task.id, task.tries)).await;
    let mut tx = app.db.write().await?;
    let (word, why) = match &answer {
        Answered::Accepted => ("accepted", ""),
        Answered::Rejected(why) => ("rejected", why.as_str()),
        Answered::Away(why) => ("away", why.as_str()),
        Answered::Unknown(why) => ("unknown", why.as_str()),
    };
    let why = if why.is_empty() { "the session goes on" } else { why };
    if task.trouble != why {
        docket.tell(&mut tx, "session.stop_answered", "", json!({"answer": word, "why": why})).await?;
    }
    let after = if tell_late(&docket, &mut tx, why).await? { STOP_SELDOM } else { STOP_AGAIN };
    tasks::set_body(&mut tx, task.id, "").await?;
    tasks::again(&mut tx, task, now + after, why).await?;
    tx.commit().await?;
    app.pay.changed(app, &docket.order.station_id);
    Ok(())
}

/// Is the session's stop late? People are told so once.
async fn tell_late(docket: &Docket<'_>, tx: &mut Tx, why: &str) -> Result<bool, PayError> {
    let (order, now) = (&docket.order, docket.now);
    if order.stop_asked_at.is_none_or(|at| now < at + STOP_LATE) {
        return Ok(false);
    }
    if effects::note(tx, order.id, "stop late", now).await? {
        metrics::counter!("csms_pay_stops_late_total").increment(1);
        tracing::error!(order = order.number, why, "a session does not end although it was asked to");
        docket.tell(tx, "session.stop_late", "", json!({"why": why})).await?;
    }
    Ok(true)
}

/// Is a stop to be asked for at once? Its station is back, or nobody asks for it any more.
pub(super) async fn is_stop_due(app: &App, tx: &mut Tx, order: &OrderRow) -> Result<bool, PayError> {
    if !app.hub.online(&open::station(order)) {
        return Ok(false);
    }
    let task = tasks::by_key(tx, &Kind::Stop.key(order.id)).await?;
    Ok(task.is_some_and(|task| task.state != "waiting" || task.body == AWAY_MARK))
}

/// Has a stop that was asked for before asked for at once.
pub(super) async fn stop_now(docket: &Docket<'_>, tx: &mut Tx) -> Result<(), PayError> {
    let key = Kind::Stop.key(docket.order.id);
    if let Some(task) = tasks::by_key(tx, &key).await? {
        tasks::set_body(tx, task.id, "").await?;
        tasks::hasten(tx, &key, docket.now).await?;
    }
    Ok(())
}

/// Names one attempt at a task: done again after a crash, it is not asked twice.
fn attempt(task: i64, tried: i64) -> String {
    format!("task {task} try {tried}")
}

/// Paid by card at a terminal (OCPP 2.1, C24) it is a direct payment, with the last digits of the card if they are known.
fn identifier(uid: String, card: Option<String>) -> Identifier {
    let kind = if card.is_some() { "DirectPayment" } else { "Central" };
    let digits = card.filter(|digits| !digits.is_empty());
    let more = digits.map(|text| Info { kind: "CardLast4Digits".to_owned(), text });
    Identifier { uid, kind: kind.to_owned(), more: more.into_iter().collect() }
}
