//! Where providers tell what happened: `POST /pay/notify/{account}`. No login, no limits of drivers, a body of its own size.

use crate::WebState;
use axum::{
    Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, Path, State, rejection::BytesRejection},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use csms::pay;
use payments::provider;

/// Headers of a notification that are looked at.
const HEADERS_MAX: usize = 100;

/// The route.
pub fn routes() -> Router<WebState> {
    Router::new()
        .route("/pay/notify/{account}", post(take))
        .layer(DefaultBodyLimit::max(pay::NOTICE_BYTES_MAX))
}

/// The bytes as they came: signatures are made over them.
async fn take(
    State(state): State<WebState>,
    Path(account): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let body = match body {
        Ok(body) => body,
        Err(rejection) => {
            pay::notice_unread(&state.app, &account, rejection.status().as_u16());
            return rejection.into_response();
        }
    };
    let raw = provider::Response {
        status: 0,
        headers: headers
            .iter()
            .take(HEADERS_MAX)
            .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
            .collect(),
        body: body.to_vec(),
    };
    let answer = pay::notice(&state.app, &account, &raw).await;
    let mut response = Body::from(answer.body).into_response();
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in answer.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
