//! Refused connections, and how one becomes a station.

use super::{
    again::Without,
    caller::Asker,
    input::{Asked, At, Sent},
    op::Op,
    page::{self, Page},
    problem, record_at,
    stations::TAG,
};
use crate::{
    WebState,
    api::Problem,
    pages::{is_identity, make_secret},
};
use axum::{
    Extension, Json,
    extract::State,
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use csms::{
    api_key::Scope,
    store::{
        attempts::{self as rows, Adopted},
        row::AttemptRow,
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/attempts", "listConnectionAttempts", Scope::Read, list)
            .says(TAG, "Connections that were refused, by identity, cause and address, the newest first")
            .query::<Wanted>()
            .answers::<Page<Attempt>>(StatusCode::OK, "A page"),
        Op::post("/attempts/adopt", "adoptStation", Scope::Config, adopt)
            .says(
                TAG,
                "Register a station that was refused because nobody knew it. Its password is in this answer only",
            )
            .body::<Adoption>()
            .answers::<Adoptee>(StatusCode::CREATED, "It may connect")
            .problem(StatusCode::CONFLICT, "It is registered already"),
        Op::delete("/attempts/{identity}", "dismissAttempts", Scope::Config, dismiss)
            .says(TAG, "Forget the refused connections of an identity; it may try again")
            .done("They are forgotten"),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ConnectionAttemptFilter")]
struct Wanted {
    /// Anywhere in identity or address.
    #[serde(default)]
    q: String,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// Refused connections of one identity, cause and address.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ConnectionAttempt")]
struct Attempt {
    /// As it was tried; empty: none.
    identity: String,
    /// E.g. `unknown-station` or `wrong-password`.
    cause: String,
    address: String,
    detail: String,
    /// Subprotocols that were offered.
    protocols: Vec<String>,
    agent: String,
    count: i64,
    first_at: DateTime<Utc>,
    last_at: DateTime<Utc>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Adoption {
    /// As it was refused.
    #[schemars(length(min = 1, max = 48))]
    identity: String,
    /// It needs no password: for chargers that cannot send one.
    #[serde(default)]
    without_password: bool,
}

/// A station that was adopted.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AdoptedStation")]
struct Adoptee {
    station_id: String,
    /// Absent where it needs none, and when the answer is given again.
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
}

async fn list(
    State(state): State<WebState>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<Attempt>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let before = wanted.cursor.as_deref().map(cursor_row).transpose()?;
    let found = rows::list(&mut state.app.db.read().await?, &wanted.q, before.as_ref(), limit + 1).await?;
    Ok(Json(Page::new(found, limit, cursor_of, view)))
}

/// The key of a row has four parts.
fn cursor_of(row: &AttemptRow) -> String {
    json!([row.last_at.timestamp_micros(), row.identity, row.cause, row.address]).to_string()
}

fn cursor_row(cursor: &str) -> Result<AttemptRow, Problem> {
    let read = || {
        let (at, identity, cause, address): (i64, String, String, String) =
            serde_json::from_str(cursor).ok()?;
        let last_at = DateTime::from_timestamp_micros(at)?;
        Some(AttemptRow {
            identity,
            cause,
            address,
            detail: String::new(),
            protocols: String::new(),
            agent: String::new(),
            count: 0,
            first_at: last_at,
            last_at,
        })
    };
    read().ok_or_else(page::lost)
}

async fn adopt(
    State(state): State<WebState>,
    asker: Asker,
    Sent(wish): Sent<Adoption>,
) -> Result<Response, Problem> {
    let station = wish.identity;
    if !is_identity(&station) {
        return Err(problem::field("identity", "1 to 48 letters, digits and -_.:=+|@*"));
    }
    let wanted = if wish.without_password { "none" } else { "generate" };
    let (secret, kept) = make_secret(&state, wanted).map_err(|_| Problem::broken())?;
    let mut tx = state.app.db.write().await?;
    match rows::adopt(&mut tx, &station, &kept, state.app.clock.now()).await? {
        Adopted::Created => {}
        Adopted::Known => {
            return Err(problem::conflict("exists", format!("There is a station {station:?} already")));
        }
        Adopted::NoAttempt => return Err(problem::missing("refused connection of", &station)),
    }
    record_at(&state, &mut tx, &station, "station.adopted", &asker).await?;
    tx.commit().await?;
    state.app.live.touch(&station.as_str().into());
    let location = super::location("stations", &station);
    let without = Adoptee { station_id: station.clone(), password: None };
    let again = Extension(Without(serde_json::to_value(without).unwrap_or_default()));
    let password = Some(secret).filter(|secret| !secret.is_empty());
    let told = Json(Adoptee { station_id: station, password });
    Ok((StatusCode::CREATED, [(LOCATION, location)], again, told).into_response())
}

async fn dismiss(State(state): State<WebState>, At(identity): At<String>) -> Result<StatusCode, Problem> {
    let mut tx = state.app.db.write().await?;
    if !rows::dismiss(&mut tx, &identity).await? {
        return Err(problem::missing("refused connection of", &identity));
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn view(row: AttemptRow) -> Attempt {
    Attempt {
        identity: row.identity,
        cause: row.cause,
        address: row.address,
        detail: row.detail,
        protocols: row.protocols.split(',').filter(|one| !one.is_empty()).map(str::to_owned).collect(),
        agent: row.agent,
        count: row.count,
        first_at: row.first_at,
        last_at: row.last_at,
    }
}
