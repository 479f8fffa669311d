//! `Idempotency-Key`: a request that is sent again is not done again; its answer is given again. What was begun is finished and
//! kept even if the caller has gone away.

use super::{caller::Asker, input};
use crate::{WebState, api::Problem};
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{FromRequest, FromRequestParts, Request},
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{CONTENT_TYPE, ETAG, LOCATION},
        request::Parts,
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use chrono::TimeDelta;
use csms::store::{
    StoreError, Tx,
    api_requests::{self, Begin, RequestRow},
    retention::REQUESTS,
};
use serde_json::Value;
use std::{collections::BTreeMap, convert::Infallible, sync::Arc};

const HEADER: &str = "idempotency-key";
const KEY_MAX: usize = 200;
/// An answer that is kept; those to changes are small.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;
/// No request takes so long: the process that has begun it is gone.
const DEAD: TimeDelta = TimeDelta::minutes(5);
/// Headers that belong to the answer.
const KEPT: [HeaderName; 3] = [CONTENT_TYPE, LOCATION, ETAG];

/// In the extensions of an answer with a secret: what is kept of it, and given again.
#[derive(Clone)]
pub struct Without(pub Value);

/// A request with a key, whatever happens to us in between. Put into the request here; a handler that makes something notes
/// it in its transaction, and looks first whether it has.
#[derive(Clone, Default)]
pub struct Once(Option<Arc<Key>>);

struct Key {
    caller: String,
    key: String,
    /// The caller's key, and when it came first: the same key is another request a day later.
    name: String,
    effect: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Once {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Once, Infallible> {
        Ok(parts.extensions.get::<Once>().cloned().unwrap_or_default())
    }
}

impl Once {
    /// Names what is done for the request; `None`: the caller has not asked for that.
    pub fn name(&self) -> Option<&str> {
        self.0.as_ref().map(|key| &*key.name)
    }

    /// What the request has made before, when its answer was not kept.
    pub fn made(&self) -> Option<&str> {
        self.0.as_ref().map(|key| &*key.effect).filter(|effect| !effect.is_empty())
    }

    /// The request makes this, in this transaction.
    pub async fn note(&self, tx: &mut Tx, effect: &str) -> Result<(), StoreError> {
        match self.request() {
            Some(request) => api_requests::note(tx, request, effect).await,
            None => Ok(()),
        }
    }

    /// For who notes it elsewhere.
    pub fn request(&self) -> Option<api_requests::Request<'_>> {
        self.0.as_ref().map(|key| api_requests::Request { caller: &key.caller, key: &key.key })
    }
}

/// Runs a request, or gives its answer again.
pub async fn run(state: &WebState, asker: &Asker, request: Request, next: Next) -> Response {
    let key = match request.headers().get(HEADER).map(|value| value.to_str().map(str::to_owned)) {
        None => return next.run(request).await,
        Some(Ok(key))
            if (1..=KEY_MAX).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()) =>
        {
            key
        }
        Some(_) => return bad_key().into_response(),
    };
    match begin(state, asker, key, request).await {
        Ok(Begun::Now(begun)) => {
            let (row, request) = *begun;
            let state = state.clone();
            let work = tokio::spawn(async move { finish(&state, row, next.run(request).await).await });
            work.await.unwrap_or_else(|_| Problem::broken().into_response())
        }
        Ok(Begun::Before(response)) => *response,
        Err(problem) => problem.into_response(),
    }
}

fn bad_key() -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "invalid-idempotency-key", "The Idempotency-Key cannot be used")
        .detail(format!("1 to {KEY_MAX} printable ASCII characters without spaces, e.g. a UUID"))
}

enum Begun {
    Now(Box<(RequestRow, Request)>),
    Before(Box<Response>),
}

