//! What time and stations do to reservations. Each turn looks at those for which there is something to do; whatever a turn
//! has begun is kept before it goes on, so that a restart in between neither forgets nor doubles anything.

use super::{ASKER, identifier, price, told};
use crate::{
    app::App,
    command::{self, Ask, CancelReservation, Command, CommandError, Reserve},
    store::{
        Engine, StoreError,
        commands::{self, CommandRow},
        reservations::{self, Price, ReservationRow},
        settings, stations,
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// Reservations are looked at this often.
const EVERY: Duration = Duration::from_secs(3);
/// A station that tells of the end itself has had time to.
const GRACE: TimeDelta = TimeDelta::seconds(60);
/// Where several processes are at work, the one that has the station has so long to ask it for what is wanted now.
const ELSEWHERE: TimeDelta = TimeDelta::seconds(30);
/// A station that does not answer, or that boots again and again, is asked so often.
const TRIES_MAX: i64 = 20;
/// A station that refuses to give up is asked so often, and then left to the expiry.
const CANCELS_MAX: i64 = 5;

/// Looks after reservations until `stop` is cancelled.
pub async fn run(app: App, stop: CancellationToken) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
            () = app.reservations.woken.notified() => {}
        }
        tokio::select! {
            () = stop.cancelled() => return,
            done = turn(&app) => if let Err(error) = done {
                metrics::counter!("csms_job_failures_total", "job" => "reservations").increment(1);
                tracing::warn!(job = "reservations", %error, "a job failed; it is tried again in its next turn");
            },
        }
    }
}

/// Looks at all reservations for which there is something to do.
///
/// # Errors
/// The database fails; what was done stays done.
pub async fn turn(app: &App) -> Result<(), StoreError> {
    app.reservations.reading();
    let stations = reservations::stations(&mut app.db.read().await?).await?;
    app.reservations.read(stations);
    let mut after = -1;
    loop {
        let due = reservations::due(&mut app.db.read().await?, after, app.clock.now()).await?;
        let Some(last) = due.last() else { break };
        after = last.id;
        for row in &due {
            visit(app, row).await?;
        }
    }
    price_ended(app).await?;
    let open = reservations::open_count(&mut app.db.read().await?).await?;
    metrics::gauge!("csms_reservations_open").set(open as f64);
    Ok(())
}

/// Does what is to be done for one reservation now.
pub(super) async fn visit(app: &App, row: &ReservationRow) -> Result<(), StoreError> {
    let now = app.clock.now();
    let Some(row) = reservations::find(&mut app.db.read().await?, row.id).await? else { return Ok(()) };
    let is_late = row.expires_at <= now;
    let here = is_here(app, &row, now).await?;
    let grace = if here { GRACE } else { GRACE * 2 };
    let since = row.from_at.max(row.created_at);
    match row.state.as_str() {
        "planned" if !row.cancelled_by.is_empty() => {
            end(app, &row, "cancelled", &format!("given up by {}", row.cancelled_by)).await
        }
        "planned" if is_late => end(app, &row, "expired", "the station was never asked").await,
        "planned" if row.from_at <= now && (here || since + ELSEWHERE <= now) => {
            reserve(app, &row, now).await
        }
        "asked" => {
            settle(app, &row, now, here).await?;
            if here { give_up(app, row.id).await } else { Ok(()) }
        }
        "held" if row.expires_at + grace <= now => miss(app, &row).await,
        "held" if here && !row.cancelled_by.is_empty() => give_up(app, row.id).await,
        "held" if here && !is_late => settle(app, &row, now, here).await,
        _ => Ok(()),
    }
}

/// Is it for this process to talk to the station? Another one may have it.
async fn is_here(app: &App, row: &ReservationRow, now: DateTime<Utc>) -> Result<bool, StoreError> {
    if app.db.engine() == Engine::Sqlite || app.hub.online(&row.station_id.as_str().into()) {
        return Ok(true);
    }
    let node = app.config.database.node.into();
    Ok(!settings::others_at_work(&mut app.db.read().await?, node, now).await?)
}

