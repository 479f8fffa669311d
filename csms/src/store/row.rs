//! Rows of the hot path, and [`Write`]: one row change, of which a cause has several.

use super::commands::{AnsweredRow, ObservedRow, PartRow};
use super::desired::ReportedRow;
use super::monitors::{MonitorEventRow, MonitorRow};
use super::needs::NeedRow;
use super::reservations::EndedRow;
use super::streams::{StreamRow, StreamValueRow};
use crate::model::StationId;
use chrono::{DateTime, Utc};

type At = DateTime<Utc>;

/// One change of the database. A cause (a message of a station, an operator's click) is a list of these,
/// committed together or not at all; the writer groups the lists of many causes into one database transaction
/// and the changes of a kind into few statements.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// The station told about itself (BootNotification).
    Booted(Box<BootRow>),
    /// A link was made or a message received: last seen, address, protocol.
    Seen { station: StationId, at: At, address: String, protocol: &'static str },
    /// The station's own status (connector 0 / EVSE 0).
    StationStatus { station: StationId, status: String, error_code: String },
    /// Upsert: a connector's status; makes the connector and its EVSE known. Older `status_at` loses.
    Connector(ConnectorRow),
    /// Keep the tariff of a session once for all sessions with the same content.
    Snapshot { hash: String, body: String },
    /// Upsert of the whole row: a session begins, ends, or is mended. Also moves station.last_session_at forward.
    Session(Box<SessionRow>),
    /// The columns that every message of a running session moves.
    Progress(Box<ProgressRow>),
    /// Insert, unless (session, digest) is there.
    Reading(Box<ReadingRow>),
    /// Insert.
    Bill(Box<BillRow>),
    /// Insert.
    MeterValue(Box<MeterValueRow>),
    /// Upsert.
    Variable(Box<VariableRow>),
    /// Insert.
    Event(EventRow),
    /// Quarantine (`until` in the future) or release (`None`).
    Quarantine { station: StationId, until: Option<At>, reason: String },
    /// Add to a counted row.
    Attempt(Box<AttemptRow>),
    /// Add to a counted row.
    Deviation(Box<DeviationRow>),
    /// Insert.
    Journal(JournalRow),
    /// The station's answer to a command that was sent.
    Answered(Box<AnsweredRow>),
    /// What has become of a command that is waited for.
    Observed(Box<ObservedRow>),
    /// Insert: a part of an answer in several messages.
    Part(Box<PartRow>),
    /// What a station tells of something that is wished of it; nothing if it is not.
    Reported(Box<ReportedRow>),
    /// The station has accepted the password that it was told (in its kept form), or connected with it: the old one is wrong from now on,
    /// and so are those that it was told before; `later` ones are not.
    PasswordUsed { station: StationId, sealed: String, later: String },
    /// The station does not take a password that it was told.
    PasswordRefused { station: StationId, sealed: String },
    /// A reservation was used, or a station has let it go.
    Reservation(Box<EndedRow>),
    /// Upsert, but for what is an operator's: what the vehicle of a session needs.
    Need(Box<NeedRow>),
    /// Upsert: a stream of monitored values.
    Stream(Box<StreamRow>),
    /// Insert.
    StreamValue(Box<StreamValueRow>),
    /// Delete: the station has the monitor no longer.
    MonitorGone { station: StationId, monitor: i64 },
    /// Upsert.
    Monitor(Box<MonitorRow>),
    /// Insert.
    MonitorEvent(Box<MonitorEventRow>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct BootRow {
    pub station: StationId,
    pub vendor: String,
    pub model: String,
    pub serial: String,
    pub firmware: String,
    pub iccid: String,
    pub imsi: String,
    pub meter_serial: String,
    pub boot_answer: String,
    pub boot_reason: String,
    pub at: At,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ConnectorRow {
    pub station: StationId,
    pub evse: i64,
    pub connector: i64,
    pub status: String,
    pub error_code: String,
    pub info: String,
    pub status_at: At,
}

/// A row of `session`; see the migration for the meaning of the columns.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct SessionRow {
    pub id: i64,
    pub station_id: String,
    pub evse: i64,
    pub connector: i64,
    #[sqlx(rename = "ref")]
    pub reference: String,
    pub generation: i64,
    pub protocol: String,
    pub start_digest: i64,
    /// `open` or `ended`.
    pub state: String,
    pub token_uid: String,
    pub token_kind: String,
    pub group_uid: Option<String>,
    pub verdict: String,
    pub site_id: Option<i64>,
    pub time_zone: String,
    pub tariff_hash: Option<String>,
    pub currency: String,
    pub started_at: At,
    pub ended_at: Option<At>,
    pub last_at: At,
    pub received_at: At,
    pub start_mwh: Option<i64>,
    pub last_mwh: Option<i64>,
    pub stop_mwh: Option<i64>,
    pub energy_mwh: i64,
    pub power_w: Option<i64>,
    pub soc_percent: Option<i64>,
    pub charging_state: String,
    pub cost: String,
    pub seqs: String,
    pub messages: i64,
    pub stop_reason: String,
    pub stop_token: String,
    pub remote_start: Option<i64>,
    pub reservation: Option<i64>,
    pub flags: String,
}

/// The moving columns of an open session.
#[derive(Debug, Clone, PartialEq)]
pub struct ProgressRow {
    pub id: i64,
    pub last_at: At,
    pub received_at: At,
    pub last_mwh: Option<i64>,
    pub energy_mwh: i64,
    pub power_w: Option<i64>,
    pub soc_percent: Option<i64>,
    pub charging_state: String,
    pub cost: String,
    pub seqs: String,
    pub messages: i64,
    pub flags: String,
}

/// A row of `reading`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct ReadingRow {
    pub session_id: i64,
    pub digest: i64,
    pub at: At,
    pub received_at: At,
    /// `start`, `update` or `end`.
    pub phase: String,
    pub seq: Option<i64>,
    pub register_mwh: Option<i64>,
    pub power_w: Option<i64>,
    pub soc_percent: Option<i64>,
    pub body: String,
}

#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct BillRow {
    pub session_id: i64,
    pub revision: i64,
    pub tariff_hash: Option<String>,
    pub currency: String,
    pub total_excl: String,
    pub total_incl: String,
    pub energy_mwh: i64,
    pub body: String,
    pub created_at: At,
}

