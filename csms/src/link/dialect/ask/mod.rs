//! Commands as calls: what is asked in our own words becomes what the station's version has for it, and the station's
//! answer becomes a verdict.

mod certificates;
mod device;
mod learn;
mod modes;
mod monitors;
mod names;
mod screen;
mod settings;
#[cfg(test)]
mod tests;
mod v16;
mod v2;
mod v21;
mod verdict;

pub use certificates::certificates;
pub use learn::variables as learn;
pub use names::canonical;
pub use settings::{Taken, asked_for, is_password, password, settings};
pub use verdict::{Verdict, of_answer, of_fault};

use crate::command::{Call, Command};
use chrono::{DateTime, Utc};
use ocpp::{Version, schema};
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// Where the ids of profiles begin that are given none, and how many there are; above what others use (K01.FR.80).
const PROFILE_IDS: i32 = 1_200_000_000;
const PROFILE_IDS_MAX: i32 = 200_000_000;

/// A call to be sent. One command may need several, one after the other.
#[derive(Debug, Clone, PartialEq)]
pub struct Wire {
    /// As the version names it.
    pub action: String,
    /// Not yet checked against the schema; the link does that.
    pub payload: Value,
}

impl Wire {
    fn new(action: &str, payload: Value) -> Wire {
        Wire { action: action.to_owned(), payload }
    }
}

/// What a translation needs beside the command.
#[derive(Debug, Clone, Copy)]
pub struct Given {
    pub now: DateTime<Utc>,
    /// Our number, wherever the standard wants one.
    pub reference: i32,
    /// Variables of one call that reads, and of one that writes; entries of one call with a local list.
    pub read_max: usize,
    pub write_max: usize,
    pub list_max: usize,
    /// Bytes of the entries of such a call.
    pub list_bytes: usize,
    pub rooms: Rooms,
    /// Items of a raw call, where the station has said how many it takes of this action.
    pub call_max: Option<usize>,
}

/// How much calls about monitors and reports may hold; by default as much as one likes.
#[derive(Debug, Clone, Copy)]
pub struct Rooms {
    pub set_monitors: Room,
    pub clear_monitors: Room,
    /// Variables of one question for a report.
    pub report: usize,
}

impl Default for Rooms {
    fn default() -> Self {
        Rooms { set_monitors: Room::WIDE, clear_monitors: Room::WIDE, report: usize::MAX }
    }
}

/// Entries of one call, and their bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    pub items: usize,
    pub bytes: usize,
}

impl Room {
    const WIDE: Room = Room { items: usize::MAX, bytes: usize::MAX };
}

/// A command that cannot be put into calls of this version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// The version has nothing for it.
    #[error("{0}")]
    Unsupported(String),
    /// What is asked contradicts itself, in any version.
    #[error("{0}")]
    Invalid(String),
}

fn unsupported<T>(why: impl Into<String>) -> Result<T, Unfit> {
    Err(Unfit::Unsupported(why.into()))
}

fn invalid<T>(why: impl Into<String>) -> Result<T, Unfit> {
    Err(Unfit::Invalid(why.into()))
}

/// The calls for a command, in their order; at least one.
///
/// # Errors
/// See [`Unfit`]. What breaks the schema is found when a call is sent.
pub fn calls(version: Version, command: &Command, given: &Given) -> Result<Vec<Wire>, Unfit> {
    match command {
        Command::SetProfile(set) => modes::check(version, &set.profile)?,
        Command::Start(start) => {
            start.profile.as_ref().map_or(Ok(()), |profile| modes::check(version, profile))?;
        }
        _ => {}
    }
    let command = &numbered_profile(command, given.reference);
    match (&**command, version) {
        (Command::Call(call), _) => Ok(raw(call, given)),
        (command, Version::V16) => v16::calls(command, given),
        (command, Version::V201 | Version::V21) => v2::calls(version, command, given),
    }
}

