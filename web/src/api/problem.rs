//! What went wrong, as problem details (RFC 9457).

use crate::front::Fail;
use axum::{
    Json,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use csms::store::StoreError;
use serde::Serialize;
use serde_json::Value;

/// A problem; becomes `application/problem+json`.
#[derive(Debug, Serialize)]
pub struct Problem {
    /// What kind of problem, for programs: a URN of ours.
    #[serde(rename = "type")]
    kind: String,
    /// The same for people, whatever the occasion.
    title: &'static str,
    status: u16,
    /// What was wrong this time.
    #[serde(skip_serializing_if = "String::is_empty")]
    detail: String,
    /// Further facts, e.g. the error that a station answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Value>,
}

impl Problem {
    /// A problem of a kind; `word` ends its type.
    pub fn new(status: StatusCode, word: &str, title: &'static str) -> Problem {
        Problem {
            kind: format!("urn:wattline:problem:{word}"),
            title,
            status: status.as_u16(),
            detail: String::new(),
            error: None,
        }
    }

    /// With what was wrong this time.
    pub fn detail(self, detail: impl Into<String>) -> Problem {
        Problem { detail: detail.into(), ..self }
    }

    /// With further facts.
    pub fn error(self, error: Value) -> Problem {
        Problem { error: Some(error), ..self }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// There is nothing under this path.
    pub fn not_found() -> Problem {
        Problem::new(StatusCode::NOT_FOUND, "not-found", "There is nothing here")
    }

    /// Nobody is logged in.
    pub fn unauthorized() -> Problem {
        Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", "Log in first").detail(
            "Send the name and password of an account (HTTP Basic), or the cookie of a login; a change that is sent \
             with a cookie also needs the login's token in X-CSRF-Token",
        )
    }

    /// The account may not do this.
    pub fn forbidden() -> Problem {
        Problem::new(StatusCode::FORBIDDEN, "forbidden", "The account may not do this")
    }

    /// Too many wrong passwords.
    pub fn limited() -> Problem {
        Problem::new(StatusCode::TOO_MANY_REQUESTS, "limited", "Too many wrong passwords, wait a few minutes")
    }

    /// The request cannot be used.
    pub fn invalid(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, "invalid", "The request cannot be used").detail(detail)
    }

    /// Something is wrong on our side; the log has it.
    pub fn broken() -> Problem {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "broken", "Something went wrong on our side")
    }

    fn busy() -> Problem {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "The server is busy, try again in a moment")
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        if error.is_row_fault() {
            tracing::warn!(%error, "a request to the API has a value that cannot be kept");
            let kind = (StatusCode::UNPROCESSABLE_ENTITY, "invalid-field", "A field cannot have this value");
            return Problem::new(kind.0, kind.1, kind.2).detail(
                "A value is out of the range that can be kept, e.g. an instant before the year -4712",
            );
        }
        tracing::error!(%error, "a request to the API failed");
        if error.is_retryable() { Problem::busy() } else { Problem::broken() }
    }
}

impl From<Fail> for Problem {
    fn from(fail: Fail) -> Problem {
        match fail {
            Fail::NotFound => Problem::not_found(),
            Fail::Forbidden | Fail::StaleForm => Problem::forbidden(),
            Fail::BadRequest => Problem::invalid(""),
            Fail::Busy => Problem::busy(),
            Fail::Store(error)
            | Fail::Desk(csms::error::Error::Store(error))
            | Fail::File(csms::files::Refusal::Store(error)) => error.into(),
            Fail::Desk(csms::error::Error::UnknownStation(_)) => Problem::not_found(),
            Fail::Desk(csms::error::Error::Fault(_))
            | Fail::Template(_)
            | Fail::Vault(_)
            | Fail::Pay(_)
            | Fail::Receipt(_)
            | Fail::Clearing(_)
            | Fail::File(_)
            | Fail::Sandbox(_) => Problem::broken(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        tracing::debug!(kind = self.kind, detail = self.detail, "a request to the API was refused");
        (status, [(CONTENT_TYPE, "application/problem+json")], Json(self)).into_response()
    }
}
