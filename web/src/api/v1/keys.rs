//! Keys: what other programs may use the API with.

use super::{
    again::{Once, Without},
    caller::Asker,
    etag::Tagged,
    input::{Asked, At, Sent, id, word},
    op::Op,
    page::{self, Page},
    problem,
};
use crate::{WebState, api::Problem};
use axum::{
    Extension, Json,
    extract::State,
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use csms::{
    api_key::{self, NAME_MAX, Scope},
    store::api_keys::{self as rows, ApiKeyRow},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const TAG: &str = "Keys";

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/keys", "listKeys", Scope::Admin, list)
            .says(TAG, "Keys, the newest first, with those that were revoked")
            .query::<Wanted>()
            .answers::<Page<Key>>(StatusCode::OK, "A page"),
        Op::post("/keys", "createKey", Scope::Admin, create)
            .says(TAG, "Make a key. Its text is in this answer only")
            .body::<NewKey>()
            .answers::<Made>(StatusCode::CREATED, "The key and its text"),
        Op::get("/keys/{id}", "getKey", Scope::Admin, show)
            .says(TAG, "One key")
            .answers::<Key>(StatusCode::OK, "The key")
            .tagged(),
        Op::delete("/keys/{id}", "revokeKey", Scope::Admin, revoke)
            .says(TAG, "Revoke a key: it cannot be used from now on. It stays in the list")
            .answers::<Key>(StatusCode::OK, "It is revoked"),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "KeyFilter")]
struct Wanted {
    limit: Option<i64>,
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewKey {
    /// For people: who uses it for what.
    #[schemars(length(min = 1, max = 100))]
    name: String,
    /// At least one; none that the caller has not.
    #[schemars(length(min = 1))]
    scopes: Vec<Scope>,
    /// It cannot be used from then on; absent: until it is revoked.
    expires_at: Option<DateTime<Utc>>,
}

/// A key without its secret.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct Key {
    id: String,
    name: String,
    scopes: Vec<Scope>,
    created_by: String,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    /// To the minute.
    last_used_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
}

/// A key that was made.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "NewKeyMade")]
struct Made {
    #[serde(flatten)]
    key: Key,
    /// What is sent as `Authorization: Bearer`. Absent when the answer is given again.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

async fn list(
    State(state): State<WebState>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<Key>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let before = page::after(wanted.cursor.as_deref())?;
    let found = rows::list(&mut state.app.db.read().await?, before, limit + 1).await?;
    Ok(Json(Page::new(found, limit, |row| row.id.to_string(), view)))
}

async fn create(
    State(state): State<WebState>,
    asker: Asker,
    once: Once,
    Sent(wish): Sent<NewKey>,
) -> Result<Response, Problem> {
    // Its text went with the answer that nobody got: it is good for nothing but to be revoked.
    if let Some(made) = once.made() {
        return Ok(created(find(&state, made).await?, None));
    }
    let name = word("name", &wish.name, NAME_MAX)?;
    let scopes = Scope::parse_all(&Scope::join(&wish.scopes)).unwrap_or_default();
    if scopes.is_empty() {
        return Err(problem::field("scopes", "at least one"));
    }
    for scope in &scopes {
        asker.may(*scope)?;
    }
    let now = state.app.clock.now();
    if wish.expires_at.is_some_and(|until| until <= now) {
        return Err(problem::field("expires_at", "in the future"));
    }
    let made = api_key::make(&state.vault, &state.app.ids, now, &name, &scopes, wish.expires_at, &asker.name);
    let (row, text) = made.map_err(|error| {
        tracing::error!(%error, "a key could not be made");
        Problem::broken()
    })?;
    let mut tx = state.app.db.write().await?;
    rows::create(&mut tx, &row).await?;
    once.note(&mut tx, &row.id.to_string()).await?;
    tx.commit().await?;
    tracing::info!(key = row.id, by = asker.name, scopes = row.scopes, "a key was made");
    Ok(created(row, Some(text)))
}

fn created(row: ApiKeyRow, text: Option<String>) -> Response {
    let location = format!("/api/v1/keys/{}", row.id);
    let key = view(row);
    let kept = serde_json::to_value(Made { key: key.clone(), text: None }).unwrap_or_default();
    let shown = Json(Made { key, text });
    (StatusCode::CREATED, [(LOCATION, location)], Extension(Without(kept)), shown).into_response()
}

async fn find(state: &WebState, text: &str) -> Result<ApiKeyRow, Problem> {
    let number = id("key", text)?;
    let row = rows::find(&mut state.app.db.read().await?, number).await?;
    row.ok_or_else(|| problem::missing("key", text))
}

async fn show(State(state): State<WebState>, At(number): At<String>) -> Result<Tagged<Key>, Problem> {
    Ok(Tagged(view(find(&state, &number).await?)))
}

async fn revoke(
    State(state): State<WebState>,
    asker: Asker,
    At(number): At<String>,
) -> Result<Json<Key>, Problem> {
    let row = find(&state, &number).await?;
    let mut tx = state.app.db.write().await?;
    if rows::revoke(&mut tx, row.id, state.app.clock.now()).await? {
        tracing::info!(key = row.id, by = asker.name, "a key was revoked");
    }
    tx.commit().await?;
    Ok(Json(view(find(&state, &number).await?)))
}

fn view(row: ApiKeyRow) -> Key {
    Key {
        id: row.id.to_string(),
        name: row.name,
        scopes: Scope::parse_all(&row.scopes).unwrap_or_default(),
        created_by: row.created_by,
        created_at: row.created_at,
        expires_at: row.expires_at,
        last_used_at: row.last_used_at,
        revoked_at: row.revoked_at,
    }
}
