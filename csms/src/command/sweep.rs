//! What time does to commands: those that wait in vain expire, outcomes that do not come are lost, and what nobody sends any more is
//! ended. After a restart it is said of each how far it had come; so it is, a while after, of what another process had on its way
//! that has gone.

use super::tell;
use crate::{
    app::App,
    model::StationId,
    store::{
        Engine, StoreError,
        commands::{self, CommandRow},
        settings,
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use std::time::Duration;

/// A process that has said nothing for so long has gone …
const GONE: TimeDelta = TimeDelta::minutes(2);
/// … and says so often that it has not.
const SAYS: TimeDelta = TimeDelta::seconds(30);

const AWAY: &str = "the station is not connected";
const LATE: &str = "the station did not connect in time";
const DOWN: &str = "the server went down before the answer came; it may have been done";
const NOT_SENT: &str = "the server went down before it was sent";
const NOT_KEPT: &str = "its answer could not be kept; it may have been done";

/// What is remembered from one turn to the next.
#[derive(Default)]
pub(super) struct Sweep {
    /// When the other processes were told last that this one is at work.
    said: Option<DateTime<Utc>>,
}

impl Sweep {
    /// Ends what has waited too long.
    pub(super) async fn turn(&mut self, app: &App) -> Result<(), StoreError> {
        let now = app.clock.now();
        self.say(app).await?;
        let overdue = commands::overdue(&mut app.db.read().await?, now).await?;
        for (id, station, waits_for) in overdue {
            let station: StationId = station.as_str().into();
            match waits_for.as_str() {
                "queued" => end(app, &station, id, ("queued", "expired"), LATE).await?,
                _ => {
                    let mut tx = app.db.write().await?;
                    tell::lost(app, &mut tx, id).await?;
                    tx.commit().await?;
                    metrics::counter!("csms_command_outcomes_total", "outcome" => "lost").increment(1);
                    app.commands.watches.remove(&station, id);
                    app.commands.changed(id);
                    app.live.touch(&station);
                }
            }
        }
        // What was sent and is not being sent: its end was not kept.
        let ours = commands::of_node(&mut app.db.read().await?, node(app)).await?;
        for (id, station, state) in ours {
            let station: StationId = station.as_str().into();
            match state.as_str() {
                "sent" if !app.commands.is_at_work(id) => {
                    end(app, &station, id, ("sent", "unknown"), NOT_KEPT).await?;
                }
                "queued" if !app.hub.online(&station) => {
                    app.commands.rounds.look(&station, Duration::ZERO, false);
                }
                _ => {}
            }
        }
        for row in commands::abandoned(&mut app.db.read().await?, node(app), now).await? {
            end_of_gone(app, &row).await?;
        }
        let (queued, pending) = commands::open_counts(&mut app.db.read().await?).await?;
        metrics::gauge!("csms_commands_queued").set(queued as f64);
        metrics::gauge!("csms_command_outcomes_pending").set(pending as f64);
        Ok(())
    }

    /// At the start: what was on its way here is not known; what may wait goes on waiting.
    pub(super) async fn resume(&mut self, app: &App) -> Result<(), StoreError> {
        self.say(app).await?;
        let mut after = 0;
        loop {
            let page = commands::under_way(&mut app.db.read().await?, after).await?;
            let Some(last) = page.last() else { break };
            after = last.id;
            for row in &page {
                if row.node == node(app) && !app.commands.has_begun(row.id) {
                    end_of_gone(app, row).await?;
                }
                if row.outcome == "pending" {
                    app.commands.watches.resume(row);
                }
            }
        }
        app.commands.resumed();
        Ok(())
    }

    /// Says that this process is at work, where there may be another.
    async fn say(&mut self, app: &App) -> Result<(), StoreError> {
        let now = app.clock.now();
        let is_alone = app.db.engine() == Engine::Sqlite;
        if is_alone || self.said.is_some_and(|said| now - said < SAYS) {
            return Ok(());
        }
        let mut tx = app.db.write().await?;
        settings::at_work(&mut tx, node(app), now + GONE).await?;
        tx.commit().await?;
        self.said = Some(now);
        Ok(())
    }
}

/// The station has left: what was for a connected one only is over.
pub(super) async fn left(app: &App, station: &StationId) -> Result<(), StoreError> {
    let now = app.clock.now();
    let rows = commands::impatient(&mut app.db.read().await?, station, node(app), now).await?;
    for row in rows {
        let end_as = if row.expires_at.is_none() { ("offline", AWAY) } else { ("expired", LATE) };
        end(app, station, row.id, ("queued", end_as.0), end_as.1).await?;
    }
    Ok(())
}

/// The process that a command was with has gone.
async fn end_of_gone(app: &App, row: &CommandRow) -> Result<(), StoreError> {
    let (state, why) = match row.state.as_str() {
        "sent" => ("unknown", DOWN),
        "queued" if row.expires_at.is_none() => ("expired", NOT_SENT),
        _ => return Ok(()),
    };
    let mut tx = app.db.write().await?;
    tell::close(app, &mut tx, row.id, (&row.state, state), why).await?;
    tx.commit().await?;
    app.commands.changed(row.id);
    Ok(())
}

async fn end(
    app: &App,
    station: &StationId,
    id: i64,
    (from, state): (&str, &str),
    why: &str,
) -> Result<(), StoreError> {
    let mut tx = app.db.write().await?;
    tell::close(app, &mut tx, id, (from, state), why).await?;
    tx.commit().await?;
    if from == "queued" {
        app.commands.watches.remove(station, id);
    }
    app.commands.changed(id);
    app.live.touch(station);
    Ok(())
}

fn node(app: &App) -> i64 {
    app.config.database.node.into()
}
