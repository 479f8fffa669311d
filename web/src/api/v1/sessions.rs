//! Charging sessions, their readings and bills.

use super::{
    etag::Tagged,
    input::{Asked, At, id},
    op::Op,
    page::{self, Page},
    problem,
};
use crate::{
    WebState,
    api::{
        Problem,
        sessions::{Reading, Session, reading, session},
    },
};
use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use csms::{
    api_key::Scope,
    flags::Flag,
    store::{
        bills,
        row::{BillRow, ReadingRow, SessionRow},
        sessions as rows,
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(super) const TAG: &str = "Sessions";

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/sessions", "listSessions", Scope::Read, list)
            .says(TAG, "Charging sessions, the newest first")
            .query::<Wanted>()
            .answers::<Page<Session>>(StatusCode::OK, "A page"),
        Op::get("/sessions/{id}", "getSession", Scope::Read, show)
            .says(TAG, "One session")
            .answers::<Session>(StatusCode::OK, "The session")
            .tagged(),
        Op::get("/sessions/{id}/readings", "listReadings", Scope::Read, readings)
            .says(TAG, "What a station has told about a session, in the order of time")
            .query::<ReadingsWanted>()
            .answers::<Page<Reading>>(StatusCode::OK, "A page"),
        Op::get("/sessions/{id}/bill", "getBill", Scope::Read, bill)
            .says(TAG, "The bill that counts; none while the session runs, or without a tariff")
            .answers::<Bill>(StatusCode::OK, "The bill")
            .tagged(),
    ]
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "SessionState")]
enum Stage {
    Open,
    Ended,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SessionFilter")]
struct Wanted {
    /// At this station.
    station: Option<String>,
    /// With this identifier.
    token: Option<String>,
    /// At this site.
    site_id: Option<String>,
    state: Option<Stage>,
    /// Started at this instant or later.
    from: Option<DateTime<Utc>>,
    /// Started before this instant.
    to: Option<DateTime<Utc>>,
    /// With this oddity, one of `flags` of a session, e.g. `stop-missing`.
    flag: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ReadingFilter")]
struct ReadingsWanted {
    limit: Option<i64>,
    cursor: Option<String>,
}

/// A bill.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Bill {
    session_id: String,
    /// It counts up when the session is priced again.
    revision: i64,
    currency: String,
    total_excl: String,
    total_incl: String,
    energy_mwh: i64,
    created_at: DateTime<Utc>,
    /// Its lines and taxes.
    body: Value,
}

async fn list(
    State(state): State<WebState>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<Session>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let before = page::after(wanted.cursor.as_deref())?;
    let filter = rows::Filter {
        station: wanted.station,
        state: wanted.state.map(|stage| match stage {
            Stage::Open => "open".to_owned(),
            Stage::Ended => "ended".to_owned(),
        }),
        token: wanted.token.map(|token| token.trim().to_uppercase()),
        site: wanted.site_id.as_deref().map(|site| page::number("site_id", site)).transpose()?,
        from: wanted.from,
        to: wanted.to,
        flag: wanted.flag.as_deref().map(flag).transpose()?,
    };
    let found = rows::list(&mut state.app.db.read().await?, &filter, before, limit + 1).await?;
    Ok(Json(Page::new(found, limit, |row| row.id.to_string(), session)))
}

fn flag(word: &str) -> Result<Flag, Problem> {
    let known = || Flag::ALL.map(Flag::key).join(", ");
    Flag::ALL
        .into_iter()
        .find(|flag| flag.key() == word)
        .ok_or_else(|| problem::query(format!("flag: {word:?} is none of {}", known())))
}

pub(super) async fn find(state: &WebState, text: &str) -> Result<SessionRow, Problem> {
    let number = id("session", text)?;
    let row = rows::find(&mut state.app.db.read().await?, number).await?;
    row.ok_or_else(|| problem::missing("session", text))
}

async fn show(State(state): State<WebState>, At(number): At<String>) -> Result<Tagged<Session>, Problem> {
    Ok(Tagged(session(find(&state, &number).await?)))
}

async fn readings(
    State(state): State<WebState>,
    At(number): At<String>,
    Asked(wanted): Asked<ReadingsWanted>,
) -> Result<Json<Page<Reading>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let after = wanted.cursor.as_deref().map(place).transpose()?;
    let row = find(&state, &number).await?;
    let found = rows::readings_after(&mut state.app.db.read().await?, row.id, after, limit + 1).await?;
    let cursor = |row: &ReadingRow| format!("{}_{}", row.at.timestamp_micros(), row.digest);
    Ok(Json(Page::new(found, limit, cursor, reading)))
}

/// A cursor of readings: instant and digest of the last one shown.
fn place(cursor: &str) -> Result<(DateTime<Utc>, i64), Problem> {
    let found = cursor.split_once('_').and_then(|(at, digest)| {
        Some((DateTime::from_timestamp_micros(at.parse().ok()?)?, digest.parse().ok()?))
    });
    found.ok_or_else(page::lost)
}

async fn bill(State(state): State<WebState>, At(number): At<String>) -> Result<Tagged<Bill>, Problem> {
    let row = find(&state, &number).await?;
    let bill = bills::latest(&mut state.app.db.read().await?, row.id).await?;
    Ok(Tagged(bill_view(bill.ok_or_else(|| problem::missing("bill of session", &number))?)))
}

pub(super) fn bill_view(row: BillRow) -> Bill {
    Bill {
        session_id: row.session_id.to_string(),
        revision: row.revision,
        currency: row.currency,
        total_excl: row.total_excl,
        total_incl: row.total_incl,
        energy_mwh: row.energy_mwh,
        created_at: row.created_at,
        body: serde_json::from_str(&row.body).unwrap_or(Value::Null),
    }
}