/// It is over, in a state that only we know of.
async fn end(app: &App, row: &ReservationRow, to: &'static str, reason: &str) -> Result<(), StoreError> {
    let mut tx = app.db.write().await?;
    let done = reservations::end(&mut tx, row.id, &row.state, to, reason, app.clock.now()).await?;
    if done {
        told(app, &mut tx, row, to, reason).await?;
    }
    tx.commit().await?;
    if done {
        metrics::counter!("csms_reservations_total", "end" => to).increment(1);
        tracing::info!(
            station = row.station_id,
            reservation = row.id,
            end = to,
            reason,
            "a reservation is over"
        );
        app.live.touch(&row.station_id.as_str().into());
    }
    Ok(())
}

/// Nobody came. Whether that is the driver's doing depends on whether he could have used it.
async fn miss(app: &App, row: &ReservationRow) -> Result<(), StoreError> {
    if !row.cancelled_by.is_empty() {
        let why = format!("given up by {}; the station has not let it go before its time", row.cancelled_by);
        return end(app, row, "cancelled", &why).await;
    }
    match app.hub.online(&row.station_id.as_str().into()) {
        true => end(app, row, "no-show", "nobody came in time").await,
        false => end(app, row, "expired", "the station was not connected when the time was over").await,
    }
}

/// Asks the station to keep the outlet. It replaces what it holds by this number (2.x H01.FR.02), so that asking twice is
/// harmless.
async fn reserve(app: &App, row: &ReservationRow, now: DateTime<Utc>) -> Result<(), StoreError> {
    let command = Command::Reserve(Reserve {
        number: i32::try_from(row.id).ok(),
        evse: u32::try_from(row.evse).ok().filter(|evse| *evse > 0),
        connector_type: Some(row.connector_type.clone()).filter(|kind| !kind.is_empty()),
        token: identifier(&row.token_uid, &row.token_kind),
        group: row.group_uid.as_deref().map(|group| identifier(group, "Central")),
        expires_at: row.expires_at,
    });
    // Who wants it now is told at once that the station is not there; what was planned waits for it, as does what it held.
    let waits = row.from_at > row.created_at || row.tries > 0;
    let Some(command) = issue(app, row, command, &format!("{}-{}", row.id, row.tries), waits).await? else {
        return Ok(());
    };
    let mut tx = app.db.write().await?;
    reservations::asked(&mut tx, row, command.id, now).await?;
    tx.commit().await
}

async fn issue(
    app: &App,
    row: &ReservationRow,
    command: Command,
    key: &str,
    waits: bool,
) -> Result<Option<CommandRow>, StoreError> {
    let station = row.station_id.as_str().into();
    let mut ask = Ask::new(&station, command, ASKER).keyed(key);
    ask.expires_at = waits.then_some(row.expires_at);
    match command::issue(app, ask).await {
        Ok(command) => Ok(Some(command)),
        // Tried again in the next turn.
        Err(CommandError::Crowded(_)) => Ok(None),
        Err(CommandError::Store(error)) => Err(error),
        Err(error @ (CommandError::UnknownStation(_) | CommandError::KeyTaken(_))) => {
            end(app, row, "refused", &error.to_string()).await?;
            Ok(None)
        }
    }
}

