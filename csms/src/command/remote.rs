//! Sessions begun and ended by other parts of the house.

use super::{Ask, Command, CommandError, Identifier, Start, Stop, Until, cancel, issue, wait};
use crate::{
    app::App,
    model::StationId,
    store::{
        StoreError,
        commands::{self, CommandRow},
    },
};
use std::time::Duration;

/// Who asks, in the rows.
const ASKER: &str = "payments";

/// What the station made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answered {
    Accepted,
    /// It does not want to, or cannot be asked that; in its words.
    Rejected(String),
    /// Nothing was sent.
    Away(String),
    /// It may have done it.
    Unknown(String),
}

/// Has a station begin a session at an EVSE with this identifier; `number` tells this wish from others, `key` names it.
pub async fn start(
    app: &App,
    station: &StationId,
    evse: i64,
    token: Identifier,
    number: i64,
    key: &str,
) -> Answered {
    let number = i32::try_from(number & 0x3fff_ffff).ok();
    let evse = u32::try_from(evse).ok();
    let command = Command::Start(Start { evse, token, group: None, profile: None, number, limit: None });
    ask(app, Ask::new(station, command, ASKER).keyed(key)).await
}

/// Has a station end a session; `transaction` is its id on the wire.
pub async fn stop(app: &App, station: &StationId, transaction: &str, key: &str) -> Answered {
    let command = Command::Stop(Stop { transaction: transaction.to_owned() });
    ask(app, Ask::new(station, command, ASKER).keyed(key)).await
}

/// May what was asked under this key still begin a session? A command that was not sent yet is taken back.
///
/// # Errors
/// The database.
pub async fn may_begin(app: &App, key: &str) -> Result<bool, StoreError> {
    let found = commands::by_key(&mut app.db.read().await?, ASKER, key).await?;
    let Some(row) = found else { return Ok(false) };
    Ok(match row.state.as_str() {
        "queued" => !cancel(app, row.id, ASKER).await?,
        "offline" | "expired" | "cancelled" => false,
        "answered" => row.verdict == "accepted",
        _ => true,
    })
}

async fn ask(app: &App, ask: Ask) -> Answered {
    let row = match issue(app, ask).await {
        Ok(row) => row,
        Err(CommandError::UnknownStation(_)) => {
            return Answered::Rejected("there is no such station".to_owned());
        }
        Err(error) => return Answered::Away(error.to_string()),
    };
    // Its turn, and the answer; each takes so long at most.
    let at_most = Duration::from_secs(app.config.ocpp.call_timeout_s) * 3;
    match wait(app, row.id, Until::Answer, at_most).await {
        Ok(Some(row)) => answered(row),
        Ok(None) => Answered::Unknown("the command is gone".to_owned()),
        Err(error) => Answered::Unknown(error.to_string()),
    }
}

fn answered(row: CommandRow) -> Answered {
    match (row.state.as_str(), row.verdict.as_str()) {
        ("answered", "accepted") => Answered::Accepted,
        ("answered", _) => Answered::Rejected(row.reason),
        ("offline" | "expired" | "cancelled", _) => Answered::Away(row.reason),
        ("unknown", _) => Answered::Unknown(row.reason),
        _ => Answered::Unknown("the station has not answered yet".to_owned()),
    }
}
