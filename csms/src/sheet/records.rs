//! The rows of each sheet, and its columns.

use super::outgoing;
use crate::store::row::{SessionRow, StationRow, TokenRow};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What can be exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sheet {
    Stations,
    Tokens,
    Tariffs,
    Sessions,
    Sites,
    Evses,
    Assignments,
    Discounts,
    Orders,
    Receipts,
    Events,
}

/// How a cell of CSV is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cell {
    /// Guarded against spreadsheets that take texts for formulas; empty = absent.
    Text,
    /// A number, instant or word that cannot be a formula.
    Plain,
    /// `true` or `false`.
    Flag,
    /// JSON.
    Json,
}

use Cell::{Flag, Json, Plain, Text};

impl Sheet {
    /// Its name, as in paths and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Sheet::Stations => "stations",
            Sheet::Tokens => "tokens",
            Sheet::Tariffs => "tariffs",
            Sheet::Sessions => "sessions",
            Sheet::Sites => "sites",
            Sheet::Evses => "evses",
            Sheet::Assignments => "assignments",
            Sheet::Discounts => "discounts",
            Sheet::Orders => "orders",
            Sheet::Receipts => "receipts",
            Sheet::Events => "events",
        }
    }

    pub(super) fn columns(self) -> &'static [(&'static str, Cell)] {
        match self {
            Sheet::Stations => &[
                ("id", Text),
                ("name", Text),
                ("site", Text),
                ("protocols", Text),
                ("validation", Text),
                ("registration", Text),
            ],
            Sheet::Tokens => &[
                ("uid", Text),
                ("kind", Text),
                ("group", Text),
                ("holder", Text),
                ("language", Text),
                ("blocked", Flag),
                ("expires_at", Plain),
                ("concurrent", Flag),
                ("max_cost", Text),
                ("max_energy_wh", Json),
                ("max_time_s", Json),
            ],
            Sheet::Tariffs => &[("id", Text), ("active_from", Plain), ("note", Text), ("tariff", Json)],
            Sheet::Sessions => &[
                ("id", Plain),
                ("station_id", Text),
                ("evse", Plain),
                ("connector", Plain),
                ("transaction", Text),
                ("protocol", Text),
                ("state", Plain),
                ("token", Text),
                ("token_kind", Text),
                ("started_at", Plain),
                ("ended_at", Plain),
                ("time_zone", Text),
                ("start_mwh", Plain),
                ("stop_mwh", Plain),
                ("energy_mwh", Plain),
                ("cost", Plain),
                ("currency", Plain),
                ("stop_reason", Text),
                ("flags", Text),
            ],
            Sheet::Sites => outgoing::SITES,
            Sheet::Evses => outgoing::EVSES,
            Sheet::Assignments => outgoing::ASSIGNMENTS,
            Sheet::Discounts => outgoing::DISCOUNTS,
            Sheet::Orders => outgoing::ORDERS,
            Sheet::Receipts => outgoing::RECEIPTS,
            Sheet::Events => outgoing::EVENTS,
        }
    }
}

/// A station, as an operator has decided it. What it says of itself, and its password, are not part of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StationRecord {
    /// The last part of the URL it connects to.
    pub id: String,
    #[serde(default)]
    pub name: String,
    /// The name of a site that is there; empty = none.
    #[serde(default)]
    pub site: String,
    /// `ocpp1.6,ocpp2.0.1,ocpp2.1` or some of them; empty = all.
    #[serde(default)]
    pub protocols: String,
    /// `lenient` (if nothing is said) or `strict`.
    #[serde(default)]
    pub validation: String,
    /// `accepted` (if nothing is said), `pending` or `rejected`.
    #[serde(default)]
    pub registration: String,
}

impl StationRecord {
    pub(super) fn of(row: StationRow, site: String) -> StationRecord {
        StationRecord {
            id: row.id,
            name: row.name,
            site,
            protocols: row.protocols,
            validation: row.validation,
            registration: row.registration,
        }
    }
}

/// An identifier that may charge. Codes that are typed at a pad are secrets and are not exported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenRecord {
    /// Letter case does not count.
    pub uid: String,
    /// As of IdTokenEnumType; `ISO14443` if nothing is said.
    #[serde(default)]
    pub kind: String,
    #[serde(default)]
    pub group: String,
    #[serde(default)]
    pub holder: String,
    #[serde(default)]
    pub language: String,
    #[serde(default)]
    pub blocked: bool,
    pub expires_at: Option<DateTime<Utc>>,
    #[serde(default)]
    pub concurrent: bool,
    /// A session may cost so much, including tax; empty = no limit.
    #[serde(default)]
    pub max_cost: String,
    /// It may take so much energy, watt-hours.
    pub max_energy_wh: Option<i64>,
    /// It may last so long, seconds.
    pub max_time_s: Option<i64>,
}

impl TokenRecord {
    pub(super) fn of(row: TokenRow) -> TokenRecord {
        TokenRecord {
            uid: row.uid,
            kind: row.kind,
            group: row.group_uid.unwrap_or_default(),
            holder: row.holder,
            language: row.language,
            blocked: row.blocked,
            expires_at: row.expires_at,
            concurrent: row.concurrent,
            max_cost: row.max_cost,
            max_energy_wh: row.max_energy_wh,
            max_time_s: row.max_time_s,
        }
    }
}

/// A version of a tariff: the one that counts, or one to come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TariffRecord {
    /// The same as in `tariff`.
    pub id: String,
    /// For sessions that start at or after this; absent: from now on, a tariff's first version always.
    pub active_from: Option<DateTime<Utc>>,
    #[serde(default)]
    pub note: String,
    /// What it says; docs/tariffs.md.
    pub tariff: Value,
}

/// A session.
#[derive(Debug, Clone, Serialize)]
pub(super) struct SessionRecord {
    id: String,
    station_id: String,
    evse: i64,
    connector: i64,
    transaction: String,
    protocol: String,
    state: String,
    token: String,
    token_kind: String,
    started_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
    time_zone: String,
    start_mwh: Option<i64>,
    stop_mwh: Option<i64>,
    energy_mwh: i64,
    cost: String,
    currency: String,
    stop_reason: String,
    flags: String,
}

impl SessionRecord {
    pub(super) fn of(row: SessionRow) -> SessionRecord {
        let token = crate::store::tariffs::shown(Some(&row.token_uid), &row.token_kind).unwrap_or_default();
        SessionRecord {
            id: row.id.to_string(),
            token: token.to_owned(),
            station_id: row.station_id,
            evse: row.evse,
            connector: row.connector,
            transaction: row.reference,
            protocol: row.protocol,
            state: row.state,
            token_kind: row.token_kind,
            started_at: row.started_at,
            ended_at: row.ended_at,
            time_zone: row.time_zone,
            start_mwh: row.start_mwh,
            stop_mwh: row.stop_mwh,
            energy_mwh: row.energy_mwh,
            cost: row.cost,
            currency: row.currency,
            stop_reason: row.stop_reason,
            flags: row.flags,
        }
    }
}
