//! Where an order stands, in the words of drivers: its phase, its colour, what went wrong.

use super::running::Running;
use chrono::{DateTime, Utc};
use csms::{
    pay::{PayError, State as Standing, Status},
    store::pay::attempts::AttemptRow,
};

/// Why a station ended a session that nobody had ended (OCPP 1.6 and 2.x).
const INTERRUPTIONS: [&str; 12] = [
    "EmergencyStop",
    "GroundFault",
    "HardReset",
    "ImmediateReset",
    "OvercurrentFault",
    "PowerLoss",
    "PowerQuality",
    "Reboot",
    "SoftReset",
    "Timeout",
    "UnlockCommand",
    "StoppedByEVSE",
];

/// Where the order stands, in the words of drivers.
pub fn phase(status: &Status, at_work: Option<&Running>) -> &'static str {
    let delivered = status.session.as_ref().is_some_and(|session| session.energy_mwh > 0);
    let kept = status.order.taken_minor - status.order.returned_minor;
    if let Some(run) = at_work {
        return if run.idle { "full" } else { "charging" };
    }
    // A bill that is open can be paid whatever time it is.
    if matches!(status.state, Standing::Owing | Standing::Settling) && status.can_pay {
        return match &status.attempt {
            Some(attempt) if is_live(attempt) && status.next.is_some() => "pay",
            Some(attempt) if is_live(attempt) => "checking",
            _ => "choose",
        };
    }
    match status.state {
        Standing::Created | Standing::Pending if !status.can_pay => {
            if status.attempt.as_ref().is_some_and(is_live) { "checking" } else { "expired" }
        }
        Standing::Created => "choose",
        Standing::Pending => match &status.attempt {
            Some(attempt) if is_live(attempt) => {
                if status.next.is_some() {
                    "pay"
                } else {
                    "checking"
                }
            }
            _ => "choose",
        },
        Standing::Authorized if !status.order.why.is_empty() => "leaving",
        Standing::Authorized => "start",
        Standing::Charging | Standing::Settling => "settling",
        Standing::Captured | Standing::PartlyRefunded | Standing::Released | Standing::Refunded => {
            if kept > 0 || delivered { "done" } else { "returned" }
        }
        Standing::Failed => "failed",
        Standing::Expired => "expired",
        Standing::Cancelled => "cancelled",
        Standing::Owing => "owing",
    }
}

/// Where a session that runs is shown: a hold may have been captured while it goes on.
pub fn has_begun(state: Standing) -> bool {
    matches!(state, Standing::Charging | Standing::Settling) || state.is_settled()
}

fn is_live(attempt: &AttemptRow) -> bool {
    matches!(attempt.state.as_str(), "new" | "sending" | "open" | "unknown")
}

/// Red where something failed, yellow while the driver or we wait, green while it charges and when it is done.
pub fn tone(phase: &str, trouble: bool) -> &'static str {
    match phase {
        "owing" | "failed" => "bad",
        "returned" | "expired" | "cancelled" => "off",
        _ if trouble => "bad",
        "charging" | "done" => "ok",
        _ => "wait",
    }
}

/// What went wrong, a word of `drive.trouble`.
pub fn trouble(status: &Status, phase: &str) -> Option<&'static str> {
    let why = match status.order.why.as_str() {
        "occupied" => Some("occupied"),
        "no_start" => Some("no_start"),
        "offline" => Some("unreachable"),
        "rejected" => Some("rejected"),
        "denied" => Some("denied"),
        _ => None,
    };
    if why.is_some() {
        return why;
    }
    let at_work = matches!(phase, "start" | "charging" | "full" | "settling");
    if at_work && status.fault.as_ref().is_some_and(|fault| fault.status == "Faulted") {
        return Some("fault");
    }
    let session = status.session.as_ref()?;
    if session.ended_at.is_some() && INTERRUPTIONS.contains(&session.stop_reason.as_str()) {
        return Some("interrupted");
    }
    (at_work && !status.online).then_some("offline")
}

/// Why the driver sees the choice again: a word of `refusal`.
pub fn refusal(status: &Status, phase: &str) -> Option<&'static str> {
    let refusal = status.refusal.clone().filter(|_| phase == "choose")?;
    Some(PayError::Refused(refusal).word())
}

pub fn seconds_left(status: &Status, phase: &str, now: DateTime<Utc>) -> Option<i64> {
    let until = match phase {
        "choose" | "pay" | "checking"
            if status.order.purpose == "session" && status.state != Standing::Owing =>
        {
            Some(status.order.expires_at)
        }
        "start" | "leaving" => status.order.start_by,
        _ => None,
    };
    until.map(|at| (at - now).num_seconds().max(0))
}
