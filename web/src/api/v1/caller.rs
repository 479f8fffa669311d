//! Who asks: a program with a key, or a person with a login.

use super::problem;
use crate::{
    WebState,
    api::Problem,
    login::Caller,
    peer::{Peer, network},
};
use axum::{
    RequestPartsExt,
    extract::FromRequestParts,
    http::{header::AUTHORIZATION, request::Parts},
};
use csms::{
    api_key::{self, Scope},
    link::auth::Check,
    store::{StoreError, api_keys},
};
use std::net::IpAddr;

/// How it is done.
const HOW: &str = "Send a key: Authorization: Bearer wl_… (csms key create makes one), or name and password of an \
                   account (HTTP Basic)";

/// Whose requests are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Who {
    Key(i64),
    Account(i64),
    /// Somebody we do not know.
    Address(IpAddr),
}

/// Somebody who may ask; put into the request by the gate.
#[derive(Debug, Clone)]
pub struct Asker {
    pub who: Who,
    /// As rows and logs name them.
    pub name: String,
    pub scopes: Vec<Scope>,
}

impl Asker {
    /// As the answers that may be given again are kept under.
    pub fn id(&self) -> String {
        match self.who {
            Who::Key(id) => format!("key:{id}"),
            Who::Account(id) => format!("account:{id}"),
            Who::Address(address) => format!("address:{address}"),
        }
    }

    /// Proof that the caller has a scope.
    pub fn may(&self, scope: Scope) -> Result<(), Problem> {
        if self.scopes.contains(&scope) { Ok(()) } else { Err(problem::scope_missing(scope, &self.scopes)) }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Asker {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Asker, Problem> {
        parts.extensions.get::<Asker>().cloned().ok_or_else(Problem::broken)
    }
}

/// Finds out who asks.
///
/// # Errors
/// 401, or that the database cannot tell.
pub async fn recognise(state: &WebState, parts: &mut Parts) -> Result<Asker, Problem> {
    let sent = parts.headers.get(AUTHORIZATION).map(|value| value.as_bytes().to_vec());
    let bearer = sent.as_deref().and_then(|value| {
        let (scheme, rest) = value.split_at_checked(7)?;
        scheme.eq_ignore_ascii_case(b"bearer ").then(|| rest.trim_ascii().to_vec())
    });
    match bearer {
        Some(key) => by_key(state, &key).await,
        None => {
            let Caller { account } = parts.extract_with_state::<Caller, _>(state).await.map_err(named)?;
            let scopes = Scope::of_role(&account.role).to_vec();
            Ok(Asker { who: Who::Account(account.id), name: account.name, scopes })
        }
    }
}

/// Browsers are told of cookies first.
fn named(problem: Problem) -> Problem {
    match problem.status().as_u16() {
        401 => problem::stranger(HOW),
        _ => problem,
    }
}

async fn by_key(state: &WebState, sent: &[u8]) -> Result<Asker, Problem> {
    let wrong = || problem::stranger("The key is not one of ours, or it was revoked or has expired");
    let text = std::str::from_utf8(sent).map_err(|_| wrong())?;
    let (id, secret) = api_key::read(text).ok_or_else(wrong)?;
    let row = api_keys::find(&mut state.app.db.read().await?, id).await?;
    let kept = row.as_ref().map(|row| row.secret.as_str());
    let right = state.vault.check_quickly(kept, secret.as_bytes()) == Some(Check::Right);
    let now = state.app.clock.now();
    let row = row.filter(|row| right && row.is_valid(now)).ok_or_else(wrong)?;
    note_use(state, id, row.last_used_at).await?;
    Ok(Asker {
        who: Who::Key(id),
        name: format!("key {} ({id})", row.name),
        scopes: Scope::parse_all(&row.scopes).unwrap_or_default(),
    })
}

/// To the minute: a write for each request would cost more than most requests.
async fn note_use(
    state: &WebState,
    id: i64,
    last: Option<chrono::DateTime<chrono::Utc>>,
) -> Result<(), StoreError> {
    let now = state.app.clock.now();
    if last.is_some_and(|last| now - last < chrono::TimeDelta::minutes(1)) {
        return Ok(());
    }
    let mut tx = state.app.db.write().await?;
    api_keys::used(&mut tx, id, now).await?;
    tx.commit().await
}

/// Where the request comes from, for those we do not know.
pub async fn address(parts: &mut Parts) -> Result<Who, Problem> {
    let Peer(address) = parts.extract::<Peer>().await?;
    Ok(Who::Address(network(address)))
}
