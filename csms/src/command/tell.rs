//! The ends of commands, and the events that tell of them: one cannot be written without the other.

use super::Command;
use crate::{
    app::App,
    event::{
        self,
        list::{CommandAnswered, CommandOutcome},
    },
    store::{
        StoreError, Tx,
        commands::{self, CommandRow, ObservedRow},
        events,
        row::EventRow,
    },
};
use chrono::{DateTime, Utc};

/// A command ends without an answer. `from` is the state that it must be in; false: it was not. What it holds of secrets is
/// kept no longer.
pub(super) async fn close(
    app: &App,
    tx: &mut Tx,
    id: i64,
    (from, state): (&str, &str),
    why: &str,
) -> Result<bool, StoreError> {
    let now = app.clock.now();
    if !commands::close(tx, id, from, state, why, now).await? {
        return Ok(false);
    }
    if let Some(row) = commands::find(tx, id).await? {
        if let Ok(command) = serde_json::from_str::<Command>(&row.body) {
            commands::set_body(tx, id, &command.masked().to_string()).await?;
        }
        events::add(tx, &ended(app, &row, now)).await?;
    }
    Ok(true)
}

/// What was waited for did not come.
pub(super) async fn lost(app: &App, tx: &mut Tx, id: i64) -> Result<(), StoreError> {
    let now = app.clock.now();
    if commands::lost(tx, id, now).await?
        && let Some(row) = commands::find(tx, id).await?
    {
        let told = CommandOutcome {
            command_id: row.id.to_string(),
            outcome: row.outcome,
            word: row.outcome_word,
            session_id: row.session_id.map(|id| id.to_string()),
        };
        let event = event::row(&app.ids, now, Some(&row.station_id), row.session_id, &told);
        events::add(tx, &event).await?;
    }
    Ok(())
}

/// What makes a network profile count, for whoever has set one.
pub(super) fn kept_profile(slot: i32, reason: &str) -> String {
    let told = format!(
        "kept in slot {slot}: it counts once OCPPCommCtrlr.NetworkConfigurationPriority names that slot and the station was reset"
    );
    if reason.is_empty() { told } else { format!("{reason}; {told}") }
}

/// That a command stands as the row says.
pub(super) fn ended(app: &App, row: &CommandRow, now: DateTime<Utc>) -> EventRow {
    answered(app, row, (&row.state, &row.verdict, &row.reason), now)
}

/// That a command was answered.
pub(super) fn answered(
    app: &App,
    row: &CommandRow,
    (state, verdict, reason): (&str, &str, &str),
    now: DateTime<Utc>,
) -> EventRow {
    let told = CommandAnswered {
        command_id: row.id.to_string(),
        command: row.kind.clone(),
        state: state.to_owned(),
        verdict: verdict.to_owned(),
        reason: reason.to_owned(),
    };
    event::row(&app.ids, now, Some(&row.station_id), None, &told)
}

/// What a report says of a command's outcome; `None`: it is still to come.
pub(crate) fn observed(app: &App, station: &str, row: &ObservedRow) -> Option<EventRow> {
    if row.outcome == "pending" {
        return None;
    }
    let told = CommandOutcome {
        command_id: row.id.to_string(),
        outcome: row.outcome.to_owned(),
        word: row.word.clone(),
        session_id: row.session_id.map(|id| id.to_string()),
    };
    Some(event::row(&app.ids, row.at, Some(station), row.session_id, &told))
}
