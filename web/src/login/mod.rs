//! Logging in and out, and what a person prefers.

pub(crate) mod cookie;
pub(crate) mod csrf;
mod limit;
mod visit;

pub use limit::Limits;
pub use visit::{Caller, Signed, Visit, frame_of};

use crate::{
    WebState,
    api::Problem,
    front::Fail,
    i18n::Lang,
    peer::Peer,
    view::{self, LoginPage},
};
use axum::{
    Form, Router,
    extract::{Query, State},
    http::{
        HeaderMap, StatusCode, Uri,
        header::{AUTHORIZATION, SET_COOKIE},
    },
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use csms::{
    link::auth::{Check, Credentials},
    store::accounts::{self, AccountRow, LoginRow},
};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::{net::IpAddr, sync::LazyLock};

/// Longer names and passwords are wrong.
const FIELD_MAX: usize = 200;

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new()
        .route("/login", get(form).post(enter))
        .route("/logout", post(leave))
        .route("/preferences", post(prefer))
}

/// What is kept of a cookie: who reads the database cannot log in with it.
fn key_hash(key: &str) -> String {
    csrf::hex(&Sha256::digest(key))
}

#[derive(Deserialize)]
struct Next {
    #[serde(default)]
    next: String,
}

async fn form(
    State(state): State<WebState>,
    uri: Uri,
    headers: HeaderMap,
    Query(next): Query<Next>,
) -> Result<Response, Fail> {
    if visit::logged_in(&state, &headers).await?.is_some() {
        return Ok(Redirect::to(own_path(&next.next)).into_response());
    }
    let page = LoginPage { next: next.next, no_accounts: no_accounts(&state).await?, ..LoginPage::default() };
    show(&state, &uri, &headers, &page, StatusCode::OK)
}

async fn no_accounts(state: &WebState) -> Result<bool, Fail> {
    Ok(accounts::list(&mut state.app.db.read().await?).await?.is_empty())
}

fn show(
    state: &WebState,
    uri: &Uri,
    headers: &HeaderMap,
    page: &LoginPage,
    status: StatusCode,
) -> Result<Response, Fail> {
    let mut shell = frame_of(state, uri, headers);
    shell.fragment = false;
    // The way back after a choice of language keeps where the person wanted to go.
    Ok((status, Html(view::render(page, &shell)?)).into_response())
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    password: String,
    #[serde(default)]
    next: String,
}

async fn enter(
    State(state): State<WebState>,
    Peer(peer): Peer,
    uri: Uri,
    headers: HeaderMap,
    Form(entry): Form<Entry>,
) -> Result<Response, Fail> {
    let outcome = verify(&state, peer, entry.name.trim(), &entry.password).await?;
    if let Outcome::Right(account) = &outcome
        && let Some(cookie) = begin(&state, account).await?
    {
        return Ok(([(SET_COOKIE, cookie)], Redirect::to(own_path(&entry.next))).into_response());
    }
    let (word, status) = match outcome {
        Outcome::Limited => ("login-limited", StatusCode::TOO_MANY_REQUESTS),
        _ => ("login-wrong", StatusCode::UNAUTHORIZED),
    };
    let page = LoginPage {
        name: entry.name,
        next: entry.next,
        error: Some(word.to_owned()),
        no_accounts: no_accounts(&state).await?,
    };
    show(&state, &uri, &headers, &page, status)
}

/// Records a login and gives its cookie. `None`: the password was changed since it was looked at.
async fn begin(state: &WebState, account: &AccountRow) -> Result<Option<axum::http::HeaderValue>, Fail> {
    let broken = |error: rand::rand_core::OsError| {
        tracing::error!(%error, "the system has no randomness");
        Fail::Busy
    };
    let key = csrf::hex(&csrf::random::<32>().map_err(broken)?);
    let now = state.app.clock.now();
    let seconds = i64::from(state.app.config.web.login_hours.max(1)) * 3600;
    let login = LoginRow {
        key_hash: key_hash(&key),
        account_id: account.id,
        csrf: csrf::generate().map_err(broken)?,
        created_at: now,
        expires_at: now + chrono::TimeDelta::seconds(seconds),
    };
    let mut tx = state.app.db.write().await?;
    accounts::prune_logins(&mut tx, now).await?;
    let is_in = accounts::log_in(&mut tx, &login, &account.password).await?;
    tx.commit().await?;
    if !is_in {
        return Ok(None);
    }
    cookie::login(&key, seconds, state.secure).map(Some).ok_or(Fail::BadRequest)
}

