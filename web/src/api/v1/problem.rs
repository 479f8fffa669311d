//! Problems that only this version of the API knows.

use crate::api::Problem;
use axum::{
    extract::OriginalUri,
    http::{Method, StatusCode},
};
use csms::{api_key::Scope, store::StoreError};

/// Nothing is under this path.
pub async fn unknown_path(OriginalUri(uri): OriginalUri) -> Problem {
    Problem::not_found()
        .detail(format!("There is no {:?} in this API; /api/v1/openapi.json lists what there is", uri.path()))
}

/// The path has other methods.
pub async fn wrong_method(method: Method) -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "wrong-method", "The path does not take this method")
        .detail(format!("{method} cannot be used here; the header Allow names what can"))
}

/// Nobody we know.
pub fn stranger(detail: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", "Who is asking?").detail(detail)
}

/// The caller may not do this.
pub fn scope_missing(needed: Scope, held: &[Scope]) -> Problem {
    let held = if held.is_empty() { "none".to_owned() } else { Scope::join(held) };
    Problem::new(StatusCode::FORBIDDEN, "scope-missing", "The caller may not do this")
        .detail(format!("This needs the scope {:?}; the caller has: {held}", needed.word()))
}

/// Too much at once.
pub fn too_fast(seconds: u64) -> Problem {
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-fast", "Too many requests")
        .detail(format!("Go on in {seconds} s; the headers RateLimit-* say how many are allowed"))
}

/// It was begun, and its answer does not come.
pub fn too_slow() -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too-slow", "The answer takes too long").detail(
        "What was asked may have been done. Look at what is there before you send it again; with the same \
         Idempotency-Key nothing is done twice",
    )
}

/// No stream of events can be opened.
pub fn too_many_streams(each: usize) -> Problem {
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-streams", "Too many streams of events")
        .detail(format!("A caller has {each} at one time; close one, or come back later if others hold them"))
}

/// The JSON does not fit, and where.
pub fn misfit(at: &str, why: &str) -> Problem {
    let detail = if at.is_empty() || at == "." { why.to_owned() } else { format!("{at}: {why}") };
    Problem::new(StatusCode::BAD_REQUEST, "invalid-body", "The body does not fit").detail(detail)
}

/// What was said of a field cannot be.
pub fn field(name: &str, why: impl std::fmt::Display) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-field", "A field cannot have this value")
        .detail(format!("{name}: {why}"))
}

/// What was said in the query cannot be.
pub fn query(why: impl Into<String>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "invalid-query", "The query does not fit").detail(why)
}

/// There is one already, or it is in use.
pub fn conflict(word: &str, detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::CONFLICT, word, "This does not go together with what is there").detail(detail)
}

/// There is no such thing.
pub fn missing(what: &str, id: &str) -> Problem {
    Problem::not_found().detail(format!("There is no {what} {id:?}"))
}

/// What the store says of a new row, in the caller's words.
pub fn of_row(error: StoreError, what: &str, id: &str, refers: &str) -> Problem {
    if error.is_duplicate() {
        return conflict("exists", format!("There is a {what} {id:?} already"));
    }
    if error.is_reference() {
        return field(refers, "it refers to something that does not exist");
    }
    error.into()
}
