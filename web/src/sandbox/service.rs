//! `/sandbox/v1/…`: what merchants' programs ask.

use crate::WebState;
use axum::{
    body::{Body, Bytes},
    extract::{OriginalUri, State},
    http::{HeaderMap, Method},
    response::Response,
};
use csms::sandbox::api::Ask;
use payments::provider::sandbox::wire;

/// Hands the request over as it came.
pub async fn serve(
    State(state): State<WebState>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let whole = uri.path_and_query().map_or("", |whole| whole.as_str());
    let reply = state
        .app
        .sandbox
        .serve(Ask {
            verb: method.as_str(),
            path: whole.strip_prefix("/sandbox").unwrap_or(whole),
            merchant: header(wire::MERCHANT),
            timestamp: header(wire::TIMESTAMP),
            id: header(wire::ID),
            signature: header(wire::SIGNATURE),
            body: &body,
        })
        .await;
    let head = Response::builder().status(reply.status);
    let head = reply.headers.into_iter().fold(head, |head, (name, value)| head.header(name, value));
    head.body(Body::from(reply.body)).unwrap_or_else(|error| {
        tracing::error!(%error, "an answer of the sandbox could not be made");
        let mut response = Response::new(Body::empty());
        *response.status_mut() = axum::http::StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}
