//! Streams of monitored values that 2.1 stations have opened.

use super::{
    input::{Asked, At},
    op::Op,
    page::{self, Page},
    problem,
    stations::{TAG, find},
};
use crate::{WebState, api::Problem};
use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use csms::{
    api_key::Scope,
    store::streams::{self, StreamRow, StreamValueRow},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/stations/{id}/streams", "listStreams", Scope::Read, list)
            .says(
                TAG,
                "The streams of monitored values that a station has opened (2.1); the commands \
                 `set-monitors`, `adjust-stream` and `list-streams` begin, change and list them",
            )
            .answers::<Page<Stream>>(StatusCode::OK, "All of them, those that are open first"),
        Op::get("/stations/{id}/streams/{stream}/values", "listStreamValues", Scope::Read, values)
            .says(TAG, "What a stream has told, the newest first")
            .query::<Wanted>()
            .answers::<Page<StreamValue>>(StatusCode::OK, "A page"),
    ]
}

/// A stream of monitored values.
#[derive(Debug, Serialize, JsonSchema)]
struct Stream {
    /// The station's own number.
    stream: i64,
    /// Of the monitor whose values it has.
    monitor: i64,
    interval_s: Option<i64>,
    /// It tells when so many values are there.
    values: Option<i64>,
    opened_at: DateTime<Utc>,
    closed_at: Option<DateTime<Utc>>,
    /// When values came last, …
    last_at: Option<DateTime<Utc>>,
    /// … and how many waited at the station then.
    pending: i64,
}

/// A value that a stream has told.
#[derive(Debug, Serialize, JsonSchema)]
struct StreamValue {
    at: DateTime<Utc>,
    value: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StreamValueFilter")]
struct Wanted {
    limit: Option<i64>,
    cursor: Option<String>,
}

async fn list(State(state): State<WebState>, At(id): At<String>) -> Result<Json<Page<Stream>>, Problem> {
    let mut tx = state.app.db.read().await?;
    find(&mut tx, &id).await?;
    let found = streams::list(&mut tx, &id).await?;
    Ok(Json(Page { items: found.into_iter().map(stream).collect(), next: None }))
}

async fn values(
    State(state): State<WebState>,
    At((id, number)): At<(String, String)>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<StreamValue>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let number: i64 = number.parse().map_err(|_| problem::missing("stream", &number))?;
    let mut tx = state.app.db.read().await?;
    find(&mut tx, &id).await?;
    if streams::find(&mut tx, &id, number).await?.is_none() {
        return Err(problem::missing("stream", &number.to_string()));
    }
    let before = page::after(wanted.cursor.as_deref())?.and_then(DateTime::from_timestamp_micros);
    let found = streams::values(&mut tx, &id, number, before, limit + 1).await?;
    let value = |row: StreamValueRow| StreamValue { at: row.at, value: row.value };
    Ok(Json(Page::new(found, limit, |row| row.at.timestamp_micros().to_string(), value)))
}

fn stream(row: StreamRow) -> Stream {
    Stream {
        stream: row.stream_id,
        monitor: row.monitor_id,
        interval_s: row.interval_s,
        values: row.values_max,
        opened_at: row.opened_at,
        closed_at: row.closed_at,
        last_at: row.last_at,
        pending: row.pending,
    }
}
