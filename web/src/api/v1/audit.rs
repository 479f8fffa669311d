//! The audit: where sessions, readings, bills and CDRs do not say the same.

use super::{
    again::Once,
    caller::Asker,
    etag::Tagged,
    input::{Asked, At, Sent, id, reference},
    op::Op,
    page::{self, Page},
    problem,
};
use crate::{WebState, api::Problem};
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use csms::{
    api_key::Scope,
    audit::{Kind, job},
    store::{
        audit_runs::{self as rows, Begun, RunRow},
        findings::{self, FindingRow},
        sessions,
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

const TAG: &str = "Audit";

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/audit/findings", "listAuditFindings", Scope::Read, list_findings)
            .says(TAG, "Where a session, its readings, its bill and its CDR do not say the same, the newest session first")
            .query::<Wanted>()
            .answers::<Page<Finding>>(StatusCode::OK, "A page"),
        Op::post("/audit/runs", "startAudit", Scope::Command, start)
            .says(
                TAG,
                "Audit sessions that have ended, in the background, the newest first; one run at a time, and 100,000 sessions \
                 at most. The server does the same by itself for every new bill",
            )
            .body::<NewRun>()
            .answers::<Run>(StatusCode::ACCEPTED, "It has begun: look at Location again")
            .problem(StatusCode::CONFLICT, "Another run is under way; `error` has it"),
        Op::get("/audit/runs", "listAudits", Scope::Read, list)
            .says(TAG, "Runs that somebody has asked for, the newest first")
            .query::<Paging>()
            .answers::<Page<Run>>(StatusCode::OK, "A page"),
        Op::get("/audit/runs/{id}", "getAudit", Scope::Read, show)
            .says(TAG, "How far a run is")
            .answers::<Run>(StatusCode::OK, "The run")
            .tagged(),
        Op::delete("/audit/runs/{id}", "stopAudit", Scope::Command, stop)
            .says(TAG, "Stop a run; what it has found stays")
            .answers::<Run>(StatusCode::OK, "It is stopped")
            .problem(StatusCode::CONFLICT, "It is over"),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AuditFindingFilter")]
struct Wanted {
    /// Of this session.
    session_id: Option<String>,
    /// `register`, `readings`, `energy`, `cost`, `tariff`, `bill`, `sums`, `periods`, `cdr-2.2.1` or `cdr-2.3.0`.
    kind: Option<String>,
    /// With those that a later audit has not found any more.
    #[serde(default)]
    cleared: bool,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// What differs in a session in one way.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AuditFinding")]
struct Finding {
    session_id: String,
    kind: String,
    /// What is there, and what should be: `field`, `is`, `should`.
    differs: Vec<Value>,
    /// Of the bill that was audited last.
    bill_revision: i64,
    first_at: DateTime<Utc>,
    last_at: DateTime<Utc>,
    /// Absent: it is so still.
    cleared_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewAudit")]
struct NewRun {
    /// Only this session; not together with instants.
    session_id: Option<String>,
    /// Sessions that started at this instant or later.
    from: Option<DateTime<Utc>>,
    /// Sessions that started before this instant.
    to: Option<DateTime<Utc>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AuditFilter")]
struct Paging {
    limit: Option<i64>,
    cursor: Option<String>,
}

/// A run of the audit.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AuditRun")]
struct Run {
    id: String,
    /// `running`, `done`, `stopped`, `failed`, or `lost` if its process has ended.
    state: String,
    /// Why it ended so.
    reason: String,
    session_id: Option<String>,
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
    /// Sessions with a bill that were looked at.
    audited: i64,
    /// Those of them in which something differs.
    differ: i64,
    asked_by: String,
    begun_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
}

async fn list_findings(
    State(state): State<WebState>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<Finding>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let after = wanted.cursor.as_deref().map(place).transpose()?;
    if let Some(kind) = &wanted.kind
        && Kind::ALL.iter().all(|known| known.key() != kind)
    {
        let known = Kind::ALL.map(Kind::key).join(", ");
        return Err(problem::query(format!("kind: {kind:?} is none of {known}")));
    }
    let filter = findings::Filter {
        session: wanted.session_id.as_deref().map(|id| page::number("session_id", id)).transpose()?,
        kind: wanted.kind,
        cleared: wanted.cleared,
    };
    let found = findings::list(&mut state.app.db.read().await?, &filter, after, limit + 1).await?;
    let cursor = |row: &FindingRow| format!("{}_{}", row.session_id, row.kind);
    Ok(Json(Page::new(found, limit, cursor, finding)))
}

/// A cursor of findings: session and kind of the last one shown.
fn place(cursor: &str) -> Result<(i64, &str), Problem> {
    let found = cursor.split_once('_').and_then(|(session, kind)| Some((session.parse().ok()?, kind)));
    found.ok_or_else(page::lost)
}

fn finding(row: FindingRow) -> Finding {
    Finding {
        session_id: row.session_id.to_string(),
        kind: row.kind,
        differs: serde_json::from_str(&row.detail).unwrap_or_default(),
        bill_revision: row.bill_revision,
        first_at: row.first_at,
        last_at: row.last_at,
        cleared_at: row.cleared_at,
    }
}

async fn start(
    State(state): State<WebState>,
    asker: Asker,
    once: Once,
    Sent(wish): Sent<NewRun>,
) -> Result<Response, Problem> {
    if let Some(made) = once.made() {
        let row = find(&state, made).await?;
        return Ok(accepted(&state, row));
    }
    let session = wish.session_id.as_deref().map(|id| reference("session_id", id)).transpose()?;
    if session.is_some() && (wish.from.is_some() || wish.to.is_some()) {
        return Err(problem::field("session_id", "not together with from and to"));
    }
    if let (Some(from), Some(to)) = (wish.from, wish.to)
        && to <= from
    {
        return Err(problem::field("to", "after from"));
    }
    let ask = job::Ask { session, from: wish.from, to: wish.to };
    let mut tx = state.app.db.write().await?;
    if let Some(id) = session
        && sessions::find(&mut tx, id).await?.is_none()
    {
        return Err(problem::field("session_id", "there is no such session"));
    }
    match job::begin(&mut tx, &job::row(&state.app, ask, &asker.name)).await? {
        Begun::New(row) => {
            once.note(&mut tx, &row.id.to_string()).await?;
            tx.commit().await?;
            tracing::info!(run = row.id, by = asker.name, "a run of the audit begins");
            job::start(&state.app, row.clone());
            Ok(accepted(&state, row))
        }
        Begun::Busy(row) => {
            let told = serde_json::to_value(view(&state, row)).unwrap_or_default();
            let why = "Another run is under way; wait for its end, or stop it";
            Err(problem::conflict("audit-busy", why).error(told))
        }
    }
}

fn accepted(state: &WebState, row: RunRow) -> Response {
    let location = super::location("audit/runs", &row.id.to_string());
    (StatusCode::ACCEPTED, [(LOCATION, location)], Json(view(state, row))).into_response()
}

async fn list(
    State(state): State<WebState>,
    Asked(wanted): Asked<Paging>,
) -> Result<Json<Page<Run>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let before = page::after(wanted.cursor.as_deref())?;
    let found = rows::list(&mut state.app.db.read().await?, before, limit + 1).await?;
    Ok(Json(Page::new(found, limit, |row| row.id.to_string(), |row| view(&state, row))))
}

async fn find(state: &WebState, text: &str) -> Result<RunRow, Problem> {
    let number = id("run of the audit", text)?;
    let row = rows::find(&mut state.app.db.read().await?, number).await?;
    row.ok_or_else(|| problem::missing("run of the audit", text))
}

async fn show(State(state): State<WebState>, At(number): At<String>) -> Result<Tagged<Run>, Problem> {
    let row = find(&state, &number).await?;
    Ok(Tagged(view(&state, row)))
}

async fn stop(
    State(state): State<WebState>,
    asker: Asker,
    At(number): At<String>,
) -> Result<Json<Run>, Problem> {
    let row = find(&state, &number).await?;
    if !job::end(&state.app, row.id, "stopped", &format!("stopped by {}", asker.name)).await? {
        return Err(problem::conflict("over", format!("The run is over: {}", row.state)));
    }
    Ok(Json(view(&state, find(&state, &number).await?)))
}

fn view(state: &WebState, row: RunRow) -> Run {
    let lost = row.state == "running" && !job::runs(&row, state.app.clock.now());
    Run {
        id: row.id.to_string(),
        state: if lost { "lost".to_owned() } else { row.state },
        reason: row.reason,
        session_id: row.session_id.map(|id| id.to_string()),
        from: row.from_at,
        to: row.to_at,
        audited: row.audited,
        differ: row.differ,
        asked_by: row.asked_by,
        begun_at: row.begun_at,
        ended_at: row.ended_at,
    }
}