async fn leave(State(state): State<WebState>, signed: Signed<()>) -> Result<Response, Fail> {
    let mut tx = state.app.db.write().await?;
    accounts::log_out(&mut tx, &signed.visit.login.key_hash).await?;
    tx.commit().await?;
    let cookie = cookie::login("", 0, state.secure).ok_or(Fail::BadRequest)?;
    Ok(([(SET_COOKIE, cookie)], Redirect::to("/login")).into_response())
}

#[derive(Deserialize)]
struct Preference {
    lang: Option<String>,
    theme: Option<String>,
    #[serde(default)]
    back: String,
}

/// Changes nothing but the reader's own cookies, so it needs no login.
async fn prefer(State(state): State<WebState>, Form(wish): Form<Preference>) -> Response {
    let mut response = Redirect::to(own_path(&wish.back)).into_response();
    let lang = wish.lang.as_deref().and_then(Lang::parse).map(|lang| ("wattline_lang", lang.key()));
    let theme =
        wish.theme.as_deref().and_then(|theme| ["auto", "light", "dark"].into_iter().find(|t| *t == theme));
    for (name, value) in lang.into_iter().chain(theme.map(|theme| ("wattline_theme", theme))) {
        if let Some(cookie) = cookie::choice(name, value, state.secure) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
    }
    response
}

/// A path of ours, or the start page: nobody is led elsewhere by a link to the login.
fn own_path(wanted: &str) -> &str {
    let ours = wanted.starts_with('/')
        && !wanted.starts_with("//")
        && wanted.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if ours { wanted } else { "/" }
}

/// What came of a name and a password.
pub enum Outcome {
    Right(AccountRow),
    Wrong,
    Limited,
}

/// Checks a name and a password, within the limits. A name that does not exist costs the same work.
pub async fn verify(state: &WebState, peer: IpAddr, name: &str, password: &str) -> Result<Outcome, Fail> {
    /// Of no password: what an unknown name is checked against.
    static NOBODY: LazyLock<String> = LazyLock::new(|| {
        csms::link::auth::Vault::seal_chosen("nobody has this password").unwrap_or_default()
    });
    if name.len() > FIELD_MAX || password.len() > FIELD_MAX {
        return Ok(Outcome::Wrong);
    }
    if !state.limits.may_try(peer, name, state.app.clock.now()) {
        return Ok(Outcome::Limited);
    }
    let account = accounts::by_name(&mut state.app.db.read().await?, name).await?;
    let kept = match &account {
        Some(account) => account.password.clone(),
        None => tokio::task::spawn_blocking(|| NOBODY.clone()).await.map_err(|_| Fail::Busy)?,
    };
    let turn = state.password_checks.acquire().await;
    let right = state.vault.check(Some(&kept), password.as_bytes()).await == Check::Right;
    drop(turn);
    match account {
        Some(account) if right => {
            state.limits.succeeded(peer, name);
            Ok(Outcome::Right(account))
        }
        _ => Ok(Outcome::Wrong),
    }
}

/// The account of an `Authorization: Basic` header. `None` where there is none or it is wrong.
///
/// # Errors
/// Too many wrong passwords, or the database.
pub async fn by_password(
    state: &WebState,
    headers: &HeaderMap,
    peer: IpAddr,
) -> Result<Option<AccountRow>, Problem> {
    let Some(sent) = headers.get(AUTHORIZATION).and_then(|value| Credentials::from_header(value.as_bytes()))
    else {
        return Ok(None);
    };
    let (Ok(name), Ok(password)) = (String::from_utf8(sent.user), String::from_utf8(sent.password)) else {
        return Ok(None);
    };
    match verify(state, peer, &name, &password).await? {
        Outcome::Right(account) => Ok(Some(account)),
        Outcome::Wrong => Ok(None),
        Outcome::Limited => Err(Problem::limited()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_leads_only_to_pages_of_ours() {
        for (wanted, path) in [
            ("/sessions?q=a%20b", "/sessions?q=a%20b"),
            ("", "/"),
            ("https://evil.example", "/"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("/a\r\nSet-Cookie: x=y", "/"),
        ] {
            assert_eq!(own_path(wanted), path, "{wanted}");
        }
    }
}
