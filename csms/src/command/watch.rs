//! What is waited for after a command was answered, and how it is noticed. What is kept in memory is a copy of the rows whose
//! outcome is pending.

use crate::{
    link::dialect::ask::{self, Wire},
    model::StationId,
    store::commands::CommandRow,
};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Commands of one station that are waited for at one time; the oldest make room and are lost.
const WATCHED_MAX: usize = 64;

/// A log is waited for so long, …
pub(crate) const LOG: TimeDelta = TimeDelta::days(1);
/// … and firmware, from when it is to be fetched and installed.
pub(crate) const FIRMWARE: TimeDelta = TimeDelta::days(7);

/// What ends a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watch {
    pub kind: &'static str,
    /// Which of its kind; see [`of_call`].
    pub reference: String,
    pub until: DateTime<Utc>,
}

/// What follows a call, if it is accepted.
pub fn of_call(wire: &Wire, now: DateTime<Utc>) -> Option<Watch> {
    let payload = &wire.payload;
    let text = |field: &str| payload.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let number = || ask::number(wire).map(|number| number.to_string()).unwrap_or_default();
    let (kind, reference, minutes) = match wire.action.as_str() {
        "RequestStartTransaction" => ("start", number(), 15),
        "RemoteStartTransaction" => {
            let evse = payload.get("connectorId").and_then(Value::as_i64).unwrap_or(0);
            ("start", format!("{evse} {}", text("idTag").to_uppercase()), 15)
        }
        "RequestStopTransaction" => ("stop", text("transactionId"), 15),
        "RemoteStopTransaction" => ("stop", payload.get("transactionId")?.to_string(), 15),
        "Reset" if payload.get("evseId").is_none() => ("boot", String::new(), 24 * 60),
        "ChangeAvailability" => {
            let of = |value: Option<&Value>| value.and_then(Value::as_i64).unwrap_or(0);
            let place = payload.get("evse");
            let evse = place.map_or_else(|| of(payload.get("connectorId")), |place| of(place.get("id")));
            let word = text("operationalStatus") + &text("type");
            ("availability", format!("{evse} {word}"), 24 * 60)
        }
        "GetDiagnostics" => ("diagnostics", String::new(), LOG.num_minutes()),
        "GetLog" => ("log", number(), LOG.num_minutes()),
        "UpdateFirmware" | "SignedUpdateFirmware" => ("firmware", number(), FIRMWARE.num_minutes()),
        "PublishFirmware" => ("firmware.published", number(), 24 * 60),
        "GetBaseReport" | "GetReport" => ("report", number(), 15),
        "GetMonitoringReport" => ("monitoring", number(), 15),
        "CustomerInformation" if payload.get("report") == Some(&Value::Bool(true)) => {
            ("customer", number(), 15)
        }
        "GetDisplayMessages" => ("display", number(), 15),
        "GetChargingProfiles" => ("profiles", number(), 15),
        "GetDERControl" => ("der", number(), 15),
        // A default control holds at once; one that is scheduled is told when it begins.
        "SetDERControl" if payload.get("isDefault") == Some(&Value::Bool(false)) => {
            ("der.control", text("controlId"), 15)
        }
        "UsePriorityCharging" => {
            let on = payload.get("activate") == Some(&Value::Bool(true));
            ("priority", format!("{} {on}", text("transactionId")), 15)
        }
        "RequestBatterySwap" => ("swap", number(), 60),
        "ReserveNow" => ("reservation", number(), 24 * 60),
        "TriggerMessage" | "ExtendedTriggerMessage" => ("trigger", triggered(&text("requestedMessage"))?, 5),
        _ => return None,
    };
    let mut until = now + TimeDelta::minutes(minutes);
    if kind == "reservation" {
        let expires = text("expiryDate") + &text("expiryDateTime");
        if let Ok(expires) = expires.parse::<DateTime<Utc>>() {
            // It is told when it expires; a station that does not tell has let it go by then.
            until = until.max(expires + TimeDelta::minutes(15));
        }
    }
    if kind == "der.control" {
        let begins = payload.as_object()?.values().find_map(|told| told.get("startTime")?.as_str());
        if let Some(begins) = begins.and_then(|begins| begins.parse::<DateTime<Utc>>().ok()) {
            until = until.max(begins + TimeDelta::minutes(15));
        }
    }
    if kind == "firmware" {
        // Not before it is to be fetched, or installed.
        let told = payload.get("firmware").unwrap_or(payload);
        let at = |field: &str| told.get(field)?.as_str()?.parse::<DateTime<Utc>>().ok();
        for begin in ["retrieveDate", "retrieveDateTime", "installDateTime"].into_iter().filter_map(at) {
            until = until.max(begin + FIRMWARE);
        }
    }
    Some(Watch { kind, reference, until })
}

/// The action that a trigger brings.
fn triggered(message: &str) -> Option<String> {
    Some(match message {
        "CustomTrigger" => return None,
        message if message.starts_with("Sign") && message.ends_with("Certificate") => {
            "SignCertificate".to_owned()
        }
        message => message.to_owned(),
    })
}

