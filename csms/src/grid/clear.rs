//! Taking back: a site whose load management is to end gets rid of our profiles, and so does an EVSE that leaves its plan.

use super::{NAME, plan};
use crate::{
    app::App,
    command::{self, Ask, ClearProfile, Command, CommandError},
    store::{
        StoreError,
        grid::{self, GridRow, LeftoverRow},
    },
};
use chrono::TimeDelta;

/// Stations that are not connected are told when they come back, if that is within this time.
const WAIT: TimeDelta = TimeDelta::days(7);
/// A process that has the station has asked it by then.
const ELSEWHERE: TimeDelta = TimeDelta::seconds(60);

/// Has both profiles of each EVSE removed, forgets what was remembered, and turns the plan off.
pub(super) async fn clear(app: &App, row: &GridRow) -> Result<(), StoreError> {
    let site = row.site_id;
    let plan = match plan::load(&mut app.db.read().await?, site).await {
        Ok(Some((_, plan))) => plan,
        Ok(None) => return Ok(()),
        Err(plan::PlanError::Store(error)) => return Err(error),
        Err(plan::PlanError::Unreadable(error)) => {
            tracing::error!(site, %error, "profiles cannot be taken back");
            return turn_off(app, row).await;
        }
    };
    for evse in plan.site.evses() {
        let Some((station, number)) = plan.names.evses.get(&evse.id) else { continue };
        for id in [evse.profile_id, evse.profile_id + 1] {
            let key = format!("{site}:clear:{}:{number}:{station}:{id}", row.revision);
            match ask(app, station, id, key).await {
                Err(CommandError::Store(error)) => return Err(error),
                Err(error) => tracing::warn!(%station, %error, "a profile cannot be taken back"),
                Ok(()) => {}
            }
        }
    }
    turn_off(app, row).await
}

/// Asks for what EVSEs that have left their plans still have of them: by the process that has their station; after a while by any, so
/// that it waits for the station.
pub(super) async fn leftovers(app: &App) -> Result<(), StoreError> {
    let rows = grid::leftovers(&mut app.db.read().await?).await?;
    for row in rows {
        let LeftoverRow { station_id: station, profile_id, since } = &row;
        if !app.hub.online(&station.as_str().into()) && app.clock.now() - *since < ELSEWHERE {
            continue;
        }
        let key = format!("left:{station}:{profile_id}:{}", since.timestamp_micros());
        let id = i32::try_from(*profile_id).unwrap_or_default();
        match ask(app, station, id, key).await {
            Err(CommandError::Store(error)) => return Err(error),
            // Tried again in the next turn.
            Err(CommandError::Crowded(_)) => continue,
            Err(error) => tracing::warn!(%station, %error, "a profile cannot be taken back"),
            Ok(()) => {}
        }
        let mut tx = app.db.write().await?;
        grid::remove_leftover(&mut tx, station, *profile_id).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// A station that is not connected is asked when it comes back.
async fn ask(app: &App, station: &str, id: i32, key: String) -> Result<(), CommandError> {
    let command = Command::ClearProfile(ClearProfile { id: Some(id), ..ClearProfile::default() });
    let expires_at = Some(app.clock.now() + WAIT);
    let ask = Ask { expires_at, ..Ask::new(&station.into(), command, NAME).keyed(key) };
    command::issue(app, ask).await?;
    Ok(())
}

/// Unless somebody has switched it again meanwhile, or changed what is to be cleared.
async fn turn_off(app: &App, row: &GridRow) -> Result<(), StoreError> {
    let site = row.site_id;
    let mut tx = app.db.write().await?;
    grid::lock(&mut tx).await?;
    if grid::find(&mut tx, site).await?.is_none_or(|now| now.revision != row.revision) {
        return Ok(());
    }
    grid::forget(&mut tx, site).await?;
    grid::set_mode(&mut tx, site, "off", app.clock.now()).await?;
    tx.commit().await?;
    app.grid.ended(site);
    tracing::info!(site, "load management is off, and its profiles are taken back");
    Ok(())
}
