//! Reading requests: whatever does not fit becomes a problem that says where and why.

use super::problem;
use crate::api::Problem;
use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Query, Request, rejection::BytesRejection},
    http::{StatusCode, header::CONTENT_TYPE, request::Parts},
};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};

/// A JSON body.
pub struct Sent<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Sent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Sent<T>, Problem> {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if !matches!(kind.as_str(), "application/json" | "application/merge-patch+json") {
            return Err(wrong_kind(&kind));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(unread)?;
        // A list of values would be read as the fields in their order.
        if bytes.trim_ascii_start().first() == Some(&b'[') {
            return Err(problem::misfit("", "a JSON object is expected, not an array"));
        }
        let mut reader = serde_json::Deserializer::from_slice(&bytes);
        let sent = serde_path_to_error::deserialize(&mut reader)
            .map_err(|error| problem::misfit(&error.path().to_string(), &error.inner().to_string()))?;
        reader.end().map_err(|error| problem::misfit("", &error.to_string()))?;
        Ok(Sent(sent))
    }
}

fn wrong_kind(kind: &str) -> Problem {
    let told = if kind.is_empty() { "nothing was said".to_owned() } else { format!("{kind:?} was sent") };
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "wrong-content-type", "The body must be JSON")
        .detail(format!("Send Content-Type: application/json; {told}"))
}

/// The body could not be read.
pub fn unread(error: BytesRejection) -> Problem {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The body is too large")
            .detail(format!("{} bytes at most; an import has api.import_mib_max", crate::BODY_BYTES_MAX));
    }
    problem::misfit("", &error.body_text())
}

/// The parameters of the query.
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Asked<T>, Problem> {
        let Query(asked) = Query::<T>::from_request_parts(parts, state)
            .await
            .map_err(|error| problem::query(error.body_text()))?;
        Ok(Asked(asked))
    }
}

/// The variable parts of the path.
pub struct At<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for At<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<At<T>, Problem> {
        // PostgreSQL has no such character: nothing can be called so.
        if parts.uri.path().contains("%00") {
            return Err(Problem::not_found());
        }
        let Path(at) = Path::<T>::from_request_parts(parts, state)
            .await
            .map_err(|error| Problem::not_found().detail(error.body_text()))?;
        Ok(At(at))
    }
}

/// A number of ours in a path; what is no number names nothing.
pub fn id(what: &str, text: &str) -> Result<i64, Problem> {
    text.parse().ok().filter(|id| *id >= 0).ok_or_else(|| problem::missing(what, text))
}

/// A number of ours in a body.
pub fn reference(name: &str, text: &str) -> Result<i64, Problem> {
    text.parse().map_err(|_| problem::field(name, format!("{text:?} is no id of ours")))
}

/// A text for people: trimmed, without control characters, not longer than `most`.
pub fn text(name: &str, value: &str, most: usize) -> Result<String, Problem> {
    let value = value.trim();
    if value.chars().count() > most {
        return Err(problem::field(name, format!("at most {most} characters")));
    }
    if value.chars().any(char::is_control) {
        return Err(problem::field(name, "no control characters"));
    }
    Ok(value.to_owned())
}

/// The same, and it cannot be empty.
pub fn word(name: &str, value: &str, most: usize) -> Result<String, Problem> {
    let value = text(name, value, most)?;
    if value.is_empty() { Err(problem::field(name, "it cannot be empty")) } else { Ok(value) }
}

/// For fields that may be `null`: tells that from being absent.
pub fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// What a field is after a change: as it was, as is said, or, where that is `null`, as it is when nobody says anything.
pub fn left<T: Default>(change: Option<Option<T>>, was: T) -> T {
    change.map_or(was, Option::unwrap_or_default)
}