/// A charging profile without an id is given one of ours.
fn numbered_profile(command: &Command, reference: i32) -> Cow<'_, Command> {
    let mut command = Cow::Borrowed(command);
    let has_none = |profile: &Value| profile.is_object() && profile.get("id").is_none();
    let nameless = match &*command {
        Command::SetProfile(set) => has_none(&set.profile),
        Command::Start(start) => start.profile.as_ref().is_some_and(has_none),
        _ => false,
    };
    if nameless {
        let profile = match command.to_mut() {
            Command::SetProfile(set) => Some(&mut set.profile),
            Command::Start(start) => start.profile.as_mut(),
            _ => None,
        };
        if let Some(profile) = profile {
            profile["id"] = (PROFILE_IDS + reference.rem_euclid(PROFILE_IDS_MAX)).into();
        }
    }
    command
}

/// Can a command be put into calls of this version, and do they meet its schema?
///
/// # Errors
/// See [`Unfit`].
pub fn fits(version: Version, command: &Command) -> Result<(), Unfit> {
    let given = Given {
        now: DateTime::UNIX_EPOCH,
        reference: 1,
        read_max: usize::MAX,
        write_max: usize::MAX,
        list_max: usize::MAX,
        list_bytes: usize::MAX,
        rooms: Rooms::default(),
        call_max: None,
    };
    for wire in calls(version, command, &given)? {
        let checked = schema::check(version, &wire.action, schema::Kind::Request, &wire.payload);
        checked.map_err(|violation| Unfit::Invalid(violation.to_string()))?;
    }
    Ok(())
}

/// Where the standard has a place for a number of ours, by action.
fn number_field(action: &str) -> Option<&'static str> {
    Some(match action {
        "GetBaseReport"
        | "GetReport"
        | "GetMonitoringReport"
        | "CustomerInformation"
        | "GetDisplayMessages"
        | "GetChargingProfiles"
        | "GetDERControl"
        | "GetLog"
        | "UpdateFirmware"
        | "SignedUpdateFirmware"
        | "PublishFirmware"
        | "RequestBatterySwap" => "requestId",
        "RequestStartTransaction" => "remoteStartId",
        _ => return None,
    })
}

/// The list of a call that stations may limit: more items go in several calls (B05.FR.12, B06.FR.05, N04, N06.FR.04).
pub fn limited_list(action: &str) -> Option<&'static str> {
    Some(match action {
        "GetVariables" => "getVariableData",
        "SetVariables" => "setVariableData",
        "SetVariableMonitoring" => "setMonitoringData",
        "ClearVariableMonitoring" => "id",
        _ => return None,
    })
}

/// A raw call, in as many parts as the station wants.
fn raw(call: &Call, given: &Given) -> Vec<Wire> {
    let wire = numbered(call, given.reference);
    let list =
        limited_list(&wire.action).and_then(|field| Some((field, wire.payload.get(field)?.as_array()?)));
    let (Some((field, items)), Some(most)) = (list, given.call_max) else { return vec![wire] };
    if items.len() <= most.max(1) {
        return vec![wire];
    }
    let part = |items: &[Value]| {
        let mut payload = wire.payload.clone();
        payload[field] = json!(items);
        Wire { action: wire.action.clone(), payload }
    };
    items.chunks(most.max(1)).map(part).collect()
}

fn numbered(call: &Call, reference: i32) -> Wire {
    let mut payload = call.payload.clone();
    // 1.6's UpdateFirmware alone has no number.
    let is_old = call.action == "UpdateFirmware" && payload.get("firmware").is_none();
    if let (Some(field), Value::Object(fields), false) = (number_field(&call.action), &mut payload, is_old) {
        fields.entry(field).or_insert_with(|| reference.into());
    }
    Wire { action: call.action.clone(), payload }
}

/// Our number in a call, if there is one.
pub fn number(wire: &Wire) -> Option<i64> {
    let field = match wire.action.as_str() {
        "ReserveNow" if wire.payload.get("reservationId").is_some() => "reservationId",
        "ReserveNow" => "id",
        action => number_field(action)?,
    };
    wire.payload.get(field)?.as_i64()
}

/// An object of the fields that have a value: the standard wants the others left out.
fn object<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    let given = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(given.collect::<Map<_, _>>())
}

fn some<T: Into<Value>>(value: Option<T>) -> Option<Value> {
    value.map(Into::into)
}

fn text(value: &str) -> Option<Value> {
    (!value.is_empty()).then(|| json!(value))
}
