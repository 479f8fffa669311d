//! Commands that wait for their outcome: what a report says about them is kept with the report itself.

use crate::{
    command::{
        self,
        watch::{Effect, Sign},
    },
    store::{
        commands::{ObservedRow, PartRow},
        row::{EventRow, Write},
    },
};
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::AtDesk;

/// Parts kept of one answer; a station that goes on is not believed.
const PARTS_MAX: u32 = 1_000;

impl AtDesk<'_> {
    /// Adds what this report says about commands to its writes. Most stations have none that wait, and that costs a look.
    pub(super) fn observe(&mut self) -> Vec<Effect> {
        let watches = &self.app.commands.watches;
        if !watches.any(self.station) {
            return Vec::new();
        }
        let mut effects = Vec::new();
        let mut parts = Vec::new();
        let mut see = |sign: &Sign<'_>, part: Option<(i64, &str)>| {
            for effect in watches.effects(self.station, sign) {
                if let Some((seq, body)) = part
                    && watches.counted(self.station, effect.command) <= PARTS_MAX
                {
                    let (at, body) = (self.inbound.received_at, body.to_owned());
                    let row = PartRow { command_id: effect.command, seq, at, body };
                    parts.push(Write::Part(Box::new(row)));
                }
                effects.push(effect);
            }
        };
        for write in &self.writes {
            match write {
                Write::Session(row) if row.state == "ended" => {
                    see(&Sign::Ended { session: row.id, transaction: &row.reference }, None);
                }
                Write::Session(row) => {
                    // Only the message that began it says so by its identifier; the number may come later.
                    let token = if row.messages <= 1 { row.token_uid.as_str() } else { "" };
                    let sign = Sign::Began {
                        session: row.id,
                        number: row.remote_start,
                        evse: row.evse,
                        token,
                        reservation: row.reservation,
                    };
                    see(&sign, None);
                }
                Write::Connector(row) => see(&Sign::Status { evse: row.evse, status: &row.status }, None),
                Write::StationStatus { status, .. } => see(&Sign::Status { evse: 0, status }, None),
                Write::Event(row) => event(row, self.personal.as_deref(), &mut see),
                _ => {}
            }
        }
        if let Some((request, last)) = self.reported {
            let reference = request.to_string();
            see(&Sign::Told { kind: "report", reference, word: "", last, failed: false }, None);
        }
        if self.inbound.asked {
            see(&Sign::Sent { action: self.inbound.action }, None);
        }
        let at = self.inbound.received_at;
        for effect in &effects {
            let row = observed(effect, at);
            self.writes.extend(command::observed(self.app, self.station, &row).map(Write::Event));
            self.writes.push(Write::Observed(Box::new(row)));
        }
        self.writes.extend(parts);
        effects
    }
}

fn observed(effect: &Effect, at: DateTime<Utc>) -> ObservedRow {
    ObservedRow {
        id: effect.command,
        outcome: effect.outcome,
        word: effect.word.clone(),
        at,
        session_id: effect.session,
    }
}

/// What an event of the station says of a command.
fn event(row: &EventRow, personal: Option<&str>, see: &mut impl FnMut(&Sign<'_>, Option<(i64, &str)>)) {
    let is_part = match row.kind.as_str() {
        "station.monitoring"
        | "station.customer"
        | "station.display.messages"
        | "station.charging.profiles"
        | "station.der.report" => true,
        "station.booted"
        | "station.firmware"
        | "station.firmware.published"
        | "station.log"
        | "station.diagnostics"
        | "station.charging.priority"
        | "station.der.control"
        | "station.reservation"
        | "station.battery.swap" => false,
        _ => return,
    };
    let Ok(body) = serde_json::from_str::<Value>(&row.body) else { return };
    let text = |field: &str| body.get(field).and_then(Value::as_str).unwrap_or_default();
    let number = |field: &str| body.get(field).and_then(Value::as_i64);
    let reference = number("requestId").map(|number| number.to_string()).unwrap_or_default();
    let word = text("status");
    let (last, failed) = stage(word);
    let told = |kind| Sign::Told { kind, reference: reference.clone(), word, last, failed };
    match row.kind.as_str() {
        "station.booted" => {
            let changed = body.get("firmware_changed") == Some(&Value::Bool(true));
            see(&Sign::Booted { firmware: changed.then(|| text("firmware")) }, None);
        }
        "station.firmware" => see(&told("firmware"), None),
        "station.firmware.published" => see(&told("firmware.published"), None),
        "station.log" => see(&told("log"), None),
        "station.diagnostics" => see(&told("diagnostics"), None),
        "station.battery.swap" => {
            let word = text("eventType");
            let (last, failed) = (word != "BatteryIn", word == "BatteryOutTimeout");
            see(&Sign::Told { kind: "swap", reference: reference.clone(), word, last, failed }, None);
        }
        "station.reservation" => {
            let reference = number("reservationId").map(|number| number.to_string()).unwrap_or_default();
            let word = text("reservationUpdateStatus");
            see(
                &Sign::Told { kind: "reservation", reference, word, last: true, failed: word != "Expired" },
                None,
            );
        }
        "station.charging.priority" => {
            let on = body.get("activated") == Some(&Value::Bool(true));
            let reference = format!("{} {on}", text("transactionId"));
            let word = if on { "on" } else { "off" };
            see(&Sign::Told { kind: "priority", reference, word, last: true, failed: false }, None);
        }
        "station.der.control" => {
            let started = body.get("started") == Some(&Value::Bool(true));
            let word = if started { "started" } else { "ended" };
            let told = |reference: &str, word, failed| Sign::Told {
                kind: "der.control",
                reference: reference.to_owned(),
                word,
                last: true,
                failed,
            };
            see(&told(text("controlId"), word, !started), None);
            let others = body.get("supersededIds").and_then(Value::as_array).into_iter().flatten();
            for other in others.filter_map(Value::as_str) {
                see(&told(other, "superseded", true), None);
            }
        }
        kind if is_part => {
            let kind = match kind {
                "station.charging.profiles" => "profiles",
                "station.der.report" => "der",
                "station.display.messages" => "display",
                other => other.strip_prefix("station.").unwrap_or(other),
            };
            let last = body.get("tbc") != Some(&Value::Bool(true));
            let sign = Sign::Told { kind, reference: reference.clone(), word: "", last, failed: false };
            // Profiles, messages and controls are not numbered: their order is that in which they came.
            let seq = number("seqNo").unwrap_or(row.id);
            let body = personal.filter(|_| kind == "customer").unwrap_or(&row.body);
            see(&sign, Some((seq, body)));
        }
        _ => {}
    }
}

/// Of the words with which stations tell how far they are: is it the last, and has it failed?
fn stage(word: &str) -> (bool, bool) {
    match word {
        "Installed" | "Uploaded" | "Published" => (true, false),
        "AcceptedCanceled"
        | "BadMessage"
        | "DownloadFailed"
        | "InstallationFailed"
        | "InstallVerificationFailed"
        | "InvalidChecksum"
        | "InvalidSignature"
        | "NotSupportedOperation"
        | "PermissionDenied"
        | "PublishFailed"
        | "UploadFailed"
        | "UploadFailure" => (true, true),
        _ => (false, false),
    }
}
