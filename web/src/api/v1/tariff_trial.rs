//! What sessions would cost: one that is made up, and those that were.

use super::{
    input::{Sent, reference, word},
    op::Op,
    problem,
    tariffs::TAG,
};
use crate::{WebState, api::Problem};
use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use csms::{
    api_key::Scope,
    store::{sites, versions},
    tariff_text,
    whatif::{self, Ask, WhatIfError, files, period::Period},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use tariffs::{Plan, Policy};
use tokio::sync::Semaphore;

/// Sessions that are priced again for one request.
const SESSIONS_MAX: u64 = 5_000;
/// Readings of a session that is made up.
const READINGS_MAX: usize = 2_000;
/// Pricing many sessions anew keeps a core busy: one at a time.
static TURN: Semaphore = Semaphore::const_new(1);

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::post("/tariffs/preview", "previewTariff", Scope::Read, preview)
            .says(TAG, "What a session with these readings would cost, from the first to the last. Nothing is kept")
            .body::<Preview>()
            .answers::<Previewed>(StatusCode::OK, "Its bill"),
        Op::post("/tariffs/simulate", "simulateTariff", Scope::Read, simulate)
            .says(
                TAG,
                "What past sessions would have cost under another tariff, from their stored readings, and how that changes their \
                 cost; 5,000 sessions at most. Nothing is changed",
            )
            .body::<Simulation>()
            .answers::<Map<String, Value>>(StatusCode::OK, "As `csms tariff simulate --json` prints it")
            .problem(StatusCode::CONFLICT, "They are of another currency than the tariff, or there are too many of them"),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TariffPreview")]
struct Preview {
    /// What it says, in our words, OCPI's or OCPP's. Either this or `tariff_id`.
    tariff: Option<Map<String, Value>>,
    /// The version of a tariff of ours that counts now.
    tariff_id: Option<String>,
    /// Of the site, e.g. `Europe/Berlin`; `UTC` if nothing is said.
    time_zone: Option<String>,
    #[schemars(length(min = 1, max = 2_000))]
    readings: Vec<Reading>,
}

/// What a meter told.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PreviewReading")]
struct Reading {
    at: DateTime<Utc>,
    /// The standing of the meter, decimal text; absent: as before.
    #[serde(skip_serializing_if = "Option::is_none")]
    register_kwh: Option<String>,
    /// From then on.
    #[serde(skip_serializing_if = "Option::is_none")]
    activity: Option<Activity>,
    /// From then on, decimal text.
    #[serde(skip_serializing_if = "Option::is_none")]
    power_kw: Option<String>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "PreviewActivity")]
enum Activity {
    Charging,
    Parking,
}

