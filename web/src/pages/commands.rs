//! What stations were asked, by whomever, and what became of it.

use super::{Click, ROWS, station_href, turn};
use crate::{
    WebState,
    front::Fail,
    login::{Signed, Visit},
    view::{CommandLine, CommandPage, CommandPart, CommandsPage},
};
use axum::{
    Router,
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use csms::{
    command::{self, Command},
    store::commands::{self as rows, CommandRow},
};
use serde::Deserialize;
use serde_json::Value;

/// Parts of an answer on a page.
const PARTS: usize = 100;

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new()
        .route("/commands", get(list))
        .route("/commands/{id}", get(show))
        .route("/commands/{id}/cancel", post(cancel))
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    station: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    before: String,
}

async fn list(
    State(state): State<WebState>,
    visit: Visit,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fail> {
    let before = wanted.before.parse().ok();
    let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let filter = rows::Filter {
        station: some(&wanted.station),
        kind: some(&wanted.kind),
        state: some(&wanted.state),
        outcome: None,
    };
    let mut found = rows::list(&mut state.app.db.read().await?, &filter, before, ROWS + 1).await?;
    let query = [("station", &*wanted.station), ("kind", &*wanted.kind), ("state", &*wanted.state)];
    visit.show(&CommandsPage {
        pager: turn(&mut found, "/commands", &query, ("before", before.is_some()), |row| row.id.to_string()),
        ask: filter.station.as_deref().map(|station| format!("{}/ask", station_href(station))),
        rows: found.iter().map(line).collect(),
        states: STATES,
        station: wanted.station,
        kind: wanted.kind,
        state: wanted.state,
    })
}

/// The states that can be looked for.
const STATES: [&str; 7] = ["queued", "sent", "answered", "offline", "expired", "cancelled", "unknown"];

fn line(row: &CommandRow) -> CommandLine {
    let (word, tone) = stands(row);
    CommandLine {
        href: format!("/commands/{}", row.id),
        kind: row.kind.clone(),
        station: row.station_id.clone(),
        station_href: station_href(&row.station_id),
        word,
        tone,
        detail: if row.outcome_word.is_empty() { row.reason.clone() } else { row.outcome_word.clone() },
        by: row.asked_by.clone(),
        at: row.created_at,
    }
}

/// Where a command stands: a word of the texts' family `command.stands`, and its colour.
fn stands(row: &CommandRow) -> (String, &'static str) {
    let outcome = match row.outcome.as_str() {
        "pending" => Some(("pending", "run")),
        "done" => Some(("done", "ok")),
        "failed" => Some(("failed", "bad")),
        "lost" => Some(("lost", "warn")),
        _ => None,
    };
    let (word, tone) = match (row.state.as_str(), row.verdict.as_str()) {
        ("answered", "accepted") => outcome.unwrap_or(("accepted", "ok")),
        ("answered", verdict) => (verdict, "bad"),
        (state @ ("queued" | "sent"), _) => (state, "wait"),
        (state @ "cancelled", _) => (state, "off"),
        (state, _) => (state, "bad"),
    };
    (word.to_owned(), tone)
}

async fn show(State(state): State<WebState>, visit: Visit, Path(id): Path<i64>) -> Result<Response, Fail> {
    let mut tx = state.app.db.read().await?;
    let row = rows::find(&mut tx, id).await?.ok_or(Fail::NotFound)?;
    // What a station knows of a customer is for who may ask it.
    let parts = match row.watch == "customer" && visit.operator().is_err() {
        true => Vec::new(),
        false => rows::parts(&mut tx, id).await?,
    };
    drop(tx);
    // The row has its secrets until the command was answered.
    let asked =
        serde_json::from_str::<Command>(&row.body).map(|command| command.masked()).unwrap_or_default();
    visit.show(&CommandPage {
        line: line(&row),
        id: row.id.to_string(),
        asked: pretty(&asked),
        until: row.expires_at,
        sent_at: row.sent_at,
        answered_at: row.answered_at,
        verdict: row.verdict.clone(),
        reason: row.reason.clone(),
        outcome_at: row.outcome_at,
        outcome_word: row.outcome_word.clone(),
        session: row.session_id.map(|session| format!("/sessions/{session}")),
        calls: serde_json::from_str::<Vec<Value>>(&row.calls)
            .unwrap_or_default()
            .iter()
            .map(pretty)
            .collect(),
        more_parts: parts.len().saturating_sub(PARTS),
        parts: parts
            .into_iter()
            .take(PARTS)
            .map(|part| CommandPart {
                at: part.at,
                body: serde_json::from_str(&part.body).map_or(part.body, |body: Value| pretty(&body)),
            })
            .collect(),
        again: format!("{}/ask/{}", station_href(&row.station_id), row.kind),
        can_cancel: row.state == "queued",
    })
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

async fn cancel(
    State(state): State<WebState>,
    Path(id): Path<i64>,
    signed: Signed<Click>,
) -> Result<Response, Fail> {
    let visit = signed.visit;
    visit.operator()?;
    if rows::find(&mut state.app.db.read().await?, id).await?.is_none() {
        return Err(Fail::NotFound);
    }
    // Sent in this very moment, it is shown as it stands.
    let done = command::cancel(&state.app, id, &visit.account.name).await?;
    let word = if done { "?done=command-cancelled" } else { "" };
    Ok(Redirect::to(&format!("/commands/{id}{word}")).into_response())
}
