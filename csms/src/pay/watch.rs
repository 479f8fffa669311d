//! What time and sessions bring to orders: an offer that nobody paid, a session that begins, costs, ends and is billed,
//! a start that does not come, a hold that runs out. Hints say where to look; a sweep finds what they missed.

use super::{
    PayError,
    docket::{Docket, TakeError},
    kiosk, later, station,
    status::cost,
    stay,
    tasks::Kind,
    terminal,
    terminal::adopt,
};
use crate::{
    app::App,
    id::Ids,
    model::StationId,
    store::{
        Tx, bills,
        pay::{
            attempts::AttemptRow,
            limits::{self, LimitRow},
            orders::{self, OrderRow},
            tasks,
        },
        row::SessionRow,
        sessions,
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use payments::{
    Amount,
    order::{End, Event, Mode, State},
};
use serde_json::json;
use std::{collections::HashSet, sync::atomic::Ordering, time::Duration};
use tokio::{
    sync::broadcast::error::RecvError,
    time::{Instant, MissedTickBehavior},
};
use tokio_util::sync::CancellationToken;

/// Everything is looked at this often, whatever hints say.
const SWEEP: Duration = Duration::from_secs(15);
/// Hints are gathered for so long before they are followed.
const GATHER: Duration = Duration::from_millis(500);
/// Bills made anew are looked for so far back.
const BILLS_SINCE: TimeDelta = TimeDelta::days(3);
/// A start that came at the last moment is told a little later.
const START_GRACE: TimeDelta = TimeDelta::minutes(1);
/// A station that may have begun and went away may come back with its session for so long, …
const AWAY_GRACE: TimeDelta = TimeDelta::minutes(30);
/// … and tells it so long after it has come back.
const BACK_GRACE: TimeDelta = TimeDelta::minutes(2);
/// What begins after its order was given up is looked for so far back, …
const LATE: TimeDelta = TimeDelta::minutes(10);
/// … and once an hour, and when the process begins, so far.
const LATE_LONG: TimeDelta = TimeDelta::days(3);
const LATE_EVERY: i64 = 3_600;
/// A session is stopped so long before its hold would end by itself; on a short one, when nine tenths of it are over. What
/// has no bill when an eighth of that time is gone is captured for what the session has cost.
const HOLD_MARGIN: TimeDelta = TimeDelta::hours(2);
/// A session ends, and its bill is late, for so long at most.
const BILL_GRACE: TimeDelta = TimeDelta::minutes(10);
/// Costs of so many seconds are kept between what a session costs and what is secured.
const MARGIN_S: i64 = 180;
/// The next look at a session that runs comes so soon, …
const LOOK: TimeDelta = TimeDelta::seconds(15);
/// … and its next reading.
const LOOK_ENERGY_S: i64 = 60;
/// No session lasts longer.
const YEAR_S: i64 = 366 * 86_400;
/// A hold is raised to so many times what it was at most; what is on a balance is the driver's own.
const RAISES_MAX: i64 = 4;
const PAGE: i64 = 200;

/// Looks until `stop` is cancelled.
pub(super) async fn run(app: &App, stop: &CancellationToken) {
    let mut hints = app.live.watch();
    let mut turns = tokio::time::interval(SWEEP);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heard: HashSet<StationId> = HashSet::new();
    let mut follow_at: Option<Instant> = None;
    loop {
        let due = follow_at.unwrap_or_else(|| Instant::now() + SWEEP);
        let outcome = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            _ = turns.tick() => sweep(app).await,
            () = tokio::time::sleep_until(due), if follow_at.is_some() => {
                follow_at = None;
                follow(app, heard.drain().collect()).await
            }
            hint = hints.recv() => match hint {
                Ok(hint) => {
                    if app.pay.watched().contains(&hint.station) {
                        heard.insert(hint.station);
                        follow_at.get_or_insert_with(|| Instant::now() + GATHER);
                    }
                    Ok(())
                }
                Err(RecvError::Lagged(_)) => sweep(app).await,
                Err(RecvError::Closed) => return,
            },
        };
        if let Err(error) = outcome {
            metrics::counter!("csms_job_failures_total", "job" => "pay").increment(1);
            tracing::warn!(%error, "orders could not be looked at; they are looked at again in a moment");
        }
    }
}

/// Looks at all orders that something may still happen to, and at those whose bill was made anew.
pub(super) async fn sweep(app: &App) -> Result<(), PayError> {
    // Whatever is wrong with these, what is held is watched.
    for made in [later::turn(app).await, terminal::adopt::turn(app).await] {
        if let Err(error) = made {
            metrics::counter!("csms_job_failures_total", "job" => "pay").increment(1);
            tracing::warn!(%error, "orders of new sessions could not be made; it is tried again in a moment");
        }
    }
    app.pay.watched().reading();
    let mut stations = HashSet::new();
    let mut after = 0;
    loop {
        let page = orders::at_work(&mut app.db.read().await?, after, PAGE).await?;
        for (id, station) in &page {
            stations.insert(StationId::from(station.as_str()));
            look_and_tell(app, *id).await;
        }
        match page.last() {
            Some((last, _)) if page.len() as i64 == PAGE => after = *last,
            _ => break,
        }
    }
    for id in begun_late(app).await? {
        look_and_tell(app, id).await;
    }
    for (id, station) in orders::settled_and_running(&mut app.db.read().await?, PAGE).await? {
        stations.insert(StationId::from(station.as_str()));
        look_and_tell(app, id).await;
    }
    app.pay.watched().stations = stations;
    let since = app.clock.now() - BILLS_SINCE;
    for id in orders::billed_anew(&mut app.db.read().await?, since, PAGE).await? {
        look_and_tell(app, id).await;
    }
    Ok(())
}

/// Orders that were given up, and whose session a station has told since.
async fn begun_late(app: &App) -> Result<Vec<i64>, PayError> {
    let now = app.clock.now();
    let last = app.pay.late_at.load(Ordering::Relaxed);
    let long = last == 0 || now.timestamp() - last >= LATE_EVERY;
    let floor = Ids::floor(now - if long { LATE_LONG } else { LATE });
    let found = orders::begun_late(&mut app.db.read().await?, floor, PAGE).await?;
    if long && (found.len() as i64) < PAGE {
        app.pay.late_at.store(now.timestamp(), Ordering::Relaxed);
    }
    Ok(found)
}

async fn follow(app: &App, stations: Vec<StationId>) -> Result<(), PayError> {
    for station in stations {
        let mut tx = app.db.read().await?;
        let mut ids = orders::at_work_at(&mut tx, &station).await?;
        ids.extend(orders::settled_and_running_at(&mut tx, &station).await?);
        drop(tx);
        for id in ids {
            look_and_tell(app, id).await;
        }
    }
    Ok(())
}

/// One order must not keep the others waiting.
async fn look_and_tell(app: &App, id: i64) {
    if let Err(error) = look(app, id).await {
        metrics::counter!("csms_job_failures_total", "job" => "pay").increment(1);
        tracing::warn!(order = id, %error, "an order could not be looked at; it is looked at again in a moment");
    }
}

/// Looks at an order, and takes what time and its session have brought.
async fn look(app: &App, id: i64) -> Result<(), PayError> {
    let mut tx = app.db.read().await?;
    let Some(order) = orders::find(&mut tx, id).await? else { return Ok(()) };
    let attempts = crate::store::pay::attempts::of_order(&mut tx, id).await?;
    let seen = see(app, &mut tx, &order, &attempts).await?;
    drop(tx);
    if seen.is_none() {
        return stay::look(app, &order).await;
    }
    let mut tx = app.db.write().await?;
    let Some(mut docket) = Docket::open(app, &mut tx, id).await? else { return Ok(()) };
    // As it is under the lock.
    let (order, attempts) = (docket.order.clone(), docket.attempts.clone());
    let Some(seen) = see(app, &mut tx, &order, &attempts).await? else { return Ok(()) };
    let before = docket.order.version;
    let taken = match seen {
        Seen::Event(event) => docket.take(&mut tx, &event, "").await,
        Seen::Begun(session) => {
            docket.session = Some(session.id);
            docket.tell(&mut tx, "session.begun", "", begun(&order, &session)).await?;
            docket.take(&mut tx, &Event::Started, "").await
        }
        Seen::Lost(session) => {
            adopt::lost(app, &mut tx, (&order, &attempts), &session).await?;
            docket.take(&mut tx, &Event::Expire, "").await
        }
        Seen::StopDue => {
            station::stop_now(&docket, &mut tx).await?;
            Ok(false)
        }
        Seen::Ask(attempt) => {
            tasks::hasten(&mut tx, &Kind::Query.key(attempt), docket.now).await?;
            Ok(false)
        }
        Seen::Billed { revision, due } => {
            docket.billed = (docket.order.bill_revision, revision);
            docket.order.bill_revision = revision;
            if let Some(session) = order.session_id
                && let Some(session) = sessions::find(&mut tx, session).await?
            {
                super::tell::broken_off(&docket, &mut tx, &session).await?;
            }
            docket.take(&mut tx, &Event::Billed { due }, "").await
        }
    };
    match taken {
        Ok(_) => {}
        Err(TakeError::Illegal(illegal)) => {
            tracing::error!(order = order.number, %illegal, "what an order's session says does not fit the order");
            return Ok(());
        }
        Err(TakeError::Pay(error)) => return Err(error),
    }
    if docket.order.version == before && docket.order != order {
        docket.touched(&mut tx).await?;
    }
    tx.commit().await?;
    app.pay.changed(app, &docket.order.station_id);
    Ok(())
}

fn begun(order: &OrderRow, session: &SessionRow) -> serde_json::Value {
    let same = session.tariff_hash.as_deref() == Some(&*order.tariff_hash);
    json!({"session": session.id, "transaction": session.reference, "price_as_shown": same})
}

enum Seen {
    Event(Event),
    Begun(Box<SessionRow>),
    /// A station's terminal holds nothing for this session after all, or nobody could say that it does.
    Lost(Box<SessionRow>),
    /// A stop that was asked for before is asked for at once.
    StopDue,
    /// What is held is asked once more before it is captured.
    Ask(i64),
    Billed {
        revision: i64,
        due: Amount,
    },
}

/// What is new about an order; one thing at a time, for the next look sees the next.
async fn see(
    app: &App,
    tx: &mut Tx,
    order: &OrderRow,
    attempts: &[AttemptRow],
) -> Result<Option<Seen>, PayError> {
    let now = app.clock.now();
    let state = super::docket::state(order)?;
    if matches!(state, State::Created | State::Pending) {
        let unanswered = now >= order.expires_at && attempts.iter().any(|row| adopt::is_adopted(order, row));
        if order.why.is_empty()
            && (unanswered || adopt::is_lost(order, attempts))
            && let Some(session) = order.session_id
            && let Some(session) = sessions::find(tx, session).await?
        {
            return Ok(Some(Seen::Lost(Box::new(session))));
        }
        let over = order.why.is_empty() && (now >= order.expires_at || kiosk::is_over(order, attempts));
        return Ok(over.then_some(Seen::Event(Event::Expire)));
    }
    if order.token_uid.is_empty() && order.session_id.is_none() {
        return Ok(None);
    }
    let Some(session) = order.session_id else {
        let floor = Ids::floor(order.created_at);
        let found = if order.mode == Mode::Balance.word() {
            orders::session_held_for(tx, order, floor).await?
        } else {
            orders::session_of(tx, &order.station_id, &order.token_uid, floor).await?
        };
        if let Some(session) = found {
            return Ok(Some(Seen::Begun(Box::new(session))));
        }
        return if state == State::Authorized { no_start(app, tx, order, now).await } else { Ok(None) };
    };
    // Its session is owed elsewhere.
    if state.is_unpaid_end() {
        return Ok(None);
    }
    let Some(session) = sessions::find(tx, session).await? else { return Ok(None) };
    if let Some(bill) =
        bills::latest(tx, session.id).await?.filter(|bill| bill.revision > order.bill_revision)
        && session.state == "ended"
    {
        let due = cost(&bill.total_incl, order).filter(|_| bill.currency == order.currency);
        let Some(due) = due else {
            tracing::error!(
                order = order.number,
                currency = bill.currency,
                "the bill is in another currency than the order"
            );
            return Ok(None);
        };
        if let Some(attempt) = stale(tx, order, attempts, &session, due).await? {
            return Ok(attempt);
        }
        return Ok(Some(Seen::Billed { revision: bill.revision, due }));
    }
    let runs = session.state == "open";
    if runs && order.stop_asked_at.is_some() && station::is_stop_due(app, tx, order).await? {
        return Ok(Some(Seen::StopDue));
    }
    if state != State::Charging {
        // What it was paid with is on its way back, or where it belongs: nothing pays for what goes on.
        let unpaid = state == State::Settling || state.is_settled();
        let stops = runs && unpaid && order.stop_asked_at.is_none() && order.agent != terminal::AGENT;
        return Ok(stops.then_some(Seen::Event(Event::Stop)));
    }
    // A station that authorises by itself raises and stops by itself.
    if attempts.iter().any(|row| adopt::is_adopted(order, row)) && session.state != "ended" {
        return Ok(None);
    }
    if let Some(event) = charging(app, order, attempts, &session, now) {
        return Ok(Some(Seen::Event(event)));
    }
    let wanted = runs && order.stop_asked_at.is_none();
    let limits = if wanted { limits::of_order(tx, order.id).await? } else { None };
    let over = limits.is_some_and(|limits| is_used_up(&limits, &session, now));
    Ok(over.then_some(Seen::Event(Event::Stop)))
}

/// Would what the driver has limited be used up before the next look? Stations that know limits keep to them themselves.
fn is_used_up(limits: &LimitRow, session: &SessionRow, now: DateTime<Utc>) -> bool {
    let long = limits.time_s.and_then(|most| TimeDelta::try_seconds(most.min(YEAR_S)));
    if long.is_some_and(|most| now + LOOK >= session.started_at + most) {
        return true;
    }
    let Some(most) = limits.energy_wh.map(|most| most.saturating_mul(1_000)) else { return false };
    let seconds = (session.last_at - session.started_at).num_seconds().max(1);
    let rate = session.energy_mwh.saturating_mul(LOOK_ENERGY_S) / seconds;
    session.energy_mwh.saturating_add(rate.clamp(most / 100, most / 20)) >= most
}

/// A station's own terminal may have raised what is held since anybody asked (C23): the provider is asked again before
/// less is captured than is due. `Some(None)`: it has not answered yet.
async fn stale(
    tx: &mut Tx,
    order: &OrderRow,
    attempts: &[AttemptRow],
    session: &SessionRow,
    due: Amount,
) -> Result<Option<Option<Seen>>, PayError> {
    let held = attempts.iter().find(|row| adopt::is_adopted(order, row) && row.held_minor > 0);
    let Some(held) = held.filter(|row| row.held_minor < due.minor) else { return Ok(None) };
    let Some(query) = tasks::by_key(tx, &Kind::Query.key(held.id)).await? else { return Ok(None) };
    Ok(match query.done_at {
        Some(at) if query.state == "done" && at >= session.received_at => None,
        _ if query.state == "given_up" => None,
        _ if query.state == "waiting" => Some(None),
        _ => Some(Some(Seen::Ask(held.id))),
    })
}

/// No session has begun in time.
async fn no_start(
    app: &App,
    tx: &mut Tx,
    order: &OrderRow,
    now: DateTime<Utc>,
) -> Result<Option<Seen>, PayError> {
    let Some(start_by) = order.start_by else { return Ok(None) };
    if now < start_by + START_GRACE {
        return Ok(None);
    }
    let link = app.hub.info(&order.station_id.as_str().into());
    let task = tasks::by_key(tx, &Kind::Start.key(order.id)).await?;
    // One whose station has never been reached was given up long before.
    let asked = task.is_some_and(|task| task.state == "done" || task.tries > 0);
    let tells = link.as_ref().is_some_and(|link| now >= link.since + BACK_GRACE);
    if !tells && asked && now < start_by + AWAY_GRACE {
        return Ok(None);
    }
    let end = if link.is_some() { End::NoStart } else { End::Offline };
    Ok(Some(Seen::Event(Event::GiveUp { end })))
}

/// What the session that runs, or that has ended without a bill, means for its money.
fn charging(
    app: &App,
    order: &OrderRow,
    attempts: &[AttemptRow],
    session: &SessionRow,
    now: DateTime<Utc>,
) -> Option<Event> {
    let winner = attempts.iter().find(|row| !row.extra && row.held_minor + row.taken_minor > 0);
    if winner.is_none() && order.mode != Mode::Later.word() {
        return None;
    }
    let nothing = Amount::new(0, super::docket::currency(order).ok()?);
    let so_far = cost(&session.cost, order).unwrap_or(nothing);
    if session.state == "ended" {
        // Without a price there is no bill, and nothing is due.
        let late = session.received_at + BILL_GRACE <= now;
        return (session.tariff_hash.is_none() || late).then_some(Event::Billed { due: so_far });
    }
    let seconds = (session.last_at - session.started_at).num_seconds().max(1);
    let rate = so_far.minor.saturating_mul(MARGIN_S) / seconds;
    let Some(winner) = winner else {
        // Nothing is secured, and it may cost so much.
        let limit = order.amount_minor;
        let near = so_far.minor.saturating_add(rate.clamp(limit / 100, limit / 5)) >= limit;
        return (near && order.stop_asked_at.is_none()).then_some(Event::Stop);
    };
    let until = winner.holds_until.filter(|_| winner.held_minor > 0);
    let margin = |until| HOLD_MARGIN.min((until - winner.created_at) / 10);
    if until.is_some_and(|until| now >= until - margin(until) * 7 / 8) {
        return Some(Event::Billed { due: so_far });
    }
    if order.stop_asked_at.is_some() {
        return None;
    }
    if until.is_some_and(|until| now >= until - margin(until)) {
        return Some(Event::Stop);
    }
    let plug = TimeDelta::minutes(i64::from(app.config.pay.plug_minutes));
    let patience = order.start_by.unwrap_or(session.started_at).max(session.started_at + plug);
    if session.energy_mwh == 0 && now >= patience + START_GRACE {
        return Some(Event::Stop);
    }
    let secured = winner.held_minor.max(winner.taken_minor);
    let margin = rate.clamp(secured / 100, secured / 5);
    if so_far.minor.saturating_add(margin.saturating_mul(2)) < secured {
        return None;
    }
    let most = match order.mode == Mode::Balance.word() {
        true => i64::MAX,
        false => order.amount_minor.saturating_mul(RAISES_MAX),
    };
    let step = order.amount_minor.min(most - winner.held_minor).max(0);
    let amount = |minor| Amount { minor, ..nothing };
    let event = Event::Running { cost: so_far, margin: amount(margin), step: amount(step) };
    // A raise that is under way is answered first.
    (winner.raise_minor == 0 || so_far.minor >= secured).then_some(event)
}
