//! How a station is at the moment, its EVSEs, and what it reports of itself.

use super::{
    caller::Asker,
    input::{self, Asked, At, Sent},
    op::Op,
    page::{self, Page},
    problem, record_at,
    stations::{TAG, find},
};
use crate::{WebState, api::Problem};
use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use csms::{
    api_key::Scope,
    inventory::{self, Difference},
    store::{
        row::ConnectorState,
        sessions,
        stations::{self as rows, EvseRow},
        variables::{self, VariableRow},
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The standard's EVSE numbers are small; no station has more.
const EVSE_MAX: i64 = 1000;
/// No EVSE delivers as much.
const POWER_MAX_W: i64 = 10_000_000;

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/stations/{id}/status", "getStationStatus", Scope::Read, status)
            .says(TAG, "How a station is at the moment: its link, its connectors, its sessions")
            .answers::<Status>(StatusCode::OK, "As it is now"),
        Op::get("/stations/{id}/evses", "listEvses", Scope::Read, evses)
            .says(TAG, "The EVSEs of a station: those that it has told of, with their connectors, and those about which something was decided")
            .answers::<Page<EvseState>>(StatusCode::OK, "All of them"),
        Op::put("/stations/{id}/evses/{evse}", "putEvse", Scope::Config, put_evse)
            .says(TAG, "Say what an EVSE delivers")
            .body::<EvseFacts>()
            .answers::<Evse>(StatusCode::OK, "As it is now"),
        Op::delete("/stations/{id}/evses/{evse}", "clearEvse", Scope::Config, clear_evse)
            .says(TAG, "Forget what was decided about an EVSE; what the station tells of it stays")
            .done("Nothing is decided about it any more"),
        Op::get("/stations/{id}/variables", "listVariables", Scope::Read, list_variables)
            .says(
                TAG,
                "What a station has reported of itself: its device model, or its configuration keys (which have no \
                 component). The command `inventory` asks for all of it, `read` and `write` for single ones",
            )
            .query::<Wanted>()
            .answers::<Page<Variable>>(StatusCode::OK, "A page"),
        Op::get("/stations/{id}/differences", "listDifferences", Scope::Read, differences)
            .says(TAG, "What two stations have reported, and not alike; of each the first 20,000 values")
            .query::<With>()
            .answers::<Page<Differing>>(StatusCode::OK, "All of it"),
    ]
}

/// How a station is.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "StationStatus")]
struct Status {
    station_id: String,
    online: bool,
    /// Of the station itself; empty = not told.
    status: String,
    error_code: String,
    connectors: Vec<Connector>,
    /// Ids of the sessions that run.
    open_sessions: Vec<String>,
    /// Of a session that starts now with an identifier that has no tariff of its own.
    tariff_id: Option<String>,
    booted_at: Option<DateTime<Utc>>,
    seen_at: Option<DateTime<Utc>>,
    quarantined_until: Option<DateTime<Utc>>,
    quarantine_reason: String,
}

/// A connector's state as reported.
#[derive(Debug, Serialize, JsonSchema)]
struct Connector {
    evse: i64,
    connector: i64,
    status: String,
    error_code: String,
    info: String,
    status_at: DateTime<Utc>,
}

/// An EVSE and what was decided about it.
#[derive(Debug, Serialize, JsonSchema)]
struct Evse {
    evse: i64,
    /// `ac` or `dc`; `null` where nobody has said.
    kind: Option<String>,
    max_power_w: Option<i64>,
}

/// An EVSE, as it was reported and decided.
#[derive(Debug, Serialize, JsonSchema)]
struct EvseState {
    evse: i64,
    /// Somebody has decided something about it.
    decided: bool,
    /// `ac` or `dc`; `null` where nobody has said.
    kind: Option<String>,
    max_power_w: Option<i64>,
    /// As the station reports them; none: it has told nothing of this EVSE.
    connectors: Vec<Connector>,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Ac,
    Dc,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct EvseFacts {
    kind: Option<Kind>,
    #[schemars(range(min = 1, max = 10_000_000))]
    max_power_w: Option<i64>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "VariableFilter")]
