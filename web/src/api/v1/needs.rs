//! What vehicles need, and the plans that were made for them.

use super::{
    again::Once,
    caller::Asker,
    commands::{CommandView, refused, told},
    etag::Tagged,
    input::{At, Sent},
    op::Op,
    problem, record_at,
    sessions::{TAG, find},
};
use crate::{WebState, api::Problem};
use axum::{Json, extract::State, http::StatusCode, response::Response};
use chrono::{DateTime, Utc};
use csms::{
    api_key::Scope,
    command::{self, Until},
    needs::{self, BothWays, Vehicle},
    store::{
        needs::{self as rows, NeedRow, PlanRow},
        row::SessionRow,
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;

/// A station answers within this, or the command is looked at again later.
const WAIT: Duration = Duration::from_secs(30);

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/sessions/{id}/needs", "getNeeds", Scope::Read, show)
            .says(TAG, "What the vehicle of a session has said it needs (ISO 15118), and its plan")
            .answers::<Needs>(StatusCode::OK, "As it is now")
            .tagged(),
        Op::put("/sessions/{id}/plan", "putPlan", Scope::Command, plan)
            .says(TAG, "Have the plan of a session made anew, or have none made")
            .body::<Wish>()
            .answers::<Needs>(StatusCode::OK, "Taken; the station is told in a moment")
            .problem(StatusCode::CONFLICT, "The session has ended"),
        Op::post("/sessions/{id}/priority", "prioritizeSession", Scope::Command, prioritize)
            .says(TAG, "Have a session charge with priority, or no longer (UsePriorityCharging, 2.1)")
            .body::<Priority>()
            .answers::<CommandView>(StatusCode::OK, "The station has answered; `verdict` says how")
            .answers::<CommandView>(StatusCode::ACCEPTED, "Not yet: look at Location again")
            .problem(StatusCode::CONFLICT, "The session has ended, or the station is not connected")
            .problem(StatusCode::SERVICE_UNAVAILABLE, "Too many commands wait for this station"),
    ]
}

/// What a vehicle needs.
#[derive(Debug, Serialize, JsonSchema)]
struct Needs {
    session_id: String,
    /// The transfer that it asks for, e.g. `AC_three_phase`; absent: it has told nothing.
    transfer: Option<String>,
    /// From the grid, as of `told_at`.
    energy_wh: Option<i64>,
    departure: Option<DateTime<Utc>>,
    least_w: Option<i64>,
    most_w: Option<i64>,
    /// The most it could give back.
    back_w: Option<i64>,
    /// What else it has said of giving back; absent: nothing.
    both_ways: Option<BothWays>,
    /// `ScheduledControl` or `DynamicControl`.
    control: Option<String>,
    /// `EVCC` or `EVCC_SECC`.
    mobility: Option<String>,
    told_at: Option<DateTime<Utc>>,
    /// `accepted`, `processing`, `rejected` or `no_plan`.
    answer: Option<String>,
    reason: Option<String>,
    /// An operator wants no plan for this session.
    plans_off: bool,
    /// NotifyEVChargingSchedule as it was told: what the vehicle will do.
    schedule: Option<Value>,
    schedule_at: Option<DateTime<Utc>>,
    /// `accepted`, or `rejected` because it exceeds the plan.
    schedule_answer: Option<String>,
    /// `on` or `off`: what the station has said of priority charging last.
    priority: Option<String>,
    plan: Option<Plan>,
}

/// A plan for a vehicle.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "VehiclePlan")]
struct Plan {
    /// `sent`, `set`, `refused`, `lost` or `none`.
    state: String,
    /// In words.
    reason: String,
    /// Of what is needed, not before the departure.
    missing_wh: i64,
    /// ChargingProfile as it is on the wire.
    profile: Value,
    command_id: Option<String>,
    at: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "PlanChoice")]
