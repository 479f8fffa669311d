//! Keys with which programs use the REST API. Admins keep them.

use super::Click;
use crate::{
    WebState,
    front::Fail,
    login::{Signed, Visit},
    view::{KeyLine, KeysPage},
};
use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use chrono::{DateTime, NaiveDate, Utc};
use csms::{
    api_key::{self, NAME_MAX, Scope},
    store::{
        api_keys::{self as rows, ApiKeyRow},
        query::PAGE_MAX,
    },
};
use serde::Deserialize;

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new().route("/keys", get(list).post(create)).route("/keys/{id}/revoke", post(revoke))
}

async fn list(State(state): State<WebState>, visit: Visit) -> Result<Response, Fail> {
    show(&state, &visit, KeysPage::default()).await
}

/// The page with the newest keys.
async fn show(state: &WebState, visit: &Visit, page: KeysPage) -> Result<Response, Fail> {
    admin(visit)?;
    let found = rows::list(&mut state.app.db.read().await?, None, PAGE_MAX).await?;
    let rows = found.into_iter().map(|row| line(row, visit.shell.now)).collect();
    visit.show(&KeysPage { rows, scopes: Scope::ALL.map(Scope::word), ..page })
}

fn admin(visit: &Visit) -> Result<(), Fail> {
    if visit.account.role == "admin" { Ok(()) } else { Err(Fail::Forbidden) }
}

fn line(row: ApiKeyRow, now: DateTime<Utc>) -> KeyLine {
    let state = match () {
        () if row.revoked_at.is_some() => "revoked",
        () if !row.is_valid(now) => "expired",
        () => "valid",
    };
    KeyLine {
        state,
        id: row.id.to_string(),
        name: row.name,
        scopes: row.scopes.split(',').map(str::to_owned).collect(),
        created_by: row.created_by,
        created_at: row.created_at,
        expires_at: row.expires_at,
        last_used_at: row.last_used_at,
    }
}

/// A box of each scope; what is not ticked is not sent.
#[derive(Deserialize)]
struct NewKey {
    #[serde(default)]
    name: String,
    /// The last day on which it can be used; empty = for ever.
    #[serde(default)]
    until: String,
    read: Option<String>,
    command: Option<String>,
    config: Option<String>,
    money: Option<String>,
    admin: Option<String>,
}

impl NewKey {
    fn scopes(&self) -> Vec<Scope> {
        let ticked = [&self.read, &self.command, &self.config, &self.money, &self.admin];
        Scope::ALL
            .into_iter()
            .zip(ticked)
            .filter(|(_, tick)| tick.is_some())
            .map(|(scope, _)| scope)
            .collect()
    }
}

async fn create(State(state): State<WebState>, signed: Signed<NewKey>) -> Result<Response, Fail> {
    let Signed { visit, form } = signed;
    admin(&visit)?;
    let (now, name, scopes) = (visit.shell.now, form.name.trim(), form.scopes());
    let until = match form.until.as_str() {
        "" => Ok(None),
        day => end_of(day).filter(|end| *end > now).map(Some).ok_or("key-day"),
    };
    let error = match until {
        _ if name.is_empty() || name.chars().count() > NAME_MAX || name.chars().any(char::is_control) => {
            Some("key-name")
        }
        _ if scopes.is_empty() => Some("key-scopes"),
        Err(word) => Some(word),
        Ok(_) => None,
    };
    if error.is_some() {
        let error = error.map(str::to_owned);
        return show(&state, &visit, KeysPage { name: form.name, error, ..KeysPage::default() }).await;
    }
    let (row, text) = api_key::make(
        &state.vault,
        &state.app.ids,
        now,
        name,
        &scopes,
        until.unwrap_or_default(),
        &visit.account.name,
    )?;
    let mut tx = state.app.db.write().await?;
    rows::create(&mut tx, &row).await?;
    tx.commit().await?;
    tracing::info!(key = row.id, by = visit.account.name, scopes = row.scopes, "a key was made");
    show(&state, &visit, KeysPage { made: Some(text), ..KeysPage::default() }).await
}

/// The end of a day, in UTC.
fn end_of(day: &str) -> Option<DateTime<Utc>> {
    let next = day.parse::<NaiveDate>().ok()?.succ_opt()?;
    Some(next.and_time(chrono::NaiveTime::MIN).and_utc())
}

async fn revoke(
    State(state): State<WebState>,
    Path(id): Path<i64>,
    signed: Signed<Click>,
) -> Result<Response, Fail> {
    let visit = signed.visit;
    admin(&visit)?;
    let mut tx = state.app.db.write().await?;
    if !rows::revoke(&mut tx, id, visit.shell.now).await? {
        return Err(Fail::NotFound);
    }
    tx.commit().await?;
    tracing::info!(key = id, by = visit.account.name, "a key was revoked");
    Ok(Redirect::to("/keys?done=key-revoked").into_response())
}
