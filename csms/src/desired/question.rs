//! The next question for a station, and what its end means: what is particular to each kind of wish.

use super::{ASKER, Heard, Kind, availability, certificate, configuration, learn, profile};
use crate::{
    app::App,
    command::Command,
    locallist,
    store::{StoreError, commands::CommandRow, desired::DesiredRow, row::StationRow},
};
use chrono::{DateTime, Utc};
use ocpp::Version;
use serde_json::Value;

/// A station that is connected, as a question finds it.
pub(crate) struct View<'a> {
    pub station: &'a StationRow,
    pub protocol: Version,
    pub now: DateTime<Utc>,
}

/// What comes next for some wishes.
#[derive(Debug)]
pub(crate) enum Step {
    /// Ask the station; the command's answer is about all of these.
    Ask { command: Box<Command>, wishes: Vec<DesiredRow> },
    /// The station cannot be asked that at all.
    Unfit { wish: Box<DesiredRow>, why: String },
}

impl Step {
    pub fn ask(command: Command, wishes: Vec<DesiredRow>) -> Step {
        Step::Ask { command: Box::new(command), wishes }
    }
}

/// The next step for the wishes of one kind, all of one station; `None`: nothing is to be done now.
///
/// # Errors
/// The database fails.
pub(super) async fn next(
    app: &App,
    kind: Kind,
    view: &View<'_>,
    wishes: &[DesiredRow],
) -> Result<Option<Step>, StoreError> {
    Ok(match kind {
        Kind::Configuration => configuration::step(view, wishes),
        Kind::Availability => availability::step(view, wishes),
        Kind::Certificate => certificate::step(view, wishes),
        Kind::List => locallist::step(app, view, wishes).await?,
        Kind::Profile => profile::step(app, view, wishes).await?,
    })
}

/// Is something still to come before an answered command says anything?
pub(super) fn is_pending(row: &CommandRow, now: DateTime<Utc>) -> bool {
    profile::is_pending(row, now)
}

/// What the end of a command says of one of the wishes that it was asked for; `parts`: what came after the answer.
fn heard(wish: &DesiredRow, row: &CommandRow, parts: &[Value], now: DateTime<Utc>) -> Heard {
    let Ok(command) = serde_json::from_str::<Command>(&row.body) else {
        return Heard::Unclear("the command cannot be read any more".to_owned());
    };
    match row.state.as_str() {
        "answered" => match Kind::of(&wish.kind) {
            Some(Kind::Configuration) => configuration::heard(wish, &command, row),
            Some(Kind::Availability) => availability::heard(&command, row),
            Some(Kind::Certificate) => certificate::heard(wish, &command, row),
            Some(Kind::List) => locallist::heard(wish, &command, row),
            Some(Kind::Profile) => profile::heard(wish, &command, row, parts, now),
            None => Heard::NotAsked,
        },
        "unknown" => Heard::Unclear(row.reason.clone()),
        "cancelled" => Heard::Refused { why: row.reason.clone(), for_good: false },
        _ => Heard::NotAsked,
    }
}

/// The wish after the end of its command.
pub(super) fn learn(wish: &DesiredRow, row: &CommandRow, parts: &[Value], now: DateTime<Utc>) -> DesiredRow {
    let secret = Kind::of(&wish.kind).is_some_and(|kind| kind.is_secret(&wish.key));
    debug_assert_eq!(row.asked_by, ASKER);
    let mut next = learn::after(wish, heard(wish, row, parts, now), row.id, secret, now);
    if next.acknowledged_by == Some(row.id) {
        // Not when it became known here: the station may have booted in between.
        next.acknowledged_at = row.answered_at.or(next.acknowledged_at);
    }
    next
}
