//! Asking: a row is made, and whoever wants to waits for what becomes of it.

use super::{Command, tell};
use crate::{
    app::App,
    model::StationId,
    store::{
        StoreError,
        commands::{self, CommandRow},
        events, stations,
    },
};
use chrono::{DateTime, Utc};
use std::time::Duration;
use tokio::time::Instant;

/// What somebody wants.
#[derive(Debug, Clone)]
pub struct Ask {
    pub station: StationId,
    pub command: Command,
    /// Who asks: an account's name, or a part of the house.
    pub by: String,
    /// The asker's own name for this wish: asked again with it, the same command is given back. Empty: none.
    pub key: String,
    /// Wait for a station that is not connected until then; `None`: it is for a connected one only.
    pub expires_at: Option<DateTime<Utc>>,
}

impl Ask {
    /// For a station that is connected.
    pub fn new(station: &StationId, command: Command, by: impl Into<String>) -> Ask {
        Ask { station: station.clone(), command, by: by.into(), key: String::new(), expires_at: None }
    }

    /// With the asker's own name for it.
    pub fn keyed(self, key: impl Into<String>) -> Ask {
        Ask { key: key.into(), ..self }
    }
}

/// The command could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("there is no station {0}")]
    UnknownStation(StationId),
    #[error("too many commands wait for station {0}; wait until it has answered some")]
    Crowded(StationId),
    /// The key was used for something else.
    #[error("the key {0:?} belongs to another command; use a new one")]
    KeyTaken(String),
}

/// Commands that may wait for one station.
const QUEUED_MAX: i64 = 100;

/// Keeps a command and has it sent as soon as the station can take it. A station that is not connected is said at once, by
/// the state `offline`, unless the command may wait.
///
/// # Errors
/// See [`CommandError`].
pub async fn issue(app: &App, ask: Ask) -> Result<CommandRow, CommandError> {
    let reference = app.commands.numbers.next(&app.db).await?;
    let now = app.clock.now();
    let waits = ask.expires_at.is_some_and(|until| until > now);
    let (state, reason) = match app.hub.online(&ask.station) {
        true => ("queued", ""),
        false if waits => ("queued", "waits for the station to connect"),
        false => ("offline", "the station is not connected"),
    };
    let row = CommandRow {
        id: app.ids.next(),
        station_id: ask.station.to_string(),
        kind: ask.command.word().to_owned(),
        body: serde_json::to_string(&ask.command).unwrap_or_default(),
        asked_by: ask.by,
        key: ask.key,
        rank: ask.command.rank(),
        reference: reference.into(),
        state: state.to_owned(),
        created_at: now,
        expires_at: ask.expires_at,
        sent_at: None,
        answered_at: None,
        calls: "[]".to_owned(),
        verdict: String::new(),
        reason: reason.to_owned(),
        watch: String::new(),
        watch_ref: String::new(),
        watch_until: None,
        outcome: String::new(),
        outcome_word: String::new(),
        outcome_at: None,
        session_id: None,
        node: app.config.database.node.into(),
    };
    app.commands.begins(row.id);
    let mut tx = app.db.write().await?;
    if stations::find(&mut tx, &row.station_id).await?.is_none() {
        return Err(CommandError::UnknownStation(ask.station));
    }
    if state == "queued" && commands::queued(&mut tx, &row.station_id).await? >= QUEUED_MAX {
        return Err(CommandError::Crowded(ask.station));
    }
    let kept = commands::create(&mut tx, &row).await?;
    if kept && row.is_answered() {
        events::add(&mut tx, &tell::ended(app, &row, now)).await?;
    }
    let row = match kept {
        true => row,
        false => {
            let earlier = commands::by_key(&mut tx, &row.asked_by, &row.key).await?;
            let same =
                |earlier: &CommandRow| earlier.station_id == row.station_id && earlier.kind == row.kind;
            earlier.filter(same).ok_or(CommandError::KeyTaken(row.key))?
        }
    };
    tx.commit().await?;
    if kept {
        metrics::counter!("csms_commands_total", "command" => ask.command.word()).increment(1);
        tracing::info!(station = %ask.station, command = row.kind, id = row.id, by = row.asked_by, state, "a command");
        app.live.touch(&ask.station);
    }
    if row.state == "queued" {
        app.commands.rounds.look(&ask.station, Duration::ZERO, false);
    }
    Ok(row)
}

/// How long a caller stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// The station has answered, or it is certain that it will not.
    Answer,
    /// Nothing more is to come.
    Outcome,
}

/// Waits for a command, at most so long; gives back how it stands then.
pub async fn wait(
    app: &App,
    id: i64,
    until: Until,
    at_most: Duration,
) -> Result<Option<CommandRow>, StoreError> {
    let waiter = app.commands.waiter(id);
    let deadline = Instant::now() + at_most;
    loop {
        let changed = waiter.notified();
        tokio::pin!(changed);
        // Before the row is read: a change in between is not missed.
        changed.as_mut().enable();
        let row = commands::find(&mut app.db.read().await?, id).await?;
        let over = row.as_ref().is_none_or(|row| match until {
            Until::Answer => row.is_answered(),
            Until::Outcome => row.is_over(),
        });
        if over {
            return Ok(row);
        }
        if tokio::time::timeout_at(deadline, changed).await.is_err() {
            return commands::find(&mut app.db.read().await?, id).await;
        }
    }
}

/// Takes back a command that has not been sent. False if it has.
pub async fn cancel(app: &App, id: i64, by: &str) -> Result<bool, StoreError> {
    let mut tx = app.db.write().await?;
    let why = format!("taken back by {by}");
    let done = tell::close(app, &mut tx, id, ("queued", "cancelled"), &why).await?;
    tx.commit().await?;
    if done {
        app.commands.changed(id);
    }
    Ok(done)
}
