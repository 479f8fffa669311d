//! Taking back: a site whose load management is to end gets rid of our profiles, and so does an EVSE that leaves its plan.

use super::{NAME, leftover};
use crate::{
    app::App,
    command::{self, Ask, ClearProfile, Command, CommandError},
    store::{
        StoreError, commands,
        grid::{self, GridRow, LeftoverRow},
    },
};
use chrono::{DateTime, TimeDelta, Utc};

/// Stations that are not connected are told when they come back, if that is within this time.
const WAIT: TimeDelta = TimeDelta::days(7);
/// A process that has the station has asked it by then.
const ELSEWHERE: TimeDelta = TimeDelta::seconds(60);
/// A station that has left it open what it did is asked again after this time.
const AGAIN: TimeDelta = TimeDelta::seconds(60);

/// Has both profiles of each EVSE removed, forgets what was remembered, and turns the plan off; unless somebody has switched it again
/// meanwhile, or changed what is to be cleared.
pub(super) async fn clear(app: &App, row: &GridRow) -> Result<(), StoreError> {
    let site = row.site_id;
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    grid::lock(&mut tx).await?;
    if grid::find(&mut tx, site).await?.is_none_or(|now| now.revision != row.revision) {
        return Ok(());
    }
    leftover::leave_all(&mut tx, site, now).await?;
    grid::forget(&mut tx, site).await?;
    grid::set_mode(&mut tx, site, "off", now).await?;
    tx.commit().await?;
    app.grid.ended(site);
    tracing::info!(site, "load management is off, and its profiles are taken back");
    Ok(())
}

/// Asks for what stations still have of plans that they are in no more: by the process that has the station; after a while by any, so
/// that it waits for the station. It is looked after until the station has answered, or a week is over.
pub(super) async fn leftovers(app: &App) -> Result<(), StoreError> {
    let rows = grid::unasked_leftovers(&mut app.db.read().await?).await?;
    for row in rows {
        let key = format!("{}{}", grid::leftover_key(&row), row.since.timestamp_micros());
        let asked = commands::by_key(&mut app.db.read().await?, NAME, &key).await?;
        let now = app.clock.now();
        match asked {
            None => match ask(app, &row, key, now).await {
                Err(CommandError::Store(error)) => return Err(error),
                // Tried again in the next turn.
                Ok(()) | Err(CommandError::Crowded(_)) => continue,
                Err(error) => {
                    tracing::warn!(station = row.station_id, %error, "a profile cannot be taken back");
                }
            },
            Some(asked) if !asked.is_answered() => continue,
            // It is there still, or not.
            Some(asked) if asked.state == "unknown" && asked.verdict.is_empty() => {
                if asked.answered_at.is_none_or(|at| now - at >= AGAIN) {
                    settle(app, &row, Some(now)).await?;
                }
                continue;
            }
            Some(_) => {}
        }
        settle(app, &row, None).await?;
    }
    Ok(())
}

/// A station that is not connected is asked when it comes back.
async fn ask(app: &App, row: &LeftoverRow, key: String, now: DateTime<Utc>) -> Result<(), CommandError> {
    let station = row.station_id.as_str().into();
    if !app.hub.online(&station) && now - row.since < ELSEWHERE {
        return Ok(());
    }
    let id = i32::try_from(row.profile_id).unwrap_or_default();
    let command = Command::ClearProfile(ClearProfile { id: Some(id), ..ClearProfile::default() });
    let ask = Ask { expires_at: Some(now + WAIT), ..Ask::new(&station, command, NAME).keyed(key) };
    command::issue(app, ask).await?;
    Ok(())
}

/// It is asked for anew, or nobody looks after it any more; unless somebody counts on it again meanwhile.
async fn settle(app: &App, row: &LeftoverRow, anew: Option<DateTime<Utc>>) -> Result<(), StoreError> {
    let mut tx = app.db.write().await?;
    grid::lock(&mut tx).await?;
    match anew {
        Some(now) => grid::renew_leftover(&mut tx, row, now).await?,
        None => grid::remove_leftover(&mut tx, row).await?,
    }
    tx.commit().await
}
