//! The configuration, whole: one TOML file, `CSMS_*` variables over it, flags over both. Unknown keys are refused.
//! Every limit is here with its default.

mod api;
mod charging;
mod clearing;
mod display;
mod displays;
mod files;
pub mod keys;
mod ledger;
mod monitors;
mod pay;
mod receipts;
mod risk;
pub mod shown;
mod vat;

pub use api::{Api, Webhooks};
pub use charging::Charging;
pub use clearing::Clearing;
pub use display::{Display, DisplayWay};
pub use displays::Displays;
pub use files::Files;
pub use ledger::Ledger;
pub use monitors::Monitors;
pub use pay::{HoldLimits, Pay, PayAccount, TerminalProvider};
pub use receipts::{Messages, Receipts};
pub use risk::Risk;
pub use vat::{Unreachable, Vat, VatRegister};

use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// All settings.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub database: Database,
    pub ocpp: Ocpp,
    pub web: Web,
    pub log: Log,
    pub retention: Retention,
    pub charging: Charging,
    pub clearing: Clearing,
    pub pay: Pay,
    pub displays: Displays,
    pub monitors: Monitors,
    pub messages: Messages,
    pub receipts: Receipts,
    pub ledger: Ledger,
    pub risk: Risk,
    pub vat: Vat,
    pub files: Files,
    pub api: Api,
    pub webhooks: Webhooks,
}

/// Where data is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// `sqlite:PATH` or `postgres://USER:PASSWORD@HOST/DATABASE`.
    pub url: String,
    /// Connections for reading (and, on PostgreSQL, for writing beside the group writer).
    pub connections: u32,
    /// Causes committed together at most.
    pub group_max: usize,
    /// Which of several processes on one database this is, 0–1022: part of the ids it makes.
    pub node: u16,
}

impl Default for Database {
    fn default() -> Self {
        Database { url: "sqlite:data/wattline.db".into(), connections: 4, group_max: 512, node: 0 }
    }
}

/// The side that stations see.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ocpp {
    pub listen: SocketAddr,
    /// Path before the station's identity.
    pub path_prefix: String,
    /// Answered to BootNotification; seconds.
    pub heartbeat_interval_s: u32,
    /// Let a station in that nobody has registered (it is created, without a password).
    pub open_registration: bool,
    /// Answer 401 instead of 404 to an unknown identity without credentials, so that nobody can find out which
    /// stations exist. With credentials an unknown identity is always answered like a wrong password.
    pub hide_unknown_stations: bool,
    /// Refuse with HTTP 400 where no subprotocol fits; `false` answers 101 without one and closes.
    pub refuse_unknown_subprotocol: bool,
    /// Assume 1.6 where a station offers no subprotocol at all.
    pub missing_subprotocol_is_16: bool,
    /// Request line and headers together.
    pub header_bytes_max: usize,
    /// From accept to 101.
    pub handshake_timeout_s: u64,
    /// A message, after inflation.
    pub message_bytes_max: usize,
    /// WebSocket ping when nothing was received for so long; 0 = never.
    pub ping_interval_s: u64,
    /// Close when nothing (not even a pong) was received for so long.
    pub idle_timeout_s: u64,
    /// A station that does not take our bytes for so long is closed.
    pub write_timeout_s: u64,
    /// Answer to a call of ours.
    pub call_timeout_s: u64,
    /// Calls of ours waiting behind the outstanding one.
    pub call_queue_max: usize,
    /// Handling of one call of theirs, commit included.
    pub handle_timeout_s: u64,
    /// Offer permessage-deflate.
    pub compression: bool,
    /// Keep all frames (secrets masked) in the journal.
    pub journal: bool,
    pub limits: Limits,
}

impl Default for Ocpp {
    fn default() -> Self {
        Ocpp {
            listen: ([0, 0, 0, 0], 9000).into(),
            path_prefix: "/ocpp".into(),
            heartbeat_interval_s: 300,
            open_registration: false,
            hide_unknown_stations: false,
            refuse_unknown_subprotocol: true,
            missing_subprotocol_is_16: false,
            header_bytes_max: 8 * 1024,
            handshake_timeout_s: 10,
            message_bytes_max: 256 * 1024,
            ping_interval_s: 60,
            idle_timeout_s: 180,
            write_timeout_s: 20,
            call_timeout_s: 30,
            call_queue_max: 16,
            handle_timeout_s: 20,
            compression: true,
            journal: true,
            limits: Limits::default(),
        }
    }
}

