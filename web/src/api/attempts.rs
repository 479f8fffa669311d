//! `GET /api/attempts`.

use super::{Listing, Problem};
use crate::{WebState, login::Caller};
use axum::{Json, extract::State};
use chrono::{DateTime, Utc};
use csms::store::{attempts, query::PAGE_MAX};
use serde::Serialize;

/// Refused connections of one identity, cause and address.
#[derive(Debug, Serialize)]
pub struct Attempt {
    identity: String,
    cause: String,
    address: String,
    detail: String,
    /// Subprotocols offered.
    protocols: String,
    agent: String,
    count: i64,
    first_at: DateTime<Utc>,
    last_at: DateTime<Utc>,
}

/// The newest refused connections, two hundred at most.
pub async fn list(State(state): State<WebState>, _caller: Caller) -> Result<Json<Listing<Attempt>>, Problem> {
    let found = attempts::list(&mut state.app.db.read().await?, "", None, PAGE_MAX).await?;
    Ok(Json(Listing::new(
        found,
        PAGE_MAX,
        |_| String::new(),
        |row| Attempt {
            identity: row.identity,
            cause: row.cause,
            address: row.address,
            detail: row.detail,
            protocols: row.protocols,
            agent: row.agent,
            count: row.count,
            first_at: row.first_at,
            last_at: row.last_at,
        },
    )))
}
