//! Tariffs, their versions and assignments as programs see them.

use chrono::{DateTime, Utc};
use csms::store::{
    assignments::AssignmentRow,
    tariffs::{self as rows, TariffRow},
    versions::VersionRow,
};
use schemars::JsonSchema;
use serde::Serialize;

/// A tariff as programs see it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Tariff {
    id: String,
    name: String,
    /// ISO 4217.
    currency: String,
    /// OCPI's TariffType in lower case; `null` = for all.
    kind: Option<String>,
    /// The version for sessions that start now.
    active_version: Option<i64>,
    /// The one that follows it, and from when on.
    next_version: Option<i64>,
    next_from: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

/// A version.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "TariffVersion")]
pub struct Version {
    version: i64,
    /// 1970-01-01: from the beginning.
    active_from: DateTime<Utc>,
    note: String,
    created_by: String,
    created_at: DateTime<Utc>,
    withdrawn_at: Option<DateTime<Utc>>,
}

/// Where, for whom and when a tariff counts; what is `null` is not restricted.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Assignment {
    id: String,
    site_id: Option<String>,
    station_id: Option<String>,
    evse: Option<i64>,
    group: Option<String>,
    /// A key code is a secret and shown as `***`.
    token: Option<String>,
    token_kind: Option<String>,
    priority: i64,
    valid_from: Option<DateTime<Utc>>,
    valid_to: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

pub fn tariff(row: TariffRow, around: &[&VersionRow], now: DateTime<Utc>) -> Tariff {
    let active = around.iter().find(|one| one.active_from <= now);
    let next = around.iter().find(|one| one.active_from > now);
    Tariff {
        id: row.id,
        name: row.name,
        currency: row.currency,
        kind: Some(row.kind).filter(|kind| !kind.is_empty()),
        active_version: active.map(|one| one.version),
        next_version: next.map(|one| one.version),
        next_from: next.map(|one| one.active_from),
        created_at: row.created_at,
    }
}

pub fn version(row: VersionRow) -> Version {
    Version {
        version: row.version,
        active_from: row.active_from,
        note: row.note,
        created_by: row.created_by,
        created_at: row.created_at,
        withdrawn_at: row.withdrawn_at,
    }
}

pub fn assignment(row: AssignmentRow) -> Assignment {
    Assignment {
        id: row.id.to_string(),
        site_id: row.site_id.map(|id| id.to_string()),
        token: rows::shown(row.token_uid.as_deref(), &row.token_kind).map(str::to_owned),
        station_id: row.station_id,
        evse: row.evse,
        group: row.group_uid,
        token_kind: Some(row.token_kind).filter(|kind| !kind.is_empty()),
        priority: row.priority,
        valid_from: row.valid_from,
        valid_to: row.valid_to,
        created_at: row.created_at,
    }
}