struct Wanted {
    limit: Option<i64>,
    cursor: Option<String>,
}

/// A variable's attribute as reported.
#[derive(Debug, Serialize, JsonSchema)]
struct Variable {
    /// Empty: a configuration key of 1.6.
    component: String,
    component_instance: String,
    /// 0 = of the station.
    evse: i64,
    connector: i64,
    name: String,
    instance: String,
    attribute: String,
    /// `null`: it does not say (write-only).
    value: Option<String>,
    mutability: String,
    /// As reported: data type, unit, limits.
    characteristics: Value,
    reported_at: DateTime<Utc>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct With {
    /// The other station.
    with: String,
}

/// A variable's attribute that two stations do not have alike.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "VariableDifference")]
struct Differing {
    /// Empty: a configuration key of 1.6.
    component: String,
    component_instance: String,
    /// 0 = of the station.
    evse: i64,
    connector: i64,
    name: String,
    instance: String,
    attribute: String,
    /// Has this station reported it?
    here_reported: bool,
    /// `null`: not reported, or it does not say.
    here: Option<String>,
    /// Has the other one?
    there_reported: bool,
    there: Option<String>,
}

async fn status(State(state): State<WebState>, At(id): At<String>) -> Result<Json<Status>, Problem> {
    let mut tx = state.app.db.read().await?;
    let row = find(&mut tx, &id).await?;
    let connectors = rows::connectors(&mut tx, &id).await?;
    let open = sessions::open(&mut tx, &id).await?;
    drop(tx);
    let usual = state.app.catalog.usual_tariff(&row.id, row.site_id, state.app.clock.now());
    Ok(Json(Status {
        online: state.app.hub.online(&row.id.as_str().into()),
        status: row.status,
        error_code: row.error_code,
        connectors: connectors.into_iter().map(connector).collect(),
        open_sessions: open.into_iter().map(|row| row.id.to_string()).collect(),
        tariff_id: usual.map(|id| id.to_string()),
        booted_at: row.booted_at,
        seen_at: row.seen_at,
        quarantined_until: row.quarantined_until,
        quarantine_reason: row.quarantine_reason,
        station_id: row.id,
    }))
}

fn connector(row: ConnectorState) -> Connector {
    Connector {
        evse: row.evse,
        connector: row.connector,
        status: row.status,
        error_code: row.error_code,
        info: row.info,
        status_at: row.status_at,
    }
}

fn evse(row: EvseRow) -> Evse {
    Evse {
        evse: row.evse,
        kind: Some(row.kind).filter(|kind| !kind.is_empty()),
        max_power_w: row.max_power_w,
    }
}

async fn evses(State(state): State<WebState>, At(id): At<String>) -> Result<Json<Page<EvseState>>, Problem> {
    let mut tx = state.app.db.read().await?;
    find(&mut tx, &id).await?;
    let decided = rows::evses(&mut tx, &id).await?;
    let reported = rows::connectors(&mut tx, &id).await?;
    drop(tx);
    let empty =
        |evse| EvseState { evse, decided: false, kind: None, max_power_w: None, connectors: Vec::new() };
    let mut found: BTreeMap<i64, EvseState> = BTreeMap::new();
    for row in decided {
        let Evse { evse, kind, max_power_w } = evse(row);
        // What a station has told of is known, too.
        let decided = kind.is_some() || max_power_w.is_some();
        found.insert(evse, EvseState { decided, kind, max_power_w, ..empty(evse) });
    }
    for row in reported {
        found.entry(row.evse).or_insert_with(|| empty(row.evse)).connectors.push(connector(row));
    }
    Ok(Json(Page { items: found.into_values().collect(), next: None }))
}

async fn clear_evse(
    State(state): State<WebState>,
    asker: Asker,
    At((id, number)): At<(String, String)>,
) -> Result<StatusCode, Problem> {
    let evse = input::id("EVSE", &number)?;
    let mut tx = state.app.db.write().await?;
    find(&mut tx, &id).await?;
    if !rows::clear_evse(&mut tx, &id, evse).await? {
        return Err(problem::missing("decision about EVSE", &number));
    }
    record_at(&state, &mut tx, &id, "station.changed", &asker).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn put_evse(
    State(state): State<WebState>,
    asker: Asker,
    At((id, number)): At<(String, String)>,
    Sent(facts): Sent<EvseFacts>,
) -> Result<Json<Evse>, Problem> {
    let number = number.parse().ok().filter(|number| (1..=EVSE_MAX).contains(number));
    let number: i64 = number.ok_or_else(|| problem::missing("EVSE", "from 1 to 1000"))?;
    if facts.max_power_w.is_some_and(|power| !(1..=POWER_MAX_W).contains(&power)) {
        return Err(problem::field("max_power_w", format!("from 1 to {POWER_MAX_W}")));
    }
    let kind = match facts.kind {
        None => "",
        Some(Kind::Ac) => "ac",
        Some(Kind::Dc) => "dc",
    };
    let row = EvseRow {
        station_id: id.clone(),
        evse: number,
        max_power_w: facts.max_power_w,
        kind: kind.to_owned(),
    };
    let mut tx = state.app.db.write().await?;
    find(&mut tx, &id).await?;
    rows::set_evse(&mut tx, &row).await?;
    record_at(&state, &mut tx, &id, "station.changed", &asker).await?;
    tx.commit().await?;
    Ok(Json(evse(row)))
}

async fn list_variables(
    State(state): State<WebState>,
    At(id): At<String>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<Variable>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let after = wanted.cursor.as_deref().map(|cursor| cursor_row(&id, cursor)).transpose()?;
    let mut tx = state.app.db.read().await?;
    find(&mut tx, &id).await?;
    let found = variables::list(&mut tx, &id, after.as_ref(), limit + 1).await?;
    Ok(Json(Page::new(found, limit, cursor_of, variable)))
}

async fn differences(
    State(state): State<WebState>,
    At(id): At<String>,
    Asked(wanted): Asked<With>,
) -> Result<Json<Page<Differing>>, Problem> {
    let mut tx = state.app.db.read().await?;
    find(&mut tx, &id).await?;
    if rows::find(&mut tx, &wanted.with).await?.is_none() {
        return Err(problem::query(format!("with: there is no station {:?}", wanted.with)));
    }
    let here = inventory::of(&mut tx, &id).await?;
    let there = inventory::of(&mut tx, &wanted.with).await?;
    drop(tx);
    let differing = |one: Difference| Differing {
        component: one.key.component,
        component_instance: one.key.component_instance,
        evse: one.key.evse,
        connector: one.key.connector,
        name: one.key.name,
        instance: one.key.instance,
        attribute: one.key.attribute,
        here_reported: one.here.is_some(),
        here: one.here.flatten(),
        there_reported: one.there.is_some(),
        there: one.there.flatten(),
    };
    let items = inventory::differences(&here.rows, &there.rows).into_iter().map(differing).collect();
    Ok(Json(Page { items, next: None }))
}

/// The key of a variable has seven parts.
fn cursor_of(row: &VariableRow) -> String {
    json!([
        row.component,
        row.component_instance,
        row.evse,
        row.connector,
        row.name,
        row.instance,
        row.attribute
    ])
    .to_string()
}

fn cursor_row(station: &str, cursor: &str) -> Result<VariableRow, Problem> {
    let parts: (String, String, i64, i64, String, String, String) =
        serde_json::from_str(cursor).map_err(|_| page::lost())?;
    let (component, component_instance, evse, connector, name, instance, attribute) = parts;
    Ok(VariableRow {
        station_id: station.to_owned(),
        component,
        component_instance,
        evse,
        connector,
        name,
        instance,
        attribute,
        value: None,
        mutability: String::new(),
        characteristics: String::new(),
        reported_at: DateTime::UNIX_EPOCH,
    })
}

fn variable(row: VariableRow) -> Variable {
    Variable {
        component: row.component,
        component_instance: row.component_instance,
        evse: row.evse,
        connector: row.connector,
        name: row.name,
        instance: row.instance,
        attribute: row.attribute,
        value: row.value,
        mutability: row.mutability,
        characteristics: serde_json::from_str(&row.characteristics).unwrap_or(Value::Null),
        reported_at: row.reported_at,
    }
}
