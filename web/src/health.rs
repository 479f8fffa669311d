//! For supervisors and monitoring: `/healthz`, `/readyz`, `/metrics`.

use crate::{
    WebState, login,
    peer::{Peer, is_near},
};
use axum::{
    Router,
    extract::State,
    http::{
        HeaderMap, HeaderName, StatusCode,
        header::{CONTENT_TYPE, FORWARDED},
    },
    response::{IntoResponse, Response},
    routing::get,
};
use std::time::Duration;
use tokio::time::timeout;

/// A database that takes longer is not ready.
const PING_TIMEOUT: Duration = Duration::from_secs(3);

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
}

/// 200 when stations and people can be served, else 503; a line for every part.
async fn ready(State(state): State<WebState>) -> Response {
    let database = matches!(timeout(PING_TIMEOUT, state.app.db.ping()).await, Ok(Ok(())));
    let parts = [
        ("database", database),
        ("listener", (state.outside.accepting)()),
        ("running", !state.outside.shutdown.is_cancelled()),
    ];
    let status =
        if parts.iter().all(|part| part.1) { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let text: String = parts
        .iter()
        .map(|(name, good)| format!("{name}: {}\n", if *good { "ok" } else { "failed" }))
        .collect();
    (status, text).into_response()
}

/// The metrics, for the own network; from elsewhere, or through a proxy, with the name and password of an account.
async fn metrics(State(state): State<WebState>, peer: Peer, headers: HeaderMap) -> Response {
    let proxied =
        headers.contains_key(FORWARDED) || headers.contains_key(HeaderName::from_static("x-forwarded-for"));
    if proxied || !is_near(peer.0) {
        match login::by_password(&state, &headers, peer.0).await {
            Ok(Some(_)) => {}
            Ok(None) => return StatusCode::UNAUTHORIZED.into_response(),
            Err(refused) => return refused.status().into_response(),
        }
    }
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], (state.outside.metrics)()).into_response()
}
