//! What stations watch by themselves, and what they have told of it.

use super::{
    input::{Asked, At},
    op::Op,
    page::{self, Page},
    stations::{TAG, find},
};
use crate::{WebState, api::Problem};
use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use csms::{
    api_key::Scope,
    store::monitors::{self, MonitorEventRow, MonitorRow},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/stations/{id}/monitors", "listMonitors", Scope::Read, list)
            .says(
                TAG,
                "The monitors of a station, as far as it has told; the commands `list-monitors`, `set-monitors` and \
                 `clear-monitors` ask it and change them",
            )
            .answers::<Page<Monitor>>(StatusCode::OK, "All of them, those that are raised first, then the gravest"),
        Op::get("/stations/{id}/monitor-events", "listMonitorEvents", Scope::Read, events)
            .says(TAG, "What the monitors of a station have told, the newest first")
            .query::<Wanted>()
            .answers::<Page<MonitorEvent>>(StatusCode::OK, "A page"),
    ]
}

/// A monitor of a station.
#[derive(Debug, Serialize, JsonSchema)]
struct Monitor {
    /// The station's own number.
    id: i64,
    component: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    component_instance: String,
    evse: Option<i64>,
    connector: Option<i64>,
    variable: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    instance: String,
    /// As the standard names it, e.g. `UpperThreshold`.
    kind: String,
    /// Decimal text: a limit, a difference, or seconds.
    value: String,
    /// 0 (danger) to 9 (debug).
    severity: i64,
    /// Only while a session runs.
    transaction: bool,
    /// `custom`, `preconfigured` or `hard-wired`; `null`: the station does not say.
    origin: Option<String>,
    /// Its limit is passed, and was not met again.
    raised: bool,
    /// That it has told last, …
    last_value: Option<String>,
    /// … and when.
    last_at: Option<DateTime<Utc>>,
    /// When the station has told of it.
    told_at: DateTime<Utc>,
}

/// Something that a monitor has told.
#[derive(Debug, Serialize, JsonSchema)]
struct MonitorEvent {
    at: DateTime<Utc>,
    /// The station's number of the monitor; `null`: it has none.
    monitor: Option<i64>,
    /// The station's number of the event, …
    event: i64,
    /// … and of the one that has brought it about.
    cause: Option<i64>,
    /// `Alerting`, `Delta` or `Periodic`.
    trigger: String,
    severity: Option<i64>,
    component: String,
    evse: Option<i64>,
    connector: Option<i64>,
    variable: String,
    value: String,
    /// What was told before is over.
    cleared: bool,
    /// The maker's code and words.
    #[serde(skip_serializing_if = "String::is_empty")]
    detail: String,
    /// OCPP's id of the session it was in.
    transaction: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "MonitorEventFilter")]
struct Wanted {
    /// Of this monitor.
    monitor: Option<i64>,
    limit: Option<i64>,
    cursor: Option<String>,
}

async fn list(State(state): State<WebState>, At(id): At<String>) -> Result<Json<Page<Monitor>>, Problem> {
    let mut tx = state.app.db.read().await?;
    find(&mut tx, &id).await?;
    let found = monitors::list(&mut tx, &id).await?;
    Ok(Json(Page { items: found.into_iter().map(monitor).collect(), next: None }))
}

async fn events(
    State(state): State<WebState>,
    At(id): At<String>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<MonitorEvent>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let before = page::after(wanted.cursor.as_deref())?;
    let mut tx = state.app.db.read().await?;
    find(&mut tx, &id).await?;
    let found = monitors::events(&mut tx, &id, wanted.monitor, before, limit + 1).await?;
    Ok(Json(Page::new(found, limit, |row| row.id.to_string(), event)))
}

/// 0 stands for the station.
fn place(number: i64) -> Option<i64> {
    (number > 0).then_some(number)
}

fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

fn monitor(row: MonitorRow) -> Monitor {
    Monitor {
        id: row.monitor_id,
        component: row.component,
        component_instance: row.component_instance,
        evse: place(row.evse),
        connector: place(row.connector),
        variable: row.name,
        instance: row.instance,
        kind: row.kind,
        value: row.value,
        severity: row.severity,
        transaction: row.in_session,
        origin: some(row.origin),
        raised: row.raised,
        last_value: row.last_at.map(|_| row.last_value),
        last_at: row.last_at,
        told_at: row.told_at,
    }
}

fn event(row: MonitorEventRow) -> MonitorEvent {
    MonitorEvent {
        at: row.at,
        monitor: row.monitor_id,
        event: row.number,
        cause: row.cause,
        trigger: row.word,
        severity: row.severity,
        component: row.component,
        evse: place(row.evse),
        connector: place(row.connector),
        variable: row.name,
        value: row.value,
        cleared: row.cleared,
        detail: row.detail,
        transaction: some(row.transaction_ref),
    }
}
