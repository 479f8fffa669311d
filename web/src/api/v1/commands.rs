//! Commands to stations: what is asked of them, and what becomes of it.

use super::{
    again::Once,
    caller::Asker,
    input::{Asked, At, Sent, id},
    op::Op,
    page::{self, Page},
    problem,
};
use crate::{WebState, api::Problem};
use axum::{
    Json,
    extract::State,
    http::{HeaderValue, StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, TimeDelta, Utc};
use csms::{
    api_key::Scope,
    command::{self, Ask, Command, CommandError, Until},
    store::{
        commands::{self as rows, CommandRow, PartRow},
        stations,
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;

const TAG: &str = "Commands";
/// A request ends after 75 seconds, whatever happens.
const WAIT_MAX_S: u64 = 60;
const WAIT_S: u64 = 30;
/// A command waits for a station no longer.
const QUEUED_MAX: TimeDelta = TimeDelta::days(30);

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::post("/stations/{id}/commands", "issueCommand", Scope::Command, issue)
            .says(
                TAG,
                "Ask a station to do something, and wait for its answer or for what comes of it. A station that is not \
                 connected is a 409 at once, unless the command may wait for it (`queue_until`). With an Idempotency-Key \
                 the station is asked once, however often the request is sent.",
            )
            .query::<How>()
            .body::<Command>()
            .answers::<CommandView>(StatusCode::OK, "What was waited for has come; `verdict` says how")
            .answers::<CommandView>(StatusCode::ACCEPTED, "Not yet: look at Location again")
            .problem(StatusCode::CONFLICT, "The station is not connected; `error` is the command")
            .problem(StatusCode::UNPROCESSABLE_ENTITY, "The command is against the standard; `error` is the command")
            .problem(StatusCode::SERVICE_UNAVAILABLE, "Too many commands wait for this station"),
        Op::get("/commands", "listCommands", Scope::Read, list)
            .says(TAG, "Commands, the newest first")
            .query::<Wanted>()
            .answers::<Page<CommandView>>(StatusCode::OK, "A page"),
        Op::get("/commands/{id}", "getCommand", Scope::Read, show)
            .says(TAG, "How a command stands")
            .answers::<CommandView>(StatusCode::OK, "The command")
            .tagged(),
        Op::get("/commands/{id}/parts", "listCommandParts", Scope::Read, parts)
            .says(TAG, "The parts of an answer that comes in several messages, in their order")
            .answers::<Page<Part>>(StatusCode::OK, "All parts, a thousand at most"),
        Op::delete("/commands/{id}", "cancelCommand", Scope::Command, cancel)
            .says(TAG, "Take back a command that was not sent yet")
            .answers::<CommandView>(StatusCode::OK, "It is cancelled")
            .problem(StatusCode::CONFLICT, "It was sent, or it has ended"),
    ]
}

/// How long the caller stays, and how long the command may wait.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct How {
    /// Seconds to wait for what `until` names; 0 = not at all.
    #[serde(default)]
    #[schemars(range(min = 0, max = 60), extend("default" = 30))]
    wait_s: Option<u64>,
    /// What is waited for.
    #[serde(default)]
    until: Wait,
    /// The command waits until then for a station that is not connected; 30 days at most.
    queue_until: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Wait {
    /// The station's answer.
    #[default]
    Answer,
    /// That nothing more is to come.
    Outcome,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// To this station.
    station: Option<String>,
    /// Of this kind, e.g. `reset`.
    kind: Option<String>,
    /// `queued`, `sent`, `answered`, `offline`, `expired`, `cancelled` or `unknown`.
    state: Option<String>,
    /// `pending`, `done`, `failed` or `lost`.
    outcome: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// A command and how it stands.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CommandState")]
pub struct CommandView {
    id: String,
    station_id: String,
    /// As it was asked; secrets are masked.
    command: Value,
    asked_by: String,
    /// `queued`, `sent`, `answered`, `offline`, `expired`, `cancelled` or `unknown`.
    state: String,
    /// `accepted`, `refused`, `unsupported` or `invalid`; absent before the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<String>,
    /// Why, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// `pending`, `done`, `failed` or `lost`; absent where the answer ends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<String>,
    /// The station's last word about it, e.g. `Downloading`.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome_word: Option<String>,
    /// The session that it began or ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<String>,
    created_at: DateTime<Utc>,
    /// It waits for the station until then.
    queue_until: Option<DateTime<Utc>>,
    sent_at: Option<DateTime<Utc>>,
    answered_at: Option<DateTime<Utc>>,
    outcome_at: Option<DateTime<Utc>>,
    /// What went over the wire, and its answers.
    calls: Vec<Value>,
}

/// A part of an answer.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CommandPart")]
struct Part {
    seq: i64,
    at: DateTime<Utc>,
    /// The message as the station has sent it.
    body: Value,
}

async fn issue(
    State(state): State<WebState>,
    asker: Asker,
    once: Once,
    At(station): At<String>,
    Asked(how): Asked<How>,
    Sent(command): Sent<Command>,
) -> Result<Response, Problem> {
    let wait = how.wait_s.unwrap_or(WAIT_S);
    if wait > WAIT_MAX_S {
        return Err(problem::query(format!("wait_s: from 0 to {WAIT_MAX_S}")));
    }
    let now = state.app.clock.now();
    if how.queue_until.is_some_and(|until| until <= now || until - now > QUEUED_MAX) {
        return Err(problem::query("queue_until: in the future, 30 days ahead at most"));
    }
    if stations::find(&mut state.app.db.read().await?, &station).await?.is_none() {
        return Err(problem::missing("station", &station));
    }
    let mut ask = Ask::new(&station.as_str().into(), command, &*asker.name);
    ask.expires_at = how.queue_until;
    if let Some(key) = once.name() {
        ask = ask.keyed(key.to_owned());
    }
    let row = command::issue(&state.app, ask).await.map_err(refused)?;
    let until = match how.until {
        Wait::Answer => Until::Answer,
        Wait::Outcome => Until::Outcome,
    };
    let row = match wait {
        0 => row,
        seconds => {
            let stands = command::wait(&state.app, row.id, until, Duration::from_secs(seconds)).await?;
            stands.unwrap_or(row)
        }
    };
    Ok(told(row, until))
}

pub(super) fn refused(error: CommandError) -> Problem {
    match error {
        CommandError::UnknownStation(station) => problem::missing("station", station.as_ref()),
        CommandError::Crowded(_) => {
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "queue-full", "Too many commands wait")
                .detail(error.to_string())
        }
        CommandError::KeyTaken(_) => problem::conflict("idempotency-key-reused", error.to_string()),
        CommandError::Store(error) => error.into(),
    }
}

/// A command as it stands, or the problem that it has ended in.
pub(super) fn told(row: CommandRow, until: Until) -> Response {
    let over = match until {
        Until::Answer => row.is_answered(),
        Until::Outcome => row.is_over(),
    };
    let location = format!("/api/v1/commands/{}", row.id);
    let offline = row.state == "offline";
    // An answer that nobody can read says nothing against the command: it may have been done.
    let invalid = row.state == "answered" && row.verdict == "invalid";
    let reason = row.reason.clone();
    let view = view(row);
    let mut response = match () {
        () if offline => with_command(problem::conflict("offline", reason), &view),
        () if invalid => with_command(
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-command", "It is against the standard")
                .detail(reason),
            &view,
        ),
        () if over => Json(view).into_response(),
        () => (StatusCode::ACCEPTED, Json(view)).into_response(),
    };
    if let Ok(location) = HeaderValue::try_from(location) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

fn with_command(problem: Problem, view: &CommandView) -> Response {
    problem.error(serde_json::to_value(view).unwrap_or_default()).into_response()
}

async fn list(
    State(state): State<WebState>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<CommandView>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let before = page::after(wanted.cursor.as_deref())?;
    let filter = rows::Filter {
        station: wanted.station,
        kind: wanted.kind,
        state: wanted.state,
        outcome: wanted.outcome,
    };
    let found = rows::list(&mut state.app.db.read().await?, &filter, before, limit + 1).await?;
    Ok(Json(Page::new(found, limit, |row| row.id.to_string(), view)))
}

async fn find(state: &WebState, text: &str) -> Result<CommandRow, Problem> {
    let number = id("command", text)?;
    let row = rows::find(&mut state.app.db.read().await?, number).await?;
    row.ok_or_else(|| problem::missing("command", text))
}

async fn show(
    State(state): State<WebState>,
    At(number): At<String>,
) -> Result<super::etag::Tagged<CommandView>, Problem> {
    Ok(super::etag::Tagged(view(find(&state, &number).await?)))
}

/// Numbers of parts that stations give are below.
const PARTS_NUMBERED: i64 = 1 << 31;

async fn parts(
    State(state): State<WebState>,
    asker: Asker,
    At(number): At<String>,
) -> Result<Json<Page<Part>>, Problem> {
    let row = find(&state, &number).await?;
    // What a station knows of a customer is for who may ask it.
    if row.watch == "customer" {
        asker.may(Scope::Command)?;
    }
    let found = rows::parts(&mut state.app.db.read().await?, row.id).await?;
    let part = |(place, row): (usize, PartRow)| {
        // Those that the station does not number are kept by when they came.
        let seq = if row.seq < PARTS_NUMBERED { row.seq } else { i64::try_from(place).unwrap_or(i64::MAX) };
        Part { seq, at: row.at, body: json(&row.body) }
    };
    Ok(Json(Page { items: found.into_iter().enumerate().map(part).collect(), next: None }))
}

async fn cancel(
    State(state): State<WebState>,
    asker: Asker,
    At(number): At<String>,
) -> Result<Json<CommandView>, Problem> {
    let row = find(&state, &number).await?;
    if !command::cancel(&state.app, row.id, &asker.name).await? {
        let row = find(&state, &number).await?;
        return Err(problem::conflict("too-late", format!("The command is {} already", row.state)));
    }
    Ok(Json(view(find(&state, &number).await?)))
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}

fn view(row: CommandRow) -> CommandView {
    let some = |text: String| Some(text).filter(|text| !text.is_empty());
    CommandView {
        id: row.id.to_string(),
        station_id: row.station_id,
        // The row has its secrets until the command was answered.
        command: serde_json::from_str::<Command>(&row.body)
            .map(|command| command.masked())
            .unwrap_or_default(),
        asked_by: row.asked_by,
        state: row.state,
        verdict: some(row.verdict),
        reason: some(row.reason),
        outcome: some(row.outcome),
        outcome_word: some(row.outcome_word),
        session_id: row.session_id.map(|id| id.to_string()),
        created_at: row.created_at,
        queue_until: row.expires_at,
        sent_at: row.sent_at,
        answered_at: row.answered_at,
        outcome_at: row.outcome_at,
        calls: serde_json::from_str(&row.calls).unwrap_or_default(),
    }
}
