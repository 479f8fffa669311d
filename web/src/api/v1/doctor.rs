//! What keeps the system from working, or will.

use super::{op::Op, page::Page, settings::TAG};
use crate::{WebState, api::Problem};
use axum::{Json, extract::State, http::StatusCode};
use csms::{
    api_key::Scope,
    doctor::{self, Grade},
};
use schemars::JsonSchema;
use serde::Serialize;
use tokio::sync::Semaphore;

/// Disk and database are timed: two at one time would time each other.
static TURN: Semaphore = Semaphore::const_new(1);

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/doctor", "examine", Scope::Admin, examine)
            .says(TAG, "What keeps the system from working, or will, as `csms doctor` finds it where the server runs")
            .answers::<Page<Finding>>(StatusCode::OK, "All that was looked at"),
    ]
}

/// What was looked at.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DoctorFinding")]
struct Finding {
    check: String,
    /// `good`, `warning` or `bad`.
    grade: &'static str,
    found: String,
    /// What to do; empty: nothing.
    mend: String,
}

async fn examine(State(state): State<WebState>) -> Result<Json<Page<Finding>>, Problem> {
    let turn = TURN.acquire().await;
    let found = doctor::examine(&state.app.config, state.app.clock.now()).await;
    drop(turn);
    let view = |one: doctor::Finding| Finding {
        check: one.check.to_owned(),
        grade: match one.grade {
            Grade::Good => "good",
            Grade::Warning => "warning",
            Grade::Bad => "bad",
        },
        found: one.found,
        mend: one.mend,
    };
    Ok(Json(Page { items: found.into_iter().map(view).collect(), next: None }))
}
