//! What every request passes: the check of its origin, the frame of error pages, security headers.

use crate::{
    WebState,
    login::frame_of,
    view::{self, ErrorPage},
};
use axum::{
    extract::{Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, ORIGIN, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
            X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
        },
    },
    middleware::Next,
    response::{Html, IntoResponse, Response},
};
use csms::store::StoreError;

/// Nothing is loaded from elsewhere, nothing inline is run, nobody frames us.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Why a page cannot be shown. Becomes an error page in the reader's language.
#[derive(Debug, thiserror::Error)]
pub enum Fail {
    #[error("there is nothing here")]
    NotFound,
    #[error("the account may not do this")]
    Forbidden,
    #[error("the form was not made for this login")]
    StaleForm,
    #[error("the request cannot be read")]
    BadRequest,
    #[error("the server is busy")]
    Busy,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Desk(#[from] csms::error::Error),
    #[error(transparent)]
    Template(#[from] tera::Error),
    #[error(transparent)]
    Vault(#[from] csms::link::auth::VaultError),
    #[error(transparent)]
    Sandbox(#[from] csms::sandbox::Fault),
    #[error(transparent)]
    Pay(#[from] csms::pay::PayError),
    #[error(transparent)]
    Receipt(#[from] csms::receipts::ReceiptError),
    #[error(transparent)]
    File(#[from] csms::files::Refusal),
    #[error(transparent)]
    Clearing(Box<csms::clearing::ClearingError>),
}

impl From<csms::clearing::ClearingError> for Fail {
    fn from(error: csms::clearing::ClearingError) -> Fail {
        Fail::Clearing(Box::new(error))
    }
}

/// The database was busy for a moment.
fn is_passing(error: &csms::clearing::ClearingError) -> bool {
    matches!(error, csms::clearing::ClearingError::Store(error) if error.is_retryable())
}

impl Fail {
    /// HTTP status and the word of the texts' family `notice`.
    fn page(&self) -> ErrorPage {
        let (status, word) = match self {
            Fail::NotFound => (404, "not-found"),
            Fail::Forbidden => (403, "forbidden"),
            Fail::StaleForm => (403, "stale-form"),
            Fail::BadRequest => (400, "bad-request"),
            Fail::Busy => (503, "busy"),
            Fail::Store(error)
            | Fail::Desk(csms::error::Error::Store(error))
            | Fail::Pay(csms::pay::PayError::Store(error))
            | Fail::File(csms::files::Refusal::Store(error))
                if error.is_retryable() =>
            {
                (503, "busy")
            }
            Fail::Clearing(error) if is_passing(error) => (503, "busy"),
            Fail::Sandbox(csms::sandbox::Fault::Store(error)) if error.is_retryable() => (503, "busy"),
            Fail::Desk(csms::error::Error::UnknownStation(_)) => (404, "not-found"),
            Fail::Store(_)
            | Fail::Desk(_)
            | Fail::Template(_)
            | Fail::Vault(_)
            | Fail::Pay(_)
            | Fail::Receipt(_)
            | Fail::Clearing(_)
            | Fail::File(_)
            | Fail::Sandbox(_) => (500, "broken"),
        };
        ErrorPage { status, word }
    }
}

impl IntoResponse for Fail {
    fn into_response(self) -> Response {
        let page = self.page();
        if page.status >= 500 {
            tracing::error!(error = format!("{self:#}"), "a page could not be made");
        }
        let mut response =
            StatusCode::from_u16(page.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR).into_response();
        response.extensions_mut().insert(page);
        response
    }
}

/// Refuses changes that another site has sent, renders error pages, adds the headers.
pub async fn guard(State(state): State<WebState>, request: Request, next: Next) -> Response {
    let mut frame = frame_of(&state, request.uri(), request.headers());
    let mut response =
        if is_foreign(&state, &request) { Fail::StaleForm.into_response() } else { next.run(request).await };
    if let Some(page) = response.extensions_mut().remove::<ErrorPage>() {
        let status = response.status();
        frame.fragment = false;
        response = match view::render(&page, &frame) {
            Ok(html) => (status, Html(html)).into_response(),
            Err(error) => {
                tracing::error!(%error, "the error page could not be made");
                status.into_response()
            }
        };
    }
    let secure = state.secure;
    put_headers(response.headers_mut(), secure);
    response
}

/// A request that changes something and comes, as the browser itself says, from another site. Programs that are no
/// browsers say nothing about it; they carry no cookie by accident either.
fn is_foreign(state: &WebState, request: &Request) -> bool {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return false;
    }
    let text = |name: HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text(HeaderName::from_static("sec-fetch-site")) {
        return !matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(ORIGIN) else { return false };
    let public = state.app.config.web.public_url.trim_end_matches('/');
    let authority = origin.split_once("://").map_or(origin, |(_, authority)| authority);
    origin != public && text(HOST) != Some(authority)
}

fn put_headers(headers: &mut HeaderMap, secure: bool) {
    let mut put = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    put(CONTENT_SECURITY_POLICY, POLICY);
    put(X_CONTENT_TYPE_OPTIONS, "nosniff");
    put(X_FRAME_OPTIONS, "DENY");
    put(REFERRER_POLICY, "same-origin");
    put(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    put(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    put(
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=()",
    );
    // Pages hold data of the moment and of a login: nobody keeps them.
    put(CACHE_CONTROL, "no-store");
    if secure {
        put(STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
}
