//! `GET /api/tariffs`, `GET /api/tariffs/{id}`.

use super::{Listing, Paging, Problem};
use crate::{WebState, login::Caller};
use axum::{
    Json,
    extract::{Path, Query, State, rejection::QueryRejection},
};
use chrono::{DateTime, Utc};
use csms::store::{
    assignments::{self, AssignmentRow},
    offers,
    tariffs::{self as rows, TariffRow},
    versions::{self, VersionRow},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A tariff as programs see it.
#[derive(Debug, Serialize)]
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

/// A tariff with what it says, its versions and where it counts.
#[derive(Debug, Serialize)]
pub struct Whole {
    #[serde(flatten)]
    tariff: Tariff,
    /// What a version says, as `csms tariff add` takes it: the active one, or the one asked for.
    content: Option<Value>,
    /// Newest first.
    versions: Listing<Version>,
    /// Those that count or will, in the order they were made.
    assignments: Listing<Assignment>,
}

/// A version; `GET /api/tariffs/{id}?version=N` has what it says.
#[derive(Debug, Serialize)]
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
#[derive(Debug, Serialize)]
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

/// What of a tariff is wanted.
#[derive(Debug, Default, Deserialize)]
pub struct Wanted {
    /// Whose content; else the active one's.
    version: Option<i64>,
    limit: Option<i64>,
    /// `next` of `versions`.
    versions_cursor: Option<i64>,
    /// `next` of `assignments`.
    assignments_cursor: Option<i64>,
}

/// Tariffs in the order of their ids.
pub async fn list(
    State(state): State<WebState>,
    _caller: Caller,
    paging: Result<Query<Paging>, QueryRejection>,
) -> Result<Json<Listing<Tariff>>, Problem> {
    let Query(paging) = paging.map_err(|error| Problem::invalid(error.body_text()))?;
    let now = state.app.clock.now();
    let mut tx = state.app.db.read().await?;
    let found = rows::list(&mut tx, paging.cursor.as_deref(), paging.limit() + 1).await?;
    let around = match (found.first(), found.last()) {
        (Some(first), Some(last)) => offers::around(&mut tx, &first.id, &last.id, now).await?,
        _ => Vec::new(),
    };
    Ok(Json(Listing::new(
        found,
        paging.limit(),
        |row| row.id.clone(),
        |row| {
            let own: Vec<&VersionRow> = around.iter().filter(|one| one.tariff_id == row.id).collect();
            tariff(row, &own, now)
        },
    )))
}

/// One tariff.
pub async fn show(
    State(state): State<WebState>,
    _caller: Caller,
    Path(id): Path<String>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<Whole>, Problem> {
    let Query(wanted) = wanted.map_err(|error| Problem::invalid(error.body_text()))?;
    let now = state.app.clock.now();
    let limit = Paging { limit: wanted.limit, cursor: None }.limit();
    let mut tx = state.app.db.read().await?;
    let missing = || Problem::not_found().detail(format!("There is no tariff {id:?}"));
    let row = rows::find(&mut tx, &id).await?.ok_or_else(missing)?;
    let around = offers::around(&mut tx, &id, &id, now).await?;
    let content = match wanted.version {
        Some(number) => {
            let missing =
                || Problem::not_found().detail(format!("The tariff {id:?} has no version {number}"));
            Some(versions::find(&mut tx, &id, number).await?.ok_or_else(missing)?)
        }
        None => around.iter().find(|one| one.active_from <= now).cloned(),
    };
    let history = versions::list(&mut tx, &id, wanted.versions_cursor, limit + 1).await?;
    let until = assignments::Filter { tariff: Some(&id), until: Some(now) };
    let assigned = assignments::list(&mut tx, &until, wanted.assignments_cursor, limit + 1).await?;
    drop(tx);
    Ok(Json(Whole {
        tariff: tariff(row, &around.iter().collect::<Vec<_>>(), now),
        content: content.and_then(|version| serde_json::from_str(&version.body).ok()),
        versions: Listing::new(history, limit, |row| row.version.to_string(), version),
        assignments: Listing::new(assigned, limit, |row| row.id.to_string(), assignment),
    }))
}

fn tariff(row: TariffRow, around: &[&VersionRow], now: DateTime<Utc>) -> Tariff {
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

fn version(row: VersionRow) -> Version {
    Version {
        version: row.version,
        active_from: row.active_from,
        note: row.note,
        created_by: row.created_by,
        created_at: row.created_at,
        withdrawn_at: row.withdrawn_at,
    }
}

fn assignment(row: AssignmentRow) -> Assignment {
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