/// Something that a station told, and that may be what a command waits for.
#[derive(Debug, Clone, PartialEq)]
pub enum Sign<'a> {
    /// A session has begun, by our wish of this number if the station says so.
    Began { session: i64, number: Option<i64>, evse: i64, token: &'a str, reservation: Option<i64> },
    /// A session has ended.
    Ended { session: i64, transaction: &'a str },
    /// The station has booted, perhaps with other firmware.
    Booted { firmware: Option<&'a str> },
    /// The state of an EVSE (0: the station).
    Status { evse: i64, status: &'a str },
    /// A message about something of a kind, with our number.
    Told { kind: &'a str, reference: String, word: &'a str, last: bool, failed: bool },
    /// A message that we had asked for.
    Sent { action: &'a str },
}

/// What a sign does to a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    pub command: i64,
    /// `pending`, `done` or `failed`.
    pub outcome: &'static str,
    pub word: String,
    pub session: Option<i64>,
}

impl Sign<'_> {
    fn effect(&self, command: i64, watch: &Watch) -> Option<Effect> {
        let reference = watch.reference.as_str();
        let effect =
            |outcome, word: &str, session| Some(Effect { command, outcome, word: word.to_owned(), session });
        match (self, watch.kind) {
            (Sign::Began { session, number, evse, token, .. }, "start") => {
                let ours = match reference.split_once(' ') {
                    None => number.is_some_and(|number| number.to_string() == reference),
                    Some((at, uid)) => {
                        *uid == **token && at.parse().is_ok_and(|at: i64| at == 0 || at == *evse)
                    }
                };
                if ours { effect("done", "began", Some(*session)) } else { None }
            }
            (Sign::Began { session, reservation: Some(id), .. }, "reservation")
                if id.to_string() == reference =>
            {
                effect("done", "used", Some(*session))
            }
            (Sign::Ended { session, transaction }, "stop") if *transaction == reference => {
                effect("done", "ended", Some(*session))
            }
            (Sign::Booted { .. }, "boot") => effect("done", "booted", None),
            // Some stations never say Installed.
            (Sign::Booted { firmware: Some(firmware) }, "firmware") => {
                effect("done", &format!("booted with {firmware}"), None)
            }
            (Sign::Status { evse, status }, "availability") => {
                let (at, wanted) = reference.split_once(' ')?;
                let is_out = *status == "Unavailable";
                let fits = at.parse::<i64>().is_ok_and(|at| at == 0 || at == *evse)
                    && is_out == (wanted == "Inoperative");
                if fits { effect("done", status, None) } else { None }
            }
            (Sign::Told { kind, reference: told, word, last, failed }, watched)
                if *kind == watched && told == reference =>
            {
                let outcome = match (last, failed) {
                    (_, true) => "failed",
                    (true, false) => "done",
                    (false, false) => "pending",
                };
                effect(outcome, word, None)
            }
            (Sign::Sent { action }, "trigger") if *action == reference => effect("done", action, None),
            _ => None,
        }
    }
}

/// The commands that are waited for, by station.
#[derive(Debug, Default)]
pub struct Watches(Mutex<HashMap<StationId, Vec<Watched>>>);

/// A command that is waited for.
#[derive(Debug)]
struct Watched {
    command: i64,
    watch: Watch,
    /// Parts of its answer that have come since this process waits.
    parts: u32,
}

impl Watches {
    /// Begins to wait.
    pub(super) fn add(&self, station: &StationId, command: i64, watch: Watch) {
        let mut all = self.all();
        let watched = all.entry(station.clone()).or_default();
        watched.retain(|known| known.command != command);
        if watched.len() >= WATCHED_MAX {
            watched.remove(0);
        }
        watched.push(Watched { command, watch, parts: 0 });
    }

    /// Goes on waiting after a restart.
    pub(super) fn resume(&self, row: &CommandRow) {
        let Some(until) = row.watch_until else { return };
        let Some(kind) = KINDS.into_iter().find(|kind| *kind == row.watch) else { return };
        let watch = Watch { kind, reference: row.watch_ref.clone(), until };
        self.add(&row.station_id.as_str().into(), row.id, watch);
    }

    /// Nobody waits for it any more.
    pub(crate) fn remove(&self, station: &StationId, command: i64) {
        let mut all = self.all();
        if let Some(watched) = all.get_mut(station) {
            watched.retain(|known| known.command != command);
            if watched.is_empty() {
                all.remove(station);
            }
        }
    }

    /// What a sign does to the commands of a station. Nearly always nothing, which costs a look into a map.
    pub(crate) fn effects(&self, station: &StationId, sign: &Sign<'_>) -> Vec<Effect> {
        let all = self.all();
        let Some(watched) = all.get(station) else { return Vec::new() };
        watched.iter().filter_map(|known| sign.effect(known.command, &known.watch)).collect()
    }

    /// One more part of the answer to a command has come; how many there are.
    pub(crate) fn counted(&self, station: &StationId, command: i64) -> u32 {
        let mut all = self.all();
        let watched = all.get_mut(station).into_iter().flatten();
        let Some(known) = watched.into_iter().find(|known| known.command == command) else { return 0 };
        known.parts = known.parts.saturating_add(1);
        known.parts
    }

    /// Is anything of this station waited for?
    pub(crate) fn any(&self, station: &StationId) -> bool {
        self.all().contains_key(station)
    }

    fn all(&self) -> MutexGuard<'_, HashMap<StationId, Vec<Watched>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All kinds of watches.
const KINDS: [&str; 19] = [
    "start",
    "stop",
    "boot",
    "availability",
    "diagnostics",
    "log",
    "firmware",
    "firmware.published",
    "report",
    "monitoring",
    "customer",
    "display",
    "profiles",
    "der",
    "der.control",
    "priority",
    "reservation",
    "trigger",
    "swap",
];