async fn begin(state: &WebState, asker: &Asker, key: String, request: Request) -> Result<Begun, Problem> {
    let (mut parts, body) = request.into_parts();
    // The path with its query: other parameters are another request.
    let path = parts.uri.path_and_query().map_or("/", |whole| whole.as_str()).to_owned();
    let whole = Request::from_parts(parts.clone(), body);
    let body = Bytes::from_request(whole, state).await.map_err(input::unread)?;
    let digest = state.vault.digest(&[parts.method.as_str().as_bytes(), path.as_bytes(), &body]);
    let now = state.app.clock.now();
    let row = RequestRow {
        caller: asker.id(),
        key: key.clone(),
        digest,
        created_at: now,
        begun_at: now,
        status: 0,
        headers: String::new(),
        body: String::new(),
        effect: String::new(),
    };
    let mut tx = state.app.db.write().await?;
    let begin = api_requests::begin(&mut tx, &row, now - REQUESTS, now - DEAD).await?;
    tx.commit().await?;
    match begin {
        Begin::Go(since, effect) => {
            let name = format!("{key} {}", since.timestamp_micros());
            let known = Key { caller: row.caller.clone(), key, name, effect };
            parts.extensions.insert(Once(Some(Arc::new(known))));
            let request = Request::from_parts(parts, Body::from(body));
            Ok(Begun::Now(Box::new((row, request))))
        }
        Begin::Earlier(earlier) if earlier.digest != row.digest => Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "idempotency-key-reused",
            "The Idempotency-Key belongs to another request",
        )
        .detail("Use a new key for a new request; this one was sent with another method, path or body")),
        Begin::Earlier(earlier) if earlier.status == 0 => {
            Err(Problem::new(StatusCode::CONFLICT, "under-way", "The same request is being worked on")
                .detail("Send it again in a moment; its answer is given then"))
        }
        Begin::Earlier(earlier) => Ok(Begun::Before(Box::new(replay(*earlier)))),
    }
}

fn replay(row: RequestRow) -> Response {
    let status = u16::try_from(row.status).ok().and_then(|code| StatusCode::from_u16(code).ok());
    let headers: BTreeMap<String, String> = serde_json::from_str(&row.headers).unwrap_or_default();
    let mut response = (status.unwrap_or(StatusCode::OK), row.body).into_response();
    response.headers_mut().remove(CONTENT_TYPE);
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
        .headers_mut()
        .insert(HeaderName::from_static("idempotency-replayed"), HeaderValue::from_static("true"));
    response
}

/// Keeps the answer. Where we have failed none is kept: it may be tried again.
async fn finish(state: &WebState, row: RequestRow, response: Response) -> Response {
    let (parts, body) = response.into_parts();
    let kept = match to_bytes(body, ANSWER_BYTES_MAX).await {
        Ok(body) => keep(state, row, &parts, &body).await.map(|()| body),
        Err(error) => {
            tracing::error!(%error, "an answer of the API is too large to be kept");
            return Problem::broken().into_response();
        }
    };
    match kept {
        Ok(body) => Response::from_parts(parts, Body::from(body)),
        Err(error) => Problem::from(error).into_response(),
    }
}

async fn keep(
    state: &WebState,
    mut row: RequestRow,
    parts: &axum::http::response::Parts,
    body: &Bytes,
) -> Result<(), StoreError> {
    let mut tx = state.app.db.write().await?;
    if parts.status.is_server_error() {
        api_requests::release(&mut tx, &row.caller, &row.key).await?;
        return tx.commit().await;
    }
    let headers: BTreeMap<&str, &str> = KEPT
        .iter()
        .filter_map(|name| Some((name.as_str(), parts.headers.get(name)?.to_str().ok()?)))
        .collect();
    row.status = i64::from(parts.status.as_u16());
    row.headers = serde_json::to_string(&headers).unwrap_or_default();
    row.body = match parts.extensions.get::<Without>() {
        Some(Without(kept)) => kept.to_string(),
        None => String::from_utf8_lossy(body).into_owned(),
    };
    api_requests::end(&mut tx, &row).await?;
    tx.commit().await
}
