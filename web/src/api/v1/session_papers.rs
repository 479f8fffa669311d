//! What a session cost and why: its bills, the tariff that it started with, and what its station was told to show.

use super::{
    etag::Tagged,
    input::At,
    op::Op,
    page::Page,
    problem,
    sessions::{Bill, TAG, bill_view, find},
};
use crate::{WebState, api::Problem};
use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use csms::{
    api_key::Scope,
    store::{bills, costs, tariffs},
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/sessions/{id}/bills", "listBills", Scope::Read, list_bills)
            .says(
                TAG,
                "The bills of a session, the newest first: a late message makes a new one. 200 at most",
            )
            .answers::<Page<Bill>>(StatusCode::OK, "All of them"),
        Op::get("/sessions/{id}/tariff", "getSessionTariff", Scope::Read, tariff)
            .says(
                TAG,
                "The tariff of a session as it was when it started; with its discounts. It is never changed",
            )
            .answers::<Snapshot>(StatusCode::OK, "The tariff")
            .tagged(),
        Op::get("/sessions/{id}/cost-told", "getCostTold", Scope::Read, cost_told)
            .says(TAG, "What the station was told last of a session's cost, for its display")
            .answers::<CostTold>(StatusCode::OK, "What was told"),
    ]
}

/// The tariff of a session.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SessionTariff")]
struct Snapshot {
    session_id: String,
    /// SHA-256 of what it says.
    hash: String,
    /// By whose clock its times of day count.
    time_zone: String,
    /// What it says; docs/tariffs.md.
    tariff: Value,
}

/// What a station was told of a session's cost.
#[derive(Debug, Serialize, JsonSchema)]
struct CostTold {
    session_id: String,
    station_id: String,
    /// `running` or `final`.
    kind: String,
    /// The session's charging state then.
    state: String,
    cost: String,
    /// `Accepted`, or why not.
    answer: String,
    told_at: DateTime<Utc>,
    /// Calls in a row that came to nothing.
    tries: i64,
}

async fn list_bills(
    State(state): State<WebState>,
    At(number): At<String>,
) -> Result<Json<Page<Bill>>, Problem> {
    let row = find(&state, &number).await?;
    let found = bills::revisions(&mut state.app.db.read().await?, row.id).await?;
    Ok(Json(Page { items: found.into_iter().map(bill_view).collect(), next: None }))
}

async fn tariff(State(state): State<WebState>, At(number): At<String>) -> Result<Tagged<Snapshot>, Problem> {
    let row = find(&state, &number).await?;
    let missing = || problem::missing("tariff of session", &number);
    let hash = row.tariff_hash.ok_or_else(missing)?;
    let body = tariffs::snapshot(&mut state.app.db.read().await?, &hash).await?.ok_or_else(missing)?;
    Ok(Tagged(Snapshot {
        session_id: row.id.to_string(),
        hash,
        time_zone: row.time_zone,
        tariff: serde_json::from_str(&body).unwrap_or(Value::Null),
    }))
}

async fn cost_told(State(state): State<WebState>, At(number): At<String>) -> Result<Json<CostTold>, Problem> {
    let row = find(&state, &number).await?;
    let told = costs::of_session(&mut state.app.db.read().await?, row.id).await?;
    let told = told.ok_or_else(|| problem::missing("cost told of session", &number))?;
    Ok(Json(CostTold {
        session_id: told.session_id.to_string(),
        station_id: told.station_id,
        kind: told.kind,
        state: told.state,
        cost: told.cost,
        answer: told.answer,
        told_at: told.told_at,
        tries: told.tries,
    }))
}
