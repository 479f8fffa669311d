//! Entity tags: a reader who has the newest state is told so, and a change names the state that it changes.

use crate::api::Problem;
use axum::{
    Json,
    body::Body,
    extract::FromRequestParts,
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH},
        request::Parts,
    },
    response::{IntoResponse, Response},
};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// An entity, answered with its tag.
pub struct Tagged<T>(pub T);

impl<T: Serialize> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        let tag = HeaderValue::try_from(tag(&self.0));
        let mut response = Json(self.0).into_response();
        if let Ok(tag) = tag {
            response.headers_mut().insert(ETAG, tag);
        }
        response
    }
}

/// An entity of which some fields change by themselves, and what people decide of it. Its tag has both: a reader is told of
/// every change, and a change is held against what people have decided only.
pub struct Lively<T, D>(pub T, pub D);

impl<T: Serialize, D: Serialize> IntoResponse for Lively<T, D> {
    fn into_response(self) -> Response {
        let tag = HeaderValue::try_from(format!("\"{}.{}\"", digest(&self.1), digest(&self.0)));
        let mut response = Json(self.0).into_response();
        if let Ok(tag) = tag {
            response.headers_mut().insert(ETAG, tag);
        }
        response
    }
}

fn tag<T: Serialize>(entity: &T) -> String {
    format!("\"{}\"", digest(entity))
}

fn digest<T: Serialize>(what: &T) -> String {
    let bytes = serde_json::to_vec(what).unwrap_or_default();
    crate::login::csrf::hex(&Sha256::digest(&bytes)[..12])
}

/// What a reader has already.
pub fn known(headers: &HeaderMap) -> Option<String> {
    Some(headers.get(IF_NONE_MATCH)?.to_str().ok()?.to_owned())
}

/// 304 instead of what the reader has already.
pub fn unchanged(known: Option<String>, response: Response) -> Response {
    let same = |tag: &HeaderValue| {
        let tag = tag.to_str().unwrap_or_default();
        known.as_deref().is_some_and(|known| known.split(',').any(|one| names(one, tag)))
    };
    if response.status() != StatusCode::OK || !response.headers().get(ETAG).is_some_and(same) {
        return response;
    }
    let (mut parts, _) = response.into_parts();
    parts.status = StatusCode::NOT_MODIFIED;
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.remove(CONTENT_TYPE);
    Response::from_parts(parts, Body::empty())
}

fn names(one: &str, tag: &str) -> bool {
    let one = one.trim();
    one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag
}

/// The state that a change is meant for; a change without it is refused.
pub struct IfMatch(String);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<IfMatch, Problem> {
        let sent = parts.headers.get(IF_MATCH).and_then(|value| value.to_str().ok());
        sent.map(|sent| IfMatch(sent.to_owned())).ok_or_else(|| needed(&parts.method))
    }
}

/// Does a change say what it is meant for?
pub fn is_meant(headers: &HeaderMap) -> bool {
    headers.get(IF_MATCH).is_some_and(|value| value.to_str().is_ok())
}

/// It has to.
pub fn needed(method: &Method) -> Problem {
    let what = if *method == Method::DELETE { "removed" } else { "changed" };
    Problem::new(StatusCode::PRECONDITION_REQUIRED, "if-match-missing", "Say what is meant")
        .detail(format!("Send If-Match with the ETag of what is to be {what}, or * for whatever is there"))
}

impl IfMatch {
    /// Is this what was meant? Of an entity that is [`Lively`], what people have decided.
    ///
    /// # Errors
    /// 412: somebody else has changed it since.
    pub fn check<T: Serialize>(&self, entity: &T) -> Result<(), Problem> {
        let (tag, lively) = (tag(entity), format!("\"{}.", digest(entity)));
        // A weak tag never matches (RFC 9110 §13.1.1).
        let meant = |one: &str| one == "*" || one == tag || one.starts_with(&lively);
        if self.0.split(',').any(|one| meant(one.trim())) { Ok(()) } else { Err(changed()) }
    }

    /// There is nothing: `*` is what makes it.
    ///
    /// # Errors
    /// 412: a tag is that of something that is gone.
    pub fn nothing(&self) -> Result<(), Problem> {
        if self.0.trim() == "*" { Ok(()) } else { Err(changed()) }
    }
}

fn changed() -> Problem {
    Problem::new(StatusCode::PRECONDITION_FAILED, "changed-meanwhile", "It was changed meanwhile")
        .detail("Read it again, and change that")
}