/// Who may connect how often and say how much.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Open connections in all; keep it below the file limit.
    pub connections_max: usize,
    /// Open connections from one source address.
    pub connections_per_address: usize,
    /// New connections a second from one source address, and the burst above it.
    pub connects_per_address_s: u32,
    pub connects_per_address_burst: u32,
    /// New connections a second in all, and the burst above it.
    pub connects_s: u32,
    pub connects_burst: u32,
    /// Messages a second from one station, and the burst above it.
    pub messages_per_station_s: u32,
    pub messages_per_station_burst: u32,
    /// Messages a second in all.
    pub messages_s: u32,
    /// Wrong passwords from one address (or for one identity from it) before it has to wait.
    pub auth_failures_burst: u32,
    /// A station that connects so often within ten minutes is quarantined.
    pub flapping_connects: u32,
    /// For so long.
    pub quarantine_s: u64,
    /// argon2 verifications at one time.
    pub password_checks_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connections_max: 100_000,
            connections_per_address: 20_000,
            connects_per_address_s: 2_000,
            connects_per_address_burst: 20_000,
            connects_s: 5_000,
            connects_burst: 50_000,
            messages_per_station_s: 1_000,
            messages_per_station_burst: 2_000,
            messages_s: 200_000,
            auth_failures_burst: 10,
            flapping_connects: 60,
            quarantine_s: 3_600,
            password_checks_max: 4,
        }
    }
}

/// The side that people see.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Web {
    pub listen: SocketAddr,
    /// How browsers reach the console, for links and cookies; empty = derived from the request.
    pub public_url: String,
    /// A console login lasts so long.
    pub login_hours: u32,
}

impl Default for Web {
    fn default() -> Self {
        Web { listen: ([127, 0, 0, 1], 8080).into(), public_url: String::new(), login_hours: 12 }
    }
}

/// What is told on standard error.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// `error`, `warn`, `info`, `debug`, `trace`, or directives such as `info,csms::link=debug`.
    pub level: String,
    /// `text` or `json`.
    pub format: LogFormat,
}

impl Default for Log {
    fn default() -> Self {
        Log { level: "info".into(), format: LogFormat::Text }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

/// How long what is kept. Sessions, readings, bills, orders, documents and the ledger are kept for ever.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    pub journal_days: u32,
    /// Rows of the journal at most, whatever their age.
    pub journal_rows_max: u64,
    pub meter_value_days: u32,
    /// Values of streams that stations have opened.
    pub stream_value_days: u32,
    pub event_days: u32,
    /// Commands that are over, with their answers.
    pub command_days: u32,
    /// What stations have told of customers, with the commands that asked for it.
    pub customer_days: u32,
    /// Events of the progress of sessions; there are many.
    pub progress_days: u32,
    /// What was delivered to webhooks, and what was given up.
    pub delivery_days: u32,
    pub attempt_days: u32,
    pub attempt_rows_max: u64,
    /// Notifications of providers as they came.
    pub notice_days: u32,
    /// Tasks of orders that are done.
    pub task_days: u32,
    /// What people read of orders. Orders, their money and the ledger are kept for ever.
    pub story_days: u32,
    /// What was decided about clicks, and cases that are resolved.
    pub decision_days: u32,
    /// Of orders that have ended: the driver's contact, browser and address; and the messages that drivers were sent.
    pub contact_days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Retention {
            journal_days: 14,
            journal_rows_max: 2_000_000,
            meter_value_days: 90,
            stream_value_days: 7,
            event_days: 400,
            command_days: 400,
            customer_days: 7,
            progress_days: 4,
            delivery_days: 30,
            attempt_days: 30,
            attempt_rows_max: 10_000,
            notice_days: 180,
            task_days: 30,
            story_days: 1_100,
            decision_days: 400,
            contact_days: 400,
        }
    }
}