#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct MeterValueRow {
    pub id: i64,
    pub station_id: String,
    pub evse: i64,
    pub at: At,
    pub received_at: At,
    pub body: String,
}

#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct VariableRow {
    pub station_id: String,
    pub component: String,
    pub component_instance: String,
    pub evse: i64,
    pub connector: i64,
    pub name: String,
    pub instance: String,
    pub attribute: String,
    pub value: Option<String>,
    pub mutability: String,
    pub characteristics: String,
    pub reported_at: At,
}

#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct EventRow {
    pub id: i64,
    pub at: At,
    pub station_id: Option<String>,
    pub session_id: Option<i64>,
    pub kind: String,
    pub body: String,
}

/// A refused connection; `count` is how many times since the row was written last.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct AttemptRow {
    pub identity: String,
    pub cause: String,
    pub address: String,
    pub detail: String,
    pub protocols: String,
    pub agent: String,
    pub count: i64,
    pub first_at: At,
    pub last_at: At,
}

#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct DeviationRow {
    pub vendor: String,
    pub model: String,
    pub firmware: String,
    pub protocol: String,
    pub action: String,
    pub path: String,
    pub rule: String,
    pub sample: String,
    pub station_id: String,
    pub count: i64,
    pub first_at: At,
    pub last_at: At,
}

#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct JournalRow {
    pub id: i64,
    pub station_id: String,
    pub from_at: At,
    pub to_at: At,
    pub frames: i64,
    pub body: String,
}

/// A row of `station`.
#[derive(Debug, Clone, PartialEq, Default, sqlx::FromRow)]
pub struct StationRow {
    pub id: String,
    pub name: String,
    pub site_id: Option<i64>,
    /// Allow-list, e.g. `ocpp1.6,ocpp2.0.1`; empty = all.
    pub protocols: String,
    /// `strict` or `lenient`.
    pub validation: String,
    /// `accepted`, `pending` or `rejected`: the operator's word.
    pub registration: String,
    /// Empty = no password.
    pub secret: String,
    /// Passwords that it was told to use, in their kept form, the oldest first, a space after each; right beside `secret` until one of
    /// them was used.
    pub next_secret: String,
    pub vendor: String,
    pub model: String,
    pub serial: String,
    pub firmware: String,
    pub iccid: String,
    pub imsi: String,
    pub meter_serial: String,
    pub status: String,
    pub error_code: String,
    pub protocol: String,
    pub address: String,
    /// What the last BootNotification was answered; empty = never booted.
    pub boot_answer: String,
    pub boot_reason: String,
    pub booted_at: Option<At>,
    pub seen_at: Option<At>,
    pub last_session_at: Option<At>,
    pub quarantined_until: Option<At>,
    pub quarantine_reason: String,
    pub epoch: i64,
    pub created_at: At,
}

/// A row of `connector`, as read.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct ConnectorState {
    pub station_id: String,
    pub evse: i64,
    pub connector: i64,
    pub status: String,
    pub error_code: String,
    pub info: String,
    pub status_at: At,
}

/// A row of `token`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct TokenRow {
    pub id: i64,
    /// As compared: upper case.
    pub uid: String,
    pub kind: String,
    pub group_uid: Option<String>,
    pub holder: String,
    pub language: String,
    pub blocked: bool,
    pub expires_at: Option<At>,
    /// May run more than one session at a time.
    pub concurrent: bool,
    pub created_at: At,
    /// A session may cost so much, including tax, in its currency; empty = no limit. Decimal text.
    pub max_cost: String,
    /// It may take so much energy, …
    pub max_energy_wh: Option<i64>,
    /// … and last so long.
    pub max_time_s: Option<i64>,
}