/// Looks at what the station has answered, and whether it is to be asked again (from here).
async fn settle(app: &App, row: &ReservationRow, now: DateTime<Utc>, here: bool) -> Result<(), StoreError> {
    let mut tx = app.db.read().await?;
    let command = commands::find(&mut tx, row.command_id.unwrap_or(0)).await?;
    let booted = stations::find(&mut tx, &row.station_id).await?.and_then(|station| station.booted_at);
    drop(tx);
    let Some(command) = command else {
        return end(app, row, "refused", "what the station was asked is not known any more").await;
    };
    let is_late = row.expires_at <= now;
    let may_ask = here && row.tries < TRIES_MAX && !is_late && row.cancelled_by.is_empty();
    if row.state == "held" {
        // It may have forgotten.
        let asked_since = row.told_at.zip(booted).is_none_or(|(told, booted)| told >= booted);
        if may_ask && !asked_since && command.is_answered() {
            reserve(app, row, now).await?;
        }
        return Ok(());
    }
    match (command.state.as_str(), command.verdict.as_str()) {
        ("answered", "accepted") => {
            let mut tx = app.db.write().await?;
            let held = reservations::set_state(&mut tx, row.id, "asked", "held", &command.reason).await?;
            if held {
                told(app, &mut tx, row, "held", &command.reason).await?;
            }
            tx.commit().await?;
            app.live.touch(&row.station_id.as_str().into());
            Ok(())
        }
        ("answered", verdict) => {
            let reason = if command.reason.is_empty() { verdict } else { &command.reason };
            end(app, row, "refused", reason).await
        }
        ("offline", _) => end(app, row, "refused", "Offline: the station is not connected").await,
        ("expired", _) => end(app, row, "expired", "the station did not connect in time").await,
        ("cancelled", _) => end(app, row, "cancelled", &command.reason).await,
        // Whether it keeps the outlet is not known: it is asked again.
        ("unknown", _) if may_ask => reserve(app, row, now).await,
        _ if row.expires_at + GRACE <= now => {
            end(app, row, "expired", "the station has never confirmed it").await
        }
        _ => Ok(()),
    }
}

/// Has the station give the outlet free, if somebody wants that.
async fn give_up(app: &App, id: i64) -> Result<(), StoreError> {
    let Some(row) = reservations::find(&mut app.db.read().await?, id).await? else { return Ok(()) };
    if row.cancelled_by.is_empty() || !matches!(row.state.as_str(), "asked" | "held") {
        return Ok(());
    }
    if row.state == "asked" && take_back(app, &row).await? {
        return Ok(());
    }
    let by = format!("given up by {}", row.cancelled_by);
    let asked = match row.cancel_id {
        Some(command) => commands::find(&mut app.db.read().await?, command).await?,
        None => None,
    };
    match asked.as_ref().map(|command| (command.state.as_str(), command.verdict.as_str())) {
        Some(("answered", "accepted")) => return end(app, &row, "cancelled", &by).await,
        // It knows of no such reservation: then it keeps nothing.
        Some(("answered", "refused")) if row.state == "held" => {
            return end(app, &row, "cancelled", &format!("{by}; the station did not know it any more")).await;
        }
        Some(("queued" | "sent", _)) => return Ok(()),
        _ => {}
    }
    if row.cancel_tries >= CANCELS_MAX {
        return Ok(());
    }
    let command = Command::CancelReservation(CancelReservation { number: i32::try_from(id).unwrap_or(0) });
    let key = format!("{id}-cancel-{}", row.cancel_tries);
    let Some(command) = issue(app, &row, command, &key, true).await? else { return Ok(()) };
    let mut tx = app.db.write().await?;
    reservations::giving_up(&mut tx, &row, command.id).await?;
    tx.commit().await
}

/// The station has not been sent the wish yet: then it need not be told that it is over.
async fn take_back(app: &App, row: &ReservationRow) -> Result<bool, StoreError> {
    let Some(command) = row.command_id else { return Ok(false) };
    if row.tries > 1 || !command::cancel(app, command, &row.cancelled_by).await? {
        return Ok(false);
    }
    end(app, row, "cancelled", &format!("given up by {}", row.cancelled_by)).await?;
    Ok(true)
}

/// Finds the prices of those that are over.
async fn price_ended(app: &App) -> Result<(), StoreError> {
    loop {
        let mut tx = app.db.read().await?;
        let rows = reservations::unpriced(&mut tx).await?;
        if rows.is_empty() {
            return Ok(());
        }
        let mut prices: Vec<(ReservationRow, Price)> = Vec::with_capacity(rows.len());
        for row in rows {
            let found = price::of(app, &mut tx, &row).await?;
            prices.push((row, found));
        }
        drop(tx);
        let mut tx = app.db.write().await?;
        let mut done = 0;
        for (row, price) in &prices {
            done += u32::from(reservations::price(&mut tx, row, price, app.clock.now()).await?);
        }
        tx.commit().await?;
        if done == 0 {
            return Ok(()); // All have changed meanwhile: the next turn looks again.
        }
    }
}