/// What a session would cost.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PreviewedBill")]
struct Previewed {
    /// Its lines and taxes, as the body of a bill.
    bill: Map<String, Value>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TariffSimulation")]
struct Simulation {
    /// What it says, in our words, OCPI's or OCPP's. Either this or `tariff_id`.
    tariff: Option<Map<String, Value>>,
    /// The version of a tariff of ours that counts now.
    tariff_id: Option<String>,
    /// Sessions that started at this instant or later …
    from: DateTime<Utc>,
    /// … and before this.
    to: DateTime<Utc>,
    /// Only at this site.
    site_id: Option<String>,
    /// Only at this station.
    station_id: Option<String>,
    /// Only those that were priced under the tariff of this id.
    present_tariff_id: Option<String>,
}

/// The tariff that is meant, ready. What is tried need not be fit to be published.
async fn plan(
    state: &WebState,
    tariff: Option<Map<String, Value>>,
    id: Option<String>,
) -> Result<Arc<Plan>, Problem> {
    let text = match (tariff, id) {
        (Some(says), None) => Value::Object(says).to_string(),
        (None, Some(id)) => {
            let now = state.app.clock.now();
            let standing = versions::standing(&mut state.app.db.read().await?, &id).await?;
            let counts =
                standing.into_iter().filter(|row| row.active_from <= now).max_by_key(|row| row.active_from);
            counts.ok_or_else(|| problem::field("tariff_id", "no version of it counts now"))?.body
        }
        _ => return Err(problem::field("tariff", "either tariff or tariff_id")),
    };
    let made = tokio::task::spawn_blocking(move || {
        let loaded = tariff_text::parse(&text, None, None)?;
        Plan::with_policy(Arc::new(loaded.tariff), Policy::default())
    });
    let made = made.await.map_err(|_| Problem::broken())?;
    made.map(Arc::new).map_err(|invalid| problem::field("tariff", invalid))
}

async fn preview(
    State(state): State<WebState>,
    Sent(wish): Sent<Preview>,
) -> Result<Json<Previewed>, Problem> {
    let zone: Tz = wish.time_zone.as_deref().unwrap_or("UTC").parse().map_err(|_| {
        problem::field("time_zone", "it is no time zone like Europe/Amsterdam or Asia/Shanghai")
    })?;
    if wish.readings.is_empty() || wish.readings.len() > READINGS_MAX {
        return Err(problem::field("readings", format!("1 to {READINGS_MAX} of them")));
    }
    let plan = plan(&state, wish.tariff, wish.tariff_id).await?;
    let rows: Vec<Value> = wish
        .readings
        .iter()
        .map(|reading| {
            let mut row = serde_json::to_value(reading).unwrap_or_default();
            row["session"] = json!("preview");
            row["register_kwh"] = json!(reading.register_kwh);
            row
        })
        .collect();
    let text = Value::Array(rows).to_string();
    let priced = tokio::task::spawn_blocking(move || {
        let sessions = files::sessions(&text)?;
        Ok(sessions.values().next().map(|readings| files::bill(&plan, zone, readings)))
    });
    let bill = priced
        .await
        .map_err(|_| Problem::broken())?
        .map_err(|error: WhatIfError| problem::field("readings", error))?;
    match serde_json::to_value(bill) {
        Ok(Value::Object(bill)) => Ok(Json(Previewed { bill })),
        _ => Err(Problem::broken()),
    }
}

async fn simulate(
    State(state): State<WebState>,
    Sent(wish): Sent<Simulation>,
) -> Result<Json<Map<String, Value>>, Problem> {
    if wish.to <= wish.from {
        return Err(problem::field("to", "after from"));
    }
    let site = wish.site_id.as_deref().map(|site| reference("site_id", site)).transpose()?;
    if let Some(id) = site
        && sites::find(&mut state.app.db.read().await?, id).await?.is_none()
    {
        return Err(problem::field("site_id", "there is no such site"));
    }
    let station = wish.station_id.map(|id| word("station_id", &id, 48)).transpose()?;
    let plan = plan(&state, wish.tariff, wish.tariff_id).await?;
    let ask = Ask {
        plan,
        period: Period::Between { from: wish.from, to: wish.to },
        site,
        station,
        tariff: wish.present_tariff_id,
        most: Some(SESSIONS_MAX),
    };
    let turn = TURN.acquire().await;
    let outcome = whatif::replay(&state.app.db, &ask, |_| {}).await;
    drop(turn);
    match serde_json::to_value(outcome.map_err(refused)?) {
        Ok(Value::Object(outcome)) => Ok(Json(outcome)),
        _ => Err(Problem::broken()),
    }
}

fn refused(error: WhatIfError) -> Problem {
    match error {
        WhatIfError::Store(error) => error.into(),
        WhatIfError::Currency { .. } => problem::conflict("other-currency", error.to_string()),
        WhatIfError::TooMany(_) => problem::conflict("too-many", error.to_string()),
        WhatIfError::File { .. } | WhatIfError::CutOff(_) => {
            tracing::error!(%error, "past sessions could not be priced again");
            Problem::broken()
        }
    }
}
