//! Sessions and their readings as programs see them.

use chrono::{DateTime, Utc};
use csms::store::{
    row::{ReadingRow, SessionRow},
    tariffs::masked,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// A session as programs see it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Session {
    id: String,
    station_id: String,
    /// 0 = not told.
    evse: i64,
    connector: i64,
    /// Transaction id on the wire.
    transaction: String,
    protocol: String,
    /// `open` or `ended`.
    state: String,
    token: String,
    token_kind: String,
    /// What the station was told about the token.
    verdict: String,
    started_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
    last_at: DateTime<Utc>,
    time_zone: String,
    energy_mwh: i64,
    start_mwh: Option<i64>,
    stop_mwh: Option<i64>,
    power_w: Option<i64>,
    soc_percent: Option<i64>,
    charging_state: String,
    stop_reason: String,
    /// Including tax, so far; absent without a tariff.
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    /// What is odd.
    flags: Vec<String>,
}

/// What one message told about the session.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reading {
    at: DateTime<Utc>,
    received_at: DateTime<Utc>,
    /// `start`, `update` or `end`.
    phase: String,
    seq: Option<i64>,
    register_mwh: Option<i64>,
    power_w: Option<i64>,
    soc_percent: Option<i64>,
    /// All samples of the message.
    body: Value,
}

pub fn session(row: SessionRow) -> Session {
    let some = |text: String| Some(text).filter(|text| !text.is_empty());
    Session {
        id: row.id.to_string(),
        station_id: row.station_id,
        evse: row.evse,
        connector: row.connector,
        transaction: row.reference,
        protocol: row.protocol,
        state: row.state,
        token: masked(row.token_uid, &row.token_kind),
        token_kind: row.token_kind,
        verdict: row.verdict,
        started_at: row.started_at,
        ended_at: row.ended_at,
        last_at: row.last_at,
        time_zone: row.time_zone,
        energy_mwh: row.energy_mwh,
        start_mwh: row.start_mwh,
        stop_mwh: row.stop_mwh,
        power_w: row.power_w,
        soc_percent: row.soc_percent,
        charging_state: row.charging_state,
        stop_reason: row.stop_reason,
        cost: some(row.cost),
        currency: some(row.currency),
        flags: row.flags.split(',').filter(|flag| !flag.is_empty()).map(str::to_owned).collect(),
    }
}

pub fn reading(row: ReadingRow) -> Reading {
    Reading {
        at: row.at,
        received_at: row.received_at,
        phase: row.phase,
        seq: row.seq,
        register_mwh: row.register_mwh,
        power_w: row.power_w,
        soc_percent: row.soc_percent,
        body: serde_json::from_str(&row.body).unwrap_or(Value::Null),
    }
}
