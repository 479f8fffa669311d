//! `POST /api/stations/{id}/call`: any OCPP call, checked against the schema of the station's version, and its answer.

use super::{Problem, stations::find};
use crate::{WebState, login::Caller};
use axum::{
    Json,
    extract::{Path, State, rejection::JsonRejection},
    http::StatusCode,
};
use csms::link::hub::AskError;
use ocpp::Fault;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    action: String,
    #[serde(default = "empty")]
    payload: Value,
}

fn empty() -> Value {
    json!({})
}

/// What the station answered.
#[derive(Debug, Serialize)]
pub struct Answer {
    action: String,
    /// Of the negotiated version, checked against its schema.
    payload: Value,
}

/// Sends a call and waits for the answer.
pub async fn call(
    State(state): State<WebState>,
    caller: Caller,
    Path(id): Path<String>,
    body: Result<Json<Call>, JsonRejection>,
) -> Result<Json<Answer>, Problem> {
    caller.operator()?;
    let Json(call) = body.map_err(|error| Problem::invalid(error.body_text()))?;
    find(&mut state.app.db.read().await?, &id).await?;
    let timeout = Duration::from_secs(state.app.config.ocpp.call_timeout_s);
    tracing::info!(station = id, action = call.action, by = caller.account.name, "a call by the API");
    match state.app.hub.ask(&id.as_str().into(), call.action.clone(), call.payload, timeout).await {
        Ok(payload) => Ok(Json(Answer { action: call.action, payload })),
        Err(error) => Err(problem(&error)),
    }
}

fn problem(error: &AskError) -> Problem {
    let (status, word, title) = match error {
        AskError::Offline => (StatusCode::CONFLICT, "offline", "The station is not connected"),
        AskError::QueueFull | AskError::NotSent => {
            (StatusCode::SERVICE_UNAVAILABLE, "queue-full", "The call was not sent")
        }
        AskError::Timeout | AskError::Disconnected => {
            (StatusCode::GATEWAY_TIMEOUT, "no-answer", "The station did not answer")
        }
        AskError::Refused(_) => (StatusCode::BAD_GATEWAY, "refused", "The station answered with an error"),
        AskError::Invalid(_) => {
            (StatusCode::UNPROCESSABLE_ENTITY, "invalid-call", "The call is not as the protocol wants it")
        }
        AskError::InvalidAnswer(_) => {
            (StatusCode::BAD_GATEWAY, "invalid-answer", "The answer is not as the protocol wants it")
        }
    };
    let problem = Problem::new(status, word, title).detail(error.to_string());
    match error {
        AskError::Refused(fault) | AskError::Invalid(fault) | AskError::InvalidAnswer(fault) => {
            problem.error(fault_json(fault))
        }
        _ => problem,
    }
}

fn fault_json(fault: &Fault) -> Value {
    json!({
        "code": fault.code.spelling(ocpp::Version::NEWEST),
        "description": fault.description,
        "details": fault.details,
    })
}