enum Choice {
    /// Make it again, of what is known now.
    Anew,
    /// Make none, and take back what the station holds.
    Off,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PlanWish")]
struct Wish {
    plan: Choice,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PriorityWish")]
struct Priority {
    on: bool,
}

async fn read(state: &WebState, session: i64) -> Result<Needs, Problem> {
    let mut tx = state.app.db.read().await?;
    let need = rows::find(&mut tx, session).await?.unwrap_or_default();
    Ok(view(session, need, rows::plan(&mut tx, session).await?))
}

async fn show(State(state): State<WebState>, At(number): At<String>) -> Result<Tagged<Needs>, Problem> {
    let session = find(&state, &number).await?;
    Ok(Tagged(read(&state, session.id).await?))
}

async fn plan(
    State(state): State<WebState>,
    asker: Asker,
    At(number): At<String>,
    Sent(wish): Sent<Wish>,
) -> Result<Json<Needs>, Problem> {
    let session = running(&state, &number).await?;
    let plans = match wish.plan {
        Choice::Anew => "",
        Choice::Off => "off",
    };
    let mut tx = state.app.db.write().await?;
    record_at(&state, &mut tx, &session.station_id, "session.plan.chosen", &asker).await?;
    tx.commit().await?;
    needs::choose(&state.app, &session, plans).await?;
    Ok(Json(read(&state, session.id).await?))
}

async fn prioritize(
    State(state): State<WebState>,
    asker: Asker,
    once: Once,
    At(number): At<String>,
    Sent(wish): Sent<Priority>,
) -> Result<Response, Problem> {
    let session = running(&state, &number).await?;
    let row =
        needs::prioritize(&state.app, &session, wish.on, &asker.name, once.name()).await.map_err(refused)?;
    let stands = command::wait(&state.app, row.id, Until::Answer, WAIT).await?;
    Ok(told(stands.unwrap_or(row), Until::Answer))
}

async fn running(state: &WebState, number: &str) -> Result<SessionRow, Problem> {
    let session = find(state, number).await?;
    match session.state.as_str() {
        "open" => Ok(session),
        _ => Err(problem::conflict("session-ended", "The session has ended".to_owned())),
    }
}

fn view(session: i64, need: NeedRow, plan: Option<PlanRow>) -> Needs {
    let some = |text: String| Some(text).filter(|text| !text.is_empty());
    let json = |text: &str| serde_json::from_str::<Value>(text).ok();
    let vehicle = json(&need.body).map(|body| Vehicle::read(&body));
    let told = vehicle.is_some();
    let of = |field: fn(&Vehicle) -> Option<i64>| vehicle.as_ref().and_then(field);
    Needs {
        session_id: session.to_string(),
        energy_wh: of(|vehicle| vehicle.energy_wh),
        departure: vehicle.as_ref().and_then(|vehicle| vehicle.departure),
        least_w: of(|vehicle| Some(vehicle.least_w)),
        most_w: of(|vehicle| vehicle.most_w),
        back_w: of(|vehicle| vehicle.back_w),
        both_ways: vehicle
            .as_ref()
            .map(|vehicle| vehicle.both_ways.clone())
            .filter(|both| *both != BothWays::default()),
        control: vehicle.as_ref().and_then(|vehicle| some(vehicle.control.clone())),
        mobility: vehicle.as_ref().and_then(|vehicle| some(vehicle.mobility.clone())),
        transfer: vehicle.map(|vehicle| vehicle.transfer),
        told_at: told.then_some(need.told_at),
        answer: some(need.answer),
        reason: some(need.reason),
        plans_off: need.plans == "off",
        schedule: json(&need.schedule),
        schedule_at: need.schedule_at,
        schedule_answer: some(need.schedule_answer),
        priority: some(need.priority),
        plan: plan.map(|plan| Plan {
            state: plan.state,
            reason: plan.reason,
            missing_wh: plan.missing_wh,
            profile: json(&plan.profile).unwrap_or(Value::Null),
            command_id: plan.command_id.map(|id| id.to_string()),
            at: plan.at,
        }),
    }
}
