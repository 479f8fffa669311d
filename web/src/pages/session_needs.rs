//! What the vehicle of a session needs, and its plan: a panel of the session's page, and its buttons.

use super::{Click, record};
use crate::{
    WebState,
    front::Fail,
    login::Signed,
    view::{Fact, NeedsView, PlanStep, energy_text},
};
use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use chrono::{DateTime, TimeDelta, Utc};
use csms::{
    needs::{self, Vehicle},
    store::{
        Tx,
        needs::{self as rows, NeedRow, PlanRow},
        sessions,
    },
};
use serde_json::Value;

/// Steps that are listed.
const STEPS: usize = 24;

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new()
        .route("/sessions/{id}/plan/{wish}", post(plan))
        .route("/sessions/{id}/priority/{wish}", post(priority))
}

/// Has the plan made anew (`anew`), or none made (`off`).
async fn plan(
    State(state): State<WebState>,
    Path((id, wish)): Path<(String, String)>,
    signed: Signed<Click>,
) -> Result<Response, Fail> {
    let visit = signed.visit;
    visit.operator()?;
    let plans = match wish.as_str() {
        "anew" => "",
        "off" => "off",
        _ => return Err(Fail::NotFound),
    };
    let id = id.parse().map_err(|_| Fail::NotFound)?;
    let mut tx = state.app.db.write().await?;
    let row = sessions::find(&mut tx, id).await?.filter(|row| row.state == "open").ok_or(Fail::NotFound)?;
    let (now, by) = (visit.shell.now, &visit.account.name);
    record(&state, &mut tx, now, &row.station_id, "session.plan.chosen", by).await?;
    tx.commit().await?;
    needs::choose(&state.app, &row, plans).await?;
    Ok(Redirect::to(&format!("/sessions/{id}?done=plan-kept")).into_response())
}

/// Has the session charge with priority (`on`), or no longer (`off`).
async fn priority(
    State(state): State<WebState>,
    Path((id, wish)): Path<(String, String)>,
    signed: Signed<Click>,
) -> Result<Response, Fail> {
    let visit = signed.visit;
    visit.operator()?;
    let on = match wish.as_str() {
        "on" => true,
        "off" => false,
        _ => return Err(Fail::NotFound),
    };
    let id = id.parse().map_err(|_| Fail::NotFound)?;
    let row = sessions::find(&mut state.app.db.read().await?, id).await?;
    let row = row.filter(|row| row.state == "open").ok_or(Fail::NotFound)?;
    if let Err(error) = needs::prioritize(&state.app, &row, on, &visit.account.name, None).await {
        tracing::warn!(session = id, %error, "priority charging could not be asked for");
    }
    Ok(Redirect::to(&format!("/sessions/{id}?done=plan-kept")).into_response())
}

/// The panel. `None`: the vehicle has told nothing.
pub async fn of(tx: &mut Tx, session: i64) -> Result<Option<NeedsView>, Fail> {
    let Some(need) = rows::find(tx, session).await? else { return Ok(None) };
    let plan = rows::plan(tx, session).await?;
    Ok(Some(view(&need, plan)))
}

fn view(need: &NeedRow, plan: Option<PlanRow>) -> NeedsView {
    let body: Value = serde_json::from_str(&need.body).unwrap_or_default();
    let vehicle = Vehicle::read(&body);
    let mut facts = Vec::new();
    let mut fact = |key: &'static str, value: Option<String>| {
        let value = value.filter(|value| !value.is_empty());
        facts.extend(value.map(|value| Fact { key, value, code: false }));
    };
    let kw = |watts: i64| format!("{} kW", energy_text(watts.saturating_mul(1_000)));
    fact("needs.transfer", Some(vehicle.transfer));
    fact(
        "needs.energy",
        vehicle.energy_wh.map(|wh| format!("{} kWh", energy_text(wh.saturating_mul(1_000)))),
    );
    fact("needs.most", vehicle.most_w.map(kw));
    fact("needs.back", vehicle.back_w.map(kw));
    let kwh = |wh: i64| format!("{} kWh", energy_text(wh.saturating_mul(1_000)));
    fact("needs.use_from", vehicle.both_ways.use_from_wh.map(kwh));
    fact("needs.use_to", vehicle.both_ways.use_to_wh.map(kwh));
    fact("needs.transfers", Some(vehicle.both_ways.transfers.join(", ")));
    fact("needs.control", Some(vehicle.control));
    NeedsView {
        facts,
        departure: vehicle.departure,
        answer: need.answer.clone(),
        reason: need.reason.clone(),
        off: need.plans == "off",
        schedule: need.schedule_answer.clone(),
        priority: need.priority.clone(),
        plan: plan.as_ref().map(|plan| plan.state.clone()).unwrap_or_default(),
        words: plan.as_ref().map(|plan| plan.reason.clone()).unwrap_or_default(),
        steps: plan.map(|plan| steps(&plan.profile)).unwrap_or_default(),
    }
}

/// From when on how much.
fn steps(profile: &str) -> Vec<PlanStep> {
    let profile: Value = serde_json::from_str(profile).unwrap_or_default();
    let schedule = &profile["chargingSchedule"][0];
    let start = schedule["startSchedule"].as_str().and_then(|at| at.parse::<DateTime<Utc>>().ok());
    let unit = schedule["chargingRateUnit"].as_str().unwrap_or_default();
    let list = schedule["chargingSchedulePeriod"].as_array().map(Vec::as_slice).unwrap_or_default();
    let step = |period: &Value| {
        let after = TimeDelta::try_seconds(period["startPeriod"].as_i64()?)?;
        let (power, is_set) = match (&period["setpoint"], &period["limit"]) {
            (Value::Null, limit) => (limit, false),
            (setpoint, _) => (setpoint, true),
        };
        let back = is_set && power.to_string().starts_with('-');
        // A minus sign, as people read it.
        let limit = format!("{} {unit}", power.to_string().replace('-', "\u{2212}"));
        Some(PlanStep { at: start?.checked_add_signed(after)?, limit, is_set, back })
    };
    list.iter().take(STEPS).filter_map(step).collect()
}
